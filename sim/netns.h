/* SPDX-License-Identifier: MIT
 * A place for real programs at the end of a simulated network: a network
 * namespace without a name, with no way out but a TUN device whose other side
 * is ours, and processes in it. Linux only. A whole program, in which a shell
 * says something over a line of 20 ms:
 *
 *     #include "sim/net_links.h"
 *     #include "sim/netns.h"
 *     #include "sim/realtime.h"
 *     #include "sim/tun_end.h"
 *     #include <stdio.h>
 *
 *     static void hear(void *owner, uint64_t now_ns, const struct sim_datagram *d)
 *     {
 *         printf("%.*s to port %d\n", (int)d->len - 1, (const char *)d->at, d->to.port);
 *         *(uint64_t *)owner = now_ns;
 *     }
 *
 *     int main(void)
 *     {
 *         char error[400];
 *         uint64_t heard_ns = 0;
 *         struct ike_prefix theirs, ours;
 *         static const char *const outer[] = {"198.18.0.2"};
 *         static const struct sim_mount mounts[] = {{.at = "/run"}};
 *         const struct sim_netns_config config = {.outer = outer, .outer_count = 1,
 *                                                 .mounts = mounts, .mount_count = 1};
 *         struct sim_netns *const ns = sim_netns_open(&config, error, sizeof error);
 *         if (ns == NULL)
 *             return puts(error) < 0 ? 1 : 77;
 *         struct sim_loop *const loop = sim_loop_open();
 *         struct sim_net *const net = sim_net_links_open(loop, 1, NULL);
 *         const struct sim_link_config line = {.name = "wan", .delay_ns = 20000000};
 *         const uint32_t far = net->ops->router(net);
 *         net->ops->link(net, 0, far, &line);
 *         ike_prefix_parse("198.18.0.2/32", &theirs);
 *         ike_prefix_parse("198.18.1.0/24", &ours);
 *         struct sim_tun_end *const end = sim_tun_end_open(net, sim_netns_tun(ns), &theirs, 1);
 *         struct sim_port ear = {.name = "ear", .deliver = hear, .owner = &heard_ns};
 *         net->ops->attach(net, 0, sim_tun_end_port(end), &theirs);
 *         net->ops->attach(net, far, &ear, &ours);
 *         if (!net->ops->route(net, error, sizeof error))
 *             return 1;
 *         static const char text[] = "echo hello > /run/x; cat /run/x > /dev/udp/198.18.1.7/500";
 *         static const char *const argv[] = {"bash", "-c", text, NULL};
 *         const struct sim_command shell = {.argv = argv};
 *         struct sim_process *const p = sim_process_start(ns, &shell, error, sizeof error);
 *         struct sim_realtime *const rt = sim_realtime_open(loop, net, &(struct sim_pace){0});
 *         sim_realtime_add(rt, sim_tun_end_source(end));
 *         while (heard_ns == 0 && sim_loop_now(loop) < 5000000000)
 *             sim_realtime_run(rt, sim_loop_now(loop) + 10000000);
 *         const bool good = p != NULL && sim_process_wait(p, 5000000000).code == 0;
 *         sim_realtime_close(rt);
 *         net->ops->close(net);
 *         sim_tun_end_close(end);
 *         sim_loop_close(loop);
 *         sim_netns_close(ns);
 *         return good && heard_ns >= 20000000 ? 0 : 1;
 *     }
 *
 * Nothing is ever left behind. The namespaces (network, mounts, processes, host
 * name, System V IPC) have no name and end with their first process, which ends
 * when we close it or die, by whatever signal; with it ends all that runs there.
 * The TUN device goes with its descriptors. No file can be written there but in
 * the file systems in memory that the configuration asks for, of 64 MiB each:
 * all the others are read-only, and so is what they show of the machine. Of its
 * devices there are null, zero, full, random, urandom and net/tun.
 *
 * Runs as root, or in a user namespace where /dev/net/tun may be opened; then
 * there is one user there, root. All waits are bounded: to the times that calls are
 * given come at most ten seconds for each word from its first process. To be opened by the
 * program's first thread, after sim_cpus_keep and before the world's memory is
 * used, since its first process is a copy of ours; to be closed by the process
 * that opened it. */
#ifndef SIM_NETNS_H
#define SIM_NETNS_H

#include "ike/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_netns;
struct sim_process;

enum {
    SIM_NETNS_ADDRESSES_MAX = 64, /* outer and inner ones, each */
    SIM_NETNS_MOUNTS_MAX = 32,
    SIM_NETNS_SYSCTLS_MAX = 16,
    SIM_PROCESSES_MAX = 8 /* started and not yet closed, captured ones too */
};

/* Something mounted in the namespace, in the order given. `at` must exist, or lie below an `at` of
 * before that is a file system in memory: then its folders are made. */
struct sim_mount {
    const char *at;   /* absolute */
    const char *from; /* a folder or file of the machine, with all that is mounted below it, shown
                         there read-only; NULL: an empty file system in memory */
};

struct sim_netns_config {
    const char *host;         /* the namespace's host name; NULL: ikelab */
    const char *const *outer; /* addresses of the TUN device, without length: of 198.18.0.0/15 and
                                 2001:2::/48, others are refused; the default routes lead to it */
    uint32_t outer_count;     /* at least 1 */
    const char *const *inner; /* addresses of the loopback device, without length: what a gateway
                                 protects; any */
    uint32_t inner_count;
    uint32_t mtu; /* of the TUN device; 0: 1500. From 1280 on, 68 without IPv6, to 65,535 */
    const struct sim_mount *mounts;
    uint32_t mount_count;
    const char *const *sysctls; /* "net/ipv4/ip_forward=1": below /proc/sys, of the namespace */
    uint32_t sysctl_count;
    size_t log_bytes; /* what is kept of each process's output, its end; 0: 256 KiB */
};

