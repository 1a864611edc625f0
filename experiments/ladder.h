/* SPDX-License-Identifier: MIT
 * The ladder: messages of a traced run drawn between client and gateway, with
 * their times, exchanges by their names in RFC 7296, and their payloads. */
#ifndef EXPERIMENTS_LADDER_H
#define EXPERIMENTS_LADDER_H

#include "experiments/study.h"

#include <stdio.h>

struct ladder {
    FILE *out;
    bool unicode; /* lines of box-drawing characters, else of ASCII */
    uint32_t count;
    uint64_t first_ns, last_ns;
};

/* One message as it is seen at the gateway's interface. */
struct ladder_message {
    uint64_t at_ns;
    bool inbound;
    size_t len;       /* octets of UDP payload */
    const char *text; /* ike_describe's line */
    const char *fate;
};

/* The heads of the two columns. `network` says what lies between. */
void ladder_open(struct ladder *ladder, FILE *out, const char *client, const char *network,
                 const char *gateway);
void ladder_draw(struct ladder *ladder, const struct ladder_message *message);
void ladder_close(struct ladder *ladder);

/* The traced messages of the first run in the database of this study; `error` takes
 * RESULTS_ERROR_MAX characters. */
bool ladder_print(const struct study *study, const char *db_path, FILE *out, char *error);

#endif
