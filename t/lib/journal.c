/*
 * Replays the journals that a daemon left, beside it, and tells what became
 * of each desk, one line of words each:
 *
 *     journal SHARED STORE
 *
 *     desk NUMBER-OF-RECORDS version V status S round R done D deals N
 *          record ID
 *          uids U,U,U,U scores S,S,S,S saved S,S,S,S rounds-saved N
 *          dismissed 0|1 cards C created MS until MS closed MS
 *          first SEQ checkpoint SEQ histories N same N
 *     bad DESK SEQ why
 *     left sessions N seats N desks N journal N slots N open N
 *     user UID CARDS
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/desk/state.h"
#include "game/history.h"
#include "game/mahjong/table.h"
#include "game/store/accounts.h"
#include "game/store/histories.h"
#include "game/store/journal.h"
#include "game/store/records.h"
#include "game/store/shared.h"

enum { SIZE = 64 << 20, MANY = 1 << 30 };

struct counted {
    struct env *env;
    unsigned n;
};

struct replay {
    struct env *store;
    uint64_t desk; /* 0: none yet */
    uint64_t seq;
    uint64_t first, checkpoint;
    unsigned records, deals;
    const char *why;
    struct desk_state st;
    struct buf history; /* of all rounds */
};

static void
print_list(const char *name, const int64_t *list)
{
    printf(" %s ", name);
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        printf("%s%" PRId64, i ? "," : "", list[i]);
}

/* All of a round but the time, written anew. */
static void
put_round(struct buf *out, struct str bytes)
{
    struct mahjong_desk rules = {0};
    struct mahjong_event event;
    struct history h;
    int rc = history_open(&h, bytes, &event);

    out->len = 0;
    rules.seats = h.seats;
    rules.offline = h.offline;
    for (; rc == 1; rc = history_next(&h, &event)) {
        history_add(out, &rules, &event, 0);
        if (event.type == MAHJONG_EV_ROUND_END)
            break;
    }
}

/* How many of the histories of a record say what the journal says. */
static unsigned
count_same(struct replay *r, const struct store_history *rows, int n)
{
    struct buf ours = {0}, kept = {0};
    unsigned same = 0;

    for (int i = 0; i < n; i++) {
        struct mahjong_event end;
        struct history h;
        int len = history_measure(&h, buf_str(&r->history), &end);

        if (len <= 0)
            break;
        put_round(&ours, buf_str(&r->history));
        put_round(&kept, (struct str){(const char *) rows[i].events.data,
                                      rows[i].events.blob.len});
        same += rows[i].round == h.round && ours.len != 0 &&
                str_equal(buf_str(&ours), buf_str(&kept));
        buf_consume(&r->history, (size_t) len);
    }
    buf_deinit(&ours);
    buf_deinit(&kept);
    return same;
}

static void
print_desk(struct replay *r)
{
    static struct store_history rows[STORE_ROUNDS];
    uint64_t ids[STORE_ROUNDS];
    int n;
    int64_t uids[MAHJONG_SEATS] = {0}, scores[MAHJONG_SEATS] = {0};
    int64_t saved[MAHJONG_SEATS] = {0};
    const struct mahjong_desk *rules = &r->st.rules;
    struct store_desk_record row = {0};

    if (r->desk == 0)
        return;
    if (r->why != NULL) {
        printf("bad %016" PRIx64 " %" PRIu64 " %s\n", r->desk, r->seq, r->why);
        return;
    }
    if (r->st.record_id != 0)
        store_desk_record_get(r->store, r->st.record_id, &row);
    for (unsigned i = 0; i < rules->seated; i++) {
        uids[i] = rules->seat[i].uid;
        scores[i] = rules->seat[i].score - MAHJONG_START_SCORE;
        saved[i] = row.score_change[i];
    }
    printf("desk %u version %u status %u round %u done %u deals %u"
           " record %" PRIu64,
           r->records, rules->version, rules->status, rules->round, r->st.done,
           r->deals, r->st.record_id);
    print_list("uids", uids);
    print_list("scores", scores);
    print_list("saved", saved);
    n = store_desk_histories(r->store, &row, ids, rows);
    printf(" rounds-saved %u dismissed %d cards %" PRId64 " created %" PRId64
           " until %" PRId64 " closed %" PRId64 " first %" PRIu64
           " checkpoint %" PRIu64 " histories %d same %u\n",
           row.rounds_saved, row.dismissed_at != 0, row.cards, row.created_at,
           row.played_until, row.dismissed_at, r->first, r->checkpoint, n,
           count_same(r, rows, n));
}

