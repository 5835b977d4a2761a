/*
 * What an operator may know of the desks: a list, and the state of one.  No
 * tile of a hand or of the wall is told, and no offer that would reveal one.
 *
 * All of it is read from the tables that every process reads, and a desk's
 * state from its journal; so it is told of desks whose owner is dead too.
 * A step reads at most 64 rows of a table, and one request a turn has a step
 * (http_later()).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "game/desk/read.h"
#include "game/desk/words.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/json.h"
#include "game/store/accounts.h"
#include "game/store/shared.h"
#include "http/modules/modules.h"

enum {
    PAGE = SHARED_SLICE,
    NAMED_A_STEP = SHARED_SLICE / SHARED_SEATS_MAX, /* desks: 64 users */
    UID_TEXT = 17
};

/* ---- a desk as it stands in the tables ---- */

struct owner {
    int slot, generation, pid;
    bool alive;
};

static FIELDS(owner, FIELD(owner, slot), FIELD(owner, generation),
              FIELD(owner, pid), FIELD(owner, alive));

struct player {
    int64_t uid;
    struct str name;
};

static FIELDS(player, FIELD(player, uid), FIELD(player, name));

struct entry {
    struct str number, uid;
    struct owner owner;
    int64_t epoch;
    int mode, round, rounds, status;
    struct str status_name;
    int64_t creator, club, created_at;
    FIELDS_LIST(player) players;
};

static FIELDS(entry, FIELD(entry, number), FIELD(entry, uid),
              FIELD_OBJECT(entry, owner, "owner", owner), FIELD(entry, epoch),
              FIELD(entry, mode), FIELD(entry, round), FIELD(entry, rounds),
              FIELD(entry, status), FIELD(entry, status_name),
              FIELD(entry, creator), FIELD(entry, club),
              FIELD(entry, created_at),
              FIELD_OBJECTS(entry, players, "players", player));

/* What an entry is made of, and the texts that it borrows. */
struct desk_info {
    uint32_t number;
    struct shared_desk row;
    char name[SHARED_SEATS_MAX][STORE_NAME]; /* "": the store has none */
    char number_text[8], uid_text[UID_TEXT];
    struct player player[SHARED_SEATS_MAX];
};

static struct str
word(const char *const *words, size_t count, unsigned i)
{
    return i < count ? str_of(words[i]) : STR("unknown");
}

static struct str
status_name(unsigned status)
{
    static const char *const names[] = {
        [MAHJONG_CREATED] = "created",
        [MAHJONG_DEALING] = "dealing",
        [MAHJONG_SORTED] = "sorted",
        [MAHJONG_PLAYING] = "playing",
        [MAHJONG_ROUND_OVER] = "round over",
        [MAHJONG_INTERRUPTED] = "interrupted",
        [MAHJONG_DESTROYED] = "destroyed",
        [MAHJONG_CLEANED] = "cleaned",
    };

    return word(names, sizeof(names) / sizeof(*names), status);
}

static struct owner
owner_of(struct env *shared, struct place place)
{
    struct owner out = {.slot = place.slot,
                        .generation = (int) place.generation};
    struct shared_slot slot;

    if (shared_slot_get(shared, place.slot, &slot) == 1 &&
        slot.state == SHARED_SLOT_LIVE) {
        out.pid = (int) slot.pid;
        out.alive = true;
    }
    return out;
}

/* Asks the store what the players are called. */
static void
find_names(struct env *store, struct desk_info *d)
{
    struct store_user user;

    for (unsigned i = 0; i < SHARED_SEATS_MAX; i++)
        if (d->row.seats[i] != 0 &&
            store_user_get(store, d->row.seats[i], &user) == 1)
            memcpy(d->name[i], user.name, sizeof(user.name));
}

/* The entry borrows from d. */
static struct entry
entry_of(struct env *shared, struct desk_info *d)
{
    const struct shared_desk *row = &d->row;
    unsigned n = 0;

    snprintf(d->number_text, sizeof(d->number_text), "%06u",
             d->number % 1000000);
    snprintf(d->uid_text, sizeof(d->uid_text), "%016" PRIx64, row->uid);
    for (unsigned i = 0; i < SHARED_SEATS_MAX; i++)
        if (row->seats[i] != 0)
            d->player[n++] = (struct player){.uid = (int64_t) row->seats[i],
                                             .name = str_of(d->name[i])};
    return (struct entry){.number = str_of(d->number_text),
                          .uid = str_of(d->uid_text),
                          .owner = owner_of(shared, row->owner),
                          .epoch = (int64_t) row->epoch,
                          .mode = row->mode,
                          .round = row->round,
                          .rounds = row->rounds,
                          .status = row->status,
                          .status_name = status_name(row->status),
                          .creator = (int64_t) row->creator,
                          .club = (int64_t) row->club,
                          .created_at = row->created_at / 1000,
                          .players = {d->player, n}};
}

