/* SPDX-License-Identifier: MIT
 * Flows of every kind and cipher that Wireshark can open, written as a capture
 * with its keys, and our own reading of each message on standard output, one
 * line each, fields in the order oracle_tshark.py asks tshark for them.
 * Arguments: the capture's path, the key table's path, the folder of certificates. */
#include "ike/v2/config.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/protect.h"
#include "ike/v2/selector.h"
#include "results/capture.h"
#include "tests/pair.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP_NS = 60, PROPOSAL = 2, TRANSFORM = 3 }; /* as tshark numbers the payloads within SA */
enum { COLUMNS = 26 };

static struct pair p;
static struct results_capture *capture;
static uint64_t keyed_spi;
static int keys_seen;
static bool sends_away;   /* the responder, once it is up */
static uint64_t clock_ns; /* of the whole capture: one flow after another */

/* ---- our reading ---- */

struct columns {
    char types[256], notifies[128], nonce[600], groups[32], encr[64], ids[64], from[256], to[256],
        methods[16], certs[64], certreqs[16], identifiers[16], hashes[64], mails[64], configs[16],
        attributes[64], inner[64], servers[32], subnets[32], versions[32];
};

static void append(char *list, size_t max, const char *text)
{
    const size_t len = strlen(list);
    const size_t more = strlen(text);
    if (len + more + 2 > max)
        abort();
    if (len > 0)
        list[len] = ',';
    memcpy(list + len + (len > 0 ? 1 : 0), text, more + 1);
}

static void append_number(char *list, size_t max, unsigned number)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    append(list, max, text);
}

static void read_sa(struct columns *c, struct ike_bytes body)
{
    struct ike_reader list = rd_open(body);
    struct ike_proposal proposal = {.last = false};
    while (!proposal.last && ike_proposal_parse(&list, &proposal) == WHY_OK) {
        append_number(c->types, sizeof c->types, PROPOSAL);
        for (uint8_t i = 0; i < proposal.transform_count; i++) {
            append_number(c->types, sizeof c->types, TRANSFORM);
            if (proposal.transforms[i].type == TRANSFORM_ENCR)
                append_number(c->encr, sizeof c->encr, proposal.transforms[i].id);
        }
    }
}

static void read_selectors(struct columns *c, struct ike_bytes body)
{
    struct ike_selectors list;
    char text[IKE_ADDR_TEXT];
    if (ike_selectors_parse(body, &list) != WHY_OK)
        abort();
    for (uint8_t i = 0; i < list.count; i++) {
        ike_addr_format(&list.at[i].from, text);
        append(c->from, sizeof c->from, text);
        ike_addr_format(&list.at[i].to, text);
        append(c->to, sizeof c->to, text);
    }
}

static void read_payload(struct columns *c, const struct ike_message *m, uint8_t type)
{
    const struct ike_bytes body = ike_message_body(m, (enum ike_payload_type)type);
    struct ike_auth auth;
    struct ike_id id;
    struct ike_ke ke;
    append_number(c->types, sizeof c->types, type);
    if (type == PAYLOAD_SA)
        read_sa(c, body);
    if (type == PAYLOAD_TSI || type == PAYLOAD_TSR)
        read_selectors(c, body);
    if (type == PAYLOAD_KE && ike_ke_parse(body, &ke) == WHY_OK)
        append_number(c->groups, sizeof c->groups, ke.group);
    if (type == PAYLOAD_AUTH && ike_auth_parse(body, &auth) == WHY_OK) {
        append_number(c->methods, sizeof c->methods, auth.method);
        if (auth.method == AUTH_DIGITAL_SIGNATURE)
            append_number(c->identifiers, sizeof c->identifiers, auth.data.at[0]);
    }
    if ((type == PAYLOAD_IDI || type == PAYLOAD_IDR) && ike_id_parse(body, &id) == WHY_OK) {
        char text[IKE_ID_MAX + 1];
        (void)snprintf(text, sizeof text, "%.*s", id.len, (const char *)id.data);
        append(id.type == ID_FQDN ? c->ids : c->mails, sizeof c->ids, text);
    }
    for (size_t i = 0; type == PAYLOAD_NONCE && i < body.len; i++)
        (void)snprintf(c->nonce + 2 * i, 3, "%02x", body.at[i]);
}

