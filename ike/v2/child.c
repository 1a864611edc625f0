/* SPDX-License-Identifier: MIT
 * Making Child SAs. The nonces come from the exchange that makes one; a key
 * exchange of its own is for CREATE_CHILD_SA. */
#include "ike/v2/child.h"

#include "ike/engine.h"
#include "ike/v2/ipcomp.h"
#include "ike/v2/keymat.h"
#include "ike/v2/lifetime.h"
#include "ike/v2/mobike.h"
#include "ike/v2/nat.h"
#include "ike/v2/payload.h"
#include "ike/v2/proposal.h"
#include "ike/v2/selector.h"

#include <assert.h>
#include <string.h>

enum { ESP_SPI_LEN = 4, ESP_SPI_FIRST = 256 /* RFC 4303 2.1: 1 to 255 are reserved */ };

uint32_t ike_child_find(const struct ike_engine *engine, const struct ike_sa *sa, uint32_t spi,
                        bool inbound)
{
    for (uint32_t place = sa->child; place != 0; place = ike_child_at(engine, place)->next) {
        const struct ike_child *const child = ike_child_at(engine, place);
        if (child->up && (inbound ? child->spi_in : child->spi_out) == spi)
            return place;
    }
    return 0;
}

enum ike_why ike_child_begin(struct ike_turn *turn, uint8_t policy, uint32_t *place)
{
    struct ike_engine *const engine = turn->engine;
    uint8_t random[ESP_SPI_LEN];
    assert(turn->child_made == 0);
    *place = ike_pool_take(&engine->children);
    if (*place == 0)
        return WHY_CHILD_TABLE_FULL;
    struct ike_child *const child = ike_child_at(engine, *place);
    *child = (struct ike_child){.next = turn->sa->child, .policy = policy};
    turn->sa->child = *place;
    turn->child_made = *place;

    engine->crypto->ops->random(engine->crypto, random, sizeof random);
    struct ike_reader r = rd_open((struct ike_bytes){.at = random, .len = sizeof random});
    const uint32_t drawn = rd_u32(&r);
    child->spi_in = drawn < ESP_SPI_FIRST ? drawn + ESP_SPI_FIRST : drawn;
    return WHY_OK;
}

static const struct ike_child_policy *policy_of(const struct ike_turn *t, uint8_t index)
{
    return &t->sa->policy->child[index];
}

static struct ike_wish wish_of(const struct ike_child_policy *policy, bool no_ke)
{
    return (struct ike_wish){.protocol = PROTOCOL_ESP,
                             .spi_size = ESP_SPI_LEN,
                             .offers = policy->esp,
                             .offer_count = policy->esp_count,
                             .addke = no_ke ? ADDKE_LEFT_OUT : ADDKE_NEGOTIATED,
                             .no_ke = no_ke};
}

static struct ike_bytes spi_octets(uint32_t spi, uint8_t *room)
{
    struct ike_writer w = wr_open(room, ESP_SPI_LEN);
    put_u32(&w, spi);
    return wr_done(&w);
}

/* A side of the policy, when a Child SA is made and when it is rekeyed (RFC 7296 2.9.2); without
 * selectors it is the end of the IKE SA itself. */
static struct ike_selectors side_of(const struct ike_turn *t, uint8_t index, bool local)
{
    const struct ike_child_policy *const policy = policy_of(t, index);
    const uint8_t count = local ? policy->local_count : policy->remote_count;
    struct ike_selectors out;
    if (count == 0 && ike_inner_side(t, local, &out))
        return out;
    out.count = count;
    if (count > 0) {
        memcpy(out.at, local ? policy->local : policy->remote, count * sizeof out.at[0]);
    } else {
        out.count = 1;
        out.at[0] = ike_selector_address(ike_mobike_end(t->engine, t->sa, local), 0);
    }
    return out;
}

