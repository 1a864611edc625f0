/* SPDX-License-Identifier: MIT
 * What tests ask of the bench of the flow tests (pair.h): what it counted, whether both ends hold
 * the same and in the end nothing; and what several of them do. */
#include "ike/engine.h"
#include "ike/v2/child.h"
#include "ike/v2/payload.h"
#include "tests/pair.h"
#include "tests/test.h"

#include <string.h>

int pair_count(const struct pair *p, enum pair_side side, enum ike_event_kind kind)
{
    int count = 0;
    for (int i = 0; i < p->end[side].event_count; i++)
        count += p->end[side].events[i].kind == kind ? 1 : 0;
    return count;
}

/* Each Child SA of A is B's too: SPIs crossed, the same keys. */
static bool children_agree(const struct pair *p)
{
    const struct ike_engine *const a = p->end[A].engine;
    const struct ike_engine *const b = p->end[B].engine;
    const struct ike_sa *const of_a = ike_sa_numbered(a, p->end[A].sa);
    const struct ike_sa *const of_b = ike_sa_numbered(b, p->end[B].sa);
    if (of_a == NULL || of_b == NULL)
        return false;
    for (uint32_t place = of_a->child; place != 0; place = ike_child_at(a, place)->next) {
        const struct ike_child *const child = ike_child_at(a, place);
        const uint32_t twin = ike_child_find(b, of_b, child->spi_out, true);
        if (!child->up || twin == 0 || ike_child_at(b, twin)->spi_out != child->spi_in ||
            !ike_bytes_equal(ike_store_view(&a->store, child->keys),
                             ike_store_view(&b->store, ike_child_at(b, twin)->keys)))
            return false;
    }
    return true;
}

bool pair_agrees(const struct pair *p, uint32_t children)
{
    struct ike_sa_keys keys[2];
    for (int i = 0; i < 2; i++) {
        const struct pair_end *const e = &p->end[i];
        const struct ike_stats stats = ike_stats(e->engine);
        if (stats.established != 1 || stats.half_open != 0 || stats.children != children ||
            e->engine->sas.used != 1 || !ike_sa_keys(e->engine, e->sa, &keys[i]))
            return false;
    }
    return keys[0].spi_i == keys[1].spi_i && keys[0].spi_r == keys[1].spi_r &&
           ike_bytes_equal(keys[0].sk_d, keys[1].sk_d) &&
           ike_bytes_equal(keys[0].sk_ei, keys[1].sk_ei) &&
           ike_bytes_equal(keys[0].sk_pr, keys[1].sk_pr) && children_agree(p);
}

bool pair_is_empty(const struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_engine *const e = p->end[i].engine;
        if (e->sas.used != 0 || e->setups.used != 0 || e->eaps.used != 0 || e->tasks.used != 0 ||
            ike_besides_memory(e) != 0 || ike_leases_held(&e->leases) != 0 || e->holds.used != 0 ||
            e->mixes.used != 0 || e->fragments.pool.used != 0 || e->children.used != 0 ||
            e->store.used != 0 || e->half_open != 0 || e->puzzles.spoilt != 0 ||
            e->established != 0 || e->timers.count != 0)
            return false;
    }
    return true;
}

bool pair_touch_lose(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    (void)p;
    (void)from;
    (void)bytes;
    (void)len;
    (void)number;
    return false;
}

bool pair_touch_value(struct pair *p, enum pair_side from, uint8_t *bytes, size_t *len, int number)
{
    static struct ike_message m;
    struct ike_ke ke;
    (void)p;
    (void)number;
    if (from != A || bytes[18] != IKE_SA_INIT)
        return true;
    EXPECT_EQ(ike_message_parse((struct ike_bytes){bytes, *len}, &m), WHY_OK);
    EXPECT_EQ(ike_ke_parse(ike_message_body(&m, PAYLOAD_KE), &ke), WHY_OK);
    memset(bytes + (ke.share.at - bytes), 0, ke.share.len);
    return true;
}

void pair_with_two_children(struct pair *p, uint32_t spis[2])
{
    (void)pair_connect(p);
    pair_run_for(p, UINT64_C(1000000000));
    spis[0] = p->end[A].child;
    EXPECT(ike_create_child(p->end[A].engine, p->now_ns, p->end[A].sa, 0, NULL));
    pair_run_for(p, UINT64_C(1000000000));
    spis[1] = p->end[A].child;
    EXPECT(pair_agrees(p, 2));
}
