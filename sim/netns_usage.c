/* SPDX-License-Identifier: MIT
 * What runs in a namespace uses, read from its /proc. */
#include "sim/netns_inside.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 8192, PATH_LEN = 64, FIRST = 1, KIB = 1024, NANO = 1000000000 };

/* A file of /proc as text; false when it is gone. */
static bool file_read(int proc, const char *path, char *out, size_t out_max)
{
    const int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = 1;
    while (file >= 0 && got > 0 && len + 1 < out_max) {
        got = read(file, out + len, out_max - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    }
    out[len] = '\0';
    if (file >= 0)
        (void)close(file);
    return len > 0;
}

/* The number in the column, counted from 0, of words parted by blanks. */
static uint64_t column(const char *text, uint32_t wanted)
{
    for (uint32_t i = 0; i < wanted; i++) {
        text += strspn(text, " ");
        text += strcspn(text, " ");
    }
    return strtoull(text, NULL, 10);
}

/* In ticks; see proc(5): utime, stime, cutime and cstime are fields 14 to 17, session is 6. What
 * comes after the name, which may hold anything but ends with the last bracket, begins with 3. */
struct times {
    uint64_t own, children;
    int32_t session;
};

static bool times_read(int proc, int32_t pid, struct times *out)
{
    char path[PATH_LEN];
    char text[FILE_MAX];
    (void)snprintf(path, sizeof path, "%" PRId32 "/stat", pid);
    if (!file_read(proc, path, text, sizeof text))
        return false;
    const char *const name_end = strrchr(text, ')');
    if (name_end == NULL)
        return false;
    out->session = (int32_t)column(name_end + 1, 6 - 3);
    out->own = column(name_end + 1, 14 - 3) + column(name_end + 1, 15 - 3);
    out->children = column(name_end + 1, 16 - 3) + column(name_end + 1, 17 - 3);
    return true;
}

/* The number that stands after the name; 0: it does not. */
static uint64_t after(const char *text, const char *name)
{
    const char *const at = strstr(text, name);
    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static bool is_tool(const struct netns_shared *shared, int32_t session)
{
    for (uint32_t i = 0; i < SIM_PROCESSES_MAX; i++) {
        const struct netns_slot *const slot = &shared->slots[i];
        if (atomic_load(&slot->state) == NETNS_RUNS && slot->tool && slot->pid == session)
            return true;
    }
    return false;
}

/* Adds what a process uses, in ticks. */
static uint64_t process_add(int proc, const struct netns_shared *shared, int32_t pid,
                            struct sim_usage *out)
{
    struct times times;
    char path[PATH_LEN];
    char text[FILE_MAX];
    if (!times_read(proc, pid, &times))
        return 0;
    if (pid == FIRST) /* whose children are those that have ended */
        return times.children;
    if (is_tool(shared, times.session))
        return 0;
    (void)snprintf(path, sizeof path, "%" PRId32 "/status", pid);
    if (file_read(proc, path, text, sizeof text)) {
        out->resident_bytes += after(text, "\nVmRSS:") * KIB;
        out->resident_max += after(text, "\nVmHWM:") * KIB;
    }
    out->processes++;
    return times.own + times.children;
}

/* What the device has done, as the kernel there sees it: bytes, packets, errors, drops received;
 * and from the ninth number on the same sent. */
static void device_add(int proc, struct sim_usage *out)
{
    char text[FILE_MAX];
    if (!file_read(proc, "1/net/dev", text, sizeof text))
        return;
    const char *const row = strstr(text, NETNS_DEVICE ":");
    if (row == NULL)
        return;
    const char *const numbers = row + strlen(NETNS_DEVICE ":");
    out->from_us_packets = column(numbers, 1);
    out->from_us_dropped = column(numbers, 3);
    out->to_us_packets = column(numbers, 9);
    out->to_us_dropped = column(numbers, 11);
}

/* The value under a name in /proc/net/snmp: a row of names, then a row of numbers. */
static uint64_t under(const char *text, const char *name)
{
    const char *const names = strstr(text, "\nUdp: ");
    const char *const numbers = names != NULL ? strstr(names + 1, "\nUdp: ") : NULL;
    const char *const at = names != NULL ? strstr(names, name) : NULL;
    uint32_t words = 1;
    if (numbers == NULL || at == NULL || at > numbers)
        return 0;
    for (const char *c = names + 1; c < at; c++)
        words += *c == ' ' ? 1 : 0;
    return column(numbers + 1, words);
}

static void sockets_add(int proc, struct sim_usage *out)
{
    char text[FILE_MAX];
    if (file_read(proc, "1/net/snmp", text, sizeof text)) {
        out->udp_read += under(text, " InDatagrams");
        out->udp_full += under(text, " RcvbufErrors");
        out->udp_unheard += under(text, " NoPorts");
    }
    if (file_read(proc, "1/net/snmp6", text, sizeof text)) {
        out->udp_read += after(text, "Udp6InDatagrams");
        out->udp_full += after(text, "Udp6RcvbufErrors");
        out->udp_unheard += after(text, "Udp6NoPorts");
    }
}

struct sim_usage netns_usage(int proc, const struct netns_shared *shared)
{
    struct sim_usage usage = {0};
    uint64_t ticks = 0;
    const int again = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const folder = again >= 0 ? fdopendir(again) : NULL;
    if (folder == NULL)
        return usage;
    const uint64_t tools_ns = atomic_load(&shared->tools_ns);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (isdigit((unsigned char)entry->d_name[0]))
            ticks += process_add(proc, shared, (int32_t)strtol(entry->d_name, NULL, 10), &usage);
    (void)closedir(folder);
    const uint64_t all_ns = ticks * (NANO / (uint64_t)sysconf(_SC_CLK_TCK));
    usage.cpu_ns = all_ns > tools_ns ? all_ns - tools_ns : 0;
    device_add(proc, &usage);
    sockets_add(proc, &usage);
    return usage;
}
