/* SPDX-License-Identifier: MIT
 * The C interface to libns3 (net_ns3.h), the only C++ here. Two tricks make two
 * clocks one: the scheduler tells ns-3 that nothing waits when the next event
 * lies beyond the limit, so its loop returns without a stop event; and it lets
 * the limit be lowered when a packet comes to an end. */
#include "sim/net_ns3.h"

#include <cstdio>
#include <deque>
#include <exception>
#include <link.h>
#include <string>
#include <vector>

#include <ns3/boolean.h>
#include <ns3/bulk-send-application.h>
#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/error-model.h>
#include <ns3/inet-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-queue-disc-item.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/ipv6-l3-protocol.h>
#include <ns3/ipv6-queue-disc-item.h>
#include <ns3/ipv6-static-routing-helper.h>
#include <ns3/node-container.h>
#include <ns3/onoff-application.h>
#include <ns3/packet-sink.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/pointer.h>
#include <ns3/priority-queue-scheduler.h>
#include <ns3/queue-disc.h>
#include <ns3/red-queue-disc.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/traffic-control-helper.h>
#include <ns3/uinteger.h>
#include <ns3/virtual-net-device.h>

namespace
{

/* ---- time ---- */

class Limited : public ns3::PriorityQueueScheduler
{
  public:
    static ns3::TypeId GetTypeId()
    {
        static ns3::TypeId tid = ns3::TypeId("ikelab::Limited")
                                     .SetParent<ns3::PriorityQueueScheduler>()
                                     .AddConstructor<Limited>();
        return tid;
    }

    Limited()
    {
        only = this;
    }

    bool IsEmpty() const override
    {
        return ns3::PriorityQueueScheduler::IsEmpty() || PeekNext().key.m_ts > limit;
    }

    static Limited *only; /* the one the simulator has made */
    uint64_t limit = UINT64_MAX;
};

Limited *Limited::only = nullptr;

NS_OBJECT_ENSURE_REGISTERED(Limited);

uint64_t Now()
{
    return static_cast<uint64_t>(ns3::Simulator::Now().GetNanoSeconds());
}

/* ---- what there is ---- */

struct Direction {
    ns3::Ptr<ns3::PointToPointNetDevice> from;
    uint32_t out4 = 0; /* interfaces of the near node */
    uint32_t out6 = 0;
    int node = 0; /* the near one */
    ns3_counts counts = {};
};

struct Link {
    Direction way[2];
};

struct End {
    ns3::Ptr<ns3::VirtualNetDevice> device;
    int node = 0;
    uint32_t out4 = 0;
    uint32_t out6 = 0;
    ns3_packet_fn *deliver = nullptr;
    void *owner = nullptr;
};

} // namespace

struct ns3_net {
    ns3::NodeContainer nodes;
    std::deque<Link> links; /* neither moves: callbacks know them */
    std::deque<End> ends;
    std::vector<ns3::Ptr<ns3::PacketSink>> sinks;
    std::vector<uint8_t> packet;
    std::string error;
    ns3_lost_fn *lost = nullptr;
    void *lost_owner = nullptr;
    uint32_t hosts = 0; /* interfaces so far */
    int64_t stream = 0; /* the next of ns-3's random streams */
    bool arrived = false;
};

namespace
{

struct ns3_net *one = nullptr;

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

template <typename T> T Refused(struct ns3_net *n, T failed, const std::string &why)
{
    n->error = why;
    return failed;
}

bool IsNode(const struct ns3_net *n, int node)
{
    return node >= 0 && static_cast<uint32_t>(node) < n->nodes.GetN();
}

/* ---- what happens ---- */

void Lost(struct ns3_net *n, ns3_loss loss, ns3::Ptr<const ns3::Packet> packet, size_t skip)
{
    uint8_t first[2 + NS3_LOST_OCTETS];
    if (n->lost == nullptr)
        return;
    loss.len = packet->CopyData(first, sizeof first);
    loss.len = loss.len > skip ? loss.len - skip : 0;
    loss.packet = first + skip;
    loss.now_ns = Now();
    n->lost(n->lost_owner, &loss);
}

struct Place { /* of a direction, bound to its callbacks */
    struct ns3_net *n;
    int link;
    int direction;

