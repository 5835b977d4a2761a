/*
 * The tables of shared_memory that say where things are: slots, sessions,
 * seats, desks.  Every process reads them; claims are small write
 * transactions on the spot: read, decide, write.
 *
 * Invariants.  A uid has at most one session row, and the row names the one
 * session that may act for it: who overwrites it learns whom, and only the
 * named one can delete it.  A name (slot, generation) is given to one
 * process ever.
 *
 * A bad row (row.h) is never as good as none:
 *
 *   session  The next login takes its place; the session that it named, if it
 *            is there, finds at its next heartbeat that it is not the one.
 *            Until then the uid sits down nowhere.
 *   seat     Its player sits down nowhere and is found nowhere, until the desk
 *            which has the player among its seats is over or lets go.
 *   desk     It is over: its owner closes it, or somebody else if it has none.
 *            Meanwhile its number is taken.
 *   slot     Nobody takes its process for dead.  It goes on without desks, and
 *            soon ends; its successor gets a generation that was never used.
 *
 * A start of the daemon clears all of them away.
 */
#ifndef GAME_STORE_SHARED_H
#define GAME_STORE_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/env.h"
#include "core/place.h"
#include "core/str.h"

struct buf;

enum { SHARED_SLICE = 64 }; /* rows of one look */

enum shared_table {
    SHARED_SLOTS,
    SHARED_SESSIONS,
    SHARED_SEATS,
    SHARED_DESKS,
    SHARED_JOURNAL,
    SHARED_ASIDE,     /* journals of desks that could not be played on */
    SHARED_DISCARDED, /* long journals that nobody needs: see journal.h */
    SHARED_TABLES
};

/*
 * A table or a row that old code would misread is another schema, and so is
 * any other row of a desk: the fence compares its bytes.  A table that old
 * code need not know is none: the store process makes it.
 */
enum {
    SHARED_SCHEMA = 3,     /* rows have a sum */
    SHARED_SCHEMA_FROM = 2 /* ... or none */
};

/* ---- the environment ---- */

/*
 * The store process, before there is a worker: opens, and trusts what is
 * there only if it has our schema and either this boot's id or a clean mark;
 * else sets it aside as data.mdb.bad.<stamp> and starts empty, with a
 * warning.  boot_id is /proc/sys/kernel/random/boot_id.
 */
int shared_start(struct env *env, const char *path, uint64_t size,
                 const char *boot_id, const char *stamp, struct log *log);

/* A worker. */
int shared_open(struct env *env, const char *path, uint64_t size,
                struct log *log);

/* The store process, last: all to the disk, clean mark, close. */
int shared_stop(struct env *env);

/* ---- slots ---- */

enum shared_slot_state { SHARED_SLOT_DEAD, SHARED_SLOT_LIVE };

struct shared_slot {
    uint32_t generation;
    uint32_t pid;
    uint8_t state;
};

/* Takes the slot's next generation (from 1). */
int shared_slot_claim(struct env *env, uint16_t slot, uint32_t pid,
                      uint32_t *generation);

/* Marks it dead, unless the slot went on to another generation: then 0 too. */
int shared_slot_release(struct env *env, struct place place);

/* Inside a transaction: is the slot still this process's?  0, MDB_NOTFOUND
 * or an error; it is MDB_PANIC if nobody can say, for then this process must
 * not write any more, and end. */
int shared_slot_check(struct env *env, MDB_txn *txn, struct place place);

/* 1 found, 0 none, -1 error or a bad row; so for every _get here. */
int shared_slot_get(struct env *env, uint16_t slot, struct shared_slot *row);

/* The process that had this name is gone (or never was).  When the row
 * cannot be read: false, a message to nobody is harmless. */
bool shared_slot_is_stale(struct env *env, struct place place);

/* ---- sessions ---- */

enum {
    SHARED_KICKS = 5, /* so many within the window are no war */
    SHARED_KICK_WINDOW_MS = 10 * 1000,
    SHARED_DENY_MS = 30 * 1000
};

