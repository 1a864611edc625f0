/* SPDX-License-Identifier: MIT
 * The engine against the cryptography it needs: whole handshakes, half-open
 * SAs, refused requests, memory. The floor is bare OpenSSL doing the same
 * operations the same number of times, counted with the meter, in turns with
 * the engine in one run. Memory is what the kernel says the process touched. */
#include "tests/bench_common.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CRYPTO_LOOPS = 200, MODEL_LOOPS = 20000, COOKIE_LOOPS = 50000, MANY = 100000, FEW = 20000 };

static void bench_handshake(void)
{
    bench_against(
        &(struct bench_op){.name = "handshake_psk", .run = handshake, .loops = CRYPTO_LOOPS});
}

static void bench_modelled(void)
{
    const struct bench_op op = {.run = handshake};
    bench_print("handshakes_modelled", bench_modelled_rate(&op, MODEL_LOOPS), 60000, "/s",
                "180000/s; 60000 at least");
}

/* A request of one client kept, so that only the responder's work is timed. */
static size_t keep_request(uint8_t *room, uint64_t now_ns)
{
    struct ike_datagram d;
    const uint64_t sa = connect_one(now_ns);
    const bool good = ike_next_output(sides[0].engine, &d);
    assert(good && d.bytes.len < IKE_MESSAGE_MAX);
    memcpy(room, d.bytes.at, d.bytes.len);
    ike_forget(sides[0].engine, now_ns, sa);
    return good ? d.bytes.len : 0;
}

static enum ike_why give(const uint8_t *bytes, size_t len, uint32_t source)
{
    struct ike_datagram d;
    const struct ike_datagram in = {.local = sides[1].addr,
                                    .remote = ike_addr_v4(source, IKE_PORT),
                                    .bytes = {.at = bytes, .len = len}};
    const enum ike_why why = ike_input(sides[1].engine, 1, &in);
    while (ike_next_output(sides[1].engine, &d))
        ;
    no_events(1);
    return why;
}

static void bench_half_open(void)
{
    static uint8_t requests[CRYPTO_LOOPS][IKE_MESSAGE_MAX];
    size_t lens[CRYPTO_LOOPS];
    double ours[ROUNDS], floor[ROUNDS];
    open_side(0, ike_crypto_openssl, NULL, 1024);
    open_side(1, ike_crypto_openssl, NULL, ROUNDS * CRYPTO_LOOPS + 1);
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            lens[i] = keep_request(requests[i], 1);
        double t = seconds();
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            if (give(requests[i], lens[i], 0x0a000001u) != WHY_OK)
                abort();
        ours[r] = (seconds() - t) / CRYPTO_LOOPS * 1e6;
        t = seconds();
        for (int i = 0; i < CRYPTO_LOOPS; i++)
            bare_x25519();
        floor[r] = (seconds() - t) / CRYPTO_LOOPS * 1e6;
    }
    close_sides();
    bench_print("half_open_x25519", median(ours, ROUNDS), median(floor, ROUNDS), "us", "<= 1.2");
}

static void always_cookies(int i)
{
    sides[i].config.cookies.on_at = i == 1 ? 0 : IKE_UNLIMITED;
}

static void bench_cookie(void)
{
    static uint8_t request[IKE_MESSAGE_MAX];
    double ours[ROUNDS], floor[ROUNDS];
    bench_furnish = always_cookies;
    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 64);
    const size_t len = keep_request(request, 1);
    bare_hmac(44, true);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        for (uint32_t i = 0; i < COOKIE_LOOPS; i++)
            if (give(request, len, 0x0a000000u + i) != WHY_COOKIE_WANTED)
                abort();
        ours[r] = (seconds() - t) / COOKIE_LOOPS * 1e9;
        t = seconds();
        for (uint32_t i = 0; i < COOKIE_LOOPS; i++)
            bare_hmac(44, false); /* Ni 32, IPi 4, SPIi 8 */
        floor[r] = (seconds() - t) / COOKIE_LOOPS * 1e9;
    }
    close_sides();
    bench_furnish = NULL;
    bench_print("cookie_refusal", median(ours, ROUNDS), median(floor, ROUNDS), "ns", "<= 3");
}

static void bench_memory(void)
{
    static uint8_t request[IKE_MESSAGE_MAX];
    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 1000000);
    struct ike_datagram d;
    double messages = 0;
    const double before = resident();
    for (uint32_t i = 0; i < MANY; i++) {
        const size_t len = keep_request(request, 1);
        const struct ike_datagram in = {.local = sides[1].addr,
                                        .remote = ike_addr_v4(0x0a000000u + i, IKE_PORT),
                                        .bytes = {.at = request, .len = len}};
        if (ike_input(sides[1].engine, 1, &in) != WHY_OK || !ike_next_output(sides[1].engine, &d))
            abort();
        messages += (double)(len + d.bytes.len);
        no_events(1);
    }
    const double each = (resident() - before) / MANY;
    bench_print("memory_half_open_beyond_messages", each - messages / MANY, 512, "B", "512 B");
    (void)printf("#   %.0f B touched for each, of which %.0f B are its two messages\n", each,
                 messages / MANY);
    close_sides();

    open_side(0, ike_crypto_openssl, NULL, 64);
    open_side(1, ike_crypto_openssl, NULL, 1000000);
    const double start = resident();
    for (uint32_t i = 0; i < MANY; i++)
        handshake(1);
    bench_print("memory_established_one_child", (resident() - start) / MANY, 1536, "B", "1536 B");
    close_sides();
}

