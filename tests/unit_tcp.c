/* SPDX-License-Identifier: MIT
 * TCP in virtual time: how long things take, what each packet lost, doubled or
 * overtaken changes, what fills up, and how connections end. */
#include "sim/rng.h"
#include "sim/tcp.h"
#include "sim/tcp_segment.h"
#include "tests/test.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WIRE_MAX = 4096, CAME_MAX = 1 << 20, PORT = 4500 };

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

static const uint64_t delay_ns = 10 * MS;

/* One end: a stack and what its owner heard. */
struct end {
    struct sim_tcp *tcp;
    struct sim_port port;
    struct ike_addr addr;
    uint32_t stream; /* the last one opened */
    uint64_t opened_ns, gone_ns, came_ns;
    uint32_t opened, gone;
    bool reads; /* takes what comes at once */
    bool answers;
    size_t came_len;
    uint8_t came[CAME_MAX];
};

enum fate { CARRIED, LOST, DOUBLED, LATE };

/* A packet on the wire between the two. */
struct packet {
    struct sim_event arrive;
    struct sim_datagram datagram;
    uint8_t bytes[1600];
};

static struct bench {
    struct sim_net net; /* first: it is the network */
    struct sim_loop *loop;
    struct end a, b;
    struct packet packets[WIRE_MAX];
    uint32_t sent; /* packets so far */
    size_t largest;
    enum fate (*fate)(uint32_t number);
} w;

static enum fate carried(uint32_t number)
{
    (void)number;
    return CARRIED;
}

static struct end *end_at(const struct ike_addr *addr)
{
    return ike_addr_same_ip(addr, &w.a.addr)   ? &w.a
           : ike_addr_same_ip(addr, &w.b.addr) ? &w.b
                                               : NULL;
}

static void on_arrive(void *owner, uint64_t now_ns)
{
    struct packet *const p = owner;
    struct end *const to = end_at(&p->datagram.to);
    if (to != NULL && to->tcp != NULL)
        sim_tcp_deliver(to->tcp, now_ns, &p->datagram);
}

static void carry(uint64_t at_ns, const struct sim_datagram *d)
{
    for (uint32_t i = 0; i < WIRE_MAX; i++) {
        struct packet *const p = &w.packets[i];
        if (sim_loop_waits(&p->arrive))
            continue;
        assert(d->len <= sizeof p->bytes);
        p->datagram = *d;
        p->datagram.at = p->bytes;
        memcpy(p->bytes, d->at, d->len);
        p->arrive = (struct sim_event){.rank = SIM_DELIVER, .run = on_arrive, .owner = p};
        sim_loop_at(w.loop, &p->arrive, at_ns);
        return;
    }
    assert(false);
}

static bool wire_send(struct sim_net *net, uint64_t now_ns, const struct sim_port *port,
                      const struct sim_datagram *d)
{
    const enum fate fate = w.fate(w.sent++);
    (void)net;
    (void)port;
    assert(d->protocol == SIM_TCP);
    w.largest = d->len > w.largest ? d->len : w.largest;
    if (fate != LOST)
        carry(now_ns + delay_ns + (fate == LATE ? 5 * MS : 0), d);
    if (fate == DOUBLED)
        carry(now_ns + delay_ns + MS, d);
    return true;
}

static const struct sim_net_ops wire_ops = {.name = "wire", .send = wire_send};

static void on_opened(void *owner, uint64_t now_ns, uint32_t stream, bool ours)
{
    struct end *const e = owner;
    (void)ours;
    e->stream = stream;
    e->opened_ns = now_ns;
    e->opened++;
}

static void on_came(void *owner, uint64_t now_ns, uint32_t stream, struct ike_bytes octets)
{
    struct end *const e = owner;
    assert(e->came_len + octets.len <= CAME_MAX);
    memcpy(e->came + e->came_len, octets.at, octets.len);
    e->came_len += octets.len;
    e->came_ns = now_ns;
    if (e->reads)
        sim_tcp_took(e->tcp, now_ns, stream, octets.len);
    if (e->answers)
        EXPECT(sim_tcp_send(e->tcp, now_ns, stream, octets));
}

