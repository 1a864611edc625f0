/* SPDX-License-Identifier: MIT
 * The OpenSSL provider: PRFs, SHA-1, sealing and opening. Contexts are made at
 * open and reused for all SAs; the few keys used last stay prepared in them,
 * which is what makes a cookie cheap. No random octet comes from OpenSSL: all
 * are drawn from the stream given at open. Key exchange is in
 * crypto_openssl_kex.c. */
#include "ike/crypto_openssl.h"

#include "ike/limits.h"
#include "ike/puzzle.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

enum {
    BLOCK_MAX = 128, /* of SHA2-512 */
    ESP_HEAD = 8,    /* SPI and sequence number */
    SPI_LAST = 3,    /* the last octet of that SPI; of an IKE SA one that is as good */
    ESP_AAD_MAX = 12,
    HASHES = 5,
    SLOTS = 4, /* keys kept prepared for each hash, and for ciphers in each of so many */
    SETS = 32, /* sets: of 20 tunnels that take turns, two keys each, all but a few */
    NONCE_MAX = 16,
};

/* HMAC with one key: both hashes after their first block (RFC 2104 4). */
struct hmac_key {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
    uint64_t used_at;
    uint8_t key[BLOCK_MAX]; /* padded to the block; used_at 0: none */
};

static const char *const hash_names[HASHES] = {"SHA2-256", "SHA2-384", "SHA2-512", "SHA1", "MD5"};

struct hash {
    EVP_MD *md; /* NULL: the library lacks it */
    size_t block;
    struct hmac_key slots[SLOTS];
};

/* One direction of one row, with one key. */
struct cipher {
    EVP_CIPHER_CTX *ctx;
    uint64_t used_at;            /* 0: it has none yet */
    const struct ike_algo *encr; /* NULL: none yet */
    bool seals;                  /* else it opens */
    uint8_t key[IKE_KEY_MAX];
};

struct openssl {
    struct ike_crypto head; /* first: a provider is an ike_crypto */
    struct ike_random random;
    struct openssl_kex *kex;
    struct openssl_eap *eap;         /* when first needed */
    struct openssl_library *library; /* for signatures; NULL: not opened */
    struct openssl_tls_shelf *tls;   /* when first needed */
    struct openssl_mac *mac;
    EVP_MD *sha1;
    EVP_MD_CTX *work;
    uint64_t uses;
    struct hash hashes[HASHES];
    uint8_t hash_of[IKE_ALGOS_MAX]; /* which, of a PRF or INTEG row with HMAC */
    EVP_CIPHER *types[IKE_ALGOS_MAX];
    struct cipher ciphers[SETS][SLOTS];
    EVP_CIPHER_CTX *ccm; /* it is keyed anew with each message */
};

static struct openssl *openssl_of(struct ike_crypto *c)
{
    return (struct openssl *)c;
}

static void openssl_random(struct ike_crypto *c, uint8_t *out, size_t len)
{
    const struct ike_random *const random = &openssl_of(c)->random;
    random->fill(random->owner, out, len);
}

struct openssl_library *openssl_library_of(struct ike_crypto *c)
{
    struct openssl *const o = openssl_of(c);
    if (o->library != NULL)
        return o->library;
    o->library = calloc(1, sizeof *o->library);
    if (o->library != NULL && !openssl_library_open(o->library, &o->random)) {
        openssl_library_close(o->library);
        free(o->library);
        o->library = NULL;
    }
    return o->library;
}

struct openssl_tls_shelf *openssl_tls_shelf_of(struct ike_crypto *c)
{
    struct openssl *const o = openssl_of(c);
    if (o->tls == NULL)
        o->tls = openssl_tls_shelf_open();
    return o->tls;
}

/* For calls that fail only when the library or memory is broken. */
static void must(int done)
{
    assert(done == 1);
    (void)done;
}

static void digest_parts(EVP_MD_CTX *ctx, const struct ike_bytes *parts, size_t part_count)
{
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].len > 0)
            must(EVP_DigestUpdate(ctx, parts[i].at, parts[i].len));
    }
}

static void openssl_sha1(struct ike_crypto *c, const struct ike_bytes *parts, size_t part_count,
                         uint8_t *out)
{
    struct openssl *const o = openssl_of(c);
    must(EVP_DigestInit_ex2(o->work, o->sha1, NULL));
    digest_parts(o->work, parts, part_count);
    must(EVP_DigestFinal_ex(o->work, out, NULL));
}

