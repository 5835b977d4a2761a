/*
 * JSON to and from the structs of fields.h.
 *
 * In: what is no UTF-8 is repaired (core/utf8.h); one scan of ours bounds
 * depth and number of values, so that what the parser (jansson) may allocate
 * is bounded too; then the tree, which lies in the arena, is read into the
 * struct.  A field nobody knows is ignored, whatever number it holds, a
 * missing or null one has its zero value, one of the wrong type is an error;
 * names match exactly, else without case.  Out: straight from the struct, in
 * UTF-8 without sequences of four bytes: those are written as escapes.
 */
#ifndef GAME_JSON_H
#define GAME_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"
#include "game/fields.h"

struct arena;
struct buf;

enum {
    JSON_MAX_DEPTH = 16,
    JSON_MAX_VALUES = 4096, /* a few hundred bytes each while it is parsed */
    JSON_MAX_TEXT = 1 << 24,
};

/*
 * Once per process, before the first text: lets jansson allocate in the arena
 * of the text in hand, and seeds its hashes.
 */
void json_init(void);

/* Is it safe to parse?  NULL, or what is wrong: "nested too deeply". */
const char *json_scan(struct str text);

/*
 * Fills the object (fields->size bytes, zeroed first) from the JSON text of
 * an object, or null.  Strings and lists are in the arena.  Returns NULL, or
 * the reason to tell the client, in the arena or static: "uid: not an
 * integer".  It never contains bytes of the text.
 */
const char *json_parse(const struct fields *fields, void *object,
                       struct str text, struct arena *arena);

/* Appends the object as JSON; NULL as null. */
void json_put(struct buf *out, const struct fields *fields,
              const void *object);

/* Appends an array of count such objects. */
void json_put_list(struct buf *out, const struct fields *fields,
                   const void *objects, size_t count);

/* Single values, for bodies put together by hand. */
void json_put_str(struct buf *out, struct str s); /* with its quotes */
void json_put_int(struct buf *out, int64_t n);

/*
 * Appends the object as one line of JSON for the debug log: secrets masked,
 * cut to max bytes (with "..." at the end, which counts).
 */
void json_dump(struct buf *out, const struct fields *fields,
               const void *object, size_t max);

#endif
