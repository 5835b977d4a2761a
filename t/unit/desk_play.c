/*
 * Directed tests of play: turns, claims, kongs, robbing.  Each has the words
 * of sparrow-rules(7); "(fixed)" where the original was wrong.
 */
#include "desk_table.h"

/* Two seats that wait for 3o and 6o, and one more pair each. */
#define WAITS_A "123456789t 45o 77o"
#define WAITS_B "123456789t 45o 88o"
#define WAITS_C "123456789t 45o 99o"
/* Neither claims nor wins. */
#define JUNK NULL

static struct table t;

static void
test_banker_begins(void)
{
    start(&t, &(struct setup){.hand = {"1122446688t 357o 9o", JUNK}});
    is_int(t.desk.turn, 0, "play starts with the banker");
    is_int(drew(&t), MAHJONG_NOBODY, "who does not draw");
    is_int(offer(&t, 0), DISCARD, "nothing possible: straight to the discard");
    is_int(t.desk.wall_next, 53, "53 tiles are dealt");
    drop(&t, 0, "9o");
    is_int(drew(&t), 1, "then the next player draws");
}

static void
test_self_check(void)
{
    const struct mahjong_event *e;

    start(&t, &(struct setup){.hand = {"123456789t 111o 22o", JUNK}});
    is_int(offer(&t, 0), HU | PASS, "the banker may win at once");
    e = event(&t, MAHJONG_EV_HINT, 0);
    ok(e && e->to == 0 && e->hint.tile == t.desk.seat[0].last_draw,
       "with his 14th tile, and only he is told");
    say(&t, 0, MAHJONG_PASS);
    is_int(offer(&t, 0), DISCARD, "a pass goes on to the discard");
    is_int(events(&t, MAHJONG_EV_DO), 0, "a pass pushes nothing");

    start(&t, &(struct setup){.hand = {"123456789t 111o 22w", JUNK}});
    is_int(offer(&t, 0), DISCARD, "no win with a que tile in hand");
    start(&t, &(struct setup){.hand = {"123456789t 111o 22w", JUNK},
                              .que = "2333"});
    is_int(offer(&t, 0), DISCARD, "nor with any other que");
    start(&t, &(struct setup){.hand = {"1155t 2266t 3399o 44o", JUNK}});
    is_int(offer(&t, 0), HU | PASS, "seven pairs win");
    start(&t, &(struct setup){.hand = {"1111t 2266t 3399o 44o", JUNK}});
    is_int(offer(&t, 0), HU | GANG | PASS, "four of a kind are two pairs");
}

static void
test_not_after_peng(void)
{
    start(&t, &(struct setup){.hand = {"5t 123456789w 1122w",
                                       "123456789o 11t 55t", JUNK}});
    drop(&t, 0, "5t");
    is_int(offer(&t, 1), HU | PASS | PENG, "one question: win, peng or pass");
    say(&t, 1, MAHJONG_PENG);
    is_int(offer(&t, 1), DISCARD, "no self-check after peng");
    is_int(t.desk.turn, 1, "he discards next");
    is_int(drew(&t), MAHJONG_NOBODY, "and does not draw");
    is_int(events(&t, MAHJONG_EV_DO), 1, "the peng is told");
    is_int(event(&t, MAHJONG_EV_DO, 0)->act.tiles, 3,
           "(fixed) peng lists three ids");
}

