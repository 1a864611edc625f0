/* SPDX-License-Identifier: MIT
 * strongSwan's recipe: charon, configured by swanctl over vici, with its own ESP
 * in user space (kernel-libipsec), so that it asks nothing of the kernel but a
 * TUN device. Written for 5.9.8, Debian 12's. */
#include "models/daemon_recipe.h"
#include "models/keys_value.h"

#include <string.h>

#define URI " --uri unix:///ikelab/charon.vici"
#define PLUGINS                                                                                 \
    "random nonce openssl gcm ccm ctr cmac xcbc curve25519 chapoly aes md5 sha1 sha2 hmac kdf " \
    "pem x509 pubkey pkcs1 pkcs8 revocation constraints eap-identity eap-md5 eap-gtc "          \
    "xauth-generic eap-mschapv2 eap-tls eap-ttls$[libipsec] kernel-netlink socket-default vici"

/* clang-format off */
static const char strongswan_conf[] =
    "charon {\n"
    "  load = " PLUGINS "\n"
    "  install_routes = no\n"
    "  threads = ${threads}\n"
    "  cookie_threshold = $[cookies]\n"
    "  cookie_threshold_ip = 0\n"
    "  block_threshold = $[per-address]\n"
    "  init_limit_half_open = $[half-open]\n"
    "  ikesa_table_size = ${half-open-lists}\n" /* segments: as many, if they are fewer */
    "  ikesa_table_segments = 16\n"
    "  half_open_timeout = ${half-open-timeout}\n"
    "  fragment_size = ${fragment}\n"
    "  keep_alive = ${keepalive}s\n"
    "  retransmit_timeout = ${retransmit-first}\n"
    "  retransmit_base = ${retransmit-factor}\n"
    "  retransmit_tries = ${retransmit-tries}\n"
    "  filelog {\n"
    "    stderr {\n"
    "      default = $[log]\n"
    "      flush_line = yes\n"
    "    }\n"
    "  }\n"
    "  signature_authentication = ${new-signatures}\n"
    "  tls {\n"
    "    version_min = ${tls-version}\n"
    "    version_max = ${tls-version}\n"
    "  }\n"
    "  plugins {\n"
    "    eap-gtc { backend = generic }\n"
    "    eap-tls { fragment_size = ${eap-fragment} }\n"
    "    eap-ttls {\n"
    "      fragment_size = ${eap-fragment}\n"
    "      phase2_method = ${eap-within}\n"
    "    }\n"
    "    vici { socket = unix:///ikelab/charon.vici }\n"
    "  }\n"
    "}\n"
    "swanctl { load = random openssl pem pkcs1 pkcs8 pubkey x509 }\n";
/* clang-format on */

/* clang-format off */
static const char swanctl_conf[] =
    "connections {\n"
    "  ikelab {\n"
    "    version = 2\n"
    "    local_addrs = ${local}\n"
    "    remote_addrs = ${remote}\n"
    "    proposals = ${ike}\n"
    "    encap = $[encap]\n"
    "    mobike = $[mobike]\n"
    "    fragmentation = $[fragmentation]\n"
    "    dpd_delay = ${liveness}s\n"
    "    rekey_time = $[rekey-ike-or-0]s\n"
    "    rand_time = ${rekey-ike-rand}s\n"
    "    over_time = ${rekey-ike-over}s\n"
    "    unique = ${unique}\n"
    "    pools = ${pools}\n"
    "    vips = ${vips}\n"
    "    local {\n"
    "      auth = ${auth}\n"
    "      certs = ${certs}\n"
    "      id = ${local-id}\n"
    "    }\n"
    "    remote {\n"
    "      auth = ${peer-auth}\n"
    "      id = ${remote-id}\n"
    "      eap_id = ${eap-id}\n"
    "    }\n"
    "    children {\n"
    "      net {\n"
    "        local_ts = ${local-ts}\n"
    "        remote_ts = ${remote-ts}\n"
    "        esp_proposals = ${esp}\n"
    "        rekey_time = $[rekey-child-or-0]s\n"
    "        rand_time = ${rekey-child-rand}s\n"
    "        life_time = ${rekey-child-life}s\n"
    "        mode = $[mode]\n"
    "      }\n"
    "    }\n"
    "  }\n"
    "}\n"
    "secrets {\n"
    "  ike-any { secret = ${psk} }\n"
    "  eap-any { secret = ${eap-secret} }\n"
    "}\n"
    "pools {\n"
    "${pool-rows}\n"
    "}\n";
