/*
 * Which tokens let a player in: those that are signed, in time, of this
 * player, of one who is there, and not voided since.
 */
#include "game/login/token_policy.h"

#include <time.h>

#include "game/store/accounts.h"
#include "scratch.h"
#include "tap.h"

enum { ANN = 17, NOBODY = 18 };

static struct scratch scratch;
static struct env store;
static struct token_keys keys, others;
static struct store_user ann = {.name = "ann"};

static int
write_ann(struct env *env, MDB_txn *txn, void *arg)
{
    return store_user_write(env, txn, ANN, arg);
}

static void
save(void)
{
    is_int(env_write(&store, write_ann, &ann), 0, "a row");
}

static void
make_keys(struct token_keys *out, const char *name)
{
    char path[320];

    snprintf(path, sizeof(path), "%s/%s", scratch.path, name);
    is_int(token_keys_load(out, path, &scratch.log), 0, "keys");
}

static int64_t
player(const char *text)
{
    struct store_user user;

    return token_policy_player(&keys, str_of(text), &store, &user);
}

static void
test_given(void)
{
    char text[TOKEN_MAX], again[TOKEN_MAX];
    struct token token;

    ok(token_policy_give(&keys, ANN, &ann, 5000, &token, text), "a token");
    is_int(token.expires - token.issued, 5, "for as long as it was said");
    ok(token_policy_check(&keys, str_of(text), ANN, &ann) == NULL, "is good");
    is_int(player(text), ANN, "and says who it is");
    is_str(token_policy_check(&keys, str_of(text), NOBODY, &ann),
           "somebody else's token", "not for others");
    is_str(token_policy_check(&keys, str_of(text), ANN, NULL), "no such user",
           "not for one who is not there");
    ok(token_policy_check(&others, str_of(text), ANN, &ann) != NULL,
       "not with another key");
    is_int(player("x"), 0, "what is no token is nobody's");
    ann.token_epoch = (uint64_t) time(NULL) + 3;
    save();
    is_str(token_policy_check(&keys, str_of(text), ANN, &ann), "voided",
           "not when it was voided since");
    is_int(player(text), 0, "voided: nobody's");
    ok(token_policy_give(&keys, ANN, &ann, 5000, &token, again), "a new one");
    is_int(token.issued, (int64_t) ann.token_epoch,
           "is not older than what was voided");
    is_int(player(again), ANN, "and is good");
}

static void
test_others(void)
{
    char text[TOKEN_MAX];
    struct token token = {
        .uid = NOBODY, .issued = time(NULL), .expires = time(NULL) + 60};

    token_make(&keys, &token, text);
    is_int(player(text), 0, "a player who is not there: nobody's");
    token.uid = -1;
    token_make(&keys, &token, text);
    is_int(player(text), 0, "a uid that no player has: nobody's");
    token = (struct token){ANN, time(NULL) + 3, time(NULL) - 1};
    token_make(&keys, &token, text);
    is_int(player(text), 0, "too late: nobody's");
}

int
main(void)
{
    scratch_init(&scratch);
    is_int(store_open(&store, scratch.path, 16 << 20, true, &scratch.log), 0,
           "a store");
    make_keys(&keys, "keys");
    make_keys(&others, "others");
    save();
    test_given();
    test_others();
    env_close(&store);
    scratch_deinit(&scratch);
    return tap_done();
}
