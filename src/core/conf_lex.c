/*
 * The words of a conf file: see conf_lex.h.  The text is in memory whole, so
 * that a word is found first and copied without its escapes then.
 */
#include "core/conf_lex.h"

#include <stdarg.h>
#include <string.h>

#include "core/arena.h"
#include "core/conf.h"

int
conf_lex_error(const struct conf_lex *lx, unsigned line, const char *fmt, ...)
{
    struct conf_node at = {.file = lx->name, .line = line};
    char text[CONF_MAX_TOKEN + 256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return conf_error(lx->cf, &at, "%s", text);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Every byte is text, or one of the blanks. */
static int
check_bytes(struct conf_lex *lx)
{
    unsigned line = 1;

    for (const char *p = lx->p; p < lx->end; p++) {
        unsigned char c = (unsigned char) *p;

        if (c == '\n')
            line++;
        if ((c < ' ' && !is_blank(*p)) || c == 0x7f)
            return conf_lex_error(lx, line,
                                  "control byte 0x%02x, this is no text", c);
    }
    return 0;
}

int
conf_lex_init(struct conf_lex *lx, struct conf *cf, const char *name,
              const char *text, size_t len)
{
    *lx = (struct conf_lex){
        .cf = cf, .name = name, .p = text, .end = text + len, .line = 1};
    if (check_bytes(lx) < 0)
        return -1;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        lx->p += 3; /* the mark that some editors begin UTF-8 with */
    return 0;
}

static void
skip_blanks(struct conf_lex *lx)
{
    for (; lx->p < lx->end; lx->p++) {
        if (*lx->p == '#')
            lx->p = memchr(lx->p, '\n', (size_t) (lx->end - lx->p)) ?: lx->end;
        if (lx->p == lx->end || !is_blank(*lx->p))
            return;
        if (*lx->p == '\n')
            lx->line++;
    }
}

/* The character that \c stands for, or 0 if the backslash is text. */
static char
unescape(char c)
{
    switch (c) {
    case '"':
    case '\'':
    case '\\':
        return c;
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    default:
        return '\0';
    }
}

/* Where the word that begins at lx->p ends; quote is 0 for a bare one. */
static const char *
word_end(const struct conf_lex *lx, char quote)
{
    const char *p = lx->p;

    for (; p < lx->end; p++) {
        if (*p == '\\' && p + 1 < lx->end) {
            p++;
            continue;
        }
        if (quote != '\0') {
            if (*p == quote)
                break;
            continue;
        }
        if (*p == '{' && p > lx->p && p[-1] == '$')
            continue;
        if (is_blank(*p) || *p == ';' || *p == '{')
            break;
    }
    return p;
}

/* Copies what stands between lx->p and end, unescaped, to lx->word. */
static int
copy_word(struct conf_lex *lx, const char *end)
{
    char word[CONF_MAX_TOKEN];
    unsigned line = lx->line;
    size_t len = 0;

    for (; lx->p < end; lx->p++) {
        char c = *lx->p;
        char escaped = c == '\\' && lx->p + 1 < end ? unescape(lx->p[1]) : 0;

        if (escaped != 0) {
            c = escaped;
            lx->p++;
        } else if (c == '\n') {
            lx->line++;
        }
        if (len == sizeof(word))
            return conf_lex_error(lx, line,
                                  "a word is longer than %d bytes, "
                                  "is a quote missing?",
                                  CONF_MAX_TOKEN);
        word[len++] = c;
    }
    lx->word = arena_dup(lx->cf->arena, word, len);
    return 0;
}

static enum conf_token
read_quoted(struct conf_lex *lx)
{
    char quote = *lx->p++;
    unsigned line = lx->line;
    const char *end = word_end(lx, quote);

    if (end == lx->end) {
        conf_lex_error(lx, line,
                       "unexpected end of file, expecting the %c that closes "
                       "this text",
                       quote);
        return CONF_TOKEN_BAD;
    }
    if (copy_word(lx, end) < 0)
        return CONF_TOKEN_BAD;
    lx->p++;
    if (lx->p < lx->end && !is_blank(*lx->p) && *lx->p != ';' &&
        *lx->p != '{') {
        conf_lex_error(lx, lx->line,
                       "unexpected \"%c\" after a closing quote, "
                       "expecting a blank, \";\" or \"{\"",
                       (unsigned char) *lx->p < 0x80 ? *lx->p : '?');
        return CONF_TOKEN_BAD;
    }
    return CONF_TOKEN_WORD;
}

enum conf_token
conf_lex_next(struct conf_lex *lx)
{
    skip_blanks(lx);
    if (lx->p == lx->end)
        return CONF_TOKEN_EOF;

    lx->word_line = lx->line;
    switch (*lx->p) {
    case ';':
        lx->p++;
        return CONF_TOKEN_SEMICOLON;
    case '{':
        lx->p++;
        return CONF_TOKEN_OPEN;
    case '}':
        lx->p++;
        return CONF_TOKEN_CLOSE;
    case '"':
    case '\'':
        return read_quoted(lx);
    default:
        return copy_word(lx, word_end(lx, '\0')) < 0 ? CONF_TOKEN_BAD
                                                     : CONF_TOKEN_WORD;
    }
}
