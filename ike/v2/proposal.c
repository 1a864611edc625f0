/* SPDX-License-Identifier: MIT
 * SA payloads. An offer of ours is first made pure: AEAD or not, with the types
 * its protocol has; then reading, choosing and writing are straight loops. */
#include "ike/v2/proposal.h"

#include "ike/v2/message.h"

#include <assert.h>
#include <string.h>

enum {
    ATTR_KEY_LENGTH = 0x8000 | 14,
    ATTR_SHORT = 0x8000,
    TYPES = TRANSFORM_ESN + 1,
    TYPES_ALL = TRANSFORM_ADDKE7 + 1
};

/*  Last (1) | RESERVED (1) | Length (2) | Type (1) | RESERVED (1) | Id (2) | Attributes
 *  RFC 7296 3.3.2 and 3.3.5. */
enum ike_why ike_transform_parse(struct ike_reader *list, struct ike_transform *out, bool *last)
{
    const uint8_t more = rd_u8(list);
    rd_skip(list, 1);
    struct ike_reader body = rd_counted(list, 4);

    *out = (struct ike_transform){0};
    out->type = rd_u8(&body);
    rd_skip(&body, 1);
    out->id = rd_u16(&body);
    while (body.left > 0) {
        const uint16_t attribute = rd_u16(&body);
        const uint16_t value = rd_u16(&body);
        if (attribute == ATTR_KEY_LENGTH && value != 0 && out->key_bits == 0)
            out->key_bits = value;
        else
            out->strange = true;
        if (attribute < ATTR_SHORT)
            rd_skip(&body, value); /* long form: `value` was the length */
    }
    *last = more == 0;
    return body.bad || (more != 0 && more != 3) ? WHY_SYNTAX : WHY_OK;
}

/*  Last (1) | RESERVED (1) | Length (2) | Num (1) | Protocol (1) | SPI Size (1) | Transforms (1)
 *  | SPI | Transforms.   RFC 7296 3.3.1. Takes one proposal off the front of `list`. */
enum ike_why ike_proposal_parse(struct ike_reader *list, struct ike_proposal *out)
{
    const uint8_t more = rd_u8(list);
    rd_skip(list, 1);
    struct ike_reader body = rd_counted(list, 4);

    out->last = more == 0;
    out->number = rd_u8(&body);
    out->protocol = rd_u8(&body);
    const size_t spi_size = rd_u8(&body);
    const size_t transform_count = rd_u8(&body);
    out->spi = rd_bytes(&body, spi_size);
    out->transform_count = 0;
    if (body.bad || spi_size > IKE_SPI_MAX || (more != 0 && more != 2))
        return WHY_SYNTAX;
    if (transform_count > IKE_TRANSFORMS_MAX)
        return WHY_TOO_MANY;

    bool last = transform_count == 0;
    while (!last && out->transform_count < transform_count) {
        struct ike_transform *const next = &out->transforms[out->transform_count++];
        const enum ike_why why = ike_transform_parse(&body, next, &last);
        if (why != WHY_OK)
            return why;
    }
    /* The count, the chain of Last marks and the bytes must all end together. */
    if (!last || out->transform_count != transform_count || body.left != 0)
        return WHY_SYNTAX;
    assert(!body.bad);
    return WHY_OK;
}

/* Our offers as they stand on the wire, proposal `number` at index number - 1. */
struct pure_offers {
    struct ike_offer at[2 * IKE_OFFERS_MAX];
    uint8_t count;
};

static bool belongs(const struct ike_offer *offer, uint8_t index, const struct ike_wish *wish,
                    bool aead)
{
    const struct ike_algo *const row = &ike_algos[offer->algos[index]];
    if (offer->addke[index] != 0)
        return !wish->no_ke && wish->addke != ADDKE_LEFT_OUT;
    switch (row->type) {
    case TRANSFORM_ENCR:
        return ike_algo_is_aead(row) == aead &&
               (wish->protocol != PROTOCOL_IKE || !ike_algo_is_null(row));
    case TRANSFORM_INTEG:
        return !aead;
    case TRANSFORM_PRF:
        return wish->protocol == PROTOCOL_IKE;
    case TRANSFORM_KE:
        return !wish->no_ke;
    default:
        return wish->protocol != PROTOCOL_IKE;
    }
}