/* RFC 7296 2.9: the packet that wants to go out stands first. */
static void prepend(struct ike_selectors *list, const struct ike_addr *addr, uint8_t protocol)
{
    assert(list->count < IKE_SELECTORS_MAX); /* a policy has fewer */
    memmove(&list->at[1], &list->at[0], list->count * sizeof list->at[0]);
    list->at[0] = ike_selector_address(addr, protocol);
    list->count++;
}

/* What the initiator of the child asks for. */
struct wanted {
    struct ike_selectors local;
    struct ike_selectors remote;
    bool transport;
};

/* Of a side, what is the end of the IKE SA itself; false: nothing. */
static bool narrow_to_end(const struct ike_selectors *side, const struct ike_addr *end,
                          struct ike_selectors *out)
{
    const struct ike_selectors own = {.count = 1, .at = {ike_selector_address(end, 0)}};
    return ike_selectors_narrow(side, &own, out) == WHY_OK;
}

/* Made anew from policy and trigger when the answer has come. RFC 7296 2.23.1: transport mode
 * through a NAT is for the two ends alone, whose addresses are written there; without these in the
 * policy it is not asked for. */
static struct wanted wanted_of(const struct ike_turn *t, uint8_t index,
                               const struct ike_setup *setup)
{
    struct wanted w = {.local = side_of(t, index, true),
                       .remote = side_of(t, index, false),
                       .transport = policy_of(t, index)->transport_mode};
    struct ike_selectors local, remote;
    if (setup != NULL && setup->alone)
        w.local.count = w.remote.count = 0;
    if (setup != NULL && setup->has_trigger) {
        prepend(&w.local, &setup->trigger.from, setup->trigger.protocol);
        prepend(&w.remote, &setup->trigger.to, setup->trigger.protocol);
    }
    if (!w.transport || !ike_nat_is_between(t->sa))
        return w;
    w.transport = narrow_to_end(&w.local, &t->sa->local, &local) &&
                  narrow_to_end(&w.remote, &t->sa->remote, &remote);
    if (w.transport) {
        w.local = local;
        w.remote = remote;
    }
    return w;
}

static void put_flag(struct ike_turn *t, bool wanted, uint16_t notify)
{
    if (wanted)
        ike_put_status(&t->out, &t->link, notify, (struct ike_bytes){.at = NULL, .len = 0});
}

void ike_child_put_offers(struct ike_turn *turn, uint32_t place, bool no_ke)
{
    const struct ike_child *const child = ike_child_at(turn->engine, place);
    const struct ike_child_policy *const policy = policy_of(turn, child->policy);
    const struct ike_wish wish = wish_of(policy, no_ke);
    uint8_t spi[ESP_SPI_LEN];

    put_flag(turn, wanted_of(turn, child->policy, NULL).transport, N_USE_TRANSPORT_MODE);
    put_flag(turn, policy->no_tfc, N_ESP_TFC_PADDING_NOT_SUPPORTED);
    put_flag(turn, policy->non_first_fragments, N_NON_FIRST_FRAGMENTS_ALSO);
    ike_ipcomp_put(turn, policy->ipcomp, child->spi_in);
    ike_put_offers(&turn->out, &turn->link, &wish, spi_octets(child->spi_in, spi));
}

void ike_child_put_wanted(struct ike_turn *turn, uint32_t place, const struct ike_setup *setup)
{
    const uint8_t policy = ike_child_at(turn->engine, place)->policy;
    const struct wanted wanted = wanted_of(turn, policy, setup);
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSI, &wanted.local);
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSR, &wanted.remote);
}

/* ---- judging ---- */

static enum ike_why read_selectors(const struct ike_turn *t, struct ike_selectors *i,
                                   struct ike_selectors *r)
{
    const enum ike_why why = ike_selectors_parse(ike_message_body(&t->in, PAYLOAD_TSI), i);
    return why != WHY_OK ? why : ike_selectors_parse(ike_message_body(&t->in, PAYLOAD_TSR), r);
}

/* What a request asks for, and in which mode it may be granted. */
struct asked {
    struct ike_selectors i;
    struct ike_selectors r;
    bool packet;    /* the first of each is that of the packet that wants to go out */
    bool transport; /* transport mode where the policy has it, */
    bool tunnel;    /* and tunnel mode where it has not */
};

