/* SPDX-License-Identifier: MIT
 * What a real daemon is refused for: keys that it has no setting for, values it
 * cannot have, ways to authenticate, of its own and of the other end's entry. */
#include "models/daemon.h"
#include "models/keys.h"
#include "tests/daemon_files.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static const struct model_recipe *strongswan, *libreswan, *openiked;

static char complaints[4096];

static void complain(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    const size_t len = strlen(complaints);
    EXPECT(fatal);
    (void)snprintf(complaints + len, sizeof complaints - len, "%s: %s\n", path, text);
}

static struct model_world_config config;

static void set(const char *path, const char *text)
{
    char error[256] = "";
    if (!test_expect(model_config_set(&config, path, text, error, sizeof error), error, path, 0))
        (void)printf("# %s\n", error);
}

static void begin_world(void)
{
    model_config_open(&config);
    EXPECT(model_config_add(&config, "gateways", "vpn"));
    EXPECT(model_config_add(&config, "clients", "staff"));
    set("clients.staff.to", "vpn");
    set("gateways.vpn.pool", "10.3.0.0/24");
}

static size_t judge(const struct model_recipe *recipe, const char *path)
{
    complaints[0] = '\0';
    return model_daemon_judge(recipe, &config, path, complain, NULL);
}

static void test_what_a_daemon_has_no_setting_for_is_refused_with_its_key(void)
{
    begin_world();
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_STR(complaints, "");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.esp: OpenIKED: it has no aes256gcm16\n");
    set("gateways.vpn.esp", "aes256-sha512");
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 0);
    set("gateways.vpn.cookies.at", "10");
    set("gateways.vpn.half_open.limit", "100");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 2);
    EXPECT_STR(complaints, "gateways.vpn.cookies.at: OpenIKED: there is no setting for it\n"
                           "gateways.vpn.half_open.limit: OpenIKED: there is no setting for it\n");
    set("gateways.vpn.puzzles.at", "10");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.puzzles.at: strongSwan: there is no setting for it\n");
}

static void test_values_that_a_daemon_cannot_have_are_refused(void)
{
    begin_world();
    set("gateways.vpn.cookies.at", "0");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "gateways.vpn.cookies.at: strongSwan: it asks for cookies from") !=
           NULL);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    set("gateways.vpn.half_open.timeout", "1500ms");
    set("gateways.vpn.mode", "transport");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 3);
    begin_world();
    set("gateways.vpn.half_open.lists", "64");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.half_open.lists: libreswan: there is no setting for it\n");
    set("gateways.vpn.half_open.lists", "48");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.half_open.lists: strongSwan: its table has a power of two "
                           "of them\n");
    begin_world();
    set("gateways.vpn.fragment", "1280");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "gateways.vpn.fragment: libreswan: ") != NULL);
    set("gateways.vpn.fragment", "576");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    set("gateways.vpn.pool", "none");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    EXPECT(judge(openiked, "gateways.vpn") >= 1);
    EXPECT(strstr(complaints, "gateways.vpn.pool: OpenIKED: ") != NULL);
}

static void test_algorithms_are_refused_by_name(void)
{
    begin_world();
    set("gateways.vpn.proposals", "aes256gcm16-prfsha256-x25519-ke1_mlkem768");
    for (size_t i = 0; i < MODEL_DAEMONS; i++) {
        EXPECT(judge(model_recipes[i], "gateways.vpn") >= 1);
        EXPECT(strstr(complaints, "it wants proposals without additional key exchanges") != NULL);
    }
    set("gateways.vpn.proposals", "aes128ccm16-prfsha256-x25519");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.proposals: libreswan: it has no aes128ccm16\n");
    set("gateways.vpn.proposals", "aes128-sha256-prfsha384-x25519");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "libreswan: it wants integrity algorithms of the same hashes") !=
           NULL);
    set("gateways.vpn.proposals", "aes128-aes256gcm16-sha256-prfsha256-x25519");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "all AEADs, or none") != NULL);
    set("gateways.vpn.proposals", "aes128-sha256-prfsha256-x25519");
    set("gateways.vpn.esp", "aes128gcm16-x25519, aes256gcm16");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "groups in all proposals or in none") != NULL);
}

