/* SPDX-License-Identifier: MIT
 * The Configuration payload: reading and writing (RFC 7296 3.15, RFC 8598). What
 * is asked and given with it is in inner.h. */
#ifndef IKE_V2_CONFIG_H
#define IKE_V2_CONFIG_H

#include "ike/inner.h"
#include "ike/v2/message.h"

/* RFC 7296 3.15 */
enum ike_cfg_type { CFG_REQUEST = 1, CFG_REPLY = 2, CFG_SET = 3, CFG_ACK = 4 };

/* RFC 7296 3.15.1; 25 and 26: RFC 8598 6 */
enum ike_attribute_type {
    INTERNAL_IP4_ADDRESS = 1,
    INTERNAL_IP4_NETMASK = 2,
    INTERNAL_IP4_DNS = 3,
    INTERNAL_IP4_NBNS = 4,
    INTERNAL_IP4_DHCP = 6,
    APPLICATION_VERSION = 7,
    INTERNAL_IP6_ADDRESS = 8,
    INTERNAL_IP6_DNS = 10,
    INTERNAL_IP6_DHCP = 12,
    INTERNAL_IP4_SUBNET = 13,
    SUPPORTED_ATTRIBUTES = 14,
    INTERNAL_IP6_SUBNET = 15,
    INTERNAL_DNS_DOMAIN = 25,
    INTERNAL_DNSSEC_TA = 26,
};

struct ike_attribute {
    uint16_t type;
    struct ike_bytes value;
};

struct ike_cp {
    uint8_t type; /* enum ike_cfg_type, or another */
    uint8_t count;
    struct ike_attribute attributes[IKE_ATTRIBUTES_MAX]; /* those we know, in order */
};

/* One row an attribute we know. */
struct ike_attribute_row {
    uint16_t type;
    uint16_t len_min; /* of a value that is there at all; an empty one is always well */
    uint16_t len_max;
    const char *name;
};
/* NULL: unknown. */
const struct ike_attribute_row *ike_attribute_row(uint16_t type);
/* By place, all that are known; NULL past the last. */
const struct ike_attribute_row *ike_attribute_at(size_t index);

/* Takes one attribute off the front of `list`, of whatever type; false when its value is longer
 * than what is left. */
bool ike_attribute_take(struct ike_reader *list, struct ike_attribute *out);
/* Attributes of types we do not know are skipped (RFC 7296 3.15.1); WHY_SYNTAX when a length is
 * none of its type's, WHY_TOO_MANY beyond IKE_ATTRIBUTES_MAX. */
enum ike_why ike_cp_parse(struct ike_bytes body, struct ike_cp *out);
/* First attribute of the type, or NULL. */
const struct ike_attribute *ike_cp_find(const struct ike_cp *cp, uint16_t type);

/* Begins a payload, for ike_end_payload. */
size_t ike_begin_cp(struct ike_writer *w, size_t *link, uint8_t type);
void ike_put_attribute(struct ike_writer *w, uint16_t type, struct ike_bytes value);

/* The initiator's CFG_REQUEST, the whole payload. */
void ike_put_wants(struct ike_writer *w, size_t *link, const struct ike_wants *wants);
/* The attributes of the responder's CFG_REPLY that are neither addresses nor the version, as far as
 * `asked` asks. */
void ike_put_gives(struct ike_writer *w, const struct ike_gives *gives, const struct ike_cp *asked);
/* The version, if `asked` asks; NULL: it is not told, which an empty one says (RFC 7296 2.20). */
void ike_put_version(struct ike_writer *w, const char *version, const struct ike_cp *asked);
/* An address and what belongs to it: NETMASK when asked for; a prefix length with IPv6. */
void ike_put_inner(struct ike_writer *w, const struct ike_addr *addr, uint8_t bits, bool netmask);
/* The initiator's reading of a CFG_REPLY; views into it. Domains without any name server are
 * passed over, and anchors that follow no domain (RFC 8598 3.1, 3.2). */
void ike_given_read(const struct ike_cp *reply, struct ike_given *out);

#endif
