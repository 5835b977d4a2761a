/*
 * Directed tests of the desk around its rounds: seats, states, que, votes,
 * time-outs.  Each has the words of sparrow-rules(7); "(fixed)" where the
 * original was wrong.  Play is in desk_play.c, ends are in desk_end.c, views
 * and bytes in desk_bytes.c.
 */
#include "desk_table.h"

#define WAITS_A  "123456789t 45o 77o"
#define DROPS_3O "3o 123456789w 1122w"

static struct table t;

static enum mahjong_violation
open_with(struct mahjong_options options, unsigned rounds, int64_t uid)
{
    struct mahjong_action action = {.type = MAHJONG_OPEN,
                                    .version = MAHJONG_VERSION,
                                    .options = options,
                                    .rounds = (uint8_t) rounds,
                                    .uid = uid};

    memset(&t, 0, sizeof(t));
    return act(&t, action);
}

static enum mahjong_violation
sit(int64_t uid)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_SIT, .uid = uid});
}

static void
test_options(void)
{
    struct mahjong_options good = {.mode = 4, .max_fan = 3}, o;

    is_int(open_with(good, 8, 1), MAHJONG_OK, "a desk opens");
    ok(t.desk.options.rules & RULE_PINGHU, "four players: pinghu is on");
    is_int(act(&t, (struct mahjong_action){.type = MAHJONG_OPEN}),
           MAHJONG_NOT_NOW, "not twice");
    for (unsigned version = 0; version <= MAHJONG_VERSION + 1; version++) {
        struct mahjong_action open = {.type = MAHJONG_OPEN,
                                      .version = version,
                                      .options = good,
                                      .rounds = 4,
                                      .uid = 1};
        bool known = version >= MAHJONG_VERSION_1 &&
                     version <= MAHJONG_VERSION;

        memset(&t, 0, sizeof(t));
        is_int(act(&t, open), known ? MAHJONG_OK : MAHJONG_BAD_VALUE,
               "version %u of the rules", version);
        is_int(t.desk.version, known ? version : 0, "the desk has it");
    }
    for (unsigned rounds = 0; rounds < 20; rounds++) {
        bool known = rounds == 1 || rounds == 4 || rounds == 8 || rounds == 16;

        is_int(open_with(good, rounds, 1),
               known ? MAHJONG_OK : MAHJONG_BAD_VALUE, "%u rounds", rounds);
    }
    for (unsigned mode = 0; mode < 6; mode++) {
        o = good;
        o.mode = (uint8_t) mode;
        is_int(open_with(o, 4, 1),
               mode == 3 || mode == 4 ? MAHJONG_OK : MAHJONG_BAD_VALUE,
               "mode %u", mode);
    }
    o = good;
    o.mode = 3;
    open_with(o, 4, 1);
    is_int(t.desk.options.rules, 0, "three players: pinghu as chosen");
    for (unsigned fan = 0; fan < 19; fan++) {
        o = good;
        o.max_fan = (uint8_t) fan;
        is_int(open_with(o, 4, 1),
               fan >= 1 && fan <= 16 ? MAHJONG_OK : MAHJONG_BAD_VALUE,
               "(fixed) maxFan %u", fan);
    }
    o = good;
    o.zimo = 2;
    is_int(open_with(o, 4, 1), MAHJONG_BAD_VALUE, "(fixed) zimo is checked");
    o = good;
    o.rules = 64;
    is_int(open_with(o, 4, 1), MAHJONG_BAD_VALUE, "an unknown switch");
    is_int(open_with(good, 4, 0), MAHJONG_BAD_VALUE, "nobody's desk");
    ok(t.desk.seats == 0 && t.events.count == 0, "nothing has happened");
    is_int(sit(2), MAHJONG_NOT_NOW, "an empty desk takes nobody");
}

