/* SPDX-License-Identifier: MIT
 * The one table of keys: every setting of a run, with its path, kind,
 * range, default and meaning. Reading, error messages, --set, sweeps and
 * `ikelab describe` all come from it. What is said of a study as a whole
 * (seeds, sweep, checks) is the reader's. Values are text with units here; the
 * reader of YAML is not this file's business. */
#ifndef MODELS_KEYS_H
#define MODELS_KEYS_H

#include "models/world.h"

#include <stddef.h>

enum model_kind {
    KIND_TIME,      /* "30s", "10ms", "1h" -> ns */
    KIND_EVENTS,    /* "5000/s", "10/min" -> per second x 1e6 */
    KIND_BITRATE,   /* "100Mbit/s" -> bit/s */
    KIND_BYTES,     /* "208KiB", "1500B" -> octets */
    KIND_SHARE,     /* "0.1%" -> parts per billion */
    KIND_COUNT,     /* "1000", "1e6" */
    KIND_FACTOR,    /* "1.8" -> thousandths */
    KIND_SCALE,     /* "1.1" -> millionths */
    KIND_BOOL,      /* yes, no, true, false */
    KIND_CHOICE,    /* one of `words`, stored as an int's number */
    KIND_TEXT,      /* into a char array of `size` */
    KIND_NAME_OF,   /* a text that must name an entry of the section `words`: "gateways", "links" */
    KIND_ADDRESS,   /* "auto", or an address */
    KIND_PREFIX,    /* "auto", or a prefix */
    KIND_PROPOSALS, /* ike_offer_parse must like each, separated by commas */
    KIND_PREFIXES,  /* "none", or prefixes separated by commas */
    KIND_SELECTORS, /* ike_selector_from_text must like each, separated by commas */
    KIND_ARRIVALS,  /* struct model_arrivals */
    KIND_DELAY,     /* struct model_delay: "20ms", or "trace NAME" */
    KIND_RATE,      /* struct model_rate: "2000/s", or "[[0s, 0/s], [10s, 2000/s]]" */
    KIND_SPANS,     /* struct sim_outages: "none", or "[[10s, 12s], [30s, 31s]]" */
    KIND_MACHINE,   /* a profile's name or a path with a slash */
    KIND_IMPLEMENTATION,
    KIND_STRUCTURE, /* lists and maps read by the experiment reader itself; not settable by text */
};

struct model_key {
    const char *path; /* "gateways.*.cookies.at"; "*" stands for a name given in the file */
    enum model_kind kind;
    const char *words; /* CHOICE: "poisson|uniform"; numbers: words with a meaning,
                          "never=4294967295|always=0"; PROPOSALS: "ike" or "esp"; NAME_OF: the
                          section */
    const char *low;   /* text, inclusive; NULL: none */
    const char *high;
    const char *fallback; /* text; NULL: must be given */
    size_t offset;        /* into the section's struct, or model_world_config */
    size_t size;          /* of the member */
    const char *meaning;
};

extern const struct model_key model_keys[];
extern const size_t model_key_count;

/* The sections whose members have names of their own: links, gateways, clients, attackers,
 * background. */
struct model_section {
    const char *name;
    size_t array_offset; /* into model_world_config */
    size_t count_offset;
    size_t entry_size;
    uint32_t max; /* entries */
};
extern const struct model_section model_sections[];
extern const size_t model_section_count;

/* Every key's row of the table, NULL: no such. `path` has real names: "gateways.vpn.cores". */
const struct model_key *model_key_find(const char *path);
/* The known path, or front part of one, nearest to a misspelt one, written with the names of
 * `path`; false when none is near: at most 3 letters away, and a third of what is misspelt. */
bool model_key_nearest(const char *path, char *out, size_t out_max);

/* A config with every default that does not belong to a named entry. */
void model_config_open(struct model_world_config *config);
/* Adds an entry with its defaults to a section; false when there are too many or the name is no
 * name (letters, digits, - and _, first a letter, not "none"). Finding an existing one is fine. */
bool model_config_add(struct model_world_config *config, const char *section, const char *name);
bool model_config_has(const struct model_world_config *config, const char *section,
                      const char *name);
/* What `trace NAME` speaks of; NULL: there is none of that name. */
const struct model_timeline *model_timeline_named(const struct model_world_config *config,
                                                  const char *name);
/* Sets one key from text. On trouble false, and into `error` what is wrong and what would be right:
 * "\"5 parsecs\" is no duration: write it like 30s, 10ms or 1h, from 1ms to 24h". */
bool model_config_set(struct model_world_config *config, const char *path, const char *text,
                      char *error, size_t error_max);
/* The value as text that model_config_set reads back to the same. */
bool model_config_get(const struct model_world_config *config, const char *path, char *out,
                      size_t out_max);
/* Reads one number of a kind; for others than keys (tolerances, --jobs). */
bool model_quantity_parse(enum model_kind kind, const char *text, uint64_t *out);
void model_quantity_format(enum model_kind kind, uint64_t value, char *out, size_t out_max);
const char *model_kind_example(enum model_kind kind); /* "30s, 10ms or 1h" */

#endif