struct shared_session {
    struct place place;
    uint64_t session_id; /* 0: nobody; the row holds the rest alive */
    /* times (env_clock_ms) of the last kicks, the oldest first; 0 none */
    int64_t kicks[SHARED_KICKS];
    int64_t denied_until;
};

enum shared_claim {
    SHARED_FAILED = -1,
    SHARED_CLAIMED,
    SHARED_DENIED, /* two devices at war: answer 1030 */
    SHARED_OUSTED  /* another session has the uid by now */
};

/*
 * On a transaction: the uid's session is now session_id (not 0) at place,
 * unless the answer is another.  If another session had it and may still
 * live, `old` is that row and its owner is to be kicked; else
 * old.session_id is 0.  Claiming again what one holds changes nothing.
 */
struct shared_session_claim {
    /*
     * Has the client of this session closed its connection?  Asked only when
     * another session would be kicked for it; then the answer is
     * SHARED_OUSTED.  NULL: it has not.
     */
    bool (*has_left)(const struct shared_session_claim *claim);
    void *arg;
    uint64_t uid;
    uint64_t session_id;
    struct place place;
    int64_t now_ms;
    enum shared_claim answer;
    struct shared_session old;
};

int shared_session_claim(struct env *env, MDB_txn *txn,
                         struct shared_session_claim *claim);

/* Deletes the row if it still names session_id; what is left of a kick war
 * stays.  0 also when it names another. */
int shared_session_release(struct env *env, MDB_txn *txn, uint64_t uid,
                           uint64_t session_id, int64_t now_ms);

/*
 * A session of the uid has been kicked by another while its client was there.
 * After more than SHARED_KICKS within the window logins are denied for
 * SHARED_DENY_MS.
 */
int shared_session_kicked(struct env *env, uint64_t uid, int64_t now_ms);

/* On a transaction: does the uid's row name the session?  MDB_NOTFOUND if
 * not, ENV_BAD_ROW if nobody can say. */
int shared_session_check(struct env *env, MDB_txn *txn, uint64_t uid,
                         uint64_t session_id);

/* 0 also for a row without a session. */
int shared_session_get(struct env *env, uint64_t uid,
                       struct shared_session *row);

/* ---- seats and desks ---- */

/* Where a player sits.  It counts only if the desk has him among its seats:
 * a claim whose desk never heard of it is void. */
struct shared_seat {
    uint32_t number; /* of the desk */
    uint64_t desk_uid;
};

enum { SHARED_SEATS_MAX = 4 };

/* The first six bits are those of the rules (mahjong/value.h). */
enum shared_desk_flags {
    SHARED_DESK_MENQING = 1,
    SHARED_DESK_JIANGDUI = 2,
    SHARED_DESK_JIAXIN = 4,
    SHARED_DESK_PENGPENG = 8,
    SHARED_DESK_PINGHU = 16,
    SHARED_DESK_YAOJIU = 32,
    SHARED_DESK_RULES = 63,
    SHARED_DESK_ZIMO_DI = 64 /* zimo "di", else "fan" */
};

/*
 * A desk belongs to the process that lives in its owner's slot: who takes the
 * slot after a death takes its desks with it, in the one small transaction of
 * shared_slot_claim().
 */
struct shared_desk {
    struct place owner; /* generation: the one that wrote the row */
    uint64_t epoch;     /* grows with each change of the slot */
    uint64_t uid;       /* 64 random bits */
    uint64_t creator;
    uint64_t club;      /* 0 none */
    int64_t created_at; /* wall ms */
    uint8_t mode;       /* 3, 4 */
    uint8_t rounds;
    uint8_t max_fan;
    uint8_t status; /* as clients know it */
    uint8_t round;
    uint32_t flags;
    uint64_t seats[SHARED_SEATS_MAX]; /* uids, 0 empty */
};

/* Is the uid among its seats? */
bool shared_desk_has(const struct shared_desk *row, uint64_t uid);

