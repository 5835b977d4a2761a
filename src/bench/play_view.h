/*
 * What one player knows of his desk, from the pushes alone, and what must
 * hold of each push.  Pure: no connection, no clock.
 *
 * All players of a desk hear the same public pushes in the same order, so the
 * round is followed as an automaton: `step` says what may come next, and who
 * hears something else has found an error.  What the view knows itself (the
 * own hand, what lies open, how many tiles each holds) is compared with each
 * push that says it too.
 *
 *   play_view.c   the match, the deal, que, draws
 *   play_desk.c   the desk and who sits there
 *   play_do.c     discards, melds, wins
 *   play_hint.c   what the player is asked
 *   play_score.c  points; the ends of rounds and of the match
 *   play_kong.c   what kongs bring, and who has it in the end
 *   play_sync.c   the desk as told to one who comes back
 *
 * After an error the view is spoiled: what follows from the same error is not
 * counted, until a deal or a sync tells everything anew.
 */
#ifndef BENCH_PLAY_VIEW_H
#define BENCH_PLAY_VIEW_H

#include "bench/play_push.h"
#include "game/mahjong/action.h"
#include "game/mahjong/view.h"

/* Where the round is, as the pushes tell. */
enum view_step {
    VIEW_NOWHERE,     /* not at the desk, or on the way back to it */
    VIEW_BETWEEN,     /* no round runs */
    VIEW_DEALT,       /* until all have sorted */
    VIEW_QUE,         /* until all have named their suits */
    VIEW_TURN,        /* rules.turn discards, or kongs or wins by himself */
    VIEW_CLAIM,       /* his discard may be claimed */
    VIEW_ROB,         /* his added kong may be robbed */
    VIEW_KONG_SCORE,  /* a kong has been made, its points follow */
    VIEW_KONG_DRAW,   /* ... its replacement follows */
    VIEW_WIN_SCORE,   /* somebody has won, his points follow */
    VIEW_WON,         /* more may win on the same tile, else the next draws */
    VIEW_COMPENSATED, /* the wall is empty: only the end follows */
    VIEW_OVER,        /* the match */
};

enum view_place {
    PLACE_UNKNOWN, /* in the wall or in another's hand */
    PLACE_HAND,    /* in the own hand */
    PLACE_RIVER,
    PLACE_MELD,
    PLACE_WON,
};

/* What the player has to do after a push. */
enum view_todo {
    TODO_NOTHING,
    TODO_SORT,
    TODO_QUE,
    TODO_CHOOSE,
    TODO_READY,
    TODO_OVER,
};

enum { VIEW_KONGS = MAHJONG_SEATS * MAHJONG_MELDS };

struct view_kong {
    uint8_t konger;
    uint8_t payers; /* bits */
    uint8_t each;   /* pays so much */
    bool added;
    bool passed_on; /* 转雨: he has nothing of it */
};

/*
 * A hint, and what makes it another: whatever is asked again of the player in
 * a round, he has less to draw or less in hand by then.
 */
struct view_hint {
    int64_t number; /* 0: none yet */
    uint8_t round, offer, tile, rest, hand_len;
};

struct play_view {
    /* What mahjong_bot() looks at; status, scores and que are kept here. */
    struct mahjong_view rules;
    int64_t uid;
    uint32_t number;    /* of the desk */
    const char *wrong;  /* with the push at hand */
    uint8_t step;       /* enum view_step */
    bool spoiled;       /* says nothing more until it is told everything */
    bool missed;        /* has been away: scores may have changed */
    bool may_sync;      /* onSyncDesk may come next */
    bool announced;     /* onDeskBasicInfo has come, the deal must follow */
    bool whole;         /* has heard the round from its deal on */
    bool resumed;       /* has come back in the middle of this turn */
    bool can_self;      /* the turn's player has drawn: he may kong or win */
    bool self_asked;    /* he is me, and I was asked whether */
    bool self_won;      /* the last win was on a tile of his own */
    uint8_t kong;       /* of VIEW_KONG_SCORE: mahjong_meld_kind */
    uint8_t claim_tile; /* the discard or added kong at stake */
    uint8_t winner;     /* the last one; MAHJONG_NOBODY */
    uint8_t chosen_op;  /* what I answered last; 0: nothing */
    uint8_t chosen_tile;
    uint8_t chosen_que;
    struct view_hint asked;      /* last; also before he was away */
    uint8_t whole_rounds;        /* rounds whose end was heard, in a row */
    uint8_t wins[MAHJONG_SEATS]; /* in these */
    uint8_t self_draws[MAHJONG_SEATS];
    int32_t points[MAHJONG_SEATS]; /* of wins, in this round */
    /* the kongs of this round, in the order they were paid */
    struct view_kong kong_list[VIEW_KONGS];
    uint8_t kongs;
    uint8_t kong_made;           /* just now by rules.turn, from 1; 0: none */
    uint8_t kong_at_stake;       /* ... right before the tile at stake */
    int32_t rain[MAHJONG_SEATS]; /* what they come to: 下雨 */
    int32_t wind[MAHJONG_SEATS]; /* 刮风 */
    uint8_t heard_rounds;        /* from the deal to the end */
    uint8_t lost[MAHJONG_SEATS]; /* wins that he paid for, in these */
    uint8_t place[MAHJONG_WALL]; /* enum view_place */
};

