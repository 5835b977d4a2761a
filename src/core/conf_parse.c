/*
 * The grammar: text to tree.
 *
 *     file      = { directive | block }
 *     directive = word { word } ";"
 *     block     = word { word } "{" { directive | block } "}"
 *
 * "include" is carried out here: its nodes take its place.  Each file closes
 * the blocks that it opens.  Nothing recurses but include, and what an
 * include chain may cost is bounded by depth and by the sum of bytes parsed.
 */
#include <errno.h>
#include <glob.h>
#include <string.h>

#include "core/arena.h"
#include "core/conf.h"
#include "core/conf_lex.h"

/* A text being parsed, and the one that included it. */
struct reader {
    struct conf_lex lex;
    struct conf *cf;
    const struct conf_file *file; /* NULL: not from a file */
    const struct reader *up;
    unsigned depth;
};

/* The words up to a terminator. */
struct words {
    const char *argv[CONF_MAX_ARGS + 2];
    unsigned argc;
    unsigned line, last_line;
};

static int parse_text(struct reader *rd, struct conf_node *top,
                      const char *name, const char *text, size_t len);

/* Gathers the words of one directive; returns what ended them. */
static enum conf_token
read_words(struct conf_lex *lx, struct words *w)
{
    enum conf_token t;

    w->argc = 0;
    while ((t = conf_lex_next(lx)) == CONF_TOKEN_WORD) {
        if (w->argc > CONF_MAX_ARGS) {
            conf_lex_error(
                lx, w->line,
                "\"%s\" has more than %d arguments, is a \";\" missing?",
                w->argv[0], CONF_MAX_ARGS);
            return CONF_TOKEN_BAD;
        }
        if (w->argc == 0)
            w->line = lx->word_line;
        w->last_line = lx->word_line;
        w->argv[w->argc++] = lx->word;
    }
    w->argv[w->argc] = NULL;
    return t;
}

static struct conf_node *
add_node(struct reader *rd, struct conf_node *block, const struct words *w)
{
    struct conf_node *node = arena_zalloc(rd->cf->arena, sizeof(*node));

    node->argv = (const char *const *) arena_dup(
        rd->cf->arena, w->argv, (w->argc + 1) * sizeof(w->argv[0]));
    node->argc = w->argc;
    node->name = node->argv[0];
    node->file = rd->lex.name;
    node->line = w->line;
    node->last_line = w->last_line;
    node->parent = block;
    if (block->last_child != NULL)
        block->last_child->next = node;
    else
        block->first_child = node;
    block->last_child = node;
    return node;
}

/* Parses one file into block; it must not be one that is being parsed. */
static int
include_file(struct reader *rd, const struct conf_node *node,
             struct conf_node *block, const char *path)
{
    const struct conf_file *file = conf_file_get(rd->cf, node, path);
    struct reader in = {.cf = rd->cf, .up = rd, .depth = rd->depth + 1};

    if (file == NULL)
        return -1;
    for (const struct reader *up = rd; up != NULL; up = up->up) {
        if (up->file == file)
            return conf_error(rd->cf, node, "\"%s\" includes itself",
                              file->path);
    }
    if (in.depth > CONF_MAX_INCLUDES)
        return conf_error(rd->cf, node, "\"include\" is nested deeper than %d",
                          CONF_MAX_INCLUDES);
    in.file = file;
    return parse_text(&in, block, file->path, file->text, file->len);
}

/* A folder that is not there holds nothing; one we may not read may. */
static int
glob_failed(const char *path, int err)
{
    (void) path;
    return err != ENOENT && err != ENOTDIR;
}

/* A pattern below the conf file's folder, whose own name is none. */
static const char *
full_pattern(struct conf *cf, const char *pattern)
{
    char *escaped = arena_alloc(cf->arena, 2 * strlen(cf->dir) + 1);
    char *out = escaped;

    if (pattern[0] == '/')
        return pattern;
    for (const char *p = cf->dir; *p != '\0'; *out++ = *p++) {
        if (strchr("*?[]\\", *p) != NULL)
            *out++ = '\\';
    }
    *out = '\0';
    return arena_printf(cf->arena, "%s/%s", escaped, pattern);
}

static int
include_pattern(struct reader *rd, const struct conf_node *node,
                struct conf_node *block, const char *pattern)
{
    glob_t found = {0};
    int rc = glob(full_pattern(rd->cf, pattern), 0, glob_failed, &found);

    if (rc != 0 && rc != GLOB_NOMATCH)
        rc = conf_error(rd->cf, node, "cannot look for \"%s\": %s", pattern,
                        rc == GLOB_NOSPACE ? "out of memory"
                                           : "a folder cannot be read");
    else
        rc = 0;
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        rc = include_file(rd, node, block, found.gl_pathv[i]);
    globfree(&found);
    return rc;
}

