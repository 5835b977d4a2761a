#include "core/env.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mount.h>

#include "scratch.h"
#include "tap.h"

enum { ONE, TWO };
enum { PAGE = 4096 };

static const char *const tables[] = {"one", "two", NULL};
static const char boot_a[] = "9d1ff9b4-6a35-4a1c-9a4b-2d5b8e6f0a11";
static const char boot_b[] = "00000000-6a35-4a1c-9a4b-2d5b8e6f0a11";

static struct scratch scratch;

static struct env_conf
conf_of(const char *path, uint64_t size)
{
    return (struct env_conf){.path = path,
                             .directive = "shared_memory",
                             .tables = tables,
                             .size = size,
                             .schema = 7,
                             .create = true};
}

static int
open_env(struct env *env, const char *path, uint64_t size)
{
    struct env_conf conf = conf_of(path, size);

    return env_open(env, &conf, &scratch.log);
}

static void
data_file(char out[600], const char *path)
{
    snprintf(out, 600, "%s/data.mdb", path);
}

/* ---- writing through env_write ---- */

struct row {
    unsigned table;
    struct str key;
    struct str val;
    int then; /* what the function returns after it has put the row */
};

static int
put_row(struct env *env, MDB_txn *txn, void *arg)
{
    const struct row *row = arg;
    int rc = env_put(env, txn, row->table, row->key, row->val);

    return rc ? rc : row->then;
}

static int
del_row(struct env *env, MDB_txn *txn, void *arg)
{
    const struct row *row = arg;

    return env_del(env, txn, row->table, row->key);
}

static int
put(struct env *env, uint64_t key, size_t len)
{
    static char bytes[1 << 16];
    uint8_t buf[8];
    struct row row = {ONE, env_key_u64(buf, key), {bytes, len}, 0};

    return env_write(env, put_row, &row);
}

static int
del(struct env *env, uint64_t key)
{
    uint8_t buf[8];
    struct row row = {ONE, env_key_u64(buf, key), {0}, 0};

    return env_write(env, del_row, &row);
}

static bool
has(struct env *env, struct str key, const char *want)
{
    MDB_txn *txn = env_read_begin(env);
    struct str val;
    bool found;

    if (txn == NULL)
        return false;
    found = env_get(env, txn, ONE, key, &val) == 0 &&
            (want == NULL || str_equal(val, str_of(want)));
    env_read_end(env);
    return found;
}

/* ---- the plain way ---- */

static void
test_open(void)
{
    const char *path = scratch_folder(&scratch, "open");
    struct env_conf conf = conf_of(path, 1 << 20);
    struct row row = {ONE, STR("key"), STR("value"), 0};
    unsigned readers = 0;
    char file[600];
    struct stat st;
    struct env env;

    conf.create = false;
    is_int(env_open(&env, &conf, &scratch.log), -1,
           "without create there must be a file");
    is_int(env.trouble, ENV_UNUSABLE, "... and the trouble is not damage");
    conf.create = true;
    is_int(env_open(&env, &conf, &scratch.log), 0, "an environment is made");
    ok(env.is_new, "it knows that it is new");
    data_file(file, path);
    stat(file, &st);
    is_int(st.st_mode & 0777, 0600, "only its owner can read it");
    snprintf(file, sizeof(file), "%s/lock.mdb", path);
    stat(file, &st);
    ok(mdb_env_get_maxreaders(env.mdb, &readers) == 0 &&
           readers >= ENV_READERS,
       "there is room for every reader");
    ok(st.st_blocks * 512 >= st.st_size && st.st_size >= ENV_READERS * 64,
       "... on the disk");
    is_int(env_write(&env, put_row, &row), 0, "a row is written");
    env_close(&env);
    env_close(&env);
    conf.create = false;
    is_int(env_open(&env, &conf, &scratch.log), 0, "a worker opens it");
    ok(!env.is_new, "it is not new any more");
    ok(has(&env, STR("key"), "value"), "the row is there");
    env_close(&env);

    scratch_forget(&scratch);
    conf.schema = 8;
    is_int(env_open(&env, &conf, &scratch.log), -1, "another schema");
    is_int(env.trouble, ENV_SCHEMA, "... is told apart");
    ok(scratch_said(&scratch, "its schema is not 8"), "... in words");
    conf = conf_of("/nonexistent/folder", 1 << 20);
    scratch_forget(&scratch);
    is_int(env_open(&env, &conf, &scratch.log), -1, "no folder");
    ok(scratch_said(&scratch, "(\"path\" in \"shared_memory\")"),
       "... names the directive");
}

