/* SPDX-License-Identifier: MIT
 * Certificates of those whom an end has, by serial number: made when one is
 * first shown, and had by URL as long as they are kept (RFC 7296 3.6). Within
 * models only. */
#ifndef MODELS_PASSPORTS_H
#define MODELS_PASSPORTS_H

#include "models/papers.h"
#include "models/world.h"

enum { MODEL_URL_MAX = MODEL_NAME_MAX + 32 };

struct model_passports {
    struct model_papers *papers; /* of the end; NULL: it shows none */
    enum model_urls urls;
    uint32_t count;
    size_t size;                      /* octets of each, */
    uint8_t *room;                    /* so many: a serial number has its place, and shares it */
    char prefix[MODEL_NAME_MAX + 16]; /* "http://NAME.test/", and then a serial number, */
    char links[MODEL_CHAIN_MAX][MODEL_URL_MAX]; /* or "ca-1" and so on, the root's neighbour last */
};

/* For so many at once; `papers` outlive them. False: there is no room. */
bool model_passports_open(struct model_passports *passports, struct model_papers *papers,
                          enum model_urls urls, uint32_t count);
void model_passports_close(struct model_passports *passports);
/* Good until another with its place is made. NULL: they show none, or it cannot be made. */
const struct ike_credential *model_passports_of(struct model_passports *passports, uint32_t serial,
                                                const struct ike_id *id);
/* What a URL of theirs stands for; empty: it is not there, or not any more. */
struct ike_bytes model_passports_fetch(const struct model_passports *passports,
                                       struct ike_bytes url);

#endif
