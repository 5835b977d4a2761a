/* What every fuzz target has. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Must hold for whatever bytes. */
static inline void
need(int cond)
{
    if (!cond)
        abort();
}

#endif
