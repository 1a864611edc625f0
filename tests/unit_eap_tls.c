/* SPDX-License-Identifier: MIT
 * EAP-TLS and EAP-TTLS in memory: both versions, RSA and ECDSA, certificates on
 * one side and on both, pieces of every size, keys equal at both ends; and the
 * modelled flights as long as OpenSSL's. */
#include "tests/eap_talk.h"
#include "tests/test.h"
#include "tests/tls_certs.h"

#include <stdio.h>
#include <string.h>

struct variant {
    uint8_t method;
    uint8_t version;
    enum tls_identity_name server;
    int client; /* enum tls_identity_name; -1: none */
    uint16_t fragment;
};

static void prepare(const struct variant *v)
{
    talk_begin(v->method);
    for (int i = 0; i < 2; i++) {
        struct ike_tls_config *const tls = &talk.config[i].tls;
        talk.config[i].fragment = v->fragment;
        tls->version = v->version;
        tls->anchors[0] = tls_root;
        tls->anchor_count = 1;
    }
    talk.config[0].tls.identity = &tls_identities[v->server];
    talk.config[0].tls.mutual = v->client >= 0;
    talk.config[1].tls.identity = v->client >= 0 ? &tls_identities[v->client] : NULL;
}

typedef void variant_fn(struct ike_crypto *crypto, const struct variant *v);

static void each_variant(variant_fn *what, bool real)
{
    static const uint8_t methods[] = {EAP_TLS, EAP_TTLS};
    static const uint8_t versions[] = {TLS_1_2, TLS_1_3};
    static const uint16_t fragments[] = {200, 1000, 16000};
    struct ike_crypto *const crypto = talk_provider(real);
    for (int i = 0; i < 2 * 2 * 2 * 3 * 3; i++) {
        const int client = i / 8 % 3;
        what(crypto, &(struct variant){.method = methods[i % 2],
                                       .version = versions[i / 2 % 2],
                                       .server = i / 4 % 2 == 0 ? TLS_SERVER_RSA : TLS_SERVER_EC,
                                       .client = client == 0   ? -1
                                                 : client == 1 ? TLS_CLIENT_RSA
                                                               : TLS_CLIENT_EC,
                                       .fragment = fragments[i / 24]});
    }
    crypto->ops->close(crypto);
}

static void succeeds(struct ike_crypto *crypto, const struct variant *v)
{
    prepare(v);
    talk_run(crypto);
    if (!EXPECT(talk_succeeded() && talk.eap[0].has_msk && talk.eap[1].has_msk))
        (void)printf("# method %u version %u server %d client %d fragment %u: %d %d, %s\n",
                     v->method, v->version, (int)v->server, v->client, v->fragment,
                     (int)talk.why[0], (int)talk.why[1], talk.said);
    EXPECT(talk.len_max <= v->fragment);
    talk_end();
}

static void test_both_ends_get_one_key_with_openssl(void)
{
    each_variant(succeeds, true);
}

static void test_both_ends_get_one_key_with_the_modelled_provider(void)
{
    each_variant(succeeds, false);
}

/* Signatures of ECDSA are now and then an octet or two shorter. */
enum { SLACK_PER_SIGNATURE = 4 };

typedef void twist_fn(void);

static void client_takes_both(void)
{
    talk.config[1].tls.version = TLS_ANY;
}

static void both_take_both(void)
{
    talk.config[0].tls.version = talk.config[1].tls.version = TLS_ANY;
}

static void client_without_certificate(void)
{
    talk.config[0].tls.mutual = true;
    talk.config[1].tls.identity = NULL;
}

static void client_without_root(void)
{
    talk.config[1].tls.anchors[0] = tls_other_root;
}

static void nothing(void)
{
}

