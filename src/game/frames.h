/*
 * The frames that processes send each other over the bus, and what is in
 * them.  The numbers are never reused.
 */
#ifndef GAME_FRAMES_H
#define GAME_FRAMES_H

#include <stdint.h>

#include "core/place.h"
#include "core/str.h"

struct bus;

enum frame_type {
    FRAME_KICK = 1,  /* session; body: the reason, a string */
    FRAME_OP,        /* to the store; body: store_op_encode() */
    FRAME_OP_RESULT, /* from it; body: store_result_encode() */
};

void frame_send_kick(struct bus *bus, struct place to, uint64_t session,
                     const char *reason);

/*
 * The string that a body is, cut to size with NUL; "" if it is none.  Returns
 * out.
 */
char *frame_text(struct str body, char *out, size_t size);

#endif