/* The hash of a PRF or INTEG row. */
static struct hash *hash_of(struct openssl *o, const struct ike_algo *algo)
{
    assert(algo->mac == IKE_MAC_HMAC);
    return &o->hashes[o->hash_of[algo - ike_algos]];
}

/* Pads a key to the hash's block; a longer one is hashed first (RFC 2104 2). */
static void hmac_pad(struct openssl *o, const struct hash *hash, struct ike_bytes key, uint8_t *out)
{
    memset(out, 0, hash->block);
    if (key.len > hash->block) {
        must(EVP_DigestInit_ex2(o->work, hash->md, NULL));
        must(EVP_DigestUpdate(o->work, key.at, key.len));
        must(EVP_DigestFinal_ex(o->work, out, NULL));
    } else if (key.len > 0) {
        memcpy(out, key.at, key.len);
    }
}

static void hmac_half(EVP_MD_CTX *ctx, const struct hash *hash, const uint8_t *key, uint8_t mask)
{
    uint8_t block[BLOCK_MAX];
    for (size_t i = 0; i < hash->block; i++)
        block[i] = key[i] ^ mask;
    must(EVP_DigestInit_ex2(ctx, hash->md, NULL));
    must(EVP_DigestUpdate(ctx, block, hash->block));
    ike_secret_wipe(block, sizeof block);
}

/* The key prepared; in the slot unused longest when it is in none. */
static const struct hmac_key *hmac_key(struct openssl *o, struct hash *hash, struct ike_bytes key)
{
    uint8_t padded[BLOCK_MAX];
    struct hmac_key *oldest = &hash->slots[0];
    hmac_pad(o, hash, key, padded);
    o->uses++;
    for (size_t i = 0; i < SLOTS; i++) {
        struct hmac_key *const slot = &hash->slots[i];
        if (slot->used_at > 0 && ike_secret_equal(slot->key, padded, hash->block)) {
            slot->used_at = o->uses;
            return slot;
        }
        if (slot->used_at < oldest->used_at)
            oldest = slot;
    }
    hmac_half(oldest->inner, hash, padded, 0x36);
    hmac_half(oldest->outer, hash, padded, 0x5c);
    memcpy(oldest->key, padded, hash->block);
    oldest->used_at = o->uses;
    ike_secret_wipe(padded, sizeof padded);
    return oldest;
}

/* Begins with the key's inner half; the text follows through o->work, then hmac_end. */
static const struct hmac_key *hmac_begin(struct openssl *o, const struct ike_algo *algo,
                                         struct ike_bytes key)
{
    const struct hmac_key *const prepared = hmac_key(o, hash_of(o, algo), key);
    must(EVP_MD_CTX_copy_ex(o->work, prepared->inner));
    return prepared;
}

static void hmac_end(struct openssl *o, const struct ike_algo *algo, const struct hmac_key *key,
                     uint8_t *out)
{
    must(EVP_DigestFinal_ex(o->work, out, NULL));
    must(EVP_MD_CTX_copy_ex(o->work, key->outer));
    must(EVP_DigestUpdate(o->work, out, algo->out_len));
    must(EVP_DigestFinal_ex(o->work, out, NULL));
}

/* NOLINTNEXTLINE(readability-function-size): a view, its count and an output, each by itself */
static void openssl_prf(struct ike_crypto *c, const struct ike_algo *prf, struct ike_bytes key,
                        const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct openssl *const o = openssl_of(c);
    if (prf->mac != IKE_MAC_HMAC) {
        openssl_mac_prf(o->mac, prf, key, parts, part_count, out);
        return;
    }
    const struct hmac_key *const prepared = hmac_begin(o, prf, key);
    digest_parts(o->work, parts, part_count);
    hmac_end(o, prf, prepared, out);
}

static bool openssl_kex_begin_op(struct ike_crypto *c, const struct ike_algo *group,
                                 struct ike_kex *kex, uint8_t *share)
{
    return openssl_kex_begin(openssl_of(c)->kex, group, kex, share);
}

static bool openssl_kex_end_op(struct ike_crypto *c, const struct ike_algo *group,
                               struct ike_kex *kex, struct ike_bytes peer_share, uint8_t *secret)
{
    return openssl_kex_end(openssl_of(c)->kex, group, kex, peer_share, secret);
}

