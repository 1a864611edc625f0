/* SPDX-License-Identifier: MIT
 * IKE_INTERMEDIATE, both roles, with one more key exchange each (RFC 9242 3.2,
 * RFC 9370 2.2.2):
 *
 *     HDR, SK {KEi(n)}               -->
 *                                   <--   HDR, SK {KEr(n)}
 *
 * Both are sealed with the keys there were before; the next message, another of
 * these or IKE_AUTH, with those that came of it.
 */
#include "ike/engine.h"
#include "ike/v2/exchange_auth.h"
#include "ike/v2/intermediate.h"
#include "ike/v2/payload.h"
#include "ike/v2/proof.h"
#include "ike/v2/rules.h"

#include <assert.h>
#include <string.h>

void ike_mix_give(struct ike_engine *engine, uint32_t *place)
{
    if (*place == 0)
        return;
    struct ike_mix *const mix = ike_pool_at(&engine->mixes, *place);
    ike_store_give(&engine->store, mix->first);
    ike_store_give(&engine->store, mix->link);
    for (size_t i = 0; i <= IKE_ADDKE_MAX; i++)
        ike_store_give(&engine->store, mix->secrets[i]);
    ike_secret_wipe(mix, sizeof *mix);
    ike_pool_give(&engine->mixes, *place);
    *place = 0;
}

static struct ike_mix *mix_of(const struct ike_turn *t)
{
    const struct ike_sa *const sa = t->sa;
    if (sa->setup == 0 || ike_setup_of(t->engine, sa)->mix == 0)
        return NULL;
    return ike_pool_at(&t->engine->mixes, ike_setup_of(t->engine, sa)->mix);
}

void ike_mix_begin(struct ike_mix *mix, uint32_t id)
{
    if (mix->id == id)
        mix->now = mix->before;
    mix->before = mix->now;
    mix->id = id;
}

bool ike_mix_is_wanted(const struct ike_choice *choice)
{
    for (size_t i = 0; i < IKE_ADDKE_MAX; i++)
        if (choice->addke[i] != 0)
            return true;
    return false;
}

struct ike_mix *ike_mix_open(struct ike_turn *turn, struct ike_setup *setup,
                             const struct ike_choice *choice)
{
    ike_mix_give(turn->engine, &setup->mix); /* of a turn undone */
    setup->mix = ike_pool_take(&turn->engine->mixes);
    if (setup->mix == 0)
        return NULL;
    struct ike_mix *const mix = ike_pool_at(&turn->engine->mixes, setup->mix);
    *mix = (struct ike_mix){.count = 0};
    for (size_t i = 0; i < IKE_ADDKE_MAX; i++)
        if (choice->addke[i] != 0)
            mix->addke[mix->count++] = choice->addke[i];
    return mix;
}

enum ike_why ike_mix_parse_ke(const struct ike_turn *turn, const struct ike_algo *group,
                              struct ike_ke *peer)
{
    const enum ike_why why = ike_ke_parse(ike_message_body(&turn->in, PAYLOAD_KE), peer);
    if (why != WHY_OK)
        return why;
    return peer->group == group->id ? WHY_OK : WHY_ADDKE_METHOD;
}

uint8_t *ike_mix_offer(struct ike_turn *turn, struct ike_setup *setup, const struct ike_mix *mix)
{
    struct ike_crypto *const crypto = turn->engine->crypto;
    const uint8_t row = mix->addke[mix->now.done];
    uint8_t *const share = ike_turn_scratch(turn, IKE_SHARE_MAX);
    struct ike_kex kex;
    if (!crypto->ops->kex_begin(crypto, &ike_algos[row], &kex, share))
        return NULL;
    if (setup->has_kex)
        crypto->ops->kex_free(crypto, &ike_algos[setup->group], &setup->kex);
    setup->kex = kex;
    setup->group = row;
    setup->has_kex = true;
    return share;
}

/* ---- consent ---- */

static void put_supported(struct ike_turn *t)
{
    ike_put_status(&t->out, &t->link, N_INTERMEDIATE_EXCHANGE_SUPPORTED,
                   (struct ike_bytes){.at = NULL, .len = 0});
}

uint8_t ike_intermediate_use(const struct ike_turn *turn)
{
    /* RFC 9370 2.2.1: without the exchange there is no such transform type. */
    return ike_message_notify(&turn->in, N_INTERMEDIATE_EXCHANGE_SUPPORTED) != NULL
               ? ADDKE_NEGOTIATED
               : ADDKE_IMPOSSIBLE;
}

void ike_intermediate_offer(struct ike_turn *turn)
{
    const struct ike_policy *const policy = turn->sa->policy;
    for (uint8_t i = 0; i < policy->ike_count; i++)
        if (ike_offer_adds(&policy->ike[i])) {
            put_supported(turn);
            return;
        }
}

/* ---- what AUTH covers ---- */

/*  IntAuth_[i/r]n = prf(SK_p[i/r]n, IntAuth_[i/r](n-1) | A | P): A is the header and the SK
 *  payload's, with the lengths they would have with nothing but P after them (RFC 9242 3.3.2). */
