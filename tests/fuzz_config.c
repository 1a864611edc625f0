/* SPDX-License-Identifier: MIT
 * Fuzzing Configuration payloads: the parser alone, what a client makes of a
 * reply, and a gateway's answers to requests sealed in INFORMATIONAL. Input: an
 * octet that says which, then the body of a CP payload. What is read as given is
 * within the input; what we write, we can read. */
#include "ike/engine.h"
#include "ike/v2/config.h"
#include "ike/v2/protect.h"
#include "tests/pair.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static struct pair p;
static struct ike_wants wants;
static struct ike_gives gives;

static void demand(bool held)
{
    if (!held)
        abort();
}

static bool lies_within(struct ike_bytes inner, struct ike_bytes outer)
{
    return inner.len == 0 || (inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len);
}

static void read_reply(struct ike_bytes body)
{
    struct ike_cp cp;
    struct ike_given given;
    if (ike_cp_parse(body, &cp) != WHY_OK)
        return;
    demand(cp.count <= IKE_ATTRIBUTES_MAX);
    for (uint8_t i = 0; i < cp.count; i++)
        demand(lies_within(cp.attributes[i].value, body));
    ike_given_read(&cp, &given);
    demand(given.dns_count <= IKE_SERVERS_MAX && given.subnet_count <= IKE_SUBNETS_MAX);
    demand(given.domain_count <= IKE_DOMAINS_MAX && given.bits4 <= 32);
    for (uint8_t i = 0; i < given.domain_count; i++)
        demand(lies_within(given.domains[i], body) && lies_within(given.anchors[i], body));
    demand(lies_within(given.version, body) && lies_within(given.supported, body));
}

/* Every attribute we know how to give, to whoever asks with the input. */
static void write_reply(struct ike_bytes body)
{
    static uint8_t room[4096];
    struct ike_cp cp;
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 0;
    if (ike_cp_parse(body, &cp) != WHY_OK)
        return;
    put_u8(&w, 0);
    const size_t begin = ike_begin_cp(&w, &link, CFG_REPLY);
    ike_put_gives(&w, &gives, &cp);
    ike_end_payload(&w, begin);
    demand(!w.bad);
    demand(ike_cp_parse((struct ike_bytes){.at = room + begin + IKE_PAYLOAD_HEAD,
                                           .len = w.len - begin - IKE_PAYLOAD_HEAD},
                        &cp) == WHY_OK);
}

/* From an authentic peer to either end of an established SA. */
static void say_sealed(enum pair_side to, struct ike_bytes body)
{
    static uint8_t room[IKE_MESSAGE_MAX];
    const struct ike_engine *const e = p.end[to].engine;
    const struct ike_sa *const sa = ike_sa_at(e, 1);
    struct ike_writer w = wr_open(room, sizeof room);
    size_t link = 16;
    if (sa->state == S_NONE)
        return;
    ike_put_header(&w, &(struct ike_header){.spi_i = p.keys.spi_i,
                                            .spi_r = p.keys.spi_r,
                                            .version = IKE_VERSION_2,
                                            .exchange = INFORMATIONAL,
                                            .flags = to == B ? FLAG_INITIATOR : 0,
                                            .id = sa->take_id});
    const struct ike_seal_keys keys = ike_keys_of(&p.keys, to == B);
    const size_t begin = ike_begin_sealed(&w, &link, &keys);
    for (int i = 0; i < 2; i++) {
        const size_t payload = ike_begin_payload(&w, &link, PAYLOAD_CP);
        put_bytes(&w, body);
        ike_end_payload(&w, payload);
    }
    ike_end_sealed(&w, begin, &keys, p.end[1 - to].crypto, 1u << 20);
    if (!w.bad)
        (void)pair_inject(&p, to, room, w.len);
}

static void offer_all(void)
{
    static const uint8_t anchor[] = {1, 2, 8, 1, 3};
    wants = (struct ike_wants){.ip4 = true, .ip6 = true, .dns = true, .domains = true};
    gives = (struct ike_gives){.pool_count = 2,
                               .dns_count = 1,
                               .subnet_count = 2,
                               .domain_count = 1,
                               .version = "ikelab",
                               .tell_families = true};
    bool good = ike_prefix_parse("10.9.0.0/29", &gives.pools[0]);
    good = ike_prefix_parse("2001:db8::/64", &gives.pools[1]) && good;
    good = ike_addr_parse("10.2.0.53", &gives.dns[0]) && good;
    good = ike_prefix_parse("10.2.0.0/16", &gives.subnets[0]) && good;
    good = ike_prefix_parse("2001:db8:2::/48", &gives.subnets[1]) && good;
    demand(good);
    gives.domains[0] =
        (struct ike_domain){.name = "corp.test", .anchor = {.at = anchor, .len = sizeof anchor}};
}

static void converse(struct ike_bytes body)
{
    pair_init(&p, (struct pair_options){.provider = PAIR_MODELLED,
                                        .initiator = A,
                                        .lose = PAIR_NONE,
                                        .twice = PAIR_NONE,
                                        .quiet = true});
    p.end[A].policy.wants = &wants;
    p.end[B].policy.gives = &gives;
    p.end[A].policy.child[0].local_count = 0;
    p.end[B].policy.child[0].remote_count = 0;
    p.end[B].policy.settable = UINT64_MAX;
    pair_open(&p);
    (void)pair_connect(&p);
    pair_run_for(&p, UINT64_C(1000000000));
    demand(pair_agrees(&p, 1));
    say_sealed(B, body);
    say_sealed(A, body);
    demand(ike_stats(p.end[B].engine).leases <= 2);
    pair_run_for(&p, UINT64_C(1000000000));
    pair_close(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const uint8_t which = rd_u8(&r);
    const struct ike_bytes body = rd_rest(&r);
    offer_all();
    read_reply(body);
    write_reply(body);
    if ((which & 1) != 0 && body.len < 1024)
        converse(body);
    return 0;
}