static void same_length_twisted(struct ike_crypto *crypto, const struct variant *v, twist_fn *twist)
{
    struct ike_crypto *const modelled = talk_provider(false);
    size_t real[8];
    prepare(v);
    twist();
    talk_run(crypto);
    memcpy(real, talk.flight_len, sizeof real);
    const int flights = talk.flights;
    const enum ike_why why[2] = {talk.why[0], talk.why[1]};
    talk_end();
    prepare(v);
    twist();
    talk_run(modelled);
    EXPECT(talk.why[0] == why[0] && talk.why[1] == why[1]);
    EXPECT_EQ(talk.flights, flights);
    for (int i = 0; i < flights && i < 8; i++) {
        const bool curves = v->server == TLS_SERVER_EC || v->client == TLS_CLIENT_EC;
        const int64_t more = (int64_t)talk.flight_len[i] - (int64_t)real[i];
        if (!EXPECT(more >= 0 && more <= (curves ? SLACK_PER_SIGNATURE : 0)))
            (void)printf(
                "# method %u version %u server %d client %d: flight %d has %zu, real %zu\n",
                v->method, v->version, (int)v->server, v->client, i, talk.flight_len[i], real[i]);
    }
    talk_end();
    modelled->ops->close(modelled);
}

static void same_length(struct ike_crypto *crypto, const struct variant *v)
{
    static twist_fn *const twists[] = {nothing, client_takes_both, both_take_both,
                                       client_without_certificate, client_without_root};
    for (size_t i = 0; i < sizeof twists / sizeof twists[0]; i++)
        same_length_twisted(crypto, v, twists[i]);
}

static void test_modelled_flights_are_as_long_as_those_of_openssl(void)
{
    each_variant(same_length, true);
}

static void wrong_root(struct ike_crypto *crypto, const struct variant *v)
{
    prepare(v);
    talk.config[1].tls.anchors[0] = tls_other_root;
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_TLS);
    EXPECT(talk.why[1] != WHY_OK);
    EXPECT(!talk.eap[0].has_msk && !talk.eap[1].has_msk);
    talk_end();
}

static void test_a_server_that_nobody_vouches_for_is_refused(void)
{
    each_variant(wrong_root, true);
    each_variant(wrong_root, false);
}

static void wrong_client(struct ike_crypto *crypto, const struct variant *v)
{
    prepare(v);
    talk.config[0].tls.mutual = true;
    talk.config[0].tls.anchors[0] = tls_other_root;
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_TLS);
    EXPECT(talk.why[1] != WHY_OK);
    talk_end();
}

static void test_a_client_that_nobody_vouches_for_is_refused(void)
{
    each_variant(wrong_client, true);
    each_variant(wrong_client, false);
}

static void no_version(struct ike_crypto *crypto, const struct variant *v)
{
    prepare(v);
    talk.config[0].tls.version = v->version == TLS_1_2 ? TLS_1_3 : TLS_1_2;
    talk_run(crypto);
    EXPECT(talk.why[0] == WHY_EAP_TLS && talk.why[1] != WHY_OK);
    talk_end();
}

static void test_no_version_in_common_ends_it(void)
{
    each_variant(no_version, true);
    each_variant(no_version, false);
}

static void either_version(struct ike_crypto *crypto, const struct variant *v)
{
    prepare(v);
    talk.config[1].tls.version = TLS_ANY;
    talk_run(crypto);
    EXPECT(talk_succeeded());
    talk_end();
}

static void test_whoever_takes_both_versions_takes_the_others(void)
{
    each_variant(either_version, true);
    each_variant(either_version, false);
}

/* Each packet's last octet changed in turn: no end with a key. */
static void changed(struct ike_crypto *crypto, const struct variant *v)
{
    if (v->fragment != 1000 || v->client != TLS_CLIENT_EC)
        return;
    prepare(v);
    talk_run(crypto);
    const int packets = talk.packets;
    talk_end();
    for (int i = 0; i < packets - 1; i++) {
        prepare(v);
        talk.tamper = i;
        talk_run(crypto);
        EXPECT(talk.eap[0].phase != EAP_SUCCEEDED || talk.eap[1].phase != EAP_SUCCEEDED ||
               memcmp(talk.eap[0].msk, talk.eap[1].msk, EAP_MSK_LEN) == 0);
        EXPECT(talk.packets < 3 * packets);
        talk_end();
    }
}

static void test_changed_octets_end_no_handshake_well(void)
{
    each_variant(changed, true);
    each_variant(changed, false);
}

