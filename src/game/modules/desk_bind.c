/*
 * Which desk a session's messages go to: the gate's part of the routes that a
 * desk's owner handles.
 */
#include "game/binding.h"
#include "game/desk/fields.h"
#include "game/desk/words.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/modules/desk_guess.h"
#include "game/modules/desk_manager.h"

FIELDS(desk_join, FIELD(desk_join, version),
       FIELD_NAMED(desk_join, desk_id, "deskId"));

FIELDS(desk_back, FIELD_NAMED(desk_back, desk_id, "deskId"));

/* Binds the session to the desk where its player sits: 1, 0 nowhere, -1 that
 * cannot be read. */
static int
bind_to_seat(struct request *rq)
{
    struct shared_seat seat;
    struct shared_desk desk;
    int found;

    if (rq->session->binding != NULL)
        return 1;
    found = shared_seat_find(rq->game->shared, (uint64_t) rq->uid, &seat,
                             &desk);
    if (found != 1)
        return found;
    return binding_create(rq->session, seat.number, seat.desk_uid) != NULL;
}

int
desk_bind(struct request *rq, const void *in)
{
    int bound = bind_to_seat(rq);

    (void) in;
    if (bound == 1)
        return 0;
    respond_error(
        rq, bound == 0 ? ERROR_DESK_NOT_FOUND : ERROR_SERVER_INTERNAL, NULL);
    return -1;
}

int
desk_bind_vote(struct request *rq, const void *in)
{
    struct empty nothing = {0};
    int bound = bind_to_seat(rq);

    (void) in;
    if (bound == 1)
        return 0;
    if (bound < 0)
        respond_error(rq, ERROR_SERVER_INTERNAL, NULL);
    else
        push(rq->session, STR("onDissolveSuccess"), &empty_fields, &nothing);
    return -1;
}

int
desk_bind_back(struct request *rq, const void *body)
{
    const struct desk_back *in = body;
    uint32_t number = desk_number_parse(in->desk_id);
    int bound = number != 0 ? bind_to_seat(rq) : 0;

    if (bound == 1 && binding_number(rq->session) == number)
        return 0;
    if (bound < 0)
        respond_error(rq, ERROR_SERVER_INTERNAL, NULL);
    else if (str_equal(rq->route, STR("DeskManager.ReJoin")))
        desk_respond_text(rq, -1, DESK_GONE_TEXT);
    return -1;
}

static int
refuse_number(struct request *rq)
{
    desk_respond_text(rq, ERROR_DESK_NOT_FOUND, DESK_NONE_TEXT);
    return -1;
}

int
desk_bind_join(struct request *rq, const void *body)
{
    const struct desk_join *in = body;
    uint32_t number = desk_number_parse(in->desk_id);
    struct shared_desk desk;
    int found;

    if (desk_client_is_too_old(rq, in->version)) {
        desk_respond_text(rq, -1, "客户端版本过低, 请更新");
        return -1;
    }
    found = bind_to_seat(rq);
    if (found < 0) {
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return -1;
    }
    if (found == 1) {
        if (binding_number(rq->session) == number)
            return 0;
        desk_respond_text(rq, DESK_SEATED, DESK_SEATED_TEXT);
        return -1;
    }
    if (number == 0) /* which tells nobody anything */
        return refuse_number(rq);
    if (!desk_may_guess(rq)) {
        desk_table_fail(rq, ERROR_FREQUENCY_LIMITED, NULL);
        return -1;
    }
    found = shared_desk_get(rq->game->shared, number, &desk);
    if (found < 0) {
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return -1;
    }
    if (found == 0 || desk.status == MAHJONG_DESTROYED ||
        binding_create(rq->session, number, desk.uid) == NULL) {
        desk_guessed(rq);
        return refuse_number(rq);
    }
    return 0;
}
