/* SPDX-License-Identifier: MIT
 * Real daemons as data: what each is made of, what it is told, how it is asked.
 * A recipe is tables and texts with placeholders, one file for each daemon
 * (daemon_strongswan.c and its like); a wish is what an experiment's keys ask of
 * one. Nothing is started, read or written here: who runs a daemon does (as
 * live_gateway.c), in this order:
 *
 *     model_wish_of_gateway(config, gateway, &wish);      and model_daemon_judge
 *     model_daemon_mounts(recipe, &place, mounts);        in a namespace of its own
 *     model_daemon_files(recipe, &wish, take, owner);     written below the mounts in memory
 *     model_daemon_command(recipe, … ERRAND_PREPARE, i …) each to its end, within the root
 *     model_daemon_command(recipe, … ERRAND_START, 0 …)    stays
 *     model_daemon_command(recipe, … ERRAND_READY, 0 …)    again until it succeeds
 *     model_daemon_command(recipe, … ERRAND_LOAD, i …)     each to its end
 *     model_daemon_command(recipe, … ERRAND_LEVELS, i …)   its output to model_daemon_read
 *     model_daemon_command(recipe, … ERRAND_STOP, 0 …)     or SIGTERM */
#ifndef MODELS_DAEMON_H
#define MODELS_DAEMON_H

#include "models/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_daemon_limits {
    MODEL_DAEMON_PATH_MAX = MODEL_DAEMON_PLACE_MAX, /* a path of the machine */
    MODEL_DAEMON_FILE_MAX = 16384,
    MODEL_DAEMON_WORDS_MAX = 32,
    MODEL_DAEMON_MOUNTS_MAX = 16,
    MODEL_AUTHORITIES_MAX = MODEL_THINGS_MAX + 5,
};

/* The order of the words of `gateways.*.daemon`. */
enum model_daemon { MODEL_STRONGSWAN, MODEL_LIBRESWAN, MODEL_OPENIKED, MODEL_DAEMONS };
_Static_assert((int)MODEL_DAEMONS == (int)MODEL_DAEMON_KINDS, "a world has a place for each");

struct model_recipe;
extern const struct model_recipe *const model_recipes[MODEL_DAEMONS];

/* NULL: there is none of that name. */
const struct model_recipe *model_recipe_named(const char *name);
const char *model_recipe_name(const struct model_recipe *recipe);  /* "strongswan" */
const char *model_recipe_title(const struct model_recipe *recipe); /* "strongSwan" */
/* Debian packages whose files it is made of; ends with NULL. The first is the daemon's own, whose
 * version is the daemon's. */
const char *const *model_recipe_packages(const struct model_recipe *recipe);
/* Paths within its root of the programs a run starts; the first is the daemon. Ends with NULL. */
const char *const *model_recipe_programs(const struct model_recipe *recipe);
/* Where its own libraries are within its root, as LD_LIBRARY_PATH has it: */
const char *model_recipe_libraries(const struct model_recipe *recipe);
/* and the folder there of those that its packages have among the machine's. */
extern const char model_own_libraries[];
/* What it wants of the kernel and some kernels lack, "ESP by netlink XFRM"; NULL: nothing. */
const char *model_recipe_wants(const struct model_recipe *recipe);
/* It carries packets by ESP of its own, in user space; false: ESP is the kernel's. */
bool model_recipe_carries(const struct model_recipe *recipe);
/* Small files that its root must have, which no package brings: path and text by number; false: no
 * more. */
bool model_recipe_root_file(const struct model_recipe *recipe, size_t number, const char **path,
                            const char **text);
/* Folders that must be there to mount on. Ends with NULL. */
extern const char *const model_root_folders[];

/* ---- where it is, and what is shown to it ---- */

/* Absolute paths of the machine. */
struct model_place {
    const char *root;      /* as `ikelab live setup` leaves it */
    const char *libraries; /* the machine's shared libraries, shown in the root at the same path */
    const char *stand_in;  /* a preloaded library that answers for the kernel; NULL: none */
};

struct model_mount {
    char at[MODEL_DAEMON_PATH_MAX]; /* of the machine: below the root */
    const char *from;               /* NULL: an empty file system in memory */
};

/* What is mounted below the root, in this order; how many. */
size_t model_daemon_mounts(const struct model_recipe *recipe, const struct model_place *place,
                           struct model_mount out[MODEL_DAEMON_MOUNTS_MAX]);

/* Its own addresses behind the tunnel, one in each network of a list of selectors, the first: its
 * routes lead over them, and its kernel answers echo requests there. How many. */
enum { MODEL_DAEMON_INSIDE_MAX = 8 };
uint32_t model_daemon_inside(const char *selectors, struct ike_addr out[MODEL_DAEMON_INSIDE_MAX]);

/* ---- what is asked of it ---- */

