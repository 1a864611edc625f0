/* SPDX-License-Identifier: MIT
 * A real program in a namespace behind a router, two lines of 5 ms away from an
 * ear of ours; and what is asked of that on every network. The program is the
 * test's own, started again. */
#ifndef TESTS_LIVE_LAB_H
#define TESTS_LIVE_LAB_H

#include "sim/icmp.h"
#include "sim/netns.h"
#include "sim/realtime.h"
#include "sim/tun_end.h"

enum { LAB_PINGS_MAX = 4096, LAB_PROGRAM_MAX = 4096 };

/* Makes the network; NULL with a sentence. */
typedef struct sim_net *live_net_fn(struct sim_loop *loop, char *error, size_t error_max);

struct live_lab {
    struct sim_loop *loop;
    struct sim_net *net;
    struct sim_realtime *rt;
    struct sim_netns *ns;
    struct sim_tun_end *end;
    struct sim_process *echo;
    struct sim_port near;
    uint64_t sent_ns[LAB_PINGS_MAX];
    uint64_t rtt_ns[LAB_PINGS_MAX]; /* 0: not answered */
    uint32_t answers;               /* twice, if it came twice */
    uint32_t wrong;                 /* answers that are not what was sent */
    uint32_t hints;                 /* errors by ICMP, */
    struct sim_icmp hint;           /* the last of which said this */
};

/* Where namespaces cannot be had: prints the skip, true. */
bool live_skipped(void);
/* The program itself, told by its first argument to be something else: true, with its status. */
bool live_role(int argc, char **argv, int *status);
/* This program's file, LAB_PROGRAM_MAX octets. */
void live_program(char *out);

/* What unit_live and unit_live_ns3 ask of their networks. */
void live_ping_pong(live_net_fn *open);
void live_bulk(live_net_fn *open);
void live_large_datagrams(live_net_fn *open);
void live_esp_and_refusals(live_net_fn *open);
void live_full_socket(live_net_fn *open);
void live_path_mtu(live_net_fn *open);

#endif
