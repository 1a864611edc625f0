/* SPDX-License-Identifier: MIT
 * ESP packets: those that documents print, octet by octet; all suites there and
 * back with both providers; sizes; every reason to refuse one. */
#include "ike/esp.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 4096, SPI = 0x12345678 };

/* A pair of SAs of one suite, and what is on its way between them. */
static struct bench {
    struct crypto_stream stream;
    struct ike_crypto *crypto;
    struct ike_esp_out out;
    struct ike_esp_in in;
    uint8_t packet[IKE_ESP_MAX + 64];
    size_t len;
    struct ike_esp_opened opened;
} bench;

static const uint8_t inner_v4[100] = {0x45, 0, 0, 100, 1, 2, 3, 4, 64, 17};
static uint8_t inner_v6[120] = {0x60, 0, 0, 0, 0, 80, 17, 64};

static crypto_open_fn *const providers[] = {ike_crypto_openssl, ike_crypto_modelled};

static bool is_suite(uint8_t encr, uint8_t integ)
{
    const struct ike_algo *const e = &ike_algos[encr];
    return e->type == TRANSFORM_ENCR && ike_algo_is_aead(e) == (integ == 0) &&
           (integ == 0 || ike_algos[integ].type == TRANSFORM_INTEG);
}

static struct ike_esp_spec spec_of(uint8_t encr, uint8_t integ, bool extended)
{
    static uint8_t keys[2 * IKE_KEY_MAX];
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (uint8_t)(i * 7 + encr);
    return (struct ike_esp_spec){
        .spi = SPI,
        .suite = {.encr = encr, .integ = integ, .esn = extended ? ALGO_ESN : ALGO_NOESN},
        .encr_key = {keys, (size_t)ike_algos[encr].key_len + ike_algos[encr].salt_len},
        .integ_key = {keys + IKE_KEY_MAX, ike_algos[integ].key_len},
    };
}

static void bench_begin(crypto_open_fn *open, const struct ike_esp_spec *spec)
{
    bench.crypto = open(crypto_stream_random(&bench.stream, 1));
    ike_esp_in_open(&bench.in, spec, IKE_ESP_WINDOW);
    ike_esp_out_open(&bench.out, spec);
}

static void bench_end(void)
{
    bench.crypto->ops->close(bench.crypto);
}

static enum ike_esp_why bench_seal(const struct ike_esp_inner *inner)
{
    struct ike_writer w = wr_open(bench.packet, sizeof bench.packet);
    const enum ike_esp_why why = ike_esp_seal(&bench.out, bench.crypto, inner, &w);
    bench.len = w.len;
    return why;
}

static enum ike_esp_why bench_open(void)
{
    return ike_esp_open(&bench.in, bench.crypto, bench.packet, bench.len, &bench.opened);
}

static const struct ike_esp_inner v4 = {.octets = {inner_v4, sizeof inner_v4},
                                        .next = ESP_NEXT_IPV4};

/* ---- what documents print ---- */

struct vector {
    char kind[16], source[128], encr[24];
    struct field {
        char name[16];
        uint8_t octets[256];
        size_t len;
    } fields[12];
    size_t field_count;
};

static struct ike_bytes field(const struct vector *v, const char *name)
{
    for (size_t i = 0; i < v->field_count; i++)
        if (strcmp(v->fields[i].name, name) == 0)
            return (struct ike_bytes){v->fields[i].octets, v->fields[i].len};
    return (struct ike_bytes){NULL, 0};
}

static void vector_line(struct vector *v, const char *key, const char *value)
{
    if (strcmp(key, "kind") == 0) {
        (void)snprintf(v->kind, sizeof v->kind, "%.15s", value);
    } else if (strcmp(key, "source") == 0) {
        (void)snprintf(v->source, sizeof v->source, "%.127s", value);
    } else if (strcmp(key, "encr") == 0) {
        (void)snprintf(v->encr, sizeof v->encr, "%.23s", value);
    } else if (EXPECT(v->field_count < sizeof v->fields / sizeof v->fields[0])) {
        struct field *const f = &v->fields[v->field_count++];
        (void)snprintf(f->name, sizeof f->name, "%.15s", key);
        f->len = crypto_hex(value, f->octets, sizeof f->octets);
    }
}

static bool vector_read(FILE *file, struct vector *v)
{
    static char line[1024];
    *v = (struct vector){.field_count = 0};
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *const blank = strchr(line, ' ');
        if (line[0] == '\0' && v->kind[0] != '\0')
            return true;
        if (line[0] == '\0' || line[0] == '#' || blank == NULL)
            continue;
        *blank = '\0';
        vector_line(v, line, blank + 1);
    }
    return v->kind[0] != '\0';
}

