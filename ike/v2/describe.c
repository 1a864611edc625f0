/* SPDX-License-Identifier: MIT
 * Messages as text: a line, and what stands in each payload. Reads only through
 * the parsers that the engine itself uses. */
#include "ike/v2/describe.h"

#include "ike/eap.h"
#include "ike/v2/config.h"
#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/protect.h"
#include "ike/v2/registry.h"
#include "ike/v2/selector.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Text that never overflows: what does not fit is left out. */
struct text {
    char *at;
    size_t len;
    size_t max;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int wrote = vsnprintf(t->at + t->len, t->max - t->len, format, args);
    va_end(args);
    assert(wrote >= 0);
    t->len += (size_t)wrote < t->max - t->len ? (size_t)wrote : t->max - t->len - 1;
}

/* A message read as far as it can be. */
struct reading {
    struct ike_message m;
    enum ike_why why;
    bool opened;        /* what is sealed was opened */
    size_t clear_count; /* of m.types, the rest stood within SK */
    uint8_t copy[IKE_MESSAGE_MAX];
};

static void read_message(struct ike_bytes bytes, const struct ike_sa_keys *keys,
                         struct ike_crypto *crypto, struct reading *out)
{
    out->opened = false;
    out->why = ike_message_parse(bytes, &out->m);
    out->clear_count = out->m.type_count;
    if (out->why != WHY_OK || (out->m.there & P(PAYLOAD_SK)) == 0 || keys == NULL ||
        crypto == NULL || bytes.len > sizeof out->copy)
        return;
    const bool initiator = (out->m.head.flags & FLAG_INITIATOR) != 0;
    const struct ike_seal_keys seal = ike_keys_of(keys, initiator);
    memcpy(out->copy, bytes.at, bytes.len);
    const enum ike_why why = ike_open_sealed(&out->m, &seal, crypto, out->copy);
    out->opened = why != WHY_BAD_ICV;
    if (out->opened)
        out->why = why;
}

static void say_notify(struct text *t, const struct ike_notify *n)
{
    const char *const name = ike_notify_name(n->type);
    if (name != NULL)
        say(t, "N(%s)", name);
    else
        say(t, "N(%u)", n->type);
}

static void say_delete(struct text *t, const struct ike_delete *d)
{
    if (d->protocol == PROTOCOL_IKE)
        say(t, "D(IKE)");
    else
        say(t, "D(%s %u)", d->protocol == PROTOCOL_ESP ? "ESP" : "AH", d->spi_count);
}

/* What kind of packet, and of which method (RFC 3748 4, 5). */
static void say_eap(struct text *t, struct ike_bytes body)
{
    struct ike_eap_packet packet;
    if (ike_eap_parse(body, &packet) != WHY_OK) {
        say(t, "EAP(?)");
        return;
    }
    static const char *const codes[] = {"", "req ", "rsp ", "success", "failure"};
    const char *const title = ike_eap_type_title(packet.type);
    say(t, "EAP(%s%s", codes[packet.code], title != NULL ? title : "");
    if (title == NULL && packet.type != 0)
        say(t, "%u", packet.type);
    say(t, ")");
}

/* RFC 7296 2.19: CP(CFG_REQUEST) */
static void say_cp(struct text *t, struct ike_bytes body)
{
    static const char *const names[] = {"CFG_REQUEST", "CFG_REPLY", "CFG_SET", "CFG_ACK"};
    struct ike_cp cp;
    if (ike_cp_parse(body, &cp) == WHY_OK && cp.type >= CFG_REQUEST && cp.type <= CFG_ACK)
        say(t, "CP(%s)", names[cp.type - CFG_REQUEST]);
    else
        say(t, "CP(?)");
}

/* SA, KE and Nonce carry their sender's letter, SA its exchange's number too (RFC 7296 1.2). */
static void say_payload(struct text *t, const struct ike_message *m, uint8_t type)
{
    const char side = (m->head.flags & FLAG_RESPONSE) != 0 ? 'r' : 'i';
    const char *const name = ike_payload_name(type);
    if (type == PAYLOAD_SA && m->head.exchange == IKE_SA_INIT)
        say(t, "SA%c1", side);
    else if (type == PAYLOAD_SA && m->head.exchange == IKE_AUTH)
        say(t, "SA%c2", side);
    else if (type == PAYLOAD_KE)
        say(t, "KE%c", side);
    else if (type == PAYLOAD_NONCE)
        say(t, "N%c", side);
    else if (type == PAYLOAD_EAP)
        say_eap(t, ike_message_body(m, PAYLOAD_EAP));
    else if (type == PAYLOAD_SKF)
        say(t, "SKF(%u/%u)", m->fragment_number, m->fragment_total);
    else if (name != NULL)
        say(t, "%s", name);
    else
        say(t, "?%u", type);
}

