/* SPDX-License-Identifier: MIT
 * Counts of successes and failures, and percentiles of times (outcomes.h). */
#include "models/outcomes.h"

#include "ike/pool.h"

#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000 };

bool model_outcomes_open(struct model_outcomes *outcomes, uint64_t max)
{
    *outcomes = (struct model_outcomes){.max = max};
    outcomes->times_ns = ike_reserve(max, sizeof *outcomes->times_ns);
    return outcomes->times_ns != NULL;
}

void model_outcomes_close(struct model_outcomes *outcomes)
{
    ike_unreserve(outcomes->times_ns, outcomes->max, sizeof *outcomes->times_ns);
}

void model_outcomes_add(struct model_outcomes *outcomes, enum sim_outcome outcome,
                        enum sim_phase phase, uint64_t took_ns)
{
    const bool success = outcome == SIM_SUCCEEDED;
    if (outcome == SIM_CENSORED) {
        outcomes->censored++;
        return;
    }
    outcomes->failures += success ? 0 : 1;
    outcomes->resolved_during += phase == SIM_DURING ? 1 : 0;
    outcomes->successes_during += success && phase == SIM_DURING ? 1 : 0;
    if (success && outcomes->successes < outcomes->max)
        outcomes->times_ns[outcomes->successes++] = took_ns;
}

static int time_order(const void *a, const void *b)
{
    uint64_t x;
    uint64_t y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* The smallest time that `percent` of all are not above. */
static void report_times(const struct model_scene *scene, const char *who,
                         struct model_outcomes *outcomes)
{
    static const struct {
        enum sim_metric metric;
        uint64_t percent;
    } rows[] = {{SIM_METRIC_SETUP_TIME_P50, 50},
                {SIM_METRIC_SETUP_TIME_P95, 95},
                {SIM_METRIC_SETUP_TIME_P99, 99}};
    if (outcomes->successes == 0)
        return;
    qsort(outcomes->times_ns, (size_t)outcomes->successes, sizeof *outcomes->times_ns, time_order);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint64_t rank = (outcomes->successes * rows[i].percent + 99) / 100;
        model_metric(scene, who, rows[i].metric, outcomes->times_ns[rank - 1]);
    }
}

void model_outcomes_report(const struct model_scene *scene, const char *who,
                           struct model_outcomes *outcomes)
{
    const struct model_outcomes *const o = outcomes;
    model_metric(scene, who, SIM_METRIC_SUCCESSES, o->successes);
    model_metric(scene, who, SIM_METRIC_FAILURES, o->failures);
    model_metric(scene, who, SIM_METRIC_CENSORED, o->censored);
    model_metric_ratio(scene, who, SIM_METRIC_SUCCESS_SHARE,
                       (uint64_t[]){o->successes, MILLION, o->successes + o->failures});
    model_metric_ratio(scene, who, SIM_METRIC_SUCCESS_SHARE_DURING,
                       (uint64_t[]){o->successes_during, MILLION, o->resolved_during});
    report_times(scene, who, outcomes);
}
