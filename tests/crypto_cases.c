/* SPDX-License-Identifier: MIT
 * The cases of crypto_cases.h. */
#include "tests/crypto_cases.h"

#include "ike/limits.h"
#include "tests/test.h"

enum { AAD = 32, TEXT_MAX = 256, ROOM = AAD + 16 + TEXT_MAX + 64 };

static void stream_fill(void *owner, uint8_t *out, size_t len)
{
    struct crypto_stream *const s = owner;
    for (size_t i = 0; i < len; i++) {
        if (s->script_at < s->script_len) {
            out[i] = s->script[s->script_at++];
            continue;
        }
        s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(s->state >> 56);
    }
}

struct ike_random crypto_stream_random(struct crypto_stream *stream, uint64_t seed)
{
    *stream = (struct crypto_stream){.state = seed};
    return (struct ike_random){.fill = stream_fill, .owner = stream};
}

void crypto_stream_say(struct crypto_stream *stream, const char *hex)
{
    stream->script_at = 0;
    stream->script_len = crypto_hex(hex, stream->script, sizeof stream->script);
}

static unsigned nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char lower = (char)(c | 0x20);
    const char *const at = strchr(digits, lower);
    return at == NULL ? 0 : (unsigned)(at - digits);
}

size_t crypto_hex(const char *hex, uint8_t *out, size_t max)
{
    size_t len = 0;
    for (; *hex != '\0' && len < max; hex++) {
        if (*hex == ' ')
            continue;
        if (hex[1] == '\0') { /* a digit alone is an octet: so ends a key of NSS's */
            out[len++] = (uint8_t)nibble(hex[0]);
            break;
        }
        out[len++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
        hex++;
    }
    return len;
}

bool crypto_is_hex(const uint8_t *at, size_t len, const char *hex)
{
    uint8_t wanted[1024];
    return crypto_hex(hex, wanted, sizeof wanted) == len && memcmp(at, wanted, len) == 0;
}

/* A message before it is sealed, and its keys; `index` walks all pairs of ENCR and INTEG. */
struct sample {
    struct ike_seal_keys keys;
    uint8_t encr_key[IKE_KEY_MAX];
    uint8_t integ_key[IKE_PRF_MAX];
    uint8_t message[ROOM];
    size_t text_len;
    size_t len; /* ICV included */
};

static bool sample_make(struct sample *s, size_t encr, size_t integ, size_t text_len)
{
    const struct ike_algo *const e = &ike_algos[encr];
    const bool needs_integ = e->type == TRANSFORM_ENCR && !ike_algo_is_aead(e);
    if (e->type != TRANSFORM_ENCR || (integ != 0) != needs_integ || text_len % e->block != 0 ||
        (integ != 0 && ike_algos[integ].type != TRANSFORM_INTEG))
        return false;
    *s = (struct sample){.text_len = text_len};
    for (size_t i = 0; i < sizeof s->encr_key; i++) {
        s->encr_key[i] = (uint8_t)(i * 7 + encr);
        s->integ_key[i] = (uint8_t)(i * 5 + integ);
    }
    for (size_t i = 0; i < sizeof s->message; i++)
        s->message[i] = (uint8_t)(i * 3 + 1);
    s->keys.encr = e;
    s->keys.integ = integ == 0 ? NULL : &ike_algos[integ];
    s->keys.encr_key = (struct ike_bytes){s->encr_key, (size_t)e->key_len + e->salt_len};
    s->keys.integ_key = (struct ike_bytes){s->integ_key, ike_algos[integ].out_len};
    s->len =
        (size_t)AAD + e->iv_len + text_len + (integ == 0 ? e->icv_len : ike_algos[integ].icv_len);
    return true;
}

void crypto_case_what_is_sealed_opens(crypto_open_fn *open)
{
    static const size_t lengths[] = {1, 7, 8, 13, 16, 48, 200, 240, 256};
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 1));
    size_t tried = 0;
    struct sample s;
    struct sample before;
    for (size_t encr = 0; encr < ike_algo_count; encr++) {
        for (size_t integ = 0; integ < ike_algo_count; integ++) {
            for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                if (!sample_make(&s, encr, integ, lengths[i]))
                    continue;
                const size_t begin = (size_t)AAD + s.keys.encr->iv_len;
                memcpy(&before, &s, sizeof s);
                c->ops->seal(c, &s.keys, s.message, AAD, s.text_len);
                EXPECT(lengths[i] < 8 || ike_algo_is_null(s.keys.encr) ||
                       memcmp(s.message + begin, before.message + begin, s.text_len) != 0);
                EXPECT(memcmp(s.message, before.message, begin) == 0);
                EXPECT(memcmp(s.message + s.len, before.message + s.len, ROOM - s.len) == 0);
                EXPECT(c->ops->open(c, &s.keys, s.message, AAD, s.text_len));
                EXPECT(memcmp(s.message, before.message, begin + s.text_len) == 0);
                tried++;
            }
        }
    }
    /* Any length for 19 AEADs, and beside 7 INTEGs for 3 of counter mode and NULL; 16, 48, 200,
     * 240, 256 and 8 for 3DES; 16, 48, 240, 256 for the 3 of CBC. */
    EXPECT_EQ(tried, 19 * 9 + 7 * (4 * 9 + 6 + 3 * 4));
    c->ops->close(c);
}

