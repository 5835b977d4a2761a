#include "game/store/shared.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "rows.h"
#include "scratch.h"
#include "tap.h"

enum { SIZE = 8 << 20 };

static const char boot_a[] = "9d1ff9b4-6a35-4a1c-9a4b-2d5b8e6f0a11";
static const char boot_b[] = "00000000-6a35-4a1c-9a4b-2d5b8e6f0a11";

static struct scratch scratch;

static void
start(struct env *env, const char *path)
{
    if (shared_start(env, path, SIZE, boot_a, "1", &scratch.log) != 0) {
        printf("Bail out! cannot start %s\n", path);
        exit(1);
    }
}

static struct place
live_place(struct env *env, uint16_t slot)
{
    struct place place = {.slot = slot};

    shared_slot_claim(env, slot, 1000u + slot, &place.generation);
    return place;
}

/* ---- slots ---- */

static void
test_slots(void)
{
    struct env env;
    struct shared_slot row;
    struct place place = {.slot = 3}, other;
    uint32_t generation = 0;

    start(&env, scratch_folder(&scratch, "slots"));
    is_int(shared_slot_get(&env, 3, &row), 0, "no row at first");
    place.generation = 1;
    ok(shared_slot_is_stale(&env, place), "a name never given is stale");
    is_int(shared_slot_claim(&env, 3, 42, &generation), 0, "claim");
    is_int(generation, 1, "the first generation");
    is_int(shared_slot_get(&env, 3, &row), 1, "there is a row");
    ok(row.pid == 42 && row.state == SHARED_SLOT_LIVE, "... of a live one");
    ok(!shared_slot_is_stale(&env, place), "its name is good");
    shared_slot_claim(&env, 3, 43, &generation);
    is_int(generation, 2, "the next generation");
    ok(shared_slot_is_stale(&env, place), "the old name is stale");
    is_int(shared_slot_release(&env, place), 0, "a late release of it");
    shared_slot_get(&env, 3, &row);
    is_int(row.state, SHARED_SLOT_LIVE, "... hurts nobody");
    place.generation = 2;
    is_int(shared_slot_release(&env, place), 0, "release");
    ok(shared_slot_is_stale(&env, place), "dead is stale");
    is_int(shared_slot_release(&env, place), 0, "released twice");
    shared_slot_claim(&env, 3, 44, &generation);
    is_int(generation, 3, "no generation is given twice");
    other = (struct place){.node = 1, .slot = 3, .generation = 1};
    ok(!shared_slot_is_stale(&env, other),
       "of another machine nothing is known");
    env_close(&env);
}

/* ---- sessions ---- */

static int
write_claim(struct env *env, MDB_txn *txn, void *arg)
{
    return shared_session_claim(env, txn, arg);
}

/* In a transaction of its own. */
static enum shared_claim
claim(struct env *env, uint64_t uid, struct place place, uint64_t session_id,
      int64_t now, struct shared_session *old)
{
    struct shared_session_claim c = {
        .uid = uid, .session_id = session_id, .place = place, .now_ms = now};

    if (env_write(env, write_claim, &c) != 0)
        return SHARED_FAILED;
    *old = c.old;
    return c.answer;
}

static int
write_release(struct env *env, MDB_txn *txn, void *arg)
{
    const struct shared_session_claim *c = arg;

    return shared_session_release(env, txn, c->uid, c->session_id, c->now_ms);
}

static int
release(struct env *env, uint64_t uid, uint64_t session_id, int64_t now)
{
    struct shared_session_claim c = {
        .uid = uid, .session_id = session_id, .now_ms = now};

    return env_write(env, write_release, &c);
}

