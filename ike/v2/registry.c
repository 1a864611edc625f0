/* SPDX-License-Identifier: MIT
 * The registries of IKEv2 as tables: IANA's numbers, the names, the RFC that
 * gave each. */
#include "ike/v2/registry.h"

#include "ike/v2/wire.h"

#include <stddef.h>

/* clang-format off */
const struct ike_notify_row ike_notify_rows[] = {
    /* id   name                                        source */
    {     1, "UNSUPPORTED_CRITICAL_PAYLOAD",            "RFC 7296" },
    {     4, "INVALID_IKE_SPI",                         "RFC 7296" },
    {     5, "INVALID_MAJOR_VERSION",                   "RFC 7296" },
    {     7, "INVALID_SYNTAX",                          "RFC 7296" },
    {     9, "INVALID_MESSAGE_ID",                      "RFC 7296" },
    {    11, "INVALID_SPI",                             "RFC 7296" },
    {    14, "NO_PROPOSAL_CHOSEN",                      "RFC 7296" },
    {    17, "INVALID_KE_PAYLOAD",                      "RFC 7296" },
    {    24, "AUTHENTICATION_FAILED",                   "RFC 7296" },
    {    34, "SINGLE_PAIR_REQUIRED",                    "RFC 7296" },
    {    35, "NO_ADDITIONAL_SAS",                       "RFC 7296" },
    {    36, "INTERNAL_ADDRESS_FAILURE",                "RFC 7296" },
    {    37, "FAILED_CP_REQUIRED",                      "RFC 7296" },
    {    38, "TS_UNACCEPTABLE",                         "RFC 7296" },
    {    39, "INVALID_SELECTORS",                       "RFC 7296" },
    {    40, "UNACCEPTABLE_ADDRESSES",                  "RFC 4555" },
    {    41, "UNEXPECTED_NAT_DETECTED",                 "RFC 4555" },
    {    42, "USE_ASSIGNED_HoA",                        "RFC 5026" },
    {    43, "TEMPORARY_FAILURE",                       "RFC 7296" },
    {    44, "CHILD_SA_NOT_FOUND",                      "RFC 7296" },
    {    45, "INVALID_GROUP_ID",                        "RFC 9838" },
    {    46, "AUTHORIZATION_FAILED",                    "RFC 9838" },
    {    47, "STATE_NOT_FOUND",                         "RFC 9370" },
    {    48, "TS_MAX_QUEUE",                            "RFC 9611" },
    {    49, "REGISTRATION_FAILED",                     "RFC 9838" },
    { 16384, "INITIAL_CONTACT",                         "RFC 7296" },
    { 16385, "SET_WINDOW_SIZE",                         "RFC 7296" },
    { 16386, "ADDITIONAL_TS_POSSIBLE",                  "RFC 7296" },
    { 16387, "IPCOMP_SUPPORTED",                        "RFC 7296" },
    { 16388, "NAT_DETECTION_SOURCE_IP",                 "RFC 7296" },
    { 16389, "NAT_DETECTION_DESTINATION_IP",            "RFC 7296" },
    { 16390, "COOKIE",                                  "RFC 7296" },
    { 16391, "USE_TRANSPORT_MODE",                      "RFC 7296" },
    { 16392, "HTTP_CERT_LOOKUP_SUPPORTED",              "RFC 7296" },
    { 16393, "REKEY_SA",                                "RFC 7296" },
    { 16394, "ESP_TFC_PADDING_NOT_SUPPORTED",           "RFC 7296" },
    { 16395, "NON_FIRST_FRAGMENTS_ALSO",                "RFC 7296" },
    { 16396, "MOBIKE_SUPPORTED",                        "RFC 4555" },
    { 16397, "ADDITIONAL_IP4_ADDRESS",                  "RFC 4555" },
    { 16398, "ADDITIONAL_IP6_ADDRESS",                  "RFC 4555" },
    { 16399, "NO_ADDITIONAL_ADDRESSES",                 "RFC 4555" },
    { 16400, "UPDATE_SA_ADDRESSES",                     "RFC 4555" },
    { 16401, "COOKIE2",                                 "RFC 4555" },
    { 16402, "NO_NATS_ALLOWED",                         "RFC 4555" },
    { 16403, "AUTH_LIFETIME",                           "RFC 4478" },
    { 16404, "MULTIPLE_AUTH_SUPPORTED",                 "RFC 4739" },
    { 16405, "ANOTHER_AUTH_FOLLOWS",                    "RFC 4739" },
    { 16406, "REDIRECT_SUPPORTED",                      "RFC 5685" },
    { 16407, "REDIRECT",                                "RFC 5685" },
    { 16408, "REDIRECTED_FROM",                         "RFC 5685" },
    { 16409, "TICKET_LT_OPAQUE",                        "RFC 5723" },
    { 16410, "TICKET_REQUEST",                          "RFC 5723" },
    { 16411, "TICKET_ACK",                              "RFC 5723" },
    { 16412, "TICKET_NACK",                             "RFC 5723" },
    { 16413, "TICKET_OPAQUE",                           "RFC 5723" },
    { 16414, "LINK_ID",                                 "RFC 5739" },
    { 16415, "USE_WESP_MODE",                           "RFC 5840" },
    { 16416, "ROHC_SUPPORTED",                          "RFC 5857" },
    { 16417, "EAP_ONLY_AUTHENTICATION",                 "RFC 5998" },
    { 16418, "CHILDLESS_IKEV2_SUPPORTED",               "RFC 6023" },
    { 16419, "QUICK_CRASH_DETECTION",                   "RFC 6290" },
    { 16420, "IKEV2_MESSAGE_ID_SYNC_SUPPORTED",         "RFC 6311" },
    { 16421, "IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED",     "RFC 6311" },
    { 16422, "IKEV2_MESSAGE_ID_SYNC",                   "RFC 6311" },
    { 16423, "IPSEC_REPLAY_COUNTER_SYNC",               "RFC 6311" },
    { 16424, "SECURE_PASSWORD_METHODS",                 "RFC 6467" },
    { 16425, "PSK_PERSIST",                             "RFC 6631" },
    { 16426, "PSK_CONFIRM",                             "RFC 6631" },
    { 16427, "ERX_SUPPORTED",                           "RFC 6867" },
    { 16428, "IFOM_CAPABILITY",                         "RFC 7651" },
    { 16429, "GROUP_SENDER",                            "RFC 9838" },
    { 16430, "IKEV2_FRAGMENTATION_SUPPORTED",           "RFC 7383" },
    { 16431, "SIGNATURE_HASH_ALGORITHMS",               "RFC 7427" },
    { 16432, "CLONE_IKE_SA_SUPPORTED",                  "RFC 7791" },
    { 16433, "CLONE_IKE_SA",                            "RFC 7791" },
    { 16434, "PUZZLE",                                  "RFC 8019" },
    { 16435, "USE_PPK",                                 "RFC 8784" },
    { 16436, "PPK_IDENTITY",                            "RFC 8784" },
    { 16437, "NO_PPK_AUTH",                             "RFC 8784" },
    { 16438, "INTERMEDIATE_EXCHANGE_SUPPORTED",         "RFC 9242" },
    { 16439, "IP4_ALLOWED",                             "RFC 8983" },
    { 16440, "IP6_ALLOWED",                             "RFC 8983" },
    { 16441, "ADDITIONAL_KEY_EXCHANGE",                 "RFC 9370" },
    { 16442, "USE_AGGFRAG",                             "RFC 9347" },
    { 16443, "SUPPORTED_AUTH_METHODS",                  "RFC 9593" },
    { 16444, "SA_RESOURCE_INFO",                        "RFC 9611" },
    { 16445, "USE_PPK_INT",                             "RFC 9867" },
    { 16446, "PPK_IDENTITY_KEY",                        "RFC 9867" },
};
/* clang-format on */
const uint16_t ike_notify_row_count = sizeof ike_notify_rows / sizeof ike_notify_rows[0];

