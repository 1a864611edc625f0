/* SPDX-License-Identifier: MIT
 * libreswan's recipe: pluto, configured by addconn and asked by whack. Its ESP
 * is the kernel's. Written for 4.10, Debian 12's. */
#include "models/daemon_recipe.h"
#include "models/keys_value.h"
#include "models/places.h"
#include "models/policy.h"

#include <string.h>

#define WHACK "/usr/libexec/ipsec/whack --rundir /ikelab"

/* clang-format off */
static const char ipsec_conf[] =
    "config setup\n"
    "\tprotostack=xfrm\n"
    "\tplutodebug=none\n"
    "\tlogtime=no\n"
    "\taudit-log=no\n" /* it ends where the kernel takes no audit, as in a namespace of processes */
    "\tuniqueids=no\n"
    "\tnhelpers=${threads}\n"
    "\tddos-mode=${ddos-mode}\n"
    "\tddos-ike-threshold=${ddos-threshold}\n"
    "\tmax-halfopen-ike=${half-open}\n"
    "\n"
    "conn ikelab\n"
    "\tauto=ignore\n"
    "\tikev2=insist\n"
    "\tkeyingtries=1\n"
    "\tleftupdown=%disabled\n"
    "\tleft=${local}\n"
    "\tleftid=$[local-at]${local-id}\n"
    "\tleftsubnet=${local-ts}\n"
    "\tleftcert=${certificate-name}\n"
    "\tleftsendcert=${send-certificate}\n"
    "\tsendca=${send-authorities}\n"
    "\tleftmodecfgserver=${server}\n"
    "\tleftmodecfgclient=${client}\n"
    "\tright=${remote-or-any}\n"
    "\trightid=$[remote-at]$[remote-id-or-any]\n"
    "\trightsubnet=${remote-ts}\n"
    "\trightca=${peer-authority}\n"
    "\trightaddresspool=${pool-range}\n"
    "\trightmodecfgclient=${server}\n"
    "\trightmodecfgserver=${client}\n"
    "\tmodecfgpull=${either}\n"
    "\tnarrowing=${either}\n"
    "\tauthby=${authby}\n"
    "\tike=${ike}\n"
    "\tesp=${esp}\n"
    "\tpfs=$[pfs]\n"
    "\tesn=$[esn]\n"
    "\ttype=$[mode]\n"
    "\tmobike=$[mobike]\n"
    "\tfragmentation=$[fragmentation-force]\n"
    "\tencapsulation=$[encapsulation]\n"
    "\tnat-keepalive=${no-keepalive}\n"
    "\tdpddelay=${liveness}\n"
    "\tdpdtimeout=${liveness-timeout}\n"
    "\tdpdaction=${liveness-action}\n"
    "\trekey=$[rekey]\n"
    "\tikelifetime=${life-ike}s\n"
    "\tsalifetime=${life-child}s\n"
    "\trekeymargin=${rekey-margin}s\n"
    "\trekeyfuzz=${rekey-fuzz}%\n"
    "\tretransmit-interval=${retransmit-millis}\n"
    "\tretransmit-timeout=${retransmit-timeout}s\n";
/* clang-format on */

