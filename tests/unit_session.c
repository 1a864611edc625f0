/* SPDX-License-Identifier: MIT
 * Sessions as octets (RFC 5723 5): what a ticket holds, and what a client's owner
 * is given to keep. Whoever kept them may have spoilt them, and the policy may have
 * changed since. */
#include "ike/v2/resume.h"
#include "tests/test.h"

#include <string.h>

enum {
    METHOD_AT = 8 + 8 + 8 + 2,
    SUITE_AT = METHOD_AT + 1,
    SK_D_AT = SUITE_AT + 5, /* its length */
    INNER_LEN = INNER_FAMILIES * (1 + 16)
};

static uint8_t octets[IKE_RESUME_MAX + 64];

static struct ike_session whole(void)
{
    struct ike_session s = {
        .spi_i = 1,
        .spi_r = 2,
        .until_s = 3,
        .method = PROOF_PSK,
        .id_i = {.type = 2, .len = 3, .data = "abc"},
        .id_r = {.type = 2, .len = 2, .data = "gw"},
        .suite = {.encr = ALGO_AES256GCM16, .prf = ALGO_PRFSHA256, .ke = ALGO_X25519},
        .sk_d_len = ike_algos[ALGO_PRFSHA256].key_len};
    memset(s.sk_d, 7, s.sk_d_len);
    return s;
}

static size_t write_session(const struct ike_session *s)
{
    struct ike_writer w = wr_open(octets, sizeof octets);
    ike_put_session(&w, s);
    EXPECT(!w.bad);
    return w.len;
}

static enum ike_why read_back(size_t len)
{
    static struct ike_session out;
    struct ike_reader r = rd_open((struct ike_bytes){octets, len});
    return ike_session_parse(&r, &out);
}

static void test_a_session_is_read_as_it_was_written_and_not_when_cut_anywhere(void)
{
    const struct ike_session s = whole();
    const size_t len = write_session(&s);
    struct ike_session out;
    struct ike_reader r = rd_open((struct ike_bytes){octets, len});
    EXPECT_EQ(ike_session_parse(&r, &out), WHY_OK);
    EXPECT(out.spi_i == 1 && out.spi_r == 2 && out.until_s == 3 && out.id_i.len == 3);
    EXPECT(out.sk_d_len == s.sk_d_len && memcmp(out.sk_d, s.sk_d, s.sk_d_len) == 0);
    for (size_t cut = 0; cut < len; cut++)
        if (!EXPECT_EQ(read_back(cut), WHY_TICKET_SYNTAX))
            EXPECT_EQ(cut, len);
}

/* Each algorithm is one that there is, of its own kind; AEAD has no integrity algorithm beside it,
 * all others have (RFC 5282 8). */
static void test_a_session_has_algorithms_as_an_ike_sa_has_them(void)
{
    static const struct {
        struct ike_suite suite;
        uint8_t key; /* more or fewer octets of SK_d than the PRF's */
        enum ike_why why;
    } rows[] = {
        {{.encr = ALGO_AES256, .prf = ALGO_PRFSHA256, .integ = ALGO_SHA256}, 0, WHY_OK},
        {{.encr = ALGO_AES256, .prf = ALGO_PRFSHA256}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256, .prf = ALGO_PRFSHA256, .integ = 255}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256, .prf = ALGO_PRFSHA256, .integ = ALGO_ESN}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256GCM16, .prf = ALGO_PRFSHA256, .integ = ALGO_SHA256},
         0,
         WHY_TICKET_SYNTAX},
        {{.encr = 255, .prf = ALGO_PRFSHA256}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_SHA256, .prf = ALGO_PRFSHA256}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256GCM16, .prf = 255}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256GCM16, .prf = ALGO_SHA256}, 0, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256GCM16, .prf = ALGO_PRFSHA256}, 1, WHY_TICKET_SYNTAX},
        {{.encr = ALGO_AES256GCM16, .prf = ALGO_PRFSHA512}, 0, WHY_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_session s = whole();
        s.suite = rows[i].suite;
        if (s.suite.prf < ike_algo_count)
            s.sk_d_len = (uint8_t)(ike_algos[s.suite.prf].key_len + rows[i].key);
        if (s.suite.prf == ALGO_SHA256)
            s.sk_d_len = 32;
        if (!EXPECT_EQ(read_back(write_session(&s)), rows[i].why))
            EXPECT_EQ(i, -1); /* says which */
    }
}

