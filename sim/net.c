/* SPDX-License-Identifier: MIT
 * Sizes of datagrams as IP has them. */
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

uint32_t sim_ip_size(const struct sim_datagram *datagram)
{
    const bool six = datagram->to.family == IKE_IPV6;
    return (six ? 40U : 20U) + (six && sim_is_fragment(datagram) ? 8U : 0U) +
           sim_ip_payload(datagram);
}