/* clang-format on */

/* ---- placeholders ---- */

/* At 1, its usual, there are some lines for each datagram. */
static void put_log(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->quiet ? "0" : "1");
}

static void put_libipsec(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->kernel_esp ? "" : " kernel-libipsec");
}

/* Seconds and thousandths. */
static void put_retransmit_first(struct model_text *out, const struct model_wish *wish)
{
    const uint64_t ms = wish->retransmit_first_ns / 1000000;
    if (ms != 0)
        text_put(out, "%llu.%03llu", (unsigned long long)(ms / 1000),
                 (unsigned long long)(ms % 1000));
}

/* By how much a time may be shortened at random. */
static void put_rand(struct model_text *out, uint64_t ns, uint64_t jitter_ppb)
{
    if (ns != 0)
        text_put(out, "%llu", (unsigned long long)seconds_of(ns / 1000000 * jitter_ppb / 1000));
}

static void put_rekey_ike_rand(struct model_text *out, const struct model_wish *wish)
{
    put_rand(out, wish->rekey.ike_ns, wish->rekey.jitter_ppb);
}

static void put_rekey_child_rand(struct model_text *out, const struct model_wish *wish)
{
    put_rand(out, wish->rekey.child_ns, wish->rekey.jitter_ppb);
}

/* By how much an SA outlives the time at which it is rekeyed: a tenth as ours do, but not so little
 * that the rekey has not been sent a fourth time (after 4, 7.2 and 13 s), or is cut short in whole
 * seconds. */
static uint64_t over_s(uint64_t rekey_ns)
{
    const uint64_t least_s = 30;
    const uint64_t tenth_s = seconds_of(rekey_ns / 10);
    return tenth_s > least_s ? tenth_s : least_s;
}

static void put_rekey_ike_over(struct model_text *out, const struct model_wish *wish)
{
    if (wish->rekey.ike_ns != 0)
        text_put(out, "%llu", (unsigned long long)over_s(wish->rekey.ike_ns));
}

static void put_rekey_child_life(struct model_text *out, const struct model_wish *wish)
{
    const uint64_t ns = wish->rekey.child_ns;
    const uint64_t life_s = seconds_of(ns) + over_s(ns);
    if (ns != 0)
        text_put(out, "%llu", (unsigned long long)life_s);
}

/* "inner-0, inner-1", and the rows that say what they are. */
static void put_pools(struct model_text *out, const struct model_wish *wish)
{
    size_t number = 0;
    char one[MODEL_TEXT_MAX];
    for (const char *at = wish->pool != NULL ? wish->pool : "";
         model_list_next(&at, one, sizeof one); number++)
        text_put(out, "%sinner-%zu", number > 0 ? ", " : "", number);
}

static void put_pool_rows(struct model_text *out, const struct model_wish *wish)
{
    size_t number = 0;
    char one[MODEL_TEXT_MAX];
    for (const char *at = wish->pool != NULL ? wish->pool : "";
         model_list_next(&at, one, sizeof one); number++)
        text_put(out, "  inner-%zu { addrs = %s }\n", number, one);
}

static void put_vips(struct model_text *out, const struct model_wish *wish)
{
    if (wish->wants_address)
        text_put(out, "0.0.0.0");
}

static bool does_eap(enum model_auth auth, const char *method)
{
    return eap_word(auth) != NULL && strcmp(eap_word(auth), method) == 0;
}

static void put_how(struct model_text *out, enum model_auth auth)
{
    if (eap_word(auth) != NULL)
        text_put(out, "eap-%s", eap_word(auth));
    else
        text_put(out, "%s", auth == MODEL_PSK ? "psk" : "pubkey");
}

/* A gateway that proves itself within EAP, and a client that lets it. */
static bool does_eap_only(const struct model_wish *wish, enum model_auth other)
{
    return wish->eap_only && eap_word(other) != NULL;
}

