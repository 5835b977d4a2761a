/*
 * Guest logins over kept HTTP connections, and with `full` the whole way of a
 * player: login, game server, Manager.Login, DeskManager.UnCompleteDesk.
 */
#ifndef BENCH_LOGIN_H
#define BENCH_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/client.h"
#include "bench/run.h"

struct login_conf {
    struct load load;
    bool returning;
    unsigned users;
    const char *appid;
    const char *channel;
    bool full;
    const char *game; /* NULL: as the answer says */
    bool game_tls;
    const char *xxtea;
};

struct login {
    const struct login_conf *conf;
    struct endpoint http;
    struct endpoints games;
    struct client_loop loop;
    struct login_conn *conns;
    struct run *run;
    uint64_t salt;   /* makes this run's guests new */
    uint64_t serial; /* of the next guest */
    uint64_t budget; /* logins still to be begun */
    uint64_t busy;   /* begun and not finished */
    bool preparing;
    bool sending;
    bool counting;
    int64_t *uids; /* of the population, by number; 0 not yet known */
    int64_t *made; /* of the new guests, as they come */
    size_t made_n;
    size_t made_cap;
};

void login_conns_create(struct login *l);
void login_conns_destroy(struct login *l);

/* Opens the connections, or sets those to work that are open and rest. */
void login_kick_off(struct login *l);

#endif
