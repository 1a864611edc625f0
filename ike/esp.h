/* SPDX-License-Identifier: MIT
 * ESP (RFC 4303): packets of one Child SA sealed and opened, one direction
 * each. What carries them, IP or UDP (RFC 3948), is the caller's, and so is which
 * SA has which SPI, and IPComp. A host makes the two ends of a Child SA so:
 *
 *     IKE_CHILD_UP      ike_child_sa() and ike_esp_pair() give an inbound and an
 *                       outbound SA. The keys of both come from one KEYMAT, those
 *                       of the initiator of the exchange first (RFC 7296 2.17).
 *     a packet goes     ike_packet_out() says by which Child SA: after a rekey the
 *                       responder stays with the old one until something has come
 *                       by the new one, or the old one is closed (RFC 7296 2.8).
 *     a packet comes    ike_esp_spi() names the inbound SA; and what it opens is held against the
 *                       selectors of the Child SA, which are its owner's to keep: ike_esp_within().
 *                       What strayed is dropped, and ike_tell_invalid_selectors() may tell the
 * peer. either            ike_child_used() tells the engine of octets and packets, and it rekeys
 * when there were enough. IKE_CHILD_UP      with `child_was`: make before break. Both pairs live
 * on, the old inbound one for what is still on its way, IKE_CHILD_DOWN    until this.
 * ike_esp_forget() both; or, where packets may overtake each other, the inbound one a little later.
 *     IKE_SYNCED        ike_esp_skip() by event.skip (RFC 6311 5).
 */
#ifndef IKE_ESP_H
#define IKE_ESP_H

#include "ike/crypto.h"
#include "ike/esp_window.h"

struct ike_child_sa; /* ike.h */
struct ike_child_selectors;
struct ike_packet;

/* Every reason for which a packet is not sealed, or not given to whom it is for: one row each. All
 * but the last one are an inbound SA's. Nothing is ever answered. */
/* clang-format off */
/*      id           name               source */
#define IKE_ESP_WHY_ROWS(ROW)                                                                                  \
    ROW(OK,          "ok",              "")                                                                    \
    ROW(UNKNOWN_SPI, "esp_unknown_spi", "RFC 4303 3.4.2: no such SA")                                          \
    ROW(SHORT,       "esp_short",       "RFC 4303 2: no room for header, IV, trailer and ICV")                 \
    ROW(LONG,        "esp_long",        "limits.h: IKE_ESP_MAX; or no such room to seal in")                   \
    ROW(LENGTH,      "esp_length",      "RFC 4303 2.4: does not end with a block, or on 4 octets")             \
    ROW(TOO_OLD,     "esp_too_old",     "RFC 4303 3.4.3: the number is below the window")                      \
    ROW(REPLAYED,    "esp_replayed",    "RFC 4303 3.4.3: the number has come before, or is 0")                 \
    ROW(BAD_ICV,     "esp_bad_icv",     "RFC 4303 3.4.4")                                                      \
    ROW(PADDING,     "esp_padding",     "RFC 4303 2.4: not 1, 2, 3, or more of it than there is")              \
    ROW(DUMMY,       "esp_dummy",       "RFC 4303 2.6: next header 59, discarded without prejudice")           \
    ROW(NEXT_HEADER, "esp_next_header", "RFC 4303 2.6: a tunnel that carries neither IPv4 nor IPv6")           \
    ROW(INNER,       "esp_inner",       "RFC 4303 2.7: no such IP packet within, or longer than what came")    \
    ROW(SELECTORS,   "esp_selectors",   "RFC 4301 5.2: what is within may not come by this SA")                \
    ROW(EXHAUSTED,   "esp_exhausted",   "RFC 4303 3.3.3: all sequence numbers are used up; to be rekeyed first")
/* clang-format on */

enum ike_esp_why {
#define ROW(id, name, source) ESP_WHY_##id,
    IKE_ESP_WHY_ROWS(ROW)
#undef ROW
        ESP_WHY_COUNT
};

struct ike_esp_why_row {
    const char *name; /* lower case, as it stands in the database */
    const char *source;
};
const struct ike_esp_why_row *ike_esp_why_row(enum ike_esp_why why);

enum ike_esp_next {
    ESP_NEXT_IPV4 = 4,
    ESP_NEXT_IPV6 = 41,
    ESP_NEXT_NONE = 59, /* a dummy: what is within means nothing */
};