static int
count_row(void *arg, struct str key, struct str val)
{
    (void) key;
    (void) val;
    ++*(int *) arg;
    return 0;
}

static int
put_and_look(struct env *env, MDB_txn *txn, void *arg)
{
    static char big[600];
    uint8_t a[8], b[8];
    struct str val, key;
    uint64_t rows;
    int n = 0;

    (void) arg;
    is_int(env_put(env, txn, TWO, (struct str){big, 0}, STR("x")),
           MDB_BAD_VALSIZE, "an empty key is refused");
    is_int(env_put(env, txn, TWO, (struct str){big, 512}, STR("x")),
           MDB_BAD_VALSIZE, "a key of 512 bytes is refused");
    is_int(env_get(env, txn, TWO, (struct str){big, 512}, &val),
           MDB_BAD_VALSIZE, "... also when reading");
    is_int(env_del(env, txn, TWO, (struct str){big, 0}), MDB_BAD_VALSIZE,
           "... and deleting");
    is_int(env_put(env, txn, TWO, (struct str){big, 511}, STR("x")), 0,
           "one of 511 is not");
    is_int(env_del(env, txn, TWO, (struct str){big, 511}), 0, "deleted");
    is_int(env_del(env, txn, TWO, (struct str){big, 511}), 0,
           "deleting what is not there is no error");
    is_int(env_last(env, txn, TWO, &key), MDB_NOTFOUND, "no last key");
    is_int(env_append(env, txn, TWO, env_key_u64(a, 255), STR("low")), 0,
           "append");
    is_int(env_append(env, txn, TWO, env_key_u64(b, 256), STR("high")), 0,
           "append behind it");
    is_int(env_append(env, txn, TWO, env_key_u64(a, 255), STR("over")),
           MDB_KEYEXIST, "append in front is refused");
    is_int(env_add(env, txn, TWO, env_key_u64(b, 256), STR("over")),
           MDB_KEYEXIST, "add does not overwrite");
    is_int(env_last(env, txn, TWO, &key), 0, "a last key");
    is_int(env_key_get_u64(key), 256, "numbers sort as numbers");
    env_rows(env, txn, TWO, &rows);
    is_int(rows, 2, "two rows");
    is_int(env_walk(env, txn, TWO, (struct str){"", 0}, 2, count_row, &n), 0,
           "a walk to the end");
    is_int(n, 2, "... saw both");
    is_int(env_walk(env, txn, TWO, (struct str){"", 0}, 1, count_row, &n),
           ENV_MORE, "a walk of one row says there is more");
    is_int(n, 3, "... and saw one");
    is_int(env_walk(env, txn, TWO, env_key_u64(b, 256), 9, count_row, &n), 0,
           "a walk from a key");
    is_int(n, 4, "... saw the last");
    return 0;
}

static void
test_rows(void)
{
    struct row row = {ONE, STR("key"), STR("first"), 0};
    struct env env;
    MDB_txn *txn;
    struct str val;

    open_env(&env, scratch_folder(&scratch, "rows"), 1 << 20);
    is_int(env_write(&env, put_and_look, NULL), 0, "commit");
    is_int(env_write(&env, put_row, &row), 0, "first value");
    row.val = STR("second");
    row.then = ENV_DROP;
    is_int(env_write(&env, put_row, &row), 1, "dropped");
    ok(has(&env, row.key, "first"), "... leaves the first value");
    row.then = EIO;
    is_int(env_write(&env, put_row, &row), -1, "failed");
    ok(has(&env, row.key, "first"), "... leaves the first value");
    row.then = 0;
    txn = env_read_begin(&env);
    is_int(env_write(&env, put_row, &row), 0, "second value");
    ok(env_read_begin(&env) == txn, "reads nest");
    env_get(&env, txn, ONE, row.key, &val);
    ok(str_equal(val, STR("first")), "... and share the old snapshot");
    env_read_end(&env);
    env_read_end(&env);
    ok(has(&env, row.key, "second"), "the next read sees the second value");
    env_close(&env);
}

