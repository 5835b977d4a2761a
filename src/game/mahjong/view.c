/*
 * Views.  Public are discards, melds (concealed kongs are shown when they are
 * made), the tile of a win, the number of tiles; never the wall, the hands of
 * others, what they drew, what they are asked, a que before all have chosen.
 */
#include "game/mahjong/view.h"

#include "game/mahjong/inner.h"

static int8_t
shown(unsigned tile, bool open)
{
    return open ? (int8_t) tile : MAHJONG_HIDDEN;
}

static int8_t
tile_or_none(unsigned tile)
{
    return tile == MAHJONG_NO_TILE ? -1 : (int8_t) tile;
}

/* Others learn a que when all have chosen (onDingQue). */
static int8_t
shown_que(const struct mahjong_desk *desk, unsigned seat, bool own)
{
    const struct mahjong_seat *player = &desk->seat[seat];

    if (desk->status != MAHJONG_SORTED)
        return (int8_t) player->que;
    if (!own)
        return 0;
    if (player->que != 0)
        return (int8_t) player->que;
    return (int8_t) - (int) round_que_suggestion(player);
}

static void
view_player(const struct mahjong_desk *desk, unsigned seat, bool own,
            bool open, struct mahjong_seat_view *view)
{
    const struct mahjong_seat *player = &desk->seat[seat];

    view->uid = player->uid;
    view->score = player->score;
    view->que = shown_que(desk, seat, own);
    view->won = player->win_tile != MAHJONG_NO_TILE;
    view->banner = player->banner;
    view->win_tile = tile_or_none(player->win_tile);
    view->last_draw = player->last_draw == MAHJONG_NO_TILE
                          ? 0
                          : shown(player->last_draw, own || open);
    view->hand_len = player->hand_len;
    view->river_len = 0;
    view->melds = player->melds;
    for (unsigned i = 0; i < player->hand_len; i++)
        view->hand[i] = shown(player->hand[i], own || open);
    memcpy(view->meld, player->meld, sizeof(view->meld));
}

void
mahjong_view(const struct mahjong_desk *desk, unsigned seat, bool open,
             struct mahjong_view *view)
{
    memset(view, 0, sizeof(*view));
    view->seat = (uint8_t) seat;
    view->seats = desk->seats;
    view->seated = desk->seated;
    view->status = desk->status;
    view->rounds = desk->rounds;
    view->round = desk->round;
    view->ready = desk->ready;
    view->offline = desk->offline;
    view->trustee = desk->trustee;
    view->sorted = desk->sorted;
    view->banker = desk->banker;
    view->turn = desk->turn;
    view->rest = (uint8_t) (desk->wall_len - desk->wall_next);
    view->last_discard = tile_or_none(desk->last_discard);
    view->last_discard_seat = desk->last_discard_seat;
    view->options = desk->options;
    memcpy(view->dice, desk->dice, sizeof(view->dice));
    mahjong_hint(desk, seat, &view->hint);
    for (unsigned i = 0; i < desk->seated; i++)
        view_player(desk, i, i == seat, open, &view->player[i]);
    for (unsigned i = 0; i < desk->river_len; i++) {
        struct mahjong_seat_view *player = &view->player[desk->river_seat[i]];

        player->river[player->river_len++] = (int8_t) desk->river[i];
    }
}

unsigned
mahjong_view_melds(const struct mahjong_seat_view *view,
                   uint8_t tiles[4 * MAHJONG_MELDS])
{
    unsigned n = 0, added = 0;

    for (unsigned i = 0; i < view->melds; i++) {
        const struct mahjong_meld *meld = &view->meld[i];
        bool four = meld->kind == MAHJONG_DISCARD_KONG ||
                    meld->kind == MAHJONG_CONCEALED_KONG;

        memcpy(tiles + n, meld->tile, four ? 4 : 3);
        n += four ? 4 : 3;
        added += meld->added != 0;
    }
    for (unsigned nth = 1; nth <= added; nth++) {
        for (unsigned i = 0; i < view->melds; i++) {
            if (view->meld[i].added == nth)
                tiles[n++] = view->meld[i].tile[3];
        }
    }
    return n;
}