static void all_bits_refused(struct ike_crypto *c, const struct sample *made)
{
    struct sample s;
    size_t opened = 0;
    for (size_t bit = 0; bit < made->len * 8; bit++) {
        memcpy(&s, made, sizeof s);
        s.message[bit / 8] ^= (uint8_t)(1U << bit % 8);
        opened += c->ops->open(c, &made->keys, s.message, AAD, s.text_len) ? 1 : 0;
    }
    EXPECT_EQ(opened, 0);
    memcpy(&s, made, sizeof s);
    EXPECT(c->ops->open(c, &made->keys, s.message, AAD, s.text_len));
}

void crypto_case_any_changed_bit_is_refused(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 1));
    struct sample s;
    for (size_t encr = 0; encr < ike_algo_count; encr++) {
        for (size_t integ = 0; integ < ike_algo_count; integ++) {
            if (!sample_make(&s, encr, integ, 48))
                continue;
            c->ops->seal(c, &s.keys, s.message, AAD, s.text_len);
            all_bits_refused(c, &s);
        }
    }
    c->ops->close(c);
}

/* An AEAD's key and salt, else the integrity key, decide whether a message opens. */
void crypto_case_wrong_keys_are_refused(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 1));
    struct sample s;
    struct sample copy;
    for (size_t encr = 0; encr < ike_algo_count; encr++) {
        for (size_t integ = 0; integ < ike_algo_count; integ++) {
            if (!sample_make(&s, encr, integ, 48))
                continue;
            c->ops->seal(c, &s.keys, s.message, AAD, s.text_len);
            uint8_t *const key = integ == 0 ? s.encr_key : s.integ_key;
            const size_t len = integ == 0 ? s.keys.encr_key.len : s.keys.integ_key.len;
            for (size_t i = 0; i < len; i++) {
                key[i] ^= 0x10;
                memcpy(&copy, &s, sizeof s);
                EXPECT(!c->ops->open(c, &s.keys, copy.message, AAD, s.text_len));
                key[i] ^= 0x10;
            }
        }
    }
    c->ops->close(c);
}

/* A group that the provider has. */
static bool is_group(const struct ike_crypto *c, size_t row)
{
    return ike_algos[row].type == TRANSFORM_KE && ike_crypto_has(c, (uint8_t)row);
}

void crypto_case_both_ends_get_one_secret(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 3));
    uint8_t share_i[IKE_SHARE_MAX];
    uint8_t share_r[IKE_SHARE_MAX];
    uint8_t secret_i[IKE_SECRET_MAX];
    uint8_t secret_r[IKE_SECRET_MAX];
    for (size_t row = 0; row < ike_algo_count; row++) {
        const struct ike_algo *const g = &ike_algos[row];
        const struct ike_bytes asked = {share_i, g->share_len};
        const struct ike_bytes answered = {share_r, g->answer_len};
        struct ike_kex kex;
        if (!is_group(c, row))
            continue;
        EXPECT(c->ops->kex_begin(c, g, &kex, share_i));
        EXPECT(c->ops->kex_answer(c, g, asked, share_r, secret_r));
        EXPECT(c->ops->kex_end(c, g, &kex, answered, secret_i));
        EXPECT(memcmp(secret_i, secret_r, g->secret_len) == 0);
        EXPECT(memcmp(share_i, share_r, 24) != 0);

        /* The half stays usable, and another peer gives another secret. */
        EXPECT(c->ops->kex_answer(c, g, asked, share_r, secret_r));
        EXPECT(memcmp(secret_i, secret_r, g->secret_len) != 0);
        EXPECT(c->ops->kex_end(c, g, &kex, answered, secret_i));
        EXPECT(memcmp(secret_i, secret_r, g->secret_len) == 0);
        c->ops->kex_free(c, g, &kex);
        for (size_t i = 0; i < sizeof kex.opaque; i++)
            EXPECT_EQ(kex.opaque[i], 0);
    }
    c->ops->close(c);
}

