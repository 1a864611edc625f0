/* SPDX-License-Identifier: MIT
 * What ns-3's lines and media can be, and what not, said before any is made: no
 * module is needed to know it (ns3_door.h). */
#include "sim/ns3_door.h"

enum { PPP = 2 }; /* octets of its frame, as ns-3 has it: the protocol (RFC 1661 2) */

/* What a rule asks of each medium; nought: nothing. */
static const struct {
    uint32_t mtu_max;
    bool queue_octets;
    uint16_t rates[8]; /* Mbit/s */
    const char *rate, *mtu, *queue;
} media_rules[] = {
    [SIM_CSMA] = {.mtu_max = 1500,
                  .queue_octets = true,
                  .rate = "Ethernet needs a rate: write `rate: 10Mbit/s` or another",
                  .mtu = "Ethernet carries 1500 octets at most: write `mtu: 1500B` or less"},
    [SIM_WIFI] = {.mtu_max = 2296,
                  .rates = {6, 9, 12, 18, 24, 36, 48, 54},
                  .rate = "the radio of 802.11a has rates of its own: write `rate: 6Mbit/s`, or 9, "
                          "12, 18, 24, 36, 48 or 54",
                  .mtu = "Wi-Fi carries 2296 octets at most: write `mtu: 1500B` or another",
                  .queue = "a queue of Wi-Fi is limited in datagrams: write `queue`, leave out "
                           "`queue_bytes`"},
};

const char *sim_medium_wrong(const struct sim_link_config *c)
{
    bool known = c->medium != SIM_WIFI && c->rate_bps != 0;
    if (c->medium == SIM_POINT_TO_POINT)
        return NULL;
    for (size_t i = 0; c->medium == SIM_WIFI && i < 8; i++)
        known = known || c->rate_bps == media_rules[c->medium].rates[i] * UINT64_C(1000000);
    if (!known)
        return media_rules[c->medium].rate;
    if (c->rate_back_bps != 0)
        return "its ends share one rate: leave out `rate_back`";
    if (c->frame != 0)
        return "it has frames of its own: leave out `frame`";
    if (c->aqm != SIM_DROP_TAIL)
        return "queues before a shared medium only lose what finds no room: leave out `aqm`";
    if (c->mtu > media_rules[c->medium].mtu_max)
        return media_rules[c->medium].mtu;
    return c->queue_bytes != 0 && !media_rules[c->medium].queue_octets
               ? media_rules[c->medium].queue
               : NULL;
}

const char *sim_net_ns3_lacks(const struct sim_link_config *c)
{
    if (c->aqm != SIM_DROP_TAIL && (c->rate_bps == 0 || c->queue_bytes != 0))
        return "aqm without a rate, or with queue_bytes";
    if (c->medium == SIM_POINT_TO_POINT && c->frame != 0 && c->frame != PPP)
        return "frame but PPP's of 2 octets";
    return NULL;
}
