#include "game/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* A context that needs only a key; it stays for the process. */
static EVP_MAC_CTX *
context(void)
{
    static EVP_MAC_CTX *ctx;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC *mac;

    if (ctx != NULL)
        return ctx;
    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ctx = EVP_MAC_CTX_new(mac); /* NULL of NULL */
    EVP_MAC_free(mac);
    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

int
hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
            uint8_t mac[HMAC_LEN])
{
    EVP_MAC_CTX *ctx = context();
    size_t n = 0;

    return ctx != NULL && EVP_MAC_init(ctx, key, key_len, NULL) == 1 &&
                   EVP_MAC_update(ctx, data, len) == 1 &&
                   EVP_MAC_final(ctx, mac, &n, HMAC_LEN) == 1 && n == HMAC_LEN
               ? 0
               : -1;
}
