/* SPDX-License-Identifier: MIT
 * A capture: pcapng with nanosecond time stamps, IP and UDP headers made up,
 * and beside it the file `ikev2_decryption_table` as Wireshark reads it. */
#ifndef RESULTS_CAPTURE_H
#define RESULTS_CAPTURE_H

#include "results/limits.h"
#include "sim/record.h"

struct results_capture;
struct ike_sa_keys;

struct results_capture *results_capture_open(const char *pcapng_path, const char *keys_path,
                                             char *error);
/* Each gateway (`who`) is an interface of the capture; the fate is the packet's comment. Written in
 * order of time when closed: messages may come in any order. */
void results_capture_message(struct results_capture *capture, const struct sim_message *message);
/* One row for each SA; none for a cipher that Wireshark cannot decrypt. */
void results_capture_keys(struct results_capture *capture, const struct ike_sa_keys *keys);
/* The row of ike_algos that Wireshark calls so; false when it is none of ours, or an integrity
 * algorithm that is not checked. */
bool results_encryption_named(const char *name, uint8_t *row);
bool results_integrity_named(const char *name, uint8_t *row);
/* Frees the capture in any case. */
bool results_capture_close(struct results_capture *capture, char *error);

#endif
