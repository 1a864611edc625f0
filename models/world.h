/* SPDX-License-Identifier: MIT
 * One run: the resolved description of who is out there, and the world made of
 * it. The experiment reader fills the description through the table of keys
 * (keys.h); a C program may fill it itself. */
#ifndef MODELS_WORLD_H
#define MODELS_WORLD_H

#include "models/costs.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/reassembly.h"
#include "sim/record.h"

#include <stdbool.h>
#include <stdint.h>

enum model_limits {
    MODEL_NAME_MAX = 64,
    MODEL_TEXT_MAX = 256,
    MODEL_SECRET_MAX =
        2 + 2 * IKE_PSK_MAX + 1, /* RFC 7296 2.15: 64 characters, in hexadecimal too */
    MODEL_THINGS_MAX = 16,       /* gateways, client populations, attackers, background: each */
    MODEL_LINKS_MAX = 128,
    MODEL_PROFILE_MAX = 32,       /* points of a rate over time */
    MODEL_LIVE_RATE_MAX = 100000, /* datagrams a second of one who sends them, in real time */
    MODEL_TIMELINES_MAX = 16,
    MODEL_PATH_MAX = 256,
    MODEL_MORE_ROUNDS = 2, /* authentications after the first */
};

/* The last: the one that `carrier` names, in real time, with real daemons at its ends. */
enum model_network { MODEL_LINKS, MODEL_NS3, MODEL_LIVE };
enum model_late { MODEL_LATE_NOTED, MODEL_LATE_FAILS };
enum { MODEL_DAEMON_KINDS = 3, MODEL_DAEMON_PLACE_MAX = 1200 };
enum model_crypto { MODEL_MODELLED, MODEL_OPENSSL };
/* Between the first two, rows of ike_key_types: by a signature with such a key. */
enum model_auth {
    MODEL_PSK,
    MODEL_NULL = KEY_TYPE_COUNT,
    MODEL_AUTH_AUTO,
    MODEL_NO_AUTH = MODEL_AUTH_AUTO, /* of a further round: there is none */
    MODEL_EAP, /* from here on by EAP, the methods in the order of ike_eap_method_at */
};

/* Times, or times with delays that hold from then on, by name. */
struct model_timeline {
    char name[MODEL_NAME_MAX];
    const struct sim_moment *at; /* in order; outlives every copy of the description */
    uint32_t count;
    bool delays;
};

/* `20ms`, or `trace NAME`: what the links has at each time, with the first as `ns`. */
struct model_delay {
    uint64_t ns;
    char trace[MODEL_NAME_MAX]; /* empty: always the same */
    const struct sim_moment *at;
    uint32_t count;
};

/* What a link is made of: enum sim_medium, and a cell, which is a line that holds up. */
enum model_access { MODEL_LINE, MODEL_CELLULAR, MODEL_CSMA, MODEL_WIFI };

struct model_link {
    char name[MODEL_NAME_MAX];
    enum model_access kind;
    char from[MODEL_NAME_MAX]; /* nodes; "auto": one called as the link is */
    char to[MODEL_NAME_MAX];
    uint64_t rate_bps;
    uint64_t rate_back_bps;   /* from `to` to `from`; 0: the same */
    struct model_delay delay; /* one way */
    uint64_t jitter_ns;
    struct sim_impairments impairments;
    uint64_t queue_packets; /* 0: unlimited */
    uint64_t queue_bytes;   /* 0: unlimited */
    uint64_t frame;         /* octets */
    uint64_t mtu;
    enum sim_oversize oversize;
    enum sim_down down;
    enum sim_aqm aqm;
    bool no_udp;
};

/* What a gateway does with TCP (RFC 9329 2). */
struct model_listen {
    bool listen;
    uint64_t backlog;     /* connections begun and not acknowledged */
    uint64_t connections; /* of all kinds */
};

/* Who stands behind a gateway and is asked by it. */
struct model_behind {
    uint64_t latency_ns; /* SIM_NEVER: nobody is asked */
    uint64_t jitter_ns;
    uint64_t fails_ppb; /* questions that are answered with nothing */
};

enum model_process { MODEL_POISSON, MODEL_UNIFORM, MODEL_BURST, MODEL_TRACED };

