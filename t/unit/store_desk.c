/*
 * The operations of desks and clubs: each is done once however often and in
 * whatever order it is asked, cards go and come back exactly, and what
 * cannot be is refused.
 */
#include "game/store/op.h"

#include "game/store/clubs.h"
#include "game/store/days.h"
#include "game/store/online.h"
#include "game/store/records.h"
#include "game/store/records_sweep.h"
#include "game/store/shared.h"
#include "rows.h"
#include "scratch.h"
#include "tap.h"

enum { SIZE = 16 << 20, NUMBER = 123456, COST = 3, CLUB = 77 };

static const int64_t now = 1795355220000;

static struct scratch scratch;

static void
open_store(struct env *env, const char *path)
{
    if (store_open(env, path, SIZE, true, &scratch.log) != 0) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
}

static struct store_op
desk_op(enum store_kind kind, uint64_t desk, unsigned round)
{
    struct store_op op = {.kind = (uint8_t) kind, .time_ms = now};

    store_desk_op_id(op.id, desk, kind, round);
    return op;
}

static struct store_op
open_op(uint64_t desk, uint64_t creator, uint64_t club)
{
    struct store_op op = desk_op(STORE_OPEN_DESK, desk, 0);

    op.open_desk = (struct store_open_desk){
        .desk_uid = desk,
        .number = NUMBER,
        .creator = creator,
        .club = club,
        .mode = 4,
        .rounds = 8,
        .cards = COST,
        .created_at = now - 1000,
        .player = {creator, 902, UINT64_MAX, 904},
        .max_fan = 5,
        .flags = SHARED_DESK_PINGHU | SHARED_DESK_ZIMO_DI};
    for (unsigned i = 0; i < STORE_PLAYERS; i++) {
        struct store_face *face = &op.open_desk.face[i];

        snprintf(face->name, sizeof(face->name), "player %u", i);
        snprintf(face->head_url, sizeof(face->head_url), "http://%u", i);
        snprintf(face->ip, sizeof(face->ip), "10.0.0.%u", i);
        face->sex = (uint8_t) i;
    }
    return op;
}

static struct store_op
round_op(uint64_t desk, unsigned round, int32_t score)
{
    struct store_op op = desk_op(STORE_SAVE_ROUND, desk, round);

    op.save_round = (struct store_save_round){
        .desk_uid = desk,
        .round = (uint8_t) round,
        .last = round == 8,
        .score_change = {score, -score, INT32_MIN, INT32_MAX},
        .begin_at = now,
        .end_at = now + round,
        .round_change = {1, -1, (int32_t) round, 0},
        .events = {.blob = {(uint16_t) (10 + round)}}};
    memset(op.save_round.events.data, (int) round, 10 + round);
    return op;
}

static struct store_op
close_op(uint64_t desk, bool refund)
{
    struct store_op op = desk_op(STORE_CLOSE_DESK, desk, 0);

    op.time_ms = now + 5000;
    op.close_desk = (struct store_close_desk){desk, refund};
    return op;
}

static struct store_op
apply_op(uint64_t n, uint64_t uid, uint64_t club)
{
    struct store_op op = {.kind = STORE_APPLY_CLUB,
                          .time_ms = now + (int64_t) n,
                          .apply_club = {.uid = uid, .club = club}};

    memset(op.id, 0x5a, STORE_OP_ID);
    env_key_u64(op.id + 8, n);
    return op;
}

static struct store_result
commit_one(struct env *env, struct store_op op)
{
    struct store_result result = {0};

    store_commit(env, &op, &result, 1);
    return result;
}

static void
is_result(struct store_result result, int code, uint64_t uid, int64_t value,
          const char *name)
{
    ok(result.code == code && result.uid == uid && result.value == value,
       "%s: %d, uid %llu, value %lld", name, result.code,
       (unsigned long long) result.uid, (long long) result.value);
}

/* --- rows that no operation makes yet ----------------------------------- */

struct fixture {
    uint64_t uid;
    uint64_t club;
    int64_t cards;
    uint8_t status;
};

static int
put_user(struct env *env, MDB_txn *txn, void *arg)
{
    const struct fixture *f = arg;
    struct store_user user = {.name = "G", .cards = f->cards};

    return store_user_write(env, txn, f->uid, &user);
}

