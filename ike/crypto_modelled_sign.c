/* SPDX-License-Identifier: MIT
 * Stand-ins for signatures and certificates. A signature is a digest under the
 * name of the key, as long as a real one; a certificate has the length that
 * crypto_openssl_make.c would give it, says the same things, and is judged in
 * the same order with the same reasons. Who knows how can forge all of it; who
 * changes an octet is found out.
 *
 *     "MC" | length (2) | key type | flags | serial (8) | from (8) | until (8) | key (16)
 *     | issuer's key (16) | its type | ID type | ID length | name length | ID
 *     | name | padding | signature
 *     "ML" | issuer's key (16) | its type | from (8) | until (8) | count (2)
 *     | serials (8 each) | signature */
#include "ike/crypto_modelled.h"
#include "ike/ike.h"

#include <assert.h>
#include <stdlib.h>

enum {
    KEY_ID = 16,
    MAGIC_CERT = 'M' << 8 | 'C',
    MAGIC_CRL = 'M' << 8 | 'L',
    FLAG_CA = 0x80,
    CRLS_MAX = 4,
    NAME_MAX_LEN = 64, /* ub-common-name, RFC 5280 A.1 */
};

static const uint64_t last_of_2049_s = UINT64_C(2524607999);

struct modelled_key {
    struct ike_key head; /* first: it is an ike_key */
    uint8_t id[KEY_ID];
};

struct cert {
    struct ike_bytes all;
    struct ike_bytes body; /* without the signature */
    struct ike_bytes signature;
    uint8_t type;
    uint8_t flags;
    uint64_t serial;
    uint64_t from_s;
    uint64_t until_s;
    struct ike_bytes key;
    struct ike_bytes issuer_key;
    uint8_t issuer_type;
    uint8_t id_type;
    struct ike_bytes id;
    struct ike_bytes name;
};

struct crl {
    struct ike_bytes body;
    struct ike_bytes signature;
    struct ike_bytes issuer_key;
    uint8_t issuer_type;
    uint64_t from_s;
    uint64_t until_s;
    struct ike_bytes serials;
};

struct modelled_trust {
    struct ike_trust head; /* first: it is an ike_trust */
    struct ike_bytes anchors[IKE_ANCHORS_MAX];
    struct ike_bytes crls[CRLS_MAX];
    uint8_t crl_count;
};

/* ---- keys and signatures ---- */

/* What a saved key begins with; its name follows. */
static const uint8_t saved[16] = "modelled key is";

static struct ike_key *key_from(uint8_t type, struct ike_bytes octets)
{
    struct modelled_key *const key = calloc(1, sizeof *key);
    if (key == NULL || type == KEY_TYPE_NONE || octets.len == 0) {
        free(key);
        return NULL;
    }
    key->head.type = type;
    if (octets.len == sizeof saved + KEY_ID && memcmp(octets.at, saved, sizeof saved) == 0)
        memcpy(key->id, octets.at + sizeof saved, KEY_ID);
    else
        modelled_octets(&(struct modelled_input){.use = USE_KEY, .about = type, .key = octets},
                        key->id, KEY_ID);
    return &key->head;
}

static struct ike_key *modelled_key_make(struct ike_crypto *c, uint8_t type)
{
    uint8_t seed[32];
    modelled_random(c, seed, sizeof seed);
    return key_from(type, (struct ike_bytes){.at = seed, .len = sizeof seed});
}

static struct ike_key *modelled_key_load(struct ike_crypto *c, uint8_t type, struct ike_bytes from)
{
    (void)c;
    return key_from(type, from);
}

static bool modelled_key_save(const struct ike_key *key, struct ike_writer *out)
{
    put_bytes(out, (struct ike_bytes){.at = saved, .len = sizeof saved});
    put_bytes(out, (struct ike_bytes){.at = ((const struct modelled_key *)key)->id, .len = KEY_ID});
    return !out->bad;
}

static void modelled_key_free(struct ike_key *key)
{
    free(key);
}

static struct ike_bytes id_of(const struct ike_key *key)
{
    return (struct ike_bytes){.at = ((const struct modelled_key *)key)->id, .len = KEY_ID};
}

