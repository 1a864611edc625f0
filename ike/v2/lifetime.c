/* SPDX-License-Identifier: MIT
 * Lifetimes by time, octets and packets. */
#include "ike/v2/lifetime.h"

#include "ike/engine.h"
#include "ike/v2/child.h"

/* RFC 7296 2.8.1: jittered, so that two ends with one policy seldom rekey at the same moment. */
static uint64_t due(struct ike_engine *engine, const struct ike_lifetime *life, uint64_t now_ns)
{
    uint8_t random[4];
    if (life->rekey_ns == 0)
        return IKE_NEVER;
    if (life->rand_ns == 0)
        return now_ns + life->rekey_ns;
    engine->crypto->ops->random(engine->crypto, random, sizeof random);
    const uint64_t draw = (uint64_t)random[0] << 16 | (uint64_t)random[1] << 8 | random[2];
    const uint64_t rand_ns = life->rand_ns < life->rekey_ns ? life->rand_ns : life->rekey_ns;
    return now_ns + life->rekey_ns - (rand_ns >> 24) * draw - ((rand_ns & 0xffffff) * draw >> 24);
}

static void bring_forward(struct ike_sa *sa, uint64_t at_ns)
{
    if (at_ns < sa->life_ns)
        sa->life_ns = at_ns;
}

void ike_lifetime_begin(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    sa->due_ns = due(engine, &sa->policy->lifetime, now_ns);
    sa->overdue = false;
    ike_lifetime_look(engine, sa);
}

void ike_lifetime_begin_child(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
                              uint64_t now_ns)
{
    child->due_ns = due(engine, &sa->policy->child[child->policy].lifetime, now_ns);
    bring_forward(sa, child->due_ns);
}

void ike_lifetime_look(const struct ike_engine *engine, struct ike_sa *sa)
{
    sa->life_ns = sa->due_ns;
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(engine, place)->next)
        if (ike_child_at(engine, place)->up)
            bring_forward(sa, ike_child_at(engine, place)->due_ns);
}

/* A task that ends something for its age. */
static void close_aged(struct ike_turn *t, enum ike_task_kind kind, uint32_t spi)
{
    struct ike_task *const task = ike_task_add(t, kind, spi, t->now_ns);
    if (task != NULL)
        task->why = WHY_LIFETIME;
}

/* Rekeying first; when that did not help in `over_ns`, the end (RFC 7296 2.8). */
static uint64_t next_due(uint64_t now_ns, const struct ike_lifetime *life, bool overdue)
{
    return overdue || life->over_ns == 0 ? IKE_NEVER : now_ns + life->over_ns;
}

/* DEVIATION: RFC 7296 2.8 would close the IKE SA when one of its Child SAs cannot be rekeyed in
 * time. The Child SA alone is closed, as others do too: its siblings may be well. */
static void child_due(struct ike_turn *t, struct ike_child *child)
{
    const struct ike_lifetime *const life = &t->sa->policy->child[child->policy].lifetime;
    if (child->overdue)
        close_aged(t, TASK_DELETE_CHILD, child->spi_in);
    else if (child->fate == WHY_OK)
        (void)ike_task_want(t, TASK_REKEY_CHILD, child->spi_in);
    child->due_ns = next_due(t->now_ns, life, child->overdue);
    child->overdue = true;
}

static void sa_due(struct ike_turn *t)
{
    struct ike_sa *const sa = t->sa;
    if (sa->overdue)
        close_aged(t, TASK_DELETE, 0);
    else
        (void)ike_task_want(t, TASK_REKEY_IKE, 0);
    sa->due_ns = next_due(t->now_ns, &sa->policy->lifetime, sa->overdue);
    sa->overdue = true;
}

/* One thing a turn: the IKE SA itself, else its first Child SA that is due. */
void ike_lifetime_due(struct ike_engine *engine, struct ike_sa *sa, uint64_t now_ns)
{
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, sa);
    if (sa->due_ns <= now_ns) {
        sa_due(turn);
    } else {
        for (uint32_t place = sa->child; place != 0; place = ike_child_at(engine, place)->next) {
            struct ike_child *const child = ike_child_at(engine, place);
            if (!child->up || child->due_ns > now_ns)
                continue;
            child_due(turn, child);
            break;
        }
    }
    ike_lifetime_look(engine, sa);
    (void)ike_turn_end(turn, WHY_OK);
}

void ike_lifetime_ids(struct ike_turn *turn)
{
    struct ike_sa *const sa = turn->sa;
    const uint32_t id = sa->send_id > sa->take_id ? sa->send_id : sa->take_id;
    const bool close = id >= IKE_IDS_CLOSE;
    if (sa->state != S_ESTABLISHED || id < IKE_IDS_REKEY || (sa->overdue && !close))
        return;
    sa->overdue = close;
    sa->due_ns = sa->life_ns = turn->now_ns;
}

/* ---- by use ---- */

static bool reaches(uint64_t count, uint64_t limit)
{
    return limit != 0 && count >= limit;
}

bool ike_child_used(struct ike_engine *engine, uint64_t now_ns, uint64_t sa, uint32_t child_spi,
                    const struct ike_use *use)
{
    struct ike_sa *const found = ike_sa_numbered(engine, sa);
    const uint32_t place = found != NULL ? ike_child_find(engine, found, child_spi, true) : 0;
    if (place == 0)
        return false;
    struct ike_child *const child = ike_child_at(engine, place);
    const struct ike_lifetime *const life = &found->policy->child[child->policy].lifetime;
    child->bytes += use->bytes;
    child->packets += use->packets;
    if (use->heard) { /* RFC 7296 2.4 */
        found->heard_ns = now_ns;
        child->heard = true;
    }
    const bool hard =
        reaches(child->bytes, life->life_bytes) || reaches(child->packets, life->life_packets);
    const bool soft =
        reaches(child->bytes, life->rekey_bytes) || reaches(child->packets, life->rekey_packets);
    child->worn = child->worn || hard;
    if ((!hard && (!soft || child->overdue)) || found->state != S_ESTABLISHED)
        return true;
    struct ike_turn *const turn = ike_turn_begin(engine, now_ns, found);
    child->overdue = child->overdue || hard;
    child_due(turn, child);
    ike_lifetime_look(engine, found);
    (void)ike_turn_end(turn, WHY_OK);
    return true;
}