    bool operator!=(const Place &other) const
    {
        return n != other.n || link != other.link || direction != other.direction;
    }
};

Direction &Of(const Place &at)
{
    return at.n->links[static_cast<size_t>(at.link)].way[at.direction];
}

/* On a line the two octets of PPP stand before the packet. */
void QueueDrop(Place at, ns3::Ptr<const ns3::Packet> packet)
{
    Of(at).counts.queue_drops++;
    Lost(at.n, {0, NS3_LOST_QUEUE, at.link, at.direction, nullptr, 0}, packet, 2);
}

/* What a queue discipline drops is an IP packet in two pieces. */
void DisciplineDrop(Place at, ns3::Ptr<const ns3::QueueDiscItem> item)
{
    const ns3::Ptr<ns3::Packet> whole = item->GetPacket()->Copy();
    const auto four = ns3::DynamicCast<const ns3::Ipv4QueueDiscItem>(item);
    const auto six = ns3::DynamicCast<const ns3::Ipv6QueueDiscItem>(item);
    if (four)
        whole->AddHeader(four->GetHeader());
    else if (six)
        whole->AddHeader(six->GetHeader());
    Of(at).counts.queue_drops++;
    Lost(at.n, {0, NS3_LOST_QUEUE, at.link, at.direction, nullptr, 0}, whole, 0);
}

void LineDrop(Place at, ns3::Ptr<const ns3::Packet> packet)
{
    Of(at).counts.losses++;
    Lost(at.n, {0, NS3_LOST_LINE, at.link, at.direction, nullptr, 0}, packet, 2);
}

void Arrived(Place at, ns3::Ptr<const ns3::Packet> packet)
{
    Of(at).counts.arrived_packets++;
    Of(at).counts.arrived_bytes += packet->GetSize() - 2;
}

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
    Limited::only->limit = Now();
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

/* Routers name themselves in ICMP by these, and TCP of theirs speaks by them. */
uint32_t AddInterface4(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device, uint32_t host)
{
    const auto ip = node->GetObject<ns3::Ipv4>();
    const uint32_t index = ip->AddInterface(device);
    ip->AddAddress(
        index, ns3::Ipv4InterfaceAddress(ns3::Ipv4Address((uint32_t{NS3_OWN_NETWORK} << 24) + host),
                                         ns3::Ipv4Mask("255.255.255.255")));
    ip->SetUp(index);
    return index;
}

uint32_t AddInterface6(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device, uint32_t host)
{
    const auto ip = node->GetObject<ns3::Ipv6>();
    const uint32_t index = ip->AddInterface(device);
    uint8_t own[16] = {0xfd};
    for (int i = 0; i < 4; i++)
        own[15 - i] = static_cast<uint8_t>(host >> (8 * i));
    ip->AddAddress(index, ns3::Ipv6InterfaceAddress(ns3::Ipv6Address(own), ns3::Ipv6Prefix(128)));
    ip->SetUp(index);
    return index;
}

std::string QueueSizeOf(const ns3_line &line)
{
    if (line.aqm != NS3_DROP_TAIL)
        return "1p";
    if (line.queue_packets != 0)
        return std::to_string(line.queue_packets) + "p";
    return line.queue_bytes != 0 ? std::to_string(line.queue_bytes) + "B" : "1000000p";
}

/* A discipline before the device, whose own queue is one packet long then. */
void AddDiscipline(const Place &at, ns3::Ptr<ns3::NetDevice> device, const ns3_line &line)
{
    static const char *const names[] = {"", "ns3::RedQueueDisc", "ns3::CoDelQueueDisc",
                                        "ns3::FqCoDelQueueDisc"};
    const uint32_t room = line.queue_packets != 0 ? line.queue_packets : 1000;
    ns3::TrafficControlHelper helper;
    helper.SetRootQueueDisc(names[line.aqm], "MaxSize",
                            ns3::StringValue(std::to_string(room) + "p"));
    const ns3::Ptr<ns3::QueueDisc> discipline = helper.Install(device).Get(0);
    if (line.aqm == NS3_RED) {
        discipline->SetAttribute("MinTh", ns3::DoubleValue(room / 12.0 + 1));
        discipline->SetAttribute("MaxTh", ns3::DoubleValue(room / 4.0 + 2));
        discipline->SetAttribute("LinkBandwidth", ns3::DataRateValue(ns3::DataRate(line.rate_bps)));
        discipline->SetAttribute(
            "LinkDelay", ns3::TimeValue(ns3::NanoSeconds(static_cast<int64_t>(line.delay_ns))));
        const auto red = ns3::DynamicCast<ns3::RedQueueDisc>(discipline);
        at.n->stream += red->AssignStreams(at.n->stream);
    }
    discipline->TraceConnectWithoutContext("Drop", ns3::MakeBoundCallback(&DisciplineDrop, at));
}

void OpenDirection(struct ns3_net *n, const Place &at, ns3::Ptr<ns3::PointToPointNetDevice> from,
                   ns3::Ptr<ns3::PointToPointNetDevice> to, const ns3_line &line)
{
    Direction &d = Of(at);
    d.from = from;
    const auto node = n->nodes.Get(static_cast<uint32_t>(d.node));
    d.out4 = AddInterface4(node, from, ++n->hosts);
    d.out6 = AddInterface6(node, from, ++n->hosts);
    if (line.loss_ppb != 0) {
        const auto loss = ns3::CreateObject<ns3::RateErrorModel>();
        loss->SetUnit(ns3::RateErrorModel::ERROR_UNIT_PACKET);
        loss->SetRate(line.loss_ppb / 1e9);
        n->stream += loss->AssignStreams(n->stream);
        to->SetReceiveErrorModel(loss);
    }
    if (line.aqm != NS3_DROP_TAIL)
        AddDiscipline(at, from, line);
    from->TraceConnectWithoutContext("MacTxDrop", ns3::MakeBoundCallback(&QueueDrop, at));
    to->TraceConnectWithoutContext("PhyRxDrop", ns3::MakeBoundCallback(&LineDrop, at));
    to->TraceConnectWithoutContext("MacRx", ns3::MakeBoundCallback(&Arrived, at));
}

int PointToPoint(struct ns3_net *n, int a, int b, const ns3_line &line)
{
    ns3::PointToPointHelper helper;
    const uint64_t rate = line.rate_bps != 0 ? line.rate_bps : UINT64_C(1000000000000000);
    helper.SetDeviceAttribute("DataRate", ns3::DataRateValue(ns3::DataRate(rate)));
    helper.SetDeviceAttribute("Mtu", ns3::UintegerValue(line.mtu != 0 ? line.mtu : 65535));
    helper.SetChannelAttribute(
        "Delay", ns3::TimeValue(ns3::NanoSeconds(static_cast<int64_t>(line.delay_ns))));
    helper.SetQueue("ns3::DropTailQueue", "MaxSize", ns3::StringValue(QueueSizeOf(line)));
    if (line.aqm == NS3_DROP_TAIL)
        helper.DisableFlowControl();
    const auto devices = helper.Install(n->nodes.Get(static_cast<uint32_t>(a)),
                                        n->nodes.Get(static_cast<uint32_t>(b)));
    const int link = static_cast<int>(n->links.size());
    n->links.emplace_back();
    for (int way = 0; way < 2; way++) {
        const auto from =
            ns3::DynamicCast<ns3::PointToPointNetDevice>(devices.Get(static_cast<uint32_t>(way)));
        const auto to = ns3::DynamicCast<ns3::PointToPointNetDevice>(
            devices.Get(static_cast<uint32_t>(1 - way)));
        n->links.back().way[way].node = way == 0 ? a : b;
        OpenDirection(n, Place{n, link, way}, from, to, line);
    }
    return link;
}

void AddRoute(struct ns3_net *n, int node, const ns3_prefix &to, uint32_t out4, uint32_t out6)
{
    const auto at = n->nodes.Get(static_cast<uint32_t>(node));
    if (to.family == 4) {
        const uint32_t mask = to.bits == 0 ? 0 : UINT32_MAX << (32 - to.bits);
        const auto routes =
            ns3::Ipv4StaticRoutingHelper().GetStaticRouting(at->GetObject<ns3::Ipv4>());
        routes->AddNetworkRouteTo(ns3::Ipv4Address::Deserialize(to.ip), ns3::Ipv4Mask(mask), out4);
    } else {
        const auto routes =
            ns3::Ipv6StaticRoutingHelper().GetStaticRouting(at->GetObject<ns3::Ipv6>());
        routes->AddNetworkRouteTo(ns3::Ipv6Address::Deserialize(to.ip), ns3::Ipv6Prefix(to.bits),
                                  out6);
    }
}

/* ns-3's words for a period in seconds. */
std::string Constant(double seconds)
{
    return "ns3::ConstantRandomVariable[Constant=" + std::to_string(seconds) + "]";
}

std::string Period(uint64_t mean_ns, uint64_t off_ns)
{
    if (off_ns == 0) /* never off */
        return Constant(1e9);
    return "ns3::ExponentialRandomVariable[Mean=" +
           std::to_string(static_cast<double>(mean_ns) / 1e9) + "]";
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
    try {
        one = new struct ns3_net;
        ns3::ObjectFactory scheduler;
        scheduler.SetTypeId(Limited::GetTypeId());
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
    if (line->queue_packets != 0 && line->queue_bytes != 0)
        return Refused(n, -1, "an ns-3 queue is limited in packets or in octets, not in both");
    if (line->mtu != 0 && (line->mtu < 68 || line->mtu > 65535))
        return Refused(n, -1, "an MTU is 68 to 65535 octets");
    if (line->aqm > NS3_FQ_CODEL ||
        (line->aqm != NS3_DROP_TAIL && (line->queue_bytes != 0 || line->rate_bps == 0)))
        return Refused(n, -1,
                       "active queue management needs a rate, and a limit in packets if any");
    if (line->loss_ppb > 1000000000)
        return Refused(n, -1, "no more than all can be lost");
    return Guarded(n, -1, [=] { return PointToPoint(n, a, b, *line); });
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
    const Link &by = n->links[static_cast<size_t>(link)];
    if (by.way[0].node != node && by.way[1].node != node)
        return Refused(n, false, "the link of a route begins at its node");
    const Direction &way = by.way[by.way[0].node == node ? 0 : 1];
    return Guarded(n, false, [&] {
        AddRoute(n, node, *to, way.out4, way.out6);
        return true;
    });
}

static bool RouteToEnd(struct ns3_net *n, const struct ns3_prefix *to, int end)
{
    if (end < 0 || static_cast<size_t>(end) >= n->ends.size() || !IsPrefix(to))
        return Refused(n, false, "a route needs a prefix and an end");
    const End &at = n->ends[static_cast<size_t>(end)];
    return Guarded(n, false, [&] {
        AddRoute(n, at.node, *to, at.out4, at.out6);
        return true;
    });
}

static bool AddressOf(struct ns3_net *n, int node, uint8_t family, struct ns3_prefix *out)
{
    if (!IsNode(n, node) || (family != 4 && family != 6))
        return Refused(n, false, "an address is of a node and a family");
    return Guarded(n, false, [=] {
        const auto at = n->nodes.Get(static_cast<uint32_t>(node));
        const auto ip4 = at->GetObject<ns3::Ipv4>();
        const auto ip6 = at->GetObject<ns3::Ipv6>();
        *out = {};
        if (ip4->GetNInterfaces() < 2)
            return Refused(n, false, "a node without a link has no address");
        out->family = family;
        out->bits = family == 4 ? 32 : 128;
        if (family == 4)
            ip4->GetAddress(1, 0).GetLocal().Serialize(out->ip);
        else
            ip6->GetAddress(1, ip6->GetNAddresses(1) - 1).GetAddress().Serialize(out->ip);
        return true;
    });
}

static int AddTraffic(struct ns3_net *n, const struct ns3_traffic *traffic)
{
    const ns3_traffic t = *traffic;
    struct ns3_prefix to;
    if (!IsNode(n, t.from) || !AddressOf(n, t.to, 4, &to))
        return Refused(n, -1, "traffic needs two nodes with links");
    if (t.until_ns < t.from_ns || (!t.bulk && (t.rate_bps == 0 || t.size < 12 || t.size > 65507)))
        return Refused(n, -1, "traffic needs times in order, a rate, and 12 to 65507 octets");
    return Guarded(n, -1, [=] {
        const int number = static_cast<int>(n->sinks.size());
        const auto port = static_cast<uint16_t>(20000 + number);
        const ns3::InetSocketAddress far(ns3::Ipv4Address::Deserialize(to.ip), port);
        const std::string protocol = t.bulk ? "ns3::TcpSocketFactory" : "ns3::UdpSocketFactory";
        const auto sink = ns3::CreateObjectWithAttributes<ns3::PacketSink>(
            "Protocol", ns3::StringValue(protocol), "Local",
            ns3::AddressValue(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), port)));
        n->nodes.Get(static_cast<uint32_t>(t.to))->AddApplication(sink);
        ns3::Ptr<ns3::Application> source;
        if (t.bulk) {
            source = ns3::CreateObjectWithAttributes<ns3::BulkSendApplication>(
                "Protocol", ns3::StringValue(protocol), "Remote", ns3::AddressValue(far));
        } else {
            const auto on_off = ns3::CreateObjectWithAttributes<ns3::OnOffApplication>(
                "Protocol", ns3::StringValue(protocol), "Remote", ns3::AddressValue(far),
                "DataRate", ns3::DataRateValue(ns3::DataRate(t.rate_bps)), "PacketSize",
                ns3::UintegerValue(t.size), "OnTime", ns3::StringValue(Period(t.on_ns, t.off_ns)),
                "OffTime",
                ns3::StringValue(t.off_ns == 0 ? Constant(0) : Period(t.off_ns, t.off_ns)));
            n->stream += on_off->AssignStreams(n->stream);
            source = on_off;
        }
        n->nodes.Get(static_cast<uint32_t>(t.from))->AddApplication(source);
        source->SetStartTime(ns3::NanoSeconds(static_cast<int64_t>(t.from_ns)));
        source->SetStopTime(ns3::NanoSeconds(static_cast<int64_t>(t.until_ns)));
        n->sinks.push_back(sink);
        return number;
    });
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

static bool Send(struct ns3_net *n, int end, uint64_t at_ns, const uint8_t *packet, size_t len)
{
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
    Limited *const events = Limited::only;
    events->limit = until_ns;
    n->arrived = false;
    if (!events->IsEmpty())
        (void)Guarded(n, false, [] {
            ns3::Simulator::Run();
            return true;
        });
    events->limit = UINT64_MAX;
    return n->arrived ? Now() : until_ns;
}

static uint64_t Next(struct ns3_net *)
{
    return Limited::only->IsEmpty() ? UINT64_MAX : Limited::only->PeekNext().key.m_ts;
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
const struct ns3_api ns3_api = {NS3_API_VERSION, Open,        Error,      Node,      Line,
                                AddEnd,          RouteByLink, RouteToEnd, AddressOf, AddTraffic,
                                Received,        OnLost,      Send,       Run,       Next,
                                Events,          Counts,      Close,      Release};

} // extern "C"