/* ---- room ---- */

/* Puts rows of 1000 bytes until it fails; their number. */
static unsigned
fill_up(struct env *env, uint64_t from)
{
    unsigned n = 0;

    while (n < 100000 && put(env, from + n, 1000) == 0)
        n++;
    return n;
}

static void
test_full_map(void)
{
    const char *path = scratch_folder(&scratch, "full");
    struct env_fill fill, later;
    struct env env;
    uint8_t key[8];
    unsigned n, at_75 = 0;

    open_env(&env, path, 400 * 1024);
    env_fill_get(&env, &fill);
    ok(!env_is_nearly_full(&fill), "an empty one is not nearly full");
    while (!env_is_nearly_full(&fill) && put(&env, at_75, 1000) == 0) {
        at_75++;
        env_fill_get(&env, &fill);
    }
    is_int(fill.percent, 76, "nearly full is above 75%% of the size");
    scratch_forget(&scratch);
    n = at_75 + fill_up(&env, at_75);
    ok(n > at_75 * 3 / 2 && n < 500, "the map goes on to 125%% (%u, %u rows)",
       at_75, n);
    ok(scratch_said(&scratch, "raise \"size\" in \"shared_memory\""),
       "a full map names the directive");
    ok(scratch_said(&scratch, "full/data.mdb"), "... and the file");
    scratch_forget(&scratch);
    is_int(put(&env, n, 1000), -1, "it stays full");
    is_int(lseek(scratch.fd, 0, SEEK_END), 0, "... and says so once");
    ok(has(&env, env_key_u64(key, n - 1), NULL) &&
           !has(&env, env_key_u64(key, n), NULL),
       "what was committed is there, what failed is not");
    env_fill_get(&env, &fill);
    env_close(&env);

    /* An operator raises the size. */
    is_int(open_env(&env, path, 4 << 20), 0, "opened with a larger size");
    is_int(put(&env, n, 1000), 0, "there is room again");
    for (unsigned i = 0; i < n; i++)
        if (del(&env, i) != 0)
            ok(0, "row %u cannot be deleted", i);
    for (int i = 0; i < 3; i++)
        put(&env, 0, 10);
    env_fill_get(&env, &later);
    ok(later.used < fill.used / 4, "deleted rows are counted as free");
    env_close(&env);
}

/* A child that reads and does not go on; *pipes gets its end. */
static pid_t
stand_reading(const char *path, uint64_t size, int *to_child)
{
    int there[2], back[2];
    struct env env;
    pid_t pid;
    char c;

    if (pipe(there) != 0 || pipe(back) != 0)
        return -1;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        close(there[1]);
        if (open_env(&env, path, size) != 0 || env_read_begin(&env) == NULL)
            _exit(1);
        if (write(back[1], "r", 1) != 1 || read(there[0], &c, 1) < 0)
            _exit(2);
        _exit(0);
    }
    close(there[0]);
    if (read(back[0], &c, 1) != 1)
        printf("# the reading child is gone\n");
    close(back[0]);
    close(back[1]);
    *to_child = there[1];
    return pid;
}

