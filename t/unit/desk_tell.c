/*
 * Replays recorded conversations through desk_state_apply() and
 * desk_push_step(): every push that a player was told by the original server
 * is what his seat is told here, in that order, with the same JSON; and
 * nothing else.
 *
 *   desk_tell [FILE...]    none: t/captures/game-*.jsonl and flow-*.jsonl, and
 *                          those in the folder $SPARROW_CAPTURES
 *
 * Three times: with all tiles shown as the original does, with tiles hidden,
 * and with both kinds of players at a table.
 *
 * The server handled messages of several players in an order that the record
 * does not tell; one is searched for that explains all pushes.  A player's own
 * messages keep their order, and none comes before what he had been told.
 *
 * Each step is also written as a record of the journal and applied to a twin,
 * which must stay the same byte for byte.
 *
 * Differences that the rules ask for are those of replay_fixed.h.  Normalised:
 * the order of tings, of several winners, of payers, the place of the
 * creator's onCoinChange.
 */
#include "game/desk/pushes.h"

#include <glob.h>
#include <stdlib.h>

#include "game/mahjong/table.h"
#include "tell_step.h"

enum {
    TRIES = 64, /* per act, of the search */
};

/* What players do */

static bool
sends(struct test *t, unsigned p, struct desk_step step)
{
    struct run *run = &t->run;
    unsigned seat = desk_seat_of(&run->st, (uint64_t) run->m.player[p].uid);

    /* the handlers tell him that he has no desk, or nothing */
    if (seat >= MAHJONG_SEATS || run->st.rules.status == MAHJONG_DESTROYED)
        return true;
    step.seat = (uint8_t) seat;
    step.action.seat = (uint8_t) seat;
    step.session = session_of(run, p);
    step.cseq = ++run->cseq;
    return do_step(t, &step);
}

static bool
acts(struct test *t, unsigned p, struct mahjong_action action)
{
    return sends(t, p,
                 (struct desk_step){.kind = DESK_ACTION, .action = action});
}

/* He takes a seat, whose session is his. */
static bool
sits(struct test *t, unsigned p, struct mahjong_action action)
{
    struct run *run = &t->run;
    struct desk_step step = {.kind = DESK_ACTION,
                             .seat = run->st.rules.seated,
                             .session = session_of(run, p),
                             .cseq = ++run->cseq,
                             .action = action,
                             .profile = t->record.actor[p].profile};

    step.action.uid = run->m.player[p].uid;
    return do_step(t, &step);
}

static bool
opens(struct test *t, unsigned p, const struct act *act)
{
    const char *number = json_string_value(
        json_object_get(json_object_get(act->answer, "tableInfo"), "deskId"));
    struct mahjong_action action;

    memset(&t->run.st, 0, sizeof(t->run.st));
    memset(&t->run.twin, 0, sizeof(t->run.twin));
    t->run.number = (uint32_t) strtoul(number, NULL, 10);
    read_options(&action, act->body);
    t->run.m.seats = action.options.mode;
    return sits(t, p, action);
}

/* Who sits there already is told the same again: no step. */
static bool
joins(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    if (desk_seat_of(&t->run.st, (uint64_t) t->run.m.player[p].uid) <
        MAHJONG_SEATS)
        return true;
    return sits(t, p, (struct mahjong_action){.type = MAHJONG_SIT});
}

static bool
enters(struct test *t, unsigned p, const struct act *act)
{
    bool again = json_is_true(json_object_get(act->body, "isReenter"));

    return sends(t, p,
                 (struct desk_step){.kind = DESK_ENTER,
                                    .enter = again ? DESK_ENTER_AGAIN
                                                   : DESK_ENTER_FIRST});
}

static bool
comes_back(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    return sends(t, p,
                 (struct desk_step){.kind = DESK_ENTER,
                                    .enter = DESK_ENTER_BACK}) &&
           (!desk_can_checkpoint(&t->run.st) ||
            acts(t, p, (struct mahjong_action){.type = MAHJONG_READY}));
}

static bool
drops(struct test *t, unsigned p, const struct act *act)
{
    unsigned seat = desk_seat_of(&t->run.st,
                                 (uint64_t) t->run.m.player[p].uid);
    struct desk_step step = {.kind = DESK_DROP, .seat = (uint8_t) seat};

    (void) act;
    if (seat >= MAHJONG_SEATS || t->run.st.rules.status == MAHJONG_DESTROYED ||
        t->run.st.seat[seat].session != session_of(&t->run, p))
        return true;
    return do_step(t, &step);
}

static bool
connects(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    t->run.connection[p]++;
    return true;
}

static bool
readies(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    return acts(t, p, (struct mahjong_action){.type = MAHJONG_READY});
}

