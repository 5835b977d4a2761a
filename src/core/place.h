/*
 * Where something lives: a node, a slot on it and the generation of the
 * process in that slot.  It is looked at late and may be stale; a stale one
 * is recognised by its generation, never followed.
 */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct place {
    uint16_t node; /* 0: this machine */
    uint16_t slot;
    uint32_t generation; /* 0: nowhere */
};

static inline bool
place_is_equal(struct place a, struct place b)
{
    return a.node == b.node && a.slot == b.slot &&
           a.generation == b.generation;
}

#endif
