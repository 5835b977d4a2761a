#include "game/store/op.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mount.h>

#include "rows.h"
#include "scratch.h"
#include "tap.h"

enum { SIZE = 16 << 20, BATCH = 64 };

static const int64_t now = 1795355220000;
static const int64_t epoch = 1795355221; /* after tokens are voided once */

static struct scratch scratch;

static void
open_store(struct env *env, const char *path, uint64_t size)
{
    if (store_open(env, path, size, true, &scratch.log) != 0) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
}

/* Everything about an op follows from one number. */
static void
number_id(uint8_t id[STORE_OP_ID], uint64_t n)
{
    memset(id, 0x5a, STORE_OP_ID);
    env_key_u64(id + 8, n);
}

static struct store_op
guest_op(uint64_t id, uint64_t who)
{
    struct store_op op = {.kind = STORE_CREATE_GUEST, .time_ms = now};

    number_id(op.id, id);
    memset(op.create_guest.digest, 0x33, STORE_DIGEST);
    env_key_u64(op.create_guest.digest, who * UINT64_C(0x9e3779b97f4a7c15));
    op.create_guest.cards = 10;
    op.create_guest.sex = 1;
    snprintf(op.create_guest.head_url, STORE_URL, "http://localhost/0");
    snprintf(op.create_guest.app, STORE_LABEL, "app");
    snprintf(op.create_guest.channel, STORE_LABEL, "test");
    return op;
}

static struct store_op
void_op(uint64_t id, uint64_t uid)
{
    struct store_op op = {.kind = STORE_VOID_TOKENS,
                          .time_ms = now,
                          .void_tokens = {.uid = uid}};

    number_id(op.id, id);
    return op;
}

static struct store_op
login_op(uint64_t id, uint64_t uid, int64_t time_ms)
{
    struct store_op op = {
        .kind = STORE_RECORD_LOGIN,
        .time_ms = time_ms,
        .record_login = {.uid = uid, .os = "os", .ip = "127.0.0.1"}};

    number_id(op.id, id);
    return op;
}

static struct store_result
commit_one(struct env *env, struct store_op op)
{
    struct store_result result = {0};

    store_commit(env, &op, &result, 1);
    return result;
}

/* ---- the wire ---- */

static void
test_wire(void)
{
    struct store_op ops[] = {guest_op(1, 2), void_op(3, 4),
                             login_op(5, 6, now)};
    struct store_result result = {STORE_NO_USER, UINT64_MAX, INT64_MIN}, other;
    struct store_op back;
    struct buf out = {0};
    uint8_t id[STORE_OP_ID];

    for (unsigned i = 0; i < 3; i++) {
        unsigned taken = 0;

        out.len = 0;
        store_op_encode(&out, &ops[i]);
        ok(store_op_decode(&back, buf_str(&out)) == NULL &&
               back.kind == ops[i].kind && back.time_ms == now &&
               memcmp(back.id, ops[i].id, STORE_OP_ID) == 0,
           "%s comes back", store_kind_name(ops[i].kind));
        for (size_t len = 0; len < out.len; len++) {
            struct str cut = {(const char *) out.data, len};

            taken += store_op_decode(&back, cut) == NULL;
        }
        is_int(taken, 0, "... and is not taken when cut");
    }
    out.len = 0;
    store_op_encode(&out, &ops[0]);
    store_op_decode(&back, buf_str(&out));
    ok(memcmp(back.create_guest.digest, ops[0].create_guest.digest,
              STORE_DIGEST) == 0 &&
           back.create_guest.cards == 10 && back.create_guest.sex == 1 &&
           strcmp(back.create_guest.head_url, "http://localhost/0") == 0 &&
           strcmp(back.create_guest.channel, "test") == 0,
       "the fields of a kind come back");
    out.data[2] = 77; /* the kind */
    is_str(store_op_decode(&back, buf_str(&out)), "is of an unknown kind",
           "an unknown kind");
    out.data[2] = 0;
    is_str(store_op_decode(&back, buf_str(&out)), "is of an unknown kind",
           "no kind");
    ok(store_op_decode(&back, STR("\x91\x01")) != NULL, "an empty op");

    out.len = 0;
    store_result_encode(&out, ops[1].id, &result);
    ok(store_result_decode(id, &other, buf_str(&out)) == NULL &&
           memcmp(id, ops[1].id, STORE_OP_ID) == 0 &&
           other.code == STORE_NO_USER && other.uid == UINT64_MAX &&
           other.value == INT64_MIN,
       "a result comes back");
    ok(store_result_decode(id, &other, STR("\x92\x01\xa1x")) != NULL,
       "a bad one is refused");
    ok(store_kind_is_awaited(STORE_CREATE_GUEST) &&
           !store_kind_is_awaited(STORE_RECORD_LOGIN) &&
           !store_kind_is_awaited(200),
       "which are awaited is known");
    buf_deinit(&out);
}

