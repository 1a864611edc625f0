/* SPDX-License-Identifier: MIT
 * Closed forms, and the service times they need: what one request costs,
 * counted by hand from the profiles and from what the protocol says is to be
 * computed, not asked of the engine or its meter. */
#include "models/theory.h"

#include "ike/v2/message.h"
#include "ike/v2/proposal.h"
#include "models/abilities.h"
#include "models/flood.h"
#include "models/places.h"
#include "models/policy.h"
#include "models/rounds.h"
#include "models/scene.h"
#include "models/topology.h"
#include "models/traffic.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    SPI_RANDOM = 5,      /* octets drawn for an SPI: the rest of it is its place */
    COOKIE_MESSAGE = 69, /* header, notify, version of the secret and 32 octets */
    SA_HEAD = 4 + 8,     /* payload and proposal headers, RFC 7296 3.3, 3.3.1 */
    TRANSFORM = 8,       /* RFC 7296 3.3.2 */
    KEY_LENGTH = 4,      /* its attribute */
    KE_HEAD = 8,         /* RFC 7296 3.4 */
};
static const double micro = 1e6;
static const double second = 1e9;

double model_erlang_b(uint32_t slots, double load)
{
    double blocked = 1;
    for (uint32_t n = 1; n <= slots; n++)
        blocked = load * blocked / (n + load * blocked);
    return blocked;
}

double model_md1_wait(double rate, double service)
{
    const double busy = rate * service;
    return busy * service / (2 * (1 - busy));
}

/* What one request meets at the gateway. */
struct meeting {
    struct ike_costs costs;
    struct sim_implementation around;
    struct ike_suite suite;
    uint64_t request_len;
    uint64_t address_len;
};

static bool meet(const struct model_gateway *gateway, const struct model_attacker *attacker,
                 struct meeting *out)
{
    struct sim_rng rng;
    struct model_request request;
    struct ike_message message;
    struct ike_offer offers[IKE_OFFERS_MAX];
    struct ike_choice choice;
    struct ike_addr addr;
    char error[64];
    sim_rng_open(&rng, 0, "theory");
    struct ike_crypto *const crypto = ike_crypto_modelled(sim_rng_random(&rng));
    if (crypto == NULL)
        return false;
    const bool made = model_request_make(attacker->proposals, crypto, &request);
    crypto->ops->close(crypto);
    if (!made ||
        ike_message_parse((struct ike_bytes){request.bytes, request.len}, &message) != WHY_OK)
        return false;
    const uint8_t count = model_offers_of(gateway->proposals, offers);
    const struct ike_wish wish = {.protocol = PROTOCOL_IKE, .offers = offers, .offer_count = count};
    if (ike_proposal_choose(ike_message_body(&message, PAYLOAD_SA), &wish, &choice) != WHY_OK)
        return false;
    out->suite = choice.suite;
    out->request_len = request.len;
    out->address_len = ike_addr_parse(gateway->address, &addr) && addr.family == IKE_IPV6 ? 16 : 4;
    return model_implementation_find(gateway->implementation, gateway->cost_scale_ppm,
                                     &out->around) &&
           model_costs_find(gateway->machine, gateway->cost_scale_ppm, &out->costs, error,
                            sizeof error);
}

/* A datagram in and one out. */
static double around_ns(const struct meeting *m, uint64_t answer_len)
{
    const uint64_t octets_ns = m->around.byte_ps * (m->request_len + answer_len) / 1000;
    return (double)m->around.datagram_ns + m->around.answer_ns + (double)octets_ns;
}

static double call_ns(const struct meeting *m, uint8_t row, uint64_t octets)
{
    return m->costs.call_ns[row] + (double)m->costs.byte_ps[row] * (double)octets / 1000;
}

static double random_ns(const struct meeting *m, uint64_t octets)
{
    return m->costs.random_call_ns + (double)m->costs.random_byte_ps * (double)octets / 1000;
}

