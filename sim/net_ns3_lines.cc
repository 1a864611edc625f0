/* SPDX-License-Identifier: MIT
 * Lines in the module with ns-3 in it: their queues, what becomes of packets on
 * them, and how who asked for it judges those that enter and arrive. */
#include "sim/net_ns3.hh"

#include <ns3/double.h>
#include <ns3/error-model.h>
#include <ns3/ipv4-interface.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-queue-disc-item.h>
#include <ns3/ipv6-interface.h>
#include <ns3/ipv6-l3-protocol.h>
#include <ns3/ipv6-queue-disc-item.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/queue-disc.h>
#include <ns3/red-queue-disc.h>
#include <ns3/string.h>
#include <ns3/traffic-control-helper.h>
#include <ns3/traffic-control-layer.h>
#include <ns3/uinteger.h>

using namespace ikelab;

namespace
{

/* On a line the two octets of PPP stand before the packet. */
void QueueDrop(Place at, ns3::Ptr<const ns3::Packet> packet)
{
    Of(at).counts.queue_drops++;
    Lost(at.n, {0, NS3_LOST_QUEUE, at.link, at.direction, nullptr, 0}, packet, 2);
}

/* What waits for a device is an IP packet in two pieces. */
ns3::Ptr<ns3::Packet> WholeOf(ns3::Ptr<const ns3::QueueDiscItem> item)
{
    const ns3::Ptr<ns3::Packet> whole = item->GetPacket()->Copy();
    const auto four = ns3::DynamicCast<const ns3::Ipv4QueueDiscItem>(item);
    const auto six = ns3::DynamicCast<const ns3::Ipv6QueueDiscItem>(item);
    if (four)
        whole->AddHeader(four->GetHeader());
    else if (six)
        whole->AddHeader(six->GetHeader());
    return whole;
}

void DisciplineDrop(Place at, ns3::Ptr<const ns3::QueueDiscItem> item)
{
    Of(at).counts.queue_drops++;
    Lost(at.n, {0, NS3_LOST_QUEUE, at.link, at.direction, nullptr, 0}, WholeOf(item), 0);
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

/* ---- judged lines ---- */

ns3_fate Judge(Place at, ns3_stage stage, ns3::Ptr<const ns3::Packet> packet)
{
    uint8_t first[NS3_LOST_OCTETS];
    if (at.n->judge == nullptr)
        return {};
    const size_t len = packet->CopyData(first, sizeof first);
    const ns3_crossing crossing = {Now(), stage, at.link, at.direction, first, len};
    return at.n->judge(at.n->judge_owner, &crossing);
}

/* Stands before a device, and lets pass what may enter its line. */
class Gate : public ns3::TrafficControlLayer
{
  public:
    Gate(const Place &place, ns3::Ptr<ns3::TrafficControlLayer> real) : at(place), beyond(real)
    {
    }

    void Send(ns3::Ptr<ns3::NetDevice> device, ns3::Ptr<ns3::QueueDiscItem> item) override
    {
        if (!Judge(at, NS3_ENTERS, WholeOf(item)).lost)
            beyond->Send(device, item);
    }

    void Receive(ns3::Ptr<ns3::NetDevice> device, ns3::Ptr<const ns3::Packet> packet,
                 uint16_t protocol, const ns3::Address &from, const ns3::Address &to,
                 ns3::NetDevice::PacketType type) override
    {
        beyond->Receive(device, packet, protocol, from, to, type);
    }

  private:
    const Place at;
    const ns3::Ptr<ns3::TrafficControlLayer> beyond;
};

/* A packet at the far end of its line, without its frame. */
struct Frame {
    Place at;
    ns3::Ptr<const ns3::Packet> packet;
    uint16_t protocol;
    ns3::Address from;
};

void PassOn(const Frame &frame)
{
    Direction &d = Of(frame.at);
    d.counts.arrived_packets++;
    d.counts.arrived_bytes += frame.packet->GetSize();
    d.to->GetNode()->GetObject<ns3::TrafficControlLayer>()->Receive(
        d.to, frame.packet, frame.protocol, frame.from, d.to->GetAddress(),
        ns3::NetDevice::PACKET_HOST);
}

void Arrive(const Frame &frame, ns3_stage stage)
{
    const ns3_fate fate = Judge(frame.at, stage, frame.packet);
    const auto hold = ns3::NanoSeconds(static_cast<int64_t>(fate.hold_ns));
    if (fate.lost)
        return;
    if (fate.again)
        ns3::Simulator::Schedule(hold, &Arrive, frame, NS3_HELD);
    else if (fate.hold_ns != 0)
        ns3::Simulator::Schedule(hold, &PassOn, frame);
    else
        PassOn(frame);
    if (fate.twice)
        PassOn(frame);
}

bool Come(Place at, ns3::Ptr<ns3::NetDevice>, ns3::Ptr<const ns3::Packet> packet, uint16_t protocol,
          const ns3::Address &from)
{
    Arrive({at, packet, protocol, from}, NS3_ARRIVES);
    return true;
}

void AddJudge(const Place &at)
{
    const Direction &d = Of(at);
    const auto node = d.from->GetNode();
    const auto gate = ns3::CreateObject<Gate>(at, node->GetObject<ns3::TrafficControlLayer>());
    node->GetObject<ns3::Ipv4L3Protocol>()->GetInterface(d.out4)->SetTrafficControl(gate);
    node->GetObject<ns3::Ipv6L3Protocol>()->GetInterface(d.out6)->SetTrafficControl(gate);
    d.to->SetReceiveCallback(ns3::MakeBoundCallback(&Come, at));
}

/* ---- building ---- */

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
    d.to = to;
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
    if (line.judged)
        AddJudge(at);
    else
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

} // namespace

std::string ikelab::WrongWith(const ns3_line &line)
{
    if (line.queue_packets != 0 && line.queue_bytes != 0)
        return "an ns-3 queue is limited in packets or in octets, not in both";
    if (line.mtu != 0 && (line.mtu < 68 || line.mtu > 65535))
        return "an MTU is 68 to 65535 octets";
    if (line.aqm > NS3_FQ_CODEL ||
        (line.aqm != NS3_DROP_TAIL && (line.queue_bytes != 0 || line.rate_bps == 0)))
        return "active queue management needs a rate, and a limit in packets if any";
    if (line.loss_ppb > 1000000000)
        return "no more than all can be lost";
    return "";
}

int ikelab::MakeLine(struct ns3_net *n, int a, int b, const ns3_line &line)
{
    return PointToPoint(n, a, b, line);
}
