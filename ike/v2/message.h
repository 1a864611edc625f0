/* SPDX-License-Identifier: MIT
 * An IKEv2 message: its header, and the chain of payloads sorted into slots
 * (RFC 7296 3.1, 3.2). Everything is a view into the datagram or, once opened,
 * into the turn's copy of it. What a payload means is said in payload.h,
 * proposal.h and selector.h. */
#ifndef IKE_V2_MESSAGE_H
#define IKE_V2_MESSAGE_H

#include "ike/bytes.h"
#include "ike/limits.h"
#include "ike/v2/wire.h"
#include "ike/why.h"

#include <stdbool.h>
#include <stdint.h>

struct ike_header {
    uint64_t spi_i;
    uint64_t spi_r;
    uint8_t next;
    uint8_t version; /* major in the high nibble */
    uint8_t exchange;
    uint8_t flags;
    uint32_t id;
    uint32_t length;
};

/* RFC 7296 3.10 */
struct ike_notify {
    uint8_t protocol;
    uint16_t type;
    struct ike_bytes spi;
    struct ike_bytes data;
};

/* RFC 7296 3.11 */
struct ike_delete {
    uint8_t protocol;
    uint8_t spi_size;
    uint16_t spi_count;
    struct ike_bytes spis; /* spi_size * spi_count octets */
};

/* One payload of a chain, RFC 7296 3.2 */
struct ike_payload {
    uint8_t next;
    uint8_t reserved; /* the critical bit first */
    struct ike_bytes body;
};
/* Takes it off the front of `chain`, the one way in which payloads are read; false when its length
 * is less than its own header or more than what is left. */
bool ike_payload_take(struct ike_reader *chain, struct ike_payload *out);

/* Bits of ike_message.there and of the rules' `must` and `may`. */
#define P(type) (UINT32_C(1) << ((type)-PAYLOAD_FIRST))

struct ike_message {
    struct ike_header head;
    struct ike_bytes whole;   /* the message as it came */
    uint32_t there;           /* P() bits of the payloads present */
    uint32_t twice;           /* P() bits of those present more than once */
    uint8_t unknown_critical; /* type of the first such payload, or 0 */
    struct ike_bytes body[PAYLOAD_LAST - PAYLOAD_FIRST + 1]; /* first of each, header cut off */
    struct ike_notify notifies[IKE_NOTIFIES_MAX];
    uint8_t notify_count;
    struct ike_delete deletes[IKE_DELETES_MAX];
    uint8_t delete_count;
    struct ike_bytes certs[IKE_CERTS_MAX];     /* bodies of CERT payloads, */
    struct ike_bytes certreqs[IKE_CERTS_MAX];  /* and of CERTREQ payloads, as they came */
    struct ike_bytes vendors[IKE_VENDORS_MAX]; /* vendor ids; further ones are not kept */
    struct ike_bytes cps[IKE_CPS_MAX];         /* bodies of CP payloads */
    struct ike_bytes solution;                 /* of a puzzle; empty: none */
    uint8_t cert_count;
    uint8_t certreq_count;
    uint8_t cp_count;
    uint8_t vendor_count;
    uint8_t
        types[IKE_PAYLOADS_MAX]; /* in order, unknown ones too; notifies and deletes in theirs */
    uint8_t type_count;
    uint8_t sealed_next;      /* first payload type within SK or SKF, when one of them is there */
    uint8_t sealed_reserved;  /* the octet after it, critical bit and all */
    size_t sealed_at;         /* offset in `whole` where its IV begins */
    struct ike_bytes text;    /* what was sealed, once opened */
    uint16_t fragment_number; /* of an SKF payload, from 1: P(PAYLOAD_SKF) is there; not judged, */
    uint16_t fragment_total;  /* nor is this (RFC 7383 2.5) */
};

/* IKE_SA_INIT, or what stands in its place: in the clear, its message id 0 (RFC 7296 2.2,
 * RFC 5723 4.3.2). */
bool ike_exchange_makes_sa(uint8_t exchange);

/* The header only: WHY_SYNTAX when short or when the length field is not the datagram's;
 * WHY_MAJOR_VERSION when the major version is above 2, WHY_SYNTAX below it; reserved flag bits and
 * the minor version are ignored (RFC 7296 2.5, 3.1). What SPIs may be is not judged here. */
enum ike_why ike_header_parse(struct ike_bytes datagram, struct ike_header *out);

/* Header and clear payloads; an SK payload must be the last one. Payloads of unknown type are
 * skipped, a critical one is remembered in `unknown_critical` (RFC 7296 2.5). An SKF payload, too,
 * must be the last one. Critical bits on
 * known types are ignored (RFC 7296 3.2). */
enum ike_why ike_message_parse(struct ike_bytes datagram, struct ike_message *out);

/* Adds the payloads within an opened SK payload to the same slots. `text` is what remains after
 * IV, padding, pad length and ICV are cut off. An SK within is WHY_SYNTAX. */
enum ike_why ike_message_parse_sealed(struct ike_message *message, struct ike_bytes text);

/* Makes the message the one that fragments came of: an SK payload alone, `next` the first within
 * and `reserved` the octet after it, to be parsed by the call above (RFC 7383 2.6). */
void ike_message_reassembled(struct ike_message *message, uint8_t next, uint8_t reserved);
/* The first of messages that stand one after another, by its length: of the fragments of one
 * message, as they are kept. */
struct ike_bytes ike_message_first(struct ike_bytes several);

/* Body of the first such payload in the clear of a message that was parsed before, or is our own;
 * empty when there is none. */
struct ike_bytes ike_message_find(struct ike_bytes message, enum ike_payload_type type);

/* View of a payload that is there; empty when it is not. */
struct ike_bytes ike_message_body(const struct ike_message *message, enum ike_payload_type type);
/* First notify of the type, or NULL. */
const struct ike_notify *ike_message_notify(const struct ike_message *message, uint16_t type);
/* True when a Delete of the IKE SA is there. */
bool ike_message_deletes_ike(const struct ike_message *message);
/* First error notify (RFC 7296 3.10.1: type below 16384), or NULL. */
const struct ike_notify *ike_message_error(const struct ike_message *message);
/* A response with an error that we do not understand: its request has failed altogether, whatever
 * else it holds (RFC 7296 3.10.1). */
bool ike_message_failed(const struct ike_message *message);
/* Errors we understand; and of those the ones that end an IKE SA by themselves, or by which none is
 * made (RFC 7296 2.21.2). */
bool ike_error_is_known(uint16_t type);
bool ike_error_ends(uint16_t type);

/* Writes a header with zero length and next payload, to be patched by the calls below. */
void ike_put_header(struct ike_writer *w, const struct ike_header *head);
/* Begins a payload and links it to the one before, whose "next payload" octet is at *link (offset
 * in the writer; 16 for the first, as the header has it). Returns where it begins, for
 * ike_end_payload. */
size_t ike_begin_payload(struct ike_writer *w, size_t *link, uint8_t type);
void ike_end_payload(struct ike_writer *w, size_t begin);
/* A chain of payloads made before, as the last of a message; `link` as above. */
void ike_put_chain(struct ike_writer *w, size_t link, uint8_t first, struct ike_bytes chain);
/* Fills in the header's length. */
void ike_end_message(struct ike_writer *w);

#endif