/* clang-format off */
static const struct recipe_spelling spelling[ALGO_COUNT] = {
    [ALGO_AES128GCM16]      = { "aes_gcm_16_128", "aes_gcm_16_128" },
    [ALGO_AES192GCM16]      = { "aes_gcm_16_192", "aes_gcm_16_192" },
    [ALGO_AES256GCM16]      = { "aes_gcm_16_256", "aes_gcm_16_256" },
    [ALGO_AES128GCM12]      = { "aes_gcm_12_128", "aes_gcm_12_128" },
    [ALGO_AES192GCM12]      = { "aes_gcm_12_192", "aes_gcm_12_192" },
    [ALGO_AES256GCM12]      = { "aes_gcm_12_256", "aes_gcm_12_256" },
    [ALGO_AES128GCM8]       = { "aes_gcm_8_128",  "aes_gcm_8_128" },
    [ALGO_AES192GCM8]       = { "aes_gcm_8_192",  "aes_gcm_8_192" },
    [ALGO_AES256GCM8]       = { "aes_gcm_8_256",  "aes_gcm_8_256" },
    [ALGO_AES128CCM16]      = { NULL, "aes_ccm_16_128" },
    [ALGO_AES192CCM16]      = { NULL, "aes_ccm_16_192" },
    [ALGO_AES256CCM16]      = { NULL, "aes_ccm_16_256" },
    [ALGO_AES128CCM12]      = { NULL, "aes_ccm_12_128" },
    [ALGO_AES192CCM12]      = { NULL, "aes_ccm_12_192" },
    [ALGO_AES256CCM12]      = { NULL, "aes_ccm_12_256" },
    [ALGO_AES128CCM8]       = { NULL, "aes_ccm_8_128" },
    [ALGO_AES192CCM8]       = { NULL, "aes_ccm_8_192" },
    [ALGO_AES256CCM8]       = { NULL, "aes_ccm_8_256" },
    [ALGO_CHACHA20POLY1305] = { "chacha20_poly1305", "chacha20_poly1305" },
    [ALGO_AES128]           = { "aes_cbc_128", "aes_cbc_128" },
    [ALGO_AES192]           = { "aes_cbc_192", "aes_cbc_192" },
    [ALGO_AES256]           = { "aes_cbc_256", "aes_cbc_256" },
    [ALGO_AES128CTR]        = { "aes_ctr_128", "aes_ctr_128" },
    [ALGO_AES192CTR]        = { "aes_ctr_192", "aes_ctr_192" },
    [ALGO_AES256CTR]        = { "aes_ctr_256", "aes_ctr_256" },
    [ALGO_3DES]             = { "3des", "3des" },
    [ALGO_NULL]             = { NULL, "null" },
    [ALGO_SHA256]           = { "sha2_256", "sha2_256" },
    [ALGO_SHA384]           = { "sha2_384", "sha2_384" },
    [ALGO_SHA512]           = { "sha2_512", "sha2_512" },
    [ALGO_SHA1]             = { "sha1", "sha1" },
    [ALGO_MD5]              = { "md5", "md5" },
    [ALGO_AESXCBC]          = { "aes_xcbc", "aes_xcbc" },
    [ALGO_AESCMAC]          = { NULL, "aes_cmac" },
    [ALGO_PRFSHA256]        = { "sha2_256", NULL },
    [ALGO_PRFSHA384]        = { "sha2_384", NULL },
    [ALGO_PRFSHA512]        = { "sha2_512", NULL },
    [ALGO_PRFSHA1]          = { "sha1", NULL },
    [ALGO_PRFMD5]           = { "md5", NULL },
    [ALGO_PRFAESXCBC]       = { "aes_xcbc", NULL },
    [ALGO_MODP1536]         = { "dh5", "dh5" },
    [ALGO_MODP2048]         = { "dh14", "dh14" },
    [ALGO_MODP3072]         = { "dh15", "dh15" },
    [ALGO_MODP4096]         = { "dh16", "dh16" },
    [ALGO_MODP6144]         = { "dh17", "dh17" },
    [ALGO_MODP8192]         = { "dh18", "dh18" },
    [ALGO_ECP256]           = { "dh19", "dh19" },
    [ALGO_ECP384]           = { "dh20", "dh20" },
    [ALGO_ECP521]           = { "dh21", "dh21" },
    [ALGO_X25519]           = { "dh31", "dh31" },
};
/* clang-format on */

/* ---- proposals ---- */

/* Within one of its proposals a hash is both the PRF and, without an AEAD, the integrity algorithm;
 * the lists must be the same, and all ciphers AEADs or none. */
static const char *mixture_of(const struct ike_offer *offer, bool esp)
{
    const char *const mixed = objects_mixed_aeads(offer);
    struct model_text integ = {.max = 0}, prf = {.max = 0};
    char texts[2][256] = {"", ""};
    const struct recipe_join join = {.spelling = spelling, .before = "", .between = "+"};
    const char *lacking;
    if (mixed != NULL || esp || offer_aeads(offer) != 0)
        return mixed;
    integ = (struct model_text){.at = texts[0], .max = sizeof texts[0]};
    prf = (struct model_text){.at = texts[1], .max = sizeof texts[1]};
    if (!put_algos(&integ, offer, TRANSFORM_INTEG, &join, &lacking) ||
        !put_algos(&prf, offer, TRANSFORM_PRF, &join, &lacking))
        return NULL; /* which is said elsewhere */
    return strcmp(texts[0], texts[1]) == 0
               ? NULL
               : "integrity algorithms of the same hashes as the PRFs, in the same order";
}

