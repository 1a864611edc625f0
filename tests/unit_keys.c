/* SPDX-License-Identifier: MIT
 * The table of keys and numbers with units. */
#include "models/keys.h"
#include "models/policy.h"
#include "tests/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct model_world_config config;
static char error[512];

static void open_one_of_each(void)
{
    model_config_open(&config);
    EXPECT(model_config_add(&config, "links", "wan"));
    EXPECT(model_config_add(&config, "gateways", "vpn"));
    EXPECT(model_config_add(&config, "clients", "honest"));
    EXPECT(model_config_add(&config, "attackers", "flood"));
    EXPECT(model_config_add(&config, "background", "video"));
}

static void expect_set(const char *path, const char *text)
{
    const bool good = model_config_set(&config, path, text, error, sizeof error);
    if (!good)
        printf("# %s: %s\n", path, error);
    EXPECT(good);
}

static void expect_error(const char *path, const char *text, const char *message)
{
    error[0] = '\0';
    EXPECT(!model_config_set(&config, path, text, error, sizeof error));
    EXPECT_STR(error, message);
}

static void test_quantities_are_read_with_their_units(void)
{
    static const struct {
        enum model_kind kind;
        const char *text;
        uint64_t value;
    } rows[] = {
        {KIND_TIME, "30s", 30000000000},
        {KIND_TIME, "1.5ms", 1500000},
        {KIND_TIME, "0.000000001s", 1},
        {KIND_TIME, "1h", 3600000000000},
        {KIND_TIME, "2 min", 120000000000},
        {KIND_TIME, "0", 0},
        {KIND_EVENTS, "5000/s", 5000000000},
        {KIND_EVENTS, "10/min", 166667},
        {KIND_EVENTS, "3.3/s", 3300000},
        {KIND_BITRATE, "100Mbit/s", 100000000},
        {KIND_BYTES, "208KiB", 212992},
        {KIND_BYTES, "1500B", 1500},
        {KIND_SHARE, "0.1%", 1000000},
        {KIND_SHARE, "100%", 1000000000},
        {KIND_COUNT, "1e6", 1000000},
        {KIND_COUNT, "1.5e3", 1500},
        {KIND_FACTOR, "1.8", 1800},
        {KIND_SCALE, "1.1", 1100000},
        {KIND_TIME, "18446744073.709551615s", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 7;
        EXPECT(model_quantity_parse(rows[i].kind, rows[i].text, &value));
        EXPECT_EQ(value, rows[i].value);
    }
}

static void test_what_is_no_quantity_is_refused(void)
{
    static const struct {
        enum model_kind kind;
        const char *text;
    } rows[] = {
        {KIND_TIME, "5 parsecs"}, {KIND_TIME, "30"},      {KIND_TIME, "-1s"},
        {KIND_TIME, "s"},         {KIND_TIME, ""},        {KIND_TIME, "1.s"},
        {KIND_TIME, "1e19s"},     {KIND_TIME, "1e11s"},   {KIND_COUNT, "1.5"},
        {KIND_COUNT, "0x10"},     {KIND_COUNT, "1e-1"},   {KIND_COUNT, "18446744073709551616"},
        {KIND_EVENTS, "5"},       {KIND_BYTES, "1KB"},    {KIND_SHARE, "0.1"},
        {KIND_TEXT, "5"},         {KIND_BITRATE, "5bps"}, {KIND_TIME, "18446744074s"},
        {KIND_FACTOR, "1.8x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value;
        if (!EXPECT(!model_quantity_parse(rows[i].kind, rows[i].text, &value)))
            printf("# \"%s\" was taken\n", rows[i].text);
    }
}

/* Whatever is written is read back to the same number: many numbers of every size. */
static void test_quantities_written_are_read_back(void)
{
    char text[64];
    for (int kind = KIND_TIME; kind <= KIND_SCALE; kind++) {
        uint64_t x = 1;
        for (int i = 0; i < 2000; i++) {
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
            const uint64_t value = i % 3 == 0 ? (x >> 40) * 1000 : x >> (i % 63 + 1);
            uint64_t back = value + 1;
            model_quantity_format((enum model_kind)kind, value, text, sizeof text);
            EXPECT(model_quantity_parse((enum model_kind)kind, text, &back));
            EXPECT_EQ(back, value);
        }
    }
}

static void test_every_default_is_what_its_key_gives_back(void)
{
    char text[512];
    char path[256];
    open_one_of_each();
    for (size_t i = 0; i < model_key_count; i++) {
        const struct model_key *const key = &model_keys[i];
        static const char *const names[][2] = {{"links.", "wan"},
                                               {"gateways.", "vpn"},
                                               {"clients.", "honest"},
                                               {"attackers.", "flood"},
                                               {"background.", "video"}};
        const char *const star = strchr(key->path, '*');
        (void)snprintf(path, sizeof path, "%s", key->path);
        for (size_t k = 0; star != NULL && k < 5; k++)
            if (strncmp(key->path, names[k][0], strlen(names[k][0])) == 0)
                (void)snprintf(path, sizeof path, "%s%s%s", names[k][0], names[k][1], star + 1);
        EXPECT(model_key_find(path) == key);
        if (key->fallback == NULL)
            continue;
        EXPECT(model_config_get(&config, path, text, sizeof text));
        expect_set(path, text); /* what is given back can be set */
        EXPECT(key->meaning[0] != '\0');
    }
    EXPECT_EQ(config.for_ns, 60000000000);
    EXPECT_EQ(config.gateways[0].inbox_bytes, 212992);
    EXPECT_EQ(config.gateways[0].cookies_at, UINT32_MAX);
    EXPECT_EQ(config.gateways[0].cost_scale_ppm, 1000000);
    EXPECT_EQ(config.clients[0].retransmit_factor_milli, 1800);
    EXPECT(config.clients[0].until_ns == UINT64_MAX);
    EXPECT_EQ(config.attackers[0].rate.at[0].rate_micro, 1000000000);
}

static void test_limits_of_numbers_hold_at_both_ends(void)
{
    char text[64];
    char path[256];
    open_one_of_each();
    for (size_t i = 0; i < model_key_count; i++) {
        const struct model_key *const key = &model_keys[i];
        if (key->low == NULL || key->kind > KIND_SCALE || strncmp(key->path, "gateways", 8) != 0)
            continue;
        (void)snprintf(path, sizeof path, "gateways.vpn%s", strchr(key->path, '*') + 1);
        expect_set(path, key->low);
        expect_set(path, key->high);
        uint64_t high;
        EXPECT(model_quantity_parse(key->kind, key->high, &high));
        model_quantity_format(key->kind, high + 1, text, sizeof text);
        EXPECT(!model_config_set(&config, path, text, error, sizeof error));
    }
}

static void test_words_stand_for_numbers(void)
{
    char text[64];
    open_one_of_each();
    expect_set("gateways.vpn.cookies.at", "always");
    EXPECT_EQ(config.gateways[0].cookies_at, 0);
    EXPECT(model_config_get(&config, "gateways.vpn.cookies.at", text, sizeof text));
    EXPECT_STR(text, "0");
    expect_set("gateways.vpn.cookies.at", "never");
    EXPECT(model_config_get(&config, "gateways.vpn.cookies.at", text, sizeof text));
    EXPECT_STR(text, "never");
    expect_set("gateways.vpn.half_open.limit", "none");
    EXPECT_EQ(config.gateways[0].half_open_limit, UINT32_MAX);
    expect_set("clients.honest.stay", "never");
    EXPECT(config.clients[0].stay_ns == UINT64_MAX);
    expect_set("clients.honest.via", "wan");
    EXPECT_STR(config.clients[0].via, "wan");
    expect_set("clients.honest.via", "none");
    EXPECT_STR(config.clients[0].via, "");
    expect_set("gateways.vpn.mode", "transport");
    EXPECT(config.gateways[0].transport_mode);
    expect_set("clients.honest.refused", "retry");
    EXPECT_EQ(config.clients[0].refused, MODEL_RETRY);
}

static void test_errors_say_what_would_be_right(void)
{
    open_one_of_each();
    expect_error("gateways.vpn.cores", "0", "0 is too small, from 1 to 256");
    expect_error("gateways.vpn.cores", "1e4", "1e4 is too large, from 1 to 256");
    expect_error("for", "5 parsecs",
                 "\"5 parsecs\" is no duration: write it like 30s, 10ms or 1h, from 1ms to 24h");
    expect_error("gateways.vpn.cookies.at", "nevr", "\"nevr\": did you mean never?");
    expect_error("gateways.vpn.cookies.at", "often",
                 "\"often\" is no whole number: write it like 1000 or 1e6, from 0 to 1e9, or: "
                 "never, always");
    expect_error("clients.honest.refused", "retri",
                 "\"retri\": did you mean retry? There is: give-up, retry");
    expect_error("attackers.flood.class", "teardrop",
                 "\"teardrop\" is not known; there is: spoofed-init, syn-flood, forged-icmp");
    expect_error("clients.honest.arrivals", "sometimes",
                 "\"sometimes\" is no arrival process: write it like poisson 20/s, uniform 20/s, "
                 "burst 100 every 10s or trace FILE");
    expect_error("gateways.vpn.core", "1",
                 "there is no gateways.vpn.core: did you mean gateways.vpn.cores?");
    expect_error("gateways.other.cores", "1",
                 "gateways.other.cores: there is no entry of that name");
    expect_error("gateways.vpn.proposals", "aes256gcm16-x25519",
                 "\"aes256gcm16-x25519\" lacks a PRF, like prfsha256");
    expect_error("gateways.vpn.esp", "aes128", "\"aes128\" lacks integrity, like sha256");
    expect_error("gateways.vpn.force_encapsulation", "maybe", "\"maybe\" is neither yes nor no");
    expect_error("gateways.vpn.psk", "", "is empty; give at least one character");
    expect_error("clients.honest.to", "", "is empty; give the name of one of the gateways");
}

static void test_a_long_wrong_value_does_not_flood_the_message(void)
{
    char text[5000];
    open_one_of_each();
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < model_key_count; i++) {
        char path[256];
        const char *const star = strchr(model_keys[i].path, '*');
        if (strncmp(model_keys[i].path, "gateways", 8) != 0 || star == NULL)
            continue;
        (void)snprintf(path, sizeof path, "gateways.vpn%s", star + 1);
        EXPECT(!model_config_set(&config, path, text, error, sizeof error));
        EXPECT(strlen(error) < 400);
    }
}

static void test_the_nearest_key_is_found(void)
{
    static const char *const rows[][2] = {
        {"fro", "for"},
        {"gateway", "gateways"},
        {"gateways.vpn.cookie.at", "gateways.vpn.cookies.at"},
        {"gateways.vpn.cookie", "gateways.vpn.cookies"},
        {"clients.honest.arrival", "clients.honest.arrivals"},
        {"clients.honest.retransmit.fist", "clients.honest.retransmit.first"},
        {"atackers.flood.rate", "attackers.flood.rate"},
        {"network.knd", "network.kind"},
    };
    char near[128];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        EXPECT(model_key_find(rows[i][0]) == NULL);
        EXPECT(model_key_nearest(rows[i][0], near, sizeof near));
        EXPECT_STR(near, rows[i][1]);
    }
    EXPECT(!model_key_nearest("gateways.vpn.colour", near, sizeof near));
    EXPECT(!model_key_nearest("", near, sizeof near));
    EXPECT(!model_key_nearest("x", near, sizeof near));
}

