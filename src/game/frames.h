/*
 * The frames that processes send each other over the bus, and what is in
 * them.  The numbers are never reused.
 */
#ifndef GAME_FRAMES_H
#define GAME_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/place.h"
#include "core/str.h"

struct bus;

enum frame_type {
    FRAME_KICK = 1,  /* session; body: the reason, a string */
    FRAME_OP,        /* to the store; body: store_op_encode() */
    FRAME_OP_RESULT, /* from it; body: store_result_encode() */
    FRAME_BOUND,     /* gate to owner; session; body: a bound_message */
    FRAME_RESUME,    /* gate to owner; session; body: a bound_resume */
    FRAME_ITEMS,     /* owner to gate; body: a list of bound_item */
    FRAME_MOVED,     /* owner to gate: look again; session; body: the target */
    FRAME_LOST,      /* what I sent you may be lost: resume; body: nil */
    FRAME_END_SEEN,  /* gate to owner: ITEM_END came; session; body: target */
    FRAME_ADOPT,     /* to a new owner; body: a frame_adopt */
    FRAME_CLOSE,     /* session; body: the reason, a string */
};

/* A session is sent away: for good, or its client may come again. */
void frame_send_kick(struct bus *bus, struct place to, uint64_t session,
                     const char *reason);
void frame_send_close(struct bus *bus, struct place to, uint64_t session,
                      const char *reason);

/* The string that a body is, cut to size with NUL; 0, or -1 if it is none. */
int frame_text(struct str body, char *out, size_t size);

/* A body that is one number; 0, or -1 if it is none. */
void frame_send_uint(struct bus *bus, struct place to, unsigned type,
                     uint64_t session, uint64_t number);
int frame_uint(struct str body, uint64_t *number);

/* FRAME_ADOPT: something with this number and target has a new owner. */
struct frame_adopt {
    uint32_t number;
    uint64_t target;
};

void frame_send_adopt(struct bus *bus, struct place to,
                      const struct frame_adopt *adopt);
int frame_adopt_decode(struct frame_adopt *adopt, struct str body);

/* ---- bound messages: see binding.h ---- */

enum { BOUND_IP = 48, BOUND_SESSIONS = 4 };

/* A client's message on its way to the owner of what the session is bound
 * to.  Strings borrow. */
struct bound_message {
    struct place gate; /* who has the client; from the frame's head */
    uint64_t session;
    uint64_t target; /* what it is bound to: a desk's uid */
    uint32_t number; /* under which it is found */
    uint64_t epoch;
    uint64_t uid;
    uint64_t cseq;  /* the session's messages are numbered from 1 */
    uint64_t mid;   /* of the request */
    bool wants;     /* a response */
    bool open;      /* the client's server hides no tiles */
    uint8_t format; /* enum format: of the payload and of all answers */
    bool gone;      /* no message: the client is gone */
    bool kept;      /* the gate keeps it until it is done; not in the frame */
    /*
     * Of a message that answers questions: the last one that the client's TCP
     * had acknowledged when the message was read; 0: none.
     */
    uint64_t asked;
    struct str route;
    struct str payload; /* plain */
    struct str ip;
    /* as the client says, if the store does not know the uid; else empty */
    struct str name, head_url;
    uint8_t sex;
};

/* A gate shows a session that is bound to something of the receiver's. */
struct bound_resume {
    uint64_t target;
    uint32_t number;
    uint64_t epoch;
    uint64_t uid;
    bool open;
    uint8_t format;
    uint64_t seq; /* the last event that the client heard */
    uint64_t ord;
    uint64_t since; /* the cseq before the first of the binding */
};

enum bound_item_kind {
    ITEM_PUSH = 1,
    ITEM_RESPONSE, /* to the request mid */
    ITEM_ACK,      /* the messages up to cseq are done */
    ITEM_END,      /* the sessions are bound no more, as far as their messages
                      up to cseq say */
    ITEM_TALK,     /* a push that slow readers do without */
    ITEM_UNDONE,   /* the message cseq was not done */
};

/*
 * What an owner says.  Events are numbered (seq, ord) ascending; seq 0: not
 * numbered, told once or never.  A push that asks the client something has the
 * number of the question, the same whenever the question is told again.
 */
struct bound_item {
    uint8_t kind;
    uint64_t target;
    uint64_t session[BOUND_SESSIONS];
    unsigned sessions;
    uint64_t seq;
    uint64_t ord;
    uint64_t mid;
    uint64_t cseq;
    uint64_t asks; /* 0: nothing */
    struct str route;
    struct str payload;
};

void bound_message_encode(struct buf *out, const struct bound_message *m);
void bound_resume_encode(struct buf *out, const struct bound_resume *r);

/* 0, or -1 if the body is none. */
int bound_message_decode(struct bound_message *m, struct str body);
int bound_resume_decode(struct bound_resume *r, struct str body);

/*
 * A list of items: begin, put each, end gives the body.  The buffer is the
 * caller's, empty at the beginning.
 */
void bound_items_begin(struct buf *out);
void bound_item_put(struct buf *out, const struct bound_item *item);
struct str bound_items_end(struct buf *out, uint32_t count);

typedef void (*bound_item_fn)(void *arg, const struct bound_item *item);
int bound_items_each(struct str body, bound_item_fn fn, void *arg);

#endif
