/*
 * The sums of rows: one flipped bit in any row of either environment makes it
 * bad, and so do another key and another table; and what the former version of
 * the daemon wrote, without sums, is read and goes on.
 */
#include "desk_ops.h"

#include <errno.h>

#include "game/store/accounts_rows.h"
#include "game/store/histories.h"
#include "game/store/journal.h"
#include "game/store/row.h"
#include "game/store/shared_rows.h"

enum { ROWS = 200, MATES = 3 };

static const char boot_a[] = "9d1ff9b4-6a35-4a1c-9a4b-2d5b8e6f0a11";
static const char boot_b[] = "00000000-6a35-4a1c-9a4b-2d5b8e6f0a11";

/* Any row at all: only its form and its sum are looked at. */
static const struct row_type any = {.name = "any"};

/* ---- all rows of an environment ---- */

struct copy {
    unsigned table;
    struct buf key, val;
};

struct copies {
    struct copy row[ROWS];
    unsigned n;
    unsigned table;
};

static int
copy_row(void *arg, struct str key, struct str val)
{
    struct copies *copies = arg;
    struct copy *copy = &copies->row[copies->n++];

    if (copies->n == ROWS)
        return ENV_DROP;
    copy->table = copies->table;
    buf_append_str(&copy->key, key);
    buf_append_str(&copy->val, val);
    return 0;
}

static unsigned
copy_rows(struct env *env, struct copies *copies)
{
    MDB_txn *txn = env_read_begin(env);
    unsigned tables = 0;

    memset(copies, 0, sizeof(*copies));
    for (unsigned i = 0; env->conf.tables[i] != NULL; i++) {
        unsigned before = copies->n;

        copies->table = i;
        env_walk(env, txn, i, (struct str){"", 0}, ROWS, copy_row, copies);
        tables += copies->n != before;
    }
    env_read_end(env);
    return tables;
}

static void
free_copies(struct copies *copies)
{
    for (unsigned i = 0; i < copies->n; i++) {
        buf_deinit(&copies->row[i].key);
        buf_deinit(&copies->row[i].val);
    }
}

/* ---- an environment with something in each table ---- */

static int
put_order(struct env *env, MDB_txn *txn, void *arg)
{
    struct store_order order = {.id = "order", .uid = 1, .cards = 10};
    struct str key = {"0123456789abcdef0123456789abcdef", STORE_DIGEST};

    (void) arg;
    return row_put(env, txn, STORE_ORDERS, key, &store_order_row, &order,
                   env_put);
}

static void
fill_store(struct env *env, struct env *shared)
{
    struct store_op op = {.kind = STORE_CREATE_GUEST,
                          .time_ms = now,
                          .create_guest = {.cards = 10, .digest = {7}}};
    struct fixture f = {.uid = 1, .club = CLUB, .status = STORE_MEMBER};

    commit_one(env, op);
    op.kind = STORE_RECORD_LOGIN;
    op.record_login = (struct store_record_login){.uid = 1, .app = "app"};
    commit_one(env, op);
    user(env, 902, 20);
    club(env, CLUB, 74);
    env_write(env, put_member, &f);
    env_write(env, put_order, NULL);
    commit_one(env, open_op(100, 1, 0));
    commit_one(env, round_op(100, 1, 5));
    commit_one(env, close_op(100, true));
    commit_one(env, open_op(101, 902, CLUB));
    store_online_sample(env, shared, now);
}

static const struct shared_desk desk = {.owner = {0, 3, 1},
                                        .epoch = 1,
                                        .uid = 4711,
                                        .creator = 50,
                                        .mode = 4,
                                        .rounds = 8,
                                        .seats = {50, 51}};

static int
put_journals(struct env *env, MDB_txn *txn, void *arg)
{
    struct journal_record record = {.rules = 1, .kind = 1, .data = {"x", 1}};
    struct buf out = {0};
    int rc;

    (void) arg;
    journal_encode(&out, &record);
    rc = journal_put(env, txn, 4712, 1, buf_str(&out));
    buf_deinit(&out);
    if (rc == 0)
        rc = journal_set_aside(env, txn, 4712, 1, 2);
    if (rc == 0)
        rc = journal_delete(env, txn, 4713, 1, JOURNAL_AT_ONCE + 2);
    return rc;
}