/* What has its own slots in a message: certificates, and hashes offered. */
static void read_signing(struct columns *c, const struct ike_message *m)
{
    const struct ike_notify *const offer = ike_message_notify(m, N_SIGNATURE_HASH_ALGORITHMS);
    struct ike_cert cert;
    for (uint8_t i = 0; i < m->cert_count; i++)
        if (ike_cert_parse(m->certs[i], &cert) == WHY_OK)
            append_number(c->certs, sizeof c->certs, cert.encoding);
    for (uint8_t i = 0; i < m->certreq_count; i++)
        if (ike_cert_parse(m->certreqs[i], &cert) == WHY_OK)
            append_number(c->certreqs, sizeof c->certreqs, cert.encoding);
    if (offer == NULL)
        return;
    struct ike_reader r = rd_open(offer->data);
    while (r.left >= 2)
        append_number(c->hashes, sizeof c->hashes, rd_u16(&r));
}

/* Fragments come in their order here; what they hold is read with the last, as tshark does. */
static void read_fragment(struct columns *c, struct ike_message *m, struct ike_bytes text)
{
    static uint8_t whole[IKE_MESSAGE_MAX];
    static size_t len;
    static uint8_t next;
    const bool last = m->fragment_number == m->fragment_total;
    if (m->fragment_number == 1) {
        next = m->sealed_next;
        len = 0;
    }
    memcpy(whole + len, text.at, text.len);
    len += text.len;
    append_number(c->types, sizeof c->types, PAYLOAD_SKF);
    m->type_count = 0;
    if (!last)
        return;
    ike_message_reassembled(m, next, 0);
    m->type_count = 0;
    if (ike_message_parse_sealed(m, (struct ike_bytes){.at = whole, .len = len}) != WHY_OK)
        abort();
}

/* Configuration payloads, attribute by attribute. */
static void read_config(struct columns *c, struct ike_bytes body)
{
    const struct {
        uint16_t type;
        char *column;
        size_t max;
    } rows[] = {
        {INTERNAL_IP4_ADDRESS, c->inner, sizeof c->inner},
        {INTERNAL_IP4_DNS, c->servers, sizeof c->servers},
        {INTERNAL_IP4_SUBNET, c->subnets, sizeof c->subnets},
    };
    char text[IKE_ADDR_TEXT];
    struct ike_cp cp;
    if (ike_cp_parse(body, &cp) != WHY_OK)
        abort();
    append_number(c->configs, sizeof c->configs, cp.type);
    for (uint8_t i = 0; i < cp.count; i++) {
        const struct ike_attribute *const a = &cp.attributes[i];
        struct ike_addr addr = {.family = IKE_IPV4};
        append_number(c->attributes, sizeof c->attributes, a->type);
        if (a->value.len >= 4)
            memcpy(addr.ip, a->value.at, 4);
        ike_addr_format(&addr, text);
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            if (rows[k].type == a->type && a->value.len > 0)
                append(rows[k].column, rows[k].max, text);
        (void)snprintf(text, sizeof text, "%.*s", (int)a->value.len, (const char *)a->value.at);
        if (a->type == APPLICATION_VERSION && a->value.len > 0)
            append(c->versions, sizeof c->versions, text);
    }
}

/* Those of its SA: there may be several. */
static const struct ike_sa_keys *keys_for(const struct ike_header *head)
{
    const int count = p.keys_count < PAIR_KEYS_MAX ? p.keys_count : PAIR_KEYS_MAX;
    for (int i = 0; i < count; i++)
        if (p.all_keys[i].keys.spi_i == head->spi_i)
            return &p.all_keys[i].keys;
    abort();
}

/* No IKE message, and nothing is to be read in it (RFC 3948 2.3). */
static void print_keepalive(void)
{
    for (int i = 1; i < COLUMNS; i++)
        (void)putchar('|');
    (void)putchar('\n');
}

