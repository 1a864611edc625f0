/* SPDX-License-Identifier: MIT
 * A network of ns-3 nodes (ns3_door.h). One end to a node carries the packets of
 * all ports there; which port is meant the prefixes tell, as in the built-in
 * network. */
#include "sim/ns3_door.h"

#include "sim/icmp.h"
#include "sim/loop.h"
#include "sim/net_edge.h"
#include "sim/net_ns3.h"
#include "sim/packet.h"
#include "sim/rng.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ERROR_MAX = 256, PATH_LEN = 4096, NO_END = -1, BULKS_MAX = 16 };

static const char *const module_name = "ikelab-ns3.so";

struct far {
    struct door *door;
    uint32_t node;
};

/* What we do at a line of ns-3's, as the built-in network does at its own. */
struct way {
    struct sim_link_config config;
    struct sim_impair impair;
    uint64_t last_ns; /* when the last one that was held up comes out: none passes it by */
    uint32_t held;    /* up still */
    uint32_t moment;  /* of `delays` (sim_link_delay) */
};

struct door {
    struct sim_net net; /* first: it is a sim_net */
    const struct ns3_api *api;
    struct ns3_net *ns3;
    struct sim_routes routes;
    struct sim_edges edges;
    struct far fars[SIM_NODES_MAX]; /* who is called at the end of a node */
    int ends[SIM_NODES_MAX];
    struct sim_link_counts counts[2 * SIM_LINKS_MAX];
    struct {
        uint32_t mtu;
        enum sim_oversize oversize;
    } narrow[SIM_LINKS_MAX];
    uint64_t seed;
    struct way *ways[2 * SIM_LINKS_MAX];         /* of lines that do more than take time */
    struct sim_icmp_pace routers[SIM_NODES_MAX]; /* who tell of lines that are down */
    struct sim_bulk bulks[BULKS_MAX]; /* by number, here and there: they are told in this order */
    uint32_t bulk_count;
    uint64_t sent_parts; /* under way, of datagrams cut by who sent them, but for the first ones */
    char wrong[ERROR_MAX];
    uint8_t packet[SIM_IP_MAX];
};

static struct door *door_of(struct sim_net *net)
{
    return (struct door *)(void *)net; /* its first member */
}

/* The first thing that went wrong while building; told when the building ends. */
__attribute__((format(printf, 2, 3))) static void wrong(struct door *d, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (d->wrong[0] == '\0')
        (void)vsnprintf(d->wrong, sizeof d->wrong, format, list);
    va_end(list);
}

/* ns-3 drops what goes to 2001:db8::/32, since that is for documentation (RFC 3849 2); within it
 * the prefix is another, fdb8:db8::/32. */
static const uint8_t documentation[4] = {0x20, 0x01, 0x0d, 0xb8};
static const uint8_t instead[4] = {0xfd, 0xb8, 0x0d, 0xb8};

static void rename_ip(uint8_t *ip, const uint8_t *from, const uint8_t *to)
{
    if (memcmp(ip, from, sizeof documentation) == 0)
        memcpy(ip, to, sizeof documentation);
}

/* ---- the module ---- */

/* Opened, if it is there; if that fails, why is said. */
static void *module_at(const char *path, char *why, size_t why_max)
{
    if (access(path, F_OK) != 0)
        return NULL;
    void *const module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL)
        (void)snprintf(why, why_max, ": %s", dlerror());
    return module;
}

/* Beside a program in its build folder, else where it is installed. */
static void *module_open(char *why, size_t why_max)
{
    char self[PATH_LEN];
    char path[PATH_LEN + 64];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    void *module = NULL;
    if (len > 0) {
        self[len] = '\0';
        *strrchr(self, '/') = '\0';
        (void)snprintf(path, sizeof path, "%s/../sim/%s", self, module_name);
        module = module_at(path, why, why_max);
    }
    (void)snprintf(path, sizeof path, "%s/%s", IKELAB_MODULES, module_name);
    return module != NULL ? module : module_at(path, why, why_max);
}

