/* SPDX-License-Identifier: MIT
 * Messages made by hand. */
#include "tests/craft.h"

#include "ike/engine.h"
#include "ike/v2/proposal.h"
#include "ike/v2/protect.h"
#include "tests/test.h"

#include <string.h>

struct pair p;

const struct pair_options plain = {
    .provider = PAIR_MODELLED, .initiator = A, .lose = PAIR_NONE, .twice = PAIR_NONE};

void craft_head(struct craft *c, const struct ike_header *head)
{
    c->w = wr_open(c->bytes, sizeof c->bytes);
    c->link = 16;
    c->sealed = 0;
    ike_put_header(&c->w, head);
}

void craft_init(struct craft *c, uint64_t spi)
{
    craft_head(c, &(struct ike_header){.spi_i = spi,
                                       .version = IKE_VERSION_2,
                                       .exchange = IKE_SA_INIT,
                                       .flags = FLAG_INITIATOR});
}

void craft_sa(struct craft *c)
{
    const struct ike_policy *const policy = &p.end[A].policy;
    const struct ike_wish wish = {
        .protocol = PROTOCOL_IKE, .offers = policy->ike, .offer_count = policy->ike_count};
    ike_put_offers(&c->w, &c->link, &wish, (struct ike_bytes){.at = NULL, .len = 0});
}

void craft_ke(struct craft *c, const char *group, int first_octet)
{
    uint8_t share[IKE_SHARE_MAX];
    struct ike_kex kex;
    const struct ike_algo *const row = &ike_algos[ike_algo_named(group)];
    struct ike_crypto *const crypto = p.end[A].crypto;
    EXPECT(crypto->ops->kex_begin(crypto, row, &kex, share));
    crypto->ops->kex_free(crypto, row, &kex);
    if (first_octet >= 0)
        memset(share, first_octet, row->share_len);
    ike_put_ke(&c->w, &c->link, row->id, (struct ike_bytes){.at = share, .len = row->share_len});
}

void craft_nonce(struct craft *c, size_t len)
{
    static const uint8_t nonce[IKE_NONCE_MAX + 1] = {1, 2, 3};
    ike_put_nonce(&c->w, &c->link, (struct ike_bytes){.at = nonce, .len = len});
}

void craft_whole_init(struct craft *c, uint64_t spi)
{
    craft_init(c, spi);
    craft_sa(c);
    craft_ke(c, "x25519", -1);
    craft_nonce(c, 32);
}

enum ike_why give(struct craft *c, enum pair_side to)
{
    if (c->sealed != 0) {
        const struct ike_seal_keys keys = ike_keys_of(&p.keys, to == B);
        ike_end_sealed(&c->w, c->sealed, &keys, p.end[1 - to].crypto, 1000 + (uint64_t)p.sent);
    } else {
        ike_end_message(&c->w);
    }
    EXPECT(!c->w.bad);
    return pair_inject(&p, to, c->bytes, c->w.len);
}

void craft_sealed(struct craft *c, uint8_t exchange, uint32_t id)
{
    craft_head(c, &(struct ike_header){.spi_i = p.keys.spi_i,
                                       .spi_r = p.keys.spi_r,
                                       .version = IKE_VERSION_2,
                                       .exchange = exchange,
                                       .flags = FLAG_INITIATOR,
                                       .id = id});
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, true);
    c->sealed = ike_begin_sealed(&c->w, &c->link, &keys);
}

void unknown_payload(struct craft *c, uint8_t type, bool critical)
{
    const size_t begin = ike_begin_payload(&c->w, &c->link, type);
    if (critical)
        c->bytes[begin + 1] = 0x80;
    ike_end_payload(&c->w, begin);
}

void begin(void)
{
    pair_init(&p, plain);
    pair_open(&p);
}

void begin_up(void)
{
    begin();
    (void)pair_connect(&p);
    pair_run(&p);
    EXPECT(pair_agrees(&p, 1));
}