static void print_reading(enum pair_side from, struct ike_bytes bytes)
{
    static uint8_t copy[IKE_MESSAGE_MAX];
    static struct columns c;
    static struct ike_message m;
    c = (struct columns){.types = ""};
    if (ike_message_parse(bytes, &m) != WHY_OK)
        abort();
    if ((m.there & P(PAYLOAD_SK)) != 0) {
        const bool initiator = (m.head.flags & FLAG_INITIATOR) != 0;
        const struct ike_seal_keys keys = ike_keys_of(keys_for(&m.head), initiator);
        memcpy(copy, bytes.at, bytes.len);
        if (ike_open_sealed(&m, &keys, p.end[from].crypto, copy) != WHY_OK)
            abort();
    }
    if ((m.there & P(PAYLOAD_SKF)) != 0) {
        const struct ike_seal_keys keys =
            ike_keys_of(keys_for(&m.head), (m.head.flags & FLAG_INITIATOR) != 0);
        struct ike_bytes text;
        memcpy(copy, bytes.at, bytes.len);
        if (ike_open_text(&m, &keys, p.end[from].crypto, copy, &text) != WHY_OK)
            abort();
        read_fragment(&c, &m, text);
    }
    for (uint8_t i = 0; i < m.type_count; i++)
        read_payload(&c, &m, m.types[i]);
    for (uint8_t i = 0; i < m.notify_count; i++)
        append_number(c.notifies, sizeof c.notifies, m.notifies[i].type);
    read_signing(&c, &m);
    for (uint8_t i = 0; i < m.cp_count; i++)
        read_config(&c, m.cps[i]);
    (void)printf(
        "%016" PRIx64 "|%016" PRIx64
        "|%u|0x%02x|0x%08x|%u|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n",
        m.head.spi_i, m.head.spi_r, m.head.exchange, m.head.flags, m.head.id, m.head.length,
        c.types, c.notifies, c.nonce, c.groups, c.encr, c.ids, c.from, c.to, c.methods, c.certs,
        c.certreqs, c.identifiers, c.hashes, c.mails, c.configs, c.attributes, c.inner, c.servers,
        c.subnets, c.versions);
}

/* ---- the flows ---- */

/* Every message as it leaves, into the capture and onto standard output. */
static bool see(struct pair *pair, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    struct ike_bytes message = {.at = bytes, .len = *len};
    struct sim_message seen = {
        .at_ns = clock_ns, .who = "b", .bytes = message, .inbound = from == A};
    static const uint8_t marker[4] = {0};
    const bool keepalive = *len == 1;
    const bool nat = keepalive || memcmp(bytes, marker, sizeof marker) == 0;
    (void)number;
    clock_ns += GAP_NS;
    seen.from = pair->end[from].addr;
    seen.to = pair->end[1 - from].addr;
    seen.from.port = seen.to.port = nat ? IKE_PORT_NAT : IKE_PORT;
    seen.fate = "sent";
    seen.text = "";
    for (; keys_seen < pair->keys_count; keys_seen++) {
        const struct ike_sa_keys *const keys = &pair->all_keys[keys_seen % PAIR_KEYS_MAX].keys;
        if (keys->spi_i != keyed_spi)
            results_capture_keys(capture, keys);
        keyed_spi = keys->spi_i;
    }
    results_capture_message(capture, &seen);
    if (keepalive) {
        print_keepalive();
        return true;
    }
    if (nat)
        message = (struct ike_bytes){.at = bytes + 4, .len = *len - 4};
    print_reading(from, message);
    return true;
}

static void always_cookies(void)
{
    p.end[B].config.cookies.on_at = 0;
}

static void other_group(void)
{
    pair_offer(&p, A, "aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16");
    pair_offer(&p, B, "aes256gcm16-prfsha256-ecp256", "aes256gcm16");
}

static void other_nets(void)
{
    (void)ike_selector_from_text("10.99.0.0/16", &p.end[B].policy.child[0].local[0]);
}

static void other_key(void)
{
    p.end[B].policy.psk[0] = 'x';
}

static void no_proposal(void)
{
    pair_offer(&p, B, "aes128-sha256-prfsha256-ecp384", "aes256gcm16");
}

static void forced(void)
{
    p.end[A].policy.force_encapsulation = true;
}

static void transport(void)
{
    p.end[A].policy.child[0].transport_mode = p.end[B].policy.child[0].transport_mode = true;
    p.end[A].policy.initial_contact = true;
}

static void fragments(void)
{
    p.end[A].policy.fragment = p.end[B].policy.fragment = 200;
}

