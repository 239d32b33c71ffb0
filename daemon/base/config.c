#include "base/config.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <ini.h>
#include <inttypes.h>

/* A suffix of a number and what it multiplies by; the larger units first. */
struct config_unit {
    const char *suffix;
    int64_t factor;
};

static const struct config_unit config_durations[] = {
    { "d", USEC_PER_DAY },
    { "h", USEC_PER_HOUR },
    { "min", USEC_PER_MINUTE },
    { "s", USEC_PER_SEC },
    { "ms", USEC_PER_MSEC },
    { "us", 1 },
};

static const struct config_unit config_sizes[] = {
    { "GiB", INT64_C(1) << 30 },
    { "MiB", INT64_C(1) << 20 },
    { "KiB", INT64_C(1) << 10 },
    { "B", 1 },
};

static const struct {
    const char *name;
    bool value;
} config_bools[] = {
    { "yes", true },
    { "no", false },
    { "true", true },
    { "false", false },
    { "on", true },
    { "off", false },
    { "1", true },
    { "0", false },
};

/* What each type accepts, in the words of an error. */
static const char *const config_accepted[] = {
    [CONFIG_STRING] = "text",
    [CONFIG_INT] = "a whole number",
    [CONFIG_BOOL] = "yes or no",
    [CONFIG_DURATION] = "a duration such as 250ms, 5s or 2min",
    [CONFIG_SIZE] = "a size such as 512, 4KiB or 1MiB",
};

static int config_parse_int(const char *text, const char **ret_rest, int64_t *ret_value)
{
    if (!(*text >= '0' && *text <= '9') && !(*text == '-' && text[1] >= '0' && text[1] <= '9'))
        return ERR_INVALID;
    char *rest;
    errno = 0;
    long long value = strtoll(text, &rest, 10);
    if (errno)
        return ERR_INVALID;
    *ret_rest = rest;
    *ret_value = value;
    return 0;
}

static int config_parse_units(
    const char *text, const struct config_unit *units, size_t n, int64_t *ret_value)
{
    const char *suffix;
    int64_t number;
    if (config_parse_int(text, &suffix, &number) < 0)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i++) {
        int64_t value;
        if (str_eq(suffix, units[i].suffix)) {
            if (__builtin_mul_overflow(number, units[i].factor, &value))
                return ERR_INVALID;
            *ret_value = value;
            return 0;
        }
    }
    return ERR_INVALID;
}

int config_parse_duration(const char *text, int64_t *ret_usec)
{
    if (str_eq(text, "0")) {
        *ret_usec = 0;
        return 0;
    }
    return config_parse_units(text, config_durations, ARRAY_SIZE(config_durations), ret_usec);
}

int config_parse_size(const char *text, int64_t *ret_bytes)
{
    const char *rest;
    int64_t bytes;
    if (config_parse_int(text, &rest, &bytes) == 0 && *rest == '\0') {
        *ret_bytes = bytes;
        return 0;
    }
    return config_parse_units(text, config_sizes, ARRAY_SIZE(config_sizes), ret_bytes);
}

