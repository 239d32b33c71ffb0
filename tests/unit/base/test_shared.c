#include "unit/cmocka.h"

#include "base/shared.h"

#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_shared__shows_a_parent_what_its_child_wrote(void **state)
{
    uint64_t *numbers = shared_alloc(2 * sizeof(*numbers));

    assert_non_null(numbers);
    assert_int_equal(numbers[0], 0);
    assert_int_equal(numbers[1], 0);
    pid_t child = fork();
    if (child == 0) {
        numbers[1] = 42;
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(numbers[0], 0);
    assert_int_equal(numbers[1], 42);
    shared_free(numbers, 2 * sizeof(*numbers));
}

static void test_shared__is_null_without_memory(void **state)
{
    assert_null(shared_alloc(SIZE_MAX / 2));
    shared_free(NULL, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared__shows_a_parent_what_its_child_wrote),
        cmocka_unit_test(test_shared__is_null_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