/* What a key of `type` named `key` signs, and how long that is. */
static size_t signature_make(uint8_t type, struct ike_bytes key, const struct ike_signed *what,
                             uint8_t *out)
{
    const struct ike_key_row *const row = &ike_key_types[type];
    const bool raw = what->scheme != NULL && what->scheme->raw;
    const size_t len = raw ? 2 * ((row->bits + 7U) / 8) : row->signature_len;
    const uint64_t about = what->scheme != NULL ? (uint64_t)(what->scheme - ike_schemes) + 1 : 0;
    modelled_octets(&(struct modelled_input){.use = USE_SIGNATURE,
                                             .about = about << 8 | type,
                                             .key = key,
                                             .parts = what->parts,
                                             .part_count = what->part_count},
                    out, len);
    return len;
}

bool modelled_sign(struct ike_crypto *c, const struct ike_key *key, const struct ike_signed *what,
                   uint8_t *out, size_t *len)
{
    (void)c;
    if (!ike_scheme_fits(what->scheme, key->type))
        return false;
    *len = signature_make(key->type, id_of(key), what, out);
    return true;
}

static bool signature_holds(uint8_t type, struct ike_bytes key, const struct ike_signed *what,
                            struct ike_bytes signature)
{
    uint8_t good[IKE_SIGNATURE_MAX];
    const size_t len = signature_make(type, key, what, good);
    return signature.len == len && ike_secret_equal(signature.at, good, len);
}

bool modelled_verify(struct ike_crypto *c, const struct ike_public *key,
                     const struct ike_signed *what, struct ike_bytes signature)
{
    const struct ike_bytes id = {.at = key->own.octets, .len = KEY_ID};
    (void)c;
    return ike_scheme_fits(what->scheme, key->type) &&
           signature_holds(key->type, id, what, signature);
}

void modelled_public_free(struct ike_crypto *c, struct ike_public *key)
{
    (void)c;
    *key = (struct ike_public){.type = KEY_TYPE_NONE};
}

/* ---- how long the real one is ---- */

static size_t tlv(size_t len)
{
    return len + (len < 128 ? 2 : len < 256 ? 3 : 4);
}

/* A distinguished name of one common name. */
static size_t dn_len(size_t name_len)
{
    return tlv(tlv(tlv(5 + tlv(name_len))));
}

static size_t time_len(uint64_t time_s)
{
    return time_s > last_of_2049_s ? tlv(15) : tlv(13); /* RFC 5280 4.1.2.5 */
}

static size_t integer_len(uint64_t value)
{
    size_t len = 1;
    for (; value > 0x7f; value >>= 8)
        len++;
    return tlv(len);
}

static size_t identifier_len(uint8_t type)
{
    static const uint8_t lens[] = {
        [KEY_NONE] = 0, [KEY_RSA] = 15, [KEY_ECDSA] = 12, [KEY_ED25519] = 7, [KEY_ED448] = 7};
    return lens[ike_key_types[type].kind];
}

static size_t extensions_len(const struct ike_cert_spec *spec, bool self_signed)
{
    size_t len = 16 + 31 + (self_signed ? 0 : 33); /* key usage, the key's name, the issuer's */
    len += spec->ca ? 17 : 0;
    len += !spec->ca && spec->usage == USAGE_SERVER ? 21 : 0;
    if (spec->id_type != 0)
        len += tlv(5 + tlv(tlv(tlv(spec->id.len))));
    return tlv(tlv(len));
}

static size_t cert_len(const struct ike_cert_spec *spec, uint8_t type,
                       const struct ike_issuer *issuer, size_t issuer_name_len)
{
    const uint8_t issuer_type = issuer->key->type;
    const size_t validity = tlv(time_len(spec->from_s) + time_len(spec->until_s));
    const size_t body = 5 + integer_len(spec->serial) + identifier_len(issuer_type) +
                        dn_len(issuer_name_len) + validity + dn_len(strlen(spec->name)) +
                        ike_key_types[type].spki_len + extensions_len(spec, issuer->cert.len == 0);
    const size_t signature = tlv(1 + (size_t)ike_key_types[issuer_type].signature_len);
    return tlv(tlv(body) + identifier_len(issuer_type) + signature);
}

