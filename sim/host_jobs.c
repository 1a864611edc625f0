/* SPDX-License-Identifier: MIT
 * A host whose threads share the work (sim_implementation.receiver_ppm), as
 * charon's do: one receives, which is cheap and happens even when there is more
 * to do than can be done; the others serve what it took, by priority. So the
 * socket's buffer stays empty while the queue grows, and who is late in the
 * queue is not refused but never served.
 *
 * The scheduler is fair: of a core that both would have the receiver gets its
 * part, what it does not need is the others'. */
#include "sim/host_inside.h"
#include "sim/inbox.h"

enum { MILLION = 1000000 };

/* Lines of the queue, best first. */
enum { JOB_COOKIE, JOB_USUAL, JOB_AUTH, JOB_LINES };

static uint32_t first_line(const struct sim_host *h)
{
    uint32_t line = 0;
    while (line < JOB_LINES && !sim_inbox_has(h->jobs, line))
        line++;
    return line;
}

static bool can_receive(const struct sim_host *h)
{
    return !h->receiving && sim_inbox_has(h->inbox, SIM_ANY_CORE);
}

bool sim_jobs_wait(const struct sim_host *h)
{
    return can_receive(h) || first_line(h) < JOB_LINES;
}

static uint32_t line_of(const struct sim_host *h, const struct sim_letter *letter)
{
    static const uint8_t lines[] = {
        [IKE_PEEK_OTHER] = JOB_USUAL,
        [IKE_PEEK_INIT_REQUEST] = JOB_USUAL,
        [IKE_PEEK_INIT_ACCEPTED] = JOB_USUAL,
        [IKE_PEEK_AUTH_REQUEST] = JOB_AUTH,
    };
    const struct ike_datagram in = sim_host_heard(letter);
    const enum ike_peek_kind kind = ike_peek(&in).kind;
    const bool cookie = kind == IKE_PEEK_INIT_REQUEST && ike_stats(h->parts.engine).cookies_on;
    return cookie ? JOB_COOKIE : lines[kind];
}

/* It is taken from the socket, and waits for a thread. */
static uint64_t receive(struct sim_core *c, uint64_t now_ns)
{
    struct sim_host *const h = c->host;
    struct sim_letter *const letter = sim_inbox_take(h->inbox, c->index);
    const struct sim_datagram *const d = &letter->datagram;
    struct sim_turn *const t = sim_turn_open(h, now_ns);
    t->receives = true;
    t->local = d->to;
    h->receiving = true;
    if (!sim_inbox_put(h->jobs, letter->arrived_ns, line_of(h, letter), d, letter->stream)) {
        sim_host_full(h, now_ns, letter);
        sim_host_waiting(h, now_ns, -1);
    }
    sim_turn_collect(t, sim_host_taken_ns(h), d->len);
    sim_inbox_give(h->inbox, letter);
    sim_turn_spend(t, now_ns, c);
    return t->cost_ns;
}

static uint64_t work(struct sim_core *c, uint64_t now_ns)
{
    struct sim_host *const h = c->host;
    struct sim_letter *const letter = sim_inbox_take(h->jobs, first_line(h));
    sim_host_waited(h, now_ns, letter);
    const uint64_t cost_ns = sim_host_serve(h, now_ns, c, letter, 0);
    sim_inbox_give(h->jobs, letter);
    return cost_ns;
}

void sim_jobs_turn(struct sim_core *c, uint64_t now_ns)
{
    struct sim_host *const h = c->host;
    const int64_t part = h->config.implementation.receiver_ppm;
    const bool both = sim_inbox_has(h->inbox, SIM_ANY_CORE) && first_line(h) < JOB_LINES;
    const bool receives = can_receive(h) && (!both || h->ahead <= 0);
    const int64_t cost_ns = (int64_t)(receives ? receive(c, now_ns) : work(c, now_ns));
    h->ahead = !both ? 0 : h->ahead + cost_ns * (receives ? MILLION - part : -part);
}
