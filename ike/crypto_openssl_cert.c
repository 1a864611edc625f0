/* SPDX-License-Identifier: MIT
 * Certificates judged with OpenSSL: a path to a trust anchor, at the time that
 * is said and not at the clock's, revocation, key usage, identity (RFC 5280 6,
 * RFC 4945 3, 5). */
#include "ike/crypto_openssl.h"
#include "ike/ike.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct openssl_trust {
    struct ike_trust head; /* first: it is an ike_trust */
    OSSL_LIB_CTX *context;
    X509_STORE *store;
    bool has_crl;
};

/* What the library says, and what we say. Nothing here: untrusted. */
/* clang-format off */
static const struct {
    int error;
    enum ike_why why;
} reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED,                 WHY_CERT_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID,               WHY_CERT_NOT_YET_VALID},
    {X509_V_ERR_CERT_REVOKED,                     WHY_CERT_REVOKED},
    {X509_V_ERR_CRL_HAS_EXPIRED,                  WHY_CERT_STATUS},
    {X509_V_ERR_CRL_NOT_YET_VALID,                WHY_CERT_STATUS},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE,            WHY_CERT_STATUS},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,             WHY_CERT_STATUS},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE,           WHY_CERT_SIGNATURE},
    {X509_V_ERR_INVALID_CA,                       WHY_CERT_CONSTRAINTS},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED,             WHY_CERT_CONSTRAINTS},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,     WHY_CERT_CONSTRAINTS},
    {X509_V_ERR_PERMITTED_VIOLATION,              WHY_CERT_CONSTRAINTS},
    {X509_V_ERR_EXCLUDED_VIOLATION,               WHY_CERT_CONSTRAINTS},
    {X509_V_ERR_EE_KEY_TOO_SMALL,                 WHY_CERT_KEY},
    {X509_V_ERR_CA_KEY_TOO_SMALL,                 WHY_CERT_KEY},
    {X509_V_ERR_CA_MD_TOO_WEAK,                   WHY_CERT_KEY},
};
/* clang-format on */

static enum ike_why why_of(int error)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].error == error)
            return reasons[i].why;
    return WHY_CERT_UNTRUSTED;
}

