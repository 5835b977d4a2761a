/*
 * What matches leave behind: histories, totals by player and day, samples of
 * who is there; and what the store process does by itself.
 */
#include "desk_ops.h"

/* ---- histories ---- */

static bool
is_history(const struct store_history *row, uint64_t desk, unsigned round)
{
    return row->desk_id == desk && row->round == round && row->mode == 4 &&
           row->begin_at == now && row->end_at == now + round &&
           row->score_change[0] == 1 && row->score_change[1] == -1 &&
           row->score_change[2] == (int32_t) round &&
           row->score_change[3] == 0 && row->events.blob.len == 10 + round &&
           row->events.data[0] == round && row->events.data[9] == round;
}

/* The rounds of the histories that the record of a desk has, as "1 3". */
static const char *
histories_of(struct env *env, uint64_t desk)
{
    static struct store_history rows[STORE_ROUNDS];
    static char text[128];
    struct store_desk_record record = record_of(env, desk);
    uint64_t ids[STORE_ROUNDS];
    int n = store_desk_histories(env, &record, ids, rows);

    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        size_t len = strlen(text);
        bool good = is_history(&rows[i], desk, rows[i].round) &&
                    record.history[rows[i].round - 1] == ids[i];

        snprintf(text + len, sizeof(text) - len, "%s%u%s", i ? " " : "",
                 rows[i].round, good ? "" : " wrong");
    }
    return text;
}

static void
test_histories(void)
{
    struct env env;
    struct store_history row;
    struct store_op op;

    open_store(&env, scratch_folder(&scratch, "histories"));
    user(&env, 1, 10);
    is_int(store_history_get(&env, 1, &row), 0, "no history at first");
    commit_one(&env, open_op(1, 1, 0));
    commit_one(&env, open_op(2, 1, 0));
    is_str(histories_of(&env, 1), "", "... and none of a new desk");
    for (unsigned round = 1; round <= 2; round++)
        for (unsigned desk = 1; desk <= 2; desk++)
            commit_one(&env, round_op(desk, round, 5));
    is_str(histories_of(&env, 1), "1 2", "two rounds of a desk, in order");
    is_str(histories_of(&env, 2), "1 2", "... and those of another");
    ok(store_history_get(&env, 3, &row) == 1 && is_history(&row, 1, 2),
       "ids are given as they come");

    commit_one(&env, round_op(1, 2, 5));
    op = round_op(1, 2, 7);
    memset(op.id, 7, STORE_OP_ID);
    commit_one(&env, op);
    is_int(rows_of(&env, STORE_HISTORIES), 4,
           "a round has one, however often it is asked, as after 48 h");
    commit_one(&env, round_op(1, 4, 5));
    commit_one(&env, round_op(1, 3, 5));
    is_str(histories_of(&env, 1), "1 2 4", "one that comes late has none");
    op = round_op(1, 5, 5);
    op.save_round.events.blob.len = 0;
    is_result(commit_one(&env, op), STORE_OK, 1, 5, "a round without events");
    is_str(histories_of(&env, 1), "1 2 4", "... has none either");
    commit_one(&env, close_op(1, true));
    commit_one(&env, round_op(1, 6, 5));
    is_str(histories_of(&env, 1), "1 2 4", "nor one behind the end");
    op = round_op(2, STORE_ROUNDS, 5);
    op.save_round.events.blob.len = STORE_EVENTS;
    commit_one(&env, op);
    ok(store_history_get(&env, 6, &row) == 1 && row.round == STORE_ROUNDS &&
           row.events.blob.len == STORE_EVENTS,
       "the longest, of the last round");
    is_int(rows_of(&env, STORE_HISTORIES), 6, "six in all");
    env_close(&env);
}

static const char *
desks_of(struct env *env, uint64_t uid, unsigned max)
{
    static char text[128];
    uint64_t ids[STORE_SLICE];
    int n = store_player_desks(env, uid, ids, max);

    text[0] = '\0';
    for (int i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%llu",
                 i ? " " : "", (unsigned long long) ids[i]);
    return text;
}

