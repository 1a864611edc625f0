/* SPDX-License-Identifier: MIT
 * The features, a function each, in the order of the bits. */
#include "tests/fuzz_features.h"

#include "ike/v2/payload.h"
#include "ike/v2/resume.h"
#include "ike/v2/selector.h"
#include "tests/eap_talk.h"
#include "tests/fuzz_goods.h"
#include "tests/tls_certs.h"

#include <stdlib.h>

#define SECONDS(n) (UINT64_C(1000000000) * (n))

static struct ike_policy more[2][2]; /* by side, the second and the third round */
static struct ike_wants wants;
static struct ike_gives gives;
static uint8_t secrets[2][32];
static uint8_t choice; /* of the input, among methods */

typedef void feature_fn(struct pair *p, enum pair_side i, enum pair_side r);

static void demand(bool held)
{
    if (!held)
        abort();
}

static void signatures(struct pair *p, enum pair_side i, enum pair_side r)
{
    static const char *const lists[] = {"http://list/a", "http://list/b"};
    (void)i;
    (void)r;
    p->furnish = fuzz_furnish;
    p->strip = fuzz_strip;
    for (int side = 0; side < 2; side++) {
        p->end[side].policy.crl_urls[0] = lists[side];
        p->end[side].policy.crl_count = choice & 1;
    }
}

static void set_eap(struct ike_policy *policy, bool server)
{
    static const uint8_t methods[] = {EAP_MSCHAPV2, EAP_MD5, EAP_GTC, EAP_TLS, EAP_TTLS};
    struct ike_eap_config *const eap = &policy->eap;
    eap->methods[0] = methods[choice % 5];
    eap->methods[1] = methods[(choice + 1) % 5];
    eap->method_count = server ? 1 : 2;
    eap->identity = (choice & 0x40) != 0;
    eap->fragment = (choice & 0x80) != 0 ? 200 : 1000;
    eap->within = (choice & 0x10) != 0 ? EAP_MSCHAPV2 : 0;
    talk_text(eap->user, &eap->user_len, "User");
    talk_text(eap->password, &eap->password_len, "clientPass");
    eap->tls.version = (choice & 0x20) != 0 ? TLS_1_3 : TLS_1_2;
    eap->tls.anchors[0] = tls_root;
    eap->tls.anchor_count = 1;
    eap->tls.identity = &tls_identities[server ? TLS_SERVER_EC : TLS_CLIENT_EC];
    eap->tls.mutual = server;
}

static void eap(struct pair *p, enum pair_side i, enum pair_side r)
{
    set_eap(&p->end[i].policy, false);
    set_eap(&p->end[r].policy, true);
}

static void eap_remote(struct pair *p, enum pair_side i, enum pair_side r)
{
    eap(p, i, r);
    p->end[r].policy.eap_remote = true;
}

static void set_round(struct ike_policy *policy, bool initiator, const char *name)
{
    *policy = (struct ike_policy){.name = name, .psk = "second", .psk_len = 6};
    (void)ike_id_from_text(name, initiator ? &policy->local_id : &policy->remote_id);
}

static void rounds(struct pair *p, enum pair_side i, enum pair_side r)
{
    for (int side = 0; side < 2; side++) {
        const bool initiator = side == (int)i;
        set_round(&more[side][0], initiator, "user@a.test");
        set_round(&more[side][1], initiator, "role.a.test");
        more[side][0].next_auth = (choice & 0x10) != 0 ? &more[side][1] : NULL;
        p->end[side].policy.next_auth = &more[side][0];
        if ((choice & 0x08) != 0)
            set_eap(&more[side][0], !initiator);
    }
    (void)r;
}

static void more_exchanges(struct pair *p, enum pair_side i, enum pair_side r)
{
    static const char ike[] = "aes256gcm16-prfsha256-x25519-ke1_ecp256-ke2_x448";
    pair_offer(p, i, ike, "aes256gcm16-x25519-ke1_ecp256-ke2_x448");
    pair_offer(p, r, ike, "aes256gcm16-x25519-ke1_ecp256-ke2_x448");
}