/* Rows are in order of number: searched by halves. */
const char *ike_notify_name(uint16_t type)
{
    size_t low = 0;
    size_t high = ike_notify_row_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ike_notify_rows[middle].id == type)
            return ike_notify_rows[middle].name;
        if (ike_notify_rows[middle].id < type)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct name_row {
    uint8_t id;
    const char *name;
};

static const char *name_in(const struct name_row *rows, size_t count, uint8_t id)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].id == id)
            return rows[i].name;
    return NULL;
}

const char *ike_exchange_name(uint8_t exchange)
{
    static const struct name_row rows[] = {
        {IKE_SA_INIT, "IKE_SA_INIT"},
        {IKE_AUTH, "IKE_AUTH"},
        {CREATE_CHILD_SA, "CREATE_CHILD_SA"},
        {INFORMATIONAL, "INFORMATIONAL"},
        {IKE_SESSION_RESUME, "IKE_SESSION_RESUME"},
        {IKE_INTERMEDIATE, "IKE_INTERMEDIATE"},
        {IKE_FOLLOWUP_KE, "IKE_FOLLOWUP_KE"},
    };
    return name_in(rows, sizeof rows / sizeof rows[0], exchange);
}

const char *ike_payload_name(uint8_t type)
{
    static const struct name_row rows[] = {
        {PAYLOAD_SA, "SA"},
        {PAYLOAD_KE, "KE"},
        {PAYLOAD_IDI, "IDi"},
        {PAYLOAD_IDR, "IDr"},
        {PAYLOAD_CERT, "CERT"},
        {PAYLOAD_CERTREQ, "CERTREQ"},
        {PAYLOAD_AUTH, "AUTH"},
        {PAYLOAD_NONCE, "Nonce"},
        {PAYLOAD_NOTIFY, "N"},
        {PAYLOAD_DELETE, "D"},
        {PAYLOAD_VENDOR, "V"},
        {PAYLOAD_TSI, "TSi"},
        {PAYLOAD_TSR, "TSr"},
        {PAYLOAD_SK, "SK"},
        {PAYLOAD_CP, "CP"},
        {PAYLOAD_EAP, "EAP"},
        {49, "GSPM"},
        {50, "IDg"},
        {51, "GSA"},
        {52, "KD"},
        {PAYLOAD_SKF, "SKF"},
        {PAYLOAD_PS, "PS"},
    };
    return name_in(rows, sizeof rows / sizeof rows[0], type);
}
