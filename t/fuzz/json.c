/*
 * A JSON payload by a field table with every kind of field: what parses must
 * come out, come in again and come out the same.
 */
#include "game/json.h"

#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

struct leaf {
    int n;
    struct str s;
};

static FIELDS(leaf, FIELD(leaf, n), FIELD(leaf, s));

struct tree {
    bool b;
    int i;
    int64_t l;
    struct str s;
    struct str secret;
    struct str maybe;
    struct int_list ints;
    struct int64_list longs;
    struct leaf leaf;
    struct leaf *pointer;
    FIELDS_LIST(leaf) leaves;
};

static FIELDS(tree, FIELD(tree, b), FIELD(tree, i), FIELD(tree, l),
              FIELD(tree, s),
              FIELD_FLAGS(tree, secret, "secret", FIELD_SECRET),
              FIELD_FLAGS(tree, maybe, "maybe", FIELD_NULLABLE),
              FIELD_FLAGS(tree, ints, "ints", FIELD_NULLABLE),
              FIELD(tree, longs), FIELD_OBJECT(tree, leaf, "leaf", leaf),
              FIELD_POINTER(tree, pointer, "pointer", leaf),
              FIELD_OBJECTS(tree, leaves, "leaves", leaf));

static void
check(const struct tree *tree, struct arena *arena)
{
    struct buf once = {0}, twice = {0}, dump = {0};
    struct tree again;

    json_put(&once, &tree_fields, tree);
    need(utf8_is_valid(buf_str(&once)));
    for (size_t i = 0; i < once.len; i++)
        need(once.data[i] < 0xf0); /* no sequence of four bytes */
    need(json_parse(&tree_fields, &again, buf_str(&once), arena) == NULL);
    json_put(&twice, &tree_fields, &again);
    need(str_equal(buf_str(&once), buf_str(&twice)));
    json_dump(&dump, &tree_fields, tree, 64);
    need(dump.len <= 64);
    for (size_t i = 0; i < dump.len; i++)
        need(dump.data[i] >= ' ' && dump.data[i] != 0x7f);
    buf_deinit(&once);
    buf_deinit(&twice);
    buf_deinit(&dump);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    json_init();
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(4096);
    struct str text = {(const char *) data, size};
    struct tree tree;
    const char *why = json_parse(&tree_fields, &tree, text, arena);

    if (why == NULL)
        check(&tree, arena);
    else
        need(why[0] != '\0');
    arena_destroy(arena);
    return 0;
}
