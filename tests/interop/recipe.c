/* SPDX-License-Identifier: MIT
 * A daemon's recipe for a wish, as one JSON object on standard output: its
 * mounts, files and commands. For the test that runs them.
 *
 *     recipe DAEMON ROOT LIBRARIES STAND_IN|- NAME=VALUE...
 *     recipe DAEMON read levels|list     what standard input, the daemon's answer, says
 *     recipe DAEMON spell ike|esp        how it calls each algorithm it has, in a proposal */
#include "ike/eap.h"
#include "ike/sign.h"
#include "models/daemon.h"
#include "models/daemon_recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 65536, ANSWER_MAX = 1 << 20 };

static void fail(const char *what)
{
    (void)fprintf(stderr, "recipe: %s\n", what);
    exit(2);
}

static void put_string(const char *text)
{
    (void)putchar('"');
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            (void)printf("\\u%04x", (unsigned)(unsigned char)*c);
        else
            (void)putchar(*c);
    (void)putchar('"');
}

static void put_words(const char *const *words)
{
    (void)putchar('[');
    for (size_t i = 0; words[i] != NULL; i++) {
        (void)printf("%s", i > 0 ? "," : "");
        put_string(words[i]);
    }
    (void)putchar(']');
}

static bool put_file(void *owner, const char *path, const char *text)
{
    bool *const first = owner;
    (void)printf("%s", *first ? "" : ",");
    *first = false;
    put_string(path);
    (void)putchar(':');
    put_string(text);
    return true;
}

static const char *text_of(const char *path)
{
    FILE *const in = fopen(path, "re");
    char *const text = calloc(1, TEXT_MAX);
    if (in == NULL || text == NULL || fread(text, 1, TEXT_MAX - 1, in) == 0)
        fail(path);
    (void)fclose(in);
    return text;
}

static enum model_auth auth_named(const char *name)
{
    for (size_t auth = 0; auth < MODEL_EAP || ike_eap_method_at(auth - MODEL_EAP) != NULL; auth++)
        if (auth != MODEL_AUTH_AUTO && strcmp(auth_word((enum model_auth)auth), name) == 0)
            return (enum model_auth)auth;
    fail(name);
    return MODEL_PSK;
}

/* A wish's members by name. */
static bool wish_set(struct model_wish *w, const char *name, size_t len, const char *value)
{
    const struct {
        const char *name;
        const char **text;
        uint64_t *number;
        bool *yes;
        enum model_auth *auth;
    } rows[] = {
        {.name = "local", .text = &w->local},
        {.name = "remote", .text = &w->remote},
        {.name = "psk", .text = &w->psk},
        {.name = "proposals", .text = &w->proposals},
        {.name = "esp", .text = &w->esp},
        {.name = "local_ts", .text = &w->local_ts},
        {.name = "remote_ts", .text = &w->remote_ts},
        {.name = "pool", .text = &w->pool},
        {.name = "cookies_at", .number = &w->cookies_at},
        {.name = "half_open_limit", .number = &w->half_open_limit},
        {.name = "half_open_per_address", .number = &w->half_open_per_address},
        {.name = "fragment", .number = &w->fragment},
        {.name = "threads", .number = &w->threads},
        {.name = "rekey_ike_ns", .number = &w->rekey.ike_ns},
        {.name = "rekey_child_ns", .number = &w->rekey.child_ns},
        {.name = "rekey_jitter_ppb", .number = &w->rekey.jitter_ppb},
        {.name = "half_open_timeout_ns", .number = &w->half_open_timeout_ns},
        {.name = "retransmit_first_ns", .number = &w->retransmit_first_ns},
        {.name = "retransmit_factor_milli", .number = &w->retransmit_factor_milli},
        {.name = "retransmit_sends", .number = &w->retransmit_sends},
        {.name = "eap_within", .number = &w->eap_within},
        {.name = "eap_only", .yes = &w->eap_only},
        {.name = "force_encapsulation", .yes = &w->force_encapsulation},
        {.name = "liveness_ns", .number = &w->liveness_ns},
        {.name = "wants_address", .yes = &w->wants_address},
        {.name = "transport_mode", .yes = &w->transport_mode},
        {.name = "kernel_esp", .yes = &w->kernel_esp},
        {.name = "mobike", .yes = &w->mobike},
        {.name = "auth", .auth = &w->auth},
        {.name = "peer_auth", .auth = &w->peer_auth},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(rows[i].name) != len || strncmp(rows[i].name, name, len) != 0)
            continue;
        if (rows[i].text != NULL)
            *rows[i].text = value;
        else if (rows[i].number != NULL)
            *rows[i].number = strtoull(value, NULL, 10);
        else if (rows[i].yes != NULL)
            *rows[i].yes = true;
        else
            *rows[i].auth = auth_named(value);
        return true;
    }
    return false;
}

