/* How askers stand with employers: a byte for each employer's number, in a list for each asker. An
 * employer in the catalogue is somebody's at most; most are nobody's. */
#include "match/match_internal.h"

_Static_assert((int)MATCH_N_STANCES <= (int)MATCH_RELATION_STANCES, "a stance fits its bits");

static struct match_relations *find(
    const struct match_catalogue *catalogue, const struct uuid *asker)
{
    for (size_t i = 0; i < catalogue->n_relations; i++)
        if (uuid_compare(&catalogue->relations[i].asker_id, asker) == 0)
            return &catalogue->relations[i];
    return NULL;
}

const struct match_relations *match_relations_of(
    const struct match_catalogue *catalogue, const struct uuid *asker)
{
    static const struct match_relations none = { .n = 0 };
    const struct match_relations *found = find(catalogue, asker);
    return found ? found : &none;
}

static struct match_relations *find_or_add(
    struct match_catalogue *catalogue, const struct uuid *asker)
{
    struct match_relations *found = find(catalogue, asker);
    if (found)
        return found;
    struct match_relations *grown = realloc(
        catalogue->relations, (catalogue->n_relations + 1) * sizeof(*catalogue->relations));
    if (!grown)
        return NULL;
    catalogue->relations = grown;
    found = &grown[catalogue->n_relations++];
    *found = (struct match_relations) { .asker_id = *asker };
    return found;
}

static bool reserve(struct match_relations *relations, uint32_t n)
{
    if (relations->of_employer && n <= relations->n)
        return true;
    n += n / 2 + 64;
    uint8_t *grown = realloc(relations->of_employer, n);
    if (!grown)
        return false;
    memset(grown + relations->n, 0, n - relations->n);
    relations->of_employer = grown;
    relations->n = n;
    return true;
}

int match_catalogue_relate(struct match_catalogue *catalogue, const struct uuid *asker_id,
    const struct uuid *employer_id, enum match_stance stance, unsigned level, struct err *err)
{
    if ((unsigned)stance >= MATCH_N_STANCES || level >= MATCH_LEVELS)
        return err_set_field(err, ERR_INVALID, "level", "A relationship's level is 1 to 5.");
    uint32_t employer = match_dict_find(&catalogue->employers, employer_id);
    if (employer == MATCH_DICT_NONE || uuid_is_nil(employer_id))
        return 0;
    struct match_relations *relations = find_or_add(catalogue, asker_id);
    if (!relations || !reserve(relations, employer + 1))
        return err_oom(err);
    relations->of_employer[employer] = (uint8_t)(level * MATCH_RELATION_STANCES + stance);
    return 0;
}

void match_relations_forget(struct match_catalogue *catalogue, uint32_t employer)
{
    for (size_t i = 0; i < catalogue->n_relations; i++)
        if (employer < catalogue->relations[i].n)
            catalogue->relations[i].of_employer[employer] = 0;
}

size_t match_relations_size_bytes(const struct match_catalogue *catalogue)
{
    size_t bytes = catalogue->n_relations * sizeof(*catalogue->relations);
    for (size_t i = 0; i < catalogue->n_relations; i++)
        bytes += catalogue->relations[i].n;
    return bytes;
}

void match_relations_release(struct match_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->n_relations; i++)
        free(catalogue->relations[i].of_employer);
    free(catalogue->relations);
}
