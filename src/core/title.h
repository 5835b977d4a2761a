/* The title of the process, as ps shows it. */
#ifndef CORE_TITLE_H
#define CORE_TITLE_H

/*
 * Takes over the memory of argv and environ; the environment is moved.  Call
 * once, at the start of main.
 */
void title_init(int argc, char **argv);

/* "sparrow: " and the text, cut to the room there is. */
void title_set(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