static void wish_take(struct model_wish *w, const char *argument)
{
    const size_t len = strcspn(argument, "=");
    const char *const value = argument[len] == '=' ? argument + len + 1 : "";
    if (strncmp(argument, "local_id", len) == 0 && len == strlen("local_id"))
        (void)snprintf(w->local_id, sizeof w->local_id, "%s", value);
    else if (strncmp(argument, "remote_id", len) == 0 && len == strlen("remote_id"))
        (void)snprintf(w->remote_id, sizeof w->remote_id, "%s", value);
    else if (strncmp(argument, "certificate", len) == 0 && len == strlen("certificate"))
        w->certificate = text_of(value);
    else if (strncmp(argument, "key", len) == 0 && len == strlen("key"))
        w->key = text_of(value);
    else if (strncmp(argument, "authority", len) == 0 && len == strlen("authority") &&
             w->authority_count < MODEL_AUTHORITIES_MAX)
        w->authorities[w->authority_count++] = text_of(value);
    else if (!wish_set(w, argument, len, value))
        fail(argument);
}

static void lack(const char *what)
{
    (void)fprintf(stderr, "lacks: %s\n", what);
    exit(2);
}

/* What the daemon, or its recipe, has no way for. */
static void judge(const struct model_recipe *recipe, const struct model_wish *wish)
{
    static char room[MODEL_DAEMON_FILE_MAX];
    struct model_text ike = {.at = room, .max = sizeof room}, esp = ike;
    const char *lacking;
    if (!model_daemon_proposals(recipe, wish->proposals, false, &ike, &lacking) ||
        !model_daemon_proposals(recipe, wish->esp, true, &esp, &lacking))
        lack(lacking);
    if ((recipe->auths >> wish->auth & 1) == 0)
        lack(auth_word(wish->auth));
    if ((recipe->peer_auths >> wish->peer_auth & 1) == 0)
        lack(auth_word(wish->peer_auth));
}

static void put_commands(const struct model_recipe *recipe, const struct model_wish *wish,
                         const struct model_place *place)
{
    static const char *const names[ERRANDS] = {"prepare", "start", "ready", "load", "initiate",
                                               "levels",  "list",  "end",   "stop"};
    struct model_words words;
    for (size_t errand = 0; errand < ERRANDS; errand++) {
        (void)printf("%s\"%s\":[", errand > 0 ? "," : "", names[errand]);
        struct model_errand_at at = {.errand = (enum model_errand)errand};
        for (; model_daemon_command(recipe, wish, place, at, &words); at.number++) {
            (void)printf("%s{\"argv\":", at.number > 0 ? "," : "");
            put_words(words.argv);
            (void)printf(",\"environment\":");
            put_words(words.environment);
            (void)putchar('}');
        }
        (void)putchar(']');
    }
}

