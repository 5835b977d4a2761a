/*
 * The history of a round as it lies in the store: whatever the bytes are,
 * reading stays within them, what is read is written and read again the same,
 * and its snapshot is JSON.
 */
#include "game/history.h"

#include <jansson.h>
#include <string.h>

#include "core/arena.h"
#include "fuzz.h"
#include "game/desk/snapshot.h"
#include "game/store/histories.h"

/* All of the first round, written anew. */
static void
copy(struct buf *out, struct str bytes)
{
    struct mahjong_desk rules = {0};
    struct mahjong_event event;
    struct history h;
    int rc = history_open(&h, bytes, &event);

    rules.seats = h.seats;
    rules.offline = h.offline;
    for (; rc == 1; rc = history_next(&h, &event)) {
        bool is_end = event.type == MAHJONG_EV_ROUND_END;

        history_add(out, &rules, &event, is_end ? h.end_ms : h.begin_ms);
        if (is_end)
            return;
    }
    need(0);
}

static void
try_copy(struct str bytes)
{
    struct mahjong_event event;
    struct history h;
    struct buf once = {0}, twice = {0};

    copy(&once, bytes);
    need(history_measure(&h, buf_str(&once), &event) == (int) once.len);
    copy(&twice, buf_str(&once));
    need(str_equal(buf_str(&once), buf_str(&twice)));
    buf_deinit(&once);
    buf_deinit(&twice);
}

static void
try_snapshot(struct str bytes, unsigned mode)
{
    static struct store_history row;
    struct store_desk_record desk = {.mode = (uint8_t) mode,
                                     .player = {1, 2, UINT64_MAX, 4}};
    struct arena *arena = arena_create(4096);
    struct buf out = {0};

    if (bytes.len != 0)
        memcpy(row.events.data, bytes.data, bytes.len);
    row.events.blob.len = (uint16_t) bytes.len;
    if (desk_snapshot(&out, arena, &desk, &row) == NULL) {
        json_t *json = json_loadb((char *) out.data, out.len, 0, NULL);

        need(json_object_size(json) == 7);
        json_decref(json);
    } else {
        need(out.len == 0);
    }
    buf_deinit(&out);
    arena_destroy(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *) data, size};
    struct mahjong_event event;
    struct history h;
    int len;

    if (size > STORE_EVENTS)
        return 0;
    len = history_measure(&h, bytes, &event);
    need((len < 0) == (h.broken != NULL) && len <= (int) size);
    if (len > 0)
        try_copy(bytes);
    try_snapshot(bytes, 3);
    try_snapshot(bytes, 4);
    return 0;
}