static void
test_seats(void)
{
    struct mahjong_desk fresh;

    open_with((struct mahjong_options){.mode = 4, .max_fan = 3}, 4, 11);
    is_int(t.desk.seat[0].uid, 11, "the creator has seat 0");
    is_int(t.desk.seat[0].score, 1000, "scores start at 1000");
    is_int(sit(11), MAHJONG_SEATED, "not twice");
    sit(12);
    sit(13);
    ok(t.desk.seat[1].uid == 12 && t.desk.seat[2].uid == 13,
       "players sit in order of joining");
    seat_act(&t, MAHJONG_READY, 1);
    seat_act(&t, MAHJONG_READY, 2);
    is_int(seat_act(&t, MAHJONG_LEAVE, 1), MAHJONG_OK, "one leaves");
    ok(event(&t, MAHJONG_EV_LEFT, 0)->left.ready &&
           event(&t, MAHJONG_EV_LEFT, 0)->left.uid == 12,
       "it is told who, and that he was ready");
    is_int(t.desk.seat[1].uid, 13, "the later ones move up");
    is_int(t.desk.ready, 2, "his ready is cleared, theirs moves with them");
    is_int(sit(12), MAHJONG_OK, "he may come back");
    is_int(t.desk.seat[2].uid, 12, "as the last");
    is_int(t.desk.ready, 2, "and is not ready");
    seat_act(&t, MAHJONG_LEAVE, 2);
    seat_act(&t, MAHJONG_LEAVE, 1);
    fresh = t.desk;
    open_with((struct mahjong_options){.mode = 4, .max_fan = 3}, 4, 11);
    ok(memcmp(&fresh, &t.desk, sizeof(fresh)) == 0,
       "leaving leaves nothing behind");
    sit(12);
    sit(13);
    sit(14);
    is_int(sit(15), MAHJONG_FULL, "four seats");
    is_int(sit(-5), MAHJONG_BAD_VALUE, "no uid");
    is_int(seat_act(&t, MAHJONG_READY, 4), MAHJONG_NO_SEAT, "no seat 4");
    is_int(seat_act(&t, MAHJONG_LEAVE, 0), MAHJONG_OK, "the creator leaves");
    ok(event(&t, MAHJONG_EV_LEFT, 0)->left.creator &&
           events(&t, MAHJONG_EV_DESTROYED) == 1 &&
           t.desk.status == MAHJONG_DESTROYED,
       "that destroys the desk");
    is_int(sit(16), MAHJONG_NOT_NOW, "nobody sits at a destroyed desk");
}

static void
test_ready(void)
{
    open_with((struct mahjong_options){.mode = 3, .max_fan = 3}, 4, 11);
    seat_act(&t, MAHJONG_READY, 0);
    is_int(events(&t, MAHJONG_EV_ALL_READY), 0, "two seats are free");
    sit(12);
    sit(13);
    seat_act(&t, MAHJONG_READY, 1);
    is_int(seat_act(&t, MAHJONG_OFFLINE, 2), MAHJONG_OK, "one drops");
    is_int(seat_act(&t, MAHJONG_READY, 2), MAHJONG_OK,
           "offline players may be ready");
    is_int(events(&t, MAHJONG_EV_ALL_READY), 1, "all are: a round is due");
    is_int(seat_act(&t, MAHJONG_READY, 2), MAHJONG_OK, "ready again");
    is_int(events(&t, MAHJONG_EV_ALL_READY), 0, "it is not due twice");
    is_int(t.desk.status, MAHJONG_CREATED, "it waits for a wall");
    is_int(seat_act(&t, MAHJONG_LEAVE, 1), MAHJONG_NOT_NOW,
           "nobody leaves any more");
    is_int(seat_act(&t, MAHJONG_LEAVE, 0), MAHJONG_OK, "but the creator");
    ok(t.desk.status == MAHJONG_DESTROYED && t.desk.ready == 7,
       "the desk is no more, and all were ready");
}