static void gateway(void)
{
    static const struct ike_wants wants = {.ip4 = true,
                                           .netmask = true,
                                           .dns = true,
                                           .subnets = true,
                                           .domains = true,
                                           .version = true,
                                           .supported = true};
    static struct ike_gives gives;
    gives = (struct ike_gives){.pool_count = 1,
                               .dns_count = 2,
                               .subnet_count = 1,
                               .domain_count = 1,
                               .version = "ikelab",
                               .tell_families = true};
    (void)ike_prefix_parse("10.9.0.0/24", &gives.pools[0]);
    (void)ike_addr_parse("10.2.0.53", &gives.dns[0]);
    (void)ike_addr_parse("10.2.0.54", &gives.dns[1]);
    (void)ike_prefix_parse("10.2.0.0/16", &gives.subnets[0]);
    gives.domains[0] = (struct ike_domain){.name = "corp.test"};
    p.end[A].policy.wants = &wants;
    p.end[B].policy.gives = &gives;
    p.end[B].policy.auth_lifetime_s = 3600;
    p.end[A].policy.child[0].ipcomp = p.end[B].policy.child[0].ipcomp = 2;
    p.end[A].policy.child[0].local_count = 0;
    p.end[B].policy.child[0].remote_count = 0;
}

static void ppk(void)
{
    static const struct ike_ppk key = {.id = "quantum", .id_len = 7, .key = "key", .key_len = 3};
    for (int side = A; side <= B; side++) {
        p.end[side].policy.ppk[0] = key;
        p.end[side].policy.ppk_count = 1;
    }
}

static void puzzle(void)
{
    p.end[B].config.puzzles = (struct ike_puzzle_config){.bits = 8, .bits_max = 8, .auth_bits = 7};
    p.end[A].config.puzzle_bits = 8;
}

static void redirect(void)
{
    p.end[A].policy.takes_redirects = true;
    p.end[B].config.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
}

static void sync(void)
{
    for (int side = A; side <= B; side++)
        p.end[side].policy.sync_ids = p.end[side].policy.sync_replay = true;
}

/* B fails over to a member with old news (RFC 6311 5). */
static void fail_over(void)
{
    const struct ike_standby known = {.take_id = 2, .missed = 5, .replay = 1000, .ids = true};
    (void)ike_failed_over(p.end[B].engine, p.now_ns, p.end[B].sa, &known);
    pair_run_for(&p, UINT64_C(900000000));
}

/* RFC 5723: a session is resumed, with a cookie; and one cannot be, since the gateway has another
 * key by then. */
static uint8_t ticket_secret[32];

static void tickets(void)
{
    p.end[A].policy.tickets = true;
    p.end[B].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = ticket_secret, .remembered = 1};
    p.end[B].config.cookies.on_at = 0;
}

static void references(void)
{
    tickets();
    p.end[B].config.tickets.kind = TICKET_REFERENCE;
    p.end[B].config.tickets.answer_max = 200; /* TICKET_ACK first */
}

static void lost_key(void)
{
    tickets();
    p.end[B].config.cookies.on_at = IKE_UNLIMITED;
    ticket_secret[0] = 1;
}

static void redirect_in_auth(void)
{
    p.end[A].policy.takes_redirects = true;
    p.end[B].policy.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
}

static struct ike_bytes look_up(struct pair *pair, struct ike_bytes name)
{
    static const uint8_t found[] = {192, 0, 2, 99};
    (void)pair;
    (void)name;
    return (struct ike_bytes){.at = found, .len = sizeof found};
}

static void redirect_later(void)
{
    p.fetch = look_up;
    p.end[A].policy.takes_redirects = true;
    sends_away = true;
}

static void kept_alive(void)
{
    p.options.nat[A] = true;
    p.end[A].config.keepalive_ns = UINT64_C(300000000);
}

static void mobike(void)
{
    static struct ike_addr addresses[2];
    addresses[0] = pair_addr(B, 2);
    (void)ike_addr_parse("2001:db8::7", &addresses[1]);
    p.end[A].policy.mobike.on = p.end[B].policy.mobike.on = true;
    p.end[B].policy.mobike.addresses = addresses;
    p.end[B].policy.mobike.address_count = 2;
}

