/* SPDX-License-Identifier: MIT
 * Key derivation (keymat.h), on the provider's PRF alone. */
#include "ike/v2/keymat.h"

#include <assert.h>

size_t ike_keys_len(const struct ike_suite *suite)
{
    const struct ike_algo *const encr = &ike_algos[suite->encr];
    const size_t integ_len = ike_algos[suite->integ].key_len;
    const size_t prf_len = ike_algos[suite->prf].key_len;
    return 3 * prf_len + 2 * integ_len + 2 * ((size_t)encr->key_len + encr->salt_len);
}

void ike_keys_view(struct ike_sa_keys *out, const uint8_t *room)
{
    const struct ike_algo *const encr = &ike_algos[out->suite.encr];
    const size_t encr_len = (size_t)encr->key_len + encr->salt_len;
    const size_t integ_len = ike_algos[out->suite.integ].key_len;
    const size_t prf_len = ike_algos[out->suite.prf].key_len;
    struct ike_reader r = rd_open((struct ike_bytes){.at = room, .len = ike_keys_len(&out->suite)});

    out->sk_d = rd_bytes(&r, prf_len);
    out->sk_ai = rd_bytes(&r, integ_len);
    out->sk_ar = rd_bytes(&r, integ_len);
    out->sk_ei = rd_bytes(&r, encr_len);
    out->sk_er = rd_bytes(&r, encr_len);
    out->sk_pi = rd_bytes(&r, prf_len);
    out->sk_pr = rd_bytes(&r, prf_len);
    assert(!r.bad && r.left == 0);
}

/* "only the first 64 bits of Ni and the first 64 bits of Nr are used in calculating SKEYSEED": as
 * its key, for a PRF with a key of fixed length (RFC 7296 2.14). */
static struct ike_bytes first_octets(const struct ike_keymat_input *input, size_t len, uint8_t *out)
{
    assert(len <= input->nonce_i.len && len <= input->nonce_r.len && len <= IKE_NONCE_MIN);
    memcpy(out, input->nonce_i.at, len);
    memcpy(out + len, input->nonce_r.at, len);
    return (struct ike_bytes){.at = out, .len = 2 * len};
}

/*  SKEYSEED = prf(Ni | Nr, g^ir)
 *  SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), by the old one's PRF (RFC 7296 2.18), with
 *  | SK(1) | … SK(n) after them when there were more key exchanges (RFC 9370 2.2.4)
 *  {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
 *  RFC 7296 2.14 */
void ike_keys_derive(struct ike_crypto *crypto, const struct ike_suite *suite,
                     const struct ike_keymat_input *input, uint8_t *room)
{
    const struct ike_algo *const prf = &ike_algos[suite->prf];
    uint8_t seed[2 * IKE_NONCE_MAX + 16];
    uint8_t skeyseed[IKE_PRF_MAX];
    uint8_t halves[2 * IKE_NONCE_MIN];
    struct ike_writer w = wr_open(seed, sizeof seed);

    put_bytes(&w, input->nonce_i);
    put_bytes(&w, input->nonce_r);
    const struct ike_bytes whole = wr_done(&w);
    const struct ike_bytes key_nonces =
        prf->nonce_len > 0 ? first_octets(input, prf->nonce_len, halves) : whole;
    put_u64(&w, input->spi_i);
    put_u64(&w, input->spi_r);
    const struct ike_bytes all = wr_done(&w);
    assert(!w.bad && prf->type == TRANSFORM_PRF);

    const struct ike_algo *const first = input->old_prf != NULL ? input->old_prf : prf;
    if (input->old_prf != NULL)
        crypto->ops->prf(crypto, first, input->old_sk_d,
                         (struct ike_bytes[]){input->secret, whole, input->more}, 3, skeyseed);
    else
        crypto->ops->prf(crypto, first, key_nonces, &input->secret, 1, skeyseed);
    const struct ike_bytes key = {.at = skeyseed, .len = first->out_len};
    const struct ike_prf_plus_input plus = {.prf = prf, .key = key, .seed = &all, .seed_count = 1};
    ike_prf_plus(crypto, &plus, room, ike_keys_len(suite));
    ike_secret_wipe(skeyseed, sizeof skeyseed);
}

size_t ike_child_keys_len(const struct ike_suite *suite)
{
    const struct ike_algo *const encr = &ike_algos[suite->encr];
    return 2 * ((size_t)encr->key_len + encr->salt_len + ike_algos[suite->integ].key_len);
}

/*  KEYMAT = prf+ (SK_d, [g^ir (new) |] Ni | Nr [| SK(1) | … SK(n)])   RFC 7296 2.17, RFC 9370 2.2.4
 */
void ike_child_keys_derive(struct ike_crypto *crypto, const struct ike_child_keys_input *input,
                           uint8_t *room, size_t len)
{
    const struct ike_bytes seed[] = {input->secret, input->nonce_i, input->nonce_r, input->more};
    const size_t skip = input->secret.len == 0 ? 1 : 0;
    const struct ike_prf_plus_input plus = {
        .prf = input->prf, .key = input->sk_d, .seed = seed + skip, .seed_count = 4 - skip};
    ike_prf_plus(crypto, &plus, room, len);
}
