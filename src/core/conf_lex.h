/*
 * The words of a conf file.  A word ends at a blank, ";" or "{"; one in "..."
 * or '...' may hold them.  \" \' \\ are the character itself, \t \r \n the
 * control character, and any other backslash stands for itself, so that a
 * regular expression may be written as it is (but \d{3} needs quotes for its
 * brace).  "#" begins a comment where a word could begin; inside a word it
 * is text, as is "}", and "{" right after "$".
 */
#ifndef CORE_CONF_LEX_H
#define CORE_CONF_LEX_H

#include <stddef.h>

struct conf;

enum conf_token {
    CONF_TOKEN_BAD, /* reported */
    CONF_TOKEN_EOF,
    CONF_TOKEN_WORD,
    CONF_TOKEN_SEMICOLON,
    CONF_TOKEN_OPEN,
    CONF_TOKEN_CLOSE,
};

/* A text being read. */
struct conf_lex {
    struct conf *cf;
    const char *name; /* in messages */
    const char *p, *end;
    unsigned line;
    const char *word;   /* the last one, in the arena */
    unsigned word_line; /* where it began */
};

/*
 * Begins to read; text is borrowed, name too.  Returns 0, or -1 with the
 * error reported if there are bytes in it that are no text.
 */
int conf_lex_init(struct conf_lex *lx, struct conf *cf, const char *name,
                  const char *text, size_t len);

enum conf_token conf_lex_next(struct conf_lex *lx);

/* Reports an error in that line; returns -1. */
int conf_lex_error(const struct conf_lex *lx, unsigned line, const char *fmt,
                   ...) __attribute__((format(printf, 3, 4)));

#endif