/* Walks the payloads in order; notifies and deletes are matched to their slots by counting. */
static void say_payloads(struct text *t, const struct reading *r)
{
    const struct ike_message *const m = &r->m;
    size_t notify = 0;
    size_t delete = 0;
    size_t cp = 0;
    for (size_t i = 0; i < m->type_count; i++) {
        if (i > 0 && i != r->clear_count)
            say(t, " ");
        if (m->types[i] == PAYLOAD_SK && i + 1 == r->clear_count)
            say(t, r->opened ? "SK{" : "SK{\xe2\x80\xa6}");
        else if (m->types[i] == PAYLOAD_NOTIFY && notify < m->notify_count)
            say_notify(t, &m->notifies[notify++]);
        else if (m->types[i] == PAYLOAD_DELETE && delete < m->delete_count)
            say_delete(t, &m->deletes[delete ++]);
        else if (m->types[i] == PAYLOAD_CP && cp < m->cp_count)
            say_cp(t, m->cps[cp++]);
        else
            say_payload(t, m, m->types[i]);
    }
    if (r->opened)
        say(t, "}");
}

/* What is no IKE message on port 4500 (RFC 3948 2); cuts the marker off `bytes`. */
static const char *other_than_ike(struct ike_bytes *bytes, bool port_nat)
{
    if (!port_nat)
        return NULL;
    struct ike_reader r = rd_open(*bytes);
    if (bytes->len == 1 && bytes->at[0] == 0xff)
        return "NAT-keepalive";
    if (rd_u32(&r) != 0 || r.bad)
        return "ESP";
    *bytes = rd_rest(&r);
    return NULL;
}

size_t ike_describe(struct ike_bytes bytes, bool port_nat, const struct ike_sa_keys *keys,
                    struct ike_crypto *crypto, char *out)
{
    struct text t = {.at = out, .max = IKE_DESCRIBE_TEXT};
    const char *const other = other_than_ike(&bytes, port_nat);
    struct reading r;
    out[0] = '\0';
    if (other != NULL) {
        say(&t, "%s", other);
        return t.len;
    }
    read_message(bytes, keys, crypto, &r);
    if (bytes.len < IKE_HEADER_LEN || r.why == WHY_MAJOR_VERSION) {
        say(&t, "malformed (%s)", ike_why_row(r.why)->name);
        return t.len;
    }
    const char *const exchange = ike_exchange_name(r.m.head.exchange);
    if (exchange != NULL)
        say(&t, "%-15s ", exchange);
    else
        say(&t, "exchange %-6u ", r.m.head.exchange);
    say(&t, "%s %u  ", (r.m.head.flags & FLAG_RESPONSE) != 0 ? "rsp" : "req", r.m.head.id);
    say_payloads(&t, &r);
    if (r.why != WHY_OK)
        say(&t, "  malformed (%s)", ike_why_row(r.why)->name);
    return t.len;
}

/* ---- details ---- */

static void say_transform(struct text *t, const struct ike_transform *transform)
{
    static const char *const types[] = {"?", "ENCR", "PRF", "INTEG", "KE", "ESN"};
    const bool adds = transform->type >= TRANSFORM_ADDKE1 && transform->type <= TRANSFORM_ADDKE7;
    const uint8_t type = adds ? TRANSFORM_KE : transform->type;
    const uint8_t row = ike_algo_find(type, transform->id, transform->key_bits);
    if (adds && (row != 0 || transform->id == 0) && !transform->strange) {
        say(t, " ke%d_%s", transform->type - TRANSFORM_ADDKE1 + 1, ike_algos[row].name);
        return;
    }
    if (row != 0 && !transform->strange) {
        say(t, " %s", ike_algos[row].name);
        return;
    }
    say(t, " %s=%u", types[transform->type <= 5 ? transform->type : 0], transform->id);
    if (transform->key_bits != 0)
        say(t, "/%u", transform->key_bits);
}

