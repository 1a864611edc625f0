/* SPDX-License-Identifier: MIT
 * Media that both ends of a link share, in the module with ns-3 in it: Ethernet
 * without a switch, and Wi-Fi. An end takes its turn, and speaks to the other by
 * its address, which it knows. */
#include "sim/net_ns3.hh"

#include <ns3/arp-cache.h>
#include <ns3/constant-position-mobility-model.h>
#include <ns3/csma-helper.h>
#include <ns3/csma-net-device.h>
#include <ns3/double.h>
#include <ns3/ipv4-interface.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv6-interface.h>
#include <ns3/ipv6-l3-protocol.h>
#include <ns3/ndisc-cache.h>
#include <ns3/propagation-delay-model.h>
#include <ns3/propagation-loss-model.h>
#include <ns3/string.h>
#include <ns3/txop.h>
#include <ns3/uinteger.h>
#include <ns3/wifi-mac-queue.h>
#include <ns3/wifi-mac.h>
#include <ns3/wifi-net-device.h>
#include <ns3/yans-wifi-channel.h>
#include <ns3/yans-wifi-helper.h>

using namespace ikelab;

namespace
{

/* Octets before an IP packet in Ethernet's frame, and in Wi-Fi's behind the MAC's own (LLC, SNAP).
 */
constexpr size_t ethernet = 14, snap = 8;
constexpr uint32_t ethernet_mtu = 1500, wifi_mtu = 2296;

const uint64_t wifi_rates[] = {6, 9, 12, 18, 24, 36, 48, 54}; /* Mbit/s, of 802.11a */

ns3::NetDeviceContainer Ethernet(struct ns3_net *n, ns3::NodeContainer ends, const ns3_line &line)
{
    ns3::CsmaHelper helper;
    helper.SetChannelAttribute("DataRate", ns3::DataRateValue(ns3::DataRate(line.rate_bps)));
    helper.SetChannelAttribute("Delay", ns3::TimeValue(ns3::NanoSeconds(0)));
    helper.SetDeviceAttribute("Mtu", ns3::UintegerValue(line.mtu != 0 ? line.mtu : ethernet_mtu));
    helper.SetQueue("ns3::DropTailQueue", "MaxSize", ns3::StringValue(QueueSizeOf(line)));
    helper.DisableFlowControl();
    const auto devices = helper.Install(ends);
    for (uint32_t i = 0; QueueOfBoth(line) && i < 2; i++)
        ns3::DynamicCast<ns3::CsmaNetDevice>(devices.Get(i))->SetQueue(QueueOfBoth(line));
    n->stream += helper.AssignStreams(devices, n->stream);
    return devices;
}

/* All are at one place, and hear each other well. */
ns3::Ptr<ns3::YansWifiChannel> Air()
{
    const auto air = ns3::CreateObject<ns3::YansWifiChannel>();
    const auto loss = ns3::CreateObject<ns3::FixedRssLossModel>();
    loss->SetRss(-50);
    air->SetPropagationLossModel(loss);
    air->SetPropagationDelayModel(ns3::CreateObject<ns3::ConstantSpeedPropagationDelayModel>());
    return air;
}

ns3::NetDeviceContainer Wifi(struct ns3_net *n, ns3::NodeContainer ends, const ns3_line &line)
{
    ns3::WifiHelper helper;
    ns3::YansWifiPhyHelper phy;
    ns3::WifiMacHelper mac;
    const std::string rate = std::to_string(line.rate_bps / 1000000);
    for (uint32_t i = 0; i < ends.GetN(); i++)
        if (ends.Get(i)->GetObject<ns3::MobilityModel>() == nullptr)
            ends.Get(i)->AggregateObject(ns3::CreateObject<ns3::ConstantPositionMobilityModel>());
    helper.SetStandard(ns3::WIFI_STANDARD_80211a);
    helper.SetRemoteStationManager("ns3::ConstantRateWifiManager", "DataMode",
                                   ns3::StringValue("OfdmRate" + rate + "Mbps"), "ControlMode",
                                   ns3::StringValue("OfdmRate6Mbps"));
    phy.SetChannel(Air());
    mac.SetType("ns3::AdhocWifiMac");
    const auto devices = helper.Install(phy, mac, ends);
    n->stream += helper.AssignStreams(devices, n->stream);
    for (uint32_t i = 0; i < devices.GetN(); i++) {
        const auto device = ns3::DynamicCast<ns3::WifiNetDevice>(devices.Get(i));
        const auto queue = device->GetMac()->GetTxop()->GetWifiMacQueue();
        device->SetMtu(static_cast<uint16_t>(line.mtu != 0 ? line.mtu : wifi_mtu));
        queue->SetMaxSize(ns3::QueueSize("1000000p")); /* it loses without a word: see Direction */
        queue->SetMaxDelay(ns3::Seconds(86400));       /* nothing grows too old for it */
    }
    return devices;
}

void WifiDrop(Place at, ns3::WifiMacDropReason, ns3::Ptr<const ns3::WifiMpdu> frame)
{
    Drop<NS3_LOST_LINE, snap>(at, frame->GetPacket());
}

/* The near end knows the far one by both its addresses. */
void Introduce(Direction &near, const Direction &far)
{
    const auto node = near.from->GetNode();
    const auto four = node->GetObject<ns3::Ipv4L3Protocol>()->GetInterface(near.out4);
    const auto six = node->GetObject<ns3::Ipv6L3Protocol>()->GetInterface(near.out6);
    const auto by_four = four->GetArpCache()->Add(Address4(far.host));
    const auto by_six = six->GetNdiscCache()->Add(Address6(far.host));
    by_four->SetMacAddress(near.to->GetAddress());
    by_four->MarkPermanent();
    by_six->SetMacAddress(near.to->GetAddress());
    by_six->MarkPermanent();
    near.next = far.host;
}

} // namespace

