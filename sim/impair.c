/* SPDX-License-Identifier: MIT
 * Judging datagrams. */
#include "sim/impair.h"

void sim_impair_open(struct sim_impair *impair, uint64_t seed, const char *name, uint64_t index)
{
    *impair = (struct sim_impair){.burst = false};
    sim_rng_open_at(&impair->loss, seed, name, index);
    /* A seed of their own: `loss` has the numbers it always had. */
    struct sim_rng more;
    sim_rng_open_at(&more, seed ^ UINT64_C(0x696d70616972), name, index);
    const uint64_t other = sim_rng_u64(&more);
    sim_rng_open_at(&impair->bursts, other, "bursts", 0);
    sim_rng_open_at(&impair->duplicates, other, "duplicates", 0);
    sim_rng_open_at(&impair->stragglers, other, "stragglers", 0);
}

void sim_impair_open_way(struct sim_impair *impair, uint64_t seed, const char *name, uint32_t way)
{
    struct sim_rng streams;
    sim_rng_open(&streams, seed, "net_links");
    const uint64_t own = sim_rng_u64(&streams);
    const uint64_t stream = (*name == '\0' ? way + UINT64_C(2) : way % 2) * 2;
    sim_impair_open(impair, own, name, stream);
    sim_rng_open_at(&impair->jitter, own, name, stream + 1);
    sim_rng_open_at(&impair->tries, own ^ UINT64_C(0x63656c6c), name, stream);
    sim_rng_open_at(&impair->fades, own ^ UINT64_C(0x63656c6c), name, stream + 1);
    impair->up = way % 2 == 0;
}

static uint64_t cell_wait(struct sim_impair *impair, const struct sim_cell *cell, uint64_t out_ns)
{
    const uint64_t past = impair->up && cell->grant_ns != 0 ? out_ns % cell->grant_ns : 0;
    uint64_t wait_ns = past != 0 ? cell->grant_ns - past : 0;
    for (uint32_t i = 1; i < cell->tries && sim_rng_chance_ppb(&impair->tries, cell->errors_ppb);
         i++)
        wait_ns += cell->retry_ns;
    return wait_ns;
}

uint64_t sim_impair_wait(struct sim_impair *impair, const struct sim_impairments *line,
                         uint64_t jitter_ns, uint64_t out_ns)
{
    const uint64_t by_jitter = jitter_ns != 0 ? sim_rng_between(&impair->jitter, 0, jitter_ns) : 0;
    if (line->cell.tries == 0)
        return by_jitter;
    return by_jitter + cell_wait(impair, &line->cell, out_ns + by_jitter);
}

/* All tries fail: told of each datagram by itself, since it was told how long it takes before. */
static bool cell_loses(struct sim_impair *impair, const struct sim_cell *cell)
{
    uint64_t share_ppb = cell->errors_ppb;
    for (uint32_t i = 1; i < cell->tries; i++)
        share_ppb = share_ppb * cell->errors_ppb / 1000000000;
    return cell->tries != 0 && sim_rng_chance_ppb(&impair->fades, (uint32_t)share_ppb);
}

struct sim_fate sim_impair_judge(struct sim_impair *impair, const struct sim_impairments *line,
                                 uint64_t now_ns)
{
    struct sim_fate fate = {.kind = SIM_FATE_PASSES};
    if (sim_impair_is_out(line, now_ns))
        fate.kind = SIM_FATE_OUT;
    else if (sim_impair_loses(impair, line) || cell_loses(impair, &line->cell))
        fate.kind = SIM_FATE_LOST;
    if (fate.kind != SIM_FATE_PASSES)
        return fate;
    fate.twice = sim_impair_doubles(impair, line);
    fate.late_ns = sim_impair_delays(impair, line) ? line->reorder_ns : 0;
    return fate;
}

bool sim_impairments_are_none(const struct sim_impairments *line)
{
    return line->loss_ppb == 0 && line->burst_begin_ppb == 0 && line->duplicate_ppb == 0 &&
           line->reorder_ppb == 0 && line->outages.count == 0 && line->cell.tries == 0;
}

bool sim_impair_loses(struct sim_impair *impair, const struct sim_impairments *line)
{
    uint32_t share = line->loss_ppb;
    if (line->burst_begin_ppb != 0) {
        const uint32_t turns = impair->burst ? line->burst_end_ppb : line->burst_begin_ppb;
        impair->burst ^= sim_rng_chance_ppb(&impair->bursts, turns);
        share = impair->burst ? line->burst_loss_ppb : share;
    } else if (share == 0) {
        return false;
    }
    return sim_rng_chance_ppb(&impair->loss, share);
}

bool sim_impair_doubles(struct sim_impair *impair, const struct sim_impairments *line)
{
    return line->duplicate_ppb != 0 && sim_rng_chance_ppb(&impair->duplicates, line->duplicate_ppb);
}

bool sim_impair_delays(struct sim_impair *impair, const struct sim_impairments *line)
{
    return line->reorder_ppb != 0 && sim_rng_chance_ppb(&impair->stragglers, line->reorder_ppb);
}

bool sim_impair_is_out(const struct sim_impairments *line, uint64_t now_ns)
{
    const struct sim_outages *const outages = &line->outages;
    for (uint64_t i = 0; i < outages->count && outages->at[i].from_ns <= now_ns; i++)
        if (now_ns < outages->at[i].until_ns)
            return true;
    return false;
}

bool sim_outages_are_in_order(const struct sim_outages *outages)
{
    uint64_t last_ns = 0;
    for (uint64_t i = 0; i < outages->count; i++) {
        if (outages->at[i].until_ns <= outages->at[i].from_ns ||
            (i > 0 && outages->at[i].from_ns <= last_ns))
            return false;
        last_ns = outages->at[i].until_ns;
    }
    return true;
}