static void give_children(int i)
{
    sides[i].config.child_max = 11 * FEW;
}

/* The modelled provider keeps the same records, keys of the same lengths. */
static void bench_children(void)
{
    bench_furnish = give_children;
    open_side(0, ike_crypto_modelled, NULL, 64);
    open_side(1, ike_crypto_modelled, NULL, FEW + 1);
    const double start = resident();
    for (uint32_t i = 0; i < FEW; i++) {
        const uint64_t sa = connect_one(1);
        settle(1);
        for (int k = 1; k < 10; k++) {
            if (!ike_create_child(sides[0].engine, 1, sa, 0, NULL))
                abort();
            settle(1);
        }
        ike_forget(sides[0].engine, 1, sa);
        no_events(0);
    }
    if (ike_stats(sides[1].engine).children != 10 * FEW)
        abort();
    const double ten = (resident() - start) / FEW;
    bench_print("memory_established_ten_children", ten, 1536 + 9 * 512, "B",
                "1536 B and 512 B each more");
    close_sides();
    bench_furnish = NULL;
}

/* ---- sessions resumed (RFC 5723 4.3), each with the ticket of the one before ---- */

static struct kept_ticket {
    uint8_t octets[IKE_RESUME_MAX];
    size_t len;
} kept;

static void resume(uint64_t now_ns)
{
    const struct ike_attempt attempt = {.local = sides[0].addr,
                                        .remote = sides[1].addr,
                                        .policy = &sides[0].policy,
                                        .ticket = {.at = kept.octets, .len = kept.len}};
    const uint64_t sa = ike_connect(sides[0].engine, now_ns, &attempt);
    for (int i = 0; i < 4; i++)
        (void)carry(i % 2, now_ns);
    kept.len = ike_sa_ticket(sides[0].engine, sa, kept.octets);
    assert(kept.len > 0);
    ike_forget(sides[0].engine, now_ns, sa);
}

/* Handshakes and resumptions per CPU-second, both ends, with as many of each in turns. */
static void bench_resumed(const char *name, provider_fn *provider, int loops, const char *goal)
{
    static const uint8_t secret[32] = {1};
    double resumed[ROUNDS], whole[ROUNDS];
    open_side(0, provider, NULL, 1024);
    open_side(1, provider, NULL, (uint32_t)(ROUNDS * loops) + 64);
    ike_close(sides[1].engine);
    sides[0].policy.tickets = true;
    sides[1].config.tickets =
        (struct ike_ticket_config){.kind = TICKET_VALUE, .secret = secret, .remembered = 65536};
    sides[1].engine = ike_open(&sides[1].config, sides[1].crypto);
    kept.len = 0;
    resume(1);
    for (int r = 0; r < ROUNDS; r++) {
        double t = seconds();
        for (int i = 0; i < loops; i++)
            resume(1);
        resumed[r] = loops / (seconds() - t);
        t = seconds();
        for (int i = 0; i < loops; i++)
            handshake(1);
        whole[r] = loops / (seconds() - t);
    }
    close_sides();
    bench_print(name, median(resumed, ROUNDS), median(whole, ROUNDS), "/s", goal);
}

static void bench_resume(void)
{
    bench_resumed("resumptions_openssl", ike_crypto_openssl, CRYPTO_LOOPS, ">= 4");
    bench_resumed("resumptions_modelled", ike_crypto_modelled, MODEL_LOOPS / 4, "no goal");
}

/* Nothing but so many handshakes or refusals, for whoever counts instructions: bench_count.py. */
static int repeat(const char *what, uint32_t times)
{
    static uint8_t request[IKE_MESSAGE_MAX];
    const bool cookies = strcmp(what, "cookie") == 0;
    bench_furnish = cookies ? always_cookies : NULL;
    open_side(0, ike_crypto_modelled, NULL, 1024);
    open_side(1, ike_crypto_modelled, NULL, 100000);
    const size_t len = keep_request(request, 1);
    for (uint32_t i = 0; i < times; i++) {
        if (!cookies)
            handshake(1);
        else if (give(request, len, 0x0a000000u + i) != WHY_COOKIE_WANTED)
            abort();
    }
    close_sides();
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } benches[] = {
        {"handshake", bench_handshake}, {"modelled", bench_modelled},
        {"half-open", bench_half_open}, {"cookie", bench_cookie},
        {"memory", bench_memory},       {"children", bench_children},
        {"resume", bench_resume},
    };
    if (argc == 4 && strcmp(argv[1], "repeat") == 0)
        return repeat(argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
    bare_open();
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        if (argc < 2 || strcmp(argv[1], benches[i].name) == 0)
            benches[i].run();
    bare_close();
    return 0;
}
