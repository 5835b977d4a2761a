/*
 * Regular expressions of the conf file, by PCRE2.  They are compiled into the
 * conf's arena and die with it.  Paths and addresses come from clients, so
 * matching is bounded: an expression that backtracks without end fails.
 */
#ifndef HTTP_REGEX_H
#define HTTP_REGEX_H

#include <stdbool.h>

#include "core/conf.h"
#include "core/str.h"

struct pcre2_real_code_8;

/* Room to match in; a process needs one. */
struct regex_match;

struct regex_match *regex_match_create(void);
void regex_match_destroy(struct regex_match *m);

/* NULL, with the reason for a setter to return in *why. */
struct pcre2_real_code_8 *regex_compile(struct conf *cf, const char *pattern,
                                        bool nocase, const char **why);

/* 1 it matches, 0 it does not, -1 the limits were reached. */
int regex_try(const struct pcre2_real_code_8 *code, struct str text,
              struct regex_match *m);

#endif
