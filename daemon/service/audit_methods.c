#include "service/audit_methods.h"
#include "canvass/v1/audit.pb-c.h"
#include "service/signer.h"
#include "wire/message.h"

static const struct code_column head_columns[] = { { "statement", SQL_TEXT } };
static const struct code_part parts[] = {
    { "head", head_columns, ARRAY_SIZE(head_columns) },
};

static int answer(struct code_call *call, const struct code_result *results,
    ProtobufCMessage **ret_message, struct err *err)
{
    Canvass__V1__SignHeadResponse *response = (Canvass__V1__SignHeadResponse *)message_new(
        &canvass__v1__sign_head_response__descriptor, call->arena);
    const char *statement = code_text(results, 0, 0, call->arena);
    struct signature signature = { 0 };

    if (!response || !statement)
        return err_oom(err);
    int r = signer_sign(call->signer, statement, call->arena, &signature, err);
    if (r < 0)
        return r;
    response->statement = (char *)statement;
    response->signature = (ProtobufCBinaryData) { signature.len, signature.bytes };
    response->certificate = (char *)signature.certificate;
    *ret_message = &response->base;
    return 0;
}

const struct code_method sign_head_method = {
    .name = "canvass.v1.AuditService/SignHead",
    .parts = parts,
    .n_parts = ARRAY_SIZE(parts),
    .n_first = ARRAY_SIZE(parts),
    .answer = answer,
};
