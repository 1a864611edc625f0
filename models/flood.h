/* SPDX-License-Identifier: MIT
 * An attacker in a world. Within models only. */
#ifndef MODELS_FLOOD_H
#define MODELS_FLOOD_H

#include "models/scene.h"

enum { MODEL_REQUEST_MAX = 2048 };

/* A complete IKE_SA_INIT request, and where in it the nonce stands; the SPI stands first. */
struct model_request {
    uint16_t len;
    uint16_t nonce_at;
    uint8_t bytes[MODEL_REQUEST_MAX];
};
enum { MODEL_REQUEST_NONCE = 32 };

/* Writes one with a public value of the first group proposed; false when it cannot be made. */
bool model_request_make(const char *proposals, struct ike_crypto *crypto,
                        struct model_request *out);

struct model_flood_place {
    struct ike_prefix sources;
    struct ike_addr gateway;
    struct ike_prefix about; /* of clients; of no family: none */
};

struct model_flood_run;
/* NULL on failure, with a line in `error`. */
struct model_flood_run *model_flood_open(struct model_scene *scene,
                                         const struct model_attacker *attacker,
                                         const struct model_flood_place *place, char *error,
                                         size_t error_max);
struct sim_port *model_flood_port(struct model_flood_run *run);
void model_flood_report(struct model_flood_run *run);
void model_flood_close(struct model_flood_run *run);

#endif
