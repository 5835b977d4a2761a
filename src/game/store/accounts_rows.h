/*
 * How the rows of the durable store are laid out; only for the files here.
 */
#ifndef GAME_STORE_ACCOUNTS_ROWS_H
#define GAME_STORE_ACCOUNTS_ROWS_H

#include "game/store/accounts.h"
#include "game/store/row.h"

/* The fields of a store_face f. */
#define STORE_FACE_FIELDS(T, f)                                               \
    ROW_STRING(T, f.name), ROW_STRING(T, f.head_url), ROW_STRING(T, f.ip),    \
        ROW_FIELD(T, f.sex)

extern const struct row_type store_user_row;
extern const struct row_type store_guest_row;
extern const struct row_type store_order_row;
extern const struct row_type store_registration_row;
extern const struct row_type store_login_row;

#endif
