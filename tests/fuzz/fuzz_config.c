// link: canvass_base
/* Options in a file: any bytes are options or an error with a sentence, and what is printed of
 * those that were read sets the same again. */
#include "base/config.h"
#include "base/macro.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct object {
    char *text;
    int64_t number, time_usec, bytes;
    bool flag;
};

static const struct config_option table[] = {
    { .name = "text", .type = CONFIG_STRING, .offset = offsetof(struct object, text) },
    { .name = "number",
        .type = CONFIG_INT,
        .offset = offsetof(struct object, number),
        .min = -100,
        .max = 100 },
    { .name = "pool.time", .type = CONFIG_DURATION, .offset = offsetof(struct object, time_usec) },
    { .name = "pool.bytes", .type = CONFIG_SIZE, .offset = offsetof(struct object, bytes) },
    { .name = "flag", .type = CONFIG_BOOL, .offset = offsetof(struct object, flag) },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int load(const void *data, size_t size, struct object *object, struct err *err)
{
    char path[] = "/tmp/fuzz_config.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)close(fd);
    int r = config_init_defaults(table, ARRAY_SIZE(table), object, err);
    if (r == 0)
        r = config_load_file(table, ARRAY_SIZE(table), object, path, err);
    (void)unlink(path);
    return r;
}

static void check_again(const struct object *object)
{
    struct object again = { 0 };
    struct err err = { 0 };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    config_print(table, ARRAY_SIZE(table), object, out);
    (void)fclose(out);
    if (load(text, len, &again, &err) < 0 || again.number != object->number
        || again.time_usec != object->time_usec || again.bytes != object->bytes
        || again.flag != object->flag)
        abort();
    config_release(table, ARRAY_SIZE(table), &again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct object object = { 0 };
    struct err err = { 0 };
    int r = load(data, size, &object, &err);

    if (r < 0 && err.msg[0] == '\0')
        abort();
    if (r == 0)
        check_again(&object);
    config_release(table, ARRAY_SIZE(table), &object);
    return 0;
}
