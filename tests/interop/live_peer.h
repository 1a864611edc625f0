/* SPDX-License-Identifier: MIT
 * Our engine as a real peer over UDP, in parts: what it is told (live_options.c),
 * ESP through its Child SAs (live_esp.c), its sockets (live_wire.c), its TCP
 * connections (live_stream.c) and its script (live_peer.c). */
#ifndef TESTS_INTEROP_LIVE_PEER_H
#define TESTS_INTEROP_LIVE_PEER_H

#include "ike/esp.h"
#include "ike/ike.h"

struct options {
    const char *local, *remote, *psk, *id, *peer, *ike, *esp, *local_ts, *remote_ts, *script;
    const char *sync, *first_group, *seconds, *cookies, *force, *initiate, *transport, *abandon;
    const char *certs, *type, *accepts, *scheme, *old, *tells, *eap, *eap_only, *within, *end,
        *childless;
    const char *fragment, *ppk, *ppk_required, *wants, *pool, *reauth, *auth_lifetime, *second;
    const char *mobike, *also, *redirect, *redirects, *pcap, *ping_from, *ping_to, *tokens,
        *tickets;
    const char *window, *no_nats, *lag, *shows, *nobody, *tcp, *no_udp;
};

enum { HEARD_MAX = 64, SOCKETS = 4, REBOUND_PORT = 4501, ESP_SHOWN = 64, LIVE_STREAMS = 4 };

/* The script hears of these as of events: all packets of a `ping` or `bulk` have come back; a
 * `pause` is over. */
enum { LIVE_ECHOED = IKE_EVENT_KINDS, LIVE_PAUSED, LIVE_KINDS };

/* An event, for the script. */
struct heard {
    unsigned kind; /* enum ike_event_kind, or one of ours */
    enum ike_why why;
    bool taken; /* a word of the script has waited for it */
};

struct results_capture;
struct live_esp;
struct live_streams;
struct live_wire;

struct peer {
    struct options o;
    struct ike_config config;
    struct ike_policy policy;
    struct ike_policy second;
    struct ike_engine *engine;
    struct ike_crypto *crypto;
    bool moved; /* to the address of `also` */
    uint64_t sa;
    uint32_t child;
    const char *script; /* what is left of it */
    const char *until;  /* and which events end the word at hand */
    struct heard heard[HEARD_MAX];
    size_t heard_count;
    bool at_go;    /* a line of standard input ends it */
    bool gone;     /* the IKE SA: nothing can come any more */
    bool finished; /* all of the script is done */
    bool done;     /* leave */
    bool failed;
    struct ike_sa_keys keys;
    bool has_keys;
    struct ike_credential credential;
    struct ike_tls_identity identity;
    struct ike_wants wants;
    struct ike_gives gives;
    struct ike_addr here, there;     /* by which IKE went last, by port 4500 */
    uint32_t esp_shown;              /* packets of ESP in the capture: ESP_SHOWN at most */
    struct results_capture *capture; /* NULL: none */
    struct live_esp *esp;
    struct live_wire *wire;
    struct live_streams *streams; /* NULL: no TCP */
    uint64_t paused_until;        /* 0: it is not */
    uint64_t began_ns;
    size_t root_len;
    uint8_t rooms[5][IKE_CERT_MAX]; /* key, root, intermediate, end entity, key again */
};

/* Leaves with status 2, and says why: errno. */
void live_die(const char *what);
uint64_t live_now_ns(void);

/* ---- live_options.c: arguments are NAME=VALUE, each name a member of struct options ---- */

void live_read_options(int argc, char **argv, struct options *o);
void live_configure(struct peer *p);
/* What needs the provider: keys, certificates, EAP; and its end. */
void live_furnish(struct peer *p);
void live_strip(struct peer *p);
/* The address of `also`. */
struct ike_gateway live_elsewhere(const struct peer *p);

/* ---- live_wire.c: two sockets at each address ---- */

void live_wire_open(struct peer *p);
void live_wire_close(struct peer *p);
/* As a NAT does that has forgotten us: everything goes by another port from now on. */
void live_wire_rebind(struct peer *p);
int live_wire_socket(const struct peer *p, int which);
void live_wire_send(struct peer *p, const struct ike_datagram *d);
/* Sends what was held back long enough; when the next is to be sent. */
uint64_t live_wire_due(struct peer *p);
/* What came, 0: nothing. */
size_t live_wire_take(struct peer *p, int which, uint8_t *room, size_t max, struct ike_datagram *d);

/* ---- live_stream.c: TCP, where an option asks for it ---- */

void live_streams_open(struct peer *p);
void live_streams_close(struct peer *p);
/* Those below LIVE_STREAMS are connections; at LIVE_STREAMS they come in. -1: nothing is there. */
int live_stream_socket(const struct peer *p, int which);
/* Something is to be read there. */
void live_stream_serve(struct peer *p, int which);
/* Opens and closes connections as events ask for; whether the engine was told of any. */
bool live_stream_heed(struct peer *p, const struct ike_event *event);
/* As it is when a network breaks: all that stand are closed, and the engine hears it. */
void live_stream_cut(struct peer *p);
void live_stream_send(struct peer *p, const struct ike_datagram *d);

/* ---- live_esp.c: ESP in UDP (RFC 3948), one IP packet after the other ---- */

bool live_esp_open(struct peer *p);
void live_esp_close(struct peer *p);
/* Child SAs as events tell of them. */
void live_esp_hear(struct peer *p, const struct ike_event *event);
/* Sends so many echo requests of `octets` (RFC 792) and awaits as many answers, a window of them
 * under way. */
bool live_esp_echo(struct peer *p, uint32_t count, size_t octets);
/* A packet that came by port 4500 and is not IKE. */
void live_esp_take(struct peer *p, uint8_t *packet, size_t len);

/* ---- live_peer.c ---- */

/* By the socket and to the address by which IKE goes; into the capture, too, if it is one of the
 * first. */
void live_send_esp(struct peer *p, struct ike_bytes packet);
void live_heard(struct peer *p, unsigned kind, enum ike_why why);
/* A message of a connection; what the engine says of it. */
enum ike_why live_take_message(struct peer *p, const struct ike_datagram *d);

#endif
