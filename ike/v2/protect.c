/* SPDX-License-Identifier: MIT
 * The layout of what is sealed: IV | inner payloads | padding | pad length | ICV. */
#include "ike/v2/protect.h"

#include <assert.h>
#include <string.h>

struct ike_seal_keys ike_keys_of(const struct ike_sa_keys *keys, bool initiator)
{
    const struct ike_algo *const integ = &ike_algos[keys->suite.integ];
    return (struct ike_seal_keys){
        .encr = &ike_algos[keys->suite.encr],
        .integ = keys->suite.integ != 0 ? integ : NULL,
        .encr_key = initiator ? keys->sk_ei : keys->sk_er,
        .integ_key = initiator ? keys->sk_ai : keys->sk_ar,
    };
}

static size_t icv_len(const struct ike_seal_keys *keys)
{
    return keys->integ != NULL ? keys->integ->icv_len : keys->encr->icv_len;
}

size_t ike_begin_sealed(struct ike_writer *w, size_t *link, const struct ike_seal_keys *keys)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_SK);
    (void)put_room(w, keys->encr->iv_len);
    return begin;
}

void ike_end_sealed(struct ike_writer *w, size_t begin, const struct ike_seal_keys *keys,
                    struct ike_crypto *crypto, uint64_t iv_count)
{
    const size_t aad_len = begin + IKE_PAYLOAD_HEAD;
    const size_t text_at = aad_len + keys->encr->iv_len;
    const size_t block = keys->encr->block > 0 ? keys->encr->block : 1;
    size_t pad = 0;
    while ((w->len - text_at + pad + 1) % block != 0)
        pad++;
    uint8_t *const padding = put_room(w, pad);
    if (padding != NULL)
        memset(padding, 0, pad);
    put_u8(w, (uint8_t)pad);
    const size_t text_len = w->len - text_at;
    (void)put_room(w, icv_len(keys));
    ike_end_payload(w, begin);
    ike_end_message(w);
    if (w->bad)
        return;

    struct ike_writer iv = wr_open(w->base + aad_len, keys->encr->iv_len);
    if (keys->encr->salt_len > 0)
        put_u64(&iv, iv_count); /* RFC 5282 3.1, RFC 5930 2: unique, and no more than that */
    else
        crypto->ops->random(crypto, w->base + aad_len, keys->encr->iv_len);
    assert(!iv.bad);
    crypto->ops->seal(crypto, keys, w->base, aad_len, text_len);
}

enum ike_why ike_open_sealed(struct ike_message *message, const struct ike_seal_keys *keys,
                             struct ike_crypto *crypto, uint8_t *copy)
{
    const size_t whole = message->whole.len;
    const size_t text_at = message->sealed_at + keys->encr->iv_len;
    const size_t around = text_at + icv_len(keys);
    const size_t block = keys->encr->block > 0 ? keys->encr->block : 1;
    if (whole <= around || (whole - around) % block != 0)
        return WHY_BAD_ICV; /* whatever it is, it was not sealed with these keys */
    const size_t text_len = whole - around;
    if (!crypto->ops->open(crypto, keys, copy, message->sealed_at, text_len))
        return WHY_BAD_ICV;
    const size_t pad = copy[text_at + text_len - 1];
    if (pad + 1 > text_len)
        return WHY_SYNTAX;
    return ike_message_parse_sealed(
        message, (struct ike_bytes){.at = copy + text_at, .len = text_len - pad - 1});
}
