/*
 * Directed tests of settlements and endings: caps, zimo, rain passed on, the
 * last tile, compensation, banker, statistics.  Each has the words of
 * sparrow-rules(7); "(fixed)" where the original was wrong.
 */
#include "desk_table.h"

#define WAITS_A  "123456789t 45o 77o"
#define WAITS_B  "123456789t 45o 88o"
#define WAITS_C  "123456789t 45o 99o"
#define WAITS_O  "223344567t 45o 88o"
#define WAITS_P  "234556677t 45o 77o"
#define DROPS_3O "3o 123456789w 1122w"

static struct table t;

/* The banker wins at once with 清一色: 2 fan, one more with zimo "fan". */
static struct setup
one_suit(unsigned max_fan, unsigned zimo)
{
    return (struct setup){
        .max_fan = max_fan, .zimo = zimo, .hand = {"123123456789t 99t"}};
}

static void
test_zimo_and_cap(void)
{
    struct setup s = one_suit(16, MAHJONG_ZIMO_FAN);

    start(&t, &s);
    say(&t, 0, MAHJONG_HU);
    ok(totals(&t, 24, -8, -8, -8), "zimo fan: fan + 1");
    is_int(t.desk.seat[0].win_fan, 3, "reported fan includes it");
    is_int(event(&t, MAHJONG_EV_WIN_SCORE, 0)->score.kind,
           MAHJONG_WIN_SELF_DRAWN, "all who have not won pay");
    is_int(t.desk.seat[0].banner, MAHJONG_BANNER_SELF_DRAWN, "self-drawn");
    is_int(t.desk.seat[0].hand_len, 13, "the hand is without the win tile");
    s = one_suit(2, MAHJONG_ZIMO_FAN);
    start(&t, &s);
    say(&t, 0, MAHJONG_HU);
    ok(totals(&t, 12, -4, -4, -4), "... before the cap");
    s = one_suit(16, MAHJONG_ZIMO_DI);
    start(&t, &s);
    say(&t, 0, MAHJONG_HU);
    ok(totals(&t, 15, -5, -5, -5), "zimo di: one point more");
    is_int(t.desk.seat[0].win_fan, 2, "and no fan");
    s = one_suit(1, MAHJONG_ZIMO_DI);
    start(&t, &s);
    say(&t, 0, MAHJONG_HU);
    ok(totals(&t, 9, -3, -3, -3), "... after the cap");
}

/* Seat 1 wins on 3o with one fan; the round ends by 3 wins. */
static void
test_reported_fan(void)
{
    for (unsigned max_fan = 1; max_fan <= 3; max_fan++) {
        start(&t,
              &(struct setup){.max_fan = max_fan,
                              .rules = RULE_MENQING,
                              .hand = {DROPS_3O, WAITS_A, WAITS_B, WAITS_C}});
        drop(&t, 0, "3o");
        for (unsigned i = 1; i < 4; i++)
            say(&t, i, MAHJONG_HU);
        is_int(result(&t, 1)->fan, max_fan == 1 ? -1 : 1,
               "1 fan of %u is reported %s", max_fan,
               max_fan == 1 ? "-1" : "as it is");
        is_int(result(&t, 0)->fan, -2, "-2 for who did not win");
    }
    is_int(result(&t, 1)->descs, 1u << DESC_MEN_QING, "门清");
    is_int(result(&t, 0)->descs, 0, "descriptions only for winners");
    is_int(result(&t, 1)->win_tile, kind("3o") * 4, "the tile won on");
    is_int(result(&t, 0)->win_tile, MAHJONG_NO_TILE, "none");
    is_int(result(&t, 1)->hand_len, 13, "hands are without it");
    is_int(result(&t, 1)->banner, MAHJONG_BANNER_WON, "won on another's tile");
    is_int(result(&t, 0)->banner, MAHJONG_BANNER_PAID, "paid");
    ok(result(&t, 1)->ting && !result(&t, 0)->ting, "winners are waiting");
    is_int(result(&t, 1)->score, 1002, "the score after it");
}

/* Seat 0 kongs, draws a 3o, and drops it; who waits for it is set up. */
static void
start_rain(const char *hand1, const char *hand2)
{
    start(&t, &(struct setup){.hand = {"1111o 123456789w 1w", hand1, hand2},
                              .draws = "3o"});
    kong(&t, 0, "1o");
    drop(&t, 0, "3o");
}

