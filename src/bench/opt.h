/*
 * Command line options by table.  A row names the option and points to the
 * one variable it sets, each kind through a pointer of its own type, so that
 * a row with the wrong variable does not compile.
 */
#ifndef BENCH_OPT_H
#define BENCH_OPT_H

#include <stdbool.h>

struct opt {
    const char *name;
    char letter;      /* 0: only the long form */
    bool hidden;      /* not in the help */
    bool *flag;       /* one of these four is set */
    unsigned *number; /* min..max */
    double *seconds;  /* 10, 0.5, 200ms, 2m; 0..max */
    const char **text;
    unsigned min, max;
    const char *arg; /* how the help calls the value */
    const char *help;
};

/*
 * Reads the options of argv, where argv[0] is the command's name; the table
 * ends with a row without name.  `operands` is how the help calls what comes
 * after the options; "": nothing may.  Returns the index of the first operand,
 * 0 when only the help was wanted and has been printed, -1 if something was
 * wrong, which has been said on standard error.
 */
int opt_parse(const struct opt *opts, const char *operands, int argc,
              char **argv);

#endif
