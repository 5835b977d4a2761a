/*
 * Memory from the heap.  Out of memory ends the process here and nowhere
 * else: a worker's desks come back from their journals, so no caller carries
 * code for a NULL.  Therefore every size that depends on input is checked
 * against a limit before it comes here.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

/* `size` bytes, not initialised; never NULL. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));

/* `size` zero bytes; never NULL. */
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull));

/* As realloc; never NULL. */
void *mem_realloc(void *p, size_t size) __attribute__((returns_nonnull));

/* A copy of the NUL-terminated s. */
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));

/* The exit status of a process that is out of memory, for who logs its end. */
enum { MEM_EXHAUSTED = 3 };

/* Ends the process with one line, for a library that ran out of memory. */
void mem_exhausted(void) __attribute__((noreturn));

/* As free. */
void mem_free(void *p);

#endif