static void wrong_password(struct ike_crypto *crypto, const struct variant *v)
{
    if (v->method != EAP_TTLS)
        return;
    prepare(v);
    talk_text(talk.config[1].password, &talk.config[1].password_len, "clientPast");
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_FAILED);
    EXPECT_EQ(talk.why[1], WHY_EAP_FAILED);
    talk_end();
}

static void test_a_wrong_password_within_ttls_ends_in_failure(void)
{
    each_variant(wrong_password, true);
    each_variant(wrong_password, false);
}

/* The response is right for the name it was made with, which is not the user's. */
static void other_user(struct ike_crypto *crypto, const struct variant *v)
{
    if (v->method != EAP_TTLS)
        return;
    prepare(v);
    talk_text(talk.config[1].user, &talk.config[1].user_len, "Eser");
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_FAILED);
    EXPECT(!talk_succeeded());
    talk_end();
}

static void test_the_right_password_under_another_name_ends_in_failure(void)
{
    each_variant(other_user, true);
    each_variant(other_user, false);
}

static void test_an_identity_that_cannot_be_read_is_a_reason_of_its_own(void)
{
    struct ike_crypto *const crypto = talk_provider(true);
    struct ike_tls_identity bad = tls_identities[TLS_SERVER_RSA];
    bad.key = bad.chain[0];
    prepare(&(struct variant){.method = EAP_TLS, .client = -1});
    talk.config[0].tls.identity = &bad;
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_PRIMITIVE);
    talk_end();
    crypto->ops->close(crypto);
}

/* Before the handshake is over there are no keys and nothing can be said; a server shows who it
 * is; and a flight has an end. */
static void test_calls_out_of_turn_fail(void)
{
    static const uint8_t long_flight[IKE_TLS_FLIGHT_MAX];
    static const struct ike_tls_export what = {.label = "test"};
    const struct ike_tls_config nobody = {.version = TLS_1_3};
    const struct ike_tls_config somebody = {.identity = &tls_identities[TLS_SERVER_EC]};
    for (int real = 0; real < 2; real++) {
        struct ike_crypto *const crypto = talk_provider(real == 1);
        const struct ike_tls_ops *const ops = crypto->ops->tls;
        struct ike_tls tls;
        uint8_t key[32];
        EXPECT(!ops->open(crypto, &nobody, true, &tls));
        EXPECT(ops->open(crypto, &somebody, true, &tls));
        EXPECT(!ops->say(crypto, &tls, (struct ike_bytes){.at = key, .len = 1}));
        EXPECT(!ops->export(crypto, &tls, &what, key, sizeof key));
        EXPECT_EQ(ops->waiting(crypto, &tls), 0);
        EXPECT(ops->put(crypto, &tls, (struct ike_bytes){.at = long_flight, .len = 16384}));
        if (real == 0) /* its room is that of the longest flight there is */
            EXPECT(!ops->put(crypto, &tls, (struct ike_bytes){.at = long_flight, .len = 1}));
        EXPECT_EQ(ops->run(crypto, &tls), TLS_FAILED);
        ops->close(crypto, &tls);
        ops->close(crypto, &tls); /* what is closed already may be closed */
        crypto->ops->close(crypto);
    }
}

/* ---- two ends without EAP ---- */

static struct ike_tls ends[2]; /* server, client */

static void pass(struct ike_crypto *crypto, int from)
{
    static uint8_t octets[2 * IKE_TLS_FLIGHT_MAX];
    const size_t len = crypto->ops->tls->waiting(crypto, &ends[from]);
    EXPECT(len <= sizeof octets);
    if (len == 0)
        return;
    crypto->ops->tls->take(crypto, &ends[from], octets, len);
    EXPECT(crypto->ops->tls->put(crypto, &ends[1 - from],
                                 (struct ike_bytes){.at = octets, .len = len}));
}

static void open_ends(struct ike_crypto *crypto, uint8_t version)
{
    static struct ike_tls_config configs[2];
    for (int i = 0; i < 2; i++) {
        configs[i] =
            (struct ike_tls_config){.version = version,
                                    .identity = i == 0 ? &tls_identities[TLS_SERVER_EC] : NULL,
                                    .anchors = {tls_root},
                                    .anchor_count = 1};
        EXPECT(crypto->ops->tls->open(crypto, &configs[i], i == 0, &ends[i]));
    }
}