static void openssl_kex_free_op(struct ike_crypto *c, const struct ike_algo *group,
                                struct ike_kex *kex)
{
    (void)c;
    (void)group;
    ike_secret_wipe(kex, sizeof *kex);
}

static bool openssl_kex_answer_op(struct ike_crypto *c, const struct ike_algo *group,
                                  struct ike_bytes peer_share, uint8_t *share, uint8_t *secret)
{
    return openssl_kex_answer(openssl_of(c)->kex, group, peer_share, share, secret);
}

/* The octets of a message under SK, as ops->seal lays them out. */
struct sealed {
    const uint8_t *aad;
    int aad_len;
    uint8_t *iv;
    uint8_t *text;
    int text_len;
    uint8_t *icv;
};

static struct sealed sealed_parts(const struct ike_seal_keys *keys, uint8_t *message,
                                  size_t aad_len, size_t text_len)
{
    uint8_t *const iv = message + aad_len;
    uint8_t *const text = iv + keys->encr->iv_len;
    assert(aad_len <= IKE_MESSAGE_MAX && text_len <= IKE_MESSAGE_MAX);
    assert(keys->encr_key.len == (size_t)keys->encr->key_len + keys->encr->salt_len);
    return (struct sealed){
        .aad = message,
        .aad_len = (int)aad_len,
        .iv = iv,
        .text = text,
        .text_len = (int)text_len,
        .icv = text + text_len,
    };
}

/* The one that has the key, or the one unused longest, which is to have it: *keyed says. They are
 * looked for in the set that the message's SPI names, which it begins with and all may see: SAs
 * that take turns find their keys as they left them. */
static struct cipher *cipher_of(struct openssl *o, const struct ike_seal_keys *keys, bool seal,
                                const struct sealed *sealed, bool *keyed)
{
    struct cipher *const set = o->ciphers[sealed->aad[SPI_LAST] % SETS];
    struct cipher *found = set;
    *keyed = false;
    for (size_t i = 0; i < SLOTS && !*keyed; i++) {
        *keyed = set[i].encr == keys->encr && set[i].seals == seal &&
                 ike_secret_equal(set[i].key, keys->encr_key.at, keys->encr->key_len);
        if (*keyed || set[i].used_at < found->used_at)
            found = &set[i];
    }
    return found;
}

/* Readies a cipher: the key only when none has it, for that takes a quarter as long as a packet of
 * 1400 octets. `iv` is as the cipher wants it. */
static EVP_CIPHER_CTX *cipher_ready(struct openssl *o, const struct ike_seal_keys *keys, bool seal,
                                    const struct sealed *sealed, const uint8_t *iv)
{
    bool keyed;
    struct cipher *const cipher = cipher_of(o, keys, seal, sealed, &keyed);
    const EVP_CIPHER *const type =
        cipher->encr != keys->encr ? o->types[keys->encr - ike_algos] : NULL;
    const uint8_t *const key = keyed ? NULL : keys->encr_key.at;
    assert(keys->encr->key_len <= sizeof cipher->key);
    if (!keyed)
        memcpy(cipher->key, key, keys->encr->key_len);
    cipher->encr = keys->encr;
    cipher->seals = seal;
    cipher->used_at = ++o->uses;
    must(EVP_CipherInit_ex(cipher->ctx, type, NULL, key, iv, seal));
    if (type != NULL && keys->encr->block > 1)
        must(EVP_CIPHER_CTX_set_padding(cipher->ctx, 0)); /* stays so; each call costs a tenth */
    return cipher->ctx;
}

/* What an AEAD covers beside the text: the headers as they stand; or, of ESP with an extended
 * sequence number, SPI and the whole number, made in `room` (RFC 4106 5, RFC 4309 5, RFC 7634 2.1).
 */
static struct ike_bytes aad_of(const struct ike_seal_keys *keys, const struct sealed *sealed,
                               uint8_t *room)
{
    const struct ike_bytes headers = {.at = sealed->aad, .len = (size_t)sealed->aad_len};
    if (keys->esn_high.len == 0)
        return headers;
    struct ike_reader r = rd_open(headers);
    struct ike_writer w = wr_open(room, ESP_AAD_MAX);
    assert(headers.len == ESP_HEAD && keys->esn_high.len == ESP_AAD_MAX - ESP_HEAD);
    put_bytes(&w, rd_bytes(&r, 4));
    put_bytes(&w, keys->esn_high);
    put_bytes(&w, rd_rest(&r));
    return wr_done(&w);
}

