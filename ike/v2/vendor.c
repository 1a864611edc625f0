/* SPDX-License-Identifier: MIT
 * Vendor ids. */
#include "ike/v2/vendor.h"

#include "ike/engine.h"

void ike_vendor_put(struct ike_turn *t)
{
    const struct ike_config *const config = &t->engine->config;
    for (uint8_t i = 0; i < config->vendor_count; i++) {
        if (!config->vendors[i].send)
            continue;
        const size_t begin = ike_begin_payload(&t->out, &t->link, PAYLOAD_VENDOR);
        put_bytes(&t->out, config->vendors[i].id);
        ike_end_payload(&t->out, begin);
    }
}

static void tell(struct ike_turn *t, uint8_t which)
{
    struct ike_event event = ike_sa_event(t->sa, IKE_VENDOR, WHY_OK);
    event.question = which;
    ike_event_add(t->engine, &event);
}

void ike_vendor_hear(struct ike_turn *t)
{
    const struct ike_config *const config = &t->engine->config;
    for (uint8_t i = 0; i < config->vendor_count; i++)
        for (uint8_t k = 0; k < t->in.vendor_count; k++)
            if (ike_bytes_equal(config->vendors[i].id, t->in.vendors[k])) {
                tell(t, i);
                break;
            }
}
