/*
 * Slots: the places that processes live in.  Workers have 0..1023, the store
 * and the master one each above.  A slot has a page of anonymous shared
 * memory, made by the master before the first fork, where the process of the
 * slot shows what it is at; the master's watchdog reads it.
 *
 * Everything in a page is written by its process and only looked at by the
 * others, so a stale read delays a decision and never makes a wrong one.  Only
 * the generation goes by the master, which asks the kernel who is alive: it
 * takes it off the page of who is not, and then tells the others.
 *
 * When a process dies by a fault of its own the master reads off its page
 * which desk was in hand, and counts that against the desk, in its own page,
 * before anybody is started in that slot.  So the count is there for whoever
 * takes the desk next, however many die at it; it lasts as long as the
 * master does.
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

enum {
    SLOT_SUSPECTS = 64,            /* desks at the most that are counted ... */
    SLOT_SUSPECT_MS = 3600 * 1000, /* ... after a death within the hour */
    SLOT_DEADLY = 2                /* deaths: the desk is to be closed */
};

/* The desk that a process is at, and the message for it. */
struct slot_hand {
    _Atomic uint64_t desk;    /* its uid; 0: none */
    _Atomic uint64_t session; /* whose message it is; 0: nobody's */
    _Atomic uint64_t cseq;
};

/* A desk that was in hand when a process died by a fault. */
struct slot_suspect {
    struct slot_hand hand; /* at its first death */
    _Atomic uint32_t deaths;
    int64_t at_ms; /* of the last one, CLOCK_MONOTONIC; the master's */
};

/* Which environment a process is in; see env_blame.h. */
enum { SLOT_ENV_NONE, SLOT_ENV_SHARED, SLOT_ENV_STORE, SLOT_ENV_COUNT };

struct slot_env {
    _Atomic uint32_t now;
    _Atomic uint32_t last;  /* when it is in none now */
    _Atomic uint32_t found; /* damaged: LMDB said so, and may have written
                               anywhere in memory */
};

struct slot_page {
    /* Last turn, CLOCK_MONOTONIC.  Ahead of the time in a sync: env.h. */
    _Alignas(4096) _Atomic int64_t tick_ms;
    _Atomic uint32_t generation; /* of the worker here; 0: none (yet) */
    _Atomic uint32_t
        build; /* of the configuration; the master's: the newest */
    _Atomic uint32_t adopts;         /* not 0: a worker that takes desks */
    _Atomic uint32_t desks;          /* the store's: a second old at most */
    _Atomic uint32_t shared_percent; /* the store's: fill levels */
    _Atomic uint32_t store_percent;
    struct slot_hand hand;
    struct slot_env env;
    _Atomic uint32_t suspected; /* the master's: how many of these are used */
    struct slot_suspect suspects[SLOT_SUSPECTS];
};

/*
 * Which start of a slot's process lives, as far as the master has seen; 0:
 * none.  It sees a death before the slot's row in shared memory says so.
 */
static inline uint32_t
slot_generation(const struct slot_page *pages, unsigned slot)
{
    return slot < SLOT_COUNT ? atomic_load(&pages[slot].generation) : 0;
}

/* SLOT_COUNT pages; NULL with errno. */
struct slot_page *slots_create(void);

/* What is in hand from now on; a few plain stores.  Desk 0: nothing. */
static inline void
slot_hand_set(struct slot_hand *hand, uint64_t desk, uint64_t session,
              uint64_t cseq)
{
    atomic_store_explicit(&hand->session, session, memory_order_relaxed);
    atomic_store_explicit(&hand->cseq, cseq, memory_order_relaxed);
    atomic_store_explicit(&hand->desk, desk, memory_order_release);
    /* the compiler shall not move what may be deadly to before it */
    atomic_signal_fence(memory_order_seq_cst);
}

/*
 * The master, of a process that died by a fault: counts it against the desk
 * in hand.  How often that is now; 0 when there was none, or there are too
 * many such desks: then it is not the desks.
 */
unsigned slots_blame(struct slot_page *pages, unsigned slot, int64_t now_ms);

/* How many deaths count against the desk; *hand is what the first was at. */
unsigned slots_deaths(const struct slot_page *pages, uint64_t desk,
                      struct slot_hand *hand);

#endif
