#include "service/reflection.h"
#include "base/str.h"
#include "rpc/call.h"
#include "service/reflection_find.h"
#include "wire/message.h"

#include "grpc/reflection/v1/reflection.pb-c.h"

#define ANSWER_MEMORY_BYTES ((size_t)4 << 20)

typedef Grpc__Reflection__V1__ServerReflectionRequest request;
typedef Grpc__Reflection__V1__ServerReflectionResponse response;

#define ASKS(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define ANSWERS(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

/* One stream of questions. */
struct stream {
    struct arena arena; /* of the answer being made */
    bool *is_sent; /* by index of file */
    bool waits; /* reading goes on once the peer took its answers */
};

/* ---- answers ---- */

static int answer_error(
    struct stream *stream, response *answer, enum grpc_status status, const char *sentence)
{
    Grpc__Reflection__V1__ErrorResponse *error = arena_alloc(&stream->arena, sizeof(*error));

    if (!error)
        return ERR_EXHAUSTED;
    grpc__reflection__v1__error_response__init(error);
    error->error_code = (int32_t)status;
    error->error_message = (char *)sentence;
    answer->message_response_case = ANSWERS(ERROR_RESPONSE);
    answer->error_response = error;
    return 0;
}

static int answer_not_found(struct stream *stream, response *answer)
{
    return answer_error(stream, answer, GRPC_NOT_FOUND, "There is no such thing here.");
}

/* Mark what file @index needs, itself included: files stand behind those they import. */
static void mark_needed(bool *is_needed, size_t index)
{
    is_needed[index] = true;
    for (size_t i = index + 1; i-- > 0;) {
        const Google__Protobuf__FileDescriptorProto *file = schema_file(i)->proto;
        for (size_t k = 0; is_needed[i] && k < file->n_dependency; k++) {
            size_t at = reflection_find_file(file->dependency[k]);
            if (at != REFLECTION_NOWHERE)
                is_needed[at] = true;
        }
    }
}

/* The file asked for comes first, and always; what it needs, unless the peer has it. */
static int answer_file(struct stream *stream, response *answer, size_t index)
{
    struct arena *arena = &stream->arena;
    size_t n = schema_n_files();

    if (index == REFLECTION_NOWHERE)
        return answer_not_found(stream, answer);
    Grpc__Reflection__V1__FileDescriptorResponse *files = arena_alloc(arena, sizeof(*files));
    ProtobufCBinaryData *list = arena_calloc(arena, n, sizeof(*list));
    bool *is_needed = arena_calloc(arena, n, sizeof(*is_needed));
    if (!files || !list || !is_needed)
        return ERR_EXHAUSTED;
    grpc__reflection__v1__file_descriptor_response__init(files);
    files->file_descriptor_proto = list;
    mark_needed(is_needed, index);
    for (size_t i = index + 1; i-- > 0;) {
        if (!is_needed[i] || (i != index && stream->is_sent[i]))
            continue;
        const struct schema_file *file = schema_file(i);
        list[files->n_file_descriptor_proto++]
            = (ProtobufCBinaryData) { .data = (uint8_t *)file->data, .len = file->len };
        stream->is_sent[i] = true;
    }
    answer->message_response_case = ANSWERS(FILE_DESCRIPTOR_RESPONSE);
    answer->file_descriptor_response = files;
    return 0;
}

static int answer_services(struct stream *stream, response *answer)
{
    struct arena *arena = &stream->arena;
    Grpc__Reflection__V1__ListServiceResponse *services = arena_alloc(arena, sizeof(*services));
    Grpc__Reflection__V1__ServiceResponse *each
        = arena_calloc(arena, schema_n_services(), sizeof(*each));
    Grpc__Reflection__V1__ServiceResponse **list
        = arena_calloc(arena, schema_n_services(), sizeof(*list));

    if (!services || !each || !list)
        return ERR_EXHAUSTED;
    grpc__reflection__v1__list_service_response__init(services);
    for (size_t i = 0; i < schema_n_services(); i++) {
        grpc__reflection__v1__service_response__init(&each[i]);
        each[i].name = (char *)schema_service(i)->name;
        list[i] = &each[i];
    }
    services->service = list;
    services->n_service = schema_n_services();
    answer->message_response_case = ANSWERS(LIST_SERVICES_RESPONSE);
    answer->list_services_response = services;
    return 0;
}

struct wanted_extension {
    int number;
    size_t file;
};