/* All of the octets, or nothing. */
static X509 *cert_parse(OSSL_LIB_CTX *context, struct ike_bytes from)
{
    X509 *cert = X509_new_ex(context, NULL);
    const uint8_t *at = from.at;
    if (cert == NULL || from.len > IKE_CERT_MAX || d2i_X509(&cert, &at, (long)from.len) == NULL ||
        at != from.at + from.len) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

/* ---- trust ---- */

struct ike_trust *openssl_trust_open(struct ike_crypto *c)
{
    const struct openssl_library *const library = openssl_library_of(c);
    struct openssl_trust *const trust = calloc(1, sizeof *trust);
    if (library == NULL || trust == NULL) {
        free(trust);
        return NULL;
    }
    trust->context = library->context;
    trust->store = X509_STORE_new();
    if (trust->store == NULL) {
        free(trust);
        return NULL;
    }
    return &trust->head;
}

static bool add_anchor(struct openssl_trust *trust, struct ike_bytes from)
{
    X509 *const cert = cert_parse(trust->context, from);
    uint8_t *der = NULL;
    bool done = false;
    if (cert == NULL || trust->head.anchor_count == IKE_ANCHORS_MAX) {
        X509_free(cert);
        return false;
    }
    /* The whole SubjectPublicKeyInfo, not the key alone (RFC 7296 3.7). */
    const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    if (len > 0 && X509_STORE_add_cert(trust->store, cert) == 1)
        done = EVP_Q_digest(trust->context, "SHA1", NULL, der, (size_t)len,
                            trust->head.anchors[trust->head.anchor_count], NULL) == 1;
    trust->head.anchor_count = (uint8_t)(trust->head.anchor_count + (done ? 1 : 0));
    OPENSSL_free(der);
    X509_free(cert);
    return done;
}

static bool add_crl(struct openssl_trust *trust, struct ike_bytes from)
{
    X509_CRL *crl = X509_CRL_new_ex(trust->context, NULL);
    const uint8_t *at = from.at;
    assert(from.len <= LONG_MAX);
    const bool done = crl != NULL && d2i_X509_CRL(&crl, &at, (long)from.len) != NULL &&
                      X509_STORE_add_crl(trust->store, crl) == 1;
    X509_CRL_free(crl);
    trust->has_crl = trust->has_crl || done;
    return done;
}

bool openssl_trust_add(struct ike_trust *trust, enum ike_trust_kind kind, struct ike_bytes from)
{
    struct openssl_trust *const own = (struct openssl_trust *)trust;
    const bool done = kind == TRUST_ANCHOR ? add_anchor(own, from) : add_crl(own, from);
    ERR_clear_error();
    return done;
}

void openssl_trust_close(struct ike_trust *trust)
{
    if (trust == NULL)
        return;
    X509_STORE_free(((struct openssl_trust *)trust)->store);
    free(trust);
}

/* ---- the path ---- */

/* Who has no revocation list of an issuer asks nothing of it. */
static int verify_callback(int good, X509_STORE_CTX *ctx)
{
    return good == 1 || X509_STORE_CTX_get_error(ctx) == X509_V_ERR_UNABLE_TO_GET_CRL;
}

static uint8_t type_of(const X509 *cert)
{
    const EVP_PKEY *const pkey = X509_get0_pubkey(cert);
    return pkey != NULL ? openssl_key_type(pkey) : (uint8_t)KEY_TYPE_NONE;
}

/* Every certificate but the anchor had its signature looked at, unless there was no path. */
static void count_verified(X509_STORE_CTX *ctx, struct ike_public *out)
{
    const STACK_OF(X509) *const path = X509_STORE_CTX_get0_chain(ctx);
    const int count = path != NULL ? sk_X509_num(path) : 0;
    for (int i = 1; i < count && out->verified_count < sizeof out->verified; i++)
        out->verified[out->verified_count++] = type_of(sk_X509_value(path, i));
}

/* Lists for this once; NULL: none, or one that cannot be read, which is in *why. */
static STACK_OF(X509_CRL) *
    lists_of(const struct openssl_trust *trust, const struct ike_chain *chain, enum ike_why *why)
{
    *why = WHY_OK;
    if (chain->crl_count == 0)
        return NULL;
    STACK_OF(X509_CRL) *const out = sk_X509_CRL_new_null();
    for (size_t i = 0; i < chain->crl_count; i++) {
        X509_CRL *crl = X509_CRL_new_ex(trust->context, NULL);
        const uint8_t *at = chain->crls[i].at;
        if (crl == NULL || d2i_X509_CRL(&crl, &at, (long)chain->crls[i].len) == NULL ||
            sk_X509_CRL_push(out, crl) <= 0) {
            X509_CRL_free(crl);
            *why = WHY_CERT_STATUS;
            break;
        }
    }
    return out;
}

static enum ike_why check_path(const struct openssl_trust *trust, STACK_OF(X509) * certs,
                               const struct ike_chain *chain, struct ike_public *out)
{
    enum ike_why why;
    STACK_OF(X509_CRL) *const lists = lists_of(trust, chain, &why);
    X509_STORE_CTX *const ctx = X509_STORE_CTX_new_ex(trust->context, NULL);
    const bool readable = why == WHY_OK;
    if (readable)
        why = WHY_CERT_UNTRUSTED;
    if (readable && ctx != NULL &&
        X509_STORE_CTX_init(ctx, trust->store, sk_X509_value(certs, 0), certs) == 1) {
        X509_VERIFY_PARAM *const param = X509_STORE_CTX_get0_param(ctx);
        unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
        X509_STORE_CTX_set0_crls(ctx, lists);
        if (trust->has_crl || lists != NULL)
            flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
        (void)X509_VERIFY_PARAM_set_flags(param, flags);
        X509_VERIFY_PARAM_set_time(param, (time_t)chain->now_s);
        X509_VERIFY_PARAM_set_depth(param, IKE_CERTS_MAX);
        X509_VERIFY_PARAM_set_auth_level(param, 1);
        X509_STORE_CTX_set_verify_cb(ctx, verify_callback);
        why = X509_verify_cert(ctx) == 1 ? WHY_OK : why_of(X509_STORE_CTX_get_error(ctx));
        if (why != WHY_CERT_UNTRUSTED)
            count_verified(ctx, out);
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_CRL_pop_free(lists, X509_CRL_free);
    return why;
}

/* ---- the end entity ---- */

static bool allows_ike(const X509 *cert)
{
    EXTENDED_KEY_USAGE *const usages = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
    if (usages == NULL)
        return true;
    bool found = false;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i));
        found = found || nid == NID_ipsec_IKE || nid == NID_anyExtendedKeyUsage;
    }
    EXTENDED_KEY_USAGE_free(usages);
    return found;
}