/* The SAs as the document has them before its packet: its keys, its number the next, its IV. A CBC
 * packet is printed without its ICV; ours has one behind it, of a key that is none of its own. */
static void vector_begin(const struct vector *v)
{
    const uint8_t encr = ike_algo_named(v->encr);
    const struct ike_bytes head = field(v, "head");
    struct ike_reader r = rd_open(head);
    struct ike_esp_spec spec =
        spec_of(encr, ike_algo_is_aead(&ike_algos[encr]) ? 0 : ALGO_SHA1, head.len == 12);
    EXPECT(encr != 0);
    spec.encr_key = field(v, "encr_key");
    spec.transport = true; /* most have an ICMP header's number before an IP packet */
    if (head.len > 0)
        spec.spi = rd_u32(&r);
    bench_begin(ike_crypto_openssl, &spec);
    const uint64_t number = head.len > 0 ? rd_uint(&r, r.left) : 1;
    struct ike_reader iv = rd_open(field(v, "iv"));
    bench.out.sent = number - 1;
    bench.out.iv_mask = rd_u64(&iv) ^ number;
    bench.in.window.top = number - 1;
    bench.stream.script_at = 0;
    struct ike_writer script = wr_open(bench.stream.script, sizeof bench.stream.script);
    put_bytes(&script, field(v, "iv"));
    bench.stream.script_len = script.len;
}

static bool vector_sealed(const struct vector *v)
{
    const struct ike_bytes next = field(v, "next");
    const struct ike_esp_inner inner = {.octets = field(v, "inner"), .next = next.at[0]};
    uint8_t wanted[512];
    struct ike_writer w = wr_open(wanted, sizeof wanted);
    struct ike_reader head = rd_open(field(v, "head"));
    put_bytes(&w, rd_bytes(&head, 4));
    rd_skip(&head, head.left - 4);
    put_bytes(&w, rd_rest(&head));
    put_bytes(&w, field(v, "iv"));
    put_bytes(&w, field(v, "sealed"));
    put_bytes(&w, field(v, "icv"));
    const size_t beyond = field(v, "icv").len > 0 ? 0 : ike_algos[ALGO_SHA1].icv_len;
    const bool same = bench_seal(&inner) == ESP_WHY_OK && bench.len == w.len + beyond &&
                      memcmp(bench.packet, wanted, w.len) == 0;
    return same && bench_open() == ESP_WHY_OK && bench.opened.next == inner.next &&
           ike_bytes_equal(bench.opened.octets, inner.octets) &&
           bench.opened.number == bench.out.sent;
}

/* Ciphertext and text together are the cipher's stream, whatever the text was. */
static bool vector_streams(const struct vector *v)
{
    const struct ike_bytes text = field(v, "inner"), sealed = field(v, "sealed");
    const struct ike_esp_inner inner = {.octets = {inner_v4, text.len}, .next = 1};
    bool same = bench_seal(&inner) == ESP_WHY_OK && text.at != NULL && sealed.at != NULL;
    for (size_t i = 0; same && i < text.len; i++)
        same = same && (bench.packet[16 + i] ^ inner_v4[i]) == (text.at[i] ^ sealed.at[i]);
    return same && bench_open() == ESP_WHY_OK;
}

static void test_packets_of_documents(void)
{
    static struct vector v;
    unsigned packets = 0, streams = 0, extended = 0;
    FILE *const file = fopen("tests/vectors/esp.txt", "r");
    if (!EXPECT(file != NULL))
        return;
    while (vector_read(file, &v)) {
        const bool packet = strcmp(v.kind, "packet") == 0;
        vector_begin(&v);
        if (!EXPECT(packet ? vector_sealed(&v) : vector_streams(&v)))
            (void)printf("# %s\n", v.source);
        extended += field(&v, "head").len == 12 ? 1 : 0;
        packets += packet ? 1 : 0;
        streams += packet ? 0 : 1;
        bench_end();
    }
    (void)fclose(file);
    EXPECT_EQ(packets, 14 + 1 + 4);
    EXPECT_EQ(streams, 9);
    EXPECT_EQ(extended, 9);
}

/* ---- sizes ---- */

