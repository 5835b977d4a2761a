/*
 * What an operation is on the wire, the table of kinds, and how a result is
 * kept.  A new kind is its struct in op.h, its fields and one line in `kinds`
 * here, and its function in the file of what it changes (op_apply.h).
 */
#include "game/store/op.h"

#include <string.h>

#include "game/store/accounts_rows.h"
#include "game/store/op_apply.h"

enum { KEEPS_RESULT = 1, IS_AWAITED = 2 };

/* ---- the wire ---- */

/* An op is one row: these fields, then those of its kind. */
#define HEAD                                                                  \
    ROW_FIELD(struct store_op, kind), ROW_BINARY(struct store_op, id),        \
        ROW_FIELD(struct store_op, time_ms)

static const struct row_field head_fields[] = {HEAD};
static const struct row_type head_row = ROW_TYPE("operation", head_fields);

static const struct row_field create_guest_fields[] = {
    HEAD,
    ROW_BINARY(struct store_op, create_guest.digest),
    ROW_FIELD(struct store_op, create_guest.cards),
    ROW_FIELD(struct store_op, create_guest.sex),
    ROW_STRING(struct store_op, create_guest.head_url),
    ROW_STRING(struct store_op, create_guest.app),
    ROW_STRING(struct store_op, create_guest.channel),
};

static const struct row_field record_login_fields[] = {
    HEAD,
    ROW_FIELD(struct store_op, record_login.uid),
    ROW_STRING(struct store_op, record_login.app),
    ROW_STRING(struct store_op, record_login.channel),
    ROW_STRING(struct store_op, record_login.os),
    ROW_STRING(struct store_op, record_login.model),
    ROW_STRING(struct store_op, record_login.ip),
};

static const struct row_field void_tokens_fields[] = {
    HEAD,
    ROW_FIELD(struct store_op, void_tokens.uid),
};

static const struct row_field open_desk_fields[] = {
    HEAD,
    ROW_FIELD(struct store_op, open_desk.desk_uid),
    ROW_FIELD(struct store_op, open_desk.number),
    ROW_FIELD(struct store_op, open_desk.creator),
    ROW_FIELD(struct store_op, open_desk.club),
    ROW_FIELD(struct store_op, open_desk.mode),
    ROW_FIELD(struct store_op, open_desk.rounds),
    ROW_FIELD(struct store_op, open_desk.cards),
    ROW_FIELD(struct store_op, open_desk.created_at),
    ROW_ARRAY(struct store_op, open_desk.player),
    ROW_FIELD(struct store_op, open_desk.max_fan),
    ROW_FIELD(struct store_op, open_desk.flags),
    STORE_FACE_FIELDS(struct store_op, open_desk.face[0]),
    STORE_FACE_FIELDS(struct store_op, open_desk.face[1]),
    STORE_FACE_FIELDS(struct store_op, open_desk.face[2]),
    STORE_FACE_FIELDS(struct store_op, open_desk.face[3]),
};

static const struct row_field save_round_fields[] = {
    HEAD,
    ROW_FIELD(struct store_op, save_round.desk_uid),
    ROW_FIELD(struct store_op, save_round.round),
    ROW_FIELD(struct store_op, save_round.last),
    ROW_ARRAY(struct store_op, save_round.score_change),
    ROW_FIELD(struct store_op, save_round.begin_at),
    ROW_FIELD(struct store_op, save_round.end_at),
    ROW_ARRAY(struct store_op, save_round.round_change),
    ROW_SIZED(struct store_op, save_round.events),
};

static const struct row_field close_desk_fields[] = {
    HEAD,
    ROW_FIELD(struct store_op, close_desk.desk_uid),
    ROW_FIELD(struct store_op, close_desk.refund),
};

static const struct row_field apply_club_fields[] = {
    HEAD,
    ROW_FIELD(struct store_op, apply_club.uid),
    ROW_FIELD(struct store_op, apply_club.club),
};

struct answer {
    uint8_t id[STORE_OP_ID];
    struct store_result result;
};

