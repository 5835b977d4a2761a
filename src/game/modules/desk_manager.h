/*
 * Between the files of DeskManager:
 *
 *   desk_manager.c   the component
 *   desk_create.c    CreateDesk
 *   desk_bind.c      to which desk messages go; in the gate
 *   desk_receive.c   messages that come to a desk; in its owner
 *   desk_handlers.c  what players may ask of it there
 *   desk_answers.c   what both answer
 */
#ifndef GAME_MODULES_DESK_MANAGER_H
#define GAME_MODULES_DESK_MANAGER_H

#include "game/component.h"
#include "game/desks/desks.h"
#include "game/login/login.h"
#include "game/modules/modules.h"

/* Codes of the answers, beside those of errors.h. */
enum {
    DESK_OLD_VERSION = 30001,
    DESK_NO_CARDS = 30002,
    DESK_SEATED = 30003,
};

#define DESK_SEATED_TEXT "你当前正在房间中"
#define DESK_GONE_TEXT   "房间已解散"
#define DESK_NONE_TEXT   "您输入的房间号不存在, 请确认后再次输入"

struct desk_join {
    struct str version;
    struct str desk_id;
};
extern const struct fields desk_join_fields;

struct desk_back {
    struct str desk_id;
};
extern const struct fields desk_back_fields;

/* The owner's part, as DeskManager's bound handlers. */
enum { DESK_HANDLERS = 15 };
extern const struct handler desk_handlers[DESK_HANDLERS];

int desk_receive(void *state, const struct bound_message *m,
                 const struct handler *h);
void desk_answer(struct request *rq, struct str body);
void desk_join(struct request *rq, const void *in);

/* 0, or -1 when the store cannot be read. */
int desk_profile_of(struct game *game, uint64_t uid, struct str ip,
                    const struct login_claims *claims,
                    struct desk_profile *profile);

/* The gate's part of each bound route: see struct handler. */
int desk_bind(struct request *rq, const void *in);
int desk_bind_join(struct request *rq, const void *in);
int desk_bind_back(struct request *rq, const void *in);
int desk_bind_vote(struct request *rq, const void *in);

/* ---- desk_create.c ---- */

extern const struct fields desk_create_request_fields;
void desk_create(struct request *rq, const void *in);

/* Is the client of this version refused (force_update)? */
bool desk_client_is_too_old(const struct request *rq, struct str version);

/* ---- desk_answers.c ---- */

struct table_info;
void desk_fill_table(struct arena *arena, struct table_info *out,
                     uint32_t number, const struct shared_desk *row);

/* The text of a code, and why if there is more to say; in the arena. */
struct str desk_failure_text(struct arena *arena, int code, const char *why);

/* Answers with a table: of CreateDesk and Join. */
void desk_table_fail(struct request *rq, int code, const char *why);
void desk_respond_table(struct request *rq, uint32_t number,
                        const struct shared_desk *row);

/* {"code","error"}, with a zeroed table where the route has one. */
void desk_respond_text(struct request *rq, int code, const char *text);

#endif