/* ---- guests ---- */

static void
test_guests(void)
{
    struct env env;
    struct store_op op = guest_op(1, 1), four[4];
    struct store_result result, results[4];
    struct store_user user;
    uint64_t uid = 0, same;

    open_store(&env, scratch_folder(&scratch, "guests"), SIZE);
    is_int(store_guest_get(&env, op.create_guest.digest, &uid, &user), 0,
           "no guest at first");
    result = commit_one(&env, op);
    is_int(result.code, STORE_OK, "a guest is made");
    is_int(result.value, 1, "... for the first time");
    is_int(store_guest_get(&env, op.create_guest.digest, &uid, &user), 1,
           "the digest finds it");
    is_int(uid, result.uid, "... under its uid");
    is_str(user.name, "G1", "its name");
    is_str(user.head_url, "http://localhost/0", "its picture");
    ok(user.cards == 10 && user.sex == 1 && user.token_epoch == 0 &&
           user.created_at == now,
       "its cards and the rest");
    is_int(store_user_get(&env, uid, &user), 1, "the uid finds it");
    is_int(store_user_get(&env, uid + 1, &user), 0, "the next does not");

    result = commit_one(&env, op);
    ok(result.code == STORE_OK && result.uid == uid && result.value == 1,
       "the same op again has the same answer");
    op = guest_op(1, 99);
    result = commit_one(&env, op);
    ok(result.uid == uid && rows_of(&env, STORE_USERS) == 1,
       "an op id is one wish, whatever else the op says");
    result = commit_one(&env, guest_op(2, 1));
    ok(result.uid == uid && result.value == 0,
       "another op for the same digest finds the account");
    is_int(commit_one(&env, void_op(1, uid)).code, STORE_ILLEGAL,
           "the op id of another kind is refused");
    op = guest_op(3, 3);
    op.create_guest.cards = -1;
    is_int(commit_one(&env, op).code, STORE_ILLEGAL, "cards below zero");

    for (unsigned i = 0; i < 4; i++)
        four[i] = guest_op(10 + i, 5);
    is_int(store_commit(&env, four, results, 4), 0,
           "four first logins of one device in one commit");
    same = results[0].uid;
    ok(results[1].uid == same && results[2].uid == same &&
           results[3].uid == same && same != uid,
       "... are one account");
    is_int(results[0].value + results[1].value + results[2].value +
               results[3].value,
           1, "... made once");
    for (unsigned i = 0; i < 4; i++)
        four[i] = guest_op(20 + i, 6);
    for (unsigned i = 0; i < 4; i++)
        results[i] = commit_one(&env, four[i]);
    ok(results[1].uid == results[0].uid && results[3].uid == results[0].uid,
       "in four commits too");
    is_int(rows_of(&env, STORE_USERS), 3, "three accounts in all");
    is_int(rows_of(&env, STORE_REGISTRATIONS), 3, "... and registrations");
    is_int(results[0].uid, 3, "uids have no gaps");
    env_close(&env);
}

/* ---- token epochs and logins ---- */

