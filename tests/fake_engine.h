/* SPDX-License-Identifier: MIT
 * A stand-in for the engine behind ike.h, for tests of the host: what it does
 * with a datagram is written in the datagram, so a test scripts its costs. */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include "ike/ike.h"

/* The first octets of a datagram to the fake. */
struct fake_order {
    uint32_t spent_ns; /* what the cryptography costs */
    uint32_t number;   /* comes back in the answer and the event's tag */
    uint16_t spi;      /* ike_peek says so, */
    uint8_t kind;      /* and this (enum ike_peek_kind) */
    uint8_t expired;   /* IKE_FAILED events of half-open SAs that timed out */
    uint8_t answers;   /* datagrams sent back, each as long as the order, that ask for nothing */
    uint8_t half_open; /* IKE_HALF_OPEN events */
    uint8_t up;        /* IKE_UP events */
    uint8_t why;       /* what ike_input says */
};

enum { FAKE_TIMERS_MAX = 4096 };

struct ike_engine *fake_open(struct ike_crypto *crypto);
void fake_close(struct ike_engine *engine);
/* A deadline, which costs so much when it is served, and then comes `again` times more at once. */
void fake_timer(struct ike_engine *engine, uint64_t at_ns, uint32_t spent_ns, uint32_t again);

/* What ike_stats says. */
void fake_stats(struct ike_engine *engine, const struct ike_stats *stats);

/* What it was asked, in order. */
struct fake_call {
    uint64_t now_ns;
    uint32_t number; /* of the order; 0: a timer */
};
const struct fake_call *fake_calls(const struct ike_engine *engine, uint32_t *count);

#endif
