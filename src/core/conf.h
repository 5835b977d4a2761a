/*
 * The conf file.  It is read in two steps:
 *
 *   text -> tree    conf_load() reads the file and what it includes into a
 *                   tree of nodes; grammar only, no directive is known yet.
 *   tree -> struct  conf_apply() goes over the nodes of one block with the
 *                   directive tables of its context and fills the fields of
 *                   an object: the simple directives first, in the order of
 *                   the file, then the blocks.
 *
 * So the order of directives in a block does not matter, and a block's
 * setter inherits by copying its parent's struct, which is complete by then.
 * Defaults are what the object holds before conf_apply().
 *
 * A struct conf and all that was read live in one arena, cf->arena; setters
 * allocate what they make from it too.  It is one loaded configuration: a
 * reload makes another and drops one of the two.
 *
 * Each error is reported once, where it is found, as one line that begins
 * with file and line; the caller only hears -1.  The first error ends it.
 */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct arena;
struct conf;

/* The hard limits of the grammar. */
enum {
    CONF_MAX_FILE = 1 << 20,   /* bytes of one file */
    CONF_MAX_TOTAL = 16 << 20, /* bytes parsed, each include counted again */
    CONF_MAX_TOKEN = 4096,     /* bytes of one name or argument */
    CONF_MAX_ARGS = 64,        /* arguments of one directive */
    CONF_MAX_INCLUDES = 16,    /* depth of include */
    CONF_MAX_BLOCKS = 32,      /* depth of { in one file */
};

/* One directive as it stands in the file. */
struct conf_node {
    const char *name;        /* argv[0] */
    const char *const *argv; /* the name and its arguments, then NULL */
    unsigned argc;           /* counts the name */
    bool is_block;           /* ended by { }, not by ; */
    const char *file;        /* as messages show it */
    unsigned line;           /* of the name */
    unsigned last_line;      /* where the last argument begins */
    const struct conf_node *parent;
    struct conf_node *first_child, *last_child;
    struct conf_node *next;
};

/* The text of one file that was read. */
struct conf_file {
    const char *path; /* as opened, and as messages show it */
    const char *text; /* NUL-terminated */
    size_t len;
    dev_t dev;
    ino_t ino;
    struct conf_file *next;
};

/* Takes one line of text, without a newline; a warning is no error. */
typedef void conf_report(void *arg, bool is_error, const char *line);

struct conf {
    struct arena *arena;
    const char *path;       /* of the main file */
    const char *dir;        /* its folder */
    const char *prefix;     /* what other relative paths start from */
    struct conf_node *root; /* its children are the main context */
    conf_report *report;
    void *report_arg;
    struct conf_file *files;        /* each once, in the order read */
    const struct conf_known *known; /* conf_apply.c */
    size_t total;                   /* bytes parsed so far */
};

/*
 * Makes an empty conf for the file at path.  report gets every error and
 * warning, now and from setters, with arg.  Never NULL.
 */
struct conf *conf_create(const char *path, const char *prefix,
                         conf_report *report, void *arg);

/* Frees the conf and all that its arena holds; NULL is fine. */
void conf_destroy(struct conf *cf);

/*
 * Reads the directives in globals (the text of -g, NULL for none) and then
 * the file into cf->root.  Returns 0, or -1 with the error reported.
 */
int conf_load(struct conf *cf, const char *globals);

/* The same from memory; name is what messages call it.  Text is copied. */
int conf_load_text(struct conf *cf, const char *name, const char *text,
                   size_t len);

/* Finds or reads a file, with node in messages; NULL with the error told. */
const struct conf_file *
conf_file_get(struct conf *cf, const struct conf_node *node, const char *path);

/* Prints every file read under a "# configuration file PATH:" line. */
void conf_dump(const struct conf *cf, FILE *out);

/*
 * Directive tables.  A directive names a field of the object its table is
 * applied to; a field of a type that does not fit its kind does not compile:
 *
 *     static const struct conf_directive game_directives[] = {
 *         CONF_MSEC("heartbeat", struct game_conf, heartbeat_ms,
 *                   CONF_S(5), CONF_H(1)),
 *         CONF_FLAG("hidden_tiles", struct game_conf, hidden_tiles),
 *         CONF_ENUM("login_token", struct game_conf, login_token, tokens),
 *         CONF_BLOCK("server", set_server, 0, 0, CONF_MULTI),
 *         CONF_END,
 *     };
 *     const struct conf_context game_context = {"game", game_directives};
 */