/* The policy has room for the packet itself. */
static bool covers_packet(const struct ike_turn *t, uint8_t index, const struct asked *asked)
{
    const struct ike_selectors ours = side_of(t, index, true);
    const struct ike_selectors theirs = side_of(t, index, false);
    return asked->packet && ike_selectors_meet(&theirs, &asked->i.at[0]) &&
           ike_selectors_meet(&ours, &asked->r.at[0]);
}

/* Where one pair of addresses is allowed at a time it is the packet's, or that of the Child SA
 * which is rekeyed (RFC 7296 2.9, 2.9.2); without either the policy stays as wide as it is. */
static void cut_to_pair(const struct ike_turn *t, const struct asked *asked,
                        const struct ike_child_deal *deal, struct ike_selectors *ours,
                        struct ike_selectors *theirs)
{
    const uint32_t old =
        deal->replaces != 0 ? ike_child_find(t->engine, t->sa, deal->replaces, true) : 0;
    struct ike_selector pair[2] = {asked->r.at[0], asked->i.at[0]};
    if (old != 0)
        ike_child_pair(t->engine, ike_child_at(t->engine, old), pair);
    else if (!asked->packet)
        return;
    const struct ike_selectors our_end = ike_selectors_at(ours, &pair[0]);
    const struct ike_selectors their_end = ike_selectors_at(theirs, &pair[1]);
    if (our_end.count == 0 || their_end.count == 0)
        return;
    *ours = our_end;
    *theirs = their_end;
}

/* One Child SA of the policy against what is asked. */
static enum ike_why judge(struct ike_turn *t, uint8_t index, const struct asked *asked,
                          struct ike_child_deal *deal)
{
    const struct ike_child_policy *const policy = policy_of(t, index);
    struct ike_selectors ours = side_of(t, index, true);
    struct ike_selectors theirs = side_of(t, index, false);
    const struct ike_wish wish = wish_of(policy, deal->no_ke);
    enum ike_why why;

    if (policy->single_pair)
        cut_to_pair(t, asked, deal, &ours, &theirs);
    why = ike_proposal_choose(ike_message_body(&t->in, PAYLOAD_SA), &wish, &deal->choice);
    if (why != WHY_OK)
        return why == WHY_NO_PROPOSAL ? WHY_CHILD_NO_PROPOSAL : why;
    /* RFC 7296 1.3.1: transport mode only when asked for and wanted; else tunnel mode. */
    deal->transport = asked->transport && policy->transport_mode;
    if (!deal->transport && !asked->tunnel)
        return WHY_TS_UNACCEPTABLE;
    if ((why = ike_selectors_narrow(&asked->i, &theirs, &deal->i)) != WHY_OK)
        return why;
    if ((why = ike_selectors_narrow(&asked->r, &ours, &deal->r)) != WHY_OK)
        return why;
    if ((why = ike_ipcomp_judge(t, policy->ipcomp, &deal->cpi)) != WHY_OK)
        return why;
    if (policy->single_pair &&
        (!ike_selectors_one_address(&deal->i) || !ike_selectors_one_address(&deal->r)))
        return WHY_SINGLE_PAIR;
    deal->policy = index;
    deal->fragments = policy->non_first_fragments &&
                      ike_message_notify(&t->in, N_NON_FIRST_FRAGMENTS_ALSO) != NULL;
    return WHY_OK;
}

/* All Child SAs of the policy, or the one `only` names: the first that fits of those that cover the
 * packet, if there is one, else of the others, so that what is answered includes the initiator's
 * first choices (RFC 7296 2.9). */
