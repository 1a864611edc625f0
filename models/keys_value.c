/* SPDX-License-Identifier: MIT
 * What the text of a key's value means, and the way back. Each kind has a
 * function that reads and one that writes; what is wrong is said with what
 * would be right. */
#include "models/keys_value.h"

#include "ike/v2/selector.h"
#include "models/inner.h"
#include "models/quantity.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 60 /* characters of a wrong value that a message repeats */ };

/* One setting under way. */
struct setting {
    const struct model_key *key;
    const struct model_world_config *config;
    void *place;
    const char *text;
    char *error;
    size_t error_max;
};

static bool complain(const struct setting *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool complain(const struct setting *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(s->error, s->error_max, format, arguments);
    va_end(arguments);
    return false;
}

/* ", from 1 to 1024" into `out`, as far as the key has limits. */
static void range_of(const struct model_key *key, char *out, size_t out_max)
{
    if (key->low != NULL && key->high != NULL)
        (void)snprintf(out, out_max, ", from %s to %s", key->low, key->high);
    else
        out[0] = '\0';
}

/* The words of "never=4294967295|always=0", or of "poisson|uniform", one by one. */
struct word {
    char text[MODEL_NAME_MAX];
    uint64_t value; /* written, or which in the row */
};

static const char *word_next(const char *at, struct word *out)
{
    const size_t len = strcspn(at, "|");
    const size_t name = strcspn(at, "=|");
    assert(name < sizeof out->text);
    memcpy(out->text, at, name);
    out->text[name] = '\0';
    if (name < len)
        out->value = strtoull(at + name + 1, NULL, 10);
    return at[len] == '|' ? at + len + 1 : NULL;
}

static bool word_find(const char *words, const char *text, uint64_t *value)
{
    struct word word;
    uint64_t index = 0;
    for (const char *at = words; at != NULL; index++) {
        word.value = index;
        at = word_next(at, &word);
        if (strcmp(word.text, text) == 0) {
            *value = word.value;
            return true;
        }
    }
    return false;
}

static bool word_of_value(const char *words, uint64_t value, char *out, size_t out_max)
{
    struct word word;
    uint64_t index = 0;
    for (const char *at = words; at != NULL; index++) {
        word.value = index;
        at = word_next(at, &word);
        if (word.value == value) {
            (void)snprintf(out, out_max, "%s", word.text);
            return true;
        }
    }
    return false;
}

/* "never, always" into `out`, and the one nearest to `text` into `near`, or "". */
static void words_list(const char *words, const char *text, char *out, size_t out_max, char *near)
{
    struct word word;
    size_t len = 0;
    size_t best = SIZE_MAX;
    out[0] = near[0] = '\0';
    for (const char *at = words; at != NULL;) {
        at = word_next(at, &word);
        if (len < out_max)
            len +=
                (size_t)snprintf(out + len, out_max - len, "%s%s", len > 0 ? ", " : "", word.text);
        if (model_word_near(text, word.text, &best))
            memcpy(near, word.text, sizeof word.text);
    }
}

/* Integers of any width. */

static void store(const struct setting *s, uint64_t value)
{
    const uint32_t word = (uint32_t)value;
    const uint8_t octet = (uint8_t)value;
    if (s->key->size == sizeof value)
        memcpy(s->place, &value, sizeof value);
    else if (s->key->size == sizeof word)
        memcpy(s->place, &word, sizeof word);
    else
        memcpy(s->place, &octet, sizeof octet);
}

static uint64_t load(const struct model_key *key, const void *place)
{
    uint64_t value;
    uint32_t word;
    if (key->size == sizeof value) {
        memcpy(&value, place, sizeof value);
        return value;
    }
    if (key->size == sizeof word) {
        memcpy(&word, place, sizeof word);
        return word;
    }
    return *(const uint8_t *)place;
}

static uint64_t limit_of(enum model_kind kind, const char *text, uint64_t otherwise)
{
    uint64_t value = otherwise;
    if (text != NULL) {
        const bool good = model_quantity_parse(kind, text, &value);
        assert(good);
        (void)good;
    }
    return value;
}

static bool in_range(const struct setting *s, enum model_kind kind, uint64_t value)
{
    char range[MODEL_NAME_MAX * 2];
    range_of(s->key, range, sizeof range);
    const bool small = value < limit_of(kind, s->key->low, 0);
    if (small || value > limit_of(kind, s->key->high, UINT64_MAX))
        return complain(s, "%.*s is too %s%s", SHOWN_MAX, s->text, small ? "small" : "large",
                        range);
    return true;
}

static bool set_number(const struct setting *s)
{
    char range[MODEL_NAME_MAX * 2];
    char words[MODEL_TEXT_MAX];
    char near[MODEL_NAME_MAX];
    uint64_t value;
    const bool has_words = s->key->words != NULL;
    if (has_words && word_find(s->key->words, s->text, &value)) {
        store(s, value);
        return true;
    }
    if (model_quantity_parse(s->key->kind, s->text, &value)) {
        if (!in_range(s, s->key->kind, value))
            return false;
        store(s, value);
        return true;
    }
    range_of(s->key, range, sizeof range);
    words[0] = near[0] = '\0';
    if (has_words)
        words_list(s->key->words, s->text, words, sizeof words, near);
    if (near[0] != '\0')
        return complain(s, "\"%.*s\": did you mean %s?", SHOWN_MAX, s->text, near);
    return complain(s, "\"%.*s\" is no %s: write it like %s%s%s%s", SHOWN_MAX, s->text,
                    model_kind_title(s->key->kind), model_kind_example(s->key->kind), range,
                    has_words ? ", or: " : "", words);
}

static bool set_bool(const struct setting *s)
{
    static const char *const yes[] = {"yes", "true", "on"};
    static const char *const no[] = {"no", "false", "off"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(s->text, yes[i]) == 0 || strcmp(s->text, no[i]) == 0) {
            store(s, strcmp(s->text, yes[i]) == 0 ? 1 : 0);
            return true;
        }
    }
    return complain(s, "\"%.*s\" is neither yes nor no", SHOWN_MAX, s->text);
}