static void
test_void_tokens(void)
{
    struct env env;
    struct store_result result, again;
    struct store_user user;
    uint64_t uid;

    open_store(&env, scratch_folder(&scratch, "void"), SIZE);
    uid = commit_one(&env, guest_op(1, 1)).uid;
    result = commit_one(&env, void_op(2, uid));
    ok(result.code == STORE_OK && result.value == epoch,
       "the epoch is behind every token given so far");
    again = commit_one(&env, void_op(2, uid));
    ok(again.code == STORE_OK && again.value == epoch,
       "the same op id is answered again");
    store_user_get(&env, uid, &user);
    is_int(user.token_epoch, epoch, "... and done once");
    {
        struct store_op both[] = {void_op(3, uid), void_op(3, uid)};
        struct store_result results[2];

        store_commit(&env, both, results, 2);
        ok(results[0].value == epoch + 1 && results[1].value == epoch + 1,
           "also twice in one commit");
    }
    store_user_get(&env, uid, &user);
    is_int(user.token_epoch, epoch + 1, "... done once");
    is_str(user.name, "G1", "nothing else changed");
    {
        struct store_op op = void_op(5, uid);

        op.time_ms = now + 100 * 1000;
        is_int(commit_one(&env, op).value, epoch + 100, "later it is later");
        op = void_op(6, uid);
        op.time_ms = 0;
        is_int(commit_one(&env, op).value, epoch + 101,
               "a clock that went back does not lower it");
    }
    result = commit_one(&env, void_op(4, 1000));
    is_int(result.code, STORE_NO_USER, "nobody of that uid");
    env_close(&env);
}

static void
test_logins(void)
{
    struct env env;
    struct store_user user;
    uint64_t uid;

    open_store(&env, scratch_folder(&scratch, "logins"), SIZE);
    uid = commit_one(&env, guest_op(1, 1)).uid;
    is_int(commit_one(&env, login_op(2, uid, now)).code, STORE_OK, "a login");
    is_int(commit_one(&env, login_op(2, uid, now)).code, STORE_OK,
           "the same again");
    is_int(rows_of(&env, STORE_LOGINS), 1, "... is one row");
    commit_one(&env, login_op(3, uid, now));
    is_int(rows_of(&env, STORE_LOGINS), 2,
           "two of one millisecond are two rows");
    is_int(commit_one(&env, login_op(4, 99, now)).code, STORE_NO_USER,
           "a login of nobody");
    is_int(rows_of(&env, STORE_LOGINS), 2, "... is no row");
    is_int(rows_of(&env, STORE_OPERATIONS), 1, "logins keep no result");
    commit_one(&env, login_op(5, uid, now + 7200 * 1000));
    store_user_get(&env, uid, &user);
    is_int(user.last_login, now + 7200 * 1000, "the user knows the last one");
    commit_one(&env, login_op(6, uid, now));
    store_user_get(&env, uid, &user);
    is_int(user.last_login, now + 7200 * 1000, "... and goes not back");
    env_close(&env);
}

/* ---- commits that fail ---- */

/*
 * Makes guests in batches until a commit fails; then every op of that batch
 * must have failed and nothing of it be there.  Returns the number made.
 */
static uint64_t
fill_up(struct env *env, uint64_t from)
{
    static struct store_op ops[BATCH];
    static struct store_result results[BATCH];
    uint64_t n = from, uid;
    struct store_user user;
    unsigned codes = 0, found = 0;

    for (;; n += BATCH) {
        for (unsigned i = 0; i < BATCH; i++)
            ops[i] = guest_op(n + i, n + i);
        if (store_commit(env, ops, results, BATCH) != 0)
            break;
    }
    for (unsigned i = 0; i < BATCH; i++) {
        codes += results[i].code == STORE_INTERNAL && results[i].uid == 0;
        found += store_guest_get(env, ops[i].create_guest.digest, &uid,
                                 &user) != 0;
    }
    is_int(codes, BATCH, "every op of the failed commit has code 1013");
    is_int(found, 0, "... and left nothing");
    return n;
}

static void
check_sums(struct env *env, uint64_t users)
{
    is_int(rows_of(env, STORE_USERS), users, "as many users as were answered");
    is_int(rows_of(env, STORE_GUESTS), users, "... and digests");
    is_int(rows_of(env, STORE_REGISTRATIONS), users, "... and registrations");
    is_int(rows_of(env, STORE_OPERATIONS), users, "... and results");
    is_int(rows_of(env, STORE_OPERATION_TIMES), users, "... and their times");
}