static void
test_player_desks(void)
{
    struct env env;
    struct store_op op;

    open_store(&env, scratch_folder(&scratch, "players"));
    for (unsigned i = 1; i <= 20; i++)
        commit_one(&env, open_op(i, i % 2 ? 1 : 901, 0));
    op = open_op(21, 1, 0);
    op.open_desk.player[1] = 903;
    op.open_desk.player[2] = 902;
    op.open_desk.player[3] = 0;
    commit_one(&env, op);
    is_str(desks_of(&env, 1, 15), "21 19 17 15 13 11 9 7 5 3 1",
           "the desks of a player, the newest first");
    is_str(desks_of(&env, 901, 3), "20 18 16", "... the last three");
    is_str(desks_of(&env, 903, 15), "21", "... one");
    is_str(desks_of(&env, 904, 2), "20 19", "... at three he was not there");
    is_str(desks_of(&env, UINT64_MAX, 1), "20", "the last uid");
    is_str(desks_of(&env, 900, 15), "", "nobody's");
    is_str(desks_of(&env, 0, 15), "", "an empty seat has none");
    env_close(&env);
}

/* ---- days ---- */

static const char *
days_of(struct env *env, uint64_t uid, int64_t from_ms, unsigned max)
{
    static char text[256];
    int64_t at_ms[STORE_SLICE];
    struct store_day rows[STORE_SLICE];
    struct store_user row = {.matches = 0};
    int n = store_days_get(env, uid, from_ms, at_ms, rows, max);

    store_user_get(env, uid, &row);
    snprintf(text, sizeof(text), "%u", row.matches);
    for (int i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 ", %lld: %lld %u %u %u",
                 (long long) ((at_ms[i] - store_day_of(now)) / STORE_DAY_MS),
                 (long long) rows[i].score, rows[i].matches,
                 rows[i].as_creator, rows[i].wins);
    return text;
}

/* A match of one round; the first player has the score. */
static void
match(struct env *env, uint64_t desk, uint64_t creator, int64_t at_ms,
      int32_t score)
{
    struct store_op op = open_op(desk, creator, 0);

    op.open_desk.created_at = at_ms;
    op.open_desk.player[0] = 1;
    commit_one(env, op);
    if (score != 0)
        commit_one(env, round_op(desk, 1, score));
}

static void
test_days(void)
{
    struct env env;
    struct store_op op;

    is_int(store_day_of(INT64_C(1795355220000)), INT64_C(1795305600000),
           "a day begins at midnight, UTC");
    is_int(store_day_of(-1), 0, "... none before the first");
    open_store(&env, scratch_folder(&scratch, "days"));
    user(&env, 1, 10);
    user(&env, 902, 10);
    match(&env, 1, 1, now, 5);
    is_str(days_of(&env, 1, 0, 64), "0", "a match that is not over");
    commit_one(&env, close_op(1, true));
    is_str(days_of(&env, 1, 0, 64), "1, 0: 5 1 1 1", "it is over, and won");
    is_str(days_of(&env, 902, 0, 64), "1, 0: -5 1 0 0", "... by the other");
    is_int(rows_of(&env, STORE_DAYS), 2, "who has no row has no days");
    is_int(rows_of(&env, STORE_USERS), 2, "... nor is a row made");
    commit_one(&env, close_op(1, true));
    op = close_op(1, false);
    memset(op.id, 7, STORE_OP_ID);
    commit_one(&env, op);
    is_str(days_of(&env, 1, 0, 64), "1, 0: 5 1 1 1", "it counts once");
    match(&env, 2, 902, now, -7);
    commit_one(&env, close_op(2, true));
    match(&env, 3, 902, now, 0);
    commit_one(&env, close_op(3, true));
    is_str(days_of(&env, 1, 0, 64), "2, 0: -2 2 1 1",
           "one more, lost; and one without a round");
    is_str(days_of(&env, 902, 0, 64), "2, 0: 2 2 1 1", "... for the other");
    match(&env, 4, 1, now + STORE_DAY_MS, 3);
    match(&env, 5, 1, now + 3 * STORE_DAY_MS, 4);
    commit_one(&env, close_op(5, true));
    commit_one(&env, close_op(4, true));
    is_str(days_of(&env, 1, 0, 64), "4, 0: -2 2 1 1, 1: 3 1 1 1, 3: 4 1 1 1",
           "other days");
    is_str(days_of(&env, 1, now + 2 * STORE_DAY_MS, 64), "4, 3: 4 1 1 1",
           "... from one on");
    is_str(days_of(&env, 1, now, 2), "4, 0: -2 2 1 1, 1: 3 1 1 1",
           "... a slice");
    env_close(&env);
}

