/*
 * Between the files of bindings:
 *
 *   binding.c        their life, and messages of clients
 *   binding_send.c   what is kept, and its way to the owner
 *   binding_look.c   where the owner lives
 *   binding_items.c  what owners say
 */
#ifndef GAME_BINDING_INNER_H
#define GAME_BINDING_INNER_H

#include "core/list.h"
#include "event/conn.h"
#include "game/binding.h"
#include "game/game.h"

/* A message that the owner has not acknowledged. */
struct kept {
    struct list link;
    uint64_t cseq;
    uint64_t mid;
    uint64_t asked;
    bool wants;
    bool answered; /* ... and has its response */
    bool gone;
    size_t route_len;
    size_t len; /* of route and payload */
    char data[];
};

enum binding_state {
    BINDING_LOOKING, /* where is the owner? */
    BINDING_BOUND
};

struct binding {
    struct list all; /* in bs->all or bs->gone */
    struct bindings *bs;
    struct session *session; /* NULL: it is gone */
    uint64_t session_id;
    uint64_t uid;
    uint64_t target;
    uint32_t number;
    uint8_t state;
    bool open;
    uint8_t format; /* of the session */
    bool known;     /* to the owner, before its first message */
    bool waits;     /* for one that is gone, of the same session and target */
    bool ended;     /* the owner has said so; what is kept is still answered */
    struct place owner; /* BINDING_BOUND: it lives there; else there it died */
    uint64_t epoch;
    uint64_t cseq;       /* of the last message */
    uint64_t first_cseq; /* before its first */
    struct list kept;
    unsigned kept_count;
    size_t kept_bytes;
    uint64_t seq, ord; /* the last event that was told */
    uint64_t asks;     /* the last question that was told; 0: none */
    struct conn_mark asks_end;
    int64_t since_ms; /* BINDING_LOOKING: since then */
    int64_t held_ms;  /* what is kept was undone, since then; 0: no */
    int64_t again_ms; /* BINDING_LOOKING: not before then */
    int64_t pause_ms; /* ... the last time */
    char ip[ADDR_TEXT];
};

struct bindings {
    struct game *game;
    struct list all;
    struct list gone;  /* those without a session */
    struct list *next; /* of a walk through one of them */
    struct buf body;   /* of the frame in hand */
    unsigned count;
    struct timer look;
};

static inline bool
binding_is_here(const struct binding *b)
{
    return place_is_equal(b->owner, b->bs->game->place);
}

/* ---- binding.c ---- */

/*
 * The one that the owner knows: where a client has logged in as another there
 * may be one that is gone beside that of the session, which waits.
 */
struct binding *binding_find(struct bindings *bs, uint64_t session_id,
                             uint64_t target);

void binding_destroy(struct binding *b);

/* The request cannot be done; a notify is forgotten. */
void binding_refuse(struct binding *b, const struct kept *k, int code);

/* The target is gone: so is all that was meant for it. */
void binding_end(struct binding *b);

/* ---- binding_send.c ---- */

void binding_forget(struct binding *b, struct kept *k);
struct kept *binding_keep(struct binding *b, const struct bound_message *m);

/* The first that is kept behind a message, or the head of the list. */
struct list *binding_kept_after(struct binding *b, uint64_t cseq);

/* What every message of the session says. */
struct bound_message binding_message(const struct binding *b, uint64_t cseq);

/* Stops and starts reading the client as the owner keeps up. */
void binding_set_pressure(struct binding *b);

void binding_send_message(struct binding *b, const struct bound_message *m);

/* In this process: it is done when this returns.  -1: it is not here. */
int binding_hand_over(struct binding *b, const struct bound_message *m);

/* Shows the session to its owner and sends what is kept; may destroy it. */
void binding_bind_to(struct binding *b, struct place owner, uint64_t epoch);

/* ---- binding_look.c ---- */

/* Looks for the owner: at once, which may destroy it; a little later. */
void binding_look_for(struct binding *b);
void binding_look_again(struct binding *b);

/* The requests that are kept cannot be done. */
void binding_refuse_waiting(struct binding *b);

/* Calls fn for every binding, which may destroy any. */
void bindings_each(struct bindings *bs,
                   void (*fn)(struct binding *b, struct place place),
                   struct place place);
void bindings_look_fired(struct timer *t);

#endif