static bool put_one(const struct ike_offer *offer, bool esp, struct model_text *out,
                    const char **lacking)
{
    const struct recipe_join join = {
        .spelling = spelling, .esp = esp, .before = "", .between = "+"};
    const enum ike_transform_type hash = esp ? TRANSFORM_INTEG : TRANSFORM_PRF;
    if (!put_algos(out, offer, TRANSFORM_ENCR, &join, lacking))
        return false;
    text_put(out, "%s", offer_count(offer, hash) > 0 ? "-" : "");
    if (!put_algos(out, offer, hash, &join, lacking))
        return false;
    if (offer_count(offer, TRANSFORM_KE) == 0)
        return true;
    text_put(out, "%s", offer_count(offer, hash) == 0 ? "-none-" : "-");
    return put_algos(out, offer, TRANSFORM_KE, &join, lacking);
}

/* What holds of a whole connection must be the same in all its proposals. */
static bool alike(const struct ike_offer *offers, uint8_t count, enum ike_transform_type type)
{
    for (uint8_t i = 1; i < count; i++)
        if (offer_count(&offers[i], type) != offer_count(&offers[0], type))
            return false;
    return true;
}

static bool put_proposals(const struct ike_offer *offers, uint8_t count, bool esp,
                          struct model_text *out, const char **lacking)
{
    for (uint8_t i = 0; i < count; i++) {
        const char *const mixture = mixture_of(&offers[i], esp);
        if (mixture != NULL) {
            *lacking = mixture;
            return false;
        }
        text_put(out, "%s", i > 0 ? "," : "");
        if (!put_one(&offers[i], esp, out, lacking))
            return false;
    }
    if (esp && !alike(offers, count, TRANSFORM_KE)) {
        *lacking = "groups in all proposals or in none";
        return false;
    }
    if (esp && !alike(offers, count, TRANSFORM_ESN)) {
        *lacking = "the same sequence numbers in all proposals";
        return false;
    }
    return true;
}

/* Whether the first proposal for ESP has such an algorithm. */
static bool esp_has(const struct model_wish *wish, enum ike_transform_type type, uint8_t algo)
{
    struct ike_offer offers[IKE_OFFERS_MAX];
    if (model_offers_of(wish->esp, offers) == 0)
        return false;
    return algo != ALGO_NONE ? offer_has_algo(&offers[0], algo)
                             : ike_offer_has(&offers[0], (uint8_t)type);
}

/* ---- placeholders ---- */

static void put_pfs(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", esp_has(wish, TRANSFORM_KE, ALGO_NONE) ? "yes" : "no");
}

static void put_esn(struct model_text *out, const struct model_wish *wish)
{
    const bool esn = esp_has(wish, TRANSFORM_ESN, ALGO_ESN);
    const bool noesn = esp_has(wish, TRANSFORM_ESN, ALGO_NOESN);
    text_put(out, "%s", !esn ? "no" : noesn ? "either" : "yes");
}

static void put_ddos_mode(struct model_text *out, const struct model_wish *wish)
{
    if (wish->cookies_at == IKE_UNLIMITED)
        text_put(out, "unlimited");
    else
        text_put(out, "%s", wish->cookies_at == 0 ? "busy" : "auto");
}

static void put_ddos_threshold(struct model_text *out, const struct model_wish *wish)
{
    if (wish->cookies_at != IKE_UNLIMITED && wish->cookies_at != 0)
        text_put(out, "%llu", (unsigned long long)wish->cookies_at);
}

/* A name of the domain name system is told from a user's by its sign. */
static void put_at(struct model_text *out, const char *id)
{
    text_put(out, "%s", id[0] == '\0' || strchr(id, '@') != NULL ? "" : "@");
}

static void put_local_at(struct model_text *out, const struct model_wish *wish)
{
    put_at(out, wish->local_id);
}

