/* SPDX-License-Identifier: MIT
 * Certificates and revocation lists made with OpenSSL, for tests and for runs
 * with real cryptography (RFC 5280 4, 5). */
#include "ike/crypto_openssl.h"
#include "ike/ike.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static EVP_PKEY *pkey_of(const struct ike_key *key)
{
    return ((const struct openssl_key *)key)->pkey;
}

static const char *hash_of(const struct ike_key *key)
{
    static const char *const names[] = {[HASH_SHA256] = "SHA2-256",
                                        [HASH_SHA384] = "SHA2-384",
                                        [HASH_SHA512] = "SHA2-512",
                                        [HASH_IDENTITY] = NULL};
    return names[ike_key_types[key->type].hash];
}

static X509 *parse(OSSL_LIB_CTX *context, struct ike_bytes from)
{
    X509 *cert = X509_new_ex(context, NULL);
    const uint8_t *at = from.at;
    assert(from.len <= LONG_MAX);
    if (cert == NULL || d2i_X509(&cert, &at, (long)from.len) == NULL) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

static bool extend(X509 *cert, X509 *issuer, int nid, const char *text)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *const extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
    const bool done = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* RFC 4945 3.1 */
static bool add_other_name(X509 *cert, const struct ike_cert_spec *spec)
{
    if (spec->id_type == 0)
        return true;
    const bool text = spec->id_type == ID_FQDN || spec->id_type == ID_RFC822_ADDR;
    const int kind = !text ? GEN_IPADD : spec->id_type == ID_FQDN ? GEN_DNS : GEN_EMAIL;
    GENERAL_NAMES *const all = GENERAL_NAMES_new();
    GENERAL_NAME *const name = GENERAL_NAME_new();
    ASN1_STRING *const value = ASN1_STRING_type_new(text ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
    bool done = all != NULL && name != NULL && value != NULL &&
                ASN1_STRING_set(value, spec->id.at, (int)spec->id.len) == 1;
    if (!done) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
    } else {
        GENERAL_NAME_set0_value(name, kind, value);
        done = sk_GENERAL_NAME_push(all, name) > 0;
        if (!done)
            GENERAL_NAME_free(name); /* and its value with it */
        done =
            done && X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1;
    }
    GENERAL_NAMES_free(all);
    return done;
}

static bool add_extensions(X509 *cert, X509 *issuer, const struct ike_cert_spec *spec)
{
    static const char *const usages[] = {[USAGE_SIGNATURE] = "critical,digitalSignature",
                                         [USAGE_CIPHER] = "critical,keyEncipherment",
                                         [USAGE_SERVER] = "critical,digitalSignature"};
    if (spec->ca && !extend(cert, issuer, NID_basic_constraints, "critical,CA:TRUE"))
        return false;
    const char *const usage = spec->ca ? "critical,keyCertSign,cRLSign" : usages[spec->usage];
    if (!extend(cert, issuer, NID_key_usage, usage) ||
        !extend(cert, issuer, NID_subject_key_identifier, "hash"))
        return false;
    /* RFC 5280 4.2.1.1: may be left out where they are the same */
    if (issuer != cert && !extend(cert, issuer, NID_authority_key_identifier, "keyid"))
        return false;
    if (!spec->ca && spec->usage == USAGE_SERVER &&
        !extend(cert, issuer, NID_ext_key_usage, "serverAuth"))
        return false;
    return add_other_name(cert, spec);
}

static bool fill(X509 *cert, X509 *issuer, const struct ike_cert_spec *spec,
                 const struct ike_key *subject)
{
    X509_NAME *const name = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), spec->serial) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)spec->name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)spec->from_s) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)spec->until_s) != NULL &&
           X509_set_pubkey(cert, pkey_of(subject)) == 1 && add_extensions(cert, issuer, spec);
}