static void detail_sa(struct text *t, struct ike_bytes body)
{
    struct ike_reader list = rd_open(body);
    struct ike_proposal p;
    p.last = false;
    while (!p.last && ike_proposal_parse(&list, &p) == WHY_OK) {
        say(t, "  %u:", p.number);
        for (uint8_t i = 0; i < p.transform_count; i++)
            say_transform(t, &p.transforms[i]);
    }
}

static void detail_ke(struct text *t, struct ike_bytes body)
{
    struct ike_ke ke;
    if (ike_ke_parse(body, &ke) != WHY_OK)
        return;
    const uint8_t row = ike_algo_find(TRANSFORM_KE, ke.group, 0);
    if (row != 0)
        say(t, "  %s, %zu octets", ike_algos[row].name, ke.share.len);
    else
        say(t, "  group %u, %zu octets", ke.group, ke.share.len);
}

/* What a peer sent is shown as text, and nothing of it is obeyed by a terminal. */
static void say_text(struct text *t, struct ike_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        say(t, text.at[i] >= 0x20 && text.at[i] < 0x7f ? "%c" : "\\x%02x", text.at[i]);
}

static void detail_id(struct text *t, struct ike_bytes body)
{
    struct ike_id id;
    if (ike_id_parse(body, &id) != WHY_OK)
        return;
    if (id.type == ID_IPV4_ADDR || id.type == ID_IPV6_ADDR) {
        struct ike_addr addr = {.family = id.type == ID_IPV4_ADDR ? IKE_IPV4 : IKE_IPV6};
        char text[IKE_ADDR_TEXT];
        memcpy(addr.ip, id.data, id.len);
        ike_addr_format(&addr, text);
        say(t, "  %s", text);
        return;
    }
    say(t, "  ");
    say_text(t, (struct ike_bytes){.at = id.data, .len = id.len});
}

static void detail_selectors(struct text *t, struct ike_bytes body)
{
    struct ike_selectors list;
    if (ike_selectors_parse(body, &list) != WHY_OK)
        return;
    for (uint8_t i = 0; i < list.count; i++) {
        char text[IKE_SELECTOR_TEXT];
        ike_selector_format(&list.at[i], text);
        say(t, "%s %s", i > 0 ? "," : " ", text);
    }
}

static void detail_octets(struct text *t, struct ike_bytes body)
{
    say(t, "  %zu octets", body.len);
}

static void detail_auth(struct text *t, struct ike_bytes body)
{
    struct ike_auth auth;
    struct ike_bytes signature;
    if (ike_auth_parse(body, &auth) != WHY_OK)
        return;
    const struct ike_scheme *const scheme = ike_scheme_parse(auth.method, auth.data, &signature);
    say(t, "  method %u", auth.method);
    if (scheme != NULL)
        say(t, " (%s)", scheme->name);
    if (auth.method == AUTH_PSK || auth.method == AUTH_NULL)
        say(t, auth.method == AUTH_PSK ? " (pre-shared key)" : " (none)");
    say(t, ", %zu octets", auth.data.len);
}

static void detail_cert(struct text *t, struct ike_bytes body)
{
    enum { SHA1_LEN = 20 };
    struct ike_cert cert;
    if (ike_cert_parse(body, &cert) != WHY_OK)
        return;
    const bool by_url = cert.encoding == CERT_HASH_URL || cert.encoding == CERT_HASH_URL_BUNDLE;
    if (by_url && cert.data.len > SHA1_LEN) {
        struct ike_reader r = rd_open(cert.data);
        rd_skip(&r, SHA1_LEN);
        say(t, cert.encoding == CERT_HASH_URL ? "  " : "  a bundle, ");
        say_text(t, rd_rest(&r));
        return;
    }
    if (cert.encoding == CERT_X509)
        say(t, "  X.509, %zu octets", cert.data.len);
    else
        say(t, "  encoding %u, %zu octets", cert.encoding, cert.data.len);
}

/* Authorities are named by SHA-1 of their keys (RFC 7296 3.7). */
static void detail_certreq(struct text *t, struct ike_bytes body)
{
    enum { SHA1_LEN = 20 };
    struct ike_cert cert;
    if (ike_cert_parse(body, &cert) != WHY_OK)
        return;
    if (cert.encoding == CERT_X509)
        say(t, "  X.509, %zu authorities", cert.data.len / SHA1_LEN);
    else
        say(t, "  encoding %u, %zu octets", cert.encoding, cert.data.len);
}

static void say_addr(struct text *t, uint8_t family, struct ike_bytes ip)
{
    struct ike_addr addr = {.family = family};
    char text[IKE_ADDR_TEXT];
    memcpy(addr.ip, ip.at, ip.len);
    ike_addr_format(&addr, text);
    say(t, "%s", text);
}

