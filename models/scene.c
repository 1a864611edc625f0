/* SPDX-License-Identifier: MIT
 * The small things that all parts of a world use. */
#include "models/scene.h"

#include "sim/tcp.h"

#include <stdio.h>

enum { MILLION = 1000000 };

enum sim_phase model_phase(const struct model_scene *scene, uint64_t at_ns)
{
    if (at_ns < scene->attack_from_ns)
        return SIM_BEFORE;
    return at_ns < scene->attack_until_ns ? SIM_DURING : SIM_AFTER;
}

void model_metric(const struct model_scene *scene, const char *who, enum sim_metric metric,
                  uint64_t value)
{
    if (scene->record != NULL)
        scene->record->ops->metric(scene->record, who, metric, (int64_t)value);
}

void model_series(const struct model_scene *scene, const char *who, enum sim_series series,
                  uint64_t now_ns, uint64_t value)
{
    if (scene->record != NULL)
        scene->record->ops->series(scene->record, who, series, now_ns, (int64_t)value);
}

uint64_t model_busy_ppm(uint64_t busy_ns, uint64_t cores, uint64_t span_ns)
{
    const uint64_t share = span_ns == 0 ? 0 : model_mul_div(busy_ns, MILLION, cores * span_ns);
    return share > MILLION ? MILLION : share;
}

void model_metric_ratio(const struct model_scene *scene, const char *who, enum sim_metric metric,
                        const uint64_t fraction[3])
{
    if (fraction[2] != 0)
        model_metric(scene, who, metric, model_mul_div(fraction[0], fraction[1], fraction[2]));
}

/* An answer may be sent more than once. */
void model_refused_share(const struct model_scene *scene, const char *who, uint64_t requests,
                         uint64_t accepted)
{
    const uint64_t refused = requests > accepted ? requests - accepted : 0;
    model_metric_ratio(scene, who, SIM_METRIC_INIT_REFUSED_SHARE,
                       (uint64_t[]){refused, MILLION, requests});
}

void model_hints_report(const struct model_scene *scene, const char *who,
                        const struct model_abilities *abilities,
                        const struct sim_host_counts *counts)
{
    if (abilities->hints_ns == 0 && counts->hints == 0)
        return;
    model_metric(scene, who, SIM_METRIC_ICMP_HINTS, counts->hints);
    model_metric(scene, who, SIM_METRIC_ICMP_CHECKS, counts->hints_heeded);
}

void model_invalid_selectors_report(const struct model_scene *scene, const char *who,
                                    const struct model_abilities *abilities,
                                    const struct sim_host_counts *counts)
{
    if (abilities->invalid_selectors_ns != 0 || counts->events[IKE_INVALID_SELECTORS_HEARD] > 0)
        model_metric(scene, who, SIM_METRIC_INVALID_SELECTORS_HEARD,
                     counts->events[IKE_INVALID_SELECTORS_HEARD]);
}

void model_refusals(const struct model_scene *scene, const char *who, const uint64_t *reasons)
{
    if (scene->record == NULL)
        return;
    for (uint32_t why = WHY_OK + 1; why < IKE_WHY_COUNT; why++)
        if (reasons[why] > 0)
            scene->record->ops->refusal(scene->record, who, ike_why_row((enum ike_why)why)->name,
                                        reasons[why]);
}

void model_tcp_report(const struct model_scene *scene, const char *who,
                      const struct sim_tcp_counts *counts)
{
    if (counts == NULL)
        return;
    model_metric(scene, who, SIM_METRIC_TCP_OPENED, counts->opened + counts->accepted);
    model_metric(scene, who, SIM_METRIC_TCP_SEGMENTS, counts->segments);
    model_metric(scene, who, SIM_METRIC_TCP_RESENT, counts->resent);
    if (counts->half_open_max == 0 && counts->backlog_dropped == 0)
        return; /* it opens connections and takes none */
    model_metric(scene, who, SIM_METRIC_TCP_BACKLOG_DROPS, counts->backlog_dropped);
    model_metric(scene, who, SIM_METRIC_TCP_HALF_OPEN_MAX, counts->half_open_max);
}

/* Bit by bit of `a`: whole and rest of what it makes of b / c. */
uint64_t model_mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t whole = b / c;
    const uint64_t part = b % c;
    uint64_t quotient = 0;
    uint64_t rest = 0;
    uint64_t product;
    if (!__builtin_mul_overflow(a, b, &product))
        return product / c;
    for (int bit = 63; bit >= 0; bit--) {
        const bool carry = rest >= c - rest; /* 2 x rest >= c */
        quotient = quotient * 2 + (carry ? 1 : 0);
        rest = carry ? rest - (c - rest) : rest * 2;
        if ((a >> bit & 1) == 0)
            continue;
        const bool more = part != 0 && rest >= c - part;
        quotient += whole + (more ? 1 : 0);
        rest = more ? rest - (c - part) : rest + part;
    }
    return quotient;
}

bool model_provider_open(struct model_provider *provider, const struct model_scene *scene,
                         const char *stream, const struct ike_costs *costs)
{
    sim_rng_open(&provider->rng, scene->config->seed, stream);
    provider->below = scene->provider(sim_rng_random(&provider->rng));
    if (provider->below == NULL)
        return false;
    provider->meter = ike_crypto_meter(provider->below, costs);
    if (provider->meter == NULL)
        provider->below->ops->close(provider->below);
    return provider->meter != NULL;
}

void model_provider_close(struct model_provider *provider)
{
    if (provider->meter != NULL)
        provider->meter->ops->close(provider->meter);
    provider->meter = provider->below = NULL;
}

static uint32_t scaled(uint32_t value, uint64_t scale_ppm)
{
    const uint64_t product = model_mul_div(value, scale_ppm, MILLION);
    return product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
}

bool model_costs_find(const char *machine, uint64_t scale_ppm, struct ike_costs *out, char *error,
                      size_t error_max)
{
    struct model_machine read;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    const struct model_machine *found = model_machine_named(machine);
    if (found == NULL) {
        if (!model_machine_read(machine, &read, error, error_max))
            return false;
        found = &read;
    }
    *out = found->costs;
    const size_t count = model_cost_rows(out, rows);
    for (size_t i = 0; i < count; i++)
        *rows[i].value = scaled(*rows[i].value, scale_ppm);
    return true;
}

bool model_implementation_find(const char *name, uint64_t scale_ppm, struct sim_implementation *out)
{
    const struct model_implementation *const found = model_implementation_named(name);
    if (found == NULL)
        return false;
    *out = found->costs;
    uint32_t *const times[] = {
        &out->datagram_ns,      &out->answer_ns,         &out->byte_ps,         &out->half_open_ns,
        &out->established_ns,   &out->refused_ns,        &out->expired_ns,      &out->cold_ns,
        &out->datagram_each_ns, &out->half_open_each_ns, &out->expired_each_ns, &out->woken_ns,
        &out->half_open_cold_ns};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = scaled(*times[i], scale_ppm);
    return true;
}
