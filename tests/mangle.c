/* SPDX-License-Identifier: MIT
 * Opening, spoiling, sealing. */
#include "tests/mangle.h"

#include "tests/opened.h"

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
    ALL_ZEROS,
    SHORTER_BY_ONE,
    STATUS, /* a status notify in its place */
    UNKNOWN,
    CRITICAL,
    WAYS
};

static struct opened message;
static int armed_number, armed_variant;
static mangle_edit_fn *armed_edit;
static bool done;

bool mangle_done(void)
{
    return done;
}

static void spoil(struct opened_part *part, enum way way)
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
    if (way == ALL_ZEROS)
        memset(part->body, 0, part->len);
    if (way == SHORTER_BY_ONE && part->len > 0)
        part->len--;
    if (way == STATUS) {
        static const uint8_t status[] = {0, 0, 0x60, 0};
        part->type = PAYLOAD_NOTIFY;
        part->len = sizeof status;
        memcpy(part->body, status, sizeof status);
    }
    if (way == UNKNOWN || way == CRITICAL)
        part->type = 200;
    if (way == CRITICAL)
        part->flags = 0x80;
}

/* The message again, with what is spoilt; 0: it has no such payload, or nobody has its keys. */
static size_t rewrite(struct pair *p, struct ike_bytes whole, uint8_t *out)
{
    const size_t which = (size_t)armed_variant / WAYS;
    const enum way way = (enum way)(armed_variant % WAYS);
    if (!opened_read(p, whole, &message))
        return 0;
    if (armed_edit != NULL) {
        armed_edit();
        return opened_write(p, &message, out);
    }
    if (which >= message.part_count)
        return 0;
    spoil(&message.parts[which], way);
    if (way == TWICE)
        opened_double(&message, which);
    if (way == DROPPED)
        opened_drop(&message, which);
    return opened_write(p, &message, out);
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
    for (size_t i = message.part_count; i-- > 0;)
        if (message.parts[i].type == type)
            opened_drop(&message, i);
}

void mangle_add(uint8_t type, const void *body, size_t len)
{
    assert(message.part_count < IKE_PAYLOADS_MAX && len <= IKE_MESSAGE_MAX);
    struct opened_part *const part = &message.parts[message.part_count++];
    part->type = type;
    part->flags = 0;
    part->len = len;
    if (len > 0)
        memcpy(part->body, body, len);
}

void mangle_add_critical(uint8_t type)
{
    mangle_add(type, NULL, 0);
    message.parts[message.part_count - 1].flags = 0x80;
}

uint8_t *mangle_body(uint8_t type, size_t *len)
{
    for (size_t i = 0; i < message.part_count; i++)
        if (message.parts[i].type == type) {
            *len = message.parts[i].len;
            return message.parts[i].body;
        }
    return NULL;
}