/* He sits down at a desk where nobody has played yet. */
void view_begin(struct play_view *v, int64_t uid, uint32_t number,
                unsigned mode, unsigned rounds);

/* His connection is gone; everything will be told anew. */
void view_away(struct play_view *v);

/*
 * Takes a push.  Returns NULL, or what is wrong with it; *todo is what the
 * player must do now in both cases.
 */
const char *view_take(struct play_view *v, const struct push *p,
                      enum view_todo *todo);

/* What he does is on the way to the server. */
void view_answered(struct play_view *v, const struct mahjong_action *a);

/* Does he wait for others, or others for him?  A word for each. */
const char *view_waits_for(const struct play_view *v);

/* ---- the results of all players of a desk ---- */

enum { PLAY_ROUNDS = 16 };

/* The first who hears the result of a round sets what the others must hear. */
struct play_results {
    uint64_t hash[PLAY_ROUNDS];
    uint8_t heard[PLAY_ROUNDS]; /* bits of players */
};

/*
 * `who` (0..3) has heard the text of the result of `round` (from 1).
 * Returns NULL, or what is wrong.
 */
const char *results_hear(struct play_results *r, unsigned who, unsigned round,
                         struct str text);

/*
 * The match is over for all; `away` are those (bits) who were not there when
 * it ended.  Returns NULL, or what is wrong.
 */
const char *results_close(const struct play_results *r, unsigned players,
                          unsigned rounds, unsigned away);

/* ---- among the files of the view ---- */

/* Something is wrong; the first thing counts.  Always false. */
bool view_wrong(struct play_view *v, const char *what);

static inline bool
view_must(struct play_view *v, bool holds, const char *what)
{
    return holds || view_wrong(v, what);
}

/* The server plays for me: it may answer before I do, and differently. */
static inline bool
view_is_played(const struct play_view *v)
{
    return v->rules.trustee & 1u << v->rules.seat;
}

/* I wanted to win on the tile, and it is lost to me. */
static inline void
view_passes_win(struct play_view *v)
{
    view_must(v, v->chosen_op != MAHJONG_HU || view_is_played(v),
              "my win is passed over");
}

static inline struct mahjong_seat_view *
view_me(struct play_view *v)
{
    return &v->rules.player[v->rules.seat];
}

static inline bool
view_is_tile(const struct play_view *v, int64_t id)
{
    return id >= 0 && id < (v->rules.seats == 3 ? TILES_OF_THREE : TILES);
}

/* Is the tile of the suit that the seat does without? */
static inline bool
view_is_que(const struct mahjong_seat_view *p, int tile)
{
    return p->que > 0 && tile_suit(tile) == p->que - 1;
}

/* The seat of a uid, or MAHJONG_NOBODY (wrong). */
unsigned view_seat(struct play_view *v, int64_t uid);

/* The next seat after `seat` who has not won. */
unsigned view_next(const struct play_view *v, unsigned seat);

/* How many have not won; the bits of who they are. */
unsigned view_playing(const struct play_view *v);
unsigned view_players_left(const struct play_view *v);

/* Three players play without onDingQue: the round begins by itself. */
void view_play_begins(struct play_view *v);

/* Nothing may go on while the player is asked. */
void view_goes_on(struct play_view *v);

/* Forgets the round before. */
void view_round_begins(struct play_view *v);

/* A tile comes into the own hand. */
void view_take_tile(struct play_view *v, int64_t id);

/* A tile of a seat's hand is shown and goes to `place`. */
void view_show_tile(struct play_view *v, unsigned seat, int64_t id,
                    enum view_place place);

/* How many of the kind the own hand holds; the hand by kind. */
unsigned view_held(const struct play_view *v, int kind);
void view_hand(const struct play_view *v, struct hand *hand);

/* "局数: 2/8" at the end of a title; 0 if it is not one. */
unsigned view_round_of(struct str title, unsigned *rounds);

void view_basic_info(struct play_view *v, const struct push_basic *p);
void view_players(struct play_view *v, const struct push_players *p);
void view_presence(struct play_view *v, const struct push_flag *p);
void view_trustee(struct play_view *v, const struct push_flag *p);
void view_do(struct play_view *v, const struct push_do *p);
void view_hint(struct play_view *v, const struct push_hint *p);
void view_win_score(struct play_view *v, const struct push_win_score *p);
void view_kong_score(struct play_view *v, const struct push_kong_score *p);
/* A kong is paid; it is won on; the round ends, and these wait (bits). */
void view_kong_paid(struct play_view *v, unsigned payers, unsigned each);
void view_kong_passed_on(struct play_view *v, unsigned winner);
void view_kongs_end(struct play_view *v, unsigned waiting);
void view_round_end(struct play_view *v, const struct push_round_end *p,
                    bool last);
void view_game_end(struct play_view *v, const struct push_game_end *p);
enum view_todo view_sync(struct play_view *v, const struct push_sync *p);

#endif