static bool
sorts(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    return acts(t, p, (struct mahjong_action){.type = MAHJONG_SORT});
}

static bool
names_que(struct test *t, unsigned p, const struct act *act)
{
    return acts(
        t, p,
        (struct mahjong_action){.type = MAHJONG_QUE,
                                .que = (uint8_t) number(act->body, "que")});
}

static bool
chooses(struct test *t, unsigned p, const struct act *act)
{
    return acts(t, p,
                (struct mahjong_action){
                    .type = MAHJONG_CHOOSE,
                    .op = (uint8_t) number(act->body, "optype"),
                    .tile = mahjong_tile_id(number(act->body, "idx"))});
}

static bool
pauses(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    return acts(t, p, (struct mahjong_action){.type = MAHJONG_OFFLINE});
}

static bool
resumes(struct test *t, unsigned p, const struct act *act)
{
    (void) act;
    return sends(t, p, (struct desk_step){.kind = DESK_RESUME});
}

static bool
leaves(struct test *t, unsigned p, const struct act *act)
{
    return sends(t, p,
                 (struct desk_step){.kind = DESK_ACTION,
                                    .action = {.type = MAHJONG_LEAVE},
                                    .destroy = json_is_true(json_object_get(
                                        act->body, "isDestroy"))});
}

static bool
dissolves(struct test *t, unsigned p, const struct act *act)
{
    return acts(t, p,
                (struct mahjong_action){.type = MAHJONG_DISSOLVE,
                                        .now_ms = act->time_ms});
}

static bool
votes(struct test *t, unsigned p, const struct act *act)
{
    return acts(
        t, p,
        (struct mahjong_action){
            .type = MAHJONG_VOTE,
            .consent = json_is_true(json_object_get(act->body, "result")),
            .now_ms = act->time_ms});
}

/* Nothing that a desk hears of; or the handlers say it on. */
static bool
does_nothing(struct test *t, unsigned p, const struct act *act)
{
    (void) t;
    (void) p;
    (void) act;
    return true;
}

static const struct {
    const char *route;
    bool (*take)(struct test *t, unsigned p, const struct act *act);
} takes[] = {
    {"handshake", connects},
    {"close", drops},
    {"DeskManager.CreateDesk", opens},
    {"DeskManager.Join", joins},
    {"DeskManager.ClientInitCompleted", enters},
    {"DeskManager.Ready", readies},
    {"DeskManager.QiPaiFinished", sorts},
    {"DeskManager.DingQue", names_que},
    {"DeskManager.OpChoose", chooses},
    {"DeskManager.Pause", pauses},
    {"DeskManager.Resume", resumes},
    {"DeskManager.Exit", leaves},
    {"DeskManager.Dissolve", dissolves},
    {"DeskManager.DissolveStatus", votes},
    {"DeskManager.ReJoin", comes_back},
    {"DeskManager.ReEnter", comes_back},
    {"DeskManager.ReConnect", does_nothing},
    {"DeskManager.UnCompleteDesk", does_nothing},
    {"DeskManager.VoiceMessage", does_nothing},
    {"DeskManager.RecordingVoice", does_nothing},
    {"DeskManager.Nope", does_nothing},
};

static bool
take(struct test *t, unsigned p)
{
    const struct act *act = &t->record.actor[p].act[t->run.act_at[p]++];

    if (act->time_ms != 0)
        t->run.now_ms = act->time_ms;
    for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
        if (strcmp(takes[i].route, act->route) == 0)
            return takes[i].take(t, p, act) && go_on(t);
    }
    return fail(&t->run.m, "%s is not known", act->route);
}

/* The search */

struct node {
    struct run run;
    unsigned tried; /* players */
};

/* Whose message may be next and has not been tried: as in the record first. */
static unsigned
next_player(const struct test *t, unsigned tried)
{
    unsigned best = MAX_PLAYERS, line = 0;

    for (unsigned p = 0; p < MAX_PLAYERS; p++) {
        const struct actor *actor = &t->record.actor[p];
        const struct act *act = actor->act + t->run.act_at[p];

        if (tried >> p & 1 || t->run.act_at[p] == actor->acts ||
            t->run.m.player[p].push_at < act->after)
            continue;
        if (best == MAX_PLAYERS || act->line < line) {
            best = p;
            line = act->line;
        }
    }
    return best;
}

static bool
is_explained(struct test *t)
{
    struct match *m = &t->run.m;

    for (unsigned p = 0; p < MAX_PLAYERS && !m->ended; p++) {
        if (next_push(&m->player[p]) != NULL)
            return fail(m, "player %u: the record goes on with %s", p,
                        route_of(next_push(&m->player[p])));
        if (t->run.act_at[p] != t->record.actor[p].acts)
            return fail(m, "player %u says more", p);
    }
    return true;
}