static void
test_own_kongs(void)
{
    const struct mahjong_event *e;

    start(&t, &(struct setup){.hand = {"1111t 2222o 3333t 5o 9o", JUNK}});
    is_int(offer(&t, 0), GANG | PASS, "several kongs are one hint");
    e = event(&t, MAHJONG_EV_HINT, 0);
    ok(e->hint.kongs == 3 && e->hint.kong[0] / 4u == kind("1t") &&
           e->hint.kong[1] / 4u == kind("2o") &&
           e->hint.kong[2] / 4u == kind("3t"),
       "one id for each, by hand order");
    is_int(choose(&t, 0, MAHJONG_GANG, id_of(&t, 0, "5o")), MAHJONG_NOT_HELD,
           "(fixed) not of another kind");
    is_int(choose(&t, 0, MAHJONG_GANG, MAHJONG_NO_TILE), MAHJONG_NOT_HELD,
           "(fixed) not of no tile");
    is_int(choose(&t, 0, MAHJONG_GANG, kind("2o") * 4 + 3), MAHJONG_OK,
           "any id of an offered kind will do");
    e = event(&t, MAHJONG_EV_DO, 0);
    ok(e->act.tiles == 4 && e->act.tile[0] == kind("2o") * 4 &&
           e->act.tile[3] == kind("2o") * 4 + 3,
       "the four in hand order");
    is_int(drew(&t), 0, "the konger draws");
    is_int(offer(&t, 0), GANG | PASS, "and is asked again");

    start(&t, &(struct setup){.hand = {"1357t 2468t 12o 9999w", JUNK}});
    is_int(offer(&t, 0), DISCARD, "(fixed) no kong of que tiles");
    start(&t, &(struct setup){.hand = {"1357t 2468t 12o 9999w", JUNK},
                              .last = ""});
    is_int(offer(&t, 0), DISCARD, "...");
    start(&t, &(struct setup){.hand = {"1111t 2468t 357o 99o 1o", JUNK},
                              .last = ""});
    is_int(offer(&t, 0), DISCARD, "no own kong when the wall is empty");
}

static void
test_added_kong_later(void)
{
    const struct mahjong_event *e;

    start(&t, &(struct setup){.hand = {"9o 5o 123456789w 112w",
                                       "555o 1111t 246o 27t 8o", JUNK, NULL},
                              .draws = "9w 8w 7w 3t"});
    drop(&t, 0, "5o");
    is_int(offer(&t, 1), PASS | PENG | GANG, "three in hand: peng or kong");
    say(&t, 1, MAHJONG_PENG);
    is_int(offer(&t, 1), DISCARD, "the fourth stays in hand for now");
    drop(&t, 1, "8o");
    drop(&t, 2, "9w");
    drop(&t, 3, "8w");
    drop(&t, 0, "7w");
    is_int(drew(&t), 1, "later he draws another tile");
    is_int(offer(&t, 1), GANG | PASS,
           "an added kong also later than the turn it was drawn");
    e = event(&t, MAHJONG_EV_HINT, 0);
    ok(e->hint.kongs == 2 && e->hint.kong[0] / 4u == kind("1t") &&
           e->hint.kong[1] / 4u == kind("5o"),
       "concealed first, then added");
    kong(&t, 1, "5o");
    e = event(&t, MAHJONG_EV_DO, 0);
    ok(e->act.tiles == 1 && e->act.tile[0] / 4u == kind("5o"),
       "an added kong lists the added id only");
    ok(changes(event(&t, MAHJONG_EV_KONG_SCORE, 0), -1, 3, -1, -1),
       "刮风: added 1 from each");
    is_int(drew(&t), 1, "the konger draws");
}

static void
test_only_what_was_offered(void)
{
    struct mahjong_hint hint;

    start(&t, &(struct setup){.hand = {"1122446688t 357o 9o", JUNK}});
    is_int(choose(&t, 0, MAHJONG_HU, 0), MAHJONG_NOT_OFFERED,
           "(fixed) hu without an offer");
    is_int(choose(&t, 0, MAHJONG_PASS, 0), MAHJONG_NOT_OFFERED,
           "no pass of a discard");
    is_int(choose(&t, 0, 0, 0), MAHJONG_NOT_OFFERED, "no op 0");
    is_int(choose(&t, 0, 200, 0), MAHJONG_NOT_OFFERED, "no op 200");
    is_int(choose(&t, 0, MAHJONG_DISCARD, id_of(&t, 1, "1w")),
           MAHJONG_NOT_HELD, "(fixed) no foreign tile");
    is_int(choose(&t, 0, MAHJONG_DISCARD, MAHJONG_NO_TILE), MAHJONG_NOT_HELD,
           "(fixed) no tile that is none");
    is_int(choose(&t, 1, MAHJONG_DISCARD, id_of(&t, 1, "1w")),
           MAHJONG_NOT_ASKED, "(fixed) out of turn is refused");
    mahjong_hint(&t.desk, 0, &hint);
    is_int(hint.offer, DISCARD, "the hint stays unanswered");
    drop(&t, 0, "9o");
    is_int(offer(&t, 1), DISCARD, "nothing was kept for later");
    is_int(choose(&t, 0, MAHJONG_DISCARD, id_of(&t, 0, "1t")),
           MAHJONG_NOT_ASKED, "not twice");
}