static void
test_rain_passed_on(void)
{
    start_rain(WAITS_A, NULL);
    is_int(offer(&t, 1), HU | PASS, "a discard right after a kong");
    say(&t, 1, MAHJONG_HU);
    ok(has_desc(t.desk.seat[1].descs, DESC_GANG_SHANG_PAO), "杠上炮: +1 fan");
    ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), -6, 2 + 4, 0, 0),
       "转雨: the konger keeps nothing, each pays the winner the same");
    ok(totals(&t, -2, 6, -2, -2), "in all");
    is_int(t.desk.seat[0].rain, 0, "it shows in the rain");
    is_int(t.desk.seat[1].rain, 4, "of the winner, who got his payment back");

    start_rain(WAITS_A, WAITS_B);
    say(&t, 2, MAHJONG_HU);
    say(&t, 1, MAHJONG_HU);
    ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), -6, 4, 4, -2),
       "two winners: each pays both in full, which cancels between the two");
    ok(totals(&t, -4, 4, 4, -4), "in all");

    start_rain(WAITS_A, NULL);
    say(&t, 1, MAHJONG_PASS);
    is_int(t.desk.seat[0].rain, 6, "nobody wins on it: he keeps it");
}

/* Seat 0 pays for a kong of seat 1, whose discard then is won on by these. */
static void
pass_discard_kong(unsigned version, const char *hand3, unsigned winners)
{
    start(&t, &(struct setup){.version = version,
                              .hand = {"1o 123456789t 45o 77o",
                                       "111o 123456789w 1w", WAITS_B, hand3},
                              .draws = "3o"});
    drop(&t, 0, "1o");
    say(&t, 1, MAHJONG_GANG);
    drop(&t, 1, "3o");
    for (unsigned i = 0; i < 4; i++) {
        if (offer(&t, i) & HU)
            say(&t, i, winners >> i & 1 ? MAHJONG_HU : MAHJONG_PASS);
    }
}

/* Of a kong on a discard only the discarder pays; he may win, too. */
static void
test_rain_of_a_discard_kong(void)
{
    pass_discard_kong(MAHJONG_VERSION_2, NULL, 1 << 0 | 1 << 2);
    ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), 0, -2, 2, 0),
       "the paying winner gets it back, and pays the other");
    ok(totals(&t, 0, -4, 4, 0), "in all");
    ok(t.desk.seat[0].rain == -2 && t.desk.seat[1].rain == 0 &&
           t.desk.seat[2].rain == 2,
       "it shows in the rain");
    pass_discard_kong(MAHJONG_VERSION_1, NULL, 1 << 0 | 1 << 2);
    ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), 2, -2, 0, 0),
       "in version 1 the other had nobody to pay him");
    ok(totals(&t, 2, -4, 2, 0), "in all");

    pass_discard_kong(MAHJONG_VERSION_2, WAITS_C, 1 << 0 | 1 << 2 | 1 << 3);
    ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), -2, -2, 2, 2),
       "three winners: who paid pays both others");
    ok(round_totals(&t, -2, -6, 4, 4), "in all");
    pass_discard_kong(MAHJONG_VERSION_1, WAITS_C, 1 << 0 | 1 << 2 | 1 << 3);
    ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), 2, -2, 0, 0),
       "in version 1 none of them");

    for (unsigned version = 1; version <= MAHJONG_VERSION; version++) {
        pass_discard_kong(version, NULL, 1 << 2);
        ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), 0, -2, 2, 0),
           "one winner: it goes to him, in version %u", version);
        pass_discard_kong(version, NULL, 1 << 0);
        ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), 2, -2, 0, 0),
           "who paid is the only one: he gets it back, in version %u",
           version);
    }
}

/*
 * Seat 0 adds the fourth 1t, which all pay, and drops a 3o.  Seats 1 and 2
 * wait for it; nobody could rob.
 */
static void
pass_added_kong(unsigned version, unsigned winners)
{
    start(&t, &(struct setup){.version = version,
                              .banker = 3,
                              .hand = {"11t 123456789w 19o", WAITS_O, WAITS_P,
                                       "1t 123456789w 1122w"},
                              .draws = "99w 8w 1t 3o"});
    drop(&t, 3, "1t");
    say(&t, 0, MAHJONG_PENG);
    drop(&t, 0, "9o");
    drop(&t, 1, "9w");
    drop(&t, 2, "9w");
    drop(&t, 3, "8w");
    kong(&t, 0, "1t");
    ok(changes(event(&t, MAHJONG_EV_KONG_SCORE, 0), 3, -1, -1, -1),
       "刮风: all pay the added kong");
    drop(&t, 0, "3o");
    for (unsigned i = 1; i < 3; i++)
        say(&t, i, winners >> i & 1 ? MAHJONG_HU : MAHJONG_PASS);
}

