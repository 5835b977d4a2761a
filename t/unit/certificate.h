/*
 * A certificate for tests: signed by itself, for an hour, in the scratch
 * folder.
 */
#ifndef T_UNIT_CERTIFICATE_H
#define T_UNIT_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "scratch.h"

static char certificate[320], key[320];

static void
make_certificate(const struct scratch *scratch)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    FILE *f;

    snprintf(certificate, sizeof(certificate), "%s/cert", scratch->path);
    snprintf(key, sizeof(key), "%s/key", scratch->path);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, pkey);
    X509_sign(x, pkey, EVP_sha256());
    f = fopen(certificate, "w");
    PEM_write_X509(f, x);
    fclose(f);
    f = fopen(key, "w");
    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(pkey);
}

#endif
