#include "service/pages.h"
#include "base/str.h"
#include "rpc/call.h"
#include "service/health.h"
#include "service/metrics.h"
#include "service/native.h"

#include <string.h>

static void healthz(const struct natives *natives, struct rpc_page *page)
{
    str_addz(page->body, "alive\n");
}

static void readyz(const struct natives *natives, struct rpc_page *page)
{
    const struct health *health = natives->health;

    if (health_is_serving(health)) {
        str_addz(page->body, "ready\n");
        return;
    }
    page->status = "503";
    str_addz(page->body, health->is_stopping ? "stopping\n" : "the database is away\n");
}

static void metrics(const struct natives *natives, struct rpc_page *page)
{
    natives_update_metrics(natives);
    page->content_type = "text/plain; version=0.0.4; charset=utf-8";
    if (metrics_print(natives->metrics, page->body) < 0)
        page->status = "503";
}

static bool is_for_everyone(const struct natives *natives)
{
    return true;
}

static bool shows_metrics_to_all(const struct natives *natives)
{
    return natives->publishes_metrics;
}

static const struct row {
    const char *path;
    void (*write)(const struct natives *natives, struct rpc_page *page);
    bool (*is_open)(const struct natives *natives); /* to other machines */
} rows[] = {
    { "/healthz", healthz, is_for_everyone },
    { "/metrics", metrics, shows_metrics_to_all },
    { "/readyz", readyz, is_for_everyone },
};

static const struct row *find_row(const char *path, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strlen(rows[i].path) == len && memcmp(rows[i].path, path, len) == 0)
            return &rows[i];
    return NULL;
}

bool pages_get(
    void *arg, const struct call *call, const char *path, size_t len, struct rpc_page *page)
{
    const struct row *row = find_row(path, len);

    if (!row || (!call_peer_is_local(call) && !row->is_open(arg)))
        return false;
    row->write(arg, page);
    return true;
}
