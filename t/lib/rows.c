/*
 * Puts into the environments of a daemon, beside it, what no route of it
 * writes yet, and looks at what none reads; see t/lib/Test/Sparrow/Rows.pm.
 *
 *     rows void FOLDER UID          the tokens that the user has are void
 *     rows seat FOLDER UID NUMBER   the user sits at a desk of that number
 *     rows stale FOLDER UID NUMBER  ... which is another desk by now
 *     rows spoil FOLDER NUMBER SEQ  a byte of a desk's record is another
 *     rows boot FOLDER CLEAN        it was last used in another boot of the
 *                                   machine, and closed cleanly or (0) not
 *     rows wrong FOLDER NUMBER SEQ  ... it is whole, of another desk's state
 *     rows lose FOLDER NUMBER SEQ   ... it is not there
 *     rows first FOLDER NUMBER      a desk was made, and its journal written,
 *                                   under the first version of the rules
 *     rows desk FOLDER NUMBER       writes a desk's slot and its epoch
 *     rows other FOLDER NUMBER      a desk's row says the same in other bytes:
 *                                   who compares them finds another's row
 *     rows gone FOLDER NUMBER       there is no such desk any more
 *     rows give FOLDER NUMBER SLOT  a desk lives in another slot, as when it
 *                                   was adopted
 *     rows claim FOLDER SLOT        the slot has a next process
 *     rows oust FOLDER UID PID      another session has the user, from when
 *                                   the process, stopped until then, waits for
 *                                   the lock of those who write
 *     rows ballast FOLDER SIZE KB   so much is set aside that nobody needs,
 *                                   in an environment of so many bytes; until
 *                                   it is full with 0
 *     rows unload FOLDER SIZE       it is gone again
 *     rows club FOLDER CLUB CARDS   there is a club with so many cards
 *     rows member FOLDER CLUB UID   the user is a member of it
 *     rows applied FOLDER CLUB UID  ... no, he only wants to be
 *     rows status FOLDER CLUB UID   writes what the user is to the club
 *     rows keys FOLDER TABLE        writes the keys of a table, one a line
 *     rows flip FOLDER TABLE KEY [BIT]
 *                                   one bit in the value of one row is
 *                                   another; writes which, and of how many
 *
 * "keys" and "flip" take each table of each environment, data/ and run/shared
 * alike, as LMDB itself knows it, also while the daemon runs.  A key is
 * written and read as "x" and its bytes in hex; "flip" also takes a number, or
 * two with a comma between, for the keys that are made of them: `rows flip
 * run/shared desks 123456`, `rows flip run/shared journal DESK_UID,SEQ`.  BIT
 * counts from the first byte's lowest; a number beyond the value begins anew,
 * so that any will do.  Without it: the lowest of the byte in the middle.  A
 * row without a value has no bit: that fails, as does a key that is not there.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/slots.h"
#include "game/desk/state.h"
#include "game/mahjong/table.h"
#include "game/store/accounts.h"
#include "game/store/clubs.h"
#include "game/store/journal.h"
#include "game/store/op.h"
#include "game/store/row.h"
#include "game/store/shared.h"

enum { SIZE = 64 << 20, DESK = 4711, NOWHERE = SLOT_WORKERS - 1 };

struct seat {
    uint64_t uid;
    uint32_t number;
    uint64_t desk;
    struct place owner;
};

static int
put_seat(struct env *env, MDB_txn *txn, void *arg)
{
    const struct seat *seat = arg;
    struct shared_seat row = {.number = seat->number, .desk_uid = seat->desk};
    struct shared_desk desk = {
        .owner = seat->owner,
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
    struct store_result result = {0};
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
    /* a living slot without a worker: nobody misses the desk's journal */
    seat.owner.slot = NOWHERE;
    rc = shared_slot_claim(&env, NOWHERE, (uint32_t) getpid(),
                           &seat.owner.generation);
    if (rc == 0)
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
    const char *what;
    uint64_t desk, seq;
};

/* What becomes of the record; out is empty, and may stay so. */
static int
change(const struct record *record, struct str row, struct buf *out)
{
    struct journal_record r;

    if (strcmp(record->what, "spoil") == 0) {
        buf_append_str(out, row);
        out->data[row.len / 2] ^= 1;
    } else if (strcmp(record->what, "wrong") == 0) {
        if (journal_decode(&r, row) != NULL)
            return EINVAL;
        r.hash ^= 1;
        journal_encode(out, &r);
    }
    return 0;
}