static void on_gone(void *owner, uint64_t now_ns, uint32_t stream)
{
    struct end *const e = owner;
    (void)stream;
    e->gone_ns = now_ns;
    e->gone++;
}

static void end_open(struct end *e, uint32_t ip, const struct sim_tcp_config *config)
{
    e->addr = ike_addr_v4(ip, 0);
    e->port = (struct sim_port){.name = "end"};
    e->reads = true;
    e->tcp = sim_tcp_open(config, &(struct sim_tcp_parts){.loop = w.loop,
                                                          .net = &w.net,
                                                          .port = &e->port,
                                                          .ear = {on_opened, on_came, on_gone, e}});
    assert(e->tcp != NULL);
}

/* A opens connections, B takes them. */
static void begin(uint32_t backlog)
{
    memset(&w, 0, sizeof w);
    w.net.ops = &wire_ops;
    w.fate = carried;
    w.loop = sim_loop_open();
    end_open(&w.a, 0xc0000201, &(struct sim_tcp_config){.connections = 8});
    end_open(&w.b, 0xc0000202, &(struct sim_tcp_config){.connections = 64, .backlog = backlog});
}

static void finish(void)
{
    sim_tcp_end(w.a.tcp);
    sim_tcp_end(w.b.tcp);
    sim_loop_close(w.loop);
}

static uint32_t connect_from(uint16_t port)
{
    struct ike_addr local = w.a.addr, remote = w.b.addr;
    local.port = port;
    remote.port = PORT;
    return sim_tcp_connect(w.a.tcp, sim_loop_now(w.loop), &local, &remote);
}

static void run_for(uint64_t ns)
{
    sim_loop_run(w.loop, sim_loop_now(w.loop) + ns);
}

static struct ike_bytes text(const char *s)
{
    return (struct ike_bytes){.at = (const uint8_t *)s, .len = strlen(s)};
}

static bool has_come(const struct end *e, const char *s)
{
    return e->came_len == strlen(s) && memcmp(e->came, s, e->came_len) == 0;
}

/* ---- time and packets ---- */

static void test_a_connection_takes_one_round_trip_and_its_octets_half_a_one(void)
{
    begin(4);
    const uint32_t stream = connect_from(40000);
    EXPECT(stream != 0);
    EXPECT(sim_tcp_send(w.a.tcp, 0, stream, text("hello")));
    run_for(S);
    EXPECT_EQ(w.a.opened_ns, 20 * MS);
    EXPECT_EQ(w.b.opened_ns, 30 * MS);
    EXPECT_EQ(w.b.came_ns, 30 * MS);
    EXPECT(has_come(&w.b, "hello"));
    /* SYN, its answer, the octets with the third acknowledgment, and 40 ms later theirs */
    EXPECT_EQ(w.sent, 4);
    EXPECT_EQ(sim_tcp_counts(w.a.tcp)->resent, 0);
    finish();
}

static void test_an_answer_carries_the_acknowledgment(void)
{
    begin(4);
    w.b.answers = true;
    (void)sim_tcp_send(w.a.tcp, 0, connect_from(40000), text("hello"));
    run_for(S);
    EXPECT(has_come(&w.a, "hello"));
    EXPECT_EQ(w.a.came_ns, 40 * MS);
    EXPECT_EQ(w.sent, 5); /* the last: A's acknowledgment, delayed */
    finish();
}

/* RFC 9293 3.1: 20 octets of header, 4 of MSS in a SYN; the ports are in the addresses. */
static void test_segments_are_as_long_as_mss_lets_them(void)
{
    static uint8_t much[5000];
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    EXPECT_EQ(w.largest, 16 + 4);
    EXPECT(
        sim_tcp_send(w.a.tcp, sim_loop_now(w.loop), stream, (struct ike_bytes){much, sizeof much}));
    run_for(S);
    EXPECT_EQ(w.b.came_len, 5000);
    EXPECT_EQ(w.largest, 16 + 1460);
    EXPECT_EQ(sim_tcp_counts(w.a.tcp)->segments, 2 + 4); /* SYN, ACK, 3 x 1460 and 620 */
    finish();
}

