/*
 * What one seat may know of the desk: for who comes back (onSyncDesk), for
 * bots, for tests.  Tiles that the seat may not see are MAHJONG_HIDDEN; lists
 * keep their length.
 */
#ifndef GAME_MAHJONG_VIEW_H
#define GAME_MAHJONG_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"

enum {
    MAHJONG_HIDDEN = -1,
};

struct mahjong_seat_view {
    int64_t uid;
    int32_t score;  /* without the running round */
    int8_t que;     /* own before all chose: -(suggestion) while not chosen */
    uint8_t banner; /* mahjong_banner as the round stands: huType */
    bool won;
    int8_t win_tile;  /* -1 */
    int8_t last_draw; /* 0 before any; hidden for others */
    uint8_t hand_len;
    uint8_t river_len;
    uint8_t melds;
    int8_t hand[MAHJONG_HAND];
    int8_t river[MAHJONG_RIVER];
    struct mahjong_meld meld[MAHJONG_MELDS];
};

struct mahjong_view {
    uint8_t seat; /* whose view */
    uint8_t seats, seated;
    uint8_t status, rounds, round;
    uint8_t ready, offline, trustee, sorted; /* bits */
    uint8_t banker;
    uint8_t turn;
    uint8_t rest; /* tiles left in the wall */
    uint8_t dice[2];
    int8_t last_discard;       /* even if claimed; -1 */
    uint8_t last_discard_seat; /* MAHJONG_NOBODY before the first */
    struct mahjong_options options;
    struct mahjong_hint hint; /* his unanswered one */
    struct mahjong_seat_view player[MAHJONG_SEATS];
};

/* `open` shows all tiles, as a game server without hidden tiles does. */
void mahjong_view(const struct mahjong_desk *desk, unsigned seat, bool open,
                  struct mahjong_view *view);

/*
 * The tiles of the melds as onSyncDesk lists them: per meld own tiles, then
 * the claimed one; the fourth ones of added kongs at the very end, in the
 * order they were added.  Returns how many (at most 16).
 */
unsigned mahjong_view_melds(const struct mahjong_seat_view *view,
                            uint8_t tiles[4 * MAHJONG_MELDS]);

#endif
