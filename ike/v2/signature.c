/* SPDX-License-Identifier: MIT
 * CERT, CERTREQ, AUTH by signature, and the notifies about them. */
#include "ike/v2/signature.h"

#include "ike/engine.h"
#include "ike/v2/bundle.h"
#include "ike/v2/hold.h"
#include "ike/v2/payload.h"
#include "ike/v2/proof.h"

#include <assert.h>
#include <string.h>

enum { SHA1_LEN = 20, SECOND_NS = 1000000000 };

bool ike_policy_accepts(const struct ike_policy *policy, enum ike_proof_kind kind)
{
    const uint8_t accepts = policy->accepts != 0 ? policy->accepts : 1 << PROOF_PSK;
    return (accepts >> kind & 1) != 0;
}

enum ike_proof_kind ike_proof_kind_of(uint8_t method)
{
    if (method == AUTH_PSK)
        return PROOF_PSK;
    if (method == AUTH_NULL)
        return PROOF_NULL;
    for (size_t i = 0; i < ike_scheme_count; i++)
        if (ike_schemes[i].method == method)
            return PROOF_SIGNATURE;
    return PROOF_KINDS;
}

static uint16_t hashes_of(const struct ike_policy *policy)
{
    return policy->hashes != 0 ? policy->hashes : (uint16_t)HASHES_OURS;
}

/* We sign, or verify. */
static bool has_signatures(const struct ike_policy *policy)
{
    return policy->proof == PROOF_SIGNATURE || ike_policy_accepts(policy, PROOF_SIGNATURE);
}

static bool verifies(const struct ike_policy *policy)
{
    return ike_policy_accepts(policy, PROOF_SIGNATURE) && policy->trust != NULL;
}

/* ---- what is said ---- */

/* RFC 7427 4: a list of 16-bit numbers. */
static void put_hashes(struct ike_turn *t, uint16_t hashes)
{
    uint8_t room[2 * 16];
    struct ike_writer w = wr_open(room, sizeof room);
    for (uint16_t i = 1; i < 16; i++)
        if ((hashes >> i & 1) != 0)
            put_u16(&w, i);
    ike_put_status(&t->out, &t->link, N_SIGNATURE_HASH_ALGORITHMS, wr_done(&w));
}

/* RFC 7296 3.7: SHA-1 of the SubjectPublicKeyInfo of each anchor. */
static void put_certreq(struct ike_turn *t, const struct ike_trust *trust)
{
    const struct ike_cert request = {
        .encoding = CERT_X509,
        .data = {.at = trust->anchors[0], .len = (size_t)trust->anchor_count * SHA1_LEN}};
    ike_put_cert(&t->out, &t->link, PAYLOAD_CERTREQ, &request);
}

/* Announcements of RFC 9593 3.2: length, method, and for signatures the number of an anchor in
 * CERTREQ (0: any) and an AlgorithmIdentifier. */
static void announce(struct ike_writer *w, uint8_t method, const struct ike_bytes *identifier)
{
    const size_t len = identifier == NULL ? 2 : 3 + identifier->len;
    put_u8(w, (uint8_t)len);
    put_u8(w, method);
    if (identifier == NULL)
        return;
    put_u8(w, 0);
    put_bytes(w, *identifier);
}

static void put_methods(struct ike_turn *t, const struct ike_policy *policy)
{
    uint8_t room[512];
    struct ike_writer w = wr_open(room, sizeof room);
    for (size_t i = 0; verifies(policy) && i < ike_scheme_count; i++) {
        const struct ike_scheme *const scheme = &ike_schemes[i];
        const bool offered = (hashes_of(policy) >> scheme->hash & 1) != 0;
        if (!scheme->never_signs && (scheme->method != AUTH_DIGITAL_SIGNATURE || offered))
            announce(&w, scheme->method, &scheme->identifier);
    }
    if (ike_policy_accepts(policy, PROOF_PSK))
        announce(&w, AUTH_PSK, NULL);
    if (ike_policy_accepts(policy, PROOF_NULL))
        announce(&w, AUTH_NULL, NULL);
    assert(!w.bad);
    ike_put_status(&t->out, &t->link, N_SUPPORTED_AUTH_METHODS, wr_done(&w));
}

/* In whichever of its rounds (RFC 4739 2.2): IKE_SA_INIT is before all of them. */
static uint16_t hashes_of_rounds(const struct ike_policy *policy)
{
    uint16_t hashes = 0;
    for (; policy != NULL; policy = policy->next_auth)
        if (has_signatures(policy))
            hashes |= hashes_of(policy);
    return hashes;
}

