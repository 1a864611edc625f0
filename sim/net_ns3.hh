/* SPDX-License-Identifier: MIT
 * What the files of the module with ns-3 in it share (net_ns3.h): the network,
 * its lines and ends. They are the only C++ here. */
#ifndef SIM_NET_NS3_HH
#define SIM_NET_NS3_HH

#include "sim/net_ns3.h"

#include <deque>
#include <string>
#include <vector>

#include <ns3/ipv4-address.h>
#include <ns3/ipv6-address.h>
#include <ns3/net-device-container.h>
#include <ns3/net-device.h>
#include <ns3/node-container.h>
#include <ns3/packet-sink.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/queue.h>
#include <ns3/scheduler.h>
#include <ns3/simulator.h>
#include <ns3/virtual-net-device.h>

namespace ikelab
{

/* The simulator's events, of which those beyond the limit do not count. */
class Waiting
{
  public:
    virtual ~Waiting() = default;
    virtual uint64_t NextAt() const = 0; /* UINT64_MAX: nothing waits */

    static Waiting *only; /* those of the one simulator */
    uint64_t limit = UINT64_MAX;
    ns3::Scheduler::Event running = {}; /* the one taken last */
};

/* In one of ns-3's schedulers. By tests/bench_ns3.c, on AMD EPYC (family 25, model 1, two cores, at
 * rest; 1 December 2026, ns-3 3.37, gcc 12.2), thousands of datagrams a second of CPU time over two
 * lines, medians of five rounds, with 333 datagrams under way on each line and with 16,667:
 *
 *     priority queue  74.6  71.3
 *     calendar        67.4  59.6
 *     heap            66.7  46.5
 *     map             66.3  65.4
 *     list            41.8  not tried
 *
 * So ours is the first; it was the first in two such runs on a machine that was not at rest. */
template <typename Scheduler> class Limited : public Scheduler, public Waiting
{
  public:
    static ns3::TypeId GetTypeId()
    {
        static const ns3::TypeId tid =
            ns3::TypeId("ikelab::Limited<" + Scheduler::GetTypeId().GetName() + ">")
                .template SetParent<Scheduler>()
                .template AddConstructor<Limited>();
        return tid;
    }

    Limited()
    {
        only = this;
    }

    bool IsEmpty() const override
    {
        return Scheduler::IsEmpty() || Scheduler::PeekNext().key.m_ts > limit;
    }

    uint64_t NextAt() const override
    {
        return IsEmpty() ? UINT64_MAX : Scheduler::PeekNext().key.m_ts;
    }

    ns3::Scheduler::Event RemoveNext() override
    {
        running = {};
        running = Scheduler::RemoveNext();
        return running;
    }
};

inline uint64_t Now()
{
    return static_cast<uint64_t>(ns3::Simulator::Now().GetNanoSeconds());
}

struct Direction {
    ns3::Ptr<ns3::NetDevice> from, to;
    uint32_t out4 = 0; /* interfaces of the near node */
    uint32_t out6 = 0;
    int node = 0;      /* the near one */
    uint32_t host = 0; /* the near interfaces have these numbers in their addresses, */
    uint32_t next = 0; /* and the far ones these, where they are spoken to; 0: they are not */
    bool judged = false;
    ns3::Ptr<ns3::QueueBase> queue; /* of a device that does not tell what finds no room in it: */
    uint32_t room = 0;              /* behind the packet that is being sent; 0: any */
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

} // namespace ikelab

struct ns3_net {
    ns3::NodeContainer nodes;
    std::deque<ikelab::Link> links; /* neither moves: callbacks know them */
    std::deque<ikelab::End> ends;
    std::vector<ns3::Ptr<ns3::PacketSink>> sinks;
    std::vector<uint8_t> packet;
    std::string error;
    ns3_lost_fn *lost = nullptr;
    void *lost_owner = nullptr;
    ns3_judge_fn *judge = nullptr;
    void *judge_owner = nullptr;
    uint32_t hosts = 0; /* interfaces so far */
    int64_t stream = 0; /* the next of ns-3's random streams */
    bool arrived = false;
    bool broken = false; /* something was thrown while it ran */
};

namespace ikelab
{

template <typename T> T Refused(struct ns3_net *n, T failed, const std::string &why)
{
    n->error = why;
    return failed;
}

inline bool IsNode(const struct ns3_net *n, int node)
{
    return node >= 0 && static_cast<uint32_t>(node) < n->nodes.GetN();
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

inline Direction &Of(const Place &at)
{
    return at.n->links[static_cast<size_t>(at.link)].way[at.direction];
}

/* Tells of a packet that is lost, of which the first `skip` octets are not IP's. */
void Lost(struct ns3_net *n, ns3_loss loss, ns3::Ptr<const ns3::Packet> packet, size_t skip);

/* A device's interface, and its number. */
uint32_t AddInterface4(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device, uint32_t host);
uint32_t AddInterface6(ns3::Ptr<ns3::Node> node, ns3::Ptr<ns3::NetDevice> device, uint32_t host);

ns3::Ipv4Address Address4(uint32_t host);
ns3::Ipv6Address Address6(uint32_t host);

/* Says to who sent a packet that there is no way for it (RFC 792, RFC 4443 3.1). */
void TellUnreachable(ns3::Ptr<ns3::Node> node, ns3::Ptr<const ns3::Packet> packet);

/* A direction's interfaces, and who judges what enters and arrives. */
void OpenDirection(const Place &at, ns3::Ptr<ns3::NetDevice> from, ns3::Ptr<ns3::NetDevice> to,
                   const ns3_line &line);
std::string QueueSizeOf(const ns3_line &line);
/* The queue of a medium that is limited in both units; null: it is not. */
ns3::Ptr<ns3::Queue<ns3::Packet>> QueueOfBoth(const ns3_line &line);
/* Gives a line's device a queue that is limited in octets: what need not wait is not lost. */
void LimitOctets(ns3::Ptr<ns3::PointToPointNetDevice> device, const ns3_line &line);
constexpr uint32_t endless_queue = 1000000; /* packets, where there is no limit */
/* A packet is lost on its way, whose first octets are its frame's. */
template <ns3_lost why, size_t frame> void Drop(Place at, ns3::Ptr<const ns3::Packet> packet)
{
    ns3_counts &counts = Of(at).counts;
    (why == NS3_LOST_QUEUE ? counts.queue_drops : counts.losses)++;
    Lost(at.n, {0, why, at.link, at.direction, nullptr, 0}, packet, frame);
}

/* Media that both ends share; what is wrong with one. */
std::string WrongWithMedium(const ns3_line &line);
ns3::NetDeviceContainer MakeMedium(struct ns3_net *n, ns3::NodeContainer ends,
                                   const ns3_line &line);
void OpenMedium(const Place &at, const ns3_line &line);

/* What a line is asked to be and cannot be; "": nothing. */
std::string WrongWith(const ns3_line &line);
int MakeLine(struct ns3_net *n, int a, int b, const ns3_line &line);

int MakeTraffic(struct ns3_net *n, const ns3_traffic &traffic, const ns3_prefix &to);

} // namespace ikelab

#endif