static void
test_full_map(void)
{
    const char *path = scratch_folder(&scratch, "full");
    struct env env;
    uint64_t n;

    open_store(&env, path, 1 << 20);
    scratch_forget(&scratch);
    n = fill_up(&env, 0);
    ok(scratch_said(&scratch, "raise \"size\" in \"store\""),
       "the line names the directive");
    check_sums(&env, n);
    env_close(&env);
    open_store(&env, path, 8 << 20);
    is_int(commit_one(&env, guest_op(n, n)).uid, n + 1,
           "with room it goes on, without a gap");
    env_close(&env);
}

static void
test_full_disk(void)
{
    const char *path = scratch_folder(&scratch, "disk");
    struct env env;
    char ballast[600];
    uint64_t n;
    int fd;

    if (mount("tmpfs", path, "tmpfs", 0, "size=2m,mode=0700") != 0) {
        ok(1, "a full disk # SKIP cannot mount a tmpfs (%s)", strerror(errno));
        return;
    }
    snprintf(ballast, sizeof(ballast), "%s/ballast", path);
    fd = open(ballast, O_WRONLY | O_CREAT, 0600);
    fallocate(fd, 0, 0, 512 * 1024);
    close(fd);
    open_store(&env, path, 64 << 20);
    scratch_forget(&scratch);
    n = fill_up(&env, 0);
    ok(scratch_said(&scratch, "no room on the file system") &&
           scratch_said(&scratch, "(\"path\" in \"store\")"),
       "the line names disk and directive");
    check_sums(&env, n);
    unlink(ballast);
    is_int(commit_one(&env, guest_op(n, n)).uid, n + 1,
           "with room it goes on, without a gap");
    env_close(&env);
    umount2(path, MNT_DETACH);
}

/* ---- damage ---- */

struct raw {
    unsigned table;
    struct str key;
    struct str val;
};

static int
put_raw(struct env *env, MDB_txn *txn, void *arg)
{
    const struct raw *raw = arg;

    return env_put(env, txn, raw->table, raw->key, raw->val);
}

static void
test_bad_rows(void)
{
    struct env env;
    struct store_op ops[3];
    struct store_result results[3];
    struct store_user user;
    struct store_op lost = guest_op(2, 2), bad = guest_op(4, 4);
    uint64_t first, uid;
    uint8_t key[8], id[STORE_OP_ID];
    struct raw raw = {STORE_USERS, {0}, STR("\x93\x01 x")};

    open_store(&env, scratch_folder(&scratch, "badrows"), SIZE);
    first = commit_one(&env, guest_op(1, 1)).uid;
    uid = commit_one(&env, lost).uid;
    raw.key = env_key_u64(key, uid);
    env_write(&env, put_raw, &raw);
    scratch_forget(&scratch);
    is_int(store_user_get(&env, uid, &user), -1, "a bad user is not none");
    ok(scratch_said(&scratch, "of table \"users\" in"), "... and logged");
    is_int(store_guest_get(&env, lost.create_guest.digest, &uid, &user), -1,
           "... nor by its digest");
    ops[0] = void_op(10, first);
    ops[1] = void_op(11, uid);
    ops[2] = guest_op(12, 3);
    is_int(store_commit(&env, ops, results, 3), 0, "a commit that needs it");
    is_int(results[1].code, STORE_DATABASE, "... fails for that op");
    ok(results[0].code == STORE_OK && results[2].code == STORE_OK,
       "... and for no other");
    is_int(commit_one(&env, guest_op(13, 2)).code, STORE_DATABASE,
           "its device gets no second account");

    raw = (struct raw){STORE_GUESTS,
                       {(char *) bad.create_guest.digest, STORE_DIGEST},
                       STR("\x01")};
    env_write(&env, put_raw, &raw);
    is_int(commit_one(&env, bad).code, STORE_DATABASE,
           "nor one whose digest row is bad");
    number_id(id, 20);
    raw = (struct raw){STORE_OPERATIONS, {(char *) id, STORE_OP_ID}, STR("x")};
    env_write(&env, put_raw, &raw);
    is_int(commit_one(&env, void_op(20, first)).code, STORE_DATABASE,
           "an op whose result cannot be read is not done again");
    store_user_get(&env, first, &user);
    is_int(user.token_epoch, epoch, "... indeed");

    raw = (struct raw){STORE_COUNTERS, STR("uid"), STR("\xc1")};
    env_write(&env, put_raw, &raw);
    is_int(commit_one(&env, guest_op(30, 30)).uid, 4,
           "without its counter it goes on behind the last user");
    raw.val = STR("\x92\x01\x01");
    env_write(&env, put_raw, &raw);
    is_int(commit_one(&env, guest_op(31, 31)).code, STORE_DATABASE,
           "a counter that lags makes no account");
    store_user_get(&env, 2, &user);
    store_user_get(&env, 4, &user);
    is_str(user.name, "G4", "... over another");
    raw.val = STR("\x92\x01\xcf\x00\x1f\xff\xff\xff\xff\xff\xfe");
    env_write(&env, put_raw, &raw);
    is_int(commit_one(&env, guest_op(32, 32)).uid, (INT64_C(1) << 53) - 1,
           "the last uid");
    is_int(commit_one(&env, guest_op(33, 33)).code, STORE_INTERNAL,
           "there is none behind it");
    env_close(&env);
}

