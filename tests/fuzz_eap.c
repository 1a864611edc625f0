/* SPDX-License-Identifier: MIT
 * EAP under fuzzing: a server and a peer of each method converse, and packets
 * between them are changed, replaced or made up; in TTLS also what is said
 * within TLS. No packet is longer than it may be, an end that has ended says
 * nothing more, and both never come to a good end with different keys.
 *
 * Input: a provider and TLS's ways (1), methods of the server (1) and the peer
 * (1), a length of fragments (1), then pieces as fuzz_mutator.c has them. */
#include "ike/eap.h"
#include "tests/eap_talk.h"
#include "tests/fuzz_pieces.h"
#include "tests/tls_certs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

/* The packet under way is changed: SET offset (2), octets; CUT length (2); APPEND octets; DATA
 * type (1), octets; WHOLE octets. Its length is put right, but by WHOLE. PASS lets so many go as
 * they are (1). INNER: what is next said within TLS. AGAIN: the same packet comes once more. */
enum piece { PASS, SET, CUT, APPEND, DATA, WHOLE, INNER, AGAIN, PIECES };
enum way { REAL = 1, IDENTITY = 2, ONLY_1_2 = 4, ONLY_1_3 = 8, MUTUAL = 16, ANYONE = 32, RSA = 64 };
enum { ROOM = 20000, PIECES_MAX = 64, METHODS = 5 };

const size_t fuzz_head = 4;
const size_t fuzz_piece_kinds = PIECES;

size_t fuzz_piece_skips(uint8_t kind)
{
    (void)kind;
    return SIZE_MAX - 64;
}

static const uint8_t methods[METHODS] = {EAP_MD5, EAP_GTC, EAP_MSCHAPV2, EAP_TLS, EAP_TTLS};
static struct ike_eap_config configs[2]; /* of the server, of the peer */
static struct ike_eap ends[2];
static enum ike_why whys[2];
static uint8_t packet[ROOM];
static size_t packet_len;
static int packet_to;
static struct ike_bytes inner; /* to be said in place of the next words within TLS */
static const struct ike_crypto_ops *provider_ops;

static void demand(bool held)
{
    if (!held)
        abort();
}

static bool say(struct ike_crypto *c, struct ike_tls *tls, struct ike_bytes text)
{
    const struct ike_bytes words = inner.len > 0 ? inner : text;
    inner.len = 0;
    return provider_ops->tls->say(c, tls, words);
}

/* A provider for good, whose `say` is ours. */
static struct ike_crypto *provider(bool real)
{
    static struct ike_crypto *crypto[2];
    static struct ike_crypto_ops ops[2];
    static struct ike_tls_ops tls[2];
    static const struct ike_crypto_ops *original[2];
    const int n = real ? 1 : 0;
    if (crypto[n] == NULL) {
        crypto[n] = talk_provider(real);
        original[n] = crypto[n]->ops;
        ops[n] = *original[n];
        tls[n] = *ops[n].tls;
        tls[n].say = say;
        ops[n].tls = &tls[n];
        crypto[n]->ops = &ops[n];
    }
    provider_ops = original[n];
    return crypto[n];
}

static void configure(uint8_t ways, uint8_t servers, uint8_t peers, uint8_t fragment)
{
    for (int i = 0; i < 2; i++) {
        const uint8_t bits = i == 0 ? servers : peers;
        struct ike_eap_config *const c = &configs[i];
        *c = (struct ike_eap_config){.identity = (ways & IDENTITY) != 0};
        for (int m = 0; m < METHODS; m++)
            if ((bits >> m & 1) != 0 && c->method_count < IKE_EAP_METHODS_MAX)
                c->methods[c->method_count++] = methods[m];
        c->within = (bits & 0x20) != 0 ? EAP_MSCHAPV2 : 0;
        c->rounds_max = (bits & 0x80) != 0 ? 6 : 0;
        c->fragment = fragment == 0 ? 0 : (uint16_t)(EAP_FRAGMENT_MIN + 16 * fragment);
        talk_text(c->user, &c->user_len, "User");
        talk_text(c->password, &c->password_len, (bits & 0x40) != 0 ? "other" : "clientPass");
        c->tls.version = (uint8_t)((ways & ONLY_1_2) != 0   ? TLS_1_2
                                   : (ways & ONLY_1_3) != 0 ? TLS_1_3
                                                            : TLS_ANY);
        c->tls.anchors[0] = tls_root;
        c->tls.anchor_count = 1;
    }
    if ((ways & ANYONE) != 0)
        configs[0].user_len = 0;
    const bool rsa = (ways & RSA) != 0;
    configs[0].tls.identity = &tls_identities[rsa ? TLS_SERVER_RSA : TLS_SERVER_EC];
    configs[0].tls.mutual = (ways & MUTUAL) != 0;
    configs[1].tls.identity = &tls_identities[rsa ? TLS_CLIENT_RSA : TLS_CLIENT_EC];
    configs[1].tls.trusting = (ways & ANYONE) != 0;
}