static int
change_row(struct env *env, MDB_txn *txn, void *arg)
{
    const struct record *record = arg;
    uint8_t key[16];
    struct str k = {(const char *) key, sizeof(key)}, row;
    struct buf out = {0};
    int rc;

    env_key_u64(key, record->desk);
    env_key_u64(key + 8, record->seq);
    rc = env_get(env, txn, SHARED_JOURNAL, k, &row);
    if (rc == 0)
        rc = change(record, row, &out);
    if (rc == 0)
        rc = out.len != 0 ? env_put(env, txn, SHARED_JOURNAL, k, buf_str(&out))
                          : env_del(env, txn, SHARED_JOURNAL, k);
    buf_deinit(&out);
    return rc;
}

static int
spoil(const char *folder, uint32_t number, struct record record,
      struct log *log)
{
    struct shared_desk row;
    struct env env;
    int rc = 1;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    if (shared_desk_get(&env, number, &row) == 1) {
        record.desk = row.uid;
        rc = env_write(&env, change_row, &record);
    }
    env_close(&env);
    return rc != 0;
}

/* A desk's records of one version become those of another, row by row. */
struct rewriting {
    struct env *env;
    MDB_txn *txn;
    uint64_t desk;
    struct desk_state st;
};

static int
rewrite_row(struct rewriting *w, struct str key, struct str row)
{
    static struct mahjong_events events;
    struct journal_record r;
    struct desk_state st = w->st;
    struct desk_step step;
    struct buf out = {0};
    int rc = EINVAL;

    if (journal_decode(&r, row) != NULL)
        return EINVAL;
    r.rules = JOURNAL_RULES_FIRST;
    /* it leads to another hash: once to know which, once for good */
    desk_state_replay(&st, &r, &step, &events);
    r.hash = desk_state_hash(&st);
    if (desk_state_replay(&w->st, &r, &step, &events) == NULL) {
        journal_encode(&out, &r);
        rc = env_put(w->env, w->txn, SHARED_JOURNAL, key, buf_str(&out));
    }
    buf_deinit(&out);
    return rc;
}

static int
rewrite_rows(struct env *env, MDB_txn *txn, void *arg)
{
    struct rewriting *w = arg;
    uint8_t key[16];
    struct str row;
    int rc = 0;

    w->env = env;
    w->txn = txn;
    for (uint64_t seq = 1; rc == 0; seq++) {
        env_key_u64(key, w->desk);
        env_key_u64(key + 8, seq);
        rc = env_get(env, txn, SHARED_JOURNAL,
                     (struct str){(const char *) key, sizeof(key)}, &row);
        if (rc == 0)
            rc = rewrite_row(w, (struct str){(const char *) key, sizeof(key)},
                             row);
    }
    return rc == MDB_NOTFOUND && w->st.seq != 0 ? 0 : rc;
}

static int
first_version(const char *folder, uint32_t number, struct log *log)
{
    static struct rewriting w;
    struct shared_desk row;
    struct env env;
    int rc = 1;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    mahjong_tables_init();
    if (shared_desk_get(&env, number, &row) == 1) {
        w.desk = row.uid;
        rc = env_write(&env, rewrite_rows, &w);
    }
    env_close(&env);
    return rc != 0;
}

struct gift {
    uint32_t number;
    uint16_t slot;
};

static int
put_gift(struct env *env, MDB_txn *txn, void *arg)
{
    const struct gift *gift = arg;
    struct shared_desk row;
    struct shared_slot slot;

    if (shared_desk_get(env, gift->number, &row) != 1 ||
        shared_slot_get(env, gift->slot, &slot) != 1)
        return ENOENT;
    row.owner = place_here(gift->slot, slot.generation);
    row.epoch++;
    return shared_desk_put(env, txn, gift->number, &row);
}

static int
give(const char *folder, struct gift gift, struct log *log)
{
    struct env env;
    int rc;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    rc = env_write(&env, put_gift, &gift);
    env_close(&env);
    return rc != 0;
}

static int
del_desk(struct env *env, MDB_txn *txn, void *arg)
{
    return shared_desk_del(env, txn, *(const uint32_t *) arg);
}

/* Its version as an integer of two bytes, behind the head of the array; the
 * sum is right. */