static unsigned type_bit(unsigned type)
{
    return 1U << type;
}

/* RFC 7296 3.3.3, and INTEG beside every cipher that does not authenticate. */
static unsigned mandatory(const struct ike_wish *wish, bool aead)
{
    unsigned types = type_bit(TRANSFORM_ENCR);
    types |= aead ? 0 : type_bit(TRANSFORM_INTEG);
    if (wish->protocol == PROTOCOL_IKE)
        types |= type_bit(TRANSFORM_PRF) | type_bit(TRANSFORM_KE);
    else
        types |= type_bit(TRANSFORM_ESN);
    return types;
}

/* The half of an offer that is AEAD, or the half that is not; one that lacks a mandatory type is
 * none, so that nothing is ever agreed without integrity. */
static bool pure_half(const struct ike_offer *offer, const struct ike_wish *wish, bool aead,
                      struct ike_offer *out)
{
    unsigned types = 0;
    out->count = 0;
    for (uint8_t i = 0; i < offer->count; i++) {
        if (!belongs(offer, i, wish, aead))
            continue;
        types |= type_bit(ike_offer_type(offer, i));
        out->addke[out->count] = offer->addke[i];
        out->algos[out->count++] = offer->algos[i];
    }
    if (wish->protocol != PROTOCOL_IKE && (types & type_bit(TRANSFORM_ESN)) == 0 &&
        out->count < IKE_OFFER_MAX) {
        types |= type_bit(TRANSFORM_ESN);
        out->addke[out->count] = 0;
        out->algos[out->count++] = ALGO_NOESN;
    }
    return (types & mandatory(wish, aead)) == mandatory(wish, aead);
}

static void purify(const struct ike_wish *wish, struct pure_offers *out)
{
    assert(wish->offer_count <= IKE_OFFERS_MAX);
    out->count = 0;
    for (uint8_t i = 0; i < wish->offer_count; i++)
        for (int aead = 1; aead >= 0; aead--)
            if (pure_half(&wish->offers[i], wish, aead != 0, &out->at[out->count]))
                out->count++;
}

/* DEVIATION: RFC 7296 3.3.5 would have a longer key taken than the one configured. An offer names
 * the suites it means, so that what a study compares is what was agreed on. */
static bool holds(const struct ike_proposal *p, const struct ike_algo *row, uint8_t type)
{
    for (uint8_t i = 0; i < p->transform_count; i++) {
        const struct ike_transform *const t = &p->transforms[i];
        if (t->type == type && t->id == row->id && t->key_bits == row->key_bits && !t->strange)
            return true;
    }
    return false;
}

/* RFC 7296 3.3.2, RFC 9370 2.2.1: the types whose number 0 is NONE. */
static bool is_none(const struct ike_transform *t)
{
    return (t->type == TRANSFORM_INTEG || t->type == TRANSFORM_KE || t->type >= TRANSFORM_ADDKE1) &&
           t->id == 0 && !t->strange;
}

/* Every type the proposal holds must be one we satisfy, if only by its NONE (RFC 7296 3.3), and KE
 * is passed over where it has no meaning. ADDKE is judged apart. */