/* ---- reading ---- */

static bool type_is_known(uint8_t type)
{
    return type > KEY_TYPE_NONE && type < KEY_TYPE_COUNT;
}

/* The last octets of `all`, as a key of `issuer_type` makes them, and what stands before. */
static bool split(struct ike_bytes all, uint8_t issuer_type, struct ike_bytes *body,
                  struct ike_bytes *signature)
{
    if (!type_is_known(issuer_type) || all.len < ike_key_types[issuer_type].signature_len)
        return false;
    struct ike_reader r = rd_open(all);
    *body = rd_bytes(&r, all.len - ike_key_types[issuer_type].signature_len);
    *signature = rd_rest(&r);
    return true;
}

static bool cert_parse(struct ike_bytes from, struct cert *out)
{
    struct ike_reader r = rd_open(from);
    const bool magic = rd_u16(&r) == MAGIC_CERT && rd_u16(&r) == from.len;
    out->all = from;
    out->type = rd_u8(&r);
    out->flags = rd_u8(&r);
    out->serial = rd_u64(&r);
    out->from_s = rd_u64(&r);
    out->until_s = rd_u64(&r);
    out->key = rd_bytes(&r, KEY_ID);
    out->issuer_key = rd_bytes(&r, KEY_ID);
    out->issuer_type = rd_u8(&r);
    out->id_type = rd_u8(&r);
    const uint8_t id_len = rd_u8(&r);
    const uint8_t name_len = rd_u8(&r);
    out->id = rd_bytes(&r, id_len);
    out->name = rd_bytes(&r, name_len);
    if (r.bad || !magic || from.len > IKE_CERT_MAX || !type_is_known(out->type))
        return false;
    return split(from, out->issuer_type, &out->body, &out->signature) &&
           out->body.len + r.left >= from.len; /* what was read lies before the signature */
}

static bool crl_parse(struct ike_bytes from, struct crl *out)
{
    struct ike_reader r = rd_open(from);
    const bool magic = rd_u16(&r) == MAGIC_CRL;
    out->issuer_key = rd_bytes(&r, KEY_ID);
    out->issuer_type = rd_u8(&r);
    out->from_s = rd_u64(&r);
    out->until_s = rd_u64(&r);
    const uint16_t count = rd_u16(&r);
    out->serials = rd_bytes(&r, (size_t)count * 8);
    return !r.bad && magic && split(from, out->issuer_type, &out->body, &out->signature) &&
           r.left == out->signature.len;
}

/* ---- making ---- */

static bool put_signature(struct ike_writer *out, size_t begin, const struct ike_key *key)
{
    uint8_t signature[IKE_SIGNATURE_MAX];
    const struct ike_bytes body = {.at = out->base + begin, .len = out->len - begin};
    if (out->bad)
        return false;
    const struct ike_signed what = {.scheme = NULL, .parts = &body, .part_count = 1};
    const size_t len = signature_make(key->type, id_of(key), &what, signature);
    put_bytes(out, (struct ike_bytes){.at = signature, .len = len});
    return !out->bad;
}

static void put_padding(struct ike_writer *out, size_t len, const struct ike_key *subject)
{
    uint8_t *const room = put_room(out, len);
    if (room != NULL)
        modelled_octets(&(struct modelled_input){.use = USE_PADDING, .key = id_of(subject)}, room,
                        len);
}

