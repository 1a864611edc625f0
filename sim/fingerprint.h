/* SPDX-License-Identifier: MIT
 * The hash of a run's event trace: every datagram sent, delivered and lost,
 * every refusal and every outcome goes in, with its time. One changed byte,
 * drop or draw changes it. Not cryptographic; the same on every machine. */
#ifndef SIM_FINGERPRINT_H
#define SIM_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

struct sim_fingerprint {
    uint64_t lane[2];
    uint64_t count; /* things added */
};

enum sim_trace {
    SIM_TRACE_SEND = 1,
    SIM_TRACE_DELIVER,
    SIM_TRACE_LOST,
    SIM_TRACE_REFUSED,
    SIM_TRACE_OUTCOME,
    SIM_TRACE_ARRIVAL,
    SIM_TRACE_SAMPLE
};

void sim_fingerprint_open(struct sim_fingerprint *f, uint64_t seed);
void sim_fingerprint_add(struct sim_fingerprint *f, enum sim_trace kind, uint64_t at_ns,
                         uint64_t value);
void sim_fingerprint_bytes(struct sim_fingerprint *f, enum sim_trace kind, uint64_t at_ns,
                           const uint8_t *at, size_t len);
/* 32 hexadecimal digits and a zero into `out`. */
void sim_fingerprint_text(const struct sim_fingerprint *f, char out[33]);

#endif
