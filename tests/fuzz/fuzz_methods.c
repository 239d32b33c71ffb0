// link: canvass_service
/* The methods' SQL files: any text is blocks or an error with a line, and what was read holds. */
#include "base/str.h"
#include "service/block.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block is found by its name, and its numbers are those of its parameters. */
static void check_block(const struct block_list *list, const struct block *block)
{
    const struct block *found
        = block_list_find(list, block->method, strlen(block->method), block->part);

    if (found != block || block->roles == 0 || block->n_params > BLOCK_PARAMS_MAX
        || block->sql[0] == '\0' || (block->once && !block->writes))
        abort();
    for (size_t i = 0; i < block->n_params; i++)
        if (block->params[i].line <= block->line || block->params[i].path[0] == '\0')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block_list list = { 0 };
    struct err err = { 0 };
    struct str text = { 0 };

    str_add(&text, data, size);
    int r = block_list_parse(&list, "fuzz.sql", str_text(&text), &err);
    if (r < 0 && !str_starts_with(err.msg, "fuzz.sql:"))
        abort();
    for (size_t i = 0; r == 0 && i < list.n_blocks; i++)
        check_block(&list, &list.blocks[i]);
    block_list_release(&list);
    str_release(&text);
    return 0;
}
