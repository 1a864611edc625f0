/* SPDX-License-Identifier: MIT
 * libFuzzer's door to ESP: packets as they come, text as a peer with the keys may
 * seal it, and honest ones that are changed, or come again. No number is taken
 * twice, what is given lies within the packet, and what was changed is refused.
 *
 * Input: suite, settings (an octet each), what was sent and taken before (8
 * octets), then operations: which (1 octet), and what it wants. */
#include "ike/esp.h"
#include "ike/ike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
size_t fuzz_missed(char *missed, size_t room);

enum { ROOM = 1024, TAKEN_MAX = 512, SPI = 0x11223344, HEAD = 8, TRAILER = 2 };
enum operation { RAW, RAW_WITH_SPI, SEALED, HONEST, CHANGED, AGAIN, LONGEST, OPERATIONS };

static const struct {
    uint8_t encr, integ;
} suites[] = {
    {ALGO_AES128GCM16, 0},      {ALGO_AES256CCM8, 0},        {ALGO_CHACHA20POLY1305, 0},
    {ALGO_AES128, ALGO_SHA256}, {ALGO_AES256CTR, ALGO_SHA1}, {ALGO_NULL, ALGO_SHA512},
    {ALGO_3DES, ALGO_AESXCBC},  {ALGO_AES192GCM12, 0},       {ALGO_AES192, ALGO_AESCMAC},
};
static const uint16_t windows[] = {64, 0, 1, 32, 65, 1000, 1984, 63};

static struct ike_crypto *providers[2];
static struct ike_crypto *crypto;
static struct ike_esp_out out;
static struct ike_esp_in in;
static uint8_t packet[IKE_ESP_MAX + 64], kept[IKE_ESP_MAX + 64];
static size_t packet_len, kept_len;
static uint64_t taken[TAKEN_MAX];
static size_t taken_count;
static uint64_t said[ESP_WHY_COUNT];

static void demand(bool held)
{
    if (!held)
        abort();
}

/* A counter: IVs need no more here. */
static void fill(void *owner, uint8_t *at, size_t len)
{
    uint8_t *const next = owner;
    for (size_t i = 0; i < len; i++)
        at[i] = (*next)++;
}

static void begin(struct ike_reader *r)
{
    static uint8_t next, keys[2 * IKE_KEY_MAX] = {1, 2, 3};
    const struct ike_random random = {.fill = fill, .owner = &next};
    const size_t suite = rd_u8(r) % (sizeof suites / sizeof suites[0]);
    const unsigned settings = rd_u8(r);
    const uint8_t encr = suites[suite].encr, integ = suites[suite].integ;
    const struct ike_esp_spec spec = {
        .spi = SPI,
        .suite = {.encr = encr, .integ = integ, .esn = (settings & 1) != 0 ? ALGO_ESN : ALGO_NOESN},
        .encr_key = {keys, (size_t)ike_algos[encr].key_len + ike_algos[encr].salt_len},
        .integ_key = {keys + IKE_KEY_MAX, ike_algos[integ].key_len},
        .transport = (settings & 2) != 0,
    };
    if (providers[0] == NULL) {
        providers[0] = ike_crypto_modelled(random);
        providers[1] = ike_crypto_openssl(random);
    }
    crypto = providers[settings >> 2 & 1];
    ike_esp_out_open(&out, &spec);
    ike_esp_in_open(&in, &spec, windows[settings >> 3 & 7]);
    const uint64_t before = rd_u64(r);
    ike_esp_skip(&out, before);
    if (out.sent > 0)
        ike_esp_window_take(&in.window, out.sent);
    taken[0] = out.sent;
    taken_count = 1;
    packet_len = kept_len = 0;
}

/* An IP packet that says it is as long as it is. */
static void check_inner(const struct ike_esp_opened *opened)
{
    struct ike_reader r = rd_open(opened->octets);
    const unsigned version = rd_u8(&r) >> 4;
    const bool four = opened->next == ESP_NEXT_IPV4;
    rd_skip(&r, four ? 1 : 3);
    demand(four || opened->next == ESP_NEXT_IPV6);
    demand(version == (four ? 4 : 6));
    demand(rd_u16(&r) + (four ? 0U : 40U) == opened->octets.len && !r.bad);
}