static void
test_deal(void)
{
    struct setup s = {.mode = 3, .banker = 1};
    const struct mahjong_event *e;
    struct mahjong_action deal;

    open_table(&t, &s);
    make_wall(&t, &s);
    deal = t.deal;
    deal = (struct mahjong_action){
        .type = MAHJONG_DEAL, .dice = {1, 6}, .banker = 1, .wall_len = 72};
    memcpy(deal.wall, t.deal.wall, 72);
    is_int(act(&t, deal), MAHJONG_NOT_NOW, "not before all are ready");
    for (unsigned i = 0; i < 3; i++)
        seat_act(&t, MAHJONG_READY, i);
    deal.dice[1] = 7;
    is_int(act(&t, deal), MAHJONG_BAD_VALUE, "a die has six faces");
    deal.dice[1] = 6;
    deal.banker = 3;
    is_int(act(&t, deal), MAHJONG_BAD_VALUE, "no banker there");
    deal.banker = 1;
    deal.wall[70] = deal.wall[71];
    is_int(act(&t, deal), MAHJONG_BAD_VALUE, "a tile twice");
    deal.wall[70] = 72;
    is_int(act(&t, deal), MAHJONG_BAD_VALUE, "a tile of four players");
    deal.wall[70] = t.deal.wall[70];
    deal.wall_len = 71;
    is_int(act(&t, deal), MAHJONG_BAD_VALUE, "a tile too few");
    deal.wall_len = 72;
    is_int(act(&t, deal), MAHJONG_OK, "dealt");
    is_int(t.desk.status, MAHJONG_DEALING, "dealing");
    e = event(&t, MAHJONG_EV_DEAL, 0);
    ok(memcmp(e->deal.hand[2], deal.wall + 26, 13) == 0 &&
           e->deal.hand_len[2] == 13,
       "seat i has wall[13i..13i+12]");
    ok(e->deal.hand_len[1] == 14 && e->deal.hand[1][13] == deal.wall[39],
       "the banker's 14th is wall[13n], the last in hand order");
    is_int(seat_act(&t, MAHJONG_READY, 0), MAHJONG_NOT_NOW,
           "ready outside created and cleaned changes nothing");
    is_int(seat_act(&t, MAHJONG_LEAVE, 2), MAHJONG_NOT_NOW, "nobody leaves");
    is_int(sit(99), MAHJONG_NOT_NOW, "nobody joins");
    is_int(choose(&t, 1, MAHJONG_DISCARD, deal.wall[39]), MAHJONG_NOT_NOW,
           "nobody plays");
    is_int(seat_act(&t, MAHJONG_SORT, 0), MAHJONG_OK, "sorted");
    is_int(seat_act(&t, MAHJONG_SORT, 0), MAHJONG_AGAIN, "once");
    seat_act(&t, MAHJONG_SORT, 1);
    seat_act(&t, MAHJONG_SORT, 2);
    is_int(t.desk.status, MAHJONG_PLAYING, "three players have no que");
    is_int(t.desk.wall_next, 40, "draws go on from there");
    is_int(seat_act(&t, MAHJONG_SORT, 0), MAHJONG_NOT_NOW,
           "outside dealing ignored");
    is_int(act(&t, (struct mahjong_action){.type = MAHJONG_QUE, .que = 1}),
           MAHJONG_NOT_NOW, "no que");
}

static enum mahjong_violation
name_que(unsigned seat, unsigned que)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_QUE,
                                           .seat = (uint8_t) seat,
                                           .que = (uint8_t) que});
}

static void
test_que(void)
{
    struct setup s = {.hand = {"12345t 12345o 1234w", "1234t 12345o 1234w",
                               "123456t 1234567o", NULL}};

    open_table(&t, &s);
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_READY, i);
    t.deal = (struct mahjong_action){.type = MAHJONG_DEAL, .dice = {1, 6}};
    make_wall(&t, &s);
    act(&t, t.deal);
    is_int(name_que(0, 1), MAHJONG_NOT_NOW, "(fixed) not while dealing");
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_SORT, i);
    is_int(t.desk.status, MAHJONG_SORTED, "sorted");
    is_int(events(&t, MAHJONG_EV_QUE_HINT), 4, "each has a suggestion");
    is_int(event(&t, MAHJONG_EV_QUE_HINT, 0)->que[0], 3,
           "(fixed) the suit with the fewest tiles");
    is_int(event(&t, MAHJONG_EV_QUE_HINT, 1)->que[1], 1, "lowest on a tie");
    is_int(event(&t, MAHJONG_EV_QUE_HINT, 2)->que[2], 3, "none is fewest");
    is_int(event(&t, MAHJONG_EV_QUE_HINT, 2)->to, 2, "for him alone");
    is_int(name_que(0, 0), MAHJONG_BAD_VALUE, "(fixed) no que 0");
    is_int(name_que(0, 4), MAHJONG_BAD_VALUE, "(fixed) no que 4");
    is_int(name_que(0, 1), MAHJONG_OK, "a choice");
    is_int(name_que(0, 2), MAHJONG_OK, "a second before all replaces it");
    is_int(t.events.count, 0, "nobody hears of it");
    name_que(1, 3);
    name_que(2, 3);
    is_int(name_que(3, 3), MAHJONG_OK, "all have chosen");
    is_int(event(&t, MAHJONG_EV_QUE, 0)->que[0], 2, "the second counts");
    is_int(t.desk.status, MAHJONG_PLAYING, "play starts");
    is_int(name_que(0, 1), MAHJONG_NOT_NOW, "(fixed) later ones are refused");
}