/* ---- what the wire does ---- */

static uint32_t struck; /* number of the packet that something happens to */
static enum fate blow;

static enum fate one_struck(uint32_t number)
{
    return number == struck ? blow : CARRIED;
}

static void test_whatever_packet_is_struck_all_octets_come_in_order(void)
{
    static uint8_t much[20000];
    static const enum fate blows[] = {LOST, DOUBLED, LATE};
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t k = 0; k < 3; k++)
        for (struck = 0; struck < 40; struck++) {
            begin(4);
            blow = blows[k];
            w.fate = one_struck;
            w.b.answers = true;
            const uint32_t stream = connect_from(40000);
            EXPECT(sim_tcp_send(w.a.tcp, 0, stream, (struct ike_bytes){much, sizeof much}));
            run_for(10 * S);
            EXPECT(w.b.came_len == sizeof much && memcmp(w.b.came, much, sizeof much) == 0);
            EXPECT(w.a.came_len == sizeof much && memcmp(w.a.came, much, sizeof much) == 0);
            EXPECT_EQ(w.a.opened + w.b.opened, 2);
            sim_tcp_close(w.a.tcp, sim_loop_now(w.loop), stream, false);
            run_for(100 * S);
            EXPECT_EQ(w.b.gone, 1);
            EXPECT_EQ(w.a.gone, 0);
            struct ike_addr x, y;
            EXPECT(!sim_tcp_ends(w.a.tcp, stream, &x, &y));
            EXPECT(!sim_tcp_ends(w.b.tcp, w.b.stream, &x, &y));
            finish();
        }
}

/* RFC 6298 2.1: a second, before anything is known of the way; then at least one. */
static void test_what_is_lost_is_sent_again_after_a_second(void)
{
    static const struct {
        uint32_t lost;
        uint64_t a_ns, b_ns;
    } rows[] = {
        {0, 1020, 1030},    /* the SYN: all of it a second later */
        {1, 1020, 1030},    /* its answer: B is as late as A, who both send again after a second */
        {2, 20, 1020 + 10}, /* octets with the third acknowledgment */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(4);
        struck = rows[i].lost;
        blow = LOST;
        w.fate = one_struck;
        (void)sim_tcp_send(w.a.tcp, 0, connect_from(40000), text("x"));
        run_for(5 * S);
        EXPECT_EQ(w.a.opened_ns, rows[i].a_ns * MS);
        EXPECT_EQ(w.b.came_ns, rows[i].b_ns * MS);
        finish();
    }
}

/* RFC 5681 3.2: three acknowledgments of the same tell it, in a round trip and not a second. */
static void test_one_of_many_segments_is_sent_again_at_once(void)
{
    static uint8_t much[14600];
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    struck = w.sent + 2;
    blow = LOST;
    w.fate = one_struck;
    EXPECT(sim_tcp_send(w.a.tcp, S, stream, (struct ike_bytes){much, sizeof much}));
    run_for(S / 2);
    EXPECT_EQ(w.b.came_len, sizeof much);
    EXPECT_EQ(w.b.came_ns, S + 30 * MS);
    finish();
}

static struct sim_rng chance;

static enum fate at_random(uint32_t number)
{
    const uint64_t draw = sim_rng_between(&chance, 0, 99);
    (void)number;
    return draw < 20 ? LOST : draw < 30 ? DOUBLED : draw < 40 ? LATE : CARRIED;
}