const struct ns3_api *sim_ns3_api(char *error, size_t error_max)
{
    char why[ERROR_MAX] = "";
    void *const module = module_open(why, sizeof why); /* it stays: C++ does not like to go */
    const struct ns3_api *const api = module != NULL ? dlsym(module, "ns3_api") : NULL;
    if (api != NULL && api->version == NS3_API_VERSION)
        return api;
    if (api != NULL)
        (void)snprintf(why, sizeof why, ": the module is of version %u, this program of %u",
                       (unsigned)api->version, (unsigned)NS3_API_VERSION);
    (void)snprintf(error, error_max,
                   "ns-3 is not built in: install g++ and libns3-dev, `meson setup --reconfigure "
                   "build`, and build again; `./ikelab … --network ns3` does all of it%s",
                   why);
    return NULL;
}

const char *sim_ns3_release(void)
{
    char error[ERROR_MAX];
    const struct ns3_api *const api = sim_ns3_api(error, sizeof error);
    return api != NULL ? api->release() : "";
}

/* ---- the way through ---- */

/* What the lines on the way make of a datagram: it is lost on `lost`, a direction, if that is not
 * SIM_NO_WAY, by the last of `routers`; else no line there is narrower than `mtu`. */
struct passage {
    uint32_t mtu;
    uint16_t lost;
    uint8_t routers;
};

/* ns-3's routers cut in IPv4 whatever they are told, so it is found out here what a line that loses
 * long datagrams would lose. */
static struct passage passage_of(const struct door *d, uint32_t node, uint32_t to, uint32_t size)
{
    struct passage p = {.mtu = SIM_IP_MAX, .lost = SIM_NO_WAY};
    for (uint16_t way = d->routes.ways[node][to]; way != SIM_ARRIVED;
         way = d->routes.ways[node][to]) {
        const uint32_t mtu = d->narrow[way / 2].mtu;
        p.routers++;
        if (mtu < p.mtu)
            p.mtu = mtu;
        if (size > p.mtu && d->narrow[way / 2].oversize != SIM_OVERSIZE_CUT) {
            p.lost = way;
            break;
        }
        size = size < p.mtu ? size : p.mtu;
        node = d->routes.ends[way / 2][1 - way % 2];
    }
    return p;
}

/* Where a packet that has passed as many routers as it may was too long, if it was: it had been
 * given only so many (come_in). One with a forged source is taken to have come from there. */
static uint16_t too_big_on(const struct door *d, const struct sim_datagram *datagram, uint32_t size)
{
    const uint16_t from = sim_routes_find(&d->routes, 0, &datagram->from);
    const uint16_t to = sim_routes_find(&d->routes, 0, &datagram->to);
    if (from == SIM_NO_WAY || to == SIM_NO_WAY)
        return SIM_NO_WAY;
    return passage_of(d, d->routes.owned[from].node, d->routes.owned[to].node, size).lost;
}

/* ---- what comes out ---- */

/* A part that was not there when it was sent: a router has cut it off, as IPv4's do. */
static void note_cut(struct door *d, const struct sim_datagram *datagram)
{
    if (datagram->fragment.at == 0 || datagram->to.family != IKE_IPV4)
        return;
    if (d->sent_parts > 0) {
        d->sent_parts--;
        return;
    }
    d->net.totals.cut++;
    d->net.totals.under_way++;
}

static void arrive(const struct far *far, uint64_t now_ns, const struct sim_datagram *datagram,
                   uint32_t id)
{
    struct door *const d = far->door;
    const uint16_t owned = sim_routes_find(&d->routes, far->node, &datagram->to);
    assert(owned != SIM_NO_WAY);
    sim_edge_take(&d->edges, owned, now_ns, &(struct sim_arrival){datagram, id});
}

/* Who is at one of the ends has sent it: else it is a router's. */
static bool is_of_a_host(const struct door *d, const struct sim_datagram *icmp)
{
    return sim_routes_find(&d->routes, 0, &icmp->from) != SIM_NO_WAY;
}