/* Values that are none of the group's: filled with `octet`, then hex laid over its begin or end. */
struct bad_value {
    uint8_t row;
    uint8_t octet;
    const char *begin;
    const char *end;
    bool good; /* a value at the very edge that is one */
};

/* clang-format off */
static const struct bad_value bad_values[] = {
    {ALGO_MODP2048, 0x00, "", "", false},
    {ALGO_MODP2048, 0x00, "", "01", false},
    {ALGO_MODP2048, 0x00, "", "02", true},
    {ALGO_MODP2048, 0xff, "", "", false},
    {ALGO_MODP3072, 0x00, "", "", false},
    {ALGO_MODP3072, 0x00, "", "01", false},
    {ALGO_MODP3072, 0x00, "", "02", true},
    {ALGO_MODP3072, 0xff, "", "", false},
    {ALGO_MODP4096, 0x00, "", "", false},
    {ALGO_MODP4096, 0x00, "", "01", false},
    {ALGO_MODP4096, 0x00, "", "02", true},
    {ALGO_MODP4096, 0xff, "", "", false},
    {ALGO_ECP256, 0x00, "", "", false},
    {ALGO_ECP256, 0xff, "", "", false},
    {ALGO_ECP256, 0x01, "", "", false},
    /* RFC 5903 8.1's gr, last bit of y changed; and its x alone */
    {ALGO_ECP256, 0x00, "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
                        "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AA",
     "", false},
    {ALGO_ECP256, 0x00, "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63",
     "", false},
    /* x = p + 5 stands for 5, which is on the curve, but is not below p */
    {ALGO_ECP256, 0x00, "0000000000000000000000000000000000000000000000000000000000000005"
                        "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc",
     "", true},
    {ALGO_ECP256, 0x00, "ffffffff00000001000000000000000000000001000000000000000000000004"
                        "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc",
     "", false},
    {ALGO_ECP384, 0x00, "", "", false},
    {ALGO_ECP384, 0xff, "", "", false},
    {ALGO_ECP384, 0x01, "", "", false},
    {ALGO_X25519, 0x00, "", "", false},
    {ALGO_X25519, 0x00, "01", "", false},
    {ALGO_X25519, 0x00, "", "80", false},
    {ALGO_X25519, 0x00, "01", "80", false},
    {ALGO_X25519, 0x00, "02", "", true},
    {ALGO_X25519, 0x00, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
     "", false},
    {ALGO_X25519, 0x00, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
     "", false},
    {ALGO_X25519, 0x00, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
     "", false},
    {ALGO_X25519, 0xff, "ec", "7f", false},
    {ALGO_X25519, 0xff, "ed", "7f", false},
    {ALGO_X25519, 0xff, "ee", "7f", false},
    {ALGO_X25519, 0xff, "ef", "7f", true},
    {ALGO_X25519, 0xff, "ee", "ff", false},
    {ALGO_X25519, 0xff, "", "", true}, /* 2^256 - 1 stands for 18 (RFC 7748 5) */
    {ALGO_ECP192, 0x00, "", "", false},
    {ALGO_ECP192, 0xff, "", "", false},
    {ALGO_ECP192, 0x01, "", "", false},
    {ALGO_ECP224, 0x00, "", "", false},
    {ALGO_ECP224, 0xff, "", "", false},
    {ALGO_ECP224, 0x01, "", "", false},
    {ALGO_ECP521, 0x00, "", "", false},
    {ALGO_ECP521, 0xff, "", "", false},
    {ALGO_ECP521, 0x01, "", "", false},
    {ALGO_ECP224BP, 0x00, "", "", false},
    {ALGO_ECP224BP, 0xff, "", "", false},
    {ALGO_ECP224BP, 0x01, "", "", false},
    {ALGO_ECP256BP, 0x00, "", "", false},
    {ALGO_ECP256BP, 0xff, "", "", false},
    {ALGO_ECP256BP, 0x01, "", "", false},
    {ALGO_ECP384BP, 0x00, "", "", false},
    {ALGO_ECP384BP, 0xff, "", "", false},
    {ALGO_ECP384BP, 0x01, "", "", false},
    {ALGO_ECP512BP, 0x00, "", "", false},
    {ALGO_ECP512BP, 0xff, "", "", false},
    {ALGO_ECP512BP, 0x01, "", "", false},
    {ALGO_MODP1024, 0x00, "", "01", false},
    {ALGO_MODP1024, 0x00, "", "02", true},
    {ALGO_MODP1024, 0xff, "", "", false},
    {ALGO_MODP1536, 0x00, "", "01", false},
    {ALGO_MODP1536, 0x00, "", "02", true},
    {ALGO_MODP1536, 0xff, "", "", false},
    {ALGO_MODP6144, 0x00, "", "01", false},
    {ALGO_MODP6144, 0x00, "", "02", true},
    {ALGO_MODP6144, 0xff, "", "", false},
    {ALGO_MODP8192, 0x00, "", "01", false},
    {ALGO_MODP8192, 0x00, "", "02", true},
    {ALGO_MODP8192, 0xff, "", "", false},
    {ALGO_MODP1024S160, 0x00, "", "01", false},
    {ALGO_MODP1024S160, 0x00, "", "02", false},
    {ALGO_MODP1024S160, 0x12, "", "", false},
    {ALGO_MODP2048S224, 0x00, "", "01", false},
    {ALGO_MODP2048S224, 0x00, "", "02", false},
    {ALGO_MODP2048S224, 0x12, "", "", false},
    {ALGO_MODP2048S256, 0x00, "", "01", false},
    {ALGO_MODP2048S256, 0x00, "", "02", false},
    {ALGO_MODP2048S256, 0x12, "", "", false},
    {ALGO_X448, 0x00, "", "", false},
    {ALGO_X448, 0x00, "01", "", false},
    {ALGO_X448, 0x00, "02", "", true},
    /* p - 2, p - 1, p, p + 1, p + 2 */
    {ALGO_X448, 0xff, "fd" "ffffffffffffffffffffffffffffffffffffffffffffffffffffff" "fe", "", true},
    {ALGO_X448, 0xff, "fe" "ffffffffffffffffffffffffffffffffffffffffffffffffffffff" "fe", "", false},
    {ALGO_X448, 0xff, "ff" "ffffffffffffffffffffffffffffffffffffffffffffffffffffff" "fe", "", false},
    {ALGO_X448, 0xff, "00" "000000000000000000000000000000000000000000000000000000", "", false},
    {ALGO_X448, 0xff, "01" "000000000000000000000000000000000000000000000000000000", "", true},
};
/* clang-format on */