static void cover(struct ike_turn *t, struct ike_mix *mix, bool initiator, struct ike_bytes head,
                  struct ike_bytes text)
{
    struct ike_crypto *const crypto = t->engine->crypto;
    const struct ike_algo *const prf = &ike_algos[t->sa->suite.prf];
    uint8_t *const sum = initiator ? mix->now.int_i : mix->now.int_r;
    uint8_t room[IKE_HEADER_LEN + IKE_PAYLOAD_HEAD];
    uint8_t out[IKE_PRF_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    put_bytes(&w, head);
    assert(!w.bad && w.len == sizeof room);
    put_u16_at(&w, IKE_HEADER_LEN - 2, w.len + text.len);
    put_u16_at(&w, IKE_HEADER_LEN + 2, IKE_PAYLOAD_HEAD + text.len);
    const struct ike_bytes parts[] = {
        {.at = sum, .len = mix->now.done > 0 ? prf->out_len : 0}, wr_done(&w), text};
    crypto->ops->prf(crypto, prf, initiator ? t->keys.sk_pi : t->keys.sk_pr, parts, 3, out);
    memcpy(sum, out, prf->out_len);
    ike_secret_wipe(out, sizeof out);
}

/* The message just written, not sealed yet. */
static void cover_sent(struct ike_turn *t, struct ike_mix *mix)
{
    const size_t head = IKE_HEADER_LEN + IKE_PAYLOAD_HEAD;
    const size_t text_at = head + ike_algos[t->sa->suite.encr].iv_len;
    assert(!t->out.bad); /* a share, and a few notifies */
    cover(t, mix, t->sa->initiator, (struct ike_bytes){.at = t->out.base, .len = head},
          (struct ike_bytes){.at = t->out.base + text_at, .len = t->out.len - text_at});
}

/* The message at hand: put together of fragments it is as if it had come whole. */
static void cover_taken(struct ike_turn *t, struct ike_mix *mix)
{
    uint8_t room[IKE_HEADER_LEN + IKE_PAYLOAD_HEAD];
    const struct ike_header head = t->in.head;
    struct ike_writer w = wr_open(room, sizeof room);
    ike_put_header(&w, &head);
    room[16] = PAYLOAD_SK; /* the header's "next payload", RFC 7296 3.1 */
    put_u8(&w, t->in.sealed_next);
    put_u8(&w, t->in.sealed_reserved);
    put_u16(&w, 0);
    assert(!w.bad && w.len == sizeof room);
    cover(t, mix, !t->sa->initiator, (struct ike_bytes){.at = room, .len = sizeof room},
          t->in.text);
}

struct ike_bytes ike_intermediate_proof(struct ike_turn *turn)
{
    const struct ike_mix *const mix = mix_of(turn);
    if (mix == NULL)
        return (struct ike_bytes){.at = NULL, .len = 0};
    assert(mix->now.done > 0); /* IKE_AUTH comes after the last of them */
    const size_t len = ike_algos[turn->sa->suite.prf].out_len;
    struct ike_writer w = wr_open(ike_turn_scratch(turn, 2 * len + 4), 2 * len + 4);
    put_bytes(&w, (struct ike_bytes){.at = mix->now.int_i, .len = len});
    put_bytes(&w, (struct ike_bytes){.at = mix->now.int_r, .len = len});
    put_u32(&w, mix->now.done + 1U); /* IKE_AUTH_MID: the first after these and IKE_SA_INIT */
    return wr_done(&w);
}

/* ---- keys ---- */

enum ike_why ike_intermediate_keys(struct ike_turn *turn, const struct ike_keymat_input *input)
{
    struct ike_sa *const sa = turn->sa;
    uint8_t *const room = ike_turn_room(turn, &sa->keys, ike_keys_len(&sa->suite));
    if (room == NULL)
        return WHY_SA_TABLE_FULL;
    ike_keys_derive(turn->engine->crypto, &sa->suite, input, room);
    if (turn->engine->config.tell_keys) {
        const struct ike_event keyed = ike_sa_event(sa, IKE_KEYED, WHY_OK);
        ike_event_add(turn->engine, &keyed);
    }
    return WHY_OK;
}

/*  SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr)   RFC 9370 2.2.2 */
static enum ike_why update_keys(struct ike_turn *t, struct ike_bytes secret)
{
    const struct ike_sa *const sa = t->sa;
    const struct ike_keymat_input input = {.old_prf = &ike_algos[sa->suite.prf],
                                           .old_sk_d = t->keys.sk_d,
                                           .secret = secret,
                                           .nonce_i = ike_proof_nonce(t, true),
                                           .nonce_r = ike_proof_nonce(t, false),
                                           .spi_i = sa->spi_i,
                                           .spi_r = sa->spi_r};
    return ike_intermediate_keys(t, &input);
}

/* A record for what was chosen, if that is anything. */
static enum ike_why open_mix(struct ike_turn *t, const struct ike_choice *choice)
{
    if (!ike_mix_is_wanted(choice))
        return WHY_OK;
    if (t->sa->setup == 0 && !ike_turn_add_setup(t, &t->sa->setup))
        return WHY_SA_TABLE_FULL;
    return ike_mix_open(t, ike_setup_of(t->engine, t->sa), choice) != NULL ? WHY_OK
                                                                           : WHY_SA_TABLE_FULL;
}

/* ---- the initiator ---- */

static enum ike_why ask_next(struct ike_turn *t, struct ike_mix *mix)
{
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    const uint8_t *const share = ike_mix_offer(t, setup, mix);
    if (share == NULL)
        return WHY_KEY_EXCHANGE;
    const struct ike_algo *const group = &ike_algos[setup->group];
    ike_turn_ask(t, IKE_INTERMEDIATE);
    ike_put_ke(&t->out, &t->link, group->id,
               (struct ike_bytes){.at = share, .len = group->share_len});
    cover_sent(t, mix);
    t->sa->state = S_ADDKE_SENT;
    return WHY_OK;
}

enum ike_why ike_intermediate_ask(struct ike_turn *turn, const struct ike_choice *choice)
{
    const enum ike_why why = open_mix(turn, choice);
    if (why != WHY_OK)
        return why;
    return ike_mix_is_wanted(choice) ? ask_next(turn, mix_of(turn)) : ike_auth_ask(turn);
}

static enum ike_why addke_response(struct ike_turn *t)
{
    struct ike_mix *const mix = mix_of(t);
    struct ike_setup *const setup = ike_setup_of(t->engine, t->sa);
    struct ike_crypto *const crypto = t->engine->crypto;
    ike_mix_begin(mix, t->in.head.id);
    const struct ike_algo *const group = &ike_algos[mix->addke[mix->now.done]];
    struct ike_ke peer;
    enum ike_why why = ike_mix_parse_ke(t, group, &peer);
    if (why != WHY_OK)
        return why;
    if (setup->group != mix->addke[mix->now.done])
        return WHY_ADDKE_METHOD; /* the turn was undone after the next was begun */
    uint8_t *const secret = ike_turn_scratch(t, group->secret_len);
    if (!crypto->ops->kex_end(crypto, group, &setup->kex, peer.share, secret))
        return WHY_KEY_EXCHANGE;
    cover_taken(t, mix);
    mix->now.done++;
    if ((why = update_keys(t, (struct ike_bytes){.at = secret, .len = group->secret_len})) !=
        WHY_OK)
        return why;
    t->keys = ike_sa_view_keys(t->engine, t->sa);
    if (mix->now.done < mix->count)
        return ask_next(t, mix);
    t->sa->state = S_AUTH_SENT;
    return ike_auth_ask(t);
}

static enum ike_why addke_refused(struct ike_turn *t)
{
    return ike_auth_refused(t);
}

/* ---- the responder ---- */

enum ike_why ike_intermediate_await(struct ike_turn *turn, const struct ike_choice *choice)
{
    const enum ike_why why = open_mix(turn, choice);
    if (ike_mix_is_wanted(choice) || choice->addke_none != 0)
        put_supported(turn);
    if (ike_mix_is_wanted(choice))
        turn->sa->state = S_PART_KEYED;
    return why;
}

static enum ike_why addke_request(struct ike_turn *t)
{
    struct ike_mix *const mix = mix_of(t);
    struct ike_crypto *const crypto = t->engine->crypto;
    ike_mix_begin(mix, t->in.head.id);
    const struct ike_algo *const group = &ike_algos[mix->addke[mix->now.done]];
    uint8_t *const share = ike_turn_scratch(t, group->answer_len);
    uint8_t *const secret = ike_turn_scratch(t, group->secret_len);
    struct ike_ke peer;
    enum ike_why why = ike_mix_parse_ke(t, group, &peer);
    if (why != WHY_OK)
        return why;
    if (!crypto->ops->kex_answer(crypto, group, peer.share, share, secret))
        return WHY_KEY_EXCHANGE;