static int
put_other(struct env *env, MDB_txn *txn, void *arg)
{
    const uint32_t *number = arg;
    uint8_t key[8];
    struct str k = env_key_u64(key, *number), row;
    struct buf out = {0};
    int rc = env_get(env, txn, SHARED_DESKS, k, &row);

    if (rc == 0) {
        size_t head = ((uint8_t) row.data[0] & 0xf0) == 0x90 ? 1 : 3;
        uint32_t sum;

        buf_append(&out, row.data, head);
        buf_append_byte(&out, 0xcc);
        buf_append(&out, row.data + head, row.len - ROW_SUM - head);
        sum = env_sum("desks", k, buf_str(&out));
        for (unsigned i = 0; i < ROW_SUM; i++, sum >>= 8)
            buf_append_byte(&out, (uint8_t) sum);
        rc = env_put(env, txn, SHARED_DESKS, k, buf_str(&out));
    }
    buf_deinit(&out);
    return rc;
}

static int
change_desk(const char *folder, env_write_fn fn, uint32_t number,
            struct log *log)
{
    struct env env;
    int rc;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    rc = env_write(&env, fn, &number);
    env_close(&env);
    return rc != 0;
}

static int
desk(const char *folder, uint32_t number, struct log *log)
{
    struct shared_desk row;
    struct env env;
    int found;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    found = shared_desk_get(&env, number, &row);
    if (found == 1)
        printf("%u %llu\n", row.owner.slot, (unsigned long long) row.epoch);
    env_close(&env);
    return found != 1;
}

static int
claim(const char *folder, uint16_t slot, struct log *log)
{
    uint32_t generation;
    struct env env;
    int rc;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    rc = shared_slot_claim(&env, slot, 1, &generation);
    env_close(&env);
    return rc != 0;
}

struct oust {
    uint64_t uid;
    pid_t pid;
};

/* Is it in a system call that waits for a lock? */
static bool
waits_for_lock(pid_t pid)
{
    char path[64];
    long number = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/syscall", (int) pid);
    f = fopen(path, "r");
    if (f == NULL)
        exit(1);
    if (fscanf(f, "%ld", &number) != 1)
        number = -1; /* it runs */
    fclose(f);
    return number == SYS_futex;
}

static int
oust_session(struct env *env, MDB_txn *txn, void *arg)
{
    const struct oust *oust = arg;
    struct shared_session_claim c = {
        .uid = oust->uid, .session_id = 1, .place = {0, 1000, 1}};

    kill(oust->pid, SIGCONT);
    for (time_t end = time(NULL) + 20; !waits_for_lock(oust->pid);) {
        if (time(NULL) > end)
            return ETIMEDOUT;
        sched_yield();
    }
    return shared_session_claim(env, txn, &c);
}