/* Nonce: salt, then the IV of the message (RFC 5282 4, RFC 7634 2). */
static EVP_CIPHER_CTX *aead_begin(struct openssl *o, const struct ike_seal_keys *keys, bool seal,
                                  const struct sealed *sealed)
{
    uint8_t nonce[NONCE_MAX], room[ESP_AAD_MAX];
    const struct ike_bytes aad = aad_of(keys, sealed, room);
    const size_t salt_len = keys->encr->salt_len;
    int len;
    memcpy(nonce, keys->encr_key.at + keys->encr->key_len, salt_len);
    memcpy(nonce + salt_len, sealed->iv, keys->encr->iv_len);
    EVP_CIPHER_CTX *const ctx = cipher_ready(o, keys, seal, sealed, nonce);
    must(EVP_CipherUpdate(ctx, NULL, &len, aad.at, (int)aad.len));
    must(EVP_CipherUpdate(ctx, sealed->text, &len, sealed->text, sealed->text_len));
    return ctx;
}

/* Over all from the header to the last octet of what is encrypted (RFC 7296 3.14), and after it
 * what of an extended sequence number is not sent (RFC 4303 2.2.1). */
static void icv_make(struct openssl *o, const struct ike_seal_keys *keys,
                     const struct sealed *sealed, uint8_t *out)
{
    const struct ike_bytes all = {.at = sealed->aad, .len = (size_t)(sealed->icv - sealed->aad)};
    openssl_prf(&o->head, keys->integ, keys->integ_key, (struct ike_bytes[]){all, keys->esn_high},
                2, out);
}

/* What an INTEG algorithm goes with: CBC; counter mode, whose first block is the salt, the IV and
 * the number 1 (RFC 3686 4); or nothing (RFC 2410 2). */
static void plain_cipher(struct openssl *o, const struct ike_seal_keys *keys, bool seal,
                         const struct sealed *sealed)
{
    const size_t salt_len = keys->encr->salt_len;
    uint8_t counter[NONCE_MAX] = {0};
    const uint8_t *iv = sealed->iv;
    int len;
    assert(sealed->text_len % keys->encr->block == 0);
    if (ike_algo_is_null(keys->encr))
        return;
    if (salt_len > 0) {
        memcpy(counter, keys->encr_key.at + keys->encr->key_len, salt_len);
        memcpy(counter + salt_len, sealed->iv, keys->encr->iv_len);
        counter[NONCE_MAX - 1] = 1;
        iv = counter;
    }
    EVP_CIPHER_CTX *const ctx = cipher_ready(o, keys, seal, sealed, iv);
    must(EVP_CipherUpdate(ctx, sealed->text, &len, sealed->text, sealed->text_len));
    assert(len == sealed->text_len);
}

/* CCM wants to know all lengths before the first octet, and judges the ICV before the last: nonce
 * of salt and IV, 4 octets of length (RFC 4309 3, 4). */
static bool ccm(struct openssl *o, const struct ike_seal_keys *keys, bool seal,
                const struct sealed *sealed)
{
    const size_t row = (size_t)(keys->encr - ike_algos);
    const int nonce_len = keys->encr->salt_len + keys->encr->iv_len;
    EVP_CIPHER_CTX *const ctx = o->ccm;
    uint8_t nonce[NONCE_MAX], room[ESP_AAD_MAX];
    const struct ike_bytes aad = aad_of(keys, sealed, room);
    int len;
    memcpy(nonce, keys->encr_key.at + keys->encr->key_len, keys->encr->salt_len);
    memcpy(nonce + keys->encr->salt_len, sealed->iv, keys->encr->iv_len);
    must(EVP_CipherInit_ex(ctx, o->types[row], NULL, NULL, NULL, seal));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, nonce_len, NULL));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, keys->encr->icv_len,
                             seal ? NULL : sealed->icv));
    must(EVP_CipherInit_ex(ctx, NULL, NULL, keys->encr_key.at, nonce, seal));
    must(EVP_CipherUpdate(ctx, NULL, &len, NULL, sealed->text_len));
    must(EVP_CipherUpdate(ctx, NULL, &len, aad.at, (int)aad.len));
    const bool right =
        EVP_CipherUpdate(ctx, sealed->text, &len, sealed->text, sealed->text_len) == 1;
    if (seal)
        must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, keys->encr->icv_len, sealed->icv));
    if (!right)
        ERR_clear_error();
    return right;
}

