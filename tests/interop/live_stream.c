/* SPDX-License-Identifier: MIT
 * TCP connections of a real peer (RFC 9329): those its engine asks for, and
 * those that come to port 4500 of its address. Octets become messages here. */
#include "ike/stream.h"
#include "tests/interop/live_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct stream {
    int fd;
    uint32_t number; /* 0: none */
    bool begun;      /* the prefix is sent, or it is not for us to send */
    struct ike_addr local, remote;
    struct ike_deframer in;
    uint8_t room[IKE_FRAME_MAX];
};

struct live_streams {
    int ear; /* connections come here */
    uint32_t count;
    struct stream table[LIVE_STREAMS];
};

/* Nothing waits longer for the other end's TCP. */
static const struct timeval patience = {.tv_sec = 3};

static struct sockaddr_in socket_address(const struct ike_addr *addr)
{
    struct sockaddr_in out = {.sin_family = AF_INET, .sin_port = htons(addr->port)};
    memcpy(&out.sin_addr, addr->ip, 4);
    return out;
}

static struct ike_addr engine_address(const struct sockaddr_in *addr)
{
    return ike_addr_v4(ntohl(addr->sin_addr.s_addr), ntohs(addr->sin_port));
}

static int open_socket(const struct ike_addr *local)
{
    const struct sockaddr_in at = socket_address(local);
    const int on = 1;
    const int opened = socket(AF_INET, SOCK_STREAM, 0);
    if (opened < 0 || setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        bind(opened, (const struct sockaddr *)&at, sizeof at) != 0)
        live_die("TCP");
    return opened;
}

void live_streams_open(struct peer *p)
{
    struct ike_addr local;
    if (p->o.tcp == NULL)
        return;
    p->streams = calloc(1, sizeof *p->streams);
    if (p->streams == NULL || !ike_addr_parse(p->o.local, &local))
        live_die("TCP");
    local.port = IKE_PORT_NAT;
    p->streams->ear = open_socket(&local);
    if (listen(p->streams->ear, LIVE_STREAMS) != 0)
        live_die("TCP");
}

void live_streams_close(struct peer *p)
{
    if (p->streams == NULL)
        return;
    (void)close(p->streams->ear);
    for (int i = 0; i < LIVE_STREAMS; i++)
        if (p->streams->table[i].number != 0)
            (void)close(p->streams->table[i].fd);
    free(p->streams);
}

int live_stream_socket(const struct peer *p, int which)
{
    if (p->streams == NULL)
        return -1;
    if (which == LIVE_STREAMS)
        return p->streams->ear;
    return p->streams->table[which].number != 0 ? p->streams->table[which].fd : -1;
}

static struct stream *numbered(struct peer *p, uint32_t number)
{
    for (int i = 0; i < LIVE_STREAMS && p->streams != NULL && number != 0; i++)
        if (p->streams->table[i].number == number)
            return &p->streams->table[i];
    return NULL;
}

/* Of a connected socket; NULL: there are too many, and it is closed. */
static struct stream *begin(struct peer *p, int fd, bool ours)
{
    struct sockaddr_in here, there;
    socklen_t here_len = sizeof here, there_len = sizeof there;
    struct stream *s = NULL;
    for (int i = 0; i < LIVE_STREAMS && s == NULL; i++)
        if (p->streams->table[i].number == 0)
            s = &p->streams->table[i];
    if (s == NULL || getsockname(fd, (struct sockaddr *)&here, &here_len) != 0 ||
        getpeername(fd, (struct sockaddr *)&there, &there_len) != 0) {
        (void)close(fd);
        return NULL;
    }
    s->fd = fd;
    s->number = ++p->streams->count;
    s->begun = !ours;
    s->local = engine_address(&here);
    s->remote = engine_address(&there);
    ike_deframer_open(&s->in, s->room, sizeof s->room, !ours);
    (void)printf("CONNECTION opened by %s\n", ours ? "us" : "them");
    return s;
}