static void test_ways_to_authenticate_are_refused(void)
{
    begin_world();
    set("clients.staff.auth", "ed25519");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.auth: libreswan: it does not authenticate by ed25519\n");
    set("clients.staff.auth", "rsa2048");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "RSASSA-PSS") != NULL);
    set("clients.staff.auth", "ecdsa256");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    set("clients.staff.auth", "eap-mschapv2");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 2); /* and its ESP */
    EXPECT(strstr(complaints,
                  "clients.staff.auth: OpenIKED: it does not let in by eap-mschapv2\n") != NULL);
    EXPECT(judge(libreswan, "gateways.vpn") >= 1);
    EXPECT(strstr(complaints,
                  "clients.staff.auth: libreswan: it does not let in by eap-mschapv2\n") != NULL);
    EXPECT(model_config_add(&config, "clients", "guests"));
    set("clients.guests.to", "vpn");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints,
               "gateways.vpn.auth: strongSwan: all its clients are to authenticate alike\n");
    set("clients.guests.auth", "eap-mschapv2");
    set("clients.guests.second_auth", "psk");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints,
               "clients.guests.second_auth: strongSwan: its clients are to authenticate once\n");
}

static void test_what_clients_who_do_eap_ask_of_a_daemon_is_refused_with_their_key(void)
{
    begin_world();
    set("clients.staff.auth", "eap-ttls");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "clients.staff.eap.within: strongSwan: it has EAP within the tunnel of "
                           "EAP-TTLS only, not MS-CHAP-V2 by itself (RFC 5281 11.2.4): write "
                           "eap-md5, eap-gtc or eap-mschapv2\n");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    EXPECT(strstr(complaints, "clients.staff.eap.within: strongSwan: it has EAP within") != NULL);
    set("clients.staff.eap.within", "eap-gtc");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(strongswan, "clients.staff"), 0);
    set("clients.staff.eap.tls", "1.3");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "clients.staff.eap.tls: strongSwan: with TLS 1.3 it has keys under the "
                           "label of TLS 1.2 (RFC 9427 2.1): write 1.2 or any\n");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    set("clients.staff.eap.within", "mschapv2"); /* nor has the next a use for this */
    set("clients.staff.auth", "eap-mschapv2");
    set("clients.staff.eap.tls", "1.3"); /* which this method has no use for */
    set("clients.staff.eap.identity", "no");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    set("clients.staff.eap.only", "yes");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    EXPECT(strstr(complaints, "clients.staff.eap.only: strongSwan: it takes EAP-MSCHAPv2 for no "
                              "proof of a gateway") != NULL);
    set("clients.staff.auth", "eap-tls");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 2);
    EXPECT_STR(complaints,
               "clients.staff.eap.tls: strongSwan: it knows nothing of the octet that ends EAP-TLS "
               "by TLS 1.3 (RFC 9190 2.5): write 1.2 or any\n"
               "clients.staff.eap.identity: strongSwan: it takes a certificate for whom EAP says "
               "it is, not IKE: write yes\n");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    EXPECT(strstr(complaints, "clients.staff.eap.tls: strongSwan: it knows nothing of") != NULL);
    set("clients.staff.eap.tls", "1.2");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 0);
}

