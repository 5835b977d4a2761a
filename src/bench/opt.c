#include "bench/opt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
usage(const struct opt *opts, const char *operands, const char *command)
{
    printf("usage: sparrow-bench %s [options]%s%s\n", command,
           operands[0] != '\0' ? " " : "", operands);
    for (const struct opt *o = opts; o->name != NULL; o++) {
        if (o->hidden)
            continue;
        char letter[] = {'-', o->letter, ',', '\0'};
        printf("  %-3s --%-15s %-9s %s\n", o->letter != '\0' ? letter : "",
               o->name, o->arg != NULL ? o->arg : "", o->help);
    }
}

/* "10", "0.5", "200ms", "2m" */
static int
seconds_parse(double *out, const char *text)
{
    static const struct {
        const char *unit;
        double factor;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}};
    char *end;
    double v = strtod(text, &end);

    if (end == text || !(v >= 0 && v <= 1e7))
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *out = v * units[i].factor;
            return 0;
        }
    }
    return -1;
}

static int
number_parse(const struct opt *o, const char *text)
{
    char *end;
    errno = 0;
    unsigned long v = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || *text == '-' || errno != 0 ||
        v < o->min || v > o->max)
        return -1;
    *o->number = (unsigned) v;
    return 0;
}

static int
opt_set(const struct opt *o, const char *value)
{
    if (o->flag != NULL) {
        *o->flag = true;
    } else if (o->text != NULL) {
        *o->text = value;
    } else if (o->seconds != NULL) {
        if (seconds_parse(o->seconds, value) == -1) {
            fprintf(stderr,
                    "sparrow-bench: --%s must be a time as 10, "
                    "0.5, 200ms or 2m, not \"%s\"\n",
                    o->name, value);
            return -1;
        }
    } else if (number_parse(o, value) == -1) {
        fprintf(stderr,
                "sparrow-bench: --%s must be a number from %u to %u, "
                "not \"%s\"\n",
                o->name, o->min, o->max, value);
        return -1;
    }
    return 0;
}

/* "--name" and "--name=value" by name, "-x" and "-xvalue" by letter. */
static const struct opt *
opt_find(const struct opt *opts, const char *word, const char **value)
{
    *value = NULL;
    if (word[1] != '-') {
        for (const struct opt *o = opts; o->name != NULL; o++) {
            if (o->letter == word[1]) {
                *value = word[2] != '\0' ? word + 2 : NULL;
                return o;
            }
        }
        return NULL;
    }

    size_t len = strcspn(word + 2, "=");
    for (const struct opt *o = opts; o->name != NULL; o++) {
        if (strlen(o->name) == len && memcmp(o->name, word + 2, len) == 0) {
            *value = word[2 + len] == '=' ? word + 3 + len : NULL;
            return o;
        }
    }
    return NULL;
}

static int
complain(const char *word, const char *what, const char *command)
{
    fprintf(stderr, "sparrow-bench: %s %s (see sparrow-bench %s --help)\n",
            word, what, command);
    return -1;
}

int
opt_parse(const struct opt *opts, const char *operands, int argc, char **argv)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            usage(opts, operands, argv[0]);
            return 0;
        }

        const char *value;
        const struct opt *o = opt_find(opts, argv[i], &value);
        if (o == NULL)
            return complain(argv[i], "is no option", argv[0]);
        if (o->flag != NULL && value != NULL)
            return complain(argv[i], "takes no value", argv[0]);
        if (o->flag == NULL && value == NULL && ++i < argc)
            value = argv[i];
        if (o->flag == NULL && value == NULL)
            return complain(argv[i - 1], "needs a value", argv[0]);
        if (opt_set(o, value) == -1)
            return -1;
    }
    if (operands[0] == '\0' && i < argc)
        return complain(argv[0], "takes no operand", argv[0]);
    return i;
}
