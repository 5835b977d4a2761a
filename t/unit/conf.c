/*
 * The conf file: grammar, includes, typed directives and, above all, the
 * exact text of every error with its line.
 */
#include "core/conf.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "tap.h"

/* Contexts like those of the daemon. */
enum token_rule { REQUIRE, ACCEPT };

struct limits {
    uint64_t size;
};

struct server {
    bool hidden;
    unsigned workers;
    uint64_t count;
    uint64_t buffer;
    unsigned packet;
    uint64_t heartbeat_ms;
    unsigned delay_ms;
    const char *pid;
    const char *message;
    const char *const *channels;
    enum token_rule rule;
    struct limits limits;
    unsigned listens;
};

struct game {
    struct server base;
    struct server servers[4];
    unsigned servers_count;
    char order[64];
};

static const struct conf_enum rules[] = {
    {"require", REQUIRE}, {"accept", ACCEPT}, {NULL, 0}};
static const struct conf_enum one_word[] = {{"epoll", 7}, {NULL, 0}};
static const struct conf_enum words[] = {
    {"json", 0}, {"msgpack", 1}, {"none", 2}, {NULL, 0}};

static const char *
set_listen(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct server *server = obj;

    if (strcmp(node->argv[1], "nowhere") == 0)
        return conf_reason(cf, "cannot listen %s", node->argv[1]);
    server->listens++;
    return NULL;
}

static const struct conf_directive server_directives[] = {
    CONF_FLAG("hidden", struct server, hidden),
    CONF_UINT("workers", struct server, workers, 1, 1024),
    CONF_UINT("count", struct server, count, 0, UINT64_MAX),
    CONF_SIZE("buffer", struct server, buffer, CONF_KB(4), CONF_GB(64)),
    CONF_SIZE("packet", struct server, packet, 0, UINT64_MAX),
    CONF_MSEC("heartbeat", struct server, heartbeat_ms, CONF_S(5), CONF_H(1)),
    CONF_MSEC("delay", struct server, delay_ms, 0, CONF_D(30)),
    CONF_STR("pid", struct server, pid),
    CONF_TEXT("message", struct server, message),
    CONF_STRS("channels", struct server, channels),
    CONF_ENUM("rule", struct server, rule, rules),
    CONF_SIZE("inner", struct server, limits.size, 0, CONF_MB(1)),
    CONF_END,
};
static const struct conf_context server_context = {"game server",
                                                   server_directives};

static const struct conf_directive listen_directives[] = {
    CONF_CUSTOM("listen", set_listen, 1, 3, CONF_MULTI),
    CONF_END,
};
static const struct conf_context listen_context = {"listen",
                                                   listen_directives};

static const char *
set_server(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game *game = obj;
    struct server *server = &game->servers[game->servers_count++];
    struct conf_table tables[] = {{&server_context, server},
                                  {&listen_context, server}};

    *server = game->base;
    strcat(game->order, "S");
    if (conf_apply_tables(cf, node, tables, 2) < 0)
        return CONF_FAILED;
    return server->listens == 0 ? "has no \"listen\"" : NULL;
}

static const char *
set_component(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game *game = obj;

    (void) cf;
    strcat(game->order, node->is_block ? "C" : "c");
    return NULL;
}

static const char *
set_mark(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game *game = obj;

    (void) cf, (void) node;
    strcat(game->order, "m");
    return NULL;
}

static const struct conf_directive game_directives[] = {
    CONF_BLOCK("server", set_server, 0, 0, CONF_MULTI),
    CONF_BLOCK("component", set_component, 1, 1, CONF_MULTI | CONF_BODYLESS),
    CONF_BLOCK("once", set_component, 0, 0, 0),
    CONF_CUSTOM("mark", set_mark, 0, 0, CONF_MULTI),
    CONF_CUSTOM("pair", set_mark, 2, 2, 0),
    CONF_CUSTOM("many", set_mark, 2, CONF_ANY, 0),
    CONF_END,
};
static const struct conf_context game_context = {"main", game_directives};

static const char *
set_use(struct conf *cf, const struct conf_node *node, void *obj)
{
    (void) cf, (void) node, (void) obj;
    return CONF_FAILED;
}

struct other {
    unsigned use, three;
};

static const struct conf_directive other_directives[] = {
    CONF_ENUM("use", struct other, use, one_word),
    CONF_ENUM("three", struct other, three, words),
    CONF_CUSTOM("silent", set_use, 0, 0, 0),
    CONF_CUSTOM("listen", set_use, 0, 0, 0),
    CONF_END,
};
static const struct conf_context other_context = {"http server",
                                                  other_directives};

