/*
 * A player known by a login token: "Authorization: Bearer TOKEN" in a request,
 * for endpoints that answer players about themselves.
 */
#ifndef HTTP_HTTP_PLAYER_H
#define HTTP_HTTP_PLAYER_H

#include <stdint.h>

struct http_exchange;
struct store_user;

/*
 * The uid of the player whose token the request brings, and its row; 0: it
 * brings none that is good; -1: the store cannot be read.  For handle() only,
 * while the request is there.
 */
int64_t http_player(const struct http_exchange *x, struct store_user *user);

#endif
