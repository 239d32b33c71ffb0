#include "service/statements.h"

#include "base/macro.h"

#define OID_BYTEA 17
#define OID_INT4 23
#define OID_TEXT 25
#define OID_TEXT_ARRAY 1009

static const uint32_t enter_oids[STATEMENT_ENTER_PARAMS]
    = { OID_BYTEA, OID_TEXT_ARRAY, OID_TEXT, STATEMENT_UUID_OID, OID_BYTEA };
const struct db_statement statement_enter = {
    .name = "enter",
    .sql = "SELECT canvass.enter($1, $2, $3, $4, $5)",
    .n_params = ARRAY_SIZE(enter_oids),
    .param_oids = enter_oids,
};

static const uint32_t replay_oids[] = { STATEMENT_UUID_OID };
const struct db_statement statement_replay = {
    .name = "replay",
    .sql = "SELECT canvass.replay($1)",
    .n_params = ARRAY_SIZE(replay_oids),
    .param_oids = replay_oids,
};

const struct db_statement statement_check_only = {
    .name = "check_only",
    .sql = "SELECT canvass.check_only()",
};

static const uint32_t note_oids[STATEMENT_AUDIT_NOTE_PARAMS] = { OID_TEXT, STATEMENT_UUID_OID };
const struct db_statement statement_audit_note = {
    .name = "audit_note",
    .sql = "SELECT canvass.audit_note($1, $2)",
    .n_params = ARRAY_SIZE(note_oids),
    .param_oids = note_oids,
};

static const uint32_t refused_oids[STATEMENT_AUDIT_REFUSED_PARAMS]
    = { OID_TEXT, OID_INT4, STATEMENT_UUID_OID };
const struct db_statement statement_audit_refused = {
    .name = "audit_refused",
    .sql = "SELECT canvass.audit_refused($1, $2, $3)",
    .n_params = ARRAY_SIZE(refused_oids),
    .param_oids = refused_oids,
};

const struct db_statement *const statements[] = {
    &statement_audit_note,
    &statement_audit_refused,
    &statement_check_only,
    &statement_enter,
    &statement_replay,
};
const size_t n_statements = ARRAY_SIZE(statements);