enum conf_kind {
    CONF_KIND_END,
    CONF_KIND_FLAG,
    CONF_KIND_UINT,
    CONF_KIND_SIZE,
    CONF_KIND_MSEC,
    CONF_KIND_STR,
    CONF_KIND_STRS,
    CONF_KIND_PATH,
    CONF_KIND_ENUM,
    CONF_KIND_CUSTOM,
    CONF_KIND_BLOCK,
};

enum {
    CONF_MULTI = 1,     /* may be given more than once in a block */
    CONF_BODYLESS = 2,  /* a block that may also end with ; */
    CONF_ANY = 1 << 16, /* as a count of arguments: no upper bound */
};

/* One of the words of a CONF_ENUM; a table ends with a NULL name. */
struct conf_enum {
    const char *name;
    unsigned value;
};

/*
 * Applies a node to the object of its table.  Returns NULL, or the reason
 * why not, which continues the sentence that the directive's name begins:
 * "must not be empty"; conf_reason() makes one with values in it.  CONF_FAILED
 * says that the reason has been reported already, as by conf_apply().
 */
typedef const char *conf_set(struct conf *cf, const struct conf_node *node,
                             void *obj);

struct conf_directive {
    const char *name;
    enum conf_kind kind;
    size_t offset;               /* of the field in the object */
    size_t size;                 /* of the field */
    uint64_t min, max;           /* of a number, both allowed */
    unsigned min_args, max_args; /* the name is not counted */
    unsigned flags;
    const struct conf_enum *values;
    conf_set *set;
};

/* What may stand in one kind of block; the name is for messages. */
struct conf_context {
    const char *name;
    const struct conf_directive *directives; /* up to CONF_END */
};

#define CONF_FIELD_(T, f) ((T *) 0)->f
#define CONF_PLACE_(T, f, type)                                               \
    _Generic(CONF_FIELD_(T, f), type : offsetof(T, f))
#define CONF_NUMBER_(kind_, name_, T, f, min_, max_)                          \
    {                                                                         \
        .name = name_, .kind = kind_,                                         \
        .offset = _Generic(CONF_FIELD_(T, f), unsigned                        \
                           : offsetof(T, f), uint64_t                         \
                           : offsetof(T, f)),                                 \
        .size = sizeof(CONF_FIELD_(T, f)), .min = min_, .max = max_,          \
        .min_args = 1, .max_args = 1,                                         \
    }

/* on or off, a bool. */
#define CONF_FLAG(name_, T, f)                                                \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_FLAG,                                \
        .offset = CONF_PLACE_(T, f, bool), .min_args = 1, .max_args = 1,      \
    }

/* A number, a size (k m g), a time (ms s m h d): unsigned or uint64_t. */
#define CONF_UINT(name_, T, f, min_, max_)                                    \
    CONF_NUMBER_(CONF_KIND_UINT, name_, T, f, min_, max_)
#define CONF_SIZE(name_, T, f, min_, max_)                                    \
    CONF_NUMBER_(CONF_KIND_SIZE, name_, T, f, min_, max_)
#define CONF_MSEC(name_, T, f, min_, max_)                                    \
    CONF_NUMBER_(CONF_KIND_MSEC, name_, T, f, min_, max_)

/* A text, a const char *; CONF_STR must not be empty, CONF_TEXT may. */
#define CONF_STR_(name_, T, f, min_)                                          \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_STR,                                 \
        .offset = CONF_PLACE_(T, f, const char *), .min = min_,               \
        .min_args = 1, .max_args = 1,                                         \
    }
#define CONF_STR(name_, T, f)  CONF_STR_(name_, T, f, 1)
#define CONF_TEXT(name_, T, f) CONF_STR_(name_, T, f, 0)

/* A path, relative to the prefix; a const char * that is absolute. */
#define CONF_PATH(name_, T, f)                                                \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_PATH,                                \
        .offset = CONF_PLACE_(T, f, const char *), .min_args = 1,             \
        .max_args = 1,                                                        \
    }

/* One text or more, a const char *const * that ends with NULL. */
#define CONF_STRS(name_, T, f)                                                \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_STRS,                                \
        .offset = CONF_PLACE_(T, f, const char *const *), .min_args = 1,      \
        .max_args = CONF_ANY,                                                 \
    }

/* One of a few words, an enum (without negative values) or unsigned. */
#define CONF_ENUM(name_, T, f, values_)                                       \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_ENUM,                                \
        .offset = CONF_PLACE_(T, f, unsigned), .min_args = 1, .max_args = 1,  \
        .values = values_,                                                    \
    }