static void on_wanted(size_t file, int number, void *arg)
{
    struct wanted_extension *wanted = arg;

    if (number == wanted->number)
        wanted->file = file;
}

static int answer_extension(
    struct stream *stream, response *answer, const Grpc__Reflection__V1__ExtensionRequest *asked)
{
    struct wanted_extension wanted = { asked->extension_number, REFLECTION_NOWHERE };

    reflection_each_extension(asked->containing_type, on_wanted, &wanted);
    return answer_file(stream, answer, wanted.file);
}

struct numbers {
    int32_t *list; /* NULL: only count */
    size_t n;
};

static void on_number(size_t file, int number, void *arg)
{
    struct numbers *numbers = arg;

    if (numbers->list)
        numbers->list[numbers->n] = number;
    numbers->n++;
}

static int answer_numbers(struct stream *stream, response *answer, const char *type)
{
    Grpc__Reflection__V1__ExtensionNumberResponse *found
        = arena_alloc(&stream->arena, sizeof(*found));
    struct numbers count = { 0 };

    if (!schema_find_message(type))
        return answer_not_found(stream, answer);
    reflection_each_extension(type, on_number, &count);
    struct numbers numbers = { .list = arena_calloc(&stream->arena, count.n, sizeof(int32_t)) };
    if (!found || !numbers.list)
        return ERR_EXHAUSTED;
    reflection_each_extension(type, on_number, &numbers);
    grpc__reflection__v1__extension_number_response__init(found);
    found->base_type_name = (char *)type;
    found->extension_number = numbers.list;
    found->n_extension_number = numbers.n;
    answer->message_response_case = ANSWERS(ALL_EXTENSION_NUMBERS_RESPONSE);
    answer->all_extension_numbers_response = found;
    return 0;
}

static int make_answer(struct stream *stream, const request *asked, response *answer)
{
    switch (asked->message_request_case) {
    case ASKS(FILE_BY_FILENAME):
        return answer_file(stream, answer, reflection_find_file(asked->file_by_filename));
    case ASKS(FILE_CONTAINING_SYMBOL):
        return answer_file(stream, answer, reflection_find_symbol(asked->file_containing_symbol));
    case ASKS(FILE_CONTAINING_EXTENSION):
        return answer_extension(stream, answer, asked->file_containing_extension);
    case ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE):
        return answer_numbers(stream, answer, asked->all_extension_numbers_of_type);
    case ASKS(LIST_SERVICES):
        return answer_services(stream, answer);
    default:
        return answer_error(stream, answer, GRPC_INVALID_ARGUMENT, "The request asks nothing.");
    }
}

/* ---- calls ---- */

static void on_open(struct call *call, void *arg)
{
    struct stream *stream = arena_zalloc(call_arena(call), sizeof(*stream));
    struct err err = { 0 };

    if (stream)
        stream->is_sent
            = arena_calloc(call_arena(call), schema_n_files(), sizeof(*stream->is_sent));
    if (!stream || !stream->is_sent) {
        err_oom(&err);
        call_finish_err(call, &err);
        return;
    }
    arena_init(&stream->arena, ANSWER_MEMORY_BYTES);
    call_set_user(call, stream);
}

static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    struct stream *stream = call_user(call);
    response answer = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    ProtobufCMessage *message = NULL;
    struct err err = { 0 };

    arena_reset(&stream->arena);
    int r = message_unpack(&grpc__reflection__v1__server_reflection_request__descriptor,
        &stream->arena, data, len, NULL, &message, &err);
    if (r == 0 && make_answer(stream, (request *)message, &answer) < 0)
        r = err_oom(&err);
    if (r < 0) {
        call_finish_err(call, &err);
        return;
    }
    answer.original_request = (request *)message;
    answer.valid_host = answer.original_request->host;
    (void)call_send(call, &answer.base);
    if (!call_is_writable(call)) {
        stream->waits = true;
        call_pause_reading(call);
    }
}

static void on_half_close(struct call *call, void *arg)
{
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void on_writable(struct call *call, void *arg)
{
    struct stream *stream = call_user(call);

    if (stream->waits) {
        stream->waits = false;
        call_resume_reading(call);
    }
}

static void on_closed(struct call *call, void *arg)
{
    struct stream *stream = call_user(call);

    if (stream)
        arena_release(&stream->arena);
}

const struct rpc_handler reflection_handler = {
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_writable = on_writable,
    .on_closed = on_closed,
};