/* ---- gm_desks: what is asked ---- */

struct listing {
    uint32_t after;
    unsigned count; /* of entries, at most */
    int64_t status; /* these: -1 any */
    int64_t club;
    int64_t uid;
    /* what was found */
    uint32_t next; /* goes on behind this one; 0: that is all */
    unsigned found, named;
    struct desk_info desk[PAGE];
};

/* A number of the query; false (answered) for what is none. */
static bool
take_number(struct http_exchange *x, struct str name, int64_t max,
            int64_t *value)
{
    struct str text;
    int found = http_query_get(x->request->query, name, x->arena, &text);
    int64_t n = 0;

    if (found == 0)
        return true;
    for (size_t i = 0; found == 1 && i < text.len; i++) {
        char c = text.data[i];

        if (c < '0' || c > '9' || (n = n * 10 + (c - '0')) > max)
            found = -1;
    }
    if (found == 1 && text.len != 0) {
        *value = n;
        return true;
    }
    http_answer_error(x, 400, ERROR_ILLEGAL_PARAMETER,
                      arena_printf(x->arena, "%s: not a number up to %lld",
                                   name.data, (long long) max));
    return false;
}

static bool
take_query(struct http_exchange *x, struct listing *l)
{
    int64_t after = 0, count = PAGE;

    l->status = l->club = l->uid = -1;
    if (!take_number(x, STR("after"), SHARED_NUMBER_MAX, &after) ||
        !take_number(x, STR("count"), PAGE, &count) ||
        !take_number(x, STR("status"), MAHJONG_CLEANED, &l->status) ||
        !take_number(x, STR("club"), INT64_MAX / 16, &l->club) ||
        !take_number(x, STR("uid"), INT64_MAX / 16, &l->uid))
        return false;
    if (count == 0) {
        http_answer_error(x, 400, ERROR_ILLEGAL_PARAMETER, "count: 0");
        return false;
    }
    l->after = (uint32_t) after;
    l->count = (unsigned) count;
    return true;
}

/* ---- gm_desks: the answer ---- */

static void
note(void *arg, uint32_t number, const struct shared_desk *row)
{
    struct listing *l = arg;

    if (row == NULL || l->found == l->count ||
        (l->status >= 0 && row->status != (uint64_t) l->status) ||
        (l->club >= 0 && row->club != (uint64_t) l->club))
        return;
    l->desk[l->found].number = number;
    l->desk[l->found++].row = *row;
}

/* Looks at one slice of the table; 0, or -1 (logged). */
static int
find_desks(struct env *shared, struct listing *l)
{
    struct shared_seat seat;
    struct shared_desk row;
    int64_t next;
    int found;

    if (l->uid >= 0) {
        found = shared_seat_find(shared, (uint64_t) l->uid, &seat, &row);
        if (found == 1 && seat.number > l->after)
            note(l, seat.number, &row);
        return found < 0 ? -1 : 0;
    }
    next = shared_desk_each(shared, l->after + 1, note, l);
    if (next < 0)
        return -1;
    if (next > 0)
        l->next = (uint32_t) next - 1;
    if (l->found == l->count)
        l->next = l->desk[l->found - 1].number;
    return 0;
}

static void
answer_list(struct http_exchange *x, struct listing *l)
{
    struct buf *out = &x->http->scratch;

    out->len = 0;
    buf_append_str(out, STR("{\"code\":0,\"data\":["));
    for (unsigned i = 0; i < l->found; i++) {
        struct entry entry = entry_of(x->http->shared, &l->desk[i]);

        if (i != 0)
            buf_append_byte(out, ',');
        json_put(out, &entry_fields, &entry);
    }
    buf_append_str(out, STR("],\"next\":"));
    json_put_int(out, l->next);
    buf_append_byte(out, '}');
    http_answer_json(x, 200, buf_str(out));
}

static void
list_names(struct http_exchange *x)
{
    struct listing *l = x->data;

    for (unsigned i = 0; i < NAMED_A_STEP && l->named < l->found; i++)
        find_names(x->http->store, &l->desk[l->named++]);
    if (l->named < l->found)
        http_later(x, list_names);
    else
        answer_list(x, l);
}