static void
test_sessions(void)
{
    struct env env;
    struct shared_session old, row;
    struct place a, b;

    start(&env, scratch_folder(&scratch, "sessions"));
    a = live_place(&env, 1);
    b = live_place(&env, 2);
    is_int(shared_session_get(&env, 7, &row), 0, "nobody at first");
    is_int(claim(&env, 7, a, 100, 1000, &old), SHARED_CLAIMED,
           "a first login");
    is_int(old.session_id, 0, "... kicks nobody");
    is_int(claim(&env, 7, a, 100, 1000, &old), SHARED_CLAIMED,
           "the same again");
    is_int(old.session_id, 0, "... kicks nobody");
    is_int(claim(&env, 7, b, 200, 2000, &old), SHARED_CLAIMED,
           "a second login elsewhere");
    ok(old.session_id == 100 && place_is_equal(old.place, a),
       "... learns whom it replaces and where");
    is_int(release(&env, 7, 100, 2000), 0, "a late close");
    is_int(shared_session_get(&env, 7, &row), 1, "... leaves the row");
    ok(row.session_id == 200 && place_is_equal(row.place, b),
       "... of the new one");
    is_int(shared_session_get(&env, 8, &row), 0, "another uid has none");
    is_int(release(&env, 7, 200, 60000), 0, "its own close");
    is_int(shared_session_get(&env, 7, &row), 0, "... takes the row away");
    is_int(release(&env, 7, 200, 60000), 0, "closed twice");

    claim(&env, 9, a, 300, 1000, &old);
    shared_slot_release(&env, a);
    claim(&env, 9, b, 301, 1000, &old);
    is_int(old.session_id, 0, "a session of a dead process is not kicked");
    a = live_place(&env, 1);
    claim(&env, 9, a, 302, 1000, &old);
    is_int(old.session_id, 301, "a living one is");
    env_close(&env);
}

/* Claims, and the one that had it is kicked. */
static int
claim_from(struct env *env, uint64_t uid, struct place at, uint64_t id,
           int64_t now, struct shared_session *old)
{
    int answer = claim(env, uid, at, id, now, old);

    if (old->session_id != 0)
        shared_session_kicked(env, uid, now);
    return answer;
}

static void
test_kick_war(void)
{
    struct env env;
    struct shared_session old, row;
    struct place a;
    int64_t now = 100000;
    int kicks = 0;

    start(&env, scratch_folder(&scratch, "war"));
    a = live_place(&env, 1);
    claim(&env, 7, a, 1, now, &old);
    for (uint64_t id = 2; id <= 7; id++) {
        now += 1500;
        if (claim_from(&env, 7, a, id, now, &old) == SHARED_CLAIMED)
            kicks += old.session_id == id - 1;
    }
    is_int(kicks, 6, "six kicks in less than ten seconds happen");
    is_int(claim(&env, 7, a, 8, now, &old), SHARED_DENIED,
           "then logins are denied");
    is_int(old.session_id, 0, "... and kick nobody");
    is_int(claim(&env, 8, a, 9, now, &old), SHARED_CLAIMED,
           "another uid is not");
    shared_session_get(&env, 7, &row);
    is_int(row.session_id, 7, "the last one lives");
    is_int(claim(&env, 7, a, 7, now, &old), SHARED_CLAIMED,
           "... and may say so");
    is_int(release(&env, 7, 7, now), 0, "it closes");
    is_int(shared_session_get(&env, 7, &row), 0, "... and is gone");
    is_int(claim(&env, 7, a, 10, now + SHARED_DENY_MS - 1, &old),
           SHARED_DENIED, "a close does not end the denial");
    is_int(claim(&env, 7, a, 10, now + SHARED_DENY_MS, &old), SHARED_CLAIMED,
           "30 s do");
    is_int(old.session_id, 0, "... with nobody to kick");

    /* Exactly ten seconds from the first to the sixth is no war. */
    now = 500000;
    claim(&env, 11, a, 1, now, &old);
    kicks = 0;
    for (uint64_t id = 2; id <= 30; id++) {
        now += 2000;
        kicks += claim_from(&env, 11, a, id, now, &old) == SHARED_CLAIMED;
    }
    is_int(kicks, 29, "five kicks in ten seconds for ever are no war");

    /* Claims that reach nobody who is there are no kicks. */
    for (uint64_t id = 1; id <= 30; id++)
        kicks += claim(&env, 13, a, id, now, &old) == SHARED_CLAIMED;
    is_int(kicks, 29 + 30, "logins that kick nobody are no war");

    /* A clock that starts again (another boot) denies nobody for ever. */
    now = 9000000;
    for (uint64_t id = 1; id <= 7; id++)
        claim_from(&env, 12, a, id, now, &old);
    is_int(claim(&env, 12, a, 99, now, &old), SHARED_DENIED, "denied");
    is_int(claim(&env, 12, a, 99, 5000, &old), SHARED_CLAIMED,
           "a time of another boot is nonsense");
    env_close(&env);
}