static const struct conf_context *const contexts[] = {
    &game_context, &server_context, &listen_context, NULL};
static const struct conf_context *const more_contexts[] = {&other_context,
                                                           NULL};

/* A folder for the files of a test. */
static char folder[64];

/* What was reported: the lines, joined by "|"; that folder is "~" in them. */
static char said[8192];
static int errors, warnings;

static void
hear(void *arg, bool is_error, const char *line)
{
    (void) arg;
    if (said[0] != '\0')
        strcat(said, "|");
    for (const char *at; folder[0] != '\0' && (at = strstr(line, folder));
         line = at + strlen(folder)) {
        strncat(said, line, (size_t) (at - line));
        strcat(said, "~");
    }
    strcat(said, line);
    *(is_error ? &errors : &warnings) += 1;
}

static struct conf *
fresh(const char *path)
{
    said[0] = '\0';
    errors = warnings = 0;
    return conf_create(path, "/prefix", hear, NULL);
}

static struct conf *
load(const char *text, size_t len)
{
    /* On the heap to the byte, so that a sanitizer sees its end. */
    struct conf *cf = fresh("/etc/sparrow.conf");
    char *copy = malloc(len ? len : 1);

    memcpy(copy, text, len);
    if (conf_load_text(cf, "sparrow.conf", copy, len) < 0)
        strcat(said, "!");
    free(copy);
    return cf;
}

static struct conf *
load_str(const char *text)
{
    return load(text, strlen(text));
}

/*
 * Applies all that a test may name: game, server and other directives, with
 * defaults that differ from what the tests set.
 */
struct all {
    struct game game;
    struct other other;
};

static int
apply(struct conf *cf, struct all *all)
{
    struct conf_table tables[] = {{&game_context, &all->game},
                                  {&server_context, &all->game.base},
                                  {&other_context, &all->other}};

    memset(all, 0, sizeof(*all));
    all->game.base.heartbeat_ms = 30000;
    all->game.base.workers = 1;
    conf_know(cf, more_contexts);
    conf_know(cf, contexts);
    return conf_apply_tables(cf, cf->root, tables, 3);
}

/* The tree in a form to compare: words in <>, blocks in (). */
static void
show(const struct conf_node *node, char *out)
{
    for (; node != NULL; node = node->next) {
        for (unsigned i = 0; i < node->argc; i++)
            sprintf(out + strlen(out), "<%s>", node->argv[i]);
        if (node->is_block) {
            strcat(out, "(");
            show(node->first_child, out);
            strcat(out, ")");
        }
    }
}

static const struct {
    const char *text, *want;
} grammar[] = {
    {"", ""},
    {" \t\r\n", ""},
    {"# only a comment", ""},
    {"a;", "<a>"},
    {"a b c;", "<a><b><c>"},
    {"a\tb\r\nc\n;", "<a><b><c>"},
    {"a;b;", "<a><b>"},
    {"a{}", "<a>()"},
    {"a b{c;d e{f;}}g;", "<a><b>(<c><d><e>(<f>))<g>"},
    {"a; # b; }\nc;", "<a><c>"},
    {"#a;\n#b;\nc;#d", "<c>"},
    {"a #b\nc;", "<a><c>"},
    {"a b#c;", "<a><b#c>"},
    {"a \"b c\" 'd;{}#e';", "<a><b c><d;{}#e>"},
    {"a \"\" '';", "<a><><>"},
    {"\"a\" b;", "<a><b>"},
    {"a \"b\"; c 'd'{}", "<a><b><c><d>()"},
    {"a \"it's\" 'say \"x\"';", "<a><it's><say \"x\">"},
    {"a \"\\\"\" '\\'' \\\" \\';", "<a><\"><'><\"><'>"},
    {"a \"\\\\\" \\\\;", "<a><\\><\\>"},
    {"a \"\\t\\r\\n\" \\t;", "<a><\t\r\n><\t>"},
    {"a \\d+ \"\\d{3}\" \\.x$;", "<a><\\d+><\\d{3}><\\.x$>"},
    {"a \\d{3}", NULL},
    {"a b\\ c;", "<a><b\\ c>"},
    {"a b\\;c;", "<a><b\\;c>"},
    {"a \\{ ;", "<a><\\{>"},
    {"a b} c;", "<a><b}><c>"},
    {"a ${x} b$c;", "<a><${x}><b$c>"},
    {"a b\"c d\"e;", "<a><b\"c><d\"e>"},
    {"a \"b\nc\";", "<a><b\nc>"},
    {"a 欢迎 \"来 玩\";", "<a><欢迎><来 玩>"},
    {"\xef\xbb\xbf"
     "a;",
     "<a>"},
    {"~ ^/x$ {}", "<~><^/x$>()"},
};