static int
take_session(struct env *env, MDB_txn *txn, void *arg)
{
    struct shared_session_claim claim = {
        .uid = 50, .session_id = 9, .place = {0, 3, 1}};

    (void) arg;
    return shared_session_claim(env, txn, &claim);
}

static uint32_t
fill_shared(struct env *env)
{
    struct journal_record record = {.rules = 1, .kind = 1, .data = {"x", 1}};
    uint32_t generation, number = 0;
    struct buf out = {0};

    journal_encode(&out, &record);
    shared_slot_claim(env, 3, 42, &generation);
    env_write(env, take_session, NULL);
    shared_desk_create(env, 7, 9, &desk, buf_str(&out), &number);
    env_write(env, put_journals, NULL);
    buf_deinit(&out);
    return number;
}

static void
start_shared(struct env *env, const char *path, const char *boot_id)
{
    if (shared_start(env, path, SIZE, boot_id, "1", &scratch.log) != 0) {
        printf("Bail out! cannot start %s\n", path);
        exit(1);
    }
}

/* ---- bits ---- */

static bool
is_of_bytes(const struct env *env, unsigned table)
{
    const char *name = env->conf.tables[table];

    return strcmp(name, "player_desks") == 0 ||
           strcmp(name, "player_clubs") == 0 ||
           strcmp(name, "operation_times") == 0 ||
           strcmp(name, "discarded") == 0;
}

static bool
is_journal(const struct env *env, unsigned table)
{
    const char *name = env->conf.tables[table];

    return strcmp(name, "journal") == 0 || strcmp(name, "aside") == 0;
}

static bool
is_good(struct env *env, const struct copy *row, unsigned table,
        struct str key, struct str val)
{
    struct journal_record record;
    const char *field;

    if (is_journal(env, row->table))
        return journal_decode(&record, val) == NULL;
    if (is_of_bytes(env, row->table))
        return row_bytes_check(env, table, key, val, row->val.len - ROW_SUM) ==
               0;
    return row_unseal(NULL, &any, env->conf.tables[table], key, val, &field) ==
           NULL;
}

static void
test_bits(struct env *env, unsigned tables)
{
    static struct copies copies;
    unsigned bits = 0, taken = 0, moved = 0, good = 0;

    is_int(copy_rows(env, &copies), tables, "%s: a row in each table",
           env->conf.directive);
    for (unsigned i = 0; i < copies.n; i++) {
        struct copy *row = &copies.row[i];
        struct str key = buf_str(&row->key), val = buf_str(&row->val);

        good += is_good(env, row, row->table, key, val);
        for (size_t bit = 0; bit < row->val.len * 8; bit++, bits++) {
            row->val.data[bit / 8] ^= (uint8_t) (1 << bit % 8);
            taken += is_good(env, row, row->table, key, val);
            row->val.data[bit / 8] ^= (uint8_t) (1 << bit % 8);
        }
        if (is_journal(env, row->table))
            continue;
        moved += is_good(env, row, (row->table + 1) % tables, key, val);
        row->key.data[row->key.len - 1] ^= 1;
        moved += is_good(env, row, row->table, key, val);
        row->key.data[row->key.len - 1] ^= 1;
    }
    is_int(good, copies.n, "... they are good");
    is_int(taken, 0, "... none of which is with one of %u bits flipped", bits);
    is_int(moved, 0, "... or in another place");
    free_copies(&copies);
}

/* ---- the former format ---- */

static int
strip_meta(struct env *env, MDB_txn *txn, const char *name, size_t len)
{
    MDB_val key = {strlen(name), (void *) (uintptr_t) name}, val;
    uint8_t bytes[64];
    int rc = mdb_get(txn, env->meta, &key, &val);

    if (rc != 0 || val.mv_size != len + 4)
        return rc == MDB_NOTFOUND ? 0 : EINVAL;
    memcpy(bytes, val.mv_data, len);
    if (strcmp(name, "clean") == 0)
        env_key_u64(bytes + 3, mdb_txn_id(txn));
    val = (MDB_val){len, bytes};
    return mdb_put(txn, env->meta, &key, &val, 0);
}