void ike_sign_put_init_request(struct ike_turn *t)
{
    const uint16_t hashes = hashes_of_rounds(t->sa->policy);
    if (hashes != 0)
        put_hashes(t, hashes);
}

/* RFC 7296 3.10.1: wherever CERTREQ may stand. */
static void put_lookup(struct ike_turn *t, const struct ike_policy *policy)
{
    if (policy->looks_up)
        ike_put_status(&t->out, &t->link, N_HTTP_CERT_LOOKUP_SUPPORTED,
                       (struct ike_bytes){.at = NULL, .len = 0});
}

/* Once for all that have the same. */
struct asked {
    const struct ike_trust *of[IKE_CERTS_MAX];
    uint8_t count;
};

static void ask_for_certs(struct ike_turn *t, const struct ike_policy *policy, struct asked *asked)
{
    uint8_t i = 0;
    if (!verifies(policy) || asked->count == IKE_CERTS_MAX)
        return;
    while (i < asked->count && asked->of[i] != policy->trust)
        i++;
    if (i < asked->count)
        return;
    asked->of[asked->count++] = policy->trust;
    put_certreq(t, policy->trust);
    if (asked->count == 1)
        put_lookup(t, policy);
}

void ike_sign_put_init_response(struct ike_turn *t)
{
    const struct ike_config *const config = &t->engine->config;
    uint16_t hashes = 0;
    struct asked asked = {.count = 0};
    for (uint32_t i = 0; i < config->policy_count; i++) {
        const struct ike_policy *const policy = &config->policies[i];
        hashes |= hashes_of_rounds(policy);
        for (const struct ike_policy *one = policy; one != NULL; one = one->next_auth)
            ask_for_certs(t, one, &asked);
    }
    if (hashes != 0 && ike_message_notify(&t->in, N_SIGNATURE_HASH_ALGORITHMS) != NULL)
        put_hashes(t, hashes);
    if (t->sa->policy->tell_methods)
        put_methods(t, t->sa->policy);
}

void ike_sign_put_auth_request(struct ike_turn *t)
{
    if (verifies(t->sa->policy)) {
        put_certreq(t, t->sa->policy->trust);
        put_lookup(t, t->sa->policy);
    }
    if (t->sa->policy->tell_methods)
        put_methods(t, t->sa->policy);
}

/* ---- what the peer said ---- */

struct offer {
    uint16_t hashes; /* 1 << enum ike_hash; 0: it does not know RFC 7427 4 */
    bool wants_certs;
    bool looks_up;
    struct ike_bytes methods; /* SUPPORTED_AUTH_METHODS; empty: none */
};

static uint16_t hashes_in(const struct ike_message *m)
{
    const struct ike_notify *const notify = ike_message_notify(m, N_SIGNATURE_HASH_ALGORITHMS);
    uint16_t hashes = 0;
    if (notify == NULL)
        return 0;
    struct ike_reader r = rd_open(notify->data);
    while (r.left >= 2) {
        const uint16_t hash = rd_u16(&r);
        if (hash < 16)
            hashes = (uint16_t)(hashes | 1 << hash);
    }
    return hashes;
}

static void read_wishes(const struct ike_message *m, struct offer *offer)
{
    const struct ike_notify *const methods = ike_message_notify(m, N_SUPPORTED_AUTH_METHODS);
    struct ike_cert request;
    if (methods != NULL)
        offer->methods = methods->data;
    offer->looks_up = ike_message_notify(m, N_HTTP_CERT_LOOKUP_SUPPORTED) != NULL;
    for (uint8_t i = 0; i < m->certreq_count; i++)
        if (ike_cert_parse(m->certreqs[i], &request) == WHY_OK && request.encoding == CERT_X509)
            offer->wants_certs = true;
}

/* The peer's IKE_SA_INIT message has its hashes; a responder's has its wishes too, an initiator's
 * wishes are in the IKE_AUTH request at hand. */
static struct offer offer_of_peer(struct ike_turn *t)
{
    const struct ike_sa *const sa = t->sa;
    const struct ike_blob kept = sa->initiator ? sa->init_response : sa->init_request;
    struct ike_message *const m = (void *)ike_turn_scratch(t, sizeof *m);
    struct offer offer = {.hashes = 0};
    const enum ike_why why = ike_message_parse(ike_store_view(&t->engine->store, kept), m);
    assert(why == WHY_OK); /* it was parsed before */
    (void)why;
    offer.hashes = hashes_in(m);
    read_wishes(sa->initiator ? m : &t->in, &offer);
    return offer;
}