static void
test_readers(void)
{
    const char *path = scratch_folder(&scratch, "readers");
    struct env_fill fill;
    struct env env;
    char pid_text[32];
    int to_child = -1, rc = 0;
    pid_t pid;

    open_env(&env, path, 400 * 1024);
    put(&env, 0, 1000);
    env_close(&env);
    pid = stand_reading(path, 400 * 1024, &to_child);
    open_env(&env, path, 400 * 1024);
    is_int(env_report_readers(&env, 10), 0, "a reader of now is no laggard");
    for (int i = 0; i < 30; i++)
        put(&env, 0, 1000);
    scratch_forget(&scratch);
    is_int(env_report_readers(&env, 10), 1, "a standing reader is one");
    snprintf(pid_text, sizeof(pid_text), "process %d has been reading",
             (int) pid);
    ok(scratch_said(&scratch, pid_text), "... and is named");
    env_fill_get(&env, &fill);
    ok(fill.pinned >= 30 * PAGE && fill.used >= fill.pinned,
       "what it keeps counts as used");
    for (int i = 0; rc == 0 && i < 500; i++)
        rc = put(&env, 0, 1000);
    is_int(rc, -1, "in the end it fills the map");
    is_int(env_clear_readers(&env), 0, "a living reader is not cleared");
    kill(pid, SIGKILL);
    is_int(scratch_wait(pid), -SIGKILL, "it dies");
    scratch_forget(&scratch);
    rc = put(&env, 0, 1000);
    is_int(rc, 0, "a full map clears dead readers and tries again");
    ok(!scratch_said(&scratch, "works again"), "... says nothing yet");
    env.failed_ms -= ENV_QUIET_MS;
    rc = put(&env, 0, 1000);
    ok(scratch_said(&scratch, "works again"), "... but after a while");
    for (int i = 0; rc == 0 && i < 500; i++)
        rc = put(&env, 0, 1000);
    is_int(rc, 0, "... and goes on");
    is_int(env_clear_readers(&env), 0, "nothing is left to clear");
    close(to_child);
    env_close(&env);
}

static void
test_full_disk(void)
{
    const char *path = scratch_folder(&scratch, "disk");
    struct env env;
    char ballast[600];
    unsigned n;
    int fd;

    if (mount("tmpfs", path, "tmpfs", 0, "size=1m,mode=0700") != 0) {
        ok(1, "a full disk # SKIP cannot mount a tmpfs (%s)", strerror(errno));
        return;
    }
    snprintf(ballast, sizeof(ballast), "%s/ballast", path);
    fd = open(ballast, O_WRONLY | O_CREAT, 0600);
    fallocate(fd, 0, 0, 256 * 1024);
    close(fd);
    is_int(open_env(&env, path, 64 << 20), 0, "an environment on 1 MB");
    scratch_forget(&scratch);
    n = fill_up(&env, 0);
    ok(n > 100 && n < 1000, "the disk is full after %u rows", n);
    ok(scratch_said(&scratch, "no room on the file system of"),
       "a full disk is called so");
    ok(scratch_said(&scratch, "(\"path\" in \"shared_memory\")"),
       "... with the directive");
    for (unsigned i = 0; i < n; i++) {
        uint8_t key[8];

        if (!has(&env, env_key_u64(key, i), NULL))
            ok(0, "row %u is gone", i);
    }
    unlink(ballast);
    is_int(put(&env, n, 1000), 0, "with room it works at once");
    env.failed_ms -= ENV_QUIET_MS;
    is_int(put(&env, n, 1000), 0, "and goes on");
    ok(scratch_said(&scratch, "works again"), "... and after a while says so");
    fill_up(&env, n + 1);
    env_close(&env);
    is_int(open_env(&env, path, 64 << 20), 0, "it opens on a full disk");
    ok(has(&env, STR("\0\0\0\0\0\0\0\0"), NULL), "... and can be read");
    env_close(&env);

    mount("tmpfs", path, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m");
    scratch_forget(&scratch);
    is_int(open_env(&env, path, 64 << 20), -1, "a read-only file system");
    is_int(env.trouble, ENV_UNUSABLE, "... is no damage");
    ok(scratch_said(&scratch, "Read-only file system") &&
           scratch_said(&scratch, "(\"path\" in \"shared_memory\")"),
       "... and called so");
    umount2(path, MNT_DETACH);

    mount("tmpfs", path, "tmpfs", 0, "size=64k,mode=0700");
    scratch_forget(&scratch);
    is_int(open_env(&env, path, 64 << 20), -1, "no room for the lock file");
    is_int(env.trouble, ENV_UNUSABLE, "... is no damage");
    ok(scratch_said(&scratch, "no room on the file system"),
       "... and called so");
    umount2(path, MNT_DETACH);
}

static void
test_read_only_folder(void)
{
    const char *path = scratch_folder(&scratch, "readonly");
    struct env env;

    fflush(stdout);
    chmod(path, 0500);
    if (geteuid() == 0) {
        pid_t pid = fork();

        if (pid == 0) {
            chmod(scratch.path, 0755);
            if (setgid(65534) != 0 || setuid(65534) != 0)
                _exit(9);
            _exit(open_env(&env, path, 1 << 20) == -1 ? 0 : 1);
        }
        is_int(scratch_wait(pid), 0, "a folder without the right to write");
    } else {
        is_int(open_env(&env, path, 1 << 20), -1,
               "a folder without the right to write");
    }
    chmod(path, 0700);
}

/* ---- damage ---- */

static size_t
slurp(const char *file, char *out, size_t size)
{
    int fd = open(file, O_RDONLY);
    ssize_t n = read(fd, out, size);

    close(fd);
    return n < 0 ? 0 : (size_t) n;
}

static void
spew(const char *file, const void *bytes, size_t len)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (write(fd, bytes, len) != (ssize_t) len)
        perror(file);
    close(fd);
}