static void value_tried(struct ike_crypto *c, const struct ike_algo *g, struct ike_bytes value,
                        bool good)
{
    uint8_t share[IKE_SHARE_MAX];
    uint8_t secret[IKE_SECRET_MAX];
    struct ike_kex kex;
    EXPECT_EQ(c->ops->kex_answer(c, g, value, share, secret), good);
    EXPECT(c->ops->kex_begin(c, g, &kex, share));
    EXPECT_EQ(c->ops->kex_end(c, g, &kex, value, secret), good);
    c->ops->kex_free(c, g, &kex);
}

void crypto_case_bad_public_values_are_refused(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 4));
    uint8_t value[IKE_SHARE_MAX + 1];
    uint8_t end[IKE_SHARE_MAX];
    for (size_t i = 0; i < sizeof bad_values / sizeof bad_values[0]; i++) {
        const struct bad_value *const bad = &bad_values[i];
        const struct ike_algo *const g = &ike_algos[bad->row];
        memset(value, bad->octet, sizeof value);
        (void)crypto_hex(bad->begin, value, g->share_len);
        const size_t end_len = crypto_hex(bad->end, end, sizeof end);
        memcpy(value + g->share_len - end_len, end, end_len);
        value_tried(c, g, (struct ike_bytes){value, g->share_len}, bad->good);
        /* No other length is a public value, whatever it holds. */
        value_tried(c, g, (struct ike_bytes){value, (size_t)g->share_len - 1}, false);
        value_tried(c, g, (struct ike_bytes){value, (size_t)g->share_len + 1}, false);
        value_tried(c, g, (struct ike_bytes){value, 0}, false);
    }
    c->ops->close(c);
}

