/* SPDX-License-Identifier: MIT
 * OpenIKED's recipe: iked, which reads one file, and ikectl. Its ESP is the
 * kernel's, by PF_KEY, through which Linux has neither AEADs nor HMAC-SHA-256 of
 * the right length for it. Written for 7.2, Debian 12's. */
#include "models/daemon_recipe.h"
#include "models/keys_value.h"

#include <string.h>

#define IKECTL "/usr/sbin/ikectl -s /ikelab/iked.sock "

#define CONFIGURATION(how)                                                                    \
    "set $[fragmentation]\n"                                                                  \
    "set $[mobike-word]\n"                                                                    \
    "set dpd_check_interval $[liveness-or-0]\n"                                               \
    "ikev2 \"ikelab\" " how " $[mode] esp $[flows]$[local-place]$[remote-place]$[ike]$[esp]"  \
    "$[source-id]$[destination-id]ikelifetime $[rekey-ike-or-0] lifetime $[rekey-child-or-0]" \
    "$[auth]$[pool-words]\n"

static const char passive_conf[] = CONFIGURATION("passive");
static const char active_conf[] = CONFIGURATION("active");

/* clang-format off */
static const struct recipe_spelling spelling[ALGO_COUNT] = {
    [ALGO_AES128GCM16] = { "aes-128-gcm", NULL },
    [ALGO_AES256GCM16] = { "aes-256-gcm", NULL },
    [ALGO_AES128GCM12] = { "aes-128-gcm-12", NULL },
    [ALGO_AES256GCM12] = { "aes-256-gcm-12", NULL },
    [ALGO_AES128]      = { "aes-128", "aes-128" },
    [ALGO_AES192]      = { "aes-192", "aes-192" },
    [ALGO_AES256]      = { "aes-256", "aes-256" },
    [ALGO_AES128CTR]   = { NULL, "aes-128-ctr" },
    [ALGO_AES192CTR]   = { NULL, "aes-192-ctr" },
    [ALGO_AES256CTR]   = { NULL, "aes-256-ctr" },
    [ALGO_3DES]        = { "3des", "3des" },
    [ALGO_NULL]        = { NULL, "null" },
    [ALGO_SHA256]      = { "hmac-sha2-256", NULL },
    [ALGO_SHA384]      = { "hmac-sha2-384", "hmac-sha2-384" },
    [ALGO_SHA512]      = { "hmac-sha2-512", "hmac-sha2-512" },
    [ALGO_SHA1]        = { "hmac-sha1", "hmac-sha1" },
    [ALGO_MD5]         = { "hmac-md5", "hmac-md5" },
    [ALGO_PRFSHA256]   = { "hmac-sha2-256", NULL },
    [ALGO_PRFSHA384]   = { "hmac-sha2-384", NULL },
    [ALGO_PRFSHA512]   = { "hmac-sha2-512", NULL },
    [ALGO_PRFSHA1]     = { "hmac-sha1", NULL },
    [ALGO_PRFMD5]      = { "hmac-md5", NULL },
    [ALGO_MODP1024]    = { "modp1024", "modp1024" },
    [ALGO_MODP1536]    = { "modp1536", "modp1536" },
    [ALGO_MODP2048]    = { "modp2048", "modp2048" },
    [ALGO_MODP3072]    = { "modp3072", "modp3072" },
    [ALGO_MODP4096]    = { "modp4096", "modp4096" },
    [ALGO_MODP6144]    = { "modp6144", "modp6144" },
    [ALGO_MODP8192]    = { "modp8192", "modp8192" },
    [ALGO_ECP192]      = { "ecp192", "ecp192" },
    [ALGO_ECP224]      = { "ecp224", "ecp224" },
    [ALGO_ECP256]      = { "ecp256", "ecp256" },
    [ALGO_ECP384]      = { "ecp384", "ecp384" },
    [ALGO_ECP521]      = { "ecp521", "ecp521" },
    [ALGO_ECP224BP]    = { "brainpool224", "brainpool224" },
    [ALGO_ECP256BP]    = { "brainpool256", "brainpool256" },
    [ALGO_ECP384BP]    = { "brainpool384", "brainpool384" },
    [ALGO_ECP512BP]    = { "brainpool512", "brainpool512" },
    [ALGO_X25519]      = { "curve25519", "curve25519" },
    [ALGO_NOESN]       = { NULL, "noesn" },
    [ALGO_ESN]         = { NULL, "esn" },
};
/* clang-format on */

/* ---- proposals ---- */

