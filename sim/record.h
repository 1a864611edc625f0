/* SPDX-License-Identifier: MIT
 * What a run leaves behind: the sink that hosts and models report to.
 * results/ implements it with SQLite, a test may implement another. Metrics
 * are rows; their unit and meaning go into the database beside the values.
 *
 * Names follow draft-ietf-bmwg-ipsec-meth where it has one. */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include "ike/addr.h"
#include "ike/bytes.h"
#include "ike/why.h"

#include <stdbool.h>
#include <stdint.h>

/* COUNT: total of a run. GAUGE: level, also sampled into `series`. SHARE: parts per million. TIME:
 * ns. Columns: id; name; unit; kind; who, the kind of thing whose metric it is; meaning. */
/* clang-format off */
#define SIM_METRIC_ROWS(ROW)                                                                      \
    ROW(ATTEMPTS, "attempts", "1", COUNT, "clients",                                              \
        "IKE SA attempts started")                                                                \
    ROW(SUCCESSES, "successes", "1", COUNT, "clients",                                            \
        "attempts whose first Child SA was up at the client within its patience")                 \
    ROW(FAILURES, "failures", "1", COUNT, "clients",                                              \
        "attempts that ended otherwise; censored ones are neither")                               \
    ROW(CENSORED, "censored", "1", COUNT, "clients",                                              \
        "attempts unresolved at the end of the run")                                              \
    ROW(SUCCESS_SHARE, "success_share", "ppm", SHARE, "clients",                                  \
        "successes over resolved attempts")                                                       \
    ROW(SUCCESS_SHARE_DURING, "success_share_during", "ppm", SHARE, "clients",                    \
        "the same, attempts begun while some attacker sends")                                     \
    ROW(SETUP_TIME_P50, "tunnel_setup_time_p50", "ns", TIME, "clients",                           \
        "median from ike_connect to the first Child SA up, successes only; of a real daemon from "\
        "its first packet to the last that came before it said that it is up")                    \
    ROW(SETUP_TIME_P95, "tunnel_setup_time_p95", "ns", TIME, "clients",                           \
        "95th percentile of it")                                                                  \
    ROW(SETUP_TIME_P99, "tunnel_setup_time_p99", "ns", TIME, "clients",                           \
        "99th percentile of it")                                                                  \
    ROW(IKE_RETRANSMISSIONS, "ike_retransmissions", "1", COUNT, "clients",                        \
        "messages clients sent again")                                                            \
    ROW(CONNECTION_PACKETS, "packets_per_connection", "1e-3", TIME, "clients",                    \
        "mean of IKE messages a successful attempt took at the client, both directions, "         \
        "thousandths")                                                                            \
    ROW(RESUMED, "resumed", "1", COUNT, "clients",                                                \
        "successes that resumed a session by its ticket, where clients do")                       \
    ROW(ESP_SENT, "esp_sent", "1", COUNT, "clients",                                              \
        "packets sent by ESP, by the clients and back to them, where they send any; where their " \
        "gateway is a real daemon, by the clients")                                               \
    ROW(ESP_RECEIVED, "esp_received", "1", COUNT, "clients",                                      \
        "of those, come out of the tunnel at its other end; of a real daemon, answered")          \
    ROW(ESP_LOST, "esp_lost", "1", COUNT, "clients",                                              \
        "of those, not come out of it, or not answered, by the end of the run")                   \
    ROW(ESP_LOST_SHARE, "esp_lost_share", "ppm", SHARE, "clients",                                \
        "these over those sent")                                                                  \
    ROW(ESP_HELD, "esp_held", "1", COUNT, "clients",                                              \
        "packets that were not sent: no Child SA was there for them")                             \
    ROW(CHILD_REKEYS, "child_rekeys", "1", COUNT, "clients",                                      \
        "Child SAs that took another's place, where clients send packets")                        \
    ROW(IKE_REKEYS, "ike_rekeys", "1", COUNT, "clients",                                          \
        "IKE SAs that did, by a rekey")                                                           \
    ROW(TCP_OPENED, "tcp_opened", "1", COUNT, "clients",                                          \
        "TCP connections that came to stand, either end counts its own")                          \
    ROW(TCP_SEGMENTS, "tcp_segments", "1", COUNT, "clients",                                      \
        "TCP segments sent")                                                                      \
    ROW(TCP_RESENT, "tcp_resent", "1", COUNT, "clients",                                          \
        "of those, sent again")                                                                   \
    ROW(TCP_BACKLOG_DROPS, "tcp_backlog_drops", "1", COUNT, "gateway",                            \
        "SYNs beyond the backlog")                                                                \
    ROW(TCP_HALF_OPEN_MAX, "tcp_half_open_max", "1", GAUGE, "gateway",                            \
        "most TCP connections begun and not acknowledged")                                        \
    ROW(SETUP_RATE, "ike_sa_setup_rate", "1e-3/s", COUNT, "gateway",                              \
        "IKE SAs established per second of run, thousandths")                                     \
    ROW(TUNNEL_CAPACITY, "tunnel_capacity", "1", GAUGE, "gateway",                                \
        "most IKE SAs established at once")                                                       \
    ROW(ESTABLISHED, "established", "1", GAUGE, "gateway",                                        \
        "IKE SAs established, at the end")                                                        \
    ROW(PEERS_LOST, "peers_lost", "1", COUNT, "gateway",                                          \
        "IKE SAs given up because their peer did not answer; by clients too, whose gateway has "  \
        "outages")                                                                                \
    ROW(LOSS_FOUND_MEAN, "loss_found_mean", "ns", TIME, "clients",                                \
        "mean time from the beginning of an outage of their gateway until a client's IKE SA "     \
        "was given up, or ended by the gateway's token")                                          \
    ROW(BACK_MEAN, "back_mean", "ns", TIME, "clients",                                            \
        "mean time from the beginning of an outage of their gateway until a client whose IKE SA " \
        "was lost by it has a Child SA again")                                                    \
    ROW(ICMP_HINTS, "icmp_hints", "1", COUNT, "clients",                                          \
        "ICMP messages that said of a datagram that it did not arrive, either end counts its "    \
        "own, where some came or are heeded")                                                     \
    ROW(ICMP_CHECKS, "icmp_checks", "1", COUNT, "clients",                                        \
        "of those, that made the end ask whether its peer is there")                              \
    ROW(ICMP_REFUSED, "icmp_refused", "1", COUNT, "gateway",                                      \
        "datagrams for a gateway that was not there, answered by ICMP")                           \
    ROW(INVALID_SELECTORS_HEARD, "invalid_selectors_heard", "1", COUNT, "clients",                                      \
        "times the other end said that a packet may not come by its Child SA, and was dropped: "  \
        "of who was told, or tells of such packets itself; either end counts its own")            \
    ROW(PEERS_MOVED, "peers_moved", "1", COUNT, "gateway",                                        \
        "times an IKE SA followed its peer to another mapping of a NAT")                          \
    ROW(ADDRESSES_GIVEN, "addresses_given", "1", GAUGE, "gateway",                                \
        "inner addresses of the pools that clients hold, at the end")                             \
    ROW(BACKEND_ASKED, "backend_asked", "1", COUNT, "gateway",                                    \
        "questions put to the AAA server, and for revocation lists and certificates")             \
    ROW(BACKEND_LATE, "backend_late", "1", COUNT, "gateway",                                      \
        "of those, answered when nobody waited any more")                                         \
    ROW(BACKEND_DROPPED, "backend_dropped", "1", COUNT, "gateway",                                \
        "of those, too many at once to be answered")                                              \
    ROW(HALF_OPEN, "half_open", "1", GAUGE, "gateway",                                            \
        "SAs past IKE_SA_INIT and short of IKE_AUTH, at the end")                                 \
    ROW(HALF_OPEN_MAX, "half_open_max", "1", GAUGE, "gateway",                                    \
        "most half-open SAs there were at a sample")                                              \
    ROW(HALF_OPEN_MEAN, "half_open_mean", "1e-3", GAUGE, "gateway",                               \
        "time average of half-open SAs, thousandths; of a real daemon the mean of samples")       \
    ROW(HALF_OPEN_MADE, "half_open_made", "1", COUNT, "gateway",                                  \
        "half-open SAs made; of a real daemon its answers to IKE_SA_INIT that accept")            \
    ROW(HALF_OPEN_EXPIRED, "half_open_expired", "1", COUNT, "gateway",                            \
        "half-open SAs that timed out")                                                           \
    ROW(HALF_OPEN_REFUSED_SHARE, "half_open_refused_share", "ppm", SHARE, "gateway",              \
        "new valid requests refused by the half-open limit, after its first timeout; over "       \
        "all such requests")                                                                      \
    ROW(CPU_BUSY, "cpu_busy", "ns", COUNT, "gateway",                                             \
        "core time spent, all cores")                                                             \
    ROW(CPU_SHARE, "cpu_share", "ppm", SHARE, "gateway",                                          \
        "core time spent over cores x run")                                                       \
    ROW(CPU_SHARE_DURING, "cpu_share_during", "ppm", SHARE, "gateway",                            \
        "the same, while some attacker sends")                                                    \
    ROW(INIT_REFUSED_SHARE, "init_refused_share", "ppm", SHARE, "gateway",                        \
        "requests of IKE_SA_INIT that came and no SA was the answer to: refused, lost, waiting")  \
    ROW(INBOX_DROPS, "inbox_drops", "1", COUNT, "gateway",                                        \
        "datagrams refused by the full inbox; of a real daemon by its sockets' full buffers")     \
    ROW(SERVED, "served", "1", COUNT, "gateway",                                                  \
        "datagrams taken from the inbox and served; of a real daemon those it has read from its " \
        "sockets")                                                                                \
    ROW(WAIT_MEAN, "wait_mean", "ns", TIME, "gateway",                                            \
        "mean time a datagram spent in the inbox")                                                \
    ROW(WAIT_P99, "wait_p99", "ns", TIME, "gateway",                                              \
        "99th percentile of it, upper edge of its bin")                                           \
    ROW(COOKIES_SENT, "cookies_sent", "1", COUNT, "gateway",                                      \
        "requests answered with COOKIE")                                                          \
    ROW(MEMORY_MAX, "memory_max", "B", GAUGE, "gateway",                                          \
        "most octets held for SAs at a sample, as the implementation profile counts them; of a "  \
        "real daemon resident memory, each of its processes at its most, beyond what all had "    \
        "when it began to listen")                                                                \
    ROW(AMPLIFICATION, "amplification", "1e-3", SHARE, "gateway",                                 \
        "octets sent over octets received, UDP payload, thousandths")                             \
    ROW(FLOOD_SENT, "flood_sent", "1", COUNT, "attacker",                                         \
        "datagrams the attacker sent")                                                            \
    ROW(FLOOD_ANSWERED, "flood_answered", "1", COUNT, "attacker",                                 \
        "answers that came to spoofed addresses")                                                 \
    ROW(BACKGROUND_SENT, "background_sent", "B", COUNT, "background",                             \
        "octets of payload that on-off traffic sent")                                             \
    ROW(BACKGROUND_RECEIVED, "background_received", "B", COUNT, "background",                     \
        "octets of payload that came to its other end, bulk-tcp's in order")                      \
    ROW(LINK_LOSS, "link_loss", "1", COUNT, "network",                                            \
        "datagrams lost at random on links")                                                      \
    ROW(QUEUE_DROPS, "queue_drops", "1", COUNT, "network",                                        \
        "datagrams refused by full link queues")                                                  \
    ROW(TOO_BIG, "too_big", "1", COUNT, "network",                                                \
        "datagrams longer than a link's MTU")                                                     \
    ROW(NO_ROUTE, "no_route", "1", COUNT, "network",                                              \
        "datagrams to addresses nobody owns")                                                     \
    ROW(OUTAGES, "outage_losses", "1", COUNT, "network",                                          \
        "datagrams lost because a link was down")                                                 \
    ROW(DUPLICATES, "duplicates", "1", COUNT, "network",                                          \
        "datagrams that links doubled")                                                           \
    ROW(ICMP_ERRORS, "icmp_errors", "1", COUNT, "network",                                        \
        "what routers reported to senders by ICMP")                                               \
    ROW(FRAGMENTS, "ip_fragments", "1", COUNT, "network",                                         \
        "packets more than there were, by cutting datagrams at an MTU")                           \
    ROW(REASSEMBLY_FULL, "reassembly_full", "1", COUNT, "network",                                \
        "IP fragments dropped for want of room at their destination")                             \
    ROW(REASSEMBLY_TIMEOUTS, "reassembly_timeouts", "1", COUNT, "network",                        \
        "IP fragments dropped because the others of their datagram did not come")                 \
    ROW(UNANSWERED, "unanswered", "1", COUNT, "gateway",                                          \
        "samples at which a real daemon did not say in time how many SAs it has; of more than "   \
        "a tenth of all, no levels are told")                                                     \
    ROW(STAND_IN, "stand_in", "1", GAUGE, "gateway",                                              \
        "1: a stand-in answered a real daemon for what the kernel lacks: no study of it")         \
    ROW(CPUS_SHARED, "cpus_shared", "1", GAUGE, "gateway",                                        \
        "1: a real daemon had no CPUs to itself: what loads it ran there too")                    \
    ROW(CPU_STEPS, "cpu_steps", "ns", TIME, "gateway",                                            \
        "what 1,000 multiplications, one after the other, took on a real daemon's CPU before it") \
    ROW(CPU_READS, "cpu_reads", "ns", TIME, "gateway",                                            \
        "and 1,000 reads of 4 MiB of memory, one after the other, at random")                     \
    ROW(ESP_UNKNOWN_SPI, "esp_unknown_spi", "1", COUNT, "run",                                    \
        "packets of ESP for an SA that is not there, or not any more")                            \
    ROW(ESP_REPLAYED, "esp_replayed", "1", COUNT, "run",                                          \
        "packets of ESP that came twice, or later than the anti-replay window reaches")           \
    ROW(ESP_SELECTORS, "esp_selectors", "1", COUNT, "run",                                        \
        "packets within ESP that may not come by their SA: their addresses are not within its "   \
        "selectors")                                                                              \
    ROW(LAG_MEAN, "lag_mean", "ns", TIME, "run",                                                  \
        "in real time: how late events happened")                                                 \
    ROW(LAG_P99, "lag_p99", "ns", TIME, "run",                                                    \
        "99th percentile of it")                                                                  \
    ROW(LAG_MAX, "lag_max", "ns", TIME, "run",                                                    \
        "most of it")                                                                             \
    ROW(LATE_SHARE, "late_share", "ppm", SHARE, "run",                                            \
        "in real time: events later than network.lag_limit")                                      \
    ROW(LATE, "late", "1", GAUGE, "run",                                                          \
        "1: real time was not kept: more than a thousandth of all events were so late")           \
    ROW(EVENTS, "events", "1", COUNT, "run",                                                      \
        "events of the loop")
