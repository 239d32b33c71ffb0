#include "service/pages.h"
#include "base/str.h"
#include "service/health.h"
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

static const struct row {
    const char *path;
    void (*write)(const struct natives *natives, struct rpc_page *page);
} rows[] = {
    { "/healthz", healthz },
    { "/readyz", readyz },
};

bool pages_get(
    void *arg, const struct call *call, const char *path, size_t len, struct rpc_page *page)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strlen(rows[i].path) == len && memcmp(rows[i].path, path, len) == 0) {
            rows[i].write(arg, page);
            return true;
        }
    return false;
}
