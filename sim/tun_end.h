/* SPDX-License-Identifier: MIT
 * A TUN device as an end of any network: what is delivered there goes to the
 * kernel behind it as an IP packet, and what that kernel sends enters the
 * network as if a host had sent it. UDP and ESP, whole or in fragments; to the
 * kernel what routers say by ICMP, and from it what it says so of packets that
 * came. All else is counted and dropped, since nobody in the network listens to
 * it. */
#ifndef SIM_TUN_END_H
#define SIM_TUN_END_H

#include "sim/net.h"
#include "sim/realtime.h"

/* Why a packet went no further. */
#define SIM_TUN_REFUSED_ROWS(ROW)                                                           \
    ROW(MALFORMED, "malformed", "from the kernel: no IP packet, or not as long as it says") \
    ROW(ICMP, "icmp", "from the kernel: ICMP, but errors about packets that came to it")    \
    ROW(PROTOCOL, "protocol", "neither UDP nor ESP; nor to the kernel ICMP")                \
    ROW(SOURCE, "source", "from the kernel: from an address that it does not own")          \
    ROW(OVERRUN, "overrun", "from the kernel: more than we keep until their time has come") \
    ROW(NOT_TAKEN, "not_taken", "to the kernel: it takes none now")

enum sim_tun_refused {
#define ROW(id, name, meaning) SIM_TUN_REFUSED_##id,
    SIM_TUN_REFUSED_ROWS(ROW)
#undef ROW
        SIM_TUN_REFUSED_COUNT
};

const char *sim_tun_refused_name(enum sim_tun_refused refused);

/* Always: read = entered + those of `refused` that came from the kernel + `waiting`; and what the
 * network delivered = written + those of `refused` that were to go to it. */
struct sim_tun_counts {
    uint64_t read, read_bytes; /* packets from the kernel */
    uint64_t entered;          /* of them, given to the network, which may lose them: net.h */
    uint64_t waiting;          /* of them, whose time has not come */
    uint64_t written, written_bytes;
    uint64_t in[SIM_TUN_REFUSED_COUNT];  /* refused, from the kernel */
    uint64_t out[SIM_TUN_REFUSED_COUNT]; /* refused, to the kernel */
    /* Since sim_tun_end_mark: when the first entered, and the last was written; SIM_NEVER: none. */
    uint64_t first_entered_ns, last_written_ns;
};

struct sim_tun_end;

/* `fd` does not block, gives and takes one packet a call, and remains the caller's. `owned` are the
 * prefixes whose addresses may send; they are copied, at most 64. NULL: no memory. */
struct sim_tun_end *sim_tun_end_open(struct sim_net *net, int fd, const struct ike_prefix *owned,
                                     uint32_t owned_count);
/* To be attached to `net` by the caller, with each of the prefixes. */
struct sim_port *sim_tun_end_port(struct sim_tun_end *end);
/* What sim_realtime_add is to be given. */
struct sim_source sim_tun_end_source(struct sim_tun_end *end);
struct sim_tun_counts sim_tun_end_counts(const struct sim_tun_end *end);
void sim_tun_end_mark(struct sim_tun_end *end);
/* Hears of what is written to the kernel (`inbound`), and of what enters the network from it. */
struct sim_tun_ear {
    void (*seen)(void *owner, uint64_t now_ns, bool inbound, const struct sim_datagram *datagram);
    void *owner;
};
void sim_tun_end_listen(struct sim_tun_end *end, struct sim_tun_ear ear);
/* When the loop runs no more, and before it is closed. */
void sim_tun_end_close(struct sim_tun_end *end);

#endif