static int
take(void *arg, struct str key, struct str val)
{
    static struct mahjong_events events;
    struct replay *r = arg;
    uint64_t desk = env_key_get_u64(key);
    struct journal_record record;
    struct desk_step step;

    if (desk != r->desk) {
        print_desk(r);
        buf_deinit(&r->history);
        *r = (struct replay){.store = r->store, .desk = desk};
    }
    if (r->why != NULL)
        return 0;
    r->seq = env_key_get_u64((struct str){key.data + 8, 8});
    if (r->records++ == 0) {
        r->first = r->seq;
        r->st.seq = r->seq - 1;
    }
    if (r->seq != r->st.seq + 1)
        r->why = "has a gap before it";
    if (r->why == NULL)
        r->why = journal_decode(&record, val);
    if (r->why == NULL)
        r->why = desk_state_replay(&r->st, &record, &step, &events);
    if (r->why == NULL && step.kind == DESK_CHECKPOINT)
        r->checkpoint = r->seq;
    if (r->why == NULL && step.kind == DESK_ACTION &&
        step.action.type == MAHJONG_DEAL)
        r->deals++;
    for (unsigned i = 0; r->why == NULL && i < events.count; i++)
        history_add(&r->history, &r->st.rules, &events.event[i], 0);
    return 0;
}

static int
take_user(void *arg, struct str key, struct str val)
{
    struct env *env = arg;
    uint64_t uid = env_key_get_u64(key);
    struct store_user user;

    (void) val;
    if (store_user_get(env, uid, &user) == 1)
        printf("user %" PRIu64 " %" PRId64 "\n", uid, user.cards);
    return 0;
}

/* A row may stay without a session, to remember a war of two devices. */
static int
count_session(void *arg, struct str key, struct str val)
{
    struct counted *counted = arg;
    struct shared_session row;

    (void) val;
    counted->n += shared_session_get(counted->env, env_key_get_u64(key),
                                     &row) == 1;
    return 0;
}

static void
print_left(struct env *shared, struct env *store)
{
    static const struct {
        const char *name;
        unsigned table;
    } tables[] = {{"seats", SHARED_SEATS},
                  {"desks", SHARED_DESKS},
                  {"journal", SHARED_JOURNAL},
                  {"slots", SHARED_SLOTS}};
    MDB_txn *txn = env_read_begin(shared);
    struct counted counted = {.env = shared};
    uint64_t rows = 0;

    env_walk(shared, txn, SHARED_SESSIONS, STR(""), MANY, count_session,
             &counted);
    printf("left sessions %u", counted.n);
    for (unsigned i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        env_rows(shared, txn, tables[i].table, &rows);
        printf(" %s %" PRIu64, tables[i].name, rows);
    }
    env_read_end(shared);
    txn = env_read_begin(store);
    env_rows(store, txn, STORE_OPEN_DESKS, &rows);
    env_read_end(store);
    printf(" open %" PRIu64 "\n", rows);
}

int
main(int argc, char **argv)
{
    static const unsigned journals[] = {SHARED_ASIDE, SHARED_JOURNAL};
    struct env shared, store;
    struct replay r = {.store = &store};
    struct log log;
    MDB_txn *txn;

    log_init(&log, LOG_NOTICE);
    if (argc != 3 || shared_open(&shared, argv[1], SIZE, &log) != 0 ||
        store_open(&store, argv[2], SIZE, false, &log) != 0)
        return 2;
    mahjong_tables_init();
    /* first: what is over by then is seen whole */
    print_left(&shared, &store);
    for (unsigned i = 0; i < 2; i++) {
        txn = env_read_begin(&shared);
        env_walk(&shared, txn, journals[i], STR(""), MANY, take, &r);
        env_read_end(&shared);
        print_desk(&r);
        buf_deinit(&r.history);
        r.desk = 0;
    }
    txn = env_read_begin(&store);
    env_walk(&store, txn, STORE_USERS, STR(""), MANY, take_user, &store);
    env_read_end(&store);
    env_close(&shared);
    env_close(&store);
    return 0;
}