static bool set_choice(const struct setting *s)
{
    char words[MODEL_TEXT_MAX];
    char near[MODEL_NAME_MAX];
    uint64_t value;
    if (word_find(s->key->words, s->text, &value)) {
        store(s, value);
        return true;
    }
    words_list(s->key->words, s->text, words, sizeof words, near);
    if (near[0] != '\0')
        return complain(s, "\"%.*s\": did you mean %s? There is: %s", SHOWN_MAX, s->text, near,
                        words);
    return complain(s, "\"%.*s\" is not known; there is: %s", SHOWN_MAX, s->text, words);
}

static bool set_text(const struct setting *s)
{
    const size_t len = strlen(s->text);
    if (len >= s->key->size)
        return complain(s, "longer than %zu characters", s->key->size - 1);
    memset(s->place, 0, s->key->size);
    memcpy(s->place, s->text, len);
    return true;
}

static bool set_filled_text(const struct setting *s)
{
    if (s->text[0] == '\0')
        return complain(s, "is empty; give at least one character");
    return set_text(s);
}

/* Whether there is such an entry is judged when all are known. `none` where there is a default. */
static bool set_name(const struct setting *s)
{
    struct setting empty = *s;
    empty.text = "";
    if (s->key->fallback != NULL && strcmp(s->text, "none") == 0)
        return set_text(&empty);
    if (s->text[0] == '\0')
        return complain(s, "is empty; give the name of one of the %s", s->key->words);
    return set_text(s);
}

static bool set_address(const struct setting *s)
{
    struct ike_addr addr;
    if (strcmp(s->text, "auto") != 0 && !ike_addr_parse(s->text, &addr))
        return complain(s, "\"%.*s\" is no address: write it like %s", SHOWN_MAX, s->text,
                        model_kind_example(KIND_ADDRESS));
    return set_text(s);
}

static bool set_prefix(const struct setting *s)
{
    struct ike_prefix prefix;
    if (strcmp(s->text, "auto") != 0 && !ike_prefix_parse(s->text, &prefix))
        return complain(s,
                        "\"%.*s\" is no prefix: write it like %s, with nothing behind the prefix's "
                        "bits",
                        SHOWN_MAX, s->text, model_kind_example(KIND_PREFIX));
    return set_text(s);
}