/* Dissolving */

static enum mahjong_violation
dissolve(unsigned seat, int64_t now_ms)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_DISSOLVE,
                                           .seat = (uint8_t) seat,
                                           .now_ms = now_ms});
}

static enum mahjong_violation
vote(unsigned seat, bool consent, int64_t now_ms)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_VOTE,
                                           .seat = (uint8_t) seat,
                                           .consent = consent,
                                           .now_ms = now_ms});
}

static enum mahjong_violation
vote_timeout(int64_t now_ms)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_VOTE_TIMEOUT,
                                           .now_ms = now_ms});
}

static bool
statuses(unsigned type, unsigned a, unsigned b, unsigned c, unsigned d)
{
    const struct mahjong_event *e = event(&t, type, 0);

    return e != NULL && e->vote.status[0] == a && e->vote.status[1] == b &&
           e->vote.status[2] == c && e->vote.status[3] == d;
}

static const struct setup plain = {.hand = {"9o 123456789w 1122w"}};

static void
test_vote(void)
{
    start(&t, &plain);
    is_int(vote(1, true, 0), MAHJONG_NO_VOTE,
           "(fixed) an answer without a running vote is ignored");
    is_int(vote(1, false, 0), MAHJONG_NO_VOTE, "... a refusal, too");
    seat_act(&t, MAHJONG_OFFLINE, 3);
    is_int(dissolve(1, 1000), MAHJONG_OK, "a request");
    ok(statuses(MAHJONG_EV_VOTE_OPENED, MAHJONG_VOTE_WAITING,
                MAHJONG_VOTE_APPLIED, MAHJONG_VOTE_WAITING,
                MAHJONG_VOTE_OFFLINE),
       "等待中 申请解散 等待中 离线");
    is_int(event(&t, MAHJONG_EV_VOTE_OPENED, 0)->vote.rest_ms, 300000,
           "300 s from the request");
    is_int(dissolve(2, 1000), MAHJONG_VOTE_RUNS, "one at a time");
    is_int(vote(2, true, 11000), MAHJONG_OK, "a consent");
    ok(statuses(MAHJONG_EV_VOTE_STATUS, MAHJONG_VOTE_WAITING,
                MAHJONG_VOTE_APPLIED, MAHJONG_VOTE_AGREED,
                MAHJONG_VOTE_OFFLINE),
       "同意解散");
    is_int(event(&t, MAHJONG_EV_VOTE_STATUS, 0)->vote.rest_ms, 150000,
           "at most 150 s from the first consent");
    is_int(vote(2, true, 12000), MAHJONG_AGAIN, "once");
    is_int(vote(0, true, 61000), MAHJONG_OK, "another consent");
    is_int(event(&t, MAHJONG_EV_VOTE_STATUS, 0)->vote.rest_ms, 100000,
           "does not give more time");
    is_int(vote(3, false, 62000), MAHJONG_OK, "a refusal");
    is_int(event(&t, MAHJONG_EV_VOTE_FAILED, 0)->seat, 3, "ends it");
    is_int(t.desk.voting, 0, "...");
    is_int(vote_timeout(999999999), MAHJONG_NO_VOTE, "its time means nothing");

    dissolve(0, 0);
    is_int(vote(1, true, 290000), MAHJONG_OK, "a late consent");
    is_int(event(&t, MAHJONG_EV_VOTE_STATUS, 0)->vote.rest_ms, 10000,
           "does not make it longer");
    is_int(vote_timeout(299999), MAHJONG_TOO_EARLY, "not before its time");
    is_int(vote_timeout(300000), MAHJONG_OK, "the time runs out");
    is_int(events(&t, MAHJONG_EV_VOTE_STATUS), 0, "without a status");
    is_int(events(&t, MAHJONG_EV_GAME_END), 1, "the match ends");
    start(&t, &plain);
    is_int(dissolve(0, -1), MAHJONG_BAD_VALUE, "no time before the first");
    is_int(dissolve(0, INT64_MAX), MAHJONG_BAD_VALUE, "nor after the last");
}

