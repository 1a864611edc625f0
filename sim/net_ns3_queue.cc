/* SPDX-License-Identifier: MIT
 * A queue that is limited in packets and in octets, in the module with ns-3 in
 * it: ns-3's own know one of the two. */
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
        if (uint64_t{GetNBytes()} + packet->GetSize() > octets) {
            DropBeforeEnqueue(packet);
            return false;
        }
        return ns3::DropTailQueue<ns3::Packet>::Enqueue(packet);
    }

    uint64_t octets = 0;
};

NS_OBJECT_ENSURE_REGISTERED(Both);

} // namespace

ns3::Ptr<ns3::Queue<ns3::Packet>> ikelab::QueueOfBoth(const ns3_line &line)
{
    if (line.queue_packets == 0 || line.queue_bytes == 0)
        return nullptr;
    const auto queue = ns3::CreateObject<Both>();
    queue->SetMaxSize(ns3::QueueSize(ns3::PACKETS, line.queue_packets));
    queue->octets = line.queue_bytes;
    return queue;
}
