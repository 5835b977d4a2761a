#include "game/desk/pusher.h"

static void
hint_op(struct hint_body *body, unsigned op, int tile)
{
    size_t n = body->hint.ops.count++;

    body->op[n] = (struct op_hint){.op = (int) op};
    if (tile < 0)
        return;
    body->tile[n] = tile;
    body->op[n].mjidxs = (struct int_list){&body->tile[n], 1};
}

static void
hint_tings(struct hint_body *body, const struct mahjong_hint *hint)
{
    for (unsigned i = 0; i < hint->tings; i++) {
        uint32_t waits = hint->ting[i].waits;
        size_t n = 0;

        for (int kind = 0; waits != 0; kind++, waits >>= 1)
            if (waits & 1)
                body->wait[i][n++] = kind_index(kind);
        body->ting[i] = (struct ting_hint){kind_index(hint->ting[i].kind),
                                           {body->wait[i], n}};
    }
    body->hint.tings.count = hint->tings;
}

/* The order is that of mahjong/event.h. */
void
hint_fill(struct hint_body *body, const struct mahjong_hint *hint, int64_t uid,
          uint64_t number)
{
    bool win = hint->offer & seat_bit(MAHJONG_HU);
    int tile = hint->tile;

    body->hint = (struct op_type_hint){.ops = {body->op, 0},
                                       .tings = {body->ting, 0},
                                       .uid = uid,
                                       .hint = (int64_t) number};
    if (hint->offer & seat_bit(MAHJONG_DISCARD))
        hint_op(body, MAHJONG_DISCARD, -1);
    for (unsigned i = 0; i < hint->kongs; i++)
        hint_op(body, MAHJONG_GANG, hint->kong[i]);
    if (win)
        hint_op(body, MAHJONG_HU, tile);
    if (hint->offer & seat_bit(MAHJONG_PASS))
        hint_op(body, MAHJONG_PASS, -1);
    if (hint->offer & seat_bit(MAHJONG_PENG))
        hint_op(body, MAHJONG_PENG, tile);
    if (hint->phase == MAHJONG_ASK_CLAIM &&
        (hint->offer & seat_bit(MAHJONG_GANG)))
        hint_op(body, MAHJONG_GANG, tile);
    hint_tings(body, hint);
}

void
push_hint(struct desk_pusher *p, unsigned seat,
          const struct mahjong_hint *hint, unsigned ord)
{
    struct hint_body body;

    if (p->audience.session[seat] == 0)
        return;
    p->asks = p->st->hint_seq[seat];
    hint_fill(&body, hint, push_uid(p, seat), p->asks);
    push_to(p, seat_bit(seat), ord, STR("onOpTypeHint"), &op_type_hint_fields,
            &body.hint);
    p->asks = 0;
}

void
desk_push_hint(struct desk_pusher *p, unsigned seat)
{
    struct mahjong_hint hint;

    mahjong_hint(&p->st->rules, seat, &hint);
    if (hint.offer != 0)
        push_hint(p, seat, &hint, 0);
}