static void
all_agree(void)
{
    dissolve(0, 0);
    vote(1, true, 1);
    vote(2, true, 2);
    vote(3, true, 3);
}

static void
test_dissolve_in_every_state(void)
{
    const struct mahjong_event *e;

    open_table(&t, &plain);
    all_agree();
    is_int(events(&t, MAHJONG_EV_VOTE_STATUS), 1, "the last consent is told");
    is_int(events(&t, MAHJONG_EV_DISSOLVED), 1,
           "before the first round it just closes the desk");
    ok(events(&t, MAHJONG_EV_GAME_END) == 0 &&
           events(&t, MAHJONG_EV_DESTROYED) == 1,
       "no results");
    is_int(dissolve(0, 9), MAHJONG_NOT_NOW, "then it is gone");

    open_with((struct mahjong_options){.mode = 4, .max_fan = 3}, 4, 11);
    sit(12);
    dissolve(0, 0);
    vote(1, true, 1);
    is_int(t.desk.status, MAHJONG_DESTROYED,
           "(fixed) all who sit there, also when it is not full");
    open_with((struct mahjong_options){.mode = 4, .max_fan = 3}, 4, 11);
    dissolve(0, 0);
    is_int(t.desk.status, MAHJONG_DESTROYED, "the applicant alone");

    /* Dealing, sorted, playing. */
    for (unsigned state = 0; state < 3; state++) {
        open_table(&t, &plain);
        for (unsigned i = 0; i < 4; i++)
            seat_act(&t, MAHJONG_READY, i);
        t.deal = (struct mahjong_action){.type = MAHJONG_DEAL, .dice = {1, 6}};
        make_wall(&t, &plain);
        act(&t, t.deal);
        for (unsigned i = 0; state > 0 && i < 4; i++)
            seat_act(&t, MAHJONG_SORT, i);
        for (unsigned i = 0; state > 1 && i < 4; i++)
            name_que(i, 3);
        is_int(t.desk.status, MAHJONG_DEALING + state, "state %u", 1 + state);
        all_agree();
        e = event(&t, MAHJONG_EV_ROUND_END, 0);
        ok(e && !e->round.whole && e->round.last && e->round.dealt,
           "the round is void");
        is_int(e->round.seat[0].hand_len, 14, "hands as they lie");
        ok(event(&t, MAHJONG_EV_GAME_END, 0) &&
               !event(&t, MAHJONG_EV_GAME_END, 0)->game.normal,
           "the match ends, not normally");
    }
}

static void
test_void_round(void)
{
    const struct mahjong_event *e;
    struct setup s = {.hand = {DROPS_3O, NULL, WAITS_A, NULL}, .last = ""};

    /* One round is finished, in the next somebody wins and all give up. */
    start(&t, &s);
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    is_int(t.desk.status, MAHJONG_CLEANED, "a round is finished");
    next_round(&t, &(struct setup){
                       .banker = 2,
                       .hand = {NULL, WAITS_A, "3o 123456789w 1122w", NULL}});
    drop(&t, 2, "3o");
    say(&t, 1, MAHJONG_HU);
    is_int(total(&t, 1), 1, "seat 1 wins");
    all_agree();
    ok(round_totals(&t, 0, 0, 0, 0), "(fixed) no compensation, no points");
    e = event(&t, MAHJONG_EV_ROUND_END, 0);
    ok(e->round.seat[1].fan == -2 && e->round.seat[1].banner == 0 &&
           e->round.seat[1].descs == 0,
       "nobody won it");
    is_int(e->round.seat[2].score, 1001, "remain as before");
    e = event(&t, MAHJONG_EV_GAME_END, 0);
    ok(e->game.stats[1].won == 0 && e->game.stats[2].won == 1,
       "statistics count finished rounds only");
    ok(e->game.total[2] == 1 && e->game.total[1] == 0, "totals, too");

    /* Between two rounds. */
    start(&t, &s);
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    all_agree();
    e = event(&t, MAHJONG_EV_ROUND_END, 0);
    ok(!e->round.dealt && e->round.seat[0].hand_len == 0,
       "dissolved between rounds: no hands");
    is_int(event(&t, MAHJONG_EV_GAME_END, 0)->game.total[2], 1,
           "the points stay");
}

