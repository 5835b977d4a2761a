/*
 * The error codes that clients know, and the bodies that carry them:
 * {"code":1006,"error":"illegal parameter: uid: not an integer"}.
 */
#ifndef GAME_ERRORS_H
#define GAME_ERRORS_H

#include "core/str.h"

struct buf;
struct codec;

enum error_code {
    ERROR_UNKNOWN = 1000,
    ERROR_BAD_ROUTE,
    ERROR_NOT_FOUND,
    ERROR_WRONG_TYPE,
    ERROR_USER_NAME_EXISTS,
    ERROR_AUTH_FAILED,
    ERROR_ILLEGAL_PARAMETER,
    ERROR_NOT_RSA_PUBLIC_KEY,
    ERROR_NOT_RSA_PRIVATE_KEY,
    ERROR_ILLEGAL_LOGIN_TYPE,
    ERROR_WRONG_PASSWORD,
    ERROR_USER_NAME_NOT_FOUND,
    ERROR_INIT_FAILED,
    ERROR_SERVER_INTERNAL,
    ERROR_DATABASE_OPERATION,
    ERROR_CACHE_OPERATION,
    ERROR_PERMISSION_DENIED,
    ERROR_NOT_IMPLEMENTED,
    ERROR_USER_NOT_FOUND,
    ERROR_TOKEN_NOT_FOUND,
    ERROR_INVALID_TOKEN,
    ERROR_ILLEGAL_NAME,
    ERROR_TOKEN_MISMATCH_USER,
    ERROR_INVALID_PLATFORM,
    ERROR_UNSUPPORTED_SIGN_TYPE,
    ERROR_ORDER_NOT_FOUND,
    ERROR_INVALID_PARAMETER,
    ERROR_REQUEST_FAILED,
    ERROR_ILLEGAL_ORDER_TYPE,
    ERROR_COIN_NOT_ENOUGH,
    ERROR_FREQUENCY_LIMITED,
    ERROR_VERIFY_FAILED,
    ERROR_SIGN_FAILED,
    ERROR_TRADE_EXISTED,
    ERROR_PROVIDER_NOT_FOUND,
    ERROR_THIRD_ACCOUNT_NOT_FOUND,
    ERROR_WRONG_THIRD_LOGIN_TYPE,
    ERROR_DIR_NOT_EXISTS,
    ERROR_PAY_TEST_DISABLED,
    ERROR_PROPERTY_NOT_FOUND,
    ERROR_UUID_NOT_FOUND,
    ERROR_PRODUCTION_NOT_FOUND,
    ERROR_REQUEST_PREPAY_ID_FAILED,
    ERROR_DESK_NOT_FOUND,
};

/* "bad route" ...; "unknown" for a number that is not in the table. */
const char *error_text(int code);

/*
 * Appends {"code":..,"error":"text of the code"} to out; with why (not NULL)
 * the text goes on ": why".
 */
void error_put(const struct codec *codec, struct buf *out, int code,
               const char *why);

/* The same with a text of its own: codes such as -1 or 30003. */
void error_put_text(const struct codec *codec, struct buf *out, int code,
                    struct str text);

#endif
