/* SPDX-License-Identifier: MIT
 * What stands in each payload: one row a type, with its printer, its reserved
 * octets and what would be right. */
#include "experiments/inspect_print.h"
#include "ike/eap.h"
#include "ike/v2/config.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/registry.h"
#include "ike/v2/selector.h"

#include <inttypes.h>
#include <stdio.h>

enum { OCTETS_SHOWN = 32, OCTETS_TEXT = 2 * OCTETS_SHOWN + 40 };

struct name {
    uint8_t number;
    const char *name;
};

static const char *name_of(const struct name *names, size_t count, uint8_t number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].name;
    return "unknown";
}

/* "16 octets 00112233…", and all when they are few. */
static const char *octets(struct ike_bytes of, char *out)
{
    size_t len =
        (size_t)snprintf(out, OCTETS_TEXT, of.len > 0 ? "%zu octets " : "%zu octets", of.len);
    for (size_t i = 0; i < of.len && i < OCTETS_SHOWN; i++)
        len += (size_t)snprintf(out + len, OCTETS_TEXT - len, "%02x", of.at[i]);
    if (of.len > OCTETS_SHOWN)
        (void)snprintf(out + len, OCTETS_TEXT - len, "...");
    return out;
}

static const char *protocol_name(uint8_t protocol)
{
    static const struct name names[] = {
        {0, "none"}, {PROTOCOL_IKE, "IKE"}, {PROTOCOL_AH, "AH"}, {PROTOCOL_ESP, "ESP"}};
    return name_of(names, sizeof names / sizeof names[0], protocol);
}

/* ---- SA ---- */

/* `r` has the transform alone. */
static void print_transform(const struct inspect_print *p, struct ike_reader r,
                            const struct ike_transform *t)
{
    static const struct name types[] = {{TRANSFORM_ENCR, "ENCR"},
                                        {TRANSFORM_PRF, "PRF"},
                                        {TRANSFORM_INTEG, "INTEG"},
                                        {TRANSFORM_KE, "KE"},
                                        {TRANSFORM_ESN, "ESN"},
                                        {6, "ADDKE1"},
                                        {7, "ADDKE2"},
                                        {8, "ADDKE3"},
                                        {9, "ADDKE4"},
                                        {10, "ADDKE5"},
                                        {11, "ADDKE6"},
                                        {12, "ADDKE7"}};
    const bool adds = t->type >= TRANSFORM_ADDKE1 && t->type <= TRANSFORM_ADDKE7;
    const uint8_t row = ike_algo_find(adds ? TRANSFORM_KE : t->type, t->id, t->key_bits);
    char bits[32] = "";
    if (t->key_bits != 0)
        (void)snprintf(bits, sizeof bits, ", key length %u", t->key_bits);
    inspect_line(p, r.at, "transform: length %zu, type %u (%s), id %u (%s)%s", r.left, t->type,
                 name_of(types, sizeof types / sizeof types[0], t->type), t->id,
                 row != 0 ? ike_algos[row].title : "not known here", bits);
    if (t->strange)
        inspect_odd(p, r.at,
                    "an attribute that is not known, or a key length of 0 or said twice: "
                    "not to be chosen (RFC 7296 3.3.6)");
}

static void print_reserved(const struct inspect_print *p, struct ike_reader r, size_t at)
{
    rd_skip(&r, at);
    const uint8_t *const where = r.at;
    const uint8_t octet = rd_u8(&r);
    if (octet != 0)
        inspect_odd(p, where, "a reserved octet is 0x%02x; a sender writes 0 (RFC 7296 3.3)",
                    octet);
}

/* The proposal that was just read, again from its transforms on. */
static void print_transforms(struct inspect_print *p, struct ike_reader r)
{
    bool last = false;
    p->depth++;
    while (!last && r.left > 0) {
        struct ike_reader before = r;
        struct ike_transform t;
        if (ike_transform_parse(&r, &t, &last) != WHY_OK) {
            inspect_error(p, before.at,
                          "a transform whose length, attributes or mark of the last one "
                          "are not right (RFC 7296 3.3.2, 3.3.5)");
            break;
        }
        before.left = (size_t)(r.at - before.at);
        print_transform(p, before, &t);
        print_reserved(p, before, 1);
        print_reserved(p, before, 5);
    }
    p->depth--;
}