static bool modelled_cert_make(struct ike_crypto *c, const struct ike_cert_spec *spec,
                               const struct ike_key *subject, const struct ike_issuer *issuer,
                               struct ike_writer *out)
{
    const struct ike_bytes name = {.at = (const uint8_t *)spec->name, .len = strlen(spec->name)};
    struct cert above = {.name = name};
    const size_t begin = out->len;
    (void)c;
    if (name.len > NAME_MAX_LEN || spec->id.len > IKE_ID_MAX ||
        (issuer->cert.len > 0 && !cert_parse(issuer->cert, &above)))
        return false;
    const size_t len = cert_len(spec, subject->type, issuer, above.name.len);
    put_u16(out, MAGIC_CERT);
    put_u16(out, 0); /* length, below */
    put_u8(out, subject->type);
    put_u8(out, (uint8_t)(spec->usage | (spec->ca ? FLAG_CA : 0)));
    put_u64(out, spec->serial);
    put_u64(out, spec->from_s);
    put_u64(out, spec->until_s);
    put_bytes(out, id_of(subject));
    put_bytes(out, id_of(issuer->key));
    put_u8(out, issuer->key->type);
    put_u8(out, spec->id_type);
    put_u8(out, (uint8_t)spec->id.len);
    put_u8(out, (uint8_t)name.len);
    put_bytes(out, spec->id);
    put_bytes(out, name);
    const size_t used = out->len - begin + ike_key_types[issuer->key->type].signature_len;
    put_padding(out, used < len ? len - used : 0, subject);
    put_u16_at(out, begin + 2, used < len ? len : used);
    return put_signature(out, begin, issuer->key);
}

static bool modelled_crl_make(struct ike_crypto *c, const struct ike_crl_spec *spec,
                              const struct ike_issuer *issuer, struct ike_writer *out)
{
    const size_t begin = out->len;
    (void)c;
    put_u16(out, MAGIC_CRL);
    put_bytes(out, id_of(issuer->key));
    put_u8(out, issuer->key->type);
    put_u64(out, spec->from_s);
    put_u64(out, spec->until_s);
    put_u16(out, (uint16_t)spec->serial_count);
    for (size_t i = 0; i < spec->serial_count; i++)
        put_u64(out, spec->serials[i]);
    return put_signature(out, begin, issuer->key);
}

/* ---- trust ---- */

static struct ike_trust *modelled_trust_open(struct ike_crypto *c)
{
    struct modelled_trust *const trust = calloc(1, sizeof *trust);
    (void)c;
    return trust != NULL ? &trust->head : NULL;
}

static bool copy(struct ike_bytes from, struct ike_bytes *out)
{
    uint8_t *const room = malloc(from.len);
    if (room == NULL)
        return false;
    memcpy(room, from.at, from.len);
    *out = (struct ike_bytes){.at = room, .len = from.len};
    return true;
}

static bool modelled_trust_add(struct ike_trust *trust, enum ike_trust_kind kind,
                               struct ike_bytes from)
{
    struct modelled_trust *const own = (struct modelled_trust *)trust;
    struct cert cert;
    struct crl crl;
    if (kind == TRUST_CRL) {
        if (own->crl_count == CRLS_MAX || !crl_parse(from, &crl) ||
            !copy(from, &own->crls[own->crl_count]))
            return false;
        own->crl_count++;
        return true;
    }
    const uint8_t at = trust->anchor_count;
    if (at == IKE_ANCHORS_MAX || !cert_parse(from, &cert) || !copy(from, &own->anchors[at]))
        return false;
    modelled_octets(&(struct modelled_input){.use = USE_SHA1, .key = cert.key}, trust->anchors[at],
                    sizeof trust->anchors[at]);
    trust->anchor_count++;
    return true;
}

static void free_copy(struct ike_bytes bytes)
{
    uint8_t *at;
    memcpy(&at, &bytes.at, sizeof at); /* it was ours, and not const, when it was made */
    free(at);
}

static void modelled_trust_close(struct ike_trust *trust)
{
    struct modelled_trust *const own = (struct modelled_trust *)trust;
    if (own == NULL)
        return;
    for (uint8_t i = 0; i < trust->anchor_count; i++)
        free_copy(own->anchors[i]);
    for (uint8_t i = 0; i < own->crl_count; i++)
        free_copy(own->crls[i]);
    free(own);
}

/* ---- the path, from the end entity to an anchor ---- */

struct path {
    struct cert certs[IKE_CERTS_MAX + 1];
    size_t count;
};