    cover_taken(t, mix);
    ike_turn_answer(t); /* sealed with the keys of turn->keys, the ones before */
    ike_put_ke(&t->out, &t->link, group->id,
               (struct ike_bytes){.at = share, .len = group->answer_len});
    cover_sent(t, mix);
    mix->now.done++;
    if (mix->now.done == mix->count)
        t->sa->state = S_KEYED;
    return update_keys(t, (struct ike_bytes){.at = secret, .len = group->secret_len});
}

/* clang-format off */
const struct ike_rule ike_intermediate_rules[] = {
    /* exchange          from      state         must                may  run             then */
    { IKE_INTERMEDIATE,  REQUEST,  S_PART_KEYED, P(PAYLOAD_KE),      0,   addke_request,  S_PART_KEYED, "addke_request"  },
    { IKE_INTERMEDIATE,  RESPONSE, S_ADDKE_SENT, P(PAYLOAD_KE),      0,   addke_response, S_ADDKE_SENT, "addke_response" },
    { IKE_INTERMEDIATE,  RESPONSE, S_ADDKE_SENT, P(PAYLOAD_NOTIFY),  0,   addke_refused,  S_ADDKE_SENT, "addke_refused"  },
};
/* clang-format on */
const size_t ike_intermediate_rule_count =
    sizeof ike_intermediate_rules / sizeof ike_intermediate_rules[0];
