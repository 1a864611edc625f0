/* SPDX-License-Identifier: MIT
 * keymat.c against published vectors, tests/vectors/ike_kdf.txt: every one that
 * applies is used, every other is named with the reason. */
#include "ike/v2/keymat.h"
#include "tests/crypto_cases.h"
#include "tests/test.h"

#include <stdio.h>

enum { FIELDS_MAX = 24, FIELD_MAX = 1024, LINE_LONGEST = 4096 };

/* One record of the file. */
struct field {
    char name[24];
    uint8_t octets[FIELD_MAX];
    size_t len;
};

struct vector {
    char name[128];
    char kind[16];
    char hash[16];
    char type[24];
    bool sourced;
    bool committed;
    struct field fields[FIELDS_MAX];
    size_t field_count;
};

static struct ike_bytes field(const struct vector *v, const char *name)
{
    for (size_t i = 0; i < v->field_count; i++) {
        if (strcmp(v->fields[i].name, name) == 0)
            return (struct ike_bytes){v->fields[i].octets, v->fields[i].len};
    }
    return (struct ike_bytes){NULL, 0};
}

static uint64_t field_u64(const struct vector *v, const char *name)
{
    struct ike_reader r = rd_open(field(v, name));
    return rd_u64(&r);
}

static void vector_line(struct vector *v, const char *key, const char *value)
{
    if (strcmp(key, "name") == 0) {
        (void)snprintf(v->name, sizeof v->name, "%.127s", value);
    } else if (strcmp(key, "kind") == 0) {
        (void)snprintf(v->kind, sizeof v->kind, "%.15s", value);
    } else if (strcmp(key, "hash") == 0) {
        (void)snprintf(v->hash, sizeof v->hash, "%.15s", value);
    } else if (strcmp(key, "type") == 0) {
        (void)snprintf(v->type, sizeof v->type, "%.23s", value);
    } else if (strcmp(key, "source") == 0) {
        v->sourced = true;
    } else if (strcmp(key, "commit") == 0) {
        v->committed = strlen(value) == 40;
    } else if (EXPECT(v->field_count < FIELDS_MAX && strlen(value) <= 2U * FIELD_MAX)) {
        struct field *const f = &v->fields[v->field_count++];
        (void)snprintf(f->name, sizeof f->name, "%.23s", key);
        f->len = crypto_hex(value, f->octets, sizeof f->octets);
    }
}

/* The next record; false at the end of the file. */
static bool vector_read(FILE *file, struct vector *v)
{
    static char line[LINE_LONGEST];
    *v = (struct vector){.field_count = 0};
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *const blank = strchr(line, ' ');
        if (line[0] == '\0' && v->name[0] != '\0')
            return true;
        if (line[0] == '\0' || line[0] == '#' || blank == NULL)
            continue;
        *blank = '\0';
        vector_line(v, line, blank + 1);
    }
    return v->name[0] != '\0';
}

/* Row of the PRF with this hash, 0: we have none. */
static uint8_t prf_of(const struct vector *v)
{
    char name[24];
    (void)snprintf(name, sizeof name, "prf%s", v->hash);
    return ike_algo_named(name);
}

static void is_same(struct ike_bytes wanted, const uint8_t *got)
{
    EXPECT(wanted.len > 0 && memcmp(wanted.at, got, wanted.len) == 0);
}