/* A war between two devices, one of them at a worker that dies. */
static void
test_war_and_death(void)
{
    struct env env;
    struct shared_session old, row;
    struct shared_sweep sweep;
    struct place a, b;
    int64_t now;

    start(&env, scratch_folder(&scratch, "death"));
    now = env_clock_ms(&env);
    a = live_place(&env, 1);
    b = live_place(&env, 2);
    for (uint64_t id = 1; id <= 7; id++)
        claim_from(&env, 7, a, id, now, &old);
    claim(&env, 8, a, 20, now, &old);
    for (uint64_t id = 30; id <= 36; id++)
        claim_from(&env, 9, b, id, now, &old);
    release(&env, 9, 36, now);
    shared_slot_release(&env, a);
    for (int i = 0; i < 2; i++) {
        shared_sweep_init(&sweep, a);
        while (shared_sweep_run(&env, &sweep) == 1)
            ;
        is_int(shared_session_get(&env, 7, &row), 0, "a session of the dead");
        is_int(rows_of(&env, SHARED_SESSIONS), 2,
               "... leaves what is left of its war, and only that");
        is_int(claim(&env, 7, b, 8, now, &old), SHARED_DENIED,
               "the death of a worker ends no denial");
        is_int(claim(&env, 9, b, 37, now, &old), SHARED_DENIED,
               "nor that of a session that had left before");
    }
    is_int(claim(&env, 7, b, 8, now + SHARED_DENY_MS, &old), SHARED_CLAIMED,
           "30 s do");
    is_int(old.session_id, 0, "... with nobody to kick");
    env_close(&env);
}

/* ---- two processes ---- */

enum { ROUNDS = 1000 };

struct duel {
    pthread_barrier_t barrier;
    atomic_uint ready; /* the last step is spun for: both start as one */
    struct {
        int answer[2];
        uint64_t kicked[2];
        struct place kicked_at[2];
    } round[ROUNDS];
};

static uint64_t
duel_id(unsigned round, unsigned who)
{
    return 2 * (uint64_t) round + who + 1;
}

/* One side: it claims, and it claims again where the other has its place. */
static void
fight(struct duel *duel, const char *path, unsigned who)
{
    struct shared_session old;
    struct place place;
    struct env env;

    if (shared_open(&env, path, SIZE, &scratch.log) != 0)
        _exit(1);
    place = live_place(&env, (uint16_t) (10 + who));
    for (unsigned i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&duel->barrier);
        atomic_fetch_add(&duel->ready, 1);
        while (atomic_load(&duel->ready) < 2 * (i + 1))
            sched_yield();
        duel->round[i].answer[who] = claim(&env, 7, place, duel_id(i, who),
                                           (int64_t) i * 60000, &old);
        duel->round[i].kicked[who] = old.session_id;
        duel->round[i].kicked_at[who] = old.place;
        pthread_barrier_wait(&duel->barrier);
        pthread_barrier_wait(&duel->barrier); /* the referee looks */
    }
    env_close(&env);
    _exit(0);
}

