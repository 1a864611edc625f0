/* SPDX-License-Identifier: MIT
 * Taking messages apart and putting them together. */
#include "tests/opened.h"

#include "ike/v2/protect.h"

#include <string.h>

/* The chain of payloads in `text`, up to one of type SK. */
static void take_parts(struct opened *m, uint8_t type, struct ike_bytes text)
{
    struct ike_reader r = rd_open(text);
    m->part_count = 0;
    while (type != 0 && type != PAYLOAD_SK && !r.bad && m->part_count < IKE_PAYLOADS_MAX) {
        struct opened_part *const part = &m->parts[m->part_count++];
        const uint8_t next = rd_u8(&r);
        rd_skip(&r, 1);
        const uint16_t len = rd_u16(&r);
        const struct ike_bytes body = rd_bytes(&r, len < 4 ? 0 : len - 4U);
        part->type = type;
        part->flags = 0;
        part->len = body.len;
        if (body.len > 0)
            memcpy(part->body, body.at, body.len);
        type = next;
    }
}

static void put_part(struct ike_writer *w, size_t *link, const struct opened_part *part)
{
    const size_t begin = ike_begin_payload(w, link, part->type);
    put_bytes(w, (struct ike_bytes){.at = part->body, .len = part->len});
    ike_end_payload(w, begin);
    if (!w->bad)
        w->base[begin + 1] = part->flags;
}

static struct ike_crypto *crypto_of(const struct pair *p)
{
    return p->end[A].crypto;
}

/* By those of its SA's keys that open it: with IKE_INTERMEDIATE they change. */
static bool open_sealed(const struct pair *p, const struct ike_message *whole, struct opened *out)
{
    static struct ike_message in;
    static uint8_t copy[IKE_MESSAGE_MAX + 4];
    const int count = p->keys_count < PAIR_KEYS_MAX ? p->keys_count : PAIR_KEYS_MAX;
    for (int i = 1; i <= count; i++) { /* the newest first */
        const struct ike_sa_keys *const keys =
            &p->all_keys[(p->keys_count - i) % PAIR_KEYS_MAX].keys;
        const struct ike_seal_keys seal =
            ike_keys_of(keys, (whole->head.flags & FLAG_INITIATOR) != 0);
        const size_t text_at = whole->sealed_at + seal.encr->iv_len;
        if (keys->spi_i != whole->head.spi_i || keys->spi_r != whole->head.spi_r)
            continue;
        in = *whole;
        memcpy(copy, whole->whole.at, whole->whole.len);
        if (ike_open_sealed(&in, &seal, crypto_of(p), copy) != WHY_OK)
            continue;
        out->keys = *keys;
        take_parts(out, in.sealed_next,
                   (struct ike_bytes){copy + text_at, whole->whole.len - text_at});
        return true;
    }
    return false;
}

bool opened_read(const struct pair *p, struct ike_bytes whole, struct opened *out)
{
    static struct ike_message m;
    if (whole.len > IKE_MESSAGE_MAX || ike_message_parse(whole, &m) != WHY_OK ||
        (m.there & P(PAYLOAD_SKF)) != 0)
        return false;
    out->head = m.head;
    out->last_next = 0;
    out->is_sealed = (m.there & P(PAYLOAD_SK)) != 0;
    if (out->is_sealed)
        return m.head.next == PAYLOAD_SK && open_sealed(p, &m, out);
    take_parts(out, m.head.next, (struct ike_bytes){whole.at + 28, whole.len - 28});
    return true;
}

size_t opened_write(const struct pair *p, const struct opened *m, uint8_t *out)
{
    struct ike_writer w = wr_open(out, IKE_MESSAGE_MAX);
    size_t link = 16;
    size_t begin = 0;
    struct ike_seal_keys keys = {0};
    ike_put_header(&w, &m->head);
    if (m->is_sealed) {
        keys = ike_keys_of(&m->keys, (m->head.flags & FLAG_INITIATOR) != 0);
        link = begin = ike_begin_sealed(&w, &link, &keys);
    }
    for (size_t i = 0; i < m->part_count; i++)
        put_part(&w, &link, &m->parts[i]);
    if (m->last_next != 0 && !w.bad)
        out[link] = m->last_next;
    if (m->is_sealed)
        ike_end_sealed(&w, begin, &keys, crypto_of(p), UINT64_C(1) << 40);
    else
        ike_end_message(&w);
    return w.bad ? 0 : w.len;
}

void opened_drop(struct opened *m, size_t which)
{
    m->part_count--;
    memmove(&m->parts[which], &m->parts[which + 1], (m->part_count - which) * sizeof m->parts[0]);
}

void opened_double(struct opened *m, size_t which)
{
    if (m->part_count == IKE_PAYLOADS_MAX)
        return;
    memmove(&m->parts[which + 1], &m->parts[which], (m->part_count - which) * sizeof m->parts[0]);
    m->part_count++;
}