static int config_parse_bool(const char *text, bool *ret_value)
{
    for (size_t i = 0; i < ARRAY_SIZE(config_bools); i++) {
        if (str_eq(text, config_bools[i].name)) {
            *ret_value = config_bools[i].value;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int config_parse_number(enum config_type type, const char *text, int64_t *ret_value)
{
    const char *rest;
    switch (type) {
    case CONFIG_DURATION:
        return config_parse_duration(text, ret_value);
    case CONFIG_SIZE:
        return config_parse_size(text, ret_value);
    default:
        return config_parse_int(text, &rest, ret_value) < 0 || *rest ? ERR_INVALID : 0;
    }
}

/* Write @value in the largest unit that divides it. */
static void config_format_number(enum config_type type, int64_t value, char *out, size_t size)
{
    const struct config_unit *units = NULL;
    size_t n = 0;
    if (type == CONFIG_DURATION) {
        units = config_durations;
        n = ARRAY_SIZE(config_durations);
    } else if (type == CONFIG_SIZE) {
        units = config_sizes;
        n = ARRAY_SIZE(config_sizes) - 1; /* plain bytes need no "B" */
    }
    for (size_t i = 0; i < n; i++) {
        if (value != 0 && value % units[i].factor == 0) {
            snprintf(out, size, "%" PRId64 "%s", value / units[i].factor, units[i].suffix);
            return;
        }
    }
    snprintf(out, size, "%" PRId64, value);
}

static int config_range_err(
    const struct config_option *option, const char *value, int64_t max, struct err *err)
{
    char low[32], high[32];
    config_format_number(option->type, option->min, low, sizeof(low));
    config_format_number(option->type, max, high, sizeof(high));
    if (max == INT64_MAX)
        return err_set_field(err, ERR_INVALID, option->name,
            "option %s: \"%s\" is out of range, at least %s is accepted", option->name, value, low);
    return err_set_field(err, ERR_INVALID, option->name,
        "option %s: \"%s\" is out of range, %s to %s is accepted", option->name, value, low, high);
}

static int config_store_string(char **member, const char *value, struct err *err)
{
    char *copy = strdup(value);
    if (!copy)
        return err_oom(err);
    free(*member);
    *member = copy;
    return 0;
}

static int config_type_err(const struct config_option *option, const char *value, struct err *err)
{
    return err_set_field(err, ERR_INVALID, option->name, "option %s: \"%s\" is not accepted, %s is",
        option->name, value, config_accepted[option->type]);
}

static int config_store(
    const struct config_option *option, void *object, const char *value, struct err *err)
{
    void *member = (char *)object + option->offset;
    if (option->type == CONFIG_STRING)
        return config_store_string(member, value, err);
    if (option->type == CONFIG_BOOL) {
        if (config_parse_bool(value, member) < 0)
            return config_type_err(option, value, err);
        return 0;
    }
    int64_t number;
    if (config_parse_number(option->type, value, &number) < 0)
        return config_type_err(option, value, err);
    int64_t max = option->min == 0 && option->max == 0 ? INT64_MAX : option->max;
    if (number < option->min || number > max)
        return config_range_err(option, value, max, err);
    *(int64_t *)member = number;
    return 0;
}

static const struct config_option *config_find(
    const struct config_option *table, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(table[i].name, name))
            return &table[i];
    }
    return NULL;
}

int config_set(const struct config_option *table, size_t n, void *object, const char *name,
    const char *value, struct err *err)
{
    const struct config_option *option = config_find(table, n, name);
    if (!option)
        return err_set_field(err, ERR_INVALID, name, "there is no option \"%s\"", name);
    return config_store(option, object, value, err);
}

int config_init_defaults(const struct config_option *table, size_t n, void *object, struct err *err)
{
    static const char *const without[] = {
        [CONFIG_STRING] = "",
        [CONFIG_INT] = "0",
        [CONFIG_BOOL] = "no",
        [CONFIG_DURATION] = "0",
        [CONFIG_SIZE] = "0",
    };
    for (size_t i = 0; i < n; i++) {
        const char *value
            = table[i].default_value ? table[i].default_value : without[table[i].type];
        int r = config_store(&table[i], object, value, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int config_load_env(const struct config_option *table, size_t n, void *object, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = table[i].env ? getenv(table[i].env) : NULL;
        struct err why;
        if (!value)
            continue;
        int r = config_store(&table[i], object, value, &why);
        if (r < 0)
            return err_set_field(
                err, r, why.field, "environment variable %s: %.400s", table[i].env, why.msg);
    }
    return 0;
}

/* What reading a file knows; the first fault ends it. */
struct config_reading {
    const struct config_option *table;
    size_t n;
    void *object;
    bool *is_given; /* by option */
    FILE *file;
    int line;
    int code;
    struct err why;
};

/* Hand inih one line. It would silently break a line that is longer than its buffer. */
static char *config_on_read(char *out, int size, void *stream)
{
    struct config_reading *reading = stream;
    if (reading->code < 0 || !fgets(out, size, reading->file))
        return NULL;
    reading->line++;
    if (!strchr(out, '\n') && strlen(out) == (size_t)size - 1) {
        reading->code
            = err_set(&reading->why, ERR_INVALID, "lines of up to %d bytes are accepted", size - 2);
        return NULL;
    }
    return out;
}

static int config_on_option(void *user, const char *section, const char *key, const char *value)
{
    struct config_reading *reading = user;
    char name[256];
    int len = snprintf(name, sizeof(name), "%s%s%s", section, *section ? "." : "", key);
    const struct config_option *option = config_find(reading->table, reading->n, name);
    if (!option || len >= (int)sizeof(name)) {
        reading->code
            = err_set_field(&reading->why, ERR_INVALID, name, "there is no option \"%s\"", name);
        return 0;
    }
    bool *is_given = &reading->is_given[option - reading->table];
    if (*is_given)
        reading->code
            = err_set_field(&reading->why, ERR_INVALID, name, "option %s is given twice", name);
    else
        reading->code = config_store(option, reading->object, value ? value : "", &reading->why);
    *is_given = true;
    return reading->code == 0;
}

static int config_open_err(const char *path, struct err *err)
{
    int reason = errno;
    return err_set(err, reason == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "cannot read %s: %s", path,
        strerror(reason));
}

static void config_close(FILE **file)
{
    if (*file)
        fclose(*file);
}

int config_load_file(
    const struct config_option *table, size_t n, void *object, const char *path, struct err *err)
{
    _cleanup_(config_close) FILE *file = fopen(path, "re");
    if (!file)
        return config_open_err(path, err);
    _cleanup_(freep) bool *is_given = calloc(n + 1, sizeof(*is_given));
    if (!is_given)
        return err_oom(err);
    struct config_reading reading
        = { .table = table, .n = n, .object = object, .is_given = is_given, .file = file };
    int line = ini_parse_stream(config_on_read, &reading, config_on_option, &reading);
    /* inih tells the first line that it did not like, and that may be before our first fault */
    if (line > 0 && (reading.code == 0 || line < reading.line))
        return err_set(err, ERR_INVALID,
            "%s:%d: \"name = value\", \"[section]\" or a comment is accepted", path, line);
    if (reading.code < 0)
        return err_set_field(err, reading.code, reading.why.field, "%s:%d: %.400s", path,
            reading.line, reading.why.msg);
    if (line < 0 || ferror(file))
        return err_set(err, ERR_DENIED, "cannot read %s", path);
    return 0;
}

static void config_print_value(const struct config_option *option, const void *object, FILE *out)
{
    const void *member = (const char *)object + option->offset;
    char number[32];
    switch (option->type) {
    case CONFIG_STRING: {
        const char *text = *(char *const *)member;
        fputs(option->is_secret && text && *text ? "(secret)" : text ? text : "", out);
        break;
    }
    case CONFIG_BOOL:
        fputs(*(const bool *)member ? "yes" : "no", out);
        break;
    default:
        config_format_number(option->type, *(const int64_t *)member, number, sizeof(number));
        fputs(number, out);
        break;
    }
}

void config_print(const struct config_option *table, size_t n, const void *object, FILE *out)
{
    const char *section = "";
    size_t section_len = 0;
    for (size_t i = 0; i < n; i++) {
        const char *dot = strrchr(table[i].name, '.');
        size_t len = dot ? (size_t)(dot - table[i].name) : 0;
        if (len != section_len || memcmp(section, table[i].name, len) != 0)
            fprintf(out, "\n[%.*s]\n", (int)len, table[i].name);
        section = table[i].name;
        section_len = len;
        if (table[i].help)
            fprintf(out, "; %s\n", table[i].help);
        fprintf(out, "%s%s = ", table[i].is_secret ? "; " : "", dot ? dot + 1 : table[i].name);
        config_print_value(&table[i], object, out);
        fputc('\n', out);
    }
}

void config_release(const struct config_option *table, size_t n, void *object)
{
    for (size_t i = 0; i < n; i++) {
        if (table[i].type == CONFIG_STRING) {
            char **member = (char **)(void *)((char *)object + table[i].offset);
            free(*member);
            *member = NULL;
        }
    }
}