/* RFC 5903 8.1, 8.2 and RFC 7748 6.1: either provider takes a real peer's value. */
void crypto_case_real_public_values_are_accepted(crypto_open_fn *open)
{
    static const struct {
        uint8_t row;
        const char *share;
    } real[] = {
        {ALGO_ECP256, "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
                      "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB"},
        {ALGO_ECP256, "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
                      "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3"},
        {ALGO_ECP384, "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D"
                      "0D1AC43A0336DEF96FDA41D0774A3571DCFBEC7AACF3196472169E838430367F"
                      "66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C"},
        {ALGO_X25519, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 5));
    uint8_t value[IKE_SHARE_MAX];
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
        const struct ike_algo *const g = &ike_algos[real[i].row];
        EXPECT_EQ(crypto_hex(real[i].share, value, sizeof value), g->share_len);
        value_tried(c, g, (struct ike_bytes){value, g->share_len}, true);
        if (g->id == 31)
            continue; /* any change of an X25519 value is another value */
        for (size_t bit = 0; bit < g->share_len * 8U; bit += 7) {
            uint8_t secret[IKE_SECRET_MAX];
            uint8_t share[IKE_SHARE_MAX];
            value[bit / 8] ^= (uint8_t)(1U << bit % 8);
            EXPECT(
                !c->ops->kex_answer(c, g, (struct ike_bytes){value, g->share_len}, share, secret));
            value[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
    c->ops->close(c);
}

/* Everything a provider can make from a stream, as octets. */
static size_t outcome(crypto_open_fn *open, uint64_t seed, uint8_t *out)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, seed));
    uint8_t *at = out;
    c->ops->random(c, at, 100);
    at += 100;
    for (size_t row = 0; row < ike_algo_count; row++) {
        const struct ike_algo *const g = &ike_algos[row];
        struct ike_kex kex;
        if (!is_group(c, row))
            continue;
        EXPECT(c->ops->kex_begin(c, g, &kex, at));
        const struct ike_bytes share = {at, g->share_len};
        at += g->share_len;
        EXPECT(c->ops->kex_answer(c, g, share, at, at + g->answer_len));
        at += g->answer_len + g->secret_len;
        c->ops->kex_free(c, g, &kex);
    }
    c->ops->close(c);
    return (size_t)(at - out);
}

void crypto_case_one_stream_gives_one_outcome(crypto_open_fn *open)
{
    static uint8_t first[32768];
    static uint8_t second[32768];
    const size_t len = outcome(open, 7, first);
    EXPECT_EQ(outcome(open, 7, second), len);
    EXPECT(memcmp(first, second, len) == 0);
    EXPECT_EQ(outcome(open, 8, second), len);
    EXPECT(memcmp(first, second, len) != 0);
}

static const uint8_t prf_rows[] = {ALGO_PRFSHA256,  ALGO_PRFSHA384,  ALGO_PRFSHA512, ALGO_PRFSHA1,
                                   ALGO_PRFAESXCBC, ALGO_PRFAESCMAC, ALGO_PRFMD5};
enum { PRFS = sizeof prf_rows };

void crypto_case_prf_parts_are_one_text(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 1));
    uint8_t text[41];
    uint8_t whole[IKE_PRF_MAX];
    uint8_t parted[IKE_PRF_MAX];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i + 1);
    const struct ike_bytes key = {text, 20};
    const struct ike_bytes all = {text, sizeof text};
    for (size_t a = 0; a <= sizeof text; a++) {
        for (size_t b = a; b <= sizeof text; b++) {
            const struct ike_algo *const prf = &ike_algos[prf_rows[(a + b) % PRFS]];
            const struct ike_bytes parts[] = {
                {text, a}, {text + a, b - a}, {NULL, 0}, {text + b, sizeof text - b}};
            c->ops->prf(c, prf, key, &all, 1, whole);
            c->ops->prf(c, prf, key, parts, 4, parted);
            EXPECT(memcmp(whole, parted, prf->out_len) == 0);
            if (prf->out_len == 32) {
                c->ops->sha1(c, &all, 1, whole);
                c->ops->sha1(c, parts, 4, parted);
                EXPECT(memcmp(whole, parted, 20) == 0);
            }
        }
    }
    c->ops->close(c);
}

