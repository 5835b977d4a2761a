/*
 * What a daemon's store keeps of desks, told beside it, a line of JSON each:
 *
 *     history STORE
 *
 *     {"kind":"desk","id":N,"number":N,"creator":N,"mode":N,"rounds":N,
 *      "player":[N],"name":["..."],"score":[N],"history":[N]}
 *     {"kind":"history","id":N,"desk":N,"round":N,"mode":N,"begin":N,"end":N,
 *      "score":[N],"bytes":N,"snapshot":"..."}    "why":"..." if it is no good
 *     {"kind":"user","uid":N,"matches":N,"desks":[N],
 *      "days":[{"at":N,"score":N,"matches":N,"creator":N,"wins":N}]}
 *
 * Histories follow their desk in order.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "core/arena.h"
#include "game/desk/snapshot.h"
#include "game/store/days.h"
#include "game/store/histories.h"
#include "game/store/op.h"

enum { SIZE = 64 << 20, MANY = 1 << 30, LAST = 15 };

static struct env env;
static struct arena *arena;

static void
print(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(line);
}

/* Those that are there. */
static json_t *
list_of_ids(const uint64_t *id, unsigned n)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < n; i++)
        if (id[i] != 0)
            json_array_append_new(list, json_integer((json_int_t) id[i]));
    return list;
}

static json_t *
list_of_scores(const int32_t *score)
{
    return json_pack("[iiii]", score[0], score[1], score[2], score[3]);
}

static void
print_history(uint64_t id, const struct store_desk_record *desk,
              const struct store_history *row)
{
    struct buf text = {0};
    const char *why = desk_snapshot(&text, arena, desk, row);
    json_t *line = json_pack(
        "{ss sI sI si si sI sI so si}", "kind", "history", "id",
        (json_int_t) id, "desk", (json_int_t) row->desk_id, "round",
        row->round, "mode", row->mode, "begin", (json_int_t) row->begin_at,
        "end", (json_int_t) row->end_at, "score",
        list_of_scores(row->score_change), "bytes",
        (int) row->events.blob.len);

    if (why != NULL)
        json_object_set_new(line, "why", json_string(why));
    else
        json_object_set_new(line, "snapshot",
                            json_stringn((char *) text.data, text.len));
    print(line);
    buf_deinit(&text);
    arena_reset(arena);
}

static int
take_desk(void *arg, struct str key, struct str val)
{
    static struct store_history rows[STORE_ROUNDS];
    uint64_t id = env_key_get_u64(key), ids[STORE_ROUNDS];
    struct store_desk_record row;
    json_t *names = json_array();
    int n;

    (void) arg;
    (void) val;
    if (store_desk_record_get(&env, id, &row) != 1)
        return 1;
    for (unsigned i = 0; i < STORE_PLAYERS; i++)
        json_array_append_new(names, json_string(row.face[i].name));
    n = store_desk_histories(&env, &row, ids, rows);
    print(json_pack("{ss sI sI sI si si so so so so}", "kind", "desk", "id",
                    (json_int_t) id, "number", (json_int_t) row.number,
                    "creator", (json_int_t) row.creator, "mode", row.mode,
                    "rounds", row.rounds, "player",
                    list_of_ids(row.player, STORE_PLAYERS), "name", names,
                    "score", list_of_scores(row.score_change), "history",
                    list_of_ids(row.history, STORE_ROUNDS)));
    for (int i = 0; i < n; i++)
        print_history(ids[i], &row, &rows[i]);
    return 0;
}

static int
take_user(void *arg, struct str key, struct str val)
{
    uint64_t uid = env_key_get_u64(key), desks[LAST];
    int64_t at_ms[STORE_SLICE];
    struct store_day days[STORE_SLICE];
    struct store_user user;
    json_t *list = json_array();
    int n = store_player_desks(&env, uid, desks, LAST);
    int day_count = store_days_get(&env, uid, 0, at_ms, days, STORE_SLICE);

    (void) arg;
    (void) val;
    if (n < 0 || store_user_get(&env, uid, &user) != 1)
        return 1;
    for (int i = 0; i < day_count; i++)
        json_array_append_new(
            list,
            json_pack("{sI sI si si si}", "at", (json_int_t) at_ms[i], "score",
                      (json_int_t) days[i].score, "matches",
                      (int) days[i].matches, "creator",
                      (int) days[i].as_creator, "wins", (int) days[i].wins));
    print(json_pack("{ss sI si so so}", "kind", "user", "uid",
                    (json_int_t) uid, "matches", (int) user.matches, "desks",
                    list_of_ids(desks, (unsigned) n), "days", list));
    return 0;
}

int
main(int argc, char **argv)
{
    struct log log;
    MDB_txn *txn;
    int rc;

    log_init(&log, LOG_NOTICE);
    if (argc != 2 || store_open(&env, argv[1], SIZE, false, &log) != 0)
        return 2;
    arena = arena_create(4096);
    txn = env_read_begin(&env);
    rc = env_walk(&env, txn, STORE_DESKS, STR(""), MANY, take_desk, NULL);
    if (rc == 0)
        rc = env_walk(&env, txn, STORE_USERS, STR(""), MANY, take_user, NULL);
    env_read_end(&env);
    env_close(&env);
    arena_destroy(arena);
    return rc != 0;
}