double model_cookie_cost_ns(const struct model_gateway *gateway,
                            const struct model_attacker *attacker)
{
    struct meeting m;
    if (!meet(gateway, attacker, &m))
        return -1;
    const uint64_t hashed = MODEL_REQUEST_NONCE + m.address_len + 8; /* RFC 7296 2.6 */
    return around_ns(&m, COOKIE_MESSAGE) + m.around.refused_ns +
           call_ns(&m, ike_algo_named("prfsha256"), hashed);
}

/* SKEYSEED, and as many rounds of prf+ as the seven keys take (RFC 7296 2.13, 2.14). */
static double keys_ns(const struct meeting *m)
{
    const struct ike_algo *const prf = &ike_algos[m->suite.prf];
    const struct ike_algo *const encr = &ike_algos[m->suite.encr];
    const uint64_t integ_len = m->suite.integ == 0 ? 0 : ike_algos[m->suite.integ].key_len;
    const uint64_t keys_len =
        3ULL * prf->key_len + 2 * (integ_len + encr->key_len + encr->salt_len);
    const uint64_t seed_len = MODEL_REQUEST_NONCE + IKE_NONCE_OURS + 16 + 1;
    double ns = call_ns(m, m->suite.prf, ike_algos[m->suite.ke].secret_len);
    for (uint64_t done = 0; done < keys_len; done += prf->out_len)
        ns += call_ns(m, m->suite.prf, seed_len + (done > 0 ? prf->out_len : 0));
    return ns;
}

static uint64_t answer_len(const struct meeting *m)
{
    const uint8_t rows[] = {m->suite.encr, m->suite.prf, m->suite.integ, m->suite.ke};
    uint64_t len = IKE_HEADER_LEN + SA_HEAD + KE_HEAD + ike_algos[m->suite.ke].answer_len +
                   IKE_PAYLOAD_HEAD + IKE_NONCE_OURS;
    for (size_t i = 0; i < sizeof rows; i++)
        if (rows[i] != 0)
            len += TRANSFORM + (ike_algos[rows[i]].key_bits != 0 ? KEY_LENGTH : 0U);
    return len;
}

double model_half_open_cost_ns(const struct model_gateway *gateway,
                               const struct model_attacker *attacker)
{
    struct meeting m;
    if (!meet(gateway, attacker, &m))
        return -1;
    const bool kem = ike_algos[m.suite.ke].kem;
    const double pair_ns = kem ? 0 : m.costs.kex_generate_ns[m.suite.ke];
    const double derive_ns =
        gateway->derive_late && !kem ? 0 : m.costs.kex_derive_ns[m.suite.ke] + keys_ns(&m);
    return around_ns(&m, answer_len(&m)) + m.around.half_open_ns + pair_ns + derive_ns +
           random_ns(&m, SPI_RANDOM) + random_ns(&m, IKE_NONCE_OURS);
}

/* What a form speaks of. */

struct scene_asked {
    const struct model_world_config *world;
    const struct model_gateway *gateway;
    const struct model_attacker *attacker;
    double rate; /* of the flood, a second */
    char *error;
    size_t error_max;
};

