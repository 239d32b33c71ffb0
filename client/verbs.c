#include "client/verb.h"

#include "base/str.h"
#include "client/nouns.h"

const struct noun *const nouns[] = { &visit_noun, &today_noun, &calendar_noun, &employer_noun,
    &share_noun, &request_noun, &lesson_noun, &opening_noun, &client_noun, &match_noun,
    &target_noun, &disclosure_noun, &trial_noun, &job_noun, &support_noun, &dups_noun, &merge_noun,
    &history_noun, &undo_noun, &watch_noun, &report_noun, &review_noun, &audit_noun, &person_noun,
    &import_noun, &export_noun, &occupation_noun, &industry_noun, &postcode_noun, &login_noun,
    &logout_noun, &whoami_noun, &token_noun, &specialist_noun, &team_noun, &borough_noun,
    &call_noun, &completion_noun, &help_noun, &complete_noun };
const size_t n_nouns = ARRAY_SIZE(nouns);

const struct noun *noun_find(const char *name)
{
    for (size_t i = 0; i < n_nouns; i++) {
        if (str_eq(nouns[i]->name, name))
            return nouns[i];
    }
    return NULL;
}

const struct verb *verb_find(const struct noun *noun, const char *name)
{
    for (size_t i = 0; i < noun->n_verbs; i++) {
        if (str_eq(noun->verbs[i].name, name))
            return &noun->verbs[i];
    }
    return NULL;
}
