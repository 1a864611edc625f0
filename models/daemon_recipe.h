/* SPDX-License-Identifier: MIT
 * What a recipe is made of, and how its texts are filled in. Within models only. */
#ifndef MODELS_DAEMON_RECIPE_H
#define MODELS_DAEMON_RECIPE_H

#include "ike/algo.h"
#include "models/daemon.h"

/* A text that grows to the end of its room and no further. */
struct model_text {
    char *at;
    size_t max;
    size_t len;
    bool cut; /* something did not fit */
};

void text_put(struct model_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* RFC 7468 2, in lines of 64. */
void text_put_pem(struct model_text *text, const char *label, struct ike_bytes octets);

/* What stands for a placeholder. Nothing: the line that has ${NAME} is left out, $[NAME] is left
 * empty. */
typedef void recipe_put_fn(struct model_text *out, const struct model_wish *wish);
enum recipe_kind {
    BY_PUT,
    IKE_PROPOSALS,
    ESP_PROPOSALS,
    TEXT,    /* a pointer, nothing when NULL */
    TEXT_IN, /* an array */
    LIMIT,   /* IKE_UNLIMITED is a number too large to come to */
    COUNT,   /* 0 is nothing, as in those below */
    SECONDS, /* rounded up */
    SECONDS_OR_0,
    MILLIS,      /* of nanoseconds, rounded down */
    THOUSANDTHS, /* "1.800" */
    YES_NO,
};
struct recipe_holder {
    const char *name;
    recipe_put_fn *put; /* BY_PUT */
    enum recipe_kind kind;
    size_t offset; /* of the member of the wish */
};
enum recipe_when { ALWAYS, KEYLESS, SIGNS, EACH_AUTHORITY };

/* In a path and a text of EACH_AUTHORITY `#` stands for its number from 0 on. */
struct recipe_file {
    enum recipe_when when;
    const char *path;
    const char *text;
};

/* Words between single blanks. */
struct recipe_command {
    enum model_errand errand;
    enum recipe_when when;
    const char *words;
};

/* What a number of an answer is part of: */
enum recipe_part {
    ESTABLISHED = 1,
    NOT_ESTABLISHED = 2,
    HALF_OPEN = 4,
    NOT_HALF_OPEN = 8,
    CHILDREN = 16,
    COOKIES_ON = 32,
};

/* The beginning of a line, blanks before it left out: `#` is a number, `~` an s that may be there,
 * `*` anything up to what follows. Without a number such lines are counted. */
struct recipe_answer {
    enum model_errand errand;
    const char *line;
    uint8_t parts[5]; /* of each number */
};

/* How an algorithm is called within proposals; NULL: it has none such. */
struct recipe_spelling {
    const char *ike;
    const char *esp;
};

typedef bool recipe_proposals_fn(const struct ike_offer *offers, uint8_t count, bool esp,
                                 struct model_text *out, const char **lacking);

/* Its words on what a key asks. */
typedef const char *recipe_objection_fn(const struct model_wish *wish);
struct recipe_key {
    const char *key;                /* "cookies.at", of gateways or clients */
    recipe_objection_fn *objection; /* NULL: all it may ask can be had */
};

struct model_recipe {
    const char *name;
    const char *title;
    const char *const *packages;
    const char *const *programs;
    const char *libraries;
    const char *wants;
    const struct recipe_file *root_files; /* end with a path of NULL, as all these tables do */
    const char *const *memory;            /* mounted in memory beside what all have */
    const char *const *environment;       /* but for the libraries; at most 4 */
    const struct recipe_file *files;
    const struct recipe_holder *holders;
    const struct recipe_command *commands;
    const struct recipe_answer *answers;
    const struct recipe_key *keys; /* that it has a setting for */
    recipe_proposals_fn *proposals;
    uint32_t auths;      /* AUTH() of each that it does, */
    uint32_t peer_auths; /* and takes from the other end */
    bool carries;        /* packets, by ESP of its own */
    bool no_chains;      /* it looks for the other end's intermediates among its own files alone */
};

#define AUTH(how)    (UINT32_C(1) << (how))
#define AUTHS_RSA    (AUTH(KEY_TYPE_RSA2048) | AUTH(KEY_TYPE_RSA3072) | AUTH(KEY_TYPE_RSA4096))
#define AUTHS_ECDSA  (AUTH(KEY_TYPE_ECDSA256) | AUTH(KEY_TYPE_ECDSA384) | AUTH(KEY_TYPE_ECDSA521))
#define AUTHS_SIGNED (AUTHS_RSA | AUTHS_ECDSA | AUTH(KEY_TYPE_ED25519) | AUTH(KEY_TYPE_ED448))
#define AUTHS_EAP    (UINT32_C(0x1f) << MODEL_EAP)

extern const struct model_recipe model_strongswan, model_libreswan, model_openiked;

/* ---- common words of texts ---- */

extern const struct recipe_holder recipe_holders[]; /* that all recipes have */

void recipe_put(struct model_text *out, const struct model_recipe *recipe,
                const struct model_wish *wish, const struct recipe_holder *holder);
void put_psk(struct model_text *out, const struct model_wish *wish); /* 0x and digits */
uint64_t seconds_of(uint64_t ns);                                    /* rounded up */
bool whole_seconds(uint64_t ns);
bool wish_signs(const struct model_wish *wish);
const char *eap_word(enum model_auth auth);  /* "md5"; NULL: not by EAP */
const char *auth_word(enum model_auth auth); /* as keys have it */
/* The list of a wish's selectors or prefixes, each after `before` and joined by `between`. */
void put_list(struct model_text *out, const char *list, const char *before, const char *between);

/* Objections that several have (recipe_objection_fn). */
const char *objects_part_seconds(const struct model_wish *wish); /* of liveness */
const char *objects_fragment(const struct model_wish *wish);     /* of other lengths than 576 */
const char *objects_address(const struct model_wish *wish);      /* of IPv6 */
/* Of an offer in which some ciphers are AEADs and some are not. */
const char *objects_mixed_aeads(const struct ike_offer *offer);

/* How the algorithms of an offer are put. */
struct recipe_join {
    const struct recipe_spelling *spelling; /* by enum ike_algo_row; NULL: our own */
    bool esp;
    const char *before; /* each */
    const char *between;
};
/* Those of one type. False: there is no such word, *lacking is what it has none for. */
bool put_algos(struct model_text *out, const struct ike_offer *offer, enum ike_transform_type type,
               const struct recipe_join *join, const char **lacking);
uint8_t offer_count(const struct ike_offer *offer, enum ike_transform_type type);
uint8_t offer_aeads(const struct ike_offer *offer);
bool offer_has_algo(const struct ike_offer *offer, uint8_t algo);

/* A wish's proposals as the daemon spells them. False: it has not all of them, *lacking says what:
 * a name, or what all of them are to have. */
bool model_daemon_proposals(const struct model_recipe *recipe, const char *proposals, bool esp,
                            struct model_text *out, const char **lacking);

#endif