static void test_much_goes_both_ways_over_a_very_bad_line(void)
{
    static uint8_t much[60000];
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (uint8_t)(i * 31 + i / 251);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        begin(4);
        sim_rng_open(&chance, seed, "wire");
        w.fate = at_random;
        w.b.answers = true;
        const uint32_t stream = connect_from(40000);
        EXPECT(sim_tcp_send(w.a.tcp, 0, stream, (struct ike_bytes){much, sizeof much}));
        run_for(1000 * S);
        EXPECT(w.b.came_len == sizeof much && memcmp(w.b.came, much, sizeof much) == 0);
        EXPECT(w.a.came_len == sizeof much && memcmp(w.a.came, much, sizeof much) == 0);
        finish();
    }
}

/* ---- what does not come about ---- */

static enum fate nothing_passes(uint32_t number)
{
    (void)number;
    return LOST;
}

/* RFC 6298 5.5: 1, 2, 4, … 32 s; and after 60 more it is over. */
static void test_a_syn_that_is_not_answered_is_sent_seven_times(void)
{
    begin(4);
    w.fate = nothing_passes;
    EXPECT(connect_from(40000) != 0);
    run_for(63 * S - 1);
    EXPECT_EQ(w.sent, 6);
    run_for(1);
    EXPECT_EQ(w.sent, 7);
    run_for(60 * S - 1);
    EXPECT_EQ(w.a.gone, 0);
    run_for(1);
    EXPECT_EQ(w.a.gone, 1);
    EXPECT_EQ(w.sent, 7);
    EXPECT_EQ(sim_tcp_counts(w.a.tcp)->given_up, 1);
    finish();
}

static void test_who_does_not_listen_resets(void)
{
    begin(0);
    EXPECT(connect_from(40000) != 0);
    run_for(S);
    EXPECT_EQ(w.a.gone_ns, 20 * MS);
    EXPECT_EQ(w.a.gone, 1);
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->refused, 1);
    finish();
}

/* A SYN from an address where nobody is. */
static void spoof(uint16_t port)
{
    uint8_t bytes[32];
    struct ike_writer out = wr_open(bytes, sizeof bytes);
    sim_segment_put(&out, &(struct sim_segment){.seq = 77, .flags = SIM_SYN, .window = 1000});
    struct sim_datagram d = {.from = ike_addr_v4(0xc6336401, port),
                             .to = w.b.addr,
                             .at = bytes,
                             .len = out.len,
                             .protocol = SIM_TCP};
    d.to.port = PORT;
    sim_tcp_deliver(w.b.tcp, sim_loop_now(w.loop), &d);
}

/* A flood takes the backlog and no more; whoever is honest comes in when there is room again. */
static void test_a_flood_of_syns_fills_the_backlog_and_nothing_else(void)
{
    begin(3);
    for (uint16_t i = 0; i < 100; i++)
        spoof((uint16_t)(1000 + i));
    EXPECT(connect_from(40000) != 0);
    run_for(S / 2);
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->half_open, 3);
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->backlog_dropped, 97 + 1);
    EXPECT_EQ(w.b.opened, 0);
    run_for(62 * S); /* 1 + 2 + … + 32 s: the answers to the flood are given up */
    EXPECT_EQ(w.a.opened, 0);
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->half_open, 3);
    run_for(S);
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->half_open, 0);
    EXPECT_EQ(w.a.opened, 1); /* its seventh SYN, after 63 s */
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->half_open_max, 3);
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->accepted, 1);
    finish();
}

static void test_there_are_only_so_many_connections(void)
{
    begin(64);
    for (uint16_t i = 0; i < 8; i++)
        EXPECT(connect_from((uint16_t)(40000 + i)) != 0);
    EXPECT_EQ(connect_from(40008), 0);
    EXPECT_EQ(connect_from(40000), 0); /* taken */
    run_for(S);
    EXPECT_EQ(w.b.opened, 8);
    sim_tcp_close(w.a.tcp, S, w.a.stream, false);
    run_for(S);
    EXPECT(connect_from(40008) != 0);
    for (uint16_t i = 0; i < 100; i++)
        spoof((uint16_t)(1000 + i));
    EXPECT_EQ(sim_tcp_counts(w.b.tcp)->backlog_dropped, 100 - (64 - 7));
    finish();
}

