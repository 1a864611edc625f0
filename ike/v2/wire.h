/* SPDX-License-Identifier: MIT
 * The numbers of RFC 7296 as they stand on the wire: header flags, exchange
 * and payload types, protocols. Names are in registry.h. */
#ifndef IKE_V2_WIRE_H
#define IKE_V2_WIRE_H

enum ike_v2_wire {
    IKE_HEADER_LEN = 28,   /* RFC 7296 3.1 */
    IKE_PAYLOAD_HEAD = 4,  /* RFC 7296 3.2 */
    IKE_FRAGMENT_HEAD = 8, /* of an SKF payload, RFC 7383 2.5 */
    IKE_VERSION_2 = 0x20,

    FLAG_INITIATOR = 0x08, /* set by the original initiator of the IKE SA */
    FLAG_VERSION = 0x10,
    FLAG_RESPONSE = 0x20,
};

enum ike_exchange {
    IKE_SA_INIT = 34,
    IKE_AUTH = 35,
    CREATE_CHILD_SA = 36,
    INFORMATIONAL = 37,
    IKE_INTERMEDIATE = 43, /* RFC 9242 3.2 */
};

enum ike_payload_type {
    PAYLOAD_NONE = 0,
    PAYLOAD_SA = 33,
    PAYLOAD_KE = 34,
    PAYLOAD_IDI = 35,
    PAYLOAD_IDR = 36,
    PAYLOAD_CERT = 37,
    PAYLOAD_CERTREQ = 38,
    PAYLOAD_AUTH = 39,
    PAYLOAD_NONCE = 40,
    PAYLOAD_NOTIFY = 41,
    PAYLOAD_DELETE = 42,
    PAYLOAD_VENDOR = 43,
    PAYLOAD_TSI = 44,
    PAYLOAD_TSR = 45,
    PAYLOAD_SK = 46,
    PAYLOAD_CP = 47,
    PAYLOAD_EAP = 48,
    PAYLOAD_FIRST = PAYLOAD_SA,
    PAYLOAD_LAST = PAYLOAD_EAP,
    PAYLOAD_SKF = 53, /* RFC 7383 2.5; it ends a message, so its body is no slot */
};

/* RFC 7296 3.3.1 */
enum ike_protocol { PROTOCOL_IKE = 1, PROTOCOL_AH = 2, PROTOCOL_ESP = 3 };

/* RFC 7296 3.10.1, those the engine itself sends or looks for; all by name in registry.c */
enum ike_notify_type {
    N_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
    N_INVALID_IKE_SPI = 4,
    N_INVALID_MAJOR_VERSION = 5,
    N_INVALID_SYNTAX = 7,
    N_INVALID_MESSAGE_ID = 9,
    N_INVALID_SPI = 11,
    N_NO_PROPOSAL_CHOSEN = 14,
    N_INVALID_KE_PAYLOAD = 17,
    N_AUTHENTICATION_FAILED = 24,
    N_SINGLE_PAIR_REQUIRED = 34,
    N_NO_ADDITIONAL_SAS = 35,
    N_INTERNAL_ADDRESS_FAILURE = 36,
    N_FAILED_CP_REQUIRED = 37,
    N_TS_UNACCEPTABLE = 38,
    N_INVALID_SELECTORS = 39,
    N_TEMPORARY_FAILURE = 43,
    N_CHILD_SA_NOT_FOUND = 44,
    N_ERROR_LAST = 16383, /* at or below: an error; above: a status */
    N_INITIAL_CONTACT = 16384,
    N_SET_WINDOW_SIZE = 16385,
    N_ADDITIONAL_TS_POSSIBLE = 16386,
    N_NAT_DETECTION_SOURCE_IP = 16388,
    N_NAT_DETECTION_DESTINATION_IP = 16389,
    N_COOKIE = 16390,
    N_USE_TRANSPORT_MODE = 16391,
    N_HTTP_CERT_LOOKUP_SUPPORTED = 16392,
    N_REKEY_SA = 16393,
    N_ESP_TFC_PADDING_NOT_SUPPORTED = 16394,
    N_NON_FIRST_FRAGMENTS_ALSO = 16395,
    N_EAP_ONLY_AUTHENTICATION = 16417,
    N_IKEV2_FRAGMENTATION_SUPPORTED = 16430,
    N_SIGNATURE_HASH_ALGORITHMS = 16431,
    N_INTERMEDIATE_EXCHANGE_SUPPORTED = 16438,
    N_IP4_ALLOWED = 16439,
    N_IP6_ALLOWED = 16440,
    N_SUPPORTED_AUTH_METHODS = 16443,
};

#endif
