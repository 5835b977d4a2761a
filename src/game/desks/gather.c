/*
 * What the steps of a turn write and say: it waits for the turn's end.
 */
#include <string.h>

#include "core/mem.h"
#include "game/binding.h"
#include "game/component.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/store/journal.h"

void *
turn_list_add(void **items, size_t *count, size_t *cap, size_t size)
{
    if (*count == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        *items = mem_realloc(*items, *cap * size);
    }
    return (char *) *items + (*count)++ * size;
}

void
desk_touch(struct desk *desk)
{
    struct desks *ds = desk->desks;

    if (desk->undo != NULL)
        return;
    desk->undo = mem_alloc(sizeof(*desk->undo));
    *desk->undo = (struct desk_undo){.st = desk->st,
                                     .row = desk->row,
                                     .history_len = desk->history.len,
                                     .open = desk->open,
                                     .attached = desk->attached,
                                     .end_ms = desk->end_ms};
    memcpy(desk->undo->format, desk->format, sizeof(desk->format));
    memcpy(desk->undo->end_sessions, desk->end_sessions,
           sizeof(desk->end_sessions));
    memcpy(desk->undo->told_seq, desk->told_seq, sizeof(desk->told_seq));
    memcpy(desk->undo->told_ord, desk->told_ord, sizeof(desk->told_ord));
    list_append(&ds->touched, &desk->touched);
    if (ds->game->loop->finishing)
        loop_post(ds->game->loop, &ds->game->again);
}

void
turn_record_add(struct desk *desk, const struct desk_step *step)
{
    struct desks *ds = desk->desks;
    struct turn *turn = &ds->turn;
    struct buf *data = &ds->data;
    struct journal_record record = {.rules = desk->st.rules.version,
                                    .kind = step->kind,
                                    .seat = step->seat,
                                    .time_ms = step->time_ms,
                                    .session = step->session,
                                    .cseq = step->cseq,
                                    .hash = desk_state_hash(&desk->st)};
    struct turn_record *r = TURN_LIST_ADD(&turn->records);

    data->len = 0;
    desk_step_encode(data, step, &desk->st);
    record.data = buf_str(data);
    *r = (struct turn_record){
        .desk = desk, .seq = desk->st.seq, .at = turn->bytes.len};
    journal_encode(&turn->bytes, &record);
    r->len = turn->bytes.len - r->at;
}

/* The cseq from which on the session's messages are not done; else NULL. */
struct desk_undone *
desk_find_undone(struct desk *desk, uint64_t session)
{
    int64_t now_ms = desk->desks->game->loop->now_ms;

    for (unsigned i = 0; i < DESK_UNDONE; i++)
        if (desk->undone[i].session == session &&
            now_ms - desk->undone[i].since_ms <= BINDING_PATIENCE_MS)
            return &desk->undone[i];
    return NULL;
}

void
desk_forget_undone(struct desk *desk, uint64_t session)
{
    for (unsigned i = 0; i < DESK_UNDONE; i++)
        if (desk->undone[i].session == session)
            desk->undone[i] = (struct desk_undone){0};
}

void
desk_note_undone(struct desk *desk, uint64_t session, uint64_t cseq)
{
    if (desk_find_undone(desk, session) != NULL)
        return; /* of one before it */
    desk_forget_undone(desk, session);
    desk->undone[desk->undone_at] = (struct desk_undone){
        session, cseq, desk->desks->game->loop->now_ms};
    desk->undone_at = (desk->undone_at + 1) % DESK_UNDONE;
}

bool
turn_message_add(struct desk *desk, const struct bound_message *m,
                 const struct handler *h)
{
    struct turn *turn = &desk->desks->turn;
    struct turn_message *t = TURN_LIST_ADD(&turn->messages);
    const struct desk_undone *undone = desk_find_undone(desk, m->session);

    *t = (struct turn_message){.desk = desk,
                               .handler = h,
                               .gate = m->gate,
                               .uid = m->uid,
                               .session = m->session,
                               .cseq = m->cseq,
                               .mid = m->mid,
                               .asked = m->asked,
                               .format = m->format,
                               .wants = m->wants,
                               .gone = m->gone,
                               .kept = m->kept,
                               .undone = undone != NULL &&
                                         m->cseq > undone->cseq,
                               .route = m->route,
                               .payload_at = turn->bytes.len,
                               .payload_len = m->payload.len};
    if (!m->kept)
        buf_append_str(&turn->bytes, m->payload);
    desk->session = m->session;
    desk->cseq = m->cseq;
    desk_touch(desk);
    return !t->undone;
}

void
turn_item_add(struct desk *desk, const struct bound_item *item)
{
    struct turn *turn = &desk->desks->turn;
    struct turn_item *t = TURN_LIST_ADD(&turn->items);

    *t = (struct turn_item){.desk = desk,
                            .item = *item,
                            .route_at = turn->bytes.len,
                            .payload_at = turn->bytes.len + item->route.len};
    buf_append_str(&turn->bytes, item->route);
    buf_append_str(&turn->bytes, item->payload);
    desk_touch(desk);
}

void
turn_deinit(struct desks *ds)
{
    mem_free(ds->turn.records.item);
    mem_free(ds->turn.messages.item);
    mem_free(ds->turn.items.item);
    buf_deinit(&ds->turn.bytes);
    for (size_t i = 0; i < ds->frames.count; i++)
        buf_deinit(&ds->frames.item[i].body);
    mem_free(ds->frames.item);
}
