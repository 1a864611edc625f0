/* SPDX-License-Identifier: MIT
 * Generic Token Card (RFC 3748 5.6): a text to be shown, and what was typed in
 * answer to it; here the password. Neither mutual nor a source of keys. */
#include "ike/eap_methods.h"

static enum ike_why gtc_first(struct ike_eap *eap, struct ike_writer *out)
{
    static const uint8_t prompt[] = "Password: ";
    (void)eap;
    put_bytes(out, (struct ike_bytes){.at = prompt, .len = sizeof prompt - 1});
    return WHY_OK;
}

static enum ike_why gtc_server(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    const struct ike_bytes password = ike_eap_password(eap);
    (void)out;
    if (data.len != password.len || !ike_secret_equal(data.at, password.at, password.len) ||
        !ike_eap_is_user(eap, ike_eap_name(eap)))
        return WHY_EAP_FAILED;
    eap->phase = EAP_SUCCEEDED;
    return WHY_OK;
}

static enum ike_why gtc_peer(struct ike_eap *eap, struct ike_bytes data, struct ike_writer *out)
{
    (void)data; /* nobody is here to read it */
    put_bytes(out, ike_eap_password(eap));
    eap->concluded = true;
    return WHY_OK;
}

const struct ike_eap_method ike_eap_gtc = {
    .name = "eap-gtc",
    .title = "GTC",
    .source = "RFC 3748 5.6",
    .type = EAP_GTC,
    .first = gtc_first,
    .server = gtc_server,
    .peer = gtc_peer,
};