/* All views of the suite's keys, one after another, are the first octets of the vector's DKM. */
static void keys_tried(struct ike_crypto *c, const struct vector *v, const struct ike_suite *suite)
{
    const struct ike_bytes dkm = field(v, "DKM");
    const struct ike_keymat_input input = {.secret = field(v, "g_ir"),
                                           .nonce_i = field(v, "Ni"),
                                           .nonce_r = field(v, "Nr"),
                                           .spi_i = field_u64(v, "SPIi"),
                                           .spi_r = field_u64(v, "SPIr")};
    uint8_t room[512];
    struct ike_sa_keys keys = {.suite = *suite};
    const size_t len = ike_keys_len(suite);
    if (!EXPECT(len < sizeof room && dkm.len > 100))
        return;
    memset(room, 0xa5, sizeof room);
    ike_keys_derive(c, suite, &input, room);
    EXPECT(memcmp(room, dkm.at, len < dkm.len ? len : dkm.len) == 0);
    EXPECT_EQ(room[len], 0xa5);

    ike_keys_view(&keys, room);
    const struct ike_bytes views[] = {keys.sk_d,  keys.sk_ai, keys.sk_ar, keys.sk_ei,
                                      keys.sk_er, keys.sk_pi, keys.sk_pr};
    const uint8_t *at = room;
    for (size_t i = 0; i < 7; i++) {
        EXPECT(views[i].at == at);
        at += views[i].len;
    }
    EXPECT(at == room + len);
    EXPECT_EQ(keys.sk_ei.len, ike_algos[suite->encr].key_len + ike_algos[suite->encr].salt_len);
    EXPECT_EQ(keys.sk_ai.len, ike_algos[suite->integ].key_len);
    EXPECT_EQ(keys.sk_pr.len, ike_algos[suite->prf].out_len);
}

static void ikev2_tried(struct ike_crypto *c, const struct vector *v)
{
    const struct ike_algo *const prf = &ike_algos[prf_of(v)];
    const struct ike_bytes dkm = field(v, "DKM");
    const struct ike_bytes child = field(v, "DKM_child");
    const struct ike_bytes child_dh = field(v, "DKM_child_dh");
    const struct ike_bytes sk_d = {dkm.at, prf->out_len};
    const struct ike_bytes fresh[] = {field(v, "g_ir_new"), field(v, "Ni"), field(v, "Nr")};
    const struct ike_suite suites[] = {
        {.encr = ALGO_AES128GCM16, .prf = prf_of(v)},
        {.encr = ALGO_AES256GCM16, .prf = prf_of(v)},
        {.encr = ALGO_CHACHA20POLY1305, .prf = prf_of(v)},
        {.encr = ALGO_AES128, .prf = prf_of(v), .integ = ALGO_SHA256},
        {.encr = ALGO_AES256, .prf = prf_of(v), .integ = ALGO_SHA512},
        {.encr = ALGO_AES192CTR, .prf = prf_of(v), .integ = ALGO_SHA1},
        {.encr = ALGO_3DES, .prf = prf_of(v), .integ = ALGO_AESXCBC},
        {.encr = ALGO_AES256CCM8, .prf = prf_of(v)},
    };
    uint8_t room[FIELD_MAX];
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        keys_tried(c, v, &suites[i]);

    ike_child_keys_derive(c,
                          &(struct ike_child_keys_input){
                              .prf = prf, .sk_d = sk_d, .nonce_i = fresh[1], .nonce_r = fresh[2]},
                          room, child.len);
    is_same(child, room);
    ike_prf_plus(c, &(struct ike_prf_plus_input){prf, sk_d, fresh, 3}, room,
                 child_dh.len); /* RFC 7296 2.17 */
    is_same(child_dh, room);
    c->ops->prf(c, prf, sk_d, fresh, 3, room); /* RFC 7296 2.18 */
    is_same(field(v, "SKEYSEED_rekey"), room);
}

/* SKEYSEED with Ni | Nr in `salt` and g^ir in `key`. */
static void prf_tried(struct ike_crypto *c, const struct vector *v)
{
    uint8_t out[IKE_PRF_MAX];
    const struct ike_bytes secret = field(v, "key");
    c->ops->prf(c, &ike_algos[prf_of(v)], field(v, "salt"), &secret, 1, out);
    EXPECT_EQ(field(v, "out").len, ike_algos[prf_of(v)].out_len);
    is_same(field(v, "out"), out);
}

