#include "base/list.h"

#include "unit/cmocka.h"

struct item {
    int number;
    struct list link;
};

static void fill(struct list *head, struct item *items, int n)
{
    list_init(head);
    for (int i = 0; i < n; i++) {
        items[i].number = i;
        list_add_tail(head, &items[i].link);
    }
}

/* Write the numbers as one decimal number. */
static int read_out(struct list *head)
{
    struct item *item;
    int digits = 0;
    list_for_each(item, head, link) digits = digits * 10 + item->number;
    return digits;
}

static void test_list__keeps_order(void **state)
{
    struct list head;
    struct item items[4], first = { .number = 9 };
    fill(&head, items, 4);
    list_add_head(&head, &first.link);
    assert_int_equal(read_out(&head), 90123);
    assert_int_equal(list_first(&head, struct item, link)->number, 9);
    assert_int_equal(list_last(&head, struct item, link)->number, 3);
}

static void test_list__removes_twice_without_harm(void **state)
{
    struct list head;
    struct item items[3];
    fill(&head, items, 3);
    list_remove(&items[1].link);
    list_remove(&items[1].link);
    assert_int_equal(read_out(&head), 2);
    assert_true(list_is_empty(&items[1].link));
    assert_false(list_is_empty(&items[0].link));
}

static void test_list__may_lose_the_visited(void **state)
{
    struct list head;
    struct item items[5], *item;
    fill(&head, items, 5);
    list_for_each_safe(item, &head, link)
    {
        if (item->number % 2 == 0)
            list_remove(&item->link);
    }
    assert_int_equal(read_out(&head), 13);
    list_for_each_safe(item, &head, link) list_remove(&item->link);
    assert_true(list_is_empty(&head));
    assert_null(list_first(&head, struct item, link));
    assert_null(list_last(&head, struct item, link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list__keeps_order),
        cmocka_unit_test(test_list__removes_twice_without_harm),
        cmocka_unit_test(test_list__may_lose_the_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