static void
test_discard_hint(void)
{
    const struct mahjong_hint *hint;

    /* 9o away: 3o 6o; a 7o away: 9o with three more pairs?  No: 6 and 8. */
    start(&t, &(struct setup){.hand = {"123456789t 45o 779o", JUNK}});
    hint = &event(&t, MAHJONG_EV_HINT, 0)->hint;
    is_int(hint->offer, DISCARD, "the banker discards");
    is_int(hint->tings, 1, "one kind whose discard leaves him waiting");
    is_int(hint->ting[0].kind, kind("9o"), "the 9o");
    is_int(hint->ting[0].waits, 1u << kind("3o") | 1u << kind("6o"),
           "for 3o and 6o");
    start(&t, &(struct setup){.hand = {"123456t 1111o 234w 9w", JUNK}});
    if (offer(&t, 0) & PASS)
        say(&t, 0, MAHJONG_PASS);
    hint = &event(&t, MAHJONG_EV_HINT, 0)->hint;
    ok(hint->tings >= 2 && hint->ting[0].kind < hint->ting[1].kind,
       "tings by kind; que is not considered");
    start(&t, &(struct setup){.hand = {"123456789t 12w 45o 9o", JUNK}});
    drop(&t, 0, "9o");
    is_int(drew(&t), 1, "que tiles need not go first");
}

/* hu on a discard: complete, no que tile, and a reason. */
static void
test_hu_on_a_discard(void)
{
    struct setup s = {.mode = 3,
                      .hand = {"3o 112233t 8899t 112o", WAITS_A, NULL}};

    start(&t, &s);
    drop(&t, 0, "3o");
    is_int(drew(&t), 1, "no fan, no pinghu: nobody is asked");
    s.rules = RULE_PINGHU;
    start(&t, &s);
    drop(&t, 0, "3o");
    is_int(offer(&t, 1), HU | PASS, "pinghu is on");
    s.rules = RULE_MENQING;
    start(&t, &s);
    drop(&t, 0, "3o");
    is_int(offer(&t, 1), HU | PASS, "fan > 0: 门清");
    s.rules = 0;
    s.hand[0] = "1111t 112o 9999t 3o 88o";
    s.hand[1] = "234567t 345678o 2o";
    s.draws = "2o";
    start(&t, &s);
    kong(&t, 0, "1t");
    say(&t, 0, MAHJONG_PASS);
    drop(&t, 0, "2o");
    is_int(offer(&t, 1), HU | PASS, "the discarder has just made a kong");

    start(&t, &(struct setup){.hand = {"3o 123456789w 1122w", WAITS_A, JUNK}});
    drop(&t, 0, "3o");
    is_int(offer(&t, 1), HU | PASS, "four players: pinghu is always on");
    start(&t, &(struct setup){.hand = {"3o 123456789w 1122w",
                                       "123456t 45o 77o 999w", JUNK}});
    drop(&t, 0, "3o");
    is_int(drew(&t), 1, "no win with a que tile in hand");
    start(&t, &(struct setup){.hand = {"3o 123456789w 1122w", WAITS_A, JUNK},
                              .que = "3233"});
    drop(&t, 0, "3o");
    is_int(drew(&t), 1, "no win on a tile of the que suit");
}

/* 过手胡: seat 3 waits for 1o and 2o and holds two of each. */
static void
start_passing(const char *seat1, const char *draws, const char *last)
{
    start(&t, &(struct setup){.hand = {"1o 123456789w 1789w", seat1, NULL,
                                       "123456t 999t 11o 22o"},
                              .draws = draws,
                              .last = last});
    drop(&t, 0, "1o");
    is_int(offer(&t, 3), HU | PASS | PENG, "seat 3 may win on 1o");
    say(&t, 3, MAHJONG_PASS);
    is_int(drew(&t), 1, "and lets it pass");
}