/* What a router says of a packet, written anew: ns-3 leaves checksums out, and does not know why a
 * packet that was too long was lost. Of lines that lose such packets silently nothing is told. */
static void come_out_icmp(const struct far *far, uint64_t now_ns, const struct sim_datagram *said)
{
    struct door *const d = far->door;
    struct sim_icmp error;
    uint8_t quoted[SIM_ICMP_MAX];
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram out;
    if (said->fragment.at != 0 || !sim_icmp_parse(said, &error) || error.quoted.len > sizeof quoted)
        return; /* the first part of one that was cut is enough of it */
    memcpy(quoted, error.quoted.at, error.quoted.len);
    if (quoted[0] >> 4 == 6) {
        rename_ip(quoted + 8, instead, documentation);
        rename_ip(quoted + 24, instead, documentation);
    }
    error.quoted.at = quoted;
    (void)sim_packet_read(error.quoted, &error.about);
    const uint16_t narrow = error.kind == SIM_ICMP_TIME_EXCEEDED
                                ? too_big_on(d, &error.about, sim_packet_size(error.quoted))
                                : SIM_NO_WAY;
    if (narrow != SIM_NO_WAY) {
        if (d->narrow[narrow / 2].oversize == SIM_OVERSIZE_LOST)
            return;
        error.kind = SIM_ICMP_TOO_BIG;
        error.mtu = d->narrow[narrow / 2].mtu;
    }
    if (!sim_icmp_write(&error, &said->from, room, &out))
        return;
    if (error.kind != SIM_ICMP_UNREACHABLE) { /* those were counted when they were said (tells) */
        d->net.totals.reported++;
        d->net.totals.under_way++;
    }
    arrive(far, now_ns, &out, 0);
}

static void come_out(void *owner, uint64_t now_ns, const uint8_t *packet, size_t len)
{
    const struct far *const far = owner;
    struct sim_datagram datagram;
    if (!sim_packet_read((struct ike_bytes){.at = packet, .len = len}, &datagram))
        return; /* nobody sent it */
    rename_ip(datagram.from.ip, instead, documentation);
    rename_ip(datagram.to.ip, instead, documentation);
    if (sim_is_icmp(&datagram) && !is_of_a_host(far->door, &datagram)) {
        come_out_icmp(far, now_ns, &datagram);
        return;
    }
    note_cut(far->door, &datagram);
    arrive(far, now_ns, &datagram, packet[0] >> 4 == 4 ? (uint32_t)packet[4] << 8 | packet[5] : 0);
}

/* A packet of ns-3's own TCP, between two of its nodes: none of them is an address of ours. */
static bool is_theirs(const struct sim_datagram *datagram)
{
    return datagram->to.family == IKE_IPV4 && datagram->to.ip[0] == NS3_OWN_NETWORK &&
           datagram->from.ip[0] == NS3_OWN_NETWORK;
}

/* What a router says of a line that is down, by the first octets of its packet. */
static bool is_told(struct ike_bytes packet, const struct sim_datagram *icmp)
{
    const size_t header = sim_packet_header(packet);
    struct sim_datagram message = *icmp;
    struct sim_icmp error;
    message.at = packet.at + header;
    message.len = packet.len - header;
    return icmp->fragment.at == 0 && sim_icmp_parse(&message, &error) &&
           error.kind == SIM_ICMP_UNREACHABLE;
}

/* What came out of ns-3 as we know it. False: it is in no book; a router reports by it. */
static bool read_packet(const struct door *d, const struct ike_bytes packet,
                        struct sim_datagram *out)
{
    (void)sim_packet_read(packet, out);
    rename_ip(out->from.ip, instead, documentation);
    rename_ip(out->to.ip, instead, documentation);
    return !sim_is_icmp(out) || is_of_a_host(d, out) || is_told(packet, out);
}

