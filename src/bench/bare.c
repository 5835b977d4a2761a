#include "bench/bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/run.h"

enum { EVENTS = 512, IN_SIZE = 64 * 1024 };

/* Who sits where, with tables. */
static struct {
    unsigned count;
    int fd[BARE_MOST];
    unsigned seat[BARE_MOST + 64]; /* by descriptor */
} guests;

static int
bare_accept(int epfd, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

    if (fd == -1)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev);
    return fd;
}

/* The client always reads, so waiting for room cannot lock the two up. */
static void
bare_write(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent == -1 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (sent == -1) {
            return;
        } else {
            p += sent;
            n -= (size_t) sent;
        }
    }
}

static void
bare_serve(int epfd, int listener, unsigned corrupt)
{
    static uint8_t in[IN_SIZE];
    struct epoll_event events[EVENTS];
    unsigned writes = 0;

    for (;;) {
        int n = epoll_wait(epfd, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                bare_accept(epfd, listener);
                continue;
            }
            ssize_t got = recv(fd, in, sizeof in, 0);
            if (got <= 0) {
                close(fd);
                continue;
            }
            if (corrupt > 0 && ++writes % corrupt == 0)
                in[got - 1] ^= 0x20;
            bare_write(fd, in, (size_t) got);
        }
    }
}

static void
bare_news(unsigned seat, bool is_next)
{
    uint8_t news[BARE_NEWS] = {is_next};

    bare_write(guests.fd[seat], news, sizeof news);
}

/* The first of a table begins when it is full. */
static void
bare_sit(int fd)
{
    if (fd < 0 || fd >= BARE_MOST + 64 || guests.count == BARE_MOST)
        return;
    guests.seat[fd] = guests.count;
    guests.fd[guests.count++] = fd;
    if (guests.count % BARE_SEATS == 0)
        bare_news(guests.count - BARE_SEATS, true);
}

static void
bare_tell(int from)
{
    unsigned seat = guests.seat[from], table = seat - seat % BARE_SEATS;

    for (unsigned i = 1; i < BARE_SEATS; i++)
        bare_news(table + (seat + i) % BARE_SEATS, i == 1);
}

/* All that has come is read before the first answer, as in a server. */
static void
bare_serve_tables(int epfd, int listener)
{
    uint8_t in[512];
    struct epoll_event events[EVENTS];
    int said[EVENTS];

    for (;;) {
        int n = epoll_wait(epfd, events, EVENTS, -1), count = 0;
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                bare_sit(bare_accept(epfd, listener));
            else if (recv(fd, in, sizeof in, 0) <= 0)
                _exit(0);
            else
                said[count++] = fd;
        }
        for (int i = 0; i < count; i++)
            bare_tell(said[i]);
    }
}

static int
bare_listen(struct bare *b)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *) &addr, len) == -1 ||
        listen(fd, 4096) == -1 ||
        getsockname(fd, (struct sockaddr *) &addr, &len) == -1) {
        fprintf(stderr, "sparrow-bench: bare loop: %s\n", strerror(errno));
        if (fd != -1)
            close(fd);
        return -1;
    }
    snprintf(b->target, sizeof b->target, "127.0.0.1:%u",
             (unsigned) ntohs(addr.sin_port));
    return fd;
}

static int
start(struct bare *b, unsigned cpu, unsigned corrupt, bool tables)
{
    int listener = bare_listen(b);
    pid_t parent = getpid();

    if (listener == -1)
        return -1;
    fflush(NULL);
    b->pid = fork();
    if (b->pid == 0) {
        signal(SIGTERM, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setsid(); /* scheduled apart from this tool, as a daemon is */
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener};
        int epfd = epoll_create1(EPOLL_CLOEXEC);
        if (getppid() != parent || epfd == -1 || cpu_pin(cpu) == -1)
            _exit(1);
        epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &ev);
        if (tables)
            bare_serve_tables(epfd, listener);
        bare_serve(epfd, listener, corrupt);
    }
    close(listener);
    if (b->pid == -1) {
        fprintf(stderr, "sparrow-bench: fork: %s\n", strerror(errno));
        return -1;
    }
    return 0;
}

int
bare_start(struct bare *b, unsigned cpu, unsigned corrupt)
{
    return start(b, cpu, corrupt, false);
}

int
bare_start_tables(struct bare *b)
{
    return start(b, UINT_MAX, 0, true);
}

void
bare_stop(struct bare *b)
{
    kill(b->pid, SIGKILL);
    waitpid(b->pid, NULL, 0);
}
