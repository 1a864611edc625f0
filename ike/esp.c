/* SPDX-License-Identifier: MIT
 * The layout of an ESP packet (RFC 4303 2), padding, and what is judged in which
 * order. The provider does the cryptography.
 *
 *     SPI | sequence number | IV | inner, TFC padding | padding, pad length, next header | ICV */
#include "ike/esp.h"

#include "ike/ike.h"

#include <assert.h>
#include <string.h>

enum { HEAD = 8, TRAILER = 2, ALIGN = 4, IPV4_HEAD = 20, IPV6_HEAD = 40 };

static const struct ike_esp_why_row rows[ESP_WHY_COUNT] = {
#define ROW(id, name, source) [ESP_WHY_##id] = {name, source},
    IKE_ESP_WHY_ROWS(ROW)
#undef ROW
};

const struct ike_esp_why_row *ike_esp_why_row(enum ike_esp_why why)
{
    assert((unsigned)why < ESP_WHY_COUNT);
    return &rows[why];
}

static const struct ike_algo *encr_of(const struct ike_esp *sa)
{
    return &ike_algos[sa->encr];
}

static size_t icv_len(const struct ike_esp *sa)
{
    return sa->integ != 0 ? ike_algos[sa->integ].icv_len : encr_of(sa)->icv_len;
}

/* What the text is a multiple of, a power of two: "the ciphertext terminates on a 4-byte boundary",
 * whatever the cipher (RFC 4303 2.4). */
static size_t block_len(const struct ike_esp *sa)
{
    return encr_of(sa)->block > ALIGN ? encr_of(sa)->block : ALIGN;
}

static size_t text_at(const struct ike_esp *sa)
{
    return (size_t)HEAD + encr_of(sa)->iv_len;
}

/* Octets of text around `len` octets. */
static size_t text_len(const struct ike_esp *sa, size_t len)
{
    const size_t block = block_len(sa);
    return (len + TRAILER + block - 1) & ~(block - 1);
}

size_t ike_esp_len(const struct ike_esp *sa, size_t len)
{
    return text_at(sa) + text_len(sa, len) + icv_len(sa);
}

size_t ike_esp_most(const struct ike_esp *sa, size_t max)
{
    const size_t around = text_at(sa) + icv_len(sa);
    const size_t room = max > around ? (max - around) & ~(block_len(sa) - 1) : 0;
    return room > TRAILER ? room - TRAILER : 0;
}

/* ---- SAs ---- */

static void sa_open(struct ike_esp *sa, const struct ike_esp_spec *spec)
{
    const struct ike_algo *const encr = &ike_algos[spec->suite.encr];
    struct ike_writer w = wr_open(sa->keys, sizeof sa->keys);
    assert(encr->type == TRANSFORM_ENCR);
    assert(ike_algo_is_aead(encr) == (spec->suite.integ == 0));
    assert(spec->encr_key.len == (size_t)encr->key_len + encr->salt_len);
    assert(spec->integ_key.len == ike_algos[spec->suite.integ].key_len);
    *sa = (struct ike_esp){
        .spi = spec->spi,
        .encr = spec->suite.encr,
        .integ = spec->suite.integ,
        .extended = spec->suite.esn == ALGO_ESN,
        .transport = spec->transport,
    };
    put_bytes(&w, spec->encr_key);
    put_bytes(&w, spec->integ_key);
    assert(!w.bad);
}

void ike_esp_in_open(struct ike_esp_in *in, const struct ike_esp_spec *spec, uint32_t window)
{
    sa_open(&in->sa, spec);
    ike_esp_window_open(&in->window, window);
    in->failures = 0;
}

void ike_esp_out_open(struct ike_esp_out *out, const struct ike_esp_spec *spec)
{
    sa_open(&out->sa, spec);
    out->sent = 0;
    out->iv_mask = 0;
}

