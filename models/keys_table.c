/* SPDX-License-Identifier: MIT
 * The table of keys itself: one row a setting. Defaults are strongSwan's where
 * it has one (RFC 7296 leaves them open), without its limits: a study that is
 * about a limit says so in its file. */
#include "models/keys.h"

/* clang-format off */
#define WORLD(member) \
    offsetof(struct model_world_config, member), sizeof(((struct model_world_config *)0)->member)
#define LINK(member) \
    offsetof(struct model_link, member), sizeof(((struct model_link *)0)->member)
#define GATEWAY(member) \
    offsetof(struct model_gateway, member), sizeof(((struct model_gateway *)0)->member)
#define CLIENTS(member) \
    offsetof(struct model_clients, member), sizeof(((struct model_clients *)0)->member)
#define ATTACKER(member) \
    offsetof(struct model_attacker, member), sizeof(((struct model_attacker *)0)->member)
#define BACKGROUND(member) \
    offsetof(struct model_background, member), sizeof(((struct model_background *)0)->member)

#define IKE_PROPOSAL "aes256gcm16-prfsha256-x25519"
#define ESP_PROPOSAL "aes256gcm16"
#define AUTH_WORDS \
    "psk|rsa2048|rsa3072|rsa4096|ecdsa256|ecdsa384|ecdsa521|ed25519|ed448|null"
#define EAP_WORDS    "eap-md5=11|eap-gtc=12|eap-mschapv2=13|eap-tls=14|eap-ttls=15"
#define KEY_WORDS \
    "rsa2048=1|rsa3072=2|rsa4096=3|ecdsa256=4|ecdsa384=5|ecdsa521=6|ed25519=7|ed448=8"
#define NONE_32      "none=4294967295"
#define NEVER_64     "never=18446744073709551615"
#define NONE_64      "none=18446744073709551615"

/* What either end may speak beyond the least; defaults leave messages as they are without. */
#define ABILITY_KEYS(who, PLACE) \
    { who "childless", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.childless), \
      "when both ends say so IKE_AUTH makes no Child SA, and the first is asked for after it (RFC 6023)" }, \
    { who "window", KIND_COUNT, NULL, "1", "8", "1", PLACE(abilities.window), \
      "requests the other end may have under way at once; told to it when more than one (RFC 7296 2.3)" }, \
    { who "children_max", KIND_COUNT, "none=0", "1", "65535", "none", PLACE(abilities.children_max), \
      "Child SAs of one IKE SA that the other end may ask for; more are refused (RFC 7296 1.3)" }, \
    { who "rekeys.most", KIND_COUNT, "any=0", "1", "1e6", "any", PLACE(abilities.rekeys_most), \
      "times the other end may rekey its IKE SA or a Child SA of it in a row; who does so more often is " \
      "told TEMPORARY_FAILURE (RFC 8019 5); any: nobody is" }, \
    { who "rekeys.per", KIND_TIME, NULL, "1ms", "24h", "1min", PLACE(abilities.rekeys_span_ns), \
      "and as many again in this time" }, \
    { who "crash_tokens", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.crash_tokens), \
      "gives tokens that outlive its SAs, and ends the SA of who shows its own (RFC 6290); it takes " \
      "`tell_unknown` to show one" }, \
    { who "tell_unknown", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.tell_unknown), \
      "a request of an IKE SA that is not there is answered with INVALID_IKE_SPI (RFC 7296 2.21.4)" }, \
    { who "hints", KIND_TIME, "off=0", "1s", "24h", "off", PLACE(abilities.hints_ns), \
      "where ICMP says that something for a peer did not arrive, which was silent for so long, it is asked whether " \
      "it is there; never more, as anybody may say so (RFC 7296 2.4); off: nothing comes of it" }, \
    { who "invalid_selectors", KIND_TIME, "off=0", "1s", "24h", "off", PLACE(abilities.invalid_selectors_ns), \
      "who sends packets by a Child SA that may not come by it is told of one in so long, INVALID_SELECTORS " \
      "(RFC 7296 3.10.1), as `clients.*.traffic.stray` has them sent; off: they are dropped without a word" }, \
    { who "single_pair", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.single_pair), \
      "grants a Child SA one pair of addresses, and refuses who asks for more (RFC 7296 2.9)" }, \
    { who "old_signatures", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.old_signatures), \
      "signs by RFC 7296's methods for RSA and ECDSA, not by RFC 7427's" }, \
    { who "tell_methods", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.tell_methods), \
      "says which authentication methods it takes (RFC 9593)" }, \
    { who "hash", KIND_CHOICE, "any|sha1|sha256|sha384|sha512|identity", NULL, NULL, "any", \
      PLACE(abilities.hash), \
      "the one hash the other end may sign with (RFC 7427 4); any: all that are known" }, \
    { who "ipcomp", KIND_CHOICE, "none=0|deflate=2|lzs=3|lzjh=4", NULL, NULL, "none", \
      PLACE(abilities.ipcomp), \
      "compression asked for, or agreed to, with each Child SA (RFC 7296 2.22)" }, \
    { who "no_tfc", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.no_tfc), \
      "says that padded packets are not taken (RFC 7296 1.3.1)" }, \
    { who "non_first_fragments", KIND_BOOL, NULL, NULL, NULL, "no", \
      PLACE(abilities.non_first_fragments), \
      "asks that fragments of packets go by the Child SA too, or agrees to (RFC 7296 1.3.1)" }, \
    { who "sync.ids", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.sync_ids), \
      "says that message ids may be agreed on anew after a failover (RFC 6311)" }, \
    { who "sync.replay", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.sync_replay), \
      "and replay counters of ESP" }, \
    { who "vendor_ids", KIND_COUNT, NULL, "0", "16", "0", PLACE(abilities.vendor_ids), \
      "vendor ids of 16 octets sent in IKE_SA_INIT (RFC 7296 3.12)" }, \
    { who "certificate_urls", KIND_CHOICE, "none|each|bundle", NULL, NULL, "none", \
      PLACE(abilities.urls), \
      "how its certificates go to an end that looks them up: as hash and URL, one by one, or the chain " \
      "as one; none: whole" }, \
    { who "lookup.latency", KIND_TIME, NONE_64, "0s", "1h", "none", \
      PLACE(abilities.lookup.latency_ns), \
      "certificates may come as hash and URL, and are fetched in this time, all at once (RFC 7296 " \
      "3.6); none: they are to come whole" }, \
    { who "lookup.jitter", KIND_TIME, NULL, "0s", "1h", "0s", PLACE(abilities.lookup.jitter_ns), \
      "added to that, uniform from nought to this, to each by itself" }, \
    { who "lookup.fails", KIND_SHARE, NULL, "0%", "100%", "0%", PLACE(abilities.lookup.fails_ppb), \
      "fetches that bring nothing: the other end is refused" }, \
    { who "settable", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.settable), \
      "the other end may set its APPLICATION_VERSION here, and that is acknowledged (CFG_SET, CFG_ACK; " \
      "RFC 7296 3.15.1); no: nothing is" }, \
    { who "sets", KIND_BOOL, NULL, NULL, NULL, "no", PLACE(abilities.sets), \
      "does so, in an INFORMATIONAL exchange as soon as an IKE SA is up" }

