/*
 * Bytes of actions, one after the other, as a journal holds them: whatever
 * they are, decoding stays within them, what is decoded is encoded to the same
 * bytes, and no action brings the desk out of shape.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "game/mahjong/action.h"
#include "game/mahjong/bot.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"
#include "game/mahjong/table.h"
#include "game/mahjong/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    mahjong_tables_init();
    return 0;
}

static void
check_same_bytes(const struct mahjong_action *action, const uint8_t *data,
                 size_t len)
{
    uint8_t again[MAHJONG_ACTION_MAX];

    must(mahjong_action_encode(action, again, sizeof(again)) == len);
    must(memcmp(again, data, len) == 0);
}

static void
check_tiles(const struct mahjong_desk *desk)
{
    unsigned n = desk->wall_len - desk->wall_next + desk->river_len;
    int64_t score = 0;

    must(desk->wall_next <= desk->wall_len);
    for (unsigned i = 0; i < desk->seated; i++) {
        const struct mahjong_seat *seat = &desk->seat[i];
        bool shared = seat->win_tile == MAHJONG_NO_TILE;

        n += seat->hand_len;
        for (unsigned k = 0; k < seat->melds; k++)
            n += seat->meld[k].kind == MAHJONG_TRIPLET ? 3 : 4;
        for (unsigned k = 0; k < i; k++)
            shared = shared || desk->seat[k].win_tile == seat->win_tile;
        n += !shared;
        score += seat->score;
    }
    must(n == desk->wall_len);
    must(score == (int64_t) MAHJONG_START_SCORE * desk->seated);
}

/* Checkpoints of desks between rounds make the same desk. */
static void
check_checkpoint(const struct mahjong_desk *desk)
{
    static struct mahjong_events events;
    struct mahjong_desk copy = {0};
    struct mahjong_action action;

    if (mahjong_checkpoint(desk, &action) < 0)
        return;
    must(mahjong_apply(&copy, &action, &events) == MAHJONG_OK);
    must(memcmp(&copy, desk, sizeof(copy)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mahjong_events events;
    struct mahjong_desk desk = {0}, before;
    struct mahjong_action action;
    struct mahjong_view view;
    int len;

    while ((len = mahjong_action_decode(&action, data, size)) > 0) {
        must((size_t) len <= size);
        check_same_bytes(&action, data, (size_t) len);
        action.version = MAHJONG_VERSION_1 + size % 2;
        before = desk;
        if (mahjong_apply(&desk, &action, &events) != MAHJONG_OK) {
            must(memcmp(&before, &desk, sizeof(desk)) == 0);
        } else {
            must(events.count < MAHJONG_EVENTS - 2);
            check_tiles(&desk);
            check_checkpoint(&desk);
        }
        for (unsigned i = 0; i < desk.seated; i++) {
            mahjong_view(&desk, i, false, &view);
            mahjong_bot(&view, &action);
        }
        data += len;
        size -= (size_t) len;
    }
    return 0;
}
