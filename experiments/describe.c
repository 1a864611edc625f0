/* SPDX-License-Identifier: MIT
 * `ikelab describe`: the reference, printed from the tables the program itself
 * reads by, so that it cannot be out of date. */
#include "experiments/commands.h"
#include "experiments/paths.h"
#include "ike/algo.h"
#include "ike/v2/collision.h"
#include "ike/v2/registry.h"
#include "ike/v2/rules.h"
#include "ike/why.h"
#include "results/results.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 96, LINE_TEXT = 1024, MS = 1000000 };

/* Text in lines of at most WIDTH columns, each but the first indented. */
static void wrapped(const char *text, int indent)
{
    size_t column = (size_t)indent;
    for (const char *word = text; *word != '\0';) {
        const size_t len = strcspn(word, " ");
        if (column > (size_t)indent && column + len + 1 > WIDTH) {
            (void)printf("\n%*s", indent, "");
            column = (size_t)indent;
        } else if (column > (size_t)indent) {
            (void)putchar(' ');
            column++;
        }
        (void)printf("%.*s", (int)len, word);
        column += len;
        word += len + strspn(word + len, " ");
    }
    (void)putchar('\n');
}

static const char *kind_name(const struct model_key *key)
{
    /* clang-format off */
    static const char *const names[] = {
        [KIND_TIME] = "time", [KIND_EVENTS] = "rate", [KIND_BITRATE] = "bit rate", [KIND_BYTES] = "size",
        [KIND_SHARE] = "share", [KIND_COUNT] = "count", [KIND_FACTOR] = "factor", [KIND_SCALE] = "factor",
        [KIND_BOOL] = "yes or no", [KIND_CHOICE] = "", [KIND_TEXT] = "text", [KIND_NAME_OF] = "",
        [KIND_ADDRESS] = "address", [KIND_PREFIX] = "prefix", [KIND_PREFIXES] = "prefixes",
        [KIND_PROPOSALS] = "proposals",
        [KIND_SELECTORS] = "selectors", [KIND_ARRIVALS] = "arrivals", [KIND_DELAY] = "time, or trace FILE", [KIND_RATE] = "rate, or [[time, rate], ...]",
        [KIND_SPANS] = "[[from, until], ...]",
        [KIND_MACHINE] = "machine", [KIND_IMPLEMENTATION] = "implementation", [KIND_STRUCTURE] = "list or map",
    };
    /* clang-format on */
    return names[key->kind];
}

/* "time, 1ms to 24h, or auto": what may stand there. */
static void what_may_stand(const struct model_key *key, char *out)
{
    size_t len = (size_t)snprintf(out, LINE_TEXT, "%s", kind_name(key));
    if (key->kind == KIND_NAME_OF)
        len += (size_t)snprintf(out + len, LINE_TEXT - len, "a name among %s", key->words);
    if (key->low != NULL && key->high != NULL)
        len += (size_t)snprintf(out + len, LINE_TEXT - len, ", %s to %s", key->low, key->high);
    const bool words =
        key->words != NULL && key->kind != KIND_NAME_OF && key->kind != KIND_PROPOSALS;
    for (const char *word = words ? key->words : ""; *word != '\0' && len < LINE_TEXT;) {
        const size_t end = strcspn(word, "|");
        const size_t name = strcspn(word, "=|");
        len += (size_t)snprintf(out + len, LINE_TEXT - len, "%s%.*s", len > 0 ? " or " : "",
                                (int)name, word);
        word += end + (word[end] == '|' ? 1 : 0);
    }
}

static void describe_key(const struct model_key *key)
{
    char kind[LINE_TEXT];
    what_may_stand(key, kind);
    (void)printf("  %s\n      ", key->path);
    (void)printf("%s", kind);
    if (key->fallback == NULL)
        (void)printf("; must be given\n      ");
    else
        (void)printf("; default %s\n      ", key->fallback);
    wrapped(key->meaning, 6);
}

static bool is_ours(const char *path)
{
    for (size_t i = 0; i < study_key_count; i++)
        if (strcmp(study_keys[i].path, path) == 0)
            return true;
    return false;
}

