/* export: a stream of rows, a line each, as it comes. */
#include "base/clock.h"
#include "client/csv_out.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"
#include "wire/json.h"
#include "wire/message.h"

#include <inttypes.h>
#include <string.h>

#define IDLE_LIMIT_MSEC 120000

/* In headings that canvass import employers understands. */
static const struct column employer_columns[] = {
    { "id", "employer.id", FORMAT_TEXT, 0 },
    { "name", "employer.name", FORMAT_TEXT, 0 },
    { "trading as", "employer.trading_as", FORMAT_TEXT, 0 },
    { "company number", "employer.company_number", FORMAT_TEXT, 0 },
    { "sic", "employer.sic", FORMAT_TEXT, 0 },
    { "sector", "employer.sector", FORMAT_TEXT, 0 },
    { "phone", "employer.phone", FORMAT_TEXT, 0 },
    { "website", "employer.website", FORMAT_TEXT, 0 },
    { "staff", "employer.staff", FORMAT_NUMBER, 0 },
    { "lists", "employer.refs", FORMAT_LIST, 0 },
    { "site id", "site.id", FORMAT_TEXT, 0 },
    { "site", "site.name", FORMAT_TEXT, 0 },
    { "address", "site.address", FORMAT_LIST, 0 },
    { "postcode", "site.postcode", FORMAT_TEXT, 0 },
    { "borough", "site.borough", FORMAT_TEXT, 0 },
    { "site phone", "site.phone", FORMAT_TEXT, 0 },
    { "easting", "site.point.easting", FORMAT_NUMBER, 0 },
    { "northing", "site.point.northing", FORMAT_NUMBER, 0 },
};
const struct view employers_export_view = { .rows = "", VIEW_COLUMNS(employer_columns) };

/* Each line holds the hash that seals it and all before. */
static const struct column audit_columns[] = {
    { "number", "seq", FORMAT_NUMBER, 0 },
    { "hash", "hash", FORMAT_TEXT, 0 },
    { "line", "line", FORMAT_TEXT, 0 },
};
const struct view audit_export_view = { .rows = "", VIEW_COLUMNS(audit_columns) };

struct stream {
    const struct schema_method *method;
    const struct view *view;
    json_t *request;
    int64_t n_rows; /* written: after one, another try would double rows */
};

static int write_line(struct app *app, struct str *line, struct err *err)
{
    str_addc(line, '\n');
    if (line->failed)
        return err_oom(err);
    return fwrite(line->data, 1, line->len, app->out) == line->len ? 0 : output_flush(app, err);
}

static int write_headings(struct app *app, const struct view *view, struct err *err)
{
    _cleanup_(str_release) struct str line = { 0 };
    for (size_t i = 0; i < view->n_columns; i++) {
        str_addz(&line, i ? "," : "");
        csv_out_cell(&line, view->columns[i].heading);
    }
    return write_line(app, &line, err);
}

static int write_csv(
    struct app *app, const struct view *view, const ProtobufCMessage *message, struct err *err)
{
    _cleanup_(str_release) struct str line = { 0 };
    json_t *value = NULL;
    int rc = json_from_message(message, JSON_SQL, &value, err);
    for (size_t i = 0; rc == 0 && i < view->n_columns; i++) {
        const struct column *column = &view->columns[i];
        _cleanup_(str_release) struct str cell = { 0 };
        output_cell(json_get_path(value, column->path), column->format, &cell);
        str_addz(&line, i ? "," : "");
        csv_out_safe_cell(&line, str_text(&cell));
    }
    json_decref(value);
    return rc < 0 ? rc : write_line(app, &line, err);
}

static int write_message(
    struct app *app, const struct stream *stream, const uint8_t *data, size_t len, struct err *err)
{
    _cleanup_(arena_release) struct arena arena;
    _cleanup_(str_release) struct str line = { 0 };
    ProtobufCMessage *message = NULL;
    arena_init(&arena, 0);
    int rc = message_unpack(stream->method->output, &arena, data, len, NULL, &message, err);
    if (rc == 0 && !app->json)
        return write_csv(app, stream->view, message, err);
    if (rc == 0)
        rc = json_print(message, JSON_PROTO3, &line, err);
    return rc < 0 ? rc : write_line(app, &line, err);
}

static int stream_once(struct app *app, struct stream *stream, struct err *err)
{
    _cleanup_(channel_call_freep) struct channel_call *call = NULL;
    const uint8_t *data;
    size_t len;
    int rc = remote_open_stream(app, stream->method, stream->request, &call, err);
    while (rc == 0
        && (rc = channel_receive(call, IDLE_LIMIT_MSEC, &data, &len, err)) == CHANNEL_MESSAGE) {
        if (stream->n_rows == 0 && !app->json)
            rc = write_headings(app, stream->view, err);
        else
            rc = 0;
        if (rc == 0)
            rc = write_message(app, stream, data, len, err);
        stream->n_rows++;
    }
    if (rc == CHANNEL_NOTHING)
        return err_set(err, ERR_UNAVAILABLE, "no answer for two minutes");
    return rc;
}

int export_rows(struct app *app, const struct parsed *parsed, int64_t *ret_n_rows, struct err *err)
{
    struct stream stream
        = { .method = remote_method(parsed->verb->method), .view = parsed->verb->view };
    struct remote_patience patience;
    struct err why = { 0 };
    int rc = request_build(app, parsed, &stream.request, err);
    if (rc < 0)
        return rc;
    remote_patience_init(&patience, app->patience_usec);
    do
        rc = stream_once(app, &stream, &why);
    while (rc < 0 && stream.n_rows == 0 && remote_wait(app, &patience, rc, 0, why.msg));
    json_decref(stream.request);
    if (rc < 0)
        return err_set_field(err, (enum err_code)rc, why.field, "%s%s", why.msg,
            stream.n_rows ? "; the export is not whole" : "");
    if (stream.n_rows == 0 && !app->json)
        rc = write_headings(app, stream.view, err);
    if (rc == 0)
        rc = output_flush(app, err);
    if (rc == 0)
        app_note(app, "%" PRId64 " rows", stream.n_rows);
    *ret_n_rows = stream.n_rows;
    return rc;
}

int export_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    int64_t n_rows;
    return export_rows(app, parsed, &n_rows, err);
}
