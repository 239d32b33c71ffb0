#include "base/log.h"

#include "base/clock.h"
#include "base/err.h"
#include "unit/cmocka.h"

#include <errno.h>
#include <unistd.h>

/* Run the statement with stderr in a pipe; what came out is in @out. */
static void capture(void (*write_line)(void), char *out, size_t size)
{
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    write_line();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fds[1]);
    ssize_t n = read(fds[0], out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    close(fds[0]);
}

static void forge(void)
{
    log_warning("id %s", "x\n2026-01-01T00:00:00.000Z error [1] forged\x1b[2J");
}

static void test_log__cannot_be_forged(void **state)
{
    char out[2000];
    clock_set_fake(INT64_C(1772271000250000));
    capture(forge, out, sizeof(out));
    clock_set_fake(-1);
    assert_non_null(strstr(out, "2026-02-28T09:30:00.250Z warning ["));
    assert_non_null(strstr(out, "id x?2026"));
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
    assert_null(strchr(out, '\x1b'));
}

static void whisper(void)
{
    log_debug("hidden");
    log_info("shown");
}

static void test_log__writes_from_its_level_upwards(void **state)
{
    char out[2000];
    log_open(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
    capture(whisper, out, sizeof(out));
    assert_null(strstr(out, "hidden"));
    assert_non_null(strstr(out, "shown"));
    log_set_level(LOG_LEVEL_ERROR);
    capture(whisper, out, sizeof(out));
    assert_string_equal(out, "");
    log_set_level(LOG_LEVEL_INFO);
}

static void long_line(void)
{
    char text[4000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    errno = ENOENT;
    log_error("%s", text);
}

static void test_log__cuts_a_long_line_and_keeps_errno(void **state)
{
    char out[4000];
    capture(long_line, out, sizeof(out));
    assert_int_equal(out[strlen(out) - 1], '\n');
    assert_true(strlen(out) < 1200);
    errno = ENOENT;
    log_debug("nothing");
    assert_int_equal(errno, ENOENT);
}

static void test_log__reads_levels(void **state)
{
    enum log_level level;
    assert_int_equal(log_level_parse("debug", &level), 0);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_parse("loud", &level), ERR_INVALID);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
}

static void test_clock__fake_stands_still_and_ends(void **state)
{
    clock_set_fake(0);
    assert_int_equal(clock_now_usec(), 0);
    assert_int_equal(clock_monotonic_usec(), 1);
    clock_set_fake(-1);
    assert_true(clock_now_usec() > INT64_C(1600000000000000));
    int64_t before = clock_monotonic_usec();
    assert_true(clock_monotonic_usec() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__cannot_be_forged),
        cmocka_unit_test(test_log__writes_from_its_level_upwards),
        cmocka_unit_test(test_log__cuts_a_long_line_and_keeps_errno),
        cmocka_unit_test(test_log__reads_levels),
        cmocka_unit_test(test_clock__fake_stands_still_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
