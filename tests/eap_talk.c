/* SPDX-License-Identifier: MIT
 * The bench of the tests of EAP methods. */
#include "tests/eap_talk.h"

#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { PACKETS_MAX = 600 };

struct talk talk;

static uint64_t stream = 7;

static void fill(void *owner, uint8_t *out, size_t len)
{
    uint64_t *const state = owner;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
}

struct ike_crypto *talk_provider(bool real)
{
    const struct ike_random random = {.fill = fill, .owner = &stream};
    return real ? ike_crypto_openssl(random) : ike_crypto_modelled(random);
}

void talk_text(uint8_t *out, uint8_t *len, const char *from)
{
    *len = (uint8_t)strlen(from);
    memcpy(out, from, *len);
}

void talk_begin(uint8_t method)
{
    memset(&talk, 0, sizeof talk);
    talk.tamper = -1;
    talk.said_by = -1;
    for (int i = 0; i < 2; i++) {
        struct ike_eap_config *const c = &talk.config[i];
        c->methods[0] = method;
        c->method_count = 1;
        talk_text(c->user, &c->user_len, "User");
        talk_text(c->password, &c->password_len, "clientPass");
    }
}

/* Octets of TLS, added up over the pieces of one flight. */
static void note_flight(const struct ike_eap_packet *p, int by)
{
    struct ike_reader r = rd_open(p->data);
    const uint8_t flags = rd_u8(&r);
    if ((flags & 0x80) != 0)
        rd_skip(&r, 4);
    if (r.bad || r.left == 0)
        return;
    if (by != talk.said_by)
        talk.flights++;
    talk.said_by = by;
    if (talk.flights <= 8)
        talk.flight_len[talk.flights - 1] += r.left;
}

static void note(struct ike_bytes packet, int by)
{
    struct ike_eap_packet p;
    char word[8];
    EXPECT_EQ(ike_eap_parse(packet, &p), WHY_OK);
    if (p.type != 0)
        (void)snprintf(word, sizeof word, "%u ", p.type);
    else
        (void)snprintf(word, sizeof word, "%s ", p.code == EAP_SUCCESS ? "S" : "F");
    const size_t len = strlen(talk.said);
    if (len + strlen(word) < sizeof talk.said)
        memcpy(talk.said + len, word, strlen(word) + 1);
    if (p.type == EAP_TLS || p.type == EAP_TTLS)
        note_flight(&p, by);
    talk.packets++;
    talk.len_max = packet.len > talk.len_max ? packet.len : talk.len_max;
}

/* One packet goes over; what the other says is in the room. */
static struct ike_bytes step(int to, struct ike_bytes packet)
{
    static uint8_t copy[TALK_ROOM];
    if (talk.why[to] != WHY_OK || talk.eap[to].phase != EAP_GOING)
        return (struct ike_bytes){0};
    note(packet, 1 - to);
    memcpy(copy, packet.at, packet.len);
    if (talk.packets - 1 == talk.tamper)
        copy[packet.len - 1] ^= 1;
    struct ike_writer w = wr_open(talk.room, sizeof talk.room);
    talk.why[to] =
        ike_eap_step(&talk.eap[to], (struct ike_bytes){.at = copy, .len = packet.len}, &w);
    EXPECT(!w.bad);
    return wr_done(&w);
}

void talk_run(struct ike_crypto *crypto)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_eap_start start = {.crypto = crypto,
                                            .config = &talk.config[i],
                                            .name = {.at = (const uint8_t *)"User", .len = 4},
                                            .server = i == 0};
        ike_eap_open(&talk.eap[i], &start);
    }
    struct ike_writer w = wr_open(talk.room, sizeof talk.room);
    talk.why[0] = ike_eap_begin(&talk.eap[0], &w);
    struct ike_bytes packet = wr_done(&w);
    for (int to = 1; packet.len > 0 && talk.packets < PACKETS_MAX; to = 1 - to)
        packet = step(to, packet);
}

void talk_end(void)
{
    for (int i = 0; i < 2; i++)
        ike_eap_close(&talk.eap[i]);
}

bool talk_succeeded(void)
{
    return talk.eap[0].phase == EAP_SUCCEEDED && talk.eap[1].phase == EAP_SUCCEEDED &&
           talk.why[0] == WHY_OK && talk.why[1] == WHY_OK &&
           talk.eap[0].has_msk == talk.eap[1].has_msk &&
           memcmp(talk.eap[0].msk, talk.eap[1].msk, EAP_MSK_LEN) == 0;
}
