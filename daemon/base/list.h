/* A doubly linked list whose links live in the objects.
 *
 *     struct call { struct list siblings; ... };
 *     struct list calls;
 *     list_init(&calls);
 *     list_add_tail(&calls, &call->siblings);
 *     struct call *each;
 *     list_for_each_safe (each, &calls, siblings)
 *         call_free(each);                  may remove itself
 *
 * The list owns nothing. A link that was removed points to itself, so removing it again does no
 * harm, and list_is_empty(&call->siblings) says whether the object is in no list.
 */
#pragma once

#include "base/macro.h"

#include <stdbool.h>

struct list {
    struct list *next, *prev;
};

/* Make @list an empty head, or a link that is in no list. */
static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* Insert @link before @head: at the tail if @head is the list's head. */
static inline void list_add_tail(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/* Insert @link behind @head. */
static inline void list_add_head(struct list *head, struct list *link)
{
    list_add_tail(head->next, link);
}

/* Take @link out of its list, if it is in one. It must have been initialised. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

#define list_entry(link, type, member) container_of(link, type, member)

/* The first or last object of @head, NULL if it is empty. */
#define list_first(head, type, member)                                                             \
    (list_is_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_last(head, type, member)                                                              \
    (list_is_empty(head) ? NULL : list_entry((head)->prev, type, member))

/* Visit each object in order; @pos is a pointer to the object, and after the loop the last visited.
 * The list must not change meanwhile. */
#define list_for_each(pos, head, member)                                                           \
    for (struct list *pos##_link = (head)->next; pos##_link != (head)                              \
         && ((pos) = list_entry(pos##_link, __typeof__(*(pos)), member), true);                    \
         pos##_link = pos##_link->next)

/* The same, and the body may remove or free @pos (no other). */
#define list_for_each_safe(pos, head, member)                                                      \
    for (struct list *pos##_link = (head)->next, *pos##_next; pos##_link != (head)                 \
         && (pos##_next = pos##_link->next,                                                        \
            (pos) = list_entry(pos##_link, __typeof__(*(pos)), member), true);                     \
         pos##_link = pos##_next)