static bool is_ccm(const struct ike_algo *encr)
{
    return encr->salt_len == 3;
}

static void openssl_seal(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                         size_t aad_len, size_t text_len)
{
    struct openssl *const o = openssl_of(c);
    const struct sealed sealed = sealed_parts(keys, message, aad_len, text_len);
    if (keys->integ != NULL) {
        uint8_t icv[IKE_PRF_MAX];
        plain_cipher(o, keys, true, &sealed);
        icv_make(o, keys, &sealed, icv);
        memcpy(sealed.icv, icv, keys->integ->icv_len);
        return;
    }
    if (is_ccm(keys->encr)) {
        must(ccm(o, keys, true, &sealed));
        return;
    }
    EVP_CIPHER_CTX *const ctx = aead_begin(o, keys, true, &sealed);
    uint8_t none[NONCE_MAX];
    int len;
    must(EVP_CipherFinal_ex(ctx, none, &len));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, keys->encr->icv_len, sealed.icv));
}

static bool openssl_open(struct ike_crypto *c, const struct ike_seal_keys *keys, uint8_t *message,
                         size_t aad_len, size_t text_len)
{
    struct openssl *const o = openssl_of(c);
    const struct sealed sealed = sealed_parts(keys, message, aad_len, text_len);
    if (keys->integ != NULL) {
        uint8_t icv[IKE_PRF_MAX];
        if (text_len % keys->encr->block != 0)
            return false;
        icv_make(o, keys, &sealed, icv);
        if (!ike_secret_equal(icv, sealed.icv, keys->integ->icv_len))
            return false;
        plain_cipher(o, keys, false, &sealed);
        return true;
    }
    if (is_ccm(keys->encr))
        return ccm(o, keys, false, &sealed);
    EVP_CIPHER_CTX *const ctx = aead_begin(o, keys, false, &sealed);
    uint8_t none[NONCE_MAX];
    int len;
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, keys->encr->icv_len, sealed.icv));
    const bool right = EVP_CipherFinal_ex(ctx, none, &len) == 1;
    if (!right)
        ERR_clear_error();
    return right;
}

static bool eap_ready(struct openssl *o)
{
    if (o->eap == NULL)
        o->eap = openssl_eap_open();
    return o->eap != NULL;
}

static bool openssl_digest(struct ike_crypto *c, enum ike_digest_kind kind,
                           const struct ike_bytes *parts, size_t part_count, uint8_t *out)
{
    struct openssl *const o = openssl_of(c);
    return eap_ready(o) && openssl_eap_digest(o->eap, kind, parts, part_count, out);
}

static bool openssl_des(struct ike_crypto *c, const uint8_t *key, const uint8_t *block,
                        uint8_t *out)
{
    struct openssl *const o = openssl_of(c);
    return eap_ready(o) && openssl_eap_des(o->eap, key, block, out);
}

static bool openssl_has(const struct ike_crypto *c, const struct ike_algo *algo)
{
    const struct openssl *const o = (const struct openssl *)c;
    const size_t row = (size_t)(algo - ike_algos);
    if (algo->type == TRANSFORM_KE)
        return openssl_kex_has(o->kex, algo);
    if (algo->type == TRANSFORM_ENCR)
        return ike_algo_is_null(algo) || o->types[row] != NULL;
    return algo->mac != IKE_MAC_HMAC || o->hashes[o->hash_of[row]].md != NULL;
}

static void openssl_close(struct ike_crypto *c)
{
    struct openssl *const o = openssl_of(c);
    openssl_eap_close(o->eap);
    openssl_tls_shelf_close(o->tls);
    openssl_kex_close(o->kex);
    openssl_mac_close(o->mac);
    if (o->library != NULL)
        openssl_library_close(o->library);
    free(o->library);
    for (size_t i = 0; i < HASHES; i++) {
        for (size_t j = 0; j < SLOTS; j++) {
            EVP_MD_CTX_free(o->hashes[i].slots[j].inner);
            EVP_MD_CTX_free(o->hashes[i].slots[j].outer);
        }
        EVP_MD_free(o->hashes[i].md);
    }
    for (size_t i = 0; i < IKE_ALGOS_MAX; i++)
        EVP_CIPHER_free(o->types[i]);
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < SLOTS; j++)
            EVP_CIPHER_CTX_free(o->ciphers[i][j].ctx);
    }
    EVP_CIPHER_CTX_free(o->ccm);
    EVP_MD_CTX_free(o->work);
    EVP_MD_free(o->sha1);
    ike_secret_wipe(o, sizeof *o);
    free(o);
}