/* What may come by it: UDP between two networks, of either family. */
static void hold_against_selectors(const struct ike_esp_opened *opened)
{
    static struct ike_selector list[4];
    const struct ike_child_selectors selectors = {
        .octets = {(const uint8_t *)list, sizeof list}, .local_count = 2, .remote_count = 2};
    const struct ike_packet outer = {.from = ike_addr_v4(1, 500), .to = ike_addr_v4(2, 500)};
    for (size_t i = 0; i < 4; i++) {
        const uint8_t family = i % 2 == 0 ? IKE_IPV4 : IKE_IPV6;
        list[i] = (struct ike_selector){.from = {.family = family},
                                        .to = {.family = family, .port = UINT16_MAX},
                                        .protocol = 17};
        memset(list[i].to.ip, 0x7f, family == IKE_IPV4 ? 4 : 16);
    }
    const uint64_t before = in.sa.reasons[ESP_WHY_SELECTORS];
    const enum ike_esp_why why = ike_esp_within(&in, opened, &selectors, &outer);
    demand(why == ESP_WHY_OK || why == ESP_WHY_SELECTORS);
    demand(in.sa.reasons[ESP_WHY_SELECTORS] - before == (why == ESP_WHY_OK ? 0 : 1));
    said[why]++;
}

static enum ike_esp_why try_packet(struct ike_esp_opened *opened)
{
    const uint64_t packets = in.sa.packets, top = in.window.top;
    const enum ike_esp_why why = ike_esp_open(&in, crypto, packet, packet_len, opened);
    const bool authentic = in.sa.packets != packets;
    demand((unsigned)why < ESP_WHY_EXHAUSTED);
    said[why]++;
    demand(authentic || (in.window.top == top && why != ESP_WHY_OK));
    demand(in.window.top >= top);
    if (authentic) {
        for (size_t i = 0; i < taken_count && in.window.size > 0; i++)
            demand(taken[i] != opened->number);
        if (taken_count < TAKEN_MAX)
            taken[taken_count++] = opened->number;
    }
    if (why != ESP_WHY_OK)
        return why;
    demand(opened->octets.at >= packet + HEAD);
    demand(opened->octets.at + opened->octets.len <= packet + packet_len - TRAILER);
    if (!in.sa.transport)
        check_inner(opened);
    hold_against_selectors(opened);
    return why;
}

static struct ike_bytes some(struct ike_reader *r)
{
    const size_t len = rd_u8(r);
    return rd_bytes(r, len < r->left ? len : r->left);
}

static void raw(struct ike_reader *r, bool with_spi)
{
    struct ike_esp_opened opened;
    struct ike_writer w = wr_open(packet, sizeof packet);
    uint32_t spi = 0;
    if (with_spi)
        put_u32(&w, SPI);
    put_bytes(&w, some(r));
    packet_len = w.len;
    const enum ike_esp_why found = ike_esp_spi(wr_done(&w), &spi);
    said[found]++;
    demand((found == ESP_WHY_OK) == (w.len >= 4 && spi != 0));
    demand(try_packet(&opened) != ESP_WHY_OK);
}

/* Whatever text with its trailer, and whatever number, authentic. */
static void sealed(struct ike_reader *r)
{
    struct ike_esp_opened opened;
    struct ike_writer w = wr_open(packet, sizeof packet);
    const uint32_t low = rd_u32(r);
    const struct ike_bytes text = some(r);
    const struct ike_algo *const encr = &ike_algos[in.sa.encr];
    const struct ike_algo *const integ = &ike_algos[in.sa.integ];
    const size_t block = encr->block > 4 ? encr->block : 4;
    const size_t whole = (text.len / block + (text.len < TRAILER || text.len % block != 0)) * block;
    uint8_t high[4];
    struct ike_writer h = wr_open(high, sizeof high);
    put_u32(&h, (uint32_t)(ike_esp_window_number(&in.window, low, in.sa.extended) >> 32));
    struct ike_reader keys = rd_open((struct ike_bytes){in.sa.keys, sizeof in.sa.keys});
    struct ike_seal_keys seal = {.encr = encr, .integ = in.sa.integ != 0 ? integ : NULL};
    seal.encr_key = rd_bytes(&keys, (size_t)encr->key_len + encr->salt_len);
    seal.integ_key = rd_bytes(&keys, integ->key_len);
    seal.esn_high = (struct ike_bytes){high, in.sa.extended ? sizeof high : 0};
    put_u32(&w, SPI);
    put_u32(&w, low);
    put_uint(&w, low, encr->iv_len < 8 ? encr->iv_len : 8);
    put_uint(&w, 0, encr->iv_len > 8 ? encr->iv_len - 8U : 0);
    put_uint(&w, 0, (whole - text.len) % 8);
    for (size_t i = 0; i < (whole - text.len) / 8; i++)
        put_u64(&w, 0);
    put_bytes(&w, text);
    (void)put_room(&w, in.sa.integ != 0 ? integ->icv_len : encr->icv_len);
    demand(!w.bad);
    crypto->ops->seal(crypto, &seal, packet, HEAD, whole);
    packet_len = w.len;
    const enum ike_esp_why why = try_packet(&opened);
    demand(why != ESP_WHY_BAD_ICV && why != ESP_WHY_UNKNOWN_SPI && why != ESP_WHY_SHORT);
    demand(why != ESP_WHY_LENGTH && why != ESP_WHY_LONG);
}

