/* SPDX-License-Identifier: MIT
 * What a real daemon is given of papers: the certificate for its own name, its
 * key, and the authorities in the order in which they are looked for. */
#include "ike/crypto_openssl.h"
#include "models/daemon_recipe.h"
#include "models/live_papers.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct model_world_config config;
static struct model_scene scene;

static struct model_live_papers *open_papers(const char *name, uint8_t type, uint64_t links)
{
    const struct model_papers_spec spec = {
        .name = name, .type = type, .links = links, .apart = true};
    config.seed = 1;
    scene = (struct model_scene){.config = &config, .provider = ike_crypto_openssl};
    struct model_live_papers *const papers = model_live_papers_open(&scene, name, &spec);
    EXPECT(papers != NULL);
    return papers;
}

static void expect_certificate(const char *text, struct ike_bytes der)
{
    char room[2 * IKE_CERT_MAX];
    struct model_text out = {.at = room, .max = sizeof room};
    text_put_pem(&out, "CERTIFICATE", der);
    EXPECT_STR(text, room);
}

/* Whether the provider takes the chain that the wish is to be shown with, for that name. */
static bool holds(const struct model_papers *theirs, const struct model_papers *ours,
                  const char *name)
{
    const size_t count = theirs->identity.chain_count;
    const struct ike_chain chain = {.trust = ours->trust,
                                    .certs = theirs->identity.chain,
                                    .cert_count = count,
                                    .id_type = ID_RFC822_ADDR,
                                    .id = {.at = (const uint8_t *)name, .len = strlen(name)},
                                    .now_s = MODEL_EPOCH_S};
    struct ike_public public;
    const bool good = ours->crypto->ops->judge(ours->crypto, &chain, &public) == WHY_OK;
    if (good)
        ours->crypto->ops->public_free(ours->crypto, &public);
    return good;
}

static void test_a_daemon_is_given_its_papers_and_whose_it_is_to_believe(void)
{
    struct model_wish wish = {.local_id = "client-0@one.test"};
    struct model_live_papers *const own = open_papers("one", KEY_TYPE_ECDSA256, 2);
    struct model_live_papers *const other = open_papers("vpn", KEY_TYPE_RSA2048, 0);
    const struct model_papers *const p = model_live_papers_of(own);
    const struct model_papers *const q = model_live_papers_of(other);
    EXPECT(model_papers_exchange(model_live_papers_of(own), model_live_papers_of(other)));
    EXPECT(model_live_papers_wish(own, &wish));
    EXPECT_EQ(wish.authority_count, 4);
    expect_certificate(wish.authorities[0], p->root);
    expect_certificate(wish.authorities[1], q->root);
    expect_certificate(wish.authorities[2], p->credential.chain[1]);
    expect_certificate(wish.authorities[3], p->credential.chain[2]);
    expect_certificate(wish.certificate, p->identity.chain[0]);
    EXPECT(strncmp(wish.key, "-----BEGIN EC PRIVATE KEY-----\n", 31) == 0);
    EXPECT(holds(p, q, "client-0@one.test"));
    EXPECT(!holds(p, q, "client-1@one.test"));
    EXPECT(model_live_papers_wish(other, &wish)); /* texts of its own, not more of the first's */
    EXPECT_EQ(wish.authority_count, 2);
    EXPECT(strncmp(wish.key, "-----BEGIN RSA PRIVATE KEY-----\n", 32) == 0);
    model_live_papers_close(own);
    model_live_papers_close(other);
}

static void test_who_signs_nothing_knows_whom_to_believe(void)
{
    struct model_wish wish = {.local_id = "vpn.test"};
    struct model_live_papers *const own = open_papers("vpn", KEY_TYPE_NONE, 0);
    struct model_live_papers *const other = open_papers("one", KEY_TYPE_ED25519, 1);
    EXPECT(model_papers_exchange(model_live_papers_of(own), model_live_papers_of(other)));
    EXPECT(model_live_papers_wish(own, &wish));
    EXPECT(wish.certificate == NULL && wish.key == NULL);
    EXPECT_EQ(wish.authority_count, 1);
    expect_certificate(wish.authorities[0], model_live_papers_of(other)->root);
    EXPECT(model_live_papers_wish(other, &wish)); /* nobody to believe but itself */
    EXPECT_EQ(wish.authority_count, 2);
    EXPECT(strncmp(wish.key, "-----BEGIN PRIVATE KEY-----\n", 28) == 0);
    model_live_papers_close(own);
    model_live_papers_close(other);
}

static void test_intermediates_are_told_apart_by_their_names(void)
{
    struct model_live_papers *const a = open_papers("one", KEY_TYPE_ED25519, 1);
    struct model_live_papers *const b = open_papers("two", KEY_TYPE_ED25519, 1);
    static const char *const names[] = {"intermediate 1 of one", "intermediate 1 of two"};
    struct model_live_papers *const both[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        const struct ike_bytes cert = model_live_papers_of(both[i])->credential.chain[1];
        bool found = false;
        for (size_t k = 0; !found && k + strlen(names[i]) <= cert.len; k++)
            found = memcmp(cert.at + k, names[i], strlen(names[i])) == 0;
        EXPECT(found);
    }
    model_live_papers_close(a);
    model_live_papers_close(b);
}

/* clang-format off */
static const struct test_case cases[] = {
    TEST(test_a_daemon_is_given_its_papers_and_whose_it_is_to_believe),
    TEST(test_who_signs_nothing_knows_whom_to_believe),
    TEST(test_intermediates_are_told_apart_by_their_names),
};
/* clang-format on */

int main(int argc, char **argv)
{
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
