/* SPDX-License-Identifier: MIT
 * Traffic selectors: reading, writing, narrowing (RFC 7296 2.9, 3.13). */
#ifndef IKE_V2_SELECTOR_H
#define IKE_V2_SELECTOR_H

#include "ike/ike.h"

/* A list of selectors, as a TS payload holds it. */
struct ike_selectors {
    struct ike_selector at[IKE_SELECTORS_MAX];
    uint8_t count;
};

/* Takes one selector off the front of `list`; not `known`: it is of another type than addresses of
 * either family, and skipped. */
enum ike_why ike_selector_parse(struct ike_reader *list, struct ike_selector *out, bool *known);
/* Selectors of types we do not know are skipped; a start beyond its end is WHY_SYNTAX, except
 * OPAQUE ports (65535 to 0). */
enum ike_why ike_selectors_parse(struct ike_bytes body, struct ike_selectors *out);
/* `type` is PAYLOAD_TSI or PAYLOAD_TSR. */
void ike_put_selectors(struct ike_writer *w, size_t *link, uint8_t type,
                       const struct ike_selectors *list);

/* The largest part of `a` that lies in `b`; false when there is none. */
bool ike_selector_meet(const struct ike_selector *a, const struct ike_selector *b,
                       struct ike_selector *out);
bool ike_selector_within(const struct ike_selector *inner, const struct ike_selector *outer);
/* True when every selector of `inner` lies within some selector of `outer`. */
bool ike_selectors_within(const struct ike_selectors *inner, const struct ike_selectors *outer);

/* A responder's narrowing of one side, RFC 7296 2.9: what is both asked for and allowed, as the
 * parts that each pair of selectors has in common. When the first selector asked is a packet's own
 * (one address, and further ones follow) and policy allows that packet, the answer covers it; more
 * than IKE_SELECTORS_MAX parts are cut off. WHY_TS_UNACCEPTABLE when nothing is left. */
enum ike_why ike_selectors_narrow(const struct ike_selectors *asked,
                                  const struct ike_selectors *allowed, struct ike_selectors *out);

/* Whether the first selector asked is a packet's own, as above. */
bool ike_selectors_have_packet(const struct ike_selectors *asked);
/* Whether any of the list has a part in common with `one`. */
bool ike_selectors_meet(const struct ike_selectors *list, const struct ike_selector *one);
/* What of the list is about the one address where `one` begins. */
struct ike_selectors ike_selectors_at(const struct ike_selectors *list,
                                      const struct ike_selector *one);
/* Whether the list, which is not empty, speaks of one address only. */
bool ike_selectors_one_address(const struct ike_selectors *list);

/* One selector that covers a prefix, any protocol and port; or one packet's end, all ports of a
 * protocol that has none. */
struct ike_selector ike_selector_prefix(const struct ike_prefix *prefix);
struct ike_selector ike_selector_address(const struct ike_addr *addr, uint8_t protocol);
/* Reads "10.1.0.0/16", "0.0.0.0/0", "192.0.2.1", each with an optional "[tcp/80]"-like suffix
 * of protocol number or name (tcp, udp, icmp) and port. */
bool ike_selector_from_text(const char *text, struct ike_selector *out);
enum { IKE_SELECTOR_TEXT = 128 };
void ike_selector_format(const struct ike_selector *selector, char *out);

#endif