/*
 * Opens in a child and reads all rows.  0 whole, 1 refused as damaged, 2
 * refused otherwise, 3 opened but rows are missing; a signal is negative.
 */
static int
try_open(const char *path, unsigned rows)
{
    struct env env;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid != 0)
        return scratch_wait(pid);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    signal(SIGFPE, SIG_DFL);
    if (open_env(&env, path, 1 << 20) != 0)
        _exit(env.trouble == ENV_DAMAGED ? 1 : 2);
    for (unsigned i = 0; i < rows; i++) {
        uint8_t key[8];

        if (!has(&env, env_key_u64(key, i), NULL))
            _exit(3);
    }
    if (put(&env, rows, 100) != 0)
        _exit(4);
    env_close(&env);
    _exit(0);
}

/* Takes pages at the end of the file and gives them back. */
static int
borrow_pages(struct env *env, MDB_txn *txn, void *arg)
{
    static char big[10 * PAGE];
    struct str key = STR("zzz");
    int rc = env_put(env, txn, TWO, key, (struct str){big, sizeof(big)});

    (void) arg;
    return rc ? rc : env_del(env, txn, TWO, key);
}

static void
test_damage(void)
{
    static char whole[1 << 20], bad[1 << 20];
    const char *path = scratch_folder(&scratch, "damage");
    unsigned rows = 100, refused = 0, crashed = 0, missing = 0;
    char file[600];
    struct env env;
    size_t len;

    data_file(file, path);
    open_env(&env, path, 1 << 20);
    for (unsigned i = 0; i < rows; i++)
        put(&env, i, 1000);
    env_close(&env);
    len = slurp(file, whole, sizeof(whole));
    is_int(try_open(path, rows), 0, "whole");

    /* Both headers overwritten, a piece at a time, each way. */
    for (unsigned at = 0; at < 152; at += 4) {
        static const int fills[] = {0x00, 0xff, 0x41};

        for (unsigned f = 0; f < 3; f++) {
            int got;

            memcpy(bad, whole, len);
            memset(bad + at, fills[f], 4);
            memset(bad + PAGE + at, fills[f], 4);
            spew(file, bad, len);
            got = try_open(path, rows);
            refused += got == 1 || got == 2;
            crashed += got < 0;
            if (got < 0)
                printf("# signal %d at byte %u, 0x%02x\n", -got, at, fills[f]);
        }
    }
    is_int(crashed, 0, "no overwritten header crashes");
    ok(refused > 30, "%u are refused", refused);
    memset(bad, 'x', len);
    spew(file, bad, len);
    scratch_forget(&scratch);
    is_int(try_open(path, rows), 1, "a file of x is damaged");
    ok(scratch_said(&scratch, "is not an LMDB file"), "... in words");
    spew(file, bad, 0);
    is_int(try_open(path, rows), 1, "an empty file is damaged");

    /* Cut off anywhere. */
    for (size_t cut = 1; cut < len; cut += cut < 2 * PAGE ? 500 : 2048) {
        int got;

        spew(file, whole, len - cut);
        got = try_open(path, rows);
        crashed += got < 0;
        missing += got == 3;
        refused += got == 1;
    }
    is_int(crashed, 0, "no cut crashes");
    is_int(missing, 0, "no cut loses rows unseen");
    spew(file, whole, len / 2);
    scratch_forget(&scratch);
    is_int(try_open(path, rows), 1, "half a file is damaged");
    ok(scratch_said(&scratch, "damage/data.mdb"), "... names the file");

    /* A file that is short and whole. */
    spew(file, whole, len);
    open_env(&env, path, 1 << 20);
    env_write(&env, borrow_pages, NULL);
    env_close(&env);
    ok(slurp(file, bad, sizeof(bad)) < len + 10 * PAGE,
       "pages freed at once are never written");
    is_int(try_open(path, rows), 0, "... and such a file is whole");
    is_int(try_open(path, rows + 1), 0, "... and stays so");
}