/* A packet around an IP packet of 100 octets: header 8, IV, 100 and trailer 2 padded, ICV. */
static const struct {
    const char *encr, *integ;
    size_t len;
} sizes[] = {
    {"aes128gcm8", NULL, 8 + 8 + 104 + 8},        {"aes192gcm12", NULL, 8 + 8 + 104 + 12},
    {"aes256gcm16", NULL, 8 + 8 + 104 + 16},      {"aes128ccm8", NULL, 8 + 8 + 104 + 8},
    {"aes192ccm12", NULL, 8 + 8 + 104 + 12},      {"aes256ccm16", NULL, 8 + 8 + 104 + 16},
    {"chacha20poly1305", NULL, 8 + 8 + 104 + 16}, {"aes128", "sha1", 8 + 16 + 112 + 12},
    {"aes192", "sha256", 8 + 16 + 112 + 16},      {"aes256", "sha384", 8 + 16 + 112 + 24},
    {"aes256", "sha512", 8 + 16 + 112 + 32},      {"aes128", "aesxcbc", 8 + 16 + 112 + 12},
    {"aes128", "aescmac", 8 + 16 + 112 + 12},     {"aes128", "md5", 8 + 16 + 112 + 12},
    {"3des", "sha1", 8 + 8 + 104 + 12},           {"aes256ctr", "sha256", 8 + 8 + 104 + 16},
    {"null", "sha1", 8 + 0 + 104 + 12},           {"null", "sha256", 8 + 0 + 104 + 16},
};

static void test_sizes_on_the_wire(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int extended = 0; extended < 2; extended++) {
            const struct ike_esp_spec spec =
                spec_of(ike_algo_named(sizes[i].encr),
                        sizes[i].integ != NULL ? ike_algo_named(sizes[i].integ) : 0, extended != 0);
            for (size_t p = 0; p < 2; p++) {
                bench_begin(providers[p], &spec);
                EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
                EXPECT_EQ(bench.len, sizes[i].len);
                EXPECT_EQ(ike_esp_len(&bench.out.sa, sizeof inner_v4), sizes[i].len);
                bench_end();
            }
        }
    }
}

/* The most that fits is what fits, and one octet more does not. */
static void test_the_most_that_a_packet_carries(void)
{
    for (uint8_t encr = 0; encr < ike_algo_count; encr++) {
        const uint8_t integ = ike_algo_is_aead(&ike_algos[encr]) ? 0 : ALGO_SHA384;
        if (!is_suite(encr, integ))
            continue;
        const struct ike_esp_spec spec = spec_of(encr, integ, false);
        struct ike_esp_out out;
        ike_esp_out_open(&out, &spec);
        for (size_t max = 0; max < 200; max++) {
            const size_t most = ike_esp_most(&out.sa, max);
            EXPECT(most == 0 || ike_esp_len(&out.sa, most) <= max);
            EXPECT(ike_esp_len(&out.sa, most + 1) > max);
        }
    }
}

/* ---- there and back ---- */

static void there_and_back(crypto_open_fn *open, const struct ike_esp_spec *spec)
{
    bench_begin(open, spec);
    for (size_t len = 20; len <= sizeof inner_v4; len++) {
        uint8_t inner[sizeof inner_v4];
        memcpy(inner, inner_v4, sizeof inner);
        inner[3] = (uint8_t)len;
        const struct ike_esp_inner one = {.octets = {inner, len}, .next = ESP_NEXT_IPV4};
        EXPECT_EQ(bench_seal(&one), ESP_WHY_OK);
        EXPECT_EQ(bench.len, ike_esp_len(&bench.out.sa, len));
        EXPECT_EQ(bench_open(), ESP_WHY_OK);
        EXPECT_EQ(bench.opened.next, ESP_NEXT_IPV4);
        EXPECT_EQ(bench.opened.number, len - 19);
        EXPECT(ike_bytes_equal(bench.opened.octets, one.octets));
    }
    EXPECT_EQ(bench.in.sa.packets, 81);
    EXPECT_EQ(bench.out.sa.packets, 81);
    EXPECT_EQ(bench.in.sa.octets, bench.out.sa.octets);
    EXPECT_EQ(bench.in.sa.reasons[ESP_WHY_OK], 81);
    bench_end();
}

static void test_all_suites_there_and_back(void)
{
    unsigned tried = 0;
    for (uint8_t encr = 0; encr < ike_algo_count; encr++) {
        for (uint8_t integ = 0; integ < ike_algo_count; integ++) {
            if (!is_suite(encr, integ))
                continue;
            for (unsigned i = 0; i < 4; i++) {
                const struct ike_esp_spec spec = spec_of(encr, integ, i / 2 != 0);
                there_and_back(providers[i % 2], &spec);
            }
            tried++;
        }
    }
    EXPECT_EQ(tried, 19 + 8 * 7); /* AEADs; 8 others with each INTEG */
}