static void cookies(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].config.cookies.on_at = p->end[r].config.cookies.on_at = 0;
}

static void puzzles(struct pair *p, enum pair_side i, enum pair_side r)
{
    for (int side = 0; side < 2; side++) {
        p->end[side].config.puzzles = (struct ike_puzzle_config){.bits = 2, .bits_max = 6};
        p->end[side].config.puzzle_bits = 4;
    }
    (void)i;
    (void)r;
}

static void inner_addresses(struct pair *p, enum pair_side i, enum pair_side r)
{
    wants = (struct ike_wants){.ip4 = true, .ip6 = true, .dns = true, .domains = true};
    gives = (struct ike_gives){.pool_count = 1, .version = "ikelab", .tell_families = true};
    demand(ike_prefix_parse("10.9.0.0/29", &gives.pools[0]));
    p->end[i].policy.wants = &wants;
    p->end[r].policy.gives = &gives;
    p->end[i].policy.child[0].local_count = 0;
    p->end[r].policy.child[0].remote_count = 0;
    p->end[r].policy.settable = p->end[i].policy.settable = UINT64_MAX;
}

static void childless(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].policy.childless = p->end[r].policy.childless = true;
}

static void windows(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].config.window = p->end[r].config.window = 3;
}

static void fragments(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].policy.fragment = 300;
    p->end[r].policy.fragment = 400;
    p->end[i].config.reassembly.limit = p->end[r].config.reassembly.limit = 2;
}

static void redirects(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].policy.takes_redirects = p->end[r].policy.takes_redirects = true;
    p->end[r].policy.redirect_first = true;
    if ((choice & 1) != 0) /* in IKE_AUTH, else in IKE_SA_INIT (RFC 5685 6, 3) */
        p->end[r].policy.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
    else
        p->end[r].config.redirect_to.addr = ike_addr_v4(0xc0000263u, 0);
}

static void quantum_keys(struct pair *p, enum pair_side i, enum pair_side r)
{
    const struct ike_ppk ppk = {.id = "the key", .id_len = 7, .key = "0123456789", .key_len = 10};
    p->end[i].policy.ppk[0] = p->end[r].policy.ppk[0] = ppk;
    p->end[i].policy.ppk_count = p->end[r].policy.ppk_count = 1;
    p->end[r].policy.ppk_required = (choice & 1) != 0;
}

static void transport(struct pair *p, enum pair_side i, enum pair_side r)
{
    for (int side = 0; side < 2; side++) {
        struct ike_child_policy *const child = &p->end[side].policy.child[0];
        child->local_count = child->remote_count = 0;
        child->transport_mode = true;
        child->ipcomp = 2;
        child->no_tfc = child->non_first_fragments = true;
    }
    (void)i;
    (void)r;
}

/* Both want to rekey at the same time, again and again (RFC 7296 2.8.1, 2.8.2). */
static void short_lives(struct pair *p, enum pair_side i, enum pair_side r)
{
    for (int side = 0; side < 2; side++) {
        p->end[side].policy.lifetime = (struct ike_lifetime){.rekey_ns = SECONDS(2)};
        p->end[side].config.invalid_selectors_ns = 1;
        if ((choice & 0x02) != 0)
            p->end[side].config.rekeys = (struct ike_rate_config){.most = 2, .span_ns = SECONDS(4)};
        p->end[side].policy.child[0].lifetime =
            (struct ike_lifetime){.rekey_ns = SECONDS(1), .over_ns = SECONDS(1)};
    }
    (void)i;
    (void)r;
}

static void tokens(struct pair *p, enum pair_side i, enum pair_side r)
{
    for (int side = 0; side < 2; side++) {
        p->end[side].config.qcd_secret = secrets[side];
        p->end[side].config.tell_unknown = true;
        p->end[side].policy.takes_tokens = true;
    }
    (void)i;
    (void)r;
}

