/* SPDX-License-Identifier: MIT
 * What every part of a world shares: the loop, the network, the record, when
 * the attack is. Within models only. */
#ifndef MODELS_SCENE_H
#define MODELS_SCENE_H

#include "models/places.h"
#include "models/world.h"
#include "sim/fingerprint.h"
#include "sim/loop.h"
#include "sim/rng.h"

/* Packets of a population's traffic, inner ones. */
struct model_traffic_counts {
    uint64_t sent, received;           /* to its gateway */
    uint64_t sent_back, received_back; /* and back */
    uint64_t held;                     /* not sent, either way: there was no Child SA */
};

struct model_trace_run;

struct model_scene {
    const struct model_world_config *config;
    const struct model_places *places;
    struct sim_loop *loop;
    struct sim_net *net;
    struct sim_fingerprint fingerprint;
    struct sim_record *record; /* NULL: nobody listens */
    model_provider_fn *provider;
    uint64_t attack_from_ns;  /* the first attacker begins; SIM_NEVER: there is none */
    uint64_t attack_until_ns; /* the last one has ended */
    struct model_traffic_counts traffic[MODEL_THINGS_MAX]; /* by population */
    /* Of real gateways, by their row, where messages are recorded: clients of ours tell them keys.
     */
    struct model_trace_run *traces[MODEL_THINGS_MAX];
    uint64_t esp_unknown, esp_replayed,
        esp_outside; /* packets that ends refused, told at the end */
};

struct sim_link_config model_link_config(const struct model_link *link);

/* Whether an attacker sends at that time, has not begun, or all have ended. */
enum sim_phase model_phase(const struct model_scene *scene, uint64_t at_ns);
void model_metric(const struct model_scene *scene, const char *who, enum sim_metric metric,
                  uint64_t value);
void model_series(const struct model_scene *scene, const char *who, enum sim_series series,
                  uint64_t now_ns, uint64_t value);
/* Of so many cores in that time, 0 of none: no more than all of it, since work counts when it is
 * done. */
uint64_t model_busy_ppm(uint64_t busy_ns, uint64_t cores, uint64_t span_ns);
/* A metric that is value / over, times `times`; nothing when `over` is 0. */
void model_metric_ratio(const struct model_scene *scene, const char *who, enum sim_metric metric,
                        const uint64_t fraction[3]);
/* Of its requests of IKE_SA_INIT, beside how many were accepted. */
void model_refused_share(const struct model_scene *scene, const char *who, uint64_t requests,
                         uint64_t accepted);
/* What came to it by ICMP, where it heeds that or something came. */
void model_hints_report(const struct model_scene *scene, const char *who,
                        const struct model_abilities *abilities,
                        const struct sim_host_counts *counts);
/* Packets of its own of which it was told that they strayed, where it says so itself or was told.
 */
void model_invalid_selectors_report(const struct model_scene *scene, const char *who,
                                    const struct model_abilities *abilities,
                                    const struct sim_host_counts *counts);
/* What an engine refused: reasons by ike_why, those that never happened left out. */
void model_refusals(const struct model_scene *scene, const char *who, const uint64_t *reasons);
/* a x b / c without overflow between; c is not 0, the result is to fit. */
uint64_t model_mul_div(uint64_t a, uint64_t b, uint64_t c);

/* A provider whose random octets come from a stream of its own, and the meter before it. */
struct model_provider {
    struct sim_rng rng;
    struct ike_crypto *below;
    struct ike_crypto *meter; /* closes `below` too */
};
bool model_provider_open(struct model_provider *provider, const struct model_scene *scene,
                         const char *stream, const struct ike_costs *costs);
void model_provider_close(struct model_provider *provider);

/* The machine's costs by name or path, times `scale_ppm` / 1,000,000. */
bool model_costs_find(const char *machine, uint64_t scale_ppm, struct ike_costs *out, char *error,
                      size_t error_max);
bool model_implementation_find(const char *name, uint64_t scale_ppm,
                               struct sim_implementation *out);

/* What TCP did; NULL: there is none, and nothing is told. */
struct sim_tcp_counts;
void model_tcp_report(const struct model_scene *scene, const char *who,
                      const struct sim_tcp_counts *counts);

#endif
