/*
 * What a bot of sparrow-bench makes of what it hears: recorded conversations
 * are right from end to end, and with one thing changed the first error is
 * the one that was made.  play_wrongs.h has a change for each check.
 *
 *   play [FILE...]    conversations as t/captures/play-*.jsonl
 */
#include <glob.h>

#include "game/mahjong/bot.h"
#include "game/mahjong/table.h"
#include "play_talk.h"
#include "play_wrongs.h"
#include "tap.h"

enum { TALKS = 16 };

/* ---- a conversation ---- */

struct run {
    const struct talk *talk;
    struct play_view view;
    const struct wrong *wrong; /* the change to be made; NULL: none */
    int nth;                   /* ... at the nth push that it fits */
    bool made;
    const char *error; /* the first one */
    size_t line;
};

static void
push(struct run *r, const char *route, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    static struct push p;
    enum view_todo todo;
    struct str field;
    const char *error;
    static char shape[96];

    error = push_read(&p, str_of(route), str_of(text), &field);
    if (error != NULL) {
        snprintf(shape, sizeof shape, "%s", error);
        error = shape;
    } else {
        error = view_take(&r->view, &p, &todo);
    }
    if (r->error == NULL)
        r->error = error;
    free(text);
}

static void
sent(struct run *r, const char *route, const json_t *body)
{
    struct mahjong_action a = {.type = MAHJONG_CHOOSE};

    if (strcmp(route, "DeskManager.QiPaiFinished") == 0)
        a.type = MAHJONG_SORT;
    else if (strcmp(route, "DeskManager.DingQue") == 0)
        a.type = MAHJONG_QUE;
    a.que = (uint8_t) int_of(body, "que");
    a.op = (uint8_t) int_of(body, "optype");
    a.tile = mahjong_tile_id(int_of(body, "idx"));
    view_answered(&r->view, &a);
}

static bool
fits(struct run *r, const char *route, json_t *body)
{
    const struct wrong *w = r->wrong;
    bool mine = r->view.rules.turn == r->view.rules.seat;

    if (w == NULL || r->made || strcmp(w->route, route) != 0 ||
        (w->at != ANY && w->at != r->view.step) ||
        (w->turn == MINE && !mine) || (w->turn == OTHERS && mine) ||
        !holds(r->talk, body, w->when))
        return false;
    return r->nth-- == 0;
}

/* The change, then the push, if it is still there. */
static void
change(struct run *r, const char *route, json_t *body)
{
    const struct wrong *w = r->wrong;
    json_t *copy = json_deep_copy(body), *other;

    r->made = true;
    if (w->poke != NULL)
        w->poke(&r->view);
    switch (w->how) {
    case SET:
        r->made = path_set(r->talk, body, copy, w->path, w->value);
        break;
    case TWICE:
        push(r, route, copy);
        break;
    case BEFORE:
        other = json_loads(w->value, 0, NULL);
        push(r, w->path, other);
        json_decref(other);
        break;
    default:
        break;
    }
    if (w->how != DROP)
        push(r, route, copy);
    json_decref(copy);
}

static void
line(struct run *r, json_t *l)
{
    const char *dir = text_of(l, "dir"), *route = text_of(l, "route");
    json_t *body = json_object_get(l, "body");

    if (strcmp(dir, "close") == 0)
        view_away(&r->view);
    else if (strcmp(dir, "send") == 0)
        sent(r, route, body);
    else if (fits(r, route, body))
        change(r, route, body);
    else
        push(r, route, body);
}

static struct run
run(const struct talk *t, const struct wrong *w, int nth)
{
    struct run r = {.talk = t, .wrong = w, .nth = nth};

    view_begin(&r.view, t->uid, t->number, t->mode, t->rounds);
    for (; r.error == NULL && r.line < json_array_size(t->lines); r.line++)
        line(&r, json_array_get(t->lines, r.line));
    return r;
}

/* ---- what is right ---- */

static void
test_right(const struct talk *t)
{
    struct run r = run(t, NULL, 0);

    ok(json_array_size(t->lines) > 50 && r.error == NULL, "%s is right",
       t->name);
    if (r.error != NULL)
        printf("#   line %zu: %s\n", r.line, r.error);
    is_str(view_waits_for(&r.view), "nothing", "... and is over");
}

/* ---- what is wrong ---- */

/*
 * The change is made at each push that it fits; each time something must be
 * found, and somewhere just what was made.
 */