static void example_and_note(void)
{
    (void)printf(
        "\nAn experiment is a YAML file; this one is whole, and can be copied:\n\n"
        "    question: Do cookies at 100 half-open SAs help against 2,000 requests a second?\n"
        "    for: 30s\n"
        "    seeds: 5\n"
        "    gateways: {vpn: {cores: 2, implementation: strongswan-5.9, cookies: {at: 100}}}\n"
        "    clients: {honest: {to: vpn, arrivals: poisson 10/s}}\n"
        "    attackers: {flood: {to: vpn, rate: 2000/s, from: 5s, until: 15s}}\n"
        "    sweep: {gateways.vpn.cookies.at: [never, 100]}\n"
        "    show: [table]\n\n"
        "Any path below can be set with --set PATH=VALUE; those with a value of their own can be\n"
        "swept: sweep: {PATH: [A, B]} makes a point of each combination, sweep: {zip: [{PATH: [A, "
        "B],\n"
        "OTHER: [C, D]}]} walks lists together.\n\n"
        "What runs must find: `ikelab describe checks`.\n");
}

static void describe_checks(void)
{
    (void)printf(
        "CHECKS, what runs must find, in the list `check`\n\n"
        "    check:\n"
        "      - {name: blocking, metric: half_open_refused_share, theory: erlang-b, within: 2%%}\n"
        "      - {name: control, metric: success_share, where: {gateways.vpn.cookies.at: never},\n"
        "         some: below 50%%}\n"
        "      - {name: times, metric: [tunnel_setup_time_p50, tunnel_setup_time_p95],\n"
        "         alike: network.kind, within: 1%%}\n"
        "      - {name: all-else, metric: \"*\", except: [tunnel_setup_time_p50, events],\n"
        "         alike: network.kind, within: 0%%}\n\n"
        "Each has a name, a metric (`ikelab describe metrics`) or a list of them, each of which "
        "is\n"
        "checked, and one of theory, some, all and alike.\n\n"
        "theory: NAME   A closed form (`ikelab describe theories`). It passes at a point when the\n"
        "               expected value lies within the 95 %% interval of the mean over seeds,\n"
        "               widened by the tolerance, and when that interval is no wider to either\n"
        "               side than the tolerance itself.\n"
        "within:        The tolerance: 2%% of the expected value, 0.5pp percentage points, 50us; "
        "of\n"
        "               a list the largest.\n"
        "some, all      `below 50%%` or `above 5ms`: the whole interval, at some point or at all.\n"
        "alike: PATH    A swept path makes no difference: each point against the one with its "
        "first\n"
        "               value, and all else alike (what is zipped with the path moves with it),\n"
        "               seed by seed; the mean of the differences is judged as a theory's value "
        "is\n"
        "               that says nought. A metric that a seed has at one of the two only is a\n"
        "               difference. metric: \"*\" is every metric that some run tells, of "
        "everyone\n"
        "               who tells it, but for those that `except` lists; its tolerance is a "
        "share.\n"
        "where:         Paths and their values: only points that have them. [A, B]: any of these.\n"
        "of: NAME       Whose metric it is when there are several.\n");
}

static void describe_keys(void)
{
    (void)printf("KEYS OF AN EXPERIMENT (* stands for a name you give)\n");
    example_and_note();
    (void)printf("\nOf the study:\n");
    for (size_t i = 0; i < study_key_count; i++)
        describe_key(&study_keys[i]);
    char section[64] = "";
    (void)printf("\nOf the world:\n");
    for (size_t i = 0; i < model_key_count; i++) {
        const struct model_key *key = &model_keys[i];
        const char *star = strstr(key->path, ".*.");
        const size_t len = star != NULL ? (size_t)(star - key->path) : 0;
        if (is_ours(key->path) || key->kind == KIND_STRUCTURE)
            continue;
        if (star != NULL && (strlen(section) != len || strncmp(section, key->path, len) != 0)) {
            (void)snprintf(section, sizeof section, "%.*s", (int)len, key->path);
            (void)printf("\n%c%s:\n", section[0] - 'a' + 'A', section + 1);
        }
        describe_key(key);
    }
}