/* A simple directive with a setter of its own. */
#define CONF_CUSTOM(name_, set_, min_args_, max_args_, flags_)                \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_CUSTOM, .min_args = min_args_,       \
        .max_args = max_args_, .flags = flags_, .set = set_,                  \
    }

/*
 * A block.  Its setter runs after all simple directives of the level; it
 * copies what is inherited and calls conf_apply() on the node.
 */
#define CONF_BLOCK(name_, set_, min_args_, max_args_, flags_)                 \
    {                                                                         \
        .name = name_, .kind = CONF_KIND_BLOCK, .min_args = min_args_,        \
        .max_args = max_args_, .flags = flags_, .set = set_,                  \
    }

#define CONF_END                                                              \
    {                                                                         \
        .kind = CONF_KIND_END                                                 \
    }

/* Times and sizes for the bounds in a table. */
#define CONF_S(n)  ((uint64_t) (n) *1000)
#define CONF_M(n)  ((uint64_t) (n) *60000)
#define CONF_H(n)  ((uint64_t) (n) *3600000)
#define CONF_D(n)  ((uint64_t) (n) *86400000)
#define CONF_KB(n) ((uint64_t) (n) << 10)
#define CONF_MB(n) ((uint64_t) (n) << 20)
#define CONF_GB(n) ((uint64_t) (n) << 30)

/* A context and the object that its directives fill. */
struct conf_table {
    const struct conf_context *context;
    void *obj;
};

/*
 * Applies the children of block (cf->root for the main context) to obj, or
 * with conf_apply_tables() to several objects, each by its own context; of
 * two directives of the same name the first table's counts.  Returns 0, or
 * -1 with the error reported; the objects are half filled then.
 */
int conf_apply(struct conf *cf, const struct conf_node *block,
               const struct conf_context *context, void *obj);
int conf_apply_tables(struct conf *cf, const struct conf_node *block,
                      const struct conf_table *tables, size_t n);

/*
 * Tells which contexts there are (up to NULL; may be called again for more),
 * so that a directive at the wrong place is told from an unknown one.
 */
void conf_know(struct conf *cf, const struct conf_context *const *contexts);
void conf_know_one(struct conf *cf, const struct conf_context *context);

/* Calls fn for each directive of each context that is known. */
void conf_each_known(const struct conf *cf,
                     void (*fn)(void *arg, const struct conf_context *context,
                                const struct conf_directive *directive),
                     void *arg);

/* Is it the name of blocks only, in every context that is known? */
bool conf_is_block(const struct conf *cf, const char *name);

extern const char conf_failed[];
#define CONF_FAILED conf_failed

/* A reason for a setter to return; lives in the conf's arena. */
const char *conf_reason(struct conf *cf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Report an error at node, "FILE:LINE: ..."; without a node (NULL) the text
 * alone.  Control bytes in it are shown as ?.  conf_error() returns -1.
 */
int conf_error(struct conf *cf, const struct conf_node *node, const char *fmt,
               ...) __attribute__((format(printf, 3, 4)));
void conf_warn(struct conf *cf, const struct conf_node *node, const char *fmt,
               ...) __attribute__((format(printf, 3, 4)));

/* The first child of block with that name, or NULL. */
const struct conf_node *conf_find(const struct conf_node *block,
                                  const char *name);

/* What follows "key=" in arg ("burst=40", "burst"), or NULL. */
const char *conf_value(const char *arg, const char *key);

/*
 * Why a text is no path of a file, as a reason for a setter to return; NULL
 * if it may be one.
 */
const char *conf_path_reason(const char *text);

/* A path relative to the conf file's folder, to the prefix; in the arena. */
const char *conf_path_conf(struct conf *cf, const char *name);
const char *conf_path_prefix(struct conf *cf, const char *name);

/*
 * Values for setters.  Return 0, or -1 for text that is no such value; one
 * too large for 64 bits comes out as UINT64_MAX, for the caller's bounds to
 * refuse.  A time without a unit counts seconds; 1h30m is a time.
 */
int conf_parse_uint(const char *text, uint64_t *value);
int conf_parse_size(const char *text, uint64_t *value);
int conf_parse_msec(const char *text, uint64_t *value);

/* The same number as an operator would write it: "64k", "90s", "1h". */
enum { CONF_NUMBER_TEXT = 32 };
void conf_format_size(char out[CONF_NUMBER_TEXT], uint64_t value);
void conf_format_msec(char out[CONF_NUMBER_TEXT], uint64_t value);

#endif