static const struct row_field answer_fields[] = {
    ROW_BINARY(struct answer, id),
    ROW_FIELD(struct answer, result.code),
    ROW_FIELD(struct answer, result.uid),
    ROW_FIELD(struct answer, result.value),
};
static const struct row_type answer_row = ROW_TYPE("result", answer_fields);

/* ---- what the kinds share ---- */

int
op_refuse(struct store_result *result, enum store_code code)
{
    result->code = code;
    return 0;
}

/* What a read said about a row that the op needs: a damaged one is the op's
 * own misfortune, everything else the transaction's. */
int
op_refuse_or_fail(struct store_result *result, int rc)
{
    if (rc == MDB_NOTFOUND)
        return op_refuse(result, STORE_NO_USER);
    return rc == ENV_BAD_ROW ? op_refuse(result, STORE_DATABASE) : rc;
}

int
op_find_user(struct env *env, MDB_txn *txn, uint64_t uid,
             struct store_user *row)
{
    uint8_t key[8];

    return row_find(env, txn, STORE_USERS, env_key_u64(key, uid),
                    &store_user_row, row);
}

/* The counter row has the last id given; without it, or if it is bad, the last
 * row has: none is ever deleted. */
int
op_next_id(struct env *env, MDB_txn *txn, struct str counter, unsigned table,
           uint64_t *id)
{
    struct store_guest last = {0};
    struct str key;
    int rc;

    rc = row_find(env, txn, STORE_COUNTERS, counter, &store_guest_row, &last);
    if (rc == MDB_NOTFOUND || rc == ENV_BAD_ROW) {
        last.uid = 0;
        rc = env_last(env, txn, table, &key);
        if (rc == 0)
            last.uid = env_key_get_u64(key);
    }
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    *id = last.uid + 1;
    return 0;
}

int
op_keep_id(struct env *env, MDB_txn *txn, struct str counter, uint64_t id)
{
    struct store_guest last = {.uid = id};

    return row_put(env, txn, STORE_COUNTERS, counter, &store_guest_row, &last,
                   env_put);
}

struct str
op_key_of_time(uint8_t buf[8 + STORE_OP_ID], const struct store_op *op)
{
    env_key_u64(buf, (uint64_t) op->time_ms);
    memcpy(buf + 8, op->id, STORE_OP_ID);
    return (struct str){(char *) buf, 8 + STORE_OP_ID};
}

/* ---- the kinds ---- */

struct kind {
    const char *name;
    unsigned flags;
    struct row_type row;
    op_apply *apply;
};

static const struct kind kinds[] = {
    [STORE_CREATE_GUEST] = {"create guest", KEEPS_RESULT | IS_AWAITED,
                            ROW_TYPE("create guest", create_guest_fields),
                            op_create_guest},
    [STORE_RECORD_LOGIN] = {"record login", 0,
                            ROW_TYPE("record login", record_login_fields),
                            op_record_login},
    [STORE_VOID_TOKENS] = {"void tokens", KEEPS_RESULT | IS_AWAITED,
                           ROW_TYPE("void tokens", void_tokens_fields),
                           op_void_tokens},
    [STORE_OPEN_DESK] = {"open desk", KEEPS_RESULT | IS_AWAITED,
                         ROW_TYPE("open desk", open_desk_fields),
                         op_open_desk},
    [STORE_SAVE_ROUND] = {"save round", KEEPS_RESULT | IS_AWAITED,
                          ROW_TYPE("save round", save_round_fields),
                          op_save_round},
    [STORE_CLOSE_DESK] = {"close desk", KEEPS_RESULT | IS_AWAITED,
                          ROW_TYPE("close desk", close_desk_fields),
                          op_close_desk},
    [STORE_APPLY_CLUB] = {"apply club", KEEPS_RESULT | IS_AWAITED,
                          ROW_TYPE("apply club", apply_club_fields),
                          op_apply_club},
};

static const struct kind *
find_kind(unsigned kind)
{
    if (kind >= sizeof(kinds) / sizeof(kinds[0]) || kinds[kind].name == NULL)
        return NULL;
    return &kinds[kind];
}

