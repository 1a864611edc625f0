/* SPDX-License-Identifier: MIT
 * The C interface to libns3 (net_ns3.h): its calls. Two tricks make two clocks one: the scheduler
 * tells ns-3 that nothing waits when the next event lies beyond the limit, so its loop returns
 * without a stop event; and it lets the limit be lowered when a packet comes to an end. */
#include "sim/net_ns3.hh"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>
#include <link.h>

#include <ns3/boolean.h>
#include <ns3/calendar-scheduler.h>
#include <ns3/config.h>
#include <ns3/event-impl.h>
#include <ns3/heap-scheduler.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/ipv6-l3-protocol.h>
#include <ns3/ipv6-static-routing-helper.h>
#include <ns3/list-scheduler.h>
#include <ns3/map-scheduler.h>
#include <ns3/priority-queue-scheduler.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/uinteger.h>

using namespace ikelab;

Waiting *Waiting::only = nullptr;

namespace ikelab
{

void Lost(struct ns3_net *n, ns3_loss loss, ns3::Ptr<const ns3::Packet> packet, size_t skip)
{
    uint8_t first[14 + NS3_LOST_OCTETS]; /* no frame is longer */
    if (n->lost == nullptr)
        return;
    loss.len = packet->CopyData(first, sizeof first);
    loss.len = loss.len > skip ? loss.len - skip : 0;
    loss.len = std::min(loss.len, size_t{NS3_LOST_OCTETS});
    loss.packet = first + skip;
    loss.now_ns = Now();
    n->lost(n->lost_owner, &loss);
}

/* Routers name themselves in ICMP by these, and TCP of theirs speaks by them. */
ns3::Ipv4Address Address4(uint32_t host)
{
    return ns3::Ipv4Address((uint32_t{NS3_OWN_NETWORK} << 24) + host);
}

ns3::Ipv6Address Address6(uint32_t host)
{
    uint8_t own[16] = {0xfd};
    for (int i = 0; i < 4; i++)
        own[15 - i] = static_cast<uint8_t>(host >> (8 * i));
    return ns3::Ipv6Address(own);
}

uint32_t AddInterface4(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device, uint32_t host)
{
    const auto ip = node->GetObject<ns3::Ipv4>();
    const uint32_t index = ip->AddInterface(device);
    ip->AddAddress(index,
                   ns3::Ipv4InterfaceAddress(Address4(host), ns3::Ipv4Mask("255.255.255.255")));
    ip->SetUp(index);
    return index;
}

uint32_t AddInterface6(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device, uint32_t host)
{
    const auto ip = node->GetObject<ns3::Ipv6>();
    const uint32_t index = ip->AddInterface(device);
    ip->AddAddress(index, ns3::Ipv6InterfaceAddress(Address6(host), ns3::Ipv6Prefix(128)));
    ip->SetUp(index);
    return index;
}

} // namespace ikelab

