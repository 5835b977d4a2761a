/*
 * The journal of the desks, in shared memory: (desk uid, seq) -> record.
 *
 * A record is the msgpack array
 *
 *     [version, rules version, kind, time, seat, session, cseq, data, hash,
 *      CRC32C of the bytes before it]
 *
 * The rules version is that of the desk (mahjong/desk.h), the same in all its
 * records.  What kind and data mean is the desk's business
 * (desk/state.h); here it is only known that a desk's records are
 * numbered from its first one on without a gap.  A record that was damaged is
 * recognised, never followed.
 *
 * Few records are deleted at once.  For many a row of the table "discarded"
 * is written, in the same transaction as what makes them useless; the store
 * process then deletes them in slices, the newest first, whoever dies.
 */
#ifndef GAME_STORE_JOURNAL_H
#define GAME_STORE_JOURNAL_H

#include <stdint.h>

#include "core/env.h"
#include "core/str.h"

struct buf;

enum {
    JOURNAL_VERSION = 1,
    JOURNAL_RULES_FIRST = 1, /* other events follow by each of these */
    JOURNAL_RULES = 2,       /* the last one */
    JOURNAL_SLICE = 64,      /* rows of one walk */
    JOURNAL_AT_ONCE = 1536,  /* rows that are deleted at once */
    JOURNAL_DISCARD = 256    /* ... in one slice */
};

struct journal_record {
    uint32_t rules; /* their version: JOURNAL_RULES_FIRST to JOURNAL_RULES */
    uint8_t kind;
    uint8_t seat;
    int64_t time_ms;  /* of the daemon's clock: env_clock_ms() */
    uint64_t session; /* whose message it was; 0: nobody's */
    uint64_t cseq;    /* the message's number */
    struct str data;
    uint32_t hash; /* of the desk after it */
};

/* Appends the encoded record. */
void journal_encode(struct buf *out, const struct journal_record *r);

/* NULL, or what is wrong with it; data borrows from row. */
const char *journal_decode(struct journal_record *r, struct str row);

/* Inside a transaction: LMDB's codes. */
int journal_put(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t seq,
                struct str row);
/* Deletes [from, to), or lets the store process do it if they are many. */
int journal_delete(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t from,
                   uint64_t to);
/* Moves [from, to) out of the way in the same manner, for people to look at.
 */
int journal_set_aside(struct env *env, MDB_txn *txn, uint64_t desk,
                      uint64_t from, uint64_t to);

/* The store process: a slice of what was discarded; 1 there is more, 0 none,
 * -1 failed (logged). */
int journal_discard_run(struct env *env);

/* The first record that is not discarded, and the last: 1, 0 there is none,
 * -1 (logged). */
int journal_ends(struct env *env, uint64_t desk, uint64_t *first,
                 uint64_t *last);

/*
 * Calls fn for each row of the desk from seq `from` on until it returns other
 * than 0, in slices: each is a read transaction of its own.  Returns what fn
 * returned last, or -1 (logged).  A row borrows until fn returns.
 */
typedef int (*journal_fn)(void *arg, uint64_t seq, struct str row);
int journal_walk(struct env *env, uint64_t desk, uint64_t from, journal_fn fn,
                 void *arg);

#endif
