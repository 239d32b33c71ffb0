#include "base/arena.h"

#include "unit/cmocka.h"

static void test_arena__aligns_every_piece(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t n = 0; n < 300; n++) {
        char *piece = arena_alloc(&arena, n);
        assert_int_equal((uintptr_t)piece % 16, 0);
        memset(piece, 0xa5, n);
    }
    arena_release(&arena);
}

static void test_arena__keeps_pieces_apart(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    /* small ones, with large ones between that get blocks of their own */
    char *pieces[200];
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        size_t n = i % 10 == 0 ? 100000 : i * 7 + 1;
        pieces[i] = arena_alloc(&arena, n);
        assert_non_null(pieces[i]);
        memset(pieces[i], (int)i, n);
    }
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        size_t n = i % 10 == 0 ? 100000 : i * 7 + 1;
        assert_int_equal((unsigned char)pieces[i][0], i);
        assert_int_equal((unsigned char)pieces[i][n - 1], i);
    }
    arena_release(&arena);
}

static void test_arena__gives_pieces_of_any_size_their_room(void **state)
{
    for (size_t n = 1000; n < 40000; n += 997) {
        struct arena arena;
        arena_init(&arena, 0);
        for (size_t i = 0; i < 3; i++) {
            char *piece = arena_zalloc(&arena, n * (i + 1));
            assert_non_null(piece);
        }
        arena_release(&arena);
    }
}

static void test_arena__stops_at_its_cap(void **state)
{
    struct arena arena;
    arena_init(&arena, 64);
    assert_non_null(arena_alloc(&arena, 48));
    assert_null(arena_alloc(&arena, 17));
    assert_non_null(arena_alloc(&arena, 16));
    assert_null(arena_alloc(&arena, 0));
    assert_int_equal(arena_used_bytes(&arena), 64);
    arena_reset(&arena);
    assert_int_equal(arena_used_bytes(&arena), 0);
    assert_non_null(arena_alloc(&arena, 64));
    arena_release(&arena);
}

static void test_arena__refuses_sizes_that_overflow(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 8));
    assert_null(arena_calloc(&arena, SIZE_MAX / 2, 4));
    assert_null(arena_strndup(&arena, "", SIZE_MAX));
    assert_int_equal(arena_used_bytes(&arena), 0);
    arena_release(&arena);
}

static void test_arena__copies(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    assert_string_equal(arena_strndup(&arena, "employer", 3), "emp");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(arena_strdup(&arena, "x"), "x");
    assert_memory_equal(arena_memdup(&arena, "a\0b", 3), "a\0b", 3);
    assert_non_null(arena_memdup(&arena, NULL, 0));
    assert_string_equal(arena_printf(&arena, "%s-%d", "a", 5), "a-5");
    const char *zeros = arena_zalloc(&arena, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(zeros[i], 0);
    arena_release(&arena);
}

static void test_arena__reuses_a_block_after_reset(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    assert_non_null(arena_alloc(&arena, 1 << 20));
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 8), first);
    arena_release(&arena);
    arena_release(&arena);
    arena_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__aligns_every_piece),
        cmocka_unit_test(test_arena__keeps_pieces_apart),
        cmocka_unit_test(test_arena__gives_pieces_of_any_size_their_room),
        cmocka_unit_test(test_arena__stops_at_its_cap),
        cmocka_unit_test(test_arena__refuses_sizes_that_overflow),
        cmocka_unit_test(test_arena__copies),
        cmocka_unit_test(test_arena__reuses_a_block_after_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
