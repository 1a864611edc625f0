/* SPDX-License-Identifier: MIT
 * A NAT for UDP in the terms of RFC 4787: one outside address, whose ports are
 * lent to inside endpoints for as long as they send. It takes and gives
 * addresses and knows no network; whoever carries datagrams calls it, at times
 * that never go back. Its memory is fixed when it is opened. */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "ike/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_nat;

/* What a mapping belongs to beside the inside endpoint, RFC 4787 4.1. It filters alike, RFC 4787 5:
 * in comes what is from anyone, from the mapping's address, from its address and port. */
enum sim_nat_kind { SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ADDRESS_DEPENDENT, SIM_NAT_SYMMETRIC };

struct sim_nat_config {
    enum sim_nat_kind kind;
    struct ike_addr outside; /* its port is the first that is lent */
    uint32_t port_count;     /* 1 … 65,536 less the first port */
    uint64_t timeout_ns;     /* a mapping ends this long after the last datagram out; 0: never */
    uint64_t rebind_ns;      /* all mappings end each time this has passed since 0; 0: never */
};

/* Always: mapped = expired + rebound + the mappings there are. */
struct sim_nat_counts {
    uint64_t mapped;    /* mappings made */
    uint64_t expired;   /* ended by the timeout */
    uint64_t rebound;   /* ended by a rebinding */
    uint64_t exhausted; /* datagrams out that found no free port */
    uint64_t filtered; /* datagrams in without a mapping, or from others than it lets in; either way
                          those of another family than the outside address */
};

/* NULL when memory cannot be had. */
struct sim_nat *sim_nat_open(const struct sim_nat_config *config);
void sim_nat_close(struct sim_nat *nat);

/* A datagram goes out: `from` becomes the outside endpoint. False when no port is free: drop it. */
bool sim_nat_out(struct sim_nat *nat, uint64_t now_ns, struct ike_addr *from,
                 const struct ike_addr *to);
/* A datagram comes in: `to` becomes the inside endpoint. False: drop it. It does not keep the
 * mapping alive, RFC 4787 4.3. */
bool sim_nat_in(struct sim_nat *nat, uint64_t now_ns, const struct ike_addr *from,
                struct ike_addr *to);
/* Forgets every mapping, as a NAT does that starts again. Ports are lent in turn, so the next
 * datagram of the same endpoint goes out by another, unless there is only one. */
void sim_nat_rebind(struct sim_nat *nat);

/* Mappings there are now. */
uint32_t sim_nat_mappings(struct sim_nat *nat, uint64_t now_ns);
struct sim_nat_counts sim_nat_counts(const struct sim_nat *nat);

#endif