/* `poisson 20/s`, `uniform 20/s`, `burst 100 every 10s`, `trace NAME` */
struct model_arrivals {
    enum model_process process;
    uint64_t rate_micro; /* events per second x 1e6 */
    uint64_t burst;      /* how many at once */
    uint64_t every_ns;
    char trace[MODEL_NAME_MAX]; /* one at each of its times */
    const struct sim_moment *at;
    uint32_t count;
};

/* When an end rekeys what it has used for so long, or so much of; 0: never. */
struct model_rekey {
    uint64_t ike_ns;
    uint64_t child_ns;
    uint64_t octets; /* of a Child SA */
    uint64_t packets;
    uint64_t jitter_ppb; /* each time is shortened at random by up to this part of it */
};

/* How an end keeps its inbound ESP SAs. */
struct model_esp {
    uint64_t window; /* of the anti-replay window */
    uint64_t linger_ns;
};

enum model_traffic_kind { MODEL_TRAFFIC_UDP, MODEL_TRAFFIC_ECHO };

/* What each client that is up sends through its tunnel. */
struct model_traffic {
    enum model_traffic_kind kind;
    struct model_arrivals arrivals; /* rate 0: nothing */
    uint64_t size;                  /* octets of an inner packet */
    bool back;                      /* each that comes is sent back */
    uint64_t stray_ppb;             /* so many say that somebody else sends them */
    uint64_t rest_ns;               /* no client sends at the end of the run */
};

/* How EAP goes between clients who do it and their gateway. */
struct model_eap {
    uint64_t certificates; /* row of ike_key_types: the keys of both ends' TLS certificates */
    uint64_t tls;          /* enum ike_tls_version */
    uint64_t within;       /* what TTLS carries: enum ike_eap_type; 0: MS-CHAP-V2 without EAP */
    uint64_t fragment;     /* octets of a packet with TLS in it */
    bool identity;         /* the gateway asks who they are first */
    bool only;             /* the gateway is authenticated by it too (RFC 5998 3) */
};

/* Whom a gateway sends to another one, and when. */
enum model_redirect_when { MODEL_IN_INIT, MODEL_IN_AUTH, MODEL_IN_SESSION };
struct model_redirect {
    char to[MODEL_NAME_MAX]; /* empty: nobody */
    enum model_redirect_when when;
    uint64_t at; /* from so many established IKE SAs on */
    uint64_t grace_ns;
};

/* How an end's certificates may be had, where the other end looks them up (RFC 7296 3.6). */
enum model_urls { MODEL_NO_URLS, MODEL_URL_EACH, MODEL_URL_BUNDLE };

/* What an end speaks beyond the least; nothing of it: all zero, nobody to look up at, and a window
 * of one. */
struct model_abilities {
    bool childless;    /* RFC 6023 3 */
    bool crash_tokens; /* RFC 6290 4, gives and takes them */
    bool tell_unknown; /* RFC 7296 2.21.4 */
    uint64_t hints_ns; /* ICMP about a peer silent so long is heeded (RFC 7296 2.4); 0: none is */
    uint64_t invalid_selectors_ns; /* INVALID_SELECTORS, of a Child SA once in so long; 0: none */
    bool single_pair;              /* RFC 7296 2.9 */
    bool old_signatures;           /* not RFC 7427 3's */
    bool tell_methods;             /* RFC 9593 3 */
    enum ike_hash hash;            /* the one the other end may sign with; HASH_NONE: any */
    uint64_t ipcomp;               /* transform to ask for, or agree to; 0: none */
    bool no_tfc;
    bool non_first_fragments;
    bool sync_ids; /* RFC 6311 5 */
    bool sync_replay;
    uint64_t window;
    uint64_t children_max; /* 0: no such limit */
    uint64_t rekeys_most;  /* of the other end, in each: */
    uint64_t rekeys_span_ns;
    uint64_t vendor_ids;
    struct model_behind lookup; /* has the certificates of the other end */
    enum model_urls urls;
    bool settable; /* RFC 7296 3.15.1: its version, by the other end */
    bool sets;
};