static int
put_club(struct env *env, MDB_txn *txn, void *arg)
{
    const struct fixture *f = arg;
    struct store_club club = {.name = "club",
                              .description = "of friends",
                              .owner = 1,
                              .balance = f->cards,
                              .max_member = 100,
                              .created_at = now};

    return store_club_write(env, txn, f->club, &club);
}

static int
put_member(struct env *env, MDB_txn *txn, void *arg)
{
    const struct fixture *f = arg;
    struct store_member member = {.status = f->status, .since = now};

    return store_member_write(env, txn, f->club, f->uid, &member);
}

static void
user(struct env *env, uint64_t uid, int64_t cards)
{
    struct fixture f = {.uid = uid, .cards = cards};

    env_write(env, put_user, &f);
}

static void
club(struct env *env, uint64_t id, int64_t balance)
{
    struct fixture f = {.club = id, .cards = balance};

    env_write(env, put_club, &f);
}

static int64_t
cards_of(struct env *env, uint64_t uid)
{
    struct store_user row;

    return store_user_get(env, uid, &row) == 1 ? row.cards : INT64_MIN;
}

static int64_t
balance_of(struct env *env, uint64_t id)
{
    struct store_club row;

    return store_club_get(env, id, &row) == 1 ? row.balance : INT64_MIN;
}

static struct store_desk_record
record_of(struct env *env, uint64_t id)
{
    struct store_desk_record row;

    if (store_desk_record_get(env, id, &row) != 1)
        memset(&row, 0, sizeof(row));
    return row;
}

static bool
is_open(struct env *env, uint64_t desk)
{
    uint64_t id;

    return store_open_desk_get(env, desk, &id) == 1;
}

/* --- the wire ----------------------------------------------------------- */

static bool
is_same(const struct store_op *a, const struct store_op *b)
{
    const struct store_open_desk *o = &a->open_desk, *p = &b->open_desk;
    const struct store_save_round *r = &a->save_round, *s = &b->save_round;

    if (a->kind != b->kind || a->time_ms != b->time_ms ||
        memcmp(a->id, b->id, STORE_OP_ID) != 0)
        return false;
    switch (a->kind) {
    case STORE_OPEN_DESK:
        return o->desk_uid == p->desk_uid && o->number == p->number &&
               o->creator == p->creator && o->club == p->club &&
               o->mode == p->mode && o->rounds == p->rounds &&
               o->cards == p->cards && o->created_at == p->created_at &&
               memcmp(o->player, p->player, sizeof(o->player)) == 0 &&
               o->max_fan == p->max_fan && o->flags == p->flags &&
               memcmp(o->face, p->face, sizeof(o->face)) == 0;
    case STORE_SAVE_ROUND:
        return r->desk_uid == s->desk_uid && r->round == s->round &&
               r->last == s->last && r->begin_at == s->begin_at &&
               r->end_at == s->end_at &&
               memcmp(r->score_change, s->score_change,
                      sizeof(r->score_change)) == 0 &&
               memcmp(r->round_change, s->round_change,
                      sizeof(r->round_change)) == 0 &&
               r->events.blob.len == s->events.blob.len &&
               memcmp(r->events.data, s->events.data, r->events.blob.len) == 0;
    case STORE_CLOSE_DESK:
        return a->close_desk.desk_uid == b->close_desk.desk_uid &&
               a->close_desk.refund == b->close_desk.refund;
    default:
        return a->apply_club.uid == b->apply_club.uid &&
               a->apply_club.club == b->apply_club.club;
    }
}

/* Each byte of an op set to each value: taken or not, never worse; what is
 * taken comes back the same. */
static unsigned
spoil(struct buf *out)
{
    struct store_op op, again;
    struct buf second = {0};
    unsigned wrong = 0;

    for (size_t i = 0; i < out->len; i++) {
        uint8_t was = out->data[i];

        for (unsigned v = 0; v < 256; v++) {
            out->data[i] = (uint8_t) v;
            if (store_op_decode(&op, buf_str(out)) != NULL)
                continue;
            second.len = 0;
            store_op_encode(&second, &op);
            wrong += store_op_decode(&again, buf_str(&second)) != NULL;
        }
        out->data[i] = was;
    }
    buf_deinit(&second);
    return wrong;
}