static void
list_find(struct http_exchange *x)
{
    if (find_desks(x->http->shared, x->data) != 0)
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL, NULL);
    else
        http_later(x, list_names);
}

static void
list_desks(struct http_exchange *x)
{
    struct listing *l = mem_zalloc(sizeof(*l));

    x->data = l;
    if (take_query(x, l))
        http_later(x, list_find);
}

const struct http_endpoint gm_desks_endpoint = {
    .name = "gm_desks",
    .methods = METHOD_GET,
    .handle = list_desks,
};

/* ---- gm_desk: the answer ---- */

struct seat {
    int seat;
    int64_t uid;
    struct str name;
    int score;
    bool ready, offline, entered, trustee;
};

static FIELDS(seat, FIELD(seat, seat), FIELD(seat, uid), FIELD(seat, name),
              FIELD(seat, score), FIELD(seat, ready), FIELD(seat, offline),
              FIELD(seat, entered), FIELD(seat, trustee));

struct vote {
    int by; /* -1: he has left */
    struct int_list status;
    int left_ms;
};

static FIELDS(vote, FIELD(vote, by), FIELD(vote, status),
              FIELD(vote, left_ms));

struct match {
    int status;
    struct str status_name;
    int round, banker, turn;
    struct str phase;
    struct int_list asked; /* seats, not what they are offered */
    struct int_list dice;
    int wall_left;
    int64_t record_id;
    int rounds_done, rounds_saved;
    const struct vote *vote;
};

static FIELDS(match, FIELD(match, status), FIELD(match, status_name),
              FIELD(match, round), FIELD(match, banker), FIELD(match, turn),
              FIELD(match, phase), FIELD(match, asked), FIELD(match, dice),
              FIELD(match, wall_left), FIELD(match, record_id),
              FIELD(match, rounds_done), FIELD(match, rounds_saved),
              FIELD_POINTER(match, vote, "vote", vote));

struct journal {
    int64_t first_seq, last_seq, records, age_ms;
};

static FIELDS(journal, FIELD(journal, first_seq), FIELD(journal, last_seq),
              FIELD(journal, records), FIELD(journal, age_ms));

struct one {
    struct entry desk;
    struct match match;
    FIELDS_LIST(seat) seats;
    struct journal journal;
};

static FIELDS(one, FIELD_OBJECT(one, desk, "desk", entry),
              FIELD_OBJECT(one, match, "match", match),
              FIELD_OBJECTS(one, seats, "seats", seat),
              FIELD_OBJECT(one, journal, "journal", journal));

struct answer {
    int code;
    struct one data;
};

static FIELDS(answer, FIELD(answer, code),
              FIELD_OBJECT(answer, data, "data", one));

/* A request's own. */
struct looking {
    struct desk_info desk;
    struct desk_reading reading;
};

/* A list of numbers and where they lie. */
struct numbers {
    int item[MAHJONG_SEATS];
    size_t count;
};

static struct int_list
list_of(const struct numbers *n)
{
    return (struct int_list){n->item, n->count};
}

static void
add(struct numbers *n, int item)
{
    n->item[n->count++] = item;
}

static struct str
phase_name(unsigned phase)
{
    static const char *const names[] = {
        [MAHJONG_ASK_NOTHING] = "nothing", [MAHJONG_ASK_SELF] = "self",
        [MAHJONG_ASK_DISCARD] = "discard", [MAHJONG_ASK_CLAIM] = "claim",
        [MAHJONG_ASK_ROB] = "rob",
    };

    return word(names, sizeof(names) / sizeof(*names), phase);
}

static void
fill_seat(struct seat *out, unsigned i, const struct desk_state *st)
{
    const struct mahjong_desk *rules = &st->rules;

    *out = (struct seat){.seat = (int) i,
                         .uid = rules->seat[i].uid,
                         .name = str_of(st->seat[i].profile.name),
                         .score = rules->seat[i].score,
                         .ready = (rules->ready & 1u << i) != 0,
                         .offline = (rules->offline & 1u << i) != 0,
                         .entered = st->seat[i].entered != 0,
                         .trustee = (rules->trustee & 1u << i) != 0};
}

static struct match
match_of(const struct desk_state *st, const struct numbers *asked,
         const struct numbers *dice, const struct vote *vote)
{
    const struct mahjong_desk *rules = &st->rules;

    return (struct match){.status = rules->status,
                          .status_name = status_name(rules->status),
                          .round = rules->round,
                          .banker = rules->banker,
                          .turn = rules->turn,
                          .phase = phase_name(rules->phase),
                          .asked = list_of(asked),
                          .dice = list_of(dice),
                          .wall_left = rules->wall_len - rules->wall_next,
                          .record_id = (int64_t) st->record_id,
                          .rounds_done = st->done,
                          .rounds_saved = st->saved,
                          .vote = vote};
}