/* A context that signs with the issuer's key; NULL: it does not. */
static EVP_MD_CTX *signer(OSSL_LIB_CTX *context, const struct ike_key *key)
{
    EVP_MD_CTX *const md = EVP_MD_CTX_new();
    if (md != NULL &&
        EVP_DigestSignInit_ex(md, NULL, hash_of(key), context, NULL, pkey_of(key), NULL) == 1)
        return md;
    EVP_MD_CTX_free(md);
    return NULL;
}

bool openssl_cert_make(struct ike_crypto *c, const struct ike_cert_spec *spec,
                       const struct ike_key *subject, const struct ike_issuer *issuer,
                       struct ike_writer *out)
{
    const struct openssl_library *const library = openssl_library_of(c);
    if (library == NULL)
        return false;
    X509 *const cert = X509_new_ex(library->context, NULL);
    X509 *const above = issuer->cert.len > 0 ? parse(library->context, issuer->cert) : NULL;
    X509 *const by = issuer->cert.len > 0 ? above : cert;
    EVP_MD_CTX *const md = signer(library->context, issuer->key);
    uint8_t *der = NULL;
    int len = -1;
    if (cert != NULL && by != NULL && md != NULL && fill(cert, by, spec, subject) &&
        X509_sign_ctx(cert, md) > 0)
        len = i2d_X509(cert, &der);
    if (len > 0)
        put_bytes(out, (struct ike_bytes){.at = der, .len = (size_t)len});
    OPENSSL_free(der);
    EVP_MD_CTX_free(md);
    X509_free(above);
    X509_free(cert);
    ERR_clear_error();
    return len > 0 && !out->bad;
}

static bool revoke(X509_CRL *crl, uint64_t serial, ASN1_TIME *at)
{
    X509_REVOKED *const revoked = X509_REVOKED_new();
    ASN1_INTEGER *const number = ASN1_INTEGER_new();
    const bool done = revoked != NULL && number != NULL &&
                      ASN1_INTEGER_set_uint64(number, serial) == 1 &&
                      X509_REVOKED_set_serialNumber(revoked, number) == 1 &&
                      X509_REVOKED_set_revocationDate(revoked, at) == 1 &&
                      X509_CRL_add0_revoked(crl, revoked) == 1;
    if (!done)
        X509_REVOKED_free(revoked);
    ASN1_INTEGER_free(number);
    return done;
}

static bool fill_crl(X509_CRL *crl, X509 *issuer, const struct ike_crl_spec *spec)
{
    ASN1_TIME *const from = ASN1_TIME_set(NULL, (time_t)spec->from_s);
    ASN1_TIME *const until = ASN1_TIME_set(NULL, (time_t)spec->until_s);
    bool done =
        from != NULL && until != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
        X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1;
    for (size_t i = 0; i < spec->serial_count && done; i++)
        done = revoke(crl, spec->serials[i], from);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return done;
}

bool openssl_crl_make(struct ike_crypto *c, const struct ike_crl_spec *spec,
                      const struct ike_issuer *issuer, struct ike_writer *out)
{
    const struct openssl_library *const library = openssl_library_of(c);
    if (library == NULL)
        return false;
    X509_CRL *const crl = X509_CRL_new_ex(library->context, NULL);
    X509 *const above = parse(library->context, issuer->cert);
    EVP_MD_CTX *const md = signer(library->context, issuer->key);
    uint8_t *der = NULL;
    int len = -1;
    if (crl != NULL && above != NULL && md != NULL && fill_crl(crl, above, spec) &&
        X509_CRL_sign_ctx(crl, md) > 0)
        len = i2d_X509_CRL(crl, &der);
    if (len > 0)
        put_bytes(out, (struct ike_bytes){.at = der, .len = (size_t)len});
    OPENSSL_free(der);
    EVP_MD_CTX_free(md);
    X509_free(above);
    X509_CRL_free(crl);
    ERR_clear_error();
    return len > 0 && !out->bad;
}