/* Texts live as long as the wish. */
struct model_wish {
    const char *local;         /* its address; NULL: any of its own */
    const char *remote;        /* the other end's; NULL: anyone */
    char local_id[96];         /* NAME.test, or user@NAME.test */
    char remote_id[96];        /* empty: anyone */
    const char *psk;           /* as a key has it; NULL: none */
    enum model_auth auth;      /* its own, */
    enum model_auth peer_auth; /* and the other end's */
    const char *certificate;   /* its own, its key and whose it believes, as PEM texts; */
    const char *key;           /* NULL where it does not sign */
    const char *authorities[MODEL_AUTHORITIES_MAX]; /* roots first, then its own intermediates */
    size_t authority_count;
    char peer_authority[96]; /* the other end's, by name; empty: any */
    const char *proposals;   /* as keys have them */
    const char *esp;
    const char *local_ts;     /* selectors, separated by commas; NULL: its address */
    const char *remote_ts;    /* NULL: whatever address the other end has */
    const char *pool;         /* inner addresses to give, prefixes; NULL: none */
    bool wants_address;       /* an inner IPv4 address, of a client, */
    bool wants_other_address; /* or one of IPv6 */
    uint64_t cookies_at;      /* half-open SAs; IKE_UNLIMITED: never */
    uint64_t half_open_limit; /* IKE_UNLIMITED: none, the next too */
    uint64_t half_open_per_address;
    uint64_t half_open_lists;      /* that share them; 0: its own number */
    uint64_t half_open_timeout_ns; /* 0: its own, and all below but where it says something else */
    uint64_t liveness_ns;          /* 0: never */
    struct model_rekey rekey;
    uint64_t keepalive_ns; /* behind a NAT, of a client; UINT64_MAX: never */
    uint64_t fragment;     /* longest IP datagram; 0: no fragments */
    uint64_t eap_fragment; /* longest EAP packet with TLS in it */
    uint64_t eap_tls;      /* its version, 2 or 3; 0: any */
    uint64_t eap_within;   /* what TTLS carries: enum ike_eap_type; 0: MS-CHAP-V2 without EAP */
    uint64_t retransmit_first_ns;
    uint64_t retransmit_factor_milli;
    uint64_t retransmit_sends;
    uint64_t threads;
    bool mobike;
    bool force_encapsulation;
    bool transport_mode;
    bool eap_unnamed;         /* a gateway that asks for no EAP identity before the method */
    bool eap_only;            /* by which the gateway is authenticated too */
    bool old_signatures;      /* its own by methods of RFC 7296 2.15, */
    bool peer_old_signatures; /* and the other end's */
    bool quiet;               /* logs SAs only, not each datagram, where it can be told so */
    bool kernel_esp; /* the kernel's, or its stand-in's, where the daemon has one of its own too */
};

/* What a gateway's keys ask of a daemon in its place. */
void model_wish_of_gateway(const struct model_world_config *config,
                           const struct model_gateway *gateway, struct model_wish *out);
/* And a population's of a daemon that is one of these clients. */
void model_wish_of_clients(const struct model_world_config *config,
                           const struct model_clients *clients, struct model_wish *out);

/* Says of each key that asks what this daemon has no setting for what it lacks: how many. `path` is
 * "gateways.NAME" or "clients.NAME". Keys at their defaults ask for nothing: the daemon's own way
 * stands. */
size_t model_daemon_judge(const struct model_recipe *recipe,
                          const struct model_world_config *config, const char *path,
                          model_complain_fn *complain, void *owner);

/* ---- its configuration ---- */

/* `path` is within the root and below a mount in memory, `text` ends with NUL. False ends it. */
typedef bool model_file_fn(void *owner, const char *path, const char *text);
/* All its files, one after the other; false: `take` said so, or a text is too long. A wish that was
 * not judged may come out as a configuration that the daemon refuses; never as another wish. */
bool model_daemon_files(const struct model_recipe *recipe, const struct model_wish *wish,
                        model_file_fn *take, void *owner);
/* ---- its commands ---- */

enum model_errand {
    ERRAND_PREPARE,
    ERRAND_START,
    ERRAND_READY, /* succeeds once it listens */
    ERRAND_LOAD,
    ERRAND_INITIATE,
    ERRAND_LEVELS, /* says how many SAs there are, at little cost */
    ERRAND_LIST,   /* says of each */
    ERRAND_END,    /* ends its SAs */
    ERRAND_STOP,
    ERRANDS,
};

struct model_errand_at {
    enum model_errand errand;
    size_t number;
};

struct model_words {
    const char *argv[MODEL_DAEMON_WORDS_MAX + 1]; /* run in the root; ends with NULL, as the next */
    const char *environment[8];
    char room[1024];
};

/* Number `number` of the commands for an errand, from 0 on; false: there is no such. The wish says
 * whether it signs and with how many authorities, and the place whether there is a stand-in. */
bool model_daemon_command(const struct model_recipe *recipe, const struct model_wish *wish,
                          const struct model_place *place, struct model_errand_at at,
                          struct model_words *out);

/* ---- what it answers ---- */

#define MODEL_UNTOLD UINT64_MAX

struct model_levels {
    uint64_t established; /* IKE SAs; MODEL_UNTOLD: it has not said, as all */
    uint64_t half_open;
    uint64_t children;
    uint64_t cookies_on; /* 1 while it asks for them, or 0 */
};

/* Reads what the commands of ERRAND_LEVELS or ERRAND_LIST printed, whatever it is: what is not
 * understood is passed over. What the errand does not tell stays as it is in `out`. */
void model_daemon_read(const struct model_recipe *recipe, enum model_errand errand,
                       const char *text, size_t len, struct model_levels *out);
extern const struct model_levels model_untold; /* to begin with */

#endif