static bool issued(const struct cert *by, const struct cert *cert)
{
    return ike_bytes_equal(by->key, cert->issuer_key);
}

/* One that was parsed before. */
static void cert_read(struct ike_bytes from, struct cert *out)
{
    const bool good = cert_parse(from, out);
    assert(good);
    (void)good;
}

static bool find_anchor(const struct modelled_trust *trust, const struct cert *cert,
                        struct cert *out)
{
    for (uint8_t i = 0; i < trust->head.anchor_count; i++) {
        cert_read(trust->anchors[i], out);
        if (issued(out, cert))
            return true;
    }
    return false;
}

static bool is_anchor(const struct modelled_trust *trust, const struct cert *cert)
{
    for (uint8_t i = 0; i < trust->head.anchor_count; i++)
        if (ike_bytes_equal(trust->anchors[i], cert->all))
            return true;
    return false;
}

static bool find_sent(const struct ike_chain *chain, const struct cert *cert, struct cert *out)
{
    for (size_t i = 1; i < chain->cert_count; i++) {
        cert_read(chain->certs[i], out);
        if (issued(out, cert))
            return true;
    }
    return false;
}

static bool find_path(const struct ike_chain *chain, struct path *path)
{
    const struct modelled_trust *const trust = (const struct modelled_trust *)chain->trust;
    for (;;) {
        const struct cert *const last = &path->certs[path->count - 1];
        if (is_anchor(trust, last))
            return true;
        if (path->count > IKE_CERTS_MAX)
            return false;
        struct cert *const next = &path->certs[path->count];
        if (!find_anchor(trust, last, next) && !find_sent(chain, last, next))
            return false;
        path->count++;
    }
}

static bool holds(const struct cert *by, struct ike_bytes body, struct ike_bytes signature)
{
    const struct ike_signed what = {.scheme = NULL, .parts = &body, .part_count = 1};
    return signature_holds(by->type, by->key, &what, signature);
}

static bool lists(const struct crl *crl, uint64_t serial)
{
    struct ike_reader r = rd_open(crl->serials);
    while (r.left > 0)
        if (rd_u64(&r) == serial)
            return true;
    return false;
}

/* One list, which may be of another issuer and then says nothing. */
static enum ike_why check_list(const struct ike_chain *chain, struct ike_bytes list,
                               const struct cert *cert, const struct cert *by)
{
    struct crl crl;
    const bool good = crl_parse(list, &crl);
    assert(good); /* as it was before */
    (void)good;
    if (!ike_bytes_equal(crl.issuer_key, by->key))
        return WHY_OK;
    if (!holds(by, crl.body, crl.signature) || chain->now_s < crl.from_s ||
        chain->now_s > crl.until_s)
        return WHY_CERT_STATUS;
    return lists(&crl, cert->serial) ? WHY_CERT_REVOKED : WHY_OK;
}

static enum ike_why check_revoked(const struct ike_chain *chain, const struct cert *cert,
                                  const struct cert *by)
{
    const struct modelled_trust *const trust = (const struct modelled_trust *)chain->trust;
    enum ike_why why = WHY_OK;
    for (uint8_t i = 0; why == WHY_OK && i < trust->crl_count; i++)
        why = check_list(chain, trust->crls[i], cert, by);
    for (size_t i = 0; why == WHY_OK && i < chain->crl_count; i++)
        why = check_list(chain, chain->crls[i], cert, by);
    return why;
}

static enum ike_why check_times(const struct cert *cert, uint64_t now_s)
{
    if (now_s < cert->from_s)
        return WHY_CERT_NOT_YET_VALID;
    return now_s > cert->until_s ? WHY_CERT_EXPIRED : WHY_OK;
}

/* In the order in which OpenSSL looks: constraints, revocation, then from the anchor down signature
 * and times. */
