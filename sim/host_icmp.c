/* SPDX-License-Identifier: MIT
 * What a host hears by ICMP, which its engine takes as a hint (RFC 7296 2.4), and
 * what it says by it while nobody listens there. */
#include "sim/host_inside.h"
#include "sim/icmp.h"
#include "sim/packet.h"

#include <assert.h>
#include <string.h>

/* ---- hearing ---- */

/* It says that something of ours did not arrive. A host does not listen to what was not sent to
 * whom it speaks of. */
static bool is_hint(const struct sim_datagram *icmp, struct sim_icmp *out)
{
    return sim_icmp_read(icmp, out) &&
           (out->kind == SIM_ICMP_PORT_CLOSED || out->kind == SIM_ICMP_UNREACHABLE) &&
           (out->about.protocol == SIM_UDP || out->about.protocol == SIM_ESP) &&
           ike_addr_same_ip(&icmp->to, &out->about.from);
}

void sim_host_heed(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *icmp)
{
    struct sim_icmp error;
    if (!is_hint(icmp, &error))
        return;
    h->counts.hints++;
    struct sim_turn *const t = sim_turn_beside(h, now_ns, &h->counts.hints_dropped);
    if (t == NULL)
        return;
    const struct ike_datagram about = {
        .local = error.about.from, .remote = error.about.to, .bytes = sim_icmp_payload(&error)};
    const enum ike_why why = ike_hint(h->parts.engine, now_ns, &about);
    if (why == WHY_OK)
        h->counts.hints_heeded++;
    else
        h->counts.reasons[why]++;
    if (why != WHY_OK && h->parts.fingerprint != NULL)
        sim_fingerprint_add(h->parts.fingerprint, SIM_TRACE_REFUSED, now_ns, why);
    t->local = about.local;
    sim_turn_collect(t, h->config.implementation.datagram_ns, icmp->len);
    sim_turn_spend(t, now_ns, h->config.cores == 0 ? NULL : &h->cores[0]);
}

/* ---- saying ---- */

void sim_host_refuse(struct sim_host *h, uint64_t now_ns, const struct sim_datagram *datagram)
{
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram answer;
    struct ike_addr own = datagram->to;
    own.port = 0;
    if (!h->refuses || !sim_icmp_may_say(&h->pace, now_ns) ||
        sim_ip_size(datagram) > sizeof h->packet ||
        (datagram->protocol != SIM_UDP && datagram->protocol != SIM_ESP))
        return;
    const struct sim_icmp what = {
        .kind = SIM_ICMP_PORT_CLOSED,
        .quoted = {.at = h->packet, .len = sim_packet_write(datagram, h->packet)}};
    if (!sim_icmp_write(&what, &own, room, &answer))
        return;
    struct sim_turn *const t = sim_turn_beside(h, now_ns, &h->counts.carried_dropped);
    if (t == NULL)
        return;
    h->pace.said++;
    h->counts.refused++;
    t->local = own;
    sim_turn_packet(h, t, &answer);
    sim_turn_spend(t, now_ns, NULL);
}

/* ---- off and on ---- */

void sim_host_switch_off(struct sim_host *host, uint64_t now_ns, bool refuses)
{
    struct ike_event e;
    assert(host->config.cores > 0 && host->streams == NULL && host->carrying == NULL);
    host->off = true;
    host->refuses = refuses;
    host->lives++;
    sim_host_empty(host, now_ns);
    ike_crash(host->parts.engine, now_ns);
    while (ike_next_event(host->parts.engine, &e)) {
        if (host->parts.carrier.event != NULL)
            host->parts.carrier.event(host->parts.carrier.owner, now_ns, &e);
        sim_host_tell(host, now_ns, &e);
    }
}

void sim_host_switch_on(struct sim_host *host)
{
    host->off = false;
}