/* What an SA of one direction is made of; views, copied. */
struct ike_esp_spec {
    uint32_t spi;
    struct ike_suite suite;     /* encr, integ, esn */
    struct ike_bytes encr_key;  /* its salt behind it */
    struct ike_bytes integ_key; /* none with an AEAD */
    bool transport;             /* else a tunnel */
};

/* What both directions have. */
struct ike_esp {
    uint32_t spi;
    uint8_t encr; /* rows of ike_algos */
    uint8_t integ;
    bool extended; /* sequence numbers have 64 bits */
    bool transport;
    uint8_t keys[IKE_ESP_KEYS_MAX];
    uint64_t packets; /* that were sealed, or found authentic, */
    uint64_t
        octets; /* and so many of text, padding and all: what lifetimes count (RFC 4301 4.4.2.1)
                 */
    uint64_t reasons[ESP_WHY_COUNT]; /* how often each was said */
};

struct ike_esp_out {
    struct ike_esp sa;
    uint64_t sent;    /* the last sequence number */
    uint64_t iv_mask; /* exclusive-or'd to it, the IV of counter modes and AEADs: unique under one
                         key whatever this is (RFC 4106 3.1) */
};

struct ike_esp_in {
    struct ike_esp sa;
    struct ike_esp_window window;
    uint32_t failures; /* of an SA with extended numbers: ICVs that were wrong since one was right,
                          or since the sender was last looked for further ahead */
};

/* `window` as ike_esp_window_open has it. */
void ike_esp_in_open(struct ike_esp_in *in, const struct ike_esp_spec *spec, uint32_t window);
void ike_esp_out_open(struct ike_esp_out *out, const struct ike_esp_spec *spec);
/* Both of what the engine tells of a Child SA; `window` as above. */
void ike_esp_pair(const struct ike_child_sa *child, uint32_t window, struct ike_esp_in *in,
                  struct ike_esp_out *out);
/* Wipes the keys: nothing is to be sealed or opened with it any more. */
void ike_esp_forget(struct ike_esp *sa);

/* Octets of the packet around `len` octets; and the most of them that a packet of at most `max` can
 * carry, 0 when it can carry none. */
size_t ike_esp_len(const struct ike_esp *sa, size_t len);
size_t ike_esp_most(const struct ike_esp *sa, size_t max);

struct ike_esp_inner {
    struct ike_bytes octets; /* an IP packet, or what follows the IP header in transport mode */
    uint8_t next;            /* what that is: an IP protocol number */
    uint16_t tfc; /* so many zeros behind it, to hide how long it is: only where what is within says
                     itself where it ends, and the peer takes it (RFC 4303 2.7, RFC 7296 1.3.1) */
};

/* Adds the packet to `w`, which stays as it was when it is refused: ESP_WHY_LONG,
 * ESP_WHY_EXHAUSTED. */
enum ike_esp_why ike_esp_seal(struct ike_esp_out *out, struct ike_crypto *crypto,
                              const struct ike_esp_inner *inner, struct ike_writer *w);
/* The sender leaves out so many numbers, or all that there are. */
void ike_esp_skip(struct ike_esp_out *out, uint64_t numbers);

/* To which inbound SA a packet speaks. ESP_WHY_SHORT; ESP_WHY_UNKNOWN_SPI: to none, ever (SPI 0,
 * RFC 4303 2.1; in UDP that is IKE). */
enum ike_esp_why ike_esp_spi(struct ike_bytes packet, uint32_t *spi);

struct ike_esp_opened {
    struct ike_bytes octets; /* within the packet; of a tunnel without what hides its length */
    uint8_t next;
    uint64_t number; /* its sequence number, all of it */
};

/* Opens a packet in place. It is undefined what stands there when it is refused. Of an extended
 * number what is too old looks as if it were 2^32 ahead, and is refused for its ICV; and whoever is
 * 2^32 and more ahead is found again by one packet in IKE_ESP_RESYNC_AFTER (RFC 4303 A.3.2). */
enum ike_esp_why ike_esp_open(struct ike_esp_in *in, struct ike_crypto *crypto, uint8_t *packet,
                              size_t len, struct ike_esp_opened *opened);

/* Whether what was opened may come by this SA, whose Child SA has these selectors (RFC 4301 5.2):
 * ESP_WHY_OK, or ESP_WHY_SELECTORS, also if it is no packet that could be held against them.
 * `outer`: whose addresses a packet in transport mode has; else it is not looked at. */
enum ike_esp_why ike_esp_within(struct ike_esp_in *in, const struct ike_esp_opened *opened,
                                const struct ike_child_selectors *selectors,
                                const struct ike_packet *outer);

#endif
