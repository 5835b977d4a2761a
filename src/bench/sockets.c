/*
 * sparrow-bench sockets: what the reads and writes of play's matches take
 * when nothing else is done, with as many processes as there are workers.  It
 * is the floor on this machine for a server that makes a call for each read
 * and each write, so play's figures can be compared from machine to machine by
 * their ratio to it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/client.h"
#include "bench/endpoint.h"
#include "bench/opt.h"
#include "bench/procs.h"
#include "bench/run.h"
#include "core/mem.h"

enum {
    WORKERS = 16,      /* at the most */
    EVENTS = 512,      /* a turn */
    ACTION = 70,       /* bytes: a choice of the game in JSON and XXTEA */
    MATCH_WRITES = 258 /* arrivals of a match of one round in play */
};

struct guest {
    int fd;
    unsigned at; /* in the news that are coming */
};

struct sockets {
    double seconds;
    unsigned desks, workers;
    struct bare bare[WORKERS];
    unsigned started;
    int epfd;
    struct guest *guests;
    unsigned count;
    uint64_t actions;
    const char *error;
};

static int
start_all(struct sockets *s, struct procs *procs)
{
    char pids[WORKERS * 12];
    size_t len = 0;

    for (; s->started < s->workers; s->started++) {
        struct bare *b = &s->bare[s->started];

        if (bare_start_tables(b) != 0)
            return -1;
        len += (size_t) snprintf(pids + len, sizeof pids - len, "%s%d",
                                 len > 0 ? "," : "", (int) b->pid);
    }
    return procs_init(procs, pids);
}

/* One more connection; they sit down in the order in which they connect. */
static int
sit_down(struct sockets *s, const struct endpoint *to)
{
    struct guest *g = &s->guests[s->count];
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = g};

    g->fd = socket(to->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (g->fd == -1)
        return -1;
    s->count++;
    setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(g->fd, (const struct sockaddr *) &to->addr, to->len) == -1)
        return -1;
    return epoll_ctl(s->epfd, EPOLL_CTL_ADD, g->fd, &ev);
}

/* The desks one after the other, each at the next process. */
static int
sit_all(struct sockets *s)
{
    struct endpoint to[WORKERS];

    for (unsigned i = 0; i < s->workers; i++)
        if (endpoint_init(&to[i], s->bare[i].target, false) == -1)
            return -1;
    for (unsigned i = 0; i < s->desks * BARE_SEATS; i++)
        if (sit_down(s, &to[i / BARE_SEATS % s->workers]) == -1) {
            fprintf(stderr, "sparrow-bench: connection %u: %s\n", i + 1,
                    strerror(errno));
            return -1;
        }
    return 0;
}

static void
act(struct sockets *s, const struct guest *g)
{
    static const char action[ACTION];

    if (send(g->fd, action, sizeof action, MSG_NOSIGNAL) != ACTION)
        s->error = "a write failed";
    s->actions++;
}

static void
hear(struct sockets *s, struct guest *g)
{
    char in[64 * 1024];
    ssize_t got = recv(g->fd, in, sizeof in, MSG_DONTWAIT);

    if (got <= 0)
        s->error = "a connection ended";
    for (ssize_t i = 0; i < got; i++) {
        if (g->at == 0 && in[i] == 1)
            act(s, g);
        g->at = (g->at + 1) % BARE_NEWS;
    }
}

static void
play(struct sockets *s, double seconds)
{
    struct epoll_event events[EVENTS];
    uint64_t end = now_ns() + (uint64_t) (seconds * 1e9);

    while (s->error == NULL && now_ns() < end) {
        int n = epoll_wait(s->epfd, events, EVENTS, 100);

        for (int i = 0; i < n; i++)
            hear(s, events[i].data.ptr);
    }
}

static int
measure(struct sockets *s, struct procs *procs)
{
    struct cpu_time used;
    double match;

    play(s, s->seconds / 10);
    s->actions = 0;
    procs_mark(procs);
    play(s, s->seconds);
    procs_sample(procs);
    used = procs_used(procs);
    if (s->error == NULL && s->actions == 0)
        s->error = "nobody said anything";
    if (s->error != NULL) {
        fprintf(stderr, "sparrow-bench: sockets: %s\n", s->error);
        return 1;
    }
    match = MATCH_WRITES / (BARE_SEATS - 1.0) / (double) s->actions / 1e6;
    printf("sockets: %.0f actions/s, each a read and %d writes of %d bytes\n",
           (double) s->actions / s->seconds, BARE_SEATS - 1, BARE_NEWS);
    printf("  server: %.2f ms CPU (user %.2f) for the %d writes of a match\n",
           (double) used.total_ns * match, (double) used.user_ns * match,
           MATCH_WRITES);
    return 0;
}

static int
run(struct sockets *s)
{
    struct procs *procs = mem_zalloc(sizeof *procs);
    int status = 1;

    files_raise(); /* before the processes start: it is theirs, too */
    s->epfd = epoll_create1(EPOLL_CLOEXEC);
    s->guests = mem_zalloc(s->desks * BARE_SEATS * sizeof *s->guests);
    if (start_all(s, procs) == 0 && sit_all(s) == 0)
        status = measure(s, procs);
    while (s->started > 0)
        bare_stop(&s->bare[--s->started]);
    while (s->count > 0)
        close(s->guests[--s->count].fd);
    close(s->epfd);
    mem_free(s->guests);
    mem_free(procs);
    return status;
}

int
bench_sockets(int argc, char **argv)
{
    struct sockets s = {.seconds = 3, .desks = 100, .workers = 2};
    const struct opt opts[] = {
        {.name = "duration",
         .letter = 'd',
         .seconds = &s.seconds,
         .max = 3600,
         .arg = "TIME",
         .help = "how long to measure (3s)"},
        {.name = "desks",
         .number = &s.desks,
         .min = 1,
         .max = BARE_MOST / BARE_SEATS,
         .arg = "N",
         .help = "that play at the same time (100)"},
        {.name = "workers",
         .number = &s.workers,
         .min = 1,
         .max = WORKERS,
         .arg = "N",
         .help = "processes that serve them (2)"},
        {.name = NULL},
    };
    int at = opt_parse(opts, "", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    return run(&s);
}