void crypto_case_prf_depends_on_each_bit(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const c = open(crypto_stream_random(&stream, 1));
    uint8_t octets[64 + 40] = {0};
    uint8_t base[IKE_PRF_MAX];
    uint8_t other[IKE_PRF_MAX];
    const struct ike_bytes key = {octets, 64};
    const struct ike_bytes text = {octets + 64, 40};
    for (size_t row = 0; row < ike_algo_count; row++) {
        if (ike_algos[row].type != TRANSFORM_PRF)
            continue;
        c->ops->prf(c, &ike_algos[row], key, &text, 1, base);
        for (size_t bit = 0; bit < sizeof octets * 8; bit++) {
            octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
            c->ops->prf(c, &ike_algos[row], key, &text, 1, other);
            octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
            EXPECT(memcmp(base, other, ike_algos[row].out_len) != 0);
        }
    }
    c->ops->close(c);
}

/* Sealed by one, and opened by the other; each key has neighbours that differ in its last octet,
 * with its SPI and with another. */
static void sealed_by_both(struct ike_crypto *busy, struct ike_crypto *fresh, uint8_t encr,
                           uint8_t last)
{
    const struct ike_algo *const algo = &ike_algos[encr];
    uint8_t key[IKE_KEY_MAX] = {1, 2, 3}, integ_key[IKE_KEY_MAX] = {4};
    uint8_t got[112] = {5, 0, 0, last % 3}, wanted[112] = {5, 0, 0, last % 3};
    key[algo->key_len - 1] = last;
    const struct ike_seal_keys keys = {.encr = algo,
                                       .integ =
                                           ike_algo_is_aead(algo) ? NULL : &ike_algos[ALGO_SHA256],
                                       .encr_key = {key, (size_t)algo->key_len + algo->salt_len},
                                       .integ_key = {integ_key, ike_algos[ALGO_SHA256].key_len}};
    busy->ops->seal(busy, &keys, got, 8, 64);
    fresh->ops->seal(fresh, &keys, wanted, 8, 64);
    EXPECT(memcmp(got, wanted, sizeof got) == 0);
    EXPECT(busy->ops->open(busy, &keys, wanted, 8, 64));
    EXPECT(fresh->ops->open(fresh, &keys, got, 8, 64));
    EXPECT(memcmp(got, wanted, 8U + algo->iv_len + 64) == 0);
}

/* A provider keeps keys prepared: each outcome must be that of a provider that saw no other. */
void crypto_case_many_keys_do_not_mix(crypto_open_fn *open)
{
    struct crypto_stream stream;
    struct ike_crypto *const busy = open(crypto_stream_random(&stream, 1));
    static const uint8_t encr[] = {ALGO_AES128GCM16, ALGO_AES256, ALGO_CHACHA20POLY1305,
                                   ALGO_AES128CTR, ALGO_AES256CCM8};
    uint8_t key[140];
    uint8_t got[IKE_PRF_MAX];
    uint8_t wanted[IKE_PRF_MAX];
    for (size_t i = 0; i < 200; i++) {
        const size_t which = i * i % 6;
        const struct ike_algo *const prf = &ike_algos[prf_rows[i % PRFS]];
        struct ike_crypto *const fresh = open(crypto_stream_random(&stream, 1));
        memset(key, (int)which, sizeof key);
        const struct ike_bytes view = {key, 20 + 20 * which};
        busy->ops->prf(busy, prf, view, &view, 1, got);
        fresh->ops->prf(fresh, prf, view, &view, 1, wanted);
        EXPECT(memcmp(got, wanted, prf->out_len) == 0);
        sealed_by_both(busy, fresh, encr[i % (sizeof encr)], (uint8_t)which);
        sealed_by_both(busy, fresh, encr[i % (sizeof encr)], (uint8_t)(i % 2));
        fresh->ops->close(fresh);
    }
    busy->ops->close(busy);
}