static void
test_wrong(const struct talk *talks, int n, const struct wrong *w)
{
    int made = 0, unseen = 0, found = 0;
    const char *other = NULL;

    for (int i = 0; i < n; i++) {
        for (int nth = 0; nth < 3; nth++) {
            struct run r = run(&talks[i], w, nth);

            if (!r.made)
                break;
            made++;
            if (r.error == NULL)
                unseen++;
            else if (strcmp(r.error, w->error) == 0)
                found++;
            else
                other = r.error;
        }
    }
    ok(found > 0 && unseen == 0, "%s %s %s", w->route, w->path, w->error);
    if (found == 0 || unseen > 0)
        printf(
            "#   when \"%s\": made %d times, unseen %d, found %d, else %s\n",
            w->when, made, unseen, found, other != NULL ? other : "-");
}

/* A hint that is told again has the number that it had. */
static void
test_number(const struct talk *t)
{
    struct run r = {.talk = t};
    json_t *l = NULL, *body;
    const char *error;

    view_begin(&r.view, t->uid, t->number, t->mode, t->rounds);
    while (l == NULL || !is_push(l, "onOpTypeHint")) {
        l = json_array_get(t->lines, r.line++);
        line(&r, l);
    }
    body = json_deep_copy(json_object_get(l, "body"));
    r.view.rules.trustee |= (uint8_t) (1u << r.view.rules.seat);
    push(&r, "onOpTypeHint", body);
    ok(r.error == NULL, "%s: a hint again", t->name);
    json_object_set_new(body, "hint", json_integer(int_of(body, "hint") + 1));
    push(&r, "onOpTypeHint", body);
    error = r.error != NULL ? r.error : "";
    is_str(error, "a hint again under another number", "... under another");
    json_decref(body);
}

/* ---- what makes no sense ---- */