static int
oust(const char *folder, struct oust oust, struct log *log)
{
    struct env env;
    int rc;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    rc = env_write(&env, oust_session, &oust);
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
another_boot(const char *folder, bool clean, struct log *log)
{
    struct env env;
    int rc;

    if (shared_open(&env, folder, SIZE, log) != 0)
        return 1;
    rc = env_set_boot_id(&env, "00000000-6a35-4a1c-9a4b-2d5b8e6f0a11");
    if (rc == 0 && clean)
        rc = env_mark_clean(&env);
    env_close(&env);
    return rc != 0;
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

/* ---- any row of any table ---- */

struct raw {
    MDB_env *mdb;
    MDB_txn *txn;
    MDB_dbi dbi;
};

static int
raw_open(struct raw *raw, const char *folder, const char *table)
{
    int rc = mdb_env_create(&raw->mdb);

    if (rc == 0)
        rc = mdb_env_set_maxdbs(raw->mdb, 1);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(raw->mdb, ENV_READERS);
    if (rc == 0)
        rc = mdb_env_open(raw->mdb, folder, MDB_NOTLS | MDB_NOSYNC, 0600);
    if (rc == 0)
        rc = mdb_txn_begin(raw->mdb, NULL, 0, &raw->txn);
    return rc != 0 ? rc : mdb_dbi_open(raw->txn, table, 0, &raw->dbi);
}

static int
print_keys(const struct raw *raw)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(raw->txn, raw->dbi, &cursor);

    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0) {
        putchar('x');
        for (size_t i = 0; i < key.mv_size; i++)
            printf("%02x", ((const uint8_t *) key.mv_data)[i]);
        putchar('\n');
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* The length of the key; 0: it is none. */
static size_t
read_key(uint8_t key[ENV_KEY_MAX], const char *text)
{
    size_t len = 0;
    char *end;

    if (*text != 'x') {
        env_key_u64(key, strtoull(text, &end, 10));
        if (*end != ',')
            return *end == '\0' ? 8 : 0;
        env_key_u64(key + 8, strtoull(end + 1, &end, 10));
        return *end == '\0' ? 16 : 0;
    }
    for (text++; isxdigit((unsigned char) text[0]); text += 2) {
        char pair[3] = {text[0], text[1], 0};

        if (len == ENV_KEY_MAX || !isxdigit((unsigned char) text[1]))
            return 0;
        key[len++] = (uint8_t) strtoul(pair, NULL, 16);
    }
    return *text == '\0' ? len : 0;
}

static int
flip(const struct raw *raw, const char *text, const char *bit)
{
    uint8_t bytes[ENV_KEY_MAX], *copy;
    MDB_val key = {read_key(bytes, text), bytes}, val;
    uint64_t at;
    int rc = mdb_get(raw->txn, raw->dbi, &key, &val);

    if (rc != 0 || val.mv_size == 0)
        return rc != 0 ? rc : EINVAL;
    at = bit == NULL ? val.mv_size / 2 * 8 : strtoull(bit, NULL, 10);
    at %= val.mv_size * 8;
    copy = malloc(val.mv_size);
    if (copy == NULL)
        return ENOMEM;
    memcpy(copy, val.mv_data, val.mv_size);
    copy[at / 8] ^= (uint8_t) (1 << at % 8);
    printf("%" PRIu64 " %zu\n", at, val.mv_size * 8);
    val.mv_data = copy;
    rc = mdb_put(raw->txn, raw->dbi, &key, &val, 0);
    free(copy);
    return rc;
}

/* A key and a bit are there, or there is none to flip. */
static int
raw_rows(const char *folder, const char *table, const char *key,
         const char *bit)
{
    struct raw raw = {0};
    int rc = raw_open(&raw, folder, table);

    if (rc == 0)
        rc = key != NULL ? flip(&raw, key, bit) : print_keys(&raw);
    if (rc == 0)
        rc = mdb_txn_commit(raw.txn);
    else if (raw.txn != NULL)
        mdb_txn_abort(raw.txn);
    mdb_env_close(raw.mdb);
    if (rc != 0)
        fprintf(stderr, "%s: %s\n", table, mdb_strerror(rc));
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
    if (strcmp(argv[1], "keys") == 0)
        return raw_rows(argv[2], argv[3], NULL, NULL);
    if (strcmp(argv[1], "flip") == 0)
        return argc < 5 ? 2
                        : raw_rows(argv[2], argv[3], argv[4],
                                   argc > 5 ? argv[5] : NULL);
    seat.uid = strtoull(argv[3], NULL, 10);
    if (strcmp(argv[1], "ballast") == 0)
        return ballast(
            argv[2], seat.uid,
            (struct ballast){
                .rows = argc > 4 ? strtoull(argv[4], NULL, 10) / 64 : 0},
            &log);
    if (strcmp(argv[1], "spoil") == 0 || strcmp(argv[1], "wrong") == 0 ||
        strcmp(argv[1], "lose") == 0)
        return spoil(
            argv[2], (uint32_t) seat.uid,
            (struct record){.what = argv[1],
                            .seq = argc > 4 ? strtoull(argv[4], NULL, 10) : 1},
            &log);
    if (strcmp(argv[1], "first") == 0)
        return first_version(argv[2], (uint32_t) seat.uid, &log);
    if (strcmp(argv[1], "desk") == 0)
        return desk(argv[2], (uint32_t) seat.uid, &log);
    if (strcmp(argv[1], "other") == 0)
        return change_desk(argv[2], put_other, (uint32_t) seat.uid, &log);
    if (strcmp(argv[1], "gone") == 0)
        return change_desk(argv[2], del_desk, (uint32_t) seat.uid, &log);
    if (strcmp(argv[1], "claim") == 0)
        return claim(argv[2], (uint16_t) seat.uid, &log);
    if (strcmp(argv[1], "oust") == 0)
        return oust(argv[2],
                    (struct oust){.uid = seat.uid,
                                  .pid = argc > 4 ? atoi(argv[4]) : 0},
                    &log);
    if (strcmp(argv[1], "give") == 0)
        return give(
            argv[2],
            (struct gift){
                .number = (uint32_t) seat.uid,
                .slot = argc > 4 ? (uint16_t) strtoul(argv[4], NULL, 10) : 0},
            &log);
    if (strcmp(argv[1], "boot") == 0)
        return another_boot(argv[2], seat.uid != 0, &log);
    if (strcmp(argv[1], "unload") == 0)
        return unload(argv[2], seat.uid, &log);
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
