/* SPDX-License-Identifier: MIT
 * Making Child SAs. The nonces come from the exchange that makes one; a key
 * exchange of its own is for CREATE_CHILD_SA. */
#include "ike/v2/child.h"

#include "ike/engine.h"
#include "ike/v2/keymat.h"
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

enum ike_why ike_child_begin(struct ike_turn *turn)
{
    struct ike_engine *const engine = turn->engine;
    uint8_t random[ESP_SPI_LEN];
    const uint32_t place = ike_pool_take(&engine->children);
    if (place == 0)
        return WHY_CHILD_TABLE_FULL;
    struct ike_child *const child = ike_child_at(engine, place);
    *child = (struct ike_child){.next = turn->sa->child};
    turn->sa->child = place;
    turn->child_made = place;

    engine->crypto->ops->random(engine->crypto, random, sizeof random);
    struct ike_reader r = rd_open((struct ike_bytes){.at = random, .len = sizeof random});
    const uint32_t drawn = rd_u32(&r);
    child->spi_in = drawn < ESP_SPI_FIRST ? drawn + ESP_SPI_FIRST : drawn;
    return WHY_OK;
}

void ike_child_abandon(struct ike_turn *turn)
{
    assert(turn->sa->child != 0 && !ike_child_at(turn->engine, turn->sa->child)->up);
    ike_child_remove(turn->engine, turn->sa, turn->sa->child);
}

static struct ike_wish wish_of(const struct ike_policy *policy)
{
    return (struct ike_wish){.protocol = PROTOCOL_ESP,
                             .spi_size = ESP_SPI_LEN,
                             .offers = policy->esp,
                             .offer_count = policy->esp_count,
                             .no_ke = true};
}

static struct ike_bytes spi_octets(uint32_t spi, uint8_t *room)
{
    struct ike_writer w = wr_open(room, ESP_SPI_LEN);
    put_u32(&w, spi);
    return wr_done(&w);
}

/* A side of the policy; without selectors it is the end of the IKE SA itself. */
static struct ike_selectors side_of(const struct ike_turn *t, bool local)
{
    const struct ike_policy *const policy = t->sa->policy;
    const uint8_t count = local ? policy->local_count : policy->remote_count;
    struct ike_selectors out;
    out.count = count;
    if (count > 0) {
        memcpy(out.at, local ? policy->local : policy->remote, count * sizeof out.at[0]);
    } else {
        out.count = 1;
        out.at[0] = ike_selector_address(local ? &t->sa->local : &t->sa->remote, 0);
        out.at[0].from.port = 0;
        out.at[0].to.port = UINT16_MAX;
    }
    return out;
}

/* RFC 7296 2.9: the packet that wants to go out stands first. */
static void prepend(struct ike_selectors *list, const struct ike_addr *addr, uint8_t protocol)
{
    if (list->count == IKE_SELECTORS_MAX)
        return;
    memmove(&list->at[1], &list->at[0], list->count * sizeof list->at[0]);
    list->at[0] = ike_selector_address(addr, protocol);
    list->count++;
}

/* What the initiator of the child asked for, made anew from policy and trigger. */
static struct ike_selectors asked_side(const struct ike_turn *t, bool local)
{
    struct ike_selectors list = side_of(t, local);
    const struct ike_setup *const setup = t->sa->setup != 0 ? ike_setup_of(t->engine, t->sa) : NULL;
    if (setup != NULL && setup->has_trigger)
        prepend(&list, local ? &setup->trigger.from : &setup->trigger.to, setup->trigger.protocol);
    return list;
}

void ike_child_ask(struct ike_turn *turn)
{
    const struct ike_child *const child = ike_child_at(turn->engine, turn->sa->child);
    const struct ike_policy *const policy = turn->sa->policy;
    const struct ike_wish wish = wish_of(policy);
    const struct ike_selectors local = asked_side(turn, true);
    const struct ike_selectors remote = asked_side(turn, false);
    uint8_t spi[ESP_SPI_LEN];

    if (policy->transport_mode)
        ike_put_status(&turn->out, &turn->link, N_USE_TRANSPORT_MODE,
                       (struct ike_bytes){.at = NULL, .len = 0});
    ike_put_offers(&turn->out, &turn->link, &wish, spi_octets(child->spi_in, spi));
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSI, &local);
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSR, &remote);
}

/* Keys and selectors of a child whose terms are settled: `local` and `remote` are ours and theirs.
 */
struct child_terms {
    const struct ike_selectors *local;
    const struct ike_selectors *remote;
    const struct ike_choice *choice;
    struct ike_bytes nonce_i;
    struct ike_bytes nonce_r;
    bool transport;
};

static enum ike_why make(struct ike_turn *t, uint32_t place, const struct child_terms *terms)
{
    struct ike_child *const child = ike_child_at(t->engine, place);
    const size_t keys_len = ike_child_keys_len(&terms->choice->suite);
    const size_t local_len = terms->local->count * sizeof terms->local->at[0];
    const size_t remote_len = terms->remote->count * sizeof terms->remote->at[0];
    struct ike_blob keys = {0};
    struct ike_blob selectors = {0};

