/*
 * A loaded configuration: its life, its files, its messages, its paths.
 * The grammar is in conf_parse.c, the typed directives are in conf_apply.c.
 *
 * A file is named in messages by its whole path.  It is read once, however
 * often it is included, so that conf_dump() prints exactly what was parsed.
 */
#include "core/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"

/* Most conf files fit into a few of these. */
#define CHUNK 16384

/* A message longer than this is cut; values come last in it. */
#define LINE_MAX_LEN 1024

const char conf_failed[] = "";

static char *
folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return arena_strdup(arena, ".");
    if (slash == path)
        return arena_strdup(arena, "/");
    return arena_dup(arena, path, (size_t) (slash - path));
}

struct conf *
conf_create(const char *path, const char *prefix, conf_report *report,
            void *arg)
{
    struct arena *arena = arena_create(CHUNK);
    struct conf *cf = arena_zalloc(arena, sizeof(*cf));

    cf->arena = arena;
    cf->path = arena_strdup(arena, path);
    cf->dir = folder_of(arena, path);
    cf->prefix = arena_strdup(arena, prefix);
    cf->report = report;
    cf->report_arg = arg;
    cf->root = arena_zalloc(arena, sizeof(*cf->root));
    cf->root->is_block = true;
    return cf;
}

void
conf_destroy(struct conf *cf)
{
    if (cf != NULL)
        arena_destroy(cf->arena);
}

/* Ends the text of a line that was too long, not inside a UTF-8 sequence. */
static void
cut(char *line, size_t size)
{
    char *end = line + size - sizeof("...");

    while (end > line && ((unsigned char) *end & 0xc0) == 0x80)
        end--;
    strcpy(end, "...");
}

static void __attribute__((format(printf, 4, 0)))
report(struct conf *cf, bool is_error, const struct conf_node *node,
       const char *fmt, va_list ap)
{
    char line[LINE_MAX_LEN];
    size_t len = 0;

    if (node != NULL && node->file != NULL) {
        len = (size_t) snprintf(line, sizeof(line), "%s:%u: ", node->file,
                                node->line);
        if (len >= sizeof(line))
            len = 0;
    }
    if ((size_t) vsnprintf(line + len, sizeof(line) - len, fmt, ap) >=
        sizeof(line) - len)
        cut(line, sizeof(line));

    for (unsigned char *p = (unsigned char *) line; *p != '\0'; p++) {
        if (*p < ' ' || *p == 0x7f)
            *p = '?';
    }
    cf->report(cf->report_arg, is_error, line);
}

int
conf_error(struct conf *cf, const struct conf_node *node, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(cf, true, node, fmt, ap);
    va_end(ap);
    return -1;
}

void
conf_warn(struct conf *cf, const struct conf_node *node, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(cf, false, node, fmt, ap);
    va_end(ap);
}

const char *
conf_reason(struct conf *cf, const char *fmt, ...)
{
    char text[LINE_MAX_LEN];
    va_list ap;

    va_start(ap, fmt);
    if ((size_t) vsnprintf(text, sizeof(text), fmt, ap) >= sizeof(text))
        cut(text, sizeof(text));
    va_end(ap);
    return arena_strdup(cf->arena, text);
}

const struct conf_node *
conf_find(const struct conf_node *block, const char *name)
{
    const struct conf_node *node = block->first_child;

    while (node != NULL && strcmp(node->name, name) != 0)
        node = node->next;
    return node;
}

const char *
conf_value(const char *arg, const char *key)
{
    size_t len = strlen(key);

    if (strncmp(arg, key, len) != 0 || arg[len] != '=')
        return NULL;
    return arg + len + 1;
}

static const char *
path_from(struct conf *cf, const char *dir, const char *name)
{
    size_t len = strlen(dir);

    if (name[0] == '/')
        return name;
    return arena_printf(cf->arena, "%s%s%s", dir,
                        len > 0 && dir[len - 1] == '/' ? "" : "/", name);
}

const char *
conf_path_reason(const char *text)
{
    if (*text == '\0')
        return "must not be empty";
    if (strncmp(text, "syslog:", 7) == 0)
        return "names syslog, which is not supported yet";
    if (strchr(text, '$') != NULL)
        return "has a \"$\" in a path, but there are no variables in paths";
    return NULL;
}

const char *
conf_path_conf(struct conf *cf, const char *name)
{
    return path_from(cf, cf->dir, name);
}

const char *
conf_path_prefix(struct conf *cf, const char *name)
{
    return path_from(cf, cf->prefix, name);
}

/* The bytes of fd, which may change while they are read; NULL with errno. */
static char *
read_all(struct conf *cf, int fd, size_t *len)
{
    char *text = arena_alloc(cf->arena, *len + 1);
    size_t have = 0;

    while (have < *len) {
        ssize_t n = read(fd, text + have, *len - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return NULL;
        if (n == 0)
            break;
        have += (size_t) n;
    }
    text[have] = '\0';
    *len = have;
    return text;
}

/* A call that failed with errno, in the words of the log. */
static void
failed(struct conf *cf, const struct conf_node *node, const char *call,
       const char *path)
{
    conf_error(cf, node, "%s() \"%s\" failed (%d: %s)", call, path, errno,
               strerror(errno));
}

/* Not a fifo, which could keep us waiting, and not too large. */
static int
check_stat(struct conf *cf, const struct conf_node *node, const char *path,
           const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return conf_error(cf, node, "\"%s\" is not a regular file", path);
    if (st->st_size > CONF_MAX_FILE)
        return conf_error(cf, node, "\"%s\" is larger than %d bytes", path,
                          CONF_MAX_FILE);
    return 0;
}

static struct conf_file *
file_add(struct conf *cf, int fd, const struct stat *st, const char *path)
{
    struct conf_file **tail = &cf->files;
    struct conf_file *file = arena_zalloc(cf->arena, sizeof(*file));

    file->len = (size_t) st->st_size;
    file->text = read_all(cf, fd, &file->len);
    if (file->text == NULL)
        return NULL;
    file->path = arena_strdup(cf->arena, path);
    file->dev = st->st_dev;
    file->ino = st->st_ino;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = file;
    return file;
}

const struct conf_file *
conf_file_get(struct conf *cf, const struct conf_node *node, const char *path)
{
    struct conf_file *file = NULL;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &st) < 0) {
        failed(cf, node, "open", path);
        goto done;
    }
    for (file = cf->files; file != NULL; file = file->next) {
        if (file->dev == st.st_dev && file->ino == st.st_ino)
            goto done;
    }
    if (check_stat(cf, node, path, &st) < 0)
        goto done;
    file = file_add(cf, fd, &st, path);
    if (file == NULL)
        failed(cf, node, "read", path);
done:
    if (fd >= 0)
        close(fd);
    return file;
}

void
conf_dump(const struct conf *cf, FILE *out)
{
    for (const struct conf_file *f = cf->files; f != NULL; f = f->next) {
        fprintf(out, "# configuration file %s:\n", f->path);
        fwrite(f->text, 1, f->len, out);
        fputc('\n', out);
    }
}