static void
test_set_aside(void)
{
    const char *path = scratch_folder(&scratch, "aside");
    char file[600];
    struct env env;

    is_int(env_set_aside(path, "1", &scratch.log), 0, "nothing to set aside");
    open_env(&env, path, 1 << 20);
    put(&env, 1, 10);
    env_close(&env);
    is_int(env_set_aside(path, "20261122T211500", &scratch.log), 0,
           "set aside");
    snprintf(file, sizeof(file), "%s/data.mdb.bad.20261122T211500", path);
    is_int(access(file, F_OK), 0, "... under its name");
    is_int(open_env(&env, path, 1 << 20), 0, "a new one in its place");
    ok(env.is_new, "... is new");
    env_close(&env);
    is_int(env_set_aside("/proc/self", "1", &scratch.log), 0, "none there");

    for (unsigned i = 0; i < ENV_BAD_KEPT; i++) {
        open_env(&env, path, 1 << 20);
        env_close(&env);
        env_set_aside(path, "20261122T211501", &scratch.log);
    }
    is_int(access(file, F_OK), -1, "the oldest of too many goes");
    snprintf(file, sizeof(file), "%s/data.mdb.bad.20261122T211501", path);
    is_int(access(file, F_OK), 0, "... the others stay");
    snprintf(file, sizeof(file), "%s/data.mdb.bad.20261122T211501-3", path);
    is_int(access(file, F_OK), 0, "... one second's have names of their own");
}

/* ---- trust ---- */

static void
test_trust(void)
{
    const char *path = scratch_folder(&scratch, "trust");
    struct env env;

    open_env(&env, path, 1 << 20);
    ok(!env_is_trusted(&env, boot_a), "nothing written: no trust");
    is_int(env_set_boot_id(&env, boot_a), 0, "this boot's id");
    put(&env, 1, 10);
    env_close(&env);
    open_env(&env, path, 1 << 20);
    ok(env_is_trusted(&env, boot_a), "the same boot: trusted");
    ok(!env_is_trusted(&env, boot_b), "another: not");
    ok(!env_is_trusted(&env, "x") && !env_is_trusted(&env, ""),
       "what is no boot id: not");
    is_int(env_mark_clean(&env), 0, "a clean stop");
    env_close(&env);
    open_env(&env, path, 1 << 20);
    ok(env_is_trusted(&env, boot_b), "another boot after it: trusted");
    put(&env, 2, 10);
    ok(!env_is_trusted(&env, boot_b), "a commit voids the mark");
    is_int(env_mark_clean(&env), 0, "clean again");
    is_int(env_set_boot_id(&env, boot_b), 0, "the start after another boot");
    ok(env_is_trusted(&env, boot_b), "... is trusted");
    ok(!env_is_trusted(&env, boot_a), "... and took the mark away");
    is_int(env_set_boot_id(&env, "no uuid"), -1, "no boot id is stored");
    env_close(&env);
}

/* ---- the clock ---- */

enum { PAUSE_MS = 30 };

static void
test_clock(void)
{
    const char *path = scratch_folder(&scratch, "clock");
    struct env env, other;
    int64_t stood, went;

    open_env(&env, path, 1 << 20);
    env_set_boot_id(&env, boot_a);
    is_int(env.clock_offset_ms, 0, "a new clock is that of the machine");
    stood = env_clock_ms(&env);
    env_mark_clean(&env);
    env_close(&env);
    usleep(PAUSE_MS * 1000);
    open_env(&env, path, 1 << 20);
    is_int(env_set_boot_id(&env, boot_a), 0, "a start after a clean stop");
    ok(env.clock_offset_ms <= -PAUSE_MS, "the clock stood meanwhile");
    ok(env_clock_ms(&env) >= stood, "... and does not go back");
    went = env.clock_offset_ms;
    open_env(&other, path, 1 << 20);
    is_int(other.clock_offset_ms, went, "others have the same one");
    env_close(&other);
    put(&env, 1, 10);
    env_close(&env);
    usleep(PAUSE_MS * 1000);
    open_env(&env, path, 1 << 20);
    env_set_boot_id(&env, boot_a);
    is_int(env.clock_offset_ms, went, "after a kill it has gone on");
    env_mark_clean(&env);
    put(&env, 2, 10);
    env_set_boot_id(&env, boot_b);
    is_int(env.clock_offset_ms, went, "a void mark says nothing");
    env_mark_clean(&env);
    usleep(PAUSE_MS * 1000);
    env_set_boot_id(&env, boot_b);
    ok(env.clock_offset_ms <= went - PAUSE_MS, "all that it stood adds up");
    env_close(&env);
}

