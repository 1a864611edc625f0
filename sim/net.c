/* SPDX-License-Identifier: MIT
 * Sizes of datagrams as IP has them, and their parts; how long lines take. */
#include "sim/net.h"

/* What is not in the payload: a segment holds all of TCP's header but the ports. */
static uint32_t transport_header(uint8_t protocol)
{
    return protocol == SIM_UDP ? 8 : protocol == SIM_TCP ? 4 : 0;
}

bool sim_is_fragment(const struct sim_datagram *datagram)
{
    return datagram->fragment.more || datagram->fragment.at != 0;
}

uint32_t sim_ip_payload(const struct sim_datagram *datagram)
{
    return (datagram->fragment.at == 0 ? transport_header(datagram->protocol) : 0) +
           (uint32_t)datagram->len;
}

uint32_t sim_ip_header(const struct sim_datagram *datagram)
{
    return datagram->to.family == IKE_IPV6 ? 40 : 20;
}

uint32_t sim_ip_size(const struct sim_datagram *datagram)
{
    const bool six = datagram->to.family == IKE_IPV6;
    return sim_ip_header(datagram) + (six && sim_is_fragment(datagram) ? 8U : 0U) +
           sim_ip_payload(datagram);
}

uint32_t sim_part_max(const struct sim_datagram *datagram, uint32_t mtu)
{
    return (mtu - (datagram->to.family == IKE_IPV6 ? 48U : 20U)) / 8 * 8;
}

struct sim_datagram sim_datagram_part(const struct sim_datagram *d, uint32_t at, uint32_t len)
{
    const uint32_t payload = sim_ip_payload(d);
    const uint32_t header = payload - (uint32_t)d->len;
    struct sim_datagram part = *d;
    part.fragment.at = (uint16_t)(d->fragment.at + at);
    part.fragment.more = at + len < payload || d->fragment.more;
    if (at + len > payload)
        len = payload - at;
    part.at = at == 0 ? d->at : d->at + (at - header);
    part.len = at == 0 ? len - header : len;
    return part;
}

uint64_t sim_link_delay(const struct sim_link_config *config, uint32_t *moment, uint64_t at_ns)
{
    if (config->delay_count == 0)
        return config->delay_ns;
    while (*moment + 1 < config->delay_count && config->delays[*moment + 1].at_ns <= at_ns)
        ++*moment;
    return config->delays[*moment].delay_ns;
}
