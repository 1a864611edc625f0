/* SPDX-License-Identifier: MIT
 * Words that the configurations of several daemons share: addresses, identities,
 * keys, lists, the algorithms of an offer. */
#include "models/daemon_recipe.h"
#include "models/keys_value.h"
#include "models/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_put(struct model_text *text, const char *format, ...)
{
    const size_t left = text->max - text->len;
    va_list arguments;
    va_start(arguments, format);
    const int len = left > 0 ? vsnprintf(text->at + text->len, left, format, arguments) : -1;
    va_end(arguments);
    text->cut = text->cut || len < 0 || (size_t)len >= left;
    if (!text->cut)
        text->len += (size_t)len;
}

/* Three octets are four letters, RFC 4648 4. */
static void put_group(struct model_text *text, const uint8_t *at, size_t len)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint32_t bits =
        (uint32_t)at[0] << 16 | (len > 1 ? (uint32_t)at[1] << 8 : 0) | (len > 2 ? at[2] : 0);
    text_put(text, "%c%c%c%c", letters[bits >> 18], letters[bits >> 12 & 63],
             len > 1 ? letters[bits >> 6 & 63] : '=', len > 2 ? letters[bits & 63] : '=');
}

void text_put_pem(struct model_text *text, const char *label, struct ike_bytes octets)
{
    const size_t line = 48; /* octets */
    text_put(text, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < octets.len; i += 3) {
        put_group(text, octets.at + i, octets.len - i);
        if ((i + 3) % line == 0 || i + 3 >= octets.len)
            text_put(text, "\n");
    }
    text_put(text, "-----END %s-----\n", label);
}

uint64_t seconds_of(uint64_t ns)
{
    const uint64_t second = UINT64_C(1000000000);
    return ns / second + (ns % second != 0 ? 1 : 0);
}

bool whole_seconds(uint64_t ns)
{
    return ns % UINT64_C(1000000000) == 0;
}

bool wish_signs(const struct model_wish *wish)
{
    return wish->certificate != NULL && wish->key != NULL;
}

const char *eap_word(enum model_auth auth)
{
    static const char *const words[] = {"md5", "gtc", "mschapv2", "tls", "ttls"};
    const size_t at = (size_t)auth - MODEL_EAP;
    return auth >= MODEL_EAP && at < sizeof words / sizeof words[0] ? words[at] : NULL;
}

const char *auth_word(enum model_auth auth)
{
    if (auth >= MODEL_EAP)
        return ike_eap_method_at((size_t)auth - MODEL_EAP)->name;
    if (auth == MODEL_PSK)
        return "psk";
    return auth == MODEL_NULL ? "null" : ike_key_types[auth].name;
}

void put_list(struct model_text *out, const char *list, const char *before, const char *between)
{
    char one[MODEL_TEXT_MAX];
    const size_t begin = out->len;
    for (const char *at = list; model_list_next(&at, one, sizeof one);)
        text_put(out, "%s%s%s", out->len > begin ? between : "", before, one);
}

/* ---- placeholders ---- */

/* Its octets in digits: no daemon's way of quoting is asked. */
void put_psk(struct model_text *out, const struct model_wish *wish)
{
    uint8_t octets[IKE_PSK_MAX];
    const size_t len = wish->psk != NULL ? model_secret_of(wish->psk, octets, sizeof octets) : 0;
    if (len == 0 || len > sizeof octets)
        return;
    text_put(out, "0x");
    for (size_t i = 0; i < len; i++)
        text_put(out, "%02x", octets[i]);
}

/* Where there are to be none. */
static void put_no_keepalive(struct model_text *out, const struct model_wish *wish)
{
    if (wish->keepalive_ns == UINT64_MAX)
        text_put(out, "no");
}

/* A first wait and a factor to be waited with; clients' only. */
static void put_tries(struct model_text *out, const struct model_wish *wish)
{
    if (wish->retransmit_sends != 0)
        text_put(out, "%llu", (unsigned long long)(wish->retransmit_sends - 1));
}

static void put_fragmentation(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->fragment != 0 ? "yes" : "no");
}

