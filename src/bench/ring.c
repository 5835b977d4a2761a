#include "bench/ring.h"

#include "bench/nano.h"
#include "core/mem.h"

enum {
    ID_FIRST = 128,
    ID_END = 16384,
    RING_BYTES = 32 * 1024, /* so that it stays in the fastest cache */
};

/* xorshift64: bytes that differ, the same in each run. */
static void
fill(uint8_t *p, size_t n, uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        p[i] = (uint8_t) (*state >> 32);
    }
}

static unsigned
cycle_length(unsigned inflight, unsigned size)
{
    unsigned n = RING_BYTES / (size + 32);

    if (n < 2 * inflight)
        n = 2 * inflight;
    if (n < 64)
        n = 64;
    return n < ID_END - ID_FIRST ? n : ID_END - ID_FIRST;
}

void
ring_init(struct ring *r, unsigned inflight, unsigned size, struct str key,
          bool mirror)
{
    uint64_t state = 88172645463325252ULL;
    uint8_t *bytes = mem_alloc(size + 1);
    struct str payload = {(const char *) bytes, size};

    *r = (struct ring){.cycle = cycle_length(inflight, size)};
    for (unsigned i = 0; i < r->cycle; i++) {
        fill(bytes, size, &state);
        nano_request(&r->req, ID_FIRST + i, STR("Echo.Ping"), payload, key);
        if (!mirror)
            nano_response(&r->ans, ID_FIRST + i, payload, key);
        if (i == 0) {
            r->req_len = r->req.len;
            r->ans_len = mirror ? r->req.len : r->ans.len;
        }
    }
    if (mirror)
        buf_append(&r->ans, r->req.data, r->req.len);
    buf_reserve(&r->req, inflight * r->req_len);
    buf_append(&r->req, r->req.data, inflight * r->req_len);
    buf_reserve(&r->ans, inflight * r->ans_len);
    buf_append(&r->ans, r->ans.data, inflight * r->ans_len);
    mem_free(bytes);
}

void
ring_deinit(struct ring *r)
{
    buf_deinit(&r->req);
    buf_deinit(&r->ans);
}