static void lose(struct door *d, struct sim_link_counts *counts, enum sim_lost why,
                 const struct sim_datagram *datagram)
{
    if (is_theirs(datagram)) { /* it is not counted before */
        d->net.totals.sent++;
        sim_net_lose(&d->net, counts, why, 0);
        return;
    }
    note_cut(d, datagram);
    sim_net_lose(&d->net, counts, why, datagram->fragment.id);
    d->net.totals.under_way--;
}

static void lost(void *owner, const struct ns3_loss *loss)
{
    static const enum sim_lost whys[] = {[NS3_LOST_QUEUE] = SIM_LOST_QUEUE_FULL,
                                         [NS3_LOST_LINE] = SIM_LOST_LINK_LOSS,
                                         [NS3_LOST_NO_ROUTE] = SIM_LOST_NO_ROUTE,
                                         [NS3_LOST_HOPS] = SIM_LOST_HOPS,
                                         [NS3_LOST_OTHER] =
                                             SIM_LOST_NO_ROUTE}; /* a node would not carry it */
    struct door *const d = owner;
    const struct ike_bytes packet = {.at = loss->packet, .len = loss->len};
    assert(loss->len <= NS3_LOST_OCTETS);
    struct sim_link_counts *counts =
        loss->link >= 0 ? &d->counts[2 * loss->link + loss->direction] : NULL;
    enum sim_lost why = whys[loss->why];
    struct sim_datagram datagram;
    if (!read_packet(d, packet, &datagram))
        return;
    const uint16_t narrow =
        why == SIM_LOST_HOPS ? too_big_on(d, &datagram, sim_packet_size(packet)) : SIM_NO_WAY;
    if (narrow != SIM_NO_WAY) {
        why = SIM_LOST_TOO_BIG;
        counts = &d->counts[narrow];
    }
    lose(d, counts, why, &datagram);
}

/* ---- what lines do beside taking time ---- */

/* Why a packet may not enter; SIM_LOST_COUNT: it may. */
static enum sim_lost refused(const struct way *way, uint64_t now_ns,
                             const struct sim_datagram *datagram)
{
    if (way->config.no_udp && datagram->protocol == SIM_UDP)
        return SIM_LOST_UDP_BLOCKED;
    return sim_impair_is_out(&way->config.impairments, now_ns) ? SIM_LOST_OUTAGE : SIM_LOST_COUNT;
}

/* Whether the router before a line that is down says so to who sent a packet of this size: ns-3
 * makes the error, and it is counted here. Not where a line would lose it that is too narrow, which
 * ns-3's do not: they cut. */
static bool tells(struct door *d, uint64_t now_ns, uint32_t node, const struct sim_datagram *about,
                  uint32_t size)
{
    struct sim_icmp_pace *const router = &d->routers[node];
    const uint16_t owned = sim_routes_find(&d->routes, node, &about->from);
    if (owned == SIM_NO_WAY || is_theirs(about) || !sim_icmp_speaks_of(about) ||
        !sim_icmp_may_say(router, now_ns))
        return false;
    const uint32_t error = sim_icmp_size(about->from.family, size);
    if (passage_of(d, node, d->routes.owned[owned].node, error).lost != SIM_NO_WAY)
        return false;
    router->said++;
    d->net.totals.reported++;
    d->net.totals.under_way++;
    return true;
}

/* Where the line itself takes no time, it is what it took that the packet waits for. */
static bool waits_beyond(const struct sim_link_config *config)
{
    return config->medium != SIM_POINT_TO_POINT || config->delay_count != 0;
}

/* How long it is held up, so that order is kept; UINT64_MAX: not at all. */
static uint64_t held_up(struct way *way, uint64_t now_ns)
{
    const struct sim_link_config *const c = &way->config;
    const uint64_t here_ns =
        now_ns + (waits_beyond(c) ? sim_link_delay(c, &way->moment, now_ns) : 0);
    const uint64_t out_ns =
        here_ns + sim_impair_wait(&way->impair, &c->impairments, c->jitter_ns, here_ns);
    way->last_ns = out_ns > way->last_ns ? out_ns : way->last_ns;
    if (way->held == 0 && way->last_ns <= now_ns)
        return UINT64_MAX;
    way->held++;
    return way->last_ns > now_ns ? way->last_ns - now_ns : 0;
}