/* False when the sender will not. */
static bool seal_honest(struct ike_reader *r, struct ike_esp_inner *inner)
{
    struct ike_writer w = wr_open(packet, sizeof packet);
    inner->next = rd_u8(r);
    inner->tfc = (uint16_t)(rd_u8(r) * 3U);
    inner->octets = some(r);
    const enum ike_esp_why why = ike_esp_seal(&out, crypto, inner, &w);
    said[why]++;
    demand(why == ESP_WHY_OK || why == ESP_WHY_EXHAUSTED);
    demand(w.len == (why == ESP_WHY_OK ? ike_esp_len(&out.sa, inner->octets.len + inner->tfc) : 0));
    packet_len = w.len;
    return why == ESP_WHY_OK;
}

static void honest(struct ike_reader *r)
{
    struct ike_esp_inner inner;
    struct ike_esp_opened opened;
    if (!seal_honest(r, &inner))
        return;
    memcpy(kept, packet, packet_len);
    kept_len = packet_len;
    const enum ike_esp_why why = try_packet(&opened);
    if (in.sa.transport && why == ESP_WHY_OK) {
        demand(opened.next == inner.next && opened.octets.len == inner.octets.len + inner.tfc);
        demand(inner.octets.len == 0 ||
               memcmp(opened.octets.at, inner.octets.at, inner.octets.len) == 0);
    }
    demand(why != ESP_WHY_BAD_ICV || in.sa.extended); /* what others sealed may be 2^32 ahead */
    demand(why != ESP_WHY_PADDING);
}

static void changed(struct ike_reader *r)
{
    struct ike_esp_inner inner;
    struct ike_esp_opened opened;
    if (!seal_honest(r, &inner))
        return;
    const size_t bit = rd_u16(r) % (8 * packet_len);
    packet[bit / 8] ^= (uint8_t)(1U << bit % 8);
    const uint64_t packets = in.sa.packets;
    demand(try_packet(&opened) != ESP_WHY_OK);
    demand(in.sa.packets == packets);
}

static void again(void)
{
    struct ike_esp_opened opened;
    if (kept_len == 0 || in.window.size == 0)
        return;
    memcpy(packet, kept, kept_len);
    packet_len = kept_len;
    demand(try_packet(&opened) != ESP_WHY_OK);
}

/* Around the longest packet there may be. */
static void longest(struct ike_reader *r)
{
    struct ike_esp_opened opened;
    const size_t beyond = rd_u8(r) % 64;
    packet_len = IKE_ESP_MAX - 32 + beyond;
    memset(packet, 0, packet_len);
    struct ike_writer w = wr_open(packet, sizeof packet);
    put_u32(&w, SPI);
    put_u32(&w, UINT32_MAX);
    const enum ike_esp_why why = try_packet(&opened);
    demand(why != ESP_WHY_OK && (why == ESP_WHY_LONG) == (packet_len > IKE_ESP_MAX));
    w = wr_open(packet, sizeof packet);
    const size_t most = ike_esp_most(&out.sa, IKE_ESP_MAX);
    const struct ike_esp_inner inner = {.octets = {kept, most + (beyond & 1)}, .next = 17};
    const enum ike_esp_why says = ike_esp_seal(&out, crypto, &inner, &w);
    said[says]++;
    demand((beyond & 1) == 0 ? says != ESP_WHY_LONG : says == ESP_WHY_LONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    begin(&r);
    while (r.left > 0) {
        switch ((enum operation)(rd_u8(&r) % OPERATIONS)) {
        case RAW:
            raw(&r, false);
            break;
        case RAW_WITH_SPI:
            raw(&r, true);
            break;
        case SEALED:
            sealed(&r);
            break;
        case HONEST:
            honest(&r);
            break;
        case CHANGED:
            changed(&r);
            break;
        case AGAIN:
            again();
            break;
        case LONGEST:
            longest(&r);
            break;
        case OPERATIONS:
            break;
        }
    }
    return 0;
}

/* All of the corpus together has each reason said. */
size_t fuzz_missed(char *missed, size_t room)
{
    size_t count = 0;
    for (int i = 0; i < ESP_WHY_COUNT; i++) {
        if (said[i] > 0)
            continue;
        const size_t len = strlen(missed);
        (void)snprintf(missed + len, room - len, " %s", ike_esp_why_row((enum ike_esp_why)i)->name);
        count++;
    }
    return count;
}