bool model_list_next(const char **at, char *out, size_t out_max)
{
    const char *p = *at;
    while (*p == ' ' || *p == ',')
        p++;
    size_t len = strcspn(p, ",");
    *at = p + len;
    while (len > 0 && p[len - 1] == ' ')
        len--;
    if (len >= out_max)
        len = out_max - 1;
    memcpy(out, p, len);
    out[len] = '\0';
    return len > 0;
}

/* What a proposal lacks, or NULL. */
static const char *offer_lack(const struct ike_offer *offer, bool for_ike)
{
    bool plain = false;
    bool hides = false;
    for (uint8_t i = 0; i < offer->count; i++) {
        const struct ike_algo *const algo = &ike_algos[offer->algos[i]];
        plain = plain || (algo->type == TRANSFORM_ENCR && !ike_algo_is_aead(algo));
        hides = hides || (algo->type == TRANSFORM_ENCR && !(for_ike && ike_algo_is_null(algo)));
    }
    if (!hides)
        return "encryption, like aes128 or aes256gcm16";
    if (plain && !ike_offer_has(offer, TRANSFORM_INTEG))
        return "integrity, like sha256";
    if (for_ike && !ike_offer_has(offer, TRANSFORM_PRF))
        return "a PRF, like prfsha256";
    if (for_ike && !ike_offer_has(offer, TRANSFORM_KE))
        return "a group, like x25519 or modp2048";
    return NULL;
}

static bool set_proposals(const struct setting *s)
{
    const bool for_ike = strcmp(s->key->words, "ike") == 0;
    char one[MODEL_TEXT_MAX];
    struct ike_offer offer;
    const char *bad = NULL;
    size_t count = 0;
    for (const char *at = s->text; model_list_next(&at, one, sizeof one); count++) {
        if (!ike_offer_parse(one, &offer, &bad))
            return complain(
                s, "\"%.*s\" is no algorithm here, or one too many; write proposals like %s",
                bad != NULL ? (int)strcspn(bad, "-") : 0, bad != NULL ? bad : "",
                for_ike ? "aes256gcm16-prfsha256-x25519" : "aes256gcm16 or aes128-sha256");
        const char *const lack = offer_lack(&offer, for_ike);
        if (lack != NULL)
            return complain(s, "\"%.*s\" lacks %s", SHOWN_MAX, one, lack);
    }
    if (count == 0 || count > IKE_OFFERS_MAX)
        return complain(s, "%zu proposals; give 1 to %d, separated by commas", count,
                        IKE_OFFERS_MAX);
    return set_text(s);
}

static bool set_prefixes(const struct setting *s)
{
    struct ike_prefix prefixes[IKE_POOLS_MAX];
    bool good;
    (void)model_prefixes_of(s->text, prefixes, &good);
    if (!good)
        return complain(s, "\"%.*s\" is no list of at most %d prefixes: write it like %s",
                        SHOWN_MAX, s->text, IKE_POOLS_MAX, model_kind_example(KIND_PREFIXES));
    return set_text(s);
}

static bool set_selectors(const struct setting *s)
{
    char one[MODEL_TEXT_MAX];
    struct ike_selector selector;
    size_t count = 0;
    for (const char *at = s->text; model_list_next(&at, one, sizeof one); count++)
        if (!ike_selector_from_text(one, &selector))
            return complain(s, "\"%.*s\" is no traffic selector: write it like %s", SHOWN_MAX, one,
                            model_kind_example(KIND_SELECTORS));
    if (count == 0 || count > IKE_POLICY_SELECTORS_MAX)
        return complain(s, "%zu selectors; give 1 to %d, separated by commas", count,
                        IKE_POLICY_SELECTORS_MAX);
    return set_text(s);
}

/* What `trace NAME` speaks of; NULL after a complaint. */
static const struct model_timeline *timeline_of(const struct setting *s, const char *name,
                                                bool delays)
{
    static const char *const holds[] = {"times alone, as arrivals have", "times and delays"};
    const struct model_timeline *const found = model_timeline_named(s->config, name);
    if (found != NULL && found->delays == delays)
        return found;
    if (found == NULL)
        (void)complain(s, "there is no trace \"%.*s\"", SHOWN_MAX, name);
    else
        (void)complain(s, "the trace \"%.*s\" has %s; give one that has %s", SHOWN_MAX, name,
                       holds[found->delays ? 1 : 0], holds[delays ? 1 : 0]);
    return NULL;
}

