/*
 * DeskManager: so far the one question that a client asks when it comes into
 * the lobby, whether it still sits at a desk.
 */
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/json.h"
#include "game/modules/modules.h"
#include "game/store/shared.h"

struct table_info {
    struct str desk_id; /* six digits */
    int64_t created_at; /* unix seconds */
    int64_t creator;
    struct str title;
    struct str desc;
    int status;
    int round;
    int mode;
};

static FIELDS(table_info, FIELD_NAMED(table_info, desk_id, "deskId"),
              FIELD_NAMED(table_info, created_at, "createdAt"),
              FIELD(table_info, creator), FIELD(table_info, title),
              FIELD(table_info, desc), FIELD(table_info, status),
              FIELD(table_info, round), FIELD(table_info, mode));

struct uncomplete_response {
    bool exist;
    struct table_info table_info;
};

static FIELDS(uncomplete_response, FIELD(uncomplete_response, exist),
              FIELD_OBJECT(uncomplete_response, table_info, "tableInfo",
                           table_info));

struct uncomplete_failure {
    int code;
    struct str error;
    bool exist;
    struct table_info table_info;
};

static FIELDS(uncomplete_failure, FIELD(uncomplete_failure, code),
              FIELD(uncomplete_failure, error),
              FIELD(uncomplete_failure, exist),
              FIELD_OBJECT(uncomplete_failure, table_info, "tableInfo",
                           table_info));

/* "自摸加番 3番封顶 ..." */
static struct str
describe(struct arena *arena, const struct shared_desk *desk)
{
    static const struct {
        uint32_t flag;
        const char *text;
    } options[] = {
        {SHARED_DESK_PINGHU, " 点炮可平胡"},
        {SHARED_DESK_MENQING, " 门清中张"},
        {SHARED_DESK_JIAXIN, " 夹心五"},
        {SHARED_DESK_PENGPENG, " 碰碰胡两番"},
        {SHARED_DESK_JIANGDUI, " 将对"},
        {SHARED_DESK_YAOJIU, " 全幺九"},
    };
    struct buf text = {0};
    struct str copy;

    buf_printf(&text, "%s %d番封顶",
               desk->flags & SHARED_DESK_ZIMO_DI ? "自摸加底" : "自摸加番",
               desk->max_fan);
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
        if ((desk->flags & options[i].flag) != 0 &&
            (options[i].flag != SHARED_DESK_PINGHU || desk->mode == 3))
            buf_append_str(&text, str_of(options[i].text));
    copy = arena_str(arena, buf_str(&text));
    buf_deinit(&text);
    return copy;
}

static void
fill(struct arena *arena, struct table_info *out, uint32_t number,
     const struct shared_desk *desk)
{
    *out = (struct table_info){
        .desk_id = str_of(arena_printf(arena, "%06u", number)),
        .created_at = desk->created_at / 1000,
        .creator = (int64_t) desk->creator,
        .title = str_of(arena_printf(arena, "房号: %06u 局数: %u/%u", number,
                                     desk->round, desk->rounds)),
        .desc = describe(arena, desk),
        .status = desk->status,
        .round = desk->round,
        .mode = desk->mode,
    };
}

static void
fail(struct request *rq, int code, const char *why)
{
    struct uncomplete_failure out = {.code = code};

    out.error = str_of(why == NULL ? error_text(code)
                                   : arena_printf(rq->arena, "%s: %s",
                                                  error_text(code), why));
    respond(rq, &uncomplete_failure_fields, &out);
}

static void
uncomplete_desk(struct request *rq, const void *in)
{
    struct uncomplete_response out = {0};
    struct shared_seat seat;
    struct shared_desk desk;
    int found = shared_seat_get(rq->game->shared, (uint64_t) rq->session->uid,
                                &seat);

    (void) in;
    if (found == 1)
        found = shared_desk_get(rq->game->shared, seat.number, &desk);
    if (found < 0) {
        fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return;
    }
    /* A seat at a desk of that number that is another by now is none. */
    if (found == 1 && desk.uid == seat.desk_uid) {
        out.exist = true;
        fill(rq->arena, &out.table_info, seat.number, &desk);
    }
    respond(rq, &uncomplete_response_fields, &out);
}

static const struct handler handlers[] = {
    {.method = "UnCompleteDesk",
     .out = &uncomplete_response_fields,
     .handle = uncomplete_desk,
     .fail = fail},
};

const struct component desk_manager_component = {
    .name = "DeskManager",
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(*handlers),
};