static void
test_vote_and_round_end(void)
{
    struct setup s = {.hand = {"9o 123456789w 1122w"}, .last = ""};

    start(&t, &s);
    dissolve(1, 0);
    drop(&t, 0, "9o");
    is_int(events(&t, MAHJONG_EV_VOTE_CLOSED), 1,
           "a round's end cancels a vote");
    is_int(events(&t, MAHJONG_EV_VOTE_FAILED), 0, "without a push");
    is_int(t.desk.voting, 0, "...");
    /* A vote between rounds goes on in the next. */
    dissolve(1, 0);
    next_round(&t, &s);
    is_int(t.desk.voting, 1, "a deal does not");
    is_int(vote(2, true, 5), MAHJONG_OK, "it goes on");

    open_with((struct mahjong_options){.mode = 4, .max_fan = 3}, 4, 11);
    sit(12);
    sit(13);
    dissolve(1, 0);
    is_int(seat_act(&t, MAHJONG_LEAVE, 1), MAHJONG_OK, "the applicant leaves");
    ok(t.desk.voting && t.desk.agreed == 0, "the others are still asked");
    vote(1, true, 1);
    is_int(t.desk.agreed, 2, "one agrees");
    seat_act(&t, MAHJONG_LEAVE, 0);
    is_int(t.desk.status, MAHJONG_DESTROYED, "the creator ends it");
    open_with((struct mahjong_options){.mode = 4, .max_fan = 3}, 4, 11);
    sit(12);
    sit(13);
    dissolve(0, 0);
    vote(2, true, 1);
    seat_act(&t, MAHJONG_LEAVE, 1);
    is_int(events(&t, MAHJONG_EV_DISSOLVED), 1,
           "who did not agree leaves: the rest are of one mind");
}

static void
test_expire(void)
{
    open_table(&t, &plain);
    seat_act(&t, MAHJONG_EXPIRE, 0);
    is_int(events(&t, MAHJONG_EV_DISSOLVED), 1, "a desk lives at most 24 h");
    start(&t, &plain);
    seat_act(&t, MAHJONG_EXPIRE, 0);
    is_int(events(&t, MAHJONG_EV_GAME_END), 1, "a match ends with it");
}

/* Leaving and coming back */

static void
test_presence(void)
{
    start(&t, &plain);
    is_int(seat_act(&t, MAHJONG_ONLINE, 0), MAHJONG_AGAIN,
           "resume only if paused");
    is_int(seat_act(&t, MAHJONG_OFFLINE, 0), MAHJONG_OK, "a drop");
    ok(!event(&t, MAHJONG_EV_PRESENCE, 0)->on, "is told");
    is_int(seat_act(&t, MAHJONG_OFFLINE, 0), MAHJONG_AGAIN, "once");
    is_int(offer(&t, 0), DISCARD, "he keeps the seat, play waits");
    is_int(seat_act(&t, MAHJONG_ONLINE, 0), MAHJONG_OK, "he is back");
    ok(event(&t, MAHJONG_EV_PRESENCE, 0)->on, "which is told");
}