namespace
{

struct ns3_net *one = nullptr;

/* By number. */
ns3::TypeId (*const schedulers[])() = {
    Limited<ns3::PriorityQueueScheduler>::GetTypeId, Limited<ns3::HeapScheduler>::GetTypeId,
    Limited<ns3::MapScheduler>::GetTypeId, Limited<ns3::CalendarScheduler>::GetTypeId,
    Limited<ns3::ListScheduler>::GetTypeId};

/* What is thrown stays here. */
template <typename T, typename F> T Guarded(struct ns3_net *n, T failed, F body)
{
    try {
        return body();
    } catch (const std::exception &e) {
        n->error = e.what();
    } catch (...) {
        n->error = "ns-3 threw something unknown";
    }
    return failed;
}

/* An event was left amid it, which the simulator would have given back at its end. */
void Break(struct ns3_net *n)
{
    n->broken = true;
    if (Waiting::only->running.impl != nullptr)
        Waiting::only->running.impl->Unref();
}

/* ---- what happens ---- */

template <typename Header>
void LostAtNode(struct ns3_net *n, ns3_lost why, const Header &header,
                ns3::Ptr<const ns3::Packet> packet)
{
    const ns3::Ptr<ns3::Packet> whole = packet->Copy();
    whole->AddHeader(header);
    Lost(n, {0, why, -1, 0, nullptr, 0}, whole, 0);
}

void Dropped4(struct ns3_net *n, const ns3::Ipv4Header &header, ns3::Ptr<const ns3::Packet> packet,
              ns3::Ipv4L3Protocol::DropReason why, ns3::Ptr<ns3::Ipv4>, uint32_t)
{
    const bool route = why == ns3::Ipv4L3Protocol::DROP_NO_ROUTE;
    const bool hops = why == ns3::Ipv4L3Protocol::DROP_TTL_EXPIRED;
    LostAtNode(n,
               route  ? NS3_LOST_NO_ROUTE
               : hops ? NS3_LOST_HOPS
                      : NS3_LOST_OTHER,
               header, packet);
}

void Dropped6(struct ns3_net *n, const ns3::Ipv6Header &header, ns3::Ptr<const ns3::Packet> packet,
              ns3::Ipv6L3Protocol::DropReason why, ns3::Ptr<ns3::Ipv6>, uint32_t)
{
    const bool route = why == ns3::Ipv6L3Protocol::DROP_NO_ROUTE;
    const bool hops = why == ns3::Ipv6L3Protocol::DROP_TTL_EXPIRED;
    LostAtNode(n,
               route  ? NS3_LOST_NO_ROUTE
               : hops ? NS3_LOST_HOPS
                      : NS3_LOST_OTHER,
               header, packet);
}

/* A packet leaves the network: the instant is brought to its end, and no more. */
bool Leave(struct ns3_net *n, size_t end, ns3::Ptr<ns3::Packet> packet, const ns3::Address &,
           const ns3::Address &, uint16_t)
{
    const uint32_t len = packet->GetSize();
    const End &at = n->ends[end];
    n->packet.resize(len);
    packet->CopyData(n->packet.data(), len);
    n->arrived = true;
    Waiting::only->limit = Now();
    at.deliver(at.owner, Now(), n->packet.data(), len);
    return true;
}

void Enter(struct ns3_net *n, size_t end, ns3::Ptr<ns3::Packet> packet, bool six)
{
    const ns3::Ptr<ns3::VirtualNetDevice> device = n->ends[end].device;
    device->Receive(packet, six ? 0x86dd : 0x0800, device->GetBroadcast(), device->GetAddress(),
                    ns3::NetDevice::PACKET_HOST);
}

/* ---- building ---- */

/* Where a route goes: interfaces, and who is spoken to there, 0: whoever is. */
struct Way {
    uint32_t out4, out6, next;
};

void AddRoute4(ns3::Ptr<ns3::Node> at, const ns3_prefix &to, const Way &way)
{
    const auto network = ns3::Ipv4Address::Deserialize(to.ip);
    const ns3::Ipv4Mask mask(to.bits == 0 ? 0 : UINT32_MAX << (32 - to.bits));
    const auto routes = ns3::Ipv4StaticRoutingHelper().GetStaticRouting(at->GetObject<ns3::Ipv4>());
    if (way.next != 0)
        routes->AddNetworkRouteTo(network, mask, Address4(way.next), way.out4);
    else
        routes->AddNetworkRouteTo(network, mask, way.out4);
}

void AddRoute6(ns3::Ptr<ns3::Node> at, const ns3_prefix &to, const Way &way)
{
    const auto network = ns3::Ipv6Address::Deserialize(to.ip);
    const ns3::Ipv6Prefix prefix(to.bits);
    const auto routes = ns3::Ipv6StaticRoutingHelper().GetStaticRouting(at->GetObject<ns3::Ipv6>());
    if (way.next != 0)
        routes->AddNetworkRouteTo(network, prefix, Address6(way.next), way.out6);
    else
        routes->AddNetworkRouteTo(network, prefix, way.out6);
}

void AddRoute(struct ns3_net *n, int node, const ns3_prefix &to, const Way &way)
{
    const auto at = n->nodes.Get(static_cast<uint32_t>(node));
    (to.family == 4 ? AddRoute4 : AddRoute6)(at, to, way);
}

/* Null: no link of this number begins at the node. */
const Direction *WayFrom(const struct ns3_net *n, int node, int link)
{
    if (link < 0 || static_cast<size_t>(link) >= n->links.size())
        return nullptr;
    const Link &by = n->links[static_cast<size_t>(link)];
    if (by.way[0].node != node && by.way[1].node != node)
        return nullptr;
    return &by.way[by.way[0].node == node ? 0 : 1];
}

bool IsPrefix(const ns3_prefix *to)
{
    return (to->family == 4 && to->bits <= 32) || (to->family == 6 && to->bits <= 128);
}

} // namespace

