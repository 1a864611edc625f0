/* SPDX-License-Identifier: MIT
 * Recipes of real daemons: the configuration each is given for a wish, its
 * commands, and how its answers are read, true ones and what is left of them when
 * they are cut or spoilt. */
#include "models/daemon.h"
#include "models/daemon_recipe.h"
#include "tests/daemon_files.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 8192 };

static const struct model_recipe *strongswan, *libreswan, *openiked;

/* ---- files ---- */

static struct model_wish plain(void)
{
    return (struct model_wish){
        .local = "198.18.0.2",
        .local_id = "vpn.test",
        .psk = "secret",
        .proposals = "aes256gcm16-prfsha256-x25519",
        .esp = "aes256gcm16",
        .local_ts = "192.168.0.0/16",
        .cookies_at = IKE_UNLIMITED,
        .half_open_limit = IKE_UNLIMITED,
        .half_open_per_address = IKE_UNLIMITED,
    };
}

static void test_strongswan_is_told_what_a_plain_wish_asks(void)
{
    const struct model_wish wish = plain();
    daemon_make(strongswan, &wish);
    EXPECT_EQ(daemon_file_count, 2);
    daemon_expect("/ikelab/strongswan.conf",
                  LINES("cookie_threshold = 1000000000", "cookie_threshold_ip = 0",
                        "block_threshold = 1000000000", "init_limit_half_open = 1000000000",
                        "vici { socket = unix:///ikelab/charon.vici }"));
    daemon_expect("/ikelab/swanctl/swanctl.conf",
                  LINES("local_addrs = 198.18.0.2", "proposals = aes256gcm16-prfsha256-x25519",
                        "encap = no", "mobike = no", "fragmentation = no", "rekey_time = 0s",
                        "auth = psk", "id = vpn.test", "local_ts = 192.168.0.0/16",
                        "remote_ts = dynamic", "esp_proposals = aes256gcm16", "mode = tunnel",
                        "ike-any { secret = 0x736563726574 }"));
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "kernel-libipsec") != NULL);
    EXPECT(daemon_has_line(daemon_file("/ikelab/strongswan.conf"), "default = 1"));
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "half_open_timeout") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "threads") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "remote_addrs") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "rand_time") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "over_time") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "life_time") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "eap") == NULL);
}

static struct model_wish full(void)
{
    struct model_wish wish = plain();
    wish.remote = "198.18.0.1";
    (void)snprintf(wish.remote_id, sizeof wish.remote_id, "us.test");
    wish.proposals = "aes256gcm16-prfsha256-x25519-ecp256, aes128-sha256-prfsha256-modp2048";
    wish.esp = "aes256-sha512-ecp256, aes128-sha1-ecp256";
    wish.remote_ts = "10.1.0.0/16";
    wish.cookies_at = 30;
    wish.half_open_limit = 100;
    wish.half_open_per_address = 5;
    wish.half_open_lists = 4096;
    wish.half_open_timeout_ns = UINT64_C(45000000000);
    wish.liveness_ns = UINT64_C(10000000000);
    wish.rekey = (struct model_rekey){.ike_ns = UINT64_C(600000000000),
                                      .child_ns = UINT64_C(600000000000),
                                      .jitter_ppb = 50000000};
    wish.fragment = 576;
    wish.retransmit_first_ns = 1500000000;
    wish.retransmit_factor_milli = 1800;
    wish.retransmit_sends = 4;
    wish.threads = 3;
    wish.mobike = wish.force_encapsulation = wish.kernel_esp = wish.quiet = true;
    return wish;
}