static bool is_listed(struct ike_bytes methods, const struct ike_scheme *scheme)
{
    struct ike_reader r = rd_open(methods);
    while (r.left > 0) {
        const uint8_t len = rd_u8(&r);
        struct ike_reader one = rd_open(rd_bytes(&r, len < 2 ? SIZE_MAX : len - 1U));
        const uint8_t method = rd_u8(&one);
        rd_skip(&one, 1);
        if (!r.bad && method == scheme->method &&
            ike_bytes_equal(rd_rest(&one), scheme->identifier))
            return true;
    }
    return false;
}

/* ---- ours ---- */

static const struct ike_credential *credential_of(const struct ike_turn *t)
{
    if (t->sa->initiator) {
        const struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
        if (setup->credential != NULL)
            return setup->credential;
    }
    return t->sa->policy->credential;
}

static bool may_use(const struct ike_policy *policy, const struct offer *offer,
                    const struct ike_scheme *scheme)
{
    if (scheme->never_signs)
        return false;
    if (policy->scheme != NULL && strcmp(policy->scheme, scheme->name) != 0)
        return false;
    if (scheme->method != AUTH_DIGITAL_SIGNATURE)
        return policy->old_signatures || offer->hashes == 0;
    return !policy->old_signatures && (offer->hashes >> scheme->hash & 1) != 0;
}

/* The first of those the peer announced, and of those the ones with the hash that goes with the
 * key; NULL: none at all. */
static const struct ike_scheme *choose(const struct ike_policy *policy, const struct offer *offer,
                                       uint8_t key_type)
{
    const struct ike_scheme *best = NULL;
    int best_score = -1;
    for (size_t i = 0; i < ike_scheme_count; i++) {
        const struct ike_scheme *const scheme = &ike_schemes[i];
        if (!ike_scheme_fits(scheme, key_type) || !may_use(policy, offer, scheme))
            continue;
        const int score = (is_listed(offer->methods, scheme) ? 2 : 0) +
                          (scheme->hash == ike_key_types[key_type].hash ? 1 : 0);
        if (score > best_score) {
            best = scheme;
            best_score = score;
        }
    }
    return best;
}

/* SHA-1 of the certificate, then where it may be had (RFC 7296 3.6). */
static void put_by_url(struct ike_turn *t, uint8_t encoding, struct ike_bytes cert, const char *url)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    uint8_t room[SHA1_LEN + IKE_URL_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    crypto->ops->sha1(crypto, &cert, 1, put_room(&w, SHA1_LEN));
    put_bytes(&w, (struct ike_bytes){.at = (const uint8_t *)url, .len = strlen(url)});
    assert(!w.bad); /* ours is no longer than that */
    ike_put_cert(&t->out, &t->link, PAYLOAD_CERT,
                 &(struct ike_cert){.encoding = encoding, .data = wr_done(&w)});
}

/* DEVIATION: RFC 7296 3.6 would send certificates unasked. CERT_IF_ASKED is the default, as it is
 * with others, and CERT_ALWAYS to be had. */
void ike_sign_put_certs(struct ike_turn *t)
{
    const struct ike_credential *const credential = credential_of(t);
    const uint8_t sending = t->sa->policy->send_certs;
    if (credential == NULL || sending == CERT_NEVER)
        return;
    const struct offer offer = offer_of_peer(t);
    if (sending == CERT_IF_ASKED && !offer.wants_certs)
        return;
    if (offer.looks_up && credential->bundle_url != NULL) {
        put_by_url(t, CERT_HASH_URL_BUNDLE, credential->bundle, credential->bundle_url);
        return;
    }
    for (uint8_t i = 0; i < credential->chain_count; i++) {
        const struct ike_cert cert = {.encoding = CERT_X509, .data = credential->chain[i]};
        if (offer.looks_up && credential->urls[i] != NULL)
            put_by_url(t, CERT_HASH_URL, credential->chain[i], credential->urls[i]);
        else
            ike_put_cert(&t->out, &t->link, PAYLOAD_CERT, &cert);
    }
}

