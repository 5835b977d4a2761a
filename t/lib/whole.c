/*
 * Is an environment whole?  Beside the daemon, or after its end:
 *
 *     whole store|shared FOLDER
 *
 * Reads each row of each table, in order, and counts: a table has the rows
 * that it says, and each page of the file is either in a tree or free.
 * Writes the number of rows; what is wrong goes to stderr.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "game/store/accounts.h"
#include "game/store/shared.h"

enum { SIZE = 64 << 20, FREE_LIST = 0, MAIN = 1, HEADERS = 2 };

struct sum {
    MDB_txn *txn;
    uint64_t rows, pages;
    uint32_t bits; /* of all bytes, so that each is read */
};

static int
read_value(struct sum *sum, MDB_dbi dbi, const MDB_val *val)
{
    const uint8_t *bytes = val->mv_data;
    size_t freed;

    for (size_t i = 0; i < val->mv_size; i++)
        sum->bits ^= bytes[i];
    if (dbi != FREE_LIST)
        return 0;
    memcpy(&freed, bytes, sizeof(freed));
    sum->pages += freed;
    return freed > val->mv_size / sizeof(freed) - 1 ? MDB_CORRUPTED : 0;
}

static int
read_table(struct sum *sum, MDB_dbi dbi)
{
    MDB_val key, val, last = {0, NULL};
    MDB_cursor *cursor;
    uint64_t rows = 0;
    MDB_stat st;
    int rc = mdb_stat(sum->txn, dbi, &st);

    if (rc == 0)
        rc = mdb_cursor_open(sum->txn, dbi, &cursor);
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0) {
        if (last.mv_data != NULL && mdb_cmp(sum->txn, dbi, &last, &key) >= 0)
            rc = MDB_CORRUPTED;
        else
            rc = read_value(sum, dbi, &val);
        if (rc != 0)
            break;
        last = key;
        rows++;
    }
    mdb_cursor_close(cursor);
    sum->pages += st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages;
    sum->rows += rows;
    if (rc != MDB_NOTFOUND)
        return rc;
    return rows == st.ms_entries ? 0 : MDB_CORRUPTED;
}

static int
read_all(struct env *env, struct sum *sum)
{
    MDB_envinfo info;
    int rc = read_table(sum, FREE_LIST);

    if (rc == 0)
        rc = read_table(sum, MAIN);
    if (rc == 0)
        rc = read_table(sum, env->meta);
    for (unsigned i = 0; rc == 0 && env->conf.tables[i] != NULL; i++)
        rc = read_table(sum, env->dbi[i]);
    if (rc != 0 || (rc = mdb_env_info(env->mdb, &info)) != 0)
        return rc;
    if (sum->pages + HEADERS == info.me_last_pgno + 1)
        return 0;
    fprintf(stderr, "%" PRIu64 " of %zu pages\n", sum->pages + HEADERS,
            info.me_last_pgno + 1);
    return MDB_CORRUPTED;
}

int
main(int argc, char **argv)
{
    struct sum sum = {.txn = NULL};
    struct log log;
    struct env env;
    int rc;

    log_init(&log, LOG_NOTICE);
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "store") == 0)
        rc = store_open(&env, argv[2], SIZE, false, &log);
    else
        rc = shared_open(&env, argv[2], SIZE, &log);
    if (rc != 0)
        return 1;
    sum.txn = env_read_begin(&env);
    if (sum.txn == NULL)
        return 1;
    rc = read_all(&env, &sum);
    env_read_end(&env);
    env_close(&env);
    if (rc != 0)
        fprintf(stderr, "%s: %s\n", argv[2], mdb_strerror(rc));
    else
        printf("%" PRIu64 " %" PRIu32 "\n", sum.rows, sum.bits);
    return rc != 0;
}