/* ---- death ---- */

struct twin {
    uint64_t n;
    unsigned die_after; /* puts; 0 never */
};

/* Rows of both tables carry the same number; a value over several pages. */
static int
put_twins(struct env *env, MDB_txn *txn, void *arg)
{
    const struct twin *twin = arg;
    char big[5000];
    int rc = 0;

    memset(big, (int) twin->n, sizeof(big));
    memcpy(big, &twin->n, sizeof(twin->n));
    for (unsigned i = 0; rc == 0 && i < 8; i++) {
        uint8_t key[8];

        if (twin->die_after != 0 && twin->die_after == i + 1)
            kill(getpid(), SIGKILL);
        rc = env_put(env, txn, i & 1, env_key_u64(key, i / 2),
                     (struct str){big, sizeof(big)});
    }
    return rc;
}

static void
write_twins(const char *path, unsigned die_after, int to_parent)
{
    struct twin twin = {0};
    struct env env;

    if (open_env(&env, path, 1 << 20) != 0)
        _exit(1);
    for (twin.n = 1;; twin.n++) {
        if (twin.n == 3)
            twin.die_after = die_after;
        if (env_write(&env, put_twins, &twin) != 0)
            _exit(2);
        if (write(to_parent, "c", 1) != 1)
            _exit(3);
    }
}

static bool
twins_agree(const char *path)
{
    struct env env;
    uint64_t first = 0;
    bool good = true;
    MDB_txn *txn;

    if (open_env(&env, path, 1 << 20) != 0)
        return false;
    txn = env_read_begin(&env);
    for (unsigned i = 0; i < 8; i++) {
        struct str val = {0};
        uint8_t key[8];
        uint64_t n;

        good = good &&
               env_get(&env, txn, i & 1, env_key_u64(key, i / 2), &val) == 0;
        if (!good)
            break;
        memcpy(&n, val.data, sizeof(n));
        if (i == 0)
            first = n;
        good = n == first && val.len == 5000;
    }
    env_read_end(&env);
    /* The dead writer's lock does not stand in anybody's way. */
    good = good && put(&env, 1000, 100) == 0;
    env_close(&env);
    return good;
}

static void
test_kill(void)
{
    const char *path = scratch_folder(&scratch, "kill");
    unsigned bad = 0, killed = 0;

    for (unsigned i = 0; i < 300; i++) {
        unsigned die_after = i & 1 ? i / 2 % 8 + 1 : 0;
        int back[2];
        pid_t pid;
        char c;

        if (pipe(back) != 0)
            break;
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            close(back[0]);
            write_twins(path, die_after, back[1]);
        }
        close(back[1]);
        for (unsigned n = 0; read(back[0], &c, 1) == 1; n++)
            if (die_after == 0 && n == i % 17 + 1)
                kill(pid, SIGKILL);
        close(back[0]);
        killed += scratch_wait(pid) == -SIGKILL;
        bad += !twins_agree(path);
    }
    is_int(killed, 300,
           "300 writers killed, half of them inside a "
           "transaction");
    is_int(bad, 0, "each time what is there is whole and can be written");
}

int
main(void)
{
    scratch_init(&scratch);
    test_open();
    test_rows();
    test_full_map();
    test_readers();
    test_full_disk();
    test_read_only_folder();
    test_damage();
    test_set_aside();
    test_trust();
    test_clock();
    test_kill();
    scratch_deinit(&scratch);
    return tap_done();
}
