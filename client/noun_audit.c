/* audit: who did what to whose rows, and whether the record of it still holds */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"

#define AUDIT_METHOD(name) "canvass.v1.AuditService/" name

static const struct arg list_args[] = {
    { "kind", "kind", ARG_FIELD, 0, NULL,
        "only these: read, write, export, share, account, refused", NULL },
    { "client", "client_id", ARG_FIELD, 0, "ID",
        "only what showed or changed this client: the id, which client show --json prints", NULL },
    { "by", "specialist_id", ARG_SPECIALIST, 0, NULL, "only what this person did", NULL },
    { "since", "since", ARG_BACK, 0, "WHEN", "from then on", NULL },
    { "before", "before", ARG_EITHER, 0, "WHEN", "until then", NULL },
};
static const struct arg verify_args[] = {
    { "rows", "known_seq", ARG_FIELD, 0, "NUMBER", "the number that you noted with a head", NULL },
    { "head", "known_head", ARG_FIELD, 0, "HASH", "the head that you noted then", NULL },
};

static const struct arg export_args[] = {
    { "head", NULL, ARG_FILE, 0, "FILE",
        "have the daemon sign the last hash: the statement goes to FILE, its signature to "
        "FILE.sig and the daemon's certificate to FILE.pem",
        NULL },
};

static const struct column entry_columns[] = {
    { "NUMBER", "seq", FORMAT_NUMBER, COLUMN_RIGHT },
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "WHO", "by", FORMAT_TEXT, 0 },
    { "KIND", "kind", FORMAT_ENUM, 0 },
    { "WHAT", "method", FORMAT_TEXT, COLUMN_SHRINK },
    { "REFUSED", "refusal", FORMAT_TEXT, 0 },
    { "CLIENTS", "client_ids", FORMAT_LIST, COLUMN_SHRINK },
    { "CONTACTS", "contact_ids", FORMAT_LIST, COLUMN_ID },
    { "REQUEST", "request_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view entries_view
    = { .rows = "entries", VIEW_COLUMNS(entry_columns), .empty = "nothing was noted yet" };
static const struct column verified_columns[] = {
    { "Found", "sentence", FORMAT_TEXT, 0 },
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Rows", "rows", FORMAT_NUMBER, 0 },
    { "Head", "head", FORMAT_TEXT, 0 },
    { "Breaks at", "broken_seq", FORMAT_NUMBER, 0 },
    { "  row", "broken_id", FORMAT_NUMBER, 0 },
    { "  of", "broken_at", FORMAT_MOMENT, 0 },
};
static const struct view verified_view = { .record = "", VIEW_COLUMNS(verified_columns) };

/* A chain that does not hold is a failure, for scripts too. */
static int verified_show(struct app *app, const struct answer *answer, struct err *err)
{
    int rc = output_record(app, &verified_view, answer->value, err);
    if (rc == 0)
        rc = output_flush(app, err);
    if (rc == 0 && !json_is_true(json_get_path(answer->value, "intact")))
        rc = err_set(err, ERR_DATA_LOSS, "the audit does not hold: %s",
            json_text_at(answer->value, "sentence"));
    return rc;
}

static const struct verb audit_verbs[] = {
    { .noun = "audit",
        .name = "list",
        .method = AUDIT_METHOD("ListAudit"),
        .summary = "list who did what to whose rows, newest first",
        .example = "canvass audit list --kind refused\ncanvass audit list --since monday",
        .notes = "An auditor sees the borough's rows, a lead their own team's. A client is an id "
                 "and nothing else.",
        VERB_ARGS(list_args),
        .view = &entries_view },
    { .noun = "audit",
        .name = "verify",
        .method = AUDIT_METHOD("VerifyAudit"),
        .summary = "work the chain of hashes out again, and say where it breaks",
        .example = "canvass audit verify",
        .notes = "Note the number and the head somewhere else. Who could rewrite the whole chain "
                 "could not rewrite the note: --rows and --head compare with it.",
        VERB_ARGS(verify_args),
        .view = &verified_view,
        .show = verified_show },
    { .noun = "audit",
        .name = "export",
        .method = AUDIT_METHOD("ExportAudit"),
        .summary = "write the borough's whole chain as CSV, for checking it elsewhere",
        .example = "canvass audit export --head audit.head > audit.csv",
        .notes
        = "Each hash is SHA-256 of the hash before (32 zero bytes for the first) and the "
          "line. The last hash is the head. A signed head is checked with what every machine "
          "has: openssl x509 -in audit.head.pem -noout -pubkey > key, then openssl dgst "
          "-sha256 -verify key -signature audit.head.sig audit.head; and openssl verify says "
          "who vouches for the certificate.",
        VERB_ARGS(export_args),
        .view = &audit_export_view,
        .run = audit_export_run },
};
const struct noun audit_noun
    = { "audit", "who did what to whose rows, and that it holds", NOUN_VERBS(audit_verbs) };