static void test_strongswan_is_told_what_a_full_wish_asks(void)
{
    const struct model_wish wish = full();
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/strongswan.conf",
                  LINES("threads = 3", "cookie_threshold = 30", "block_threshold = 5",
                        "init_limit_half_open = 100", "half_open_timeout = 45",
                        "ikesa_table_size = 4096", "fragment_size = 576",
                        "retransmit_timeout = 1.500", "retransmit_base = 1.800",
                        "retransmit_tries = 3"));
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "kernel-libipsec") == NULL);
    EXPECT(daemon_has_line(daemon_file("/ikelab/strongswan.conf"), "default = 0"));
    daemon_expect("/ikelab/swanctl/swanctl.conf",
                  LINES("remote_addrs = 198.18.0.1",
                        "proposals = aes256gcm16-prfsha256-x25519-ecp256, "
                        "aes128-sha256-prfsha256-modp2048",
                        "esp_proposals = aes256-sha512-ecp256, aes128-sha1-ecp256", "encap = yes",
                        "mobike = yes", "fragmentation = yes", "dpd_delay = 10s",
                        "rekey_time = 600s", "rand_time = 30s", "over_time = 60s",
                        "life_time = 660s", "id = us.test", "remote_ts = 10.1.0.0/16"));
}

/* Else a tenth in whole seconds may be none, and an SA ends as it is rekeyed. */
static void test_strongswan_outlives_the_time_at_which_it_rekeys(void)
{
    struct model_wish wish = plain();
    wish.rekey = (struct model_rekey){.ike_ns = UINT64_C(4000000000), .child_ns = 3000000000};
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/swanctl/swanctl.conf", LINES("rekey_time = 4s", "over_time = 30s",
                                                        "rekey_time = 3s", "life_time = 33s"));
}

static void test_libreswan_is_told_what_wishes_ask(void)
{
    struct model_wish wish = plain();
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf",
                  LINES("ddos-mode=unlimited", "max-halfopen-ike=1000000000", "left=198.18.0.2",
                        "leftid=@vpn.test", "leftsubnet=192.168.0.0/16", "right=%any",
                        "rightid=%any", "authby=secret", "ike=aes_gcm_16_256-sha2_256-dh31",
                        "esp=aes_gcm_16_256", "pfs=no", "esn=no", "type=tunnel", "mobike=no",
                        "fragmentation=no", "encapsulation=auto", "rekey=no",
                        "ikelifetime=86400s"));
    daemon_expect("/ikelab/ipsec.secrets", LINES(": PSK 0x736563726574"));
    EXPECT(strstr(daemon_file("/ikelab/ipsec.conf"), "ddos-ike-threshold") == NULL);
    EXPECT(strstr(daemon_file("/ikelab/ipsec.conf"), "rightsubnet") == NULL);
    wish = full();
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf",
                  LINES("nhelpers=3", "ddos-mode=auto", "ddos-ike-threshold=30",
                        "max-halfopen-ike=100", "right=198.18.0.1", "rightid=@us.test",
                        "rightsubnet=10.1.0.0/16",
                        "ike=aes_gcm_16_256-sha2_256-dh31+dh19,aes_cbc_128-sha2_256-dh14",
                        "esp=aes_cbc_256-sha2_512-dh19,aes_cbc_128-sha1-dh19", "pfs=yes",
                        "mobike=yes", "fragmentation=force", "encapsulation=yes", "dpddelay=10",
                        "rekey=yes", "ikelifetime=660s", "salifetime=660s", "rekeymargin=60s",
                        "rekeyfuzz=50%", "retransmit-interval=1500", "retransmit-timeout=23s"));
    wish.cookies_at = 0;
    wish.pool = "10.3.0.0/24";
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf",
                  LINES("ddos-mode=busy", "rightaddresspool=10.3.0.1-10.3.0.254",
                        "leftmodecfgserver=yes", "rightmodecfgclient=yes", "modecfgpull=yes"));
    EXPECT(strstr(daemon_file("/ikelab/ipsec.conf"), "rightsubnet") == NULL);
}

