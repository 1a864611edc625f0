/* SPDX-License-Identifier: MIT
 * What passed a gateway's interface, described. Keys of the latest SAs are
 * kept, as an SA may be gone when its last message is seen. */
#include "models/gateway_trace.h"

#include "ike/v2/describe.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 1024, KEYS_ROOM = 7 * (IKE_KEY_MAX + IKE_PRF_MAX) };

struct kept_keys {
    struct ike_sa_keys keys; /* views into `room` */
    uint8_t room[KEYS_ROOM];
};

struct model_trace_run {
    struct model_scene *scene;
    const char *who;
    struct ike_crypto *crypto;
    uint64_t left; /* messages still wanted */
    uint64_t kept; /* ever; the ring holds the latest */
    struct kept_keys ring[KEPT_MAX];
};

struct model_trace_run *model_trace_open(struct model_scene *scene, const char *who,
                                         struct ike_crypto *crypto)
{
    struct model_trace_run *const trace = calloc(1, sizeof *trace);
    if (trace == NULL)
        return NULL;
    trace->scene = scene;
    trace->who = who;
    trace->crypto = crypto;
    trace->left = scene->config->trace_messages;
    return trace;
}

bool model_trace_wants(const struct model_scene *scene, const char *gateway)
{
    const uint32_t index = model_gateway_named(scene->config, gateway);
    return index != UINT32_MAX && scene->traces[index] != NULL;
}

void model_trace_told(struct model_scene *scene, const char *gateway,
                      const struct ike_engine *engine, uint64_t sa)
{
    struct ike_sa_keys keys;
    if (model_trace_wants(scene, gateway) && ike_sa_keys(engine, sa, &keys))
        model_trace_keys(scene->traces[model_gateway_named(scene->config, gateway)], &keys);
}

void model_trace_close(struct model_trace_run *trace)
{
    free(trace);
}

void model_trace_keys(struct model_trace_run *trace, const struct ike_sa_keys *keys)
{
    struct kept_keys *const slot = &trace->ring[trace->kept % KEPT_MAX];
    struct sim_record *const record = trace->scene->record;
    struct ike_writer w = wr_open(slot->room, sizeof slot->room);
    if (trace->left == 0)
        return;
    slot->keys = *keys;
    struct ike_bytes *const views[] = {&slot->keys.sk_d,  &slot->keys.sk_ai, &slot->keys.sk_ar,
                                       &slot->keys.sk_ei, &slot->keys.sk_er, &slot->keys.sk_pi,
                                       &slot->keys.sk_pr};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        const uint8_t *const at = w.base + w.len;
        put_bytes(&w, *views[i]);
        views[i]->at = at;
    }
    if (w.bad)
        return;
    trace->kept++;
    record->ops->keys(record, keys);
}

/* With the latest of its SA's keys that open it: they change within IKE_INTERMEDIATE. */
static void describe(const struct model_trace_run *trace, struct ike_bytes bytes, bool nat,
                     char *text)
{
    struct ike_reader r = rd_open(bytes);
    if (nat)
        rd_skip(&r, 4); /* the non-ESP marker */
    const uint64_t spi_i = rd_u64(&r);
    const uint64_t spi_r = rd_u64(&r);
    const uint64_t oldest = trace->kept > KEPT_MAX ? trace->kept - KEPT_MAX : 0;
    (void)ike_describe(bytes, nat, NULL, trace->crypto, text);
    for (uint64_t i = trace->kept; i > oldest && strstr(text, "SK{\xe2\x80\xa6}") != NULL; i--) {
        const struct kept_keys *const slot = &trace->ring[(i - 1) % KEPT_MAX];
        if (slot->keys.spi_i == spi_i && slot->keys.spi_r == spi_r)
            (void)ike_describe(bytes, nat, &slot->keys, trace->crypto, text);
    }
}

void model_trace_seen(struct model_trace_run *trace, uint64_t now_ns, bool inbound,
                      const struct ike_datagram *datagram, const char *fate)
{
    char text[IKE_DESCRIBE_TEXT];
    struct sim_record *const record = trace->scene->record;
    const bool nat = datagram->local.port == IKE_PORT_NAT || datagram->stream != 0;
    if (trace->left == 0)
        return;
    trace->left--;
    describe(trace, datagram->bytes, nat, text);
    const struct sim_message message = {.at_ns = now_ns,
                                        .who = trace->who,
                                        .from = inbound ? datagram->remote : datagram->local,
                                        .to = inbound ? datagram->local : datagram->remote,
                                        .bytes = datagram->bytes,
                                        .inbound = inbound,
                                        .tcp = datagram->stream != 0,
                                        .text = text,
                                        .fate = fate};
    record->ops->message(record, &message);
}
