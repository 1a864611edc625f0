/* SPDX-License-Identifier: MIT
 * Authentication that has to be repeated: N(AUTH_LIFETIME) said and heard, a new
 * IKE SA in place of the old one, made before that is closed or after
 * (RFC 4478 2, RFC 7296 2.8.3). What it needs waits in a task. */
#ifndef IKE_V2_REAUTH_H
#define IKE_V2_REAUTH_H

#include "ike/v2/inner.h"
#include "ike/v2/task.h"

/* What is known of the attempt to be made again. */
struct ike_reauth {
    const struct ike_credential *credential;
    struct ike_id id;
    uint64_t was;     /* number of the SA to be replaced, */
    enum ike_why why; /* and what it ends for */
    struct ike_addr inner[INNER_FAMILIES];
    uint8_t children[IKE_CHILD_POLICIES_MAX]; /* how many there were of each */
};

/* One that waits for the end of the SA it replaces. */
struct ike_reauth_next {
    bool is;
    const struct ike_policy *policy;
    struct ike_addr local, remote;
    uint32_t tag;
    struct ike_reauth what;
    struct ike_trail trail; /* with count 0: it was not redirected, and there is no more to say */
    uint64_t was;           /* number of the SA whose place the attempt takes for its owner */
    bool has_trigger;
    struct ike_packet trigger;
};

/* The responder's notify in its last IKE_AUTH message, and its task for the end of that time. */
void ike_reauth_put(struct ike_turn *t);
/* The initiator hears it there, or in an INFORMATIONAL request; anyone else passes over it. */
enum ike_why ike_reauth_hear(struct ike_turn *t);
/* The time has come for the SA to be replaced first, by its initiator: true when it was done. */
bool ike_reauth_begin(struct ike_engine *engine, uint64_t now_ns, struct ike_sa *sa,
                      uint32_t place);
/* An attempt of ours that was to replace another has come up, its setup still there. */
void ike_reauth_up(struct ike_turn *t);
/* What the SA has now and another is to have, as it is in `who`. */
struct ike_reauth ike_reauth_describe(const struct ike_engine *engine, const struct ike_sa *sa,
                                      const struct ike_reauth *who);
/* A new attempt, which knows what it replaces; without room for that it is one like any other. */
void ike_reauth_connect(struct ike_engine *engine, uint64_t now_ns,
                        const struct ike_reauth_next *next);
/* The responder closes the SA then, unless it is to be closed earlier. */
bool ike_reauth_close(struct ike_turn *t, uint64_t at_ns, enum ike_why why);
/* The SA ends: when it was closed to be made again, that is kept for ike_reauth_resume. */
void ike_reauth_ended(struct ike_engine *engine, const struct ike_sa *sa);
void ike_reauth_resume(struct ike_engine *engine, uint64_t now_ns);
/* What is replaced by the attempt under way; NULL: nothing. */
const struct ike_reauth *ike_reauth_of(const struct ike_engine *engine, const struct ike_sa *sa);

#endif