/* ---- the calls ---- */

extern "C" {

static struct ns3_net *Open(const struct ns3_options *options, char *error, size_t error_max)
{
    if (one != nullptr) {
        (void)std::snprintf(error, error_max,
                            "ns-3 has one simulator to a process, and it is in use");
        return nullptr;
    }
    if (options->scheduler >= std::size(schedulers)) {
        (void)std::snprintf(error, error_max, "ns-3 has no such scheduler");
        return nullptr;
    }
    try {
        one = new struct ns3_net;
        ns3::ObjectFactory scheduler;
        scheduler.SetTypeId(schedulers[options->scheduler]());
        ns3::Simulator::SetScheduler(scheduler);
        ns3::RngSeedManager::SetSeed(1 + static_cast<uint32_t>(options->seed % 4294944442u));
        ns3::RngSeedManager::SetRun(1 + (options->seed >> 32));
        ns3::Config::SetDefault("ns3::Icmpv6L4Protocol::DAD", ns3::BooleanValue(false));
        ns3::Config::SetDefault("ns3::Ipv6::IpForward", ns3::BooleanValue(true));
        ns3::Config::SetDefault("ns3::TcpSocket::SegmentSize", ns3::UintegerValue(1448));
        ns3::Config::SetDefault("ns3::TcpSocket::SndBufSize", ns3::UintegerValue(4 << 20));
        ns3::Config::SetDefault("ns3::TcpSocket::RcvBufSize", ns3::UintegerValue(4 << 20));
        return one;
    } catch (const std::exception &e) {
        (void)std::snprintf(error, error_max, "ns-3: %s", e.what());
    } catch (...) {
        (void)std::snprintf(error, error_max, "ns-3: something unknown was thrown");
    }
    delete one;
    one = nullptr;
    return nullptr;
}

static const char *Error(const struct ns3_net *n)
{
    return n->error.c_str();
}

static int Node(struct ns3_net *n)
{
    return Guarded(n, -1, [n] {
        const auto node = ns3::CreateObject<ns3::Node>();
        ns3::InternetStackHelper stack;
        stack.SetRoutingHelper(ns3::Ipv4StaticRoutingHelper());
        stack.SetRoutingHelper(ns3::Ipv6StaticRoutingHelper());
        stack.Install(node);
        n->nodes.Add(node);
        node->GetObject<ns3::Ipv4L3Protocol>()->TraceConnectWithoutContext(
            "Drop", ns3::MakeBoundCallback(&Dropped4, n));
        node->GetObject<ns3::Ipv6L3Protocol>()->TraceConnectWithoutContext(
            "Drop", ns3::MakeBoundCallback(&Dropped6, n));
        return static_cast<int>(n->nodes.GetN() - 1);
    });
}

static int Line(struct ns3_net *n, int a, int b, const struct ns3_line *line)
{
    if (!IsNode(n, a) || !IsNode(n, b) || a == b)
        return Refused(n, -1, "a line needs two nodes");
    const std::string wrong = WrongWith(*line);
    if (!wrong.empty())
        return Refused(n, -1, wrong);
    return Guarded(n, -1, [=] { return MakeLine(n, a, b, *line); });
}

static int AddEnd(struct ns3_net *n, int node, ns3_packet_fn *deliver, void *owner)
{
    if (!IsNode(n, node))
        return Refused(n, -1, "an end needs a node");
    return Guarded(n, -1, [=] {
        const size_t number = n->ends.size();
        const auto at = n->nodes.Get(static_cast<uint32_t>(node));
        End end;
        end.device = ns3::CreateObject<ns3::VirtualNetDevice>();
        end.device->SetAddress(ns3::Mac48Address::Allocate());
        end.device->SetNeedsArp(false);
        end.device->SetIsPointToPoint(true);
        end.device->SetMtu(65535);
        end.device->SetSendCallback(ns3::MakeBoundCallback(&Leave, n, number));
        end.node = node;
        end.deliver = deliver;
        end.owner = owner;
        at->AddDevice(end.device);
        end.out4 = AddInterface4(at, end.device, ++n->hosts);
        end.out6 = AddInterface6(at, end.device, ++n->hosts);
        n->ends.push_back(end);
        return static_cast<int>(number);
    });
}

static bool RouteByLink(struct ns3_net *n, int node, const struct ns3_prefix *to, int link)
{
    if (link < 0 || static_cast<size_t>(link) >= n->links.size() || !IsPrefix(to))
        return Refused(n, false, "a route needs a prefix and a link");
    const Direction *const way = WayFrom(n, node, link);
    if (way == nullptr)
        return Refused(n, false, "the link of a route begins at its node");
    return Guarded(n, false, [&] {
        AddRoute(n, node, *to, {way->out4, way->out6, way->next});
        return true;
    });
}

static bool RouteToEnd(struct ns3_net *n, const struct ns3_prefix *to, int end)
{
    if (end < 0 || static_cast<size_t>(end) >= n->ends.size() || !IsPrefix(to))
        return Refused(n, false, "a route needs a prefix and an end");
    const End &at = n->ends[static_cast<size_t>(end)];
    return Guarded(n, false, [&] {
        AddRoute(n, at.node, *to, {at.out4, at.out6, 0});
        return true;
    });
}

static bool AddressOf(struct ns3_net *n, int node, int link, uint8_t family, struct ns3_prefix *out)
{
    if (!IsNode(n, node) || (family != 4 && family != 6))
        return Refused(n, false, "an address is of a node and a family");
    const Direction *const way = WayFrom(n, node, link);
    if (link >= 0 && way == nullptr)
        return Refused(n, false, "the link of an address begins at its node");
    return Guarded(n, false, [=] {
        const auto at = n->nodes.Get(static_cast<uint32_t>(node));
        const auto ip4 = at->GetObject<ns3::Ipv4>();
        const auto ip6 = at->GetObject<ns3::Ipv6>();
        const uint32_t out4 = way != nullptr ? way->out4 : 1;
        const uint32_t out6 = way != nullptr ? way->out6 : 1;
        *out = {};
        if (ip4->GetNInterfaces() < 2)
            return Refused(n, false, "a node without a link has no address");
        out->family = family;
        out->bits = family == 4 ? 32 : 128;
        if (family == 4)
            ip4->GetAddress(out4, 0).GetLocal().Serialize(out->ip);
        else
            ip6->GetAddress(out6, ip6->GetNAddresses(out6) - 1).GetAddress().Serialize(out->ip);
        return true;
    });
}

static int AddTraffic(struct ns3_net *n, const struct ns3_traffic *traffic)
{
    const ns3_traffic t = *traffic;
    struct ns3_prefix to;
    if (!IsNode(n, t.from) || !AddressOf(n, t.to, -1, 4, &to))
        return Refused(n, -1, "traffic needs two nodes with links");
    if (t.until_ns < t.from_ns || (!t.bulk && (t.rate_bps == 0 || t.size < 12 || t.size > 65507)))
        return Refused(n, -1, "traffic needs times in order, a rate, and 12 to 65507 octets");
    return Guarded(n, -1, [=] { return MakeTraffic(n, t, to); });
}

static uint64_t Received(const struct ns3_net *n, int traffic)
{
    if (traffic < 0 || static_cast<size_t>(traffic) >= n->sinks.size())
        return 0;
    return n->sinks[static_cast<size_t>(traffic)]->GetTotalRx();
}

static void OnLost(struct ns3_net *n, ns3_lost_fn *lost, void *owner)
{
    n->lost = lost;
    n->lost_owner = owner;
}

static void OnCrossing(struct ns3_net *n, ns3_judge_fn *judge, void *owner)
{
    n->judge = judge;
    n->judge_owner = owner;
}

static bool Send(struct ns3_net *n, int end, uint64_t at_ns, const uint8_t *packet, size_t len)
{
    if (n->broken)
        return false;
    if (end < 0 || static_cast<size_t>(end) >= n->ends.size())
        return Refused(n, false, "no such end");
    if (len < 20 || len > 65535 || (packet[0] >> 4 != 4 && packet[0] >> 4 != 6))
        return Refused(n, false, "no IP packet");
    if (at_ns < Now())
        return Refused(n, false, "the time is past");
    return Guarded(n, false, [=] {
        const End &at = n->ends[static_cast<size_t>(end)];
        ns3::Simulator::ScheduleWithContext(
            at.device->GetNode()->GetId(), ns3::NanoSeconds(static_cast<int64_t>(at_ns - Now())),
            &Enter, n, static_cast<size_t>(end),
            ns3::Create<ns3::Packet>(packet, static_cast<uint32_t>(len)), packet[0] >> 4 == 6);
        return true;
    });
}

static uint64_t Run(struct ns3_net *n, uint64_t until_ns)
{
    Waiting *const events = Waiting::only;
    events->limit = until_ns;
    n->arrived = false;
    if (!n->broken && events->NextAt() != UINT64_MAX && !Guarded(n, false, [] {
            ns3::Simulator::Run();
            return true;
        }))
        Break(n);
    events->limit = UINT64_MAX;
    return n->broken ? NS3_BROKEN : n->arrived ? Now() : until_ns;
}

static uint64_t Next(struct ns3_net *n)
{
    return n->broken ? UINT64_MAX : Waiting::only->NextAt();
}

static uint64_t Events(const struct ns3_net *)
{
    return ns3::Simulator::GetEventCount();
}

static struct ns3_counts Counts(const struct ns3_net *n, int link, int direction)
{
    if (link < 0 || static_cast<size_t>(link) >= n->links.size() || direction < 0 || direction > 1)
        return {};
    return n->links[static_cast<size_t>(link)].way[direction].counts;
}

static void Close(struct ns3_net *n)
{
    if (n == nullptr)
        return;
    n->lost = nullptr;
    n->judge = nullptr;
    (void)Guarded(n, false, [] {
        ns3::Simulator::Destroy();
        return true;
    });
    delete n;
    one = nullptr;
}

/* The libraries bear it in their names: libns3-core.so.37, or libns3.37-core.so. */
static int FindRelease(struct dl_phdr_info *library, size_t, void *found)
{
    const std::string name = library->dlpi_name;
    const size_t at = name.rfind("/libns3");
    if (at == std::string::npos || name.find("-core", at) == std::string::npos)
        return 0;
    const size_t within = name.find("libns3.", at);
    const size_t after = name.find(".so.", at);
    const size_t digits = within != std::string::npos ? within + 7 : after + 4;
    if (within == std::string::npos && after == std::string::npos)
        return 0;
    *static_cast<std::string *>(found) =
        "3." + name.substr(digits, name.find_first_not_of("0123456789", digits) - digits);
    return 1;
}

static const char *Release()
{
    static std::string release;
    (void)dl_iterate_phdr(FindRelease, &release);
    return release.c_str();
}

extern const struct ns3_api ns3_api;
const struct ns3_api ns3_api = {
    NS3_API_VERSION, Open,       Error,    Node,   Line,       AddEnd, RouteByLink, RouteToEnd,
    AddressOf,       AddTraffic, Received, OnLost, OnCrossing, Send,   Run,         Next,
    Events,          Counts,     Close,    Release};

} // extern "C"
