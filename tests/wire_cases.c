/* SPDX-License-Identifier: MIT
 * The five tests of a structure on the wire. */
#include "tests/wire_cases.h"

#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)2048)
#define FILL 0xa5

static uint8_t *exact;

void wire_forget(void)
{
    free(exact);
    exact = NULL;
}

enum ike_why wire_parse(struct ike_bytes message, struct ike_message *out)
{
    wire_forget();
    exact = malloc(message.len > 0 ? message.len : 1);
    if (exact == NULL)
        abort();
    if (message.len > 0)
        memcpy(exact, message.at, message.len);
    return ike_message_parse((struct ike_bytes){.at = exact, .len = message.len}, out);
}

size_t wire_message(uint8_t type, struct ike_bytes body, uint8_t *out, size_t max)
{
    const struct ike_header head = {
        .spi_i = 1, .version = IKE_VERSION_2, .exchange = IKE_SA_INIT, .flags = FLAG_INITIATOR};
    struct ike_writer w = wr_open(out, max);
    size_t link = 16;
    ike_put_header(&w, &head);
    const size_t begin = ike_begin_payload(&w, &link, type);
    put_bytes(&w, body);
    ike_end_payload(&w, begin);
    ike_end_message(&w);
    return w.bad ? 0 : w.len;
}

/* Parses the message and puts its payload again behind a header; the length, 0 when refused. */
static size_t again(const struct wire_case *c, struct ike_bytes message, uint8_t *out)
{
    struct ike_message m;
    struct ike_writer w = wr_open(out, ROOM);
    size_t link = 16;
    memset(out, FILL, ROOM);
    if (wire_parse(message, &m) != WHY_OK || (m.there & P(c->type)) == 0)
        return 0;
    ike_put_header(&w, &m.head);
    if (!c->again(ike_message_body(&m, c->type), &w, &link))
        return 0;
    ike_end_message(&w);
    return w.bad ? 0 : w.len;
}

static bool is_ignored(const struct wire_case *c, size_t offset)
{
    const size_t head = IKE_HEADER_LEN;
    if (offset == head + 1) /* critical bit and reserved, RFC 7296 3.2 */
        return true;
    for (size_t i = 0; i < c->ignored_count; i++)
        if (offset == head + IKE_PAYLOAD_HEAD + c->ignored[i])
            return true;
    return false;
}

static bool same(const struct wire_case *c, struct ike_bytes a, struct ike_bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.at[i] != b.at[i] && !is_ignored(c, i))
            return false;
    return true;
}

static void sample_is_put_as_it_was(const struct wire_case *c, struct ike_bytes sample)
{
    static uint8_t out[ROOM];
    const size_t len = again(c, sample, out);
    EXPECT_EQ(len, sample.len);
    EXPECT(ike_bytes_equal((struct ike_bytes){out, len}, sample));
    EXPECT_EQ(out[len], FILL);
}

static void truncations_are_refused(const struct wire_case *c, struct ike_bytes sample)
{
    static uint8_t out[ROOM];
    uint8_t cut[ROOM];
    /* The header tells the truth, the payload's length does not. */
    memcpy(cut, sample.at, sample.len);
    for (size_t len = IKE_HEADER_LEN; len < sample.len; len++) {
        struct ike_writer w = wr_open(cut, sizeof cut);
        (void)put_room(&w, len);
        ike_end_message(&w);
        if (!EXPECT_EQ(again(c, wr_done(&w), out), 0))
            return;
    }
    /* Both tell the truth, the body is cut. */
    for (size_t len = 0; len < c->body.len; len++) {
        const size_t made =
            wire_message(c->type, (struct ike_bytes){c->body.at, len}, cut, sizeof cut);
        const struct ike_bytes message = {cut, made};
        const size_t got = again(c, message, out);
        const bool held =
            got == 0 || (len >= c->body_min && same(c, (struct ike_bytes){out, got}, message));
        if (!EXPECT(held))
            return;
    }
}

static void changes_are_refused_or_put_again(const struct wire_case *c, struct ike_bytes sample)
{
    static uint8_t out[ROOM];
    uint8_t changed[ROOM];
    for (size_t i = IKE_HEADER_LEN; i < sample.len; i++) {
        for (unsigned change = 1; change < 256; change++) {
            memcpy(changed, sample.at, sample.len);
            changed[i] ^= (uint8_t)change;
            const struct ike_bytes message = {changed, sample.len};
            const size_t got = again(c, message, out);
            if (got == 0 || same(c, (struct ike_bytes){out, got}, message))
                continue;
            EXPECT_EQ(i, SIZE_MAX); /* the offset, for the report */
            return;
        }
    }
}

void wire_case_holds(const struct wire_case *c)
{
    uint8_t room[ROOM];
    const size_t len = wire_message(c->type, c->body, room, sizeof room);
    const struct ike_bytes sample = {room, len};
    sample_is_put_as_it_was(c, sample);
    truncations_are_refused(c, sample);
    changes_are_refused_or_put_again(c, sample);
    wire_forget();
}
