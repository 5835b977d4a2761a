/*
 * The channel between the master and one of its children: a pair of
 * SOCK_SEQPACKET sockets with messages of one size.  The end of the channel
 * tells either side that the other is dead.
 */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

#include <stdint.h>

enum channel_type {
    /* master to child */
    CHANNEL_GO = 1,  /* master_process off: the store is there */
    CHANNEL_STOP,    /* stop at once */
    CHANNEL_QUIT,    /* stop when the clients have been told */
    CHANNEL_DRAIN,   /* a newer worker took over: no new clients */
    CHANNEL_DEATH,   /* slot, generation: that process is dead */
    CHANNEL_SERVE,   /* value: accept for this listener index, too */
    CHANNEL_UNSERVE, /* value: its own worker is back */
    CHANNEL_REOPEN,  /* value: descriptor number; with the new file */
    CHANNEL_LOG_CLEAR,
    CHANNEL_LOG_ADD, /* value: level; with the file */
    /* child to master */
    CHANNEL_READY /* generation: it serves now */
};

struct channel_message {
    uint32_t type;
    uint32_t slot;
    uint32_t generation;
    int32_t value;
    int fd; /* passed along, or -1 */
};

/* Both ends non-blocking and close-on-exec; 0, or -1 with errno. */
int channel_open(int ends[2]);

/* 0, or -1 with errno (EAGAIN: the other side does not read). */
int channel_send(int fd, const struct channel_message *m);

/* 1 a message (m->fd is the caller's to close), 0 nothing now, -1 the end. */
int channel_receive(int fd, struct channel_message *m);

#endif