void ike_esp_pair(const struct ike_child_sa *child, uint32_t window, struct ike_esp_in *in,
                  struct ike_esp_out *out)
{
    struct ike_esp_spec spec = {
        .spi = child->spi_in,
        .suite = child->suite,
        .encr_key = child->encr_in,
        .integ_key = child->integ_in,
        .transport = child->transport,
    };
    ike_esp_in_open(in, &spec, window);
    spec.spi = child->spi_out;
    spec.encr_key = child->encr_out;
    spec.integ_key = child->integ_out;
    ike_esp_out_open(out, &spec);
}

void ike_esp_forget(struct ike_esp *sa)
{
    ike_secret_wipe(sa->keys, sizeof sa->keys);
}

/* `high` holds the upper half of the number, and stays where it is. */
static struct ike_seal_keys keys_of(const struct ike_esp *sa, const uint8_t *high)
{
    const size_t encr_len = (size_t)encr_of(sa)->key_len + encr_of(sa)->salt_len;
    struct ike_reader r = rd_open((struct ike_bytes){.at = sa->keys, .len = sizeof sa->keys});
    struct ike_seal_keys keys = {
        .encr = encr_of(sa),
        .integ = sa->integ != 0 ? &ike_algos[sa->integ] : NULL,
        .encr_key = rd_bytes(&r, encr_len),
        .esn_high = {.at = high, .len = sa->extended ? sizeof(uint32_t) : 0},
    };
    keys.integ_key = rd_bytes(&r, ike_algos[sa->integ].key_len);
    return keys;
}

static void put_high(uint8_t *high, uint64_t number)
{
    struct ike_writer w = wr_open(high, sizeof(uint32_t));
    put_u32(&w, (uint32_t)(number >> 32));
}

static void count(struct ike_esp *sa, size_t len)
{
    sa->packets++;
    sa->octets += len;
}

/* ---- out ---- */

static uint64_t last_number(const struct ike_esp *sa)
{
    return sa->extended ? UINT64_MAX : UINT32_MAX;
}

static void put_iv(struct ike_writer *w, const struct ike_esp_out *out, struct ike_crypto *crypto)
{
    const struct ike_algo *const encr = encr_of(&out->sa);
    if (encr->salt_len > 0) {
        put_u64(w, out->sent ^ out->iv_mask);
        return;
    }
    uint8_t *const iv = put_room(w, encr->iv_len);
    if (encr->iv_len > 0)
        crypto->ops->random(crypto, iv, encr->iv_len); /* CBC: not to be foreseen (RFC 3602 3) */
}

/* "The Padding bytes are initialized with a series of (unsigned, 1-byte) integer values", 1, 2, 3
 * (RFC 4303 2.4). */
static void put_trailer(struct ike_writer *w, size_t pad, uint8_t next)
{
    for (size_t i = 1; i <= pad; i++)
        put_u8(w, (uint8_t)i);
    put_u8(w, (uint8_t)pad);
    put_u8(w, next);
}

static enum ike_esp_why may_seal(const struct ike_esp_out *out, size_t len,
                                 const struct ike_writer *w)
{
    if (len > IKE_ESP_MAX || ike_esp_len(&out->sa, len) > IKE_ESP_MAX || w->bad ||
        ike_esp_len(&out->sa, len) > w->max - w->len)
        return ESP_WHY_LONG;
    return out->sent == last_number(&out->sa) ? ESP_WHY_EXHAUSTED : ESP_WHY_OK;
}