/* ---- what the store process does by itself ---- */

static void
open_shared(struct env *env, const char *path)
{
    static const char boot[] = "aaaaaaaa-0000-4000-8000-000000000001";

    if (shared_start(env, path, SIZE, boot, "1", &scratch.log) != 0) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
}

struct place_desk {
    uint32_t number;
    uint64_t uid;
};

static int
put_desk(struct env *env, MDB_txn *txn, void *arg)
{
    const struct place_desk *p = arg;
    struct shared_desk desk = {.uid = p->uid, .mode = 4};

    return shared_desk_put(env, txn, p->number, &desk);
}

static void
sweep_all(struct env *env, struct env *shared, struct records_sweep *sweep,
          unsigned *slices)
{
    int rc;

    memset(sweep, 0, sizeof(*sweep));
    *slices = 0;
    do {
        rc = records_sweep_run(env, shared, now, sweep);
        ++*slices;
    } while (rc > 0);
    is_int(rc, 0, "the walk ends");
}

static void
test_sweep(void)
{
    struct env env, shared;
    struct records_sweep sweep;
    struct place_desk alive = {NUMBER, 50}, other = {NUMBER + 1, 1000};
    struct store_op op;
    unsigned slices;

    open_store(&env, scratch_folder(&scratch, "sweep"));
    open_shared(&shared, scratch_folder(&scratch, "shared"));
    sweep_all(&env, &shared, &sweep, &slices);
    ok(sweep.desks == 0 && slices == 1, "nothing to close");
    user(&env, 1, 1000);
    for (uint64_t i = 1; i <= 150; i++)
        commit_one(&env, open_op(i, 1, 0));
    commit_one(&env, open_op(UINT64_MAX, 1, 0));
    commit_one(&env, round_op(7, 1, 5));
    op = open_op(60, 1, 0); /* its number is another desk's by now */
    op.open_desk.desk_uid = 200;
    op.open_desk.number = NUMBER + 1;
    store_desk_op_id(op.id, 200, STORE_OPEN_DESK, 0);
    commit_one(&env, op);
    env_write(&shared, put_desk, &alive);
    env_write(&shared, put_desk, &other);
    is_int(cards_of(&env, 1), 1000 - 152 * COST, "152 desks are paid");

    sweep_all(&env, &shared, &sweep, &slices);
    is_int(sweep.desks, 151, "all are closed but the one that is there");
    is_int(sweep.cards, 150 * COST, "... whoever played a round gets nothing");
    is_int(sweep.failed, 0, "... without trouble");
    is_int(slices, 3, "... in slices of 64");
    is_int(cards_of(&env, 1), 1000 - 2 * COST, "the cards are back");
    ok(is_open(&env, 50) && rows_of(&env, STORE_OPEN_DESKS) == 1,
       "the desk that is there stays open");
    ok(record_of(&env, 7).dismissed_at == now && !record_of(&env, 7).refunded,
       "the record of the other says its end");
    is_result(commit_one(&env, close_op(3, true)), STORE_OK, 1,
              1000 - 152 * COST + 3 * COST,
              "an end that was under way is done already");
    sweep_all(&env, &shared, &sweep, &slices);
    is_int(sweep.desks, 0, "again there is nothing");
    env_close(&shared);
    env_close(&env);
}