/* What may be said of a packet that `by` has made. */
static void check_packet(int by, struct ike_bytes made)
{
    struct ike_eap_packet p;
    demand(ike_eap_parse(made, &p) == WHY_OK);
    demand(by == 0 ? p.code != EAP_RESPONSE : p.code == EAP_RESPONSE);
    const size_t most = configs[by].fragment != 0 ? configs[by].fragment : EAP_FRAGMENT_DEFAULT;
    demand((p.type != EAP_TLS && p.type != EAP_TTLS) || made.len <= most);
}

/* The packet goes to its end, whose answer takes its place. */
static void deliver(void)
{
    static uint8_t room[ROOM];
    const int to = packet_to;
    struct ike_writer w = wr_open(room, sizeof room);
    if (packet_len == 0 || whys[to] != WHY_OK || ends[to].phase != EAP_GOING)
        return;
    whys[to] = ike_eap_step(&ends[to], (struct ike_bytes){.at = packet, .len = packet_len}, &w);
    demand(!w.bad);
    demand(whys[to] == WHY_OK || ends[to].phase == EAP_FAILED);
    demand(to == 0 || (w.len > 0) == (whys[to] == WHY_OK && ends[to].phase == EAP_GOING));
    if (w.len > 0)
        check_packet(to, wr_done(&w));
    packet_len = w.len;
    if (w.len > 0)
        memcpy(packet, room, w.len);
    packet_to = 1 - to;
}

static void put_right(size_t len)
{
    packet_len = len;
    if (len < EAP_HEADER_LEN)
        return;
    packet[2] = (uint8_t)(len >> 8);
    packet[3] = (uint8_t)len;
}

static void set(size_t at, struct ike_bytes octets)
{
    if (packet_len == 0)
        return;
    at = at <= packet_len ? at : packet_len;
    const size_t len = octets.len < ROOM - at ? octets.len : ROOM - at;
    memcpy(packet + at, octets.at, len);
    put_right(at + len > packet_len ? at + len : packet_len);
}

static void again(void)
{
    static uint8_t copy[ROOM];
    const size_t len = packet_len;
    const int to = packet_to;
    memcpy(copy, packet, len);
    deliver();
    memcpy(packet, copy, len);
    packet_len = len;
    packet_to = to;
}

static void take_piece(enum piece piece, struct ike_bytes data)
{
    struct ike_reader r = rd_open(data);
    if (piece == PASS)
        for (int i = rd_u8(&r); i >= 0 && packet_len > 0; i--)
            deliver();
    if (piece == SET) {
        const size_t at = rd_u16(&r);
        set(at, rd_rest(&r));
    }
    if (piece == CUT) {
        const size_t len = rd_u16(&r);
        put_right(len < packet_len ? len : packet_len);
    }
    if (piece == APPEND)
        set(packet_len, data);
    if (piece == DATA && packet_len > EAP_HEADER_LEN) {
        packet_len = EAP_HEADER_LEN;
        set(EAP_HEADER_LEN, data);
    }
    if (piece == WHOLE && packet_len > 0 && data.len > 0) {
        memcpy(packet, data.at, data.len);
        packet_len = data.len;
    }
    if (piece == INNER)
        inner = data.len <= IKE_TLS_TEXT_MAX ? data : (struct ike_bytes){0};
    if (piece == AGAIN)
        again();
}

static void open_ends(struct ike_crypto *crypto)
{
    for (int i = 0; i < 2; i++) {
        const struct ike_eap_start start = {.crypto = crypto,
                                            .config = &configs[i],
                                            .name = {.at = (const uint8_t *)"User", .len = 4},
                                            .server = i == 0};
        ike_eap_open(&ends[i], &start);
        whys[i] = WHY_OK;
    }
    struct ike_writer w = wr_open(packet, sizeof packet);
    whys[0] = ike_eap_begin(&ends[0], &w);
    demand(!w.bad);
    packet_len = whys[0] == WHY_OK ? w.len : 0;
    packet_to = 1;
    inner.len = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    struct ike_reader r = rd_open((struct ike_bytes){.at = at, .len = len});
    const uint8_t ways = rd_u8(&r);
    const uint8_t servers = rd_u8(&r);
    const uint8_t peers = rd_u8(&r);
    configure(ways, servers, peers, rd_u8(&r));
    open_ends(provider((ways & REAL) != 0));
    for (int pieces = 0; r.left > 2 && pieces < PIECES_MAX; pieces++) {
        const uint8_t piece = rd_u8(&r);
        const size_t wanted = rd_u16(&r);
        take_piece((enum piece)(piece % PIECES), rd_bytes(&r, wanted < r.left ? wanted : r.left));
    }
    for (int i = 0; i < 300; i++)
        deliver();
    const bool good = ends[0].phase == EAP_SUCCEEDED && ends[1].phase == EAP_SUCCEEDED;
    demand(!good || ends[0].has_msk == ends[1].has_msk);
    demand(!good || memcmp(ends[0].msk, ends[1].msk, EAP_MSK_LEN) == 0);
    for (int i = 0; i < 2; i++)
        ike_eap_close(&ends[i]);
    return 0;
}