enum ike_esp_why ike_esp_seal(struct ike_esp_out *out, struct ike_crypto *crypto,
                              const struct ike_esp_inner *inner, struct ike_writer *w)
{
    struct ike_esp *const sa = &out->sa;
    const size_t len = inner->octets.len + inner->tfc;
    const size_t begin = w->len;
    const size_t text = text_len(sa, len);
    uint8_t high[sizeof(uint32_t)];
    const enum ike_esp_why why = may_seal(out, len, w);
    sa->reasons[why]++;
    if (why != ESP_WHY_OK)
        return why;

    out->sent++;
    put_u32(w, sa->spi);
    put_u32(w, (uint32_t)out->sent);
    put_iv(w, out, crypto);
    put_bytes(w, inner->octets);
    uint8_t *const zeros = put_room(w, inner->tfc);
    if (inner->tfc > 0)
        memset(zeros, 0, inner->tfc);
    put_trailer(w, text - len - TRAILER, inner->next);
    (void)put_room(w, icv_len(sa));
    assert(!w->bad && w->len - begin == ike_esp_len(sa, len));

    put_high(high, out->sent);
    const struct ike_seal_keys keys = keys_of(sa, high);
    crypto->ops->seal(crypto, &keys, w->base + begin, HEAD, text);
    count(sa, text);
    return ESP_WHY_OK;
}

void ike_esp_skip(struct ike_esp_out *out, uint64_t numbers)
{
    const uint64_t left = last_number(&out->sa) - out->sent;
    out->sent += numbers < left ? numbers : left;
}

/* ---- in ---- */

enum ike_esp_why ike_esp_spi(struct ike_bytes packet, uint32_t *spi)
{
    struct ike_reader r = rd_open(packet);
    *spi = rd_u32(&r);
    if (r.bad)
        return ESP_WHY_SHORT;
    return *spi == 0 ? ESP_WHY_UNKNOWN_SPI : ESP_WHY_OK;
}

/* What can be said without keys; the number it has, and how much text. */
static enum ike_esp_why look(const struct ike_esp_in *in, struct ike_bytes packet, uint64_t *number,
                             size_t *text)
{
    static const enum ike_esp_why says[] = {
        [ESP_PLACE_NEW] = ESP_WHY_OK,
        [ESP_PLACE_TAKEN] = ESP_WHY_REPLAYED,
        [ESP_PLACE_BELOW] = ESP_WHY_TOO_OLD,
    };
    const size_t around = text_at(&in->sa) + icv_len(&in->sa);
    struct ike_reader r = rd_open(packet);
    const uint32_t spi = rd_u32(&r);
    const uint32_t low = rd_u32(&r);
    if (packet.len < around + TRAILER)
        return ESP_WHY_SHORT;
    if (packet.len > IKE_ESP_MAX)
        return ESP_WHY_LONG;
    if (spi != in->sa.spi)
        return ESP_WHY_UNKNOWN_SPI;
    *text = packet.len - around;
    if ((*text & (block_len(&in->sa) - 1)) != 0)
        return ESP_WHY_LENGTH;
    *number = ike_esp_window_number(&in->window, low, in->sa.extended);
    return says[ike_esp_window_look(&in->window, *number)];
}

/* "the receiver SHOULD inspect the Padding field" (RFC 4303 2.4). */
static enum ike_esp_why take_trailer(struct ike_bytes text, struct ike_esp_opened *opened)
{
    struct ike_reader r = rd_open(text);
    const struct ike_bytes before = rd_bytes(&r, text.len - TRAILER);
    const size_t pad = rd_u8(&r);
    opened->next = rd_u8(&r);
    if (pad > before.len)
        return ESP_WHY_PADDING;
    r = rd_open(before);
    opened->octets = rd_bytes(&r, before.len - pad);
    for (size_t i = 1; i <= pad; i++)
        if (rd_u8(&r) != i)
            return ESP_WHY_PADDING;
    return opened->next == ESP_NEXT_NONE ? ESP_WHY_DUMMY : ESP_WHY_OK;
}

/* A tunnel carries IP packets, which say themselves how long they are; what stands behind them
 * hides that from others (RFC 4303 2.7). */
