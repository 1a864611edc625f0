/* SPDX-License-Identifier: MIT
 * Numbers with units. All is integer arithmetic on decimal digits: what is
 * written in an experiment is what is computed with, on every machine. */
#include "models/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 40, FRACTION_DIGITS = 9, EXPONENT_MAX = 18 };
enum { BILLION = 1000000000 };

struct unit {
    const char *text;
    uint64_t times; /* value = number x times / over */
    uint64_t over;
    enum model_kind kind;
    bool shown; /* may be used when writing; the kind's first one always can */
};

/* Of each kind, the smallest shown first. */
/* clang-format off */
static const struct unit units[] = {
    { "ns",      1,              1,    KIND_TIME,    true  },
    { "us",      1000,           1,    KIND_TIME,    true  },
    { "µs",      1000,           1,    KIND_TIME,    false },
    { "ms",      1000000,        1,    KIND_TIME,    true  },
    { "s",       BILLION,        1,    KIND_TIME,    true  },
    { "min",     60000000000,    1,    KIND_TIME,    false },
    { "h",       3600000000000,  1,    KIND_TIME,    true  },
    { "d",       86400000000000, 1,    KIND_TIME,    false },
    { "/s",      1000000,        1,    KIND_EVENTS,  true  },
    { "/min",    1000000,        60,   KIND_EVENTS,  false },
    { "/h",      1000000,        3600, KIND_EVENTS,  false },
    { "bit/s",   1,              1,    KIND_BITRATE, true  },
    { "kbit/s",  1000,           1,    KIND_BITRATE, true  },
    { "Mbit/s",  1000000,        1,    KIND_BITRATE, true  },
    { "Gbit/s",  BILLION,        1,    KIND_BITRATE, true  },
    { "B",       1,              1,    KIND_BYTES,   true  },
    { "kB",      1000,           1,    KIND_BYTES,   false },
    { "KiB",     1024,           1,    KIND_BYTES,   true  },
    { "MB",      1000000,        1,    KIND_BYTES,   false },
    { "MiB",     1048576,        1,    KIND_BYTES,   true  },
    { "GB",      BILLION,        1,    KIND_BYTES,   false },
    { "GiB",     1073741824,     1,    KIND_BYTES,   true  },
    { "%",       10000000,       1,    KIND_SHARE,   true  },
    { "ppm",     1000,           1,    KIND_SHARE,   false },
    { "ppb",     1,              1,    KIND_SHARE,   false },
    { "",        1,              1,    KIND_COUNT,   true  },
    { "",        1000,           1,    KIND_FACTOR,  true  },
    { "%",       10,             1,    KIND_FACTOR,  false },
    { "",        1000000,        1,    KIND_SCALE,   true  },
    { "%",       10000,          1,    KIND_SCALE,   false },
};

static const struct {
    enum model_kind kind;
    const char *title;
    const char *example;
} kinds[] = {
    { KIND_TIME,           "duration",          "30s, 10ms or 1h" },
    { KIND_EVENTS,         "rate",              "5000/s or 10/min" },
    { KIND_BITRATE,        "bit rate",          "100Mbit/s or 64kbit/s" },
    { KIND_BYTES,          "size",              "208KiB or 1500B" },
    { KIND_SHARE,          "share",             "0.1% or 25%" },
    { KIND_COUNT,          "whole number",      "1000 or 1e6" },
    { KIND_FACTOR,         "factor",            "1.8" },
    { KIND_SCALE,          "factor",            "1.1" },
    { KIND_BOOL,           "yes or no",         "yes or no" },
    { KIND_CHOICE,         "choice",            "one of its words" },
    { KIND_TEXT,           "text",              "any text" },
    { KIND_NAME_OF,        "name",              "the name of an entry" },
    { KIND_ADDRESS,        "address",           "auto, 192.0.2.1 or 2001:db8::1" },
    { KIND_PREFIX,         "prefix",            "auto, 10.1.0.0/16 or 2001:db8:1::/48" },
    { KIND_PREFIXES,       "list of prefixes",  "none, or 10.64.0.0/10, 2001:db8::/64" },
    { KIND_PROPOSALS,      "list of proposals", "aes256gcm16-prfsha256-x25519" },
    { KIND_SELECTORS,      "list of selectors", "10.1.0.0/16, 192.0.2.1[tcp/80]" },
    { KIND_ARRIVALS,       "arrival process",
      "poisson 20/s, uniform 20/s, burst 100 every 10s or trace FILE" },
    { KIND_DELAY,          "duration",          "30s, 10ms or trace FILE" },
    { KIND_RATE,           "rate over time",    "2000/s, or [[0s, 0/s], [10s, 2000/s]]" },
    { KIND_SPANS,          "list of spans",     "none, or [[10s, 12s], [30s, 31s]]" },
    { KIND_MACHINE,        "machine profile",   "a profile's name, or a path with a slash" },
    { KIND_IMPLEMENTATION, "implementation",    "a profile's name" },
    { KIND_STRUCTURE,      "list or map",       "a list or map, as in the shipped experiments" },
};
/* clang-format on */
enum {
    UNIT_COUNT = sizeof units / sizeof units[0],
    KIND_COUNT_OF = sizeof kinds / sizeof kinds[0]
};