static void no_nats(void)
{
    mobike();
    p.end[A].policy.mobike.no_nats = p.end[B].policy.mobike.no_nats = true;
}

/* To another address, to one that is refused, and a list of one. */
static void move_about(void)
{
    static struct ike_prefix home;
    struct ike_addr to = pair_addr(A, 2);
    to.port = 0;
    (void)ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL);
    (void)ike_addresses(p.end[B].engine, p.now_ns, p.end[B].sa, NULL, 0);
    pair_run_for(&p, UINT64_C(900000000));
    (void)ike_prefix_parse("192.0.2.0/27", &home);
    p.end[B].policy.mobike.within = &home;
    p.end[B].policy.mobike.within_count = 1;
    to = pair_addr(A, 5);
    to.port = 0;
    (void)ike_move(p.end[A].engine, p.now_ns, p.end[A].sa, &to, NULL);
    pair_run_for(&p, UINT64_C(900000000));
}

static void (*const flows[])(void) = {gateway,
                                      NULL,
                                      always_cookies,
                                      other_group,
                                      other_nets,
                                      other_key,
                                      no_proposal,
                                      forced,
                                      transport,
                                      fragments,
                                      ppk,
                                      puzzle,
                                      redirect,
                                      tickets,
                                      references,
                                      lost_key,
                                      redirect_in_auth,
                                      redirect_later,
                                      kept_alive,
                                      mobike,
                                      no_nats};

/* ---- certificates of tests/vectors/certs: both ends show the same, by two of its names ---- */

static const char *const families[] = {"rsa2048", "ecdsa256", "ecdsa384", "ed25519", "ed448"};
static const char *folder;
static const char *family; /* NULL: keys */

struct papers {
    uint8_t rooms[4][IKE_CERT_MAX];
    struct ike_key *key;
    struct ike_trust *trust;
    struct ike_credential credential;
};
static struct papers papers[2];

static struct ike_bytes load(uint8_t *room, const char *what)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s.%s.der", folder, family, what);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        abort();
    const size_t len = fread(room, 1, IKE_CERT_MAX, file);
    (void)fclose(file);
    return (struct ike_bytes){.at = room, .len = len};
}

static void furnish(struct pair *pair, enum pair_side side)
{
    struct ike_crypto *const c = pair->end[side].crypto;
    const struct ike_credential_ops *const ops = c->ops->credentials;
    struct ike_policy *const policy = &pair->end[side].policy;
    struct papers *const x = &papers[side];
    x->key = ops->key_load(c, ike_key_type_named(family), load(x->rooms[0], "key"));
    x->trust = ops->trust_open(c);
    x->credential = (struct ike_credential){
        .key = x->key,
        .chain = {load(x->rooms[1], "end.cert"), load(x->rooms[2], "middle.cert")},
        .chain_count = 2};
    if (x->key == NULL || !ops->trust_add(x->trust, TRUST_ANCHOR, load(x->rooms[3], "root.cert")) ||
        !ike_id_from_text(side == A ? "a.test" : "user@a.test", &policy->local_id))
        abort();
    policy->proof = PROOF_SIGNATURE;
    policy->accepts = 1 << PROOF_SIGNATURE;
    policy->credential = &x->credential;
    policy->trust = x->trust;
    policy->tell_methods = true;
    pair->end[side].config.epoch_s = UINT64_C(4000000000);
}

static void strip(struct pair *pair, enum pair_side side)
{
    const struct ike_credential_ops *const ops = pair->end[side].crypto->ops->credentials;
    ops->trust_close(papers[side].trust);
    ops->key_free(papers[side].key);
}

static void certificates(void)
{
    p.furnish = furnish;
    p.strip = strip;
}