static void put_auth(struct model_text *out, const struct model_wish *wish)
{
    put_how(out, does_eap_only(wish, wish->peer_auth) ? wish->peer_auth : wish->auth);
}

static void put_peer_auth(struct model_text *out, const struct model_wish *wish)
{
    put_how(out, does_eap_only(wish, wish->auth) ? wish->auth : wish->peer_auth);
}

/* Where it is not told its own way stands, which is 1.2. */
static void put_tls_version(struct model_text *out, const struct model_wish *wish)
{
    if (wish->eap_tls != TLS_ANY)
        text_put(out, "%s", wish->eap_tls == TLS_1_3 ? "1.3" : "1.2");
}

static void put_eap_within(struct model_text *out, const struct model_wish *wish)
{
    const struct ike_eap_method *const method = ike_eap_method_of((uint8_t)wish->eap_within);
    if (method != NULL)
        text_put(out, "%s", method->name + strlen("eap-"));
}

static void put_new_signatures(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->old_signatures ? "no" : "");
}

static void put_eap_id(struct model_text *out, const struct model_wish *wish)
{
    if (eap_word(wish->peer_auth) != NULL && !wish->eap_unnamed)
        text_put(out, "%%any");
}

/* Those who share a certificate, and so a name within EAP, do not drive each other out. */
static void put_unique(struct model_text *out, const struct model_wish *wish)
{
    if (does_eap(wish->peer_auth, "tls"))
        text_put(out, "never");
}

static void put_eap_secret(struct model_text *out, const struct model_wish *wish)
{
    if (eap_word(wish->peer_auth) != NULL || eap_word(wish->auth) != NULL)
        put_psk(out, wish);
}

static void put_keepalive(struct model_text *out, const struct model_wish *wish)
{
    if (wish->keepalive_ns == UINT64_MAX)
        text_put(out, "0");
    else if (wish->keepalive_ns != 0)
        text_put(out, "%llu", (unsigned long long)seconds_of(wish->keepalive_ns));
}

static void put_certs(struct model_text *out, const struct model_wish *wish)
{
    if (wish_signs(wish) && eap_word(wish->auth) == NULL && wish->auth != MODEL_PSK &&
        !does_eap_only(wish, wish->peer_auth))
        text_put(out, "end.pem");
}

static void put_local_ts(struct model_text *out, const struct model_wish *wish)
{
    if (wish->wants_address)
        text_put(out, "dynamic");
    else if (wish->local_ts != NULL)
        put_list(out, wish->local_ts, "", ", ");
}

static void put_remote_ts(struct model_text *out, const struct model_wish *wish)
{
    if (wish->remote_ts != NULL)
        put_list(out, wish->remote_ts, "", ", ");
    else
        text_put(out, "dynamic");
}

static bool put_proposals(const struct ike_offer *offers, uint8_t count, bool esp,
                          struct model_text *out, const char **lacking)
{
    static const enum ike_transform_type order[] = {TRANSFORM_ENCR, TRANSFORM_INTEG, TRANSFORM_PRF,
                                                    TRANSFORM_KE, TRANSFORM_ESN};
    const struct recipe_join join = {.esp = esp, .before = "", .between = "-"};
    for (uint8_t i = 0; i < count; i++) {
        const size_t begin = out->len;
        for (uint8_t k = 0; k < offers[i].count; k++)
            if (ike_algos[offers[i].algos[k]].kem) {
                *lacking = ike_algos[offers[i].algos[k]].name;
                return false;
            }
        for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
            if (offer_count(&offers[i], order[k]) == 0)
                continue;
            text_put(out, "%s", out->len > begin ? "-" : i > 0 ? ", " : "");
            if (!put_algos(out, &offers[i], order[k], &join, lacking))
                return false;
        }
    }
    return true;
}

/* ---- what it cannot do ---- */

static const char *objects_cookies(const struct model_wish *wish)
{
    return wish->cookies_at == 0 ? "it asks for cookies from one half-open SA on at the earliest"
                                 : NULL;
}

static const char *objects_mode(const struct model_wish *wish)
{
    return wish->transport_mode && !wish->kernel_esp ? "its ESP in user space has no transport mode"
                                                     : NULL;
}

