/* SPDX-License-Identifier: MIT
 * What TCP's connections hear (RFC 9293 3.10.7). */
#include "sim/tcp_inside.h"

enum { DUPLICATES = 3 /* RFC 5681 3.2 */ };

/* Linux: tcp_fin_timeout */
#define LINGER_NS (60 * TCP_SECOND_NS)

static void forget(struct sim_tcp_conn *c, size_t len)
{
    c->queued -= len;
    c->first_done += len;
    while (c->first != NULL && c->first_done >= c->first->len) {
        struct sim_tcp_chunk *const chunk = c->first;
        c->first_done -= chunk->len;
        c->first = chunk->next;
        sim_slabs_give(c->tcp->slabs, chunk);
    }
    if (c->first == NULL)
        c->last = NULL;
}

/* RFC 9293 3.10.7.4: the fifth check. */
static void hear_ack(struct sim_tcp_conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    const uint32_t many = s->ack - c->una;
    if (many > c->most - c->una) {
        if (sim_tcp_is_before(c->most, s->ack)) /* of what was never sent */
            sim_tcp_owe(c);
        return;
    }
    if (many > 0) {
        const size_t octets = sim_tcp_least(many, c->queued);
        c->fin_done = c->fin_done || (c->fin_wanted && many > octets);
        forget(c, octets);
        c->una = s->ack;
        if (sim_tcp_is_before(c->next, c->una))
            c->next = c->una;
        if (c->timed && !sim_tcp_is_before(s->ack, c->timed_seq))
            sim_tcp_measure(c, now_ns);
        c->sends = c->duplicates = 0;
        c->cautious = false;
        c->resend_ns = c->fin_done ? now_ns + LINGER_NS : SIM_NEVER;
    } else if (c->next != c->una && s->data.len == 0 && s->window == c->window &&
               (s->flags & SIM_FIN) == 0 && ++c->duplicates == DUPLICATES) {
        c->next = c->una;
        c->timed = false;
    }
    if (c->window == 0 && s->window > 0 && many == 0) { /* what asked for it was not taken */
        c->next = c->una;
        c->timed = c->cautious = false;
        c->resend_ns = SIM_NEVER;
    }
    c->window = s->window;
}

/* What of the segment is next in order, and there is room for; the rest its sender keeps. */
static void hear_data(struct sim_tcp_conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    struct sim_tcp *const t = c->tcp;
    const uint32_t number = c->number;
    const bool fin = (s->flags & SIM_FIN) != 0;
    const uint32_t known = c->awaited - s->seq;
    struct ike_reader r = rd_open(s->data);
    if (s->data.len == 0 && !fin)
        return;
    if (c->fin_came || known > s->data.len || (known == s->data.len && !fin)) {
        if (c->acks < TCP_INITIAL_SEGMENTS) /* it overtook another, or is old */
            c->acks++;
        return;
    }
    rd_skip(&r, known);
    const struct ike_bytes next = rd_bytes(&r, sim_tcp_least(r.left, sim_tcp_window(c)));
    c->awaited += (uint32_t)next.len;
    c->held += c->told ? next.len : 0;
    if (fin || r.left > 0 || c->ack_ns != SIM_NEVER)
        sim_tcp_owe(c);
    c->ack_ns = now_ns + t->config.ack_delay_ns;
    if (next.len > 0 && c->told)
        t->parts.ear.came(t->parts.ear.owner, now_ns, number, next);
    if (!fin || r.left > 0 || sim_tcp_named(t, number) == NULL)
        return;
    c->awaited++;
    c->fin_came = c->fin_wanted = true; /* both sides close together */
    if (c->told) {
        c->told = false;
        t->parts.ear.gone(t->parts.ear.owner, now_ns, number);
    }
}

static void hear_open(struct sim_tcp_conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    struct sim_tcp *const t = c->tcp;
    const uint32_t number = c->number;
    if ((s->flags & SIM_SYN) != 0) {
        sim_tcp_owe(c); /* RFC 9293 3.10.7.4, fourth: challenged */
    } else if ((s->flags & SIM_ACK) != 0) {
        hear_ack(c, now_ns, s);
        hear_data(c, now_ns, s);
    }
    if (sim_tcp_named(t, number) == NULL)
        return;
    if (!c->fin_came || !c->fin_done) {
        sim_tcp_list(c, now_ns);
        return;
    }
    if (c->acks > 0)
        sim_tcp_list_loose(t, now_ns,
                           &(struct sim_tcp_loose){.local = c->local,
                                                   .remote = c->remote,
                                                   .segment = {.seq = c->next,
                                                               .ack = c->awaited,
                                                               .window = sim_tcp_window(c),
                                                               .flags = SIM_ACK}});
    sim_tcp_give(c);
}