/* One more like it is under way, of its sender's parts if it is one. */
static void note_twin(struct door *d, const struct sim_datagram *datagram)
{
    d->net.totals.doubled++;
    d->net.totals.under_way++;
    if (datagram->fragment.at != 0 && datagram->to.family == IKE_IPV4)
        d->sent_parts++;
}

static struct ns3_fate come_out_of_line(struct door *d, uint32_t number, uint64_t now_ns,
                                        const struct sim_datagram *datagram, bool ours)
{
    struct way *const way = d->ways[number];
    const struct sim_fate fate = sim_impair_judge(&way->impair, &way->config.impairments, now_ns);
    const enum sim_lost why = fate.kind == SIM_FATE_OUT ? SIM_LOST_OUTAGE : SIM_LOST_LINK_LOSS;
    if (fate.kind != SIM_FATE_PASSES && ours)
        lose(d, &d->counts[number], why, datagram);
    if (fate.twice && ours && !is_theirs(datagram))
        note_twin(d, datagram);
    return (struct ns3_fate){
        .lost = fate.kind != SIM_FATE_PASSES, .twice = fate.twice, .hold_ns = fate.late_ns};
}

static struct ns3_fate cross(void *owner, const struct ns3_crossing *crossing)
{
    struct door *const d = owner;
    const uint32_t number = 2U * (uint32_t)crossing->link + (uint32_t)crossing->direction;
    struct way *const way = d->ways[number];
    struct sim_datagram datagram;
    const struct ike_bytes packet = {.at = crossing->packet, .len = crossing->len};
    const bool ours = read_packet(d, packet, &datagram);
    if (crossing->stage == NS3_ENTERS) {
        const enum sim_lost why = refused(way, crossing->now_ns, &datagram);
        const bool told = why == SIM_LOST_OUTAGE && way->config.down == SIM_DOWN_UNREACHABLE &&
                          tells(d, crossing->now_ns, d->routes.ends[number / 2][number % 2],
                                &datagram, sim_packet_size(packet));
        if (why != SIM_LOST_COUNT && ours)
            lose(d, &d->counts[number], why, &datagram);
        return (struct ns3_fate){.lost = why != SIM_LOST_COUNT, .told = told};
    }
    const uint64_t hold_ns =
        crossing->stage == NS3_ARRIVES ? held_up(way, crossing->now_ns) : UINT64_MAX;
    if (hold_ns != UINT64_MAX)
        return (struct ns3_fate){.hold_ns = hold_ns, .again = true};
    way->held -= crossing->stage == NS3_HELD ? 1 : 0;
    return come_out_of_line(d, number, crossing->now_ns, &datagram, ours);
}

/* ---- the door ---- */

/* ns-3 has thrown something, and nothing after that would be what it is to be. */
static void break_down(struct door *d)
{
    wrong(d, "ns-3: %s", d->api->error(d->ns3));
    d->net.trouble = d->wrong;
}

/* A packet enters at a node. */
static void enter(struct door *d, uint64_t now_ns, uint32_t node,
                  const struct sim_datagram *datagram)
{
    struct sim_datagram outside = *datagram;
    rename_ip(outside.from.ip, documentation, instead);
    rename_ip(outside.to.ip, documentation, instead);
    const size_t len = sim_packet_write(&outside, d->packet);
    if (!d->api->send(d->ns3, d->ends[node], now_ns, d->packet, len))
        break_down(d);
    d->net.totals.under_way++; /* for ever, where it is broken */
    if (outside.fragment.at != 0 && outside.to.family == IKE_IPV4)
        d->sent_parts++;
}

