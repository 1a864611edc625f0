/* SPDX-License-Identifier: MIT
 * What a node says by ICMP, in the module with ns-3 in it, of what ns-3's own
 * stack has no word for: a line that is down. */
#include "sim/net_ns3.hh"

#include <algorithm>

#include <ns3/icmpv4-l4-protocol.h>
#include <ns3/icmpv4.h>
#include <ns3/icmpv6-header.h>
#include <ns3/icmpv6-l4-protocol.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-routing-protocol.h>
#include <ns3/ipv6-header.h>

using namespace ikelab;

namespace
{

/* With its header 576 octets (RFC 1812 4.3.2.3); ns-3 would quote eight octets behind the IP
 * header, too few to know by which IKE SA it was sent. */
constexpr uint32_t quoted_max = 576 - 20 - 8;

void TellUnreachable4(ns3::Ptr<ns3::Node> node, ns3::Ptr<const ns3::Packet> packet)
{
    static const uint8_t unused[4] = {};
    const auto ip = node->GetObject<ns3::Ipv4L3Protocol>();
    ns3::Ipv4Header about;
    packet->PeekHeader(about);
    const auto message = ns3::Create<ns3::Packet>(unused, sizeof unused);
    message->AddAtEnd(packet->CreateFragment(0, std::min(packet->GetSize(), quoted_max)));
    ns3::Icmpv4Header icmp;
    icmp.SetType(ns3::Icmpv4Header::ICMPV4_DEST_UNREACH);
    icmp.SetCode(ns3::Icmpv4DestinationUnreachable::ICMPV4_NET_UNREACHABLE);
    icmp.EnableChecksum();
    message->AddHeader(icmp);
    ns3::Ipv4Header to;
    to.SetDestination(about.GetSource());
    to.SetProtocol(ns3::Icmpv4L4Protocol::PROT_NUMBER);
    ns3::Socket::SocketErrno none;
    const auto route = ip->GetRoutingProtocol()->RouteOutput(message, to, nullptr, none);
    if (route)
        ip->Send(message, route->GetSource(), about.GetSource(), to.GetProtocol(), route);
}

} // namespace

void ikelab::TellUnreachable(ns3::Ptr<ns3::Node> node, ns3::Ptr<const ns3::Packet> packet)
{
    uint8_t first = 0;
    packet->CopyData(&first, 1);
    if (first >> 4 == 4) {
        TellUnreachable4(node, packet);
        return;
    }
    ns3::Ipv6Header about;
    packet->PeekHeader(about);
    node->GetObject<ns3::Icmpv6L4Protocol>()->SendErrorDestinationUnreachable(
        packet->Copy(), about.GetSource(), ns3::Icmpv6Header::ICMPV6_NO_ROUTE);
}