static enum ike_why judge_all(struct ike_turn *t, uint8_t only, const struct asked *asked,
                              struct ike_child_deal *deal)
{
    struct ike_child_deal other = {.no_ke = deal->no_ke};
    enum ike_why found = WHY_TS_UNACCEPTABLE;
    const uint8_t count = t->sa->policy->child_count;
    for (uint8_t k = asked->packet ? 0 : count; k < 2 * count; k++) {
        const uint8_t i = k < count ? k : (uint8_t)(k - count);
        if (only < IKE_CHILD_POLICIES_MAX && i != only)
            continue;
        if (covers_packet(t, i, asked) != (k < count))
            continue;
        const enum ike_why why = judge(t, i, asked, found == WHY_OK ? &other : deal);
        if (found == WHY_OK && why == WHY_OK) {
            deal->more = true;
            return WHY_OK;
        }
        if (found != WHY_OK && (why == WHY_OK || found == WHY_TS_UNACCEPTABLE))
            found = why;
    }
    return found;
}

/* RFC 7296 2.23.1: through a NAT, transport mode is judged by the addresses known here; failing
 * that, tunnel mode by those that were written. */
enum ike_why ike_child_judge(struct ike_turn *turn, uint8_t only, struct ike_child_deal *deal)
{
    const struct ike_child_deal before = *deal;
    struct asked asked = {.transport = ike_message_notify(&turn->in, N_USE_TRANSPORT_MODE) != NULL,
                          .tunnel = true};
    const enum ike_why why = read_selectors(turn, &asked.i, &asked.r);
    if (why != WHY_OK)
        return why;
    asked.packet = ike_selectors_have_packet(&asked.i) && ike_selectors_have_packet(&asked.r);
    if (!asked.transport || !ike_nat_is_between(turn->sa))
        return judge_all(turn, only, &asked, deal);
    struct asked seen = asked;
    seen.tunnel = false;
    if (ike_nat_substitute(turn->sa, &seen.r, &seen.i, deal->was) &&
        judge_all(turn, only, &seen, deal) == WHY_OK)
        return WHY_OK;
    *deal = before;
    asked.transport = false;
    return judge_all(turn, only, &asked, deal);
}

enum ike_why ike_child_accept(struct ike_turn *turn, uint32_t place, const struct ike_setup *setup,
                              struct ike_child_deal *deal)
{
    const uint8_t index = ike_child_at(turn->engine, place)->policy;
    const struct ike_child_policy *const policy = policy_of(turn, index);
    const struct ike_wish wish = wish_of(policy, deal->no_ke);
    const struct wanted wanted = wanted_of(turn, index, setup);
    enum ike_why why;

    deal->policy = index;
    why = ike_proposal_accept(ike_message_body(&turn->in, PAYLOAD_SA), &wish, &deal->choice);
    if (why != WHY_OK)
        return why;
    if ((why = read_selectors(turn, &deal->i, &deal->r)) != WHY_OK)
        return why;
    deal->transport = ike_message_notify(&turn->in, N_USE_TRANSPORT_MODE) != NULL;
    if (deal->transport && !wanted.transport)
        return WHY_CHOICE_NOT_OFFERED;
    /* RFC 7296 2.23.1: before they are used for anything, as the responder has done. */
    if (deal->transport && ike_nat_is_between(turn->sa) &&
        !ike_nat_substitute(turn->sa, &deal->i, &deal->r, deal->was))
        return WHY_CHOICE_NOT_OFFERED;
    if (deal->i.count == 0 || deal->r.count == 0 ||
        !ike_selectors_within(&deal->i, &wanted.local) ||
        !ike_selectors_within(&deal->r, &wanted.remote))
        return WHY_CHOICE_NOT_OFFERED; /* RFC 7296 2.9: a responder may narrow, never widen */
    if ((why = ike_ipcomp_accept(turn, policy->ipcomp, &deal->cpi)) != WHY_OK)
        return why;
    deal->fragments = policy->non_first_fragments &&
                      ike_message_notify(&turn->in, N_NON_FIRST_FRAGMENTS_ALSO) != NULL;
    return WHY_OK;
}