/* Both are done; each end is run once more before it has spoken, which changes nothing. */
static void shake_hands(struct ike_crypto *crypto)
{
    enum ike_tls_state states[2] = {TLS_GOING, TLS_GOING};
    for (int i = 0; i < 8 && (states[0] != TLS_DONE || states[1] != TLS_DONE); i++) {
        const int at = 1 - i % 2;
        states[at] = crypto->ops->tls->run(crypto, &ends[at]);
        const size_t waiting = crypto->ops->tls->waiting(crypto, &ends[at]);
        EXPECT_EQ(crypto->ops->tls->run(crypto, &ends[at]), states[at]);
        EXPECT_EQ(crypto->ops->tls->waiting(crypto, &ends[at]), waiting);
        pass(crypto, at);
        EXPECT_EQ(crypto->ops->tls->run(crypto, &ends[at]), states[at]);
    }
    EXPECT(states[0] == TLS_DONE && states[1] == TLS_DONE);
}

static void close_ends(struct ike_crypto *crypto)
{
    for (int i = 0; i < 2; i++)
        crypto->ops->tls->close(crypto, &ends[i]);
    crypto->ops->close(crypto);
}

/* IKE_TLS_TEXT_MAX octets of one flight are kept; who says more is not heard any more. */
static void test_so_much_is_heard_of_a_peer_and_no_more(void)
{
    static const uint8_t text[IKE_TLS_TEXT_MAX];
    static uint8_t heard[IKE_TLS_TEXT_MAX];
    for (int i = 0; i < 4; i++) {
        struct ike_crypto *const crypto = talk_provider(i % 2 == 1);
        const struct ike_tls_ops *const ops = crypto->ops->tls;
        open_ends(crypto, i < 2 ? TLS_1_2 : TLS_1_3);
        shake_hands(crypto);
        EXPECT(ops->say(crypto, &ends[1], (struct ike_bytes){.at = text, .len = sizeof text}));
        pass(crypto, 1);
        EXPECT_EQ(ops->run(crypto, &ends[0]), TLS_DONE);
        EXPECT_EQ(ops->hear(crypto, &ends[0], heard, 24), 24);
        EXPECT_EQ(ops->hear(crypto, &ends[0], heard, sizeof heard), sizeof text - 24);
        EXPECT(ops->say(crypto, &ends[1], (struct ike_bytes){.at = text, .len = sizeof text}));
        EXPECT(ops->say(crypto, &ends[1], (struct ike_bytes){.at = text, .len = 1}));
        pass(crypto, 1);
        EXPECT_EQ(ops->run(crypto, &ends[0]), TLS_FAILED);
        close_ends(crypto);
    }
}

/* The stand-in's room for what it says is that of one flight. */
static void test_a_stand_in_says_no_more_than_it_has_room_for(void)
{
    static const uint8_t text[IKE_TLS_TEXT_MAX];
    struct ike_crypto *const crypto = talk_provider(false);
    int times = 0;
    open_ends(crypto, TLS_1_3);
    shake_hands(crypto);
    while (times < 17 && crypto->ops->tls->say(crypto, &ends[1],
                                               (struct ike_bytes){.at = text, .len = sizeof text}))
        times++;
    EXPECT_EQ(times, 15);
    close_ends(crypto);
}

/* Data before the handshake is over, though the version is known. */
static void test_data_amid_a_handshake_is_answered_by_an_alert(void)
{
    static const uint8_t record[64] = {0x17, 0, 1, 'x'};
    struct ike_crypto *const crypto = talk_provider(false);
    open_ends(crypto, TLS_1_2);
    EXPECT_EQ(crypto->ops->tls->run(crypto, &ends[1]), TLS_GOING);
    pass(crypto, 1);
    EXPECT_EQ(crypto->ops->tls->run(crypto, &ends[0]), TLS_GOING);
    EXPECT(crypto->ops->tls->put(crypto, &ends[0],
                                 (struct ike_bytes){.at = record, .len = sizeof record}));
    EXPECT_EQ(crypto->ops->tls->run(crypto, &ends[0]), TLS_FAILED);
    close_ends(crypto);
}

