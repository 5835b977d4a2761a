#include "game/desk/state.h"

#include <string.h>

#include "game/store/journal.h"
#include "game/store/row.h"

_Static_assert((int) JOURNAL_RULES_FIRST == (int) MAHJONG_VERSION_1 &&
                   (int) JOURNAL_RULES == (int) MAHJONG_VERSION,
               "journals are of the versions that the rules know");
_Static_assert(sizeof(struct desk_profile) ==
                   DESK_NAME + DESK_URL + DESK_IP + 8,
               "no padding");
_Static_assert(sizeof(struct desk_seat) ==
                   4 * 8 + 8 + sizeof(struct desk_profile),
               "no padding");
_Static_assert(sizeof(struct desk_state) ==
                   sizeof(struct mahjong_desk) +
                       MAHJONG_SEATS * sizeof(struct desk_seat) + 4 * 8 +
                       2 * MAHJONG_SEATS * 8 + 8,
               "no padding");

unsigned
desk_seat_of(const struct desk_state *st, uint64_t uid)
{
    for (unsigned i = 0; i < st->rules.seated; i++)
        if ((uint64_t) st->rules.seat[i].uid == uid)
            return i;
    return MAHJONG_NOBODY;
}

bool
desk_can_checkpoint(const struct desk_state *st)
{
    return st->rules.status == MAHJONG_CREATED ||
           st->rules.status == MAHJONG_CLEANED;
}

int64_t
desk_turn_deadline(const struct desk_state *st, unsigned seat)
{
    const struct mahjong_desk *rules = &st->rules;
    unsigned bit = 1u << seat;
    uint32_t ms = rules->times.turn_ms, trustee_ms;

    if (ms == 0 || seat >= rules->seated || !mahjong_owes(rules, seat))
        return 0;
    trustee_ms = rules->offline & bit ? DESK_AWAY_MS : DESK_TRUSTEE_MS;
    if ((rules->trustee & bit) && ms > trustee_ms)
        ms = trustee_ms;
    return st->asked_ms[seat] + ms;
}

/* ---- applying ---- */

static void
forget_drop(struct desk_seat *s)
{
    s->dropped = s->dropped_cseq = 0;
}

/* The step's session speaks for the seat from now on. */
static void
take_message(struct desk_state *st, unsigned seat,
             const struct desk_step *step)
{
    struct desk_seat *s = &st->seat[seat];

    if (step->session == 0)
        return;
    if (s->session != step->session) {
        s->session = step->session;
        s->entered = 0;
        if (s->dropped != step->session)
            forget_drop(s);
    }
    s->cseq = step->cseq;
}

static void
leave(struct desk_state *st, unsigned seat)
{
    const struct mahjong_desk *rules = &st->rules;

    if (rules->status == MAHJONG_DESTROYED)
        return; /* the seats stay as they were, for those who come late */
    for (unsigned i = seat; i < rules->seated; i++)
        st->seat[i] = st->seat[i + 1];
    memset(&st->seat[rules->seated], 0, sizeof(st->seat[0]));
}

static enum mahjong_violation
apply_action(struct desk_state *st, const struct desk_step *step,
             struct mahjong_events *events)
{
    enum mahjong_violation violation = mahjong_apply(&st->rules, &step->action,
                                                     events);
    unsigned seat = step->seat;

    if (violation != MAHJONG_OK)
        return violation;
    switch (step->action.type) {
    case MAHJONG_OPEN:
        st->opened_ms = step->time_ms;
        st->seat[0].profile = step->profile;
        st->price = step->price;
        break;
    case MAHJONG_SIT:
        st->seat[st->rules.seated - 1].profile = step->profile;
        break;
    case MAHJONG_DEAL:
        st->dealt_ms = step->time_ms;
        break;
    }
    if (seat < MAHJONG_SEATS)
        take_message(st, seat, step);
    if (step->action.type == MAHJONG_LEAVE)
        leave(st, step->action.seat);
    return MAHJONG_OK;
}