const char *model_kind_example(enum model_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT_OF; i++)
        if (kinds[i].kind == kind)
            return kinds[i].example;
    return "";
}

const char *model_kind_title(enum model_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT_OF; i++)
        if (kinds[i].kind == kind)
            return kinds[i].title;
    return "";
}

bool model_kind_is_number(enum model_kind kind)
{
    return kind <= KIND_SCALE;
}

/* A decimal number as digits; the point stands before digit number `point`. */
struct decimal {
    uint8_t digits[DIGITS_MAX];
    int count;
    int point;
};

static bool digit_add(struct decimal *d, char c)
{
    if (d->count == DIGITS_MAX)
        return false;
    d->digits[d->count++] = (uint8_t)(c - '0');
    return true;
}

static const char *exponent_parse(const char *at, struct decimal *d)
{
    const bool minus = at[1] == '-';
    const char *p = at + (at[1] == '-' || at[1] == '+' ? 2 : 1);
    int exponent = 0;
    if (!isdigit((unsigned char)*p))
        return at; /* no exponent: the e belongs to what follows */
    for (; isdigit((unsigned char)*p) && exponent <= EXPONENT_MAX; p++)
        exponent = exponent * 10 + (*p - '0');
    if (exponent > EXPONENT_MAX)
        return NULL;
    d->point += minus ? -exponent : exponent;
    return p;
}

/* Digits, with a point and an exponent if there are any; what follows them, NULL: no number. */
static const char *decimal_parse(const char *text, struct decimal *d)
{
    const char *p = text;
    *d = (struct decimal){.count = 0};
    for (; isdigit((unsigned char)*p); p++)
        if (!digit_add(d, *p))
            return NULL;
    if (d->count == 0)
        return NULL;
    d->point = d->count;
    if (*p == '.') {
        if (!isdigit((unsigned char)p[1]))
            return NULL;
        for (p++; isdigit((unsigned char)*p); p++)
            if (!digit_add(d, *p))
                return NULL;
    }
    return *p == 'e' || *p == 'E' ? exponent_parse(p, d) : p;
}

static uint8_t digit_at(const struct decimal *d, int place)
{
    return place >= 0 && place < d->count ? d->digits[place] : 0;
}

/* number x times / over, rounded; false when it does not fit. Digits beyond the ninth after the
 * point do not count. */
static bool decimal_scale(const struct decimal *d, const struct unit *unit, uint64_t *out)
{
    uint64_t whole = 0;
    uint64_t part = 0;
    for (int i = 0; i < d->point; i++)
        if (__builtin_mul_overflow(whole, UINT64_C(10), &whole) ||
            __builtin_add_overflow(whole, digit_at(d, i), &whole))
            return false;
    for (int i = 0; i < FRACTION_DIGITS; i++)
        part = part * 10 + digit_at(d, d->point + i);

    /* part x times / 1e9 without overflow: by the high and the low half of `times`. */
    const uint64_t high = unit->times / BILLION;
    const uint64_t low = unit->times % BILLION;
    const uint64_t fraction = part * high + (part * low + BILLION / 2) / BILLION;
    uint64_t total;
    if (__builtin_mul_overflow(whole, unit->times, &total) ||
        __builtin_add_overflow(total, fraction, &total) ||
        __builtin_add_overflow(total, unit->over / 2, &total))
        return false;
    *out = total / unit->over;
    return true;
}

static bool is_zero(const struct decimal *d)
{
    for (int i = 0; i < d->count; i++)
        if (d->digits[i] != 0)
            return false;
    return true;
}

/* A count has nothing behind the point. */
static bool is_whole(const struct decimal *d)
{
    for (int i = d->point < 0 ? 0 : d->point; i < d->count; i++)
        if (d->digits[i] != 0)
            return false;
    return true;
}

bool model_quantity_parse(enum model_kind kind, const char *text, uint64_t *out)
{
    struct decimal d;
    const char *rest = decimal_parse(text, &d);
    if (rest == NULL || !model_kind_is_number(kind) || (kind == KIND_COUNT && !is_whole(&d)))
        return false;
    while (*rest == ' ')
        rest++;
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].kind == kind && strcmp(units[i].text, rest) == 0)
            return decimal_scale(&d, &units[i], out);
    if (*rest != '\0' || !is_zero(&d))
        return false;
    *out = 0; /* nought is nought in any unit */
    return true;
}