static void
test_rain_of_an_added_kong(void)
{
    for (unsigned version = 1; version <= MAHJONG_VERSION; version++) {
        pass_added_kong(version, 1 << 1 | 1 << 2);
        ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), -3, 2, 2, -1),
           "two winners who had both paid cancel, in version %u", version);
        ok(t.desk.seat[1].wind == 1 && t.desk.seat[3].wind == -2,
           "it shows in the wind");
        pass_added_kong(version, 1 << 1);
        ok(changes(event(&t, MAHJONG_EV_RAIN_PASSED, 0), -3, 3, 0, 0),
           "one winner gets all of it, in version %u", version);
    }
}

static void
test_rain_only_right_after(void)
{
    start(&t, &(struct setup){.hand = {"1111o 123456789w 1w", WAITS_A, NULL},
                              .draws = "9o 2o 2o 2o 3o"});
    kong(&t, 0, "1o");
    drop(&t, 0, "9o");
    drop(&t, 1, "2o");
    drop(&t, 2, "2o");
    drop(&t, 3, "2o");
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    ok(!has_desc(t.desk.seat[1].descs, DESC_GANG_SHANG_PAO),
       "(fixed) no false 杠上炮 a turn later");
    is_int(events(&t, MAHJONG_EV_RAIN_PASSED), 0, "and no rain");
    is_int(t.desk.seat[0].rain, 6, "he keeps his kong");
}

/* Somebody else's discard after a peng on the konger's is no kong discard. */
static void
test_rain_not_after_a_peng(void)
{
    start(&t, &(struct setup){.hand = {"1111o 12345678w 12w",
                                       "99o 3o 123456789w 9w", NULL,
                                       "123456789t 45o 77o"},
                              .draws = "9o"});
    kong(&t, 0, "1o");
    drop(&t, 0, "9o");
    say(&t, 1, MAHJONG_PENG);
    drop(&t, 1, "3o");
    say(&t, 3, MAHJONG_HU);
    ok(!has_desc(t.desk.seat[3].descs, DESC_GANG_SHANG_PAO),
       "(fixed) no 杠上炮 on a discard after peng");
    is_int(events(&t, MAHJONG_EV_RAIN_PASSED), 0, "and no rain");
}

static void
test_kong_flower(void)
{
    start(&t, &(struct setup){.hand = {"1111o 123456789t 5o", NULL},
                              .draws = "5o",
                              .rules = 0});
    kong(&t, 0, "1o");
    is_int(offer(&t, 0), HU | PASS, "the replacement makes it complete");
    say(&t, 0, MAHJONG_HU);
    ok(has_desc(t.desk.seat[0].descs, DESC_GANG_SHANG_HUA), "杠上花");
    is_int(t.desk.seat[0].win_fan, 3, "杠上花, 根, zimo");
    is_int(t.desk.seat[0].rain, 6, "the kong stays paid");
}

static void
test_last_tile(void)
{
    start(&t, &(struct setup){.hand = {"1o 123456789w 1122w", WAITS_A, NULL},
                              .last = "3o"});
    drop(&t, 0, "1o");
    say(&t, 1, MAHJONG_HU);
    ok(has_desc(result(&t, 1)->descs, DESC_HAI_DI),
       "海底: self-drawn on the last tile");
    is_int(events(&t, MAHJONG_EV_ROUND_END), 1, "then the wall is empty");

    start(&t, &(struct setup){.hand = {"1o 123456789w 1122w", NULL, WAITS_A},
                              .last = "3o"});
    drop(&t, 0, "1o");
    drop(&t, 1, "3o");
    is_int(offer(&t, 2), HU | PASS, "claims on the last discard first");
    say(&t, 2, MAHJONG_HU);
    ok(!has_desc(result(&t, 2)->descs, DESC_HAI_DI) &&
           result(&t, 2)->win_tile == kind("3o") * 4,
       "(fixed) 海底 does not stick to a discard");
    is_int(events(&t, MAHJONG_EV_ROUND_END), 1, "then the round ends");
}

