/*
 * Gates that come back: after a death, a hand-over or lost frames each gate
 * shows its sessions and the last event that it has forwarded, and is told
 * from the journal what came after.  Until then nothing else is sent to it.
 */
#include <string.h>

#include "core/log.h"
#include "event/bus.h"
#include "game/desks/desks.h"
#include "game/desks/replay.h"
#include "game/game.h"

/* ---- a gate shows a session ---- */

/* The session hears the desk from now on. */
static void
attach(struct desk *desk, const struct bound_resume *resume, uint64_t session)
{
    unsigned seat = desk_seat_of(&desk->st, resume->uid);

    if (seat >= MAHJONG_SEATS || desk->st.seat[seat].session != session)
        return;
    desk->attached |= (uint8_t) (1u << seat);
    desk_set_view(desk, seat, resume->open, resume->format);
    if (desk->unasked & 1u << seat)
        desk_hint_again(desk, seat);
    desk->unasked &= (uint8_t) ~(1u << seat);
}

void
desk_resume_slice(struct desk_replay *r)
{
    struct desk *desk = r->desk;
    struct desks *ds = desk->desks;
    enum desk_replay_result rc;

    desk_hold(desk);
    rc = desk_replay_run(r);
    desks_flush(ds);
    desks_let_go(ds);
    if (rc == DESK_REPLAY_MORE) {
        desk_replay_later(r);
        return;
    }
    if (rc == DESK_REPLAY_DONE) {
        attach(desk, &r->resume, r->session);
    } else {
        log_limited(ds->game->log, LOG_ERR, 0,
                    "desk %06u: cannot replay missed events: %s", desk->number,
                    r->why ? r->why : "the journal cannot be read");
        frame_send_close(ds->game->bus, r->gate, r->session,
                         "missed events cannot be replayed");
    }
    desk_replay_destroy(r);
}

/* A session that resumes again begins anew. */
static void
forget_replay(struct desk *desk, uint64_t session)
{
    LIST_EACH_SAFE (l, &desk->desks->replays) {
        struct desk_replay *r = LIST_ITEM(l, struct desk_replay, link);

        if (r->desk == desk && !r->loading && r->session == session)
            desk_replay_destroy(r);
    }
}

static void
tell_missed(struct desk *desk, struct place gate, uint64_t session,
            const struct bound_resume *resume)
{
    uint64_t checkpoint = desk->checkpoint_seq;
    bool after = checkpoint != 0 && resume->seq >= checkpoint;
    struct desk_replay *r = desk_replay_create(desk, after ? checkpoint
                                                           : desk->first_seq);

    r->session = session;
    r->gate = gate;
    r->resume = *resume;
    r->pusher.audience.open = resume->open ? 0xff : 0;
    memset(r->pusher.audience.format, resume->format, MAHJONG_SEATS);
    desk_resume_slice(r);
}

static void
resume_seat(struct desk *desk, struct place gate, uint64_t session,
            const struct bound_resume *resume)
{
    struct bus *bus = desk->desks->game->bus;
    unsigned seat = desk_seat_of(&desk->st, resume->uid);

    forget_replay(desk, session);
    desk_forget_undone(desk, session);
    if (seat < MAHJONG_SEATS && desk->st.seat[seat].dropped == session &&
        resume->since <= desk->st.seat[seat].dropped_cseq) {
        /* what he missed was told to nobody: his client comes anew */
        frame_send_close(bus, gate, session, "dropped meanwhile");
        return;
    }
    if (seat < MAHJONG_SEATS && desk->st.seat[seat].session == session &&
        desk->told_seq[seat] == resume->seq &&
        desk->told_ord[seat] == resume->ord &&
        desk->st.rules.status != MAHJONG_DESTROYED) {
        attach(desk, resume, session);
        return;
    }
    if (resume->seq != 0 && resume->seq + 1 < desk->first_seq) {
        frame_send_close(bus, gate, session, "too far behind");
        return;
    }
    tell_missed(desk, gate, session, resume);
}

void
desk_resume(struct desks *ds, struct place gate, uint64_t session,
            const struct bound_resume *resume)
{
    struct desk *desk = desk_get(ds, resume->number, resume->target);

    /* what this turn has done so far shall be in the journal too */
    if (desk != NULL && desk->undo != NULL) {
        desks_commit(&ds->commit);
        desk = desk_get(ds, resume->number, resume->target);
    }
    if (desk == NULL) {
        frame_send_uint(ds->game->bus, gate, FRAME_MOVED, session,
                        resume->target);
        return;
    }
    resume_seat(desk, gate, session, resume);
}

/* ---- gates go ---- */

/* What a replay has told so far may be lost too. */
static void
forget_replays(struct desks *ds, struct place gate)
{
    LIST_EACH_SAFE (l, &ds->replays) {
        struct desk_replay *r = LIST_ITEM(l, struct desk_replay, link);

        struct desk *desk = r->desk;

        if (r->loading || !session_id_is_at(r->session, gate))
            continue;
        desk_replay_destroy(r);
        desk->attach_ms = ds->game->loop->now_ms + DESK_ATTACH_MS;
        desk_hold(desk);
        desk_set_timer(desk);
    }
}

void
desks_detach(struct desks *ds, struct place gate)
{
    forget_replays(ds, gate);
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);

        for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
            uint64_t session = desk->st.seat[i].session;

            if (session == 0 || !session_id_is_at(session, gate) ||
                !(desk->attached & 1u << i))
                continue;
            desk_detach(desk, i);
            desk->attach_ms = ds->game->loop->now_ms + DESK_ATTACH_MS;
            desk_hold(desk);
            desk_set_timer(desk);
        }
    }
    desks_let_go(ds);
}

static void
forget_end(struct desk *desk, unsigned seat)
{
    desk_hold(desk);
    desk->end_sessions[seat] = 0;
    desk_set_timer(desk);
    desks_let_go(desk->desks);
}

void
desk_end_seen(struct desks *ds, uint64_t session, uint64_t uid)
{
    struct desk *desk = desk_find(ds, uid);

    for (unsigned i = 0; desk != NULL && i < MAHJONG_SEATS; i++)
        if (desk->end_sessions[i] == session)
            forget_end(desk, i);
}

void
desks_gate_died(struct desks *ds, struct place place)
{
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);

        for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
            if (session_id_is_of(desk->end_sessions[i], place))
                forget_end(desk, i);
            if (i >= desk->st.rules.seated ||
                desk->st.rules.status == MAHJONG_DESTROYED ||
                !session_id_is_of(desk->st.seat[i].session, place))
                continue;
            desk_hold(desk);
            desk_drop(desk, i);
        }
    }
    desks_let_go(ds);
}
