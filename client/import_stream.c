/* Batches over a stream, at most a few unanswered at a time. A batch is kept, packed, until its
 * answer is there; after a broken connection the unanswered ones go again, in order, under their
 * request_id.
 */
#include "base/clock.h"
#include "base/uuid.h"
#include "client/csv_out.h"
#include "client/import.h"
#include "client/remote.h"
#include "wire/field.h"
#include "wire/json.h"
#include "wire/message.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define WINDOW 4 /* batches of one stream */
#define IDLE_LIMIT_USEC (120 * USEC_PER_SEC)
#define PROGRESS_USEC (200 * USEC_PER_MSEC)

struct batch {
    uint8_t *packed;
    size_t packed_len;
    size_t n_rows;
    struct arena arena; /* the two below */
    int64_t *lines; /* of each row */
    const char **cells; /* each row as CSV text */
};

struct stream {
    struct app *app;
    const struct import_map *map;
    const struct schema_method *method;
    struct csv_in *in;
    const char *source;
    char import_id[UUID_TEXT_BYTES]; /* that all batches share */
    struct import_problems *problems;
    struct import_tally *tally;
    struct channel_call *call; /* NULL between two streams */
    struct batch window[WINDOW];
    size_t n_window;
    bool is_at_end;
    struct remote_patience patience;
    int64_t started_usec, heard_usec, progress_usec;
};

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

static void batch_release(struct batch *batch)
{
    free(batch->packed);
    arena_release(&batch->arena);
    *batch = (struct batch) { 0 };
}

/* The cells as they were, as many as there are headings, without an earlier import's reasons. */
static const char *row_as_csv(
    const struct import_map *map, const struct csv_row *row, struct arena *arena)
{
    _cleanup_(str_release) struct str text = { 0 };
    size_t n = row->n > map->n_columns ? row->n : map->n_kept;
    for (size_t i = 0; i < n; i++) {
        if (i)
            str_addc(&text, ',');
        csv_out_cell(&text, i < row->n ? row->cells[i] : "");
    }
    return text.failed ? NULL : arena_strndup(arena, str_text(&text), text.len);
}

static int refuse(struct stream *s, const char *cells, int64_t line, const char *field,
    const char *reason, struct err *err)
{
    s->tally->refused++;
    if (s->app->dry_run || s->problems->n_rows < 3)
        (void)fprintf(s->app->errout, "%sline %" PRId64 ": %s%s%s\n",
            s->app->is_err_terminal ? "\r\033[K" : "", line, field, *field ? ": " : "", reason);
    return import_problems_add(s->problems, cells, line, field, reason, err);
}

/* Turn one row into a message of the batch, or refuse it. */
static int take_row(struct stream *s, const struct csv_row *row, struct arena *messages,
    ProtobufCMessage **rows, struct batch *batch, struct err *err)
{
    struct import_row texts;
    struct err why = { 0 };
    const char *cells = row_as_csv(s->map, row, &batch->arena);
    if (!cells)
        return err_oom(err);
    s->tally->rows++;
    int rc = import_map_apply(s->map, row, messages, &texts, &why);
    if (rc == 0)
        rc = s->map->kind->make(&texts, messages, &rows[batch->n_rows], &why);
    if (rc == ERR_INVALID)
        return refuse(s, cells, row->line, why.field, why.msg, err);
    if (rc < 0)
        return err_oom(err);
    batch->lines[batch->n_rows] = row->line;
    batch->cells[batch->n_rows++] = cells;
    return 0;
}

static const ProtobufCFieldDescriptor *request_field(const struct stream *s, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(s->method->input, name);
}

static int pack(struct stream *s, struct arena *arena, ProtobufCMessage **rows, struct batch *batch,
    struct err *err)
{
    char text[UUID_TEXT_BYTES];
    const char *id = text, *source = s->source, *import_id = s->import_id;
    protobuf_c_boolean yes = 1;
    struct uuid uuid;
    ProtobufCMessage *request = message_new(s->method->input, arena);
    if (!request)
        return err_oom(err);
    uuid_v7(&uuid);
    uuid_format(&uuid, text);
    field_set_list(request, request_field(s, "rows"), rows, batch->n_rows);
    field_set(request, request_field(s, "request_id"), &id);
    if (source && request_field(s, "source"))
        field_set(request, request_field(s, "source"), &source);
    if (request_field(s, "import_id"))
        field_set(request, request_field(s, "import_id"), &import_id);
    if (s->app->dry_run)
        field_set(request, request_field(s, "validate_only"), &yes);
    batch->packed_len = message_pack_size(request);
    batch->packed = malloc(batch->packed_len + 1);
    if (!batch->packed)
        return err_oom(err);
    (void)message_pack_into(request, batch->packed);
    return 0;
}

