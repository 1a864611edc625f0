/* SPDX-License-Identifier: MIT
 * Arrival processes in integers. Exponential gaps are drawn anew where the
 * rate changes, which is exact as they have no memory; under a ramp, some are
 * thrown away in proportion (thinning). Even gaps end when the rate summed
 * over time has made one whole event. */
#include "models/arrivals.h"

#include "models/scene.h"

#include <assert.h>

static const uint64_t event_area = UINT64_C(1000000000000000); /* 1e6 micro x 1e9 ns: one event */
static const uint64_t fine_rate = 1000000; /* from one a second on: picoseconds */

static uint64_t poisson_gap(struct model_gaps *gaps, uint64_t rate_micro)
{
    if (rate_micro < fine_rate)
        return sim_rng_exponential(&gaps->rng, event_area / rate_micro);
    const uint64_t ps = sim_rng_exponential(&gaps->rng, event_area * 1000 / rate_micro);
    const uint64_t gap_ns = (gaps->carry + ps) / 1000;
    gaps->carry = (gaps->carry + ps) % 1000;
    return gap_ns;
}

static uint64_t even_gap(struct model_gaps *gaps, uint64_t rate_micro)
{
    uint64_t gap_ns = event_area / rate_micro;
    gaps->carry += event_area % rate_micro;
    if (gaps->carry >= rate_micro) {
        gaps->carry -= rate_micro;
        gap_ns++;
    }
    return gap_ns;
}

static uint64_t traced_next(const struct model_arrivals *arrivals, struct model_gaps *gaps,
                            uint64_t from_ns)
{
    while (gaps->moment < arrivals->count && arrivals->at[gaps->moment].at_ns < from_ns)
        gaps->moment++;
    return gaps->moment < arrivals->count ? arrivals->at[gaps->moment++].at_ns : SIM_NEVER;
}

uint64_t model_arrival_next(const struct model_arrivals *arrivals, struct model_gaps *gaps,
                            uint64_t now_ns)
{
    if (arrivals->process == MODEL_TRACED)
        return traced_next(arrivals, gaps, now_ns); /* others may come at the same time */
    if (arrivals->process == MODEL_BURST)
        return now_ns + arrivals->every_ns;
    if (arrivals->rate_micro == 0)
        return SIM_NEVER;
    if (arrivals->process == MODEL_UNIFORM)
        return now_ns + even_gap(gaps, arrivals->rate_micro);
    return now_ns + poisson_gap(gaps, arrivals->rate_micro);
}

uint64_t model_arrival_first(const struct model_arrivals *arrivals, struct model_gaps *gaps,
                             uint64_t from_ns)
{
    if (arrivals->process == MODEL_TRACED)
        return traced_next(arrivals, gaps, from_ns);
    if (arrivals->process == MODEL_POISSON)
        return model_arrival_next(arrivals, gaps, from_ns);
    if (arrivals->process == MODEL_UNIFORM && arrivals->rate_micro == 0)
        return SIM_NEVER;
    return from_ns;
}

static uint64_t square_root(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= value)
            root += bit;
    return root;
}

uint64_t model_arrival_bound(const struct model_arrivals *arrivals, uint64_t span_ns)
{
    if (arrivals->process == MODEL_TRACED)
        return arrivals->count;
    if (arrivals->process == MODEL_BURST)
        return model_mul_div(span_ns / arrivals->every_ns + 1, arrivals->burst, 1);
    const uint64_t mean = model_mul_div(arrivals->rate_micro, span_ns, event_area);
    return mean + 10 * square_root(mean) + 64;
}

/* Of a trace: the window is moved from each of its times to the next. */
static uint64_t traced_most(const struct model_arrivals *arrivals, uint64_t span_ns)
{
    uint32_t most = 0;
    for (uint32_t first = 0, end = 0; end < arrivals->count; end++) {
        while (arrivals->at[end].at_ns - arrivals->at[first].at_ns >= span_ns)
            first++;
        most = end + 1 - first > most ? end + 1 - first : most;
    }
    return most;
}

uint64_t model_arrival_most(const struct model_arrivals *arrivals, uint64_t span_ns)
{
    assert(span_ns > 0);
    if (arrivals->process == MODEL_TRACED)
        return traced_most(arrivals, span_ns);
    if (arrivals->process == MODEL_BURST)
        return model_mul_div((span_ns - 1) / arrivals->every_ns + 1, arrivals->burst, 1);
    return model_mul_div(arrivals->rate_micro, span_ns, event_area);
}

/* A piece of a rate over time: straight from (at, rate) to (end, end_rate). */
struct piece {
    uint64_t at_ns, end_ns;
    uint64_t rate, end_rate;
};