static bool put_one(const struct ike_offer *offer, bool esp, struct model_text *out,
                    const char **lacking)
{
    static const struct {
        enum ike_transform_type type;
        const char *before;
        const char *without; /* in a Child SA's that has none */
    } order[] = {
        {TRANSFORM_ENCR, " enc ", ""},   {TRANSFORM_PRF, " prf ", ""},
        {TRANSFORM_INTEG, " auth ", ""}, {TRANSFORM_KE, " group ", " group none"},
        {TRANSFORM_ESN, " ", " noesn"},
    };
    text_put(out, "%s", esp ? "childsa" : "ikesa");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct recipe_join join = {
            .spelling = spelling, .esp = esp, .before = order[i].before, .between = ""};
        if (!put_algos(out, offer, order[i].type, &join, lacking))
            return false;
        if (esp && offer_count(offer, order[i].type) == 0)
            text_put(out, "%s", order[i].without);
    }
    text_put(out, " ");
    return true;
}

static bool put_proposals(const struct ike_offer *offers, uint8_t count, bool esp,
                          struct model_text *out, const char **lacking)
{
    for (uint8_t i = 0; i < count; i++) {
        *lacking = objects_mixed_aeads(&offers[i]);
        if (*lacking != NULL || !put_one(&offers[i], esp, out, lacking))
            return false;
    }
    return true;
}

/* ---- placeholders; each ends with a blank that it brings ---- */

static void put_fragmentation(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->fragment != 0 ? "fragmentation" : "nofragmentation");
}

static void put_mobike_word(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "%s", wish->mobike ? "mobike" : "nomobike");
}

/* Each selector of ours with each of theirs. */
static void put_flows(struct model_text *out, const struct model_wish *wish)
{
    char ours[MODEL_TEXT_MAX], theirs[MODEL_TEXT_MAX];
    const char *const any = "0.0.0.0/0";
    const char *const here = wish->local_ts != NULL ? wish->local_ts : wish->local;
    const char *const there = wish->pool != NULL        ? "dynamic"
                              : wish->remote_ts != NULL ? wish->remote_ts
                              : wish->remote != NULL    ? wish->remote
                                                        : any;
    for (const char *a = here != NULL ? here : any; model_list_next(&a, ours, sizeof ours);)
        for (const char *b = there; model_list_next(&b, theirs, sizeof theirs);)
            text_put(out, "from %s to %s ", ours, theirs);
}

static void put_local_place(struct model_text *out, const struct model_wish *wish)
{
    if (wish->local != NULL)
        text_put(out, "local %s ", wish->local);
}

static void put_remote_place(struct model_text *out, const struct model_wish *wish)
{
    text_put(out, "peer %s ", wish->remote != NULL ? wish->remote : "any");
}

static void put_source_id(struct model_text *out, const struct model_wish *wish)
{
    if (wish->local_id[0] != '\0')
        text_put(out, "srcid \"%s\" ", wish->local_id);
}

static void put_destination_id(struct model_text *out, const struct model_wish *wish)
{
    if (wish->remote_id[0] != '\0')
        text_put(out, "dstid \"%s\" ", wish->remote_id);
}

static void put_auth(struct model_text *out, const struct model_wish *wish)
{
    if (wish->auth == MODEL_PSK) {
        text_put(out, " psk ");
        put_psk(out, wish);
    } else if (wish->peer_old_signatures) {
        const bool rsa = (AUTHS_RSA >> wish->auth & 1) != 0; /* which has one method */
        text_put(out, " %s", rsa ? "rsa" : auth_word(wish->auth));
    } else {
        text_put(out, " rfc7427");
    }
}

static void put_pool_words(struct model_text *out, const struct model_wish *wish)
{
    if (wish->pool != NULL)
        put_list(out, wish->pool, " config address ", "");
}

/* ---- what it cannot do ---- */

static const char *objects_auth(const struct model_wish *wish)
{
    if ((wish->auth == MODEL_PSK) != (wish->peer_auth == MODEL_PSK))
        return "with it a key of both is for both ends or for none";
    return (AUTHS_RSA >> wish->peer_auth & 1) != 0 && !wish->peer_old_signatures
               ? "it has no RSASSA-PSS, by which the other end signs (RFC 7427 A.4.3): write "
                 "`old_signatures: yes` there"
               : NULL;
}

static const char *objects_old_signatures(const struct model_wish *wish)
{
    return wish->old_signatures ? "it signs by RFC 7427 3 for who knows it" : NULL;
}

static const char *objects_pool(const struct model_wish *wish)
{
    const bool any = wish->remote == NULL && wish->remote_ts == NULL && wish->pool == NULL;
    return any ? "it does not narrow selectors to the address of a client, who is to have an inner "
                 "one "
                 "of a pool"
               : NULL;
}

static const char *objects_selectors(const struct model_wish *wish)
{
    const bool finer = (wish->local_ts != NULL && strchr(wish->local_ts, '[') != NULL) ||
                       (wish->remote_ts != NULL && strchr(wish->remote_ts, '[') != NULL);
    return finer ? "the recipe gives it prefixes only" : NULL;
}