static void
test_pass_hu(void)
{
    start_passing("1o 123456789w 234w", "6w 2o 5w", NULL);
    drop(&t, 1, "1o");
    is_int(offer(&t, 3), PENG | PASS, "the same index: no win, peng yes");
    say(&t, 3, MAHJONG_PASS);
    drop(&t, 2, "2o");
    is_int(offer(&t, 3), HU | PASS | PENG, "another index: yes");
    say(&t, 3, MAHJONG_PASS);
    is_int(drew(&t), 3, "his next draw");
    is_int(t.desk.seat[3].passed, 0, "ends it");

    /* A discard right after a kong. */
    start_passing("1o 3333o 12345678w", "6w 5w", NULL);
    is_int(offer(&t, 1), GANG | PASS, "seat 1 has a kong");
    kong(&t, 1, "3o");
    drop(&t, 1, "1o");
    is_int(offer(&t, 3), HU | PASS | PENG,
           "except on a discard right after a kong");

    /* An empty wall. */
    start_passing("1o 123456789w 234w", NULL, "6w");
    drop(&t, 1, "1o");
    is_int(offer(&t, 3), HU | PASS | PENG, "except when the wall is empty");

    /* Peng ends it; the original looked at last discards. */
    start_passing("9t 123456789w 234w", "6w 1o", NULL);
    drop(&t, 1, "9t");
    is_int(offer(&t, 3), PASS | PENG | GANG, "seat 3 has three 9t");
    say(&t, 3, MAHJONG_PENG);
    is_int(t.desk.seat[3].passed, 0, "(fixed) his peng ends it");
    drop(&t, 3, "9t");
    is_int(drew(&t), 0, "the next player draws the last 1o");
    drop(&t, 0, "1o");
    is_int(offer(&t, 3), HU | PASS | PENG, "and he may win on it");

    /* A kong ends it. */
    start_passing("9t 123456789w 234w", "6w 5w 1o", NULL);
    drop(&t, 1, "9t");
    say(&t, 3, MAHJONG_GANG);
    is_int(t.desk.seat[3].passed, 0, "his kong ends it");
}

static void
test_pass_hu_when_another_wins(void)
{
    start(&t, &(struct setup){
                  .hand = {"33o 66o 123456789w 1w", JUNK, WAITS_A, WAITS_B},
                  .draws = "2w"});
    drop(&t, 0, "3o");
    say(&t, 3, MAHJONG_HU);
    is_int(t.events.count, 0, "nothing happens before all have answered");
    say(&t, 2, MAHJONG_PASS);
    is_int(drew(&t), 0, "after the winner it is the discarder's turn");
    drop(&t, 0, "3o");
    is_int(offer(&t, 2), 0, "let pass, also when another player wins on it");
    is_int(drew(&t), 1, "so the next player draws");
}

/* Barred only by this rule: the bar is not forgotten. */
static void
test_pass_hu_only_discards_count(void)
{
    start(&t, &(struct setup){.hand = {"3o 123456789w 1122w", WAITS_A, JUNK},
                              .que = "3333",
                              .draws = "6o 9w 9w 9w 3o"});
    drop(&t, 0, "1w");
    is_int(offer(&t, 1), HU | PASS, "self-drawn");
    say(&t, 1, MAHJONG_PASS);
    is_int(t.desk.seat[1].passed, 0, "declining it bars nothing");
    drop(&t, 1, "6o");
    is_int(t.desk.seat[1].passed, 0, "nor does his own discard");
}

