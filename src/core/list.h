/*
 * Doubly linked lists whose links sit inside the elements.  A list is a ring
 * with a head; an element that is in no list points at itself.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The element of type T whose member m is the link l. */
#define LIST_ITEM(l, T, m) ((T *) (void *) ((char *) (l) -offsetof(T, m)))

/* Walks a list; LIST_EACH_SAFE lets the body remove the link it stands on. */
#define LIST_EACH(l, head)                                                    \
    for (struct list *l = (head)->next; l != (head); l = l->next)
#define LIST_EACH_SAFE(l, head)                                               \
    for (struct list *l = (head)->next, *l##_next = l->next; l != (head);     \
         l = l##_next, l##_next = l->next)

static inline void
list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool
list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void
list_append(struct list *head, struct list *l)
{
    l->prev = head->prev;
    l->next = head;
    head->prev->next = l;
    head->prev = l;
}

static inline void
list_remove(struct list *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    l->next = l->prev = l;
}

#endif
