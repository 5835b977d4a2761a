/*
 * The bus: frames between the processes of the daemon, today over one Unix
 * stream socket per slot in run/bus/.  Who sends names a slot and does not
 * know where it is.
 *
 * A process sends over a connection of its own to each slot it needs, made
 * when it is first needed and written once per turn with all that waits; what
 * comes in comes over the others' connections.  The listening sockets belong
 * to the master and outlive the processes: frames to a slot whose process has
 * just died wait for its successor, or the connection ends and lost() is
 * called; then what matters is sent again by those who keep it.  A process
 * whose socket is gone from the folder binds it anew within a second; so who
 * finds none there tries again for a little before it calls lost().
 *
 * A frame: length:4 big-endian, then msgpack
 *     [type, [node, slot, generation] of the sender, session, body]
 * with one object as body.  Frames come from processes of our own user
 * (SO_PEERCRED), and still are scanned before they are unpacked.
 */
#ifndef EVENT_BUS_H
#define EVENT_BUS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/place.h"
#include "core/str.h"
#include "event/loop.h"

struct bus;

enum {
    BUS_FRAME_MAX = 1 << 20, /* bytes of one frame */
    BUS_QUEUE_MAX = 8 << 20  /* bytes that may wait for a slot */
};

struct bus_frame {
    uint32_t type;
    struct place from;
    uint64_t session;
    struct str body; /* one msgpack object, scanned; borrowed */
};

struct bus_handlers {
    void *arg;
    /* -1: no process of ours sends such a frame.  Then nothing more is taken
     * from its connection, which ends a little later, and lost() is called at
     * both ends. */
    int (*frame)(void *arg, const struct bus_frame *f);
    /* What was sent to the slot (of a place without generation) and not
     * answered may be lost.  Never called
     * from within bus_send(). */
    void (*lost)(void *arg, struct place place);
};

/*
 * listen_fd is this process's socket, dir_fd the folder of all.  Never NULL.
 */
struct bus *bus_create(struct loop *loop, struct place self, int listen_fd,
                       int dir_fd, const struct bus_handlers *handlers);
void bus_destroy(struct bus *bus);

/*
 * Sends body (one encoded msgpack object) to the process in a slot, this one
 * included, whatever its generation.  Over its bound the queue is dropped, and
 * so is what is sent until lost() has been called, a little later.  The place
 * may come from a row: if there is no such slot, nothing is sent.
 */
void bus_send(struct bus *bus, struct place to, uint32_t type,
              uint64_t session, struct str body);

/* Does so much wait for the slot that what can wait should? */
bool bus_is_busy(const struct bus *bus, struct place to);

/* The master says that the process in this slot is dead. */
void bus_peer_died(struct bus *bus, struct place place);

/*
 * Takes a frame (without its length) apart; 0, or -1 for one that no process
 * of ours sends.  The body borrows from data.
 */
int bus_frame_parse(struct bus_frame *f, const uint8_t *data, size_t len);

#endif