/* Zeroes the pages with the text in them; their number. */
static unsigned
zero_pages(const char *path, const char *text)
{
    static char page[4096];
    char file[600];
    unsigned n = 0;
    int fd;

    snprintf(file, sizeof(file), "%s/data.mdb", path);
    fd = open(file, O_RDWR);
    for (off_t at = 2 * 4096; pread(fd, page, 4096, at) == 4096; at += 4096) {
        if (memmem(page, 4096, text, strlen(text)) == NULL)
            continue;
        memset(page, 0, 4096);
        n += pwrite(fd, page, 4096, at) == 4096;
    }
    close(fd);
    return n;
}

static void
test_bad_page(void)
{
    const char *path = scratch_folder(&scratch, "badpage");
    struct env env;
    struct store_op ops[3];
    struct store_result results[3];
    struct store_user user;

    open_store(&env, path, SIZE);
    for (uint64_t i = 0; i < 600; i++)
        ops[0] = guest_op(i, i), store_commit(&env, ops, results, 1);
    env_close(&env);
    ok(zero_pages(path, "\xa4G300") > 0, "a page is damaged");
    open_store(&env, path, SIZE);
    scratch_forget(&scratch);
    is_int(store_user_get(&env, 300, &user), -1, "a user on it: an error");
    ok(scratch_said(&scratch, "badpage/data.mdb\" (\"path\" in \"store\")"),
       "... that names the file");
    is_int(store_user_get(&env, 2, &user), 1, "others can be read");
    ops[0] = void_op(1000, 2);
    ops[1] = void_op(1001, 300);
    ops[2] = void_op(1002, 3);
    is_int(store_commit(&env, ops, results, 3), 0, "a commit that needs it");
    is_int(results[1].code, STORE_DATABASE, "... fails for that op");
    ok(results[0].code == STORE_OK && results[2].code == STORE_OK,
       "... and for no other");
    store_user_get(&env, 3, &user);
    is_int(user.token_epoch, epoch, "... which is done");
    env_close(&env);
}

/* ---- purge ---- */

static void
test_purge(void)
{
    struct env env;
    struct store_op op;
    unsigned slices = 0;
    uint64_t uid;
    int64_t later = now + STORE_OP_KEEP_MS;
    int more;

    open_store(&env, scratch_folder(&scratch, "purge"), SIZE);
    uid = commit_one(&env, guest_op(0, 0)).uid;
    for (uint64_t i = 1; i < 200; i++)
        commit_one(&env, void_op(i, uid));
    op = void_op(500, uid);
    op.time_ms = now + 1;
    commit_one(&env, op);
    is_int(store_purge(&env, now), 0, "nothing is old");
    is_int(store_purge(&env, later), 0, "after 48 h it is not old yet");
    is_int(rows_of(&env, STORE_OPERATIONS), 201, "... all are there");
    do {
        uint64_t before = rows_of(&env, STORE_OPERATIONS);

        more = store_purge(&env, later + 1);
        slices++;
        if (before - rows_of(&env, STORE_OPERATIONS) > STORE_SLICE)
            ok(0, "a slice took more than %d", STORE_SLICE);
    } while (more == 1);
    is_int(more, 0, "the purge ends");
    is_int(slices, 4, "... after 200 results in slices of 64");
    is_int(rows_of(&env, STORE_OPERATIONS), 1, "the younger one is there");
    is_int(rows_of(&env, STORE_OPERATION_TIMES), 1, "... and its time");
    is_int(commit_one(&env, op).value, epoch + 199, "... and is known");
    is_int(commit_one(&env, void_op(7, uid)).value, epoch + 200,
           "what was forgotten is done again");
    env_close(&env);
}