static enum ike_why print_sa(struct inspect_print *p, struct ike_bytes body)
{
    static struct ike_proposal proposal;
    struct ike_reader list = rd_open(body);
    unsigned wanted = 1;
    proposal.last = false;
    while (!proposal.last) {
        char spi[OCTETS_TEXT];
        struct ike_reader before = list;
        const enum ike_why why = ike_proposal_parse(&list, &proposal);
        if (why != WHY_OK)
            return why;
        before.left = (size_t)(list.at - before.at);
        inspect_line(
            p, before.at, "proposal %u: length %zu, protocol %u (%s), SPI %s, %u transforms",
            proposal.number, before.left, proposal.protocol, protocol_name(proposal.protocol),
            octets(proposal.spi, spi), proposal.transform_count);
        print_reserved(p, before, 1);
        if (proposal.number != wanted++ && (p->m->head.flags & FLAG_RESPONSE) == 0)
            inspect_error(p, before.at + 4,
                          "proposal %u; they are numbered 1, 2, 3 (RFC 7296 3.3.1)",
                          proposal.number);
        rd_skip(&before, 8 + proposal.spi.len);
        print_transforms(p, before);
    }
    return list.left == 0 ? WHY_OK : WHY_SYNTAX;
}

/* ---- the small ones ---- */

static enum ike_why print_ke(struct inspect_print *p, struct ike_bytes body)
{
    char text[OCTETS_TEXT];
    struct ike_ke ke;
    const enum ike_why why = ike_ke_parse(body, &ke);
    if (why != WHY_OK)
        return why;
    const uint8_t row = ike_algo_find(TRANSFORM_KE, ke.group, 0);
    inspect_line(p, body.at, "group %u (%s), %s", ke.group,
                 row != 0 ? ike_algos[row].title : "not known here", octets(ke.share, text));
    return WHY_OK;
}

static enum ike_why print_id(struct inspect_print *p, struct ike_bytes body)
{
    static const struct name types[] = {
        {ID_IPV4_ADDR, "ID_IPV4_ADDR"},     {ID_FQDN, "ID_FQDN"},
        {ID_RFC822_ADDR, "ID_RFC822_ADDR"}, {ID_IPV6_ADDR, "ID_IPV6_ADDR"},
        {ID_DER_ASN1_DN, "ID_DER_ASN1_DN"}, {ID_DER_ASN1_GN, "ID_DER_ASN1_GN"},
        {ID_KEY_ID, "ID_KEY_ID"},           {ID_NULL, "ID_NULL"}};
    struct ike_id id;
    char text[OCTETS_TEXT];
    uint8_t shown[IKE_ID_MAX + 1] = {0};
    const enum ike_why why = ike_id_parse(body, &id);
    if (why != WHY_OK)
        return why;
    for (uint8_t i = 0; i < id.len && (id.type == ID_FQDN || id.type == ID_RFC822_ADDR); i++)
        shown[i] = id.data[i] >= 0x20 && id.data[i] < 0x7f ? id.data[i] : '?';
    const struct ike_bytes data = {.at = id.data, .len = id.len};
    inspect_line(p, body.at, "type %u (%s), %s%s%s", id.type,
                 name_of(types, sizeof types / sizeof types[0], id.type), octets(data, text),
                 shown[0] != 0 ? ": " : "", (const char *)shown);
    return WHY_OK;
}

static enum ike_why print_cert(struct inspect_print *p, struct ike_bytes body)
{
    static const struct name encodings[] = {{1, "PKCS #7"},
                                            {2, "PGP"},
                                            {3, "DNS signed key"},
                                            {CERT_X509, "X.509, signature"},
                                            {6, "Kerberos token"},
                                            {CERT_CRL, "CRL"},
                                            {8, "ARL"},
                                            {9, "SPKI"},
                                            {10, "X.509, attribute"},
                                            {11, "raw RSA key"},
                                            {CERT_HASH_URL, "hash and URL of X.509"},
                                            {13, "hash and URL of a bundle"},
                                            {14, "OCSP content"},
                                            {CERT_RAW_KEY, "raw public key"}};
    struct ike_cert cert;
    char text[OCTETS_TEXT];
    const enum ike_why why = ike_cert_parse(body, &cert);
    if (why == WHY_OK)
        inspect_line(p, body.at, "encoding %u (%s), %s", cert.encoding,
                     name_of(encodings, sizeof encodings / sizeof encodings[0], cert.encoding),
                     octets(cert.data, text));
    return why;
}

static enum ike_why print_auth(struct inspect_print *p, struct ike_bytes body)
{
    static const struct name methods[] = {{AUTH_RSA, "RSA"},
                                          {AUTH_PSK, "shared key"},
                                          {AUTH_DSS, "DSS"},
                                          {AUTH_ECDSA256, "ECDSA P-256"},
                                          {AUTH_ECDSA384, "ECDSA P-384"},
                                          {AUTH_ECDSA521, "ECDSA P-521"},
                                          {AUTH_NULL, "NULL"},
                                          {AUTH_DIGITAL_SIGNATURE, "digital signature"}};
    struct ike_auth auth;
    char text[OCTETS_TEXT];
    const enum ike_why why = ike_auth_parse(body, &auth);
    if (why == WHY_OK)
        inspect_line(p, body.at, "method %u (%s), %s", auth.method,
                     name_of(methods, sizeof methods / sizeof methods[0], auth.method),
                     octets(auth.data, text));
    return why;
}

