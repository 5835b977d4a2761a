/*
 * What DeskManager answers: tables, and refusals with what clients look for in
 * them.
 */
#include "core/arena.h"
#include "core/log.h"
#include "event/conn.h"
#include "game/codec.h"
#include "game/desk/fields.h"
#include "game/desk/words.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/modules/desk_manager.h"

static struct mahjong_options
options_of(const struct shared_desk *row)
{
    return (struct mahjong_options){.mode = row->mode,
                                    .max_fan = row->max_fan,
                                    .zimo = row->flags & SHARED_DESK_ZIMO_DI
                                                ? MAHJONG_ZIMO_DI
                                                : MAHJONG_ZIMO_FAN,
                                    .rules = row->flags & SHARED_DESK_RULES};
}

void
desk_fill_table(struct arena *arena, struct table_info *out, uint32_t number,
                const struct shared_desk *row)
{
    struct mahjong_options options = options_of(row);

    *out = (struct table_info){
        .desk_id = str_of(arena_printf(arena, "%06u", number)),
        .created_at = row->created_at / 1000,
        .creator = (int64_t) row->creator,
        .title = desk_title(arena, number, row->round, row->rounds),
        .desc = desk_describe(arena, &options),
        .status = row->status,
        .round = row->round,
        .mode = row->mode,
    };
}

void
desk_respond_table(struct request *rq, uint32_t number,
                   const struct shared_desk *row)
{
    struct table_response out = {.code = 0};

    desk_fill_table(rq->arena, &out.table_info, number, row);
    respond(rq, &table_response_fields, &out);
}

static void
respond_failure(struct request *rq, int code, struct str text)
{
    struct table_response out = {.code = code, .error = text};
    char route[64];

    log_client(rq->game->log, rq->session != NULL ? conn_log_context : NULL,
               rq->session != NULL ? rq->session->conn : NULL,
               "\"%s\" of uid %lld refused: %d %.*s",
               log_escape(route, sizeof(route), rq->route.data, rq->route.len),
               (long long) rq->uid, code, (int) text.len, text.data);
    respond(rq, &table_response_fields, &out);
}

/* Of the code, and why if there is more to say. */
struct str
desk_failure_text(struct arena *arena, int code, const char *why)
{
    const char *text = error_text(code);

    if (why != NULL)
        text = arena_printf(arena, "%s: %s", text, why);
    return str_of(text);
}

void
desk_table_fail(struct request *rq, int code, const char *why)
{
    respond_failure(rq, code, desk_failure_text(rq->arena, code, why));
}

static bool
has_table(const struct request *rq)
{
    return str_equal(rq->route, STR("DeskManager.Join")) ||
           str_equal(rq->route, STR("DeskManager.CreateDesk"));
}

void
desk_respond_text(struct request *rq, int code, const char *text)
{
    struct buf body = {0};

    if (has_table(rq)) {
        respond_failure(rq, code, str_of(text));
        return;
    }
    error_put_text(request_codec(rq), &body, code, str_of(text));
    respond_raw(rq, buf_str(&body));
    buf_deinit(&body);
}
