/* SPDX-License-Identifier: MIT
 * The OpenSSL provider's part for EAP: MD4, MD5 and single DES, which nothing
 * but old methods wants. MD4 and DES come from OpenSSL's legacy module, in a
 * library context of its own, so that nobody else is offered them; it is loaded
 * when first asked for, and may be absent. */
#include "ike/crypto_openssl.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

struct openssl_eap {
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *usual;
    OSSL_PROVIDER *legacy;
    EVP_MD *digests[2]; /* by enum ike_digest_kind; NULL: not to be had */
    EVP_CIPHER *des;
    EVP_MD_CTX *digesting;
    EVP_CIPHER_CTX *ciphering;
};

struct openssl_eap *openssl_eap_open(void)
{
    struct openssl_eap *const e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->library = OSSL_LIB_CTX_new();
    if (e->library == NULL) /* which would be the one that everybody uses */
        return e;
    e->usual = OSSL_PROVIDER_load(e->library, "default");
    e->legacy = OSSL_PROVIDER_load(e->library, "legacy");
    e->digests[DIGEST_MD4] = EVP_MD_fetch(e->library, "MD4", NULL);
    e->digests[DIGEST_MD5] = EVP_MD_fetch(e->library, "MD5", NULL);
    e->des = EVP_CIPHER_fetch(e->library, "DES-ECB", NULL);
    e->digesting = EVP_MD_CTX_new();
    e->ciphering = EVP_CIPHER_CTX_new();
    ERR_clear_error();
    return e;
}

void openssl_eap_close(struct openssl_eap *e)
{
    if (e == NULL)
        return;
    EVP_MD_CTX_free(e->digesting);
    EVP_CIPHER_CTX_free(e->ciphering);
    EVP_CIPHER_free(e->des);
    EVP_MD_free(e->digests[DIGEST_MD4]);
    EVP_MD_free(e->digests[DIGEST_MD5]);
    if (e->legacy != NULL)
        (void)OSSL_PROVIDER_unload(e->legacy);
    if (e->usual != NULL)
        (void)OSSL_PROVIDER_unload(e->usual);
    OSSL_LIB_CTX_free(e->library);
    free(e);
}

bool openssl_eap_digest(struct openssl_eap *e, enum ike_digest_kind kind,
                        const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    if (e->digests[kind] == NULL || e->digesting == NULL)
        return false;
    bool good = EVP_DigestInit_ex2(e->digesting, e->digests[kind], NULL) == 1;
    for (size_t i = 0; i < part_count; i++)
        good = good && EVP_DigestUpdate(e->digesting, parts[i].at, parts[i].len) == 1;
    return good && EVP_DigestFinal_ex(e->digesting, out, NULL) == 1;
}

bool openssl_eap_des(struct openssl_eap *e, const uint8_t *key, const uint8_t *block, uint8_t *out)
{
    int len;
    if (e->des == NULL || e->ciphering == NULL)
        return false;
    return EVP_EncryptInit_ex2(e->ciphering, e->des, key, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(e->ciphering, 0) == 1 &&
           EVP_EncryptUpdate(e->ciphering, out, &len, block, 8) == 1;
}