static enum ike_why print_nonce(struct inspect_print *p, struct ike_bytes body)
{
    struct ike_bytes nonce;
    char text[OCTETS_TEXT];
    const enum ike_why why = ike_nonce_parse(body, &nonce);
    inspect_line(p, body.at, "%s", octets(body, text));
    return why;
}

static enum ike_why print_octets(struct inspect_print *p, struct ike_bytes body)
{
    char text[OCTETS_TEXT];
    inspect_line(p, body.at, "%s", octets(body, text));
    return WHY_OK;
}

static enum ike_why print_notify(struct inspect_print *p, struct ike_bytes body)
{
    struct ike_notify n;
    char spi[OCTETS_TEXT];
    char data[OCTETS_TEXT];
    const enum ike_why why = ike_notify_parse(body, &n);
    if (why != WHY_OK)
        return why;
    const char *const name = ike_notify_name(n.type);
    inspect_line(p, body.at, "notify %u (%s), %s, protocol %u (%s), SPI %s, data %s", n.type,
                 name != NULL ? name : "unknown", n.type <= N_ERROR_LAST ? "error" : "status",
                 n.protocol, protocol_name(n.protocol), octets(n.spi, spi), octets(n.data, data));
    return WHY_OK;
}

static enum ike_why print_delete(struct inspect_print *p, struct ike_bytes body)
{
    struct ike_delete d;
    const enum ike_why why = ike_delete_parse(body, &d);
    if (why != WHY_OK)
        return why;
    inspect_line(p, body.at, "protocol %u (%s), SPI size %u, %u SPIs", d.protocol,
                 protocol_name(d.protocol), d.spi_size, d.spi_count);
    struct ike_reader r = rd_open(d.spis);
    p->depth++;
    while (d.spi_size > 0 && r.left > 0) {
        char text[OCTETS_TEXT];
        const struct ike_bytes spi = rd_bytes(&r, d.spi_size);
        inspect_line(p, spi.at, "SPI %s", octets(spi, text));
    }
    p->depth--;
    return WHY_OK;
}

static enum ike_why print_selectors(struct inspect_print *p, struct ike_bytes body)
{
    struct ike_selectors all;
    struct ike_reader r = rd_open(body);
    const enum ike_why why = ike_selectors_parse(body, &all);
    rd_skip(&r, 4);
    while (r.left > 0) {
        const uint8_t *const at = r.at;
        struct ike_selector s;
        char from[IKE_ADDR_TEXT];
        char to[IKE_ADDR_TEXT];
        bool is_known = false;
        if (ike_selector_parse(&r, &s, &is_known) != WHY_OK) {
            inspect_error(p, at,
                          "a selector whose length is not its type's, or that starts beyond "
                          "its end (RFC 7296 3.13.1)");
            return WHY_OK;
        }
        if (!is_known) {
            inspect_line(p, at, "selector of a type not known here");
            continue;
        }
        ike_addr_format(&s.from, from);
        ike_addr_format(&s.to, to);
        inspect_line(p, at, "selector: %s to %s, protocol %u, ports %u to %u", from, to, s.protocol,
                     s.from.port, s.to.port);
    }
    return why;
}

static enum ike_why print_cp(struct inspect_print *p, struct ike_bytes body)
{
    static const struct name types[] = {{CFG_REQUEST, "CFG_REQUEST"},
                                        {CFG_REPLY, "CFG_REPLY"},
                                        {CFG_SET, "CFG_SET"},
                                        {CFG_ACK, "CFG_ACK"}};
    static struct ike_cp cp;
    struct ike_reader r = rd_open(body);
    const enum ike_why why = ike_cp_parse(body, &cp);
    inspect_line(p, body.at, "type %u (%s)", cp.type,
                 name_of(types, sizeof types / sizeof types[0], cp.type));
    rd_skip(&r, 4);
    while (r.left > 0) {
        const uint8_t *const at = r.at;
        char text[OCTETS_TEXT];
        struct ike_attribute a;
        if (!ike_attribute_take(&r, &a))
            break;
        const struct ike_attribute_row *const row = ike_attribute_row(a.type);
        inspect_line(p, at, "attribute %u (%s), %s", a.type, row != NULL ? row->name : "unknown",
                     octets(a.value, text));
    }
    return why;
}