static void describe_metrics(void)
{
    (void)printf("METRICS, in the table `metric` and for checks (name, unit, of whom)\n\n");
    for (size_t i = 0; i < SIM_METRIC_COUNT; i++) {
        const struct sim_metric_row *row = &sim_metric_rows[i];
        (void)printf("  %-26s %-7s %-9s", row->name, row->unit, row->who);
        wrapped(row->meaning, 45);
    }
    (void)printf("\nLevels over time, in the table `series`\n\n");
    for (size_t i = 0; i < SIM_SERIES_COUNT; i++)
        (void)printf("  %-26s %-7s %s\n", sim_series_rows[i].name, sim_series_rows[i].unit,
                     sim_series_rows[i].meaning);
}

static void figure_name(void *owner, const char *name)
{
    (void)owner;
    (void)printf("  %s\n", name);
}

static void describe_figures(void)
{
    (void)printf("FIGURES, each a .sql and a .gp file in %s\n\n", paths_figures());
    results_figures(paths_figures(), figure_name, NULL);
}

static void described(const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    (void)printf("      %s", label);
    wrapped(text, 6 + (int)strlen(label));
}

static void describe_theories(void)
{
    (void)printf("THEORIES, closed forms that checks compare with\n");
    for (size_t i = 0; i < model_theory_count; i++) {
        (void)printf("\n  %s, of %s\n", model_theories[i].name, model_theories[i].metric);
        described("assumes ", model_theories[i].assumes);
        described("from ", model_theories[i].source);
    }
}

static void describe_machines(void)
{
    (void)printf(
        "MACHINES, what cryptography costs; also the path of a profile by `ikelab calibrate`\n");
    for (size_t i = 0; i < model_machine_count; i++) {
        (void)printf("\n  %s\n", model_machines[i].name);
        described("", model_machines[i].meaning);
        described("from ", model_machines[i].source);
    }
    (void)printf("\nIMPLEMENTATIONS, what a daemon spends around its cryptography\n");
    for (size_t i = 0; i < model_implementation_count; i++) {
        const struct sim_implementation *c = &model_implementations[i].costs;
        (void)printf("\n  %s\n", model_implementations[i].name);
        described("", model_implementations[i].meaning);
        (void)printf(
            "      ns: datagram %u, answer %u, half-open SA %u, established SA %u, refusal %u, "
            "timer %u\n",
            c->datagram_ns, c->answer_ns, c->half_open_ns, c->established_ns, c->refused_ns,
            c->expired_ns);
        if (c->cold_after_ns > 0)
            (void)printf(
                "      ns more, of memory cold by and by within %u ms: turn %u, half-open SA %u\n",
                c->cold_after_ns / MS, c->cold_ns, c->half_open_cold_ns);
        if (c->half_open_each_ns > 0)
            (void)printf("      ns for each half-open SA on a list: datagram %u; SA made %u, timed "
                         "out %u, both %.1f times that when cold\n",
                         c->datagram_each_ns, c->half_open_each_ns, c->expired_each_ns,
                         1 + c->each_cold_milli / 1000.0);
        if (c->workers > 0)
            (void)printf("      threads: %u serve, to wake one that sleeps takes %u ns%s\n",
                         c->workers, c->woken_ns,
                         c->receiver_ppm > 0 ? "; one more receives; IKE_AUTH is served last" : "");
        (void)printf("      octets: half-open SA %u, established SA %u\n", c->half_open_bytes,
                     c->established_bytes);
        described("from ", model_implementations[i].source);
    }
}

static void describe_algorithms(void)
{
    (void)printf("ALGORITHMS, as proposals name them: aes256gcm16-prfsha256-x25519\n\n");
    for (size_t i = 1; i < ike_algo_count; i++)
        (void)printf("  %-18s %-26s %s\n", ike_algos[i].name, ike_algos[i].title,
                     ike_algos[i].source);
}

/* Payloads of P() bits by name: "SA KE Nonce". */
static void print_payloads(uint32_t bits)
{
    for (int type = PAYLOAD_FIRST; type <= PAYLOAD_LAST; type++)
        if ((bits & P(type)) != 0)
            (void)printf(" %s", ike_payload_name((uint8_t)type));
}

/* The state machine: a line a transition, in the order in which they are tried. */
static void print_rules(void)
{
    const struct ike_rule *rule;
    (void)printf("RULES, which message may come in which state, and what is true then\n\n");
    for (size_t i = 0; (rule = ike_rule_at(i)) != NULL; i++) {
        (void)printf("  %-11s -> %-11s  %-13s %s ", ike_state_name(rule->state),
                     ike_state_name(rule->then), ike_exchange_name(rule->exchange),
                     rule->from == REQUEST ? "request " : "response");
        print_payloads(rule->must);
        if ((rule->may & ~rule->must) != 0) {
            (void)printf(" [");
            print_payloads(rule->may & ~rule->must);
            (void)printf(" ]");
        }
        (void)printf("\n");
    }
    (void)printf("\nN and V may stand in any message; what is in brackets may be there.\n\n");
}