static void test_clients_who_ask_one_daemon_for_different_eap_are_refused(void)
{
    begin_world();
    EXPECT(model_config_add(&config, "clients", "guests"));
    set("clients.guests.to", "vpn");
    set("clients.staff.auth", "eap-tls");
    set("clients.guests.auth", "eap-tls");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    set("clients.guests.eap.tls", "1.2");
    set("clients.guests.eap.only", "yes");
    set("clients.guests.eap.within", "eap-md5");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 3);
    EXPECT_STR(complaints,
               "clients.guests.eap.tls: strongSwan: all its clients are to do the same\n"
               "clients.guests.eap.only: strongSwan: all its clients are to do the same\n"
               "clients.guests.eap.within: strongSwan: all its clients are to do the same\n");
    set("clients.staff.eap.within", "eap-md5");
    set("clients.staff.eap.tls", "1.2");
    set("clients.staff.eap.only", "yes");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
}

/* RFC 7296 2.15: a daemon that does not take what our ends sign by RFC 7427 takes what they signed
 * before. */
static void test_signatures_before_rfc_7427_are_had_where_both_ends_take_them(void)
{
    begin_world();
    set("clients.staff.auth", "rsa2048");
    set("gateways.vpn.esp", "aes256-sha512");
    set("clients.staff.esp", "aes256-sha512");
    set("clients.staff.old_signatures", "yes");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "clients.staff"), 1); /* our gateway does not */
    EXPECT(strstr(complaints, "clients.staff.auth: libreswan: it takes RSASSA-PSS without") !=
           NULL);
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 0);
    set("gateways.vpn.old_signatures", "yes");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "clients.staff"), 0);
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.old_signatures: OpenIKED: it signs by RFC 7427 3 for who "
                           "knows it\n");
    EXPECT(model_config_add(&config, "clients", "guests"));
    set("clients.guests.to", "vpn");
    set("clients.guests.auth", "rsa2048");
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "clients.guests.old_signatures: libreswan: it takes RSASSA-PSS") !=
           NULL);
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 2);
    EXPECT(strstr(complaints, "clients.guests.old_signatures: OpenIKED: it has no") != NULL);
    set("clients.guests.auth", "ecdsa256");
    set("clients.staff.auth", "ecdsa256");
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.old_signatures: libreswan: with ECDSA it signs by RFC "
                           "7427 3 only\n");
}

static void test_signatures_and_chains_that_a_daemon_does_not_take_are_refused(void)
{
    begin_world();
    set("clients.staff.auth", "rsa2048");
    set("gateways.vpn.esp", "aes256-sha512");
    set("clients.staff.esp", "aes256-sha512");
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 1);
    EXPECT_STR(complaints, "gateways.vpn.auth: OpenIKED: it has no RSASSA-PSS, by which the other "
                           "end signs (RFC 7427 A.4.3): write `old_signatures: yes` there\n");
    set("clients.staff.auth", "ecdsa256");
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 0);
    EXPECT_EQ(judge(openiked, "clients.staff"), 0);
    set("gateways.vpn.certificate_chain", "2"); /* its own it can show */
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 0);
    EXPECT_EQ(judge(openiked, "clients.staff"), 1);
    EXPECT_STR(complaints, "gateways.vpn.certificate_chain: OpenIKED: it takes no intermediate "
                           "certificates of the other end: write 0\n");
    set("clients.staff.certificate_chain", "1");
    EXPECT_EQ(judge(openiked, "gateways.vpn"), 1);
    EXPECT(strstr(complaints, "clients.staff.certificate_chain: OpenIKED: it takes no") != NULL);
    EXPECT_EQ(judge(libreswan, "gateways.vpn"), 0);
    set("gateways.vpn.auth", "psk");
    EXPECT_EQ(judge(libreswan, "clients.staff"), 1);
    EXPECT_STR(complaints,
               "clients.staff.auth: libreswan: the recipe has both ends authenticate alike\n");
    set("gateways.vpn.auth", "ed25519");
    EXPECT_EQ(judge(libreswan, "clients.staff"), 2);
    EXPECT(strstr(complaints, "gateways.vpn.auth: libreswan: it does not let in by ed25519\n") !=
           NULL);
}

