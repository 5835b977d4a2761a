/*
 * Operations and results as they come over the bus: what is taken, encoded
 * again, is taken again and is the same bytes from then on.
 */
#include "game/store/op.h"

#include "fuzz.h"

static void
try_op(struct str data)
{
    struct store_op op, again;
    struct buf first = {0}, second = {0};

    if (store_op_decode(&op, data) != NULL)
        return;
    need(store_kind_name(op.kind) != NULL);
    store_op_encode(&first, &op);
    need(store_op_decode(&again, buf_str(&first)) == NULL);
    store_op_encode(&second, &again);
    need(str_equal(buf_str(&first), buf_str(&second)));
    buf_deinit(&first);
    buf_deinit(&second);
}

static void
try_result(struct str data)
{
    struct store_result result, again;
    uint8_t id[STORE_OP_ID];
    struct buf out = {0};

    if (store_result_decode(id, &result, data) != NULL)
        return;
    store_result_encode(&out, id, &result);
    need(store_result_decode(id, &again, buf_str(&out)) == NULL);
    need(again.code == result.code && again.uid == result.uid &&
         again.value == result.value);
    buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *) data, size};

    try_op(input);
    try_result(input);
    return 0;
}