static void test_openiked_is_told_what_wishes_ask(void)
{
    struct model_wish wish = plain();
    wish.esp = "aes256-sha512";
    wish.pool = "10.3.0.0/24";
    daemon_make(openiked, &wish);
    daemon_expect(
        "/ikelab/iked.conf",
        LINES("set nofragmentation", "set nomobike", "set dpd_check_interval 0",
              "ikev2 \"ikelab\" passive tunnel esp from 192.168.0.0/16 to dynamic local "
              "198.18.0.2 peer any ikesa enc aes-256-gcm prf hmac-sha2-256 group curve25519 "
              "childsa enc aes-256 auth hmac-sha2-512 group none noesn srcid \"vpn.test\" "
              "ikelifetime 0 lifetime 0 psk 0x736563726574 config address 10.3.0.0/24"));
    wish = full();
    wish.pool = NULL;
    daemon_make(openiked, &wish);
    daemon_expect(
        "/ikelab/active.conf",
        LINES("set fragmentation", "set mobike", "set dpd_check_interval 10",
              "ikev2 \"ikelab\" active tunnel esp from 192.168.0.0/16 to 10.1.0.0/16 local "
              "198.18.0.2 peer 198.18.0.1 ikesa enc aes-256-gcm prf hmac-sha2-256 group "
              "curve25519 group ecp256 ikesa enc aes-128 prf hmac-sha2-256 auth hmac-sha2-256 "
              "group modp2048 childsa enc aes-256 auth hmac-sha2-512 group ecp256 noesn childsa "
              "enc aes-128 auth hmac-sha1 group ecp256 noesn srcid \"vpn.test\" dstid "
              "\"us.test\" ikelifetime 600 lifetime 600 psk 0x736563726574"));
}

static void test_papers_go_where_each_daemon_looks(void)
{
    struct model_wish wish = plain();
    wish.psk = NULL;
    wish.auth = wish.peer_auth = (enum model_auth)KEY_TYPE_ECDSA256;
    wish.certificate = "CERT\n";
    wish.key = "KEY\n";
    wish.authorities[0] = "ROOT\n";
    wish.authorities[1] = "MIDDLE\n";
    wish.authority_count = 2;
    daemon_make(strongswan, &wish);
    EXPECT_STR(daemon_file("/ikelab/swanctl/x509/end.pem"), "CERT\n");
    EXPECT_STR(daemon_file("/ikelab/swanctl/private/key.pem"), "KEY\n");
    EXPECT_STR(daemon_file("/ikelab/swanctl/x509ca/ca-1.pem"), "MIDDLE\n");
    daemon_expect("/ikelab/swanctl/swanctl.conf", LINES("auth = pubkey", "certs = end.pem"));
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "secret =") == NULL);
    daemon_make(libreswan, &wish);
    EXPECT_STR(daemon_file("/ikelab/ca-0.pem"), "ROOT\n");
    EXPECT_STR(daemon_file("/ikelab/ipsec.secrets"), "");
    daemon_expect("/ikelab/ipsec.conf", LINES("authby=ecdsa", "leftcert=ikelab", "sendca=all"));
    wish.esp = "aes256-sha512";
    daemon_make(openiked, &wish);
    EXPECT_STR(daemon_file("/etc/iked/private/local.key"), "KEY\n");
    EXPECT_STR(daemon_file("/etc/iked/ca/ca-1.crt"), "MIDDLE\n");
    EXPECT(strstr(daemon_file("/ikelab/iked.conf"), " rfc7427\n") != NULL);
}

static void test_who_signs_nothing_is_told_of_authorities_too(void)
{
    struct model_wish wish = plain();
    wish.peer_auth = (enum model_auth)KEY_TYPE_ECDSA256;
    wish.authorities[0] = "ROOT\n";
    wish.authority_count = 1;
    daemon_make(strongswan, &wish);
    EXPECT_STR(daemon_file("/ikelab/swanctl/x509ca/ca-0.pem"), "ROOT\n");
    EXPECT_STR(daemon_file("/ikelab/swanctl/x509/end.pem"), "");
    daemon_expect("/ikelab/swanctl/swanctl.conf", LINES("auth = psk", "auth = pubkey"));
}

