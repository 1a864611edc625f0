/* SPDX-License-Identifier: MIT
 * Traffic beside the two engines of a pair: each end is a host that makes ESP SAs
 * of what its engine tells, as ike/esp.h says, sends a packet every millisecond
 * by the Child SA that ike_packet_out names, and tells of octets and packets.
 * Every packet has a serial number: what is lost, or comes twice, is counted. */
#ifndef TESTS_CARRY_H
#define TESTS_CARRY_H

#include "ike/esp.h"
#include "tests/pair.h"

enum {
    CARRY_SAS_MAX = 24,
    CARRY_PACKETS_MAX = 4096, /* one end sends so many at most */
    CARRY_FLIGHT_MAX = 256,
    CARRY_PACKET_MAX = 512,
    CARRY_INNER = 100, /* octets of an inner packet */
};

struct carry_sa {
    struct ike_esp_in in;
    struct ike_esp_out out;
    uint64_t closed_ns; /* when the engine said that it is gone; 0: it is not */
    bool used;
    bool asked;
};

struct carry_end {
    struct carry_sa sas[CARRY_SAS_MAX];
    int events; /* of the pair's, looked at so far */
    uint32_t offered;
    uint32_t held; /* not sent: no Child SA was there */
    uint32_t received;
    uint32_t twice; /* the same packet came again, and was given out */
    bool came[CARRY_PACKETS_MAX];
    uint64_t reasons[ESP_WHY_COUNT];
    uint32_t made;        /* pairs of SAs, */
    uint32_t replaced;    /* those of them that took another's place */
    uint64_t octets_most; /* of one Child SA, both ways, when it was gone */
};

struct carry_flight {
    uint64_t at_ns;
    size_t len;
    enum pair_side to;
    bool used;
    uint8_t octets[CARRY_PACKET_MAX];
};

struct carry {
    struct pair *p;
    struct carry_end end[2];
    struct carry_flight flight[CARRY_FLIGHT_MAX];
    uint32_t window;
    uint64_t linger_ns; /* so long an inbound SA stays after the engine has closed it */
    uint64_t chance;
    uint8_t late_percent;  /* of packets: held back by up to 20 ms, so that others pass */
    uint8_t twice_percent; /* come twice */
    bool transport;
    bool silent[2]; /* this end sends nothing */
};

void carry_begin(struct carry *c, struct pair *p);
/* Lets the engines run, and packets go, for so many milliseconds. */
void carry_run(struct carry *c, unsigned ms);
/* No more is sent, and what is on its way arrives. */
void carry_rest(struct carry *c);
/* Packets from this end that did not arrive, of those it wanted to send. */
uint32_t carry_lost(const struct carry *c, enum pair_side from);

#endif
