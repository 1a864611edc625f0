/* SPDX-License-Identifier: MIT
 * An IP address of either family with a UDP port, and prefixes of them. */
#ifndef IKE_ADDR_H
#define IKE_ADDR_H

#include "ike/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IKE_IPV4 = 4, IKE_IPV6 = 6, IKE_ADDR_TEXT = 56 };

struct ike_addr {
    uint8_t ip[16]; /* network order; IPv4 uses the first 4, the rest are 0 */
    uint16_t port;  /* host order */
    uint8_t family; /* IKE_IPV4, IKE_IPV6, or 0: no address */
};

struct ike_prefix {
    struct ike_addr base; /* port 0, host bits 0 */
    uint8_t bits;
};

struct ike_addr ike_addr_v4(uint32_t ip, uint16_t port);
/* The octets of the address: 4 or 16; a view of `addr`. */
struct ike_bytes ike_addr_ip(const struct ike_addr *addr);
bool ike_addr_equal(const struct ike_addr *a, const struct ike_addr *b);
bool ike_addr_same_ip(const struct ike_addr *a, const struct ike_addr *b);
/* Of the address alone, for tables; its upper half is the better one. */
uint64_t ike_addr_hash(const struct ike_addr *addr);
/* Reads "192.0.2.1" or "2001:db8::1"; the port is left 0. False when it is neither. */
bool ike_addr_parse(const char *text, struct ike_addr *out);
/* Writes "192.0.2.1" or "2001:db8::1" without the port into IKE_ADDR_TEXT bytes. */
void ike_addr_format(const struct ike_addr *addr, char *out);

/* Reads "10.0.0.0/8"; false when it is no prefix or has host bits set. */
bool ike_prefix_parse(const char *text, struct ike_prefix *out);
bool ike_prefix_has(const struct ike_prefix *prefix, const struct ike_addr *addr);
/* The address number `index` of the prefix, counted from its base; `index` wraps at its size. */
struct ike_addr ike_prefix_at(const struct ike_prefix *prefix, uint64_t index, uint16_t port);

#endif