static void test_an_authority_is_asked_for_by_its_name(void)
{
    struct model_wish wish = plain();
    wish.auth = wish.peer_auth = (enum model_auth)KEY_TYPE_ECDSA256;
    wish.certificate = wish.key = "PAPER\n";
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf", LINES("rightca=%any"));
    (void)snprintf(wish.peer_authority, sizeof wish.peer_authority, "vpn");
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf", LINES("rightca=\"CN=vpn\""));
}

static void test_strongswan_asks_for_eap_as_clients_want_it(void)
{
    struct model_wish wish = plain();
    wish.auth = (enum model_auth)KEY_TYPE_RSA2048;
    wish.peer_auth = (enum model_auth)(MODEL_EAP + 2);
    wish.eap_fragment = 700;
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/swanctl/swanctl.conf", LINES("auth = eap-mschapv2", "eap_id = %any",
                                                        "eap-any { secret = 0x736563726574 }"));
    daemon_expect("/ikelab/strongswan.conf", LINES("eap-tls { fragment_size = 700 }"));
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "unique") == NULL);
    wish.eap_unnamed = true;
    daemon_make(strongswan, &wish);
    EXPECT(strstr(daemon_file("/ikelab/swanctl/swanctl.conf"), "eap_id") == NULL);
    wish.peer_auth = (enum model_auth)(MODEL_EAP + 3);
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/swanctl/swanctl.conf", LINES("auth = eap-tls", "unique = never"));
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "phase2_method") == NULL);
    wish.peer_auth = (enum model_auth)(MODEL_EAP + 4);
    wish.eap_within = EAP_MSCHAPV2;
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/swanctl/swanctl.conf", LINES("auth = eap-ttls"));
    daemon_expect("/ikelab/strongswan.conf",
                  LINES("phase2_method = mschapv2", "fragment_size = 700"));
}

/* RFC 5998 3: no signature, and so no certificate in IKE. */
static void test_strongswan_proves_itself_within_eap_where_clients_let_it(void)
{
    struct model_wish wish = plain();
    const char *const conf = "/ikelab/swanctl/swanctl.conf";
    wish.auth = (enum model_auth)KEY_TYPE_RSA2048;
    wish.certificate = wish.key = "PAPER\n";
    wish.peer_auth = (enum model_auth)(MODEL_EAP + 3);
    daemon_make(strongswan, &wish);
    daemon_expect(conf, LINES("auth = pubkey", "auth = eap-tls", "certs = end.pem"));
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "version_m") == NULL);
    wish.eap_only = true;
    wish.eap_tls = TLS_1_2;
    daemon_make(strongswan, &wish);
    daemon_expect(conf, LINES("auth = eap-tls"));
    EXPECT(!daemon_has_line(daemon_file(conf), "auth = pubkey"));
    EXPECT(!daemon_has_line(daemon_file(conf), "certs = end.pem"));
    daemon_expect("/ikelab/strongswan.conf", LINES("version_min = 1.2", "version_max = 1.2"));
    wish.auth = wish.peer_auth; /* and a client lets its gateway */
    wish.peer_auth = (enum model_auth)KEY_TYPE_RSA2048;
    daemon_make(strongswan, &wish);
    EXPECT(!daemon_has_line(daemon_file(conf), "auth = pubkey"));
    wish.auth = wish.peer_auth; /* nobody does EAP */
    daemon_make(strongswan, &wish);
    EXPECT(!daemon_has_line(daemon_file(conf), "auth = eap-tls"));
}