/* What is protected would go the same way as IKE itself. */
static const char *objects_pool(const struct model_wish *wish)
{
    const bool own = wish->remote == NULL && wish->remote_ts == NULL && wish->pool == NULL;
    return own && !wish->kernel_esp ? "its ESP in user space is for clients with an inner address "
                                      "of a pool, not their own"
                                    : NULL;
}

static const char *objects_lists(const struct model_wish *wish)
{
    const uint64_t lists = wish->half_open_lists;
    return (lists & (lists - 1)) == 0 ? NULL : "its table has a power of two of them";
}

static const char *objects_timeout(const struct model_wish *wish)
{
    return whole_seconds(wish->half_open_timeout_ns) ? NULL : "it counts in whole seconds";
}

static const char *objects_keepalive(const struct model_wish *wish)
{
    return wish->keepalive_ns == UINT64_MAX || whole_seconds(wish->keepalive_ns)
               ? NULL
               : "it counts in whole seconds";
}

static const char *objects_within(const struct model_wish *wish)
{
    const bool does = does_eap(wish->auth, "ttls") || does_eap(wish->peer_auth, "ttls");
    return does && wish->eap_within == 0
               ? "it has EAP within the tunnel of EAP-TTLS only, not MS-CHAP-V2 by itself (RFC "
                 "5281 11.2.4): write eap-md5, eap-gtc or eap-mschapv2"
               : NULL;
}

/* 5.9.8 as a server does not send the octet, and as a peer ends when it comes. */
static const char *objects_tls(const struct model_wish *wish)
{
    if (wish->eap_tls != TLS_1_3)
        return NULL;
    if (does_eap(wish->auth, "tls") || does_eap(wish->peer_auth, "tls"))
        return "it knows nothing of the octet that ends EAP-TLS by TLS 1.3 (RFC 9190 2.5): write "
               "1.2 or any";
    return does_eap(wish->auth, "ttls") || does_eap(wish->peer_auth, "ttls")
               ? "with TLS 1.3 it has keys under the label of TLS 1.2 (RFC 9427 2.1): write 1.2 or "
                 "any"
               : NULL;
}

/* Of a client. */
static const char *objects_eap_only(const struct model_wish *wish)
{
    return wish->eap_only && does_eap(wish->auth, "mschapv2")
               ? "it takes EAP-MSCHAPv2 for no proof of a gateway, which RFC 5998 4 does not list: "
                 "write no"
               : NULL;
}

/* clang-format off */
static const struct recipe_holder holders[] = {
    { "keepalive",         .put = put_keepalive },
    { "log",               .put = put_log },
    { "libipsec",          .put = put_libipsec },
    { "retransmit-first",  .put = put_retransmit_first },
    { "rekey-ike-rand",    .put = put_rekey_ike_rand },
    { "rekey-child-rand",  .put = put_rekey_child_rand },
    { "rekey-ike-over",    .put = put_rekey_ike_over },
    { "rekey-child-life",  .put = put_rekey_child_life },
    { "pools",             .put = put_pools },
    { "pool-rows",         .put = put_pool_rows },
    { "vips",              .put = put_vips },
    { "auth",              .put = put_auth },
    { "peer-auth",         .put = put_peer_auth },
    { "certs",             .put = put_certs },
    { "eap-id",            .put = put_eap_id },
    { "tls-version",       .put = put_tls_version },
    { "eap-within",        .put = put_eap_within },
    { "new-signatures",    .put = put_new_signatures },
    { "unique",            .put = put_unique },
    { "eap-secret",        .put = put_eap_secret },
    { "local-ts",          .put = put_local_ts },
    { "remote-ts",         .put = put_remote_ts },
    { .name = NULL },
};

static const char *const packages[] = {
    "strongswan-charon", "strongswan-libcharon", "strongswan-swanctl", "libstrongswan",
    "libstrongswan-standard-plugins", "libstrongswan-extra-plugins", "libcharon-extra-plugins",
    "libcharon-extauth-plugins", NULL,
};
static const char *const programs[] = { "/usr/lib/ipsec/charon", "/usr/sbin/swanctl", NULL };
static const char *const environment[] = {
    "STRONGSWAN_CONF=/ikelab/strongswan.conf", "SWANCTL_DIR=/ikelab/swanctl", NULL,
};
static const char *const memory[] = { NULL };
static const struct recipe_file root_files[] = { { ALWAYS, NULL, NULL } };

