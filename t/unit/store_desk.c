/*
 * The operations of desks and clubs: each is done once however often and in
 * whatever order it is asked, cards go and come back exactly, and what
 * cannot be is refused.
 */
#include "desk_ops.h"

/* ---- the wire ---- */

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

/* ---- opening ---- */

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

/* ---- rounds ---- */

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

/* ---- closing ---- */

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

/* ---- a restart ---- */

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

/* ---- damage ---- */

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
    is_int(store_desk_record_get(&env, 1, &row), -1, "a bad record");
    is_int(commit_one(&env, round_op(1, 1, 1)).code, STORE_DATABASE,
           "a round for it");
    is_int(commit_one(&env, close_op(1, true)).code, STORE_DATABASE,
           "the end of it");
    is_int(cards_of(&env, 1), 7, "... moves no cards");
    damage(&env, STORE_OPEN_DESKS, 2);
    is_int(store_open_desk_get(&env, 2, &id), -1, "a bad open one");
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

/* ---- clubs ---- */

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

int
main(void)
{
    scratch_init(&scratch);
    test_wire();
    test_open();
    test_open_by_club();
    test_illegal();
    test_rounds();
    test_close();
    test_whole();
    test_restart();
    test_damage();
    test_clubs();
    scratch_deinit(&scratch);
    return tap_done();
}