static struct piece piece_at(const struct model_attacker *a, uint64_t at_ns)
{
    const struct model_rate *const r = &a->rate;
    uint64_t next = 0;
    while (next < r->count && r->at[next].at_ns <= at_ns)
        next++;
    const struct model_rate_point none = {.at_ns = 0, .rate_micro = 0};
    const struct model_rate_point from = next > 0 ? r->at[next - 1] : none;
    struct piece piece = {from.at_ns, SIM_NEVER, from.rate_micro, from.rate_micro};
    if (next < r->count)
        piece.end_ns = r->at[next].at_ns;
    if (next < r->count && next > 0 && a->shape == MODEL_RAMP)
        piece.end_rate = r->at[next].rate_micro;
    return piece;
}

static uint64_t rate_in(const struct piece *p, uint64_t at_ns)
{
    if (p->rate == p->end_rate)
        return p->rate;
    const uint64_t span = p->end_ns - p->at_ns;
    if (p->end_rate > p->rate)
        return p->rate + model_mul_div(p->end_rate - p->rate, at_ns - p->at_ns, span);
    return p->rate - model_mul_div(p->rate - p->end_rate, at_ns - p->at_ns, span);
}

uint64_t model_flood_rate(const struct model_attacker *attacker, uint64_t at_ns)
{
    const struct piece piece = piece_at(attacker, at_ns);
    return rate_in(&piece, at_ns);
}

/* The next event of the piece after `now_ns`; SIM_NEVER: none before its end. */
static uint64_t poisson_in(const struct piece *p, struct model_gaps *gaps, uint64_t now_ns)
{
    const uint64_t most = p->rate > p->end_rate ? p->rate : p->end_rate;
    while (now_ns < p->end_ns && most > 0) {
        now_ns += poisson_gap(gaps, most);
        if (now_ns >= p->end_ns)
            break;
        if (p->rate == p->end_rate || sim_rng_below(&gaps->rng, most) < rate_in(p, now_ns))
            return now_ns;
    }
    return SIM_NEVER;
}

/* Rate summed from one time to another of a piece, at most two events' worth. */
static uint64_t area_of(const struct piece *p, uint64_t from_ns, uint64_t to_ns)
{
    const uint64_t twice = rate_in(p, from_ns) + rate_in(p, to_ns);
    uint64_t area;
    if (__builtin_mul_overflow(twice, to_ns - from_ns, &area) || area / 2 > 2 * event_area)
        return 2 * event_area;
    return area / 2;
}

/* The same with even gaps, the piece's end included: `carry` is what has been summed since the last
 * event. */
static uint64_t even_in(const struct piece *p, struct model_gaps *gaps, uint64_t now_ns,
                        uint64_t limit_ns)
{
    const uint64_t end_ns = p->end_ns < limit_ns ? p->end_ns : limit_ns;
    const uint64_t need = event_area - gaps->carry;
    const uint64_t whole = area_of(p, now_ns, end_ns);
    if (whole < need) {
        gaps->carry += whole;
        return SIM_NEVER;
    }
    uint64_t low = now_ns; /* the first time at which enough has been summed lies in low … high */
    uint64_t high = end_ns;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (area_of(p, now_ns, middle) >= need)
            high = middle;
        else
            low = middle + 1;
    }
    const uint64_t over = area_of(p, now_ns, low) - need;
    gaps->carry = over < event_area ? over : 0;
    return low;
}

uint64_t model_flood_next(const struct model_attacker *attacker, struct model_gaps *gaps,
                          uint64_t now_ns, uint64_t until_ns)
{
    while (now_ns < until_ns) {
        const struct piece piece = piece_at(attacker, now_ns);
        const uint64_t next_ns = attacker->process == MODEL_UNIFORM
                                     ? even_in(&piece, gaps, now_ns, until_ns)
                                     : poisson_in(&piece, gaps, now_ns);
        if (next_ns != SIM_NEVER)
            return next_ns < until_ns ? next_ns : SIM_NEVER;
        now_ns = piece.end_ns;
    }
    return SIM_NEVER;
}

bool model_flood_span(const struct model_attacker *attacker, uint64_t end_ns, uint64_t *from_ns,
                      uint64_t *until_ns)
{
    const uint64_t last_ns = attacker->until_ns < end_ns ? attacker->until_ns : end_ns;
    bool any = false;
    for (uint64_t at_ns = attacker->from_ns; at_ns < last_ns;) {
        const struct piece piece = piece_at(attacker, at_ns);
        if (piece.rate > 0 || piece.end_rate > 0) {
            if (!any)
                *from_ns = at_ns;
            *until_ns = piece.end_ns < last_ns ? piece.end_ns : last_ns;
            any = true;
        }
        at_ns = piece.end_ns;
    }
    return any;
}