static void
test_duel(void)
{
    const char *path = scratch_folder(&scratch, "duel");
    pthread_barrierattr_t attr;
    struct shared_session row;
    unsigned bad = 0, won[2] = {0};
    struct duel *duel;
    struct env env;
    uint64_t before = 0;
    pid_t pid[2];

    duel = mmap(NULL, sizeof(*duel), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_init(&attr);
    pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&duel->barrier, &attr, 3);
    start(&env, path);
    env_close(&env);
    fflush(stdout);
    for (unsigned who = 0; who < 2; who++) {
        pid[who] = fork();
        if (pid[who] == 0)
            fight(duel, path, who);
    }
    shared_open(&env, path, SIZE, &scratch.log);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned winner;

        pthread_barrier_wait(&duel->barrier);
        pthread_barrier_wait(&duel->barrier);
        bad += shared_session_get(&env, 7, &row) != 1;
        winner = row.session_id == duel_id(i, 1);
        won[winner]++;
        bad += row.session_id != duel_id(i, winner);
        bad += row.place.slot != 10 + winner;
        bad += duel->round[i].answer[0] != SHARED_CLAIMED;
        bad += duel->round[i].answer[1] != SHARED_CLAIMED;
        /* The winner came second: it replaced the loser, and the loser the
         * session from before. */
        bad += duel->round[i].kicked[winner] != duel_id(i, !winner);
        bad += duel->round[i].kicked_at[winner].slot != 10 + !winner;
        bad += duel->round[i].kicked[!winner] != before;
        before = row.session_id;
        pthread_barrier_wait(&duel->barrier);
    }
    is_int(bad, 0, "%d duels: one row, and whom it replaced is known", ROUNDS);
    ok(won[0] > 0 && won[1] > 0, "both win sometimes (%u, %u)", won[0],
       won[1]);
    is_int(scratch_wait(pid[0]), 0, "one side is done");
    is_int(scratch_wait(pid[1]), 0, "the other too");
    munmap(duel, sizeof(*duel));
    env_close(&env);
}

/* ---- seats and desks ---- */

static int
put_desk(struct env *env, MDB_txn *txn, void *arg)
{
    static const struct shared_desk desk = {.owner = {0, 5, 6},
                                            .epoch = 7,
                                            .uid = UINT64_MAX,
                                            .creator = 8,
                                            .created_at = 1795355220000,
                                            .mode = 4,
                                            .rounds = 8,
                                            .max_fan = 3,
                                            .status = 1,
                                            .flags = SHARED_DESK_ZIMO_DI |
                                                     SHARED_DESK_MENQING,
                                            .seats = {8, 9, 0, 10}};
    static const struct shared_seat seats[] = {
        {123456, UINT64_MAX}, {123456, 1}, {654321, UINT64_MAX}};
    int rc = shared_desk_put(env, txn, 123456, &desk);

    (void) arg;
    for (uint64_t i = 0; rc == 0 && i < 3; i++)
        rc = shared_seat_put(env, txn, 8 + i, &seats[i]);
    return rc;
}

static int
del_desk(struct env *env, MDB_txn *txn, void *arg)
{
    (void) arg;
    shared_desk_del(env, txn, 123456);
    return shared_seat_leave(env, txn, 8, UINT64_MAX);
}

static void
test_desks(void)
{
    struct env env;
    struct shared_desk desk;
    struct shared_seat seat;

    start(&env, scratch_folder(&scratch, "desks"));
    is_int(shared_seat_get(&env, 8, &seat), 0, "no seat");
    is_int(env_write(&env, put_desk, NULL), 0, "a desk and its seats");
    is_int(shared_seat_get(&env, 8, &seat), 1, "a seat");
    ok(seat.number == 123456 && seat.desk_uid == UINT64_MAX, "... of it");
    is_int(shared_desk_get(&env, 123456, &desk), 1, "the desk");
    ok(desk.owner.slot == 5 && desk.owner.generation == 6 && desk.epoch == 7 &&
           desk.uid == UINT64_MAX && desk.creator == 8 &&
           desk.created_at == 1795355220000 && desk.mode == 4 &&
           desk.rounds == 8 && desk.max_fan == 3 && desk.status == 1 &&
           desk.flags == (SHARED_DESK_ZIMO_DI | SHARED_DESK_MENQING) &&
           desk.seats[1] == 9 && desk.seats[3] == 10,
       "... as it was written");
    is_int(env_write(&env, del_desk, NULL), 0, "both deleted");
    is_int(shared_desk_get(&env, 123456, &desk), 0, "no desk");
    is_int(shared_seat_get(&env, 8, &seat), 0, "no seat");
    env_close(&env);
}

/* In one transaction, as when two desks of a worker seat him in a turn. */
static int
take_seats(struct env *env, MDB_txn *txn, void *arg)
{
    const struct shared_seat here = {200001, 71}, there = {200002, 72};
    const struct shared_desk desk = {.uid = 72, .mode = 4, .seats = {51, 50}};

    (void) arg;
    is_int(shared_seat_claim(env, txn, 50, &here), 0, "a free seat");
    is_int(shared_seat_claim(env, txn, 50, &there), 0,
           "... counts for nothing until the desk has him");
    shared_desk_put(env, txn, there.number, &desk);
    is_int(shared_seat_claim(env, txn, 50, &here), MDB_KEYEXIST,
           "then he sits at no other");
    is_int(shared_seat_claim(env, txn, 50, &there), 0, "but there");
    return 0;
}

