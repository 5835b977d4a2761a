#include "core/slots.h"

#include <stddef.h>
#include <sys/mman.h>

struct slot_page *
slots_create(void)
{
    void *p = mmap(NULL, SLOT_COUNT * sizeof(struct slot_page),
                   PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}
