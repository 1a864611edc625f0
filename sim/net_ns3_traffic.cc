/* SPDX-License-Identifier: MIT
 * Traffic of ns-3's own applications in the module with ns-3 in it. */
#include "sim/net_ns3.hh"

#include <ns3/bulk-send-application.h>
#include <ns3/inet-socket-address.h>
#include <ns3/onoff-application.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

namespace
{

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

} // namespace

int ikelab::MakeTraffic(struct ns3_net *n, const ns3_traffic &t, const ns3_prefix &to)
{
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
            "Protocol", ns3::StringValue(protocol), "Remote", ns3::AddressValue(far), "DataRate",
            ns3::DataRateValue(ns3::DataRate(t.rate_bps)), "PacketSize", ns3::UintegerValue(t.size),
            "OnTime", ns3::StringValue(Period(t.on_ns, t.off_ns)), "OffTime",
            ns3::StringValue(t.off_ns == 0 ? Constant(0) : Period(t.off_ns, t.off_ns)));
        n->stream += on_off->AssignStreams(n->stream);
        source = on_off;
    }
    n->nodes.Get(static_cast<uint32_t>(t.from))->AddApplication(source);
    source->SetStartTime(ns3::NanoSeconds(static_cast<int64_t>(t.from_ns)));
    source->SetStopTime(ns3::NanoSeconds(static_cast<int64_t>(t.until_ns)));
    n->sinks.push_back(sink);
    return number;
}