static void
test_seats(void)
{
    struct env env;
    struct shared_desk desk;
    struct shared_seat seat;

    start(&env, scratch_folder(&scratch, "seats"));
    is_int(env_write(&env, take_seats, NULL), 0, "seats are taken");
    ok(shared_seat_find(&env, 50, &seat, &desk) == 1 && seat.desk_uid == 72,
       "he sits where the desk has him");
    env_close(&env);
}

static int
check_session(struct env *env, MDB_txn *txn, void *arg)
{
    (void) arg;
    is_int(shared_session_check(env, txn, 60, 1), 0, "the session of a uid");
    is_int(shared_session_check(env, txn, 60, 2), MDB_NOTFOUND, "another");
    is_int(shared_session_check(env, txn, 61, 1), MDB_NOTFOUND,
           "of a uid that is not logged in");
    is_int(shared_session_check(env, txn, 61, 0), 0, "... that is nobody");
    return 0;
}

static void
test_creating(void)
{
    const struct shared_desk row = {
        .uid = 81, .creator = 60, .mode = 4, .seats = {60}};
    struct env env;
    struct shared_desk desk;
    struct shared_seat seat;
    struct shared_session old;
    struct place place;
    uint32_t number = 0;

    start(&env, scratch_folder(&scratch, "creating"));
    place = live_place(&env, 1);
    claim(&env, 60, place, 1, 1000, &old);
    is_int(env_write(&env, check_session, NULL), 0, "who has a uid");
    is_int(shared_desk_create(&env, 1, 2, &row, STR("x"), &number),
           SHARED_OUSTED, "an ousted session makes no desk");
    is_int(shared_seat_get(&env, 60, &seat), 0, "... and takes no seat");
    is_int(shared_desk_create(&env, 1, 1, &row, STR("x"), &number),
           SHARED_CLAIMED, "the one that has the uid does");
    ok(shared_seat_find(&env, 60, &seat, &desk) == 1 && seat.desk_uid == 81,
       "... and sits there");
    release(&env, 60, 1, 1000);
    is_int(shared_desk_create(&env, 1, 1, &row, STR("x"), &number),
           SHARED_OUSTED, "a session that is logged out makes none");
    env_close(&env);
}

/* ---- cleanup ---- */

static void
test_sweep(void)
{
    struct env env;
    struct shared_sweep sweep;
    struct shared_session old, row;
    struct shared_slot slot;
    struct shared_seat seat;
    struct place dead, alive;
    unsigned left = 0, slices = 0;
    uint64_t was;
    int more;

    start(&env, scratch_folder(&scratch, "sweep"));
    dead = live_place(&env, 1);
    alive = live_place(&env, 2);
    for (uint64_t uid = 1; uid <= 300; uid++)
        claim(&env, uid, uid % 3 ? dead : alive, uid, 1, &old);
    shared_slot_release(&env, dead);
    shared_sweep_init(&sweep, dead);
    do {
        was = rows_of(&env, SHARED_SESSIONS);
        more = shared_sweep_run(&env, &sweep);
        left += was - rows_of(&env, SHARED_SESSIONS) > SHARED_SLICE;
        slices++;
    } while (more == 1);
    is_int(more, 0, "the walk ends");
    is_int(slices, 5, "... after 300 rows in slices of 64");
    is_int(left, 0, "... none of which took more");
    is_int(sweep.removed, 200, "the dead one's sessions are gone");
    is_int(rows_of(&env, SHARED_SESSIONS), 100, "the living one's are not");
    is_int(shared_session_get(&env, 3, &row), 1, "... this for example");
    is_int(shared_session_get(&env, 4, &row), 0,
           "... that was the dead one's");
    is_int(shared_sweep_run(&env, &sweep), 0,
           "a finished walk stays finished");

    env_write(&env, put_desk, NULL);
    shared_sweep_init(&sweep, PLACE_NONE);
    while ((more = shared_sweep_run(&env, &sweep)) == 1)
        ;
    is_int(more, 0, "the walk at start ends");
    is_int(rows_of(&env, SHARED_SESSIONS), 0, "no session is left");
    shared_slot_get(&env, 2, &slot);
    ok(slot.state == SHARED_SLOT_DEAD && slot.generation == 1,
       "every slot is dead and keeps its generation");
    is_int(rows_of(&env, SHARED_SEATS), 1, "seats without a desk are gone");
    is_int(shared_seat_get(&env, 8, &seat), 1, "... the other is not");
    is_int(rows_of(&env, SHARED_DESKS), 1, "desks stay");
    env_close(&env);
}