static void
test_grammar(void)
{
    for (size_t i = 0; i < sizeof(grammar) / sizeof(grammar[0]); i++) {
        const char *text = grammar[i].text;
        struct conf *cf = load_str(text);
        char got[256] = "";

        show(cf->root->first_child, got);
        if (grammar[i].want != NULL)
            is_str(said[0] ? said : got, grammar[i].want, "grammar %zu", i);
        else
            is_int(errors, 1, "grammar %zu is refused", i);
        conf_destroy(cf);
    }
}

/* Errors of the grammar, then of the tables: what is said, exactly. */
static const struct {
    const char *text, *want;
} wrong[] = {
    {"hidden on", "1: unexpected end of file, expecting \";\" or \"{\" after "
                  "\"on\""},
    {"hidden on\n\n", "3: unexpected end of file, expecting \";\" or \"{\" "
                      "after \"on\""},
    {"\nonce {\n", "3: unexpected end of file, expecting \"}\" for the "
                   "\"once\" of line 2"},
    {"once { server { }", "1: unexpected end of file, expecting \"}\" for the "
                          "\"once\" of line 1"},
    {"once {\n hidden on\n}", "3: unexpected \"}\", expecting \";\" after "
                              "\"on\""},
    {"}", "1: unexpected \"}\""},
    {"once { }\n}", "2: unexpected \"}\""},
    {";", "1: unexpected \";\""},
    {"hidden on;;", "1: unexpected \";\""},
    {"\n{ }", "2: unexpected \"{\""},
    {"pid \"a\nb", "1: unexpected end of file, expecting the \" that closes "
                   "this text"},
    {"pid 'a\\'",
     "1: unexpected end of file, expecting the ' that closes this "
     "text"},
    {"pid 'a'b;", "1: unexpected \"b\" after a closing quote, expecting a "
                  "blank, \";\" or \"{\""},
    {"pid \"a\"\"b\";",
     "1: unexpected \"\"\" after a closing quote, expecting "
     "a blank, \";\" or \"{\""},
    {"once \"a\"}", "1: unexpected \"}\" after a closing quote, expecting a "
                    "blank, \";\" or \"{\""},
    {"pid 'a'欢;", "1: unexpected \"?\" after a closing quote, expecting a "
                   "blank, \";\" or \"{\""},
    {"pid a\nb\x01;", "2: control byte 0x01, this is no text"},
    {"# \x7f", "1: control byte 0x7f, this is no text"},
    {"include;", "1: \"include\" takes 1 argument, not 0"},
    {"include a b;", "1: \"include\" takes 1 argument, not 2"},
    {"include a\npid b;", "1: \"include\" takes 1 argument, not 3, is a \";\" "
                          "missing?"},
    {"include a { }", "1: unexpected \"{\", expecting \";\" after \"a\""},
    {"pid a;\ninclude not/here;",
     "2: open() \"/etc/not/here\" failed (2: No such "
     "file or directory)"},
    {"include /;", "1: \"/\" is not a regular file"},
    {"include /dev/null;", "1: \"/dev/null\" is not a regular file"},

    {"foo;", "1: unknown directive \"foo\""},
    {"pid \"a\nb\"; foo;", "2: unknown directive \"foo\""},
    {"pid a\\\nb; foo;", "2: unknown directive \"foo\""},
    {"pid a\\nb; foo;", "1: unknown directive \"foo\""},
    {"# a\n#b\n\nfoo;", "4: unknown directive \"foo\""},
    {"\n\"\" a;", "2: unknown directive \"\""},
    {"Hidden on;", "1: unknown directive \"Hidden\""},
    {"a\\nb;", "1: unknown directive \"a?b\""},
    {"欢 x;", "1: unknown directive \"欢\""},
    {"server { listen 1;\nmark; }", "2: \"mark\" is not allowed here, only in "
                                    "main"},
    {"server { listen 1;\nfoo; }", "2: unknown directive \"foo\""},
    {"hidden on;\n\nhidden off;", "3: \"hidden\" is duplicate, first given at "
                                  "sparrow.conf:1"},
    {"once { }\nonce { }", "2: \"once\" is duplicate, first given at "
                           "sparrow.conf:1"},
    {"once { }\nonce { }\nfoo;", "2: \"once\" is duplicate, first given at "
                                 "sparrow.conf:1"},
    {"hidden on { }", "1: \"hidden\" is not terminated by \";\""},
    {"hidden on\nonce { }", "1: \"hidden\" is not terminated by \";\""},
    {"once;", "1: \"once\" has no opening \"{\""},
    {"hidden;", "1: \"hidden\" takes 1 argument, not 0"},
    {"hidden on off;", "1: \"hidden\" takes 1 argument, not 2"},
    {"hidden on\npid a;", "1: \"hidden\" takes 1 argument, not 3, is a \";\" "
                          "missing?"},
    {"mark x;", "1: \"mark\" takes no argument, not 1"},
    {"pair x;", "1: \"pair\" takes 2 arguments, not 1"},
    {"many x;", "1: \"many\" takes at least 2 arguments, not 1"},
    {"channels;", "1: \"channels\" takes at least 1 argument, not 0"},
    {"server { listen; }", "1: \"listen\" takes 1 to 3 arguments, not 0"},
    {"server { listen 1 2 3 4; }", "1: \"listen\" takes 1 to 3 arguments, not "
                                   "4"},
    {"server x { }", "1: \"server\" takes no argument, not 1"},
    {"server {\n listen nowhere; }", "2: \"listen\" cannot listen nowhere"},
    {"server {\n hidden on; }", "1: \"server\" has no \"listen\""},
    {"hidden yes;", "1: \"hidden\" must be on or off, not \"yes\""},
    {"hidden ON;", "1: \"hidden\" must be on or off, not \"ON\""},
    {"hidden \"\";", "1: \"hidden\" must be on or off, not \"\""},
    {"workers 0;", "1: \"workers\" must be between 1 and 1024"},
    {"workers 1025;", "1: \"workers\" must be between 1 and 1024"},
    {"workers 18446744073709551617;", "1: \"workers\" must be between 1 and "
                                      "1024"},
    {"workers -1;", "1: \"workers\" must be a number, not \"-1\""},
    {"workers +1;", "1: \"workers\" must be a number, not \"+1\""},
    {"workers 1x;", "1: \"workers\" must be a number, not \"1x\""},
    {"workers 0x1;", "1: \"workers\" must be a number, not \"0x1\""},
    {"workers \"\";", "1: \"workers\" must be a number, not \"\""},
    {"workers \" 1\";", "1: \"workers\" must be a number, not \" 1\""},
    {"count 18446744073709551615;", "1: \"count\" must be between 0 and "
                                    "18446744073709551614"},
    {"buffer 4095;", "1: \"buffer\" must be between 4k and 64g"},
    {"buffer 65g;", "1: \"buffer\" must be between 4k and 64g"},
    {"buffer 17179869185g;", "1: \"buffer\" must be between 4k and 64g"},
    {"buffer 4kb;", "1: \"buffer\" must be a size such as 64k, 16m or 1g, not "
                    "\"4kb\""},
    {"buffer k;", "1: \"buffer\" must be a size such as 64k, 16m or 1g, not "
                  "\"k\""},
    {"buffer 1.5g;", "1: \"buffer\" must be a size such as 64k, 16m or 1g, "
                     "not \"1.5g\""},
    {"packet 4g;", "1: \"packet\" must be between 0 and 4294967295"},
    {"heartbeat 4999ms;", "1: \"heartbeat\" must be between 5s and 1h"},
    {"\n\n\n\n\n\n\n\n\n\n\nheartbeat 2h;", "12: \"heartbeat\" must be "
                                            "between 5s and 1h"},
    {"heartbeat 1h1ms;", "1: \"heartbeat\" must be between 5s and 1h"},
    {"heartbeat 213503982335d;", "1: \"heartbeat\" must be between 5s and 1h"},
    {"heartbeat 99999999999999999999;", "1: \"heartbeat\" must be between 5s "
                                        "and 1h"},
    {"heartbeat 30m1h;", "1: \"heartbeat\" must be a time such as 500ms, 30s "
                         "or 1h, not \"30m1h\""},
    {"heartbeat 1m1m;", "1: \"heartbeat\" must be a time such as 500ms, 30s "
                        "or 1h, not \"1m1m\""},
    {"heartbeat 1m30;", "1: \"heartbeat\" must be a time such as 500ms, 30s "
                        "or 1h, not \"1m30\""},
    {"heartbeat 30S;", "1: \"heartbeat\" must be a time such as 500ms, 30s or "
                       "1h, not \"30S\""},
    {"heartbeat s;", "1: \"heartbeat\" must be a time such as 500ms, 30s or "
                     "1h, not \"s\""},
    {"heartbeat \"\";",
     "1: \"heartbeat\" must be a time such as 500ms, 30s or "
     "1h, not \"\""},
    {"delay 31d;", "1: \"delay\" must be between 0 and 30d"},
    {"pid \"\";", "1: \"pid\" must not be empty"},
    {"rule maybe;", "1: \"rule\" must be require or accept, not \"maybe\""},
    {"use kqueue;", "1: \"use\" must be epoll, not \"kqueue\""},
    {"three xml;", "1: \"three\" must be json, msgpack or none, not \"xml\""},
};