/* What is refused while something of ours is going on; all else is answered as usual. */
static void print_collisions(void)
{
    static const char *const asked[] = {"a new Child SA", "to rekey a Child SA",
                                        "to rekey the IKE SA"};
    (void)printf("COLLISIONS, what a peer asks while we are busy, and what it is answered\n\n");
    for (size_t i = 0; i < ike_collision_count; i++) {
        const struct ike_collision *const row = &ike_collisions[i];
        (void)printf("  %-20s while we %-18s %-18s %s\n", asked[row->request],
                     ike_task_name(row->ours), ike_notify_name(ike_why_row(row->why)->notify),
                     row->source);
    }
    (void)printf("\n");
}

static void describe_ike(void)
{
    print_rules();
    print_collisions();
    (void)printf("REASONS a message is refused for, as `refusal` rows name them\n\n");
    for (int i = 0; i < IKE_WHY_COUNT; i++) {
        const struct ike_why_row *row = ike_why_row((enum ike_why)i);
        (void)printf("  %-22s %s\n", row->name, row->source);
    }
    (void)printf("\nNOTIFIES the engine can name\n\n");
    for (uint16_t i = 0; i < ike_notify_row_count; i++)
        (void)printf("  %5u  %-32s %s\n", ike_notify_rows[i].id, ike_notify_rows[i].name,
                     ike_notify_rows[i].source);
}

/* clang-format off */
static const struct { const char *name; void (*print)(void); const char *meaning; } topics[] = {
    { "keys",       describe_keys,       "every setting of an experiment, with an example" },
    { "metrics",    describe_metrics,    "what is measured" },
    { "figures",    describe_figures,    "what can be drawn" },
    { "checks",     describe_checks,     "what runs must find: theories, bounds, likeness" },
    { "theories",   describe_theories,   "closed forms that runs are checked against" },
    { "machines",   describe_machines,   "cost profiles, both halves" },
    { "algorithms", describe_algorithms, "names for proposals" },
    { "ike",        describe_ike,        "rules, reasons and notifies of the engine" },
};
/* clang-format on */
enum { TOPICS = sizeof topics / sizeof topics[0] };

/* Keys by the beginning of their path, or any part of it: "cookies", "gateways.*.inbox". */
static bool describe_some_keys(const char *word)
{
    bool any = false;
    for (size_t i = 0; i < study_key_count; i++)
        if (strstr(study_keys[i].path, word) != NULL) {
            describe_key(&study_keys[i]);
            any = true;
        }
    for (size_t i = 0; i < model_key_count; i++)
        if (strstr(model_keys[i].path, word) != NULL || model_key_find(word) == &model_keys[i]) {
            describe_key(&model_keys[i]);
            any = true;
        }
    return any;
}

int command_describe(int argc, char **argv)
{
    struct options options;
    if (!options_read(&options, argc, argv, 0))
        return EXIT_USAGE;
    if (options.help || options.word_count == 0) {
        (void)printf("Usage: ikelab describe TOPIC, or a key or a part of one\n\n");
        for (size_t i = 0; i < TOPICS; i++)
            (void)printf("  %-12s %s\n", topics[i].name, topics[i].meaning);
        return EXIT_DONE;
    }
    const char *word = options.words[0];
    struct nearest nearest;
    nearest_open(&nearest, word);
    for (size_t i = 0; i < TOPICS; i++) {
        nearest_try(&nearest, topics[i].name);
        if (strcmp(word, topics[i].name) == 0) {
            topics[i].print();
            return EXIT_DONE;
        }
    }
    if (describe_some_keys(word))
        return EXIT_DONE;
    (void)fprintf(stderr, "ikelab describe: \"%s\" is no topic and no key: %s%s\n", word,
                  nearest.best != NULL ? "did you mean " : "see `ikelab describe`",
                  nearest.best != NULL ? nearest.best : "");
    return EXIT_USAGE;
}