/* ---- bad rows ---- */

static int
put_garbage(struct env *env, MDB_txn *txn, void *arg)
{
    uint8_t key[8];

    (void) arg;
    for (unsigned table = 0; table < SHARED_TABLES; table++)
        env_put(env, txn, table, env_key_u64(key, 7), STR("\x93\x01garbage"));
    return env_put(env, txn, SHARED_SESSIONS, STR("a key of another length"),
                   STR("x"));
}

static int
need_bad(struct env *env, MDB_txn *txn, void *arg)
{
    static const struct shared_seat seat = {123456, 8};

    (void) arg;
    is_int(shared_session_check(env, txn, 7, 1), ENV_BAD_ROW,
           "a bad session names nobody");
    is_int(shared_seat_claim(env, txn, 7, &seat), ENV_BAD_ROW,
           "a bad seat is not taken");
    is_int(shared_desk_check(env, txn, 7, STR("x")), ENV_BAD_ROW,
           "a bad desk is nobody's");
    is_int(shared_slot_check(env, txn, (struct place){0, 7, 1}), MDB_PANIC,
           "a bad slot lets nobody write");
    return ENV_DROP;
}

static int
leave_bad(struct env *env, MDB_txn *txn, void *arg)
{
    (void) arg;
    return shared_seat_leave(env, txn, 7, 8);
}

static void
test_bad_rows(void)
{
    struct env env;
    struct shared_sweep sweep;
    struct shared_session row;
    struct shared_slot slot;
    struct shared_desk desk;
    struct shared_seat seat;
    struct place place;
    uint32_t generation;
    int more;

    start(&env, scratch_folder(&scratch, "bad"));
    place = live_place(&env, 1);
    env_write(&env, put_garbage, NULL);
    scratch_forget(&scratch);
    is_int(shared_session_get(&env, 7, &row), -1, "a bad session");
    ok(scratch_said(&scratch, "bad row \"7\" of table \"sessions\""),
       "... and logged");
    is_int(shared_slot_get(&env, 7, &slot), -1, "a bad slot");
    is_int(shared_desk_get(&env, 7, &desk), -1, "a bad desk");
    is_int(shared_seat_get(&env, 7, &seat), -1, "a bad seat");
    ok(!shared_slot_is_stale(&env, (struct place){0, 7, 1}),
       "nobody is taken for dead for a bad slot");
    is_int(shared_slot_release(&env, (struct place){0, 7, 1}), 0,
           "... or marked so");
    is_int(shared_session_kicked(&env, 7, 1), 0, "no kick is counted");
    is_int(release(&env, 7, 1, 1), 0, "no bad session is released");
    is_int(shared_session_get(&env, 7, &row), -1, "... it is still bad");
    env_write(&env, need_bad, NULL);
    is_int(shared_desk_adopt(&env, 7, 1, place, &desk), SHARED_FAILED,
           "a bad desk is not adopted");
    is_int(rows_of(&env, SHARED_SEATS), 1, "all are there");
    is_int(shared_slot_claim(&env, 7, 1, &generation), 0,
           "a bad slot can be claimed");
    ok(generation > 1u << 31, "... by a name that none has had");
    is_int(shared_slot_get(&env, 7, &slot), 1, "... and is good then");
    is_int(claim(&env, 7, place, 1, 1, &row), SHARED_CLAIMED,
           "a bad session too");
    is_int(shared_session_get(&env, 7, &row), 1, "... and is good then");
    shared_sweep_init(&sweep, PLACE_NONE);
    while ((more = shared_sweep_run(&env, &sweep)) == 1)
        ;
    is_int(more, 0, "a walk over bad rows ends");
    is_int(rows_of(&env, SHARED_SEATS), 0, "... and takes the bad seat");
    is_int(rows_of(&env, SHARED_DESKS), 0, "... and the bad desk");
    env_write(&env, put_garbage, NULL);
    is_int(shared_desk_drop(&env, 7), 1, "a bad desk is dropped");
    is_int(shared_desk_drop(&env, 7), 0, "... once");
    is_int(env_write(&env, leave_bad, NULL), 0, "who leaves a desk");
    is_int(rows_of(&env, SHARED_SEATS), 0, "... leaves a bad seat, too");
    shared_sweep_init(&sweep, (struct place){0});
    while (shared_sweep_run(&env, &sweep) == 1)
        ;
    is_int(shared_slot_get(&env, 7, &slot), 1, "a walk mends a bad slot");
    ok(slot.state == SHARED_SLOT_DEAD && slot.generation > 1u << 31,
       "... to a dead one of a new name");
    env_close(&env);
}

