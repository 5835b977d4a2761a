/*
 * Puts into the environments of a daemon, beside it, what no route of it
 * writes yet, and looks at what none reads; see t/lib/Test/Sparrow/Rows.pm.
 *
 *     rows void FOLDER UID          the tokens that the user has are void
 *     rows seat FOLDER UID NUMBER   the user sits at a desk of that number
 *     rows stale FOLDER UID NUMBER  ... which is another desk by now
 *     rows open FOLDER UID NUMBER   the user has paid for desk 4711 of it
 *     rows club FOLDER CLUB         there is a club
 *     rows member FOLDER CLUB UID   the user is a member of it
 *     rows status FOLDER CLUB UID   writes what the user is to the club
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "game/store/accounts.h"
#include "game/store/clubs.h"
#include "game/store/op.h"
#include "game/store/shared.h"

enum { SIZE = 64 << 20, DESK = 4711 };

struct seat {
    uint64_t uid;
    uint32_t number;
    uint64_t desk;
};

static int
put_seat(struct env *env, MDB_txn *txn, void *arg)
{
    const struct seat *seat = arg;
    struct shared_seat row = {.number = seat->number, .desk_uid = seat->desk};
    struct shared_desk desk = {
        .uid = DESK,
        .creator = seat->uid,
        .created_at = 1700000000123,
        .mode = 4,
        .rounds = 8,
        .max_fan = 4,
        .status = 3,
        .round = 2,
        .flags = SHARED_DESK_ZIMO_DI | SHARED_DESK_MENQING |
                 SHARED_DESK_PINGHU | SHARED_DESK_YAOJIU,
        .seats = {seat->uid},
    };
    int rc = shared_seat_put(env, txn, seat->uid, &row);

    return rc != 0 ? rc : shared_desk_put(env, txn, seat->number, &desk);
}

static int
commit(const char *folder, const struct store_op *op, struct log *log)
{
    struct store_result result;
    struct env env;
    int rc;

    if (store_open(&env, folder, SIZE, true, log) != 0)
        return 1;
    rc = store_commit(&env, op, &result, 1);
    env_close(&env);
    return rc != 0 || result.code != STORE_OK;
}

static int
open_desk(const char *folder, struct seat seat, struct log *log)
{
    struct store_op op = {.kind = STORE_OPEN_DESK,
                          .time_ms = (int64_t) time(NULL) * 1000,
                          .open_desk = {.desk_uid = DESK,
                                        .number = seat.number,
                                        .creator = seat.uid,
                                        .mode = 4,
                                        .rounds = 8,
                                        .cards = 3,
                                        .player = {seat.uid}}};

    store_desk_op_id(op.id, DESK, STORE_OPEN_DESK, 0);
    return commit(folder, &op, log);
}

static int
void_tokens(const char *folder, uint64_t uid, struct log *log)
{
    struct store_op op = {.kind = STORE_VOID_TOKENS,
                          .id = "one of its kind",
                          .time_ms = (int64_t) time(NULL) * 1000,
                          .void_tokens = {.uid = uid}};

    return commit(folder, &op, log);
}

static int
sit(const char *folder, struct seat seat, struct log *log)
{
    struct env env;
    int rc;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    rc = env_write(&env, put_seat, &seat);
    env_close(&env);
    return rc != 0;
}

struct belongs {
    uint64_t club;
    uint64_t uid;
};

static int
put_club(struct env *env, MDB_txn *txn, void *arg)
{
    const struct belongs *b = arg;
    struct store_club row = {.name = "club", .owner = 1, .max_member = 9};

    return store_club_write(env, txn, b->club, &row);
}

static int
put_member(struct env *env, MDB_txn *txn, void *arg)
{
    const struct belongs *b = arg;
    struct store_member row = {.status = STORE_MEMBER, .since = 1};

    return store_member_write(env, txn, b->club, b->uid, &row);
}

static int
clubs(const char *what, const char *folder, struct belongs b, struct log *log)
{
    struct store_member row = {.status = 0};
    struct env env;
    int rc;

    if (store_open(&env, folder, SIZE, true, log) != 0)
        return 1;
    if (strcmp(what, "club") == 0)
        rc = env_write(&env, put_club, &b);
    else if (strcmp(what, "member") == 0)
        rc = env_write(&env, put_member, &b);
    else
        rc = store_member_get(&env, b.club, b.uid, &row) < 0;
    printf("%u\n", row.status);
    env_close(&env);
    return rc != 0;
}

int
main(int argc, char **argv)
{
    struct log log;
    struct seat seat;

    log_init(&log, LOG_NOTICE);
    if (argc < 4)
        return 2;
    seat.uid = strtoull(argv[3], NULL, 10);
    if (strcmp(argv[1], "void") == 0)
        return void_tokens(argv[2], seat.uid, &log);
    if (strcmp(argv[1], "club") == 0 || strcmp(argv[1], "member") == 0 ||
        strcmp(argv[1], "status") == 0) {
        struct belongs b = {.club = seat.uid};

        b.uid = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
        return clubs(argv[1], argv[2], b, &log);
    }
    seat.number = argc > 4 ? (uint32_t) strtoul(argv[4], NULL, 10) : 0;
    if (strcmp(argv[1], "open") == 0)
        return open_desk(argv[2], seat, &log);
    seat.desk = strcmp(argv[1], "seat") == 0 ? DESK : DESK + 1;
    return sit(argv[2], seat, &log);
}