std::string ikelab::WrongWithMedium(const ns3_line &line)
{
    const uint32_t longest = line.medium == NS3_CSMA ? ethernet_mtu : wifi_mtu;
    bool known = line.medium == NS3_CSMA && line.rate_bps != 0;
    for (const uint64_t rate : wifi_rates)
        known = known || (line.medium == NS3_WIFI && line.rate_bps == rate * 1000000);
    if (!known)
        return line.medium == NS3_CSMA
                   ? "Ethernet needs a rate"
                   : "the rate of 802.11a is 6, 9, 12, 18, 24, 36, 48 or 54 Mbit/s";
    if (line.rate_back_bps != 0)
        return "a shared medium has one rate";
    if (line.delay_ns != 0 || line.loss_ppb != 0 || line.aqm != NS3_DROP_TAIL)
        return "a shared medium has no delay, no random loss and no active queue management";
    if (line.mtu > longest)
        return "an MTU of Ethernet is 1500 octets at most, one of Wi-Fi 2296";
    if (line.medium == NS3_WIFI && line.queue_bytes != 0)
        return "a queue of Wi-Fi is limited in packets";
    return "";
}

ns3::NetDeviceContainer ikelab::MakeMedium(struct ns3_net *n, ns3::NodeContainer ends,
                                           const ns3_line &line)
{
    return (line.medium == NS3_CSMA ? Ethernet : Wifi)(n, ends, line);
}

void ikelab::OpenMedium(const Place &at, const ns3_line &line)
{
    Direction &d = Of(at);
    Introduce(d, at.n->links[static_cast<size_t>(at.link)].way[1 - at.direction]);
    if (line.medium == NS3_CSMA) {
        d.from->TraceConnectWithoutContext(
            "MacTxDrop", ns3::MakeBoundCallback(&Drop<NS3_LOST_QUEUE, ethernet>, at));
        d.from->TraceConnectWithoutContext(
            "PhyTxDrop", ns3::MakeBoundCallback(&Drop<NS3_LOST_LINE, ethernet>, at));
    } else {
        const auto mac = ns3::DynamicCast<ns3::WifiNetDevice>(d.from)->GetMac();
        mac->TraceConnectWithoutContext("DroppedMpdu", ns3::MakeBoundCallback(&WifiDrop, at));
        d.queue = mac->GetTxop()->GetWifiMacQueue();
        d.room = line.queue_packets;
    }
}
