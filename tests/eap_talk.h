/* SPDX-License-Identifier: MIT
 * An EAP conversation in memory: a server and a peer, each with its config, and
 * what was said between them. For unit tests of the methods. */
#ifndef TESTS_EAP_TALK_H
#define TESTS_EAP_TALK_H

#include "ike/eap.h"

enum { TALK_ROOM = 20000, TALK_SAID = 2048 };

struct talk {
    struct ike_eap_config config[2]; /* server, peer */
    struct ike_eap eap[2];
    enum ike_why why[2];
    uint8_t room[TALK_ROOM];
    int packets;
    size_t len_max;       /* of the longest packet */
    size_t flight_len[8]; /* octets of TLS in each flight, without the heads of their pieces */
    int flights;
    int said_by;          /* who sent the last one */
    char said[TALK_SAID]; /* a word a packet: its type, S or F */
    int tamper;           /* number of the packet that has an octet changed; -1: none */
};

extern struct talk talk;

struct ike_crypto *talk_provider(bool real);
void talk_text(uint8_t *out, uint8_t *len, const char *from);
/* Both want `method`, as "User" with "clientPass". */
void talk_begin(uint8_t method);
/* Until one has nothing more to say. */
void talk_run(struct ike_crypto *crypto);
void talk_end(void);
/* Both came to a good end, with the same keys or none. */
bool talk_succeeded(void);

#endif