static void plus_tried(struct ike_crypto *c, const struct vector *v, const char *seed,
                       const char *out)
{
    uint8_t room[FIELD_MAX];
    const struct ike_bytes salt = field(v, seed);
    const struct ike_bytes wanted = field(v, out);
    ike_prf_plus(c, &(struct ike_prf_plus_input){&ike_algos[prf_of(v)], field(v, "key"), &salt, 1},
                 room, wanted.len);
    is_same(wanted, room);
}

static void prf_plus_tried(struct ike_crypto *c, const struct vector *v)
{
    plus_tried(c, v, "salt", "out");
}

static void nss_plus_tried(struct ike_crypto *c, const struct vector *v)
{
    plus_tried(c, v, "seed", "okm");
}

/* SKEYSEED = prf(Ni | Nr, g^ir): the key in two fields, the secret in `key` (RFC 7296 2.14). */
static void nss_secret_tried(struct ike_crypto *c, const struct vector *v)
{
    uint8_t nonces[2 * IKE_NONCE_MAX];
    uint8_t out[IKE_PRF_MAX];
    struct ike_writer w = wr_open(nonces, sizeof nonces);
    const struct ike_bytes secret = field(v, "key");
    put_bytes(&w, field(v, "Ni"));
    put_bytes(&w, field(v, "Nr"));
    c->ops->prf(c, &ike_algos[prf_of(v)], wr_done(&w), &secret, 1, out);
    is_same(field(v, "okm"), out);
}

/* SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)   RFC 7296 2.18 */
static void nss_rekey_tried(struct ike_crypto *c, const struct vector *v)
{
    uint8_t out[IKE_PRF_MAX];
    const struct ike_bytes parts[] = {field(v, "gxy"), field(v, "Ni"), field(v, "Nr")};
    c->ops->prf(c, &ike_algos[prf_of(v)], field(v, "key"), parts, 3, out);
    is_same(field(v, "okm"), out);
}

static const struct {
    const char *kind;
    const char *type; /* of nss; "" otherwise */
    void (*tried)(struct ike_crypto *c, const struct vector *v);
} users[] = {
    {"ikev2", "", ikev2_tried},          {"prf", "", prf_tried},
    {"prf_plus", "", prf_plus_tried},    {"nss", "ikePlus", nss_plus_tried},
    {"nss", "ikeGxy", nss_secret_tried}, {"nss", "ikeV2Rekey", nss_rekey_tried},
};

/* True when it was used. */
static bool vector_tried(struct ike_crypto *c, const struct vector *v)
{
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        if (strcmp(users[i].kind, v->kind) != 0 || strcmp(users[i].type, v->type) != 0)
            continue;
        if (prf_of(v) == 0) {
            (void)printf("# skipped: %s: no PRF with %s here\n", v->name, v->hash);
            return false;
        }
        users[i].tried(c, v);
        (void)printf("# used: %s\n", v->name);
        return true;
    }
    (void)printf("# skipped: %s: of IKEv1\n", v->name);
    return false;
}

static void test_every_vector_that_applies_is_reproduced(void)
{
    static struct vector v;
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    FILE *const file = fopen("tests/vectors/ike_kdf.txt", "r");
    size_t used = 0;
    size_t skipped = 0;
    if (!EXPECT(file != NULL))
        return;
    while (vector_read(file, &v)) {
        EXPECT(v.sourced && v.committed);
        if (vector_tried(c, &v))
            used++;
        else
            skipped++;
    }
    (void)fclose(file);
    (void)printf("# vectors: %zu used, %zu skipped\n", used, skipped);
    EXPECT_EQ(used, 45);
    EXPECT_EQ(skipped, 71); /* 70 of IKEv1; and SHA2-224, which IKEv2 has no PRF of */
    c->ops->close(c);
}

