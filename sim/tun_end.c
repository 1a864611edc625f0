/* SPDX-License-Identifier: MIT
 * A TUN device as an end of any network (tun_end.h). A packet from the kernel is
 * stamped when it is read; until the loop has come to that time it waits, first
 * come, first served. */
#include "sim/tun_end.h"

#include "sim/icmp.h"
#include "sim/loop.h"
#include "sim/packet.h"
#include "sim/slabs.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OWNED_MAX = 64,
    READS_MAX = 64, /* at a time; others want to be heard too */
    IPV4_LEN = 20,
    IPV6_LEN = 40
};

/* So many packets may wait, by size. */
static const uint32_t waiting_max[SIM_SLAB_SIZES] = {4096, 4096, 64};

/* A packet whose time has not come; its payload follows. */
struct arrival {
    struct arrival *next;
    uint64_t at_ns;
    struct sim_datagram datagram;
};

struct sim_tun_end {
    struct sim_port port;
    struct sim_net *net;
    struct sim_loop *loop;
    int fd;
    struct sim_event enter; /* of the first that waits */
    struct arrival *first, *last;
    struct sim_slabs *slabs;
    struct sim_tun_counts counts;
    struct ike_prefix owned[OWNED_MAX];
    uint32_t owned_count;
    struct sim_tun_ear ear;
    uint8_t packet[SIM_IP_MAX + 1];
};

const char *sim_tun_refused_name(enum sim_tun_refused refused)
{
    static const char *const names[] = {
#define ROW(id, name, meaning) [SIM_TUN_REFUSED_##id] = (name),
        SIM_TUN_REFUSED_ROWS(ROW)
#undef ROW
    };
    return names[refused];
}

/* ---- to the kernel ---- */

static void deliver(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct sim_tun_end *const end = owner;
    if (datagram->protocol != SIM_UDP && datagram->protocol != SIM_ESP && !sim_is_icmp(datagram)) {
        end->counts.out[SIM_TUN_REFUSED_PROTOCOL]++;
        return;
    }
    const size_t len = sim_packet_write(datagram, end->packet);
    ssize_t written = write(end->fd, end->packet, len);
    while (written < 0 && errno == EINTR)
        written = write(end->fd, end->packet, len);
    if (written < 0) {
        end->counts.out[SIM_TUN_REFUSED_NOT_TAKEN]++;
        return;
    }
    end->counts.last_written_ns = now_ns;
    end->counts.written++;
    end->counts.written_bytes += len;
    if (end->ear.seen != NULL)
        end->ear.seen(end->ear.owner, now_ns, true, datagram);
}

/* ---- from the kernel ---- */

static bool owns(const struct sim_tun_end *end, const struct ike_addr *addr)
{
    for (uint32_t i = 0; i < end->owned_count; i++)
        if (ike_prefix_has(&end->owned[i], addr))
            return true;
    return false;
}

/* What a kernel says of a packet that came to it, as when nobody listens at that port. Other ICMP
 * is its own affair. */
static bool is_error_of(const struct sim_tun_end *end, const struct sim_datagram *icmp)
{
    struct sim_icmp error;
    return sim_icmp_read(icmp, &error) && owns(end, &error.about.to);
}

/* SIM_TUN_REFUSED_COUNT: it may enter the network, as `out`. */
static enum sim_tun_refused judge(const struct sim_tun_end *end, struct ike_bytes packet,
                                  struct sim_datagram *out)
{
    const bool whole = sim_packet_read(packet, out);
    const uint8_t version = packet.len > 0 ? packet.at[0] >> 4 : 0;
    const uint8_t icmp = version == 4 ? SIM_ICMP : SIM_ICMP6;
    if ((version != 4 && version != 6) || packet.len < (version == 4 ? IPV4_LEN : IPV6_LEN))
        return SIM_TUN_REFUSED_MALFORMED;
    if (out->protocol == icmp && !(whole && is_error_of(end, out)))
        return SIM_TUN_REFUSED_ICMP;
    if (out->protocol != icmp && out->protocol != SIM_UDP && out->protocol != SIM_ESP)
        return SIM_TUN_REFUSED_PROTOCOL;
    if (!whole)
        return SIM_TUN_REFUSED_MALFORMED;
    return owns(end, &out->from) ? SIM_TUN_REFUSED_COUNT : SIM_TUN_REFUSED_SOURCE;
}