static enum ike_why print_eap(struct inspect_print *p, struct ike_bytes body)
{
    static const struct name codes[] = {
        {1, "request"}, {2, "response"}, {3, "success"}, {4, "failure"}};
    struct ike_eap_packet packet;
    const enum ike_why why = ike_eap_parse(body, &packet);
    if (why != WHY_OK)
        return why;
    const char *const title = ike_eap_type_title(packet.type);
    inspect_line(p, body.at, "code %u (%s), type %u (%s), length %zu", packet.code,
                 name_of(codes, sizeof codes / sizeof codes[0], packet.code), packet.type,
                 title != NULL      ? title
                 : packet.type == 0 ? "none"
                                    : "unknown",
                 body.len);
    return WHY_OK;
}

static enum ike_why print_fragment(struct inspect_print *p, struct ike_bytes body)
{
    const struct ike_message *const m = p->m;
    if ((m->there & P(PAYLOAD_SKF)) == 0 || m->sealed_at == 0)
        return WHY_SYNTAX;
    inspect_line(p, body.at, "fragment %u of %u", m->fragment_number, m->fragment_total);
    if (m->fragment_number == 0 || m->fragment_number > m->fragment_total)
        inspect_error(p, body.at, "fragments are numbered from 1 to their total (RFC 7383 2.5)");
    return WHY_OK;
}

/* clang-format off */
static const struct {
    uint8_t type;
    enum ike_why (*print)(struct inspect_print *p, struct ike_bytes body);
    uint8_t reserved_at, reserved_len;
    const char *right;
} rows[] = {
    { PAYLOAD_SA,      print_sa,        0, 0, "proposals whose lengths, transform counts and marks of the last end together (RFC 7296 3.3)" },
    { PAYLOAD_KE,      print_ke,        2, 2, "a group, two reserved octets, a public value (RFC 7296 3.4)" },
    { PAYLOAD_IDI,     print_id,        1, 3, "a type, three reserved octets, as many octets as the type has, and no more than 126 here (RFC 7296 3.5)" },
    { PAYLOAD_IDR,     print_id,        1, 3, "a type, three reserved octets, as many octets as the type has, and no more than 126 here (RFC 7296 3.5)" },
    { PAYLOAD_CERT,    print_cert,      0, 0, "an encoding and a certificate (RFC 7296 3.6)" },
    { PAYLOAD_CERTREQ, print_cert,      0, 0, "an encoding and authorities (RFC 7296 3.7)" },
    { PAYLOAD_AUTH,    print_auth,      1, 3, "a method, three reserved octets, data (RFC 7296 3.8)" },
    { PAYLOAD_NONCE,   print_nonce,     0, 0, "16 to 256 octets (RFC 7296 2.10, 3.9)" },
    { PAYLOAD_NOTIFY,  print_notify,    0, 0, "a protocol, an SPI's size, a type, the SPI, data (RFC 7296 3.10)" },
    { PAYLOAD_DELETE,  print_delete,    0, 0, "a protocol, a size, a count, and as many SPIs of that size (RFC 7296 3.11)" },
    { PAYLOAD_VENDOR,  print_octets,    0, 0, "" },
    { PAYLOAD_TSI,     print_selectors, 1, 3, "a count, and as many selectors, one at least and 16 at most here (RFC 7296 3.13)" },
    { PAYLOAD_TSR,     print_selectors, 1, 3, "a count, and as many selectors, one at least and 16 at most here (RFC 7296 3.13)" },
    { PAYLOAD_SK,      print_octets,    0, 0, "" },
    { PAYLOAD_CP,      print_cp,        1, 3, "a type and attributes of the lengths their types have (RFC 7296 3.15)" },
    { PAYLOAD_EAP,     print_eap,       0, 0, "a packet of a known code whose length is the payload's (RFC 3748 4)" },
    { PAYLOAD_SKF,     print_fragment,  0, 0, "a fragment's number and their total, and nothing after it (RFC 7383 2.5)" },
};
/* clang-format on */

static void check_reserved(const struct inspect_print *p, struct ike_bytes body, size_t at,
                           size_t len)
{
    struct ike_reader r = rd_open(body);
    rd_skip(&r, at);
    const uint8_t *const where = r.at;
    const uint64_t value = rd_uint(&r, len);
    if (value != 0)
        inspect_odd(p, where,
                    "%zu reserved octets are 0x%" PRIx64 "; a sender writes 0, a receiver "
                    "ignores them (RFC 7296 3.2)",
                    len, value);
}

void inspect_payload(struct inspect_print *print, uint8_t type, struct ike_bytes body)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type != type)
            continue;
        const uint32_t errors = print->errors;
        if (rows[i].print(print, body) != WHY_OK && print->errors == errors)
            inspect_error(print, body.at, "not well formed; right would be: %s", rows[i].right);
        check_reserved(print, body, rows[i].reserved_at, rows[i].reserved_len);
        return;
    }
    (void)print_octets(print, body);
}
