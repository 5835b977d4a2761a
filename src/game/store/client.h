/*
 * A worker's way to the store: it asks, and goes on when the answer comes.
 * Each question is kept until it is answered and sent again to a new store
 * process, in the order of asking; its op id makes that harmless.
 */
#ifndef GAME_STORE_CLIENT_H
#define GAME_STORE_CLIENT_H

#include <stdint.h>

#include "core/place.h"
#include "core/str.h"
#include "game/store/op.h"

struct bus;
struct loop;
struct store_client;

/* Of both: half of what may wait in the bus for the store. */
enum { STORE_PENDING_MAX = 16384, STORE_PENDING_BYTES = 4 << 20 };

/*
 * Called once: with the result, or after the time-out with STORE_INTERNAL
 * (the operation stays pending and may still be done).
 */
typedef void (*store_answer)(void *arg, const struct store_result *result);

struct store_client *store_client_create(struct loop *loop,
                                         uint64_t timeout_ms);
void store_client_destroy(struct store_client *client);

/* The bus is made after the client, which is among its handlers. */
void store_client_set_bus(struct store_client *client, struct bus *bus);

/*
 * Sends op; its id and time are set here.  Without `answer` nobody waits and
 * the operation is lost if the store process dies before it commits.  When
 * too many (or too long ones) are pending, answer is called at once with
 * STORE_INTERNAL.
 */
void store_client_ask(struct store_client *client, struct store_op *op,
                      store_answer answer, void *arg);

/*
 * The same, but op->id is set by the caller and the operation is kept even
 * if nobody waits for it.  One that is still pending is sent once more as it
 * was asked first, and its answer goes to who asked last.  So after a
 * time-out one asks again with the same id, also from within the answer.
 */
void store_client_ask_as(struct store_client *client, struct store_op *op,
                         store_answer answer, void *arg);

/* Nobody is called for this operation any more; it stays pending. */
void store_client_cancel(struct store_client *client,
                         const uint8_t id[STORE_OP_ID]);

/* For how long the oldest operation has been waiting for its answer. */
int64_t store_client_silent_ms(const struct store_client *client);

/* From the bus. */
int store_client_result(struct store_client *client, struct str body);
void store_client_lost(struct store_client *client);

#endif