/* clang-format on */

enum sim_metric {
#define ROW(id, name, unit, kind, who, meaning) SIM_METRIC_##id,
    SIM_METRIC_ROWS(ROW)
#undef ROW
        SIM_METRIC_COUNT
};

struct sim_metric_row {
    const char *name;
    const char *unit;
    const char *kind;
    const char *who;
    const char *meaning;
};
extern const struct sim_metric_row sim_metric_rows[SIM_METRIC_COUNT];

/* Levels sampled over time. */
/* clang-format off */
#define SIM_SERIES_ROWS(ROW)                                                                      \
    ROW(HALF_OPEN,   "half_open",   "1",   "half-open SAs")                                       \
    ROW(ESTABLISHED, "established", "1",   "established IKE SAs")                                 \
    ROW(CPU_SHARE,   "cpu_share",   "ppm", "core time spent since the last sample, over cores")   \
    ROW(INBOX,       "inbox",       "1",   "datagrams waiting in the inbox")                      \
    ROW(INBOX_DROPS, "inbox_drops", "1",                                                          \
        "datagrams refused by the full inbox, or a real daemon's sockets, since the last sample") \
    ROW(COOKIES_ON,  "cookies_on",  "1",   "1 while cookies are asked for")                       \
    ROW(MEMORY,      "memory",      "B",                                                          \
        "octets held for SAs; of a real daemon all its resident memory")