static void
test_one_left(void)
{
    start(&t, &(struct setup){.hand = {DROPS_3O, WAITS_A, WAITS_B, WAITS_C}});
    drop(&t, 0, "3o");
    for (unsigned i = 1; i < 4; i++)
        say(&t, i, MAHJONG_HU);
    is_int(events(&t, MAHJONG_EV_ROUND_END), 1, "one player is left: the end");
    is_int(events(&t, MAHJONG_EV_KONG_REFUND), 0, "nobody compensates");
    is_int(t.desk.status, MAHJONG_CLEANED, "cleaned");
    is_int(t.desk.ready, 0, "nobody is ready");

    start(&t, &(struct setup){.hand = {DROPS_3O, WAITS_A, WAITS_B, NULL},
                              .draws = "9o 6o"});
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_PASS);
    is_int(drew(&t), 2, "血战: the others go on");
    drop(&t, 2, "9o");
    drop(&t, 3, "6o");
    say(&t, 2, MAHJONG_HU);
    is_int(drew(&t), 3, "winners are out of play");
    ok(totals(&t, -1, 1, 1, -1), "a winner does not pay any more");
}

static void
test_compensation(void)
{
    const struct mahjong_event *e;

    /* Seat 1 has 门清, 1 fan; seat 3 清一色 门清 根x1 by the 1t, 4 fan. */
    start(&t, &(struct setup){.rules = RULE_MENQING,
                              .hand = {"9o 1o 123456789w 134w", WAITS_A, NULL,
                                       "1112345678999t"},
                              .last = ""});
    drop(&t, 0, "9o");
    is_int(events(&t, MAHJONG_EV_DO), 1, "the discard");
    is_int(events(&t, MAHJONG_EV_WIN_SCORE), 2, "two are waiting");
    e = event(&t, MAHJONG_EV_WIN_SCORE, 0);
    ok(e->seat == 1 && e->score.kind == MAHJONG_WIN_COMPENSATION &&
           changes(e, -2, 4, -2, 0),
       "in seat order, from each who is not");
    e = event(&t, MAHJONG_EV_WIN_SCORE, 1);
    ok(e->seat == 3 && changes(e, -16, 0, -16, 32),
       "the value of the best waiting hand, no zimo");
    ok(round_totals(&t, -18, 4, -18, 32), "in all");
    ok(result(&t, 1)->ting && result(&t, 3)->ting, "who waits");
    ok(!result(&t, 0)->ting && !result(&t, 2)->ting, "and who does not");
    is_int(result(&t, 1)->fan, -2, "-2 also when compensated");
    is_int(result(&t, 1)->banner, MAHJONG_BANNER_NONE, "did not win");
    is_int(result(&t, 0)->banner, MAHJONG_BANNER_COMPENSATED, "compensates");
    is_int(t.desk.seat[1].stats.won, 0,
           "(fixed) a compensation is no win in the statistics");
    is_int(t.desk.seat[0].stats.lost, 0, "(fixed) nor a lost discard");
    is_int(t.desk.banker, 0, "(fixed) and makes no banker: he stays");

    start(&t, &(struct setup){.max_fan = 2,
                              .hand = {"9o 1o 123456789w 134w", NULL, NULL,
                                       "1112345678999t"},
                              .last = ""});
    drop(&t, 0, "9o");
    ok(round_totals(&t, -4, -4, -4, 12), "capped");
}

/* Compensation replaces "paid" as a banner. */
static void
test_compensation_after_a_loss(void)
{
    start(&t, &(struct setup){.hand = {DROPS_3O, WAITS_A, WAITS_B, NULL},
                              .last = "1w"});
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_PASS);
    is_int(drew(&t), 2, "seat 2 has the last tile");
    drop(&t, 2, "1w");
    is_int(result(&t, 0)->banner, MAHJONG_BANNER_COMPENSATED, "4 replaces 3");
    ok(round_totals(&t, -2, 1, 2, -1), "winners neither pay nor receive");
    is_int(t.desk.seat[0].stats.lost, 1, "the lost discard stays");
    is_int(t.desk.banker, 1, "the first winner is the next banker");
}

static void
test_flower_pig(void)
{
    start(&t, &(struct setup){.hand = {"9o 1o 123456789w 134w",
                                       "123456t 45o 77o 999w", WAITS_B, NULL},
                              .last = ""});
    drop(&t, 0, "9o");
    ok(!result(&t, 1)->ting, "(fixed) 花猪: que tiles in hand are no waiting");
    is_int(result(&t, 1)->banner, MAHJONG_BANNER_COMPENSATED, "he pays");
    ok(round_totals(&t, -1, -1, 3, -1), "with the others");
}

