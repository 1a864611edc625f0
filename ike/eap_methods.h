/* SPDX-License-Identifier: MIT
 * Between the files of the EAP methods: what the table is made of, and what two
 * methods share. Nobody else includes this. */
#ifndef IKE_EAP_METHODS_H
#define IKE_EAP_METHODS_H

#include "ike/eap.h"

extern const struct ike_eap_method ike_eap_md5;
extern const struct ike_eap_method ike_eap_gtc;
extern const struct ike_eap_method ike_eap_mschapv2;
extern const struct ike_eap_method ike_eap_tls;
extern const struct ike_eap_method ike_eap_ttls;

/* Server: whether this is a user who may come in. */
bool ike_eap_is_user(const struct ike_eap *eap, struct ike_bytes name);
/* Server: the name that was proven. */
void ike_eap_set_name(struct ike_eap *eap, struct ike_bytes name);
struct ike_bytes ike_eap_name(const struct ike_eap *eap);
struct ike_bytes ike_eap_password(const struct ike_eap *eap);

/* TLS in EAP packets, for EAP-TLS and EAP-TTLS (RFC 5216 2.1.5, 3.1). */
enum ike_eap_tls_came {
    CAME_PIECE, /* of a flight, acknowledged; or an acknowledgement, answered with our next piece */
    CAME_FLIGHT, /* a whole one, or nothing: nothing has been written yet */
    CAME_START,
};
enum ike_why ike_eap_tls_open(struct ike_eap *eap);
void ike_eap_tls_close(struct ike_eap *eap);
enum ike_why ike_eap_tls_first(struct ike_eap *eap, struct ike_writer *out);
enum ike_why ike_eap_tls_take(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out,
                              enum ike_eap_tls_came *came);
/* Has TLS work on what came. When it failed `broken` is set, and there is still an alert to be sent
 * or, by a peer, to be acknowledged; else WHY_EAP_TLS. */
enum ike_why ike_eap_tls_run(struct ike_eap *eap, enum ike_tls_state *state);
/* The next piece of our flight, or an acknowledgement when there is none. */
void ike_eap_tls_send(struct ike_eap *eap, struct ike_writer *out);
size_t ike_eap_tls_waiting(const struct ike_eap *eap);
uint8_t ike_eap_tls_version(const struct ike_eap *eap);
/* Keys of TLS 1.2 under `label`; of 1.3 as RFC 9190 2.3 and RFC 9427 2.1 have them. */
enum ike_why ike_eap_tls_keys(struct ike_eap *eap, const char *label);

/* EAP within TTLS. The peer's Identity, which nobody asks for, */
void ike_eap_inner_begin(struct ike_eap *eap, struct ike_writer *out);
/* and a packet that came; as ike_eap_step, with `within.phase`. */
enum ike_why ike_eap_inner_step(struct ike_eap *eap, struct ike_bytes packet,
                                struct ike_writer *out);

#endif
