/* SPDX-License-Identifier: MIT
 * ESP of a real peer: the two SAs of each Child SA as the engine tells of them
 * (ike/esp.h says how a host does that), echo requests through them to the
 * network behind the other end, and answers to those that come. */
#include "sim/packet.h"
#include "tests/interop/live_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAIRS = 8, /* Child SAs at a time: one is replaced by another, crossing */
    UNDER_WAY = 16,
    IP_HEAD = 20,
    ICMP_HEAD = 8,
    ICMP_ECHO = 8,
    ICMP_ECHO_REPLY = 0,
    PROTOCOL_ICMP = 1,
    ECHO_MAX = 1500,
};

struct pair {
    uint32_t spi; /* inbound; 0: none */
    struct ike_esp_in in;
    struct ike_esp_out out;
};

struct live_esp {
    struct pair pairs[PAIRS];
    struct ike_addr from, to;
    uint32_t wanted, sent, back; /* echo requests */
    size_t octets;               /* of each, behind its head */
    uint32_t by_spi_changes;     /* how often another Child SA carried them */
    uint32_t last_spi;
};

bool live_esp_open(struct peer *p)
{
    const char *const from = p->o.ping_from == NULL ? "10.1.0.1" : p->o.ping_from;
    const char *const to = p->o.ping_to == NULL ? "10.2.0.1" : p->o.ping_to;
    p->esp = calloc(1, sizeof *p->esp);
    return p->esp != NULL && ike_addr_parse(from, &p->esp->from) && ike_addr_parse(to, &p->esp->to);
}

void live_esp_close(struct peer *p)
{
    free(p->esp);
    p->esp = NULL;
}

static struct pair *pair_of(struct live_esp *esp, uint32_t spi)
{
    for (size_t i = 0; i < PAIRS; i++)
        if (esp->pairs[i].spi == spi)
            return &esp->pairs[i];
    return NULL;
}

void live_esp_hear(struct peer *p, const struct ike_event *event)
{
    struct ike_child_sa child;
    if (event->kind == IKE_ADDRESS && p->o.wants != NULL)
        p->esp->from = event->inner;
    if (event->kind == IKE_CHILD_UP &&
        ike_child_sa(p->engine, event->sa, event->child_spi, &child)) {
        struct pair *const pair = pair_of(p->esp, 0);
        if (pair == NULL)
            return;
        pair->spi = child.spi_in;
        ike_esp_pair(&child, 64, &pair->in, &pair->out);
    }
    if (event->kind == IKE_CHILD_DOWN) {
        struct pair *const pair = pair_of(p->esp, event->child_spi);
        if (pair == NULL)
            return;
        ike_esp_forget(&pair->in.sa);
        ike_esp_forget(&pair->out.sa);
        *pair = (struct pair){.spi = 0};
    }
}

/* ---- packets ---- */

static uint32_t u32_at(const uint8_t *at)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = 4});
    return rd_u32(&r);
}

static uint8_t octet_of(uint32_t number, size_t at)
{
    return (uint8_t)(number * 31 + at);
}

static struct ike_bytes echo_write(const struct live_esp *esp, uint32_t number, uint8_t *out)
{
    struct ike_writer w = wr_open(out, ECHO_MAX);
    put_u8(&w, 0x45); /* RFC 791 3.1 */
    put_u8(&w, 0);
    put_u16(&w, (uint16_t)(IP_HEAD + ICMP_HEAD + esp->octets));
    put_u32(&w, 0);
    put_u8(&w, 64);
    put_u8(&w, PROTOCOL_ICMP);
    put_u16(&w, 0);
    put_bytes(&w, (struct ike_bytes){.at = esp->from.ip, .len = 4});
    put_bytes(&w, (struct ike_bytes){.at = esp->to.ip, .len = 4});
    put_u16_at(&w, 10, sim_checksum((struct ike_bytes){.at = out, .len = IP_HEAD}));
    put_u8(&w, ICMP_ECHO); /* RFC 792: type, code, checksum, identifier, sequence number */
    put_u8(&w, 0);
    put_u16(&w, 0);
    put_u32(&w, number);
    for (size_t i = 0; i < esp->octets; i++)
        put_u8(&w, octet_of(number, i));
    put_u16_at(&w, IP_HEAD + 2,
               sim_checksum((struct ike_bytes){.at = out + IP_HEAD, .len = w.len - IP_HEAD}));
    return wr_done(&w);
}

