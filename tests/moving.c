/* SPDX-License-Identifier: MIT
 * Ends that move: made ready, moved and judged. */
#include "tests/moving.h"

#include "tests/test.h"

struct pair p;

const struct pair_options plain = {
    .provider = PAIR_OPENSSL, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

bool is(const struct ike_addr *addr, enum pair_side side, unsigned number)
{
    const struct ike_addr wanted = pair_addr(side, number);
    return ike_addr_same_ip(addr, &wanted);
}

bool are_at(const struct pair *pair, enum pair_side i, struct at at)
{
    struct ike_paths a, b;
    const enum pair_side r = i == A ? B : A;
    return ike_sa_paths(pair->end[i].engine, pair->end[i].sa, &a) &&
           ike_sa_paths(pair->end[r].engine, pair->end[r].sa, &b) && is(&a.ike.local, i, at.i) &&
           is(&a.ike.remote, r, at.r) && ike_path_equal(&a.ike, &a.children) &&
           ike_path_equal(&b.ike, &b.children) && ike_addr_equal(&a.ike.local, &b.ike.remote) &&
           ike_addr_equal(&a.ike.remote, &b.ike.local) && a.nat == b.nat;
}

bool have_moved(const struct pair *pair, enum pair_side i, struct at at)
{
    return pair_agrees(pair, 1) && are_at(pair, i, at) && pair_count(pair, i, IKE_MOVED) > 0 &&
           pair_count(pair, i == A ? B : A, IKE_MOVED) > 0;
}

bool at_second(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){2, 1});
}

bool at_third(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    return have_moved(pair, i, (struct at){3, 1});
}

bool still_there(const struct pair *pair, enum pair_side i, enum pair_side r)
{
    return pair_agrees(pair, 1) && are_at(pair, i, (struct at){1, 1}) &&
           pair_count(pair, i, IKE_MOVED) == 0 && pair_count(pair, r, IKE_MOVED) == 0;
}

void both(struct pair *pair, enum pair_side i, enum pair_side r)
{
    pair->end[i].policy.mobike.on = pair->end[r].policy.mobike.on = true;
    pair->shows_paths = true;
    pair->carries = NULL;
}

bool move(struct pair *pair, enum pair_side i, unsigned number)
{
    const struct ike_addr to = pair_addr(i, number);
    const struct ike_addr bare = ike_addr_v4(0xc0000200u + to.ip[3], 0);
    return ike_move(pair->end[i].engine, pair->now_ns, pair->end[i].sa, &bare, NULL);
}

void move_to_second(struct pair *pair, enum pair_side i, enum pair_side r)
{
    (void)r;
    EXPECT(move(pair, i, 2));
}

const struct ike_mobike *known_to(const struct pair *pair, enum pair_side side)
{
    const struct ike_engine *const engine = pair->end[side].engine;
    return ike_mobike_of(engine, ike_sa_numbered(engine, pair->end[side].sa));
}

void begin(struct pair_options options,
           void (*prepare)(struct pair *pair, enum pair_side i, enum pair_side r))
{
    pair_init(&p, options);
    prepare(&p, A, B);
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run(&p);
}
