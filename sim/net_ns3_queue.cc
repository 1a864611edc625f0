/* SPDX-License-Identifier: MIT
 * A queue that is limited in octets, and in packets too, in the module with ns-3
 * in it: ns-3's own know one of the two, and lose a packet that is longer than
 * the queue though it would not wait. */
#include "sim/net_ns3.hh"

#include <ns3/drop-tail-queue.h>
#include <ns3/packet.h>

using namespace ikelab;

namespace
{

class Both : public ns3::DropTailQueue<ns3::Packet>
{
  public:
    static ns3::TypeId GetTypeId()
    {
        static ns3::TypeId tid = ns3::TypeId("ikelab::Both")
                                     .SetParent<ns3::DropTailQueue<ns3::Packet>>()
                                     .AddConstructor<Both>();
        return tid;
    }

    bool Enqueue(ns3::Ptr<ns3::Packet> packet) override
    {
        if (waits && uint64_t{GetNBytes()} + packet->GetSize() > octets) {
            DropBeforeEnqueue(packet);
            return false;
        }
        return ns3::DropTailQueue<ns3::Packet>::Enqueue(packet);
    }

    void Begin(ns3::Ptr<const ns3::Packet>)
    {
        waits = true;
    }

    void End(ns3::Ptr<const ns3::Packet>)
    {
        waits = false;
    }

    uint64_t octets = 0;
    bool waits = true; /* what comes now, for the device is sending */
};

NS_OBJECT_ENSURE_REGISTERED(Both);

ns3::Ptr<Both> Make(const ns3_line &line)
{
    const auto queue = ns3::CreateObject<Both>();
    queue->SetMaxSize(
        ns3::QueueSize(ns3::PACKETS, line.queue_packets != 0 ? line.queue_packets : endless_queue));
    queue->octets = line.queue_bytes;
    return queue;
}

} // namespace

ns3::Ptr<ns3::Queue<ns3::Packet>> ikelab::QueueOfBoth(const ns3_line &line)
{
    return line.queue_packets != 0 && line.queue_bytes != 0 ? Make(line) : nullptr;
}

void ikelab::LimitOctets(ns3::Ptr<ns3::PointToPointNetDevice> device, const ns3_line &line)
{
    const auto queue = Make(line);
    queue->waits = false;
    device->TraceConnectWithoutContext("PhyTxBegin", ns3::MakeCallback(&Both::Begin, queue));
    device->TraceConnectWithoutContext("PhyTxEnd", ns3::MakeCallback(&Both::End, queue));
    device->SetQueue(queue);
}