static const struct recipe_file files[] = {
    { ALWAYS,         "/ikelab/strongswan.conf",           strongswan_conf },
    { ALWAYS,         "/ikelab/swanctl/swanctl.conf",      swanctl_conf },
    { SIGNS,          "/ikelab/swanctl/x509/end.pem",      "${certificate}" },
    { SIGNS,          "/ikelab/swanctl/private/key.pem",   "${key}" },
    { EACH_AUTHORITY, "/ikelab/swanctl/x509ca/ca-#.pem",   "${authority}" },
    { ALWAYS,         NULL,                                NULL },
};

static const struct recipe_command commands[] = {
    { ERRAND_START,    ALWAYS, "/usr/lib/ipsec/charon" },
    { ERRAND_READY,    ALWAYS, "/usr/sbin/swanctl --stats" URI },
    { ERRAND_LOAD,     ALWAYS, "/usr/sbin/swanctl --load-all --clear" URI },
    { ERRAND_INITIATE, ALWAYS, "/usr/sbin/swanctl --initiate --child net --timeout 30" URI },
    { ERRAND_LEVELS,   ALWAYS, "/usr/sbin/swanctl --stats" URI },
    { ERRAND_LIST,     ALWAYS, "/usr/sbin/swanctl --list-sas" URI },
    { ERRAND_END,      ALWAYS, "/usr/sbin/swanctl --terminate --ike ikelab --timeout 5" URI },
    { ERRAND_PREPARE,  ALWAYS, NULL },
};

static const struct recipe_answer answers[] = {
    { ERRAND_LEVELS, "IKE_SAs: # total, # half-open", { ESTABLISHED, NOT_ESTABLISHED | HALF_OPEN } },
    { ERRAND_LIST,   "ikelab: *, ESTABLISHED, ",      { ESTABLISHED } },
    { ERRAND_LIST,   "*: *, CONNECTING, ",            { HALF_OPEN } },
    { ERRAND_LIST,   "net: *, INSTALLED, ",           { CHILDREN } },
    { ERRAND_LIST,   NULL,                            { 0 } },
};

static const struct recipe_key keys[] = {
    { "cookies.at",            objects_cookies },
    { "half_open.limit",       NULL },
    { "half_open.per_address", NULL },
    { "half_open.lists",       objects_lists },
    { "half_open.timeout",     objects_timeout },
    { "liveness",              objects_part_seconds },
    { "rekey.ike",             NULL },
    { "rekey.child",           NULL },
    { "rekey.jitter",          NULL },
    { "pool",                  objects_pool },
    { "fragment",              NULL },
    { "force_encapsulation",   NULL },
    { "mobike",                NULL },
    { "mode",                  objects_mode },
    { "address",               objects_address },
    { "keepalive",             objects_keepalive },
    { "eap.fragment",          NULL },
    { "eap.tls",               objects_tls },
    { "eap.only",              objects_eap_only },
    { "eap.within",            objects_within },
    { "old_signatures",        NULL },
    { "retransmit.first",      NULL },
    { "retransmit.factor",     NULL },
    { "retransmit.sends",      NULL },
    { NULL,                    NULL },
};
/* clang-format on */

const struct model_recipe model_strongswan = {
    .name = "strongswan",
    .title = "strongSwan",
    .packages = packages,
    .programs = programs,
    .libraries = "/usr/lib/own:/usr/lib/ipsec",
    .carries = true,
    .root_files = root_files,
    .memory = memory,
    .environment = environment,
    .files = files,
    .holders = holders,
    .commands = commands,
    .answers = answers,
    .keys = keys,
    .proposals = put_proposals,
    .auths = AUTH(MODEL_PSK) | AUTHS_SIGNED | AUTHS_EAP,
    .peer_auths = AUTH(MODEL_PSK) | AUTHS_SIGNED | AUTHS_EAP,
};