/* clang-format off */
static const struct recipe_holder holders[] = {
    { "fragmentation",  .put = put_fragmentation },
    { "mobike-word",    .put = put_mobike_word },
    { "flows",          .put = put_flows },
    { "local-place",    .put = put_local_place },
    { "remote-place",   .put = put_remote_place },
    { "source-id",      .put = put_source_id },
    { "destination-id", .put = put_destination_id },
    { "auth",           .put = put_auth },
    { "pool-words",     .put = put_pool_words },
    { .name = NULL },
};

static const char *const packages[] = { "openiked", "libevent-2.1-7", "openssl", NULL };
static const char *const programs[] = { "/usr/sbin/iked", "/usr/sbin/ikectl", "/usr/bin/openssl", NULL };
static const char *const environment[] = { NULL };
static const char *const memory[] = {
    "/etc/iked", "/etc/iked/ca", "/etc/iked/certs", "/etc/iked/crls", "/etc/iked/private", NULL,
};

/* It gives up its rights to become this user, which in a namespace of a user's own must be the one
 * there is. */
static const struct recipe_file root_files[] = {
    { ALWAYS, "/etc/passwd",     "root:x:0:0::/:/\n_iked:x:0:0::/var/empty:/\n" },
    { ALWAYS, "/etc/group",      "root:x:0:\n_iked:x:0:\n" },
    { ALWAYS, "/etc/iked/empty", "" },
    { ALWAYS, NULL,              NULL },
};

static const struct recipe_file files[] = {
    { ALWAYS,         "/ikelab/iked.conf",            passive_conf },
    { ALWAYS,         "/ikelab/active.conf",          active_conf },
    { SIGNS,          "/etc/iked/certs/end.crt",      "${certificate}" },
    { SIGNS,          "/etc/iked/private/local.key",  "${key}" },
    { EACH_AUTHORITY, "/etc/iked/ca/ca-#.crt",        "${authority}" },
    { ALWAYS,         NULL,                           NULL },
};

/* It wants a key of its own even where nobody shows one. */
static const struct recipe_command commands[] = {
    { ERRAND_PREPARE,  KEYLESS, "/usr/bin/openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
                                "-out /etc/iked/private/local.key" },
    { ERRAND_PREPARE,  ALWAYS,  "/usr/bin/openssl pkey -in /etc/iked/private/local.key -pubout "
                                "-out /etc/iked/local.pub" },
    { ERRAND_START,    ALWAYS,  "/usr/sbin/iked -d -f /ikelab/iked.conf -s /ikelab/iked.sock" },
    { ERRAND_READY,    ALWAYS,  IKECTL "show stats" },
    { ERRAND_INITIATE, ALWAYS,  IKECTL "load /ikelab/active.conf" },
    { ERRAND_LEVELS,   ALWAYS,  IKECTL "show stats" },
    { ERRAND_LIST,     ALWAYS,  IKECTL "show sa" },
    { ERRAND_END,      ALWAYS,  IKECTL "reset sa" },
    { ERRAND_PREPARE,  ALWAYS,  NULL },
};

static const struct recipe_answer answers[] = {
    { ERRAND_LEVELS, "# IKE SA~ created",               { HALF_OPEN } },
    { ERRAND_LEVELS, "# IKE SA~ established",           { NOT_HALF_OPEN } },
    { ERRAND_LEVELS, "# IKE SA~ failed to establish",   { NOT_HALF_OPEN } },
    { ERRAND_LEVELS, "# IKE SA~ currently established", { ESTABLISHED } },
    { ERRAND_LIST,   "iked_sas: * ESTABLISHED ",        { ESTABLISHED } },
    { ERRAND_LIST,   "iked_sas: * CLOS",                { 0 } },
    { ERRAND_LIST,   "iked_sas: ",                      { HALF_OPEN } },
    { ERRAND_LIST,   "sa_childsas: * in ",              { CHILDREN } },
    { ERRAND_LIST,   NULL,                              { 0 } },
};

static const struct recipe_key keys[] = {
    { "liveness",       objects_part_seconds },
    { "rekey.ike",      NULL },
    { "rekey.child",    NULL },
    { "pool",           objects_pool },
    { "fragment",       objects_fragment },
    { "mobike",         NULL },
    { "mode",           NULL },
    { "auth",           objects_auth },
    { "old_signatures", objects_old_signatures },
    { "selectors",      objects_selectors },
    { NULL,             NULL },
};
/* clang-format on */

const struct model_recipe model_openiked = {
    .name = "openiked",
    .title = "OpenIKED",
    .packages = packages,
    .programs = programs,
    .libraries = "/usr/lib/own",
    .wants = "ESP by PF_KEY",
    .root_files = root_files,
    .memory = memory,
    .environment = environment,
    .files = files,
    .holders = holders,
    .commands = commands,
    .answers = answers,
    .keys = keys,
    .proposals = put_proposals,
    .auths = AUTH(MODEL_PSK) | AUTHS_RSA | AUTHS_ECDSA,
    .peer_auths = AUTH(MODEL_PSK) | AUTHS_RSA | AUTHS_ECDSA,
    .no_chains = true,
};
