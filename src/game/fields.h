/*
 * Each message type is declared once, as a C struct and a table of its
 * fields.  Serializers, the debug log and the documentation check are driven
 * by the table.  A field whose C type has no place in JSON, or another one
 * than its macro says, does not compile:
 *
 *     struct device { struct str imei, os; };
 *     static FIELDS(device, FIELD_FLAGS(device, imei, "imei", FIELD_SECRET),
 *                   FIELD(device, os));
 *
 *     struct login { int64_t uid; int sex; struct str head_url;
 *                    struct device device; struct int_list tiles;
 *                    FIELDS_LIST(device) others; };
 *     FIELDS(login, FIELD(login, uid), FIELD(login, sex),
 *            FIELD_NAMED(login, head_url, "headUrl"),
 *            FIELD_OBJECT(login, device, "device", device),
 *            FIELD(login, tiles),
 *            FIELD_OBJECTS(login, others, "others", device));
 *
 * FIELDS(login, ...) defines `const struct fields login_fields`; a header
 * declares it with `extern`.  The table of struct X is always X_fields, so a
 * nested field cannot be given the table of another struct.
 *
 * C types: bool, int, int64_t, struct str, struct int_list, struct int64_list,
 * struct str_list; struct X and struct X * by FIELD_OBJECT and FIELD_POINTER,
 * a FIELDS_LIST(X) by FIELD_OBJECTS.  A zeroed struct has every zero value; in
 * JSON a NULL pointer is null, an empty list [] and an empty string "", unless
 * FIELD_NULLABLE says that with a NULL pointer they are null.
 */
#ifndef GAME_FIELDS_H
#define GAME_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

enum field_kind {
    FIELD_KIND_BOOL,
    FIELD_KIND_INT,
    FIELD_KIND_INT64,
    FIELD_KIND_STR,
    FIELD_KIND_INTS,
    FIELD_KIND_INT64S,
    FIELD_KIND_STRS,
    FIELD_KIND_OBJECT,  /* a struct inside the struct */
    FIELD_KIND_POINTER, /* a pointer to a struct, NULL is null */
    FIELD_KIND_OBJECTS, /* FIELDS_LIST */
};

enum field_flag {
    FIELD_SECRET = 1,   /* masked wherever a message is logged */
    FIELD_NULLABLE = 2, /* NULL data of a string or list is null */
};

enum { FIELDS_MAX = 32 }; /* of one table */

struct int_list {
    const int *item;
    size_t count;
};

struct int64_list {
    const int64_t *item;
    size_t count;
};

struct str_list {
    const struct str *item;
    size_t count;
};

/* What every FIELDS_LIST looks like to the serializers. */
struct object_list {
    const void *item;
    size_t count;
};

/* A member that is a list of struct X. */
#define FIELDS_LIST(X)                                                        \
    struct {                                                                  \
        const struct X *item;                                                 \
        size_t count;                                                         \
    }

struct field {
    const char *name; /* in JSON */
    uint32_t name_len;
    uint8_t kind;  /* enum field_kind */
    uint8_t flags; /* enum field_flag */
    size_t offset;
    const struct fields *inner; /* of the struct inside, else NULL */
};

struct fields {
    const char *name; /* of the C struct, for people */
    size_t size;      /* of the C struct */
    const struct field *field;
    size_t count;
};

#define FIELDS(T, ...)                                                        \
    const struct fields T##_fields = {                                        \
        #T, sizeof(struct T), (const struct field[]){__VA_ARGS__},            \
        sizeof((const struct field[]){__VA_ARGS__}) / sizeof(struct field) +  \
            FIELDS_CHECK_(sizeof((const struct field[]){__VA_ARGS__}) <=      \
                          FIELDS_MAX * sizeof(struct field))}

/* 0; a negative array size if the condition does not hold. */
#define FIELDS_CHECK_(cond) (0 * sizeof(char[(cond) ? 1 : -1]))

#define FIELD_MEMBER_(T, f) (((struct T *) 0)->f)

#define FIELD_(T, f, json, kind, flags, inner, check)                         \
    {                                                                         \
        json, sizeof(json) - 1, kind, flags,                                  \
            offsetof(struct T, f) + FIELDS_CHECK_(check), inner               \
    }

/* A scalar, a string or a list of them; its kind is that of its type. */
#define FIELD_FLAGS(T, f, json, flags)                                        \
    FIELD_(T, f, json,                                                        \
           _Generic(FIELD_MEMBER_(T, f), bool                                 \
                    : FIELD_KIND_BOOL, int                                    \
                    : FIELD_KIND_INT, int64_t                                 \
                    : FIELD_KIND_INT64, struct str                            \
                    : FIELD_KIND_STR, struct int_list                         \
                    : FIELD_KIND_INTS, struct int64_list                      \
                    : FIELD_KIND_INT64S, struct str_list                      \
                    : FIELD_KIND_STRS),                                       \
           flags, NULL, true)
#define FIELD_NAMED(T, f, json) FIELD_FLAGS(T, f, json, 0)
#define FIELD(T, f)             FIELD_FLAGS(T, f, #f, 0)

/* A struct U, a struct U * and a FIELDS_LIST(U). */
#define FIELD_OBJECT(T, f, json, U)                                           \
    FIELD_(T, f, json, FIELD_KIND_OBJECT, 0, &U##_fields,                     \
           _Generic(FIELD_MEMBER_(T, f), struct U                             \
                    : true))
#define FIELD_POINTER(T, f, json, U)                                          \
    FIELD_(T, f, json, FIELD_KIND_POINTER, 0, &U##_fields,                    \
           _Generic(FIELD_MEMBER_(T, f), struct U *                           \
                    : true, const struct U *                                  \
                    : true))
#define FIELD_OBJECTS_FLAGS(T, f, json, U, flags)                             \
    FIELD_(T, f, json, FIELD_KIND_OBJECTS, flags, &U##_fields,                \
           _Generic(FIELD_MEMBER_(T, f).item, const struct U *                \
                    : _Generic(FIELD_MEMBER_(T, f).count, size_t : true)))
#define FIELD_OBJECTS(T, f, json, U) FIELD_OBJECTS_FLAGS(T, f, json, U, 0)

/*
 * The field of that name in the table, exact or else without case; NULL.
 */
const struct field *fields_find(const struct fields *fields, struct str name);

#endif