static bool all_satisfied(const struct ike_proposal *p, const struct ike_wish *wish,
                          const uint8_t *chosen)
{
    unsigned there = 0;
    unsigned satisfied = wish->no_ke ? type_bit(TRANSFORM_KE) : 0;
    for (uint8_t i = 0; i < p->transform_count; i++) {
        const struct ike_transform *const t = &p->transforms[i];
        const bool adds = t->type >= TRANSFORM_ADDKE1 && t->type <= TRANSFORM_ADDKE7;
        if (adds && wish->addke == ADDKE_NEGOTIATED)
            continue;
        if (t->type == 0 || t->type >= TYPES)
            return false; /* RFC 7296 3.3.6: a type we do not understand */
        there |= type_bit(t->type);
        if (chosen[t->type] != 0 || is_none(t))
            satisfied |= type_bit(t->type);
    }
    return (there & ~satisfied) == 0;
}

static bool says_none(const struct ike_proposal *p, uint8_t type)
{
    for (uint8_t i = 0; i < p->transform_count; i++)
        if (p->transforms[i].type == type && is_none(&p->transforms[i]))
            return true;
    return false;
}

static bool says_any(const struct ike_proposal *p, uint8_t type)
{
    for (uint8_t i = 0; i < p->transform_count; i++)
        if (p->transforms[i].type == type)
            return true;
    return false;
}

static bool is_chosen(const struct ike_choice *choice, uint8_t row, uint8_t before)
{
    for (uint8_t i = 0; i < before; i++)
        if (choice->addke[i] == row)
            return true;
    return false;
}

/* What is chosen of ADDKE `place` + 1: the first of ours that is theirs too and stands at no place
 * before it, or NONE of it, which is what is meant by a type left out (RFC 9370 2.2.1); `skip`
 * passes over as many. False: nothing. */
static bool choose_one(const struct ike_proposal *p, const struct ike_offer *offer, uint8_t place,
                       unsigned skip, struct ike_choice *out)
{
    const uint8_t type = (uint8_t)(TRANSFORM_ADDKE1 + place);
    const bool theirs = says_any(p, type);
    const bool ours = ike_offer_has(offer, type);
    out->addke[place] = 0;
    out->addke_none = (uint8_t)((out->addke_none & ~(1U << place)) | (theirs ? 1U << place : 0));
    if (!ours)
        return skip == 0 && (!theirs || says_none(p, type));
    for (uint8_t i = 0; i < offer->count; i++) {
        const uint8_t row = offer->algos[i];
        if (offer->addke[i] != place + 1 || is_chosen(out, row, row != 0 ? place : 0))
            continue;
        if (row == 0 ? theirs && !says_none(p, type) : !holds(p, &ike_algos[row], type))
            continue;
        if (skip-- > 0)
            continue;
        out->addke[place] = row;
        if (row != 0)
            out->addke_none = (uint8_t)(out->addke_none & ~(1U << place));
        return true;
    }
    return false;
}

/* One for each type so that none stands twice: the first such set in our order. */
static bool choose_addke(const struct ike_proposal *p, const struct ike_offer *offer,
                         struct ike_choice *out)
{
    unsigned tried[IKE_ADDKE_MAX] = {0};
    uint8_t place = 0;
    while (place < IKE_ADDKE_MAX) {
        if (choose_one(p, offer, place, tried[place], out)) {
            tried[place++]++;
            continue;
        }
        if (place == 0)
            return false;
        tried[place--] = 0;
    }
    return true;
}

/* Some additional key exchange of ours may not be left out. */
static bool wants_addke(const struct ike_offer *offer)
{
    unsigned wanted = 0;
    unsigned optional = 0;
    for (uint8_t i = 0; i < offer->count; i++) {
        wanted |= type_bit(offer->addke[i]);
        optional |= offer->algos[i] == 0 ? type_bit(offer->addke[i]) : 0;
    }
    return (wanted & ~(optional | 1)) != 0;
}