static void
test_errors(void)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct conf *cf = load_str(wrong[i].text);
        char want[256] = "sparrow.conf:";
        struct all all;

        if (strchr(said, '!') == NULL && apply(cf, &all) < 0)
            strcat(said, "!");
        strcat(want, wrong[i].want);
        strcat(want, "!");
        is_str(said, want, "error %zu", i);
        conf_destroy(cf);
    }
}

static void
test_nul(void)
{
    struct conf *cf = load("pid a\0b;", 8);

    is_str(said, "sparrow.conf:1: control byte 0x00, this is no text!",
           "a NUL is refused");
    conf_destroy(cf);
}

/* Directives that another context knows, without one that knows the name. */
static void
test_places(void)
{
    struct conf *cf = load_str("pid x;\nlisten 1;");
    struct server server = {0};

    conf_know(cf, more_contexts);
    conf_know(cf, contexts);
    is_int(conf_apply(cf, cf->root, &server_context, &server), -1,
           "a directive of another context fails");
    is_str(said,
           "sparrow.conf:2: \"listen\" is not allowed here, only in listen, "
           "http server",
           "the contexts that have it are named");
    is_str(server.pid, "x", "what stood before it was applied");
    conf_destroy(cf);

    cf = load_str("listen 1;");
    is_int(conf_apply(cf, cf->root, &server_context, &server), -1, "again");
    is_str(said, "sparrow.conf:1: unknown directive \"listen\"",
           "without known contexts it is unknown");
    conf_destroy(cf);

    cf = load_str("silent;");
    is_int(conf_apply(cf, cf->root, &other_context, &server), -1,
           "a setter has failed");
    is_str(said, "", "and is not reported twice");
    conf_destroy(cf);
}