/* NULL with a sentence that says what is missing or wrong and how to get it right. */
struct sim_netns *sim_netns_open(const struct sim_netns_config *config, char *error,
                                 size_t error_max);
/* Kills all that runs there; processes that were not closed are closed. NULL is nothing. */
void sim_netns_close(struct sim_netns *ns);

/* Our side of the TUN device: does not block, gives and takes one IP packet a call; the
 * namespace's own, valid until it is closed. */
int sim_netns_tun(const struct sim_netns *ns);
/* False when its first process has ended: then everything there has. */
bool sim_netns_alive(const struct sim_netns *ns);
/* Writes a file, mode 0600, of at most 1 MiB with its path, below a mount in memory; folders are
 * made. False with a sentence. */
bool sim_netns_write(struct sim_netns *ns, const char *path, struct ike_bytes content, char *error,
                     size_t error_max);

/* Of whatever has run in the namespace, but for tools; and of its network. */
struct sim_usage {
    uint64_t cpu_ns;          /* user and system, of the ended ones too; steps of 10 ms */
    uint64_t resident_bytes;  /* now, of all together */
    uint64_t resident_max;    /* the sum of what each of those that run had at its most */
    uint32_t processes;       /* that run */
    uint64_t to_us_packets;   /* that the kernel has put on the TUN device */
    uint64_t to_us_dropped;   /* for want of room there, because we did not read in time */
    uint64_t from_us_packets; /* that the kernel has taken from us */
    uint64_t from_us_dropped;
    uint64_t udp_read;    /* datagrams that processes have read from their sockets */
    uint64_t udp_full;    /* that a socket's buffer had no room for */
    uint64_t udp_unheard; /* to ports where nobody listens */
};
/* Read at once, without waiting for anyone there: some 0.2 ms, and 50 us a process. */
struct sim_usage sim_netns_usage(const struct sim_netns *ns);

/* ---- processes ---- */

struct sim_command {
    const char *const *argv;        /* NULL at the end; [0] with a slash, or looked for in PATH */
    const char *const *environment; /* "NAME=value", NULL at the end; NULL: a PATH and nothing */
    const char *root;               /* chroot there; NULL: not */
    const char *folder;             /* NULL: / */
    uint64_t cpus;                  /* bit n: may run on CPU n; 0: on all that we may */
    bool only_stdout;               /* what it writes to stderr is not kept */
    bool tool;                      /* a means of looking on: what it uses is not counted */
};

struct sim_exit {
    bool ended;
    bool failed; /* it could not be started; its log is the sentence that says why */
    bool lost;   /* with the whole namespace: it is not known how it ended */
    int code;    /* its exit status; -1 when a signal ended it */
    int signal;  /* that did; or 0 */
};

/* Standard input is empty, output is kept in the log, whoever reads it or not: the process never
 * waits for us. In a session of its own. NULL with a sentence: it could not be started: what of it
 * failed, with the path and the reason. */
struct sim_process *sim_process_start(struct sim_netns *ns, const struct sim_command *command,
                                      char *error, size_t error_max);
/* The same without waiting until it has been, for the midst of a run: that it could not be is
 * `failed` in how it ended. NULL: too many run, or its words are too many. */
struct sim_process *sim_process_begin(struct sim_netns *ns, const struct sim_command *command);
/* How it ended, if it has; some microseconds. */
struct sim_exit sim_process_exit(const struct sim_process *p);
/* Waits until it has ended, or so long. */
struct sim_exit sim_process_wait(struct sim_process *p, uint64_t timeout_ns);
/* Waits until its log holds the text; false when it has ended without, or after so long. */
bool sim_process_says(struct sim_process *p, const char *text, uint64_t timeout_ns);
/* A signal to it, as SIGHUP; false when it has ended. */
bool sim_process_signal(struct sim_process *p, int signal);
/* SIGTERM, and after `grace_ns` SIGKILL to all of its session's group, which is waited for, a
 * second. */
struct sim_exit sim_process_stop(struct sim_process *p, uint64_t grace_ns);
/* The end of what it has written, at most out_max - 1 octets and a NUL; how many. `lost`, unless
 * NULL: how many octets of before are not kept any more. */
size_t sim_process_log(const struct sim_process *p, char *out, size_t out_max, uint64_t *lost);
/* Of one that runs: it is killed, and waited for, at most a second. */
void sim_process_close(struct sim_process *p);

/* Runs a tool to its end. It is killed after `timeout_ns`; the caller waits so long. */
struct sim_captured {
    uint64_t timeout_ns;
    char *out; /* its output, its end if it is longer; NUL at the end */
    size_t out_max;
    size_t len; /* given back, as the next */
    struct sim_exit exit;
    bool timed_out;
};
/* False with a sentence when it could not be started or did not end in time; what its exit status
 * means the caller knows. */
bool sim_process_capture(struct sim_netns *ns, const struct sim_command *command,
                         struct sim_captured *captured, char *error, size_t error_max);

/* ---- CPUs ---- */

/* Those this program may run on, of the first 64; and from now on only on these. */
uint64_t sim_cpus(void);
bool sim_cpus_keep(uint64_t cpus);

struct sim_cpu_probe {
    uint64_t steps_ns; /* 1,000 multiplications, each of what the one before gave */
    uint64_t reads_ns; /* 1,000 reads of 4 MiB, each where the one before said, at random */
};
/* What these CPUs are worth just now (0: whichever we are on), within some 30 ms; zeros if that
 * cannot be. */
struct sim_cpu_probe sim_cpu_probe(uint64_t cpus);

#endif
