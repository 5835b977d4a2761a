/*
 * The next round: who makes the wall, and when.
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/wall.h"

static int
make_seed(struct desks *ds, const struct desk *desk,
          uint8_t seed[WALL_SEED_LEN])
{
    const char *fixed = ds->game->conf->deal_seed;
    char text[256];
    int n;

    if (fixed == NULL)
        return wall_seed(seed);
    n = snprintf(text, sizeof(text), "%s %u", fixed,
                 desk->st.rules.round + 1u);
    SHA256((const unsigned char *) text, (size_t) n, seed);
    return 0;
}

static void
deal(struct desk *desk)
{
    struct mahjong_action action = {.type = MAHJONG_DEAL};
    uint8_t seed[WALL_SEED_LEN];
    struct wall wall;

    if (make_seed(desk->desks, desk, seed) != 0 ||
        wall_make(&wall, seed, desk->st.rules.seats) != 0) {
        log_limited(desk->desks->game->log, LOG_CRIT, 0,
                    "no random bytes available for desk %06u", desk->number);
        desk->retry_ms = desk->desks->game->loop->now_ms + DESK_RETRY_MS;
        return;
    }
    memcpy(action.wall, wall.tile, wall.len);
    memcpy(action.dice, wall.dice, sizeof(action.dice));
    action.wall_len = wall.len;
    action.banker = wall.banker;
    desk_do_action(desk, &action);
}

void
desk_deal(struct desk *desk)
{
    if (desk_can_checkpoint(&desk->st) && mahjong_all_ready(&desk->st.rules))
        deal(desk);
}

void
desk_go_on(struct desk *desk)
{
    if (desk->st.record_id != 0)
        desk_deal(desk);
    desk_set_timer(desk);
}