static void
test_values(void)
{
    static const char text[] =
        "hidden on; workers 1024; count 18446744073709551614; buffer 64G;\n"
        "packet 4194303K; heartbeat 1h; delay 29d23h59m59s1000ms; pid run/p;\n"
        "message ''; channels a \"b c\" d; rule accept; inner 1m; use epoll;";
    struct conf *cf = load_str(text);
    struct all all;
    const struct server *s = &all.game.base;

    is_int(apply(cf, &all), 0, "every kind at its upper bound");
    is_str(said, "", "nothing is said");
    ok(s->hidden, "flag");
    is_int(s->workers, 1024, "number");
    ok(s->count == UINT64_MAX - 1, "number of 64 bits");
    ok(s->buffer == CONF_GB(64), "size");
    ok(s->packet == 4194303U * 1024U, "size of 32 bits");
    ok(s->heartbeat_ms == 3600000, "time");
    ok(s->delay_ms == 2592000000U, "time of 32 bits");
    is_str(s->pid, "run/p", "text");
    is_str(s->message, "", "empty text");
    is_str(s->channels[1], "b c", "texts");
    ok(s->channels[3] == NULL, "they end with NULL");
    is_int(s->rule, ACCEPT, "word");
    ok(s->limits.size == CONF_MB(1), "a field of an inner struct");
    is_int(all.other.use, 7, "the value of a word");
    conf_destroy(cf);

    cf = load_str("workers 0001; count 0; buffer 4096; packet 0; heartbeat 5;"
                  "delay 0; hidden off; rule require;");
    is_int(apply(cf, &all), 0, "every kind at its lower bound");
    ok(s->workers == 1 && s->count == 0 && s->buffer == 4096 &&
           s->packet == 0 && s->heartbeat_ms == 5000 && s->delay_ms == 0,
       "their values");
    conf_destroy(cf);
}