/* ---- ends ---- */

static void test_both_ends_close_with_four_packets(void)
{
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    const uint32_t before = w.sent;
    EXPECT(sim_tcp_send(w.a.tcp, S, stream, text("bye")));
    sim_tcp_close(w.a.tcp, S, stream, false);
    EXPECT(!sim_tcp_send(w.a.tcp, S, stream, text("more")));
    run_for(S);
    EXPECT(has_come(&w.b, "bye"));
    EXPECT_EQ(w.b.gone_ns, S + 10 * MS);
    EXPECT_EQ(w.sent - before, 4); /* bye, FIN; FIN with an acknowledgment; acknowledgment */
    EXPECT_EQ(w.a.gone, 0);        /* who closes is not told */
    finish();
}

static void test_a_reset_ends_it_at_once(void)
{
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    sim_tcp_close(w.a.tcp, S, stream, true);
    run_for(S);
    EXPECT_EQ(w.b.gone_ns, S + 10 * MS);
    finish();
}

/* RFC 9293 3.5.1: a half-open connection; the end that lives finds out when it speaks. */
static void test_an_end_that_was_started_anew_resets_what_it_does_not_know(void)
{
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    sim_tcp_end(w.b.tcp);
    end_open(&w.b, 0xc0000202, &(struct sim_tcp_config){.connections = 4, .backlog = 4});
    run_for(S);
    EXPECT_EQ(w.a.gone, 0);
    EXPECT(sim_tcp_send(w.a.tcp, 2 * S, stream, text("anyone there?")));
    run_for(S);
    EXPECT_EQ(w.a.gone_ns, 2 * S + 20 * MS);
    EXPECT_EQ(w.b.came_len, 0);
    finish();
}

/* Without an answer it is given up, by both. */
static void test_a_line_that_is_cut_ends_the_connection_in_the_end(void)
{
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    w.fate = nothing_passes;
    EXPECT(sim_tcp_send(w.a.tcp, S, stream, text("x")));
    EXPECT(sim_tcp_send(w.b.tcp, S, w.b.stream, text("y")));
    run_for(600 * S);
    EXPECT_EQ(w.a.gone, 0);
    run_for(600 * S);
    EXPECT_EQ(w.a.gone, 1);
    EXPECT_EQ(w.b.gone, 1);
    finish();
}

/* RFC 5961 3.2: who does not see the numbers cannot end it. */
static void test_a_reset_with_another_number_changes_nothing(void)
{
    uint8_t bytes[32];
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    struct sim_datagram d = {.at = bytes, .protocol = SIM_TCP};
    EXPECT(sim_tcp_ends(w.a.tcp, stream, &d.to, &d.from));
    for (uint32_t seq = 0; seq < 100; seq++) {
        struct ike_writer out = wr_open(bytes, sizeof bytes);
        sim_segment_put(&out, &(struct sim_segment){.seq = seq * 1000, .flags = SIM_RST});
        d.len = out.len;
        sim_tcp_deliver(w.a.tcp, S, &d);
    }
    EXPECT_EQ(w.a.gone, 0);
    EXPECT(sim_tcp_send(w.a.tcp, S, stream, text("still here")));
    run_for(S);
    EXPECT(has_come(&w.b, "still here"));
    finish();
}

/* ---- bounds ---- */

