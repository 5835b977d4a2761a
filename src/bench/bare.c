#include "bench/bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
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

static void
bare_accept(int epfd, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

    if (fd == -1)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev);
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

int
bare_start(struct bare *b, unsigned cpu, unsigned corrupt)
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
        bare_serve(epfd, listener, corrupt);
    }
    close(listener);
    if (b->pid == -1) {
        fprintf(stderr, "sparrow-bench: fork: %s\n", strerror(errno));
        return -1;
    }
    return 0;
}

void
bare_stop(struct bare *b)
{
    kill(b->pid, SIGKILL);
    waitpid(b->pid, NULL, 0);
}