static void test_each_daemon_has_a_word_for_signatures_before_rfc_7427(void)
{
    struct model_wish wish = plain();
    wish.auth = wish.peer_auth = (enum model_auth)KEY_TYPE_RSA2048;
    wish.certificate = wish.key = "PAPER\n";
    wish.esp = "aes256-sha512";
    daemon_make(strongswan, &wish);
    EXPECT(strstr(daemon_file("/ikelab/strongswan.conf"), "signature_authentication") == NULL);
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf", LINES("authby=rsasig"));
    wish.old_signatures = true;
    daemon_make(strongswan, &wish);
    daemon_expect("/ikelab/strongswan.conf", LINES("signature_authentication = no"));
    daemon_make(libreswan, &wish);
    daemon_expect("/ikelab/ipsec.conf", LINES("authby=rsa-sha1"));
    daemon_make(openiked, &wish);
    EXPECT(strstr(daemon_file("/ikelab/iked.conf"), " rfc7427\n") != NULL);
    wish.peer_old_signatures = true;
    daemon_make(openiked, &wish);
    EXPECT(strstr(daemon_file("/ikelab/iked.conf"), " rsa\n") != NULL);
    wish.auth = wish.peer_auth = (enum model_auth)KEY_TYPE_ECDSA384;
    daemon_make(openiked, &wish);
    EXPECT(strstr(daemon_file("/ikelab/iked.conf"), " ecdsa384\n") != NULL);
}

/* The examples of RFC 4648 10; and a line that is full, with one octet after it. */
static void test_octets_become_pem(void)
{
    static const struct {
        const char *octets, *text;
    } rows[] = {
        {"", "-----BEGIN X-----\n-----END X-----\n"},
        {"f", "-----BEGIN X-----\nZg==\n-----END X-----\n"},
        {"fo", "-----BEGIN X-----\nZm8=\n-----END X-----\n"},
        {"foobar", "-----BEGIN X-----\nZm9vYmFy\n-----END X-----\n"},
        {"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\xff",
         "-----BEGIN X-----\n"
         "fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+\n/w==\n"
         "-----END X-----\n"},
    };
    char text[256], small[40];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct ike_bytes octets = {.at = (const uint8_t *)rows[i].octets,
                                         .len = strlen(rows[i].octets)};
        struct model_text out = {.at = text, .max = sizeof text};
        struct model_text cut = {.at = small, .max = sizeof small};
        text_put_pem(&out, "X", octets);
        EXPECT_STR(text, rows[i].text);
        text_put_pem(&cut, "X", octets);
        EXPECT_EQ(cut.cut, strlen(rows[i].text) >= sizeof small);
    }
}

static void test_a_key_cannot_end_its_own_line(void)
{
    struct model_wish wish = plain();
    wish.psk = "\"\n} connections { evil { } }\n";
    wish.esp = "aes256-sha512";
    for (size_t i = 0; i < MODEL_DAEMONS; i++) {
        daemon_make(model_recipes[i], &wish);
        for (size_t k = 0; k < daemon_file_count; k++)
            EXPECT(strstr(daemon_files[k].text, "evil") == NULL);
    }
}

static void test_what_does_not_fit_is_not_half_written(void)
{
    static char long_text[MODEL_DAEMON_FILE_MAX + 10];
    struct model_wish wish = plain();
    memset(long_text, 'a', sizeof long_text - 1);
    wish.local = long_text;
    wish.esp = "aes256-sha512";
    for (size_t i = 0; i < MODEL_DAEMONS; i++) {
        daemon_file_count = 0;
        EXPECT(!model_daemon_files(model_recipes[i], &wish, daemon_keep, NULL));
    }
}

static void test_proposals_that_cannot_be_spelt_make_no_files(void)
{
    struct model_wish wish = plain();
    daemon_file_count = 0;
    EXPECT(!model_daemon_files(openiked, &wish, daemon_keep, NULL)); /* aes256gcm16 for ESP */
    wish.proposals = "aes256gcm16-prfsha256-mlkem768";
    EXPECT(!model_daemon_files(strongswan, &wish, daemon_keep, NULL));
    wish.proposals = "aes256gcm16-prfsha256-ecp256bp";
    EXPECT(!model_daemon_files(libreswan, &wish, daemon_keep, NULL));
}

/* ---- commands, mounts ---- */