static void put_remote_at(struct model_text *out, const struct model_wish *wish)
{
    put_at(out, wish->remote_id);
}

static void put_remote_id_or_any(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->remote_id[0] != '\0' ? wish->remote_id : "%any");
}

static void put_remote_or_any(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->remote != NULL ? wish->remote : "%any");
}

static void put_local_ts(struct model_text *out, const struct model_wish *wish)
{
    if (wish->wants_address)
        text_put(out, "0.0.0.0/0");
    else if (wish->local_ts != NULL)
        put_list(out, wish->local_ts, "", ",");
}

static void put_remote_ts(struct model_text *out, const struct model_wish *wish)
{
    if (wish->remote_ts != NULL && wish->pool == NULL)
        put_list(out, wish->remote_ts, "", ",");
}

static bool shows_certificate(const struct model_wish *wish)
{
    return wish_signs(wish) && wish->auth != MODEL_PSK && wish->auth != MODEL_NULL;
}

static void put_certificate_name(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", shows_certificate(wish) ? "ikelab" : "");
}

static void put_send_certificate(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", shows_certificate(wish) ? "always" : "");
}

static void put_send_authorities(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", shows_certificate(wish) ? "all" : "");
}

/* As an initiator it asks for certificates of an authority that it knows by its name only. */
static void put_peer_authority(struct model_text *out, const struct model_wish *wish)
{
    if (!shows_certificate(wish))
        return;
    if (wish->peer_authority[0] != '\0')
        text_put(out, "\"CN=%s\"", wish->peer_authority);
    else
        text_put(out, "%%any");
}

static void put_server(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->pool != NULL ? "yes" : "");
}

static void put_client(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->wants_address ? "yes" : "");
}

static void put_either(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->pool != NULL || wish->wants_address ? "yes" : "");
}

/* From its second address to the last but one. */
static void put_pool_range(struct model_text *out, const struct model_wish *wish)
{
    struct ike_prefix prefix;
    char first[IKE_ADDR_TEXT], last[IKE_ADDR_TEXT];
    if (wish->pool == NULL || !ike_prefix_parse(wish->pool, &prefix))
        return;
    const uint64_t size = model_prefix_size(&prefix);
    const struct ike_addr low = ike_prefix_at(&prefix, size > 2 ? 1 : 0, 0);
    const struct ike_addr high = ike_prefix_at(&prefix, size > 2 ? size - 2 : size - 1, 0);
    ike_addr_format(&low, first);
    ike_addr_format(&high, last);
    text_put(out, "%s-%s", first, last);
}

static void put_authby(struct model_text *out, const struct model_wish *wish)
{
    if (wish->auth == MODEL_PSK)
        text_put(out, "secret");
    else if (wish->auth == MODEL_NULL)
        text_put(out, "null");
    else if ((AUTHS_RSA >> wish->auth & 1) != 0)
        text_put(out, "%s", wish->old_signatures ? "rsa-sha1" : "rsasig");
    else
        text_put(out, "ecdsa");
}

static void put_fragmentation_force(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->fragment != 0 ? "force" : "no");
}

static void put_encapsulation(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->force_encapsulation ? "yes" : "auto");
}

static void put_liveness_timeout(struct model_text *out, const struct model_wish *wish)
{
    const uint64_t timeout_s = 4 * seconds_of(wish->liveness_ns);
    if (timeout_s != 0)
        text_put(out, "%llu", (unsigned long long)timeout_s);
}

static void put_liveness_action(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->liveness_ns != 0 ? "clear" : "");
}

/* ---- times: an SA ends with its lifetime, and is rekeyed a margin before, which is longer at
 * random by up to a percentage of itself; both kinds have one margin ---- */

static uint64_t rekey_first_s(const struct model_wish *wish)
{
    const uint64_t ike = seconds_of(wish->rekey.ike_ns), child = seconds_of(wish->rekey.child_ns);
    if (ike == 0 || child == 0)
        return ike + child;
    return ike < child ? ike : child;
}

static uint64_t margin_s(const struct model_wish *wish)
{
    const uint64_t first = rekey_first_s(wish);
    return first / 10 > 0 ? first / 10 : first != 0;
}

static void put_rekey(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", rekey_first_s(wish) != 0 ? "yes" : "no");
}