static void enter(void *owner, uint64_t now_ns)
{
    struct sim_tun_end *const end = owner;
    while (end->first != NULL && end->first->at_ns <= now_ns) {
        struct arrival *const arrival = end->first;
        end->first = arrival->next;
        end->counts.waiting--;
        end->counts.entered++;
        if (end->counts.first_entered_ns == SIM_NEVER)
            end->counts.first_entered_ns = now_ns;
        if (end->ear.seen != NULL)
            end->ear.seen(end->ear.owner, now_ns, false, &arrival->datagram);
        (void)end->net->ops->send(end->net, now_ns, &end->port, &arrival->datagram);
        sim_slabs_give(end->slabs, arrival);
    }
    if (end->first != NULL)
        sim_loop_at(end->loop, &end->enter, end->first->at_ns);
}

/* False: there is no room. */
static bool keep(struct sim_tun_end *end, uint64_t at_ns, const struct sim_datagram *datagram)
{
    struct arrival *const arrival = sim_slabs_take(end->slabs, sizeof *arrival + datagram->len);
    if (arrival == NULL)
        return false;
    uint8_t *const payload = (uint8_t *)(arrival + 1);
    if (datagram->len > 0)
        memcpy(payload, datagram->at, datagram->len);
    *arrival = (struct arrival){.at_ns = at_ns, .datagram = *datagram};
    arrival->datagram.at = payload;
    if (end->first == NULL) {
        end->first = arrival;
        sim_loop_at(end->loop, &end->enter, at_ns);
    } else {
        assert(end->last->at_ns <= at_ns);
        end->last->next = arrival;
    }
    end->last = arrival;
    end->counts.waiting++;
    return true;
}

static void take(struct sim_tun_end *end, uint64_t at_ns, struct ike_bytes packet)
{
    struct sim_datagram datagram;
    enum sim_tun_refused refused = judge(end, packet, &datagram);
    end->counts.read++;
    end->counts.read_bytes += packet.len;
    if (refused == SIM_TUN_REFUSED_COUNT && !keep(end, at_ns, &datagram))
        refused = SIM_TUN_REFUSED_OVERRUN;
    if (refused != SIM_TUN_REFUSED_COUNT)
        end->counts.in[refused]++;
}

static bool read_some(void *owner, uint64_t at_ns)
{
    struct sim_tun_end *const end = owner;
    for (uint32_t i = 0; i < READS_MAX; i++) {
        const ssize_t len = read(end->fd, end->packet, sizeof end->packet);
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0) /* else the device has gone, or is down for good */
            return len < 0 && errno == EAGAIN;
        take(end, at_ns, (struct ike_bytes){.at = end->packet, .len = (size_t)len});
    }
    return true;
}

/* ---- the end ---- */

struct sim_tun_end *sim_tun_end_open(struct sim_net *net, int fd, const struct ike_prefix *owned,
                                     uint32_t owned_count)
{
    assert(owned_count <= OWNED_MAX);
    struct sim_tun_end *const end = calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    end->slabs = sim_slabs_open(waiting_max);
    if (end->slabs == NULL) {
        free(end);
        return NULL;
    }
    end->port = (struct sim_port){.name = "tun", .deliver = deliver, .owner = end};
    end->net = net;
    end->loop = net->loop;
    end->fd = fd;
    end->enter = (struct sim_event){.rank = SIM_ARRIVAL, .run = enter, .owner = end};
    memcpy(end->owned, owned, owned_count * sizeof *owned);
    end->owned_count = owned_count;
    sim_tun_end_mark(end);
    return end;
}

struct sim_port *sim_tun_end_port(struct sim_tun_end *end)
{
    return &end->port;
}

struct sim_source sim_tun_end_source(struct sim_tun_end *end)
{
    return (struct sim_source){.fd = end->fd, .read = read_some, .owner = end};
}

void sim_tun_end_listen(struct sim_tun_end *end, struct sim_tun_ear ear)
{
    end->ear = ear;
}

void sim_tun_end_mark(struct sim_tun_end *end)
{
    end->counts.first_entered_ns = end->counts.last_written_ns = SIM_NEVER;
}

struct sim_tun_counts sim_tun_end_counts(const struct sim_tun_end *end)
{
    return end->counts;
}

void sim_tun_end_close(struct sim_tun_end *end)
{
    if (end == NULL)
        return;
    sim_loop_cancel(end->loop, &end->enter);
    sim_slabs_close(end->slabs);
    free(end);
}