static enum ike_why check_path(const struct ike_chain *chain, const struct path *path,
                               struct ike_public *out)
{
    enum ike_why why = WHY_OK;
    for (size_t i = 1; i < path->count; i++) {
        out->verified[out->verified_count++] = path->certs[i].type;
        if ((path->certs[i].flags & FLAG_CA) == 0 && why == WHY_OK)
            why = WHY_CERT_CONSTRAINTS;
    }
    for (size_t i = 0; i + 1 < path->count && why == WHY_OK; i++)
        why = check_revoked(chain, &path->certs[i], &path->certs[i + 1]);
    if (why == WHY_OK)
        why = check_times(&path->certs[path->count - 1], chain->now_s);
    for (size_t i = path->count - 1; i > 0 && why == WHY_OK; i--) {
        const struct cert *const cert = &path->certs[i - 1];
        why = holds(&path->certs[i], cert->body, cert->signature) ? check_times(cert, chain->now_s)
                                                                  : WHY_CERT_SIGNATURE;
    }
    return why;
}

/* ---- the end entity ---- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool same_text(struct ike_bytes a, struct ike_bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

/* SEQUENCE { SET { SEQUENCE { commonName, UTF8String name } } } */
static bool is_subject(const struct cert *cert, struct ike_bytes id)
{
    uint8_t room[NAME_MAX_LEN + 16];
    struct ike_writer w = wr_open(room, sizeof room);
    const uint8_t len = (uint8_t)cert->name.len;
    const uint8_t head[] = {0x30, (uint8_t)(len + 11),
                            0x31, (uint8_t)(len + 9),
                            0x30, (uint8_t)(len + 7),
                            0x06, 0x03,
                            0x55, 0x04,
                            0x03, 0x0c,
                            len};
    put_bytes(&w, (struct ike_bytes){.at = head, .len = sizeof head});
    put_bytes(&w, cert->name);
    return !w.bad && ike_bytes_equal(wr_done(&w), id);
}

static bool names(const struct cert *cert, uint8_t id_type, struct ike_bytes id)
{
    if (id_type == ID_DER_ASN1_DN)
        return is_subject(cert, id);
    if (cert->id_type != id_type)
        return false;
    if (id_type == ID_FQDN || id_type == ID_RFC822_ADDR)
        return same_text(cert->id, id);
    return (id_type == ID_IPV4_ADDR || id_type == ID_IPV6_ADDR) && ike_bytes_equal(cert->id, id);
}

static enum ike_why check_end(const struct cert *cert, const struct ike_chain *chain,
                              struct ike_public *out)
{
    if ((cert->flags & FLAG_CA) != 0 || cert->flags != USAGE_SIGNATURE)
        return WHY_CERT_KEY_USAGE;
    if (!names(cert, chain->id_type, chain->id))
        return WHY_CERT_NAME;
    out->type = cert->type;
    memcpy(out->own.octets, cert->key.at, KEY_ID);
    return WHY_OK;
}

enum ike_why modelled_judge(struct ike_crypto *c, const struct ike_chain *chain,
                            struct ike_public *out)
{
    struct path path = {.count = 0};
    struct cert other;
    struct crl list;
    (void)c;
    *out = (struct ike_public){.type = KEY_TYPE_NONE};
    if (chain->cert_count == 0)
        return WHY_CERT_MISSING;
    for (size_t i = 0; i < chain->cert_count; i++)
        if (!cert_parse(chain->certs[i], &other))
            return WHY_CERT_SYNTAX;
    cert_read(chain->certs[0], &path.certs[path.count++]);
    for (size_t i = 0; i < chain->crl_count; i++)
        if (!crl_parse(chain->crls[i], &list))
            return WHY_CERT_STATUS;
    if (!find_path(chain, &path))
        return WHY_CERT_UNTRUSTED;
    const enum ike_why why = check_path(chain, &path, out);
    return why == WHY_OK ? check_end(&path.certs[0], chain, out) : why;
}

const struct ike_credential_ops modelled_credentials = {
    .key_make = modelled_key_make,
    .key_load = modelled_key_load,
    .key_save = modelled_key_save,
    .key_free = modelled_key_free,
    .cert_make = modelled_cert_make,
    .crl_make = modelled_crl_make,
    .trust_open = modelled_trust_open,
    .trust_add = modelled_trust_add,
    .trust_close = modelled_trust_close,
};