enum ike_why ike_sign_put_auth(struct ike_turn *t, struct ike_bytes id_body)
{
    const struct ike_credential *const credential = credential_of(t);
    struct ike_crypto *const crypto = t->engine->crypto;
    const struct offer offer = offer_of_peer(t);
    uint8_t room[IKE_SIGNATURE_MAX + 1 + UINT8_MAX];
    uint8_t id_hash[IKE_PRF_MAX];
    struct ike_bytes octets[IKE_PROOF_PARTS];
    size_t len = 0;
    if (credential == NULL)
        return WHY_NO_CREDENTIAL;
    const struct ike_scheme *const scheme = choose(t->sa->policy, &offer, credential->key->type);
    if (scheme == NULL)
        return WHY_HASH_NOT_OFFERED;
    ike_proof_octets(t, t->sa->initiator, id_body, id_hash, octets);
    const struct ike_signed what = {
        .scheme = scheme, .parts = octets, .part_count = IKE_PROOF_PARTS};
    struct ike_writer w = wr_open(room, sizeof room);
    ike_scheme_put(&w, scheme);
    if (!crypto->ops->sign(crypto, credential->key, &what, room + w.len, &len))
        return WHY_NO_CREDENTIAL;
    ike_put_auth(&t->out, &t->link, scheme->method,
                 (struct ike_bytes){.at = room, .len = w.len + len});
    return WHY_OK;
}

/* ---- the peer's ---- */

static bool is_http(struct ike_bytes url)
{
    static const struct ike_bytes scheme = {.at = (const uint8_t *)"http://", .len = 7};
    struct ike_reader r = rd_open(url);
    /* RFC 7296 3.6: the one scheme that must be known */
    return ike_bytes_equal(rd_bytes(&r, scheme.len), scheme) && r.left > 0 &&
           url.len <= IKE_URL_MAX;
}

/* A certificate that came as hash and URL: what was fetched, if it is what was hashed. */
static enum ike_why look_up(struct ike_turn *t, struct ike_bytes by, struct ike_bytes *out)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_reader r = rd_open(by);
    const struct ike_bytes hash = rd_bytes(&r, SHA1_LEN);
    const struct ike_bytes url = rd_rest(&r);
    uint8_t sha1[SHA1_LEN];
    if (r.bad || !is_http(url))
        return WHY_CERT_FETCH;
    const enum ike_why why = ike_hold_need(t, url, out);
    if (why != WHY_OK)
        return why;
    crypto->ops->sha1(crypto, out, 1, sha1);
    const bool same = ike_bytes_equal(hash, (struct ike_bytes){.at = sha1, .len = SHA1_LEN});
    return same && out->len > 0 ? WHY_OK : WHY_CERT_FETCH;
}

/* What a peer has shown, or had fetched. */
struct shown {
    struct ike_bytes certs[IKE_CERTS_MAX];
    struct ike_bytes lists[IKE_CRLS_MAX + IKE_CERTS_MAX];
    size_t cert_count;
    size_t list_count;
};

static enum ike_why add_cert(struct shown *shown, struct ike_bytes cert)
{
    if (shown->cert_count == IKE_CERTS_MAX)
        return WHY_TOO_MANY;
    shown->certs[shown->cert_count++] = cert;
    return WHY_OK;
}

static enum ike_why add_list(struct shown *shown, struct ike_bytes list)
{
    if (shown->list_count == IKE_CERTS_MAX) /* the policy's own come after */
        return WHY_TOO_MANY;
    shown->lists[shown->list_count++] = list;
    return WHY_OK;
}

static enum ike_why add_bundle(struct shown *shown, struct ike_bytes bundle)
{
    struct ike_reader items;
    enum ike_why why = ike_bundle_open(bundle, &items) ? WHY_OK : WHY_CERT_FETCH;
    while (why == WHY_OK && items.left > 0) {
        enum ike_bundle_kind kind;
        struct ike_bytes item;
        if (!ike_bundle_take(&items, &kind, &item))
            return WHY_CERT_FETCH;
        why = kind == BUNDLE_CERT ? add_cert(shown, item) : add_list(shown, item);
    }
    return why;
}

/* One CERT payload; those of other encodings are passed over. */
static enum ike_why collect_one(struct ike_turn *t, const struct ike_cert *cert,
                                struct shown *shown)
{
    const bool looks_up = t->sa->policy->looks_up;
    struct ike_bytes found;
    enum ike_why why = WHY_OK;
    if (cert->encoding == CERT_X509)
        return add_cert(shown, cert->data);
    if (cert->encoding == CERT_CRL)
        return add_list(shown, cert->data);
    if (!looks_up || (cert->encoding != CERT_HASH_URL && cert->encoding != CERT_HASH_URL_BUNDLE))
        return WHY_OK;
    if ((why = look_up(t, cert->data, &found)) != WHY_OK)
        return why;
    return cert->encoding == CERT_HASH_URL ? add_cert(shown, found) : add_bundle(shown, found);
}

/* Certificates that came, the end entity's first (RFC 7296 3.6). All that is to be fetched is asked
 * for at once. */