/* Octets are counted as the cipher sees them (RFC 4301 4.4.2.1). */
static void test_padding_counts_as_octets(void)
{
    const struct ike_esp_spec spec = spec_of(ALGO_AES128, ALGO_SHA256, false);
    bench_begin(ike_crypto_modelled, &spec);
    EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
    EXPECT_EQ(bench_open(), ESP_WHY_OK);
    EXPECT_EQ(bench.out.sa.octets, 112);
    EXPECT_EQ(bench.in.sa.octets, 112);
    bench_end();
}

/* ---- what a peer or anyone may not do ---- */

/* Each octet changed in turn: refused, and for what it should be; nothing is taken of it, and the
 * packet itself opens after all. */
static void each_octet_changed(crypto_open_fn *open, uint8_t encr, uint8_t integ, bool extended)
{
    static uint8_t kept[ROOM];
    const struct ike_esp_spec spec = spec_of(encr, integ, extended);
    bench_begin(open, &spec);
    bench.out.sent = 9;
    EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
    memcpy(kept, bench.packet, bench.len);
    for (size_t i = 0; i < bench.len; i++) {
        const struct ike_esp_window before = bench.in.window;
        memcpy(bench.packet, kept, bench.len);
        bench.packet[i] ^= (uint8_t)(1U << i % 8);
        EXPECT_EQ(bench_open(), i < 4 ? ESP_WHY_UNKNOWN_SPI : ESP_WHY_BAD_ICV);
        EXPECT(before.top == bench.in.window.top);
        EXPECT(memcmp(before.ring, bench.in.window.ring, sizeof before.ring) == 0);
    }
    EXPECT_EQ(bench.in.sa.packets, 0);
    EXPECT_EQ(bench.in.sa.reasons[ESP_WHY_UNKNOWN_SPI], 4);
    EXPECT_EQ(bench.in.sa.reasons[ESP_WHY_BAD_ICV], bench.len - 4);
    memcpy(bench.packet, kept, bench.len);
    EXPECT_EQ(bench_open(), ESP_WHY_OK);
    bench_end();
}

static void test_any_octet_changed_is_refused(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned k = 0; k < 4; k++)
            each_octet_changed(providers[k % 2], ike_algo_named(sizes[i].encr),
                               sizes[i].integ != NULL ? ike_algo_named(sizes[i].integ) : 0,
                               k / 2 != 0);
}

static void test_what_is_cut_short_is_refused(void)
{
    static uint8_t kept[ROOM];
    for (size_t p = 0; p < 2; p++) {
        const struct ike_esp_spec spec = spec_of(ALGO_AES128, ALGO_SHA256, false);
        bench_begin(providers[p], &spec);
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
        const size_t whole = bench.len;
        memcpy(kept, bench.packet, whole);
        for (size_t len = 0; len < whole; len++) {
            const size_t text = len - (8 + 16 + 16);
            bench.len = len;
            memcpy(bench.packet, kept, whole);
            EXPECT_EQ(bench_open(), len < 8 + 16 + 16 + 2 ? ESP_WHY_SHORT
                                    : text % 16 != 0      ? ESP_WHY_LENGTH
                                                          : ESP_WHY_BAD_ICV);
        }
        bench.len = IKE_ESP_MAX + 1;
        EXPECT_EQ(bench_open(), ESP_WHY_LONG);
        bench_end();
    }
}

static void test_the_spi_of_a_packet(void)
{
    static const uint8_t packet[] = {1, 2, 3, 4}, ike[] = {0, 0, 0, 0, 1};
    uint32_t spi;
    EXPECT_EQ(ike_esp_spi((struct ike_bytes){packet, 3}, &spi), ESP_WHY_SHORT);
    EXPECT_EQ(ike_esp_spi((struct ike_bytes){packet, 4}, &spi), ESP_WHY_OK);
    EXPECT_EQ(spi, 0x01020304);
    EXPECT_EQ(ike_esp_spi((struct ike_bytes){ike, 5}, &spi), ESP_WHY_UNKNOWN_SPI);
}

/* What came is refused when it comes again, and so is what lies too far behind, without any
 * cryptography; a window of none takes both. Of an extended number what lies behind is taken for
 * one far ahead, and is not authentic. */