/* Directives after a block, and between two, are inherited by both. */
static void
test_inheritance(void)
{
    static const char text[] = "server { listen 1; workers 7; }\n"
                               "component A;\n"
                               "mark;\n"
                               "workers 5;\n"
                               "once { anything { goes; } }\n"
                               "component B { x; }\n"
                               "server { heartbeat 6s; listen 1; listen 2; }\n"
                               "mark; hidden on;\n";
    struct conf *cf = load_str(text);
    struct all all;
    const struct server *s;

    is_int(apply(cf, &all), 0, "blocks and simple directives mixed");
    is_str(said, "", "nothing is said");
    s = all.game.servers;
    is_str(all.game.order, "mmScCCS", "simple ones first, then file order");
    is_int(s[0].workers, 7, "a block's own value");
    is_int(s[1].workers, 5, "an inherited value");
    is_int(s[0].heartbeat_ms, 30000, "a default");
    is_int(s[1].heartbeat_ms, 6000, "the other block's own value");
    is_int(all.game.base.heartbeat_ms, 30000, "the parent keeps its own");
    ok(s[0].hidden && s[1].hidden, "what stands behind the blocks counts");
    is_int(s[0].listens, 1, "the second table's directive");
    is_int(s[1].listens, 2, "given twice");
    conf_destroy(cf);
}

static void
test_nodes(void)
{
    static const char text[] = "a x\n  y\n{ b;\nc 1; c 2; }";
    struct conf *cf = load_str(text);
    const struct conf_node *a = conf_find(cf->root, "a");
    const struct conf_node *c = conf_find(a, "c");

    is_int(a->line, 1, "a directive's line is that of its name");
    is_int(a->last_line, 2, "its last argument's line");
    is_int(a->argc, 3, "the name counts as an argument");
    ok(a->argv[3] == NULL, "NULL ends the arguments");
    is_str(a->file, "sparrow.conf", "its file");
    is_str(c->argv[1], "1", "the first of that name is found");
    is_int(c->line, 4, "a child's line");
    ok(c->parent == a && a->parent == cf->root, "parents");
    ok(conf_find(a, "d") == NULL, "what is not there");

    is_str(conf_value("burst=40", "burst"), "40", "a key's value");
    is_str(conf_value("burst=", "burst"), "", "an empty one");
    ok(conf_value("burst", "burst") == NULL, "a key alone");
    ok(conf_value("bursts=1", "burst") == NULL, "a longer key");
    is_str(conf_path_conf(cf, "gm.token"), "/etc/gm.token", "by the conf");
    is_str(conf_path_prefix(cf, "run/x"), "/prefix/run/x", "by the prefix");
    is_str(conf_path_prefix(cf, "/run/x"), "/run/x", "an absolute path");
    conf_destroy(cf);

    cf = fresh("sparrow.conf");
    is_str(conf_path_conf(cf, "x"), "./x", "by a conf without a folder");
    conf_destroy(cf);
    cf = fresh("/sparrow.conf");
    is_str(conf_path_conf(cf, "x"), "/x", "by a conf in /");
    conf_destroy(cf);
}

static void
test_messages(void)
{
    struct conf *cf = fresh("/etc/sparrow.conf");
    struct conf_node node = {.file = "a.conf", .line = 3};
    char text[4096];

    is_int(conf_error(cf, &node, "bad %d", 7), -1, "an error is -1");
    is_int(conf_error(cf, NULL, "no line"), -1, "without a node too");
    conf_warn(cf, &node, "a\nb\x1b");
    is_str(said, "a.conf:3: bad 7|no line|a.conf:3: a?b?", "their texts");
    is_int(errors, 2, "two errors");
    is_int(warnings, 1, "one warning");

    said[0] = '\0';
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    conf_error(cf, &node, "%s", text);
    is_int(strlen(said), 1023, "a long text is cut");
    is_str(said + 1019, "x...", "it says so");
    is_int(strlen(conf_reason(cf, "%s", text)), 1023, "so is a reason");

    for (unsigned shift = 0; shift < 3; shift++) {
        said[0] = '\0';
        for (unsigned i = 0; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "欢", 4);
        conf_error(cf, NULL, "%s%s", &"ab"[shift], text);
        ok((strlen(said) - 3 - (2 - shift)) % 3 == 0 && strlen(said) > 1000,
           "no character is cut in two (%u)", shift);
    }
    conf_destroy(cf);
}

/* A text of n times the part, applied to nothing. */
static char *
repeat(const char *part, size_t n)
{
    size_t len = strlen(part);
    char *text = malloc(n * len + 64);

    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, part, len);
    text[n * len] = '\0';
    return text;
}