static void
test_wire(void)
{
    const struct store_op ops[] = {open_op(UINT64_MAX, 1, 2),
                                   round_op(5, 8, 12), close_op(5, true),
                                   close_op(5, false), apply_op(1, 2, 3)};
    static const char *const names[] = {
        "open desk", "save round", "close desk", "close desk", "apply club"};
    struct store_op back;
    struct buf out = {0};
    uint8_t id[STORE_OP_ID];

    for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
        unsigned taken = 0;

        out.len = 0;
        store_op_encode(&out, &ops[i]);
        is_str(store_kind_name(ops[i].kind), names[i], "the kind's name");
        ok(store_kind_is_awaited(ops[i].kind), "... it is awaited");
        ok(store_op_decode(&back, buf_str(&out)) == NULL &&
               is_same(&back, &ops[i]),
           "... all of it comes back");
        for (size_t len = 0; len < out.len; len++) {
            struct str cut = {(const char *) out.data, len};

            taken += store_op_decode(&back, cut) == NULL;
        }
        is_int(taken, 0, "... and is not taken when cut");
        is_int(spoil(&out), 0, "... nor misread when spoiled");
    }
    buf_deinit(&out);
    store_desk_op_id(id, UINT64_C(0x0102030405060708), STORE_SAVE_ROUND, 9);
    ok(memcmp(id, "\1\2\3\4\5\6\7\10\0\0\0\5\0\0\0\11", STORE_OP_ID) == 0,
       "the id of a desk's operation: desk, kind, round");
}

/* --- opening ------------------------------------------------------------ */

static void
test_open(void)
{
    struct env env;
    struct store_desk_record row;
    struct store_op op = open_op(1001, 1, 0), twice[2];
    struct store_result results[2];
    uint64_t id = 0;

    open_store(&env, scratch_folder(&scratch, "open"));
    user(&env, 1, 10);
    memset(op.open_desk.face[0].head_url, 'u', STORE_URL - 1);
    is_int(store_open_desk_get(&env, 1001, &id), 0, "no desk at first");
    is_result(commit_one(&env, op), STORE_OK, 1, 7, "the creator pays");
    row = record_of(&env, 1);
    ok(row.desk_uid == 1001 && row.number == NUMBER && row.creator == 1 &&
           row.club == 0 && row.mode == 4 && row.rounds == 8 &&
           row.cards == COST && row.created_at == now - 1000 &&
           row.dismissed_at == 0 && row.rounds_saved == 0 && !row.refunded &&
           row.player[0] == 1 && row.player[1] == 902 &&
           row.player[2] == UINT64_MAX && row.player[3] == 904 &&
           row.score_change[2] == 0 && row.max_fan == 5 &&
           row.flags == op.open_desk.flags &&
           strcmp(row.face[3].name, "player 3") == 0 &&
           strcmp(row.face[0].head_url, op.open_desk.face[0].head_url) == 0 &&
           strcmp(row.face[1].ip, "10.0.0.1") == 0 && row.face[2].sex == 2 &&
           row.history[0] == 0,
       "what the record says");
    ok(store_open_desk_get(&env, 1001, &id) == 1 && id == 1,
       "the desk finds it");
    is_result(commit_one(&env, op), STORE_OK, 1, 7, "the same again");
    is_int(cards_of(&env, 1), 7, "... takes nothing");
    memset(op.id, 7, STORE_OP_ID);
    is_result(commit_one(&env, op), STORE_OK, 1, 7,
              "the same desk by another op, as after 48 h");
    is_int(cards_of(&env, 1), 7, "... takes nothing");
    is_int(rows_of(&env, STORE_DESKS), 1, "... and is one record");

    twice[0] = twice[1] = open_op(1002, 1, 0);
    store_commit(&env, twice, results, 2);
    is_result(results[0], STORE_OK, 2, 4, "twice in one commit");
    is_result(results[1], STORE_OK, 2, 4, "... has one answer");
    is_result(commit_one(&env, open_op(1003, 1, 0)), STORE_OK, 3, 1,
              "another desk, with less than enough left");
    is_result(commit_one(&env, open_op(1004, 1, 0)), STORE_OK, 4, -2,
              "nobody is refused: below zero");
    is_int(cards_of(&env, 1), -2, "... it stays there");
    op = open_op(1005, 1, 0);
    op.open_desk.cards = 0;
    is_result(commit_one(&env, op), STORE_OK, 5, -2, "for nothing");

    is_result(commit_one(&env, open_op(1006, 500, 0)), STORE_OK, 6, 0,
              "who has no row pays nothing");
    row = record_of(&env, 6);
    ok(row.creator == 500 && row.cards == 0, "... the record says so");
    is_int(rows_of(&env, STORE_USERS), 1, "... and none is made");
    is_int(rows_of(&env, STORE_OPEN_DESKS), 6, "six are open");
    env_close(&env);
}