static int read_rows(struct stream *s, struct arena *messages, ProtobufCMessage **rows,
    struct batch *batch, struct err *err)
{
    while (batch->n_rows < s->map->kind->batch_rows) {
        const struct csv_row *row;
        int rc = csv_in_next(s->in, &row, err);
        if (rc == 0)
            s->is_at_end = true;
        if (rc <= 0)
            return rc;
        rc = take_row(s, row, messages, rows, batch, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Read a batch; it is empty at the end of the file. */
static int read_batch(struct stream *s, struct batch *batch, struct err *err)
{
    _cleanup_(arena_release) struct arena messages;
    size_t max = s->map->kind->batch_rows;
    arena_init(&messages, 0);
    arena_init(&batch->arena, 0);
    ProtobufCMessage **rows = arena_calloc(&messages, max, sizeof *rows);
    batch->lines = arena_calloc(&batch->arena, max, sizeof *batch->lines);
    batch->cells = arena_calloc(&batch->arena, max, sizeof *batch->cells);
    if (!rows || !batch->lines || !batch->cells)
        return err_oom(err);
    int rc = read_rows(s, &messages, rows, batch, err);
    if (rc == 0 && batch->n_rows)
        rc = pack(s, &messages, rows, batch, err);
    return rc;
}

static int fill_window(struct stream *s, struct err *err)
{
    while (s->n_window < WINDOW && !s->is_at_end && !is_interrupted) {
        struct batch *batch = &s->window[s->n_window];
        int rc = read_batch(s, batch, err);
        if (rc < 0 || batch->n_rows == 0)
            batch_release(batch);
        else
            s->n_window++;
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Open a stream with all that was not answered. */
static int send_window(struct stream *s, struct err *err)
{
    int rc = remote_connect(s->app, err);
    if (rc == 0)
        rc = channel_open(s->app->channel, s->method->path, 0, &s->call, err);
    for (size_t i = 0; rc == 0 && i < s->n_window; i++)
        rc = channel_send(s->call, s->window[i].packed, s->window[i].packed_len, err);
    s->heard_usec = clock_monotonic_usec();
    return rc;
}

static int64_t integer_at(const json_t *answer, const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}

static const char *cells_of(const struct batch *batch, int64_t line)
{
    for (size_t i = 0; i < batch->n_rows; i++) {
        if (batch->lines[i] == line)
            return batch->cells[i];
    }
    return "";
}

/* The row is in; the first few remarks are shown, the rest counted. */
static void remark(struct stream *s, int64_t line, const json_t *problem)
{
    if (s->tally->warned++ < 3)
        (void)fprintf(s->app->errout, "%sline %" PRId64 ": %s (imported)\n",
            s->app->is_err_terminal ? "\r\033[K" : "", line, json_text_at(problem, "reason"));
}

static int take_problems(
    struct stream *s, const struct batch *batch, const json_t *answer, struct err *err)
{
    size_t i;
    json_t *problem;
    int rc = 0;
    json_array_foreach(json_object_get(answer, "problems"), i, problem)
    {
        int64_t line = integer_at(problem, "line");
        if (strcmp(json_text_at(problem, "severity"), "warning") == 0)
            remark(s, line, problem);
        else if (rc == 0)
            rc = refuse(s, cells_of(batch, line), line, json_text_at(problem, "field"),
                json_text_at(problem, "reason"), err);
    }
    return rc;
}

/* An answer belongs to the oldest batch. */
static int take_answer(struct stream *s, const uint8_t *data, size_t len, struct err *err)
{
    _cleanup_(arena_release) struct arena arena;
    ProtobufCMessage *message = NULL;
    json_t *answer = NULL;
    if (s->n_window == 0)
        return err_set(err, ERR_INTERNAL, "the server answered more than it was asked");
    arena_init(&arena, 0);
    int rc = message_unpack(s->method->output, &arena, data, len, NULL, &message, err);
    if (rc == 0)
        rc = json_from_message(message, JSON_SQL, &answer, err);
    if (rc == 0) {
        s->tally->created += integer_at(answer, "created");
        s->tally->updated += integer_at(answer, "updated");
        s->tally->unchanged += integer_at(answer, "unchanged");
        s->tally->loaded += integer_at(answer, "loaded");
        rc = take_problems(s, &s->window[0], answer, err);
    }
    json_decref(answer);
    batch_release(&s->window[0]);
    s->n_window--;
    memmove(&s->window[0], &s->window[1], s->n_window * sizeof s->window[0]);
    s->window[s->n_window] = (struct batch) { 0 };
    s->heard_usec = clock_monotonic_usec();
    remote_patience_init(&s->patience, s->app->patience_usec);
    return rc;
}

static void show_progress(struct stream *s)
{
    int64_t now = clock_monotonic_usec(), read_bytes, size_bytes;
    if (!s->app->is_err_terminal || now - s->progress_usec < PROGRESS_USEC)
        return;
    s->progress_usec = now;
    double seconds = (double)(now - s->started_usec) / USEC_PER_SEC;
    csv_in_progress(s->in, &read_bytes, &size_bytes);
    (void)fprintf(s->app->errout, "\r\033[K%" PRId64 " rows, %.0f a second", s->tally->rows,
        (double)s->tally->rows / MAX(seconds, 0.001));
    if (size_bytes)
        (void)fprintf(s->app->errout, ", %" PRId64 " %%", read_bytes * 100 / size_bytes);
    (void)fflush(s->app->errout);
}

/* The stream broke: wait and connect again, or give up. */
static int recover(struct stream *s, int code, const struct err *why, struct err *err)
{
    int64_t hint = s->call ? channel_call_retry_usec(s->call) : 0;
    channel_call_free(s->call);
    s->call = NULL;
    if (is_interrupted || !remote_wait(s->app, &s->patience, code, hint, why->msg)) {
        if (err)
            *err = *why;
        return code;
    }
    return 0;
}

/* Wait for one answer. A stream that ends before the last one broke as well. */
static int await_answer(struct stream *s, struct err *err)
{
    const uint8_t *data = NULL;
    size_t len = 0;
    struct err why = { 0 };
    int rc = s->call ? 0 : send_window(s, &why);
    if (rc == 0)
        rc = channel_receive(s->call, 200, &data, &len, &why);
    if (rc == CHANNEL_MESSAGE)
        return take_answer(s, data, len, err);
    if (rc == CHANNEL_END)
        rc = err_set(&why, ERR_UNAVAILABLE, "the server ended the stream early");
    if (rc == CHANNEL_NOTHING && clock_monotonic_usec() - s->heard_usec > IDLE_LIMIT_USEC)
        rc = err_set(&why, ERR_UNAVAILABLE, "no answer for two minutes");
    return rc < 0 ? recover(s, rc, &why, err) : 0;
}

/* All batches of the stream are answered; its status adds nothing to that. */
static void end_stream(struct stream *s)
{
    const uint8_t *data;
    size_t len;
    if (s->call)
        (void)!channel_receive(s->call, 1000, &data, &len, NULL);
    channel_call_free(s->call);
    s->call = NULL;
}

static int run(struct stream *s, struct err *err)
{
    for (;;) {
        int rc = fill_window(s, err);
        if (rc < 0 || s->n_window == 0)
            return rc;
        while (s->n_window > 0) {
            show_progress(s);
            rc = await_answer(s, err);
            if (rc < 0)
                return rc;
        }
        end_stream(s);
    }
}

int import_stream(struct app *app, const struct import_map *map, struct csv_in *in,
    const char *source, struct import_problems *problems, struct import_tally *ret_tally,
    bool *ret_is_stopped, struct err *err)
{
    struct sigaction gentle = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND }, before;
    struct stream s = { .app = app,
        .map = map,
        .method = remote_method(map->kind->method),
        .in = in,
        .source = source,
        .problems = problems,
        .tally = ret_tally,
        .started_usec = clock_monotonic_usec() };
    struct uuid id;
    uuid_v7(&id);
    uuid_format(&id, s.import_id);
    *ret_tally = (struct import_tally) { 0 };
    is_interrupted = 0;
    (void)sigaction(SIGINT, &gentle, &before);
    remote_patience_init(&s.patience, app->patience_usec);
    int rc = run(&s, err);
    (void)sigaction(SIGINT, &before, NULL);
    if (app->is_err_terminal)
        (void)fprintf(app->errout, "\r\033[K");
    channel_call_free(s.call);
    for (size_t i = 0; i < s.n_window; i++)
        batch_release(&s.window[i]);
    *ret_is_stopped = is_interrupted != 0;
    return rc;
}
