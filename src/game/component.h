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
struct fields;
struct game;
struct session;

/* One message of a client, while its handler runs. */
struct request {
    struct game *game;
    struct session *session;
    struct arena *arena; /* reset after the message */
    struct str route;
    struct str payload; /* plain: pipeline taken off */
    uint64_t id;
    bool wants_response; /* a request whose route answers */
    bool answered;
};

enum handler_flag {
    HANDLER_OPEN = 1, /* the handshake is enough, no login needed */
};

struct handler {
    const char *method; /* "Login" of "Manager.Login" */
    unsigned flags;
    const struct fields *in;  /* NULL: the payload is not decoded */
    const struct fields *out; /* of the response; NULL: none or raw */
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
    /* The life of the worker; each may be NULL.  -1: the worker ends. */
    int (*init)(struct game *game);
    int (*after_init)(struct game *game);
    void (*before_shutdown)(struct game *game);
    void (*shutdown)(struct game *game);
    /* A session that was logged in has ended. */
    void (*session_closed)(struct session *s);
};

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