/* Proposals as text, "aes256gcm16-prfsha256-x25519, aes128-sha256-modp2048". */
struct model_gateway {
    char name[MODEL_NAME_MAX];
    char address[MODEL_NAME_MAX]; /* "auto", or an address of either family */
    char at[MODEL_NAME_MAX];      /* a node */
    uint64_t daemon;              /* 0: ours; 1 and on: a real one, enum model_daemon + 1 */
    uint64_t cores;
    char machine[MODEL_PATH_MAX]; /* a profile's name, or the path of one calibrate printed */
    char implementation[MODEL_NAME_MAX];
    uint64_t inbox_bytes;
    struct sim_reassembly_config ip_reassembly;
    uint64_t sa_max;
    uint64_t cookies_at;  /* IKE_UNLIMITED: never */
    uint64_t cookies_off; /* IKE_UNLIMITED: half of `at`, rounded up */
    uint64_t cookies_hold_ns;
    uint64_t cookies_secret_ns;
    uint64_t cookies_overlap_ns;
    uint64_t puzzles_at; /* IKE_UNLIMITED: never */
    uint64_t puzzles_bits;
    uint64_t puzzles_bits_max;
    uint64_t puzzles_legacy_ppb;
    uint64_t puzzles_auth_bits; /* 0: none in IKE_AUTH */
    uint64_t puzzles_auth_from_ppb;
    uint64_t half_open_limit;       /* IKE_UNLIMITED: none */
    uint64_t half_open_per_address; /* IKE_UNLIMITED: none */
    uint64_t half_open_timeout_ns;
    uint64_t half_open_lists;   /* that share them */
    uint64_t liveness_ns;       /* 0: never */
    struct sim_outages outages; /* it is not there, and its SAs are gone; */
    bool outage_silent;         /* nor does its host say so by ICMP */
    char proposals[MODEL_TEXT_MAX];
    char esp[MODEL_TEXT_MAX];
    char selectors[MODEL_TEXT_MAX]; /* what the gateway protects */
    char psk[MODEL_SECRET_MAX];
    enum model_auth auth; /* MODEL_AUTH_AUTO: as its first clients */
    uint64_t certificate_chain;
    struct model_rekey rekey;
    struct model_esp esp_sas;
    uint64_t reuse_ns; /* 0: never */
    bool derive_late;
    char ppk[MODEL_SECRET_MAX]; /* "none" */
    bool ppk_required;
    uint64_t fragment; /* longest IP datagram; 0: no fragments */
    uint64_t reassembly_limit;
    uint64_t reassembly_bytes;
    uint64_t reassembly_timeout_ns;
    enum ike_ticket_kind tickets;
    uint64_t ticket_life_ns;
    uint64_t ticket_key_ns;      /* 0: with each lifetime */
    uint64_t tickets_stored;     /* 0: as many as SAs */
    uint64_t tickets_remembered; /* 0: none */
    uint64_t ticket_answer_max;  /* 0: any length */
    bool force_encapsulation;
    bool transport_mode;
    bool mobike;               /* addresses of its clients may change */
    bool routability;          /* and they are asked whether they are there */
    char pool[MODEL_TEXT_MAX]; /* "none", or prefixes */
    uint64_t dns;              /* name servers told of */
    uint64_t auth_lifetime_ns; /* 0: never */
    struct model_listen tcp;
    struct model_redirect redirect;
    struct model_behind aaa; /* does EAP for it */
    struct model_behind crl; /* has the revocation lists of its clients' authorities */
    bool crl_strict;
    struct model_abilities abilities;
    uint64_t cost_scale_ppm; /* every cost multiplied by this: 1,000,000 as the profile says */
};

/* What a client does when an attempt ended short: `give-up`, or `retry` after a wait. */
enum model_refused { MODEL_GIVE_UP, MODEL_RETRY };

/* What of the other end the mappings of a NAT depend on, enum sim_nat_kind one on. */
enum model_nat_kind { MODEL_NO_NAT, MODEL_NAT_INDEPENDENT, MODEL_NAT_ADDRESS, MODEL_NAT_SYMMETRIC };

/* One NAT before all of a population. */
struct model_nat {
    enum model_nat_kind kind;
    char address[MODEL_NAME_MAX]; /* "auto", or its address outside */
    uint64_t ports;
    uint64_t timeout_ns; /* of a mapping; 0: never */
    uint64_t rebind_ns;  /* all are forgotten so often; 0: never */
};

/* How a client leaves: its SA deleted, or without a word, as a computer that is put to sleep. */
enum model_leave { MODEL_DELETE, MODEL_SILENT };

/* Which address a client has within its tunnel. */
enum model_address {
    MODEL_OWN_ADDRESS,
    MODEL_IPV4_ADDRESS,
    MODEL_IPV6_ADDRESS,
    MODEL_BOTH_ADDRESSES
};

