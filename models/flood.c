/* SPDX-License-Identifier: MIT
 * A flood of IKE_SA_INIT requests from spoofed addresses. Each is one of a few
 * made once, complete and with a valid public value, so that the gateway finds
 * no cheap reason to refuse it; SPI, nonce and source are new each time. Or one
 * of TCP's SYNs from such addresses, or of forged ICMP. It costs the attacker nothing; answers come
 * to addresses that are counted. */
#include "models/flood.h"

#include "ike/v2/message.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "models/arrivals.h"
#include "models/places.h"
#include "models/policy.h"
#include "sim/icmp.h"
#include "sim/packet.h"
#include "sim/tcp_segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_flood_run {
    struct model_scene *scene;
    const struct model_attacker *attacker;
    struct model_flood_place place;
    struct sim_port port;
    struct sim_event send;
    struct model_gaps gaps;
    struct sim_rng packets;
    struct model_request *requests;
    uint64_t source_count;
    uint64_t sent;
    uint64_t answered;
};

static uint8_t first_group(const struct ike_offer *offer)
{
    for (uint8_t i = 0; i < offer->count; i++)
        if (ike_offer_type(offer, i) == TRANSFORM_KE)
            return offer->algos[i];
    return 0;
}

bool model_request_make(const char *proposals, struct ike_crypto *crypto, struct model_request *out)
{
    struct ike_offer offers[IKE_OFFERS_MAX];
    uint8_t share[IKE_SHARE_MAX];
    uint8_t nonce[MODEL_REQUEST_NONCE];
    struct ike_kex kex;
    const uint8_t count = model_offers_of(proposals, offers);
    const struct ike_algo *const group = &ike_algos[count > 0 ? first_group(&offers[0]) : 0];
    const struct ike_wish wish = {.protocol = PROTOCOL_IKE, .offers = offers, .offer_count = count};
    const struct ike_header head = {
        .spi_i = 1, .version = IKE_VERSION_2, .exchange = IKE_SA_INIT, .flags = FLAG_INITIATOR};
    struct ike_writer w = wr_open(out->bytes, sizeof out->bytes);
    size_t link = 16; /* the header's next payload */

    if (group->type != TRANSFORM_KE || !crypto->ops->kex_begin(crypto, group, &kex, share))
        return false;
    crypto->ops->kex_free(crypto, group, &kex);
    memset(nonce, 0, sizeof nonce);
    ike_put_header(&w, &head);
    ike_put_offers(&w, &link, &wish, (struct ike_bytes){.at = NULL, .len = 0});
    ike_put_ke(&w, &link, group->id, (struct ike_bytes){.at = share, .len = group->share_len});
    ike_put_nonce(&w, &link, (struct ike_bytes){.at = nonce, .len = sizeof nonce});
    ike_end_message(&w);
    out->len = (uint16_t)w.len;
    out->nonce_at = (uint16_t)(w.len - sizeof nonce);
    return !w.bad;
}

static void send(struct model_flood_run *run, uint64_t now_ns, const struct sim_datagram *datagram)
{
    run->sent++;
    (void)run->scene->net->ops->send(run->scene->net, now_ns, &run->port, datagram);
}

/* The gateway keeps each until it gives up the answer. */
static void send_syn(struct model_flood_run *run, uint64_t now_ns)
{
    uint8_t bytes[32];
    struct ike_writer w = wr_open(bytes, sizeof bytes);
    const uint64_t source = sim_rng_below(&run->packets, run->source_count);
    const uint16_t port = (uint16_t)(1024 + sim_rng_below(&run->packets, 64512));
    const uint32_t seq = (uint32_t)sim_rng_below(&run->packets, UINT64_C(1) << 32);
    sim_segment_put(
        &w, &(struct sim_segment){.seq = seq, .flags = SIM_SYN, .window = UINT16_MAX, .mss = 1460});
    struct sim_datagram datagram = {.from = ike_prefix_at(&run->place.sources, source, port),
                                    .to = run->place.gateway,
                                    .at = bytes,
                                    .len = w.len,
                                    .protocol = SIM_TCP};
    datagram.to.port = IKE_PORT_NAT;
    send(run, now_ns, &datagram);
}

/* What a router that is none says of a packet of ESP that there never was. */
static void send_icmp(struct model_flood_run *run, uint64_t now_ns)
{
    uint8_t esp[32];
    uint8_t packet[128];
    uint8_t room[SIM_ICMP_MAX];
    struct sim_datagram forged;
    const uint64_t source = sim_rng_below(&run->packets, run->source_count);
    const uint64_t whom = 1 + sim_rng_below(&run->packets, run->attacker->about_count);
    sim_rng_fill(&run->packets, esp, sizeof esp);
    struct sim_datagram about = {.from = run->place.gateway,
                                 .to = ike_prefix_at(&run->place.about, whom, 0),
                                 .at = esp,
                                 .len = sizeof esp,
                                 .protocol = SIM_ESP};
    about.from.port = 0;
    const struct sim_icmp what = {.kind = SIM_ICMP_UNREACHABLE,
                                  .quoted = {packet, sim_packet_write(&about, packet)}};
    const struct ike_addr router = ike_prefix_at(&run->place.sources, source, 0);
    if (sim_icmp_write(&what, &router, room, &forged))
        send(run, now_ns, &forged);
}