static void
test_open_by_club(void)
{
    struct env env;

    open_store(&env, scratch_folder(&scratch, "club"));
    user(&env, 1, 10);
    club(&env, CLUB, 4);
    is_result(commit_one(&env, open_op(1, 1, CLUB)), STORE_OK, 1, 1,
              "the club pays");
    is_result(commit_one(&env, open_op(2, 1, CLUB)), STORE_OK, 2, -2,
              "... also below zero");
    is_result(commit_one(&env, open_op(3, 1, CLUB + 1)), STORE_OK, 3, 0,
              "a club that is gone pays nothing");
    ok(record_of(&env, 2).cards == COST && record_of(&env, 2).club == CLUB &&
           record_of(&env, 3).cards == 0 &&
           record_of(&env, 3).club == CLUB + 1,
       "the records say who and how much");
    is_int(cards_of(&env, 1), 10, "the creator keeps his cards");
    is_result(commit_one(&env, close_op(2, true)), STORE_OK, 0, 1,
              "the club gets them back: its balance, nobody's uid");
    is_int(balance_of(&env, CLUB), 1, "... in its row");
    ok(record_of(&env, 2).refunded, "... the record says so");
    is_result(commit_one(&env, close_op(3, true)), STORE_OK, 0, 0,
              "one that paid nothing gets nothing");
    ok(!record_of(&env, 3).refunded && !is_open(&env, 3), "... it is closed");
    env_close(&env);
}

static void
test_illegal(void)
{
    struct env env;
    struct store_op op;

    open_store(&env, scratch_folder(&scratch, "illegal"));
    user(&env, 1, 10);
    op = open_op(1, 1, 0);
    op.open_desk.cards = -1;
    is_int(commit_one(&env, op).code, STORE_ILLEGAL, "cards below zero");
    op = open_op(2, 1, 0);
    op.open_desk.cards = INT64_MAX;
    is_int(commit_one(&env, op).code, STORE_ILLEGAL, "all cards there are");
    is_int(commit_one(&env, open_op(0, 1, 0)).code, STORE_ILLEGAL, "no desk");
    is_int(commit_one(&env, open_op(3, 0, 0)).code, STORE_ILLEGAL,
           "no creator");
    is_int(commit_one(&env, round_op(4, 0, 1)).code, STORE_ILLEGAL,
           "no round");
    is_int(commit_one(&env, round_op(4, STORE_ROUNDS + 1, 1)).code,
           STORE_ILLEGAL, "more rounds than there are");
    is_int(commit_one(&env, apply_op(1, 0, CLUB)).code, STORE_ILLEGAL,
           "nobody applies");
    op = open_op(5, 1, 0);
    commit_one(&env, op);
    op.kind = STORE_CLOSE_DESK;
    op.close_desk = (struct store_close_desk){5, true};
    is_int(commit_one(&env, op).code, STORE_ILLEGAL,
           "the op id of another kind");
    ok(is_open(&env, 5) && cards_of(&env, 1) == 7, "... changes nothing");
    user(&env, 2, INT64_MIN);
    is_int(commit_one(&env, open_op(6, 2, 0)).code, STORE_DATABASE,
           "a balance that cannot be");
    is_int(rows_of(&env, STORE_DESKS), 1, "... no record");
    env_close(&env);
}

/* --- rounds ------------------------------------------------------------- */

