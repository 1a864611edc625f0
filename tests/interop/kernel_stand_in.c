/* SPDX-License-Identifier: MIT
 * A stand-in for the kernel's database of IPsec SAs, preloaded into a daemon
 * where the kernel has none: what it asks of socket(AF_KEY) or of netlink XFRM
 * is answered in user space. Everything asked for succeeds, SPIs are handed out,
 * dumps are empty, and nothing ever expires; no packet is protected. A test aid,
 * which says in the daemon's log that it is there: what is found with it is
 * found of a daemon's control plane, not of its data.
 *
 * Each such socket is one end of a pair. A process holds the other end and
 * answers until all who have the first have closed it; so the socket may be
 * handed on to other processes, as OpenIKED does. */
#include "tests/interop/kernel_stand_in.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/pfkeyv2.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 16384,
    PATIENCE_MS = 5000,
    IPSEC_POLICY4 = 16, /* IP_IPSEC_POLICY and IPV6_IPSEC_POLICY: by AF_KEY's rules */
    IPSEC_POLICY6 = 34,
    XFRM_POLICY4 = 17, /* IP_XFRM_POLICY and IPV6_XFRM_POLICY: by netlink's */
    XFRM_POLICY6 = 35,
};

static const uint32_t spi_first = 0xc0000000; /* where kernels' own begin */
static uint32_t spis;                         /* handed out so far by this process */

static uint32_t next_spi(void)
{
    /* Two processes of one daemon do not meet: each has a range of its own. */
    const uint32_t range = ((uint32_t)getpid() & 0x3ff) << 20;
    return htonl(spi_first + range + (++spis & 0xfffff));
}

/* The answer to an AF_KEY message (RFC 2367 3.1), in `out`; its length. */
static size_t answer_key(const uint8_t *in, size_t len, uint8_t *out)
{
    struct sadb_msg head;
    if (len < sizeof head)
        return 0;
    memcpy(&head, in, sizeof head);
    head.sadb_msg_errno = 0;
    size_t done = sizeof head;
    if (head.sadb_msg_type == SADB_GETSPI || head.sadb_msg_type == SADB_GET) {
        const struct sadb_sa sa = {.sadb_sa_len = sizeof sa / 8,
                                   .sadb_sa_exttype = SADB_EXT_SA,
                                   .sadb_sa_spi = next_spi()};
        const struct sadb_lifetime used = {.sadb_lifetime_len = sizeof used / 8,
                                           .sadb_lifetime_exttype = SADB_EXT_LIFETIME_CURRENT};
        memcpy(out + done, &sa, sizeof sa);
        done += sizeof sa;
        memcpy(out + done, &used, sizeof used);
        done += head.sadb_msg_type == SADB_GET ? sizeof used : 0;
    } else if (head.sadb_msg_type == SADB_DUMP || head.sadb_msg_type == SADB_X_SPDDUMP) {
        head.sadb_msg_seq = 0; /* the last of them */
    } else if (head.sadb_msg_type != SADB_REGISTER) {
        memcpy(out + done, in + done, len - done);
        done = len;
    }
    head.sadb_msg_len = (uint16_t)(done / 8);
    memcpy(out, &head, sizeof head);
    return done;
}

static size_t put_netlink(uint8_t *out, const struct nlmsghdr *asked, uint16_t type,
                          const void *body, size_t body_len)
{
    const struct nlmsghdr head = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + body_len),
                                  .nlmsg_type = type,
                                  .nlmsg_seq = asked->nlmsg_seq,
                                  .nlmsg_pid = asked->nlmsg_pid};
    memcpy(out, &head, sizeof head);
    memcpy(out + NLMSG_HDRLEN, body, body_len);
    return NLMSG_HDRLEN + body_len;
}