static void put_life(struct model_text *out, const struct model_wish *wish, uint64_t ns)
{
    const uint64_t longest_s = 86400;
    const uint64_t life_s = ns == 0 ? longest_s : seconds_of(ns) + margin_s(wish);
    text_put(out, "%llu", (unsigned long long)life_s);
}

static void put_life_ike(struct model_text *out, const struct model_wish *wish)
{
    put_life(out, wish, wish->rekey.ike_ns);
}

static void put_life_child(struct model_text *out, const struct model_wish *wish)
{
    put_life(out, wish, wish->rekey.child_ns);
}

static void put_rekey_margin(struct model_text *out, const struct model_wish *wish)
{
    if (margin_s(wish) != 0)
        text_put(out, "%llu", (unsigned long long)margin_s(wish));
}

static void put_rekey_fuzz(struct model_text *out, const struct model_wish *wish)
{
    const uint64_t percent_ppb = 10000000;
    const uint64_t margin = margin_s(wish);
    if (margin != 0)
        text_put(out, "%llu",
                 (unsigned long long)(wish->rekey.jitter_ppb / percent_ppb * rekey_first_s(wish) /
                                      margin));
}

/* Each wait is twice the one before: until the last of so many sends has been waited for. */
static void put_retransmit_timeout(struct model_text *out, const struct model_wish *wish)
{
    const uint64_t sends = wish->retransmit_sends < 16 ? wish->retransmit_sends : 16;
    if (wish->retransmit_first_ns != 0 && sends != 0)
        text_put(out, "%llu",
                 (unsigned long long)seconds_of(wish->retransmit_first_ns * ((1U << sends) - 1)));
}

/* ---- what it cannot do ---- */

static const char *objects_mobike(const struct model_wish *wish)
{
    return wish->mobike && wish->pool == NULL && !wish->wants_address
               ? "it lets only those move who have an address of its pool"
               : NULL;
}

static const char *objects_selectors(const struct model_wish *wish)
{
    const bool many = (wish->local_ts != NULL && strchr(wish->local_ts, ',') != NULL) ||
                      (wish->remote_ts != NULL && strchr(wish->remote_ts, ',') != NULL);
    const bool finer = (wish->local_ts != NULL && strchr(wish->local_ts, '[') != NULL) ||
                       (wish->remote_ts != NULL && strchr(wish->remote_ts, '[') != NULL);
    if (finer)
        return "the recipe gives it prefixes only";
    return many ? "one of its connections has one selector each way" : NULL;
}

static const char *objects_pool(const struct model_wish *wish)
{
    struct ike_prefix prefix;
    const bool one = wish->pool == NULL ||
                     (ike_prefix_parse(wish->pool, &prefix) && prefix.base.family == IKE_IPV4);
    return one ? NULL : "the recipe gives it one pool of IPv4 addresses";
}

static const char *objects_jitter(const struct model_wish *wish)
{
    const struct model_rekey *const r = &wish->rekey;
    return r->jitter_ppb != 0 && r->ike_ns != 0 && r->child_ns != 0 && r->ike_ns != r->child_ns
               ? "it has one margin for IKE SAs and Child SAs, so these times are to be equal or "
                 "not "
                 "random"
               : NULL;
}

/* 4.10 looks once, passes over an IKE SA that has sent something lately, and never looks again. */
static const char *objects_keepalive(const struct model_wish *wish)
{
    const uint64_t usual_ns = UINT64_C(20000000000);
    const bool asks = wish->keepalive_ns != 0 && wish->keepalive_ns != UINT64_MAX &&
                      wish->keepalive_ns != usual_ns;
    return asks ? "behind a NAT it comes to send none: write off" : NULL;
}

static const char *objects_auth(const struct model_wish *wish)
{
    if (wish->auth != wish->peer_auth)
        return "the recipe has both ends authenticate alike";
    return (AUTHS_RSA >> wish->auth & 1) != 0 && !wish->peer_old_signatures
               ? "it takes RSASSA-PSS without its trailer field only, not as RFC 7427 A.4.3 has it "
                 "and the other end signs: write `old_signatures: yes` there"
               : NULL;
}