/* The handshake is done. */
static void open_up(struct sim_tcp_conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    struct sim_tcp *const t = c->tcp;
    t->counts.half_open -= c->state == TCP_SYN_RECEIVED ? 1 : 0;
    *(c->ours ? &t->counts.opened : &t->counts.accepted) += 1;
    c->una = c->next = s->ack;
    c->window = s->window;
    if (c->timed)
        sim_tcp_measure(c, now_ns);
    else if (c->sends > 0 && c->rto_ns < 3 * TCP_SECOND_NS)
        c->rto_ns = 3 * TCP_SECOND_NS; /* RFC 6298 5.7 */
    c->sends = 0;
    c->cautious = false;
    c->resend_ns = SIM_NEVER;
    c->state = TCP_OPEN;
    c->told = true;
    t->parts.ear.opened(t->parts.ear.owner, now_ns, c->number, c->ours);
}

static void take_mss(struct sim_tcp_conn *c, const struct sim_segment *s)
{
    const uint16_t theirs = s->mss != 0 ? s->mss : 536; /* RFC 9293 3.7.1 */
    c->mss = theirs < c->mss ? theirs : c->mss;
}

/* A reset for what belongs to no connection (RFC 9293 3.10.7.1). */
static void refuse(struct sim_tcp *t, uint64_t now_ns, const struct sim_datagram *d,
                   const struct sim_segment *s)
{
    const bool ack = (s->flags & SIM_ACK) != 0;
    struct sim_tcp_loose what = {.local = d->to, .remote = d->from};
    if ((s->flags & SIM_RST) != 0)
        return;
    what.segment = (struct sim_segment){.seq = ack ? s->ack : 0,
                                        .ack = ack ? 0 : s->seq + sim_segment_taken(s),
                                        .flags = (uint8_t)(ack ? SIM_RST : SIM_RST | SIM_ACK)};
    t->counts.refused++;
    sim_tcp_list_loose(t, now_ns, &what);
}

static void hear_syn_sent(struct sim_tcp_conn *c, uint64_t now_ns, const struct sim_datagram *d,
                          const struct sim_segment *s)
{
    const uint32_t number = c->number;
    struct sim_tcp *const t = c->tcp;
    const bool ours = (s->flags & SIM_ACK) != 0 && s->ack == c->most;
    if ((s->flags & SIM_ACK) != 0 && !ours) {
        refuse(t, now_ns, d, s);
    } else if ((s->flags & SIM_RST) != 0 && ours) {
        sim_tcp_lose(c, now_ns);
    } else if ((s->flags & SIM_SYN) != 0 && ours) {
        c->awaited = s->seq + 1;
        take_mss(c, s);
        sim_tcp_owe(c);
        open_up(c, now_ns, s);
        if (sim_tcp_named(t, number) != NULL)
            sim_tcp_list(c, now_ns);
    }
}

static void hear_syn_received(struct sim_tcp_conn *c, uint64_t now_ns, const struct sim_segment *s)
{
    const uint32_t number = c->number;
    struct sim_tcp *const t = c->tcp;
    if ((s->flags & SIM_SYN) != 0) {
        c->next = c->una; /* our answer was lost */
        c->timed = false;
        sim_tcp_list(c, now_ns);
    } else if ((s->flags & SIM_ACK) != 0 && s->ack == c->most) {
        open_up(c, now_ns, s);
        if (sim_tcp_named(t, number) != NULL)
            hear_open(c, now_ns, s);
    }
}

/* RFC 9293 3.10.7.2. Beyond the backlog it is as if the SYN were lost. */
static void hear_listening(struct sim_tcp *t, uint64_t now_ns, const struct sim_datagram *d,
                           const struct sim_segment *s)
{
    if ((s->flags & (SIM_SYN | SIM_ACK | SIM_RST)) != SIM_SYN || t->config.backlog == 0) {
        refuse(t, now_ns, d, s);
        return;
    }
    struct sim_tcp_conn *const c =
        t->counts.half_open < t->config.backlog ? sim_tcp_take(t, &d->to, &d->from) : NULL;
    if (c == NULL) {
        t->counts.backlog_dropped++;
        return;
    }
    c->state = TCP_SYN_RECEIVED;
    c->awaited = s->seq + 1;
    take_mss(c, s);
    if (++t->counts.half_open > t->counts.half_open_max)
        t->counts.half_open_max = t->counts.half_open;
    sim_tcp_list(c, now_ns);
}

void sim_tcp_deliver(struct sim_tcp *tcp, uint64_t now_ns, const struct sim_datagram *datagram)
{
    struct sim_segment s;
    if (!sim_segment_parse((struct ike_bytes){.at = datagram->at, .len = datagram->len}, &s))
        return;
    struct sim_tcp_conn *const c = sim_tcp_find(tcp, &datagram->to, &datagram->from);
    if (c == NULL)
        hear_listening(tcp, now_ns, datagram, &s);
    else if (c->state == TCP_SYN_SENT)
        hear_syn_sent(c, now_ns, datagram, &s);
    else if ((s.flags & SIM_RST) != 0 && s.seq == c->awaited)
        sim_tcp_lose(c, now_ns);
    else if ((s.flags & SIM_RST) != 0)
        return; /* RFC 5961 3.2: not the very number */
    else if (c->state == TCP_SYN_RECEIVED)
        hear_syn_received(c, now_ns, &s);
    else
        hear_open(c, now_ns, &s);
}