/* ONLINE or OFFLINE, if that is news. */
static void
set_presence(struct desk_state *st, unsigned seat, bool online,
             struct mahjong_events *events)
{
    struct mahjong_action action = {.type = online ? MAHJONG_ONLINE
                                                   : MAHJONG_OFFLINE,
                                    .seat = (uint8_t) seat};

    mahjong_apply(&st->rules, &action, events);
}

static enum mahjong_violation
apply_presence(struct desk_state *st, const struct desk_step *step,
               struct mahjong_events *events)
{
    struct desk_seat *s = &st->seat[step->seat];

    if (st->rules.status == MAHJONG_DESTROYED)
        return MAHJONG_NOT_NOW;
    if (step->kind == DESK_RESUME && !(st->rules.offline & 1u << step->seat))
        return MAHJONG_AGAIN;
    if (step->kind == DESK_DROP) {
        set_presence(st, step->seat, false, events);
        s->dropped = s->session;
        s->dropped_cseq = s->cseq;
        s->session = s->cseq = 0;
        s->entered = 0;
        return MAHJONG_OK;
    }
    set_presence(st, step->seat, true, events);
    take_message(st, step->seat, step);
    if (step->kind == DESK_ENTER) {
        s->entered = 1;
        forget_drop(s);
    }
    return MAHJONG_OK;
}

/* Each question is one of these events, and each of these a new question. */
static void
note_event(struct desk_state *st, const struct mahjong_event *e,
           int64_t time_ms)
{
    switch (e->type) {
    case MAHJONG_EV_DEAL:
        for (unsigned i = 0; i < MAHJONG_SEATS; i++)
            st->asked_ms[i] = time_ms;
        break;
    case MAHJONG_EV_HINT:
        st->hint_seq[e->seat] = st->seq;
        st->asked_ms[e->seat] = time_ms;
        break;
    case MAHJONG_EV_QUE_HINT:
        st->asked_ms[e->seat] = time_ms;
        break;
    case MAHJONG_EV_ROUND_END:
        memset(st->hint_seq, 0, sizeof(st->hint_seq));
        if (e->round.whole)
            st->done = e->round.round;
        break;
    default:
        break;
    }
}

enum mahjong_violation
desk_state_apply(struct desk_state *st, const struct desk_step *step,
                 struct mahjong_events *events)
{
    enum mahjong_violation violation = MAHJONG_OK;

    events->count = 0;
    switch (step->kind) {
    case DESK_ACTION:
        violation = apply_action(st, step, events);
        break;
    case DESK_ENTER:
    case DESK_RESUME:
    case DESK_DROP:
        violation = step->seat < st->rules.seated
                        ? apply_presence(st, step, events)
                        : MAHJONG_NO_SEAT;
        break;
    case DESK_OPENED:
        st->record_id = step->record_id;
        break;
    case DESK_CHECKPOINT:
        break;
    default:
        violation = MAHJONG_BAD_VALUE;
    }
    if (violation != MAHJONG_OK)
        return violation;
    st->seq++;
    for (unsigned i = 0; i < events->count; i++)
        note_event(st, &events->event[i], step->time_ms);
    return MAHJONG_OK;
}

/* ---- bytes ---- */

static const struct row_field profile_fields[] = {
    ROW_STRING(struct desk_profile, name),
    ROW_STRING(struct desk_profile, head_url),
    ROW_STRING(struct desk_profile, ip),
    ROW_FIELD(struct desk_profile, sex),
};
static const struct row_type profile_row = ROW_TYPE("profile", profile_fields);

static const struct row_field opened_fields[] = {
    ROW_FIELD(struct desk_step, record_id),
    ROW_FIELD(struct desk_step, personal),
    ROW_FIELD(struct desk_step, balance),
};
static const struct row_type opened_row = ROW_TYPE("opened", opened_fields);