    uint8_t *const key_room = ike_turn_room(t, &keys, keys_len);
    uint8_t *const selector_room = ike_turn_room(t, &selectors, local_len + remote_len);
    if (key_room == NULL || selector_room == NULL)
        return WHY_SA_TABLE_FULL;
    const struct ike_child_keys_input input = {.prf = &ike_algos[t->sa->suite.prf],
                                               .sk_d = t->keys.sk_d,
                                               .nonce_i = terms->nonce_i,
                                               .nonce_r = terms->nonce_r};
    ike_child_keys_derive(t->engine->crypto, &input, key_room, keys_len);
    memcpy(selector_room, terms->local->at, local_len);
    memcpy(selector_room + local_len, terms->remote->at, remote_len);

    struct ike_reader r = rd_open(terms->choice->spi);
    child->spi_out = rd_u32(&r);
    child->suite = terms->choice->suite;
    child->transport = terms->transport;
    child->keys = keys;
    child->selectors = selectors;
    child->local_count = terms->local->count;
    child->remote_count = terms->remote->count;
    child->up = true;
    struct ike_event up = ike_sa_event(t->sa, IKE_CHILD_UP, WHY_OK);
    up.child_spi = child->spi_in;
    ike_event_add(t->engine, &up);
    return WHY_OK;
}

enum ike_why ike_child_answer(struct ike_turn *turn, struct ike_bytes nonce_i,
                              struct ike_bytes nonce_r)
{
    const struct ike_wish wish = wish_of(turn->sa->policy);
    const struct ike_selectors our_side = side_of(turn, true);
    const struct ike_selectors their_side = side_of(turn, false);
    struct ike_selectors asked_i, asked_r, chosen_i, chosen_r;
    struct ike_choice choice;
    uint8_t spi[ESP_SPI_LEN];
    enum ike_why why;

    why = ike_proposal_choose(ike_message_body(&turn->in, PAYLOAD_SA), &wish, &choice);
    if (why != WHY_OK)
        return why == WHY_NO_PROPOSAL ? WHY_CHILD_NO_PROPOSAL : why;
    if ((why = ike_selectors_parse(ike_message_body(&turn->in, PAYLOAD_TSI), &asked_i)) != WHY_OK)
        return why;
    if ((why = ike_selectors_parse(ike_message_body(&turn->in, PAYLOAD_TSR), &asked_r)) != WHY_OK)
        return why;
    if ((why = ike_selectors_narrow(&asked_i, &their_side, &chosen_i)) != WHY_OK)
        return why;
    if ((why = ike_selectors_narrow(&asked_r, &our_side, &chosen_r)) != WHY_OK)
        return why;
    if ((why = ike_child_begin(turn)) != WHY_OK)
        return why;
    const struct child_terms terms = {
        .local = &chosen_r,
        .remote = &chosen_i,
        .choice = &choice,
        .nonce_i = nonce_i,
        .nonce_r = nonce_r,
        /* RFC 7296 1.3.1: transport mode only when asked for and wanted; else tunnel mode. */
        .transport = turn->sa->policy->transport_mode &&
                     ike_message_notify(&turn->in, N_USE_TRANSPORT_MODE) != NULL,
    };
    if ((why = make(turn, turn->sa->child, &terms)) != WHY_OK)
        return why;

    if (terms.transport)
        ike_put_status(&turn->out, &turn->link, N_USE_TRANSPORT_MODE,
                       (struct ike_bytes){.at = NULL, .len = 0});
    const uint32_t spi_in = ike_child_at(turn->engine, turn->sa->child)->spi_in;
    ike_put_choice(&turn->out, &turn->link, &wish, &choice, spi_octets(spi_in, spi));
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSI, &chosen_i);
    ike_put_selectors(&turn->out, &turn->link, PAYLOAD_TSR, &chosen_r);
    return WHY_OK;
}

enum ike_why ike_child_accept(struct ike_turn *turn, struct ike_bytes nonce_i,
                              struct ike_bytes nonce_r)
{
    const struct ike_wish wish = wish_of(turn->sa->policy);
    const struct ike_selectors our_side = asked_side(turn, true);
    const struct ike_selectors their_side = asked_side(turn, false);
    struct ike_selectors chosen_i, chosen_r;
    struct ike_choice choice;
    enum ike_why why;

    why = ike_proposal_accept(ike_message_body(&turn->in, PAYLOAD_SA), &wish, &choice);
    if (why != WHY_OK)
        return why;
    if ((why = ike_selectors_parse(ike_message_body(&turn->in, PAYLOAD_TSI), &chosen_i)) != WHY_OK)
        return why;
    if ((why = ike_selectors_parse(ike_message_body(&turn->in, PAYLOAD_TSR), &chosen_r)) != WHY_OK)
        return why;
    if (chosen_i.count == 0 || chosen_r.count == 0 || !ike_selectors_within(&chosen_i, &our_side) ||
        !ike_selectors_within(&chosen_r, &their_side))
        return WHY_CHOICE_NOT_OFFERED; /* RFC 7296 2.9: a responder may narrow, never widen */
    const struct child_terms terms = {
        .local = &chosen_i,
        .remote = &chosen_r,
        .choice = &choice,
        .nonce_i = nonce_i,
        .nonce_r = nonce_r,
        .transport = ike_message_notify(&turn->in, N_USE_TRANSPORT_MODE) != NULL,
    };
    if (terms.transport && !turn->sa->policy->transport_mode)
        return WHY_CHOICE_NOT_OFFERED;
    return make(turn, turn->sa->child, &terms);
}
