/* SPDX-License-Identifier: MIT
 * Sockets of a real peer: ports 500 and 4500 of its address, and of another one
 * it may move to. What it sends may be held back for a while, so that what both
 * ends do is under way at once. */
#include "tests/interop/live_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HELD_MAX = 256 };

struct live_wire {
    int sockets[SOCKETS]; /* for each of `ports`; and at `also` */
    uint64_t lag_ns;
    struct held {
        uint64_t due_ns;
        struct ike_datagram d; /* its octets are ours */
    } held[HELD_MAX];
    size_t first, count; /* a ring */
};

static const uint16_t ports[2] = {IKE_PORT, IKE_PORT_NAT};

static const char *address_of(const struct peer *p, int which)
{
    return which < 2 ? p->o.local : p->o.also;
}

static int open_socket(const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int opened = socket(AF_INET, SOCK_DGRAM, 0);
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1 || opened < 0 ||
        bind(opened, (struct sockaddr *)&at, sizeof at) != 0)
        live_die("socket");
    return opened;
}

void live_wire_open(struct peer *p)
{
    p->wire = calloc(1, sizeof *p->wire);
    if (p->wire == NULL)
        live_die("memory");
    p->wire->lag_ns = p->o.lag == NULL ? 0 : strtoull(p->o.lag, NULL, 10) * UINT64_C(1000000);
    for (int i = 0; i < SOCKETS; i++)
        p->wire->sockets[i] =
            address_of(p, i) != NULL ? open_socket(address_of(p, i), ports[i % 2]) : -1;
}

void live_wire_close(struct peer *p)
{
    for (; p->wire->count > 0; p->wire->count--, p->wire->first++)
        free((void *)(uintptr_t)p->wire->held[p->wire->first % HELD_MAX].d.bytes.at);
    for (int i = 0; i < SOCKETS; i++)
        if (p->wire->sockets[i] >= 0)
            (void)close(p->wire->sockets[i]);
    free(p->wire);
}

void live_wire_rebind(struct peer *p)
{
    (void)close(p->wire->sockets[1]);
    p->wire->sockets[1] = open_socket(p->o.local, REBOUND_PORT);
}

int live_wire_socket(const struct peer *p, int which)
{
    return p->wire->sockets[which];
}

static int socket_of(const struct peer *p, const struct ike_addr *local)
{
    struct ike_addr also;
    const bool second =
        p->o.also != NULL && ike_addr_parse(p->o.also, &also) && ike_addr_same_ip(&also, local);
    return (second ? 2 : 0) + (local->port == IKE_PORT_NAT ? 1 : 0);
}

static void send_now(struct peer *p, const struct ike_datagram *d)
{
    if (d->stream != 0) {
        live_stream_send(p, d);
        return;
    }
    if (p->o.no_udp != NULL)
        return;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(d->remote.port)};
    memcpy(&to.sin_addr, d->remote.ip, 4);
    (void)sendto(p->wire->sockets[socket_of(p, &d->local)], d->bytes.at, d->bytes.len, 0,
                 (struct sockaddr *)&to, sizeof to);
}

void live_wire_send(struct peer *p, const struct ike_datagram *d)
{
    struct live_wire *const wire = p->wire;
    uint8_t *const copy = wire->lag_ns > 0 && wire->count < HELD_MAX ? malloc(d->bytes.len) : NULL;
    if (copy == NULL) {
        send_now(p, d);
        return;
    }
    struct held *const held = &wire->held[(wire->first + wire->count++) % HELD_MAX];
    *held = (struct held){.due_ns = live_now_ns() + wire->lag_ns, .d = *d};
    memcpy(copy, d->bytes.at, d->bytes.len);
    held->d.bytes.at = copy;
}

uint64_t live_wire_due(struct peer *p)
{
    struct live_wire *const wire = p->wire;
    while (wire->count > 0) {
        struct held *const held = &wire->held[wire->first % HELD_MAX];
        if (held->due_ns > live_now_ns())
            return held->due_ns;
        send_now(p, &held->d);
        free((void *)(uintptr_t)held->d.bytes.at);
        wire->first++;
        wire->count--;
    }
    return UINT64_MAX;
}

size_t live_wire_take(struct peer *p, int which, uint8_t *room, size_t max, struct ike_datagram *d)
{
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    const ssize_t len = recvfrom(p->wire->sockets[which], room, max, MSG_DONTWAIT,
                                 (struct sockaddr *)&from, &from_len);
    if (len <= 0)
        return 0;
    *d = (struct ike_datagram){.bytes = {.at = room, .len = (size_t)len}};
    (void)ike_addr_parse(address_of(p, which), &d->local);
    d->local.port = ports[which % 2];
    d->remote = ike_addr_v4(ntohl(from.sin_addr.s_addr), ntohs(from.sin_port));
    return (size_t)len;
}
