/*
 * Bindings: a session of this worker (the gate) is bound to something that
 * lives in a worker (the owner), here or elsewhere: a desk.  Messages for it
 * go there, and what the owner says comes back, whoever dies meanwhile.
 *
 *   gate                                   owner
 *     message cseq 5, kept  ------------->  applied, journaled with its cseq
 *     forgotten             <------------- ack 5, in the frame of its events
 *     event (seq, ord) sent <-------------
 *
 * - The gate numbers the session's messages (cseq) and keeps them until the
 *   owner has acknowledged them; when too much is kept it stops reading the
 *   client.
 * - Events are numbered by the owner; the gate forwards them in order and
 *   remembers the last, so one that comes twice is told once.
 * - A push may ask the client something, under a number.  The gate marks where
 *   the last question ends in the client's output, and says of an answer
 *   whether the client's TCP had acknowledged the question when the answer was
 *   read: one that had not cannot be what it answers.
 * - When the owner dies, or frames may be lost, the gate looks up where the
 *   target lives now, shows itself (FRAME_RESUME, with the last event heard)
 *   and sends what is kept again: the owner knows by cseq what it has done,
 *   and tells from the journal what was missed.
 * - The end of a client is a message as any other ("gone"): the binding
 *   outlives its session until that is acknowledged.  So does one whose client
 *   has logged in as another; who then is bound to the same target waits for
 *   its end, so that a session has one at a time there.
 *
 * - What the owner could not write it has not done, and says so: a request has
 *   been refused, a notify stays with the gate.  The gate reads nothing more
 *   of the client and sends what it keeps again, after a pause, in order; the
 *   owner does nothing else for the session until then.  After
 *   BINDING_PATIENCE_MS the client is closed, and nothing of it is done but
 *   its end.
 *
 * Messages to an owner in this very process are handed over at once and not
 * kept: a death takes both sides.  The owner gives back what was undone.
 */
#ifndef GAME_BINDING_H
#define GAME_BINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/place.h"
#include "core/str.h"
#include "game/frames.h"

struct binding;
struct bindings;
struct bus_frame;
struct game;
struct request;
struct session;

enum {
    BINDING_KEPT_MAX = 64,          /* messages that are not acknowledged */
    BINDING_KEPT_BYTES = 64 * 1024, /* ... and their bytes */
    BINDING_LOOK_MS = 20,           /* between two looks for the owner */
    BINDING_ADOPT_MS = 1000,        /* a slot that stays away so long */
    BINDING_AGAIN_MS = 200,         /* before what was undone is sent again */
    BINDING_AGAIN_MAX_MS = 800,     /* ... doubled each time up to this */
    BINDING_PATIENCE_MS = 5 * 1000, /* then requests are refused, and who waits
                                       for what was undone is closed */
};

struct bindings *bindings_create(struct game *game);
void bindings_destroy(struct bindings *bs);

/* Binds a session that is not bound. */
struct binding *binding_create(struct session *s, uint32_t number,
                               uint64_t target);

/* The owner knows the session, though it has said nothing yet. */
void binding_set_known(struct binding *b);

/* What the session is bound to; 0 nothing. */
uint32_t binding_number(const struct session *s);

/* Sends the request on its way; does it answer a question? */
void binding_send(struct session *s, const struct request *rq, bool answers);

/* The session is closed or logged out: says so to the owner. */
void binding_close(struct session *s);

/* An owner has something to say, to sessions of this worker. */
void bindings_item(struct bindings *bs, const struct bound_item *item);

/* A notify of a session of this worker that was undone, and is not kept. */
void bindings_undone(struct bindings *bs, const struct bound_message *m);

/* Frames from owners. */
int bindings_frame(struct bindings *bs, const struct bus_frame *f);

/* The target of a session has left this worker. */
void bindings_moved(struct bindings *bs, uint64_t session, uint64_t target);

/* A process is dead; frames to a slot may be lost. */
void bindings_died(struct bindings *bs, struct place place);
void bindings_lost(struct bindings *bs, struct place place);

/* How many there are, those of closed sessions too. */
unsigned bindings_count(const struct bindings *bs);

#endif