static void send_one(struct model_flood_run *run, uint64_t now_ns)
{
    struct model_request *const request =
        &run->requests[sim_rng_below(&run->packets, run->attacker->templates)];
    const uint64_t source = sim_rng_below(&run->packets, run->source_count);
    sim_rng_fill(&run->packets, request->bytes, 8);
    sim_rng_fill(&run->packets, request->bytes + request->nonce_at, MODEL_REQUEST_NONCE);
    request->bytes[0] |= 1; /* never zero (RFC 7296 3.1) */
    const struct sim_datagram datagram = {.from =
                                              ike_prefix_at(&run->place.sources, source, IKE_PORT),
                                          .to = run->place.gateway,
                                          .at = request->bytes,
                                          .len = request->len,
                                          .protocol = SIM_UDP};
    send(run, now_ns, &datagram);
}

static uint64_t until_of(const struct model_flood_run *run)
{
    const uint64_t for_ns = run->scene->config->for_ns;
    return run->attacker->until_ns < for_ns ? run->attacker->until_ns : for_ns;
}

static void on_send(void *owner, uint64_t now_ns)
{
    struct model_flood_run *const run = owner;
    static void (*const sends[])(struct model_flood_run * run,
                                 uint64_t now_ns) = {[MODEL_SPOOFED_INIT] = send_one,
                                                     [MODEL_SYN_FLOOD] = send_syn,
                                                     [MODEL_FORGED_ICMP] = send_icmp};
    sends[run->attacker->class](run, now_ns);
    sim_loop_at(run->scene->loop, &run->send,
                model_flood_next(run->attacker, &run->gaps, now_ns, until_of(run)));
}

static void on_answer(void *owner, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct model_flood_run *const run = owner;
    (void)now_ns;
    (void)datagram;
    run->answered++;
}

static bool requests_open(struct model_flood_run *run)
{
    char stream[MODEL_NAME_MAX + 32];
    struct sim_rng rng;
    const uint64_t count = run->attacker->templates;
    run->requests = calloc((size_t)count, sizeof *run->requests);
    if (run->requests == NULL)
        return false;
    (void)snprintf(stream, sizeof stream, "attackers.%s.templates", run->attacker->name);
    sim_rng_open(&rng, run->scene->config->seed, stream);
    struct ike_crypto *const crypto = run->scene->provider(sim_rng_random(&rng));
    bool good = crypto != NULL;
    for (uint64_t i = 0; good && i < count; i++)
        good = model_request_make(run->attacker->proposals, crypto, &run->requests[i]);
    if (crypto != NULL)
        crypto->ops->close(crypto);
    return good;
}

static void events_open(struct model_flood_run *run)
{
    const struct model_attacker *const a = run->attacker;
    char stream[MODEL_NAME_MAX + 32];
    (void)snprintf(stream, sizeof stream, "attackers.%s.arrivals", a->name);
    sim_rng_open(&run->gaps.rng, run->scene->config->seed, stream);
    (void)snprintf(stream, sizeof stream, "attackers.%s.packets", a->name);
    sim_rng_open(&run->packets, run->scene->config->seed, stream);
    run->send = (struct sim_event){.rank = SIM_ARRIVAL, .run = on_send, .owner = run};
    sim_loop_at(run->scene->loop, &run->send,
                model_flood_next(a, &run->gaps, a->from_ns, until_of(run)));
}

struct model_flood_run *model_flood_open(struct model_scene *scene,
                                         const struct model_attacker *attacker,
                                         const struct model_flood_place *place, char *error,
                                         size_t error_max)
{
    struct model_flood_run *const run = calloc(1, sizeof *run);
    (void)snprintf(error, error_max, "attackers.%s: its requests cannot be made", attacker->name);
    if (run == NULL)
        return NULL;
    run->scene = scene;
    run->attacker = attacker;
    run->place = *place;
    run->place.gateway.port = IKE_PORT;
    run->port = (struct sim_port){.name = attacker->name, .deliver = on_answer, .owner = run};
    const uint64_t size = model_prefix_size(&place->sources);
    run->source_count = attacker->source_count == IKE_UNLIMITED || attacker->source_count > size
                            ? size
                            : attacker->source_count;
    if (!requests_open(run)) {
        model_flood_close(run);
        return NULL;
    }
    events_open(run);
    return run;
}

struct sim_port *model_flood_port(struct model_flood_run *run)
{
    return &run->port;
}

void model_flood_report(struct model_flood_run *run)
{
    model_metric(run->scene, run->attacker->name, SIM_METRIC_FLOOD_SENT, run->sent);
    model_metric(run->scene, run->attacker->name, SIM_METRIC_FLOOD_ANSWERED, run->answered);
}

void model_flood_close(struct model_flood_run *run)
{
    if (run == NULL)
        return;
    sim_loop_cancel(run->scene->loop, &run->send);
    free(run->requests);
    free(run);
}
