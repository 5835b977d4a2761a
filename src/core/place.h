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

/* Nowhere. */
#define PLACE_NONE ((struct place){0})

/* A process of this machine; generation 0: whichever is in the slot. */
static inline struct place
place_here(unsigned slot, uint32_t generation)
{
    return (struct place){0, (uint16_t) slot, generation};
}

static inline bool
place_is_same_slot(struct place a, struct place b)
{
    return a.node == b.node && a.slot == b.slot;
}

static inline bool
place_is_equal(struct place a, struct place b)
{
    return place_is_same_slot(a, b) && a.generation == b.generation;
}

#endif