static bool satisfies(const struct ike_proposal *p, const struct ike_wish *wish,
                      const struct ike_offer *offer, struct ike_choice *choice)
{
    uint8_t chosen[TYPES] = {0};
    bool wanted[TYPES] = {false};
    if (p->protocol != wish->protocol || p->spi.len != wish->spi_size)
        return false;
    for (uint8_t i = 0; i < offer->count; i++) {
        const uint8_t index = offer->algos[i];
        const struct ike_algo *const row = &ike_algos[index];
        if (offer->addke[i] != 0)
            continue;
        wanted[row->type] = true;
        if (chosen[row->type] == 0 && holds(p, row, row->type))
            chosen[row->type] = index;
    }
    for (size_t type = 1; type < TYPES; type++)
        if (wanted[type] && chosen[type] == 0)
            return false;
    if (!all_satisfied(p, wish, chosen))
        return false;
    struct ike_choice out = {.addke_none = 0};
    if (wish->addke == ADDKE_NEGOTIATED && !wish->no_ke && !choose_addke(p, offer, &out))
        return false;
    if (wish->addke == ADDKE_IMPOSSIBLE && wants_addke(offer))
        return false;
    memcpy(choice->addke, out.addke, sizeof out.addke);
    choice->addke_none = out.addke_none;
    choice->suite = (struct ike_suite){.encr = chosen[TRANSFORM_ENCR],
                                       .prf = chosen[TRANSFORM_PRF],
                                       .integ = chosen[TRANSFORM_INTEG],
                                       .ke = chosen[TRANSFORM_KE],
                                       .esn = chosen[TRANSFORM_ESN]};
    return true;
}

enum ike_why ike_proposal_choose(struct ike_bytes body, const struct ike_wish *wish,
                                 struct ike_choice *out)
{
    struct ike_reader list = rd_open(body);
    struct pure_offers ours;
    struct ike_proposal p;
    size_t best = SIZE_MAX;

    purify(wish, &ours);
    p.last = false; /* the transforms stay as they are: they are many */
    for (size_t seen = 0; !p.last; seen++) {
        if (seen == IKE_PROPOSALS_MAX)
            return WHY_TOO_MANY;
        const enum ike_why why = ike_proposal_parse(&list, &p);
        if (why != WHY_OK)
            return why;
        if (p.number != seen + 1)
            return WHY_SYNTAX; /* RFC 7296 3.3.1: 1, 2, 3, … */
        for (size_t i = 0; i < ours.count && i < best; i++) {
            if (!satisfies(&p, wish, &ours.at[i], out))
                continue;
            out->number = p.number;
            out->spi = p.spi;
            best = i;
        }
    }
    if (list.left != 0)
        return WHY_SYNTAX;
    return best == SIZE_MAX ? WHY_NO_PROPOSAL : WHY_OK;
}

enum ike_why ike_proposal_accept(struct ike_bytes body, const struct ike_wish *wish,
                                 struct ike_choice *out)
{
    struct ike_reader list = rd_open(body);
    struct pure_offers ours;
    struct ike_proposal p;
    const enum ike_why why = ike_proposal_parse(&list, &p);
    if (why != WHY_OK)
        return why;
    if (!p.last || list.left != 0)
        return WHY_CHOICE_NOT_OFFERED; /* RFC 7296 3.3.1: exactly one comes back */
    purify(wish, &ours);
    if (p.number == 0 || p.number > ours.count || !satisfies(&p, wish, &ours.at[p.number - 1], out))
        return WHY_CHOICE_NOT_OFFERED;
    /* One of each type, and NONE at most beside them. */
    size_t types = 0;
    const uint8_t chosen[] = {out->suite.encr, out->suite.prf, out->suite.integ, out->suite.ke,
                              out->suite.esn};
    for (size_t i = 0; i < sizeof chosen; i++)
        types += chosen[i] != 0 ? 1 : 0;
    for (size_t i = 0; i < IKE_ADDKE_MAX; i++)
        types += out->addke[i] != 0 ? 1 : 0;
    size_t said = 0;
    for (uint8_t i = 0; i < p.transform_count; i++)
        said += is_none(&p.transforms[i]) ? 0 : 1;
    out->number = p.number;
    out->spi = p.spi;
    return said == types ? WHY_OK : WHY_CHOICE_NOT_OFFERED;
}