/* RFC 7296 2.13: the longest prf+ there is, 255 blocks, and every length below three blocks. */
static void test_prf_plus_is_the_same_stream_at_every_length(void)
{
    static uint8_t all[255 * 64];
    static uint8_t some[255 * 64 + 1];
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_modelled(crypto_stream_random(&stream, 1));
    const struct ike_bytes key = {(const uint8_t *)"key", 3};
    const struct ike_bytes seed[] = {{(const uint8_t *)"se", 2}, {(const uint8_t *)"ed", 2}};
    for (size_t row = ALGO_PRFSHA256; row <= ALGO_PRFSHA512; row++) {
        const struct ike_algo *const prf = &ike_algos[row];
        ike_prf_plus(c, &(struct ike_prf_plus_input){prf, key, seed, 2}, all,
                     (size_t)255 * prf->out_len);
        for (size_t len = 0; len < 3U * prf->out_len; len++) {
            memset(some, 0xa5, sizeof some);
            ike_prf_plus(c, &(struct ike_prf_plus_input){prf, key, seed, 2}, some, len);
            EXPECT(memcmp(some, all, len) == 0);
            EXPECT_EQ(some[len], 0xa5);
        }
    }
    c->ops->close(c);
}

static void test_child_keys_are_as_long_as_both_directions_need(void)
{
    const struct ike_suite aead = {.encr = ALGO_AES256GCM16};
    const struct ike_suite chacha = {.encr = ALGO_CHACHA20POLY1305};
    const struct ike_suite cbc = {.encr = ALGO_AES128, .integ = ALGO_SHA384};
    EXPECT_EQ(ike_child_keys_len(&aead), 2 * 36);
    EXPECT_EQ(ike_child_keys_len(&chacha), 2 * 36);
    EXPECT_EQ(ike_child_keys_len(&cbc), 2 * (16 + 48));
}

/* RFC 7296 2.18: there they are data. What keys SKEYSEED is cut to 64 bits each in 2.14 alone. */
static void test_nonces_are_whole_where_they_are_no_key(void)
{
    static const uint8_t octets[96] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const uint8_t rows[] = {ALGO_PRFAESXCBC, ALGO_PRFAESCMAC, ALGO_PRFSHA256};
    struct crypto_stream stream;
    struct ike_crypto *const c = ike_crypto_openssl(crypto_stream_random(&stream, 1));
    for (size_t i = 0; i < sizeof rows; i++) {
        const struct ike_algo *const prf = &ike_algos[rows[i]];
        const struct ike_suite suite = {.encr = ALGO_AES128GCM16, .prf = rows[i]};
        const struct ike_bytes nonces = {octets, 64};
        const struct ike_keymat_input input = {.old_prf = prf,
                                               .old_sk_d = {octets + 64, prf->key_len},
                                               .secret = {octets + 1, 10},
                                               .nonce_i = {octets, 32},
                                               .nonce_r = {octets + 32, 32},
                                               .spi_i = 1,
                                               .spi_r = 2};
        const struct ike_bytes parts[] = {input.secret, nonces};
        const uint8_t spis[16] = {[7] = 1, [15] = 2};
        const struct ike_bytes seed[] = {nonces, {spis, sizeof spis}};
        uint8_t skeyseed[IKE_PRF_MAX], wanted[512], got[512];
        c->ops->prf(c, prf, input.old_sk_d, parts, 2, skeyseed);
        const struct ike_bytes key = {skeyseed, prf->out_len};
        const size_t len = ike_keys_len(&suite);
        ike_prf_plus(c, &(struct ike_prf_plus_input){prf, key, seed, 2}, wanted, len);
        ike_keys_derive(c, &suite, &input, got);
        EXPECT(memcmp(wanted, got, len) == 0);
    }
    c->ops->close(c);
}

static const struct test_case cases[] = {
    TEST(test_every_vector_that_applies_is_reproduced),
    TEST(test_prf_plus_is_the_same_stream_at_every_length),
    TEST(test_child_keys_are_as_long_as_both_directions_need),
    TEST(test_nonces_are_whole_where_they_are_no_key),
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