void ike_child_put_choice(struct ike_turn *turn, uint32_t place, const struct ike_child_deal *deal)
{
    const struct ike_child_policy *const policy = policy_of(turn, deal->policy);
    const struct ike_wish wish = wish_of(policy, deal->no_ke);
    uint8_t spi[ESP_SPI_LEN];

    put_flag(turn, deal->transport, N_USE_TRANSPORT_MODE);
    put_flag(turn, policy->no_tfc, N_ESP_TFC_PADDING_NOT_SUPPORTED);
    put_flag(turn, deal->fragments, N_NON_FIRST_FRAGMENTS_ALSO);
    put_flag(turn, deal->more, N_ADDITIONAL_TS_POSSIBLE);
    const uint32_t spi_in = ike_child_at(turn->engine, place)->spi_in;
    ike_ipcomp_put(turn, deal->cpi != 0 ? policy->ipcomp : 0, spi_in);
    ike_put_choice(&turn->out, &turn->link, &wish, &deal->choice, spi_octets(spi_in, spi));
}

void ike_child_put_selectors(struct ike_turn *turn, const struct ike_child_deal *deal)
{
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSI, &deal->i);
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSR, &deal->r);
}

/* ---- making and ending ---- */

void ike_child_pair(const struct ike_engine *engine, const struct ike_child *child,
                    struct ike_selector *pair)
{
    const struct ike_bytes kept = ike_store_view(&engine->store, child->selectors);
    const size_t theirs_at = child->local_count * sizeof pair[1];
    memcpy(&pair[0], kept.at, sizeof pair[0]); /* the store knows no alignment */
    memcpy(&pair[1], kept.at + theirs_at, sizeof pair[1]);
}

/* Ours, then theirs, in the store; and after them what the peer wrote, when that was replaced. */
static bool keep_selectors(struct ike_turn *t, struct ike_child *child,
                           const struct ike_child_deal *deal, bool asked)
{
    const struct ike_selectors *const local = asked ? &deal->i : &deal->r;
    const struct ike_selectors *const remote = asked ? &deal->r : &deal->i;
    const size_t local_len = local->count * sizeof local->at[0];
    const size_t remote_len = remote->count * sizeof remote->at[0];
    const size_t was_len = deal->was[0].family != 0 ? sizeof deal->was : 0;
    struct ike_blob selectors = {0};
    uint8_t *const room = ike_turn_room(t, &selectors, local_len + remote_len + was_len);
    if (room == NULL)
        return false;
    memcpy(room, local->at, local_len);
    memcpy(room + local_len, remote->at, remote_len);
    memcpy(room + local_len + remote_len, deal->was, was_len);
    child->selectors = selectors;
    child->local_count = local->count;
    child->remote_count = remote->count;
    return true;
}

bool ike_child_seen_as(const struct ike_engine *engine, uint64_t sa, uint32_t child_spi,
                       struct ike_addr *local, struct ike_addr *remote)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    const uint32_t place = found != NULL ? ike_child_find(engine, found, child_spi, true) : 0;
    if (place == 0)
        return false;
    const struct ike_child *const child = ike_child_at(engine, place);
    const struct ike_bytes kept = ike_store_view(&engine->store, child->selectors);
    const size_t count = (size_t)child->local_count + child->remote_count;
    const size_t used = count * sizeof(struct ike_selector);
    if (kept.len < used + sizeof *local + sizeof *remote)
        return false;
    memcpy(local, kept.at + used, sizeof *local);
    memcpy(remote, kept.at + used + sizeof *local, sizeof *remote);
    return true;
}

