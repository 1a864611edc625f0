/* SPDX-License-Identifier: MIT
 * The small payloads of RFC 7296: KE, nonce, ID, AUTH, notify, delete. For each
 * one parse function, judging `body` without its payload header, and one put
 * function, which writes the whole payload and links it (message.h). */
#ifndef IKE_V2_PAYLOAD_H
#define IKE_V2_PAYLOAD_H

#include "ike/ike.h"
#include "ike/v2/message.h"

/* RFC 7296 3.4 */
struct ike_ke {
    uint16_t group;
    struct ike_bytes share;
};
enum ike_why ike_ke_parse(struct ike_bytes body, struct ike_ke *out);
void ike_put_ke(struct ike_writer *w, size_t *link, uint16_t group, struct ike_bytes share);

/* RFC 7296 3.9; WHY_NONCE_LENGTH outside 16 to 256 octets. */
enum ike_why ike_nonce_parse(struct ike_bytes body, struct ike_bytes *out);
void ike_put_nonce(struct ike_writer *w, size_t *link, struct ike_bytes nonce);

/* RFC 7296 3.5: WHY_SYNTAX when type and length contradict, WHY_PEER_UNKNOWN beyond IKE_ID_MAX.
 * `type` is PAYLOAD_IDI or PAYLOAD_IDR. */
enum ike_why ike_id_parse(struct ike_bytes body, struct ike_id *out);
void ike_put_id(struct ike_writer *w, size_t *link, uint8_t type, const struct ike_id *id);
/* True when `have` is what `want` asks for; type 0 in `want` matches all. FQDN and RFC822 compare
 * without case. */
bool ike_id_matches(const struct ike_id *want, const struct ike_id *have);
/* From text, the type by its form: 192.0.2.1, 2001:db8::1, user@host, name.example, or hex after
 * "keyid:". False when it is too long or empty. */
bool ike_id_from_text(const char *text, struct ike_id *out);

/* RFC 7296 3.8 */
enum ike_auth_method {
    AUTH_RSA = 1,
    AUTH_PSK = 2,
    AUTH_DSS = 3,
    AUTH_ECDSA256 = 9,
    AUTH_ECDSA384 = 10,
    AUTH_ECDSA521 = 11,
    AUTH_NULL = 13,
    AUTH_DIGITAL_SIGNATURE = 14,
};
struct ike_auth {
    uint8_t method;
    struct ike_bytes data;
};
enum ike_why ike_auth_parse(struct ike_bytes body, struct ike_auth *out);
void ike_put_auth(struct ike_writer *w, size_t *link, uint8_t method, struct ike_bytes data);

/* RFC 7296 3.10; parsing is ike_message_parse's, through this. */
enum ike_why ike_notify_parse(struct ike_bytes body, struct ike_notify *out);
/* `protocol` and `spi` are 0 and empty unless the notify is about a Child SA. */
void ike_put_notify(struct ike_writer *w, size_t *link, const struct ike_notify *notify);
/* Of the usual kind: no protocol, no SPI. */
void ike_put_status(struct ike_writer *w, size_t *link, uint16_t type, struct ike_bytes data);

/* RFC 7296 3.6, 3.7: CERT and CERTREQ, an encoding and octets. */
enum ike_cert_encoding {
    CERT_X509 = 4,
    CERT_CRL = 7,
    CERT_HASH_URL = 12,
    CERT_HASH_URL_BUNDLE = 13,
    CERT_RAW_KEY = 15,
};
struct ike_cert {
    uint8_t encoding;
    struct ike_bytes data;
};
enum ike_why ike_cert_parse(struct ike_bytes body, struct ike_cert *out);
void ike_put_cert(struct ike_writer *w, size_t *link, uint8_t type, const struct ike_cert *cert);
void ike_put_child_notify(struct ike_writer *w, size_t *link, uint16_t type, uint32_t child_spi);

/* RFC 7296 3.11 */
enum ike_why ike_delete_parse(struct ike_bytes body, struct ike_delete *out);
/* SPIs go between: all of a protocol stand in one payload (RFC 7296 3.11). */
size_t ike_begin_delete(struct ike_writer *w, size_t *link, enum ike_protocol protocol);
void ike_end_delete(struct ike_writer *w, size_t begin, uint16_t spi_count);
/* Of the IKE SA (no SPIs), or of one ESP SA when child_spi is not 0. */
void ike_put_delete(struct ike_writer *w, size_t *link, uint32_t child_spi);

#endif