static void
test_dead_wait(void)
{
    /* Seat 1 waits for the fifth 1o beside four of it. */
    start(&t, &(struct setup){.hand = {"9o 3o 123456789w 134w",
                                       "123456789t 1111o", WAITS_B, NULL},
                              .last = ""});
    drop(&t, 0, "9o");
    ok(!result(&t, 1)->ting,
       "(fixed) all tiles waited for are in the own hand");
    ok(round_totals(&t, -1, -1, 3, -1), "he pays");
}

static void
test_kong_income_is_lost(void)
{
    /* Nobody waits: kongs are paid back even so, and nothing else. */
    start(&t, &(struct setup){.hand = {"1111o 123456789w 1w", NULL},
                              .last = "9o"});
    /* The replacement is the last tile. */
    kong(&t, 0, "1o");
    drop(&t, 0, "9o");
    ok(changes(event(&t, MAHJONG_EV_KONG_REFUND, 0), -6, 2, 2, 2),
       "who is not waiting loses all kong income");
    is_int(events(&t, MAHJONG_EV_WIN_SCORE), 0, "also when nobody waits");
    ok(round_totals(&t, 0, 0, 0, 0), "the payers get it back");
    is_int(result(&t, 0)->banner, MAHJONG_BANNER_NONE, "no compensation");
    is_int(t.desk.seat[0].stats.concealed_kongs, 1, "the kong was made");

    /* A waiting konger keeps it. */
    start(&t, &(struct setup){.hand = {"1111o 123456t 45o 88o", NULL},
                              .last = "9w"});
    kong(&t, 0, "1o");
    drop(&t, 0, "9w");
    is_int(events(&t, MAHJONG_EV_KONG_REFUND), 0, "who waits keeps it");
    ok(round_totals(&t, 6 + 6, -4, -4, -4), "and is paid: 根, 1 fan");

    /* Winners get their payment back as well. */
    start(&t, &(struct setup){.hand = {"1111o 123456789w 1w", WAITS_A, NULL},
                              .last = "9w 3o"});
    kong(&t, 0, "1o");
    drop(&t, 0, "9w");
    say(&t, 1, MAHJONG_HU);
    ok(round_totals(&t, -4, 12, -4, -4),
       "payers get it back, winners among them");
}

/* First banker: random; then the first winner of the last round. */
static void
test_banker(void)
{
    struct setup win = {.hand = {DROPS_3O, NULL, WAITS_A, NULL}, .last = ""};
    struct setup none = {.hand = {"9o 123456789w 1122w"}, .last = ""};

    start(&t, &win);
    is_int(t.desk.banker, 0, "the first banker comes with the wall");
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    is_int(t.desk.banker, 2, "the first winner is the next");
    none.banker = 2;
    none.hand[2] = none.hand[0];
    none.hand[0] = NULL;
    next_round(&t, &none);
    is_int(event(&t, MAHJONG_EV_QUE, 0)->que[0], 3, "another round");
    is_int(t.desk.turn, 2, "he begins");
    is_int(t.desk.round, 2, "round 2");
    drop(&t, 2, "9o");
    is_int(t.desk.banker, 2, "nobody won: the banker stays");

    /* Somebody had won before: two winners decide even so. */
    start(&t, &(struct setup){
                  .hand = {"3o 123456789w 1122w", WAITS_A, WAITS_B, WAITS_C},
                  .draws = "9w 6o"});
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_PASS);
    say(&t, 3, MAHJONG_PASS);
    is_int(t.desk.next_banker, 1, "seat 1 won first");
    drop(&t, 2, "9w");
    is_int(drew(&t), 3, "seat 3 draws a 6o");
    say(&t, 3, MAHJONG_PASS);
    drop(&t, 3, "6o");
    say(&t, 2, MAHJONG_HU);
    is_int(t.desk.next_banker, 1, "one more winner changes nothing");

    start(&t, &(struct setup){
                  .hand = {"3o 6o 123456789w 112w", WAITS_A, WAITS_B, WAITS_C},
                  .draws = "9w 8w 7w"});
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_PASS);
    say(&t, 3, MAHJONG_PASS);
    drop(&t, 2, "9w");
    drop(&t, 3, "8w");
    drop(&t, 0, "6o");
    say(&t, 2, MAHJONG_HU);
    say(&t, 3, MAHJONG_HU);
    is_int(t.desk.banker, 0,
           "two winners make the owner banker, though one had won before");
}

