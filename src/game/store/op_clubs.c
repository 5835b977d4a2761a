/*
 * What operations do to clubs.
 */
#include "game/store/clubs.h"
#include "game/store/op_apply.h"
#include "game/store/row.h"

int
op_apply_club(struct env *env, MDB_txn *txn, const struct store_op *op,
              struct store_result *result)
{
    const struct store_apply_club *args = &op->apply_club;
    struct store_member member = {.status = STORE_MEMBER_APPLIED,
                                  .since = op->time_ms};
    struct store_club club;
    int rc;

    if (args->uid == 0)
        return op_refuse(result, STORE_ILLEGAL);
    rc = store_club_find(env, txn, args->club, &club);
    if (rc == MDB_NOTFOUND)
        return op_refuse(result, STORE_NO_CLUB);
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    result->uid = args->uid;
    rc = store_member_find(env, txn, args->club, args->uid, &member);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return op_refuse_or_fail(result, rc);
    result->value = member.status;
    if (rc == 0)
        return 0;
    return store_member_write(env, txn, args->club, args->uid, &member);
}
