/* audit export --head: the chain's last hash, signed by the daemon, in files that openssl reads. */
#include "client/nouns.h"
#include "client/remote.h"
#include "wire/metadata.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int write_file(
    const char *name, const char *suffix, const char *data, size_t len, struct err *err)
{
    _cleanup_(str_release) struct str path = { 0 };
    str_addf(&path, "%s%s", name, suffix);
    if (path.failed)
        return err_oom(err);
    FILE *file = fopen(str_text(&path), "we");
    bool is_whole = file && fwrite(data, 1, len, file) == len;
    if (file)
        is_whole = fclose(file) == 0 && is_whole;
    return is_whole
        ? 0
        : err_set(err, ERR_INVALID, "cannot write %s: %s", str_text(&path), strerror(errno));
}

static int write_head(const char *name, const json_t *proto, struct err *err)
{
    _cleanup_(str_release) struct str signature = { 0 };
    const char *statement = json_text_at(proto, "statement");
    const char *certificate = json_text_at(proto, "certificate");
    const char *encoded = json_text_at(proto, "signature");
    if (metadata_base64_decode(encoded, strlen(encoded), &signature) < 0)
        return err_set(err, ERR_INTERNAL, "the signature that came is none");
    int rc = write_file(name, "", statement, strlen(statement), err);
    if (rc == 0)
        rc = write_file(name, ".sig", str_text(&signature), signature.len, err);
    return rc < 0 ? rc : write_file(name, ".pem", certificate, strlen(certificate), err);
}

int audit_export_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const char *name = parsed_text(parsed, "head");
    struct answer answer = { 0 };
    int64_t n_rows;
    int rc = export_rows(app, parsed, &n_rows, err);
    if (rc < 0 || !name)
        return rc;
    /* The chain has no gaps: its last number is how many rows there were. */
    json_t *request = json_pack("{s:I}", "seq", (json_int_t)n_rows);
    rc = request ? remote_call(app, "canvass.v1.AuditService/SignHead", request, &answer, err)
                 : err_oom(err);
    json_decref(request);
    if (rc == 0)
        rc = write_head(name, answer.proto, err);
    answer_release(&answer);
    return rc;
}