/* RFC 4945 5.1.3.2 and 5.1.3.12 */
static bool may_sign(X509 *cert)
{
    const uint32_t usage = X509_get_key_usage(cert); /* all bits when it does not say */
    return (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0 && allows_ike(cert);
}

static bool same_text(const ASN1_STRING *text, struct ike_bytes id)
{
    return ASN1_STRING_length(text) == (int)id.len &&
           OPENSSL_strncasecmp((const char *)ASN1_STRING_get0_data(text), (const char *)id.at,
                               id.len) == 0;
}

static bool same_octets(const ASN1_STRING *octets, struct ike_bytes id)
{
    const struct ike_bytes have = {.at = ASN1_STRING_get0_data(octets),
                                   .len = (size_t)ASN1_STRING_length(octets)};
    return ike_bytes_equal(have, id);
}

static bool is_subject(const X509 *cert, struct ike_bytes id)
{
    const uint8_t *at = id.at;
    X509_NAME *const name = d2i_X509_NAME(NULL, &at, (long)id.len);
    const bool same = name != NULL && at == id.at + id.len &&
                      X509_NAME_cmp(name, X509_get_subject_name(cert)) == 0;
    X509_NAME_free(name);
    return same;
}

static bool name_is(const GENERAL_NAME *name, uint8_t id_type, struct ike_bytes id)
{
    int kind;
    const void *const value = GENERAL_NAME_get0_value(name, &kind);
    if (id_type == ID_FQDN)
        return kind == GEN_DNS && same_text(value, id);
    if (id_type == ID_RFC822_ADDR)
        return kind == GEN_EMAIL && same_text(value, id);
    return kind == GEN_IPADD && same_octets(value, id);
}

/* RFC 4945 3.1: an identity stands in subjectAltName, a distinguished name in the subject. */
static bool names(const X509 *cert, uint8_t id_type, struct ike_bytes id)
{
    bool found = false;
    if (id_type == ID_DER_ASN1_DN)
        return is_subject(cert, id);
    if (id_type != ID_FQDN && id_type != ID_RFC822_ADDR && id_type != ID_IPV4_ADDR &&
        id_type != ID_IPV6_ADDR)
        return false;
    GENERAL_NAMES *const others = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; others != NULL && i < sk_GENERAL_NAME_num(others); i++)
        found = found || name_is(sk_GENERAL_NAME_value(others, i), id_type, id);
    GENERAL_NAMES_free(others);
    return found;
}

static enum ike_why check_end(X509 *cert, const struct ike_chain *chain, struct ike_public *out)
{
    if (!may_sign(cert))
        return WHY_CERT_KEY_USAGE;
    if (!names(cert, chain->id_type, chain->id))
        return WHY_CERT_NAME;
    out->type = type_of(cert);
    if (out->type == KEY_TYPE_NONE)
        return WHY_CERT_KEY;
    out->own.pointer = X509_get_pubkey(cert);
    return WHY_OK;
}

enum ike_why openssl_judge(struct ike_crypto *c, const struct ike_chain *chain,
                           struct ike_public *out)
{
    const struct openssl_trust *const trust = (const struct openssl_trust *)chain->trust;
    STACK_OF(X509) *const certs = sk_X509_new_null();
    enum ike_why why = chain->cert_count > 0 ? WHY_OK : WHY_CERT_MISSING;
    (void)c;
    *out = (struct ike_public){.type = KEY_TYPE_NONE};
    for (size_t i = 0; i < chain->cert_count && why == WHY_OK; i++) {
        X509 *const cert = cert_parse(trust->context, chain->certs[i]);
        if (cert == NULL || sk_X509_push(certs, cert) <= 0) {
            X509_free(cert);
            why = WHY_CERT_SYNTAX;
        }
    }
    if (why == WHY_OK)
        why = check_path(trust, certs, chain, out);
    if (why == WHY_OK)
        why = check_end(sk_X509_value(certs, 0), chain, out);
    sk_X509_pop_free(certs, X509_free);
    ERR_clear_error();
    return why;
}