/* Anybody can make the digest of a first flight; with nothing in it there is no version. */
static void test_a_first_flight_of_nothing_is_answered_by_an_alert(void)
{
    static const uint8_t key[16];
    uint8_t flight[6 + 16] = {0x16, 0, 0, 0, 0, sizeof flight};
    uint8_t full[IKE_PRF_MAX];
    struct ike_crypto *const crypto = talk_provider(false);
    const struct ike_bytes head = {.at = flight, .len = 6};
    crypto->ops->prf(crypto, &ike_algos[ALGO_PRFSHA256],
                     (struct ike_bytes){.at = key, .len = sizeof key}, &head, 1, full);
    memcpy(flight + 6, full, 16);
    open_ends(crypto, TLS_1_3);
    EXPECT(crypto->ops->tls->put(crypto, &ends[0],
                                 (struct ike_bytes){.at = flight, .len = sizeof flight}));
    EXPECT_EQ(crypto->ops->tls->run(crypto, &ends[0]), TLS_FAILED);
    EXPECT_EQ(crypto->ops->tls->waiting(crypto, &ends[0]), 7);
    close_ends(crypto);
}

/* RFC 5216 2.1.5: pieces that say not how much they come to, each marked as one of more. */
static void test_pieces_add_up_to_a_flight_and_to_no_more(void)
{
    static uint8_t packet[6 + 8000] = {EAP_RESPONSE, 0, 8006 >> 8, 8006 & 0xff, EAP_TLS, 0x40};
    struct ike_crypto *const crypto = talk_provider(true);
    prepare(&(struct variant){.method = EAP_TLS, .client = -1});
    const struct ike_eap_start start = {
        .crypto = crypto, .config = &talk.config[0], .server = true};
    struct ike_writer w = wr_open(talk.room, sizeof talk.room);
    ike_eap_open(&talk.eap[0], &start);
    EXPECT_EQ(ike_eap_begin(&talk.eap[0], &w), WHY_OK);
    enum ike_why why = WHY_OK;
    int pieces = 0;
    for (; why == WHY_OK && pieces < 20; pieces++) {
        packet[1] = talk.room[1]; /* the identifier of the request */
        w = wr_open(talk.room, sizeof talk.room);
        why =
            ike_eap_step(&talk.eap[0], (struct ike_bytes){.at = packet, .len = sizeof packet}, &w);
    }
    EXPECT_EQ(why, WHY_EAP_SYNTAX);
    EXPECT_EQ(pieces, IKE_TLS_FLIGHT_MAX / 8000 + 1);
    talk_end();
    crypto->ops->close(crypto);
}

/* A flight of the modelled kind whose frame is wrong, each in its own way: an alert, no more. */
static void test_modelled_flights_with_a_wrong_frame_are_answered_by_an_alert(void)
{
    static const uint8_t flights[][8] = {
        {0x16, 0, 0, 0, 0, 5},    /* shorter than its own frame */
        {0x16, 0, 0, 0, 0xff, 0}, /* longer than what came */
        {0x16, 1, 0, 0, 0, 0xdd}, /* another flight than the first */
        {0x17, 0, 1, 'x'},        /* data before the handshake is over */
        {0x99},                   /* what is no record */
    };
    const struct ike_tls_config config = {.identity = &tls_identities[TLS_SERVER_EC]};
    struct ike_crypto *const crypto = talk_provider(false);
    const struct ike_tls_ops *const ops = crypto->ops->tls;
    for (size_t i = 0; i < sizeof flights / sizeof flights[0]; i++) {
        struct ike_tls tls;
        uint8_t room[512] = {0};
        memcpy(room, flights[i], sizeof flights[i]);
        EXPECT(ops->open(crypto, &config, true, &tls));
        EXPECT(ops->put(crypto, &tls, (struct ike_bytes){.at = room, .len = 256}));
        EXPECT_EQ(ops->run(crypto, &tls), TLS_FAILED);
        EXPECT_EQ(ops->waiting(crypto, &tls), 7);
        ops->take(crypto, &tls, room, 7);
        EXPECT_EQ(room[0], 0x15);
        ops->close(crypto, &tls);
    }
    crypto->ops->close(crypto);
}