/* Octets that hold addresses are shown as such: one, one and a prefix length, one and a mask. */
static void say_attribute(struct text *t, const struct ike_attribute *a)
{
    const bool four = a->value.len == 4 || a->value.len == 8;
    const size_t ip = four ? 4 : 16;
    say(t, "%s(", ike_attribute_row(a->type)->name);
    if (a->type == APPLICATION_VERSION || a->type == INTERNAL_DNS_DOMAIN)
        say_text(t, a->value);
    else if (a->type == SUPPORTED_ATTRIBUTES || a->type == INTERNAL_DNSSEC_TA)
        say(t, "%zu octets", a->value.len);
    else if (a->value.len > 0)
        say_addr(t, four ? IKE_IPV4 : IKE_IPV6, (struct ike_bytes){.at = a->value.at, .len = ip});
    if (a->type == INTERNAL_IP4_SUBNET && a->value.len > ip) {
        say(t, "/");
        say_addr(t, IKE_IPV4, (struct ike_bytes){.at = a->value.at + ip, .len = ip});
    } else if (a->value.len == 17) {
        say(t, "/%u", a->value.at[ip]);
    }
    say(t, ")");
}

static void detail_cp(struct text *t, struct ike_bytes body)
{
    struct ike_cp cp;
    if (ike_cp_parse(body, &cp) != WHY_OK)
        return;
    for (uint8_t i = 0; i < cp.count; i++) {
        say(t, "%s ", i > 0 ? "," : " ");
        say_attribute(t, &cp.attributes[i]);
    }
}

static const struct {
    uint8_t type;
    void (*detail)(struct text *t, struct ike_bytes body);
} detail_rows[] = {
    {PAYLOAD_SA, detail_sa},         {PAYLOAD_KE, detail_ke},
    {PAYLOAD_NONCE, detail_octets},  {PAYLOAD_VENDOR, detail_octets},
    {PAYLOAD_IDI, detail_id},        {PAYLOAD_IDR, detail_id},
    {PAYLOAD_AUTH, detail_auth},     {PAYLOAD_TSI, detail_selectors},
    {PAYLOAD_TSR, detail_selectors}, {PAYLOAD_EAP, detail_octets},
};

/* Only the first of a type has its body kept (message.h). */
static void say_detail(struct text *t, const struct ike_message *m, uint8_t type, bool first)
{
    for (size_t i = 0; first && i < sizeof detail_rows / sizeof detail_rows[0]; i++)
        if (detail_rows[i].type == type)
            detail_rows[i].detail(t, ike_message_body(m, type));
}

/* Of a message that was read whole, so that what has slots is in them. */
static void say_details(struct text *t, const struct reading *r)
{
    const struct ike_message *const m = &r->m;
    size_t notify = 0;
    size_t cert = 0;
    size_t certreq = 0;
    size_t cp = 0;
    for (size_t i = 0; i < m->type_count; i++) {
        const uint8_t type = m->types[i];
        if (type == PAYLOAD_SK)
            continue;
        if (type == PAYLOAD_NOTIFY) {
            say_notify(t, &m->notifies[notify]);
            if (m->notifies[notify].data.len > 0)
                say(t, "  %zu octets", m->notifies[notify].data.len);
            notify++;
        } else {
            if (type == PAYLOAD_CP)
                say_cp(t, m->cps[cp]);
            else
                say_payload(t, m, type);
            if (type == PAYLOAD_CP)
                detail_cp(t, m->cps[cp++]);
            say_detail(t, m, type, memchr(m->types, type, i) == NULL);
            if (type == PAYLOAD_CERT)
                detail_cert(t, m->certs[cert++]);
            if (type == PAYLOAD_CERTREQ)
                detail_certreq(t, m->certreqs[certreq++]);
        }
        say(t, "\n");
    }
}

size_t ike_describe_details(struct ike_bytes bytes, bool port_nat, const struct ike_sa_keys *keys,
                            struct ike_crypto *crypto, char *out)
{
    struct text t = {.at = out, .max = IKE_DETAILS_TEXT};
    struct reading r;
    out[0] = '\0';
    if (other_than_ike(&bytes, port_nat) != NULL)
        return 0;
    read_message(bytes, keys, crypto, &r);
    if (r.why == WHY_OK)
        say_details(&t, &r);
    return t.len;
}