struct model_clients {
    char name[MODEL_NAME_MAX];
    char to[MODEL_NAME_MAX];
    char via[MODEL_NAME_MAX];    /* a link; empty: none */
    char prefix[MODEL_NAME_MAX]; /* "auto", or the prefix they own */
    uint64_t daemon;             /* 1 + row of model_recipes: one client, a real one; 0: ours */
    struct model_nat nat;
    enum ike_tcp_use transport;
    uint64_t udp_sends;    /* before TCP is tried; 0: all */
    uint64_t keepalive_ns; /* 0: none */
    uint64_t liveness_ns;  /* 0: never */
    struct model_arrivals arrivals;
    uint64_t from_ns;
    uint64_t until_ns;    /* SIM_NEVER: the end less one patience */
    uint64_t count_max;   /* attempts at most; IKE_UNLIMITED: none */
    uint64_t patience_ns; /* of one attempt */
    enum model_refused refused;
    uint64_t retry_ns; /* mean wait before the next try, exponential */
    uint64_t retries;  /* further tries at most */
    uint64_t stay_ns;  /* leaves after so long; SIM_NEVER: stays */
    enum model_leave leave;
    uint64_t reconnect_ns; /* comes back so long after its SA went; SIM_NEVER: does not */
    bool resume;           /* by a ticket, if it has one */
    enum model_auth auth;
    enum model_auth more[MODEL_MORE_ROUNDS]; /* after that (RFC 4739 2.2) */
    struct model_eap eap;
    uint64_t certificate_chain; /* intermediates */
    uint64_t children;          /* Child SAs of each attempt */
    struct model_rekey rekey;
    struct model_esp esp_sas;
    struct model_traffic traffic;
    char proposals[MODEL_TEXT_MAX];
    char esp[MODEL_TEXT_MAX];
    char first_group[MODEL_NAME_MAX]; /* "auto": the first proposed */
    char selectors[MODEL_TEXT_MAX];   /* of the far side; their own is their address */
    char psk[MODEL_SECRET_MAX];
    char ppk[MODEL_SECRET_MAX]; /* "none" */
    bool ppk_required;
    uint64_t fragment; /* longest IP datagram; 0: no fragments */
    bool transport_mode;
    bool mode_required;
    enum model_address address;
    enum ike_reauth_way reauth;
    bool redirects; /* they go where they are sent */
    bool mobike;
    uint64_t moves_ns; /* mean time a client stays at one address; 0: for ever */
    struct model_abilities abilities;
    uint64_t retransmit_first_ns;
    uint64_t retransmit_factor_milli;
    uint64_t retransmit_sends;
    uint64_t retransmit_jitter_milli;
    uint64_t retransmit_max_ns;
    uint64_t cookies_max;
    uint64_t puzzles; /* bits of the hardest they solve; 0: none */
    uint64_t groups_max;
    char machine[MODEL_PATH_MAX];
};

struct model_rate_point {
    uint64_t at_ns;
    uint64_t rate_micro;
};

enum model_shape { MODEL_STEPS, MODEL_RAMP };

/* A constant rate is one point at 0. */
struct model_rate {
    struct model_rate_point at[MODEL_PROFILE_MAX];
    uint64_t count;
};

enum model_attack_class { MODEL_SPOOFED_INIT, MODEL_SYN_FLOOD, MODEL_FORGED_ICMP };

struct model_attacker {
    char name[MODEL_NAME_MAX];
    enum model_attack_class class;
    char to[MODEL_NAME_MAX];
    char via[MODEL_NAME_MAX];
    char sources[MODEL_NAME_MAX]; /* "auto", or the prefix spoofed */
    uint64_t source_count;        /* addresses drawn from of the prefix; IKE_UNLIMITED: all */
    char about[MODEL_NAME_MAX];   /* MODEL_FORGED_ICMP: clients; empty: none */
    uint64_t about_count;         /* the first of their addresses */
    struct model_rate rate;
    enum model_shape shape;
    enum model_process process; /* poisson or uniform */
    uint64_t from_ns;
    uint64_t until_ns; /* SIM_NEVER: the end */
    char proposals[MODEL_TEXT_MAX];
    uint64_t templates; /* distinct requests made once, each patched: 64 */
};