static enum ike_why collect(struct ike_turn *t, struct shown *shown)
{
    struct ike_cert cert;
    bool waits = false;
    for (uint8_t i = 0; i < t->in.cert_count; i++) {
        if (ike_cert_parse(t->in.certs[i], &cert) != WHY_OK)
            continue;
        const enum ike_why why = collect_one(t, &cert, shown);
        if (why != WHY_OK && why != WHY_ANSWER_AWAITED)
            return why;
        waits = waits || why == WHY_ANSWER_AWAITED;
    }
    return waits ? WHY_ANSWER_AWAITED : WHY_OK;
}

/* Revocation lists of the policy, fetched anew; those not to be had are left out, or missed. */
static enum ike_why collect_lists(struct ike_turn *t, struct shown *shown)
{
    const struct ike_policy *const policy = t->sa->policy;
    enum ike_why result = WHY_OK;
    for (uint8_t i = 0; i < policy->crl_count; i++) {
        const struct ike_bytes url = {.at = (const uint8_t *)policy->crl_urls[i],
                                      .len = strlen(policy->crl_urls[i])};
        struct ike_bytes *const list = &shown->lists[shown->list_count];
        const enum ike_why why = ike_hold_need(t, url, list);
        if (why != WHY_OK)
            result = why;
        else if (list->len > 0)
            shown->list_count++;
        else if (policy->crl_strict)
            result = WHY_CERT_STATUS;
    }
    return result;
}

static enum ike_why judge(struct ike_turn *t, enum ike_payload_type id, struct ike_public *key)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct shown shown = {.cert_count = 0};
    struct ike_id peer;
    enum ike_why why = ike_id_parse(ike_message_body(&t->in, id), &peer);
    assert(why == WHY_OK); /* the policy was found by it */
    *key = (struct ike_public){.type = KEY_TYPE_NONE};
    why = collect(t, &shown);
    if (why == WHY_OK || why == WHY_ANSWER_AWAITED) { /* all that is wanted is asked for at once */
        const enum ike_why more = collect_lists(t, &shown);
        why = more != WHY_OK ? more : why;
    }
    if (why != WHY_OK)
        return why;
    const struct ike_chain chain = {
        .trust = t->sa->policy->trust,
        .certs = shown.certs,
        .cert_count = shown.cert_count,
        .crls = shown.lists,
        .crl_count = shown.list_count,
        .id_type = peer.type,
        .id = {.at = peer.data, .len = peer.len},
        .now_s = t->engine->config.epoch_s + t->now_ns / SECOND_NS,
    };
    return crypto->ops->judge(crypto, &chain, key);
}

static enum ike_why verify(struct ike_turn *t, enum ike_payload_type id,
                           const struct ike_scheme *scheme, struct ike_bytes signature)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    struct ike_bytes octets[IKE_PROOF_PARTS];
    uint8_t id_hash[IKE_PRF_MAX];
    struct ike_public key;
    enum ike_why why = judge(t, id, &key);
    if (why != WHY_OK)
        return why;
    ike_proof_octets(t, !t->sa->initiator, ike_message_body(&t->in, id), id_hash, octets);
    const struct ike_signed what = {
        .scheme = scheme, .parts = octets, .part_count = IKE_PROOF_PARTS};
    if (!ike_scheme_fits(scheme, key.type))
        why = WHY_SIGNATURE_SCHEME;
    else if (!crypto->ops->verify(crypto, &key, &what, signature))
        why = WHY_SIGNATURE;
    crypto->ops->public_free(crypto, &key);
    return why;
}

enum ike_why ike_sign_check(struct ike_turn *t, enum ike_payload_type id)
{
    const struct ike_policy *const policy = t->sa->policy;
    struct ike_bytes signature;
    struct ike_auth auth;
    const enum ike_why why = ike_auth_parse(ike_message_body(&t->in, PAYLOAD_AUTH), &auth);
    assert(why == WHY_OK); /* ike_auth_check_proof has seen the method */
    (void)why;
    const struct ike_scheme *const scheme = ike_scheme_parse(auth.method, auth.data, &signature);
    if (!verifies(policy))
        return WHY_AUTH_METHOD;
    if (scheme == NULL)
        return WHY_SIGNATURE_SCHEME;
    /* RFC 7427 4: a peer must pick one that we sent. */
    if (auth.method == AUTH_DIGITAL_SIGNATURE && (hashes_of(policy) >> scheme->hash & 1) == 0)
        return WHY_HASH_NOT_OFFERED;
    return verify(t, id, scheme, signature);
}
