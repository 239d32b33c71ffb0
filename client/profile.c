#include "client/profile.h"

#include "base/config.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct config_option table[] = {
    { .name = "ca",
        .env = "CANVASS_CA",
        .type = CONFIG_STRING,
        .offset = offsetof(struct profile, ca),
        .help = "certificate of the authority that signed the server's; empty: the system's" },
    { .name = "certificate",
        .env = "CANVASS_CERTIFICATE",
        .type = CONFIG_STRING,
        .offset = offsetof(struct profile, certificate),
        .help = "PEM file with a certificate of our own, to call with instead of a token" },
    { .name = "key",
        .env = "CANVASS_KEY",
        .type = CONFIG_STRING,
        .offset = offsetof(struct profile, key),
        .help = "PEM file with its private key" },
    { .name = "server",
        .env = "CANVASS_SERVER",
        .type = CONFIG_STRING,
        .offset = offsetof(struct profile, server),
        .help = "HOST:PORT" },
    { .name = "token",
        .env = "CANVASS_TOKEN",
        .type = CONFIG_STRING,
        .is_secret = true,
        .offset = offsetof(struct profile, token),
        .help = "keep it like a password" },
};

static int find_folder(struct str *out, struct err *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config)
        str_addf(out, "%s/canvass", config);
    else if (home && *home)
        str_addf(out, "%s/.config/canvass", home);
    else
        return err_set(err, ERR_PRECONDITION, "HOME is not set, so there is no place for logins");
    return out->failed ? err_oom(err) : 0;
}

static int find_file(const char *name, struct str *out, struct err *err)
{
    if (!*name
        || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
            != strlen(name))
        return err_set(
            err, ERR_INVALID, "\"%.60s\" is no profile's name: use letters, digits, - and _", name);
    int rc = find_folder(out, err);
    if (rc < 0)
        return rc;
    str_addf(out, "/%s.conf", name);
    return out->failed ? err_oom(err) : 0;
}

static int check_private(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && (st.st_mode & 077))
        return err_set(err, ERR_DENIED,
            "%s can be read by others, and it holds a token: chmod 600 %s", path, path);
    return 0;
}

int profile_load(const char *name, struct profile *ret_profile, struct err *err)
{
    _cleanup_(str_release) struct str path = { 0 };
    struct err ignored = { 0 };
    int rc = config_init_defaults(table, ARRAY_SIZE(table), ret_profile, err);
    if (rc == 0)
        rc = find_file(name, &path, &ignored);
    if (rc == ERR_PRECONDITION) /* no home: the environment may say it all */
        return config_load_env(table, ARRAY_SIZE(table), ret_profile, err);
    if (rc < 0) {
        if (err && ignored.code)
            *err = ignored;
        return rc;
    }
    rc = check_private(str_text(&path), err);
    if (rc == 0)
        rc = config_load_file(table, ARRAY_SIZE(table), ret_profile, str_text(&path), &ignored);
    if (rc < 0 && rc != ERR_NOT_FOUND) {
        if (err && ignored.code)
            *err = ignored;
        return rc;
    }
    return config_load_env(table, ARRAY_SIZE(table), ret_profile, err);
}

static int make_folders(const char *file, struct err *err)
{
    _cleanup_(freep) char *path = strdup(file);
    if (!path)
        return err_oom(err);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return err_set(err, ERR_DENIED, "cannot make the folder %s: %s", path, strerror(errno));
        *slash = '/';
    }
    return 0;
}

static int write_whole(
    int fd, const char *temporary, const char *path, const struct profile *profile, struct err *err)
{
    FILE *out = fdopen(fd, "w");
    if (!out) {
        (void)close(fd);
        return err_oom(err);
    }
    (void)fprintf(out, "server = %s\nca = %s\ncertificate = %s\nkey = %s\ntoken = %s\n",
        profile->server, profile->ca, profile->certificate, profile->key, profile->token);
    bool is_written = fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (fclose(out) != 0 || !is_written || rename(temporary, path) < 0) {
        int rc = err_set(err, ERR_UNAVAILABLE, "cannot write %s: %s", path, strerror(errno));
        (void)unlink(temporary);
        return rc;
    }
    return 0;
}

int profile_save(const char *name, const struct profile *profile, struct err *err)
{
    _cleanup_(str_release) struct str path = { 0 };
    _cleanup_(str_release) struct str temporary = { 0 };
    int rc = find_file(name, &path, err);
    if (rc == 0)
        rc = make_folders(str_text(&path), err);
    if (rc < 0)
        return rc;
    str_addf(&temporary, "%s.XXXXXX", str_text(&path));
    if (temporary.failed)
        return err_oom(err);
    int fd = mkstemp(temporary.data); /* 0600 from the start */
    if (fd < 0)
        return err_set(err, ERR_DENIED, "cannot write beside %s: %s", path.data, strerror(errno));
    return write_whole(fd, temporary.data, path.data, profile, err);
}

int profile_remove(const char *name, struct err *err)
{
    _cleanup_(str_release) struct str path = { 0 };
    int rc = find_file(name, &path, err);
    if (rc < 0)
        return rc;
    if (unlink(str_text(&path)) < 0)
        return errno == ENOENT
            ? err_set(err, ERR_NOT_FOUND, "profile %s is not logged in", name)
            : err_set(err, ERR_DENIED, "cannot remove %s: %s", path.data, strerror(errno));
    return 0;
}

void profile_release(struct profile *profile)
{
    config_release(table, ARRAY_SIZE(table), profile);
}