static bool set_delay(const struct setting *s)
{
    struct model_delay delay = {0};
    if (!model_trace_parse(s->text, delay.trace)) {
        if (!model_quantity_parse(KIND_TIME, s->text, &delay.ns))
            return complain(s, "\"%.*s\" is no %s: write it like %s", SHOWN_MAX, s->text,
                            model_kind_title(KIND_DELAY), model_kind_example(KIND_DELAY));
        if (!in_range(s, KIND_TIME, delay.ns))
            return false;
        memcpy(s->place, &delay, sizeof delay);
        return true;
    }
    const struct model_timeline *const timeline = timeline_of(s, delay.trace, true);
    if (timeline == NULL)
        return false;
    delay.at = timeline->at;
    delay.count = timeline->count;
    delay.ns = timeline->at[0].delay_ns;
    memcpy(s->place, &delay, sizeof delay);
    return true;
}

static bool set_arrivals(const struct setting *s)
{
    struct model_arrivals arrivals;
    if (!model_arrivals_parse(s->text, &arrivals))
        return complain(s, "\"%.*s\" is no arrival process: write it like %s", SHOWN_MAX, s->text,
                        model_kind_example(KIND_ARRIVALS));
    if (arrivals.process == MODEL_TRACED) {
        const struct model_timeline *const timeline = timeline_of(s, arrivals.trace, false);
        if (timeline == NULL)
            return false;
        arrivals.at = timeline->at;
        arrivals.count = timeline->count;
    }
    memcpy(s->place, &arrivals, sizeof arrivals);
    return true;
}

static bool set_rate(const struct setting *s)
{
    struct model_rate rate;
    if (!model_rate_parse(s->text, &rate))
        return complain(s,
                        "\"%.*s\" is no rate over time: write it like %s, times growing, at most "
                        "%d points",
                        SHOWN_MAX, s->text, model_kind_example(KIND_RATE), MODEL_PROFILE_MAX);
    for (uint64_t i = 0; i < rate.count; i++)
        if (!in_range(s, KIND_EVENTS, rate.at[i].rate_micro))
            return false;
    memcpy(s->place, &rate, sizeof rate);
    return true;
}

static bool set_spans(const struct setting *s)
{
    struct sim_outages spans;
    if (!model_spans_parse(s->text, &spans))
        return complain(s,
                        "\"%.*s\" is no list of spans: write it like %s, in order and apart, at "
                        "most %d",
                        SHOWN_MAX, s->text, model_kind_example(KIND_SPANS), SIM_OUTAGES_MAX);
    memcpy(s->place, &spans, sizeof spans);
    return true;
}

static bool set_machine(const struct setting *s)
{
    const char *near = NULL;
    size_t best = SIZE_MAX;
    if (strchr(s->text, '/') != NULL || model_machine_named(s->text) != NULL)
        return set_text(s);
    for (size_t i = 0; i < model_machine_count; i++)
        if (model_word_near(s->text, model_machines[i].name, &best))
            near = model_machines[i].name;
    return complain(
        s,
        "there is no machine \"%.*s\"%s%s; give %s or another one that `ikelab describe` "
        "lists, or a path with a slash",
        SHOWN_MAX, s->text, near != NULL ? ": did you mean " : "", near != NULL ? near : "",
        model_machines[0].name);
}

static bool set_implementation(const struct setting *s)
{
    const char *near = NULL;
    size_t best = SIZE_MAX;
    if (model_implementation_named(s->text) != NULL)
        return set_text(s);
    for (size_t i = 0; i < model_implementation_count; i++)
        if (model_word_near(s->text, model_implementations[i].name, &best))
            near = model_implementations[i].name;
    return complain(s,
                    "there is no implementation \"%.*s\"%s%s; give %s or another one that `ikelab "
                    "describe` lists",
                    SHOWN_MAX, s->text, near != NULL ? ": did you mean " : "",
                    near != NULL ? near : "", model_implementations[0].name);
}

/* Writing. `out` has room for any value: the caller sees to that. */

static void get_number(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    const uint64_t value = load(key, place);
    const bool usual = value >= limit_of(key->kind, key->low, 0) &&
                       value <= limit_of(key->kind, key->high, UINT64_MAX);
    if (usual || key->words == NULL || !word_of_value(key->words, value, out, out_max))
        model_quantity_format(key->kind, value, out, out_max);
}