static const struct row_field state_fields[] = {
    ROW_FIELD(struct desk_state, opened_ms),
    ROW_FIELD(struct desk_state, record_id),
    ROW_FIELD(struct desk_state, saved),
};
static const struct row_type state_row = ROW_TYPE("state", state_fields);

static const struct row_field seat_fields[] = {
    ROW_FIELD(struct desk_seat, session),
    ROW_FIELD(struct desk_seat, cseq),
    ROW_FIELD(struct desk_seat, entered),
    ROW_STRING(struct desk_seat, profile.name),
    ROW_STRING(struct desk_seat, profile.head_url),
    ROW_STRING(struct desk_seat, profile.ip),
    ROW_FIELD(struct desk_seat, profile.sex),
    ROW_FIELD(struct desk_seat, dropped),
    ROW_FIELD(struct desk_seat, dropped_cseq),
};
static const struct row_type seat_row = ROW_TYPE("seat", seat_fields);

/*
 * Two bytes of length, then the row: rows of a checkpoint follow each other.
 */
static void
put_row(struct buf *out, const struct row_type *type, const void *row)
{
    size_t at = out->len, len;

    buf_append(out, "\0", 2);
    row_encode(out, type, row);
    len = out->len - at - 2;
    out->data[at] = (uint8_t) (len >> 8);
    out->data[at + 1] = (uint8_t) len;
}

static const char *
get_row(struct str *data, const struct row_type *type, void *row)
{
    const uint8_t *p = (const uint8_t *) data->data;
    const char *field, *why;
    size_t len;

    if (data->len < 2)
        return "is cut off";
    len = (size_t) p[0] << 8 | p[1];
    if (data->len - 2 < len)
        return "is cut off";
    why = row_decode(row, type, (struct str){data->data + 2, len}, &field);
    *data = (struct str){data->data + 2 + len, data->len - 2 - len};
    return why;
}

/* Last, and only if there is one: desks of older daemons have none. */
static void
put_price(struct buf *out, uint32_t price)
{
    const uint8_t bytes[] = {(uint8_t) (price >> 24), (uint8_t) (price >> 16),
                             (uint8_t) (price >> 8), (uint8_t) price};

    if (price != 0)
        buf_append(out, bytes, sizeof(bytes));
}

static const char *
get_price(struct str data, uint32_t *price)
{
    *price = 0;
    if (data.len != 0 && data.len != 4)
        return "has a bad price";
    for (size_t i = 0; i < data.len; i++)
        *price = *price << 8 | (uint8_t) data.data[i];
    return NULL;
}

static void
put_action(struct buf *out, const struct mahjong_action *action)
{
    uint8_t *p = buf_reserve(out, MAHJONG_ACTION_MAX);

    out->len += mahjong_action_encode(action, p, MAHJONG_ACTION_MAX);
}

static const char *
get_action(struct str *data, struct mahjong_action *action)
{
    int n = mahjong_action_decode(action, (const uint8_t *) data->data,
                                  data->len);

    if (n <= 0)
        return "has a bad action";
    *data = (struct str){data->data + n, data->len - (size_t) n};
    return NULL;
}

static void
put_state(struct buf *out, const struct desk_state *st)
{
    struct mahjong_action action;

    mahjong_checkpoint(&st->rules, &action);
    put_action(out, &action);
    put_row(out, &state_row, st);
    for (unsigned i = 0; i < st->rules.seated; i++)
        put_row(out, &seat_row, &st->seat[i]);
    put_price(out, st->price);
}

static const char *
get_state(const struct journal_record *r, struct desk_state *st,
          struct mahjong_action *action, struct mahjong_events *events)
{
    struct str data = r->data;
    const char *why = get_action(&data, action);

    action->version = r->rules;
    if (why == NULL &&
        (action->type != MAHJONG_CHECKPOINT ||
         mahjong_apply(&st->rules, action, events) != MAHJONG_OK))
        why = "has a bad checkpoint";
    if (why == NULL)
        why = get_row(&data, &state_row, st);
    for (unsigned i = 0; why == NULL && i < st->rules.seated; i++)
        why = get_row(&data, &seat_row, &st->seat[i]);
    if (why == NULL)
        why = get_price(data, &st->price);
    st->done = st->rules.round;
    return why;
}