static void test_commands_are_words(void)
{
    const struct model_place place = {.root = "/r", .libraries = "/usr/lib/x"};
    const struct model_place with = {.root = "/r", .libraries = "/usr/lib/x", .stand_in = "/s.so"};
    struct model_wish wish = plain();
    struct model_words words;
    const struct model_errand_at start = {.errand = ERRAND_START};
    EXPECT(model_daemon_command(strongswan, &wish, &place, start, &words));
    EXPECT_STR(words.argv[0], "/usr/lib/ipsec/charon");
    EXPECT(words.argv[1] == NULL);
    EXPECT_STR(words.environment[0], "LD_LIBRARY_PATH=/usr/lib/own:/usr/lib/ipsec");
    EXPECT_STR(words.environment[2], "STRONGSWAN_CONF=/ikelab/strongswan.conf");
    EXPECT(words.environment[4] == NULL);
    EXPECT(model_daemon_command(openiked, &wish, &with, start, &words));
    EXPECT_STR(words.argv[0], "/usr/sbin/iked");
    EXPECT_STR(words.argv[1], "-d");
    EXPECT_STR(words.environment[2], "LD_PRELOAD=/ikelab/kernel-stand-in.so");
    const struct model_errand_at ready = {.errand = ERRAND_READY};
    EXPECT(model_daemon_command(openiked, &wish, &with, ready, &words));
    EXPECT(words.environment[2] == NULL); /* only the daemon has the stand-in */
    struct model_errand_at at = {.errand = ERRAND_PREPARE};
    while (model_daemon_command(libreswan, &wish, &place, at, &words))
        at.number++;
    EXPECT_EQ(at.number, 1);
    wish.certificate = wish.key = "x";
    wish.authority_count = 2;
    for (at.number = 0; model_daemon_command(libreswan, &wish, &place, at, &words); at.number++)
        if (at.number == 4)
            EXPECT_STR(words.argv[4], "ca-1");
    EXPECT_EQ(at.number, 5);
}

static void test_every_recipe_can_be_run(void)
{
    const struct model_place place = {.root = "/r", .libraries = "/usr/lib/x", .stand_in = "/s.so"};
    static const enum model_errand musts[] = {ERRAND_START,  ERRAND_READY, ERRAND_INITIATE,
                                              ERRAND_LEVELS, ERRAND_LIST,  ERRAND_END};
    const struct model_wish wish = plain();
    for (size_t i = 0; i < MODEL_DAEMONS; i++) {
        const struct model_recipe *const recipe = model_recipes[i];
        struct model_mount mounts[MODEL_DAEMON_MOUNTS_MAX];
        struct model_words words;
        for (size_t k = 0; k < sizeof musts / sizeof musts[0]; k++) {
            const struct model_errand_at at = {.errand = musts[k]};
            bool known = false;
            EXPECT(model_daemon_command(recipe, &wish, &place, at, &words));
            for (size_t p = 0; model_recipe_programs(recipe)[p] != NULL; p++)
                known = known || strcmp(model_recipe_programs(recipe)[p], words.argv[0]) == 0;
            EXPECT(known);
        }
        const size_t count = model_daemon_mounts(recipe, &place, mounts);
        EXPECT_STR(mounts[0].at, "/r/usr/lib/x");
        EXPECT_STR(mounts[0].from, "/usr/lib/x");
        EXPECT_STR(mounts[count - 1].at, "/r/ikelab/kernel-stand-in.so");
        EXPECT(model_recipe_named(model_recipe_name(recipe)) == recipe);
    }
    EXPECT(model_recipe_named("racoon") == NULL);
}

/* ---- answers ---- */

