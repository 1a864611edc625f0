/* SPDX-License-Identifier: MIT
 * How a namespace is furnished, by its first process: who is root in it, what of
 * the machine's files it sees and where it may write, its device. */
#include "sim/netns_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_LEN = 4096 };

/* Of mount_setattr(2), which older C libraries do not declare. */
struct attributes {
    uint64_t set, clear, propagation, userns_fd;
};
enum { READ_ONLY = 1 };

bool netns_fails(struct netns_reply *reply, int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int len = vsnprintf(reply->text, sizeof reply->text, format, list);
    va_end(list);
    reply->done = false;
    if (error != 0 && len >= 0 && (size_t)len < sizeof reply->text)
        (void)snprintf(reply->text + len, sizeof reply->text - (size_t)len, ": %s",
                       strerror(error));
    return false;
}

/* Writes over a file that there is; false with errno. */
static bool put(const char *path, const char *text)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    const int error = errno;
    (void)close(file);
    errno = error;
    return written;
}

/* We, whoever we are outside, are root inside. */
static bool become_root(const struct netns_inside *in, struct netns_reply *reply)
{
    char uids[64];
    char gids[64];
    (void)snprintf(uids, sizeof uids, "0 %u 1", in->uid);
    (void)snprintf(gids, sizeof gids, "0 %u 1", in->gid);
    if (put("/proc/self/uid_map", uids) && put("/proc/self/setgroups", "deny") &&
        put("/proc/self/gid_map", gids))
        return true;
    return netns_fails(reply, errno, "a user namespace cannot be had here; run as root");
}

static bool restrict_to_reading(const char *at, bool recursive)
{
    const struct attributes attributes = {.set = READ_ONLY};
    return syscall(SYS_mount_setattr, AT_FDCWD, at, recursive ? AT_RECURSIVE : 0, &attributes,
                   sizeof attributes) == 0;
}

/* ---- files ---- */

bool netns_folders_for(const char *path)
{
    char part[PATH_LEN];
    const size_t len = strlen(path);
    if (len >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        struct stat there;
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (stat(part, &there) != 0 && mkdir(part, 0755) != 0)
            return false;
    }
    return true;
}

/* What is mounted upon: a folder, or for a file a file. */
static bool place_make(const char *at, bool folder)
{
    struct stat there;
    if (stat(at, &there) == 0)
        return true;
    if (!netns_folders_for(at))
        return false;
    if (folder)
        return mkdir(at, 0755) == 0;
    const int file = open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    return file >= 0 && close(file) == 0;
}

/* Something of the machine, which may lie by now under what has been mounted. */
static bool mount_source(int source, const char *at)
{
    char from[64];
    struct stat what;
    (void)snprintf(from, sizeof from, "/proc/self/fd/%d", source);
    return fstat(source, &what) == 0 && place_make(at, S_ISDIR(what.st_mode)) &&
           mount(from, at, NULL, MS_BIND | MS_REC, NULL) == 0;
}

static bool mount_memory(const char *at)
{
    return place_make(at, true) &&
           mount("ikelab", at, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") == 0;
}

static bool mount_each(const struct sim_netns_config *config, const int *sources,
                       struct netns_reply *reply)
{
    for (uint32_t i = 0; i < config->mount_count; i++) {
        const struct sim_mount *const m = &config->mounts[i];
        if (!(m->from != NULL ? mount_source(sources[i], m->at) : mount_memory(m->at)))
            return netns_fails(reply, errno, "%s cannot be mounted at %s",
                               m->from != NULL ? m->from : "memory", m->at);
    }
    return true;
}

static bool sources_open(const struct sim_netns_config *config, int *sources,
                         struct netns_reply *reply)
{
    for (uint32_t i = 0; i < config->mount_count; i++) {
        const struct sim_mount *const m = &config->mounts[i];
        sources[i] = m->from != NULL ? open(m->from, O_PATH | O_CLOEXEC) : -1;
        if (m->from != NULL && sources[i] < 0)
            return netns_fails(reply, errno, "%s cannot be mounted", m->from);
    }
    return true;
}

/* The processes of the namespace, and of the kernel's settings only its own may be changed. */
static bool mount_proc(void)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    return mount("proc", "/proc", "proc", flags, NULL) == 0 &&
           mount("/proc/sys/net", "/proc/sys/net", NULL, MS_BIND, NULL) == 0 &&
           mount("/proc/sys", "/proc/sys", NULL, MS_BIND | MS_REC, NULL) == 0 &&
           restrict_to_reading("/proc/sys", false) &&
           (access("/proc/sysrq-trigger", F_OK) != 0 ||
            (mount("/proc/sysrq-trigger", "/proc/sysrq-trigger", NULL, MS_BIND, NULL) == 0 &&
             restrict_to_reading("/proc/sysrq-trigger", false)));
}

