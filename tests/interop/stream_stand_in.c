/* SPDX-License-Identifier: MIT
 * A stand-in for the kernel's "espintcp", preloaded into a daemon where the
 * kernel may have none: on a TCP socket that asks for it each read gives one IKE
 * message and each write takes one, with the non-ESP marker, and the lengths
 * between them are seen to here (RFC 9329 3). ESP and keepalives are passed
 * over, as nobody here is to have them; the stream prefix is the daemon's own
 * business, and came or went before.
 *
 * No more octets are taken from the socket than belong to the message at hand,
 * so that whoever waits for it with poll or epoll is woken for the next one. */
#include "tests/interop/kernel_stand_in.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SOCKETS_MAX = 4096, /* one of a higher number is not framed */
    LENGTH = 2,
    MARKER = 4,
    LONGEST = 65535,
    PATIENCE_MS = 3000,
};

struct framed {
    size_t got; /* of the message that comes in, its length too */
    uint8_t in[LONGEST];
    uint8_t out[LONGEST];
};

static struct framed *sockets[SOCKETS_MAX]; /* NULL: as any other */

static struct framed *framed_of(int fd)
{
    return fd >= 0 && fd < SOCKETS_MAX ? sockets[fd] : NULL;
}

int stand_in_frame(int fd)
{
    static const char words[] = "kernel stand-in: frames messages in TCP\n";
    static int said;
    if (fd < 0 || fd >= SOCKETS_MAX) {
        errno = EBADF;
        return -1;
    }
    if (sockets[fd] == NULL)
        sockets[fd] = malloc(sizeof *sockets[fd]);
    if (sockets[fd] == NULL)
        return -1;
    sockets[fd]->got = 0;
    if (!said)
        (void)!write(2, words, sizeof words - 1);
    said = 1;
    return 0;
}

static size_t length_of(const struct framed *f)
{
    return (size_t)f->in[0] << 8 | f->in[1];
}

/* Reads on until `len` octets are there: 1; else what recv said. */
static ssize_t fill(int fd, struct framed *f, size_t len)
{
    while (f->got < len) {
        const ssize_t got = recv(fd, f->in + f->got, len - f->got, 0);
        if (got <= 0)
            return got;
        f->got += (size_t)got;
    }
    return 1;
}

/* A whole message: 1; else what recv said. */
static ssize_t fill_message(int fd, struct framed *f)
{
    const ssize_t got = fill(fd, f, LENGTH);
    if (got <= 0)
        return got;
    if (length_of(f) < LENGTH) { /* RFC 9329 3.1 */
        errno = EINVAL;
        return -1;
    }
    return fill(fd, f, length_of(f));
}

/* Neither ESP nor a keepalive. */
static int is_ike(const struct framed *f)
{
    static const uint8_t marker[MARKER];
    return length_of(f) >= LENGTH + MARKER && memcmp(f->in + LENGTH, marker, MARKER) == 0;
}

static ssize_t take(int fd, struct framed *f, void *at, size_t len)
{
    for (;;) {
        const ssize_t got = fill_message(fd, f);
        if (got <= 0)
            return got;
        f->got = 0;
        if (is_ike(f))
            break;
    }
    const size_t whole = length_of(f) - LENGTH;
    const size_t fits = whole < len ? whole : len; /* of a datagram the rest is gone, too */
    memcpy(at, f->in + LENGTH, fits);
    return (ssize_t)fits;
}

/* All of it, or nothing of it; what stays half said ends the stream. */
static ssize_t send_whole(int fd, const uint8_t *at, size_t len)
{
    size_t done = 0;
    while (done < len) {
        const ssize_t sent = send(fd, at + done, len - done, MSG_NOSIGNAL);
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (sent > 0)
            done += (size_t)sent;
        else if (done == 0)
            return -1;
        else if ((errno != EAGAIN && errno != EINTR) || poll(&room, 1, PATIENCE_MS) == 0) {
            (void)shutdown(fd, SHUT_RDWR);
            errno = EPIPE;
            return -1;
        }
    }
    return (ssize_t)len;
}

static ssize_t give(int fd, struct framed *f, const void *at, size_t len)
{
    if (len > LONGEST - LENGTH) {
        errno = EMSGSIZE;
        return -1;
    }
    const uint16_t length = htons((uint16_t)(len + LENGTH));
    memcpy(f->out, &length, LENGTH);
    memcpy(f->out + LENGTH, at, len);
    return send_whole(fd, f->out, len + LENGTH) < 0 ? -1 : (ssize_t)len;
}

ssize_t read(int fd, void *at, size_t len)
{
    static ssize_t (*next)(int, void *, size_t);
    struct framed *const f = framed_of(fd);
    if (f != NULL)
        return take(fd, f, at, len);
    if (next == NULL)
        *(void **)&next = stand_in_real("read");
    return next(fd, at, len);
}

ssize_t write(int fd, const void *at, size_t len)
{
    static ssize_t (*next)(int, const void *, size_t);
    struct framed *const f = framed_of(fd);
    if (f != NULL)
        return give(fd, f, at, len);
    if (next == NULL)
        *(void **)&next = stand_in_real("write");
    return next(fd, at, len);
}

int close(int fd)
{
    static int (*next)(int);
    struct framed *const f = framed_of(fd);
    if (f != NULL) {
        sockets[fd] = NULL;
        free(f);
    }
    if (next == NULL)
        *(void **)&next = stand_in_real("close");
    return next(fd);
}