/* By the Child SA that the engine names. */
static bool send_inner(struct peer *p, struct ike_bytes inner)
{
    uint8_t room[ECHO_MAX + 100];
    struct ike_writer w = wr_open(room, sizeof room);
    struct ike_packet packet = {.protocol = PROTOCOL_ICMP};
    uint32_t spi = 0;
    packet.from = ike_addr_v4(u32_at(inner.at + 12), 0);
    packet.to = ike_addr_v4(u32_at(inner.at + 16), 0);
    if (ike_packet_out(p->engine, live_now_ns(), p->sa, &packet, &spi) != TRAFFIC_PASSES)
        return false;
    struct pair *const pair = pair_of(p->esp, spi);
    if (pair == NULL ||
        ike_esp_seal(&pair->out, p->crypto,
                     &(struct ike_esp_inner){.octets = inner, .next = ESP_NEXT_IPV4},
                     &w) != ESP_WHY_OK)
        return false;
    if (p->esp->last_spi != 0 && p->esp->last_spi != spi)
        p->esp->by_spi_changes++;
    p->esp->last_spi = spi;
    (void)ike_child_used(p->engine, live_now_ns(), p->sa, spi,
                         &(struct ike_use){.bytes = inner.len, .packets = 1});
    live_send_esp(p, wr_done(&w));
    return true;
}

static void send_more(struct peer *p)
{
    struct live_esp *const esp = p->esp;
    uint8_t room[ECHO_MAX];
    while (esp->sent < esp->wanted && esp->sent - esp->back < UNDER_WAY) {
        if (!send_inner(p, echo_write(esp, esp->sent, room))) {
            (void)printf("ESP not sent\n");
            esp->wanted = esp->sent;
            return;
        }
        esp->sent++;
    }
}

bool live_esp_echo(struct peer *p, uint32_t count, size_t octets)
{
    struct live_esp *const esp = p->esp;
    esp->wanted = count;
    esp->sent = esp->back = 0;
    esp->octets = octets;
    esp->by_spi_changes = 0;
    send_more(p);
    return esp->sent > 0;
}

/* The answer to a request of ours, with all its octets. */
static bool is_answer(const struct live_esp *esp, struct ike_bytes inner)
{
    const uint8_t *const icmp = inner.at + IP_HEAD;
    if (icmp[0] != ICMP_ECHO_REPLY || inner.len != IP_HEAD + ICMP_HEAD + esp->octets ||
        u32_at(icmp + 4) >= esp->sent)
        return false;
    for (size_t i = 0; i < esp->octets; i++)
        if (icmp[ICMP_HEAD + i] != octet_of(u32_at(icmp + 4), i))
            return false;
    return true;
}

static void answer(struct peer *p, const struct ike_bytes request)
{
    uint8_t room[ECHO_MAX];
    memcpy(room, request.at, request.len);
    memcpy(room + 12, request.at + 16, 4);
    memcpy(room + 16, request.at + 12, 4);
    room[IP_HEAD] = ICMP_ECHO_REPLY;
    room[IP_HEAD + 2] = room[IP_HEAD + 3] = 0;
    const uint16_t sum =
        sim_checksum((struct ike_bytes){.at = room + IP_HEAD, .len = request.len - IP_HEAD});
    room[IP_HEAD + 2] = (uint8_t)(sum >> 8);
    room[IP_HEAD + 3] = (uint8_t)sum;
    if (send_inner(p, (struct ike_bytes){.at = room, .len = request.len}))
        (void)printf("ESP echo request answered\n");
}

static void take_inner(struct peer *p, struct ike_bytes inner)
{
    struct live_esp *const esp = p->esp;
    if (inner.len < IP_HEAD + ICMP_HEAD || inner.len > ECHO_MAX || inner.at[0] != 0x45 ||
        inner.at[9] != PROTOCOL_ICMP)
        return;
    if (inner.at[IP_HEAD] == ICMP_ECHO) {
        answer(p, inner);
        return;
    }
    if (!is_answer(esp, inner)) {
        (void)printf("ESP another packet than was sent\n");
        return;
    }
    esp->back++;
    if (esp->back == esp->wanted) {
        (void)printf("ESP echo of %zu octets: %u sent, %u back, %u changes of the Child SA\n",
                     esp->octets, esp->sent, esp->back, esp->by_spi_changes);
        live_heard(p, LIVE_ECHOED, WHY_OK);
    }
}

void live_esp_take(struct peer *p, uint8_t *packet, size_t len)
{
    uint32_t spi;
    struct ike_esp_opened opened;
    enum ike_esp_why why = ike_esp_spi((struct ike_bytes){.at = packet, .len = len}, &spi);
    struct pair *const pair = why == ESP_WHY_OK && spi != 0 ? pair_of(p->esp, spi) : NULL;
    if (pair == NULL)
        why = why == ESP_WHY_OK ? ESP_WHY_UNKNOWN_SPI : why;
    else
        why = ike_esp_open(&pair->in, p->crypto, packet, len, &opened);
    if (why != ESP_WHY_OK) {
        (void)printf("ESP refused %s\n", ike_esp_why_row(why)->name);
        return;
    }
    (void)ike_child_used(
        p->engine, live_now_ns(), p->sa, spi,
        &(struct ike_use){.bytes = opened.octets.len, .packets = 1, .heard = true});
    take_inner(p, opened.octets);
    send_more(p);
}