/* ---- trust ---- */

static void
test_start(void)
{
    const char *path = scratch_folder(&scratch, "start");
    struct env_conf other = {.path = path,
                             .directive = "shared_memory",
                             .tables = (const char *const[]){NULL},
                             .size = SIZE,
                             .schema = SHARED_SCHEMA + 1,
                             .create = true};
    struct shared_slot slot;
    uint32_t generation;
    char file[600];
    struct env env;

    scratch_forget(&scratch);
    is_int(shared_start(&env, path, SIZE, boot_a, "1", &scratch.log), 0,
           "a first start");
    is_int(lseek(scratch.fd, 0, SEEK_END), 0, "... without a word");
    shared_slot_claim(&env, 1, 1, &generation);
    env_close(&env);

    start(&env, path);
    is_int(shared_slot_get(&env, 1, &slot), 1,
           "killed and started in the same boot: kept");
    is_int(shared_stop(&env), 0, "a clean stop");
    is_int(shared_start(&env, path, SIZE, boot_b, "2", &scratch.log), 0,
           "a start in another boot");
    is_int(shared_slot_get(&env, 1, &slot), 1, "... after it: kept");
    env_close(&env);

    scratch_forget(&scratch);
    is_int(shared_start(&env, path, SIZE, boot_a, "3", &scratch.log), 0,
           "a start in another boot");
    is_int(shared_slot_get(&env, 1, &slot), 0,
           "... without a clean stop: empty");
    snprintf(file, sizeof(file), "%s/data.mdb.bad.3", path);
    is_int(access(file, F_OK), 0, "... the old one is set aside");
    ok(scratch_said(&scratch, "[warn]") &&
           scratch_said(&scratch, "of another boot and was not closed"),
       "... with a warning");
    is_int(shared_stop(&env), 0, "a clean stop");

    scratch_forget(&scratch);
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    if (truncate(file, 3000) != 0)
        printf("# cannot truncate %s\n", file);
    is_int(shared_start(&env, path, SIZE, boot_a, "4", &scratch.log), 0,
           "a damaged one");
    ok(scratch_said(&scratch, "data.mdb.bad.4"), "... is set aside");
    env_close(&env);

    unlink(file);
    env_open(&env, &other, &scratch.log);
    env_close(&env);
    scratch_forget(&scratch);
    is_int(shared_start(&env, path, SIZE, boot_a, "5", &scratch.log), 0,
           "one of another schema");
    ok(scratch_said(&scratch, "data.mdb.bad.5"), "... is set aside");
    is_int(shared_slot_claim(&env, 1, 1, &generation), 0, "... and works");
    env_close(&env);
    is_int(shared_start(&env, "/nonexistent", SIZE, boot_a, "6", &scratch.log),
           -1, "no folder is no reason to start");
}

int
main(void)
{
    scratch_init(&scratch);
    test_slots();
    test_sessions();
    test_kick_war();
    test_war_and_death();
    test_duel();
    test_desks();
    test_seats();
    test_creating();
    test_sweep();
    test_bad_rows();
    test_start();
    scratch_deinit(&scratch);
    return tap_done();
}