static bool
search(struct test *t, struct node *nodes)
{
    unsigned depth = 0, tries = t->record.acts * TRIES;
    static struct run best; /* the way that explains most, and its failure */

    best.told = 0;
    nodes[0] = (struct node){t->run, 0};
    while (tries-- > 0) {
        struct node *node = &nodes[depth];
        unsigned p = next_player(t, node->tried);

        if (p == MAX_PLAYERS && node->tried == 0 && is_explained(t))
            return true;
        if (p < MAX_PLAYERS) {
            node->tried |= 1u << p;
            if (take(t, p)) {
                if (t->run.m.ended)
                    return true;
                nodes[++depth] = (struct node){t->run, 0};
                continue;
            }
        } else if (depth == 0) {
            break;
        } else {
            node = &nodes[--depth];
        }
        if (t->run.m.why[0] != '\0' && t->run.told >= best.told)
            best = t->run;
        t->run = node->run;
    }
    t->run = best;
    return false;
}

/* Records */

struct totals {
    unsigned records, told, unread, fixed[FIXED], asides[ASIDES];
};

/* Adds what came of a record. */
static void
sum_up(struct totals *totals, const struct test *t)
{
    totals->records++;
    for (unsigned i = 0; i < FIXED; i++)
        totals->fixed[i] += t->run.m.count[i];
    for (unsigned i = 0; i < ASIDES; i++)
        totals->asides[i] += t->record.asides[i];
    for (unsigned p = 0; p < MAX_PLAYERS; p++) {
        const struct player *player = &t->run.m.player[p];

        totals->told += player->push_at + t->run.coin_at[p];
        totals->unread += player->pushes - player->push_at;
        totals->asides[ASIDE_COIN_OTHER] += t->record.actor[p].coins -
                                            t->run.coin_at[p];
    }
}

static void
replay(const char *path, unsigned open, const char *how, struct totals *totals)
{
    static struct test t;
    const struct fixed_count *stored;
    struct node *nodes;
    char differ[512];
    bool good;

    memset(&t, 0, sizeof(t));
    t.open = open;
    t.arena = arena_create(16 * 1024);
    good = load_record(&t.record, path, open);
    t.run.m = t.record.match;
    nodes = malloc((t.record.acts + 1) * sizeof(*nodes));
    good = good && search(&t, nodes);
    free(nodes);
    describe_counts(&t.run.m, differ, sizeof(differ));
    ok(good, "%s, %s: %u pushes%s", t.run.m.name, how, t.run.told, differ);
    if (!good)
        printf("# %s\n", t.run.m.why);
    stored = stored_count(t.run.m.name);
    if (stored != NULL)
        ok(memcmp(stored->count, t.run.m.count, sizeof(stored->count)) == 0,
           "%s, %s: as many differences as stored", t.run.m.name, how);
    sum_up(totals, &t);
    unload_record(&t.record);
    buf_deinit(&t.listener.pusher.text);
    buf_deinit(&t.quiet.pusher.text);
    buf_deinit(&t.bytes);
    arena_destroy(t.arena);
}

static void
replay_all(char **path, size_t n)
{
    static const struct {
        unsigned open;
        const char *how;
    } modes[] = {{~0u, "open"}, {0, "hidden"}, {0xaa, "mixed"}};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct totals totals = {0};

        for (size_t k = 0; k < n; k++)
            replay(path[k], modes[i].open, modes[i].how, &totals);
        printf("# %s: %u records, %u pushes compared, %u after a record "
               "went another way\n",
               modes[i].how, totals.records, totals.told, totals.unread);
        for (unsigned k = 0; k < FIXED; k++)
            printf("#   %-32s %u\n", fixed_name[k], totals.fixed[k]);
        for (unsigned k = 0; k < ASIDES; k++)
            printf("#   not of a desk: %-17s %u\n", aside_name[k],
                   totals.asides[k]);
    }
}

static void
replay_folder(const char *folder)
{
    glob_t found = {0};
    char pattern[512];
    int rc;

    snprintf(pattern, sizeof(pattern), "%s/{game,flow}-*.jsonl", folder);
    rc = glob(pattern, GLOB_BRACE, NULL, &found);
    ok(rc == 0, "there are records in %s", folder);
    if (rc == 0)
        replay_all(found.gl_pathv, found.gl_pathc);
    globfree(&found);
}

int
main(int argc, char **argv)
{
    const char *more = getenv("SPARROW_CAPTURES");

    mahjong_tables_init();
    if (argc > 1) {
        replay_all(argv + 1, (size_t) argc - 1);
        return tap_done();
    }
    replay_folder("t/captures");
    if (more != NULL)
        replay_folder(more);
    return tap_done();
}