static uint64_t
random_below(uint64_t below)
{
    static uint64_t state = 7;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

/* Now and then a number is another one. */
static void
spoil(json_t *v)
{
    static const int64_t numbers[] = {-129, -1, 0,  1,   2,   3,    4,  5,
                                      27,   71, 72, 107, 108, 1000, 255};
    const char *key;
    json_t *field;

    if (json_is_integer(v) && random_below(60) == 0)
        json_integer_set(
            v, numbers[random_below(sizeof numbers / sizeof *numbers)]);
    for (size_t i = 0; i < json_array_size(v); i++)
        spoil(json_array_get(v, i));
    if (json_is_array(v) && json_array_size(v) > 0 && random_below(60) == 0)
        json_array_remove(v, 0);
    json_object_foreach(v, key, field)
    {
        spoil(field);
    }
}

/* Whatever comes is taken to the end, and the bot finds something to do. */
static void
test_senseless(const struct talk *t)
{
    unsigned errors = 0;

    for (int n = 0; n < 40; n++) {
        struct run r = {.talk = t};

        view_begin(&r.view, t->uid, t->number, t->mode, t->rounds);
        for (size_t i = 0; i < json_array_size(t->lines); i++) {
            json_t *copy = json_deep_copy(json_array_get(t->lines, i));
            struct mahjong_action action = {0};

            spoil(json_object_get(copy, "body"));
            line(&r, copy);
            r.view.rules.status = MAHJONG_PLAYING;
            if (mahjong_bot(&r.view.rules, &action) && random_below(2) == 0)
                view_answered(&r.view, &action);
            json_decref(copy);
        }
        errors += r.error != NULL;
    }
    ok(errors > 0, "%s: %u of 40 senseless ones are seen", t->name, errors);
}

/* ---- the reader ---- */

static const char *
read_text(const char *route, const char *text)
{
    /* a copy whose end is the end of the memory */
    static struct push p;
    size_t n = strlen(text);
    char *exact = malloc(n > 0 ? n : 1);
    struct str field;
    const char *error;

    memcpy(exact, text, n);
    error = push_read(&p, str_of(route), (struct str){exact, n}, &field);
    free(exact);
    return error;
}

static void
test_reader(void)
{
    static const struct {
        const char *route, *text, *error;
    } rows[] = {
        {"onDingQueHint", "{\"que\":1}", NULL},
        {"onDingQueHint", " { \"que\" : 1 }\r\n", NULL},
        {"onDingQueHint", "{\"que\":1,}", "not JSON"},
        {"onDingQueHint", "{\"que\":1}x", "not JSON"},
        {"onDingQueHint", "{\"que\":1", "not JSON"},
        {"onDingQueHint", "", "not an object"},
        {"onDingQueHint", "[]", "not an object"},
        {"onDingQueHint", "null", "not an object"},
        {"onDingQueHint", "{}", "a field is missing"},
        {"onDingQueHint", "{\"que\":1,\"que\":1}", "a field twice"},
        {"onDingQueHint", "{\"que\":1,\"x\":1}", "a field too many"},
        {"onDingQueHint", "{\"Que\":1}", "a field too many"},
        {"onDingQueHint", "{\"que\":01}", "not an integer"},
        {"onDingQueHint", "{\"que\":1.0}", "not an integer"},
        {"onDingQueHint", "{\"que\":1e0}", "not an integer"},
        {"onDingQueHint", "{\"que\":-}", "not an integer"},
        {"onDingQueHint", "{\"que\":\"1\"}", "not an integer"},
        {"onDingQueHint", "{\"que\":null}", "not an integer"},
        {"onDingQueHint", "{\"que\":1234567890123456789}", "not an integer"},
        {"onDingQueHint", "{que:1}", "not JSON"},
        {"onTrustee", "{\"uid\":-7,\"on\":true}", NULL},
        {"onTrustee", "{\"on\":false,\"uid\":0}", NULL},
        {"onTrustee", "{\"uid\":1,\"on\":1}", "not a boolean"},
        {"onTrustee", "{\"uid\":1,\"on\":tru}", "not a boolean"},
        {"onMoPai", "{\"acId\":1,\"mjids\":[]}", NULL},
        {"onMoPai", "{\"acId\":1,\"mjids\":[1,2,3,4]}", NULL},
        {"onMoPai", "{\"acId\":1,\"mjids\":[1,2,3,4,5]}", "a list too long"},
        {"onMoPai", "{\"acId\":1,\"mjids\":[1,]}", "not an integer"},
        {"onMoPai", "{\"acId\":1,\"mjids\":[1 2]}", "not JSON"},
        {"onMoPai", "{\"acId\":1,\"mjids\":null}", "not a list"},
        {"onMoPai", "{\"acId\":1,\"mjids\":[\"1\"]}", "not an integer"},
        {"onDingQue", "[{\"uid\":1,\"que\":2}]", NULL},
        {"onDingQue", "{\"uid\":1,\"que\":2}", "not a list"},
        {"onDissolveSuccess", "{}", NULL},
        {"onDissolveSuccess", "{\"a\":1}", "a field too many"},
        {"onBroadcast", "{\"code\":0,\"message\":\"\"}", NULL},
        {"onBroadcast", "{\"code\":0,\"message\":\"a\\n\\u4e2d\"}", NULL},
        {"onBroadcast", "{\"code\":0,\"message\":\"\xe4\xb8\xad\"}", NULL},
        {"onBroadcast", "{\"code\":0,\"message\":\"\\ud83d\\ude00\"}", NULL},
        {"onBroadcast", "{\"code\":0,\"message\":\"\\ud83d\"}", "not JSON"},
        {"onBroadcast", "{\"code\":0,\"message\":\"\\x\"}", "not JSON"},
        {"onBroadcast", "{\"code\":0,\"message\":\"\n\"}", "not JSON"},
        {"onBroadcast", "{\"code\":0,\"message\":\"\xff\"}", "not JSON"},
        {"onBroadcast", "{\"code\":0,\"message\":\"\xc0\x80\"}", "not JSON"},
        {"onBroadcast", "{\"code\":0,\"message\":\"\xe4\xb8\"}", "not JSON"},
        {"onBroadcast", "{\"code\":0,\"message\":7}", "not a string"},
        {"onNothing", "{}", "no such push"},
        {"", "{}", "no such push"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *error = read_text(rows[i].route, rows[i].text);

        is_str(error != NULL ? error : "good",
               rows[i].error != NULL ? rows[i].error : "good", "text %zu, %s",
               i, rows[i].route);
    }
}

/* No push is good when it is cut, and what is good is JSON, byte by byte. */
static void
test_reader_strict(const struct talk *t)
{
    unsigned cut = 0, loose = 0, count = 0;
    size_t i;
    json_t *l;

    json_array_foreach(t->lines, i, l)
    {
        const char *route = text_of(l, "route");
        char *text;
        size_t n;

        if (strcmp(text_of(l, "dir"), "recv") != 0 || i % 5 != 0)
            continue;
        text = json_dumps(json_object_get(l, "body"), JSON_COMPACT);
        n = strlen(text);
        for (size_t k = 0; k < n; k++) {
            char kept = text[k];

            text[k] = '\0';
            cut += read_text(route, text) == NULL;
            for (const char *c = "\"\\,:{}[]0a\x80 "; *c != '\0'; c++) {
                json_t *v;

                text[k] = *c;
                count++;
                if (read_text(route, text) != NULL)
                    continue;
                v = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
                loose += v == NULL;
                json_decref(v);
            }
            text[k] = kept;
        }
        free(text);
    }
    is_int(cut, 0, "no push that is cut is good");
    ok(count > 10000 && loose == 0, "of %u changed ones none that is not JSON",
       count);
}

/* ---- fields and types ---- */

/* A value of another type. */
static json_t *
other_type(const json_t *v)
{
    return json_is_string(v) || json_is_boolean(v) ? json_integer(1)
                                                   : json_string("x");
}

static unsigned changed, accepted;

static void
try_changed(const char *route, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);

    changed++;
    if (read_text(route, text) == NULL) {
        accepted++;
        printf("#   %s %s\n", route, text);
    }
    free(text);
}

static void change_fields(const char *route, json_t *body, json_t *v);

/* A field is left out, and is of another type; then what is in it. */
static void
change_field(const char *route, json_t *body, json_t *v, const char *key)
{
    json_t *kept = json_incref(json_object_get(v, key));

    json_object_del(v, key);
    try_changed(route, body);
    json_object_set_new(v, key, other_type(kept));
    try_changed(route, body);
    json_object_set_new(v, key, kept);
    change_fields(route, body, kept);
}

/* Each field and element of `v`, which is in the body. */
static void
change_fields(const char *route, json_t *body, json_t *v)
{
    json_t *before = json_deep_copy(v), *one;
    const char *key;
    size_t i;

    json_object_foreach(before, key, one)
    {
        change_field(route, body, v, key);
    }
    if (json_is_object(v)) {
        json_object_set_new(v, "surprise", json_integer(1));
        try_changed(route, body);
        json_object_del(v, "surprise");
    }
    json_array_foreach(before, i, one)
    {
        if (json_is_object(one)) {
            change_fields(route, body, json_array_get(v, i));
            continue;
        }
        json_array_set_new(v, i, other_type(one));
        try_changed(route, body);
        json_array_set(v, i, one);
    }
    json_decref(before);
}

static void
test_shapes(const struct talk *t)
{
    size_t i;
    json_t *l;

    changed = accepted = 0;
    json_array_foreach(t->lines, i, l)
    {
        json_t *copy = json_deep_copy(json_object_get(l, "body"));

        if (strcmp(text_of(l, "dir"), "recv") == 0)
            change_fields(text_of(l, "route"), copy, copy);
        json_decref(copy);
    }
    ok(changed > 1000 && accepted == 0,
       "%s: of %u with another field or type none is taken", t->name, changed);
}

/* ---- kongs ---- */

static bool
brought(const int32_t *column, int a, int b, int c, int d)
{
    return column[0] == a && column[1] == b && column[2] == c &&
           column[3] == d;
}

/* The seat makes a kong that these pay, each so much; then it discards. */
static struct play_view
kong_made(unsigned seat, unsigned kind, unsigned payers, unsigned each)
{
    struct play_view v;

    view_begin(&v, 1, 1, 4, 1);
    v.rules.turn = (uint8_t) seat;
    v.kong = (uint8_t) kind;
    view_kong_paid(&v, payers, each);
    v.kong_at_stake = v.kong_made;
    return v;
}

static void
test_kongs(void)
{
    struct play_view v = kong_made(1, MAHJONG_DISCARD_KONG, 1 << 0, 2);

    ok(brought(v.rain, -2, 2, 0, 0), "a kong on a discard");
    view_kong_passed_on(&v, 2);
    ok(brought(v.rain, -2, 0, 2, 0), "a winner on the next gets it");
    v = kong_made(1, MAHJONG_DISCARD_KONG, 1 << 0, 2);
    view_kong_passed_on(&v, 0);
    ok(brought(v.rain, 0, 0, 0, 0), "who paid has won: it is back");
    view_kong_passed_on(&v, 2);
    ok(brought(v.rain, -2, 0, 2, 0), "so has another: it is paid to that one");
    v = kong_made(1, MAHJONG_DISCARD_KONG, 1 << 0, 2);
    view_kong_passed_on(&v, 2);
    view_kong_passed_on(&v, 3);
    view_kong_passed_on(&v, 0);
    ok(brought(v.rain, -4, 0, 2, 2), "three: both others are paid");

    v = kong_made(0, MAHJONG_ADDED_KONG, 1 << 1 | 1 << 2 | 1 << 3, 1);
    ok(brought(v.wind, 3, -1, -1, -1) && brought(v.rain, 0, 0, 0, 0),
       "an added kong is wind");
    view_kong_passed_on(&v, 1);
    view_kong_passed_on(&v, 2);
    ok(brought(v.wind, 0, 1, 1, -2), "two who both paid cancel");
    view_kongs_end(&v, 0);
    ok(brought(v.wind, 0, 1, 1, -2), "what is passed on is not given back");

    v = kong_made(0, MAHJONG_CONCEALED_KONG, 1 << 1 | 1 << 2 | 1 << 3, 2);
    view_kongs_end(&v, 1 << 0);
    ok(brought(v.rain, 6, -2, -2, -2), "who waits at the end keeps it");
    view_kongs_end(&v, 1 << 1);
    ok(brought(v.rain, 0, 0, 0, 0), "who does not wait gives it back");
    v = kong_made(0, MAHJONG_CONCEALED_KONG, 1 << 1 | 1 << 2 | 1 << 3, 2);
    v.rules.player[1].won = v.rules.player[2].won = true;
    v.rules.player[3].won = true;
    view_kongs_end(&v, 0);
    ok(brought(v.rain, 6, -2, -2, -2), "the last one keeps it, too");
}

/* ---- results of all ---- */

static void
test_results(void)
{
    struct play_results r = {{0}, {0}};

    for (unsigned i = 0; i < 4; i++)
        ok(results_hear(&r, i, 1, STR("{\"round\":1}")) == NULL,
           "player %u hears the result", i);
    is_str(results_hear(&r, 2, 1, STR("{\"round\":1}")), "a result twice",
           "once");
    ok(results_hear(&r, 0, 2, STR("a")) == NULL, "the next round");
    is_str(results_hear(&r, 1, 2, STR("b")), "players hear different results",
           "all the same");
    is_str(results_hear(&r, 1, 0, STR("b")), "a result of no round", "from 1");
    is_str(results_hear(&r, 1, 17, STR("b")), "a result of no round", "to 16");
    ok(results_close(&r, 4, 1, 0) == NULL, "all have heard the end");
    is_str(results_close(&r, 4, 2, 0),
           "a player at the desk does not hear its end", "two have not");
    ok(results_close(&r, 4, 2, 0xc) == NULL, "they were away");
    is_str(results_close(&r, 4, 4, 0xf), "nobody hears the end of a match",
           "all were away");
}

/* ---- all of it ---- */

static int
load(struct talk *talks, const char *pattern)
{
    int n = 0;
    glob_t files;

    if (glob(pattern, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; i < files.gl_pathc && n < TALKS; i++)
        talks[n++] = talk_load(strdup(files.gl_pathv[i]));
    globfree(&files);
    return n;
}

/* Those in which the original does nothing that the rules put right. */
static void
test_originals(void)
{
    static const char *const names[] = {
        "t/captures/game-3-147.jsonl", "t/captures/game-3-157.jsonl",
        "t/captures/game-3-51.jsonl", "t/captures/game-3-57.jsonl",
        "t/captures/game-4-179.jsonl"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct talk t = original_load(names[i]);

        test_right(&t);
        json_decref(t.lines);
    }
}

int
main(int argc, char **argv)
{
    static struct talk talks[TALKS];
    int n = 0;

    mahjong_tables_init();
    for (int i = 1; i < argc && n < TALKS; i++)
        talks[n++] = talk_load(argv[i]);
    if (argc == 1)
        n = load(talks, "t/captures/play-*.jsonl");
    for (int i = 0; i < n; i++)
        test_right(&talks[i]);
    if (argc > 1)
        return tap_done();
    ok(n >= 7, "%d recorded conversations", n);
    test_originals();
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
        test_wrong(talks, n, &wrongs[i]);
    for (int i = 0; i < n; i++)
        test_senseless(&talks[i]);
    for (int i = 0; i < n; i++)
        test_number(&talks[i]);
    test_reader();
    for (int i = 0; i < n; i++)
        test_shapes(&talks[i]);
    test_reader_strict(&talks[0]);
    test_results();
    test_kongs();
    for (int i = 0; i < n; i++) {
        json_decref(talks[i].lines);
        free((char *) talks[i].name);
    }
    return tap_done();
}
