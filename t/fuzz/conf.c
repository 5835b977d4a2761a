/*
 * Any bytes as a conf file: it is read into a tree and applied, or refused
 * with exactly one error line.  Whatever comes out is checked: the shape of
 * the tree, numbers within their bounds, addresses that survive a round trip
 * through text.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/conf.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                                                           \
    do {                                                                      \
        if (!(cond))                                                          \
            abort();                                                          \
    } while (0)

enum word { JSON, MSGPACK };

struct obj {
    bool flag;
    unsigned number;
    uint64_t size, time_ms;
    const char *text;
    const char *const *texts;
    enum word word;
};

static const struct conf_enum word_names[] = {
    {"json", JSON}, {"msgpack", MSGPACK}, {NULL, 0}};

static conf_set set_block, set_listen, set_allow;

static const struct conf_directive directives[] = {
    CONF_FLAG("flag", struct obj, flag),
    CONF_UINT("number", struct obj, number, 1, 1024),
    CONF_SIZE("size", struct obj, size, CONF_KB(4), CONF_GB(64)),
    CONF_MSEC("time", struct obj, time_ms, CONF_S(5), CONF_H(1)),
    CONF_STR("text", struct obj, text),
    CONF_STRS("texts", struct obj, texts),
    CONF_ENUM("word", struct obj, word, word_names),
    CONF_CUSTOM("listen", set_listen, 1, 4, CONF_MULTI),
    CONF_CUSTOM("allow", set_allow, 1, 1, CONF_MULTI),
    CONF_BLOCK("server", set_block, 0, 1, CONF_MULTI | CONF_BODYLESS),
    CONF_END,
};
static const struct conf_context context = {"server", directives};
static const struct conf_context *const contexts[] = {&context, NULL};

static const struct obj defaults = {
    .number = 1, .size = 4096, .time_ms = 5000, .text = "x"};

static char folder[] = "/tmp/fuzz-conf.XXXXXX";
static char a_path[64], loop_path[64];

static const char *
set_block(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct obj copy = *(struct obj *) obj;

    CHECK(copy.number >= 1 && copy.number <= 1024);
    CHECK(copy.size >= CONF_KB(4) && copy.size <= CONF_GB(64));
    CHECK(copy.time_ms >= CONF_S(5) && copy.time_ms <= CONF_H(1));
    CHECK(copy.text[0] != '\0');
    CHECK(copy.texts == NULL || copy.texts[0] != NULL);
    CHECK(copy.word == JSON || copy.word == MSGPACK);
    return conf_apply(cf, node, &context, &copy) < 0 ? CONF_FAILED : NULL;
}

static const char *
set_listen(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct addr addr, again;
    char text[ADDR_TEXT];
    const char *bad = addr_parse(&addr, node->argv[1]);

    (void) obj;
    if (bad != NULL)
        return conf_reason(cf, "%s: \"%s\"", bad, node->argv[1]);
    CHECK(addr_parse(&again, addr_format(&addr, text)) == NULL);
    CHECK(addr_is_equal(&addr, &again));
    return NULL;
}

static const char *
set_allow(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct cidr range;
    struct addr addr;
    char host[INET6_ADDRSTRLEN];
    const char *bad = cidr_parse(&range, node->argv[1]);
    size_t len = strcspn(node->argv[1], "/");

    (void) cf, (void) obj;
    if (bad != NULL)
        return bad;
    CHECK(len < sizeof(host));
    memcpy(host, node->argv[1], len);
    host[len] = '\0';
    CHECK(addr_parse_host(&addr, host) == NULL && cidr_has(&range, &addr));
    return NULL;
}

static void
hear(void *arg, bool is_error, const char *line)
{
    CHECK(is_error && line[0] != '\0' && strpbrk(line, "\r\n") == NULL);
    ++*(unsigned *) arg;
}

static void
check_tree(const struct conf_node *parent)
{
    const struct conf_node *node = parent->first_child, *last = NULL;

    for (; node != NULL; last = node, node = node->next) {
        CHECK(node->parent == parent && node->name == node->argv[0]);
        CHECK(node->argc >= 1 && node->argc <= CONF_MAX_ARGS + 1);
        CHECK(node->argv[node->argc] == NULL);
        for (unsigned i = 0; i < node->argc; i++)
            CHECK(strlen(node->argv[i]) <= CONF_MAX_TOKEN);
        CHECK(node->line >= 1 && node->last_line >= node->line);
        CHECK(node->is_block || node->first_child == NULL);
        check_tree(node);
    }
    CHECK(parent->last_child == last);
}

static void
put(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");

    CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
remove_folder(void)
{
    unlink(a_path);
    unlink(loop_path);
    rmdir(folder);
}

/* A folder with something to include. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    CHECK(mkdtemp(folder) != NULL);
    snprintf(a_path, sizeof(a_path), "%s/a", folder);
    snprintf(loop_path, sizeof(loop_path), "%s/loop", folder);
    put(a_path, "flag on; server { number 7; }");
    put(loop_path, "include loop;");
    atexit(remove_folder);
    return 0;
}

/* Includes stay in that folder: the rest of the disk is no input. */
static bool
is_fit(const uint8_t *data, size_t size)
{
    return memmem(data, size, "include", 7) == NULL ||
           memchr(data, '/', size) == NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct obj obj = defaults;
    char path[sizeof(folder) + 8];
    unsigned errors = 0;
    struct conf *cf;
    int rc;

    if (!is_fit(data, size))
        return 0;
    snprintf(path, sizeof(path), "%s/x.conf", folder);
    cf = conf_create(path, folder, hear, &errors);
    conf_know(cf, contexts);
    rc = conf_load_text(cf, "x.conf", (const char *) data, size);
    check_tree(cf->root);
    if (rc == 0)
        rc = conf_apply(cf, cf->root, &context, &obj);
    CHECK(rc == 0 ? errors == 0 : rc == -1 && errors == 1);
    conf_destroy(cf);
    return 0;
}
