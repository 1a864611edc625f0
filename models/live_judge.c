/* SPDX-License-Identifier: MIT
 * What is wrong with rates in real time: what floods a real machine's kernel is
 * bounded, of each who sends it. Of background traffic background_judge.c says
 * it. */
#include "models/arrivals.h"
#include "models/judge.h"
#include "models/scene.h"
#include "models/traffic.h"

#include <inttypes.h>

enum { MILLION = 1000000, NANO = 1000000000 };

static void judge_attacker(struct model_judge *j, const struct model_attacker *a)
{
    const struct model_about about = {"attackers", a->name, ".rate"};
    for (uint64_t i = 0; i < a->rate.count; i++)
        if (a->rate.at[i].rate_micro > MODEL_LIVE_RATE_MAX * (uint64_t)MILLION) {
            model_say(j, about, true, "is more than a live run sends: give at most %d/s",
                      MODEL_LIVE_RATE_MAX);
            return;
        }
}

static void judge_arrivals(struct model_judge *j, const struct model_clients *c)
{
    const struct model_about about = {"clients", c->name, ".arrivals"};
    const uint64_t most = model_arrival_most(&c->arrivals, NANO);
    if (most > MODEL_LIVE_RATE_MAX && c->count_max > MODEL_LIVE_RATE_MAX)
        model_say(j, about, true,
                  "makes %" PRIu64
                  " clients in one second, more than a live run sends: give at most %d/s",
                  most, MODEL_LIVE_RATE_MAX);
}

/* How many clients are up at once, at most: those who have come and not left, all of them where who
 * leaves comes back. */
static uint64_t up_at_once(const struct model_world_config *config, const struct model_clients *c)
{
    const bool leaves = c->stay_ns < config->for_ns && c->reconnect_ns == SIM_NEVER;
    const uint64_t for_ns = config->for_ns;
    const uint64_t span_ns =
        leaves && c->patience_ns < for_ns - c->stay_ns ? c->stay_ns + c->patience_ns : for_ns;
    const uint64_t most = model_arrival_most(&c->arrivals, span_ns);
    return most < c->count_max ? most : c->count_max;
}

static void judge_traffic(struct model_judge *j, const struct model_clients *c)
{
    const struct model_about about = {"clients", c->name, ".traffic.rate"};
    const uint64_t up = up_at_once(j->config, c);
    const uint64_t rate = model_mul_div(c->traffic.arrivals.rate_micro, up, MILLION);
    if (model_has_traffic(c) && rate > MODEL_LIVE_RATE_MAX)
        model_say(j, about, true,
                  "makes %" PRIu64 " packets a second with the %" PRIu64
                  " clients that may be up at once, more than a live run sends: give at most %d "
                  "in all",
                  rate, up, MODEL_LIVE_RATE_MAX);
}

void model_live_judge(struct model_judge *j)
{
    const struct model_world_config *const c = j->config;
    if (c->network != MODEL_LIVE)
        return;
    for (uint32_t i = 0; i < c->attacker_count; i++)
        judge_attacker(j, &c->attackers[i]);
    for (uint32_t i = 0; i < c->client_count; i++) {
        judge_arrivals(j, &c->clients[i]);
        judge_traffic(j, &c->clients[i]);
    }
}