static int answer(const struct model_recipe *recipe, const char *errand)
{
    static char text[ANSWER_MAX];
    struct model_levels levels = model_untold;
    const size_t len = fread(text, 1, sizeof text, stdin);
    model_daemon_read(recipe, strcmp(errand, "list") == 0 ? ERRAND_LIST : ERRAND_LEVELS, text, len,
                      &levels);
    (void)printf("%lld %lld %lld %lld\n", (long long)levels.established,
                 (long long)levels.half_open, (long long)levels.children,
                 (long long)levels.cookies_on);
    return 0;
}

/* A proposal with that algorithm in it, as keys have it; empty: of no such kind. */
static void proposal_with(const struct ike_algo *algo, bool esp, char *out, size_t out_max)
{
    const char *const name = algo->name;
    out[0] = '\0';
    if (esp && algo->type == TRANSFORM_ENCR)
        (void)snprintf(out, out_max, ike_algo_is_aead(algo) ? "%s" : "%s-sha1", name);
    else if (esp && algo->type == TRANSFORM_INTEG)
        (void)snprintf(out, out_max, "aes128-%s", name);
    else if (esp && (algo->type == TRANSFORM_KE || algo->type == TRANSFORM_ESN))
        (void)snprintf(out, out_max, "aes128-sha1-%s", name);
    else if (!esp && algo->type == TRANSFORM_ENCR)
        (void)snprintf(
            out, out_max,
            ike_algo_is_aead(algo) ? "%s-prfsha256-x25519" : "%s-sha256-prfsha256-x25519", name);
    else if (!esp && algo->type == TRANSFORM_INTEG)
        (void)snprintf(out, out_max, "aes128-%s-prf%s-x25519", name, name);
    else if (!esp && algo->type == TRANSFORM_PRF)
        (void)snprintf(out, out_max, "aes256gcm16-%s-x25519", name);
    else if (!esp && algo->type == TRANSFORM_KE)
        (void)snprintf(out, out_max, "aes256gcm16-prfsha256-%s", name);
}

static int spell(const struct model_recipe *recipe, bool esp)
{
    for (size_t i = 1; i < ike_algo_count; i++) {
        char ours[128], theirs[256] = "";
        const char *lacking;
        struct model_text text = {.at = theirs, .max = sizeof theirs};
        proposal_with(&ike_algos[i], esp, ours, sizeof ours);
        if (ours[0] != '\0' && model_daemon_proposals(recipe, ours, esp, &text, &lacking))
            (void)printf("%s\n", theirs);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct model_recipe *const recipe = argc > 3 ? model_recipe_named(argv[1]) : NULL;
    if (recipe == NULL)
        fail("which daemon?");
    if (strcmp(argv[2], "read") == 0)
        return answer(recipe, argv[3]);
    if (strcmp(argv[2], "spell") == 0)
        return spell(recipe, strcmp(argv[3], "esp") == 0);
    if (argc < 5)
        fail("where is it?");
    const struct model_place place = {.root = argv[2],
                                      .libraries = argv[3],
                                      .stand_in = strcmp(argv[4], "-") != 0 ? argv[4] : NULL};
    struct model_wish wish = {.cookies_at = IKE_UNLIMITED,
                              .half_open_limit = IKE_UNLIMITED,
                              .half_open_per_address = IKE_UNLIMITED};
    struct model_mount mounts[MODEL_DAEMON_MOUNTS_MAX];
    for (int i = 5; i < argc; i++)
        wish_take(&wish, argv[i]);
    judge(recipe, &wish);
    const size_t count = model_daemon_mounts(recipe, &place, mounts);
    (void)printf("{\"mounts\":[");
    for (size_t i = 0; i < count; i++) {
        (void)printf("%s[", i > 0 ? "," : "");
        put_string(mounts[i].at);
        (void)putchar(',');
        put_string(mounts[i].from != NULL ? mounts[i].from : "");
        (void)putchar(']');
    }
    bool first = true;
    (void)printf("],\"files\":{");
    if (!model_daemon_files(recipe, &wish, put_file, &first))
        fail("its files are too long");
    (void)printf("},\"commands\":{");
    put_commands(recipe, &wish, &place);
    (void)printf("}}\n");
    return 0;
}