static void put_text(struct model_text *out, const char *text)
{
    text_put(out, "%s", text != NULL ? text : "");
}

static void put_number(struct model_text *out, enum recipe_kind kind, uint64_t value)
{
    const uint64_t million = UINT64_C(1000000);
    const uint64_t beyond =
        1000 * million; /* what no daemon comes to: 0 does not always mean none */
    if (kind == LIMIT && value == IKE_UNLIMITED)
        value = beyond;
    else if (value == 0 && kind != LIMIT && kind != SECONDS_OR_0)
        return;
    if (kind == SECONDS || kind == SECONDS_OR_0)
        value = seconds_of(value);
    else if (kind == MILLIS)
        value /= million;
    if (kind == THOUSANDTHS)
        text_put(out, "%llu.%03llu", (unsigned long long)(value / 1000),
                 (unsigned long long)(value % 1000));
    else
        text_put(out, "%llu", (unsigned long long)value);
}

static void put_mode(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->transport_mode ? "transport" : "tunnel");
}

void recipe_put(struct model_text *out, const struct model_recipe *recipe,
                const struct model_wish *wish, const struct recipe_holder *holder)
{
    const char *const member = (const char *)wish + holder->offset;
    const bool esp = holder->kind == ESP_PROPOSALS;
    const char *pointer, *lacking;
    bool yes;
    uint64_t number;
    switch (holder->kind) {
    case BY_PUT:
        holder->put(out, wish);
        break;
    case IKE_PROPOSALS:
    case ESP_PROPOSALS:
        if (!model_daemon_proposals(recipe, esp ? wish->esp : wish->proposals, esp, out, &lacking))
            out->cut = true;
        break;
    case TEXT:
        memcpy(&pointer, member, sizeof pointer);
        put_text(out, pointer);
        break;
    case TEXT_IN:
        put_text(out, member);
        break;
    case YES_NO:
        memcpy(&yes, member, sizeof yes);
        put_text(out, yes ? "yes" : "no");
        break;
    case LIMIT:
    case COUNT:
    case SECONDS:
    case SECONDS_OR_0:
    case MILLIS:
    case THOUSANDTHS:
        memcpy(&number, member, sizeof number);
        put_number(out, holder->kind, number);
        break;
    }
}

/* ---- what several cannot do ---- */

const char *objects_part_seconds(const struct model_wish *wish)
{
    return whole_seconds(wish->liveness_ns) ? NULL : "it counts in whole seconds";
}

const char *objects_fragment(const struct model_wish *wish)
{
    return wish->fragment == 0 || wish->fragment == 576
               ? NULL
               : "its fragments are of 576 octets, and of no other length";
}

const char *objects_address(const struct model_wish *wish)
{
    return wish->wants_other_address ? "the recipe asks for IPv4 addresses only" : NULL;
}

const char *objects_mixed_aeads(const struct ike_offer *offer)
{
    const uint8_t aeads = offer_aeads(offer);
    return aeads == 0 || aeads == offer_count(offer, TRANSFORM_ENCR)
               ? NULL
               : "ciphers of one proposal that are all AEADs, or none";
}

