#include "base/loop.h"

#include "base/clock.h"
#include "base/str.h"
#include "unit/cmocka.h"

#include <signal.h>

/* What ran, in order, as letters. */
struct record {
    struct loop *loop;
    struct str text;
    struct loop_timer timer, other;
    struct loop_later later;
    struct loop_signal signal;
};

static int setup(void **state)
{
    struct record *record = calloc(1, sizeof(*record));
    struct err err;
    if (!record || loop_new(&record->loop, &err) < 0)
        return -1;
    *state = record;
    return 0;
}

static int teardown(void **state)
{
    struct record *record = *state;
    loop_timer_stop(&record->timer);
    loop_timer_stop(&record->other);
    loop_later_cancel(&record->later);
    loop_signal_stop(&record->signal);
    loop_free(record->loop);
    str_release(&record->text);
    free(record);
    return 0;
}

static void run(struct record *record)
{
    struct err err = { 0 };
    assert_int_equal(loop_run(record->loop, &err), 0);
}

static void on_t(void *arg)
{
    struct record *record = arg;
    str_addc(&record->text, 't');
    loop_later_schedule(&record->later);
    loop_later_schedule(&record->later);
}

static void on_o(void *arg)
{
    struct record *record = arg;
    str_addc(&record->text, 'o');
}

static void on_l(void *arg)
{
    struct record *record = arg;
    str_addc(&record->text, 'l');
}

static void test_loop__runs_a_timer_once(void **state)
{
    struct record *record = *state;
    loop_timer_init(&record->timer, record->loop, on_o, record);
    assert_false(loop_timer_is_running(&record->timer));
    loop_timer_start(&record->timer, 1000);
    assert_true(loop_timer_is_running(&record->timer));
    run(record);
    assert_string_equal(str_text(&record->text), "o");
    assert_false(loop_timer_is_running(&record->timer));
}

static void test_loop__later_runs_once_after_what_is_active(void **state)
{
    struct record *record = *state;
    loop_timer_init(&record->timer, record->loop, on_t, record);
    loop_timer_init(&record->other, record->loop, on_o, record);
    loop_later_init(&record->later, record->loop, on_l, record);
    loop_timer_start(&record->timer, 0);
    loop_timer_start(&record->other, 0);
    run(record);
    assert_string_equal(str_text(&record->text), "tol");
}

static void test_loop__later_can_be_taken_back(void **state)
{
    struct record *record = *state;
    loop_later_init(&record->later, record->loop, on_l, record);
    loop_later_schedule(&record->later);
    loop_later_cancel(&record->later);
    run(record);
    assert_string_equal(str_text(&record->text), "");
    loop_later_schedule(&record->later);
    run(record);
    assert_string_equal(str_text(&record->text), "l");
}

static void test_loop__a_stopped_timer_does_not_run(void **state)
{
    struct record *record = *state;
    loop_timer_stop(&record->timer); /* zeroed */
    loop_timer_init(&record->timer, record->loop, on_t, record);
    loop_timer_start(&record->timer, 1000);
    loop_timer_stop(&record->timer);
    run(record);
    assert_string_equal(str_text(&record->text), "");
}

static void test_loop__a_timer_moves_when_started_again(void **state)
{
    struct record *record = *state;
    loop_timer_init(&record->timer, record->loop, on_t, record);
    loop_timer_init(&record->other, record->loop, on_o, record);
    loop_later_init(&record->later, record->loop, on_l, record);
    loop_timer_start(&record->timer, 1000);
    loop_timer_start(&record->other, 20000);
    loop_timer_start(&record->timer, 40000);
    run(record);
    assert_string_equal(str_text(&record->text), "otl");
}

static void on_forever(void *arg)
{
    struct record *record = arg;
    str_addc(&record->text, 'f');
    if (record->text.len == 3)
        loop_break(record->loop);
    loop_timer_start(&record->timer, 0);
}

static void test_loop__break_ends_the_run(void **state)
{
    struct record *record = *state;
    loop_timer_init(&record->timer, record->loop, on_forever, record);
    loop_timer_start(&record->timer, 0);
    run(record);
    assert_string_equal(str_text(&record->text), "fff");
}

static void on_signal(void *arg)
{
    struct record *record = arg;
    str_addc(&record->text, 's');
    loop_signal_stop(&record->signal);
}

static void test_loop__watches_signals(void **state)
{
    struct record *record = *state;
    struct err err = { 0 };
    assert_int_equal(
        loop_signal_start(&record->signal, record->loop, SIGUSR1, on_signal, record, &err), 0);
    raise(SIGUSR1);
    run(record);
    assert_string_equal(str_text(&record->text), "s");
}

static void test_loop__refuses_no_signal(void **state)
{
    struct record *record = *state;
    struct err err = { 0 };
    assert_int_equal(
        loop_signal_start(&record->signal, record->loop, 9999, on_signal, record, &err),
        ERR_INTERNAL);
}

#define loop_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        loop_test(test_loop__runs_a_timer_once),
        loop_test(test_loop__later_runs_once_after_what_is_active),
        loop_test(test_loop__later_can_be_taken_back),
        loop_test(test_loop__a_stopped_timer_does_not_run),
        loop_test(test_loop__a_timer_moves_when_started_again),
        loop_test(test_loop__break_ends_the_run),
        loop_test(test_loop__watches_signals),
        loop_test(test_loop__refuses_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
