/*
 * Rows of data against the arithmetic of hands: vectors [FILE...].
 *
 * A row is a JSON object on a line of its own; tiles are indexes (1-9, 11-19,
 * 21-29) but in `ctx`, where they are ids.  What a row asks is told by its
 * fields:
 *
 *   h, win                         is the hand complete?
 *   h, ting                        what does it wait for?
 *   h, pg, opts, ctx, fan, desc    what is it worth, and why?
 *   h, pg, opts, best              what would its best wait be worth?
 *
 * Without arguments the selection in t/vectors/ is run, from the top folder.
 */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "tap.h"

#include "game/mahjong/hand.h"
#include "game/mahjong/table.h"
#include "game/mahjong/value.h"

enum { COMPLAINTS_MAX = 10 };

/* The hand of an array of indexes; false if it is none. */
static bool
read_hand(const json_t *array, struct hand *hand)
{
    size_t i;
    json_t *item;

    memset(hand, 0, sizeof(*hand));
    if (!json_is_array(array) || json_array_size(array) > 18)
        return false;
    json_array_foreach((json_t *) array, i, item)
    {
        int index = json_integer_value(item);

        if (!is_index(index) || hand_count(hand, index_kind(index)) > COPIES)
            return false;
        hand_add(hand, index_kind(index), 1);
    }
    return true;
}

static bool
read_kinds(const json_t *array, uint32_t *kinds)
{
    size_t i;
    json_t *item;

    *kinds = 0;
    if (!json_is_array(array))
        return false;
    json_array_foreach((json_t *) array, i, item)
    {
        int index = json_integer_value(item);

        if (!is_index(index))
            return false;
        *kinds |= UINT32_C(1) << index_kind(index);
    }
    return true;
}

static bool
is_set(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static uint8_t
read_rules(const json_t *opts)
{
    return (is_set(opts, "menqing") ? RULE_MENQING : 0) |
           (is_set(opts, "jiangdui") ? RULE_JIANGDUI : 0) |
           (is_set(opts, "jiaxin") ? RULE_JIAXIN : 0) |
           (is_set(opts, "pengpeng") ? RULE_PENGPENG : 0) |
           (is_set(opts, "pinghu") ? RULE_PINGHU : 0) |
           (is_set(opts, "yaojiu") ? RULE_YAOJIU : 0);
}

static uint8_t
read_circumstances(const json_t *ctx)
{
    return (is_set(ctx, "isLastTile") ? WIN_LAST_TILE : 0) |
           (is_set(ctx, "gangShangHua") ? WIN_REPLACEMENT : 0) |
           (is_set(ctx, "gangShangPao") ? WIN_AFTER_KONG : 0) |
           (is_set(ctx, "qiangGang") ? WIN_ROBBED_KONG : 0);
}

/* The kind won on: the discard or, if there is none, the tile drawn. */
static int
read_win(const json_t *ctx)
{
    int id = json_integer_value(json_object_get(ctx, "otherDiscard"));

    if (id < 0)
        id = json_integer_value(json_object_get(ctx, "newDrawing"));
    return id >= 0 && id < TILES ? tile_kind(id) : 0;
}

static bool
check_win(const json_t *row, const struct hand *hand)
{
    return hand_is_complete(hand) == is_set(row, "win");
}

static bool
check_ting(const json_t *row, const struct hand *hand)
{
    uint32_t want;

    return read_kinds(json_object_get(row, "ting"), &want) &&
           hand_waits(hand) == want;
}

static bool
is_same_desc(const struct value *value, const json_t *desc)
{
    if (json_array_size(desc) != value->n_desc)
        return false;
    for (unsigned i = 0; i < value->n_desc; i++) {
        const char *want = json_string_value(json_array_get(desc, i));

        if (want == NULL || strcmp(want, value_desc_text(value->desc[i])) != 0)
            return false;
    }
    return true;
}

static bool
check_fan(const json_t *row, const struct hand *hand)
{
    const json_t *ctx = json_object_get(row, "ctx");
    struct value_query query = {
        .hand = *hand,
        .win = read_win(ctx),
        .rules = read_rules(json_object_get(row, "opts")),
        .circumstances = read_circumstances(ctx),
    };
    struct value value = {0};

    return read_hand(json_object_get(row, "pg"), &query.melds) &&
           value_of(&query, &value) ==
               json_integer_value(json_object_get(row, "fan")) &&
           is_same_desc(&value, json_object_get(row, "desc"));
}

static bool
check_best(const json_t *row, const struct hand *hand)
{
    const json_t *best = json_object_get(row, "best");
    int want = json_is_null(best) ? -1 : json_integer_value(best);
    struct hand melds;
    struct value value;

    return read_hand(json_object_get(row, "pg"), &melds) &&
           value_best_wait(hand, &melds,
                           read_rules(json_object_get(row, "opts")),
                           &value) == want;
}

static bool
check_row(const json_t *row)
{
    struct hand hand;

    if (!read_hand(json_object_get(row, "h"), &hand))
        return false;
    if (json_object_get(row, "win") != NULL)
        return check_win(row, &hand);
    if (json_object_get(row, "ting") != NULL)
        return check_ting(row, &hand);
    if (json_object_get(row, "fan") != NULL)
        return check_fan(row, &hand);
    if (json_object_get(row, "best") != NULL)
        return check_best(row, &hand);
    return false;
}

static bool
check_line(const char *line)
{
    json_t *row = json_loads(line, 0, NULL);
    bool good = json_is_object(row) && check_row(row);

    json_decref(row);
    return good;
}

static void
check_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    unsigned n = 0;
    unsigned bad = 0;

    if (file == NULL) {
        ok(false, "%s: %s", path, strerror(errno));
        return;
    }
    while (getline(&line, &size, file) != -1) {
        n++;
        if (check_line(line))
            continue;
        if (++bad <= COMPLAINTS_MAX)
            printf("# %s:%u: %s", path, n, line);
    }
    ok(n > 0 && bad == 0, "%s: %u rows, %u differ", path, n, bad);
    free(line);
    fclose(file);
}

int
main(int argc, char **argv)
{
    mahjong_tables_init();
    for (int i = 1; i < argc; i++)
        check_file(argv[i]);
    if (argc == 1) {
        check_file("t/vectors/win.jsonl");
        check_file("t/vectors/ting.jsonl");
        check_file("t/vectors/fan.jsonl");
        check_file("t/vectors/maxfan.jsonl");
    }
    return tap_done();
}
