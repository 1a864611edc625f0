/* SPDX-License-Identifier: MIT
 * EAP within EAP-TTLS (RFC 5281 11.2.1): the same machine once more, with one of
 * the methods that have no TLS of their own. The peer says who it is before it is
 * asked, and the outer Success or Failure ends both.
 *
 * The machine is there for one packet at a time: what it must remember is kept in
 * the outer one's state. */
#include "ike/eap_methods.h"

#include <assert.h>

struct inner {
    struct ike_eap_config config;
    struct ike_eap eap;
};

static void inner_open(struct ike_eap *outer, struct inner *in)
{
    const struct ike_eap_inner *const kept = &outer->of.tls.within;
    const uint8_t type = outer->config->within;
    assert(type == EAP_MD5 || type == EAP_GTC || type == EAP_MSCHAPV2);
    in->config = *outer->config;
    in->config.methods[0] = type;
    in->config.method_count = 1;
    in->config.identity = true;
    in->eap = (struct ike_eap){.crypto = outer->crypto,
                               .config = &in->config,
                               .method = ike_eap_method_of(kept->type),
                               .server = outer->server,
                               .concluded = kept->concluded,
                               .begun = kept->begun,
                               .phase = kept->phase,
                               .id = kept->id,
                               .rounds = kept->rounds};
    memcpy(&in->eap.of, &kept->of, sizeof kept->of);
    ike_eap_set_name(&in->eap, ike_eap_name(outer));
}

static void inner_close(struct inner *in, struct ike_eap *outer)
{
    struct ike_eap_inner *const kept = &outer->of.tls.within;
    kept->type = in->eap.method != NULL ? in->eap.method->type : 0;
    kept->id = in->eap.id;
    kept->rounds = in->eap.rounds;
    kept->phase = in->eap.phase;
    kept->begun = in->eap.begun;
    kept->concluded = in->eap.concluded;
    memcpy(&kept->of, &in->eap.of, sizeof kept->of);
    ike_eap_set_name(outer, ike_eap_name(&in->eap));
    ike_secret_wipe(in, sizeof *in);
}

void ike_eap_inner_begin(struct ike_eap *eap, struct ike_writer *out)
{
    assert(!eap->server);
    ike_eap_put(out, &(struct ike_eap_packet){
                         .code = EAP_RESPONSE, .type = EAP_IDENTITY, .data = ike_eap_name(eap)});
}

enum ike_why ike_eap_inner_step(struct ike_eap *eap, struct ike_bytes packet,
                                struct ike_writer *out)
{
    struct inner in;
    if (eap->of.tls.within.phase != EAP_GOING)
        return WHY_EAP_SYNTAX;
    inner_open(eap, &in);
    if (eap->server && in.eap.rounds == 0) { /* it answers what was not asked */
        in.eap.id = packet.len > 1 ? packet.at[1] : 0;
        in.eap.rounds = 1;
    }
    const enum ike_why why = ike_eap_step(&in.eap, packet, out);
    inner_close(&in, eap);
    return why;
}
