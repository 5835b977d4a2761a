#define PCRE2_CODE_UNIT_WIDTH 8

#include "http/regex.h"

#include <pcre2.h>

#include "core/arena.h"
#include "core/mem.h"

/* A path has at most 8 KB; an honest expression needs far less. */
enum { MATCH_LIMIT = 20000, DEPTH_LIMIT = 1000, HEAP_LIMIT_KB = 1024 };

struct regex_match {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

struct regex_match *
regex_match_create(void)
{
    struct regex_match *m = mem_zalloc(sizeof(*m));

    m->data = pcre2_match_data_create(1, NULL);
    m->context = pcre2_match_context_create(NULL);
    if (m->data == NULL || m->context == NULL)
        mem_exhausted();
    pcre2_set_match_limit(m->context, MATCH_LIMIT);
    pcre2_set_depth_limit(m->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(m->context, HEAP_LIMIT_KB);
    return m;
}

void
regex_match_destroy(struct regex_match *m)
{
    if (m == NULL)
        return;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    mem_free(m);
}

static void *
allocate(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void
leave(void *p, void *arena)
{
    (void) p;
    (void) arena;
}

struct pcre2_real_code_8 *
regex_compile(struct conf *cf, const char *pattern, bool nocase,
              const char **why)
{
    pcre2_general_context *general;
    pcre2_compile_context *context;
    pcre2_code *code;
    uint8_t text[256];
    size_t at;
    int error;

    general = pcre2_general_context_create(allocate, leave, cf->arena);
    context = pcre2_compile_context_create(general);
    code = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED,
                         nocase ? PCRE2_CASELESS : 0, &error, &at, context);
    if (code != NULL)
        return code;
    pcre2_get_error_message(error, text, sizeof(text));
    *why = conf_reason(cf, "has a bad expression \"%s\": %s at %zu", pattern,
                       (const char *) text, at);
    return NULL;
}

int
regex_try(const struct pcre2_real_code_8 *code, struct str text,
          struct regex_match *m)
{
    int rc = pcre2_match(code, (PCRE2_SPTR) text.data, text.len, 0, 0, m->data,
                         m->context);

    if (rc >= 0)
        return 1;
    if (rc == PCRE2_ERROR_NOMEMORY) /* HEAP_LIMIT_KB is another */
        mem_exhausted();
    return rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}