static void
test_turn_timeout(void)
{
    uint8_t suggested[4];

    open_table(&t, &plain);
    is_int(seat_act(&t, MAHJONG_TURN_TIMEOUT, 0), MAHJONG_NOT_NOW,
           "not between rounds");
    ok(t.desk.trustee == 0 && t.events.count == 0, "nothing is told");
    start(&t, &(struct setup){.hand = {"123456789t 111o 22o", NULL},
                              .draws = "9w 1t"});
    is_int(seat_act(&t, MAHJONG_TURN_TIMEOUT, 1), MAHJONG_NOT_ASKED,
           "only for who is asked");
    is_int(seat_act(&t, MAHJONG_TURN_TIMEOUT, 0), MAHJONG_OK, "it plays");
    ok(event(&t, MAHJONG_EV_TRUSTEE, 0) &&
           event(&t, MAHJONG_EV_TRUSTEE, 0)->on &&
           event(&t, MAHJONG_EV_TRUSTEE, 0)->seat == 0,
       "and the desk is told");
    is_int(offer(&t, 0), DISCARD, "pass");
    seat_act(&t, MAHJONG_TURN_TIMEOUT, 0);
    is_int(events(&t, MAHJONG_EV_TRUSTEE), 0, "told once");
    is_int(t.desk.last_discard / 4u, kind("2o"), "and discard the tile drawn");
    is_int(drew(&t), 1, "the next player");
    seat_act(&t, MAHJONG_TURN_TIMEOUT, 1);
    is_int(t.desk.last_discard / 4u, kind("9w"), "the tile drawn");
    seat_act(&t, MAHJONG_TURN_TIMEOUT, 2);
    is_int(t.desk.last_discard / 36u, 2, "que tiles first");
    is_int(t.desk.trustee, 7, "three are played for");
    is_int(vote(0, true, 0), MAHJONG_NO_VOTE, "a refused action");
    is_int(t.desk.trustee, 7, "changes nothing");
    is_int(seat_act(&t, MAHJONG_OFFLINE, 1), MAHJONG_OK, "nor does a drop");
    is_int(t.desk.trustee, 7, "...");
    is_int(seat_act(&t, MAHJONG_ONLINE, 1), MAHJONG_OK, "nor a return");
    is_int(events(&t, MAHJONG_EV_TRUSTEE), 0, "...");
    is_int(dissolve(1, 0), MAHJONG_OK, "an action");
    ok(t.events.event[0].type == MAHJONG_EV_TRUSTEE && !t.events.event[0].on &&
           t.events.event[0].seat == 1,
       "ends it, and this is told first");
    is_int(t.desk.trustee, 5, "...");

    /* Sorting and que. */
    open_table(&t, &plain);
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_READY, i);
    t.deal = (struct mahjong_action){.type = MAHJONG_DEAL, .dice = {1, 6}};
    make_wall(&t, &plain);
    act(&t, t.deal);
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_TURN_TIMEOUT, i);
    is_int(t.desk.status, MAHJONG_SORTED, "it sorts");
    for (unsigned i = 0; i < 4; i++)
        suggested[i] = event(&t, MAHJONG_EV_QUE_HINT, i)->que[i];
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_TURN_TIMEOUT, i);
    is_int(t.desk.status, MAHJONG_PLAYING, "and takes the suggestion");
    for (unsigned i = 0; i < 4; i++)
        is_int(event(&t, MAHJONG_EV_QUE, 0)->que[i], suggested[i],
               "which was made to seat %u", i);
}

/* What is asked of others than the turn's player. */
static void
test_turn_timeout_of_claims(void)
{
    start(&t, &(struct setup){.hand = {DROPS_3O, NULL, WAITS_A, NULL}});
    drop(&t, 0, "3o");
    ok(mahjong_owes(&t.desk, 2) && !mahjong_owes(&t.desk, 0) &&
           !mahjong_owes(&t.desk, 1),
       "a claim is waited for");
    is_int(seat_act(&t, MAHJONG_TURN_TIMEOUT, 2), MAHJONG_OK, "in vain");
    is_int(events(&t, MAHJONG_EV_WIN_SCORE), 0, "a win is passed");
    is_int(drew(&t), 1, "and the next one draws");
    is_int(act(&t, (struct mahjong_action){.type = MAHJONG_CHOOSE,
                                           .seat = 2,
                                           .op = MAHJONG_HU}),
           MAHJONG_NOT_ASKED, "an answer that comes too late is refused");

    start(&t, &(struct setup){.hand = {DROPS_3O, NULL, WAITS_A, NULL}});
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    ok(seat_act(&t, MAHJONG_TURN_TIMEOUT, 2) != MAHJONG_OK,
       "and so is a time-out after the answer");
    is_int(t.desk.trustee, 0, "which makes nobody a trustee");
}

/* Times of its own */