static void
test_peng_after_the_winners(void)
{
    struct setup s = {
        .hand = {"3o 123456789w 1122w", WAITS_A, "33o 123456789w 34w", JUNK},
        .que = "3333"};

    s.hand[3] = NULL;
    start(&t, &s);
    drop(&t, 0, "3o");
    is_int(offer(&t, 1), HU | PASS, "who can win is asked");
    is_int(offer(&t, 2), 0, "who could peng is not, yet");
    say(&t, 1, MAHJONG_PASS);
    is_int(offer(&t, 2), PENG | PASS, "only if none wins");
    say(&t, 2, MAHJONG_PENG);
    is_int(t.desk.turn, 2, "he has it");
    is_int(t.desk.river_len, 0, "a claimed tile leaves the discards");
    is_int(t.desk.last_discard, kind("3o") * 4,
           "and is the last discard even so");

    start(&t, &s);
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    is_int(offer(&t, 2) & PENG, 0, "not if one wins");
    is_int(drew(&t), 2, "after the winner");
    is_int(t.desk.river_len, 0, "a tile won on leaves the discards, too");
}

/* The claimer's own win and peng are one question. */
static void
test_peng_of_who_could_win(void)
{
    struct setup s = {.hand = {"1o 3456789w 1122w 99w", "123456789t 1122o",
                               "123456t 45678t 23o", NULL}};

    s.hand[2] = "23o 123t 456t 789t 88o";
    start(&t, &s);
    drop(&t, 0, "1o");
    is_int(offer(&t, 1), HU | PASS | PENG, "win, peng or pass");
    is_int(offer(&t, 2), HU | PASS, "another may win, too");
    say(&t, 1, MAHJONG_PENG);
    is_int(t.events.count, 0, "his peng waits");
    say(&t, 2, MAHJONG_HU);
    is_int(t.desk.seat[1].melds, 0, "another's win goes before it");
    is_int(drew(&t), 3, "and the turn after the winner");
    start(&t, &s);
    drop(&t, 0, "1o");
    say(&t, 1, MAHJONG_PENG);
    say(&t, 2, MAHJONG_PASS);
    is_int(t.desk.seat[1].melds, 1, "peng as chosen, not asked again");
    start(&t, &s);
    drop(&t, 0, "1o");
    say(&t, 2, MAHJONG_PASS);
    say(&t, 1, MAHJONG_PASS);
    is_int(drew(&t), 1, "nor after a pass");
}

static void
test_claims_and_que(void)
{
    start(&t, &(struct setup){.hand = {"9w 123456789t 1234o",
                                       "99w 1357t 2468o "
                                       "135o",
                                       NULL, NULL}});
    drop(&t, 0, "9w");
    is_int(offer(&t, 1) & PENG, 0, "no peng on tiles of the que suit");
    is_int(drew(&t), 1, "the next player draws");
}

static void
test_empty_wall(void)
{
    start(&t, &(struct setup){.hand = {"3o 123456789w 1122w",
                                       "333o 1357t 2468t 88o", NULL},
                              .last = ""});
    drop(&t, 0, "3o");
    is_int(offer(&t, 1), PENG | PASS,
           "(fixed) peng, not kong, with three in hand and an empty wall");
    say(&t, 1, MAHJONG_PENG);
    drop(&t, 1, "1t");
    is_int(events(&t, MAHJONG_EV_ROUND_END), 1,
           "the round ends when the next draw is due");
}

static void
test_many_winners(void)
{
    struct setup s = {
        .hand = {"3o 123456789w 1122w", WAITS_A, WAITS_B, WAITS_C}};
    const struct mahjong_event *e;

    start(&t, &s);
    drop(&t, 0, "3o");
    ok(offer(&t, 1) == (HU | PASS) && offer(&t, 2) == (HU | PASS) &&
           offer(&t, 3) == (HU | PASS),
       "everyone who can win is asked at the same time");
    say(&t, 3, MAHJONG_HU);
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_HU);
    is_int(events(&t, MAHJONG_EV_WIN_SCORE), 3, "三响: three winners");
    e = event(&t, MAHJONG_EV_DO, 0);
    ok(e->seat == 1 && event(&t, MAHJONG_EV_DO, 1)->seat == 2 &&
           event(&t, MAHJONG_EV_DO, 2)->seat == 3,
       "in seat order from the discarder");
    ok(e[1].type == MAHJONG_EV_WIN_SCORE && e[1].seat == 1,
       "each with his points");
    ok(round_totals(&t, -3, 1, 1, 1), "the discarder pays each");
    is_int(t.desk.banker, 0,
           "(fixed) a tile with three winners makes its owner the banker");
    is_int(t.desk.seat[0].stats.lost, 3, "who paid for three wins");

    start(&t, &(struct setup){
                  .hand = {NULL, WAITS_B, "3o 123456789w 1122w", WAITS_A},
                  .banker = 2});
    drop(&t, 2, "3o");
    say(&t, 1, MAHJONG_HU);
    say(&t, 3, MAHJONG_HU);
    ok(event(&t, MAHJONG_EV_DO, 0)->seat == 3 &&
           event(&t, MAHJONG_EV_DO, 1)->seat == 1,
       "双响: in seat order from the discarder");
    is_int(drew(&t), 2,
           "(fixed) the next after the last winner in seat "
           "order: the discarder");
    is_int(t.desk.next_banker, 2, "two winners: their tile's owner");
}

