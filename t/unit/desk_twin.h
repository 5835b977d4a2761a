/*
 * A desk and its twin, which is made of the records of the other alone: after
 * each step the two are the same.
 */
#ifndef T_UNIT_DESK_TWIN_H
#define T_UNIT_DESK_TWIN_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "game/desk/state.h"
#include "game/mahjong/action.h"
#include "game/mahjong/event.h"
#include "game/mahjong/table.h"
#include "game/store/journal.h"

static struct desk_state st, twin;
static struct mahjong_events events;

/* Applies a step, and its record to the twin. */
static bool
do_step(struct desk_step step)
{
    struct desk_step again;
    struct mahjong_events others;
    struct journal_record record;
    struct buf data = {0};
    const char *why;

    if (desk_state_apply(&st, &step, &events) != MAHJONG_OK)
        return false;
    desk_step_encode(&data, &step, &st);
    record = (struct journal_record){.rules = st.rules.version,
                                     .kind = step.kind,
                                     .seat = step.seat,
                                     .time_ms = step.time_ms,
                                     .session = step.session,
                                     .cseq = step.cseq,
                                     .data = buf_str(&data),
                                     .hash = desk_state_hash(&st)};
    why = desk_state_replay(&twin, &record, &again, &others);
    buf_deinit(&data);
    if (why != NULL)
        printf("# the record %s\n", why);
    return why == NULL && memcmp(&st, &twin, sizeof(st)) == 0;
}

#endif
