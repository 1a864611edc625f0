/* SPDX-License-Identifier: MIT
 * Every reason for which the engine does not do what was asked of it: one row
 * each, that names it, says what the engine answers, and where the rule stands.
 * Nothing else is ever returned for a refusal. */
#ifndef IKE_WHY_H
#define IKE_WHY_H

#include <stdint.h>

enum ike_action {
    ACTION_ACCEPT,
    ACTION_DROP,   /* no answer, nothing changes */
    ACTION_REFUSE, /* answered with the row's notify; nothing else changes */
    ACTION_FATAL,  /* answered with the row's notify, and the IKE SA is gone */
};

/* What is right differs between a message in the clear and one that came sealed and authenticated,
 * hence two columns (RFC 7296 2.21). The notify is the number sent, 0 for none. */
/* clang-format off */
/*      id                  name                   clear   sealed  notify  source */
#define IKE_WHY_ROWS(ROW)                                                                              \
    ROW(OK,                 "ok",                  ACCEPT, ACCEPT, 0,      "")                                      \
    /* at the door */                                                                                  \
    ROW(NAT_KEEPALIVE,      "nat_keepalive",       DROP,   DROP,   0,      "RFC 3948 2.3: one octet 0xff, only seen")\
    ROW(ESP,                "esp",                 DROP,   DROP,   0,      "RFC 3948 2.1: not IKE, no non-ESP marker")\
    ROW(SYNTAX,             "syntax",              DROP,   FATAL,  7,      "RFC 7296 2.21.3, 3.10.1 INVALID_SYNTAX")\
    ROW(TOO_MANY,           "too_many",            DROP,   FATAL,  7,      "limits.h")                              \
    ROW(TOO_LONG,           "too_long",            DROP,   DROP,   0,      "limits.h: IKE_MESSAGE_MAX")             \
    ROW(MAJOR_VERSION,      "major_version",       REFUSE, DROP,   5,      "RFC 7296 2.5 INVALID_MAJOR_VERSION")    \
    ROW(EXCHANGE_TYPE,      "exchange_type",       DROP,   FATAL,  7,      "RFC 7296 3.1: no such exchange here")   \
    ROW(SPI_ZERO,           "spi_zero",            DROP,   DROP,   0,      "RFC 7296 3.1: SPIi is never zero")      \
    ROW(UNKNOWN_SPI,        "unknown_spi",         REFUSE, DROP,   4,      "RFC 7296 2.21.4 INVALID_IKE_SPI, if ike_config.tell_unknown")\
    ROW(CRASH_HINT,         "crash_hint",          DROP,   DROP,   0,      "RFC 7296 2.4: INVALID_IKE_SPI unproven; RFC 6290 4.5: no right token")\
    ROW(HINT_UNHEEDED,      "hint_unheeded",       DROP,   DROP,   0,      "RFC 7296 2.4: ICMP, and no ike_config.hint_ns")\
    ROW(HINT_SYNTAX,        "hint_syntax",         DROP,   DROP,   0,      "RFC 7296 2.4: ICMP about what is no message of ours")\
    ROW(HINT_UNKNOWN,       "hint_unknown",        DROP,   DROP,   0,      "RFC 7296 2.4: ICMP about no IKE SA between these ends, or with these SPIs")\
    ROW(HINT_BUSY,          "hint_busy",           DROP,   DROP,   0,      "RFC 7296 2.4: ICMP about a peer that is being asked, or an IKE SA that is not up")\
    ROW(HINT_EARLY,         "hint_early",          DROP,   DROP,   0,      "RFC 7296 2.4: ICMP about a peer heard of less than ike_config.hint_ns ago")\
    ROW(MESSAGE_ID,         "message_id",          DROP,   DROP,   0,      "RFC 7296 2.3: outside the window")      \
    ROW(TOO_EARLY,          "too_early",           DROP,   DROP,   0,      "RFC 7296 2.2: a request that overtook the answer to our IKE_AUTH")\
    ROW(NOT_AWAITED,        "not_awaited",         DROP,   DROP,   0,      "RFC 7296 2.1: a response to nothing we asked")\
    ROW(SYNC_FORM,          "sync_form",           DROP,   DROP,   0,      "RFC 6311 5.1, 6.3, 6.4: not those notifies alone, or of another length")\
    ROW(SYNC_STALE,         "sync_stale",          DROP,   DROP,   0,      "RFC 6311 5.1: message ids below those that were heard, or asked")\
    ROW(SYNC_AWAITED,       "sync_awaited",        DROP,   DROP,   0,      "RFC 6311 8.1: a request before message ids are agreed on")\
    ROW(SYNC_NONCE,         "sync_nonce",          DROP,   DROP,   0,      "RFC 6311 5.1: an answer to another request")\
    ROW(RETRANSMITTED,      "retransmitted",       DROP,   DROP,   0,      "RFC 7296 2.1: answered again from memory")\
    ROW(OTHER_TRANSPORT,    "other_transport",     DROP,   DROP,   0,      "RFC 9329 5: an IKE SA by TCP stays there, one by UDP too")\
    ROW(STREAM_SHARED,      "stream_shared",       DROP,   DROP,   0,      "RFC 9329 6.1: another IKE SA goes by this connection")\
    ROW(BAD_ICV,            "bad_icv",             DROP,   DROP,   0,      "RFC 7296 2.21.2, 3.14")                 \
    ROW(FRAGMENT,           "fragment",            DROP,   DROP,   0,      "RFC 7383 2.6: kept until the others have come")\
    ROW(FRAGMENT_TWICE,     "fragment_twice",      DROP,   DROP,   0,      "RFC 7383 2.6: it is there already")\
    ROW(FRAGMENT_NUMBER,    "fragment_number",     DROP,   DROP,   0,      "RFC 7383 2.6: nought, beyond the total, or of fewer than came before")\
    ROW(FRAGMENT_LIMIT,     "fragment_limit",      DROP,   DROP,   0,      "limits.h, ike_config.reassembly")\
    ROW(FRAGMENT_UNWANTED,  "fragment_unwanted",   DROP,   DROP,   0,      "RFC 7383 2.4: without the consent of both")\
    /* payloads */                                                                                     \
    ROW(CRITICAL_PAYLOAD,   "critical_payload",    REFUSE, REFUSE, 1,      "RFC 7296 2.5 UNSUPPORTED_CRITICAL_PAYLOAD")\
    ROW(MISSING_PAYLOAD,    "missing_payload",     DROP,   FATAL,  7,      "RFC 7296 1.2, 1.4: the rule's `must`")  \
    ROW(UNEXPECTED_PAYLOAD, "unexpected_payload",  DROP,   FATAL,  7,      "RFC 7296 1.2, 1.4: twice, or out of place")\
    ROW(NONCE_LENGTH,       "nonce_length",        DROP,   FATAL,  7,      "RFC 7296 2.10, 3.9")                    \
    /* IKE_SA_INIT */                                                                                  \
    ROW(NO_PROPOSAL,        "no_proposal",         REFUSE, REFUSE, 14,     "RFC 7296 2.7 NO_PROPOSAL_CHOSEN")       \
    ROW(WRONG_GROUP,        "wrong_group",         REFUSE, REFUSE, 17,     "RFC 7296 1.2 INVALID_KE_PAYLOAD")       \
    ROW(COOKIE_WANTED,      "cookie_wanted",       REFUSE, DROP,   16390,  "RFC 7296 2.6 COOKIE")                   \
    ROW(COOKIE_WRONG,       "cookie_wrong",        REFUSE, DROP,   16390,  "RFC 7296 2.6: as if it were absent")    \
    ROW(PUZZLE_WANTED,      "puzzle_wanted",       REFUSE, DROP,   16434,  "RFC 8019 7.1: COOKIE with PUZZLE")      \
    ROW(PUZZLE_WRONG,       "puzzle_wrong",        REFUSE, DROP,   16434,  "RFC 8019 7.1.4: four keys, each with the bits asked for")\
    ROW(PUZZLE_SPENT,       "puzzle_spent",        REFUSE, DROP,   16434,  "RFC 8019 10: an SA was made with this solution")\
    ROW(PUZZLE_SYNTAX,      "puzzle_syntax",       DROP,   DROP,   0,      "RFC 8019 7.1.2, 8.1: PUZZLE without COOKIE, or not to be read")\
    ROW(PUZZLE_HARD,        "puzzle_hard",         DROP,   DROP,   0,      "RFC 8019 7.2.2, 9: the one for IKE_AUTH is beyond ike_config.puzzle_bits")\
    ROW(WORK_WANTED,        "work_wanted",         DROP,   DROP,   0,      "RFC 8019 7.2.4: without the solution of the puzzle for IKE_AUTH")\
    ROW(WORK_WRONG,         "work_wrong",          DROP,   DROP,   0,      "RFC 8019 7.2.4: four keys, each with the bits asked for")\
    ROW(REDIRECTED,         "redirected",          REFUSE, DROP,   16407,  "RFC 5685 3, 5, 6 REDIRECT: to another gateway")\
    ROW(REDIRECT_NONCE,     "redirect_nonce",      DROP,   DROP,   0,      "RFC 5685 3, 9.2: Nonce Data is not our Ni, or stands where it may not")\
    ROW(REDIRECT_GATEWAY,   "redirect_gateway",    DROP,   DROP,   0,      "RFC 5685 3, 9.2: unasked, or to a gateway we cannot go to")\
    ROW(REDIRECT_LOOP,      "redirect_loop",       DROP,   DROP,   0,      "RFC 5685 7: sent elsewhere too often")  \
    ROW(TICKET_SYNTAX,      "ticket_syntax",       REFUSE, DROP,   16412,  "RFC 5723 4.3.2 TICKET_NACK: not a ticket as we make them")\
    ROW(TICKET_KEY,         "ticket_key",          REFUSE, DROP,   16412,  "RFC 5723 6.1: by a key that is not ours, another gateway's or one too old")\
    ROW(TICKET_FORGED,      "ticket_forged",       REFUSE, DROP,   16412,  "RFC 5723 9.2: its integrity checksum is wrong")\
    ROW(TICKET_EXPIRED,     "ticket_expired",      REFUSE, DROP,   16412,  "RFC 5723 6.1, 9.6: its lifetime is over")\
    ROW(TICKET_UNKNOWN,     "ticket_unknown",      REFUSE, DROP,   16412,  "RFC 5723 4.3.2: refers to nothing in our table: used, revoked, or lost")\
    ROW(TICKET_USED,        "ticket_used",         REFUSE, DROP,   16412,  "RFC 5723 4.3.1, 9.8: used before, or its IKE SA was closed")\
    ROW(TICKET_POLICY,      "ticket_policy",       REFUSE, DROP,   16412,  "RFC 5723 4.3.2: no policy has its identities, algorithms, method any more")\
    ROW(HALF_OPEN_LIMIT,    "half_open_limit",     DROP,   DROP,   0,      "RFC 8019 4.2 hard limit, all peers")    \
    ROW(HALF_OPEN_ADDRESS,  "half_open_address",   DROP,   DROP,   0,      "RFC 8019 4.2 hard limit, one address")  \
    ROW(SA_TABLE_FULL,      "sa_table_full",       DROP,   REFUSE, 43,     "ike_config.sa_max; TEMPORARY_FAILURE once the IKE SA is up")\
    ROW(KEY_EXCHANGE,       "key_exchange",        DROP,   FATAL,  7,      "RFC 6989 2.5: not a public value of the group")\
    /* what an initiator concludes */                                                                  \
    ROW(PEER_REFUSED,       "peer_refused",        DROP,   DROP,   0,      "RFC 7296 2.21.1: an error notify came back")\
    ROW(COOKIE_LOOP,        "cookie_loop",         DROP,   DROP,   0,      "RFC 7296 2.6: asked for cookies too often")\
    ROW(GROUP_LOOP,         "group_loop",          DROP,   DROP,   0,      "RFC 7296 2.7: asked for groups too often")\
    ROW(GROUP_NOT_OFFERED,  "group_not_offered",   DROP,   DROP,   0,      "RFC 7296 2.7: wanted a group we never offered")\
    ROW(ADDKE_METHOD,       "addke_method",        DROP,   FATAL,  7,      "RFC 9370 2.2.2: not the key exchange that is next")\
    ROW(CHOICE_NOT_OFFERED, "choice_not_offered",  DROP,   FATAL,  7,      "RFC 7296 2.7: chose what we never offered")\
    ROW(NO_ANSWER,          "no_answer",           DROP,   DROP,   0,      "RFC 7296 2.4: gave up retransmitting")  \
    ROW(NO_CONNECTION,      "no_connection",       DROP,   DROP,   0,      "RFC 9329 6.1: no TCP connection to the peer in all that time")\
    /* IKE_AUTH and after */                                                                           \
    ROW(AUTHENTICATION,     "authentication",      DROP,   FATAL,  24,     "RFC 7296 2.21.2 AUTHENTICATION_FAILED") \
    ROW(PEER_UNKNOWN,       "peer_unknown",        DROP,   FATAL,  24,     "RFC 7296 2.21.2: no policy for this identity")\
    ROW(AUTH_METHOD,        "auth_method",         DROP,   FATAL,  24,     "RFC 7296 3.8: a method we do not accept")\
    ROW(PPK_UNUSED,         "ppk_unused",          DROP,   FATAL,  24,     "RFC 8784 3: ours is required, and the peer uses none")\
    ROW(PPK_IDENTITY,       "ppk_identity",        DROP,   FATAL,  24,     "RFC 8784 3: agreed on, and not named")\
    ROW(PPK_UNKNOWN,        "ppk_unknown",         DROP,   FATAL,  24,     "RFC 8784 3: none of that name, and no AUTH without it")\
    ROW(TICKET_IDENTITY,    "ticket_identity",     DROP,   FATAL,  24,     "RFC 5723 4.3.3: another identity than the ticket's")\
    ROW(TICKET_SPENT,       "ticket_spent",        DROP,   FATAL,  24,     "RFC 5723 4.3.1: another IKE SA came up with it meanwhile, or its own was closed")\
    ROW(AUTH_ROUNDS,        "auth_rounds",         DROP,   FATAL,  24,     "RFC 4739 2.1: fewer or more authentications than are wanted")\
    ROW(EAP_SYNTAX,         "eap_syntax",          DROP,   FATAL,  24,     "RFC 3748 4: not a packet that may come here")\
    ROW(EAP_FAILED,         "eap_failed",          DROP,   FATAL,  24,     "RFC 3748 4.2: who or the password was wrong")\
    ROW(EAP_TLS,            "eap_tls",             DROP,   FATAL,  24,     "RFC 5216 2.1.3: the TLS handshake failed")\
    ROW(EAP_SERVER,         "eap_server",          DROP,   FATAL,  24,     "ike_policy.eap_remote: the AAA server did not answer")\
    ROW(EAP_METHOD,         "eap_method",          DROP,   FATAL,  24,     "RFC 3748 5.3.1: no method in common")  \
    ROW(EAP_ROUNDS,         "eap_rounds",          DROP,   FATAL,  24,     "ike_eap_config.rounds_max")             \
    ROW(EAP_PRIMITIVE,      "eap_primitive",       DROP,   FATAL,  24,     "MD4, DES or TLS is not to be had here") \
    ROW(ANSWER_AWAITED,     "answer_awaited",      DROP,   DROP,   0,      "RFC 7296 3.6: held until what it names was fetched")\
    ROW(CERT_FETCH,         "cert_fetch",          DROP,   FATAL,  24,     "RFC 7296 3.6: not to be had by its URL, or not what was hashed")\
    ROW(SIGNATURE,          "signature",           DROP,   FATAL,  24,     "RFC 7296 2.15, RFC 7427 3: AUTH is not signed with the key certified")\
    ROW(SIGNATURE_SCHEME,   "signature_scheme",    DROP,   FATAL,  24,     "RFC 7427 3: no such AlgorithmIdentifier, or not for this key")\
    ROW(HASH_NOT_OFFERED,   "hash_not_offered",    DROP,   FATAL,  24,     "RFC 7427 4: a hash that the verifier did not offer, or offers none of ours")\
    ROW(NO_CREDENTIAL,      "no_credential",       DROP,   FATAL,  24,     "ike_policy.credential: our key cannot sign as the peer wants it")\
    ROW(CERT_MISSING,       "cert_missing",        DROP,   FATAL,  24,     "RFC 7296 3.6: a signature and no certificate")\
    ROW(CERT_SYNTAX,        "cert_syntax",         DROP,   FATAL,  24,     "RFC 5280 4.1: not a certificate, or too long")\
    ROW(CERT_UNTRUSTED,     "cert_untrusted",      DROP,   FATAL,  24,     "RFC 5280 6.1: no path to a trust anchor")\
    ROW(CERT_SIGNATURE,     "cert_signature",      DROP,   FATAL,  24,     "RFC 5280 6.1.3 (a)(1): not signed by its issuer")\
    ROW(CERT_EXPIRED,       "cert_expired",        DROP,   FATAL,  24,     "RFC 5280 6.1.3 (a)(2): past notAfter")   \
    ROW(CERT_NOT_YET_VALID, "cert_not_yet_valid",  DROP,   FATAL,  24,     "RFC 5280 6.1.3 (a)(2): before notBefore")\
    ROW(CERT_REVOKED,       "cert_revoked",        DROP,   FATAL,  24,     "RFC 5280 6.1.3 (a)(3), RFC 4945 3.3.4")  \
    ROW(CERT_STATUS,        "cert_status",         DROP,   FATAL,  24,     "RFC 5280 6.3: the revocation list is stale, or not its issuer's")\
    ROW(CERT_CONSTRAINTS,   "cert_constraints",    DROP,   FATAL,  24,     "RFC 5280 6.1.4: the issuer is no CA, or not for this one")\
    ROW(CERT_KEY,           "cert_key",            DROP,   FATAL,  24,     "RFC 8247 3.1.1: a key too short, or of no kind we know")\
    ROW(CERT_KEY_USAGE,     "cert_key_usage",      DROP,   FATAL,  24,     "RFC 4945 5.1.3.2, 5.1.3.12: the key is not for IKE")\
    ROW(CERT_NAME,          "cert_name",           DROP,   FATAL,  24,     "RFC 4945 3.1: another identity than ID says")\
    ROW(CONFIG_REQUIRED,    "config_required",     DROP,   REFUSE, 37,     "RFC 7296 3.15.4 FAILED_CP_REQUIRED: ike_gives.required")\
    ROW(LEASES_EXHAUSTED,   "leases_exhausted",    DROP,   REFUSE, 36,     "RFC 7296 3.15.4 INTERNAL_ADDRESS_FAILURE: all are held")\
    ROW(ADDRESS_FAMILY,     "address_family",      DROP,   REFUSE, 36,     "RFC 8983 5, INTERNAL_ADDRESS_FAILURE: no pool of that family")\
    ROW(ADDRESS_MISSING,    "address_missing",     DROP,   DROP,   0,      "RFC 7296 3.15.4: no address came, the IKE SA is closed")\
    ROW(TS_UNACCEPTABLE,    "ts_unacceptable",     DROP,   REFUSE, 38,     "RFC 7296 2.9, IKE SA kept")             \
    ROW(TRANSPORT_DECLINED, "transport_declined",  DROP,   DROP,   0,      "RFC 7296 1.3.1: tunnel mode came back, and is not wanted")\
    ROW(SINGLE_PAIR,        "single_pair",         DROP,   REFUSE, 34,     "RFC 7296 2.9 SINGLE_PAIR_REQUIRED")      \
    ROW(CHILD_NO_PROPOSAL,  "child_no_proposal",   DROP,   REFUSE, 14,     "RFC 7296 1.3.1, 2.7, IKE SA kept")      \
    ROW(CHILD_TABLE_FULL,   "child_table_full",    DROP,   REFUSE, 35,     "RFC 7296 1.3 NO_ADDITIONAL_SAS")        \
    ROW(CHILDREN_LIMIT,     "children_limit",      DROP,   REFUSE, 35,     "RFC 7296 1.3 NO_ADDITIONAL_SAS: ike_policy.children_max")\
    ROW(TEMPORARY_FAILURE,  "temporary_failure",   DROP,   REFUSE, 43,     "RFC 7296 2.25 TEMPORARY_FAILURE")        \
    ROW(REKEY_LIMIT,        "rekey_limit",         DROP,   REFUSE, 43,     "RFC 8019 5: TEMPORARY_FAILURE, the peer rekeys too often")\
    ROW(NAT_FORBIDDEN,      "nat_forbidden",       DROP,   FATAL,  41,     "RFC 4555 3.9 UNEXPECTED_NAT_DETECTED in IKE_AUTH")\
    ROW(MOVE_NAT,           "move_nat",            DROP,   REFUSE, 41,     "RFC 4555 3.9 UNEXPECTED_NAT_DETECTED, the IKE SA stays as it is")\
    ROW(MOVE_UNACCEPTABLE,  "move_unacceptable",   DROP,   REFUSE, 40,     "RFC 4555 3.5 UNACCEPTABLE_ADDRESSES: ike_mobility.within")\
    ROW(ROUTABILITY,        "routability",         DROP,   FATAL,  7,      "RFC 4555 3.7: not the COOKIE2 that was sent")\
    ROW(CRASHED,            "crashed",             DROP,   DROP,   0,      "RFC 7296 2.4: this end has lost its state, ike_crash")\
    ROW(REKEYED,            "rekeyed",             DROP,   DROP,   0,      "RFC 7296 2.8: another has taken its place")\
    ROW(REDUNDANT,          "redundant",           DROP,   DROP,   0,      "RFC 7296 2.8.1, 2.8.2: lost against the peer's rekeying")\
    ROW(LIFETIME,           "lifetime",            DROP,   DROP,   0,      "RFC 7296 2.8: too old, and not replaced in time")\
    ROW(AUTH_LIFETIME,      "auth_lifetime",       DROP,   DROP,   0,      "RFC 4478 2: not authenticated again in time")\
    ROW(REAUTHENTICATED,    "reauthenticated",     DROP,   DROP,   0,      "RFC 7296 2.8.3, RFC 4478 2: another has taken its place")\
    ROW(RESUMED,            "resumed",             DROP,   DROP,   0,      "RFC 5723 4.3.4: its session goes on in another IKE SA")\
    ROW(CHILD_NOT_FOUND,    "child_not_found",     DROP,   REFUSE, 44,     "RFC 7296 2.25 CHILD_SA_NOT_FOUND")      \
    ROW(STATE_NOT_FOUND,    "state_not_found",     DROP,   REFUSE, 47,     "RFC 9370 2.2.4 STATE_NOT_FOUND: nothing that this key exchange would go on with")\
    ROW(HALF_OPEN_EXPIRED,  "half_open_expired",   DROP,   DROP,   0,      "RFC 7296 2.4: no IKE_AUTH in time")     \
    ROW(DELETED,            "deleted",             DROP,   DROP,   0,      "RFC 7296 1.4.1: we deleted it")         \
    ROW(PEER_DELETED,       "peer_deleted",        DROP,   DROP,   0,      "RFC 7296 1.4.1: the peer deleted it")   \
    ROW(PEER_CRASHED,       "peer_crashed",        DROP,   DROP,   0,      "RFC 6290 4.5: the peer lost the SA, and its token says so")\
    ROW(INITIAL_CONTACT,    "initial_contact",     DROP,   DROP,   0,      "RFC 7296 2.4: the peer has no other SA now")
/* clang-format on */

enum ike_why {
#define ROW(id, name, clear, sealed, notify, source) WHY_##id,
    IKE_WHY_ROWS(ROW)
#undef ROW
        IKE_WHY_COUNT
};

struct ike_why_row {
    const char *name; /* lower case, as it stands in the database */
    enum ike_action clear;
    enum ike_action sealed;
    uint16_t notify;
    const char *source;
};

const struct ike_why_row *ike_why_row(enum ike_why why);

#endif