static bool hash_open(struct hash *hash, const char *name)
{
    bool done = true;
    hash->md = EVP_MD_fetch(NULL, name, NULL);
    if (hash->md == NULL)
        return true; /* openssl_has tells */
    hash->block = (size_t)EVP_MD_get_block_size(hash->md);
    for (size_t j = 0; j < SLOTS; j++) {
        hash->slots[j].inner = EVP_MD_CTX_new();
        hash->slots[j].outer = EVP_MD_CTX_new();
        done = done && hash->slots[j].inner != NULL && hash->slots[j].outer != NULL;
    }
    return done;
}

static bool hashes_open(struct openssl *o)
{
    bool done = true;
    o->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    o->work = EVP_MD_CTX_new();
    for (unsigned hash = 0; hash < HASHES; hash++) {
        done = done && hash_open(&o->hashes[hash], hash_names[hash]);
        for (size_t i = 1; i < ike_algo_count; i++) {
            if (ike_algos[i].mac == IKE_MAC_HMAC &&
                strcmp(ike_algos[i].openssl, hash_names[hash]) == 0)
                o->hash_of[i] = (uint8_t)hash;
        }
    }
    return done && o->sha1 != NULL && o->work != NULL;
}

static bool set_open(struct cipher *set)
{
    for (size_t j = 0; j < SLOTS; j++) {
        if ((set[j].ctx = EVP_CIPHER_CTX_new()) == NULL)
            return false;
    }
    return true;
}

static bool ciphers_open(struct openssl *o)
{
    for (size_t i = 1; i < ike_algo_count; i++) {
        if (ike_algos[i].type == TRANSFORM_ENCR && !ike_algo_is_null(&ike_algos[i]))
            o->types[i] = EVP_CIPHER_fetch(NULL, ike_algos[i].openssl, NULL);
    }
    ERR_clear_error(); /* what the library lacks, openssl_has tells */
    for (size_t i = 0; i < SETS; i++) {
        if (!set_open(o->ciphers[i]))
            return false;
    }
    o->ccm = EVP_CIPHER_CTX_new();
    return o->ccm != NULL;
}

static const struct ike_credential_ops openssl_credentials = {
    .key_make = openssl_key_make,
    .key_load = openssl_key_load,
    .key_save = openssl_key_save,
    .key_free = openssl_key_free,
    .cert_make = openssl_cert_make,
    .crl_make = openssl_crl_make,
    .trust_open = openssl_trust_open,
    .trust_add = openssl_trust_add,
    .trust_close = openssl_trust_close,
};

static const struct ike_crypto_ops openssl_ops = {
    .name = "openssl",
    .has = openssl_has,
    .random = openssl_random,
    .prf = openssl_prf,
    .sha1 = openssl_sha1,
    .kex_begin = openssl_kex_begin_op,
    .kex_end = openssl_kex_end_op,
    .kex_free = openssl_kex_free_op,
    .kex_answer = openssl_kex_answer_op,
    .seal = openssl_seal,
    .open = openssl_open,
    .digest = openssl_digest,
    .des = openssl_des,
    .solve = ike_puzzle_search,
    .zero_bits = ike_puzzle_zero_bits,
    .tls = &openssl_tls_ops,
    .sign = openssl_sign,
    .judge = openssl_judge,
    .verify = openssl_verify,
    .public_free = openssl_public_free,
    .credentials = &openssl_credentials,
    .close = openssl_close,
};

struct ike_crypto *ike_crypto_openssl(struct ike_random random)
{
    struct openssl *const o = calloc(1, sizeof *o);
    if (o == NULL)
        return NULL;
    o->head.ops = &openssl_ops;
    o->random = random;
    o->kex = openssl_kex_open(random);
    o->mac = openssl_mac_open();
    if (o->kex == NULL || o->mac == NULL || !hashes_open(o) || !ciphers_open(o)) {
        openssl_close(&o->head);
        return NULL;
    }
    return &o->head;
}

const char *ike_crypto_openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