/* Traffic of others: of UDP with pauses, or as much as TCP can. */
enum model_background_kind { MODEL_ON_OFF, MODEL_BULK_TCP };

struct model_background {
    char name[MODEL_NAME_MAX];
    char from[MODEL_NAME_MAX]; /* nodes, or links whose `from` is meant */
    char to[MODEL_NAME_MAX];
    enum model_background_kind kind;
    uint64_t rate_bps; /* while it sends, IP headers included */
    uint64_t size;     /* octets of a datagram with them */
    uint64_t on_ns;    /* means, exponential */
    uint64_t off_ns;   /* 0: it always sends */
    uint64_t start_ns;
    uint64_t until_ns; /* SIM_NEVER: the end */
};

struct model_trace {
    uint64_t points;   /* of the sweep, the first so many: */
    uint64_t seeds;    /* of each, the first so many: */
    uint64_t messages; /* of each run, the first so many */
};

struct model_world_config {
    uint64_t for_ns;
    uint64_t seed;
    uint64_t sample_ns; /* of series */
    enum model_network network;
    enum model_network carrier; /* in real time: MODEL_LINKS or MODEL_NS3 */
    uint64_t lag_limit_ns;      /* in real time: events later than that are late, */
    enum model_late late;       /* and a run with more than a thousandth of them so is: */
    enum model_crypto crypto;
    struct model_timeline timelines[MODEL_TIMELINES_MAX]; /* what `trace NAME` may speak of */
    uint32_t timeline_count;
    struct model_link links[MODEL_LINKS_MAX];
    uint32_t link_count;
    struct model_gateway gateways[MODEL_THINGS_MAX];
    uint32_t gateway_count;
    struct model_clients clients[MODEL_THINGS_MAX];
    uint32_t client_count;
    struct model_attacker attackers[MODEL_THINGS_MAX];
    uint32_t attacker_count;
    struct model_background backgrounds[MODEL_THINGS_MAX];
    uint32_t background_count;
    uint64_t trace_messages; /* told to the record; 0: none */
    /* Where daemons are, in the order of `gateways.*.daemon`: no key, given by the program. */
    struct {
        char root[MODEL_DAEMON_PLACE_MAX];
        char libraries[MODEL_DAEMON_PLACE_MAX];
    } daemons[MODEL_DAEMON_KINDS];
    /* A library that answers for the kernel to daemons that want of it what it lacks; empty: none.
     */
    char stand_in[MODEL_DAEMON_PLACE_MAX];
};

/* The simulated network there is, in real time or not. */
static inline enum model_network model_carrier(const struct model_world_config *config)
{
    return config->network == MODEL_LIVE ? config->carrier : config->network;
}

/* Datagrams that on-off traffic will send, about. */
uint64_t model_background_datagrams(const struct model_background *background, uint64_t for_ns);

struct model_world;

/* Judges what only the whole can tell: names that lead nowhere, clients that arrive after the end,
 * overlapping prefixes. Calls `complain` once per problem with the path it is about; returns how
 * many there were. Warnings have `fatal` false and are not counted. Clips what lies beyond the end:
 * a judged config judged again gives nothing new. */
typedef void model_complain_fn(void *owner, const char *path, bool fatal, const char *text);
size_t model_world_judge(struct model_world_config *config, model_complain_fn *complain,
                         void *owner);

/* How to make the provider that `crypto` names: given by the program, so that a build without
 * OpenSSL links. NULL when it cannot be had. */
typedef struct ike_crypto *model_provider_fn(struct ike_random random);

/* `record` may be NULL. NULL on failure, with one line in `error`. */
struct model_world *model_world_open(const struct model_world_config *config,
                                     model_provider_fn *provider, struct sim_record *record,
                                     char *error, size_t error_max);
/* Runs to the end; reports metrics, handshakes, refusals, series. Calls `progress` 200 times,
 * evenly over virtual time (NULL: not), and stops without a report when it says false. */
typedef bool model_progress_fn(void *owner, uint64_t now_ns);
bool model_world_run(struct model_world *world, model_progress_fn *progress, void *owner);
/* Why it ended before its time, or is worth nothing: a daemon ended or hangs, real time was not
 * kept, the network broke down. NULL: nothing went wrong. */
const char *model_world_trouble(const struct model_world *world);
struct sim_fingerprint model_world_fingerprint(const struct model_world *world);
void model_world_close(struct model_world *world);

#endif