static void get_bool(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    (void)snprintf(out, out_max, "%s", load(key, place) != 0 ? "yes" : "no");
}

static void get_choice(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    if (!word_of_value(key->words, load(key, place), out, out_max))
        (void)snprintf(out, out_max, "?");
}

static void get_text(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    const char *const text = place;
    const bool none = key->kind == KIND_NAME_OF && key->fallback != NULL && text[0] == '\0';
    (void)snprintf(out, out_max, "%s", none ? "none" : text);
}

static void get_arrivals(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    struct model_arrivals arrivals;
    (void)key;
    memcpy(&arrivals, place, sizeof arrivals);
    model_arrivals_format(&arrivals, out, out_max);
}

static void get_delay(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    struct model_delay delay;
    (void)key;
    memcpy(&delay, place, sizeof delay);
    if (delay.trace[0] != '\0')
        (void)snprintf(out, out_max, "trace %s", delay.trace);
    else
        model_quantity_format(KIND_TIME, delay.ns, out, out_max);
}

static void get_rate(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    struct model_rate rate;
    (void)key;
    memcpy(&rate, place, sizeof rate);
    model_rate_format(&rate, out, out_max);
}

static void get_spans(const struct model_key *key, const void *place, char *out, size_t out_max)
{
    struct sim_outages spans;
    (void)key;
    memcpy(&spans, place, sizeof spans);
    model_spans_format(&spans, out, out_max);
}

static const struct {
    bool (*set)(const struct setting *s);
    void (*get)(const struct model_key *key, const void *place, char *out, size_t out_max);
} kinds[] = {
    [KIND_TIME] = {set_number, get_number},
    [KIND_EVENTS] = {set_number, get_number},
    [KIND_BITRATE] = {set_number, get_number},
    [KIND_BYTES] = {set_number, get_number},
    [KIND_SHARE] = {set_number, get_number},
    [KIND_COUNT] = {set_number, get_number},
    [KIND_FACTOR] = {set_number, get_number},
    [KIND_SCALE] = {set_number, get_number},
    [KIND_BOOL] = {set_bool, get_bool},
    [KIND_CHOICE] = {set_choice, get_choice},
    [KIND_TEXT] = {set_filled_text, get_text},
    [KIND_NAME_OF] = {set_name, get_text},
    [KIND_ADDRESS] = {set_address, get_text},
    [KIND_PREFIX] = {set_prefix, get_text},
    [KIND_PROPOSALS] = {set_proposals, get_text},
    [KIND_PREFIXES] = {set_prefixes, get_text},
    [KIND_SELECTORS] = {set_selectors, get_text},
    [KIND_ARRIVALS] = {set_arrivals, get_arrivals},
    [KIND_DELAY] = {set_delay, get_delay},
    [KIND_RATE] = {set_rate, get_rate},
    [KIND_SPANS] = {set_spans, get_spans},
    [KIND_MACHINE] = {set_machine, get_text},
    [KIND_IMPLEMENTATION] = {set_implementation, get_text},
};

bool model_config_set(struct model_world_config *config, const char *path, const char *text,
                      char *error, size_t error_max)
{
    struct setting s = {.config = config, .text = text, .error_max = error_max};
    char near[MODEL_TEXT_MAX];
    s.error = error;
    s.place = model_key_place(config, path, &s.key);
    if (s.place != NULL)
        return kinds[s.key->kind].set(&s);
    if (s.key != NULL && s.key->kind == KIND_STRUCTURE)
        return complain(&s, "%.*s cannot be set by a text", SHOWN_MAX, path);
    if (s.key != NULL)
        return complain(&s, "%.*s: there is no entry of that name", SHOWN_MAX, path);
    if (model_key_nearest(path, near, sizeof near))
        return complain(&s, "there is no %.*s: did you mean %s?", SHOWN_MAX, path, near);
    return complain(&s, "there is no %.*s", SHOWN_MAX, path);
}

bool model_config_get(const struct model_world_config *config, const char *path, char *out,
                      size_t out_max)
{
    const struct model_key *key;
    const void *const place = model_key_find_place(config, path, &key);
    if (place == NULL)
        return false;
    kinds[key->kind].get(key, place, out, out_max);
    return true;
}
