/*
 * A component is a group of routes and what they need: a const struct that
 * the conf file names.  Its handlers are called with a request whose payload
 * is decoded by the field table; they append their answer and keep nothing.
 */
#ifndef GAME_COMPONENT_H
#define GAME_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

struct arena;
struct bound_message;
struct bound_resume;
struct codec;
struct component;
struct fields;
struct game;
struct place;
struct session;

/* One message of a client, while its handler runs. */
struct request {
    struct game *game;
    struct session *session; /* NULL: of another worker, see `bound` */
    const struct component *component;
    const struct bound_message *bound; /* it came by a binding; else NULL */
    void *target;                      /* ... to this, of the component's */
    int64_t uid;                       /* who sent it; 0: not logged in */
    struct arena *arena;               /* reset after the message */
    struct str route;
    struct str payload; /* plain: pipeline taken off */
    uint64_t id;
    bool wants_response; /* a request whose route answers */
    bool answered;
};

enum handler_flag {
    HANDLER_OPEN = 1, /* the handshake is enough, no login needed */
    /*
     * It is handled where the session is bound to (binding.h).  The gate's
     * part is done by `bind`.
     */
    HANDLER_BOUND = 2,
    HANDLER_PICKS = 4, /* with BOUND: `bind` looks at the payload */
    /*
     * With BOUND: it answers a question; the message says which one the client
     * can mean (bound_message.asked).
     */
    HANDLER_ANSWERS = 8,
};

struct handler {
    const char *method; /* "Login" of "Manager.Login" */
    unsigned flags;
    const struct fields *in;  /* NULL: the payload is not decoded */
    const struct fields *out; /* of the response; NULL: none or raw */
    /*
     * HANDLER_BOUND, in the gate: sees to it that the session is bound, and
     * returns 0; -1 when it was refused.  `in` as for handle with
     * HANDLER_PICKS, else NULL.
     */
    int (*bind)(struct request *rq, const void *in);
    /* `in` is the decoded struct, NULL without a table. */
    void (*handle)(struct request *rq, const void *in);
    /*
     * The body of a failed request, for answers that carry more than code
     * and error; NULL: {"code","error"}.
     */
    void (*fail)(struct request *rq, int code, const char *text);
};

struct component {
    const char *name; /* "Manager" */
    const struct handler *handlers;
    unsigned handler_count;
    const struct handler *bound_handlers; /* those with HANDLER_BOUND */
    unsigned bound_handler_count;
    /* The life of the worker; each may be NULL.  -1: the worker ends. */
    int (*init)(struct game *game);
    int (*after_init)(struct game *game);
    void (*before_shutdown)(struct game *game);
    void (*shutdown)(struct game *game);
    /*
     * Of a component with HANDLER_BOUND routes.  receive: a bound message
     * (`h` is NULL for the end of a client); 0, or -1 if the target does not
     * live here.  answer: the response of its handler.  resume: a gate shows
     * a session that is bound here, and what it heard last.  end_seen: it
     * has told the session the end.  died: a process is gone; lost: frames
     * to a slot may be.
     */
    int (*receive)(struct game *game, const struct bound_message *m,
                   const struct handler *h);
    void (*answer)(struct request *rq, struct str body);
    void (*resume)(struct game *game, struct place gate, uint64_t session,
                   const struct bound_resume *resume);
    void (*end_seen)(struct game *game, uint64_t session, uint64_t target);
    void (*died)(struct game *game, struct place place);
    void (*lost)(struct game *game, struct place place);
    /* Gives away to newer workers what lives here. */
    void (*drain)(struct game *game);
    /* From a worker that drains: what has this number and target is ours. */
    void (*adopt)(struct game *game, uint32_t number, uint64_t target);
    /* Does something live here that a draining worker has to stay for? */
    bool (*is_needed)(const struct game *game);
    /* What the session was bound to is gone without an end. */
    void (*vanished)(struct session *s);
};

/*
 * Decodes the payload as the handler declares it and calls it; a refusal is
 * answered.
 */
void request_call(struct request *rq, const struct handler *h);

/* Answers that it cannot be done, as the handler (or NULL) says it. */
void request_refuse(struct request *rq, const struct handler *h, int code,
                    const char *why);

/* What the payload is written in, and the answer shall be. */
const struct codec *request_codec(const struct request *rq);

/*
 * The answer to a request; nothing for a notify.  At most one counts, a
 * second is a mistake of the handler's.
 */
void respond(struct request *rq, const struct fields *fields,
             const void *body);
void respond_raw(struct request *rq, struct str body);

/* A refusal: code of the protocol and a text; a notify's is only logged. */
void respond_error(struct request *rq, int code, const char *why);

/*
 * What is left of a request that is answered in a later turn, when the
 * session may be gone: then nothing is sent.  It holds nothing of the
 * request and may be copied; its route is the route table's.
 */
struct later {
    uint64_t session;
    uint64_t id;
    struct str route;
    bool wants;
};

struct later later_of(const struct request *rq);
void respond_later(struct game *game, const struct later *later,
                   const struct fields *fields, const void *body);
void respond_later_error(struct game *game, const struct later *later,
                         int code, const char *why);

/* Sends to one session. */
void push(struct session *s, struct str route, const struct fields *fields,
          const void *body);
void push_raw(struct session *s, struct str route, struct str body);

#endif