bool ike_child_sa(const struct ike_engine *engine, uint64_t sa, uint32_t child_spi,
                  struct ike_child_sa *out)
{
    const struct ike_sa *const found = ike_sa_numbered(engine, sa);
    const uint32_t place = found != NULL ? ike_child_find(engine, found, child_spi, true) : 0;
    if (place == 0)
        return false;
    const struct ike_child *const child = ike_child_at(engine, place);
    const struct ike_algo *const encr = &ike_algos[child->suite.encr];
    const size_t encr_len = (size_t)encr->key_len + encr->salt_len;
    const size_t integ_len = ike_algos[child->suite.integ].key_len;
    *out = (struct ike_child_sa){
        .spi_in = child->spi_in,
        .spi_out = child->spi_out,
        .suite = child->suite,
        .policy = child->policy,
        .asked = child->asked,
        .transport = child->transport,
        .no_tfc = child->no_tfc,
        .selectors = ike_child_selectors_of(engine, child),
    };
    /* RFC 7296 2.17: "All keys for SAs carrying data from the initiator to the responder are taken
     * before SAs going from the responder to the initiator", of an SA the encryption key first. */
    struct ike_reader r = rd_open(ike_store_view(&engine->store, child->keys));
    struct ike_bytes encr_keys[2], integ_keys[2];
    for (size_t i = 0; i < 2; i++) {
        encr_keys[i] = rd_bytes(&r, encr_len);
        integ_keys[i] = rd_bytes(&r, integ_len);
    }
    assert(!r.bad && r.left == 0);
    const size_t ours = child->asked ? 0 : 1;
    out->encr_out = encr_keys[ours];
    out->integ_out = integ_keys[ours];
    out->encr_in = encr_keys[1 - ours];
    out->integ_in = integ_keys[1 - ours];
    return true;
}

enum ike_why ike_child_make(struct ike_turn *turn, uint32_t place,
                            const struct ike_child_deal *deal, const struct ike_child_seed *seed,
                            bool asked)
{
    struct ike_child *const child = ike_child_at(turn->engine, place);
    const size_t keys_len = ike_child_keys_len(&deal->choice.suite);
    struct ike_child made = *child;
    struct ike_blob keys = {0};

    uint8_t *const key_room = ike_turn_room(turn, &keys, keys_len);
    if (key_room == NULL || !keep_selectors(turn, &made, deal, asked))
        return WHY_SA_TABLE_FULL;
    const struct ike_child_keys_input input = {.prf = &ike_algos[turn->sa->suite.prf],
                                               .sk_d = turn->keys.sk_d,
                                               .secret = seed->secret,
                                               .nonce_i = seed->nonce_i,
                                               .nonce_r = seed->nonce_r,
                                               .more = seed->more};
    ike_child_keys_derive(turn->engine->crypto, &input, key_room, keys_len);

    struct ike_reader r = rd_open(deal->choice.spi);
    made.spi_out = rd_u32(&r);
    made.suite = deal->choice.suite;
    made.policy = deal->policy;
    made.transport = deal->transport;
    made.fragments = deal->fragments;
    made.no_tfc = ike_message_notify(&turn->in, N_ESP_TFC_PADDING_NOT_SUPPORTED) != NULL;
    made.cpi_out = deal->cpi;
    made.keys = keys;
    made.asked = asked;
    made.up = true;
    ike_lifetime_begin_child(turn->engine, turn->sa, &made, turn->now_ns);
    *child = made;
    struct ike_event up = ike_sa_event(turn->sa, IKE_CHILD_UP, WHY_OK);
    up.child_spi = child->spi_in;
    up.child_was = deal->replaces;
    ike_event_add(turn->engine, &up);
    if (asked && !deal->transport && policy_of(turn, deal->policy)->transport_only) {
        struct ike_task *const close =
            ike_task_add(turn, TASK_DELETE_CHILD, child->spi_in, turn->now_ns);
        if (close != NULL)
            close->why = WHY_TRANSPORT_DECLINED; /* RFC 7296 1.3.1 */
    }
    return WHY_OK;
}

void ike_child_end(struct ike_turn *turn, uint32_t place, enum ike_why why)
{
    struct ike_child *const child = ike_child_at(turn->engine, place);
    struct ike_event event =
        ike_sa_event(turn->sa, IKE_CHILD_DOWN, child->fate != WHY_OK ? child->fate : why);
    event.child_spi = child->spi_in;
    ike_event_add(turn->engine, &event);
    turn->child_gone[turn->child_gone_count++] = place;
    child->up = false;
}