static void
test_rounds(void)
{
    struct env env;
    struct store_desk_record row;
    struct store_op ops[3];
    struct store_result results[3];

    open_store(&env, scratch_folder(&scratch, "rounds"));
    user(&env, 1, 10);
    is_result(commit_one(&env, round_op(9, 1, 5)), STORE_OK, 0, 0,
              "a round of no desk");
    commit_one(&env, open_op(1, 1, 0));
    is_result(commit_one(&env, round_op(1, 1, 5)), STORE_OK, 1, 1,
              "the first round");
    row = record_of(&env, 1);
    ok(row.rounds_saved == 1 && row.score_change[0] == 5 &&
           row.score_change[1] == -5 && row.score_change[2] == INT32_MIN &&
           row.score_change[3] == INT32_MAX && row.played_until == now + 1 &&
           !row.is_complete && row.player[3] == 904 && row.cards == COST,
       "... is in the record, with the rest");
    is_result(commit_one(&env, round_op(1, 3, 9)), STORE_OK, 1, 3,
              "the third before the second");
    is_result(commit_one(&env, round_op(1, 2, 7)), STORE_OK, 1, 3,
              "... which is late");
    is_int(record_of(&env, 1).score_change[0], 9, "... and changes nothing");
    is_result(commit_one(&env, round_op(1, 1, 99)), STORE_OK, 1, 1,
              "the first again has its answer");
    is_int(record_of(&env, 1).score_change[0], 9, "... and is not done again");
    ops[0] = round_op(1, 5, 11);
    ops[1] = round_op(1, 4, 10);
    ops[2] = round_op(1, 5, 12);
    store_commit(&env, ops, results, 3);
    ok(results[0].value == 5 && results[1].value == 5 && results[2].value == 5,
       "in one commit too");
    is_int(record_of(&env, 1).score_change[0], 11, "... the first to say it");
    commit_one(&env, round_op(1, 8, 20));
    ok(record_of(&env, 1).is_complete, "the last round");
    env_close(&env);
}

/* --- histories ---------------------------------------------------------- */

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

/* --- days --------------------------------------------------------------- */

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

/* --- closing ------------------------------------------------------------ */

static void
test_close(void)
{
    struct env env;
    struct store_op op;
    struct store_desk_record row;

    open_store(&env, scratch_folder(&scratch, "close"));
    user(&env, 1, 10);
    commit_one(&env, open_op(1, 1, 0));
    is_result(commit_one(&env, close_op(1, true)), STORE_OK, 1, 10,
              "without a round the cards go back");
    row = record_of(&env, 1);
    ok(row.refunded && row.dismissed_at == now + 5000 && row.cards == COST,
       "... the record says so");
    ok(!is_open(&env, 1), "... and is open no more");
    is_result(commit_one(&env, close_op(1, true)), STORE_OK, 1, 10,
              "the same again");
    op = close_op(1, true);
    memset(op.id, 7, STORE_OP_ID);
    is_result(commit_one(&env, op), STORE_OK, 0, 0, "by another op");
    is_int(cards_of(&env, 1), 10, "... they went back once");
    is_result(commit_one(&env, round_op(1, 1, 3)), STORE_OK, 0, 0,
              "a round that comes behind the end");
    is_int(record_of(&env, 1).rounds_saved, 0, "... is not saved");

    commit_one(&env, open_op(2, 1, 0));
    is_result(commit_one(&env, close_op(2, false)), STORE_OK, 0, 0,
              "without refund");
    ok(cards_of(&env, 1) == 7 && !record_of(&env, 2).refunded &&
           record_of(&env, 2).dismissed_at != 0,
       "... they are gone");
    commit_one(&env, open_op(3, 1, 0));
    commit_one(&env, round_op(3, 1, 3));
    is_result(commit_one(&env, close_op(3, true)), STORE_OK, 0, 0,
              "after a round");
    ok(cards_of(&env, 1) == 4 && !record_of(&env, 3).refunded &&
           !is_open(&env, 3),
       "... too");
    user(&env, 1, -1);
    commit_one(&env, open_op(4, 1, 0));
    is_int(commit_one(&env, close_op(4, true)).value, -1,
           "back from below zero");
    commit_one(&env, open_op(5, 500, 0));
    user(&env, 500, 6);
    is_result(commit_one(&env, close_op(5, true)), STORE_OK, 0, 0,
              "who came to have a row meanwhile");
    is_int(cards_of(&env, 500), 6, "... gets nothing that he did not pay");

    is_result(commit_one(&env, close_op(6, true)), STORE_OK, 0, 0,
              "a desk without a record");
    is_result(commit_one(&env, open_op(6, 1, 0)), STORE_OK, 0, 0,
              "that is opened behind its end");
    ok(!is_open(&env, 6) && cards_of(&env, 1) == -1 &&
           rows_of(&env, STORE_DESKS) == 5,
       "... takes nothing and has none");
    is_int(rows_of(&env, STORE_OPEN_DESKS), 0, "nothing is open");
    env_close(&env);
}