/* The same for a message of netlink XFRM. */
static size_t answer_xfrm(const uint8_t *in, size_t len, uint8_t *out)
{
    struct nlmsghdr asked;
    if (len < sizeof asked)
        return 0;
    memcpy(&asked, in, sizeof asked);
    struct xfrm_usersa_info sa = {.replay_window = 0};
    const int none = 0;
    if (asked.nlmsg_type == XFRM_MSG_ALLOCSPI && len >= NLMSG_HDRLEN + sizeof sa) {
        memcpy(&sa, in + NLMSG_HDRLEN, sizeof sa); /* xfrm_userspi_info begins with it */
        sa.id.spi = next_spi();
        return put_netlink(out, &asked, XFRM_MSG_NEWSA, &sa, sizeof sa);
    }
    if (asked.nlmsg_type == XFRM_MSG_GETSA && (asked.nlmsg_flags & NLM_F_DUMP) == 0 &&
        len >= NLMSG_HDRLEN + sizeof(struct xfrm_usersa_id)) {
        struct xfrm_usersa_id id;
        memcpy(&id, in + NLMSG_HDRLEN, sizeof id);
        sa.id = (struct xfrm_id){.daddr = id.daddr, .spi = id.spi, .proto = id.proto};
        sa.family = id.family;
        return put_netlink(out, &asked, XFRM_MSG_NEWSA, &sa, sizeof sa);
    }
    if ((asked.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
        return put_netlink(out, &asked, NLMSG_DONE, &none, sizeof none);
    const struct nlmsgerr done = {.error = asked.nlmsg_type == XFRM_MSG_GETPOLICY ? -ENOENT : 0,
                                  .msg = asked};
    return put_netlink(out, &asked, NLMSG_ERROR, &done, sizeof done);
}

/* Answers until nobody has the other end any more. */
static void serve(int fd, int family)
{
    static uint8_t in[MESSAGE_MAX], out[MESSAGE_MAX];
    ssize_t got;
    while ((got = recv(fd, in, sizeof in, 0)) > 0 || (got < 0 && errno == EINTR)) {
        const size_t len = got > 0 ? (size_t)got : 0;
        const size_t done = family == AF_KEY ? answer_key(in, len, out) : answer_xfrm(in, len, out);
        if (done > 0 && send(fd, out, done, MSG_NOSIGNAL) < 0 && errno != EINTR)
            return;
    }
}

void *stand_in_real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static int pair_with_server(int family, int flags)
{
    static const char words[] = "kernel stand-in: answers for the database of SAs\n";
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        return -1;
    const pid_t child = fork();
    if (child == 0) {
        /* Its parent ends at once, so that the daemon has no child it knows nothing of. */
        if (fork() != 0)
            _exit(0);
        const int kept = dup2(ends[1], 0);
        (void)close_range(1, ~0U, 0);
        serve(kept, family);
        _exit(0);
    }
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return -1;
    }
    (void)waitpid(child, NULL, 0);
    if ((flags & SOCK_CLOEXEC) != 0)
        (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    if ((flags & SOCK_NONBLOCK) != 0)
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    (void)!write(2, words, sizeof words - 1);
    return ends[0];
}

/* Nothing else that a daemon has is a socket of this kind. */
static int is_ours(int fd)
{
    int domain = 0, type = 0;
    socklen_t len = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_UNIX)
        return 0;
    len = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

static int is_netlink(const struct sockaddr *addr, socklen_t len)
{
    return addr != NULL && len >= sizeof(sa_family_t) && addr->sa_family == AF_NETLINK;
}

int socket(int domain, int type, int protocol)
{
    static int (*next)(int, int, int);
    if (domain == AF_KEY || (domain == AF_NETLINK && protocol == NETLINK_XFRM))
        return pair_with_server(domain, type);
    if (next == NULL)
        *(void **)&next = stand_in_real("socket");
    return next(domain, type, protocol);
}

/* glibc's types, so that the kinds of addresses do not matter. */
int bind(int fd, __CONST_SOCKADDR_ARG addr, socklen_t len)
{
    static int (*next)(int, __CONST_SOCKADDR_ARG, socklen_t);
    if (is_netlink(addr.__sockaddr__, len) && is_ours(fd))
        return 0;
    if (next == NULL)
        *(void **)&next = stand_in_real("bind");
    return next(fd, addr, len);
}

static int asks_for_policy(int level, int name)
{
    return (level == IPPROTO_IP && (name == IPSEC_POLICY4 || name == XFRM_POLICY4)) ||
           (level == IPPROTO_IPV6 && (name == IPSEC_POLICY6 || name == XFRM_POLICY6));
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    static int (*next)(int, int, int, const void *, socklen_t);
    static const char framing[] = "espintcp";
    if (asks_for_policy(level, name) || (level == SOL_NETLINK && is_ours(fd)))
        return 0;
    if (level == IPPROTO_TCP && name == TCP_ULP && len >= sizeof framing - 1 &&
        memcmp(value, framing, sizeof framing - 1) == 0)
        return stand_in_frame(fd);
    if (next == NULL)
        *(void **)&next = stand_in_real("setsockopt");
    return next(fd, level, name, value, len);
}

/* NOLINTNEXTLINE(readability-function-size): the library's */
ssize_t sendto(int fd, const void *at, size_t len, int flags, __CONST_SOCKADDR_ARG addr,
               socklen_t addr_len)
{
    static ssize_t (*next)(int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t);
    if (next == NULL)
        *(void **)&next = stand_in_real("sendto");
    if (is_netlink(addr.__sockaddr__, addr_len) && is_ours(fd))
        return send(fd, at, len, flags);
    return next(fd, at, len, flags, addr, addr_len);
}

/* NOLINTNEXTLINE(readability-function-size): the library's */
ssize_t recvfrom(int fd, void *at, size_t len, int flags, __SOCKADDR_ARG addr, socklen_t *addr_len)
{
    static ssize_t (*next)(int, void *, size_t, int, __SOCKADDR_ARG, socklen_t *);
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK}; /* whose number is 0 */
    if (next == NULL)
        *(void **)&next = stand_in_real("recvfrom");
    if (addr.__sockaddr__ == NULL || *addr_len < sizeof kernel || !is_ours(fd))
        return next(fd, at, len, flags, addr, addr_len);
    const ssize_t got = recv(fd, at, len, flags);
    memcpy(addr.__sockaddr__, &kernel, sizeof kernel);
    *addr_len = sizeof kernel;
    return got;
}

/* The kernel answers at once, and OpenIKED waits for no more than a millisecond: on a busy machine
 * the process that answers may be later. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    static int (*next)(struct pollfd *, nfds_t, int);
    if (next == NULL)
        *(void **)&next = stand_in_real("poll");
    const int patient =
        count == 1 && timeout_ms >= 0 && timeout_ms < PATIENCE_MS && is_ours(fds[0].fd);
    return next(fds, count, patient ? PATIENCE_MS : timeout_ms);
}

/* What the two are called where the compiler knows the room's size. The names are the library's.
 * NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming,readability-function-size)
 */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room)
{
    (void)room;
    return poll(fds, count, timeout_ms);
}

ssize_t __recvfrom_chk(int fd, void *at, size_t len, size_t room, int flags, __SOCKADDR_ARG addr,
                       socklen_t *addr_len);
ssize_t __recvfrom_chk(int fd, void *at, size_t len, size_t room, int flags, __SOCKADDR_ARG addr,
                       socklen_t *addr_len)
{
    return recvfrom(fd, at, len < room ? len : room, flags, addr, addr_len);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming,readability-function-size)
 */
