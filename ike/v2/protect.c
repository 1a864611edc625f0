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

static size_t block_of(const struct ike_seal_keys *keys)
{
    assert(keys->encr->block > 0);
    return keys->encr->block;
}

size_t ike_begin_sealed(struct ike_writer *w, size_t *link, const struct ike_seal_keys *keys)
{
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_SK);
    (void)put_room(w, keys->encr->iv_len);
    return begin;
}

static size_t padding(const struct ike_seal_keys *keys, size_t text_len)
{
    const size_t block = block_of(keys);
    size_t pad = 0;
    while ((text_len + pad + 1) % block != 0)
        pad++;
    return pad;
}

size_t ike_sealed_len(const struct ike_seal_keys *keys, size_t text_at, size_t len)
{
    return text_at + len + padding(keys, len) + 1 + icv_len(keys);
}

size_t ike_sealed_most(const struct ike_seal_keys *keys, size_t text_at, size_t max)
{
    const size_t block = block_of(keys);
    const size_t around = text_at + icv_len(keys);
    const size_t room = max > around ? (max - around) / block * block : 0;
    return room > 0 ? room - 1 : 0;
}

/* Padding, its length, and room for the ICV; the length of what is sealed. */
static size_t put_padding(struct ike_writer *w, size_t text_at, const struct ike_seal_keys *keys)
{
    const size_t pad = padding(keys, w->len - text_at);
    uint8_t *const room = put_room(w, pad);
    if (room != NULL)
        memset(room, 0, pad);
    put_u8(w, (uint8_t)pad);
    const size_t text_len = w->len - text_at;
    (void)put_room(w, icv_len(keys));
    return text_len;
}

static void put_iv(struct ike_writer *w, size_t at, const struct ike_seal_keys *keys,
                   struct ike_crypto *crypto, uint64_t iv_count)
{
    struct ike_writer iv = wr_open(w->base + at, keys->encr->iv_len);
    if (keys->encr->salt_len > 0)
        put_u64(&iv, iv_count); /* RFC 5282 3.1, RFC 5930 2: unique, and no more than that */
    else
        crypto->ops->random(crypto, w->base + at, keys->encr->iv_len);
    assert(!iv.bad);
}

struct sealed {
    size_t begin;   /* where its payload does, */
    size_t aad_len; /* and where its IV stands */
    uint64_t iv_count;
};

static void end_sealed(struct ike_writer *w, const struct sealed *sealed,
                       const struct ike_seal_keys *keys, struct ike_crypto *crypto)
{
    const size_t aad_len = sealed->aad_len;
    const size_t text_len = put_padding(w, aad_len + keys->encr->iv_len, keys);
    ike_end_payload(w, sealed->begin);
    ike_end_message(w);
    if (w->bad)
        return;
    put_iv(w, aad_len, keys, crypto, sealed->iv_count);
    crypto->ops->seal(crypto, keys, w->base, aad_len, text_len);
}

void ike_end_sealed(struct ike_writer *w, size_t begin, const struct ike_seal_keys *keys,
                    struct ike_crypto *crypto, uint64_t iv_count)
{
    end_sealed(w, &(struct sealed){begin, begin + IKE_PAYLOAD_HEAD, iv_count}, keys, crypto);
}

size_t ike_begin_fragment(struct ike_writer *w, const struct ike_seal_keys *keys,
                          const struct ike_fragment_head *head)
{
    size_t link = head->link != 0 ? head->link : 16; /* the header's "next payload" */
    const size_t begin = ike_begin_payload(w, &link, PAYLOAD_SKF);
    if (!w->bad)
        w->base[begin] = head->number == 1 ? head->next : PAYLOAD_NONE;
    put_u16(w, head->number);
    put_u16(w, head->total);
    (void)put_room(w, keys->encr->iv_len);
    return begin;
}

void ike_end_fragment(struct ike_writer *w, size_t begin, const struct ike_seal_keys *keys,
                      struct ike_crypto *crypto, uint64_t iv_count)
{
    end_sealed(w, &(struct sealed){begin, begin + IKE_FRAGMENT_HEAD, iv_count}, keys, crypto);
}

enum ike_why ike_open_text(const struct ike_message *message, const struct ike_seal_keys *keys,
                           struct ike_crypto *crypto, uint8_t *copy, struct ike_bytes *text)
{
    const size_t whole = message->whole.len;
    const size_t text_at = message->sealed_at + keys->encr->iv_len;
    const size_t around = text_at + icv_len(keys);
    const size_t block = block_of(keys);
    if (whole <= around || (whole - around) % block != 0)
        return WHY_BAD_ICV; /* whatever it is, it was not sealed with these keys */
    const size_t text_len = whole - around;
    if (!crypto->ops->open(crypto, keys, copy, message->sealed_at, text_len))
        return WHY_BAD_ICV;
    const size_t pad = copy[text_at + text_len - 1];
    if (pad + 1 > text_len)
        return WHY_SYNTAX;
    *text = (struct ike_bytes){.at = copy + text_at, .len = text_len - pad - 1};
    return WHY_OK;
}

enum ike_why ike_open_sealed(struct ike_message *message, const struct ike_seal_keys *keys,
                             struct ike_crypto *crypto, uint8_t *copy)
{
    struct ike_bytes text;
    const enum ike_why why = ike_open_text(message, keys, crypto, copy, &text);
    return why != WHY_OK ? why : ike_message_parse_sealed(message, text);
}
