/* What becomes of journals that nobody needs: at once, or in slices. */
#include "game/store/journal.h"

#include "core/buf.h"
#include "game/store/shared.h"
#include "scratch.h"
#include "tap.h"

enum { SIZE = 16 << 20, LONG = 2 * JOURNAL_AT_ONCE + 100, SHORT = 50 };

static const char boot[] = "9d1ff9b4-6a35-4a1c-9a4b-2d5b8e6f0a11";
static struct scratch scratch;

struct order {
    uint64_t desk, from, to;
};

static int
put_rows(struct env *env, MDB_txn *txn, void *arg)
{
    const struct order *o = arg;
    int rc = 0;

    for (uint64_t seq = o->from; rc == 0 && seq < o->to; seq++)
        rc = journal_put(env, txn, o->desk, seq, STR("a record"));
    return rc;
}

static int
delete_rows(struct env *env, MDB_txn *txn, void *arg)
{
    const struct order *o = arg;

    return journal_delete(env, txn, o->desk, o->from, o->to);
}

static int
move_rows(struct env *env, MDB_txn *txn, void *arg)
{
    const struct order *o = arg;

    return journal_set_aside(env, txn, o->desk, o->from, o->to);
}

static int
run(struct env *env, env_write_fn fn, uint64_t desk, uint64_t from,
    uint64_t to)
{
    struct order order = {desk, from, to};

    return env_write(env, fn, &order);
}

static long
rows_of(struct env *env, unsigned table)
{
    uint64_t rows = 0;
    MDB_txn *txn = env_read_begin(env);

    env_rows(env, txn, table, &rows);
    env_read_end(env);
    return (long) rows;
}

/* To the end; how many slices it takes, -1 if one failed. */
static int
discard_all(struct env *env)
{
    int n = 0, rc;

    while ((rc = journal_discard_run(env)) == 1)
        n++;
    return rc == 0 ? n : -1;
}

static void
test_ends(struct env *env)
{
    uint64_t first = 0, last = 0;

    is_int(journal_ends(env, 5, &first, &last), 0, "a desk without records");
    run(env, put_rows, 5, 7, 20);
    is_int(journal_ends(env, 5, &first, &last), 1, "one with some");
    ok(first == 7 && last == 19, "the first and the last");
    is_int(journal_ends(env, 4, &first, &last), 0, "none before it");
    is_int(journal_ends(env, 6, &first, &last), 0, "none behind it");
    run(env, put_rows, 6, 1, 3);
    journal_ends(env, 5, &first, &last);
    ok(first == 7 && last == 19, "others behind it do not count");
    run(env, delete_rows, 6, 1, 3);
    run(env, delete_rows, 5, 7, 20);
}

static void
test_delete(struct env *env)
{
    uint64_t first = 0, last = 0;

    run(env, put_rows, 1, 1, SHORT + 1);
    run(env, put_rows, 2, 1, LONG + 1);
    is_int(run(env, delete_rows, 1, 1, SHORT + 1), 0, "few are deleted");
    is_int(rows_of(env, SHARED_JOURNAL), LONG, "... at once");
    is_int(journal_discard_run(env), 0, "and nothing is left to do");
    is_int(run(env, delete_rows, 2, 1, LONG - 9), 0, "many are not");
    is_int(rows_of(env, SHARED_JOURNAL), LONG, "... at once");
    is_int(journal_discard_run(env), 1, "but in slices");
    is_int(rows_of(env, SHARED_JOURNAL), LONG - JOURNAL_DISCARD, "... one");
    ok(journal_ends(env, 2, &first, &last) == 1 && first == LONG - 9 &&
           last == LONG,
       "what is left of them does not count");
    is_int(run(env, delete_rows, 2, 1, LONG + 1), 0, "all, before it is over");
    ok(discard_all(env) > LONG / JOURNAL_DISCARD, "... in slices too");
    is_int(rows_of(env, SHARED_JOURNAL), 0, "all are gone");
    is_int(rows_of(env, SHARED_DISCARDED), 0, "... and nothing is left");
}

static void
test_aside(const char *path, struct env *env)
{
    run(env, put_rows, 3, 1, LONG + 1);
    is_int(run(env, move_rows, 3, 1, LONG + 1), 0, "many that are kept");
    is_int(journal_discard_run(env), 1, "a slice is moved");
    is_int(rows_of(env, SHARED_ASIDE), JOURNAL_DISCARD, "... aside");
    env_close(env);
    shared_open(env, path, SIZE, &scratch.log);
    ok(discard_all(env) > 0, "the next process goes on");
    is_int(rows_of(env, SHARED_ASIDE), LONG, "all are aside");
    is_int(rows_of(env, SHARED_JOURNAL), 0, "... and none is here");
}

int
main(void)
{
    struct env env;
    const char *path;

    scratch_init(&scratch);
    path = scratch_folder(&scratch, "shared");
    if (shared_start(&env, path, SIZE, boot, "1", &scratch.log) != 0)
        return 1;
    test_ends(&env);
    test_delete(&env);
    test_aside(path, &env);
    env_close(&env);
    scratch_deinit(&scratch);
    return tap_done();
}