/* IPv6 is cut by its sender (RFC 8200 4.5), who is taken to know the way. */
static void enter_in_parts(struct door *d, uint64_t now_ns, uint32_t node,
                           const struct sim_datagram *datagram, uint32_t mtu)
{
    const uint32_t each = sim_part_max(datagram, mtu);
    const uint32_t payload = sim_ip_payload(datagram);
    for (uint32_t at = 0; at < payload; at += each) {
        const struct sim_datagram part = sim_datagram_part(datagram, at, each);
        enter(d, now_ns, node, &part);
        d->net.totals.cut += at != 0 ? 1 : 0;
    }
}

/* What is too long for a line gets no further than the router before it, who says so at the time
 * and from the place where it happens. */
static bool come_in(struct sim_net *net, uint64_t now_ns, uint32_t node,
                    const struct sim_datagram *datagram)
{
    struct door *const d = door_of(net);
    struct sim_datagram packet = *datagram;
    const uint16_t owned = sim_routes_find(&d->routes, node, &packet.to);
    const uint32_t size = sim_ip_size(&packet);
    if (owned == SIM_NO_WAY || size > SIM_IP_MAX) {
        const enum sim_lost why = owned == SIM_NO_WAY ? SIM_LOST_NO_ROUTE : SIM_LOST_TOO_BIG;
        sim_net_lose(net, NULL, why, net->totals.sent);
        return false;
    }
    const struct passage passage = passage_of(d, node, d->routes.owned[owned].node, size);
    if (passage.lost != SIM_NO_WAY)
        packet.hops = passage.routers;
    if (!sim_is_fragment(&packet))
        packet.fragment.id = sim_fragment_id(net, packet.to.family);
    if (passage.lost == SIM_NO_WAY && size > passage.mtu && packet.to.family == IKE_IPV6)
        enter_in_parts(d, now_ns, node, &packet, passage.mtu);
    else
        enter(d, now_ns, node, &packet);
    return true;
}

static bool door_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                      const struct sim_datagram *datagram)
{
    return sim_edge_send(net, now_ns, port, datagram, come_in);
}

static uint64_t door_run_until(struct sim_net *net, uint64_t limit_ns)
{
    struct door *const d = door_of(net);
    const uint64_t reached_ns = d->api->run(d->ns3, limit_ns);
    if (reached_ns != NS3_BROKEN)
        return reached_ns;
    break_down(d);
    return sim_loop_now(net->loop);
}

static uint64_t door_next(struct sim_net *net)
{
    struct door *const d = door_of(net);
    return d->api->next(d->ns3);
}

/* ---- building ---- */

static uint32_t node_add(struct door *d)
{
    const int node = d->api->node(d->ns3);
    if (node < 0)
        wrong(d, "ns-3: %s", d->api->error(d->ns3));
    assert(d->routes.node_count < SIM_NODES_MAX);
    d->ends[d->routes.node_count] = NO_END;
    return d->routes.node_count++;
}

static uint32_t door_router(struct sim_net *net)
{
    return node_add(door_of(net));
}

static bool does_more(const struct sim_link_config *config)
{
    return config->jitter_ns != 0 || config->no_udp ||
           (waits_beyond(config) && (config->delay_ns != 0 || config->delay_count != 0)) ||
           !sim_impairments_are_none(&config->impairments);
}

static void way_open(struct door *d, uint32_t number, const struct sim_link_config *config)
{
    struct way *const way = calloc(1, sizeof *way);
    if (way == NULL) {
        wrong(d, "out of memory");
        return;
    }
    way->config = *config;
    sim_impair_open_way(&way->impair, d->seed, config->name == NULL ? "" : config->name, number);
    d->ways[number] = way;
}