static void end(struct peer *p, struct stream *s, const char *how)
{
    const uint32_t number = s->number;
    (void)printf("CONNECTION %s\n", how);
    (void)close(s->fd);
    s->number = 0;
    ike_stream_down(p->engine, live_now_ns(), number);
}

void live_stream_cut(struct peer *p)
{
    for (int i = 0; i < LIVE_STREAMS && p->streams != NULL; i++)
        if (p->streams->table[i].number != 0)
            end(p, &p->streams->table[i], "cut");
}

/* What the engine asks for; NULL: it cannot be had. */
static struct stream *open_one(struct peer *p, const struct ike_stream *wish)
{
    const struct sockaddr_in to = socket_address(&wish->remote);
    struct ike_addr from = wish->local;
    from.port = 0;
    const int fd = open_socket(&from);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return begin(p, fd, true);
    (void)printf("%s TCP %s\n", errno == ECONNREFUSED ? "<" : "-", strerror(errno));
    (void)close(fd);
    return NULL;
}

bool live_stream_heed(struct peer *p, const struct ike_event *event)
{
    struct ike_stream wish;
    if (event->kind == IKE_STREAM_DONE) {
        struct stream *const s = numbered(p, event->stream);
        if (s != NULL)
            end(p, s, "closed by us");
        return s != NULL;
    }
    if (event->kind != IKE_STREAM_WANTED || !ike_sa_stream(p->engine, event->sa, &wish))
        return false;
    struct stream *const s = open_one(p, &wish);
    const struct ike_stream up =
        s == NULL
            ? (struct ike_stream){.number = 0}
            : (struct ike_stream){.number = s->number, .local = s->local, .remote = s->remote};
    if (!ike_stream_up(p->engine, live_now_ns(), event->sa, s == NULL ? NULL : &up) && s != NULL)
        end(p, s, "of no use");
    return true;
}

void live_stream_send(struct peer *p, const struct ike_datagram *d)
{
    uint8_t frame[IKE_STREAM_PREFIX + IKE_FRAME_MAX];
    struct ike_writer w = wr_open(frame, sizeof frame);
    struct stream *const s = numbered(p, d->stream);
    if (s == NULL)
        return;
    if (!s->begun)
        ike_put_stream_prefix(&w);
    s->begun = true;
    ike_put_frame(&w, d->bytes);
    const struct ike_bytes all = wr_done(&w);
    for (size_t done = 0; done < all.len;) {
        const ssize_t sent = send(s->fd, all.at + done, all.len - done, MSG_NOSIGNAL);
        if (sent <= 0) {
            end(p, s, "broken");
            return;
        }
        done += (size_t)sent;
    }
}

static void take_messages(struct peer *p, uint32_t number)
{
    for (struct stream *s; (s = numbered(p, number)) != NULL;) {
        struct ike_datagram in = {.local = s->local, .remote = s->remote, .stream = number};
        if (!ike_deframer_take(&s->in, &in.bytes))
            return;
        const enum ike_why why = live_take_message(p, &in);
        s = numbered(p, number); /* it may have been the last */
        if (s != NULL)
            ike_deframer_judge(&s->in, why);
    }
}

static void take_octets(struct peer *p, struct stream *s)
{
    uint8_t octets[4096];
    const uint32_t number = s->number;
    const ssize_t got = recv(s->fd, octets, sizeof octets, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        end(p, s, "closed by them");
        return;
    }
    struct ike_reader r = rd_open((struct ike_bytes){.at = octets, .len = (size_t)got});
    while (s != NULL && r.left > 0 && !s->in.broken) {
        rd_skip(&r, ike_deframer_push(&s->in, (struct ike_bytes){.at = r.at, .len = r.left}));
        take_messages(p, number);
        s = numbered(p, number);
    }
    if (s != NULL && s->in.broken)
        end(p, s, "without sense");
}

void live_stream_serve(struct peer *p, int which)
{
    if (which < LIVE_STREAMS) {
        take_octets(p, &p->streams->table[which]);
        return;
    }
    const int fd = accept(p->streams->ear, NULL, NULL);
    if (fd < 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)begin(p, fd, false);
}
