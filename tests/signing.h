/* SPDX-License-Identifier: MIT
 * The bench of flow tests with signatures: what each side of a pair has, made
 * before the engines open, and what may be wrong with it. */
#ifndef TESTS_SIGNING_H
#define TESTS_SIGNING_H

#include "tests/flow.h"

enum { NOW_S = 1700000000, YEAR_S = 31536000, LINKS_MAX = 4 };

/* What one side has, and what is wrong with it. */
struct side {
    enum ike_proof_kind proof;
    uint8_t accepts;
    uint8_t type;       /* of its key */
    uint8_t root_type;  /* of the authority's; 0: the same */
    uint8_t links;      /* intermediates */
    uint8_t send;       /* enum ike_cert_sending */
    uint8_t usage;      /* enum ike_cert_usage */
    uint16_t hashes;    /* it accepts; 0: all */
    const char *scheme; /* it signs with; NULL: as it likes */
    const char *name;   /* in its certificate; NULL: its own */
    int64_t clock_s;    /* its clock is wrong by so much */
    bool old;           /* no RFC 7427 */
    bool tells;         /* RFC 9593 */
    bool other_key;     /* signs with a key that its certificate is not for */
    bool other_root;    /* its certificate is of an authority unknown */
    bool no_credential; /* it has nothing to sign with */
    bool broken_cert;   /* the last octet of its certificate is another */
    bool short_cert;    /* half of it is missing */
    bool no_ca;         /* its intermediates are no authorities */
    bool urls;          /* its certificates may be fetched */
    bool bundles;       /* all of them at once, */
    uint8_t bundle;     /* enum signing_bundle: with what else */
    bool looks_up;      /* it fetches those of the peer */
    uint8_t list;       /* enum signing_list: of the authority, which it fetches */
    bool strict;        /* and cannot do without */
    bool revokes;       /* has a list with the peer's serial */
};

enum signing_list { NO_LIST, LIST_CLEAN, LIST_REVOKES, LIST_STALE, LIST_BROKEN, LIST_MISSING };

/* LISTS: more of them than are taken. ODD: an item that is neither. */
enum signing_bundle {
    BUNDLE_PLAIN,
    BUNDLE_WITH_LIST,
    BUNDLE_BROKEN,
    BUNDLE_LONG,
    BUNDLE_LISTS,
    BUNDLE_ODD
};

extern struct side plan[2]; /* of the initiator, of the responder */

struct goods {
    struct ike_key *key;
    struct ike_key *wrong_key;
    struct ike_key *roots[2];
    struct ike_key *links[LINKS_MAX];
    struct ike_trust *trust;
    struct ike_credential credential;
    struct ike_bytes list;
    uint8_t room[LINKS_MAX + 4][IKE_CERT_MAX];
    uint8_t bundle[LINKS_MAX * IKE_CERT_MAX];
};
extern struct goods goods[2]; /* of A, of B */

/* How the server that has the certificates fails. */
extern enum signing_server { SERVES, HAS_NOTHING, HAS_ANOTHER, HAS_TOO_MUCH } server;
extern uint64_t server_ns; /* and how long it takes */

enum { BY_KEY = 1 << PROOF_PSK, BY_SIGNATURE = 1 << PROOF_SIGNATURE, BY_NOTHING = 1 << PROOF_NULL };

/* For flow.prepare: both ends as `plan` says. */
void prepare(struct pair *p, enum pair_side i, enum pair_side r);
/* Both sign with keys of that type. */
void plan_both(uint8_t type);
bool both_up(const struct pair *p, enum pair_side i, enum pair_side r);

#define HASHES   " N(SIGNATURE_HASH_ALGORITHMS)"
#define INIT_REQ "A>B  IKE_SA_INIT     req 0  SAi1 KEi Ni " NAT_D HASHES "\n"
#define INIT_RSP "B>A  IKE_SA_INIT     rsp 0  SAr1 KEr Nr " NAT_D " CERTREQ" HASHES "\n"
#define AUTH_REQ "A>B  IKE_AUTH        req 1  SK{IDi CERT CERTREQ AUTH SAi2 TSi TSr}\n"
#define AUTH_RSP "B>A  IKE_AUTH        rsp 1  SK{IDr CERT AUTH SAr2 TSi TSr}\n"
#define ARROWS   INIT_REQ INIT_RSP AUTH_REQ AUTH_RSP

#endif