static void test_what_is_longer_than_is_kept_or_of_no_method_is_no_session(void)
{
    struct ike_session s = whole();
    s.method = SESSION_METHODS;
    EXPECT_EQ(read_back(write_session(&s)), WHY_TICKET_SYNTAX);

    s = whole();
    s.sk_d_len = 0; /* who the two are, no more */
    s.suite = (struct ike_suite){.encr = 0};
    size_t len = write_session(&s);
    EXPECT_EQ(read_back(len), WHY_OK);
    /* An identity of as many octets as are kept, and of one more. */
    for (size_t more = 0; more < 2; more++) {
        struct ike_writer w = wr_open(octets, sizeof octets);
        (void)put_room(&w, SK_D_AT + 1);
        put_u8(&w, 2);
        put_u8(&w, (uint8_t)(IKE_ID_MAX + more));
        (void)put_room(&w, IKE_ID_MAX + more);
        (void)put_room(&w, 4); /* two of nobody */
        octets[METHOD_AT] = PROOF_PSK;
        octets[SK_D_AT] = 0;
        EXPECT_EQ(read_back(w.len), more == 0 ? WHY_OK : WHY_TICKET_SYNTAX);
    }
    /* A key of more octets than any has. */
    struct ike_writer w = wr_open(octets, sizeof octets);
    (void)put_room(&w, SK_D_AT + 1 + IKE_KEY_MAX + 1 + 6);
    memset(octets, 0, w.len);
    octets[SK_D_AT] = IKE_KEY_MAX + 1;
    EXPECT_EQ(read_back(w.len), WHY_TICKET_SYNTAX);
}

/* RFC 5723 4.1: the client keeps the ticket and what it needs to use it, and neither alone. */
static void test_what_an_owner_kept_is_whole_or_nothing(void)
{
    static const struct {
        uint8_t version;
        bool keys;
        size_t ticket_len;
        enum ike_why why;
    } rows[] = {
        {1, true, 1, WHY_OK},
        {1, true, IKE_TICKET_MAX, WHY_OK},
        {0, true, 1, WHY_TICKET_SYNTAX},
        {2, true, 1, WHY_TICKET_SYNTAX},
        {1, false, 1, WHY_TICKET_SYNTAX},
        {1, true, 0, WHY_TICKET_SYNTAX},
        {1, true, IKE_TICKET_MAX + 1, WHY_TICKET_SYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_resume out;
        struct ike_session s = whole();
        struct ike_writer w = wr_open(octets, sizeof octets);
        if (!rows[i].keys)
            s.sk_d_len = 0;
        put_u8(&w, rows[i].version);
        ike_put_session(&w, &s);
        (void)put_room(&w, INNER_LEN);
        memset(w.base + w.len - INNER_LEN, 0, INNER_LEN);
        (void)put_room(&w, rows[i].ticket_len);
        EXPECT(!w.bad);
        const struct ike_bytes kept = wr_done(&w);
        if (!EXPECT_EQ(ike_resume_parse(kept, &out), rows[i].why))
            EXPECT_EQ(i, -1);                                 /* says which */
        const size_t cut = kept.len - rows[i].ticket_len - 1; /* within the addresses */
        EXPECT_EQ(ike_resume_parse((struct ike_bytes){octets, cut}, &out), WHY_TICKET_SYNTAX);
        EXPECT_EQ(ike_resume_parse((struct ike_bytes){octets, 0}, &out), WHY_TICKET_SYNTAX);
    }
}

/* RFC 5723 4.3.2: by each of the three algorithms that go on; an offer with more key exchanges of
 * the same number is no offer of an algorithm. */
static void test_a_policy_allows_what_one_of_its_offers_has_all_of(void)
{
    static const struct {
        const char *offers[2];
        bool allows;
    } rows[] = {
        {{"aes256-sha256-prfsha256-x25519", NULL}, true},
        {{"aes128-sha256-prfsha256-x25519", NULL}, false},
        {{"aes256-sha256-prfsha384-x25519", NULL}, false},
        {{"aes256-sha512-prfsha256-x25519", NULL}, false},
        {{"aes256gcm16-prfsha256-x25519", NULL}, false},
        {{"aes128-sha256-prfsha256-x25519", "aes256-sha256-prfsha256-ecp256"}, true},
        {{"aes256-sha512-prfsha256-x25519", "aes128-sha256-prfsha256-x25519"}, false},
    };
    const struct ike_suite suite = {
        .encr = ALGO_AES256, .prf = ALGO_PRFSHA256, .integ = ALGO_SHA256};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_policy policy = {.ike_count = 0};
        const char *bad;
        for (size_t k = 0; k < 2 && rows[i].offers[k] != NULL; k++)
            EXPECT(ike_offer_parse(rows[i].offers[k], &policy.ike[policy.ike_count++], &bad));
        if (!EXPECT(ike_resume_allows(&policy, &suite) == rows[i].allows))
            EXPECT_EQ(i, -1); /* says which */
    }
    const struct ike_policy nothing = {.ike_count = 0};
    EXPECT(!ike_resume_allows(&nothing, &suite));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_session_is_read_as_it_was_written_and_not_when_cut_anywhere),
        TEST(test_a_session_has_algorithms_as_an_ike_sa_has_them),
        TEST(test_what_is_longer_than_is_kept_or_of_no_method_is_no_session),
        TEST(test_what_an_owner_kept_is_whole_or_nothing),
        TEST(test_a_policy_allows_what_one_of_its_offers_has_all_of),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
