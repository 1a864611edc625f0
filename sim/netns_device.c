/* SPDX-License-Identifier: MIT
 * The network of a namespace: a TUN device and the loopback device, their
 * addresses, and default routes to the former; by rtnetlink. */
#include "ike/addr.h"
#include "sim/netns_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MTU_USUAL = 1500, QUEUE_PACKETS = 10000, LOOPBACK = 1, MESSAGE_MAX = 256 };

/* A message being written: header, its fixed part, attributes. */
struct message {
    union {
        struct nlmsghdr header;
        uint8_t octets[MESSAGE_MAX];
    };
};

static void begin(struct message *m, uint16_t type, const void *fixed, size_t len)
{
    *m = (struct message){
        .header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE}};
    m->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
    memcpy(m->octets + NLMSG_HDRLEN, fixed, len);
}

static void attribute(struct message *m, uint16_t type, const void *value, size_t len)
{
    const struct rtattr head = {.rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = type};
    const size_t at = NLMSG_ALIGN(m->header.nlmsg_len);
    memcpy(m->octets + at, &head, sizeof head);
    memcpy(m->octets + at + RTA_LENGTH(0), value, len);
    m->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(len));
}

/* 0, or the error that the kernel answers. */
static int ask(int netlink, const struct message *m)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        uint8_t more[MESSAGE_MAX]; /* the request, and the kernel's own words */
    } answer;
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(netlink, m->octets, m->header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
               sizeof kernel) < 0)
        return errno;
    const ssize_t len = recv(netlink, &answer, sizeof answer, 0);
    if (len < (ssize_t)(sizeof answer.header + sizeof answer.error.error))
        return len < 0 ? errno : EBADMSG;
    return answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : EBADMSG;
}

static int device_up(int netlink, unsigned index, uint32_t mtu)
{
    const struct ifinfomsg link = {.ifi_family = AF_UNSPEC,
                                   .ifi_index = (int)index,
                                   .ifi_flags = IFF_UP,
                                   .ifi_change = IFF_UP};
    const uint32_t queue = QUEUE_PACKETS;
    struct message m;
    begin(&m, RTM_NEWLINK, &link, sizeof link);
    if (mtu != 0) {
        attribute(&m, IFLA_MTU, &mtu, sizeof mtu);
        attribute(&m, IFLA_TXQLEN, &queue, sizeof queue);
    }
    return ask(netlink, &m);
}

static int address_add(int netlink, unsigned index, const struct ike_addr *addr)
{
    const bool six = addr->family == IKE_IPV6;
    const struct ike_bytes ip = ike_addr_ip(addr);
    const uint32_t flags = IFA_F_NODAD | IFA_F_PERMANENT; /* it may be used at once */
    const struct ifaddrmsg fixed = {.ifa_family = six ? AF_INET6 : AF_INET,
                                    .ifa_prefixlen = six ? 128 : 32,
                                    .ifa_index = index};
    struct message m;
    begin(&m, RTM_NEWADDR, &fixed, sizeof fixed);
    attribute(&m, IFA_LOCAL, ip.at, ip.len);
    attribute(&m, IFA_ADDRESS, ip.at, ip.len);
    attribute(&m, IFA_FLAGS, &flags, sizeof flags);
    return ask(netlink, &m);
}

static int default_route(int netlink, unsigned index, bool six)
{
    const struct rtmsg fixed = {.rtm_family = six ? AF_INET6 : AF_INET,
                                .rtm_table = RT_TABLE_MAIN,
                                .rtm_protocol = RTPROT_BOOT,
                                .rtm_scope = six ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
                                .rtm_type = RTN_UNICAST};
    struct message m;
    begin(&m, RTM_NEWROUTE, &fixed, sizeof fixed);
    attribute(&m, RTA_OIF, &index, sizeof index);
    return ask(netlink, &m);
}

static bool addresses_add(int netlink, unsigned index, const char *const *texts, uint32_t count,
                          struct netns_reply *reply)
{
    for (uint32_t i = 0; i < count; i++) {
        struct ike_addr addr;
        if (!ike_addr_parse(texts[i], &addr))
            return netns_fails(reply, 0, "\"%s\" is no address", texts[i]);
        const int error = address_add(netlink, index, &addr);
        if (error == 0)
            continue;
        const bool none = addr.family == IKE_IPV6 && (error == EOPNOTSUPP || error == EACCES);
        return netns_fails(reply, error, "the address %s cannot be set in the namespace%s",
                           texts[i], none ? ": this kernel has no IPv6" : "");
    }
    return true;
}

static bool has_six(const struct sim_netns_config *config)
{
    bool six = false;
    for (uint32_t i = 0; i < config->outer_count; i++)
        six = six || strchr(config->outer[i], ':') != NULL;
    return six;
}

static bool configure(const struct sim_netns_config *config, int netlink, struct netns_reply *reply)
{
    const unsigned index = if_nametoindex(NETNS_DEVICE);
    const bool six = has_six(config);
    int error = device_up(netlink, LOOPBACK, 0);
    if (error == 0)
        error = device_up(netlink, index, config->mtu != 0 ? config->mtu : MTU_USUAL);
    if (error != 0)
        return netns_fails(reply, error, "the namespace's devices cannot be set up");
    if (!addresses_add(netlink, index, config->outer, config->outer_count, reply) ||
        !addresses_add(netlink, LOOPBACK, config->inner, config->inner_count, reply))
        return false;
    error = default_route(netlink, index, false);
    if (error == 0 && six)
        error = default_route(netlink, index, true);
    return error == 0 ||
           netns_fails(reply, error, "the default route cannot be set in the namespace");
}

static bool tun_open(int *tun, struct netns_reply *reply)
{
    struct ifreq device = {.ifr_name = NETNS_DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI};
    *tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (*tun < 0) {
        const int error = errno;
        const char *const how =
            error == ENOENT || error == ENODEV || error == ENXIO
                ? "load the kernel's module: `modprobe tun`"
                : "run as root, or let everyone open it, as Debian does: `chmod 666 /dev/net/tun`";
        return netns_fails(reply, 0, "/dev/net/tun cannot be opened: %s; %s", strerror(error), how);
    }
    if (ioctl(*tun, TUNSETIFF, &device) == 0)
        return true;
    return netns_fails(reply, errno, "a TUN device cannot be made: it takes CAP_NET_ADMIN");
}

bool netns_device(const struct sim_netns_config *config, int *tun, struct netns_reply *reply)
{
    if (!tun_open(tun, reply))
        return false;
    const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0)
        return netns_fails(reply, errno, "rtnetlink");
    const bool made = configure(config, netlink, reply);
    (void)close(netlink);
    return made;
}