static bool no(const struct scene_asked *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool no(const struct scene_asked *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(s->error, s->error_max, format, arguments);
    va_end(arguments);
    return false;
}

static bool passes_all(const struct sim_link_config *link)
{
    return sim_impairments_are_none(&link->impairments);
}

static bool is_plain(const struct sim_link_config *link)
{
    return passes_all(link) && link->medium == SIM_POINT_TO_POINT && link->rate_bps == 0 &&
           link->rate_back_bps == 0 && link->jitter_ns == 0 && link->delay_count == 0;
}

/* Whether all links between who comes `via` one and the gateway `to` are so, and their delay. */
static bool way_is(const struct scene_asked *s, const char *via, const char *to,
                   bool (*so)(const struct sim_link_config *), uint64_t *delay_ns)
{
    uint16_t links[MODEL_LINKS_MAX];
    const uint32_t count = model_way_of(s->world, via, to, links);
    *delay_ns = 0;
    for (uint32_t i = 0; count != UINT32_MAX && i < count; i++) {
        const struct sim_link_config link = model_link_config(&s->world->links[links[i]]);
        if (!so(&link))
            return false;
        *delay_ns += link.delay_ns;
    }
    return count != UINT32_MAX;
}

/* One flood of constant rate from the first instant to the last, and nobody else. */
static bool one_flood(struct scene_asked *s, enum model_process process)
{
    const struct model_world_config *const w = s->world;
    if (w->attacker_count != 1)
        return no(s, "it speaks of one attacker, there are %u", w->attacker_count);
    s->attacker = &w->attackers[0];
    const uint32_t gateway = model_gateway_named(w, s->attacker->to);
    if (gateway == UINT32_MAX)
        return no(s, "the attacker names no gateway");
    s->gateway = &w->gateways[gateway];
    for (uint32_t i = 0; i < w->client_count; i++)
        if (strcmp(w->clients[i].to, s->gateway->name) == 0)
            return no(s, "it speaks of a flood alone, and %s connect there too",
                      w->clients[i].name);
    if (s->attacker->rate.count != 1 || s->attacker->rate.at[0].at_ns != 0 ||
        s->attacker->until_ns < w->for_ns)
        return no(s, "it speaks of a constant rate until the end");
    if (s->attacker->process != process)
        return no(s, "it speaks of %s arrivals", process == MODEL_POISSON ? "poisson" : "uniform");
    uint64_t delay_ns = 0;
    if (!way_is(s, s->attacker->via, s->attacker->to, is_plain, &delay_ns))
        return no(s, "it speaks of links of constant delay, without rate, jitter and loss");
    s->rate = (double)s->attacker->rate.at[0].rate_micro / micro;
    return true;
}

static bool table_is_limited(const struct scene_asked *s)
{
    if (s->gateway->half_open_limit == IKE_UNLIMITED || s->gateway->cookies_at != IKE_UNLIMITED)
        return no(s, "it speaks of half_open.limit without cookies");
    if (s->gateway->half_open_limit > s->gateway->sa_max)
        return no(s, "sa_max is less than half_open.limit");
    if (s->world->for_ns <= 2 * s->gateway->half_open_timeout_ns)
        return no(s, "it speaks of what is so after the first timeout: run twice as long at least");
    return true;
}

/* Erlang's loss formula holds whatever the law of holding times; here they are all T. */
static bool erlang_b(const struct model_world_config *world, double *out, char *error,
                     size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (!one_flood(&s, MODEL_POISSON) || !table_is_limited(&s))
        return false;
    const double hold = (double)s.gateway->half_open_timeout_ns / second;
    *out = micro * model_erlang_b((uint32_t)s.gateway->half_open_limit, s.rate * hold);
    return true;
}

/* N slots are all taken from N / T requests a second on; below, there are rate x T. */
static bool pin_rate(const struct model_world_config *world, double *out, char *error,
                     size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (!one_flood(&s, MODEL_UNIFORM) || !table_is_limited(&s))
        return false;
    const double slots = (double)s.gateway->half_open_limit;
    const double held = s.rate * (double)s.gateway->half_open_timeout_ns / second;
    if (held < slots && fabs(held - round(held)) > 1e-6)
        return no(&s, "rate x timeout is no whole number: %.3f", held);
    *out = held >= slots ? slots : round(held);
    return true;
}

/* Neither what came before nor how many SAs there are changes them, and one queue is served. */
static bool costs_are_constant(const struct scene_asked *s)
{
    struct sim_implementation i;
    if (!model_implementation_find(s->gateway->implementation, (uint64_t)micro, &i) ||
        (i.datagram_each_ns == 0 && i.half_open_each_ns == 0 && i.expired_each_ns == 0 &&
         i.cold_after_ns == 0 && i.workers == 0 && i.receiver_ppm == 0))
        return true;
    return no(s, "it speaks of costs that are constants, as strongswan-5.9-steady has them, not %s",
              s->gateway->implementation);
}

static bool md1_wait(const struct model_world_config *world, double *out, char *error,
                     size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (!one_flood(&s, MODEL_POISSON) || !costs_are_constant(&s))
        return false;
    if (s.gateway->cores != 1 || s.gateway->cookies_at != 0)
        return no(&s, "it speaks of one core and cookies always");
    const double service = model_cookie_cost_ns(s.gateway, s.attacker);
    const double rate = s.rate / second;
    if (service < 0)
        return no(&s, "the gateway refuses the flood's proposals");
    if (rate * service > 0.95)
        return no(&s, "the core is saturated, or nearly: load %.3f", rate * service);
    *out = model_md1_wait(rate, service);
    return true;
}

/* A saturated gateway serves one request after another: as many as fit into the run. */
static bool saturated(const struct scene_asked *s, double cost_ns, double *out)
{
    if (cost_ns < 0)
        return no(s, "the gateway refuses the flood's proposals");
    const double most = (double)s->gateway->cores / cost_ns; /* a nanosecond */
    const double span_ns = (double)(s->world->for_ns - s->attacker->from_ns);
    if (s->rate / second < 1.05 * most)
        return no(s, "the flood does not saturate: that takes %.0f/s", most * second);
    *out = most * span_ns;
    return true;
}

static bool with_cookies(const struct model_world_config *world, double *out, char *error,
                         size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (!one_flood(&s, MODEL_POISSON) || !costs_are_constant(&s))
        return false;
    if (s.gateway->cookies_at != 0)
        return no(&s, "it speaks of cookies always");
    return saturated(&s, model_cookie_cost_ns(s.gateway, s.attacker), out);
}

static bool without_cookies(const struct model_world_config *world, double *out, char *error,
                            size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (!one_flood(&s, MODEL_POISSON))
        return false;
    const struct model_gateway *const g = s.gateway;
    assert(g != NULL);
    if (g->cookies_at != IKE_UNLIMITED || g->half_open_limit != IKE_UNLIMITED ||
        g->half_open_per_address != IKE_UNLIMITED)
        return no(&s, "it speaks of neither cookies nor limits");
    if (!costs_are_constant(&s))
        return false;
    if (g->half_open_timeout_ns < world->for_ns)
        return no(&s, "it speaks of a run shorter than half_open.timeout");
    if (!saturated(&s, model_half_open_cost_ns(g, s.attacker), out))
        return false;
    return *out < (double)g->sa_max || no(&s, "there are more requests than sa_max");
}

/* RFC 7296 2.16: with EAP an exchange for each of the server's requests, then one for AUTH. */
static uint64_t eap_exchanges(uint8_t method, bool identity)
{
    static const uint8_t requests[][2] = {{EAP_MD5, 1}, {EAP_GTC, 1}, {EAP_MSCHAPV2, 2}};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (requests[i][0] == method)
            return requests[i][1] + (identity ? 1U : 0U) + 1U;
    return 0;
}

/* Every client's messages, when none is lost: RFC 7296 1.2 two exchanges; RFC 4739 2.2 one more for
 * each round after the first; RFC 7296 1.3 one for each further Child SA. */
static bool packet_count(const struct model_world_config *world, double *out, char *error,
                         size_t error_max)
{
    const struct model_clients *const c = &world->clients[0];
    uint64_t exchanges = 2;
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (world->client_count != 1 || world->attacker_count != 0)
        return no(&s, "it speaks of one kind of clients and no attacker");
    uint64_t delay_ns = 0;
    if (!way_is(&s, c->via, c->to, passes_all, &delay_ns))
        return no(&s, "it speaks of a network that loses, doubles and holds back nothing");
    if (strcmp(c->first_group, "auto") != 0)
        return no(&s, "it speaks of a first key share of the right group");
    if (model_rounds_have_tls(c))
        return no(&s, "it knows no sizes, and TLS takes packets by its size");
    for (size_t i = 0; i < model_round_count(c); i++)
        exchanges += (i > 0 ? 1 : 0) +
                     eap_exchanges(model_eap_method_of(model_auth_of_round(c, i)), c->eap.identity);
    const uint32_t gateway = model_gateway_named(world, c->to);
    if (c->abilities.window > 1 || world->gateways[gateway].abilities.window > 1)
        return no(&s, "it speaks of ends that tell of no window");
    exchanges += model_is_childless(world, c) ? 1 : 0;
    *out = (double)(2000 * (exchanges + c->children - 1));
    return true;
}

/* Each packet goes by the one line once, and nothing else can take it; of a real daemon's those
 * count alone that have gone both ways. */
static bool line_loss(const struct model_world_config *world, double *out, char *error,
                      size_t error_max)
{
    const struct model_clients *const c = &world->clients[0];
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (world->client_count != 1 || world->attacker_count != 0 || !model_has_traffic(c))
        return no(&s, "it speaks of one kind of clients, who send packets, and no attacker");
    const uint32_t link = model_link_named(world, c->via);
    if (link == UINT32_MAX || world->link_count != 1)
        return no(&s, "it speaks of one line");
    const struct sim_link_config config = model_link_config(&world->links[link]);
    struct sim_impairments others = config.impairments;
    others.loss_ppb = 0;
    if (!sim_impairments_are_none(&others))
        return no(&s, "it speaks of a line that loses each packet with the same chance");
    if (config.rate_bps != 0 || config.rate_back_bps != 0 || config.mtu < c->traffic.size + 200)
        return no(&s, "it speaks of a line without a rate, whose mtu takes the packets whole");
    const double once = (double)config.impairments.loss_ppb / 1e3;
    const uint32_t gateway = model_gateway_named(world, c->to);
    const bool both = gateway != UINT32_MAX && world->gateways[gateway].daemon != 0;
    *out = both ? once * (2 - once / 1e6) : once;
    return true;
}

/* ---- a gateway that goes away ---- */

/* One outage, and one kind of clients by one plain line, who were all up before it and have packets
 * go to and fro at even gaps. */
struct outage {
    const struct model_clients *clients;
    const struct model_gateway *gateway;
    double from, until; /* ns, as all of it */
    double delay;       /* of the line, one way */
    double gap;         /* between two packets of a client */
    double heard;       /* when the last one came back */
    bool told;          /* of its loss, by tokens */
};

/* When the request's send of that number, from 0, goes out after the first. */
static double sent_after(const struct model_clients *c, uint64_t number)
{
    double at = 0, wait = (double)c->retransmit_first_ns;
    for (uint64_t i = 0; i < number; i++) {
        at += wait < (double)c->retransmit_max_ns ? wait : (double)c->retransmit_max_ns;
        wait *= (double)c->retransmit_factor_milli / 1e3;
    }
    return at;
}

/* When the first send arrives that the gateway is there for again; below 0: none does. */
static double arrives(const struct outage *o, double first)
{
    for (uint64_t i = 0; i < o->clients->retransmit_sends; i++) {
        const double at = first + sent_after(o->clients, i) + o->delay;
        if (at >= o->until)
            return at;
    }
    return -1;
}

/* RFC 7296 2.4: who was not heard for so long is asked. ICMP, of a packet that came while nobody
 * was there, has it asked sooner; who has come back says nothing of packets of SAs it has
 * forgotten. */
static double asked(const struct outage *o)
{
    const double hint = (double)o->clients->abilities.hints_ns;
    const double hinted = o->heard + ceil(hint / o->gap) * o->gap;
    const double silent = o->heard + (double)o->clients->liveness_ns;
    const bool speaks = hint > 0 && !o->gateway->outage_silent && hinted - o->delay < o->until;
    return speaks && hinted < silent ? hinted : silent;
}

/* RFC 6290 4: with tokens the first request that is heard ends it; else it is given up. */
static double noticed(const struct outage *o)
{
    const double first = asked(o);
    const double heard = o->told ? arrives(o, first) : -1;
    return heard >= 0 ? heard + o->delay
                      : first + sent_after(o->clients, o->clients->retransmit_sends);
}

/* Two exchanges (RFC 7296 1.2), from the first request on that is heard; below 0: none is. */
static double returned(const struct outage *o)
{
    const double heard = arrives(o, noticed(o) + (double)o->clients->reconnect_ns);
    return heard >= 0 ? heard + 3 * o->delay : -1;
}

/* NULL, or what stands in the way of a closed form. */
static const char *outage_unplain(const struct scene_asked *s, struct outage *out)
{
    const struct model_world_config *const w = s->world;
    const struct model_clients *const c = &w->clients[0];
    uint64_t delay_ns = 0;
    if (w->client_count != 1 || w->attacker_count != 0 || !model_has_traffic(c) ||
        !c->traffic.back || c->traffic.arrivals.process != MODEL_UNIFORM)
        return "it speaks of one kind of clients, who send at even gaps and hear back";
    const struct model_gateway *const g = &w->gateways[model_gateway_named(w, c->to)];
    if (!way_is(s, c->via, c->to, is_plain, &delay_ns))
        return "it speaks of links of constant delay, without rate, jitter and loss";
    if (g->outages.count != 1)
        return "it speaks of one outage";
    if (c->rekey.ike_ns != 0 || model_rekeys_children(&c->rekey))
        return "it speaks of clients who rekey nothing meanwhile";
    if (c->liveness_ns == 0 || c->retransmit_jitter_milli != 0 || c->stay_ns != SIM_NEVER)
        return "it speaks of clients who stay, ask for signs of life, and at times known";
    *out = (struct outage){.clients = c,
                           .gateway = g,
                           .from = (double)g->outages.at[0].from_ns,
                           .until = (double)g->outages.at[0].until_ns,
                           .delay = (double)delay_ns,
                           .gap = micro * second / (double)c->traffic.arrivals.rate_micro,
                           .told = c->abilities.crash_tokens && g->abilities.crash_tokens &&
                                   g->abilities.tell_unknown};
    return NULL;
}

/* Clients are at any point of their gap when it goes: the mean of who heard last at its beginning
 * and who heard at its end, if the same happens to both. */
static bool mean_of(struct scene_asked *s, double (*when)(const struct outage *), double *out)
{
    struct outage o = {0};
    const char *const unplain = outage_unplain(s, &o);
    if (unplain != NULL)
        return no(s, "%s", unplain);
    o.heard = o.from + o.delay;
    const double last = when(&o);
    o.heard -= o.gap;
    const double first = when(&o);
    if (first < 0 || last < 0)
        return no(s, "it speaks of an outage that clients outlast");
    if (fabs(last - first - o.gap) > 1)
        return no(s, "a request is sent just when the gateway comes back: who is heard is chance");
    *out = (first + last) / 2 - o.from;
    return true;
}

static bool loss_found(const struct model_world_config *world, double *out, char *error,
                       size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    return mean_of(&s, noticed, out);
}

static bool back_again(const struct model_world_config *world, double *out, char *error,
                       size_t error_max)
{
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (world->clients[0].reconnect_ns == SIM_NEVER)
        return no(&s, "it speaks of clients who come back");
    return mean_of(&s, returned, out);
}

/* ---- clients who come as a trace says ---- */

/* Half-open SAs at the samples of a run in which each is held for `hold_ns`, from `begin_ns` after
 * its client came. */
static uint64_t held_most(const struct model_world_config *world, uint64_t begin_ns,
                          uint64_t hold_ns)
{
    const struct model_arrivals *const a = &world->clients[0].arrivals;
    uint32_t begun = 0, ended = 0, most = 0;
    for (uint64_t at = 0; at <= world->for_ns; at += world->sample_ns) {
        while (begun < a->count && a->at[begun].at_ns + begin_ns <= at)
            begun++;
        while (ended < a->count && a->at[ended].at_ns + begin_ns + hold_ns <= at)
            ended++;
        most = begun - ended > most ? begun - ended : most;
    }
    return most;
}

/* From its first request until its last one, a client is half-open: all exchanges but one go to and
 * fro, and the AAA server is asked in those of EAP. */
static bool trace_held(const struct model_world_config *world, double *out, char *error,
                       size_t error_max)
{
    const struct model_clients *const c = &world->clients[0];
    struct scene_asked s = {.world = world, .error_max = error_max};
    s.error = error;
    if (world->client_count != 1 || world->attacker_count != 0 ||
        c->arrivals.process != MODEL_TRACED || c->from_ns != 0 || c->count_max < c->arrivals.count)
        return no(&s,
                  "it speaks of one kind of clients, who come as a trace says, and no attacker");
    const struct model_gateway *const g = &world->gateways[model_gateway_named(world, c->to)];
    const uint64_t asked = eap_exchanges(model_eap_method_of(c->auth), c->eap.identity);
    if (model_round_count(c) != 1 || asked == 0 || g->aaa.latency_ns == SIM_NEVER ||
        g->aaa.jitter_ns != 0)
        return no(&s,
                  "it speaks of EAP without TLS, by an AAA server that takes the same time always");
    if (g->half_open_limit != IKE_UNLIMITED || g->half_open_per_address != IKE_UNLIMITED ||
        g->cookies_at != IKE_UNLIMITED)
        return no(&s, "it speaks of neither cookies nor limits");
    uint64_t delay_ns = 0;
    if (!way_is(&s, c->via, c->to, is_plain, &delay_ns))
        return no(&s, "it speaks of links of constant delay, without rate, jitter and loss");
    *out =
        (double)held_most(world, delay_ns, 2 * (1 + asked) * delay_ns + asked * g->aaa.latency_ns);
    return true;
}

const struct model_theory model_theories[] = {
    {"erlang-b", "half_open_refused_share",
     "one poisson flood of constant rate, half_open.limit N, every slot held for the timeout T",
     "A. K. Erlang 1917; B(N) of load rate x T", erlang_b},
    {"pin-rate", "half_open_max",
     "one uniform flood of constant rate, half_open.limit N, timeout T: full from N / T on",
     "Little's law", pin_rate},
    {"md1-wait", "wait_mean",
     "one poisson flood of constant rate, one core, cookies always: each request costs the same",
     "Pollaczek and Khinchine; load x cost / (2 (1 - load))", md1_wait},
    {"saturation-with-cookies", "served",
     "one poisson flood above saturation, cookies always: cores / cost requests a second",
     "RFC 7296 2.6; the profiles", with_cookies},
    {"saturation-without", "served",
     "one poisson flood above saturation, no cookies, no limits, no timeout within the run",
     "RFC 7296 1.2; the profiles", without_cookies},
    {"packet-count", "packets_per_connection",
     "one kind of clients, nothing lost, no TLS: an exchange for each thing said and answered",
     "RFC 7296 1.2, 1.3, 2.16, RFC 4739 2.2", packet_count},
    {"line-loss", "esp_lost_share",
     "one kind of clients who send packets, by one line that loses at random: rekeys lose none",
     "RFC 7296 2.8: an SA is made before the one it replaces is closed", line_loss},
    {"loss-found", "loss_found_mean",
     "one outage; clients by one plain line, up before it, who send at even gaps and ask for signs "
     "of "
     "life: a silence, then a request that is given up, or answered with a token",
     "RFC 7296 2.4, RFC 6290 4", loss_found},
    {"back-again", "back_mean",
     "the same, and who has found it begins anew: two exchanges from the first request that is "
     "heard",
     "RFC 7296 1.2, 2.1", back_again},
    {"trace-held", "half_open_max",
     "clients who come as a trace says and do EAP with an AAA server, no limits: who has come and "
     "is "
     "not done, at each sample",
     "Little's law, with the times themselves in place of their rate", trace_held},
};
const size_t model_theory_count = sizeof model_theories / sizeof model_theories[0];

const struct model_theory *model_theory_named(const char *name)
{
    for (size_t i = 0; i < model_theory_count; i++)
        if (strcmp(model_theories[i].name, name) == 0)
            return &model_theories[i];
    return NULL;
}