static int
include(struct reader *rd, struct conf_node *block, const struct words *w)
{
    struct conf_node at = {.file = rd->lex.name, .line = w->line};

    if (w->argc != 2)
        return conf_error(
            rd->cf, &at, "\"include\" takes 1 argument, not %u%s", w->argc - 1,
            w->last_line > w->line ? ", is a \";\" missing?" : "");
    if (strpbrk(w->argv[1], "*?[") != NULL)
        return include_pattern(rd, &at, block, w->argv[1]);
    return include_file(rd, &at, block, conf_path_conf(rd->cf, w->argv[1]));
}

/* The text ends: between two directives of its own level, or too early. */
static int
end_of_file(const struct conf_lex *lx, const struct words *w,
            const struct conf_node *block, const struct conf_node *top)
{
    if (w->argc > 0)
        return conf_lex_error(
            lx, lx->line,
            "unexpected end of file, expecting \";\" or \"{\" after \"%s\"",
            w->argv[w->argc - 1]);
    if (block != top)
        return conf_lex_error(
            lx, lx->line,
            "unexpected end of file, expecting \"}\" for the \"%s\" of "
            "line %u",
            block->name, block->line);
    return 0;
}

static int
unexpected(const struct conf_lex *lx, const struct words *w, const char *token)
{
    if (w->argc == 0)
        return conf_lex_error(lx, lx->line, "unexpected \"%s\"", token);
    return conf_lex_error(lx, lx->line,
                          "unexpected \"%s\", expecting \";\" after \"%s\"",
                          token, w->argv[w->argc - 1]);
}

static int
parse(struct reader *rd, struct conf_node *top)
{
    struct conf_node *open[CONF_MAX_BLOCKS + 1] = {top};
    struct conf_lex *lx = &rd->lex;
    unsigned level = 0;
    struct words w;

    for (;;) {
        enum conf_token t = read_words(lx, &w);
        bool is_include = w.argc > 0 && strcmp(w.argv[0], "include") == 0;

        switch (t) {
        case CONF_TOKEN_EOF:
            return end_of_file(lx, &w, open[level], top);
        case CONF_TOKEN_CLOSE:
            if (w.argc > 0 || level == 0)
                return unexpected(lx, &w, "}");
            level--;
            break;
        case CONF_TOKEN_SEMICOLON:
            if (w.argc == 0)
                return unexpected(lx, &w, ";");
            if (conf_is_block(rd->cf, w.argv[0])) /* else its } is blamed */
                return conf_lex_error(
                    lx, w.line, "\"%s\" has no opening \"{\"", w.argv[0]);
            if (!is_include)
                add_node(rd, open[level], &w);
            else if (include(rd, open[level], &w) < 0)
                return -1;
            break;
        case CONF_TOKEN_OPEN:
            if (w.argc == 0 || is_include)
                return unexpected(lx, &w, "{");
            if (level == CONF_MAX_BLOCKS)
                return conf_lex_error(lx, w.line,
                                      "blocks are nested deeper than %d",
                                      CONF_MAX_BLOCKS);
            open[level + 1] = add_node(rd, open[level], &w);
            open[++level]->is_block = true;
            break;
        case CONF_TOKEN_WORD:
        case CONF_TOKEN_BAD:
        default:
            return -1;
        }
    }
}

static int
parse_text(struct reader *rd, struct conf_node *top, const char *name,
           const char *text, size_t len)
{
    struct conf *cf = rd->cf;

    if (conf_lex_init(&rd->lex, cf, name, text, len) < 0)
        return -1;
    cf->total += len;
    if (cf->total > CONF_MAX_TOTAL)
        return conf_lex_error(&rd->lex, 1,
                              "the included files make more than %d bytes",
                              CONF_MAX_TOTAL);
    return parse(rd, top);
}

int
conf_load_text(struct conf *cf, const char *name, const char *text, size_t len)
{
    struct reader rd = {.cf = cf};

    return parse_text(&rd, cf->root, arena_strdup(cf->arena, name), text, len);
}

int
conf_load(struct conf *cf, const char *globals)
{
    struct reader rd = {.cf = cf};
    const struct conf_file *file;

    if (globals != NULL &&
        conf_load_text(cf, "-g", globals, strlen(globals)) < 0)
        return -1;
    file = conf_file_get(cf, NULL, cf->path);
    if (file == NULL)
        return -1;
    rd.file = file;
    return parse_text(&rd, cf->root, file->path, file->text, file->len);
}