/* Rows as they were: [1, field, ...], and that is all. */
static int
make_former(struct env *env, MDB_txn *txn, void *arg)
{
    const struct copies *copies = arg;
    char schema[] = "\x92\x01\xcf\0\0\0\0\0\0\0";
    char name[] = "schema";
    MDB_val key = {6, name}, val = {11, schema};
    int rc;

    schema[10] = (char) (env->conf.schema - 1);
    rc = mdb_put(txn, env->meta, &key, &val, 0);
    for (unsigned i = 0; rc == 0 && i < copies->n; i++) {
        const struct copy *row = &copies->row[i];
        struct str old = buf_str(&row->val);

        if (is_journal(env, row->table))
            continue;
        old.len -= ROW_SUM;
        if (!is_of_bytes(env, row->table))
            row->val.data[row->val.data[0] == 0xdc ? 3 : 1] = 1;
        rc = env_put(env, txn, row->table, buf_str(&row->key), old);
    }
    if (rc == 0)
        rc = strip_meta(env, txn, "boot_id", 40);
    if (rc == 0)
        rc = strip_meta(env, txn, "clock", 11);
    return rc != 0 ? rc : strip_meta(env, txn, "clean", 20);
}

static void
write_former(struct env *env)
{
    static struct copies copies;

    copy_rows(env, &copies);
    is_int(env_write_synced(env, make_former, &copies), 0,
           "%s as the former version left it", env->conf.directive);
    free_copies(&copies);
}

/* The former version: it knows no schema but its own. */
static int
open_former(struct env *env, const struct env_conf *now_conf)
{
    struct env_conf conf = *now_conf;

    conf.schema--;
    conf.schema_from = 0;
    return env_open(env, &conf, &scratch.log);
}

static void
is_refused(const struct env_conf *conf)
{
    struct env env;

    scratch_forget(&scratch);
    is_int(open_former(&env, conf), -1, "the former version");
    is_int(env.trouble, ENV_SCHEMA, "... refuses it");
    ok(scratch_said(&scratch, "was written by another version"),
       "... and says why");
}

/* Has the row of the key a sum? */
static bool
has_sum(struct env *env, unsigned table, uint64_t key)
{
    uint8_t buf[8];
    struct str val;
    bool has = false;

    if (env_get(env, env_read_begin(env), table, env_key_u64(buf, key),
                &val) == 0)
        has = val.data[(uint8_t) val.data[0] == 0xdc ? 3 : 1] == 2;
    env_read_end(env);
    return has;
}

static void
test_former_store(struct env *env, const char *path)
{
    struct store_club clubs[MATES];
    struct store_day days[MATES];
    struct store_history history;
    struct store_user row;
    int64_t at_ms[MATES];
    uint64_t ids[MATES], uid;
    uint8_t digest[STORE_DIGEST] = {7};
    struct env_conf conf = env->conf;
    struct env former;

    write_former(env);
    env_close(env);
    is_int(open_former(&former, &conf), 0, "which it opens");
    env_close(&former);
    open_store(env, path);
    is_int(store_guest_get(env, digest, &uid, &row), 1, "the guest is known");
    ok(uid == 1 && row.cards == 7, "... by its uid, with its cards");
    is_int(balance_of(env, CLUB), 71, "the club has its balance");
    is_int(store_player_clubs(env, 1, ids, clubs, MATES), 1, "its member");
    is_int(store_player_desks(env, 1, ids, MATES), 1, "the player a desk");
    is_int(store_history_get(env, 1, &history), 1, "... with a round");
    is_int(store_days_get(env, 1, 0, at_ms, days, MATES), 1, "... and a day");
    ok(is_open(env, 101) && record_of(env, 2).cards == COST,
       "the other desk is open");
    is_int(rows_of(env, STORE_USERS), 2, "there are no other users");
    ok(!has_sum(env, STORE_USERS, 1), "no row has got a sum by that");
    is_result(commit_one(env, open_op(102, 1, 0)), STORE_OK, 3, 4,
              "the next desk is paid");
    ok(has_sum(env, STORE_USERS, 1) && !has_sum(env, STORE_USERS, 902),
       "... which gives that row one");
    is_result(commit_one(env, open_op(100, 1, 0)), STORE_OK, 1, 7,
              "what was done is known");
    env_close(env);
    is_refused(&conf);
    open_store(env, path);
    is_int(cards_of(env, 1), 4, "we do not");
}