/* clang-format off */
static const struct {
    const char *file, *daemon;
    enum model_errand errand;
    struct model_levels says; /* established, half-open, children, cookies on */
} answers[] = {
    { "strongswan.one",              "strongswan", ERRAND_LEVELS, { 1, 0, MODEL_UNTOLD, MODEL_UNTOLD } },
    { "strongswan.one-listed",       "strongswan", ERRAND_LIST,   { 1, 0, 1, MODEL_UNTOLD } },
    { "strongswan.half-open",        "strongswan", ERRAND_LEVELS, { 1, 1, MODEL_UNTOLD, MODEL_UNTOLD } },
    { "strongswan.half-open-listed", "strongswan", ERRAND_LIST,   { 1, 1, 1, MODEL_UNTOLD } },
    { "libreswan.one",               "libreswan",  ERRAND_LEVELS, { 1, 0, 1, 0 } },
    { "libreswan.one-listed",        "libreswan",  ERRAND_LIST,   { 1, 0, 1, MODEL_UNTOLD } },
    { "libreswan.half-open",         "libreswan",  ERRAND_LEVELS, { 1, 1, 1, 0 } },
    { "libreswan.half-open-listed",  "libreswan",  ERRAND_LIST,   { 1, 1, 1, MODEL_UNTOLD } },
    { "libreswan.cookies",           "libreswan",  ERRAND_LEVELS, { 0, 0, 0, 1 } },
    { "openiked.one",                "openiked",   ERRAND_LEVELS, { 1, 0, MODEL_UNTOLD, MODEL_UNTOLD } },
    { "openiked.one-listed",         "openiked",   ERRAND_LIST,   { 1, 0, 1, MODEL_UNTOLD } },
    { "openiked.half-open",          "openiked",   ERRAND_LEVELS, { 1, 1, MODEL_UNTOLD, MODEL_UNTOLD } },
    { "openiked.half-open-listed",   "openiked",   ERRAND_LIST,   { 1, 1, 1, MODEL_UNTOLD } },
};
/* clang-format on */
enum { ANSWERS = sizeof answers / sizeof answers[0] };

static size_t answer_load(size_t which, char text[ANSWER_MAX])
{
    char path[128];
    (void)snprintf(path, sizeof path, "tests/vectors/daemons/%s", answers[which].file);
    FILE *const in = fopen(path, "re");
    const size_t len = in != NULL ? fread(text, 1, ANSWER_MAX, in) : 0;
    EXPECT(len > 0 && len < ANSWER_MAX);
    if (in != NULL)
        (void)fclose(in);
    return len;
}

static struct model_levels answer_read(size_t which, const char *text, size_t len)
{
    struct model_levels levels = model_untold;
    model_daemon_read(model_recipe_named(answers[which].daemon), answers[which].errand, text, len,
                      &levels);
    return levels;
}

static void test_true_answers_are_understood(void)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        char text[ANSWER_MAX];
        const size_t len = answer_load(i, text);
        const struct model_levels says = answer_read(i, text, len);
        test_expect_eq((int64_t)says.established, (int64_t)answers[i].says.established,
                       answers[i].file, __FILE__, __LINE__);
        test_expect_eq((int64_t)says.half_open, (int64_t)answers[i].says.half_open, answers[i].file,
                       __FILE__, __LINE__);
        test_expect_eq((int64_t)says.children, (int64_t)answers[i].says.children, answers[i].file,
                       __FILE__, __LINE__);
        test_expect_eq((int64_t)says.cookies_on, (int64_t)answers[i].says.cookies_on,
                       answers[i].file, __FILE__, __LINE__);
    }
}

/* Nothing it says is more than a true one could, or it is not said. */
static bool is_sound(uint64_t level)
{
    return level == MODEL_UNTOLD || level < UINT64_C(1) << 43;
}

static void expect_sound(const struct model_levels *levels)
{
    EXPECT(is_sound(levels->established) && is_sound(levels->half_open));
    EXPECT(is_sound(levels->children) && is_sound(levels->cookies_on));
}

/* Each at the end of its room, behind which the sanitizer watches. */
static void test_answers_cut_short_say_less_and_nothing_else(void)
{
    char room[ANSWER_MAX];
    for (size_t i = 0; i < ANSWERS; i++) {
        char text[ANSWER_MAX];
        const size_t len = answer_load(i, text);
        for (size_t cut = 0; cut < len; cut++) {
            memcpy(room + sizeof room - cut, text, cut);
            const struct model_levels says = answer_read(i, room + sizeof room - cut, cut);
            const struct model_levels *const whole = &answers[i].says;
            expect_sound(&says);
            EXPECT(says.established == MODEL_UNTOLD || says.established <= whole->established + 1);
            EXPECT(says.children == MODEL_UNTOLD || says.children <= whole->children);
        }
    }
}