/* Of the machine's devices those that a daemon wants: read-only mounts keep nobody who is root from
 * writing to a disk. */
static bool mount_devices(void)
{
    static const char *const kept[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                       "/dev/random", "/dev/urandom", "/dev/net/tun"};
    enum { KEPT = sizeof kept / sizeof kept[0] };
    int sources[KEPT];
    for (size_t i = 0; i < KEPT; i++)
        sources[i] = open(kept[i], O_PATH | O_CLOEXEC);
    bool good = mount("ikelab", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k") == 0 &&
                symlink("/proc/self/fd", "/dev/fd") == 0;
    for (size_t i = 0; i < KEPT; i++)
        if (sources[i] >= 0) {
            good = good && mount_source(sources[i], kept[i]);
            (void)close(sources[i]);
        }
    return good && restrict_to_reading("/dev", false);
}

static bool mount_all(const struct sim_netns_config *config, struct netns_reply *reply)
{
    int sources[SIM_NETNS_MOUNTS_MAX] = {0};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return netns_fails(reply, errno, "mounts cannot be had for the namespace alone");
    if (!restrict_to_reading("/", true))
        return netns_fails(reply, errno,
                           "the machine's files cannot be kept from being written (it takes "
                           "Linux 5.12)");
    if (!mount_proc())
        return netns_fails(reply, errno, "/proc cannot be mounted in the namespace");
    if (!mount_devices())
        return netns_fails(reply, errno, "/dev cannot be mounted in the namespace");
    if (!sources_open(config, sources, reply) || !mount_each(config, sources, reply))
        return false;
    for (uint32_t i = 0; i < config->mount_count; i++)
        (void)close(sources[i]);
    return true;
}

/* ---- the kernel's settings ---- */

/* What the kernel would otherwise say of itself or refuse; where it has no such setting, it does
 * not. Before the device is made: it takes these from `default`. */
static void quieten(void)
{
    static const char *const settings[][2] = {
        {"/proc/sys/net/ipv6/conf/all/disable_ipv6", "0"},
        {"/proc/sys/net/ipv6/conf/default/disable_ipv6", "0"},
        {"/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"}, /* no link-local address */
        {"/proc/sys/net/ipv6/conf/default/accept_ra", "0"},
        {"/proc/sys/net/ipv6/conf/default/router_solicitations", "0"},
        {"/proc/sys/net/ipv4/conf/all/rp_filter", "0"},
        {"/proc/sys/net/ipv4/conf/default/rp_filter", "0"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        (void)put(settings[i][0], settings[i][1]);
}

static bool set_all(const struct sim_netns_config *config, struct netns_reply *reply)
{
    for (uint32_t i = 0; i < config->sysctl_count; i++) {
        char path[PATH_LEN];
        const char *const equals = strchr(config->sysctls[i], '=');
        if (equals == NULL)
            return netns_fails(reply, 0, "sysctl \"%s\": wants name=value", config->sysctls[i]);
        (void)snprintf(path, sizeof path, "/proc/sys/%.*s", (int)(equals - config->sysctls[i]),
                       config->sysctls[i]);
        if (!put(path, equals + 1))
            return netns_fails(reply, errno, "sysctl %s", config->sysctls[i]);
    }
    return true;
}

bool netns_make(const struct netns_inside *in, int fds[2], struct netns_reply *reply)
{
    const char *const host = in->config->host != NULL ? in->config->host : "ikelab";
    if (in->user && !become_root(in, reply))
        return false;
    if (sethostname(host, strlen(host)) != 0)
        return netns_fails(reply, errno, "the host name %s", host);
    if (!mount_all(in->config, reply))
        return false;
    quieten();
    if (!netns_device(in->config, &fds[0], reply) || !set_all(in->config, reply))
        return false;
    fds[1] = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fds[1] >= 0 || netns_fails(reply, errno, "/proc");
}