const struct model_section model_sections[] = {
    { "links", offsetof(struct model_world_config, links),
      offsetof(struct model_world_config, link_count), sizeof(struct model_link),
      MODEL_LINKS_MAX },
    { "gateways", offsetof(struct model_world_config, gateways),
      offsetof(struct model_world_config, gateway_count), sizeof(struct model_gateway),
      MODEL_THINGS_MAX },
    { "clients", offsetof(struct model_world_config, clients),
      offsetof(struct model_world_config, client_count), sizeof(struct model_clients),
      MODEL_THINGS_MAX },
    { "attackers", offsetof(struct model_world_config, attackers),
      offsetof(struct model_world_config, attacker_count), sizeof(struct model_attacker),
      MODEL_THINGS_MAX },
    { "background", offsetof(struct model_world_config, backgrounds),
      offsetof(struct model_world_config, background_count), sizeof(struct model_background),
      MODEL_THINGS_MAX },
};
const size_t model_section_count = sizeof model_sections / sizeof model_sections[0];

const struct model_key model_keys[] = {
    /* path, kind, words, low, high, fallback, where, meaning */
    { "for", KIND_TIME, NULL, "1ms", "24h", "60s", WORLD(for_ns),
      "how long a run is, in virtual time" },
    { "sample", KIND_TIME, NULL, "1ms", "1h", "1s", WORLD(sample_ns),
      "how often levels are written into `series`" },
    { "network.kind", KIND_CHOICE, "links|ns3|live", NULL, NULL, "links", WORLD(network),
      "which network carries the datagrams: links, the built-in one; nodes of ns-3; or live: one of them in real " \
      "time, with a real daemon wherever a gateway has one" },
    { "network.carrier", KIND_CHOICE, "links|ns3", NULL, NULL, "links", WORLD(carrier),
      "of live: the network that carries the datagrams" },
    { "network.lag_limit", KIND_TIME, NULL, "100us", "10s", "10ms", WORLD(lag_limit_ns),
      "of live: events that happen later than this are late" },
    { "network.late", KIND_CHOICE, "note|fail", NULL, NULL, "note", WORLD(late),
      "of live: a run in which more than one event in a thousand was late is noted, or fails" },
    { "crypto", KIND_CHOICE, "modelled|openssl", NULL, NULL, "modelled", WORLD(crypto),
      "stand-ins of the right sizes, or real cryptography" },

    { "links.*.from", KIND_TEXT, NULL, NULL, NULL, "auto", LINK(from),
      "the node at its one end; auto: a node called as the link is, where all are who name it in `via`" },
    { "links.*.to", KIND_TEXT, NULL, NULL, NULL, "core", LINK(to),
      "the node at its other end; core is where gateways are" },
    { "links.*.kind", KIND_CHOICE, "point-to-point|cellular|csma|wifi", NULL, NULL, "point-to-point", LINK(kind),
      "what the link is made of: point-to-point, a line of its own each way; cellular, such a line with the waits and "
      "errors of a cell, as its users feel them (see cellular.*), not its radio; csma, Ethernet without a switch, and "
      "wifi, 802.11a ad hoc at one rate, without fading: a medium that both ends take turns on, with their delay "
      "beyond it, on ns-3 only" },
    { "links.*.rate", KIND_BITRATE, "unlimited=0", "1kbit/s", "1000Gbit/s", "unlimited",
      LINK(rate_bps),
      "bits a second each way, IP headers included; of wifi 6, 9, 12, 18, 24, 36, 48 or 54Mbit/s, what the radio does" },
    { "links.*.rate_back", KIND_BITRATE, "same=0", "1kbit/s", "1000Gbit/s", "same", LINK(rate_back_bps),
      "the same from `to` to `from`, where it differs: what clients receive by" },
    { "links.*.delay", KIND_DELAY, NULL, "0s", "1h", "0s", LINK(delay),
      "one way; trace FILE: each line of the file is a time and the delay of what is sent from then on, until the "
      "next, and the last for ever (`ikelab describe traces`)" },
    { "links.*.jitter", KIND_TIME, NULL, "0s", "1h", "0s", LINK(jitter_ns),
      "added to the delay, uniform from nought to this; order is kept" },
    { "links.*.loss", KIND_SHARE, NULL, "0%", "100%", "0%", LINK(impairments.loss_ppb),
      "lost at random, each datagram" },
    { "links.*.bursts.begin", KIND_SHARE, NULL, "0%", "100%", "0%", LINK(impairments.burst_begin_ppb),
      "before each datagram, a burst of losses begins (Gilbert-Elliott)" },
    { "links.*.bursts.end", KIND_SHARE, NULL, "0.0001%", "100%", "25%", LINK(impairments.burst_end_ppb),
      "before each datagram, the burst there is ends: 25% makes bursts of four datagrams" },
    { "links.*.bursts.loss", KIND_SHARE, NULL, "0%", "100%", "100%", LINK(impairments.burst_loss_ppb),
      "lost at random within a burst" },
    { "links.*.duplicate", KIND_SHARE, NULL, "0%", "100%", "0%", LINK(impairments.duplicate_ppb),
      "datagrams that come twice" },
    { "links.*.reorder.share", KIND_SHARE, NULL, "0%", "100%", "0%", LINK(impairments.reorder_ppb),
      "datagrams that are held back, so that others pass" },
    { "links.*.reorder.by", KIND_TIME, NULL, "1us", "1h", "10ms", LINK(impairments.reorder_ns),
      "how long they are" },
    { "links.*.outages", KIND_SPANS, NULL, NULL, NULL, "none", LINK(impairments.outages),
      "from when until when the link is down, both ways" },
    { "links.*.down", KIND_CHOICE, "silent|unreachable", NULL, NULL, "silent", LINK(down),
      "what its routers say meanwhile: nothing, as one that does not know of it; or by ICMP that there is no way, as one whose "
      "own interface is down, 1000 times a second at most" },
    { "links.*.cellular.grant", KIND_TIME, NULL, "0s", "1s", "10ms", LINK(impairments.cell.grant_ns),
      "of cellular: from `from` to `to`, what has come out waits for the next of the times at which it may be sent, so far "
      "apart; 10 ms is LTE's usual period of scheduling requests" },
    { "links.*.cellular.errors", KIND_SHARE, NULL, "0%", "100%", "10%", LINK(impairments.cell.errors_ppb),
      "of cellular: tries to send a datagram that fail, either way; 10% is what LTE aims at" },
    { "links.*.cellular.retry", KIND_TIME, NULL, "0s", "1s", "8ms", LINK(impairments.cell.retry_ns),
      "of cellular: the next try follows after so long, and none that come later pass by (HARQ; RLC keeps order)" },
    { "links.*.cellular.tries", KIND_COUNT, NULL, "1", "32", "4", LINK(impairments.cell.tries),
      "of cellular: a datagram is lost when so many have failed: of 10%, 4 tries lose 0.01%" },
    { "links.*.queue", KIND_COUNT, "none=0", "1", "1e6", "none", LINK(queue_packets),
      "datagrams that may wait behind the one being sent; none: no such limit" },
    { "links.*.queue_bytes", KIND_BYTES, "none=0", "100B", "1GiB", "none", LINK(queue_bytes),
      "octets that may wait; none: no such limit" },
    { "links.*.frame", KIND_BYTES, "none=0", "1B", "256B", "none", LINK(frame),
      "octets around each packet that take time to send, and room in queue_bytes: Ethernet's are 38 with its gaps; on ns-3 "
      "always PPP's 2, or a medium's own" },
    { "links.*.aqm", KIND_CHOICE, "drop-tail|red|codel|fq-codel", NULL, NULL, "drop-tail", LINK(aqm),
      "how the queue is kept short; the built-in network has drop-tail only" },
    { "links.*.mtu", KIND_BYTES, NULL, "68B", "65535B", "1500B", LINK(mtu),
      "longest datagram with its IP and UDP headers" },
    { "links.*.oversize", KIND_CHOICE, "lose|fragment|report", NULL, NULL, "lose", LINK(oversize),
      "what becomes of a longer one: it is lost, cut into IP fragments, or lost and its sender told by ICMP, who then cuts" },
    { "links.*.udp", KIND_CHOICE, "passes|blocked", NULL, NULL, "passes", LINK(no_udp),
      "blocked: a middlebox on the link lets no UDP through, as on some guest networks" },

    { "gateways.*.address", KIND_ADDRESS, NULL, NULL, NULL, "auto", GATEWAY(address),
      "auto: 192.0.2.1 and so on" },
    { "gateways.*.at", KIND_TEXT, NULL, NULL, NULL, "core", GATEWAY(at),
      "the node where it is" },
    { "gateways.*.daemon", KIND_CHOICE, "none|strongswan|libreswan|openiked", NULL, NULL, "none", GATEWAY(daemon),
      "a real daemon in its place, where the network is live; none: our engine. All its clients authenticate alike: by `psk`, by " \
      "certificates that the experiment makes, or by EAP with strongSwan; what it has no setting for is refused" },
    { "gateways.*.cores", KIND_COUNT, NULL, "1", "256", "1", GATEWAY(cores),
      "processors that serve the inbox; of a real daemon, CPUs of the machine that it has to itself, if that leaves one for the rest" },
    { "gateways.*.machine", KIND_MACHINE, NULL, NULL, NULL, "epyc-2024", GATEWAY(machine),
      "what cryptography costs: a profile's name, or the path of one that `ikelab "
      "calibrate` printed" },
    { "gateways.*.implementation", KIND_IMPLEMENTATION, NULL, NULL, NULL, "ikelab",
      GATEWAY(implementation),
      "what a daemon spends around its cryptography" },
    { "gateways.*.cost_scale", KIND_SCALE, NULL, "0.001", "1000", "1", GATEWAY(cost_scale_ppm),
      "every cost multiplied by this" },
    { "gateways.*.inbox", KIND_BYTES, NULL, "1KiB", "1GiB", "208KiB", GATEWAY(inbox_bytes),
      "the socket buffer, charged as Linux charges it: 208KiB holds 166 datagrams of 300 "
      "octets" },
    { "gateways.*.ip_reassembly.bytes", KIND_BYTES, NULL, "4KiB", "64MiB", "4MiB",
      GATEWAY(ip_reassembly.bytes_max),
      "IP fragments that wait for others, charged as the inbox charges" },
    { "gateways.*.ip_reassembly.timeout", KIND_TIME, NULL, "1ms", "10min", "30s",
      GATEWAY(ip_reassembly.timeout_ns),
      "how long those of one datagram wait" },
    { "gateways.*.ip_reassembly.full", KIND_CHOICE, "drop-new|drop-oldest", NULL, NULL, "drop-new",
      GATEWAY(ip_reassembly.evict),
      "which go when there is no room: the fragment that comes, or the datagram that waits longest" },
    { "gateways.*.sa_max", KIND_COUNT, NULL, "1", "4e6", "1000000", GATEWAY(sa_max),
      "SAs there is room for; memory is touched only when used" },
    { "gateways.*.cookies.at", KIND_COUNT, "never=4294967295|always=0", "0", "1e9", "never",
      GATEWAY(cookies_at),
      "cookies are asked for from so many half-open SAs on; 0: always" },
    { "gateways.*.cookies.off", KIND_COUNT, "auto=4294967295", "0", "1e9", "auto",
      GATEWAY(cookies_off),
      "and no longer when there have been fewer than this for `hold`; auto: half of `at`" },
    { "gateways.*.cookies.hold", KIND_TIME, NULL, "0s", "1h", "10s", GATEWAY(cookies_hold_ns),
      "how long the count must have been below `off`" },
    { "gateways.*.cookies.secret", KIND_TIME, NULL, "1s", "24h", "120s", GATEWAY(cookies_secret_ns),
      "a new secret so often" },
    { "gateways.*.cookies.overlap", KIND_TIME, NULL, "0s", "1h", "10s", GATEWAY(cookies_overlap_ns),
      "cookies of the old secret are good for so long after" },
    { "gateways.*.puzzles.at", KIND_COUNT, "never=4294967295|always=0", "0", "1e9", "never",
      GATEWAY(puzzles_at),
      "puzzles are given with cookies from so many half-open SAs on (RFC 8019 7.1)" },
    { "gateways.*.puzzles.bits", KIND_COUNT, NULL, "0", "24", "14", GATEWAY(puzzles_bits),
      "zero bits asked for at first, and one more for each doubling of half-open SAs, from 100 on; 0: as many as "
      "the client likes, and who finds more is served more often" },
    { "gateways.*.puzzles.bits_max", KIND_COUNT, NULL, "1", "24", "20", GATEWAY(puzzles_bits_max),
      "the hardest puzzle given" },
    { "gateways.*.puzzles.legacy", KIND_SHARE, NULL, "0%", "100%", "0%", GATEWAY(puzzles_legacy_ppb),
      "of requests that bring their cookie and no solution so many are served" },
    { "gateways.*.puzzles.auth_bits", KIND_COUNT, "none=0", "1", "24", "none",
      GATEWAY(puzzles_auth_bits),
      "zero bits of another puzzle, for IKE_AUTH, to who solved one in IKE_SA_INIT (RFC 8019 7.2)" },
    { "gateways.*.puzzles.auth_from", KIND_SHARE, NULL, "0%", "100%", "0%",
      GATEWAY(puzzles_auth_from_ppb),
      "as long as so many of the half-open SAs had messages that their keys do not open" },
    { "gateways.*.half_open.limit", KIND_COUNT, NONE_32, "1", "1e9", "none",
      GATEWAY(half_open_limit),
      "half-open SAs at most; further requests are dropped" },
    { "gateways.*.half_open.per_address", KIND_COUNT, NONE_32, "1", "1e9", "none",
      GATEWAY(half_open_per_address),
      "the same, of one peer address" },
    { "gateways.*.half_open.lists", KIND_COUNT, NULL, "1", "1e6", "1", GATEWAY(half_open_lists),
      "lists in which they are, of an implementation that walks lists (strongSwan: ikesa_table_size)" },
    { "gateways.*.half_open.timeout", KIND_TIME, NULL, "10ms", "1h", "30s",
      GATEWAY(half_open_timeout_ns),
      "a half-open SA lives so long" },
    { "gateways.*.liveness", KIND_TIME, "never=0", "1s", "24h", "never", GATEWAY(liveness_ns),
      "a peer silent for so long is asked whether it is there" },
    { "gateways.*.outages", KIND_SPANS, NULL, NULL, NULL, "none", GATEWAY(outages),
      "from when until when it is not there: it forgets its SAs, tells nobody, and serves nothing" },
    { "gateways.*.away", KIND_CHOICE, "refuses|silent", NULL, NULL, "refuses", GATEWAY(outage_silent),
      "meanwhile its host says by ICMP that nobody listens there, as when its daemon has ended; or nothing, as "
      "without power" },
    { "gateways.*.tcp.listen", KIND_BOOL, NULL, NULL, NULL, "no", GATEWAY(tcp.listen),
      "connections to TCP port 4500 are taken (RFC 9329), beside UDP" },
    { "gateways.*.tcp.backlog", KIND_COUNT, NULL, "1", "1e6", "128", GATEWAY(tcp.backlog),
      "connections that may be begun and not acknowledged; a SYN beyond that is lost" },
    { "gateways.*.tcp.connections", KIND_COUNT, NULL, "1", "1e6", "16384",
      GATEWAY(tcp.connections),
      "connections at once; a SYN beyond that is lost" },
    { "gateways.*.aaa.latency", KIND_TIME, NONE_64, "0s", "1h", "none",
      GATEWAY(aaa.latency_ns),
      "EAP is done by an AAA server, and each packet of a client waits so long for its answer; none: "
      "by the gateway itself" },
    { "gateways.*.aaa.jitter", KIND_TIME, NULL, "0s", "1h", "0s", GATEWAY(aaa.jitter_ns),
      "added to that, uniform from nought to this, to each by itself" },
    { "gateways.*.aaa.fails", KIND_SHARE, NULL, "0%", "100%", "0%", GATEWAY(aaa.fails_ppb),
      "questions the server has no answer to: the client is refused" },
    { "gateways.*.crl.latency", KIND_TIME, NONE_64, "0s", "1h", "none",
      GATEWAY(crl.latency_ns),
      "revocation lists of the clients' authorities are fetched with each authentication, in this "
      "time (RFC 5280 6.3); they list nobody; none: not looked at" },
    { "gateways.*.crl.jitter", KIND_TIME, NULL, "0s", "1h", "0s", GATEWAY(crl.jitter_ns),
      "added to that, uniform from nought to this, to each by itself" },
    { "gateways.*.crl.fails", KIND_SHARE, NULL, "0%", "100%", "0%", GATEWAY(crl.fails_ppb),
      "fetches that bring no list" },
    { "gateways.*.crl.strict", KIND_BOOL, NULL, NULL, NULL, "no", GATEWAY(crl_strict),
      "a client is refused when a list is not to be had" },
    { "gateways.*.proposals", KIND_PROPOSALS, "ike", NULL, NULL, IKE_PROPOSAL, GATEWAY(proposals),
      "for the IKE SA, best first" },
    { "gateways.*.esp", KIND_PROPOSALS, "esp", NULL, NULL, ESP_PROPOSAL, GATEWAY(esp),
      "for Child SAs, best first" },
    { "gateways.*.selectors", KIND_SELECTORS, NULL, NULL, NULL, "192.168.0.0/16",
      GATEWAY(selectors),
      "what the gateway protects" },
    { "gateways.*.psk", KIND_TEXT, NULL, NULL, NULL, "correct horse battery staple", GATEWAY(psk),
      "the pre-shared key; after 0x its octets in hexadecimal digits" },
    { "gateways.*.auth", KIND_CHOICE, AUTH_WORDS "|auto", NULL, NULL, "auto", GATEWAY(auth),
      "how the gateway authenticates; auto: as the first of its clients do, with EAP by a "
      "signature" },
    { "gateways.*.certificate_chain", KIND_COUNT, NULL, "0", "4", "0", GATEWAY(certificate_chain),
      "intermediate certificates between its own and its authority's" },
    { "gateways.*.rekey.ike", KIND_TIME, "never=0", "1s", "1000h", "never", GATEWAY(rekey.ike_ns),
      "an IKE SA is rekeyed after so long, and closed a tenth later if that failed" },
    { "gateways.*.rekey.child", KIND_TIME, "never=0", "1s", "1000h", "never", GATEWAY(rekey.child_ns),
      "and each Child SA" },
    { "gateways.*.rekey.jitter", KIND_SHARE, NULL, "0%", "100%", "10%", GATEWAY(rekey.jitter_ppb),
      "each of these times is shortened at random by up to this part of it" },
    { "gateways.*.rekey.octets", KIND_BYTES, "never=0", "1KiB", "1GiB", "never", GATEWAY(rekey.octets),
      "a Child SA is rekeyed after so many octets of ESP, both ways, and closed a tenth later" },
    { "gateways.*.rekey.packets", KIND_COUNT, "never=0", "10", "1e9", "never", GATEWAY(rekey.packets),
      "and after so many packets" },
    { "gateways.*.esp_window", KIND_COUNT, NULL, "1", "1984", "64", GATEWAY(esp_sas.window),
      "packets of ESP that its anti-replay window tells apart (RFC 4303 3.4.3)" },
    { "gateways.*.esp_linger", KIND_TIME, NULL, "0s", "1h", "5s", GATEWAY(esp_sas.linger_ns),
      "its inbound SA of a Child SA that is gone takes packets for so long, as they may be late" },
    { "gateways.*.reuse", KIND_TIME, "never=0", "1ms", "24h", "never", GATEWAY(reuse_ns),
      "one key pair of a group answers all who come in so long (RFC 7296 2.12)" },
    { "gateways.*.derive", KIND_CHOICE, "init|auth", NULL, NULL, "init", GATEWAY(derive_late),
      "when keys of an IKE SA are derived: in IKE_SA_INIT, as daemons do, or with the first message "
      "under them, so that who never sends one costs no Diffie-Hellman secret" },
    { "gateways.*.ppk", KIND_TEXT, NULL, NULL, NULL, "none", GATEWAY(ppk),
      "a post-quantum pre-shared key mixed into the keys (RFC 8784); none: nothing is" },
    { "gateways.*.ppk_required", KIND_BOOL, NULL, NULL, NULL, "no", GATEWAY(ppk_required),
      "no IKE SA without that key" },
    { "gateways.*.fragment", KIND_COUNT, "off=0", "200", "65535", "off", GATEWAY(fragment),
      "octets of the longest IP datagram sent, longer messages go in fragments (RFC 7383); off: "
      "never, and none are taken" },
    { "gateways.*.reassembly.limit", KIND_COUNT, NULL, "1", "1e6", "1024", GATEWAY(reassembly_limit),
      "messages at most of which fragments wait for others; further ones are dropped" },
    { "gateways.*.reassembly.bytes", KIND_BYTES, NULL, "16KiB", "1GiB", "4MiB", GATEWAY(reassembly_bytes),
      "octets of them all" },
    { "gateways.*.reassembly.timeout", KIND_TIME, NULL, "10ms", "1h", "30s",
      GATEWAY(reassembly_timeout_ns),
      "a message's fragments wait so long" },
    { "gateways.*.tickets.kind", KIND_CHOICE, "none|value|reference", NULL, NULL, "none",
      GATEWAY(tickets),
      "tickets for clients that want to resume their sessions (RFC 5723): sealed, or places in a "
      "table" },
    { "gateways.*.tickets.lifetime", KIND_TIME, NULL, "1s", "1000h", "1h", GATEWAY(ticket_life_ns),
      "a ticket is good so long, or until its IKE SA would end, or has to be authenticated anew" },
    { "gateways.*.tickets.key", KIND_TIME, "auto=0", "1s", "1000h", "auto", GATEWAY(ticket_key_ns),
      "they are sealed by another key so often; auto: with each lifetime" },
    { "gateways.*.tickets.stored", KIND_COUNT, "auto=0", "1", "16e6", "auto",
      GATEWAY(tickets_stored),
      "by reference: places in the table; auto: `sa_max`" },
    { "gateways.*.tickets.remembered", KIND_COUNT, "none=0", "1", "16e6", "65536",
      GATEWAY(tickets_remembered),
      "by value: so many that were used or revoked are refused; none: each is good again and again" },
    { "gateways.*.tickets.answer_max", KIND_COUNT, "any=0", "100", "65535", "any",
      GATEWAY(ticket_answer_max),
      "an IKE_AUTH answer of more octets goes without its ticket, which is asked for later" },
    { "gateways.*.pool", KIND_PREFIXES, NULL, NULL, NULL, "none", GATEWAY(pool),
      "inner addresses for clients that ask (RFC 7296 2.19); of a client that does not, its own" },
    { "gateways.*.dns", KIND_COUNT, NULL, "0", "4", "0", GATEWAY(dns),
      "name servers told to them" },
    { "gateways.*.auth_lifetime", KIND_TIME, "never=0", "1s", "1000h", "never",
      GATEWAY(auth_lifetime_ns),
      "clients are told to authenticate anew within so long (RFC 4478), and closed soon after" },
    { "gateways.*.redirect.to", KIND_NAME_OF, "gateways", NULL, NULL, "none", GATEWAY(redirect.to),
      "another gateway, to which clients that understand it are sent (RFC 5685)" },
    { "gateways.*.redirect.when", KIND_CHOICE, "init|auth|session", NULL, NULL, "init",
      GATEWAY(redirect.when),
      "in the answer to IKE_SA_INIT, in that to IKE_AUTH, or once their IKE SA is up" },
    { "gateways.*.redirect.at", KIND_COUNT, "always=0", "0", "1e9", "always", GATEWAY(redirect.at),
      "from so many established IKE SAs on" },
    { "gateways.*.redirect.grace", KIND_TIME, "never=0", "1s", "24h", "30s",
      GATEWAY(redirect.grace_ns),
      "who was sent away from an IKE SA that is up, and stays, is closed after so long" },
    { "gateways.*.force_encapsulation", KIND_BOOL, NULL, NULL, NULL, "no",
      GATEWAY(force_encapsulation),
      "pretends a NAT, so that ESP goes in UDP" },
    { "gateways.*.mobike", KIND_BOOL, NULL, NULL, NULL, "no", GATEWAY(mobike),
      "clients may move to other addresses (RFC 4555)" },
    { "gateways.*.routability", KIND_BOOL, NULL, NULL, NULL, "yes", GATEWAY(routability),
      "one that has moved is asked whether it is there before its traffic follows (RFC 4555 3.7)" },
    { "gateways.*.mode", KIND_CHOICE, "tunnel|transport", NULL, NULL, "tunnel",
      GATEWAY(transport_mode),
      "whether transport mode is allowed" },
    ABILITY_KEYS("gateways.*.", GATEWAY),

    { "clients.*.to", KIND_NAME_OF, "gateways", NULL, NULL, NULL, CLIENTS(to),
      "the gateway they connect to" },
    { "clients.*.via", KIND_NAME_OF, "links", NULL, NULL, "none", CLIENTS(via),
      "the link between them and the gateways, or the node where they are; who shares a link shares its queues" },
    { "clients.*.prefix", KIND_PREFIX, NULL, NULL, NULL, "auto", CLIENTS(prefix),
      "their addresses; auto: a part of 10.0.0.0/8" },
    { "clients.*.daemon", KIND_CHOICE, "none|strongswan|libreswan|openiked", NULL, NULL, "none", CLIENTS(daemon),
      "a real daemon is the one client there is, where the network is live; it is told to connect at each arrival at which it is " \
      "not connected, authenticates as `auth` says, and may stand behind a NAT" },
    { "clients.*.nat.kind", KIND_CHOICE, "none|endpoint-independent|address-dependent|symmetric",
      NULL, NULL, "none", CLIENTS(nat.kind),
      "a NAT before all of them, and what its mappings depend on beside the client (RFC 4787 4.1)" },
    { "clients.*.nat.address", KIND_ADDRESS, NULL, NULL, NULL, "auto", CLIENTS(nat.address),
      "its address outside; auto: 198.51.100.1 and so on" },
    { "clients.*.nat.ports", KIND_COUNT, NULL, "1", "64512", "64512", CLIENTS(nat.ports),
      "ports it lends, from 1024 on; each client takes one for port 500 and one for 4500" },
    { "clients.*.nat.timeout", KIND_TIME, "never=0", "1s", "24h", "300s", CLIENTS(nat.timeout_ns),
      "a mapping ends so long after the last datagram out" },
    { "clients.*.nat.rebind", KIND_TIME, "never=0", "1s", "24h", "never", CLIENTS(nat.rebind_ns),
      "all mappings are forgotten so often, as when it starts again" },
    { "clients.*.transport", KIND_CHOICE, "udp|udp-then-tcp|tcp", NULL, NULL, "udp",
      CLIENTS(transport),
      "what IKE goes by: udp-then-tcp opens a TCP connection when UDP is not answered (RFC 9329 "
      "5.1)" },
    { "clients.*.udp_sends", KIND_COUNT, "all=0", "1", "100", "2", CLIENTS(udp_sends),
      "with udp-then-tcp: how often the first request is sent by UDP without an answer; all: as "
      "retransmit.sends says" },
    { "clients.*.keepalive", KIND_TIME, "off=0", "1s", "24h", "20s", CLIENTS(keepalive_ns),
      "behind a NAT they send an octet that keeps the mapping after so long in which they sent "
      "nothing (RFC 3948 4)" },
    { "clients.*.liveness", KIND_TIME, "never=0", "1s", "24h", "never", CLIENTS(liveness_ns),
      "a gateway silent for so long is asked whether it is there" },
    { "clients.*.arrivals", KIND_ARRIVALS, NULL, NULL, NULL, "poisson 10/s", CLIENTS(arrivals),
      "when new clients come; trace FILE: one at each of its times, a line each, that is not before `from` "
      "(`ikelab describe traces`)" },
    { "clients.*.from", KIND_TIME, NULL, "0s", "24h", "0s", CLIENTS(from_ns),
      "no client comes before" },
    { "clients.*.until", KIND_TIME, "auto=18446744073709551615", "0s", "24h", "auto",
      CLIENTS(until_ns),
      "no new client comes after; auto: the end less one patience" },
    { "clients.*.count", KIND_COUNT, NONE_32, "1", "1e9", "none", CLIENTS(count_max),
      "clients at most" },
    { "clients.*.patience", KIND_TIME, NULL, "1ms", "24h", "10s", CLIENTS(patience_ns),
      "an attempt has failed when its first Child SA is not up in this time" },
    { "clients.*.refused", KIND_CHOICE, "give-up|retry", NULL, NULL, "give-up", CLIENTS(refused),
      "what a client does when an attempt failed" },
    { "clients.*.retry.wait", KIND_TIME, NULL, "1ms", "1h", "5s", CLIENTS(retry_ns),
      "mean wait before it tries again, exponential" },
    { "clients.*.retry.max", KIND_COUNT, NULL, "0", "1000", "3", CLIENTS(retries),
      "further tries at most" },
    { "clients.*.stay", KIND_TIME, NEVER_64, "0s", "24h", "never", CLIENTS(stay_ns),
      "a client leaves after so long; never: it stays" },
    { "clients.*.leave", KIND_CHOICE, "delete|silent", NULL, NULL, "delete", CLIENTS(leave),
      "how it leaves: it deletes its SA, or is gone without a word, as a computer put to sleep" },
    { "clients.*.reconnect", KIND_TIME, NEVER_64, "1s", "24h", "never", CLIENTS(reconnect_ns),
      "it comes back so long after its SA went, whoever ended it, before `until`; never: it does "
      "not" },
    { "clients.*.resume", KIND_BOOL, NULL, NULL, NULL, "no", CLIENTS(resume),
      "it asks for tickets, and comes back with the last one unless the SA was closed (RFC 5723)" },
    { "clients.*.auth", KIND_CHOICE, AUTH_WORDS "|" EAP_WORDS, NULL, NULL, "psk", CLIENTS(auth),
      "how they authenticate: the pre-shared key, a signature with a certified key of that kind, "
      "not at all, or a method of EAP with `psk` as their password" },
    { "clients.*.second_auth", KIND_CHOICE, AUTH_WORDS "|none|" EAP_WORDS, NULL, NULL, "none",
      CLIENTS(more[0]),
      "how they authenticate again before they are let in (RFC 4739): by what all of them share, a "
      "key, a password or a certificate of their authority, in the name of all" },
    { "clients.*.third_auth", KIND_CHOICE, AUTH_WORDS "|none|" EAP_WORDS, NULL, NULL, "none",
      CLIENTS(more[1]),
      "and once more" },
    { "clients.*.eap.identity", KIND_BOOL, NULL, NULL, NULL, "yes", CLIENTS(eap.identity),
      "the gateway asks for an EAP identity first: two packets more" },
    { "clients.*.eap.only", KIND_BOOL, NULL, NULL, NULL, "no", CLIENTS(eap.only),
      "the gateway is authenticated by EAP too, and sends no certificate of its own (RFC 5998 3)" },
    { "clients.*.eap.fragment", KIND_BYTES, NULL, "64B", "15KiB", "1024B", CLIENTS(eap.fragment),
      "octets of an EAP packet with TLS in it, both ways" },
    { "clients.*.eap.tls", KIND_CHOICE, "any|1.2=2|1.3=3", NULL, NULL, "any", CLIENTS(eap.tls),
      "TLS's version" },
    { "clients.*.eap.within", KIND_CHOICE, "mschapv2=0|eap-md5=4|eap-gtc=6|eap-mschapv2=26", NULL, NULL,
      "mschapv2", CLIENTS(eap.within),
      "how they show their password within eap-ttls: by MS-CHAP-V2 itself (RFC 5281 11.2.4), or by EAP once more "
      "(RFC 5281 11.2.1)" },
    { "clients.*.eap.certificates", KIND_CHOICE, KEY_WORDS, NULL, NULL, "rsa2048",
      CLIENTS(eap.certificates),
      "the keys of TLS's certificates, the gateway's and in eap-tls one that all of them share, by whose name "
      "each is known within EAP where the gateway is a real daemon" },
    { "clients.*.certificate_chain", KIND_COUNT, NULL, "0", "4", "0", CLIENTS(certificate_chain),
      "intermediate certificates between theirs and their authority's" },
    { "clients.*.traffic.rate", KIND_EVENTS, "none=0", "1/min", "1e6/s", "none",
      CLIENTS(traffic.arrivals.rate_micro),
      "packets each client that is up sends by ESP to what its gateway protects" },
    { "clients.*.traffic.kind", KIND_CHOICE, "udp|echo", NULL, NULL, "udp", CLIENTS(traffic.kind),
      "UDP, which gateways of ours send back; or echo requests of ICMP, which they answer too, and the kernel "
      "behind a gateway that is a real daemon: at the first address of a network it protects" },
    { "clients.*.traffic.arrivals", KIND_CHOICE, "poisson|uniform", NULL, NULL, "uniform",
      CLIENTS(traffic.arrivals.process),
      "gaps between them: exponential, or even" },
    { "clients.*.traffic.size", KIND_BYTES, NULL, "64B", "9000B", "200B", CLIENTS(traffic.size),
      "octets of such a packet within the tunnel" },
    { "clients.*.traffic.back", KIND_BOOL, NULL, NULL, NULL, "yes", CLIENTS(traffic.back),
      "each that comes to the gateway is sent back, or answered" },
    { "clients.*.traffic.stray", KIND_SHARE, NULL, "0%", "100%", "0%", CLIENTS(traffic.stray_ppb),
      "so many of them say within the tunnel that a neighbour sends them: the gateway refuses what "
      "is not within the SA's selectors (RFC 4301 5.2)" },
    { "clients.*.traffic.rest", KIND_TIME, NULL, "0s", "1h", "5s", CLIENTS(traffic.rest_ns),
      "no client sends in the last so much of a run: what has not come at its end is lost" },
    { "clients.*.children", KIND_COUNT, NULL, "1", "64", "1", CLIENTS(children),
      "Child SAs of each attempt, one after the other; it has succeeded when all are up" },
    { "clients.*.rekey.ike", KIND_TIME, "never=0", "1s", "1000h", "never", CLIENTS(rekey.ike_ns),
      "an IKE SA is rekeyed after so long, and closed a tenth later if that failed" },
    { "clients.*.rekey.child", KIND_TIME, "never=0", "1s", "1000h", "never", CLIENTS(rekey.child_ns),
      "and each Child SA" },
    { "clients.*.rekey.jitter", KIND_SHARE, NULL, "0%", "100%", "10%", CLIENTS(rekey.jitter_ppb),
      "each of these times is shortened at random by up to this part of it" },
    { "clients.*.rekey.octets", KIND_BYTES, "never=0", "1KiB", "1GiB", "never", CLIENTS(rekey.octets),
      "a Child SA is rekeyed after so many octets of ESP, both ways, and closed a tenth later" },
    { "clients.*.rekey.packets", KIND_COUNT, "never=0", "10", "1e9", "never", CLIENTS(rekey.packets),
      "and after so many packets" },
    { "clients.*.esp_window", KIND_COUNT, NULL, "1", "1984", "64", CLIENTS(esp_sas.window),
      "packets of ESP that its anti-replay window tells apart (RFC 4303 3.4.3)" },
    { "clients.*.esp_linger", KIND_TIME, NULL, "0s", "1h", "5s", CLIENTS(esp_sas.linger_ns),
      "its inbound SA of a Child SA that is gone takes packets for so long, as they may be late" },
    { "clients.*.proposals", KIND_PROPOSALS, "ike", NULL, NULL, IKE_PROPOSAL, CLIENTS(proposals),
      "for the IKE SA, best first" },
    { "clients.*.esp", KIND_PROPOSALS, "esp", NULL, NULL, ESP_PROPOSAL, CLIENTS(esp),
      "for Child SAs, best first" },
    { "clients.*.first_group", KIND_TEXT, NULL, NULL, NULL, "auto", CLIENTS(first_group),
      "the group of the first key share; auto: the first proposed" },
    { "clients.*.selectors", KIND_SELECTORS, NULL, NULL, NULL, "0.0.0.0/0", CLIENTS(selectors),
      "what they want to reach; their own side is their address" },
    { "clients.*.psk", KIND_TEXT, NULL, NULL, NULL, "correct horse battery staple", CLIENTS(psk),
      "the pre-shared key" },
    { "clients.*.ppk", KIND_TEXT, NULL, NULL, NULL, "none", CLIENTS(ppk),
      "a post-quantum pre-shared key mixed into the keys (RFC 8784); none: nothing is" },
    { "clients.*.ppk_required", KIND_BOOL, NULL, NULL, NULL, "no", CLIENTS(ppk_required),
      "no IKE SA without that key" },
    { "clients.*.fragment", KIND_COUNT, "off=0", "200", "65535", "off", CLIENTS(fragment),
      "octets of the longest IP datagram they send (RFC 7383); off: no fragments" },
    { "clients.*.mode", KIND_CHOICE, "tunnel|transport", NULL, NULL, "tunnel",
      CLIENTS(transport_mode),
      "which mode they ask for" },
    { "clients.*.mode_required", KIND_BOOL, NULL, NULL, NULL, "no", CLIENTS(mode_required),
      "close what the gateway makes a tunnel of when transport mode was asked for" },
    { "clients.*.address", KIND_CHOICE, "own|ipv4|ipv6|both", NULL, NULL, "own", CLIENTS(address),
      "their address within the tunnel: their own, or asked of the gateway's pool" },
    { "clients.*.mobike", KIND_BOOL, NULL, NULL, NULL, "no", CLIENTS(mobike),
      "they may move to other addresses, if the gateway lets them (RFC 4555)" },
    { "clients.*.moves", KIND_TIME, "never=0", "100ms", "1000h", "never", CLIENTS(moves_ns),
      "a client that is up is so long at one address, exponential; then at another one of the second "
      "half of their prefix" },
    { "clients.*.reauth", KIND_CHOICE, "never|make-first|break-first", NULL, NULL, "never",
      CLIENTS(reauth),
      "what they do when told to authenticate anew: the new IKE SA first, or the old one's end" },
    { "clients.*.redirects", KIND_BOOL, NULL, NULL, NULL, "no", CLIENTS(redirects),
      "they go where a gateway sends them (RFC 5685), whatever its name" },
    ABILITY_KEYS("clients.*.", CLIENTS),
    { "clients.*.retransmit.first", KIND_TIME, NULL, "1ms", "1h", "4s",
      CLIENTS(retransmit_first_ns),
      "wait before a request is sent again the first time" },
    { "clients.*.retransmit.factor", KIND_FACTOR, NULL, "1", "10", "1.8",
      CLIENTS(retransmit_factor_milli),
      "each wait is so many times the one before" },
    { "clients.*.retransmit.sends", KIND_COUNT, NULL, "1", "100", "6", CLIENTS(retransmit_sends),
      "how often a request is sent, the first time included" },
    { "clients.*.retransmit.jitter", KIND_FACTOR, NULL, "0%", "100%", "0",
      CLIENTS(retransmit_jitter_milli),
      "each wait is shortened at random by up to this share" },
    { "clients.*.retransmit.max", KIND_TIME, NEVER_64, "1ms", "24h", "never",
      CLIENTS(retransmit_max_ns),
      "longest wait; never: no limit" },
    { "clients.*.cookies_max", KIND_COUNT, NULL, "0", "255", "10", CLIENTS(cookies_max),
      "cookies reflected in one attempt at most" },
    { "clients.*.puzzles", KIND_COUNT, "none=0", "1", "24", "none", CLIENTS(puzzles),
      "puzzles are solved up to so many zero bits; none: the cookie alone is reflected" },
    { "clients.*.groups_max", KIND_COUNT, NULL, "0", "255", "5", CLIENTS(groups_max),
      "changes of group obeyed in one attempt at most" },
    { "clients.*.machine", KIND_MACHINE, NULL, NULL, NULL, "epyc-2024", CLIENTS(machine),
      "what cryptography costs each client" },

    { "attackers.*.class", KIND_CHOICE, "spoofed-init|syn-flood|forged-icmp", NULL, NULL, "spoofed-init",
      ATTACKER(class),
      "spoofed-init: IKE_SA_INIT requests from addresses that are not theirs; syn-flood: the first "
      "packets of TCP connections, from such addresses; forged-icmp: ICMP messages from there that say falsely of "
      "the gateway's ESP to its clients that it did not arrive" },
    { "attackers.*.to", KIND_NAME_OF, "gateways", NULL, NULL, NULL, ATTACKER(to),
      "the gateway attacked" },
    { "attackers.*.via", KIND_NAME_OF, "links", NULL, NULL, "none", ATTACKER(via),
      "the link between them and the gateways, or the node where they are" },
    { "attackers.*.sources", KIND_PREFIX, NULL, NULL, NULL, "auto", ATTACKER(sources),
      "the addresses spoofed; auto: a part of 100.64.0.0/10" },
    { "attackers.*.source_count", KIND_COUNT, "all=4294967295", "1", "1e9", "all",
      ATTACKER(source_count),
      "how many addresses of those are used" },
    { "attackers.*.about", KIND_NAME_OF, "clients", NULL, NULL, "none", ATTACKER(about),
      "of forged-icmp: the clients of whom it speaks" },
    { "attackers.*.about_count", KIND_COUNT, NULL, "1", "1e9", "100", ATTACKER(about_count),
      "and how many of them, from the first on" },
    { "attackers.*.rate", KIND_RATE, NULL, "0/s", "1e7/s", "1000/s", ATTACKER(rate),
      "requests sent: a rate, or a list of [time, rate]" },
    { "attackers.*.shape", KIND_CHOICE, "steps|ramp", NULL, NULL, "steps", ATTACKER(shape),
      "how the rate goes from one point of the list to the next" },
    { "attackers.*.arrivals", KIND_CHOICE, "poisson|uniform", NULL, NULL, "poisson",
      ATTACKER(process),
      "gaps between requests: exponential, or even" },
    { "attackers.*.from", KIND_TIME, NULL, "0s", "24h", "0s", ATTACKER(from_ns),
      "nothing is sent before" },
    { "attackers.*.until", KIND_TIME, "end=18446744073709551615", "0s", "24h", "end",
      ATTACKER(until_ns),
      "nothing is sent from then on" },
    { "attackers.*.proposals", KIND_PROPOSALS, "ike", NULL, NULL, IKE_PROPOSAL, ATTACKER(proposals),
      "what the requests propose" },
    { "attackers.*.templates", KIND_COUNT, NULL, "1", "4096", "64", ATTACKER(templates),
      "distinct requests made once, each sent with SPI, nonce and source anew" },

    { "background.*.from", KIND_TEXT, NULL, NULL, NULL, NULL, BACKGROUND(from),
      "traffic of others, beside the experiment's: where it comes from, a node, or a link as clients name it in `via`" },
    { "background.*.to", KIND_TEXT, NULL, NULL, NULL, "core", BACKGROUND(to),
      "and where it goes, alike; core is where gateways are" },
    { "background.*.kind", KIND_CHOICE, "on-off|bulk-tcp", NULL, NULL, "on-off", BACKGROUND(kind),
      "on-off: datagrams of UDP at a constant rate, with pauses; bulk-tcp: one connection that sends as fast as TCP "
      "can, by ns-3's own TCP (Cubic, 1448 octets a segment, windows to 4 MiB), on ns-3 only" },
    { "background.*.rate", KIND_BITRATE, NULL, "1kbit/s", "100Gbit/s", "1Mbit/s", BACKGROUND(rate_bps),
      "of on-off: bits a second while it sends, IP headers included" },
    { "background.*.size", KIND_BYTES, NULL, "64B", "65535B", "1200B", BACKGROUND(size),
      "of on-off: octets of a datagram, IP and UDP headers included" },
    { "background.*.on", KIND_TIME, NULL, "1ms", "24h", "1s", BACKGROUND(on_ns),
      "of on-off: how long it sends, exponential with this mean" },
    { "background.*.off", KIND_TIME, "never=0", "1ms", "24h", "never", BACKGROUND(off_ns),
      "of on-off: how long it pauses then, exponential with this mean; never: it always sends" },
    { "background.*.start", KIND_TIME, NULL, "0s", "24h", "0s", BACKGROUND(start_ns),
      "nothing is sent before" },
    { "background.*.until", KIND_TIME, "end=18446744073709551615", "0s", "24h", "end",
      BACKGROUND(until_ns),
      "nothing is sent from then on" },
};
const size_t model_key_count = sizeof model_keys / sizeof model_keys[0];
/* clang-format on */