/* NULL when there is none. */
static const struct vote *
read_vote(const struct mahjong_desk *rules, int64_t now_ms,
          struct numbers *status, struct vote *vote)
{
    uint8_t by_seat[MAHJONG_SEATS];

    if (!rules->voting)
        return NULL;
    vote->left_ms = (int) mahjong_vote(rules, now_ms, by_seat);
    for (unsigned i = 0; i < rules->seated; i++)
        add(status, by_seat[i]);
    vote->status = list_of(status);
    vote->by = rules->vote_by == MAHJONG_NOBODY ? -1 : rules->vote_by;
    return vote;
}

static void
answer_desk(struct http_exchange *x, struct looking *l)
{
    const struct desk_reading *r = &l->reading;
    const struct mahjong_desk *rules = &r->st.rules;
    int64_t now_ms = x->http->loop->now_ms;
    struct numbers asked = {0}, dice = {0}, status = {0};
    struct vote vote = {0};
    struct seat seats[MAHJONG_SEATS];
    struct answer out = {.data.seats = {seats, rules->seated}};

    for (unsigned i = 0; i < rules->seated; i++) {
        fill_seat(&seats[i], i, &r->st);
        if (rules->seat[i].offer != 0)
            add(&asked, (int) i);
    }
    if (rules->round != 0) {
        add(&dice, rules->dice[0]);
        add(&dice, rules->dice[1]);
    }
    out.data.desk = entry_of(x->http->shared, &l->desk);
    out.data.match = match_of(&r->st, &asked, &dice,
                              read_vote(rules, now_ms, &status, &vote));
    out.data.journal = (struct journal){
        .first_seq = (int64_t) r->first_seq,
        .last_seq = (int64_t) r->last_seq,
        .records = (int64_t) r->records,
        .age_ms = now_ms > r->last_ms ? now_ms - r->last_ms : 0};
    http_answer_object(x, &answer_fields, &out);
}

/* ---- gm_desk: the reading ---- */

/* 1 there is the desk, 0 none (answered), -1 error (answered). */
static int
find_desk(struct http_exchange *x, struct desk_info *d)
{
    int found = shared_desk_get(x->http->shared, d->number, &d->row);

    if (found < 0)
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL, NULL);
    else if (found == 0)
        http_answer_error(x, 404, ERROR_NOT_FOUND, "no such desk");
    return found;
}

/* The journal ends in a wrong record, or is gone: so may be the desk. */
static void
answer_broken(struct http_exchange *x, struct looking *l)
{
    char why[160];

    if (find_desk(x, &l->desk) != 1)
        return;
    if (l->desk.row.uid != l->reading.desk_uid)
        http_answer_error(x, 404, ERROR_NOT_FOUND, "no such desk");
    else if (l->reading.why == NULL)
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL,
                          "the desk's journal cannot be read");
    else {
        snprintf(why, sizeof(why),
                 "record %" PRIu64 " of the desk's journal %s",
                 l->reading.bad_seq, l->reading.why);
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL, why);
    }
}

static void
desk_read(struct http_exchange *x)
{
    struct looking *l = x->data;
    int rc = desk_reading_go_on(&l->reading, x->http->shared);

    if (rc > 0) {
        http_later(x, desk_read);
    } else if (rc < 0 || l->reading.records == 0) {
        answer_broken(x, l);
    } else if (find_desk(x, &l->desk) == 1) {
        find_names(x->http->store, &l->desk);
        answer_desk(x, l);
    }
}

static void
desk_find(struct http_exchange *x)
{
    struct looking *l = x->data;

    if (find_desk(x, &l->desk) != 1)
        return;
    desk_reading_init(&l->reading, l->desk.row.uid);
    http_later(x, desk_read);
}

static void
look_at_desk(struct http_exchange *x)
{
    struct looking *l;
    uint32_t number = desk_number_parse(http_path_parameter(x));

    if (number == 0) {
        http_answer_error(x, 400, ERROR_ILLEGAL_PARAMETER,
                          "the path must end with the six digits of a desk");
        return;
    }
    l = mem_zalloc(sizeof(*l));
    l->desk.number = number;
    x->data = l;
    http_later(x, desk_find);
}

const struct http_endpoint gm_desk_endpoint = {
    .name = "gm_desk",
    .methods = METHOD_GET,
    .handle = look_at_desk,
};