/* ---- orders ---- */

static void
test_orders(void)
{
    struct env env;
    struct store_order order;
    uint8_t digest[STORE_DIGEST] = {1};
    struct raw raw = {STORE_ORDERS,
                      {(char *) digest, STORE_DIGEST},
                      STR("\x96\x01\xa3"
                          "abc\x07\x0a\x02\x00")};

    open_store(&env, scratch_folder(&scratch, "orders"), SIZE);
    is_int(store_order_get(&env, digest, &order), 0, "no order");
    env_write(&env, put_raw, &raw);
    is_int(store_order_get(&env, digest, &order), 1, "an order");
    ok(order.uid == 7 && order.cards == 10 &&
           order.status == STORE_ORDER_PAID && strcmp(order.id, "abc") == 0,
       "... as it was written");
    env_close(&env);
}

/* ---- death ---- */

/* Makes guests in commits of eight and tells each uid once it is made. */
static void
make_guests(const char *path, uint64_t from, int to_parent)
{
    struct store_op ops[8];
    struct store_result results[8];
    struct env env;

    open_store(&env, path, SIZE);
    for (uint64_t n = from;; n += 8) {
        for (unsigned i = 0; i < 8; i++)
            ops[i] = guest_op(n + i, n + i);
        if (store_commit(&env, ops, results, 8) != 0)
            _exit(1);
        for (unsigned i = 0; i < 8; i++)
            if (write(to_parent, &results[i].uid, 8) != 8)
                _exit(2);
    }
}

static void
test_kill(void)
{
    const char *path = scratch_folder(&scratch, "kill");
    uint64_t told = 0, lost = 0, from = 0, uid, users;
    struct store_user user;
    struct env env;

    for (unsigned i = 0; i < 100; i++) {
        uint64_t last = 0;
        int back[2];
        pid_t pid;

        if (pipe(back) != 0)
            break;
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            close(back[0]);
            make_guests(path, from, back[1]);
        }
        close(back[1]);
        for (unsigned n = 0; read(back[0], &uid, 8) == 8; n++) {
            last = uid;
            if (n == i % 29)
                kill(pid, SIGKILL);
        }
        close(back[0]);
        if (scratch_wait(pid) != -SIGKILL)
            ok(0, "the writer died of something else");
        open_store(&env, path, SIZE);
        told = last;
        lost += store_user_get(&env, told, &user) != 1;
        users = rows_of(&env, STORE_USERS);
        lost += users < told || users % 8 != 0;
        lost += rows_of(&env, STORE_GUESTS) != users;
        lost += rows_of(&env, STORE_OPERATIONS) != users;
        /* Asked again after the death: the same answers. */
        lost += commit_one(&env, guest_op(told - 1, told - 1)).uid != told;
        lost += rows_of(&env, STORE_USERS) != users;
        from = users;
        env_close(&env);
    }
    is_int(lost, 0,
           "100 killed store processes: no answered account is lost, no "
           "commit is there by half (%" PRIu64 " accounts)",
           from);
}

int
main(void)
{
    scratch_init(&scratch);
    test_wire();
    test_guests();
    test_void_tokens();
    test_logins();
    test_full_map();
    test_full_disk();
    test_bad_rows();
    test_bad_page();
    test_purge();
    test_orders();
    test_kill();
    scratch_deinit(&scratch);
    return tap_done();
}