/* All of it in one commit, as when a store process comes late. */
static void
test_whole(void)
{
    struct env env;
    struct store_op ops[] = {open_op(1, 1, 0),   round_op(1, 1, 4),
                             close_op(1, true),  open_op(2, 1, 0),
                             close_op(2, true),  open_op(1, 1, 0),
                             round_op(1, 1, 4),  close_op(1, true),
                             close_op(2, false), open_op(2, 1, 0)};
    struct store_result results[10];

    open_store(&env, scratch_folder(&scratch, "whole"));
    user(&env, 1, 10);
    is_int(store_commit(&env, ops, results, 10), 0, "two desks in one commit");
    is_result(results[0], STORE_OK, 1, 7, "... the first");
    is_result(results[4], STORE_OK, 1, 7, "... the second, for nothing");
    for (unsigned i = 5; i < 8; i++)
        is_result(results[i], STORE_OK, results[i - 5].uid,
                  results[i - 5].value, "... and again");
    is_result(results[8], STORE_OK, 1, 7, "... another wish by the same id");
    is_int(cards_of(&env, 1), 7, "the sum");
    env_close(&env);
}

/* --- a restart ---------------------------------------------------------- */

static void
test_restart(void)
{
    const char *path = scratch_folder(&scratch, "restart");
    struct env env;

    open_store(&env, path);
    user(&env, 1, 10);
    commit_one(&env, open_op(1, 1, 0));
    commit_one(&env, open_op(2, 1, 0));
    commit_one(&env, close_op(2, true));
    env_close(&env);
    open_store(&env, path);
    is_result(commit_one(&env, open_op(1, 1, 0)), STORE_OK, 1, 7,
              "asked again after a restart");
    is_result(commit_one(&env, close_op(2, true)), STORE_OK, 1, 7,
              "... and an end");
    is_result(commit_one(&env, open_op(3, 1, 0)), STORE_OK, 3, 4, "ids go on");
    is_result(commit_one(&env, round_op(1, 1, 2)), STORE_OK, 1, 1,
              "so does the desk");
    env_close(&env);
}

/* --- damage ------------------------------------------------------------- */

struct raw {
    unsigned table;
    uint64_t key;
    struct str val;
};

static int
put_raw(struct env *env, MDB_txn *txn, void *arg)
{
    const struct raw *raw = arg;
    uint8_t key[8];

    return env_put(env, txn, raw->table, env_key_u64(key, raw->key), raw->val);
}

static void
damage(struct env *env, unsigned table, uint64_t key)
{
    struct raw raw = {table, key, STR("\x92\x01\xc1")};

    env_write(env, put_raw, &raw);
}

