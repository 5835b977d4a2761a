/*
 * --sit: desks in a round where nobody does anything, for the memory that a
 * desk takes and for how fast desks come back.  What one costs is the growth
 * of the server's anonymous memory, without what the server needs anyway.
 */
#include <stdio.h>
#include <sys/socket.h>

#include "bench/play.h"

static const uint64_t SETTLE_NS = 500000000;

static void
turns_until(struct play *p, uint64_t end)
{
    uint64_t now;

    while ((now = now_ns()) < end && !load_interrupted()) {
        play_turn(p, end < now + 100000000 ? end : now + 100000000);
        run_tick(p->run, now);
    }
}

/* All are seated, or nothing has come of it for too long. */
static bool
seat_all(struct play *p)
{
    uint64_t last = now_ns(), now = last, scan = last;
    unsigned dealt = 0;

    while (p->dealt < p->conf->desks && !load_interrupted()) {
        tables_begin(p, now);
        play_turn(p, now + 100000000);
        now = now_ns();
        run_tick(p->run, now);
        if (p->dealt > dealt) {
            dealt = p->dealt;
            last = p->dealt_ns = now;
        }
        if (now >= scan) {
            tables_check_stalls(p, now);
            scan = now + 1000000000;
        }
        if (now - last > p->conf->stall_s * 1000000000ULL) {
            fprintf(stderr, "sparrow-bench: only %u of %u desks\n", p->dealt,
                    p->conf->desks);
            return false;
        }
    }
    return p->dealt == p->conf->desks;
}

/* As when a machine that holds all clients loses its power. */
static void
drop_all(struct play *p)
{
    const struct linger reset = {.l_onoff = 1};

    for (unsigned i = 0; i < p->loop.n; i++)
        if (p->loop.all[i]->fd != -1)
            setsockopt(p->loop.all[i]->fd, SOL_SOCKET, SO_LINGER, &reset,
                       sizeof reset);
}

bool
play_sit(struct play *p)
{
    uint64_t hold = (uint64_t) (p->conf->load.duration * 1e9);

    if (!seat_all(p))
        return false;
    turns_until(p, now_ns() + SETTLE_NS);
    if (p->procs != NULL)
        p->rss_after = procs_rss_anon(p->procs);
    if (!p->conf->load.quiet)
        fprintf(stderr, "play: %u desks are in a round\n", p->dealt);
    turns_until(p, hold != 0 ? now_ns() + hold : UINT64_MAX);
    if (p->conf->drop)
        drop_all(p);
    return true;
}