static int
check_desk(struct env *env, MDB_txn *txn, void *arg)
{
    uint32_t number = *(uint32_t *) arg;
    struct buf bytes = {0};
    int rc;

    shared_desk_encode(&bytes, number, &desk);
    rc = shared_desk_check(env, txn, number, buf_str(&bytes));
    bytes.data[bytes.len - 5] ^= 1;
    if (rc == 0 &&
        shared_desk_check(env, txn, number, buf_str(&bytes)) != MDB_NOTFOUND)
        rc = EINVAL;
    buf_deinit(&bytes);
    return rc == 0 ? shared_desk_put(env, txn, number, &desk) : rc;
}

static void
test_former_shared(struct env *env, const char *path, uint32_t number)
{
    struct env_conf conf = env->conf;
    struct shared_session session;
    struct shared_desk row;
    struct shared_seat seat;
    uint64_t first, last;
    uint32_t generation;

    is_int(env_mark_clean(env), 0, "closed cleanly");
    write_former(env);
    env_close(env);
    start_shared(env, path, boot_b);
    ok(!env->is_new, "it is trusted in another boot");
    env_close(env);
    is_int(shared_open(env, path, SIZE, &scratch.log), 0, "a worker opens it");
    is_int(shared_desk_get(env, number, &row), 1, "the desk is there");
    is_int(shared_seat_find(env, 51, &seat, &row), 0, "nobody else sits");
    is_int(shared_seat_find(env, 50, &seat, &row), 1, "its creator does");
    is_int(journal_ends(env, desk.uid, &first, &last), 1, "with its journal");
    is_int(shared_session_get(env, 50, &session), 1, "the session, too");
    shared_slot_claim(env, 3, 43, &generation);
    is_int(generation, 2, "generations are counted on");
    is_int(journal_discard_run(env), 1, "what was discarded goes");
    ok(!has_sum(env, SHARED_DESKS, number), "the desk's row has no sum");
    is_int(env_write(env, check_desk, &number), 0, "its owner knows it");
    ok(has_sum(env, SHARED_DESKS, number), "and writes it with one");
    is_int(env_write(env, check_desk, &number), 0, "... that it knows, too");
    env_close(env);
    is_refused(&conf);
    start_shared(env, path, boot_b);
}

/* Byte by byte, as that version wrote them. */
static void
test_former_bytes(void)
{
    struct store_guest guest;
    struct shared_seat seat;
    struct buf sealed = {0};
    const char *field;

    ok(row_unseal(&guest, &store_guest_row, "guests", STR("key"),
                  STR("\x92\x01\x07"), &field) == NULL &&
           guest.uid == 7,
       "a device");
    ok(row_unseal(&seat, &shared_seat_row, "seats", STR("key"),
                  STR("\x93\x01\xce\x00\x01\xe2\x40\xcd\x12\x67"),
                  &field) == NULL &&
           seat.number == 123456 && seat.desk_uid == 4711,
       "a seat");
    row_seal(&sealed, "guests", STR("key"), &store_guest_row, &guest);
    ok(row_is_sealed(STR("\x92\x01\x07"), buf_str(&sealed)),
       "the device's row says what ours says");
    ok(!row_is_sealed(STR("\x92\x01\x06"), buf_str(&sealed)),
       "... another's does not");
    sealed.data[1] = 1;
    is_str(row_unseal(&guest, &store_guest_row, "guests", STR("key"),
                      buf_str(&sealed), &field),
           "is not one msgpack object", "a row with a sum is none without");
    buf_deinit(&sealed);
}

int
main(void)
{
    const char *store_path, *shared_path;
    struct env store, shared;
    uint32_t number;

    scratch_init(&scratch);
    store_path = strdup(scratch_folder(&scratch, "store"));
    shared_path = strdup(scratch_folder(&scratch, "shared"));
    start_shared(&shared, shared_path, boot_a);
    open_store(&store, store_path);
    number = fill_shared(&shared);
    fill_store(&store, &shared);
    test_bits(&store, STORE_TABLES);
    test_bits(&shared, SHARED_TABLES);
    test_former_store(&store, store_path);
    test_former_shared(&shared, shared_path, number);
    test_former_bytes();
    env_close(&store);
    env_close(&shared);
    free((void *) (uintptr_t) store_path);
    free((void *) (uintptr_t) shared_path);
    scratch_deinit(&scratch);
    return tap_done();
}
