/*
 * Puts into the environments of a daemon, beside it, what no route of it
 * writes yet, and looks at what none reads; see t/lib/Test/Sparrow/Rows.pm.
 *
 *     rows void FOLDER UID          the tokens that the user has are void
 *     rows seat FOLDER UID NUMBER   the user sits at a desk of that number
 *     rows stale FOLDER UID NUMBER  ... which is another desk by now
 *     rows spoil FOLDER NUMBER SEQ  a byte of a desk's record is another
 *     rows ballast FOLDER SIZE KB   so much is set aside that nobody needs,
 *                                   in an environment of so many bytes; until
 *                                   it is full with 0
 *     rows unload FOLDER SIZE       it is gone again
 *     rows club FOLDER CLUB CARDS   there is a club with so many cards
 *     rows member FOLDER CLUB UID   the user is a member of it
 *     rows applied FOLDER CLUB UID  ... no, he only wants to be
 *     rows status FOLDER CLUB UID   writes what the user is to the club
 */
#include <errno.h>
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
    uint64_t uid; /* of a club: its cards */
    uint8_t status;
};

static int
put_club(struct env *env, MDB_txn *txn, void *arg)
{
    const struct belongs *b = arg;
    struct store_club row = {.name = "club",
                             .owner = 1,
                             .balance = (int64_t) b->uid,
                             .max_member = 9};

    return store_club_write(env, txn, b->club, &row);
}

static int
put_member(struct env *env, MDB_txn *txn, void *arg)
{
    const struct belongs *b = arg;
    struct store_member row = {.status = b->status, .since = 1};

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
    else if (b.status != 0)
        rc = env_write(&env, put_member, &b);
    else
        rc = store_member_get(&env, b.club, b.uid, &row) < 0;
    printf("%u\n", row.status);
    env_close(&env);
    return rc != 0;
}

struct record {
    uint64_t desk, seq;
};

static int
flip(struct env *env, MDB_txn *txn, void *arg)
{
    const struct record *record = arg;
    uint8_t key[16];
    struct str k = {(const char *) key, sizeof(key)}, row;
    char copy[1024];
    int rc;

    env_key_u64(key, record->desk);
    env_key_u64(key + 8, record->seq);
    rc = env_get(env, txn, SHARED_JOURNAL, k, &row);
    if (rc != 0 || row.len > sizeof(copy))
        return rc ? rc : EINVAL;
    memcpy(copy, row.data, row.len);
    copy[row.len / 2] ^= 1;
    return env_put(env, txn, SHARED_JOURNAL, k, (struct str){copy, row.len});
}

static int
spoil(const char *folder, uint32_t number, uint64_t seq, struct log *log)
{
    struct record record = {.seq = seq};
    struct shared_desk desk;
    struct env env;
    int rc = 1;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    if (shared_desk_get(&env, number, &desk) == 1) {
        record.desk = desk.uid;
        rc = env_write(&env, flip, &record);
    }
    env_close(&env);
    return rc != 0;
}

struct ballast {
    uint64_t rows; /* of 64 KB */
    uint64_t done;
    size_t size; /* of the next row */
};

static struct str
ballast_key(uint8_t key[16], uint64_t n)
{
    env_key_u64(key, UINT64_MAX);
    env_key_u64(key + 8, n);
    return (struct str){(const char *) key, 16};
}

static int
load_one(struct env *env, MDB_txn *txn, void *arg)
{
    static char junk[60 << 10];
    struct ballast *ballast = arg;
    uint8_t key[16];

    return env_put(env, txn, SHARED_ASIDE, ballast_key(key, ballast->done),
                   (struct str){junk, ballast->size});
}

/* rows 0: until nothing more goes in. */
static int
ballast(const char *folder, uint64_t size, struct ballast ballast,
        struct log *log)
{
    struct env env;
    int rc = 0;

    if (shared_open(&env, folder, size, log) != 0)
        return 1;
    ballast.size = 60 << 10;
    while (ballast.size > 10 &&
           (ballast.rows == 0 || ballast.done < ballast.rows)) {
        rc = env_write(&env, load_one, &ballast);
        if (rc != 0)
            ballast.size /= 2; /* what is left is in smaller pieces */
        ballast.done++;
    }
    env_close(&env);
    return ballast.rows != 0 && rc != 0;
}

static int
unload_all(struct env *env, MDB_txn *txn, void *arg)
{
    uint8_t key[16];
    struct str row;
    int rc = 0;

    (void) arg;
    for (uint64_t n = 0; rc == 0; n++) {
        rc = env_get(env, txn, SHARED_ASIDE, ballast_key(key, n), &row);
        if (rc == 0)
            rc = env_del(env, txn, SHARED_ASIDE, ballast_key(key, n));
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
unload(const char *folder, uint64_t size, struct log *log)
{
    struct env env;
    int rc;

    if (shared_open(&env, folder, size, log) != 0)
        return 1;
    rc = env_write(&env, unload_all, NULL);
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
    if (strcmp(argv[1], "ballast") == 0)
        return ballast(
            argv[2], seat.uid,
            (struct ballast){
                .rows = argc > 4 ? strtoull(argv[4], NULL, 10) / 64 : 0},
            &log);
    if (strcmp(argv[1], "unload") == 0)
        return unload(argv[2], seat.uid, &log);
    if (strcmp(argv[1], "spoil") == 0)
        return spoil(argv[2], (uint32_t) seat.uid,
                     argc > 4 ? strtoull(argv[4], NULL, 10) : 1, &log);
    if (strcmp(argv[1], "void") == 0)
        return void_tokens(argv[2], seat.uid, &log);
    if (strcmp(argv[1], "seat") != 0 && strcmp(argv[1], "stale") != 0) {
        struct belongs b = {.club = seat.uid};

        b.uid = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
        if (strcmp(argv[1], "member") == 0)
            b.status = STORE_MEMBER;
        else if (strcmp(argv[1], "applied") == 0)
            b.status = STORE_MEMBER_APPLIED;
        return clubs(argv[1], argv[2], b, &log);
    }
    seat.number = argc > 4 ? (uint32_t) strtoul(argv[4], NULL, 10) : 0;
    seat.desk = strcmp(argv[1], "seat") == 0 ? DESK : DESK + 1;
    return sit(argv[2], seat, &log);
}