/* clang-format off */
#define HELD(held, member) .kind = (held), .offset = offsetof(struct model_wish, member)
const struct recipe_holder recipe_holders[] = {
    { "ike",               .kind = IKE_PROPOSALS },
    { "esp",               .kind = ESP_PROPOSALS },
    { "mode",              .put = put_mode },
    { "local",             HELD(TEXT, local) },
    { "remote",            HELD(TEXT, remote) },
    { "local-id",          HELD(TEXT_IN, local_id) },
    { "remote-id",         HELD(TEXT_IN, remote_id) },
    { "certificate",       HELD(TEXT, certificate) },
    { "key",               HELD(TEXT, key) },
    { "cookies",           HELD(LIMIT, cookies_at) },
    { "half-open",         HELD(LIMIT, half_open_limit) },
    { "per-address",       HELD(LIMIT, half_open_per_address) },
    { "half-open-lists",   HELD(COUNT, half_open_lists) },
    { "half-open-timeout", HELD(SECONDS, half_open_timeout_ns) },
    { "liveness",          HELD(SECONDS, liveness_ns) },
    { "rekey-ike",         HELD(SECONDS, rekey.ike_ns) },
    { "rekey-child",       HELD(SECONDS, rekey.child_ns) },
    { "rekey-ike-or-0",    HELD(SECONDS_OR_0, rekey.ike_ns) },
    { "rekey-child-or-0",  HELD(SECONDS_OR_0, rekey.child_ns) },
    { "liveness-or-0",     HELD(SECONDS_OR_0, liveness_ns) },
    { "threads",           HELD(COUNT, threads) },
    { "fragment",          HELD(COUNT, fragment) },
    { "retransmit-millis", HELD(MILLIS, retransmit_first_ns) },
    { "retransmit-factor", HELD(THOUSANDTHS, retransmit_factor_milli) },
    { "retransmit-tries",  .put = put_tries },
    { "encap",             HELD(YES_NO, force_encapsulation) },
    { "mobike",            HELD(YES_NO, mobike) },
    { "fragmentation",     .put = put_fragmentation },
    { "psk",               .put = put_psk },
    { "no-keepalive",      .put = put_no_keepalive },
    { "eap-fragment",      HELD(COUNT, eap_fragment) },
    { .name = NULL },
};
/* clang-format on */

/* ---- algorithms ---- */

uint8_t offer_count(const struct ike_offer *offer, enum ike_transform_type type)
{
    uint8_t count = 0;
    for (uint8_t i = 0; i < offer->count; i++)
        count = (uint8_t)(count + (ike_offer_type(offer, i) == type ? 1 : 0));
    return count;
}

uint8_t offer_aeads(const struct ike_offer *offer)
{
    uint8_t count = 0;
    for (uint8_t i = 0; i < offer->count; i++)
        count = (uint8_t)(count + (ike_algo_is_aead(&ike_algos[offer->algos[i]]) ? 1 : 0));
    return count;
}

bool offer_has_algo(const struct ike_offer *offer, uint8_t algo)
{
    for (uint8_t i = 0; i < offer->count; i++)
        if (offer->algos[i] == algo && offer->addke[i] == 0)
            return true;
    return false;
}

static const char *spelt(const struct recipe_join *join, uint8_t algo)
{
    if (join->spelling == NULL)
        return ike_algos[algo].name;
    return join->esp ? join->spelling[algo].esp : join->spelling[algo].ike;
}

bool put_algos(struct model_text *out, const struct ike_offer *offer, enum ike_transform_type type,
               const struct recipe_join *join, const char **lacking)
{
    bool first = true;
    for (uint8_t i = 0; i < offer->count; i++) {
        if (ike_offer_type(offer, i) != type)
            continue;
        const char *const word = spelt(join, offer->algos[i]);
        if (word == NULL) {
            *lacking = ike_algos[offer->algos[i]].name;
            return false;
        }
        text_put(out, "%s%s%s", first ? "" : join->between, join->before, word);
        first = false;
    }
    return true;
}

/* Where a group is named the reader of proposals adds the PRFs that an IKE SA wants with it. */
static void drop_prfs(struct ike_offer *offer)
{
    uint8_t kept = 0;
    for (uint8_t i = 0; i < offer->count; i++)
        if (ike_offer_type(offer, i) != TRANSFORM_PRF) {
            offer->addke[kept] = offer->addke[i];
            offer->algos[kept++] = offer->algos[i];
        }
    offer->count = kept;
}

bool model_daemon_proposals(const struct model_recipe *recipe, const char *proposals, bool esp,
                            struct model_text *out, const char **lacking)
{
    struct ike_offer offers[IKE_OFFERS_MAX];
    const uint8_t count = model_offers_of(proposals, offers);
    for (uint8_t i = 0; i < count; i++) {
        if (ike_offer_adds(&offers[i])) {
            *lacking = "proposals without additional key exchanges";
            return false;
        }
        if (esp)
            drop_prfs(&offers[i]);
    }
    return recipe->proposals(offers, count, esp, out, lacking);
}