static const char *objects_old_signatures(const struct model_wish *wish)
{
    return (AUTHS_ECDSA >> wish->auth & 1) != 0 && wish->old_signatures
               ? "with ECDSA it signs by RFC 7427 3 only"
               : NULL;
}

/* clang-format off */
static const struct recipe_holder holders[] = {
    { "pfs",                 .put = put_pfs },
    { "esn",                 .put = put_esn },
    { "ddos-mode",           .put = put_ddos_mode },
    { "ddos-threshold",      .put = put_ddos_threshold },
    { "local-at",            .put = put_local_at },
    { "remote-at",           .put = put_remote_at },
    { "remote-id-or-any",    .put = put_remote_id_or_any },
    { "remote-or-any",       .put = put_remote_or_any },
    { "local-ts",            .put = put_local_ts },
    { "remote-ts",           .put = put_remote_ts },
    { "certificate-name",    .put = put_certificate_name },
    { "send-certificate",    .put = put_send_certificate },
    { "send-authorities",    .put = put_send_authorities },
    { "peer-authority",      .put = put_peer_authority },
    { "server",              .put = put_server },
    { "client",              .put = put_client },
    { "either",              .put = put_either },
    { "pool-range",          .put = put_pool_range },
    { "authby",              .put = put_authby },
    { "fragmentation-force", .put = put_fragmentation_force },
    { "encapsulation",       .put = put_encapsulation },
    { "liveness-timeout",    .put = put_liveness_timeout },
    { "liveness-action",     .put = put_liveness_action },
    { "rekey",               .put = put_rekey },
    { "life-ike",            .put = put_life_ike },
    { "life-child",          .put = put_life_child },
    { "rekey-margin",        .put = put_rekey_margin },
    { "rekey-fuzz",          .put = put_rekey_fuzz },
    { "retransmit-timeout",  .put = put_retransmit_timeout },
    { .name = NULL },
};

/* Beside libreswan those whose libraries a machine with little on it may lack. */
static const char *const packages[] = {
    "libreswan", "libnss3", "libnss3-tools", "libnspr4", "libldns3", "libunbound8",
    "libevent-core-2.1-7", "libevent-pthreads-2.1-7", "libevent-2.1-7", "libcurl3-nss",
    "libldap-2.5-0", "libnghttp2-14", "librtmp1", "libssh2-1", "libpsl5", "libbrotli1",
    "libsasl2-2", "libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0",
    "libkeyutils1", "openssl", NULL,
};
static const char *const programs[] = {
    "/usr/libexec/ipsec/pluto", "/usr/libexec/ipsec/addconn", "/usr/libexec/ipsec/whack",
    "/usr/bin/certutil", "/usr/bin/pk12util", "/usr/bin/openssl", NULL,
};
static const char *const environment[] = { NULL };
static const char *const memory[] = { NULL };
static const struct recipe_file root_files[] = {
    { ALWAYS, "/etc/hosts",       "127.0.0.1 localhost\n" },
    { ALWAYS, "/etc/resolv.conf", "" },
    { ALWAYS, "/etc/passwd",      "root:x:0:0::/:/\n" },
    { ALWAYS, NULL,               NULL },
};

static const struct recipe_file files[] = {
    { ALWAYS,         "/ikelab/ipsec.conf",    ipsec_conf },
    { ALWAYS,         "/ikelab/ipsec.secrets", ": PSK ${psk}\n" },
    { SIGNS,          "/ikelab/end.pem",       "${certificate}" },
    { SIGNS,          "/ikelab/key.pem",       "${key}" },
    { EACH_AUTHORITY, "/ikelab/ca-#.pem",      "${authority}" },
    { ALWAYS,         NULL,                    NULL },
};

