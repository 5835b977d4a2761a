/*
 * A codec turns the structs of fields.h into the payload of messages, and
 * back.  Which one a client speaks is its game server's (`serializer`).
 */
#ifndef GAME_CODEC_H
#define GAME_CODEC_H

#include <stddef.h>

#include "core/str.h"
#include "game/fields.h"

struct arena;
struct buf;

/* Serializers by number, as the number travels over the bus: never reused. */
enum format { FORMAT_JSON };

enum { FORMATS = FORMAT_JSON + 1 };

struct codec {
    const char *name; /* "json": as `serializer` says it */
    enum format format;
    /* Appends the object; NULL as null. */
    void (*put)(struct buf *out, const struct fields *fields,
                const void *object);
    /* Appends a list of count such objects. */
    void (*put_list)(struct buf *out, const struct fields *fields,
                     const void *objects, size_t count);
    /*
     * Fills the object (fields->size bytes, zeroed first) from a payload;
     * strings and lists are in the arena.  Returns NULL, or the reason to
     * tell the client, in the arena or static, without bytes of the payload.
     */
    const char *(*parse)(const struct fields *fields, void *object,
                         struct str payload, struct arena *arena);
};

/* The codec of a format; NULL if there is none of this number. */
const struct codec *codec_of(unsigned format);

#endif