static void
limit(const char *part, size_t n, const char *end, const char *want,
      const char *what)
{
    char *text = repeat(part, n);
    struct conf *cf;

    strcat(text, end);
    cf = load_str(text);
    is_str(said, want, "%s", what);
    conf_destroy(cf);
    free(text);
}

static void
test_limits(void)
{
    limit("x", CONF_MAX_TOKEN, ";", "", "the longest word");
    limit("x", CONF_MAX_TOKEN + 1, ";",
          "sparrow.conf:1: a word is longer than 4096 bytes, is a quote "
          "missing?!",
          "one byte more");
    limit("\n", CONF_MAX_TOKEN, "' ;",
          "sparrow.conf:4097: unexpected end of "
          "file, expecting the ' that closes this text!",
          "a quote that is never closed");
    limit("\\n", CONF_MAX_TOKEN, ";", "", "escapes count once");
    limit("x ", CONF_MAX_ARGS + 1, ";", "", "the most arguments");
    limit("x ", CONF_MAX_ARGS + 2, ";",
          "sparrow.conf:1: \"x\" has more than 64 arguments, is a \";\" "
          "missing?!",
          "one more");
    limit("x{", CONF_MAX_BLOCKS, "}",
          "sparrow.conf:1: unexpected end of file, expecting \"}\" for the "
          "\"x\" of line 1!",
          "the deepest block");
    limit("x{", CONF_MAX_BLOCKS + 1, "}",
          "sparrow.conf:1: blocks are nested deeper than 32!", "one deeper");
}

static char *
in_folder(const char *name)
{
    static char path[4][PATH_MAX];
    static unsigned turn;
    char *out = path[turn++ % 4];

    snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return out;
}

static void
put(const char *name, const char *text)
{
    FILE *f = fopen(in_folder(name), "w");

    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        perror(name);
        exit(1);
    }
}

static struct conf *
load_file(const char *name, const char *globals)
{
    struct conf *cf = fresh(in_folder(name));

    if (conf_load(cf, globals) < 0)
        strcat(said, "!");
    return cf;
}

static void
includes(const char *text, const char *want, const char *what)
{
    struct conf *cf;
    char got[512] = "";

    put("main.conf", text);
    cf = load_file("main.conf", NULL);
    show(cf->root->first_child, got);
    is_str(said[0] != '\0' ? said : got, want, "%s", what);
    conf_destroy(cf);
}

static void
test_include_errors(void)
{
    char name[16], text[32];

    includes("a;\ninclude loop.conf;",
             "~/loop.conf:1: \"~/main.conf\" includes "
             "itself!",
             "a loop");
    includes("include ./main.conf;",
             "~/main.conf:1: \"~/main.conf\" includes "
             "itself!",
             "a loop under another name");
    includes("include d/open.conf; }",
             "~/d/open.conf:2: unexpected end of "
             "file, expecting \"}\" for the \"x\" of line 1!",
             "a block ends in its own file");
    includes("x { include d/close.conf;",
             "~/d/close.conf:1: unexpected "
             "\"}\"!",
             "so does the parent's");
    includes("include d;", "~/main.conf:1: \"~/d\" is not a regular file!",
             "a folder");
    mkfifo(in_folder("fifo"), 0600);
    includes("include fifo;",
             "~/main.conf:1: \"~/fifo\" is not a regular file!",
             "a fifo does not keep us waiting");

    for (int i = 0; i <= CONF_MAX_INCLUDES; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        snprintf(text, sizeof(text),
                 i == CONF_MAX_INCLUDES ? "end;" : "include n%d;", i + 1);
        put(name, text);
    }
    includes("include n1;", "<end>", "the deepest include");
    includes("include n0;", "~/n15:1: \"include\" is nested deeper than 16!",
             "one deeper");
}

static void
test_includes(void)
{
    mkdir(in_folder("d"), 0700);
    put("loop.conf", "include main.conf;");
    put("d/open.conf", "x {\n");
    put("d/close.conf", "}");
    put("b.inc", "b 1;\nb 2;");
    put("d/2.part", "two;");
    put("d/1.part", "one;");
    put("empty", "");
    put("bad.inc", "ok;\nfoo bar");

    includes("a; include b.inc; c;", "<a><b><1><b><2><c>", "in its place");
    includes("x { include b.inc; c; }", "<x>(<b><1><b><2><c>)", "in a block");
    includes("include d/*.part;", "<one><two>", "a pattern, in order");
    includes("include d/[2-9].par?;", "<two>", "other patterns");
    includes("a; include d/*.none; include nowhere/*.conf;", "<a>",
             "no match is no error");
    includes("include empty; a;", "<a>", "an empty file");
    includes("x { include b.inc; } include b.inc;",
             "<x>(<b><1><b><2>)<b><1><b><2>", "twice, but not in itself");
    includes("a;\ninclude bad.inc;",
             "~/bad.inc:2: unexpected end of file, "
             "expecting \";\" or \"{\" after \"bar\"!",
             "an error in an included file");
    test_include_errors();
}

