/* login and logout: the token is tried before it is kept. */
#include "base/str.h"
#include "client/nouns.h"
#include "client/parse.h"
#include "client/remote.h"
#include "client/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int set_text(char **target, const char *text, struct err *err)
{
    char *copy = strdup(text);
    if (!copy)
        return err_oom(err);
    free(*target);
    *target = copy;
    return 0;
}

/* The file is named as it is from here; it must be found from anywhere. */
static int set_ca(struct app *app, const char *path, struct err *err)
{
    char *whole = realpath(path, NULL);
    if (!whole)
        return usage_error(app, err, "--ca", "cannot find %s", path);
    int rc = access(whole, R_OK) == 0 ? set_text(&app->profile.ca, whole, err)
                                      : usage_error(app, err, "--ca", "cannot read %s", whole);
    free(whole);
    return rc;
}

static int read_token(struct app *app, struct err *err)
{
    const char *token = "";
    int rc = app_ask_secret(app, "Token (it is not shown): ", &token, err);
    if (rc < 0)
        return usage_error(app, err, NULL, "no token was given on standard input");
    if (!str_starts_with(token, "cvt_") || strlen(token) != 47)
        return usage_error(
            app, err, NULL, "that is no token: it begins with cvt_ and has 47 characters");
    return set_text(&app->profile.token, token, err);
}

static void greet(struct app *app, const struct answer *answer)
{
    _cleanup_(str_release) struct str line = { 0 };
    _cleanup_(str_release) struct str clean = { 0 };
    str_addf(&line, "You are %s, %s, %s.", json_text_at(answer->value, "specialist.name"),
        json_text_at(answer->value, "specialist.team"),
        json_text_at(answer->value, "specialist.borough"));
    text_clean(str_text(&line), " ", &clean);
    (void)fprintf(app->errout, "%s\n", str_text(&clean));
}

int login_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const char *server = parsed_text(parsed, "SERVER"), *ca = parsed_text(parsed, "ca");
    struct answer answer = { 0 };
    struct err why = { 0 };
    int rc = server ? set_text(&app->profile.server, server, err) : 0;
    if (rc == 0 && !*app->profile.server)
        return usage_error(app, err, NULL, "SERVER is missing: canvass login HOST:PORT");
    if (rc == 0 && channel_check_server(app->profile.server, &why) < 0)
        return usage_error(app, err, NULL, "%s", why.msg);
    if (rc == 0 && ca)
        rc = set_ca(app, ca, err);
    if (rc == 0)
        rc = read_token(app, err);
    json_t *request = json_object();
    if (rc == 0)
        rc = remote_call(app, "canvass.v1.AccountService/WhoAmI", request, &answer, err);
    json_decref(request);
    if (rc == 0)
        rc = profile_save(app->profile_name, &app->profile, err);
    if (rc == 0)
        greet(app, &answer);
    answer_release(&answer);
    return rc;
}

int logout_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    (void)parsed;
    int rc = profile_remove(app->profile_name, err);
    if (rc == 0)
        app_note(app, "logged out; the token stays valid elsewhere until it expires");
    return rc;
}