static void
test_damage(void)
{
    struct env env;
    struct store_desk_record row;
    uint64_t id;

    open_store(&env, scratch_folder(&scratch, "damage"));
    for (uint64_t i = 1; i <= 6; i++)
        user(&env, i, 10), commit_one(&env, open_op(i, i, 0));
    damage(&env, STORE_DESKS, 1);
    is_int(store_desk_record_get(&env, 1, &row), 0, "a bad record is none");
    is_int(commit_one(&env, round_op(1, 1, 1)).code, STORE_DATABASE,
           "a round for it");
    is_int(commit_one(&env, close_op(1, true)).code, STORE_DATABASE,
           "the end of it");
    is_int(cards_of(&env, 1), 7, "... moves no cards");
    damage(&env, STORE_OPEN_DESKS, 2);
    is_int(store_open_desk_get(&env, 2, &id), 0, "a bad open one is none");
    is_int(commit_one(&env, round_op(2, 1, 1)).code, STORE_DATABASE,
           "a round for it");
    damage(&env, STORE_USERS, 3);
    is_int(commit_one(&env, close_op(3, true)).code, STORE_DATABASE,
           "who should get cards back cannot be read");
    ok(is_open(&env, 3) && !record_of(&env, 3).refunded,
       "... it stays open, to be asked again");
    user(&env, 3, 1);
    is_result(commit_one(&env, close_op(3, true)), STORE_OK, 3, 4,
              "... until he can be");
    damage(&env, STORE_USERS, 4);
    is_int(commit_one(&env, open_op(14, 4, 0)).code, STORE_DATABASE,
           "who should pay cannot be read");
    damage(&env, STORE_CLUBS, CLUB);
    is_int(commit_one(&env, open_op(15, 5, CLUB)).code, STORE_DATABASE,
           "nor the club");
    is_int(commit_one(&env, apply_op(1, 5, CLUB)).code, STORE_DATABASE,
           "nor for who applies");
    is_int(rows_of(&env, STORE_DESKS), 6, "no record of these");
    env_close(&env);
}

/* --- clubs -------------------------------------------------------------- */

static void
test_clubs(void)
{
    struct env env;
    struct fixture f = {.uid = 3, .club = CLUB, .status = STORE_MEMBER};
    struct store_member row;
    struct store_club club_row;

    open_store(&env, scratch_folder(&scratch, "apply"));
    is_result(commit_one(&env, apply_op(1, 2, CLUB)), STORE_NO_CLUB, 0, 0,
              "no such club");
    is_int(rows_of(&env, STORE_MEMBERS), 0, "... makes nobody a member");
    is_int(store_club_get(&env, CLUB, &club_row), 0, "... nor the club");
    club(&env, CLUB, 0);
    ok(store_club_get(&env, CLUB, &club_row) == 1 && club_row.owner == 1 &&
           strcmp(club_row.description, "of friends") == 0 &&
           club_row.max_member == 100 && club_row.created_at == now,
       "a club");
    is_int(store_member_get(&env, CLUB, 2, &row), 0, "he is no member");
    is_result(commit_one(&env, apply_op(2, 2, CLUB)), STORE_OK, 2,
              STORE_MEMBER_APPLIED, "he applies");
    ok(store_member_get(&env, CLUB, 2, &row) == 1 &&
           row.status == STORE_MEMBER_APPLIED && row.since == now + 2,
       "... and waits");
    is_result(commit_one(&env, apply_op(2, 2, CLUB)), STORE_OK, 2,
              STORE_MEMBER_APPLIED, "the same again");
    is_result(commit_one(&env, apply_op(3, 2, CLUB)), STORE_OK, 2,
              STORE_MEMBER_APPLIED, "he applies again");
    store_member_get(&env, CLUB, 2, &row);
    is_int(row.since, now + 2, "... and waits since the first time");
    env_write(&env, put_member, &f);
    is_result(commit_one(&env, apply_op(4, 3, CLUB)), STORE_OK, 3,
              STORE_MEMBER, "a member applies");
    ok(store_member_get(&env, CLUB, 3, &row) == 1 &&
           row.status == STORE_MEMBER,
       "... and stays one");
    is_result(commit_one(&env, apply_op(1, 2, CLUB)), STORE_NO_CLUB, 0, 0,
              "an answer that there is no club is kept too");
    is_int(rows_of(&env, STORE_MEMBERS), 2, "two in all");
    env_close(&env);
}

/* --- what the store process does by itself ------------------------------ */

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

/* --- a store of an earlier version -------------------------------------- */

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
    test_wire();
    test_open();
    test_open_by_club();
    test_illegal();
    test_rounds();
    test_histories();
    test_player_desks();
    test_days();
    test_close();
    test_whole();
    test_restart();
    test_damage();
    test_clubs();
    test_sweep();
    test_sweep_of_damage();
    test_online();
    test_old_store();
    scratch_deinit(&scratch);
    return tap_done();
}