static void
test_statistics(void)
{
    const struct mahjong_event *e;

    start(&t, &(struct setup){.rounds = 1,
                              .hand = {DROPS_3O, WAITS_A, WAITS_B, WAITS_C}});
    drop(&t, 0, "3o");
    for (unsigned i = 1; i < 4; i++)
        say(&t, i, MAHJONG_HU);
    e = event(&t, MAHJONG_EV_GAME_END, 0);
    ok(e != NULL && e->game.normal, "the last round ends the match");
    ok(event(&t, MAHJONG_EV_ROUND_END, 0)->round.last, "with its results");
    is_int(e->game.best, 0xe, "大赢家: several on a tie");
    is_int(e->game.worst, 1, "炮王: the most wins paid for");
    is_int(e->game.stats[0].lost, 3, "a discard that three won on is three");
    is_int(e->game.stats[1].won, 1, "hu");
    is_int(e->game.total[0], -3, "total");
    is_int(events(&t, MAHJONG_EV_DESTROYED), 1, "the desk is gone");
    is_int(t.desk.status, MAHJONG_DESTROYED, "destroyed");

    start(&t, &(struct setup){
                  .rounds = 1, .hand = {"9o 123456789w 1122w"}, .last = ""});
    drop(&t, 0, "9o");
    e = event(&t, MAHJONG_EV_GAME_END, 0);
    ok(e->game.best == 0 && e->game.worst == 0, "none without points");

    start(&t, &(struct setup){.hand = {"123456789t 111o 22o", NULL}});
    say(&t, 0, MAHJONG_HU);
    t.desk.wall_next = t.desk.wall_len;
    drop(&t, 1, "9w");
    ok(t.desk.seat[0].stats.won == 1 && t.desk.seat[0].stats.self_drawn == 1,
       "`hu` counts self-drawn wins, too");
}

static void
test_kong_statistics(void)
{
    start(&t, &(struct setup){.hand = {"1o 123456789w 1122w",
                                       "111o 2222o 579o 135t", NULL},
                              .draws = "3t 9t"});
    drop(&t, 0, "1o");
    say(&t, 1, MAHJONG_GANG);
    kong(&t, 1, "2o");
    t.desk.wall_next = t.desk.wall_len;
    drop(&t, 1, "9t");
    is_int(t.desk.seat[1].stats.concealed_kongs, 1, "anGang");
    is_int(t.desk.seat[1].stats.open_kongs, 1, "mingGang");
}

/*
 * Seats 1 and 2 win on a discard of seat 0, then seat 0 on one of seat 3,
 * which ends a match of one round.
 */
static void
test_pao_wang(void)
{
    for (unsigned version = 1; version <= MAHJONG_VERSION; version++) {
        const struct mahjong_event *e;
        bool counts_tiles = version == MAHJONG_VERSION_1;

        start(&t, &(struct setup){
                      .version = version,
                      .rounds = 1,
                      .hand = {"3o 123456789t 1122o", WAITS_A, WAITS_B, NULL},
                      .draws = "1o"});
        drop(&t, 0, "3o");
        say(&t, 1, MAHJONG_HU);
        say(&t, 2, MAHJONG_HU);
        drop(&t, 3, "1o");
        say(&t, 0, MAHJONG_HU);
        e = event(&t, MAHJONG_EV_GAME_END, 0);
        is_int(e->game.stats[0].lost, counts_tiles ? 1 : 2,
               "version %u: a tile that two won on", version);
        is_int(e->game.stats[3].lost, 1, "... and one that one won on");
        is_int(e->game.worst, counts_tiles ? 1 << 0 | 1 << 3 : 1 << 0,
               "... and who is 炮王");
    }
}

int
main(void)
{
    mahjong_tables_init();
    test_zimo_and_cap();
    test_reported_fan();
    test_rain_passed_on();
    test_rain_of_a_discard_kong();
    test_rain_of_an_added_kong();
    test_rain_only_right_after();
    test_rain_not_after_a_peng();
    test_kong_flower();
    test_last_tile();
    test_one_left();
    test_compensation();
    test_compensation_after_a_loss();
    test_flower_pig();
    test_dead_wait();
    test_kong_income_is_lost();
    test_banker();
    test_statistics();
    test_kong_statistics();
    test_pao_wang();
    return tap_done();
}