/* The provider keeps what it made of a configuration. */
static void test_a_configuration_is_known_by_its_octets_and_not_by_where_they_are(void)
{
    static uint8_t key[2048];
    struct ike_crypto *const crypto = talk_provider(true);
    struct ike_tls_identity identity = tls_identities[TLS_SERVER_RSA];
    EXPECT(identity.key.len <= sizeof key);
    memcpy(key, identity.key.at, identity.key.len);
    identity.key.at = key;
    for (int round = 0; round < 3; round++) {
        key[0] ^= round == 0 ? 0 : 0xff; /* good, spoilt in its place, good again */
        prepare(&(struct variant){.method = EAP_TLS, .client = -1});
        talk.config[0].tls.identity = &identity;
        talk_run(crypto);
        EXPECT(talk_succeeded() == (round != 1));
        EXPECT_EQ(talk.why[0], round == 1 ? WHY_EAP_PRIMITIVE : WHY_OK);
        talk_end();
    }
    crypto->ops->close(crypto);
}

static void test_each_connection_has_its_own_time(void)
{
    struct ike_crypto *const crypto = talk_provider(true);
    for (int round = 0; round < 3; round++) {
        prepare(&(struct variant){.method = EAP_TLS, .client = -1});
        talk.config[1].tls.now_s = round == 1 ? 1 : 0; /* 1970: not yet valid */
        talk_run(crypto);
        EXPECT(talk_succeeded() == (round != 1));
        talk_end();
    }
    crypto->ops->close(crypto);
}

/* More configurations than are kept, and each of them twice. */
static void test_more_configurations_than_are_kept_work_as_well(void)
{
    struct ike_crypto *const crypto = talk_provider(true);
    for (int i = 0; i < 2 * 12; i++) {
        const struct variant v = {.method = EAP_TLS,
                                  .version = i % 2 == 0 ? TLS_1_2 : TLS_1_3,
                                  .server = i / 2 % 2 == 0 ? TLS_SERVER_RSA : TLS_SERVER_EC,
                                  .client = i / 4 % 3 == 0   ? -1
                                            : i / 4 % 3 == 1 ? TLS_CLIENT_RSA
                                                             : TLS_CLIENT_EC,
                                  .fragment = 16000};
        succeeds(crypto, &v);
    }
    crypto->ops->close(crypto);
}

/* ---- EAP within TTLS, RFC 5281 11.2.1 ---- */

static const uint8_t all_within[] = {EAP_MD5, EAP_GTC, EAP_MSCHAPV2};
enum { WITHIN = sizeof all_within };

static void prepare_within(const struct variant *v, uint8_t server, uint8_t peer)
{
    prepare(v);
    talk.config[0].within = server;
    talk.config[1].within = peer;
}

typedef void within_fn(struct ike_crypto *crypto, const struct variant *v, uint8_t within);

static void each_within(within_fn *what)
{
    static const uint16_t fragments[] = {64, 200, 1000};
    for (size_t i = 0; i < (size_t)2 * 2 * 3 * WITHIN; i++) {
        const struct variant v = {.method = EAP_TTLS,
                                  .version = i / 2 % 2 == 0 ? TLS_1_2 : TLS_1_3,
                                  .client = -1,
                                  .fragment = fragments[i / 4 % 3]};
        struct ike_crypto *const crypto = talk_provider(i % 2 == 1);
        what(crypto, &v, all_within[i / 12]);
        crypto->ops->close(crypto);
    }
}

static void comes_in(struct ike_crypto *crypto, const struct variant *v, uint8_t within)
{
    prepare_within(v, within, within);
    talk_run(crypto);
    EXPECT(talk_succeeded() && talk.eap[0].has_msk && talk.eap[1].has_msk);
    EXPECT(memcmp(talk.eap[0].msk, talk.eap[1].msk, EAP_MSK_LEN) == 0);
    EXPECT(talk.len_max <= v->fragment);
    talk_end();
}

static void test_eap_within_ttls_gives_both_one_key(void)
{
    each_within(comes_in);
}