static void came_again(crypto_open_fn *open, bool extended)
{
    static uint8_t kept[70][ROOM];
    const enum ike_esp_why behind = extended ? ESP_WHY_BAD_ICV : ESP_WHY_TOO_OLD;
    const struct {
        size_t index;
        enum ike_esp_why why;
    } steps[] = {{0, ESP_WHY_OK},  {0, ESP_WHY_REPLAYED}, {64, ESP_WHY_OK},
                 {0, behind},      {1, ESP_WHY_OK},       {1, ESP_WHY_REPLAYED},
                 {69, ESP_WHY_OK}, {5, behind},           {6, ESP_WHY_OK}};
    const struct ike_esp_spec spec = spec_of(ALGO_AES256GCM16, 0, extended);
    bench_begin(open, &spec);
    for (size_t i = 0; i < 70; i++) {
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
        memcpy(kept[i], bench.packet, bench.len);
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        memcpy(bench.packet, kept[steps[i].index], bench.len);
        EXPECT_EQ(bench_open(), steps[i].why);
    }
    ike_esp_in_open(&bench.in, &spec, 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        memcpy(bench.packet, kept[steps[i].index], bench.len);
        EXPECT_EQ(bench_open(), steps[i].why == ESP_WHY_BAD_ICV ? ESP_WHY_BAD_ICV : ESP_WHY_OK);
    }
    bench_end();
}

static void test_what_came_does_not_come_again(void)
{
    for (unsigned i = 0; i < 4; i++)
        came_again(providers[i % 2], i / 2 != 0);
}

/* Text as a peer may choose it, trailer and all, sealed as it stands. */
static enum ike_esp_why opened_text(const uint8_t *text, size_t len)
{
    const struct ike_seal_keys keys = {
        .encr = &ike_algos[ALGO_AES128CTR],
        .integ = &ike_algos[ALGO_SHA256],
        .encr_key = {bench.out.sa.keys, 20},
        .integ_key = {bench.out.sa.keys + 20, 32},
    };
    struct ike_writer w = wr_open(bench.packet, sizeof bench.packet);
    put_u32(&w, SPI);
    put_u32(&w, (uint32_t)++bench.out.sent);
    put_u64(&w, bench.out.sent);
    put_bytes(&w, (struct ike_bytes){text, len});
    (void)put_room(&w, 16);
    bench.len = w.len;
    bench.crypto->ops->seal(bench.crypto, &keys, bench.packet, 8, len);
    return bench_open();
}

static void test_what_a_peer_sealed_wrong_is_refused(void)
{
    static const struct {
        const char *text;
        enum ike_esp_why why;
    } texts[] = {
        {"01020201", ESP_WHY_NEXT_HEADER}, /* ICMP, in a tunnel */
        {"010202ff", ESP_WHY_NEXT_HEADER},
        {"0102023b", ESP_WHY_DUMMY},
        {"0000003b", ESP_WHY_DUMMY},
        {"01030204", ESP_WHY_PADDING}, /* not 1, 2, 3 */
        {"00000204", ESP_WHY_PADDING},
        {"01020304", ESP_WHY_PADDING}, /* more than there is */
        {"0102ff04", ESP_WHY_PADDING},
        {"01020204", ESP_WHY_INNER},          /* nothing */
        {"45000004 01020204", ESP_WHY_INNER}, /* shorter than a header */
        {"45000014 00000000 40110000 0a000001 0a000002 01020204", ESP_WHY_OK},
        {"45000014 00000000 40110000 0a000001 0a0000 01020303 04",
         ESP_WHY_INNER}, /* an octet cut off */
        {"65000014 00000000 40110000 0a000001 0a000002 01020204", ESP_WHY_INNER},
        {"45000015 00000000 40110000 0a000001 0a000002 01020204", ESP_WHY_INNER},
        {"45000014 00000000 40110000 0a000001 0a000002 01020229", ESP_WHY_INNER},
        {"60000000 00003b40 00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000002"
         "01020229",
         ESP_WHY_OK},
        {"60000000 00013b40 00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000002"
         "01020229",
         ESP_WHY_INNER},
    };
    uint8_t text[64];
    for (size_t p = 0; p < 2; p++) {
        const struct ike_esp_spec spec = spec_of(ALGO_AES128CTR, ALGO_SHA256, false);
        uint64_t said[ESP_WHY_COUNT] = {0};
        bench_begin(providers[p], &spec);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            const enum ike_esp_why why =
                opened_text(text, crypto_hex(texts[i].text, text, sizeof text));
            if (!EXPECT_EQ(why, texts[i].why))
                (void)printf("# %s\n", texts[i].text);
            said[why]++;
        }
        EXPECT(memcmp(said, bench.in.sa.reasons, sizeof said) == 0);
        EXPECT_EQ(bench.in.sa.packets, sizeof texts / sizeof texts[0]); /* authentic, all */
        bench_end();
    }
}