static uint32_t door_link(struct sim_net *net, uint32_t a, uint32_t b,
                          const struct sim_link_config *config)
{
    struct door *const d = door_of(net);
    static const enum ns3_aqm aqms[] = {[SIM_DROP_TAIL] = NS3_DROP_TAIL,
                                        [SIM_RED] = NS3_RED,
                                        [SIM_CODEL] = NS3_CODEL,
                                        [SIM_FQ_CODEL] = NS3_FQ_CODEL};
    static const enum ns3_medium media[] = {
        [SIM_POINT_TO_POINT] = NS3_POINT_TO_POINT, [SIM_CSMA] = NS3_CSMA, [SIM_WIFI] = NS3_WIFI};
    const char *const lacking = sim_net_ns3_lacks(config);
    const struct ns3_line line = {.medium = media[config->medium],
                                  .rate_bps = config->rate_bps,
                                  .rate_back_bps = config->rate_back_bps,
                                  .delay_ns = waits_beyond(config) ? 0 : config->delay_ns,
                                  .queue_packets = config->queue_packets,
                                  .queue_bytes = config->queue_bytes,
                                  .mtu = config->mtu,
                                  .aqm = aqms[config->aqm],
                                  .judged = does_more(config)};
    if (lacking != NULL)
        wrong(d, "link %s: ns-3's lines have no %s: `network: {kind: links}` has it", config->name,
              lacking);
    else if (d->api->line(d->ns3, (int)a, (int)b, &line) < 0)
        wrong(d, "link %s: %s", config->name, d->api->error(d->ns3));
    const uint32_t link = sim_routes_join(&d->routes, a, b);
    d->narrow[link].mtu = config->mtu != 0 ? config->mtu : SIM_IP_MAX;
    d->narrow[link].oversize = config->oversize;
    for (uint32_t i = 0; i < 2 && does_more(config); i++)
        way_open(d, 2 * link + i, config);
    return link;
}

static void door_attach(struct sim_net *net, uint32_t node, struct sim_port *port,
                        const struct ike_prefix *prefix)
{
    struct door *const d = door_of(net);
    d->fars[node] = (struct far){.door = d, .node = node};
    if (d->ends[node] == NO_END)
        d->ends[node] = d->api->end(d->ns3, (int)node, come_out, &d->fars[node]);
    if (d->ends[node] < 0)
        wrong(d, "ns-3: %s", d->api->error(d->ns3));
    port->node = node;
    sim_routes_own(&d->routes, node, port, prefix);
}

static bool route_add(struct door *d, uint32_t node, const struct sim_owned *to)
{
    struct ns3_prefix prefix = {.family = to->family, .bits = to->bits};
    for (unsigned i = 0; i < 16; i++)
        prefix.ip[i] = (uint8_t)(to->base[i / 8] >> (56 - 8 * (i % 8)));
    rename_ip(prefix.ip, documentation, instead);
    const uint16_t way = d->routes.ways[node][to->node];
    if (way == SIM_NO_WAY)
        return true;
    if (way == SIM_ARRIVED)
        return d->api->route_to_end(d->ns3, &prefix, d->ends[node]);
    return d->api->route_by_link(d->ns3, (int)node, &prefix, way / 2);
}

uint32_t sim_net_ns3_bulk(struct sim_net *net, const struct sim_bulk *bulk)
{
    struct door *const d = door_of(net);
    assert(d->bulk_count < BULKS_MAX);
    d->bulks[d->bulk_count] = *bulk;
    return d->bulk_count++;
}

uint64_t sim_net_ns3_received(const struct sim_net *net, uint32_t bulk)
{
    const struct door *const d = (const struct door *)(const void *)net;
    return d->api->received(d->ns3, (int)bulk);
}

/* Every node but itself learns the way to one, by its own address at a link. */
static bool routes_to_node(struct door *d, uint32_t to, int link)
{
    struct ns3_prefix own;
    bool good = d->api->address(d->ns3, (int)to, link, 4, &own);
    for (uint32_t node = 0; good && node < d->routes.node_count; node++) {
        const uint16_t way = d->routes.ways[node][to];
        if (way != SIM_NO_WAY && way != SIM_ARRIVED)
            good = d->api->route_by_link(d->ns3, (int)node, &own, way / 2);
    }
    return good;
}