static void
test_times(void)
{
    struct mahjong_action open = {.type = MAHJONG_OPEN,
                                  .version = MAHJONG_VERSION,
                                  .options = {.mode = 4, .max_fan = 3},
                                  .rounds = 4,
                                  .uid = 11,
                                  .times = {.vote_ms = 20000,
                                            .vote_last_ms = 5000,
                                            .turn_ms = MAHJONG_TIME_MAX}};
    struct mahjong_action bad = open;

    memset(&t, 0, sizeof(t));
    bad.times.vote_ms = MAHJONG_TIME_MAX + 1;
    is_int(act(&t, bad), MAHJONG_BAD_VALUE, "more than a day: a vote");
    bad = open;
    bad.times.vote_last_ms = MAHJONG_TIME_MAX + 1;
    is_int(act(&t, bad), MAHJONG_BAD_VALUE, "... after a consent");
    bad = open;
    bad.times.turn_ms = MAHJONG_TIME_MAX + 1;
    is_int(act(&t, bad), MAHJONG_BAD_VALUE, "... a turn");
    is_int(act(&t, open), MAHJONG_OK, "a desk with its own times");
    sit(12);
    sit(13);
    dissolve(0, 1000);
    is_int(event(&t, MAHJONG_EV_VOTE_OPENED, 0)->vote.rest_ms, 20000,
           "a vote runs as long as the desk says");
    vote(1, true, 2000);
    is_int(event(&t, MAHJONG_EV_VOTE_STATUS, 0)->vote.rest_ms, 5000,
           "and so long after the first consent");
    is_int(vote_timeout(6999), MAHJONG_TOO_EARLY, "not before its time");
    is_int(vote_timeout(7000), MAHJONG_OK, "the time runs out");
    is_int(events(&t, MAHJONG_EV_DISSOLVED), 1, "before the first round");

    open.times.vote_last_ms = 30000;
    memset(&t, 0, sizeof(t));
    act(&t, open);
    sit(12);
    sit(13);
    dissolve(0, 1000);
    vote(1, true, 2000);
    is_int(event(&t, MAHJONG_EV_VOTE_STATUS, 0)->vote.rest_ms, 19000,
           "a consent makes no vote longer");
}

static void
test_owes(void)
{
    open_table(&t, &plain);
    for (unsigned i = 0; i < 4; i++) {
        ok(!mahjong_owes(&t.desk, i), "nobody owes anything before a round");
        seat_act(&t, MAHJONG_READY, i);
    }
    t.deal = (struct mahjong_action){.type = MAHJONG_DEAL, .dice = {1, 6}};
    make_wall(&t, &plain);
    act(&t, t.deal);
    for (unsigned i = 0; i < 4; i++) {
        ok(mahjong_owes(&t.desk, i), "seat %u has to sort", i);
        seat_act(&t, MAHJONG_SORT, i);
        ok(i == 3 || !mahjong_owes(&t.desk, i), "and has");
    }
    for (unsigned i = 0; i < 4; i++) {
        ok(mahjong_owes(&t.desk, i), "seat %u has to name a suit", i);
        name_que(i, 3);
    }
    for (unsigned i = 0; i < 4; i++)
        is_int(mahjong_owes(&t.desk, i), i == t.desk.turn,
               "the banker has to discard");
}

/* A desk is done with after its match; the next begins from nothing. */
static void
test_second_match(void)
{
    struct setup s = {
        .rounds = 1, .hand = {DROPS_3O, NULL, WAITS_A, NULL}, .last = ""};
    struct mahjong_desk first;

    start(&t, &s);
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    is_int(t.desk.status, MAHJONG_DESTROYED, "a match of one round");
    for (unsigned type = 0; type <= MAHJONG_CHECKPOINT + 1; type++)
        ok(seat_act(&t, type, 0) != MAHJONG_OK, "action %u is refused", type);
    first = t.desk;
    start(&t, &s);
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    ok(memcmp(&first, &t.desk, sizeof(first)) == 0,
       "a second match is the first again");
}

static void
test_words(void)
{
    bool all = true;

    for (int v = MAHJONG_OK; v <= MAHJONG_TOO_EARLY; v++)
        all = all && strcmp(mahjong_violation_text(v), "unknown") != 0;
    ok(all, "each violation has words");
    is_str(mahjong_violation_text(99), "unknown", "others do not");
    ok(sizeof(struct mahjong_desk) <= 2048, "a desk is %zu bytes",
       sizeof(struct mahjong_desk));
}

int
main(void)
{
    mahjong_tables_init();
    test_options();
    test_seats();
    test_ready();
    test_deal();
    test_que();
    test_vote();
    test_dissolve_in_every_state();
    test_void_round();
    test_vote_and_round_end();
    test_expire();
    test_presence();
    test_turn_timeout();
    test_turn_timeout_of_claims();
    test_times();
    test_owes();
    test_second_match();
    test_words();
    return tap_done();
}