/* In transport mode any protocol goes but the one that says it is nothing. */
static void test_transport_mode_carries_any_protocol(void)
{
    struct ike_esp_spec spec = spec_of(ALGO_AES128GCM16, 0, false);
    spec.transport = true;
    bench_begin(ike_crypto_openssl, &spec);
    for (unsigned next = 0; next < 256; next++) {
        const struct ike_esp_inner inner = {.octets = {inner_v4, 10}, .next = (uint8_t)next};
        EXPECT_EQ(bench_seal(&inner), ESP_WHY_OK);
        EXPECT_EQ(bench_open(), next == ESP_NEXT_NONE ? ESP_WHY_DUMMY : ESP_WHY_OK);
        EXPECT(next == ESP_NEXT_NONE ||
               (bench.opened.next == next && bench.opened.octets.len == 10));
    }
    bench_end();
}

/* ---- hiding lengths (RFC 4303 2.7) ---- */

static void test_a_tunnel_loses_what_hides_the_length(void)
{
    const struct ike_esp_spec spec = spec_of(ALGO_CHACHA20POLY1305, 0, false);
    for (size_t p = 0; p < 2; p++) {
        bench_begin(providers[p], &spec);
        for (uint16_t tfc = 0; tfc < 1000; tfc = (uint16_t)(tfc + 37)) {
            struct ike_esp_inner inner = v4;
            inner.tfc = tfc;
            EXPECT_EQ(bench_seal(&inner), ESP_WHY_OK);
            EXPECT_EQ(bench.len, ike_esp_len(&bench.out.sa, sizeof inner_v4 + tfc));
            EXPECT_EQ(bench_open(), ESP_WHY_OK);
            EXPECT(ike_bytes_equal(bench.opened.octets, inner.octets));
            inner = (struct ike_esp_inner){
                .octets = {inner_v6, sizeof inner_v6}, .next = ESP_NEXT_IPV6, .tfc = tfc};
            EXPECT_EQ(bench_seal(&inner), ESP_WHY_OK);
            EXPECT_EQ(bench_open(), ESP_WHY_OK);
            EXPECT(ike_bytes_equal(bench.opened.octets, inner.octets));
        }
        bench_end();
    }
}

/* Zeros they are, before the padding. */
static void test_what_hides_the_length_is_zeros(void)
{
    const struct ike_esp_spec spec = spec_of(ALGO_NULL, ALGO_SHA256, false);
    struct ike_esp_inner inner = v4;
    bench_begin(ike_crypto_openssl, &spec);
    inner.tfc = 31;
    EXPECT_EQ(bench_seal(&inner), ESP_WHY_OK);
    for (size_t i = 0; i < 31; i++)
        EXPECT_EQ(bench.packet[8 + sizeof inner_v4 + i], 0);
    EXPECT(crypto_is_hex(bench.packet + 8 + sizeof inner_v4 + 31, 5, "01 02 03 03 04"));
    bench_end();
}

/* ---- the sender ---- */

/* A packet goes behind what is written already, where there is room for both. */
static void test_a_packet_is_added_to_what_is_there(void)
{
    const struct ike_esp_spec spec = spec_of(ALGO_AES128GCM16, 0, false);
    bench_begin(ike_crypto_openssl, &spec);
    const size_t len = ike_esp_len(&bench.out.sa, sizeof inner_v4);
    struct ike_writer w = wr_open(bench.packet, len + 7);
    put_u64(&w, 1);
    EXPECT_EQ(ike_esp_seal(&bench.out, bench.crypto, &v4, &w), ESP_WHY_LONG);
    EXPECT(w.len == 8 && !w.bad);
    w = wr_open(bench.packet, len + 8);
    put_u64(&w, 1);
    EXPECT_EQ(ike_esp_seal(&bench.out, bench.crypto, &v4, &w), ESP_WHY_OK);
    EXPECT_EQ(ike_esp_open(&bench.in, bench.crypto, bench.packet + 8, len, &bench.opened),
              ESP_WHY_OK);
    bench_end();
}

