#include "game/modules/desk_guess.h"

#include <stdio.h>

#include "event/rates.h"
#include "game/frames.h"
#include "game/game.h"

static const struct bucket_size by_session = {INT64_C(12000000000), 5};
static const struct bucket_size by_address = {INT64_C(1000000000), 60};

static struct caller
session_of(const struct request *rq)
{
    return caller_by_number(&by_session, rq->bound != NULL ? rq->bound->session
                                                           : rq->session->id);
}

static struct caller
address_of(const struct request *rq)
{
    struct addr peer;
    char host[ADDR_TEXT];

    if (rq->bound == NULL)
        return caller_by_address(&by_address, &rq->session->conn->peer);
    snprintf(host, sizeof(host), "%.*s", (int) rq->bound->ip.len,
             rq->bound->ip.data);
    if (addr_parse_host(&peer, host) != NULL)
        return caller_by_number(&by_address, 0);
    return caller_by_address(&by_address, &peer);
}

bool
desk_may_guess(const struct request *rq)
{
    struct caller session = session_of(rq), address = address_of(rq);
    int64_t now_ms = rq->game->loop->now_ms;

    return rates_has_room(rq->game->rates, &by_session, &session, now_ms) &&
           rates_has_room(rq->game->rates, &by_address, &address, now_ms);
}

void
desk_guessed(const struct request *rq)
{
    struct caller session = session_of(rq), address = address_of(rq);
    int64_t now_ms = rq->game->loop->now_ms;

    rates_count(rq->game->rates, &by_session, &session, now_ms);
    rates_count(rq->game->rates, &by_address, &address, now_ms);
}