enum { SHARED_NUMBER_MIN = 100000, SHARED_NUMBER_MAX = 999999 };

int shared_seat_get(struct env *env, uint64_t uid, struct shared_seat *row);
int shared_desk_get(struct env *env, uint32_t number, struct shared_desk *row);

/* The desk where the uid really sits: 1, 0 nowhere, -1 error. */
int shared_seat_find(struct env *env, uint64_t uid, struct shared_seat *seat,
                     struct shared_desk *desk);

/*
 * A new desk under a number that is free: its row, the creator's seat and the
 * first record of its journal.  `random` chooses the number, session_id is the
 * creator's.  SHARED_DENIED: the creator sits elsewhere.  SHARED_OUSTED: the
 * session is not the creator's any more.  *number is set, and row->uid must
 * be.
 */
enum shared_claim shared_desk_create(struct env *env, uint32_t random,
                                     uint64_t session_id,
                                     const struct shared_desk *row,
                                     struct str record, uint32_t *number);

/*
 * Takes the desk of a dead slot that nobody lives in: epoch + 1, owner
 * `place`.  SHARED_DENIED: it is alive, or another desk; *row is what is
 * there.
 */
enum shared_claim shared_desk_adopt(struct env *env, uint32_t number,
                                    uint64_t desk_uid, struct place place,
                                    struct shared_desk *row);

/* Deletes the row of a desk if it is bad: 1 it was, 0 not, -1 error. */
int shared_desk_drop(struct env *env, uint32_t number);

/* The bytes of a row, for shared_desk_check(). */
void shared_desk_encode(struct buf *out, uint32_t number,
                        const struct shared_desk *row);

/* Inside a transaction: as row_find(). */

/* Are the bytes still what is there?  MDB_NOTFOUND if not, ENV_BAD_ROW if what
 * is there is bad. */
int shared_desk_check(struct env *env, MDB_txn *txn, uint32_t number,
                      struct str bytes);
int shared_desk_put(struct env *env, MDB_txn *txn, uint32_t number,
                    const struct shared_desk *row);
int shared_desk_del(struct env *env, MDB_txn *txn, uint32_t number);
/* The seat is his unless he sits at another desk: MDB_KEYEXIST. */
int shared_seat_claim(struct env *env, MDB_txn *txn, uint64_t uid,
                      const struct shared_seat *seat);
/* Deletes the seat if it names this desk, or is bad: who leaves a desk sat at
 * no other. */
int shared_seat_leave(struct env *env, MDB_txn *txn, uint64_t uid,
                      uint64_t desk_uid);
int shared_seat_put(struct env *env, MDB_txn *txn, uint64_t uid,
                    const struct shared_seat *row);

/* Calls fn for at most SHARED_SLICE desks from number `from` on; the next
 * number to go on from, 0 at the end, -1 error.  A bad row is NULL. */
typedef void (*shared_desk_fn)(void *arg, uint32_t number,
                               const struct shared_desk *row);
int64_t shared_desk_each(struct env *env, uint32_t from, shared_desk_fn fn,
                         void *arg);

/* ---- cleanup ---- */

/*
 * A walk in slices over what dead processes left.  With a place, whose death
 * is the occasion: the sessions of every process that is gone, so that a
 * death which nobody heard of is made good too.  Without (generation 0), at
 * start: every session, every slot set dead, desks that cannot be read, and
 * seats whose desk is not there.
 */
struct shared_sweep {
    struct place place;
    unsigned step;
    uint8_t key[ENV_KEY_MAX + 1]; /* goes on behind this one */
    size_t key_len;
    uint64_t removed; /* so far, for the log */
};

void shared_sweep_init(struct shared_sweep *sweep, struct place place);

/* Looks at SHARED_SLICE rows at most: 1 there is more, 0 done, -1 error. */
int shared_sweep_run(struct env *env, struct shared_sweep *sweep);

#endif
