/* SPDX-License-Identifier: MIT
 * Opening, spoiling, sealing. */
#include "tests/mangle.h"

#include "ike/v2/protect.h"

#include <assert.h>
#include <string.h>

enum way {
    DROPPED,
    TWICE,
    EMPTY,
    SHORTER, /* by half */
    LONGER,
    FIRST_OCTET,
    LAST_OCTET,
    ALL_ONES,
    UNKNOWN,
    CRITICAL,
    WAYS
};

struct part {
    uint8_t type;
    uint8_t flags;
    size_t len; /* of the body */
    uint8_t body[IKE_MESSAGE_MAX];
};

static struct part parts[IKE_PAYLOADS_MAX];
static size_t part_count;
static int armed_number, armed_variant;
static mangle_edit_fn *armed_edit;
static bool done;

bool mangle_done(void)
{
    return done;
}

/* The chain of payloads in `text`, up to one of type `last`. */
static void take_parts(uint8_t type, struct ike_bytes text, uint8_t last)
{
    struct ike_reader r = rd_open(text);
    part_count = 0;
    while (type != 0 && type != last && !r.bad && part_count < IKE_PAYLOADS_MAX) {
        struct part *const part = &parts[part_count++];
        const uint8_t next = rd_u8(&r);
        rd_skip(&r, 1);
        const uint16_t len = rd_u16(&r);
        const struct ike_bytes body = rd_bytes(&r, len < 4 ? 0 : len - 4U);
        *part = (struct part){.type = type, .len = body.len};
        if (body.len > 0)
            memcpy(part->body, body.at, body.len);
        type = next;
    }
}

static void put_part(struct ike_writer *w, size_t *link, const struct part *part, uint8_t flags)
{
    const size_t begin = ike_begin_payload(w, link, part->type);
    w->base[begin + 1] = flags;
    put_bytes(w, (struct ike_bytes){.at = part->body, .len = part->len});
    ike_end_payload(w, begin);
}

static void spoil(struct part *part, enum way way)
{
    if (way == EMPTY)
        part->len = 0;
    if (way == SHORTER)
        part->len /= 2;
    if (way == LONGER && part->len < sizeof part->body)
        part->body[part->len++] = 1;
    if (way == FIRST_OCTET)
        part->body[0] ^= 0x41;
    if (way == LAST_OCTET && part->len > 0)
        part->body[part->len - 1] ^= 0x01;
    if (way == ALL_ONES)
        memset(part->body, 0xff, part->len);
    if (way == UNKNOWN || way == CRITICAL)
        part->type = 200;
}

static void put_parts(struct ike_writer *w, size_t *link, size_t which, enum way way)
{
    static struct part changed;
    for (size_t i = 0; i < part_count; i++) {
        if (i != which) {
            put_part(w, link, &parts[i], parts[i].flags);
            continue;
        }
        changed = parts[i];
        spoil(&changed, way);
        if (way != DROPPED)
            put_part(w, link, &changed, way == CRITICAL ? 0x80 : 0);
        if (way == TWICE)
            put_part(w, link, &changed, 0);
    }
}

/* Opens the message in `copy`, by the keys it is sealed with: the newest of its SA or, while these
 * change, older ones. */
static bool open_with_keys(const struct pair *p, struct ike_message *message, uint8_t *copy,
                           struct ike_seal_keys *keys)
{
    const struct ike_header *const head = &message->head;
    const int count = p->keys_count < PAIR_KEYS_MAX ? p->keys_count : PAIR_KEYS_MAX;
    for (int k = 1; k <= count; k++) {
        const struct ike_sa_keys *const all =
            &p->all_keys[(p->keys_count - k) % PAIR_KEYS_MAX].keys;
        if (all->spi_i != head->spi_i || all->spi_r != head->spi_r)
            continue;
        *keys = ike_keys_of(all, (head->flags & FLAG_INITIATOR) != 0);
        memcpy(copy, message->whole.at, message->whole.len);
        if (ike_open_sealed(message, keys, p->end[A].crypto, copy) == WHY_OK)
            return true;
    }
    return false;
}

/* The message again, with what is spoilt; 0: it has no such payload, or nobody has its keys. */
static size_t rewrite(struct pair *p, struct ike_bytes whole, uint8_t *out)
{
    static uint8_t copy[IKE_MESSAGE_MAX + 4];
    static struct ike_message message;
    struct ike_writer w = wr_open(out, IKE_MESSAGE_MAX);
    size_t link = 16;
    if (ike_message_parse(whole, &message) != WHY_OK)
        return 0;
    const bool is_sealed = (message.there & P(PAYLOAD_SK)) != 0;
    struct ike_crypto *const crypto = p->end[A].crypto;
    struct ike_seal_keys keys = {0};
    take_parts(message.head.next, (struct ike_bytes){whole.at + 28, whole.len - 28}, PAYLOAD_SK);
    if (is_sealed) {
        if (part_count > 0 || !open_with_keys(p, &message, copy, &keys))
            return 0;
        const size_t text_at = message.sealed_at + keys.encr->iv_len;
        take_parts(message.sealed_next, (struct ike_bytes){copy + text_at, whole.len - text_at}, 0);
    }
    const size_t which = armed_edit != NULL ? SIZE_MAX : (size_t)armed_variant / WAYS;
    if (armed_edit != NULL)
        armed_edit();
    else if (which >= part_count)
        return 0;
    ike_put_header(&w, &message.head);
    const size_t begin = is_sealed ? ike_begin_sealed(&w, &link, &keys) : 0;
    if (is_sealed)
        link = begin;
    put_parts(&w, &link, which, (enum way)(armed_variant % WAYS));
    if (is_sealed)
        ike_end_sealed(&w, begin, &keys, crypto, UINT64_C(1) << 40);
    else
        ike_end_message(&w);
    return w.bad ? 0 : w.len;
}

static bool touch(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static uint8_t out[IKE_MESSAGE_MAX];
    const size_t marker = *len > 4 && memcmp(bytes, "\0\0\0\0", 4) == 0 ? 4 : 0;
    (void)from;
    if (number != armed_number)
        return true;
    const size_t made =
        rewrite(p, (struct ike_bytes){.at = bytes + marker, .len = *len - marker}, out);
    if (made == 0)
        return true;
    done = true;
    memcpy(bytes + marker, out, made);
    *len = made + marker;
    return true;
}

void mangle_arm(struct pair *p, int number, int variant)
{
    p->touch = touch;
    armed_number = number;
    armed_variant = variant;
    armed_edit = NULL;
    done = false;
}

void mangle_edit(struct pair *p, int number, mangle_edit_fn *edit)
{
    mangle_arm(p, number, 0);
    armed_edit = edit;
}

void mangle_drop(uint8_t type)
{
    size_t kept = 0;
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].type != type && kept++ != i)
            parts[kept - 1] = parts[i];
    part_count = kept;
}

void mangle_add(uint8_t type, const void *body, size_t len)
{
    assert(part_count < IKE_PAYLOADS_MAX && len <= IKE_MESSAGE_MAX);
    struct part *const part = &parts[part_count++];
    *part = (struct part){.type = type, .len = len};
    if (len > 0)
        memcpy(part->body, body, len);
}

void mangle_add_critical(uint8_t type)
{
    mangle_add(type, NULL, 0);
    parts[part_count - 1].flags = 0x80;
}

uint8_t *mangle_body(uint8_t type, size_t *len)
{
    for (size_t i = 0; i < part_count; i++)
        if (parts[i].type == type) {
            *len = parts[i].len;
            return parts[i].body;
        }
    return NULL;
}