static void test_spoilt_answers_do_no_harm(void)
{
    static const char junk[] = {'\0', '\n', '9', '#', '*', '~', ' ', (char)0xff};
    for (size_t i = 0; i < ANSWERS; i++) {
        char text[ANSWER_MAX];
        const size_t len = answer_load(i, text);
        for (size_t at = 0; at < len; at++) {
            const char kept = text[at];
            text[at] = junk[at % sizeof junk];
            const struct model_levels says = answer_read(i, text, len);
            expect_sound(&says);
            text[at] = kept;
        }
    }
}

static void test_numbers_that_no_daemon_has_are_not_believed(void)
{
    static const char *const texts[] = {
        "IKE_SAs: 99999999999999999999999999 total, 0 half-open\n",
        "IKE_SAs: -1 total, 0 half-open\n",
        "IKE_SAs:  total, half-open\n",
        "IKE_SAs: 5 total, \n",
        "an IKE_SAs: 5 total, 0 half-open\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct model_levels levels = model_untold;
        model_daemon_read(strongswan, ERRAND_LEVELS, texts[i], strlen(texts[i]), &levels);
        EXPECT(levels.established == MODEL_UNTOLD && levels.half_open == MODEL_UNTOLD);
    }
    static const char twice[] = "IKE_SAs: 5 total, 2 half-open\nIKE_SAs: 50 total, 20 half-open\n"
                                "IKE_SAs: 3 total, 9 half-open";
    struct model_levels levels = model_untold;
    model_daemon_read(strongswan, ERRAND_LEVELS, twice, strlen(twice), &levels);
    EXPECT_EQ(levels.established, 3);
    EXPECT_EQ(levels.half_open, 2);
    /* More half-open than there are: none is established. */
    static const char odd[] = "IKE_SAs: 3 total, 9 half-open";
    model_daemon_read(strongswan, ERRAND_LEVELS, odd, strlen(odd), &levels);
    EXPECT_EQ(levels.established, 0);
    EXPECT_EQ(levels.half_open, 9);
}

/* clang-format off */
static const struct test_case cases[] = {
    TEST(test_strongswan_is_told_what_a_plain_wish_asks),
    TEST(test_strongswan_is_told_what_a_full_wish_asks),
    TEST(test_strongswan_outlives_the_time_at_which_it_rekeys),
    TEST(test_libreswan_is_told_what_wishes_ask),
    TEST(test_openiked_is_told_what_wishes_ask),
    TEST(test_papers_go_where_each_daemon_looks),
    TEST(test_who_signs_nothing_is_told_of_authorities_too),
    TEST(test_an_authority_is_asked_for_by_its_name),
    TEST(test_strongswan_asks_for_eap_as_clients_want_it),
    TEST(test_strongswan_proves_itself_within_eap_where_clients_let_it),
    TEST(test_each_daemon_has_a_word_for_signatures_before_rfc_7427),
    TEST(test_octets_become_pem),
    TEST(test_a_key_cannot_end_its_own_line),
    TEST(test_what_does_not_fit_is_not_half_written),
    TEST(test_proposals_that_cannot_be_spelt_make_no_files),
    TEST(test_commands_are_words),
    TEST(test_every_recipe_can_be_run),
    TEST(test_true_answers_are_understood),
    TEST(test_answers_cut_short_say_less_and_nothing_else),
    TEST(test_spoilt_answers_do_no_harm),
    TEST(test_numbers_that_no_daemon_has_are_not_believed),
};
/* clang-format on */

int main(int argc, char **argv)
{
    strongswan = model_recipe_named("strongswan");
    libreswan = model_recipe_named("libreswan");
    openiked = model_recipe_named("openiked");
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
