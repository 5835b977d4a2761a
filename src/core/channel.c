#include "core/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

union control {
    struct cmsghdr head;
    char space[CMSG_SPACE(sizeof(int))];
};

int
channel_open(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
                      0, ends);
}

int
channel_send(int fd, const struct channel_message *m)
{
    struct channel_message copy = *m;
    struct iovec iov = {.iov_base = &copy, .iov_len = sizeof(copy)};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    union control control;

    if (m->fd >= 0) {
        memset(&control, 0, sizeof(control));
        msg.msg_control = control.space;
        msg.msg_controllen = sizeof(control.space);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.head), &m->fd, sizeof(int));
    }
    return sendmsg(fd, &msg, MSG_NOSIGNAL) == sizeof(copy) ? 0 : -1;
}

int
channel_receive(int fd, struct channel_message *m)
{
    struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
    union control control;
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof(control.space)};
    ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (n != sizeof(*m))
        return -1;
    m->fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL;
         c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
            c->cmsg_len == CMSG_LEN(sizeof(int)))
            memcpy(&m->fd, CMSG_DATA(c), sizeof(int));
    return 1;
}