/* Who does not take what comes gets a window's worth, and the rest when it does. */
static void test_a_slow_reader_holds_the_sender_back(void)
{
    static uint8_t much[50000];
    begin(4);
    w.b.reads = false;
    const uint32_t stream = connect_from(40000);
    for (int i = 0; i < 5; i++)
        EXPECT(sim_tcp_send(w.a.tcp, 0, stream, (struct ike_bytes){much, sizeof much}));
    EXPECT(!sim_tcp_send(w.a.tcp, 0, stream, (struct ike_bytes){much, sizeof much}));
    run_for(100 * S);
    EXPECT_EQ(w.b.came_len, SIM_TCP_WINDOW);
    w.b.reads = true;
    sim_tcp_took(w.b.tcp, sim_loop_now(w.loop), w.b.stream, SIM_TCP_WINDOW);
    const uint64_t at_ns = sim_loop_now(w.loop);
    run_for(S);
    EXPECT_EQ(w.b.came_len, 5 * sizeof much);
    EXPECT(w.b.came_ns - at_ns < S); /* it is told, and need not find out */
    finish();
}

static void test_octets_that_are_no_segment_change_nothing(void)
{
    uint8_t bytes[40];
    struct sim_rng rng;
    sim_rng_open(&rng, 1, "noise");
    begin(4);
    const uint32_t stream = connect_from(40000);
    run_for(S);
    struct sim_datagram d = {.at = bytes, .protocol = SIM_TCP};
    EXPECT(sim_tcp_ends(w.a.tcp, stream, &d.to, &d.from));
    for (int i = 0; i < 20000; i++) {
        d.len = sim_rng_between(&rng, 0, sizeof bytes);
        for (size_t k = 0; k < d.len; k++)
            bytes[k] = (uint8_t)sim_rng_between(&rng, 0, 255);
        if (d.len > 9)
            bytes[9] &= (uint8_t)~SIM_RST;
        sim_tcp_deliver(w.a.tcp, S, &d);
    }
    EXPECT_EQ(w.a.came_len, 0);
    EXPECT_EQ(w.a.gone, 0);
    EXPECT(sim_tcp_send(w.a.tcp, S, stream, text("fine")));
    run_for(5 * S);
    EXPECT(has_come(&w.b, "fine"));
    finish();
}

static void test_calls_about_connections_that_are_not_are_declined(void)
{
    struct ike_addr x, y;
    begin(4);
    const uint32_t stream = connect_from(40000);
    sim_tcp_close(w.a.tcp, 0, stream, false);
    EXPECT(!sim_tcp_send(w.a.tcp, 0, stream, text("x")));
    EXPECT(!sim_tcp_send(w.a.tcp, 0, 12345, text("x")));
    EXPECT(!sim_tcp_ends(w.a.tcp, stream, &x, &y));
    sim_tcp_took(w.a.tcp, 0, stream, 1);
    sim_tcp_close(w.a.tcp, 0, stream, true);
    const uint32_t next = connect_from(40000);
    EXPECT(next != stream);
    EXPECT_EQ(sim_tcp_place(next), sim_tcp_place(stream));
    finish();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_connection_takes_one_round_trip_and_its_octets_half_a_one),
        TEST(test_an_answer_carries_the_acknowledgment),
        TEST(test_segments_are_as_long_as_mss_lets_them),
        TEST(test_whatever_packet_is_struck_all_octets_come_in_order),
        TEST(test_what_is_lost_is_sent_again_after_a_second),
        TEST(test_one_of_many_segments_is_sent_again_at_once),
        TEST(test_much_goes_both_ways_over_a_very_bad_line),
        TEST(test_a_syn_that_is_not_answered_is_sent_seven_times),
        TEST(test_who_does_not_listen_resets),
        TEST(test_a_flood_of_syns_fills_the_backlog_and_nothing_else),
        TEST(test_there_are_only_so_many_connections),
        TEST(test_both_ends_close_with_four_packets),
        TEST(test_a_reset_ends_it_at_once),
        TEST(test_an_end_that_was_started_anew_resets_what_it_does_not_know),
        TEST(test_a_line_that_is_cut_ends_the_connection_in_the_end),
        TEST(test_a_reset_with_another_number_changes_nothing),
        TEST(test_a_slow_reader_holds_the_sender_back),
        TEST(test_octets_that_are_no_segment_change_nothing),
        TEST(test_calls_about_connections_that_are_not_are_declined),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