static void test_names_of_entries_are_judged(void)
{
    char name[16];
    open_one_of_each();
    EXPECT(model_config_add(&config, "gateways", "vpn")); /* there already: the same one */
    EXPECT_EQ(config.gateway_count, 1);
    EXPECT(!model_config_add(&config, "gateways", ""));
    EXPECT(!model_config_add(&config, "gateways", "1st"));
    EXPECT(!model_config_add(&config, "gateways", "a.b"));
    EXPECT(!model_config_add(&config, "links", "none"));
    EXPECT(!model_config_add(&config, "planets", "mars"));
    for (int i = 1; i < MODEL_THINGS_MAX; i++) {
        (void)snprintf(name, sizeof name, "g%d", i);
        EXPECT(model_config_add(&config, "gateways", name));
    }
    EXPECT(!model_config_add(&config, "gateways", "one-more"));
    EXPECT(model_config_has(&config, "gateways", "g15"));
    EXPECT(!model_config_has(&config, "clients", "g15"));
}

static void test_rates_and_arrivals_are_read_and_written(void)
{
    static const char *const rows[][2] = {
        {"attackers.flood.rate", "2000/s"},
        {"attackers.flood.rate", "[[0ns, 0/s], [10s, 2000/s], [20s, 8000.5/s]]"},
        {"clients.honest.arrivals", "poisson 20/s"},
        {"clients.honest.arrivals", "uniform 0.25/s"},
        {"clients.honest.arrivals", "burst 100 every 10s"},
        {"links.wan.outages", "none"},
        {"links.wan.outages", "[[10s, 12s], [30s, 31s]]"},
    };
    char text[512];
    open_one_of_each();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_set(rows[i][0], rows[i][1]);
        EXPECT(model_config_get(&config, rows[i][0], text, sizeof text));
        EXPECT_STR(text, rows[i][1]);
    }
    expect_set("attackers.flood.rate", "[[0s,0/s],[10s,2000/s]]");
    EXPECT_EQ(config.attackers[0].rate.count, 2);
    EXPECT_EQ(config.attackers[0].rate.at[1].at_ns, 10000000000);
    EXPECT_EQ(config.attackers[0].rate.at[1].rate_micro, 2000000000);
    static const char *const bad[] = {
        "[]",    "[[0s, 1/s]",   "[[0s, 1/s], [0s, 2/s]]", "[[0s]]",
        "[1/s]", "[[0s, 1/s]]x", "[[0s, 1/s] [1s, 2/s]]",  "[[1/s, 0s]]",
        "1e8/s", "[[0s, 1e8/s]]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT(!model_config_set(&config, "attackers.flood.rate", bad[i], error, sizeof error));
    static const char *const bad_spans[] = {"",
                                            "10s",
                                            "[]",
                                            "[[10s]]",
                                            "[[2s, 1s]]",
                                            "[[1s, 1s]]",
                                            "[[5s, 6s], [1s, 2s]]",
                                            "[[1s, 2s], [2s, 3s]]",
                                            "[[1s, 2s]",
                                            "[[1s, 2/s]]"};
    for (size_t i = 0; i < sizeof bad_spans / sizeof bad_spans[0]; i++)
        EXPECT(!model_config_set(&config, "links.wan.outages", bad_spans[i], error, sizeof error));
    static const char *const odd[] = {"poisson",         "burst 10",        "burst 0 every 1s",
                                      "burst 1 each 1s", "poisson 1/s 2/s", "burst 5 every 0s"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        EXPECT(!model_config_set(&config, "clients.honest.arrivals", odd[i], error, sizeof error));
}

static void test_addresses_and_selectors_are_judged(void)
{
    open_one_of_each();
    expect_set("gateways.vpn.address", "2001:db8::1");
    expect_set("gateways.vpn.address", "auto");
    expect_set("clients.honest.prefix", "10.1.0.0/16");
    expect_set("gateways.vpn.selectors", "10.0.0.0/8, 192.0.2.1[tcp/80]");
    EXPECT(!model_config_set(&config, "gateways.vpn.address", "192.0.2", error, sizeof error));
    EXPECT(!model_config_set(&config, "clients.honest.prefix", "10.1.0.1/16", error, sizeof error));
    EXPECT(!model_config_set(&config, "gateways.vpn.selectors", "10/8", error, sizeof error));
    EXPECT(!model_config_set(&config, "gateways.vpn.selectors",
                             "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5", error, sizeof error));
}

/* RFC 7296 2.15: 64 characters at least, without a final zero; hexadecimal digits as well. */
static void test_secrets_are_text_or_hexadecimal(void)
{
    static const char longest[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const uint8_t octets[] = {0x00, 0xff, 0x10};
    static const char *const texts[] = {"0x00ff1", "0x00fg10", "0x", "0X00ff10", "00ff10"};
    struct model_clients clients = {.psk = "0x00Ff10", .first_group = "auto", .selectors = "::/0"};
    struct ike_policy policy;
    uint8_t room[IKE_PSK_MAX];
    model_policy_of_clients(&clients, &policy);
    EXPECT(policy.psk_len == 3 && memcmp(policy.psk, octets, 3) == 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        EXPECT_EQ(model_secret_of(texts[i], room, sizeof room), strlen(texts[i]));
        EXPECT(memcmp(room, texts[i], strlen(texts[i])) == 0);
    }
    EXPECT(sizeof clients.psk > 2 + 2 * (sizeof longest - 1));
    memcpy(clients.psk, longest, sizeof longest);
    model_policy_of_clients(&clients, &policy);
    EXPECT(policy.psk_len == 64 && memcmp(policy.psk, longest, 64) == 0);
    memcpy(clients.psk, "0x", 2);
    memcpy(clients.psk + 2, longest, sizeof longest);
    memcpy(clients.psk + 2 + 64, longest, sizeof longest);
    model_policy_of_clients(&clients, &policy);
    EXPECT(policy.psk_len == 64 && policy.psk[63] == 0xef);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_quantities_are_read_with_their_units),
        TEST(test_what_is_no_quantity_is_refused),
        TEST(test_quantities_written_are_read_back),
        TEST(test_every_default_is_what_its_key_gives_back),
        TEST(test_limits_of_numbers_hold_at_both_ends),
        TEST(test_words_stand_for_numbers),
        TEST(test_errors_say_what_would_be_right),
        TEST(test_a_long_wrong_value_does_not_flood_the_message),
        TEST(test_the_nearest_key_is_found),
        TEST(test_names_of_entries_are_judged),
        TEST(test_rates_and_arrivals_are_read_and_written),
        TEST(test_addresses_and_selectors_are_judged),
        TEST(test_secrets_are_text_or_hexadecimal),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