static void test_a_packet_too_long_leaves_no_trace(void)
{
    static uint8_t long_inner[IKE_ESP_MAX];
    const struct ike_esp_spec spec = spec_of(ALGO_AES128GCM16, 0, false);
    bench_begin(ike_crypto_openssl, &spec);
    struct ike_esp_inner inner = {.octets = {long_inner, 0}, .next = ESP_NEXT_IPV4};
    inner.octets.len = ike_esp_most(&bench.out.sa, IKE_ESP_MAX);
    EXPECT_EQ(bench_seal(&inner), ESP_WHY_OK);
    EXPECT_EQ(bench.len, IKE_ESP_MAX);
    inner.octets.len++;
    EXPECT_EQ(bench_seal(&inner), ESP_WHY_LONG);
    EXPECT_EQ(bench.len, 0);
    inner = v4;
    inner.tfc = UINT16_MAX;
    EXPECT_EQ(bench_seal(&inner), ESP_WHY_LONG);
    struct ike_writer w = wr_open(bench.packet, ike_esp_len(&bench.out.sa, sizeof inner_v4) - 1);
    EXPECT_EQ(ike_esp_seal(&bench.out, bench.crypto, &v4, &w), ESP_WHY_LONG);
    EXPECT(w.len == 0 && !w.bad);
    EXPECT_EQ(bench.out.sent, 1);
    EXPECT_EQ(bench.out.sa.packets, 1);
    EXPECT_EQ(bench.out.sa.reasons[ESP_WHY_LONG], 3);
    w = wr_open(bench.packet, sizeof bench.packet);
    w.bad = true;
    EXPECT_EQ(ike_esp_seal(&bench.out, bench.crypto, &v4, &w), ESP_WHY_LONG);
    bench_end();
}

static void test_no_number_is_used_twice(void)
{
    for (int extended = 0; extended < 2; extended++) {
        const struct ike_esp_spec spec = spec_of(ALGO_AES128GCM16, 0, extended != 0);
        const uint64_t last = extended != 0 ? UINT64_MAX : UINT32_MAX;
        bench_begin(ike_crypto_openssl, &spec);
        bench.out.sent = last - 1;
        bench.in.window.top = last - 1;
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
        EXPECT_EQ(bench_open(), ESP_WHY_OK);
        EXPECT_EQ(bench.opened.number, last);
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_EXHAUSTED);
        EXPECT_EQ(bench.out.sa.reasons[ESP_WHY_EXHAUSTED], 1);
        EXPECT_EQ(bench.out.sent, last);
        bench.out.sent = 7;
        ike_esp_skip(&bench.out, 1000);
        EXPECT_EQ(bench.out.sent, 1007);
        ike_esp_skip(&bench.out, UINT64_MAX);
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_EXHAUSTED);
        bench_end();
    }
}

/* ---- extended sequence numbers ---- */

/* Across 2^32 in disorder; what was sealed under one upper half does not open under another. */
static void test_the_upper_half_is_authenticated(void)
{
    static uint8_t kept[20][ROOM];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct ike_esp_spec spec =
            spec_of(ike_algo_named(sizes[i].encr),
                    sizes[i].integ != NULL ? ike_algo_named(sizes[i].integ) : 0, true);
        for (size_t p = 0; p < 2; p++) {
            bench_begin(providers[p], &spec);
            bench.out.sent = UINT32_MAX - 10;
            ike_esp_window_take(&bench.in.window, bench.out.sent);
            for (size_t k = 0; k < 20; k++) {
                EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
                memcpy(kept[k], bench.packet, bench.len);
            }
            for (size_t k = 0; k < 20; k++) {
                memcpy(bench.packet, kept[k * 7 % 20], bench.len);
                EXPECT_EQ(bench_open(), ESP_WHY_OK);
                EXPECT_EQ(bench.opened.number, UINT64_C(0xfffffff6) + k * 7 % 20);
            }
            bench.in.window.top += UINT64_C(5) << 32;
            memcpy(bench.packet, kept[19], bench.len);
            bench.in.window.ring[0] = 0;
            bench.in.window.ring[1] = 0;
            EXPECT_EQ(bench_open(), ESP_WHY_BAD_ICV);
            bench_end();
        }
    }
}

/* The same packet, but for the upper half, has another ICV, and is else the same. */
static void test_the_upper_half_is_not_sent(void)
{
    for (size_t p = 0; p < 2; p++) {
        uint8_t first[ROOM];
        const struct ike_esp_spec spec = spec_of(ALGO_NULL, ALGO_SHA256, true);
        bench_begin(providers[p], &spec);
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
        memcpy(first, bench.packet, bench.len);
        bench.out.sent = UINT64_C(1) << 32;
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
        EXPECT(memcmp(first, bench.packet, bench.len - 16) == 0);
        EXPECT(memcmp(first + bench.len - 16, bench.packet + bench.len - 16, 16) != 0);
        bench_end();
    }
}