/* value / times as a decimal without needless zeros; exact, as `times` is a power of ten here. */
static void write_decimal(const struct unit *unit, uint64_t value, char *out, size_t out_max)
{
    char fraction[24];
    uint64_t rest = value % unit->times;
    size_t len = 0;
    for (uint64_t place = unit->times / 10; rest != 0 && place > 0; place /= 10) {
        fraction[len++] = (char)('0' + rest / place);
        rest %= place;
    }
    fraction[len] = '\0';
    (void)snprintf(out, out_max, "%" PRIu64 "%s%s%s", value / unit->times, len > 0 ? "." : "",
                   fraction, unit->text);
}

void model_quantity_format(enum model_kind kind, uint64_t value, char *out, size_t out_max)
{
    const struct unit *best = NULL;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        const struct unit *const unit = &units[i];
        if (unit->kind != kind || !unit->shown)
            continue;
        if (best == NULL || (value != 0 && value % unit->times == 0))
            best = unit;
    }
    if (best == NULL)
        (void)snprintf(out, out_max, "%" PRIu64, value);
    else
        write_decimal(best, value, out, out_max);
}

/* Arrivals. */

static const char *const processes[] = {
    [MODEL_POISSON] = "poisson", [MODEL_UNIFORM] = "uniform", [MODEL_BURST] = "burst"};

/* Splits at blanks; the number of words, or max + 1. */
static size_t words_of(char *text, char **words, size_t max)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *w = strtok_r(text, " \t", &rest); w != NULL; w = strtok_r(NULL, " \t", &rest)) {
        if (count == max)
            return max + 1;
        words[count++] = w;
    }
    return count;
}

static bool burst_parse(char *const *words, size_t count, struct model_arrivals *out)
{
    out->process = MODEL_BURST;
    return count == 4 && strcmp(words[2], "every") == 0 &&
           model_quantity_parse(KIND_COUNT, words[1], &out->burst) && out->burst > 0 &&
           out->burst <= UINT32_MAX && model_quantity_parse(KIND_TIME, words[3], &out->every_ns) &&
           out->every_ns > 0;
}

bool model_trace_parse(const char *text, char name[MODEL_NAME_MAX])
{
    static const char word[] = "trace ";
    if (strncmp(text, word, sizeof word - 1) != 0)
        return false;
    text += sizeof word - 1;
    text += strspn(text, " ");
    const size_t len = strlen(text);
    if (len == 0 || len >= MODEL_NAME_MAX)
        return false;
    memcpy(name, text, len + 1);
    return true;
}

bool model_arrivals_parse(const char *text, struct model_arrivals *out)
{
    char room[MODEL_TEXT_MAX];
    char *words[4];
    if (strlen(text) >= sizeof room)
        return false;
    memcpy(room, text, strlen(text) + 1);
    const size_t count = words_of(room, words, 4);
    memset(out, 0, sizeof *out);
    if (model_trace_parse(text, out->trace)) {
        out->process = MODEL_TRACED;
        return true;
    }
    if (count < 2 || count > 4)
        return false;
    if (strcmp(words[0], processes[MODEL_BURST]) == 0)
        return burst_parse(words, count, out);
    if (strcmp(words[0], processes[MODEL_UNIFORM]) == 0)
        out->process = MODEL_UNIFORM;
    else if (strcmp(words[0], processes[MODEL_POISSON]) != 0)
        return false;
    return count == 2 && model_quantity_parse(KIND_EVENTS, words[1], &out->rate_micro);
}

void model_arrivals_format(const struct model_arrivals *arrivals, char *out, size_t out_max)
{
    char number[48];
    char every[48];
    if (arrivals->process == MODEL_BURST) {
        model_quantity_format(KIND_COUNT, arrivals->burst, number, sizeof number);
        model_quantity_format(KIND_TIME, arrivals->every_ns, every, sizeof every);
        (void)snprintf(out, out_max, "burst %s every %s", number, every);
    } else if (arrivals->process == MODEL_TRACED) {
        (void)snprintf(out, out_max, "trace %s", arrivals->trace);
    } else {
        model_quantity_format(KIND_EVENTS, arrivals->rate_micro, number, sizeof number);
        (void)snprintf(out, out_max, "%s %s", processes[arrivals->process], number);
    }
}

/* Rates over time. */

static const char *skip(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n')
        p++;
    return p;
}

