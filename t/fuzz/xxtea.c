/*
 * The pipeline: what comes in goes out and comes in the same; any payload
 * survives the way out and in.
 */
#include "game/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "fuzz.h"

static void
check(const struct pipeline *pl, struct arena *arena, struct str plain)
{
    struct buf out = {0};
    struct str back;

    pipeline_out(pl, &out, plain);
    need(out.len == pipeline_out_size(pl, plain.len));
    need(pipeline_in(pl, arena, buf_str(&out), &back) == 0);
    need(str_equal(back, plain));
    buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pipeline pl = {.kind = PIPELINE_XXTEA};
    struct arena *arena = arena_create(4096);
    struct str in = {(const char *) data, size}, plain;
    uint8_t *raw = malloc(size + 1);

    need(raw != NULL);
    xxtea_key_set(&pl.key, "7AEC4MA152BQE9HWQ7KB", 20);
    if (pipeline_in(&pl, arena, in, &plain) == 0)
        check(&pl, arena, plain);
    check(&pl, arena, in);
    memcpy(raw, data, size);
    need(xxtea_decrypt(&pl.key, raw, size) <= (ssize_t) size);
    free(raw);
    arena_destroy(arena);
    return 0;
}