const char *
store_kind_name(unsigned kind)
{
    const struct kind *k = find_kind(kind);

    return k ? k->name : NULL;
}

bool
store_kind_is_awaited(unsigned kind)
{
    const struct kind *k = find_kind(kind);

    return k != NULL && (k->flags & IS_AWAITED);
}

void
store_desk_op_id(uint8_t id[STORE_OP_ID], uint64_t desk_uid, unsigned kind,
                 unsigned round)
{
    env_key_pair(id, desk_uid, (uint64_t) kind << 32 | (uint32_t) round);
}

void
store_op_encode(struct buf *out, const struct store_op *op)
{
    row_encode(out, &kinds[op->kind].row, op);
}

const char *
store_op_decode(struct store_op *op, struct str data)
{
    const struct kind *kind;
    const char *why, *field;

    memset(op, 0, sizeof(*op));
    why = row_decode(op, &head_row, data, &field);
    if (why != NULL)
        return why;
    kind = find_kind(op->kind);
    if (kind == NULL)
        return "is of an unknown kind";
    if (op->time_ms < 0)
        return "has no time";
    return row_decode(op, &kind->row, data, &field);
}

void
store_result_encode(struct buf *out, const uint8_t id[STORE_OP_ID],
                    const struct store_result *result)
{
    struct answer answer = {.result = *result};

    memcpy(answer.id, id, STORE_OP_ID);
    row_encode(out, &answer_row, &answer);
}

const char *
store_result_decode(uint8_t id[STORE_OP_ID], struct store_result *result,
                    struct str data)
{
    struct answer answer;
    const char *why, *field;

    why = row_decode(&answer, &answer_row, data, &field);
    if (why != NULL)
        return why;
    memcpy(id, answer.id, STORE_OP_ID);
    *result = answer.result;
    return NULL;
}

/* ---- applying ---- */

/* What is remembered of an op that was done. */
struct done {
    uint8_t kind;
    struct store_result result;
};

static const struct row_field done_fields[] = {
    ROW_FIELD(struct done, kind),
    ROW_FIELD(struct done, result.code),
    ROW_FIELD(struct done, result.uid),
    ROW_FIELD(struct done, result.value),
};
static const struct row_type done_row = ROW_TYPE("operation", done_fields);

static int
keep_result(struct env *env, MDB_txn *txn, const struct store_op *op,
            const struct store_result *result)
{
    struct done done = {.kind = op->kind, .result = *result};
    struct str id = {(const char *) op->id, STORE_OP_ID};
    uint8_t key[8 + STORE_OP_ID];
    int rc;

    rc = row_put(env, txn, STORE_OPERATIONS, id, &done_row, &done, env_add);
    if (rc != 0)
        return rc;
    return row_bytes_put(env, txn, STORE_OPERATION_TIMES,
                         op_key_of_time(key, op), (struct str){"", 0});
}

int
store_apply(struct env *env, MDB_txn *txn, const struct store_op *op,
            struct store_result *result)
{
    const struct kind *kind = find_kind(op->kind);
    struct str id = {(const char *) op->id, STORE_OP_ID};
    struct done done;
    int rc;

    memset(result, 0, sizeof(*result));
    if (kind == NULL)
        return op_refuse(result, STORE_ILLEGAL);
    if (!(kind->flags & KEEPS_RESULT))
        return kind->apply(env, txn, op, result);
    rc = row_find(env, txn, STORE_OPERATIONS, id, &done_row, &done);
    if (rc == 0 && done.kind == op->kind) {
        *result = done.result;
        return 0;
    }
    if (rc == 0) /* an id is one wish */
        return op_refuse(result, STORE_ILLEGAL);
    if (rc != MDB_NOTFOUND)
        return op_refuse_or_fail(result, rc);
    rc = kind->apply(env, txn, op, result);
    if (rc != 0 || result->code == STORE_INTERNAL ||
        result->code == STORE_DATABASE)
        return rc; /* may be asked again */
    return keep_result(env, txn, op, result);
}