static void is_kept_out(struct ike_crypto *crypto, const struct variant *v, uint8_t within)
{
    prepare_within(v, within, within);
    talk_text(talk.config[1].password, &talk.config[1].password_len, "clientPast");
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_FAILED);
    EXPECT_EQ(talk.why[1], WHY_EAP_FAILED);
    talk_end();
    prepare_within(v, within, within);
    talk_text(talk.config[1].user, &talk.config[1].user_len, "Eser");
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_FAILED);
    EXPECT(!talk_succeeded());
    talk_end();
}

static void test_another_password_or_user_within_eap_within_ttls_is_refused(void)
{
    each_within(is_kept_out);
}

/* One side would have it by EAP and the other not, or by another method of it. */
static void test_who_shows_it_otherwise_within_ttls_is_refused(void)
{
    static const struct {
        uint8_t server;
        uint8_t peer;
        enum ike_why why;
    } rows[] = {{0, EAP_MD5, WHY_EAP_SYNTAX},
                {EAP_MD5, 0, WHY_EAP_METHOD},
                {EAP_MD5, EAP_GTC, WHY_EAP_METHOD},
                {EAP_MSCHAPV2, EAP_MD5, WHY_EAP_METHOD}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ike_crypto *const crypto = talk_provider(true);
        prepare_within(&(struct variant){.method = EAP_TTLS, .version = TLS_1_2, .client = -1},
                       rows[i].server, rows[i].peer);
        talk_run(crypto);
        EXPECT_EQ(talk.why[0], rows[i].why);
        EXPECT(!talk_succeeded());
        talk_end();
        crypto->ops->close(crypto);
    }
}

/* ---- what is said within TTLS ---- */

/* Of the peer's words the user name stands at 8, the challenge at 24, identifier and response
 * at 52 and 78, each behind the head of its AVP; of the server's the proof at 13 (RFC
 * 5281 10.1, 11.2.4).
 */
struct words {
    int number; /* 0: the peer's, 1: the server's */
    uint8_t at;
    uint8_t octets[4];
    uint8_t count;
    uint8_t len; /* of what is left of them; 0: all */
    enum ike_why why;
};

static const struct words all_words[] = {
    {0, 52, {0xee}, 1, 0, WHY_EAP_FAILED},       /* an identifier of another connection */
    {0, 24, {0xee}, 1, 0, WHY_EAP_FAILED},       /* and a challenge */
    {0, 78, {0xee}, 1, 0, WHY_EAP_FAILED},       /* no response to it */
    {0, 8, {'E'}, 1, 0, WHY_EAP_FAILED},         /* another user */
    {0, 47, {61}, 1, 0, WHY_EAP_SYNTAX},         /* a response too short, */
    {0, 47, {63}, 1, 0, WHY_EAP_SYNTAX},         /* or too long */
    {0, 2, {1}, 1, 0, WHY_EAP_SYNTAX},           /* what must be understood and is not */
    {0, 2, {1, 1, 0}, 3, 0, WHY_EAP_FAILED},     /* and what need not be: no user, then */
    {0, 20, {0, 0, 0, 9}, 4, 0, WHY_EAP_SYNTAX}, /* of another vendor */
    {0, 15, {99}, 1, 0, WHY_EAP_SYNTAX},         /* of the vendor, and unknown */
    {0, 0, {0}, 0, 5, WHY_EAP_SYNTAX},           /* cut in a head */
    {1, 13, {0xee}, 1, 0, WHY_EAP_FAILED},       /* no proof of the server's */
    {1, 2, {0, 99, 0x80}, 3, 0, WHY_EAP_FAILED}, /* nothing that we know */
    {1, 0, {0}, 0, 3, WHY_EAP_SYNTAX},
};
static const struct words *words;
static int said;
static const struct ike_crypto_ops *plain_ops;

static bool say_other_words(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes text)
{
    uint8_t copy[256];
    size_t len = text.len;
    EXPECT(text.len <= sizeof copy);
    memcpy(copy, text.at, text.len);
    if (said++ == words->number) {
        memcpy(copy + words->at, words->octets, words->count);
        len = words->len != 0 ? words->len : len;
    }
    return plain_ops->tls->say(c, tls, (struct ike_bytes){.at = copy, .len = len});
}