void
desk_step_encode(struct buf *out, const struct desk_step *step,
                 const struct desk_state *st)
{
    unsigned type = step->action.type;

    switch (step->kind) {
    case DESK_CHECKPOINT:
        put_state(out, st);
        break;
    case DESK_ACTION:
        put_action(out, &step->action);
        if (type == MAHJONG_OPEN || type == MAHJONG_SIT)
            put_row(out, &profile_row, &step->profile);
        if (type == MAHJONG_OPEN)
            put_price(out, step->price);
        else if (type == MAHJONG_LEAVE)
            buf_append_byte(out, step->destroy);
        break;
    case DESK_ENTER:
        buf_append_byte(out, step->enter);
        break;
    case DESK_OPENED:
        put_row(out, &opened_row, step);
        break;
    default:
        break;
    }
}

static const char *
get_byte(struct str data, uint8_t max, uint8_t *value)
{
    if (data.len != 1 || (uint8_t) data.data[0] > max)
        return "has a bad value";
    *value = (uint8_t) data.data[0];
    return NULL;
}

static const char *
decode_action(struct desk_step *step, uint32_t rules, struct str data)
{
    const char *why = get_action(&data, &step->action);
    uint8_t destroy = 0;

    if (why != NULL)
        return why;
    switch (step->action.type) {
    case MAHJONG_OPEN:
        step->action.version = rules;
        why = get_row(&data, &profile_row, &step->profile);
        return why == NULL ? get_price(data, &step->price) : why;
    case MAHJONG_SIT:
        return get_row(&data, &profile_row, &step->profile);
    case MAHJONG_LEAVE:
        why = get_byte(data, 1, &destroy);
        step->destroy = destroy;
        return why;
    default:
        return data.len == 0 ? NULL : "is too long";
    }
}

static const char *
decode(struct desk_step *step, const struct journal_record *r)
{
    struct str data = r->data;

    memset(step, 0, sizeof(*step));
    step->kind = r->kind;
    step->seat = r->seat;
    step->time_ms = r->time_ms;
    step->session = r->session;
    step->cseq = r->cseq;
    switch (r->kind) {
    case DESK_ACTION:
        return decode_action(step, r->rules, data);
    case DESK_ENTER:
        return get_byte(data, DESK_ENTER_BACK, &step->enter);
    case DESK_OPENED:
        return get_row(&data, &opened_row, step);
    default:
        return NULL;
    }
}

uint32_t
desk_state_hash(const struct desk_state *st)
{
    uint64_t sum = mahjong_hash(&st->rules);

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        const struct desk_seat *s = &st->seat[i];

        sum = (sum ^ s->session ^ s->cseq << 8 ^ s->entered) *
              0x9e3779b97f4a7c15u;
        sum ^= sum >> 32;
    }
    sum = (sum ^ st->record_id ^ st->seq << 32) * 0x9e3779b97f4a7c15u;
    return (uint32_t) (sum ^ sum >> 32);
}

const char *
desk_state_replay(struct desk_state *st, const struct journal_record *record,
                  struct desk_step *step, struct mahjong_events *events)
{
    const char *why = decode(step, record);

    if (why != NULL)
        return why;
    if (st->rules.seats != 0 && st->rules.version != record->rules)
        return "is of another version than the desk";
    events->count = 0;
    if (record->kind == DESK_CHECKPOINT) {
        uint64_t seq = st->seq;

        memset(st, 0, sizeof(*st));
        st->seq = seq;
        why = get_state(record, st, &step->action, events);
        events->count = 0;
        if (why != NULL)
            return why;
    }
    if (desk_state_apply(st, step, events) != MAHJONG_OK)
        return "does not follow from those before";
    return desk_state_hash(st) == record->hash ? NULL
                                               : "leads to another desk";
}