static const struct recipe_command commands[] = {
    { ERRAND_PREPARE,  ALWAYS,         "/usr/bin/certutil -N -d sql:/ikelab --empty-password" },
    { ERRAND_PREPARE,  SIGNS,          "/usr/bin/openssl pkcs12 -export -name ikelab -in /ikelab/end.pem "
                                       "-inkey /ikelab/key.pem -passout pass:ikelab -out /ikelab/end.p12" },
    { ERRAND_PREPARE,  SIGNS,          "/usr/bin/pk12util -i /ikelab/end.p12 -W ikelab -d sql:/ikelab" },
    { ERRAND_PREPARE,  EACH_AUTHORITY, "/usr/bin/certutil -A -a -n ca-# -t CT,, -d sql:/ikelab -i /ikelab/ca-#.pem" },
    { ERRAND_START,    ALWAYS,         "/usr/libexec/ipsec/pluto --nofork --stderrlog --no-dnssec "
                                       "--config /ikelab/ipsec.conf --secretsfile /ikelab/ipsec.secrets --ipsecdir /ikelab "
                                       "--nssdir /ikelab --rundir /ikelab --dumpdir /ikelab" },
    { ERRAND_READY,    ALWAYS,         WHACK " --briefstatus" },
    { ERRAND_LOAD,     ALWAYS,         "/usr/libexec/ipsec/addconn --config /ikelab/ipsec.conf --ctlsocket "
                                       "/ikelab/pluto.ctl ikelab" },
    { ERRAND_LOAD,     ALWAYS,         WHACK " --listen" },
    { ERRAND_INITIATE, ALWAYS,         WHACK " --initiate --name ikelab --asynchronous" },
    { ERRAND_LEVELS,   ALWAYS,         WHACK " --briefstatus" },
    { ERRAND_LIST,     ALWAYS,         WHACK " --globalstatus" },
    { ERRAND_END,      ALWAYS,         WHACK " --terminate --name ikelab" },
    { ERRAND_STOP,     ALWAYS,         WHACK " --shutdown" },
    { ERRAND_PREPARE,  ALWAYS,         NULL },
};

static const struct recipe_answer answers[] = {
    { ERRAND_LEVELS, "000 IKE SAs: total(#), half-open(#), open(#), authenticated(#), anonymous(#)",
      { 0, HALF_OPEN, HALF_OPEN, ESTABLISHED, ESTABLISHED } },
    { ERRAND_LEVELS, "000 State Information: DDoS cookies REQUIRED", { COOKIES_ON } },
    { ERRAND_LEVELS, "000 IPsec SAs: total(#)",                      { CHILDREN } },
    { ERRAND_LIST,   "current.states.iketype.halfopen=#",            { HALF_OPEN } },
    { ERRAND_LIST,   "current.states.iketype.open=#",                { HALF_OPEN } },
    { ERRAND_LIST,   "current.states.iketype.authenticated=#",       { ESTABLISHED } },
    { ERRAND_LIST,   "current.states.iketype.anonymous=#",           { ESTABLISHED } },
    { ERRAND_LIST,   "current.states.ipsec=#",                       { CHILDREN } },
    { ERRAND_LIST,   NULL,                                           { 0 } },
};

static const struct recipe_key keys[] = {
    { "cookies.at",          NULL },
    { "half_open.limit",     NULL },
    { "liveness",            objects_part_seconds },
    { "rekey.ike",           NULL },
    { "rekey.child",         NULL },
    { "rekey.jitter",        objects_jitter },
    { "pool",                objects_pool },
    { "address",             objects_address },
    { "fragment",            objects_fragment },
    { "force_encapsulation", NULL },
    { "mobike",              objects_mobike },
    { "mode",                NULL },
    { "auth",                objects_auth },
    { "old_signatures",      objects_old_signatures },
    { "selectors",           objects_selectors },
    { "keepalive",           objects_keepalive },
    { "retransmit.first",    NULL },
    { "retransmit.sends",    NULL },
    { NULL,                  NULL },
};
/* clang-format on */

const struct model_recipe model_libreswan = {
    .name = "libreswan",
    .title = "libreswan",
    .packages = packages,
    .programs = programs,
    .libraries = "/usr/lib/own",
    .wants = "ESP by netlink XFRM",
    .root_files = root_files,
    .memory = memory,
    .environment = environment,
    .files = files,
    .holders = holders,
    .commands = commands,
    .answers = answers,
    .keys = keys,
    .proposals = put_proposals,
    .auths = AUTH(MODEL_PSK) | AUTH(MODEL_NULL) | AUTHS_RSA | AUTHS_ECDSA,
    .peer_auths = AUTH(MODEL_PSK) | AUTH(MODEL_NULL) | AUTHS_RSA | AUTHS_ECDSA,
};
