/*
 * ClubManager: a player asks to become a member of a club.  The store writes
 * it down, the club's owner decides.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/list.h"
#include "core/mem.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/modules/modules.h"
#include "game/store/client.h"
#include "game/store/clubs.h"

struct apply_request {
    int64_t club_id;
};

static FIELDS(apply_request, FIELD_NAMED(apply_request, club_id, "clubId"));

struct apply_response {
    int code;
    struct str data;
};

static FIELDS(apply_response, FIELD(apply_response, code),
              FIELD(apply_response, data));

struct apply_failure {
    int code;
    struct str error;
};

static FIELDS(apply_failure, FIELD(apply_failure, code),
              FIELD(apply_failure, error));

/* A question to the store; in a list, for the end of the worker. */
struct apply {
    struct list link;
    struct game *game;
    struct later later;
    int64_t club;
};

static void
succeed(struct game *game, const struct later *later)
{
    struct apply_response out = {.data = STR("success")};

    respond_later(game, later, &apply_response_fields, &out);
}

static void
fail(struct game *game, const struct later *later, const char *text)
{
    struct apply_failure out = {.code = -1, .error = str_of(text)};

    respond_later(game, later, &apply_failure_fields, &out);
}

static void
fail_unknown(struct game *game, const struct later *later, int64_t club)
{
    char text[128];

    snprintf(text, sizeof(text),
             "ID为%" PRId64 "的俱乐部不存在，请检查是否输入错误", club);
    fail(game, later, text);
}

/* He has asked already, or is a member. */
static void
fail_again(struct game *game, const struct later *later,
           const struct store_member *member)
{
    fail(game, later,
         member->status == STORE_MEMBER
             ? "你已经是该俱乐部的成员"
             : "你已申请加入该俱乐部，等待部长同意");
}

static void
forget(struct apply *apply)
{
    list_remove(&apply->link);
    mem_free(apply);
}

static void
answered(void *arg, const struct store_result *result)
{
    struct apply *apply = arg;

    if (result->code == STORE_OK)
        succeed(apply->game, &apply->later);
    else if (result->code == STORE_NO_CLUB)
        fail_unknown(apply->game, &apply->later, apply->club);
    else
        respond_later_error(apply->game, &apply->later, ERROR_SERVER_INTERNAL,
                            NULL);
    forget(apply);
}

static void
ask(struct request *rq, int64_t club)
{
    struct apply *apply = mem_alloc(sizeof(*apply));
    struct store_op op = {.kind = STORE_APPLY_CLUB,
                          .apply_club = {.uid = (uint64_t) rq->session->uid,
                                         .club = (uint64_t) club}};

    apply->game = rq->game;
    apply->later = later_of(rq);
    apply->club = club;
    list_append(rq->state, &apply->link);
    store_client_ask(rq->game->store_client, &op, answered, apply);
}

/* The store is asked only for what it has to write. */
static void
apply_club(struct request *rq, const void *body)
{
    const struct apply_request *in = body;
    struct later later = later_of(rq);
    struct store_club club;
    struct store_member member;
    int found = 0;

    if (in->club_id > 0)
        found = store_club_get(rq->game->store, (uint64_t) in->club_id, &club);
    if (found == 0) {
        fail_unknown(rq->game, &later, in->club_id);
        return;
    }
    if (found == 1)
        found = store_member_get(rq->game->store, (uint64_t) in->club_id,
                                 (uint64_t) rq->session->uid, &member);
    if (found < 0)
        respond_error(rq, ERROR_SERVER_INTERNAL, NULL);
    else if (found == 1)
        fail_again(rq->game, &later, &member);
    else
        ask(rq, in->club_id);
}

static int
start(struct game *game, const void *conf, void **state)
{
    struct list *applies = mem_alloc(sizeof(*applies));

    (void) game;
    (void) conf;
    list_init(applies);
    *state = applies;
    return 0;
}

static void
end(void *state)
{
    struct list *applies = state;

    LIST_EACH_SAFE (l, applies)
        forget(LIST_ITEM(l, struct apply, link));
    mem_free(applies);
}

static const struct handler handlers[] = {
    {.method = "ApplyClub",
     .in = &apply_request_fields,
     .out = &apply_response_fields,
     .handle = apply_club},
};

const struct component club_manager_component = {
    .name = "ClubManager",
    .handlers = handlers,
    .handler_count = 1,
    .init = start,
    .shutdown = end,
};