/* Seat 0 has three 3o open and draws the fourth; 1 and 2 wait for it. */
static void
start_robbing(unsigned mode, unsigned rules)
{
    unsigned last = mode - 1;
    struct setup s = {.mode = mode,
                      .rules = rules,
                      .banker = last,
                      .hand = {"33o 1122334456t 8o", WAITS_A, WAITS_B, NULL},
                      .draws = "4o 8o 3o"};

    s.hand[0] = "33o 12233447788t";
    s.hand[last] = mode == 3 ? "3o 112289o 5566699t" : "3o 123456789w 1122w";
    if (mode == 4)
        s.draws = "9w 8w 7w 3o";
    start(&t, &s);
    drop(&t, last, "3o");
    for (unsigned i = 1; i < last; i++) {
        if (offer(&t, i))
            say(&t, i, MAHJONG_PASS);
    }
    is_int(offer(&t, 0), PENG | PASS, "seat 0 pengs");
    say(&t, 0, MAHJONG_PENG);
    drop(&t, 0, "1t");
    for (unsigned i = 0; i < mode; i++) {
        unsigned seat = t.desk.turn;

        if (drew(&t) == 0)
            break;
        must_be_ok(
            &t, choose(&t, seat, MAHJONG_DISCARD, t.desk.seat[seat].last_draw),
            "drops the draw");
    }
    is_int(offer(&t, 0), GANG | PASS, "and may add the fourth");
    t.desk.seat[1].passed = t.desk.seat[2].passed = 0x7ffffff;
    kong(&t, 0, "3o");
}

