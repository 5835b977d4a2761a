/*
 * How many rows there are.
 */
#ifndef T_UNIT_ROWS_H
#define T_UNIT_ROWS_H

#include "core/env.h"

static uint64_t
rows_of(struct env *env, unsigned table)
{
    MDB_txn *txn = env_read_begin(env);
    uint64_t rows = 0;

    env_rows(env, txn, table, &rows);
    env_read_end(env);
    return rows;
}

#endif
