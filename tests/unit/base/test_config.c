#include "base/config.h"

#include "base/str.h"
#include "unit/cmocka.h"

#include <unistd.h>

struct options {
    char *listen, *conninfo;
    int64_t workers, wait_usec, max_bytes;
    bool is_quiet;
};

static const struct config_option table[] = {
    { .name = "listen",
        .type = CONFIG_STRING,
        .offset = offsetof(struct options, listen),
        .default_value = "127.0.0.1:7443",
        .help = "Address and port." },
    { .name = "quiet", .type = CONFIG_BOOL, .offset = offsetof(struct options, is_quiet) },
    { .name = "workers",
        .env = "CANVASS_TEST_WORKERS",
        .type = CONFIG_INT,
        .offset = offsetof(struct options, workers),
        .default_value = "1",
        .min = 1,
        .max = 64 },
    { .name = "pool.conninfo",
        .type = CONFIG_STRING,
        .is_secret = true,
        .offset = offsetof(struct options, conninfo) },
    { .name = "pool.max",
        .type = CONFIG_SIZE,
        .offset = offsetof(struct options, max_bytes),
        .default_value = "4KiB" },
    { .name = "pool.wait",
        .type = CONFIG_DURATION,
        .offset = offsetof(struct options, wait_usec),
        .default_value = "250ms",
        .max = 60000000 },
};

static void release(struct options *options)
{
    config_release(table, ARRAY_SIZE(table), options);
}

static void init(struct options *options)
{
    struct err err;
    *options = (struct options) { 0 };
    assert_int_equal(config_init_defaults(table, ARRAY_SIZE(table), options, &err), 0);
}

static int load(struct options *options, const char *text, struct err *err)
{
    char path[] = "/tmp/canvass-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    int r = config_load_file(table, ARRAY_SIZE(table), options, path, err);
    unlink(path);
    return r;
}

static void test_config__begins_with_defaults(void **state)
{
    _cleanup_(release) struct options options;
    init(&options);
    assert_string_equal(options.listen, "127.0.0.1:7443");
    assert_string_equal(options.conninfo, "");
    assert_int_equal(options.workers, 1);
    assert_int_equal(options.max_bytes, 4096);
    assert_int_equal(options.wait_usec, 250000);
    assert_false(options.is_quiet);
}

static void test_config__reads_sections(void **state)
{
    _cleanup_(release) struct options options;
    struct err err = { 0 };
    init(&options);
    int r = load(&options,
        "; a comment\nlisten = [::1]:0\nquiet=yes\n\n[pool]\nconninfo = host=/run/pg dbname=c\n"
        "wait = 2s\nmax = 1MiB\n",
        &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(r, 0);
    assert_string_equal(options.listen, "[::1]:0");
    assert_string_equal(options.conninfo, "host=/run/pg dbname=c");
    assert_int_equal(options.wait_usec, 2000000);
    assert_int_equal(options.max_bytes, 1 << 20);
    assert_true(options.is_quiet);
}

/* The message must hold file, line, option, and what is accepted. */
static void check_fault(const char *text, const char *line, const char *part)
{
    _cleanup_(release) struct options options;
    struct err err = { 0 };
    init(&options);
    assert_int_equal(load(&options, text, &err), ERR_INVALID);
    if (!strstr(err.msg, part) || !strstr(err.msg, line) || !strstr(err.msg, "canvass-config-"))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.msg, part, line);
}

static void test_config__names_line_option_and_what_is_accepted(void **state)
{
    check_fault("listen=a\nworkers = many\n", ":2:", "option workers: \"many\" is not accepted");
    check_fault("workers = many\n", ":1:", "a whole number");
    check_fault("workers = 65\n", ":1:", "1 to 64 is accepted");
    check_fault("workers = 0\n", ":1:", "1 to 64 is accepted");
    check_fault("quiet = perhaps\n", ":1:", "yes or no");
    check_fault("[pool]\nwait = 5\n", ":2:", "option pool.wait");
    check_fault("[pool]\nwait = 5 s\n", ":2:", "250ms, 5s or 2min");
    check_fault("[pool]\nwait = 61s\n", ":2:", "0 to 1min is accepted");
    check_fault("[pool]\nmax = 4kb\n", ":2:", "4KiB");
    check_fault("[pool]\nmax = -1\n", ":2:", "at least 0");
    check_fault("\n\nwrong = 1\n", ":3:", "there is no option \"wrong\"");
    check_fault("[pool]\nlisten = a\n", ":2:", "there is no option \"pool.listen\"");
    check_fault("quiet=yes\nquiet=no\n", ":2:", "option quiet is given twice");
    check_fault("listen = a\nno equals sign\n", ":2:", "is accepted");
    check_fault("no equals sign\nworkers = many\n", ":1:", "is accepted");
}