static void
test_files(void)
{
    struct conf *cf;
    char want[1024], got[1024] = "", *text;
    FILE *out;

    put("main.conf", "a;\ninclude b.inc; include empty; include b.inc;");
    cf = load_file("main.conf", "g on;");
    show(cf->root->first_child, got);
    is_str(got, "<g><on><a><b><1><b><2><b><1><b><2>", "-g comes first");
    snprintf(want, sizeof(want),
             "# configuration file %s/main.conf:\na;\ninclude b.inc; include "
             "empty; include b.inc;\n# configuration file %s/b.inc:\nb 1;\n"
             "b 2;\n# configuration file %s/empty:\n\n",
             folder, folder, folder);
    memset(got, 0, sizeof(got));
    out = fmemopen(got, sizeof(got), "w");
    conf_dump(cf, out);
    fclose(out);
    is_str(got, want, "the dump has each file once");
    conf_destroy(cf);

    cf = load_file("main.conf", "g on");
    is_str(said,
           "-g:1: unexpected end of file, expecting \";\" or \"{\" "
           "after \"on\"!",
           "an error in -g");
    conf_destroy(cf);

    cf = load_file("none.conf", NULL);
    is_str(said,
           "open() \"~/none.conf\" failed (2: No such file or directory)!",
           "no conf file");
    conf_destroy(cf);

    text = repeat("#234567\n", CONF_MAX_FILE / 8);
    put("big", text);
    put("main.conf", "include big;");
    cf = load_file("main.conf", NULL);
    is_str(said, "", "the largest file");
    conf_destroy(cf);
    strcat(text, "#");
    put("big1", text);
    put("main.conf", "include big1;");
    cf = load_file("main.conf", NULL);
    is_str(said, "~/main.conf:1: \"~/big1\" is larger than 1048576 bytes!",
           "one byte more");
    conf_destroy(cf);
    free(text);

    text = repeat("include big;", 17);
    put("main.conf", text);
    cf = load_file("main.conf", NULL);
    is_str(said, "~/big:1: the included files make more than 16777216 bytes!",
           "the sum is bounded");
    conf_destroy(cf);
    free(text);

    text = repeat("#", CONF_MAX_FILE);
    for (int n = 0; n < 15; n++)
        memcpy(text + n * 13, "include big;\n", 13);
    put("main.conf", text);
    cf = load_file("main.conf", NULL);
    is_str(said, "", "up to its bound");
    is_int(cf->total, CONF_MAX_TOTAL, "which is reached");
    conf_destroy(cf);
    free(text);
}

/* The files that are installed, by the folder that tests run in. */
static void
test_shipped(void)
{
    struct conf *cf = fresh("conf/sparrow.conf");

    is_int(conf_load(cf, NULL), 0, "the shipped conf is read");
    is_str(said, "", "nothing is said");
    is_str(cf->files->next->path, "conf/api.conf",
           "the endpoints are included");
    ok(conf_find(conf_find(cf->root, "http"), "server") != NULL,
       "the HTTP server is there");
    conf_destroy(cf);
}

static void
count_one(void *arg, const struct conf_context *context,
          const struct conf_directive *directive)
{
    (void) context, (void) directive;
    ++*(int *) arg;
}

static void
test_known(void)
{
    struct conf *cf = fresh("x");
    int n = 0;

    conf_each_known(cf, count_one, &n);
    is_int(n, 0, "no context is known at first");
    conf_know(cf, contexts);
    conf_know(cf, more_contexts);
    conf_each_known(cf, count_one, &n);
    is_int(n, 12 + 1 + 6 + 4, "every directive of every context is visited");
    conf_destroy(cf);
    conf_destroy(NULL);
}

static void
remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ok(system(command) == 0, "the folder is removed");
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(folder, sizeof(folder), "%.40s/[c]*?\\.conf.XXXXXX",
             tmp ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    test_grammar();
    test_errors();
    test_nul();
    test_places();
    test_values();
    test_inheritance();
    test_nodes();
    test_messages();
    test_limits();
    test_includes();
    test_files();
    test_shipped();
    test_known();
    remove_folder();
    return tap_done();
}