static enum ike_esp_why take_tunnelled(struct ike_esp_opened *opened)
{
    struct ike_reader r = rd_open(opened->octets);
    if (opened->next != ESP_NEXT_IPV4 && opened->next != ESP_NEXT_IPV6)
        return ESP_WHY_NEXT_HEADER;
    const bool four = opened->next == ESP_NEXT_IPV4;
    const unsigned version = rd_u8(&r) >> 4;
    rd_skip(&r, four ? 1 : 3);
    const size_t length = rd_u16(&r) + (four ? 0U : IPV6_HEAD);
    const size_t least = four ? IPV4_HEAD : IPV6_HEAD;
    if (version != (four ? 4 : 6) || length < least || length > opened->octets.len)
        return ESP_WHY_INNER;
    opened->octets.len = length;
    return ESP_WHY_OK;
}

/* A packet that is to be opened, its text, and the number that it is thought to have. */
struct attempt {
    uint8_t *packet;
    size_t len;
    size_t text_len;
    uint64_t number;
};

static bool opens(struct ike_esp_in *in, struct ike_crypto *crypto, const struct attempt *a)
{
    uint8_t high[sizeof(uint32_t)];
    put_high(high, a->number);
    const struct ike_seal_keys keys = keys_of(&in->sa, high);
    return crypto->ops->open(crypto, &keys, a->packet, HEAD, a->text_len);
}

/* "authentication is retried using successively larger values for the upper half" (RFC 4303 A.3.2).
 * `kept` is the packet as it came. */
static bool opens_ahead(struct ike_esp_in *in, struct ike_crypto *crypto, struct attempt *a,
                        const uint8_t *kept)
{
    const uint64_t left = (UINT64_MAX - a->number) >> 32;
    for (uint64_t i = 0; i < IKE_ESP_RESYNC_TRIES && i < left; i++) {
        a->number += UINT64_C(1) << 32;
        memcpy(a->packet, kept, a->len);
        if (opens(in, crypto, a))
            return true;
    }
    return false;
}

/* RFC 4303 A.3.1: the last of so many that failed one after the other is tried once more, further
 * ahead; be that in vain, so many more must fail before another one is. */
static bool is_authentic(struct ike_esp_in *in, struct ike_crypto *crypto, struct attempt *a)
{
    uint8_t kept[IKE_ESP_MAX];
    const bool last = in->sa.extended && in->failures + 1 == IKE_ESP_RESYNC_AFTER;
    if (last)
        memcpy(kept, a->packet, a->len);
    const bool right = opens(in, crypto, a) || (last && opens_ahead(in, crypto, a, kept));
    in->failures = right || last || !in->sa.extended ? 0 : in->failures + 1;
    return right;
}

/* The number is judged first, which costs nothing, and taken only when the packet is authentic
 * (RFC 4303 3.4.3). */
static enum ike_esp_why open_packet(struct ike_esp_in *in, struct ike_crypto *crypto,
                                    struct attempt *a, struct ike_esp_opened *opened)
{
    const struct ike_bytes whole = {.at = a->packet, .len = a->len};
    enum ike_esp_why why = look(in, whole, &a->number, &a->text_len);
    if (why != ESP_WHY_OK)
        return why;
    if (!is_authentic(in, crypto, a))
        return ESP_WHY_BAD_ICV;
    ike_esp_window_take(&in->window, a->number);
    count(&in->sa, a->text_len);
    opened->number = a->number;

    struct ike_reader r = rd_open(whole);
    rd_skip(&r, text_at(&in->sa));
    why = take_trailer(rd_bytes(&r, a->text_len), opened);
    return why == ESP_WHY_OK && !in->sa.transport ? take_tunnelled(opened) : why;
}

enum ike_esp_why ike_esp_open(struct ike_esp_in *in, struct ike_crypto *crypto, uint8_t *packet,
                              size_t len, struct ike_esp_opened *opened)
{
    assert(packet != NULL);
    *opened = (struct ike_esp_opened){.next = ESP_NEXT_NONE};
    struct attempt attempt = {.len = len};
    attempt.packet = packet;
    const enum ike_esp_why why = open_packet(in, crypto, &attempt, opened);
    in->sa.reasons[why]++;
    return why;
}
