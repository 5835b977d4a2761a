#include "game/desk/read.h"

#include <string.h>

#include "game/store/journal.h"

void
desk_reading_init(struct desk_reading *r, uint64_t desk_uid)
{
    memset(r, 0, sizeof(*r));
    r->desk_uid = desk_uid;
}

/* The journal begins here: what was read before it is gone. */
static void
begin(struct desk_reading *r, uint64_t seq)
{
    memset(&r->st, 0, sizeof(r->st));
    r->st.seq = seq - 1;
    r->first_seq = seq;
    r->records = 0;
}

static int
bad(struct desk_reading *r, uint64_t seq, const char *why)
{
    r->bad_seq = seq;
    r->why = why;
    return -1;
}

/* 0; 1 when the slice is over, -1 when the record is no good. */
static int
follow(void *arg, uint64_t seq, struct str row)
{
    struct desk_reading *r = arg;
    struct journal_record record;
    const char *why = journal_decode(&record, row);

    if (why != NULL)
        return bad(r, seq, why);
    if (r->records == 0 ||
        (seq != r->last_seq + 1 && record.kind == DESK_CHECKPOINT))
        begin(r, seq);
    else if (seq != r->last_seq + 1)
        return bad(r, seq, "does not follow the one before");
    why = desk_state_replay(&r->st, &record, &r->step, &r->events);
    if (why != NULL)
        return bad(r, seq, why);
    r->last_seq = seq;
    r->last_ms = record.time_ms;
    r->records++;
    return --r->left == 0;
}

int
desk_reading_go_on(struct desk_reading *r, struct env *shared)
{
    uint64_t from = r->records == 0 ? 0 : r->last_seq + 1;

    r->left = JOURNAL_SLICE;
    return journal_walk(shared, r->desk_uid, from, follow, r);
}
