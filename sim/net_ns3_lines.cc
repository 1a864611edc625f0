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
    Drop<NS3_LOST_QUEUE, 0>(at, WholeOf(item));
}

/* On a line the two octets of PPP stand before the packet. */
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
        const Direction &d = Of(at);
        if (d.judged && IsRefused(WholeOf(item)))
            return;
        if (d.room != 0 && d.queue->GetNPackets() > d.room)
            Drop<NS3_LOST_QUEUE, 0>(at, WholeOf(item));
        else
            beyond->Send(device, item);
    }

    void Receive(ns3::Ptr<ns3::NetDevice> device, ns3::Ptr<const ns3::Packet> packet,
                 uint16_t protocol, const ns3::Address &from, const ns3::Address &to,
                 ns3::NetDevice::PacketType type) override
    {
        beyond->Receive(device, packet, protocol, from, to, type);
    }

  private:
    bool IsRefused(ns3::Ptr<const ns3::Packet> packet) const
    {
        const ns3_fate fate = Judge(at, NS3_ENTERS, packet);
        if (fate.told)
            TellUnreachable(Of(at).from->GetNode(), packet);
        return fate.lost;
    }

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
    if (Of(at).judged)
        Arrive({at, packet, protocol, from}, NS3_ARRIVES);
    else
        PassOn({at, packet, protocol, from});
    return true;
}

void AddGate(const Place &at)
{
    const Direction &d = Of(at);
    const auto node = d.from->GetNode();
    const auto gate = ns3::CreateObject<Gate>(at, node->GetObject<ns3::TrafficControlLayer>());
    node->GetObject<ns3::Ipv4L3Protocol>()->GetInterface(d.out4)->SetTrafficControl(gate);
    node->GetObject<ns3::Ipv6L3Protocol>()->GetInterface(d.out6)->SetTrafficControl(gate);
}

/* ---- building ---- */

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

void OpenLine(const Place &at, const ns3_line &line)
{
    const Direction &d = Of(at);
    if (line.loss_ppb != 0) {
        const auto loss = ns3::CreateObject<ns3::RateErrorModel>();
        loss->SetUnit(ns3::RateErrorModel::ERROR_UNIT_PACKET);
        loss->SetRate(line.loss_ppb / 1e9);
        at.n->stream += loss->AssignStreams(at.n->stream);
        ns3::DynamicCast<ns3::PointToPointNetDevice>(d.to)->SetReceiveErrorModel(loss);
    }
    if (line.aqm != NS3_DROP_TAIL)
        AddDiscipline(at, d.from, line);
    d.from->TraceConnectWithoutContext("MacTxDrop",
                                       ns3::MakeBoundCallback(&Drop<NS3_LOST_QUEUE, 2>, at));
    d.to->TraceConnectWithoutContext("PhyRxDrop",
                                     ns3::MakeBoundCallback(&Drop<NS3_LOST_LINE, 2>, at));
    if (!line.judged)
        d.to->TraceConnectWithoutContext("MacRx", ns3::MakeBoundCallback(&Arrived, at));
}

ns3::DataRateValue RateOf(uint64_t rate_bps)
{
    return ns3::DataRateValue(ns3::DataRate(rate_bps != 0 ? rate_bps : UINT64_C(1000000000000000)));
}

ns3::NetDeviceContainer PointToPoint(ns3::NodeContainer ends, const ns3_line &line)
{
    ns3::PointToPointHelper helper;
    helper.SetDeviceAttribute("DataRate", RateOf(line.rate_bps));
    helper.SetDeviceAttribute("Mtu", ns3::UintegerValue(line.mtu != 0 ? line.mtu : 65535));
    helper.SetChannelAttribute(
        "Delay", ns3::TimeValue(ns3::NanoSeconds(static_cast<int64_t>(line.delay_ns))));
    helper.SetQueue("ns3::DropTailQueue", "MaxSize", ns3::StringValue(QueueSizeOf(line)));
    if (line.aqm == NS3_DROP_TAIL)
        helper.DisableFlowControl();
    const auto devices = helper.Install(ends);
    for (uint32_t i = 0; line.queue_bytes != 0 && i < 2; i++)
        LimitOctets(ns3::DynamicCast<ns3::PointToPointNetDevice>(devices.Get(i)), line);
    if (line.rate_back_bps != 0)
        devices.Get(1)->SetAttribute("DataRate", RateOf(line.rate_back_bps));
    return devices;
}

} // namespace

std::string ikelab::QueueSizeOf(const ns3_line &line)
{
    if (line.aqm != NS3_DROP_TAIL)
        return "1p";
    if (line.queue_packets != 0)
        return std::to_string(line.queue_packets) + "p";
    return line.queue_bytes != 0 ? std::to_string(line.queue_bytes) + "B"
                                 : std::to_string(endless_queue) + "p";
}

void ikelab::OpenDirection(const Place &at, ns3::Ptr<ns3::NetDevice> from,
                           ns3::Ptr<ns3::NetDevice> to, const ns3_line &line)
{
    Direction &d = Of(at);
    const auto node = from->GetNode();
    d.from = from;
    d.to = to;
    d.judged = line.judged;
    d.host = ++at.n->hosts;
    d.out4 = AddInterface4(node, from, d.host);
    d.out6 = AddInterface6(node, from, d.host);
    if (line.judged || line.medium != NS3_POINT_TO_POINT)
        AddGate(at);
    if (line.judged || line.medium != NS3_POINT_TO_POINT)
        to->SetReceiveCallback(ns3::MakeBoundCallback(&Come, at));
}

std::string ikelab::WrongWith(const ns3_line &line)
{
    if (line.medium > NS3_WIFI)
        return "there is no such medium";
    if (line.mtu != 0 && (line.mtu < 68 || line.mtu > 65535))
        return "an MTU is 68 to 65535 octets";
    if (line.aqm > NS3_FQ_CODEL ||
        (line.aqm != NS3_DROP_TAIL && (line.queue_bytes != 0 || line.rate_bps == 0)))
        return "active queue management needs a rate, and a limit in packets if any";
    if (line.loss_ppb > 1000000000)
        return "no more than all can be lost";
    return line.medium != NS3_POINT_TO_POINT ? WrongWithMedium(line) : "";
}

int ikelab::MakeLine(struct ns3_net *n, int a, int b, const ns3_line &line)
{
    const ns3::NodeContainer ends(n->nodes.Get(static_cast<uint32_t>(a)),
                                  n->nodes.Get(static_cast<uint32_t>(b)));
    const bool medium = line.medium != NS3_POINT_TO_POINT;
    const auto devices = medium ? MakeMedium(n, ends, line) : PointToPoint(ends, line);
    const int link = static_cast<int>(n->links.size());
    n->links.emplace_back();
    for (int way = 0; way < 2; way++) {
        const auto side = static_cast<uint32_t>(way);
        n->links.back().way[way].node = way == 0 ? a : b;
        OpenDirection(Place{n, link, way}, devices.Get(side), devices.Get(1 - side), line);
    }
    for (int way = 0; way < 2; way++)
        (medium ? OpenMedium : OpenLine)(Place{n, link, way}, line);
    return link;
}
