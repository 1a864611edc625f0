/* SPDX-License-Identifier: MIT
 * Gateway Identity: its type (1) | its length (1) | address (RFC 5685 9.2, 9.3). */
#include "ike/v2/redirect.h"

#include "ike/engine.h"
#include "ike/v2/payload.h"

#include <string.h>

enum { GATEWAY_IPV4 = 1, GATEWAY_IPV6 = 2 };

static void put_gateway(struct ike_writer *w, const struct ike_addr *addr)
{
    const struct ike_bytes ip = ike_addr_ip(addr);
    put_u8(w, addr->family == IKE_IPV4 ? GATEWAY_IPV4 : GATEWAY_IPV6);
    put_u8(w, (uint8_t)ip.len);
    put_bytes(w, ip);
}

enum ike_why ike_redirect_check(const struct ike_turn *turn)
{
    const struct ike_addr *const to = &turn->engine->config.redirect_to;
    if (to->family == 0 || to->family != turn->datagram->local.family ||
        ike_addr_same_ip(to, &turn->datagram->local))
        return WHY_OK;
    /* RFC 5685 3: never to those who did not say that they understand it. */
    const bool understands = ike_message_notify(&turn->in, N_REDIRECT_SUPPORTED) != NULL ||
                             ike_message_notify(&turn->in, N_REDIRECTED_FROM) != NULL;
    return understands ? WHY_REDIRECTED : WHY_OK;
}

void ike_redirect_put(struct ike_turn *turn)
{
    uint8_t room[2 + 16 + IKE_NONCE_MAX];
    struct ike_writer w = wr_open(room, sizeof room);
    put_gateway(&w, &turn->engine->config.redirect_to);
    put_bytes(&w, ike_message_body(&turn->in, PAYLOAD_NONCE));
    ike_put_status(&turn->out, &turn->link, N_REDIRECT, wr_done(&w));
}

void ike_redirect_offer(struct ike_turn *turn)
{
    const struct ike_setup *const setup = ike_setup_of(turn->engine, turn->sa);
    uint8_t room[2 + 16];
    struct ike_writer w = wr_open(room, sizeof room);
    if (!turn->sa->policy->takes_redirects)
        return;
    if (setup->redirects > 0)
        put_gateway(&w, &setup->redirected_from);
    ike_put_status(&turn->out, &turn->link,
                   setup->redirects > 0 ? N_REDIRECTED_FROM : N_REDIRECT_SUPPORTED, wr_done(&w));
}

/* What it says, and whether it answers this request of ours. */
static enum ike_why parse(const struct ike_setup *setup, const struct ike_notify *notify,
                          struct ike_addr *out)
{
    struct ike_reader r = rd_open(notify->data);
    const uint8_t type = rd_u8(&r);
    const uint8_t len = rd_u8(&r);
    const struct ike_bytes gateway = rd_bytes(&r, len);
    const struct ike_bytes nonce = rd_rest(&r);
    if (r.bad)
        return WHY_SYNTAX;
    if (!ike_bytes_equal(nonce, (struct ike_bytes){.at = setup->nonce, .len = sizeof setup->nonce}))
        return WHY_REDIRECT_NONCE;
    if ((type != GATEWAY_IPV4 || len != 4) && (type != GATEWAY_IPV6 || len != 16))
        return WHY_REDIRECT_GATEWAY;
    out->family = type == GATEWAY_IPV4 ? IKE_IPV4 : IKE_IPV6;
    memcpy(out->ip, gateway.at, gateway.len);
    return WHY_OK;
}

/* RFC 5685 7: so many within such a time. */
static bool is_too_many(struct ike_setup *setup, uint64_t now_ns)
{
    if (setup->redirects > 0 && now_ns - setup->redirected_ns >= IKE_REDIRECTS_NS)
        setup->redirects = 0;
    if (setup->redirects == 0)
        setup->redirected_ns = now_ns;
    return setup->redirects >= IKE_REDIRECTS_MAX;
}

enum ike_why ike_redirect_take(struct ike_turn *turn, const struct ike_notify *notify)
{
    struct ike_sa *const sa = turn->sa;
    struct ike_setup *const setup = ike_setup_of(turn->engine, sa);
    struct ike_addr to = {.port = sa->remote.port};
    if (!sa->policy->takes_redirects)
        return WHY_REDIRECT_GATEWAY;
    const enum ike_why why = parse(setup, notify, &to);
    if (why != WHY_OK)
        return why;
    if (to.family != sa->local.family || ike_addr_same_ip(&to, &sa->remote))
        return WHY_REDIRECT_GATEWAY;
    if (is_too_many(setup, turn->now_ns)) {
        setup->refused = N_REDIRECT;
        return WHY_OK;
    }
    setup->redirects++;
    setup->redirected_from = sa->remote;
    setup->refused = 0;
    setup->cookie_len = setup->solution_len = 0; /* they were of the other gateway */
    sa->remote = to;
    return WHY_OK;
}