/* ---- writing ---- */

static void put_transform(struct ike_writer *w, const struct ike_offer *offer, uint8_t index)
{
    const struct ike_algo *const row = &ike_algos[offer->algos[index]];
    const bool last = index + 1 == offer->count;
    put_u8(w, last ? 0 : 3);
    put_u8(w, 0);
    put_u16(w, row->key_bits != 0 ? 12 : 8);
    put_u8(w, ike_offer_type(offer, index));
    put_u8(w, 0);
    put_u16(w, row->id);
    if (row->key_bits != 0) {
        put_u16(w, ATTR_KEY_LENGTH);
        put_u16(w, row->key_bits);
    }
}

struct proposal_head {
    uint8_t number;
    uint8_t protocol;
    bool last;
    struct ike_bytes spi;
};

static void put_proposal(struct ike_writer *w, const struct proposal_head *head,
                         const struct ike_offer *offer)
{
    const size_t begin = w->len;
    put_u8(w, head->last ? 0 : 2);
    put_u8(w, 0);
    put_u16(w, 0);
    put_u8(w, head->number);
    put_u8(w, head->protocol);
    put_u8(w, (uint8_t)head->spi.len);
    put_u8(w, offer->count);
    put_bytes(w, head->spi);
    for (uint8_t i = 0; i < offer->count; i++)
        put_transform(w, offer, i);
    put_u16_at(w, begin + 2, w->len - begin);
}

void ike_put_offers(struct ike_writer *w, size_t *link, const struct ike_wish *wish,
                    struct ike_bytes spi)
{
    struct pure_offers ours;
    purify(wish, &ours);
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_SA);
    for (uint8_t i = 0; i < ours.count; i++) {
        const struct proposal_head head = {.number = (uint8_t)(i + 1),
                                           .protocol = wish->protocol,
                                           .last = i + 1 == ours.count,
                                           .spi = spi};
        put_proposal(w, &head, &ours.at[i]);
    }
    ike_end_payload(w, begin);
}

void ike_put_choice(struct ike_writer *w, size_t *link, const struct ike_wish *wish,
                    const struct ike_choice *choice, struct ike_bytes spi)
{
    const struct ike_suite *const s = &choice->suite;
    const uint8_t chosen[] = {s->encr, s->prf, s->integ, s->ke, s->esn};
    struct ike_offer one = {.count = 0};
    for (size_t i = 0; i < sizeof chosen; i++)
        if (chosen[i] != 0)
            one.algos[one.count++] = chosen[i];
    for (unsigned i = 0; i < IKE_ADDKE_MAX; i++)
        if (choice->addke[i] != 0 || (choice->addke_none >> i & 1) != 0) {
            one.addke[one.count] = (uint8_t)(i + 1);
            one.algos[one.count++] = choice->addke[i];
        }
    const struct proposal_head head = {
        .number = choice->number, .protocol = wish->protocol, .last = true, .spi = spi};
    const size_t begin = ike_begin_payload(w, link, PAYLOAD_SA);
    put_proposal(w, &head, &one);
    ike_end_payload(w, begin);
}

uint8_t ike_offers_first(const struct ike_offer *offers, uint8_t count,
                         enum ike_transform_type type)
{
    for (uint8_t i = 0; i < count; i++)
        for (uint8_t k = 0; k < offers[i].count; k++)
            if (ike_offer_type(&offers[i], k) == type)
                return offers[i].algos[k];
    return 0;
}

uint8_t ike_offers_group(const struct ike_offer *offers, uint8_t count, uint16_t id)
{
    for (uint8_t i = 0; i < count; i++)
        for (uint8_t k = 0; k < offers[i].count; k++) {
            const uint8_t row = offers[i].algos[k];
            if (ike_offer_type(&offers[i], k) == TRANSFORM_KE && ike_algos[row].id == id)
                return row;
        }
    return 0;
}