/* Reads one quantity that ends before `end`; what follows that, or NULL. */
static const char *part_parse(const char *p, char end, enum model_kind kind, uint64_t *out)
{
    char room[64] = "";
    const char *const stop = strchr(p, end);
    if (stop == NULL)
        return NULL;
    size_t len = (size_t)(stop - p);
    while (len > 0 && p[len - 1] == ' ')
        len--;
    if (len >= sizeof room)
        return NULL;
    memcpy(room, p, len);
    room[len] = '\0';
    return model_quantity_parse(kind, room, out) ? skip(stop + 1) : NULL;
}

/* Two quantities of a list; what follows, or NULL. */
struct pair {
    uint64_t first;
    uint64_t second;
};

static const char *pair_parse(const char *p, enum model_kind second, struct pair *out)
{
    p = *p == '[' ? part_parse(skip(p + 1), ',', KIND_TIME, &out->first) : NULL;
    return p != NULL ? part_parse(p, ']', second, &out->second) : NULL;
}

/* "[[30s, SECOND], …]" into at most `max` pairs; how many there are, 0 when it is no such list. */
static uint64_t pairs_parse(const char *p, enum model_kind second, struct pair *out, uint64_t max)
{
    uint64_t count = 0;
    if (*p != '[')
        return 0;
    p = skip(p + 1);
    while (p != NULL && *p != ']' && count < max) {
        p = pair_parse(p, second, &out[count++]);
        if (p != NULL && *p == ',')
            p = skip(p + 1);
        else if (p != NULL && *p != ']')
            return 0;
    }
    return p != NULL && *p == ']' && *skip(p + 1) == '\0' ? count : 0;
}

static void pairs_format(const struct pair *pairs, uint64_t count, enum model_kind second,
                         char *out, size_t out_max)
{
    char at[48];
    char number[48];
    size_t len = 0;
    for (uint64_t i = 0; i < count && len < out_max; i++) {
        model_quantity_format(KIND_TIME, pairs[i].first, at, sizeof at);
        model_quantity_format(second, pairs[i].second, number, sizeof number);
        len += (size_t)snprintf(out + len, out_max - len, "%s[%s, %s]", i == 0 ? "[" : ", ", at,
                                number);
    }
    if (len < out_max)
        (void)snprintf(out + len, out_max - len, "]");
}

bool model_rate_parse(const char *text, struct model_rate *out)
{
    const char *const p = skip(text);
    struct pair pairs[MODEL_PROFILE_MAX];
    memset(out, 0, sizeof *out);
    if (*p != '[') {
        out->count = 1;
        return model_quantity_parse(KIND_EVENTS, p, &out->at[0].rate_micro);
    }
    out->count = pairs_parse(p, KIND_EVENTS, pairs, MODEL_PROFILE_MAX);
    for (uint64_t i = 0; i < out->count; i++) {
        out->at[i] =
            (struct model_rate_point){.at_ns = pairs[i].first, .rate_micro = pairs[i].second};
        if (i > 0 && pairs[i].first <= pairs[i - 1].first)
            return false;
    }
    return out->count > 0;
}

void model_rate_format(const struct model_rate *rate, char *out, size_t out_max)
{
    struct pair pairs[MODEL_PROFILE_MAX];
    if (rate->count == 1 && rate->at[0].at_ns == 0) {
        model_quantity_format(KIND_EVENTS, rate->at[0].rate_micro, out, out_max);
        return;
    }
    for (uint64_t i = 0; i < rate->count; i++)
        pairs[i] = (struct pair){rate->at[i].at_ns, rate->at[i].rate_micro};
    pairs_format(pairs, rate->count, KIND_EVENTS, out, out_max);
}

bool model_spans_parse(const char *text, struct sim_outages *out)
{
    struct pair pairs[SIM_OUTAGES_MAX];
    memset(out, 0, sizeof *out);
    if (strcmp(skip(text), "none") == 0)
        return true;
    out->count = pairs_parse(skip(text), KIND_TIME, pairs, SIM_OUTAGES_MAX);
    for (uint64_t i = 0; i < out->count; i++) {
        out->at[i].from_ns = pairs[i].first;
        out->at[i].until_ns = pairs[i].second;
    }
    return out->count > 0 && sim_outages_are_in_order(out);
}

void model_spans_format(const struct sim_outages *spans, char *out, size_t out_max)
{
    struct pair pairs[SIM_OUTAGES_MAX];
    if (spans->count == 0)
        (void)snprintf(out, out_max, "none");
    for (uint64_t i = 0; i < spans->count; i++)
        pairs[i] = (struct pair){spans->at[i].from_ns, spans->at[i].until_ns};
    if (spans->count > 0)
        pairs_format(pairs, spans->count, KIND_TIME, out, out_max);
}