/* ---- the table, and keys ---- */

static void test_reasons_have_names(void)
{
    for (int i = 0; i < ESP_WHY_COUNT; i++) {
        const struct ike_esp_why_row *const row = ike_esp_why_row((enum ike_esp_why)i);
        EXPECT(i == ESP_WHY_OK || (strncmp(row->name, "esp_", 4) == 0 && row->source[0] != '\0'));
        for (int k = 0; k < i; k++)
            EXPECT(strcmp(row->name, ike_esp_why_row((enum ike_esp_why)k)->name) != 0);
    }
    EXPECT_STR(ike_esp_why_row(ESP_WHY_OK)->name, "ok");
}

static void test_forgotten_keys_are_gone(void)
{
    static const uint8_t none[IKE_ESP_KEYS_MAX];
    const struct ike_esp_spec spec = spec_of(ALGO_AES256, ALGO_SHA512, false);
    bench_begin(ike_crypto_openssl, &spec);
    EXPECT(memcmp(bench.out.sa.keys, spec.encr_key.at, spec.encr_key.len) == 0);
    ike_esp_forget(&bench.out.sa);
    EXPECT(memcmp(bench.out.sa.keys, none, sizeof none) == 0);
    bench_end();
}

/* A meter charges what the cipher and the mac see: of an extended number 4 octets more. */
static void test_a_meter_charges_for_what_is_covered(void)
{
    static const struct {
        uint8_t encr, integ;
        bool extended;
        uint64_t sealed;
    } charges[] = {
        {ALGO_AES128GCM16, 0, false, 8 + 8 + 104},
        {ALGO_AES128GCM16, 0, true, 12 + 8 + 104},
        {ALGO_AES128, ALGO_SHA256, false, 112 + 8 + 16 + 112},
        {ALGO_AES128, ALGO_SHA256, true, 112 + 8 + 16 + 112 + 4},
    };
    for (size_t i = 0; i < sizeof charges / sizeof charges[0]; i++) {
        static struct ike_costs costs;
        costs.byte_ps[ALGO_AES128GCM16] = costs.byte_ps[ALGO_AES128] = 1000;
        costs.byte_ps[ALGO_SHA256] = 1000;
        const struct ike_esp_spec spec =
            spec_of(charges[i].encr, charges[i].integ, charges[i].extended);
        bench_begin(ike_crypto_modelled, &spec);
        struct ike_crypto *const meter = ike_crypto_meter(bench.crypto, &costs);
        bench.crypto = meter;
        EXPECT_EQ(bench_seal(&v4), ESP_WHY_OK);
        EXPECT_EQ(meter->spent_ns, charges[i].sealed);
        EXPECT_EQ(bench_open(), ESP_WHY_OK);
        EXPECT_EQ(meter->spent_ns, 2 * charges[i].sealed);
        bench.packet[bench.len - 1] ^= 1;
        EXPECT_EQ(bench_open(), ESP_WHY_REPLAYED); /* for nothing */
        EXPECT_EQ(meter->spent_ns, 2 * charges[i].sealed);
        bench_end();
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_packets_of_documents),
        TEST(test_sizes_on_the_wire),
        TEST(test_the_most_that_a_packet_carries),
        TEST(test_all_suites_there_and_back),
        TEST(test_padding_counts_as_octets),
        TEST(test_any_octet_changed_is_refused),
        TEST(test_what_is_cut_short_is_refused),
        TEST(test_the_spi_of_a_packet),
        TEST(test_what_came_does_not_come_again),
        TEST(test_what_a_peer_sealed_wrong_is_refused),
        TEST(test_transport_mode_carries_any_protocol),
        TEST(test_a_tunnel_loses_what_hides_the_length),
        TEST(test_what_hides_the_length_is_zeros),
        TEST(test_a_packet_is_added_to_what_is_there),
        TEST(test_a_packet_too_long_leaves_no_trace),
        TEST(test_no_number_is_used_twice),
        TEST(test_the_upper_half_is_authenticated),
        TEST(test_the_upper_half_is_not_sent),
        TEST(test_reasons_have_names),
        TEST(test_forgotten_keys_are_gone),
        TEST(test_a_meter_charges_for_what_is_covered),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
