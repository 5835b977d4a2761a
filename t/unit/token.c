/*
 * Login tokens: what is not whole, not ours, not signed or not in time is
 * refused, byte by byte; keys are made, read and rotated.
 */
#include "game/token.h"

#include <inttypes.h>

#include "guard.h"
#include "scratch.h"
#include "tap.h"

enum { NOW = 1800000000 };

static struct scratch scratch;
static const struct token ann = {
    .uid = 1000017, .issued = NOW, .expires = NOW + 21600};

static const char *
write_keys(const char *name, const char *text)
{
    static char path[320];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", scratch.path, name);
    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    chmod(path, 0600);
    return path;
}

#define HEX_A                                                                 \
    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define HEX_B                                                                 \
    "ff0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static void
load(struct token_keys *keys, const char *text)
{
    if (token_keys_load(keys, write_keys("keys", text), &scratch.log) != 0) {
        printf("Bail out! cannot load %s\n", text);
        exit(1);
    }
}

static const char *
check(const struct token_keys *keys, const char *text, int64_t now)
{
    struct token token;

    return token_check(keys, (struct str){text, strlen(text)}, now, &token);
}

static bool
is_refused(const struct token_keys *keys, const char *text)
{
    return check(keys, text, NOW) != NULL;
}

static void
test_whole(const struct token_keys *keys)
{
    struct guard g = guard_create(4096);
    char text[TOKEN_MAX], bad[TOKEN_MAX];
    size_t len = token_make(keys, &ann, text), taken = 0;
    struct token token;

    is_int(len, strlen(text), "the length");
    ok(strncmp(text, "1.k1.1000017.1800000000.1800021600.", 35) == 0,
       "as the protocol has it: %s", text);
    ok(token_check(keys, (struct str){guard_copy(&g, text, len), len}, NOW,
                   &token) == NULL,
       "taken");
    ok(token.uid == ann.uid && token.issued == ann.issued &&
           token.expires == ann.expires,
       "with what it says");
    for (size_t n = 0; n < len; n++)
        taken += token_check(keys, (struct str){guard_copy(&g, text, n), n},
                             NOW, &token) == NULL;
    is_int(taken, 0, "none that is cut");
    for (size_t i = 0; i < len; i++)
        for (int c = 0; c < 256; c++) {
            if ((char) c == text[i])
                continue;
            memcpy(bad, text, len);
            bad[i] = (char) c;
            taken += token_check(keys,
                                 (struct str){guard_copy(&g, bad, len), len},
                                 NOW, &token) == NULL;
        }
    is_int(taken, 0, "none with any byte changed");
    for (int c = 0; c < 256; c++) {
        memcpy(bad, text, len);
        bad[len] = (char) c;
        taken += token_check(
                     keys, (struct str){guard_copy(&g, bad, len + 1), len + 1},
                     NOW, &token) == NULL;
    }
    is_int(taken, 0, "none with a byte more");
    ok(check(keys, text, NOW + 21599) == NULL, "to its last second");
    is_str(check(keys, text, NOW + 21600), "expired", "and not longer");
}

/* The signature is right in none of these; the form is wrong in most. */
static void
test_forms(const struct token_keys *keys)
{
    static const char *const forms[] = {
        "",
        "1",
        "1.",
        "1....",
        "1.....",
        "2.k1.1.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1.k1.1.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1.k1.-1.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1.k1.01.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1.k1.99999999999999999.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1.k9.1.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "1..1.1.2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    char longest[TOKEN_MAX + 1];

    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
        ok(is_refused(keys, forms[i]), "refused: \"%s\"", forms[i]);
    memset(longest, '1', sizeof(longest));
    longest[TOKEN_MAX] = '\0';
    is_str(check(keys, longest, NOW), "too long", "one byte too long");
}

static void
test_rotation(void)
{
    struct token_keys old, both, only_new, other;
    char by_old[TOKEN_MAX], by_new[TOKEN_MAX], forged[TOKEN_MAX];

    load(&old, "k1 " HEX_A "\n");
    load(&both, "# rotated\n\nk2 " HEX_B "\nk1 " HEX_A);
    load(&only_new, "k2 " HEX_B "\n");
    load(&other, "k1 " HEX_B "\n");
    token_make(&old, &ann, by_old);
    token_make(&both, &ann, by_new);
    ok(strncmp(by_new, "1.k2.", 5) == 0, "the first key signs");
    ok(!is_refused(&both, by_old) && !is_refused(&both, by_new),
       "both are accepted");
    ok(!is_refused(&only_new, by_new), "the new one stays");
    ok(is_refused(&only_new, by_old), "the old one is dropped");
    ok(is_refused(&other, by_old), "a key of the same name is not the same");
    memcpy(forged, by_old, sizeof(forged));
    forged[3] = '2';
    ok(is_refused(&both, forged), "nor does one vouch for the other");
}

static void
test_files(void)
{
    static const char *const bad[] = {
        "",
        "\n# nothing\n",
        "k1\n",
        "k1 12\n",
        "k1 " HEX_A "0\n",
        "k1 " HEX_A " \n",
        " " HEX_A "\n",
        "k.1 " HEX_A "\n",
        "abcdefghijklmnopq " HEX_A "\n",
        "k1 " HEX_A "\nk2 " HEX_A "\nk3 " HEX_A "\n",
    };
    struct token_keys keys, again;
    char path[320], text[TOKEN_MAX];
    struct stat st;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        is_int(token_keys_load(&keys, write_keys("bad", bad[i]), &scratch.log),
               -1, "bad file %zu", i);
    snprintf(path, sizeof(path), "%s/new", scratch.path);
    is_int(token_keys_load(&keys, path, &scratch.log), 0, "a new file");
    ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
       "which only its owner reads");
    is_int(token_keys_load(&again, path, &scratch.log), 0, "is read again");
    token_make(&keys, &ann, text);
    ok(!is_refused(&again, text), "and is the same");
    snprintf(path, sizeof(path), "%s/none/new", scratch.path);
    is_int(token_keys_load(&keys, path, &scratch.log), -1, "no folder for it");
}

int
main(void)
{
    struct token_keys keys;

    scratch_init(&scratch);
    load(&keys, "k1 " HEX_A "\n");
    test_whole(&keys);
    test_forms(&keys);
    test_rotation();
    test_files();
    scratch_deinit(&scratch);
    return tap_done();
}