static void bulks_build(struct door *d)
{
    bool known[SIM_NODES_MAX] = {false};        /* by the address at its first link, */
    bool known_at[2 * SIM_LINKS_MAX] = {false}; /* and where a direction begins */
    for (uint32_t i = 0; d->wrong[0] == '\0' && i < d->bulk_count; i++) {
        const struct sim_bulk *const b = &d->bulks[i];
        const struct ns3_traffic traffic = {.from = (int)b->from,
                                            .to = (int)b->to,
                                            .bulk = true,
                                            .from_ns = b->start_ns,
                                            .until_ns = b->until_ns};
        const uint16_t way = d->routes.ways[b->from][b->to];
        assert(way != SIM_NO_WAY && way != SIM_ARRIVED); /* the world has looked */
        if ((!known_at[way] && !routes_to_node(d, b->from, way / 2)) ||
            (!known[b->to] && !routes_to_node(d, b->to, -1)) ||
            d->api->traffic(d->ns3, &traffic) != (int)i)
            wrong(d, "ns-3: %s", d->api->error(d->ns3));
        known_at[way] = known[b->to] = true;
    }
}

static bool door_route(struct sim_net *net, char *error, size_t error_max)
{
    struct door *const d = door_of(net);
    sim_routes_compute(&d->routes);
    for (uint32_t node = 0; d->wrong[0] == '\0' && node < d->routes.node_count; node++)
        for (uint32_t i = 0; i < d->routes.owned_count; i++)
            if (!route_add(d, node, &d->routes.owned[i]))
                wrong(d, "ns-3: %s", d->api->error(d->ns3));
    bulks_build(d);
    if (d->wrong[0] != '\0')
        (void)snprintf(error, error_max, "%s", d->wrong);
    return d->wrong[0] == '\0';
}

static struct sim_link_counts door_counts(const struct sim_net *net, uint32_t link,
                                          uint32_t direction)
{
    const struct door *const d = (const struct door *)(const void *)net;
    struct sim_link_counts counts = d->counts[2 * link + direction];
    const struct ns3_counts theirs = d->api->counts(d->ns3, (int)link, (int)direction);
    counts.sent_packets = theirs.arrived_packets;
    counts.sent_bytes = theirs.arrived_bytes;
    return counts;
}

static void door_close(struct sim_net *net)
{
    struct door *const d = door_of(net);
    if (d->ns3 != NULL)
        d->api->close(d->ns3);
    sim_edges_close(&d->edges);
    for (uint32_t i = 0; i < 2 * SIM_LINKS_MAX; i++)
        free(d->ways[i]);
    free(d);
}

static const struct sim_net_ops door_ops = {
    .name = "ns3",
    .router = door_router,
    .link = door_link,
    .attach = door_attach,
    .route = door_route,
    .send = door_send,
    .run_until = door_run_until,
    .next = door_next,
    .counts = door_counts,
    .close = door_close,
};

struct sim_net *sim_net_ns3_open(struct sim_loop *loop, uint64_t seed,
                                 struct sim_fingerprint *fingerprint, char *error, size_t error_max)
{
    struct door *const d = calloc(1, sizeof *d);
    struct sim_rng streams;
    if (d == NULL) {
        (void)snprintf(error, error_max, "out of memory");
        return NULL;
    }
    d->net = (struct sim_net){.ops = &door_ops, .loop = loop, .fingerprint = fingerprint};
    sim_edges_open(&d->edges, &d->net, &d->routes);
    sim_rng_open(&streams, seed, "net_ns3");
    const struct ns3_options options = {.seed = sim_rng_u64(&streams)};
    d->api = sim_ns3_api(error, error_max);
    d->ns3 = d->api != NULL ? d->api->open(&options, error, error_max) : NULL;
    if (d->ns3 == NULL) {
        door_close(&d->net);
        return NULL;
    }
    d->seed = seed;
    d->api->on_lost(d->ns3, lost, d);
    d->api->on_crossing(d->ns3, cross, d);
    (void)node_add(d);
    sim_loop_join(loop, &d->net);
    return &d->net;
}
