/*
 * A component is a group of routes and what they need: a const struct that
 * the conf file names.  Its handlers are called with a request whose payload
 * is decoded by the field table; they append their answer and keep nothing.
 */
#ifndef GAME_COMPONENT_H
#define GAME_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct arena;
struct bound_message;
struct bound_resume;
struct codec;
struct component;
struct conf_context;
struct fields;
struct game;
struct place;
struct session;

/* One message of a client, while its handler runs. */
struct request {
    struct game *game;
    struct session *session; /* NULL: of another worker, see `bound` */
    const struct component *component;
    void *state;                       /* of the component, in this worker */
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
    HANDLER_BIND_READS = 4, /* with BOUND: `bind` reads the payload */
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
     * HANDLER_BIND_READS, else NULL.
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

/*
 * What a component does if sessions are bound to things of it (binding.h),
 * such as desks.  `state` is the component's, of this worker; nothing is
 * optional.
 */
struct owner_ops {
    const struct handler *handlers; /* those with HANDLER_BOUND */
    unsigned handler_count;
    /*
     * A message for the thing of its number and target; `h` is NULL for the
     * end of a client.  0, or -1 if that does not live in this worker.
     */
    int (*receive)(void *state, const struct bound_message *m,
                   const struct handler *h);
    /* Takes the response of a handler to such a message. */
    void (*answer)(struct request *rq, struct str body);
    /* A gate shows a session that is bound here, and its last event. */
    void (*resume)(void *state, struct place gate, uint64_t session,
                   const struct bound_resume *resume);
    /* A gate has told the session the end of the target. */
    void (*end_seen)(void *state, uint64_t session, uint64_t target);
    /* A process is dead. */
    void (*died)(void *state, struct place place);
    /* Frames to a process may be lost. */
    void (*lost)(void *state, struct place place);
    /* Gives away to newer workers what lives here. */
    void (*drain)(void *state);
    /* From a worker that drains: what has this number and target is ours. */
    void (*adopt)(void *state, uint32_t number, uint64_t target);
    /* Does something live here that a draining worker has to stay for? */
    bool (*is_needed)(void *state);
    /* What the session was bound to is gone without an end. */
    void (*vanished)(struct session *s);
};

struct component {
    const char *name; /* "Manager" */
    const struct handler *handlers;
    unsigned handler_count;
    const struct owner_ops *owner; /* NULL: nothing is bound to it */
    /*
     * The directives of its block, and the struct that they fill, with its
     * defaults; NULL: its block is empty.
     */
    const struct conf_context *conf;
    size_t conf_size;
    const void *conf_defaults;
    /*
     * The life of the worker; each may be NULL.  init makes the state that
     * all its other functions get; conf is its configuration.  -1: the worker
     * ends.  All components are there when after_init is called, and when
     * before_shutdown is.
     */
    int (*init)(struct game *game, const void *conf, void **state);
    int (*after_init)(void *state);
    void (*before_shutdown)(void *state);
    void (*shutdown)(void *state);
};

/* A component in a worker. */
struct component_instance {
    const struct component *component;
    const void *conf;
    void *state;
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
