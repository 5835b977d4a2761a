/*
 * Files with secrets: a line for each, some words and the secret.  The master
 * makes one at the first start, for its owner alone, and reads it.
 */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stdio.h>

struct log;

/*
 * Opens the file to read; one that is not there is made first, with one line
 * of the words and 64 random hex digits.  `what` names it in the log.  NULL
 * when that fails (logged).
 */
FILE *secret_file_open(const char *path, const char *what, const char *words,
                       struct log *log);

#endif