static void
test_robbing(void)
{
    const struct mahjong_event *e;

    start_robbing(4, 0);
    ok(offer(&t, 1) == (HU | PASS) && offer(&t, 2) == (HU | PASS),
       "(fixed) all who could win are asked at the same time, none is barred");
    is_int(offer(&t, 3), 0, "others are not");
    is_int(events(&t, MAHJONG_EV_KONG_SCORE), 0, "nothing is paid yet");
    say(&t, 2, MAHJONG_HU);
    say(&t, 1, MAHJONG_HU);
    is_int(events(&t, MAHJONG_EV_WIN_SCORE), 2, "robbed by two");
    is_int(event(&t, MAHJONG_EV_DO, 0)->seat, 1, "in seat order");
    is_int(events(&t, MAHJONG_EV_KONG_SCORE), 0, "the kong pays nothing");
    ok(totals(&t, -4, 2, 2, 0), "抢杠胡 is 1 fan; he pays as a discarder");
    ok(has_desc(t.desk.seat[1].descs, DESC_QIANG_GANG_HU), "抢杠胡");
    is_int(drew(&t), 3, "the next after the last winner from the konger");
    is_int(t.desk.seat[0].meld[0].kind, MAHJONG_TRIPLET,
           "the kong does not count");
    is_int(id_of(&t, 0, "3o"), MAHJONG_NO_TILE, "the tile leaves his hand");
    is_int(t.desk.next_banker, 0, "two winners: the konger will be banker");
    is_int(t.desk.seat[0].banner, MAHJONG_BANNER_PAID, "he paid");
    is_int(t.desk.seat[0].lost, 2, "for two wins");

    start_robbing(4, 0);
    say(&t, 1, MAHJONG_PASS);
    say(&t, 2, MAHJONG_HU);
    is_int(events(&t, MAHJONG_EV_WIN_SCORE), 1, "robbed by one of two");
    is_int(t.desk.seat[1].passed, 0x7ffffff, "declining bars nothing");

    start_robbing(4, 0);
    say(&t, 1, MAHJONG_PASS);
    say(&t, 2, MAHJONG_PASS);
    ok(changes(event(&t, MAHJONG_EV_KONG_SCORE, 0), 3, -1, -1, -1),
       "nobody robs: it is paid");
    is_int(drew(&t), 0, "and the konger draws");
    e = event(&t, MAHJONG_EV_DO, 0);
    ok(e == NULL, "it has been told before");

    /* His kong before it, on whose replacement he made this one. */
    start_robbing(4, 0);
    t.desk.after_kong = 1;
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_PASS);
    is_int(events(&t, MAHJONG_EV_RAIN_PASSED), 0, "no rain of a robbed kong");
    is_int(t.desk.after_kong, 0, "no 杠上花 for the next player");
    is_int(t.desk.seat[0].lost, 1, "the konger paid for one win");
    start_robbing(4, 0);
    t.desk.after_kong = 1;
    say(&t, 1, MAHJONG_HU);
    say(&t, 2, MAHJONG_HU);
    is_int(events(&t, MAHJONG_EV_RAIN_PASSED), 0, "nor of one robbed by two");

    start_robbing(3, 0);
    is_int(offer(&t, 1), HU | PASS, "no fan needed");
}

static void
test_kong_payments(void)
{
    start(&t, &(struct setup){.hand = {"1111t 2468o 3579t 19o", JUNK}});
    kong(&t, 0, "1t");
    ok(changes(event(&t, MAHJONG_EV_KONG_SCORE, 0), 6, -2, -2, -2),
       "下雨: concealed 2 from each");
    is_int(t.desk.seat[0].rain, 6, "in the rain");

    start(&t, &(struct setup){.hand = {"1t 123456789w 1122w", NULL,
                                       "111t 2468o 3579t 99o"}});
    drop(&t, 0, "1t");
    say(&t, 2, MAHJONG_GANG);
    ok(changes(event(&t, MAHJONG_EV_KONG_SCORE, 0), -2, 0, 2, 0),
       "on a discard 2 from the discarder");
    is_int(t.desk.seat[2].rain, 2, "shown as 下雨");
    is_int(drew(&t), 2, "kong: he draws next");
    is_int(t.desk.river_len, 0, "the tile leaves the discards");
    {
        const struct mahjong_event *e = event(&t, MAHJONG_EV_DO, 0);

        ok(e->act.tiles == 4 && e->act.tile[0] == t.desk.last_discard,
           "the claimed id and the three");
    }

    /* Winners do not pay. */
    start(&t, &(struct setup){.hand = {"3o 5678w 1122w 66799w", WAITS_A,
                                       "1111o 2468t 357t 99t", NULL},
                              .draws = "2o"});
    drop(&t, 0, "3o");
    say(&t, 1, MAHJONG_HU);
    is_int(drew(&t), 2, "seat 1 has won");
    kong(&t, 2, "1o");
    ok(changes(event(&t, MAHJONG_EV_KONG_SCORE, 0), -2, 0, 4, -2),
       "only players who have not won pay");
}

int
main(void)
{
    mahjong_tables_init();
    test_banker_begins();
    test_self_check();
    test_not_after_peng();
    test_own_kongs();
    test_added_kong_later();
    test_only_what_was_offered();
    test_discard_hint();
    test_hu_on_a_discard();
    test_pass_hu();
    test_pass_hu_when_another_wins();
    test_pass_hu_only_discards_count();
    test_peng_after_the_winners();
    test_peng_of_who_could_win();
    test_claims_and_que();
    test_empty_wall();
    test_many_winners();
    test_robbing();
    test_kong_payments();
    return tap_done();
}