static void again(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].policy.reauth = (choice & 1) != 0 ? REAUTH_BREAK_FIRST : REAUTH_MAKE_FIRST;
    p->end[i].policy.initial_contact = true;
    p->end[r].policy.auth_lifetime_s = 3;
}

/* Exponentials, and whole sessions (RFC 7296 2.12, RFC 5723). */
static void reuse(struct pair *p, enum pair_side i, enum pair_side r)
{
    static const uint8_t secret[IKE_TICKET_SECRET] = {1, 2, 3};
    p->end[i].config.reuse_ns = p->end[r].config.reuse_ns = SECONDS(10);
    p->end[i].policy.tickets = true;
    p->end[r].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret, .remembered = 16};
    if ((choice & 1) != 0)
        p->end[r].config.tickets.kind = TICKET_REFERENCE;
}

static void eap_only(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].policy.eap_only = p->end[r].policy.eap_only = true;
}

static void translated(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->options.nat[i] = true;
    p->end[i].config.keepalive_ns = p->end[r].config.keepalive_ns = SECONDS(1);
    p->end[i].policy.force_encapsulation = true;
}

static void two_children(struct pair *p, enum pair_side i, enum pair_side r)
{
    static const char *const nets[] = {"10.11.0.0/16", "10.12.0.0/16"};
    for (int side = 0; side < 2; side++) {
        struct ike_policy *const policy = &p->end[side].policy;
        policy->child[1] = policy->child[0];
        demand(ike_selector_from_text(nets[side], &policy->child[1].local[0]) &&
               ike_selector_from_text(nets[1 - side], &policy->child[1].remote[0]));
        policy->child[1].local_count = policy->child[1].remote_count = 1;
        policy->child_count = 2;
        policy->children_max = 3;
    }
    (void)i;
    (void)r;
}

static void liveness(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].config.liveness_ns = p->end[r].config.liveness_ns = SECONDS(1);
}

static void other_suite(struct pair *p, enum pair_side i, enum pair_side r)
{
    pair_offer(p, i, "aes256-sha256-modp2048-ecp256", "aes256-sha256-ecp256");
    pair_offer(p, r, "aes256-sha256-ecp256", "aes256-sha256-ecp256");
}

static void half_open_few(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].config.half_open.limit = p->end[r].config.half_open.limit = 3;
    p->end[i].config.half_open.per_address = p->end[r].config.half_open.per_address = 2;
    p->end[i].config.derive_late = p->end[r].config.derive_late = (choice & 0x02) != 0;
}

static void nobody_known(struct pair *p, enum pair_side i, enum pair_side r)
{
    p->end[i].policy.proof = PROOF_NULL;
    p->end[r].policy.accepts = 1 << PROOF_NULL | 1 << PROOF_PSK;
}

static feature_fn *const features[FUZZ_FEATURES_MAX] = {
    eap,          eap_remote, rounds,     more_exchanges, signatures,    cookies,
    puzzles,      windows,    fragments,  redirects,      quantum_keys,  inner_addresses,
    childless,    transport,  tokens,     short_lives,    again,         reuse,
    two_children, eap_only,   translated, liveness,       half_open_few, nobody_known,
};

void fuzz_features(struct pair *p, uint32_t mask, uint8_t variant)
{
    const enum pair_side i = p->options.initiator;
    choice = variant;
    p->fetch = fuzz_fetch;
    p->fetch_ns = SECONDS(1) / 10;
    for (int side = 0; side < 2; side++)
        p->end[side].config.sa_max = 16;
    if ((variant & 0x04) != 0)
        other_suite(p, i, i == A ? B : A);
    for (size_t n = 0; n < FUZZ_FEATURES_MAX; n++)
        if ((mask >> n & 1) != 0)
            features[n](p, i, i == A ? B : A);
}
