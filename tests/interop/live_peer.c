/* SPDX-License-Identifier: MIT
 * Our engine as a real peer over UDP or TCP, for interoperation tests: ports 500
 * and 4500 of one address, the real clock, OpenSSL. Prints one line per event and
 * message; leaves after its script is done or its time is up. Bounded in time,
 * and it sends only to the one address it is given. */
#include "tests/interop/live_peer.h"

#include "ike/v2/describe.h"
#include "results/capture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* What is waited for: datagrams, the script's `go`, connections and new ones. */
enum { AT_INPUT = SOCKETS, AT_STREAMS, ENDS = AT_STREAMS + LIVE_STREAMS + 1 };

uint64_t live_now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fill(void *owner, uint8_t *out, size_t len)
{
    (void)owner;
    for (size_t done = 0; done < len;) {
        const ssize_t got = getrandom(out + done, len - done, 0);
        if (got > 0)
            done += (size_t)got;
    }
}

void live_die(const char *what)
{
    (void)fprintf(stderr, "live_peer: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void capture(struct peer *p, bool inbound, const struct ike_datagram *d, const char *text)
{
    if (p->capture == NULL)
        return;
    results_capture_message(p->capture,
                            &(struct sim_message){.at_ns = live_now_ns() - p->began_ns,
                                                  .who = "ikelab",
                                                  .from = inbound ? d->remote : d->local,
                                                  .to = inbound ? d->local : d->remote,
                                                  .bytes = d->bytes,
                                                  .inbound = inbound,
                                                  .tcp = d->stream != 0,
                                                  .text = text,
                                                  .fate = inbound ? "came" : "sent"});
}

static void show(struct peer *p, const char *arrow, const struct ike_datagram *d)
{
    char line[IKE_DESCRIBE_TEXT], addr[IKE_ADDR_TEXT];
    (void)ike_describe(d->bytes, d->stream != 0 || d->local.port == IKE_PORT_NAT,
                       p->has_keys ? &p->keys : NULL, p->crypto, line);
    capture(p, arrow[0] == '<', d, line);
    ike_addr_format(&d->local, addr);
    if (d->stream != 0)
        (void)printf("%s TCP %s\n", arrow, line);
    else if (p->o.also != NULL && strcmp(addr, p->o.also) == 0)
        (void)printf("%s %s:%u %s\n", arrow, addr, d->local.port, line);
    else
        (void)printf("%s %u %s\n", arrow, d->local.port, line);
}

/* ---- the script: words in small letters are done, words in capitals awaited ---- */

static const char *event_name(unsigned kind)
{
    static const char *const names[LIVE_KINDS] = {
        [IKE_KEYED] = "KEYED",
        [IKE_HALF_OPEN] = "HALF_OPEN",
        [IKE_UP] = "UP",
        [IKE_FAILED] = "FAILED",
        [IKE_DOWN] = "DOWN",
        [IKE_CHILD_UP] = "CHILD_UP",
        [IKE_CHILD_FAILED] = "CHILD_FAILED",
        [IKE_CHILD_DOWN] = "CHILD_DOWN",
        [IKE_ALIVE] = "ALIVE",
        [IKE_SYNCED] = "SYNCED",
        [IKE_REKEYED] = "REKEYED",
        [IKE_REKEY_FAILED] = "REKEY_FAILED",
        [IKE_ADDRESS] = "ADDRESS",
        [IKE_INFORMED] = "INFORMED",
        [IKE_ASK] = "ASK",
        [IKE_REDIRECTED] = "REDIRECTED",
        [IKE_MOVED] = "MOVED",
        [IKE_MOVE_FAILED] = "MOVE_FAILED",
        [IKE_TICKET] = "TICKET",
        [IKE_INVALID_SELECTORS_HEARD] = "STRAYED",
        [IKE_STREAM_WANTED] = "STREAM_WANTED",
        [IKE_STREAM_DONE] = "STREAM_DONE",
        [LIVE_ECHOED] = "ECHOED",
        [LIVE_PAUSED] = "PAUSED",
    };
    return names[kind] != NULL ? names[kind] : "OTHER";
}

static bool probe(struct peer *p)
{
    return ike_probe(p->engine, live_now_ns(), p->sa);
}

/* As the responder, to a member that knows of nothing since IKE_AUTH (RFC 6311 5.1). */
static bool fail_over(struct peer *p)
{
    const struct ike_standby known = {.take_id = 2, .missed = 8, .ids = true};
    return ike_failed_over(p->engine, live_now_ns(), p->sa, &known);
}

static bool delete_child(struct peer *p)
{
    return ike_delete_child(p->engine, live_now_ns(), p->sa, p->child);
}

static bool rekey_child(struct peer *p)
{
    return ike_rekey_child(p->engine, live_now_ns(), p->sa, p->child);
}

static bool rekey(struct peer *p)
{
    return ike_rekey(p->engine, live_now_ns(), p->sa);
}

static bool child(struct peer *p)
{
    return ike_create_child(p->engine, live_now_ns(), p->sa, 0, NULL);
}

static bool delete (struct peer *p)
{
    return ike_delete(p->engine, live_now_ns(), p->sa);
}

/* From one of our two addresses to the other. */
static bool move(struct peer *p)
{
    struct ike_addr to;
    p->moved = !p->moved;
    return ike_addr_parse(p->moved ? p->o.also : p->o.local, &to) &&
           ike_move(p->engine, live_now_ns(), p->sa, &to, NULL);
}

/* As a NAT does that has forgotten us: everything goes by another port from now on. */
static bool rebind(struct peer *p)
{
    live_wire_rebind(p);
    return true;
}

static bool cut(struct peer *p)
{
    live_stream_cut(p);
    return true;
}

static bool redirect(struct peer *p)
{
    const struct ike_gateway to = live_elsewhere(p);
    return ike_redirect(p->engine, live_now_ns(), p->sa, &to);
}

/* Whoever started this program does something, and then says so by a line on its standard input. */
static bool go(struct peer *p)
{
    p->at_go = true;
    (void)printf("AT go\n");
    return true;
}

static bool ping(struct peer *p)
{
    return live_esp_echo(p, 3, 56);
}

/* A second and a half. */
static bool pause_a_while(struct peer *p)
{
    p->paused_until = live_now_ns() + UINT64_C(1500000000);
    return true;
}

/* The script goes on beside it, and awaits ECHOED. */
static bool bulk(struct peer *p)
{
    return live_esp_echo(p, 5000, 1300);
}

/* What can be done, and the events of which one says that it is done. */
static const struct {
    const char *word;
    bool (*run)(struct peer *p);
    const char *until;
} words[] = {
    {"probe", probe, "ALIVE"},
    {"fail-over", fail_over, "SYNCED"},
    {"child", child, "CHILD_UP|CHILD_FAILED"},
    {"rekey-child", rekey_child, "CHILD_DOWN|REKEY_FAILED"},
    {"delete-child", delete_child, "CHILD_DOWN"},
    {"rekey", rekey, "DOWN:rekeyed|REKEY_FAILED"}, /* the old one is deleted after that */
    {"delete", delete, "DOWN:deleted"},
    {"rebind", rebind, ""},
    {"cut", cut, ""},
    {"redirect", redirect, "CHILD_UP"},
    {"move", move, "MOVED|MOVE_FAILED"},
    {"ping", ping, "ECHOED"},
    {"bulk", bulk, ""},
    {"pause", pause_a_while, "PAUSED"},
    {"go", go, ""},
};

/* An event by its name, or by name and reason: DOWN:rekeyed. */
static bool is_event(const char *name, size_t len, const struct heard *h)
{
    char full[64];
    const char *const kind = event_name(h->kind);
    (void)snprintf(full, sizeof full, "%s:%s", kind, ike_why_row(h->why)->name);
    return (strlen(kind) == len && strncmp(name, kind, len) == 0) ||
           (strlen(full) == len && strncmp(name, full, len) == 0);
}

/* Takes the first event heard, of those not taken yet, that one of the names between bars means.
 * So what came early is not missed, and nothing counts twice. */
static bool has_come(struct peer *p, const char *wanted)
{
    for (size_t len; (len = strcspn(wanted, "|,")) > 0; wanted += len + (wanted[len] == '|'))
        for (size_t i = 0; i < p->heard_count; i++)
            if (!p->heard[i].taken && is_event(wanted, len, &p->heard[i])) {
                p->heard[i].taken = true;
                return true;
            }
    return false;
}

/* The next word of the script is carried out; `until` is what ends it. */
static void next_step(struct peer *p)
{
    const char *const step = p->script;
    const size_t len = strcspn(step, ",");
    p->script += len + (step[len] == ',' ? 1 : 0);
    p->until = step;
    if (step[0] >= 'A' && step[0] <= 'Z')
        return;
    bool good = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == len && strncmp(step, words[i].word, len) == 0) {
            p->until = words[i].until;
            good = words[i].run(p);
        }
    if (!good) {
        (void)printf("FAILED step %.*s\n", (int)len, step);
        p->failed = p->done = true;
    }
}

/* Goes on with the script as far as what has come allows; `until` points into it, so its rest can
 * be seen, too. */
static void follow_script(struct peer *p)
{
    while (!p->done && !p->at_go && (p->until[0] == '\0' || has_come(p, p->until))) {
        p->until = "";
        if (p->script[0] == '\0')
            p->done = p->finished = true;
        else
            next_step(p);
    }
    if (p->gone && !p->at_go && strstr(p->until, "UP") == NULL) /* nobody comes back */
        p->done = true;
}

void live_heard(struct peer *p, unsigned kind, enum ike_why why)
{
    if (p->heard_count < HEARD_MAX)
        p->heard[p->heard_count++] = (struct heard){.kind = kind, .why = why};
}

/* Whether the engine was told of something, and may have something to send. */
static bool hear(struct peer *p, const struct ike_event *e)
{
    char inner[IKE_ADDR_TEXT];
    (void)printf("EVENT %s %s %u cookies=%u groups=%u\n", event_name(e->kind),
                 ike_why_row(e->why)->name, e->notify, e->cookies, e->groups);
    if (e->kind == IKE_ADDRESS) {
        ike_addr_format(&e->inner, inner);
        (void)printf("INNER %s\n", inner);
    }
    live_heard(p, e->kind, e->why);
    live_esp_hear(p, e);
    if (e->kind == IKE_KEYED) {
        p->has_keys = ike_sa_keys(p->engine, e->sa, &p->keys);
        if (p->has_keys && p->capture != NULL)
            results_capture_keys(p->capture, &p->keys);
    }
    if (e->kind == IKE_UP || e->kind == IKE_REKEYED) {
        p->sa = e->sa;
        p->gone = false;
    }
    if (e->kind == IKE_CHILD_UP)
        p->child = e->child_spi;
    if (e->kind == IKE_FAILED ||
        (e->kind == IKE_DOWN && e->sa == p->sa && e->why != WHY_REAUTHENTICATED)) {
        p->has_keys = false;
        p->gone = true;
        p->failed = e->kind == IKE_FAILED;
    }
    return live_stream_heed(p, e);
}

static void drain(struct peer *p)
{
    struct ike_datagram d;
    struct ike_event e;
    while (ike_next_output(p->engine, &d)) {
        show(p, ">", &d);
        if (d.stream == 0 && d.local.port == IKE_PORT_NAT) {
            p->here = d.local;
            p->there = d.remote;
        }
        live_wire_send(p, &d);
    }
    bool more = false;
    while (ike_next_event(p->engine, &e))
        more = hear(p, &e) || more;
    const char *const script = p->script;
    follow_script(p);
    more = more || p->script != script; /* what the script did has something to send */
    if (more && !p->done)
        drain(p);
    (void)fflush(stdout);
}

void live_send_esp(struct peer *p, struct ike_bytes packet)
{
    const struct ike_datagram d = {.local = p->here, .remote = p->there, .bytes = packet};
    if (p->esp_shown++ < ESP_SHOWN)
        capture(p, false, &d, "ESP");
    live_wire_send(p, &d);
}

/* ESP in UDP begins with an SPI, which is not 0; one octet 0xff keeps a mapping (RFC 3948 2). */
static bool is_esp(const struct ike_datagram *d)
{
    static const uint8_t marker[4] = {0};
    return d->local.port == IKE_PORT_NAT && d->bytes.len > sizeof marker &&
           memcmp(d->bytes.at, marker, sizeof marker) != 0;
}

enum ike_why live_take_message(struct peer *p, const struct ike_datagram *d)
{
    show(p, "<", d);
    const enum ike_why why = ike_input(p->engine, live_now_ns(), d);
    if (why != WHY_OK)
        (void)printf("REFUSED %s\n", ike_why_row(why)->name);
    drain(p);
    return why;
}

static void take(struct peer *p, int which)
{
    static uint8_t buffer[65536];
    struct ike_datagram d;
    if (live_wire_take(p, which, buffer, sizeof buffer, &d) == 0)
        return;
    if (is_esp(&d)) {
        if (p->esp_shown++ < ESP_SHOWN)
            capture(p, true, &d, "ESP");
        live_esp_take(p, buffer, d.bytes.len);
        drain(p);
        return;
    }
    if (p->o.no_udp != NULL) {
        show(p, "<", &d);
        (void)printf("LOST by UDP\n");
        return;
    }
    (void)live_take_message(p, &d);
}

/* A line came; an end of input counts as one. */
static void leave_go(struct peer *p)
{
    char c;
    if (read(STDIN_FILENO, &c, 1) == 0 || c == '\n')
        p->at_go = false;
}

/* Whatever comes first, or nothing for so long. */
static void wait_and_serve(struct peer *p, int wait_ms)
{
    struct pollfd polled[ENDS] = {
        [AT_INPUT] = {.fd = p->at_go ? STDIN_FILENO : -1, .events = POLLIN}};
    for (int i = 0; i < SOCKETS; i++)
        polled[i] = (struct pollfd){.fd = live_wire_socket(p, i), .events = POLLIN};
    for (int i = 0; i <= LIVE_STREAMS; i++)
        polled[AT_STREAMS + i] = (struct pollfd){.fd = live_stream_socket(p, i), .events = POLLIN};
    (void)poll(polled, ENDS, wait_ms);
    for (int i = 0; i < SOCKETS; i++)
        if ((polled[i].revents & POLLIN) != 0)
            take(p, i);
    for (int i = 0; i <= LIVE_STREAMS; i++)
        if (polled[AT_STREAMS + i].revents != 0 &&
            live_stream_socket(p, i) == polled[AT_STREAMS + i].fd)
            live_stream_serve(p, i);
    if (polled[AT_INPUT].revents != 0)
        leave_go(p);
}

static void run(struct peer *p)
{
    const uint64_t end = live_now_ns() + strtoull(p->o.seconds, NULL, 10) * UINT64_C(1000000000);
    while (!p->done && live_now_ns() < end) {
        const uint64_t now = live_now_ns();
        const uint64_t deadline = ike_deadline(p->engine);
        uint64_t until = deadline < end ? deadline : end;
        const uint64_t due = live_wire_due(p);
        until = due < until ? due : until;
        if (p->paused_until != 0 && p->paused_until < until)
            until = p->paused_until;
        const int wait_ms = until <= now ? 0 : (int)((until - now) / 1000000 + 1);
        wait_and_serve(p, wait_ms);
        if (p->paused_until != 0 && live_now_ns() >= p->paused_until) {
            p->paused_until = 0;
            live_heard(p, LIVE_PAUSED, WHY_OK);
        }
        ike_tick(p->engine, live_now_ns());
        drain(p);
    }
}

static uint64_t connect_to(struct peer *p)
{
    struct ike_attempt attempt = {.policy = &p->policy};
    (void)ike_addr_parse(p->o.local, &attempt.local);
    (void)ike_addr_parse(p->o.remote, &attempt.remote);
    attempt.local.port = attempt.remote.port = IKE_PORT;
    return ike_connect(p->engine, live_now_ns(), &attempt);
}

static void open_capture(struct peer *p)
{
    char keys[256], error[RESULTS_ERROR_MAX];
    p->began_ns = live_now_ns();
    if (p->o.pcap == NULL)
        return;
    (void)snprintf(keys, sizeof keys, "%s.keys", p->o.pcap);
    p->capture = results_capture_open(p->o.pcap, keys, error);
    if (p->capture == NULL)
        live_die(error);
}

static void close_capture(struct peer *p)
{
    char error[RESULTS_ERROR_MAX];
    if (p->capture != NULL && !results_capture_close(p->capture, error))
        live_die(error);
}

/* Leaves a half-open SA behind at the peer: one IKE_SA_INIT request, then silence. The option may
 * name the group for it. */
static void abandon(struct peer *p)
{
    const uint8_t group = p->policy.first_group;
    p->policy.first_group = ike_algo_named(p->o.abandon);
    const uint64_t sa = connect_to(p);
    p->policy.first_group = group;
    drain(p);
    ike_forget(p->engine, live_now_ns(), sa);
    struct pollfd polled = {.fd = live_wire_socket(p, 0), .events = POLLIN};
    (void)poll(&polled, 1, 2000);
}

int main(int argc, char **argv)
{
    static struct peer p;
    p.o = (struct options){.ike = "aes256gcm16-prfsha256-x25519",
                           .esp = "aes256gcm16",
                           .psk = "secret",
                           .seconds = "10"};
    live_read_options(argc, argv, &p.o);
    live_configure(&p);
    live_wire_open(&p);
    live_streams_open(&p);
    p.crypto = ike_crypto_openssl((struct ike_random){.fill = fill});
    if (p.crypto != NULL)
        live_furnish(&p);
    p.engine = p.crypto == NULL ? NULL : ike_open(&p.config, p.crypto);
    if (p.engine == NULL || !live_esp_open(&p))
        live_die("engine");
    open_capture(&p);
    (void)printf("READY\n");
    (void)fflush(stdout);
    if (p.o.abandon != NULL)
        abandon(&p);
    if (p.o.initiate != NULL)
        (void)connect_to(&p);
    drain(&p);
    run(&p);
    (void)printf("END %s\n", p.failed ? "failed" : p.finished ? "done" : p.done ? "early" : "time");
    live_wire_close(&p);
    live_streams_close(&p);
    close_capture(&p);
    live_esp_close(&p);
    ike_close(p.engine);
    live_strip(&p);
    p.crypto->ops->close(p.crypto);
    return p.failed ? 1 : 0;
}
