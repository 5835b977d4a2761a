/*
 * A turn of a worker's desks: what its steps write and say is gathered, then
 * committed in one transaction, and only then anything leaves.
 */
#ifndef GAME_DESKS_TURN_H
#define GAME_DESKS_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/place.h"
#include "game/frames.h"

struct desk;
struct desk_step;
struct desk_undone;
struct desks;
struct handler;
struct task;

/* A record, a message or a push that waits for the end of the turn. */
struct turn_record {
    struct desk *desk;
    uint64_t seq;
    size_t at, len; /* in turn.bytes */
};

struct turn_message {
    struct desk *desk;
    const struct handler *handler; /* NULL: the end of a client */
    struct place gate;
    uint64_t uid, session, cseq, mid, asked;
    uint8_t format; /* of its answer */
    bool wants;
    bool gone;
    bool kept;        /* by its gate */
    bool undone;      /* it comes behind one that was undone */
    struct str route; /* of one that is not kept */
    size_t payload_at, payload_len;
};

struct turn_item {
    struct desk *desk;
    struct bound_item item; /* strings are offsets until it is delivered */
    size_t route_at, payload_at;
};

/* Items for another worker. */
struct turn_frame {
    struct place to;
    uint32_t count;
    struct buf body;
};

#define TURN_LIST(T)                                                          \
    struct {                                                                  \
        struct T *item;                                                       \
        size_t count, cap;                                                    \
    }

/* A new item at the end of such a list; it is not filled. */
#define TURN_LIST_ADD(l)                                                      \
    turn_list_add((void **) &(l)->item, &(l)->count, &(l)->cap,               \
                  sizeof(*(l)->item))
void *turn_list_add(void **items, size_t *count, size_t *cap, size_t size);

struct turn {
    TURN_LIST(turn_record) records;
    TURN_LIST(turn_message) messages;
    TURN_LIST(turn_item) items;
    struct buf bytes;
    bool only_ends; /* no room: only what gives some is written */
};

/* ---- gather.c ---- */

/* Before the first change of a desk in a turn. */
void desk_touch(struct desk *desk);

void turn_record_add(struct desk *desk, const struct desk_step *step);

/* False: it is not to be done, as it comes behind one that was undone. */
bool turn_message_add(struct desk *desk, const struct bound_message *m,
                      const struct handler *h);

/* The session's gate sends again what was undone. */
void desk_forget_undone(struct desk *desk, uint64_t session);

/* A push or a response for sessions (0: none); kind, seq, ord, mid of item. */
void turn_item_add(struct desk *desk, const struct bound_item *item);

/* The cseq from which on the session's messages are not done; else NULL. */
struct desk_undone *desk_find_undone(struct desk *desk, uint64_t session);
void desk_note_undone(struct desk *desk, uint64_t session, uint64_t cseq);

void turn_deinit(struct desks *ds);

/* ---- commit.c ---- */

/* The hook at the end of a turn. */
void desks_commit(struct task *t);

/* ---- deliver.c ---- */

/* What the turn has to say, as its desks' verdicts are; then of messages. */
void turn_deliver(struct desks *ds);

/* Delivers one item at once, to whichever worker, and sends the frames. */
void desks_deliver(struct desks *ds, const struct bound_item *item);
void desks_flush(struct desks *ds);

/* The gates of its players look for it themselves. */
void desk_say_moved(struct desk *desk);

#endif
