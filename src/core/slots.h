/*
 * Slots: the places that processes live in.  Workers have 0..1023, the store
 * and the master one each above.  A slot has a page of anonymous shared
 * memory, made by the master before the first fork, where the process of the
 * slot shows what it is at; the master's watchdog reads it.
 *
 * Everything in a page is written by one process and only looked at by the
 * others, so a stale read delays a decision and never makes a wrong one: the
 * master asks the kernel who is alive.
 */
#ifndef CORE_SLOTS_H
#define CORE_SLOTS_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    SLOT_WORKERS = 1024, /* 0..1023 */
    SLOT_STORE = 1024,
    SLOT_MASTER = 1025,
    SLOT_COUNT = 1026
};

struct slot_page {
    _Alignas(4096) _Atomic int64_t tick_ms; /* last turn, CLOCK_MONOTONIC */
    _Atomic uint32_t generation;            /* of this start; 0: not yet */
    _Atomic uint32_t
        build; /* of the configuration; the master's: the newest */
    _Atomic uint32_t shared_percent; /* the store's: fill levels */
    _Atomic uint32_t store_percent;
};

/* SLOT_COUNT pages; NULL with errno. */
struct slot_page *slots_create(void);

#endif
