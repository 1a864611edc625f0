/* SPDX-License-Identifier: MIT
 * The messages of a gateway for the record, with the keys that open them.
 * Within models only. */
#ifndef MODELS_GATEWAY_TRACE_H
#define MODELS_GATEWAY_TRACE_H

#include "models/scene.h"

struct model_trace_run;

/* Of the first `messages`; NULL when memory cannot be had. `crypto` opens what is sealed; its time
 * is not charged to anyone. */
struct model_trace_run *model_trace_open(struct model_scene *scene, const char *who,
                                         struct ike_crypto *crypto);
void model_trace_keys(struct model_trace_run *trace, const struct ike_sa_keys *keys);
void model_trace_seen(struct model_trace_run *trace, uint64_t now_ns, bool inbound,
                      const struct ike_datagram *datagram, const char *fate);
/* A client of a gateway that tells no keys itself has derived these. */
void model_trace_told(struct model_scene *scene, const char *gateway,
                      const struct ike_engine *engine, uint64_t sa);
/* Somebody is to tell keys of SAs with that gateway. */
bool model_trace_wants(const struct model_scene *scene, const char *gateway);
void model_trace_close(struct model_trace_run *trace);

#endif
