/*
 * What is known of single records: the value by the rules where it
 * cannot be worked out from the record in a line, and how many differences of
 * each kind a record has.
 */
#ifndef T_UNIT_REPLAY_FIXED_H
#define T_UNIT_REPLAY_FIXED_H

#include <stdbool.h>
#include <string.h>

enum fixed {
    QUE_SUGGESTION,      /* the suit with the fewest tiles */
    COMPENSATION_VALUE,  /* 夹心五 of a waiting hand */
    COMPENSATION_NO_WIN, /* `hu` of who was compensated */
    COMPENSATION_NO_PAO, /* `pao` of who compensated */
    PAO_WANG,            /* isPaoWang without compensations */
    DEAD_WAIT,           /* all tiles waited for in the own hand and melds */
    PENG_OF_THREE_IDS,   /* the record lists four */
    PENG_ON_EMPTY_WALL,  /* the record offers nothing */
    NEXT_AFTER_WINNERS,  /* map order; the record goes another way then */
    BACK_MODE,           /* onDeskBasicInfo of a ReJoin: the record has 0 */
    BACK_ONLINE,         /* onPlayerEnter of a ReJoin: own `offline` */
    FIXED,
};

static const char *const fixed_name[FIXED] = {
    [QUE_SUGGESTION] = "que suggestion",
    [COMPENSATION_VALUE] = "compensation value",
    [COMPENSATION_NO_WIN] = "compensation is no win",
    [COMPENSATION_NO_PAO] = "compensation is no lost discard",
    [PAO_WANG] = "pao wang",
    [DEAD_WAIT] = "dead wait",
    [PENG_OF_THREE_IDS] = "peng of three ids",
    [PENG_ON_EMPTY_WALL] = "peng on an empty wall",
    [NEXT_AFTER_WINNERS] = "next turn after several winners",
    [BACK_MODE] = "mode for who comes back",
    [BACK_ONLINE] = "online who comes back",
};

struct fixed_push {
    const char *file;
    enum fixed fixed;
    const char *push;
};

static const struct fixed_push fixed_push[] = {
    /* 1-2-3 4-6 8-8 and two more sets wait for the 5: 夹心五, 1 fan */
    {"game-4-116.jsonl", COMPENSATION_VALUE,
     "{\"acId\":10392,\"huPaiType\":2,\"scoreChange\":[{\"acId\":10391,"
     "\"score\":-2},{\"acId\":10393,\"score\":-2}],\"totalWinScore\":4}"},
    /* 11-12-13 14-16 16-16 waits for the 15 among others: 夹心五, 1 fan */
    {"game-4-164.jsonl", COMPENSATION_VALUE,
     "{\"acId\":10584,\"huPaiType\":2,\"scoreChange\":[{\"acId\":10582,"
     "\"score\":-2},{\"acId\":10583,\"score\":-2}],\"totalWinScore\":4}"},
    /* 14 14-15-16 waits for 14 and 17, not for the 15: no fan */
    {"game-4-173.jsonl", COMPENSATION_VALUE,
     "{\"acId\":10619,\"huPaiType\":2,\"scoreChange\":[{\"acId\":10618,"
     "\"score\":-1}],\"totalWinScore\":1}"},
    /* 14-14 16-17-18 18-19 waits for the 17: 根 of the kong, 1 fan */
    {"game-4-173.jsonl", COMPENSATION_VALUE,
     "{\"acId\":10620,\"huPaiType\":2,\"scoreChange\":[{\"acId\":10618,"
     "\"score\":-2}],\"totalWinScore\":2}"},
    /* 16-16 and 21-21 wait, beside 12-13-14: 门清 only, 1 fan */
    {"game-4-81.jsonl", COMPENSATION_VALUE,
     "{\"acId\":485,\"huPaiType\":2,\"scoreChange\":[{\"acId\":486,"
     "\"score\":-2}],\"totalWinScore\":2}"},
    /* 10589 waits for the 27 whose four are his kong: he pays 门清 (1 fan) */
    {"game-4-165.jsonl", DEAD_WAIT,
     "{\"acId\":10587,\"huPaiType\":2,\"scoreChange\":[{\"acId\":10589,"
     "\"score\":-2}],\"totalWinScore\":2}"},
    /* ... and 碰碰胡 with pengpeng (2 fan) */
    {"game-4-165.jsonl", DEAD_WAIT,
     "{\"acId\":10588,\"huPaiType\":2,\"scoreChange\":[{\"acId\":10589,"
     "\"score\":-4}],\"totalWinScore\":4}"},
};

/* The player who waits in vain in the one record that has one. */
static const int dead_wait_seat = 3;

static inline bool
is_dead_wait_file(const char *name)
{
    return strcmp(name, "game-4-165.jsonl") == 0;
}

struct fixed_count {
    const char *file;
    unsigned count[FIXED];
};

static const struct fixed_count fixed_count[] = {
    {"flow-dissolve.jsonl", {[QUE_SUGGESTION] = 1}},
    {"flow-exit.jsonl", {0}},
    {"flow-lobby.jsonl", {0}},
    {"flow-reconnect.jsonl",
     {[QUE_SUGGESTION] = 1, [BACK_MODE] = 2, [BACK_ONLINE] = 2}},
    {"flow-voice.jsonl", {0}},
    {"game-3-114.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-115.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-123.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-127.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-132.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-133.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-147.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-149.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-151.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-152.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-155.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-157.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-159.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-16.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-160.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-21.jsonl", {0, 0, 0, 0, 0, 0, 1, 0, 0}},
    {"game-3-25.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-30.jsonl", {0, 0, 2, 1, 1, 0, 0, 0, 0}},
    {"game-3-32.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-34.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-38.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-4.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-42.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-51.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-55.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-3-57.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-10.jsonl", {1, 0, 2, 1, 2, 0, 0, 0, 0}},
    {"game-4-107.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-109.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-114.jsonl", {0, 0, 2, 1, 2, 0, 0, 0, 0}},
    {"game-4-116.jsonl", {1, 1, 1, 2, 0, 0, 0, 0, 0}},
    {"game-4-118.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-122.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-124.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-126.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-128.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-133.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-136.jsonl", {1, 0, 0, 0, 0, 0, 0, 1, 0}},
    {"game-4-147.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-152.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"game-4-160.jsonl", {2, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-162.jsonl", {0, 0, 1, 1, 0, 0, 0, 0, 0}},
    {"game-4-164.jsonl", {1, 1, 1, 2, 2, 0, 0, 0, 0}},
    {"game-4-165.jsonl", {1, 0, 0, 0, 0, 1, 0, 0, 0}},
    {"game-4-169.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-170.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-171.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-173.jsonl", {1, 2, 3, 1, 1, 0, 0, 0, 0}},
    {"game-4-174.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-177.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-179.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-183.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-184.jsonl", {2, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-187.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-194.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-195.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-26.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-32.jsonl", {1, 0, 1, 2, 2, 0, 0, 0, 0}},
    {"game-4-38.jsonl", {1, 0, 0, 0, 0, 0, 1, 0, 0}},
    {"game-4-45.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-46.jsonl", {2, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-59.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-6.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-61.jsonl", {0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-66.jsonl", {1, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-69.jsonl", {1, 0, 1, 1, 1, 0, 0, 0, 0}},
    {"game-4-74.jsonl", {2, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"game-4-81.jsonl", {2, 1, 3, 3, 0, 0, 0, 0, 0}},
    {"game-4-9.jsonl", {2, 0, 2, 1, 1, 0, 0, 0, 0}},
};

#endif