static const struct {
    const char *ike;
    const char *esp;
} suites[] = {
    {"aes128gcm16-prfsha256-x25519", "aes128gcm16"},
    {"aes256gcm16-prfsha384-ecp256", "aes256gcm16"},
    {"aes128-sha256-prfsha256-ecp384", "aes128-sha256"},
    {"aes256-sha384-prfsha384-modp2048", "aes256-sha384"},
    {"aes256-sha512-prfsha512-modp3072", "aes256-sha512"},
    {"aes128-sha512-prfsha512-modp4096", "chacha20poly1305"},
    {"aes192-sha1-prfsha1-modp1024", "aes192-sha1"},
    {"3des-md5-prfmd5-modp1536", "3des-md5"},
    {"aes128ctr-aesxcbc-prfaesxcbc-modp6144", "aes128ctr-aesxcbc"},
    {"aes192ctr-aescmac-prfaescmac-modp8192", "aes192ctr-aescmac"},
    {"aes256ctr-sha256-prfsha256-modp1024s160", "null-sha256"},
    {"aes128ccm8-prfsha256-modp2048s224", "aes128ccm8"},
    {"aes192ccm8-prfsha256-modp2048s256", "aes192ccm8"},
    {"aes256ccm8-prfsha256-ecp192", "aes256ccm8"},
    {"aes128ccm12-prfsha256-ecp224", "aes128ccm12"},
    {"aes192ccm12-prfsha256-ecp521", "aes192ccm12"},
    {"aes256ccm12-prfsha256-ecp224bp", "aes256ccm12"},
    {"aes128ccm16-prfsha256-ecp256bp", "aes128ccm16"},
    {"aes192ccm16-prfsha256-ecp384bp", "aes192ccm16"},
    {"aes256ccm16-prfsha256-ecp512bp", "aes256ccm16"},
    {"aes128gcm8-prfsha256-x448", "aes128gcm8"},
    {"aes192gcm8-prfsha256-x25519", "aes192gcm8"},
    {"aes256gcm8-prfsha256-x25519", "aes256gcm8"},
    {"aes128gcm12-prfsha256-x25519", "aes128gcm12"},
    {"aes192gcm12-prfsha256-x25519", "aes192gcm12"},
    {"aes256gcm12-prfsha256-x25519", "aes256gcm12"},
    {"aes192gcm16-prfsha256-x25519", "aes192gcm16"},
};

static void run(void (*prepare)(void), size_t suite)
{
    static uint64_t seed = 5000;
    pair_init(&p,
              (struct pair_options){
                  .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE});
    p.end[A].random = seed++; /* other SPIs each time: they name the keys */
    p.end[B].random = seed++;
    pair_offer(&p, A, suites[suite].ike, suites[suite].esp);
    pair_offer(&p, B, suites[suite].ike, suites[suite].esp);
    if (prepare != NULL)
        prepare();
    p.touch = see;
    keys_seen = 0;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(900000000));
    if (prepare == sync)
        fail_over();
    if (p.end[A].ticket_len > 0) {
        ticket_secret[0] = 0;
        ike_forget(p.end[A].engine, p.now_ns, p.end[A].sa);
        (void)pair_resume(&p);
        pair_run_for(&p, UINT64_C(900000000));
    }
    if (ike_stats(p.end[A].engine).established > 0) {
        if (sends_away)
            (void)ike_redirect(p.end[B].engine, p.now_ns, p.end[B].sa,
                               &(struct ike_gateway){.name = "b.test"});
        sends_away = false;
        (void)ike_probe(p.end[B].engine, p.now_ns, p.end[B].sa);
        (void)ike_delete_child(p.end[A].engine, p.now_ns, p.end[A].sa, p.end[A].child);
        pair_run_for(&p, UINT64_C(900000000));
        if (p.end[A].policy.mobike.on)
            move_about();
        (void)ike_delete(p.end[B].engine, p.now_ns, p.end[B].sa);
        pair_run_for(&p, UINT64_C(900000000));
    }
    pair_close(&p);
}

int main(int argc, char **argv)
{
    char error[RESULTS_ERROR_MAX] = "";
    if (argc != 4)
        return 2;
    folder = argv[3];
    capture = results_capture_open(argv[1], argv[2], error);
    if (capture == NULL) {
        (void)fprintf(stderr, "oracle_capture: %s\n", error);
        return 1;
    }
    for (size_t suite = 0; suite < sizeof suites / sizeof suites[0]; suite++)
        run(NULL, suite);
    for (size_t flow = 0; flow < sizeof flows / sizeof flows[0]; flow++)
        run(flows[flow], 1);
    run(sync, 1);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        family = families[i];
        run(certificates, 1);
    }
    return results_capture_close(capture, error) ? 0 : 1;
}
