/*
 * Which environment a process is in, for the master to read off the slot's
 * page when the process dies: a page of LMDB's file that is damaged shows as a
 * fault or a failed assertion in whoever comes by.
 *
 * Each call of LMDB stands between env_enter() and env_leave(), but the wait
 * for the writer's lock: who is aborted there waits for somebody else.  Rows
 * are read after the call, straight from the map; so a fault at an address in
 * the map counts as well, unless it is a write: LMDB never writes there, only
 * a bug does.
 */
#ifndef CORE_ENV_BLAME_H
#define CORE_ENV_BLAME_H

#include "core/env.h"
#include "core/slots.h"

/*
 * At the start of a process: where it shows which environment it is in.  Sets
 * handlers of SIGSEGV and SIGBUS that look at the address; the process dies by
 * the signal all the same.
 */
void env_blame_watch(struct slot_env *at);

/* For env_open() and env_close(): where to show; where the map lies. */
struct slot_env *env_blame_at(void);
void env_blame_map(const struct env *env);
void env_blame_unmap(const struct env *env);

static inline void
env_enter(const struct env *env)
{
    atomic_store_explicit(&env->at->last, env->conf.id, memory_order_relaxed);
    atomic_store_explicit(&env->at->now, env->conf.id, memory_order_relaxed);
    /* the compiler shall not move what may be deadly to before it */
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void
env_leave(const struct env *env)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&env->at->now, SLOT_ENV_NONE, memory_order_relaxed);
}

#endif