static void test_a_daemon_that_is_a_client_is_judged_by_its_keys(void)
{
    struct model_wish wish;
    begin_world();
    set("clients.staff.address", "ipv4");
    set("clients.staff.retransmit.first", "1500ms");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 0);
    EXPECT_EQ(judge(libreswan, "clients.staff"), 0);
    EXPECT(judge(openiked, "clients.staff") >= 2);
    EXPECT(strstr(complaints, "clients.staff.retransmit.first: OpenIKED: there is no") != NULL);
    model_wish_of_clients(&config, &config.clients[0], &wish);
    EXPECT_STR(wish.local_id, "client-0@staff.test");
    EXPECT_STR(wish.remote_id, "vpn.test");
    wish.local = "198.18.0.2";
    wish.remote = "198.18.0.1";
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/strongswan.conf",
                  LINES("retransmit_timeout = 1.500", "retransmit_tries = 5"));
    daemon_expect("/ikelab/swanctl/swanctl.conf",
                  LINES("vips = 0.0.0.0", "local_ts = dynamic", "id = client-0@staff.test"));
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf", LINES("leftid=client-0@staff.test", "leftmodecfgclient=yes",
                                              "rightmodecfgserver=yes", "leftsubnet=0.0.0.0/0"));
    set("clients.staff.nat.kind", "symmetric");
    set("clients.staff.keepalive", "off");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 0);
    EXPECT_EQ(judge(libreswan, "clients.staff"), 0);
    model_wish_of_clients(&config, &config.clients[0], &wish);
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/strongswan.conf", LINES("keep_alive = 0s"));
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf", LINES("nat-keepalive=no"));
    set("clients.staff.keepalive", "1500ms");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    EXPECT_STR(complaints, "clients.staff.keepalive: strongSwan: it counts in whole seconds\n");
    EXPECT(judge(openiked, "clients.staff") >= 1);
    EXPECT(strstr(complaints, "clients.staff.keepalive: OpenIKED: there is no setting") != NULL);
    set("clients.staff.keepalive", "30s");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 0);
    EXPECT_EQ(judge(libreswan, "clients.staff"), 1);
    EXPECT_STR(complaints, "clients.staff.keepalive: libreswan: behind a NAT it comes to send "
                           "none: write off\n");
    set("clients.staff.keepalive", "20s");
    EXPECT_EQ(judge(libreswan, "clients.staff"), 0);
    set("clients.staff.stay", "10s");
    set("clients.staff.reconnect", "1s");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    EXPECT(strstr(complaints, "clients.staff.reconnect: strongSwan: it comes at its arrivals") !=
           NULL);
    EXPECT_EQ(judge(strongswan, "gateways.vpn"), 0); /* whose clients are ours, and may */
    set("clients.staff.reconnect", "never");
    set("clients.staff.redirects", "yes");
    EXPECT_EQ(judge(strongswan, "clients.staff"), 1);
    EXPECT_EQ(judge(strongswan, "clients.nobody"), 0);
}

/* clang-format off */
static const struct test_case cases[] = {
    TEST(test_what_a_daemon_has_no_setting_for_is_refused_with_its_key),
    TEST(test_values_that_a_daemon_cannot_have_are_refused),
    TEST(test_algorithms_are_refused_by_name),
    TEST(test_ways_to_authenticate_are_refused),
    TEST(test_what_clients_who_do_eap_ask_of_a_daemon_is_refused_with_their_key),
    TEST(test_clients_who_ask_one_daemon_for_different_eap_are_refused),
    TEST(test_signatures_before_rfc_7427_are_had_where_both_ends_take_them),
    TEST(test_signatures_and_chains_that_a_daemon_does_not_take_are_refused),
    TEST(test_a_daemon_that_is_a_client_is_judged_by_its_keys),
};
/* clang-format on */

int main(int argc, char **argv)
{
    strongswan = model_recipe_named("strongswan");
    libreswan = model_recipe_named("libreswan");
    openiked = model_recipe_named("openiked");
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
