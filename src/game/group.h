/*
 * Groups: one message for several sessions of this worker.  It is put
 * through the pipeline once for each wire that they are at, and then
 * copied into their connections' output: for messages of a few hundred bytes
 * a copy costs less than a shared buffer with its count, and the turn's end
 * still writes once to each connection.
 */
#ifndef GAME_GROUP_H
#define GAME_GROUP_H

#include "core/str.h"

struct message;
struct session;

enum { GROUP_MAX = 8 };

/* Sends the message with a plain payload to each of the n sessions. */
void group_send(struct session *const *sessions, unsigned n,
                const struct message *head, struct str plain);

#endif