/* inih breaks long lines silently; a long conninfo would lose its end. */
static void test_config__refuses_a_line_too_long(void **state)
{
    _cleanup_(release) struct options options;
    struct err err = { 0 };
    char text[5000] = "listen = ";
    memset(text + strlen(text), 'x', sizeof(text) - 1 - strlen(text));
    init(&options);
    assert_int_equal(load(&options, text, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, ":1: lines of up to"));
}

static void test_config__tells_a_missing_file_from_a_forbidden_one(void **state)
{
    _cleanup_(release) struct options options;
    struct err err = { 0 };
    init(&options);
    assert_int_equal(
        config_load_file(table, ARRAY_SIZE(table), &options, "/nowhere/canvass.conf", &err),
        ERR_NOT_FOUND);
    assert_int_equal(config_load_file(table, ARRAY_SIZE(table), &options, "/", &err), ERR_DENIED);
}

static void test_config__takes_the_environment(void **state)
{
    _cleanup_(release) struct options options;
    struct err err = { 0 };
    init(&options);
    setenv("CANVASS_TEST_WORKERS", "8", 1);
    assert_int_equal(config_load_env(table, ARRAY_SIZE(table), &options, &err), 0);
    assert_int_equal(options.workers, 8);
    setenv("CANVASS_TEST_WORKERS", "x", 1);
    assert_int_equal(config_load_env(table, ARRAY_SIZE(table), &options, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "CANVASS_TEST_WORKERS"));
    assert_int_equal(options.workers, 8);
    unsetenv("CANVASS_TEST_WORKERS");
}

static void test_config__keeps_the_old_value_on_error(void **state)
{
    _cleanup_(release) struct options options;
    struct err err = { 0 };
    init(&options);
    assert_int_equal(
        config_set(table, ARRAY_SIZE(table), &options, "pool.wait", "abc", &err), ERR_INVALID);
    assert_int_equal(options.wait_usec, 250000);
    assert_string_equal(err.field, "pool.wait");
    assert_int_equal(
        config_set(table, ARRAY_SIZE(table), &options, "nothing", "1", &err), ERR_INVALID);
}

static void test_config__prints_a_file_that_sets_the_same(void **state)
{
    _cleanup_(release) struct options options;
    _cleanup_(release) struct options again;
    _cleanup_(freep) char *text = NULL;
    struct err err = { 0 };
    size_t len = 0;
    init(&options);
    init(&again);
    assert_int_equal(
        config_set(table, ARRAY_SIZE(table), &options, "pool.conninfo", "password=x", &err), 0);
    assert_int_equal(config_set(table, ARRAY_SIZE(table), &options, "pool.wait", "90ms", &err), 0);
    assert_int_equal(config_set(table, ARRAY_SIZE(table), &options, "pool.max", "3MiB", &err), 0);
    FILE *out = open_memstream(&text, &len);
    config_print(table, ARRAY_SIZE(table), &options, out);
    fclose(out);
    assert_null(strstr(text, "password"));
    assert_non_null(strstr(text, "; Address and port.\nlisten = 127.0.0.1:7443\n"));
    assert_non_null(strstr(text, "wait = 90ms"));
    assert_non_null(strstr(text, "max = 3MiB"));
    assert_int_equal(load(&again, text, &err), 0);
    assert_int_equal(again.wait_usec, options.wait_usec);
    assert_int_equal(again.max_bytes, options.max_bytes);
}

static void check_duration(const char *text, int64_t expected)
{
    int64_t usec = -1;
    assert_int_equal(config_parse_duration(text, &usec), expected < 0 ? ERR_INVALID : 0);
    assert_int_equal(usec, expected);
}

static void test_config__knows_durations(void **state)
{
    check_duration("0", 0);
    check_duration("0s", 0);
    check_duration("7us", 7);
    check_duration("250ms", 250000);
    check_duration("5s", 5000000);
    check_duration("2min", 120000000);
    check_duration("1h", INT64_C(3600000000));
    check_duration("7d", INT64_C(604800000000));
    check_duration("", -1);
    check_duration("s", -1);
    check_duration("5", -1);
    check_duration(" 5s", -1);
    check_duration("+5s", -1);
    check_duration("5s ", -1);
    check_duration("1.5s", -1);
    check_duration("99999999999999999999s", -1);
    check_duration("999999999999999d", -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__begins_with_defaults),
        cmocka_unit_test(test_config__reads_sections),
        cmocka_unit_test(test_config__names_line_option_and_what_is_accepted),
        cmocka_unit_test(test_config__refuses_a_line_too_long),
        cmocka_unit_test(test_config__tells_a_missing_file_from_a_forbidden_one),
        cmocka_unit_test(test_config__takes_the_environment),
        cmocka_unit_test(test_config__keeps_the_old_value_on_error),
        cmocka_unit_test(test_config__prints_a_file_that_sets_the_same),
        cmocka_unit_test(test_config__knows_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
