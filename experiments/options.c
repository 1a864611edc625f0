/* SPDX-License-Identifier: MIT
 * Reading the command line: `--name value`, `--name=value`, and words. */
#include "experiments/options.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *name;
    unsigned bit;
    const char *value; /* what it is followed by; NULL: nothing */
    const char *meaning;
};

/* clang-format off */
static const struct row rows[] = {
    { "--set",     OPTION_SET,   "PATH=VALUE", "sets any key of the experiment, as often as you like; a swept path is\n"
      "                       then not swept; sweep.PATH=[A,B] sweeps over other values" },
    { "--seeds",   OPTION_SET,   "N",          "runs of each point (same as --set seeds=N)" },
    { "--network", OPTION_SET,   "KIND",       "same as --set network.kind=KIND" },
    { "--crypto",  OPTION_SET,   "KIND",       "modelled or openssl (same as --set crypto=KIND)" },
    { "--jobs",    OPTION_RUN,   "N",          "worker processes; as many as there are cores unless given" },
    { "-o",        OPTION_RUN,   "FILE.db",    "the database; ./NAME.db unless given" },
    { "--resume",  OPTION_RUN,   NULL,         "goes on with a database that is there: only runs it lacks are done" },
    { "--pcap",    OPTION_RUN,   "DIR",        "writes a capture of each traced run, with its decryption table" },
    { "--json",    OPTION_JSON,  NULL,         "machine-readable lines on standard output" },
    { "--csv",     OPTION_CSV,   NULL,         "commas instead of aligned columns" },
    { "--summary", OPTION_INSPECT, NULL,       "one line a message" },
    { "--keys",    OPTION_INSPECT, "FILE",     "keys of IKE SAs, as Wireshark's ikev2_decryption_table has them" },
    { "--port",    OPTION_INSPECT, "N",        "a UDP port that carries IKE besides 500 and 4500" },
    { "--once",    OPTION_ONCE,  NULL,         "shows it once and ends" },
    { "--quiet",   OPTION_QUIET, NULL,         "no progress, no summary" },
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };

/* A few keys have an option of their own. */
static const char *key_of(const char *name)
{
    /* clang-format off */
    static const struct { const char *name, *path; } shorts[] = {
        { "--seeds", "seeds" }, { "--network", "network.kind" }, { "--crypto", "crypto" },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++)
        if (strcmp(shorts[i].name, name) == 0)
            return shorts[i].path;
    return NULL;
}

/* Of an option that a key has, `path` is the key, and `text` its value. */
static bool set_add(struct options *o, const char *path, const char *text)
{
    if (o->set_count == STUDY_SETS_MAX) {
        (void)fprintf(stderr, "ikelab: at most %d --set, --seeds, --network and --crypto\n",
                      STUDY_SETS_MAX);
        return false;
    }
    if (path != NULL) {
        char *const made = o->made[o->set_count];
        if (snprintf(made, sizeof o->made[0], "%s=%s", path, text) >= (int)sizeof o->made[0]) {
            (void)fprintf(stderr, "ikelab: %.40s: there is no value so long\n", made);
            return false;
        }
        text = made;
    }
    o->sets[o->set_count++] = text;
    return true;
}

static bool take(struct options *o, const char *name, const char *value)
{
    uint64_t count = 0;
    const char *const path = key_of(name);
    if (path != NULL || strcmp(name, "--set") == 0)
        return set_add(o, path, value);
    if (strcmp(name, "--jobs") == 0) {
        if (!model_quantity_parse(KIND_COUNT, value, &count) || count < 1 || count > 256) {
            (void)fprintf(stderr, "ikelab: --jobs %s: wanted is a count from 1 to 256\n", value);
            return false;
        }
        o->jobs = (uint32_t)count;
    } else if (strcmp(name, "--port") == 0) {
        if (!model_quantity_parse(KIND_COUNT, value, &count) || count < 1 || count > UINT16_MAX) {
            (void)fprintf(stderr, "ikelab: --port %s: wanted is a number from 1 to 65535\n", value);
            return false;
        }
        o->port = (uint16_t)count;
    } else if (strcmp(name, "-o") == 0) {
        o->output = value;
    } else if (strcmp(name, "--keys") == 0) {
        o->keys = value;
    } else if (strcmp(name, "--pcap") == 0) {
        o->pcap = value;
    }
    o->resume = o->resume || strcmp(name, "--resume") == 0;
    o->json = o->json || strcmp(name, "--json") == 0;
    o->quiet = o->quiet || strcmp(name, "--quiet") == 0;
    o->summary = o->summary || strcmp(name, "--summary") == 0;
    o->once = o->once || strcmp(name, "--once") == 0;
    o->csv = o->csv || strcmp(name, "--csv") == 0;
    return true;
}

static const struct row *row_named(const char *name, size_t len, unsigned bits)
{
    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].bit & bits) != 0 && strlen(rows[i].name) == len &&
            strncmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return NULL;
}

static bool unknown(const char *command, const char *word, size_t len, unsigned bits)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)(len < 60 ? len : 60), word);
    struct nearest nearest;
    nearest_open(&nearest, name);
    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].bit & bits) != 0)
            nearest_try(&nearest, rows[i].name);
    if (nearest.best != NULL)
        (void)fprintf(stderr, "ikelab %s: there is no option %s: did you mean %s?\n", command, name,
                      nearest.best);
    else
        (void)fprintf(stderr, "ikelab %s: there is no option %s: see `ikelab %s --help`\n", command,
                      name, command);
    return false;
}

bool options_read(struct options *options, int argc, char **argv, unsigned bits)
{
    *options = (struct options){.jobs = 0};
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (only_words || word[0] != '-' || word[1] == '\0') {
            if (options->word_count == OPTIONS_WORDS_MAX) {
                (void)fprintf(stderr, "ikelab %s: at most %d names at once\n", argv[0],
                              OPTIONS_WORDS_MAX);
                return false;
            }
            options->words[options->word_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            options->help = true;
            return true;
        }
        const size_t len = strncmp(word, "--", 2) == 0 ? strcspn(word, "=") : strlen(word);
        const struct row *row = row_named(word, len, bits);
        if (row == NULL)
            return unknown(argv[0], word, len, bits);
        const bool joined = word[len] == '=';
        const bool missing = row->value != NULL && !joined && i + 1 == argc;
        if (missing || (row->value == NULL && joined)) {
            (void)fprintf(stderr, "ikelab %s: %s %s %s\n", argv[0], row->name,
                          missing ? "wants" : "takes no value", missing ? row->value : "");
            return false;
        }
        const char *value = joined ? word + len + 1 : "";
        if (row->value != NULL && !joined)
            value = argv[++i];
        if (!take(options, row->name, value))
            return false;
    }
    return true;
}

void options_help(unsigned bits)
{
    (void)printf("\nOptions:\n");
    for (size_t i = 0; i < ROWS; i++) {
        if ((rows[i].bit & bits) == 0)
            continue;
        char left[40];
        (void)snprintf(left, sizeof left, "%s %s", rows[i].name,
                       rows[i].value != NULL ? rows[i].value : "");
        (void)printf("  %-20s %s\n", left, rows[i].meaning);
    }
    (void)printf("  %-20s %s\n", "--help", "this text");
}
