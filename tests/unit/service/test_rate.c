#include "base/clock.h"
#include "service/rate.h"
#include "unit/cmocka.h"

#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rate *make(int64_t burst, int64_t per_second)
{
    struct rate *rate = NULL;

    assert_true(sodium_init() >= 0);
    assert_int_equal(rate_new("things", burst, per_second, &rate, NULL), 0);
    return rate;
}

static void test_rate__burst_then_a_wait(void **state)
{
    struct rate *rate = make(5, 1);
    int64_t wait = 0;

    for (int i = 0; i < 5; i++) {
        assert_true(rate_has(rate, 7, &wait));
        assert_true(rate_take(rate, 7, &wait));
    }
    assert_false(rate_has(rate, 7, &wait));
    assert_false(rate_take(rate, 7, &wait));
    assert_true(wait > 0 && wait <= USEC_PER_SEC);
    assert_true(rate_take(rate, 8, &wait)); /* others are not held up */
    rate_free(rate);
}

static void test_rate__fills_up_again(void **state)
{
    struct rate *rate = make(2, 1000);
    int64_t wait = 0;

    while (rate_take(rate, 7, &wait))
        ;
    assert_true(wait <= 1000);
    usleep(2500);
    assert_true(rate_take(rate, 7, &wait));
    rate_free(rate);
}

static void test_rate__without_a_burst_there_is_no_limit(void **state)
{
    struct rate *rate = make(0, 1);
    int64_t wait = 0;

    assert_false(rate_knows(rate, 7));
    for (int i = 0; i < 1000; i++)
        assert_true(rate_take(rate, 7, &wait));
    assert_true(rate_knows(rate, 7));
    rate_free(rate);
}

static void test_rate__many_keys_make_room_for_each_other(void **state)
{
    struct rate *rate = make(10, 1);
    int64_t wait = 0;
    uint64_t key = 0;

    for (uint64_t i = 0; i < 100000; i++) {
        key = rate_key(rate, &i, sizeof(i));
        assert_true(rate_take(rate, key, &wait));
    }
    assert_true(rate_knows(rate, key));
    rate_free(rate);
}

static void test_rate__processes_count_together(void **state)
{
    struct rate *rate = make(1000, 1);
    int64_t wait_usec = 0;

    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            for (int k = 0; k < 200; k++)
                (void)rate_take(rate, 7, &wait_usec);
            rate_count_refusal(rate);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    int left = 0;
    while (rate_take(rate, 7, &wait_usec))
        left++;
    assert_true(left >= 200 && left <= 202);
    assert_int_equal(rate_refusals(rate), 4);
    assert_string_equal(rate_name(rate), "things");
    rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate__burst_then_a_wait),
        cmocka_unit_test(test_rate__fills_up_again),
        cmocka_unit_test(test_rate__without_a_burst_there_is_no_limit),
        cmocka_unit_test(test_rate__many_keys_make_room_for_each_other),
        cmocka_unit_test(test_rate__processes_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