static void
test_sweep_of_damage(void)
{
    struct env env, shared;
    struct records_sweep sweep;
    unsigned slices;

    open_store(&env, scratch_folder(&scratch, "sweepbad"));
    open_shared(&shared, scratch_folder(&scratch, "sharedbad"));
    for (uint64_t i = 1; i <= 4; i++)
        user(&env, i, 10), commit_one(&env, open_op(i, i, 0));
    damage(&env, STORE_DESKS, 1);
    damage(&env, STORE_USERS, 2);
    damage(&env, STORE_OPEN_DESKS, 3);
    sweep_all(&env, &shared, &sweep, &slices);
    ok(sweep.failed == 3 && sweep.desks == 1 && sweep.cards == COST,
       "what is damaged hurts nobody else");
    ok(is_open(&env, 2) && !is_open(&env, 4), "... and waits");
    env_close(&shared);
    env_close(&env);
}

static int
put_session(struct env *env, MDB_txn *txn, void *arg)
{
    struct shared_session_claim claim = {.uid = *(const uint64_t *) arg,
                                         .session_id = 11,
                                         .place = {.slot = 1, .generation = 1},
                                         .now_ms = 1000};

    return shared_session_claim(env, txn, &claim);
}

static void
test_online(void)
{
    struct env env, shared;
    struct store_online row;
    struct place_desk desk = {NUMBER, 50};
    unsigned slices = 0;
    int more;

    open_store(&env, scratch_folder(&scratch, "online"));
    open_shared(&shared, scratch_folder(&scratch, "sharedonline"));
    is_int(store_online_sample(&env, &shared, now), 0, "a sample");
    ok(store_online_get(&env, now, &row) == 1 && row.sessions == 0 &&
           row.desks == 0,
       "... of nobody");
    env_write(&shared, put_desk, &desk);
    env_write(&shared, put_session, &(uint64_t){1});
    env_write(&shared, put_session, &(uint64_t){2});
    store_online_sample(&env, &shared, now + 1);
    ok(store_online_get(&env, now + 1, &row) == 1 && row.sessions == 2 &&
           row.desks == 1,
       "... of two players and a desk");
    is_int(store_online_get(&env, now + 2, &row), 0, "none of another time");
    for (int64_t i = 2; i < 150; i++)
        store_online_sample(&env, &shared, now + i);
    is_int(store_online_purge(&env, 5), 0, "a clock that stands at nothing");
    is_int(store_online_purge(&env, now + STORE_ONLINE_KEEP_MS), 0,
           "after 400 days they are not old yet");
    is_int(rows_of(&env, STORE_ONLINE), 150, "... all are there");
    do {
        more = store_online_purge(&env, now + STORE_ONLINE_KEEP_MS + 140);
        slices++;
    } while (more == 1);
    is_int(more, 0, "the purge ends");
    is_int(slices, 3, "... after 140 samples in slices of 64");
    is_int(rows_of(&env, STORE_ONLINE), 10, "the younger ones are there");
    env_close(&shared);
    env_close(&env);
}

/* ---- a store of an earlier version ---- */

static void
test_old_store(void)
{
    static const char *const tables[] = {
        "users",         "guests",          "orders",
        "registrations", "logins",          "counters",
        "operations",    "operation_times", NULL};
    const char *path = scratch_folder(&scratch, "old");
    struct env_conf conf = {.path = path,
                            .directive = "store",
                            .tables = tables,
                            .size = SIZE,
                            .schema = STORE_SCHEMA,
                            .durable = true,
                            .create = true};
    struct env env;

    is_int(env_open(&env, &conf, &scratch.log), 0, "a store without desks");
    user(&env, 1, 10);
    env_close(&env);
    open_store(&env, path);
    is_int(cards_of(&env, 1), 10, "... is opened as it is");
    is_result(commit_one(&env, open_op(1, 1, 0)), STORE_OK, 1, 7,
              "... and has them");
    env_close(&env);
    is_int(env_open(&env, &conf, &scratch.log), 0, "back again");
    is_int(cards_of(&env, 1), 7, "... works too");
    env_close(&env);
    is_int(store_open(&env, path, SIZE, false, &scratch.log), 0,
           "a worker opens it");
    env_close(&env);
}

int
main(void)
{
    scratch_init(&scratch);
    test_histories();
    test_player_desks();
    test_days();
    test_sweep();
    test_sweep_of_damage();
    test_online();
    test_old_store();
    scratch_deinit(&scratch);
    return tap_done();
}