/* The server hears twice: the response, and then that there is no more to say. */
static size_t hear_more(struct ike_crypto *c, struct ike_tls *tls, uint8_t *out, size_t max)
{
    const size_t len = plain_ops->tls->hear(c, tls, out, max);
    if (++said < 3)
        return len;
    EXPECT_EQ(len, 0);
    out[0] = 'x';
    return 1;
}

/* RFC 5281 11.2.4: the peer has nothing to say to the proof. */
static void test_words_after_the_proof_end_it(void)
{
    struct ike_crypto *const crypto = talk_provider(false);
    plain_ops = crypto->ops;
    struct ike_crypto_ops ops = *plain_ops;
    struct ike_tls_ops tls = *plain_ops->tls;
    tls.hear = hear_more;
    ops.tls = &tls;
    crypto->ops = &ops;
    said = 0;
    prepare(&(struct variant){.method = EAP_TTLS, .version = TLS_1_3, .client = -1});
    talk_run(crypto);
    EXPECT_EQ(talk.why[0], WHY_EAP_SYNTAX);
    EXPECT_EQ(said, 3);
    talk_end();
    crypto->ops = plain_ops;
    crypto->ops->close(crypto);
}

static void test_other_words_within_ttls_end_it(void)
{
    for (int i = 0; i < 2 * (int)(sizeof all_words / sizeof all_words[0]); i++) {
        struct ike_crypto *const crypto = talk_provider(i % 2 == 1);
        plain_ops = crypto->ops;
        struct ike_crypto_ops ops = *plain_ops;
        struct ike_tls_ops tls = *plain_ops->tls;
        tls.say = say_other_words;
        ops.tls = &tls;
        crypto->ops = &ops;
        words = &all_words[i / 2];
        said = 0;
        prepare(&(struct variant){.method = EAP_TTLS, .version = TLS_1_2, .client = -1});
        talk_run(crypto);
        if (!EXPECT_EQ(talk.why[words->number], words->why))
            (void)printf("# words %d\n", i / 2);
        EXPECT(!talk_succeeded());
        talk_end();
        crypto->ops = plain_ops;
        crypto->ops->close(crypto);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_both_ends_get_one_key_with_openssl),
        TEST(test_both_ends_get_one_key_with_the_modelled_provider),
        TEST(test_modelled_flights_are_as_long_as_those_of_openssl),
        TEST(test_a_server_that_nobody_vouches_for_is_refused),
        TEST(test_a_client_that_nobody_vouches_for_is_refused),
        TEST(test_no_version_in_common_ends_it),
        TEST(test_whoever_takes_both_versions_takes_the_others),
        TEST(test_changed_octets_end_no_handshake_well),
        TEST(test_a_wrong_password_within_ttls_ends_in_failure),
        TEST(test_the_right_password_under_another_name_ends_in_failure),
        TEST(test_an_identity_that_cannot_be_read_is_a_reason_of_its_own),
        TEST(test_so_much_is_heard_of_a_peer_and_no_more),
        TEST(test_a_stand_in_says_no_more_than_it_has_room_for),
        TEST(test_data_amid_a_handshake_is_answered_by_an_alert),
        TEST(test_a_first_flight_of_nothing_is_answered_by_an_alert),
        TEST(test_pieces_add_up_to_a_flight_and_to_no_more),
        TEST(test_a_configuration_is_known_by_its_octets_and_not_by_where_they_are),
        TEST(test_each_connection_has_its_own_time),
        TEST(test_more_configurations_than_are_kept_work_as_well),
        TEST(test_calls_out_of_turn_fail),
        TEST(test_eap_within_ttls_gives_both_one_key),
        TEST(test_another_password_or_user_within_eap_within_ttls_is_refused),
        TEST(test_who_shows_it_otherwise_within_ttls_is_refused),
        TEST(test_other_words_within_ttls_end_it),
        TEST(test_words_after_the_proof_end_it),
        TEST(test_modelled_flights_with_a_wrong_frame_are_answered_by_an_alert),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