/* clang-format on */

enum sim_series {
#define ROW(id, name, unit, meaning) SIM_SERIES_##id,
    SIM_SERIES_ROWS(ROW)
#undef ROW
        SIM_SERIES_COUNT
};
struct sim_series_row {
    const char *name;
    const char *unit;
    const char *meaning;
};
extern const struct sim_series_row sim_series_rows[SIM_SERIES_COUNT];

enum sim_phase { SIM_BEFORE, SIM_DURING, SIM_AFTER }; /* of the attack; BEFORE when there is none */
enum sim_outcome { SIM_SUCCEEDED, SIM_FAILED, SIM_CENSORED };

/* One attempt of one client. */
struct sim_handshake {
    const char *who; /* the population's name */
    uint32_t client;
    uint64_t start_ns;
    uint64_t end_ns; /* SIM_NEVER when censored */
    enum sim_outcome outcome;
    enum sim_phase phase; /* at its start */
    enum ike_why why;     /* WHY_OK when it succeeded or is censored */
    uint16_t notify;      /* the error notify that ended it, or 0 */
    uint16_t retransmissions;
    uint8_t cookies;
    uint8_t groups;      /* INVALID_KE_PAYLOAD answers */
    uint8_t round_trips; /* exchanges completed */
    bool patience_over;  /* the client gave up waiting; `why` is then NO_ANSWER */
};

/* One datagram seen at a gateway's interface, when tracing. */
struct sim_message {
    uint64_t at_ns;
    const char *who; /* the gateway */
    struct ike_addr from;
    struct ike_addr to;
    struct ike_bytes bytes;
    bool inbound;
    bool tcp;         /* came or went by a TCP connection */
    const char *text; /* ike_describe's line */
    const char *fate; /* "accepted", "sent", a reason's or a loss's name */
};

/* Keys of an IKE SA, for the decryption table beside a capture. */
struct ike_sa_keys;

struct sim_record;
struct sim_record_ops {
    void (*metric)(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value);
    void (*series)(struct sim_record *r, const char *who, enum sim_series series, uint64_t at_ns,
                   int64_t value);
    void (*handshake)(struct sim_record *r, const struct sim_handshake *handshake);
    /* Total of a run; `reason` is an ike_why's or sim_lost's name. */
    void (*refusal)(struct sim_record *r, const char *who, const char *reason, uint64_t count);
    void (*message)(struct sim_record *r, const struct sim_message *message);
    void (*keys)(struct sim_record *r, const struct ike_sa_keys *keys);
};
struct sim_record {
    const struct sim_record_ops *ops;
};

#endif
