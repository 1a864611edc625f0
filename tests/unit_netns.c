/* SPDX-License-Identifier: MIT
 * Namespaces for real programs: what may be asked for, how processes there
 * start, talk, end and are ended, what they use, and that nothing is ever left of
 * them, whatever ends us. Skipped where namespaces cannot be had. */
#define _GNU_SOURCE /* unshare */
#include "sim/netns.h"
#include "tests/live_lab.h"
#include "tests/test.h"

#include <ctype.h>
#include <dirent.h>
#include <grp.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000000, SECOND = 1000000000, ERROR_MAX = 400, OUT_MAX = 20000, FAMILY_MAX = 64 };

#define LONG (20 * (uint64_t)SECOND)

static const char *const outer[] = {"198.18.2.2", "2001:2:0:2::2"};
static const struct sim_mount run_only[] = {{.at = "/run"}};
static const struct sim_netns_config usual = {
    .outer = outer, .outer_count = 2, .mounts = run_only, .mount_count = 1};

static void rest(uint64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
    (void)nanosleep(&time, NULL);
}

static uint64_t wall(void)
{
    struct timespec now;
    EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static struct sim_netns *opened(const struct sim_netns_config *config)
{
    char error[ERROR_MAX] = "";
    struct sim_netns *const ns = sim_netns_open(config, error, sizeof error);
    EXPECT_STR(error, "");
    return ns;
}

static struct sim_process *shell_start(struct sim_netns *ns, const char *script)
{
    char error[ERROR_MAX] = "";
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const struct sim_command command = {.argv = argv};
    struct sim_process *const p = sim_process_start(ns, &command, error, sizeof error);
    EXPECT_STR(error, "");
    return p;
}

/* What a shell says to that; its status. */
static int shell(struct sim_netns *ns, const char *script, char *out)
{
    char error[ERROR_MAX] = "";
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct sim_command command = {.argv = argv};
    struct sim_captured captured = {.timeout_ns = LONG, .out = out, .out_max = OUT_MAX};
    EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
    EXPECT_STR(error, "");
    EXPECT_EQ(captured.len, strlen(out));
    return captured.exit.code;
}

/* ---- what may be asked for ---- */

static void refused(const struct sim_netns_config *config, const char *because)
{
    char error[ERROR_MAX] = "";
    EXPECT(sim_netns_open(config, error, sizeof error) == NULL);
    if (!EXPECT(strstr(error, because) != NULL))
        (void)printf("# %s\n", error);
}

static void test_what_a_namespace_cannot_be_is_refused_with_a_sentence(void)
{
    static const char *const abroad[] = {"198.18.2.2", "10.1.2.3"};
    static const char *const abroad6[] = {"2001:db8::1"};
    static const char *const nonsense[] = {"198.18.2"};
    static const struct sim_mount nowhere[] = {{.at = "/no-such-folder/below"}};
    static const struct sim_mount of_nothing[] = {{.at = "/run", .from = "/no-such-file"}};
    static const char *const sysctls[] = {"net/ipv4/no_such_setting=1"};
    static const char *const bare[] = {"net/ipv4/ip_forward"};
    struct sim_netns_config config = usual;
    config.outer = abroad;
    refused(&config, "10.1.2.3: a namespace's addresses are of 198.18.0.0/15 and 2001:2::/48");
    config.outer = abroad6;
    config.outer_count = 1;
    refused(&config, "2001:db8::1");
    config.outer = nonsense;
    refused(&config, "198.18.2:");
    config = usual;
    config.mtu = 1279;
    refused(&config, "mtu 1279: from 1280 to 65535");
    config.mtu = 65536;
    refused(&config, "mtu 65536");
    config = usual;
    config.mounts = nowhere;
    refused(&config, "memory cannot be mounted at /no-such-folder/below: Read-only file system");
    config.mounts = of_nothing;
    refused(&config, "/no-such-file cannot be mounted: No such file or directory");
    config = usual;
    config.sysctls = sysctls;
    config.sysctl_count = 1;
    refused(&config, "net/ipv4/no_such_setting=1: No such file or directory");
    config.sysctls = bare;
    refused(&config, "wants name=value");
}

/* In a process of its own: where /dev/net/tun has this mode, or with 0 is not there, and for whom.
 */
struct machine {
    int mode;
    bool root;
};

enum { TOLD = 1, ELSE = 2, CANNOT_TRY = 3 };

static bool machine_make(const struct machine *m)
{
    if ((unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
         mount("ikelab", "/dev/net", "tmpfs", 0, NULL) != 0))
        return false;
    if (m->mode > 0 && (mknod("/dev/net/tun", S_IFCHR, makedev(10, 200)) != 0 ||
                        chmod("/dev/net/tun", (mode_t)m->mode) != 0))
        return false;
    if (!m->root && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return false;
    return prctl(PR_SET_DUMPABLE, 1) == 0; /* else /proc/self is still root's */
}

/* 0: a namespace was had, and a program ran in it; TOLD: it was said `why` not; ELSE: or something
 * else. */
static int on_machine(const struct machine *machine, const char *why)
{
    int status = -1;
    (void)fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        char error[ERROR_MAX] = "";
        char out[OUT_MAX] = "";
        if (!machine_make(machine))
            _exit(CANNOT_TRY);
        struct sim_netns *const ns = sim_netns_open(&usual, error, sizeof error);
        const bool ran = ns != NULL && shell(ns, "id -u", out) == 0 && strcmp(out, "0\n") == 0;
        sim_netns_close(ns);
        const bool told = strstr(error, why) != NULL;
        if (!ran && !told)
            (void)printf("# %s%s\n", error, out);
        (void)fflush(stdout);
        _exit(ran ? 0 : told ? TOLD : ELSE);
    }
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : ELSE;
}

static void test_a_device_that_cannot_be_made_is_told_with_what_is_missing(void)
{
    static const struct machine gone = {.mode = 0, .root = true};
    static const struct machine closed = {.mode = 0600, .root = false};
    if (geteuid() != 0) /* other machines cannot be made */
        return;
    EXPECT_EQ(on_machine(&gone,
                         "/dev/net/tun cannot be opened: No such file or directory; load the "
                         "kernel's module: `modprobe tun`"),
              TOLD);
    /* Where user namespaces are forbidden that is said first. */
    const int status =
        on_machine(&closed, "/dev/net/tun cannot be opened: Permission denied; run as "
                            "root, or let everyone open it");
    EXPECT(status == TOLD || on_machine(&closed, "network namespaces cannot be had here") == TOLD);
}

static void test_who_is_not_root_has_namespaces_too_where_the_device_may_be_opened(void)
{
    static const struct machine open = {.mode = 0666, .root = false};
    const char *const forbidden = "network namespaces cannot be had here: Operation not permitted; "
                                  "run as root, or allow user namespaces";
    if (geteuid() == 0)
        EXPECT(on_machine(&open, forbidden) <= TOLD);
}

static void test_a_namespace_is_what_was_asked_for(void)
{
    static const char *const inner[] = {"10.2.0.1", "fd00:2::1"};
    static const char *const sysctls[] = {"net/ipv4/ip_forward=1"};
    struct sim_netns_config config = usual;
    char out[OUT_MAX];
    config.host = "vpn";
    config.inner = inner;
    config.inner_count = 2;
    config.sysctls = sysctls;
    config.sysctl_count = 1;
    config.mtu = 1400;
    struct sim_netns *const ns = opened(&config);
    EXPECT(sim_netns_alive(ns));
    EXPECT_EQ(shell(ns, "hostname", out), 0);
    EXPECT_STR(out, "vpn\n");
    EXPECT_EQ(shell(ns, "cat /proc/sys/net/ipv4/ip_forward; id -u; echo /proc/[0-9]*", out), 0);
    EXPECT(strncmp(out, "1\n0\n/proc/1 /proc/", 18) == 0);
    /* Only the device and the loopback, each with its addresses, and the way out. */
    EXPECT_EQ(shell(ns, "cut -d: -sf1 /proc/net/dev | tr -d ' ' | sort; cat /proc/net/route", out),
              0);
    EXPECT(strncmp(out, "ike0\nlo\n", 8) == 0);
    EXPECT(strstr(out, "ike0\t00000000\t00000000") != NULL);
    EXPECT_EQ(shell(ns, "cat /proc/net/if_inet6; cat /proc/net/fib_trie", out), 0);
    EXPECT(strstr(out, "2001000200000002000000000000000") != NULL);
    EXPECT(strstr(out, "fd000002000000000000000000000001") != NULL);
    EXPECT(strstr(out, "10.2.0.1") != NULL && strstr(out, "198.18.2.2") != NULL);
    sim_netns_close(ns);
}

/* ---- files ---- */

static void test_no_file_can_be_written_but_in_memory(void)
{
    static const char text[] = "one\ntwo\n";
    const struct ike_bytes content = {(const uint8_t *)text, sizeof text - 1};
    struct sim_netns *const ns = opened(&usual);
    char error[ERROR_MAX] = "";
    char out[OUT_MAX];
    EXPECT(sim_netns_write(ns, "/run/deep/er/file", content, error, sizeof error));
    EXPECT_EQ(shell(ns, "cat /run/deep/er/file; stat -c %a /run/deep/er/file", out), 0);
    EXPECT_STR(out, "one\ntwo\n600\n");
    EXPECT(!sim_netns_write(ns, "/etc/ikelab-test", content, error, sizeof error));
    EXPECT_STR(error, "/etc/ikelab-test cannot be written in the namespace: Read-only file system");
    EXPECT(shell(ns, "echo > /etc/ikelab-test", out) != 0);
    EXPECT(shell(ns, "echo > /dev/shm/ikelab-test", out) != 0);
    EXPECT(shell(ns, "mount -o remount,rw /", out) != 0);
    EXPECT(shell(ns, "echo x > /proc/sys/kernel/hostname", out) != 0);
    EXPECT_EQ(shell(ns, "echo 1 > /proc/sys/net/ipv4/ip_forward", out), 0);
    EXPECT_EQ(access("/run/deep", F_OK), -1);
    static uint8_t large[1 << 20];
    EXPECT(!sim_netns_write(ns, "/run/large", (struct ike_bytes){large, sizeof large}, error,
                            sizeof error));
    EXPECT_STR(error, "/run/large: longer than 1048576 octets");
    EXPECT(sim_netns_write(ns, "/run/large", (struct ike_bytes){large, sizeof large - 100}, error,
                           sizeof error));
    EXPECT_EQ(shell(ns, "stat -c %s /run/large", out), 0);
    EXPECT_STR(out, "1048476\n");
    sim_netns_close(ns);
}

/* A root of its own, of a few things of the machine's, as a daemon that was unpacked somewhere has;
 * one of them lies where something has been mounted before. */
static void test_a_root_is_put_together_from_memory_and_the_machines_files(void)
{
    char folder[] = "/tmp/ikelab-unit-netns-XXXXXX";
    char file[64];
    char error[ERROR_MAX] = "";
    EXPECT(mkdtemp(folder) != NULL);
    (void)snprintf(file, sizeof file, "%s/said", folder);
    FILE *const said = fopen(file, "w");
    EXPECT(said != NULL && fputs("of the machine\n", said) >= 0 && fclose(said) == 0);
    const struct sim_mount mounts[] = {{.at = "/tmp"},
                                       {.at = "/tmp/root/bin", .from = "/bin"},
                                       {.at = "/tmp/root/lib", .from = "/lib"},
                                       {.at = "/tmp/root/lib64", .from = "/lib64"},
                                       {.at = "/tmp/root/usr", .from = "/usr"},
                                       {.at = "/tmp/root/etc/some", .from = folder},
                                       {.at = "/tmp/root/etc/one", .from = file},
                                       {.at = "/tmp/root/proc", .from = "/proc"}};
    struct sim_netns_config config = usual;
    config.mounts = mounts;
    config.mount_count = access("/lib64", F_OK) == 0 ? 8 : 3;
    struct sim_netns *const ns = opened(&config);
    const char *const argv[] = {
        "/bin/sh", "-c",
        "pwd; cat /etc/one some/said; echo $WHO; echo x > /etc/one; echo /proc/[1-9]*", NULL};
    const char *const environment[] = {"WHO=me", "PATH=/bin", NULL};
    char out[OUT_MAX];
    const struct sim_command command = {.argv = argv,
                                        .environment = environment,
                                        .root = "/tmp/root",
                                        .folder = "/etc",
                                        .only_stdout = true};
    struct sim_captured captured = {.timeout_ns = LONG, .out = out, .out_max = sizeof out};
    EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
    EXPECT_STR(error, "");
    EXPECT(strncmp(out, "/etc\nof the machine\nof the machine\nme\n/proc/1 /proc/", 52) == 0);
    sim_netns_close(ns);
    EXPECT_EQ(remove(file), 0);
    EXPECT_EQ(remove(folder), 0);
}

/* ---- processes ---- */

static void cannot_start(struct sim_netns *ns, const struct sim_command *command, const char *why)
{
    char error[ERROR_MAX] = "";
    char out[100];
    struct sim_captured captured = {.timeout_ns = LONG, .out = out, .out_max = sizeof out};
    EXPECT(sim_process_start(ns, command, error, sizeof error) == NULL);
    EXPECT_STR(error, why);
    EXPECT(!sim_process_capture(ns, command, &captured, error, sizeof error));
    EXPECT_STR(error, why);
    EXPECT_EQ(captured.len, 0);
}

static void test_what_cannot_be_started_says_which_and_why(void)
{
    static const char *const none[] = {"/no/such/daemon", NULL};
    static const char *const text[] = {"/etc/passwd", NULL};
    static const char *const good[] = {"/bin/true", NULL};
    struct sim_netns *const ns = opened(&usual);
    char out[OUT_MAX];
    cannot_start(ns, &(struct sim_command){.argv = none},
                 "/no/such/daemon cannot be started in the namespace: No such file or directory");
    cannot_start(ns, &(struct sim_command){.argv = text},
                 "/etc/passwd cannot be started in the namespace: Permission denied");
    cannot_start(ns, &(struct sim_command){.argv = good, .root = "/no/root"},
                 "/bin/true cannot be started: the root /no/root: No such file or directory");
    cannot_start(
        ns, &(struct sim_command){.argv = good, .root = "/proc"},
        "/bin/true below /proc cannot be started in the namespace: No such file or directory");
    cannot_start(ns, &(struct sim_command){.argv = good, .folder = "/no/folder"},
                 "/bin/true cannot be started: the folder /no/folder: No such file or directory");
    cannot_start(ns, &(struct sim_command){.argv = good, .cpus = UINT64_C(1) << 63},
                 "/bin/true cannot be kept to its CPUs: Invalid argument");
    EXPECT_EQ(shell(ns, "echo and goes on", out), 0);
    EXPECT_STR(out, "and goes on\n");
    sim_netns_close(ns);
}

static void test_words_beyond_what_can_be_given_are_refused(void)
{
    static const char *many[200];
    char error[ERROR_MAX] = "";
    struct sim_netns *const ns = opened(&usual);
    for (int i = 0; i < 199; i++)
        many[i] = "/bin/true";
    EXPECT(sim_process_start(ns, &(struct sim_command){.argv = many}, error, sizeof error) == NULL);
    EXPECT(strstr(error, "more words, or longer ones") != NULL);
    many[128] = NULL;
    EXPECT(sim_process_start(ns, &(struct sim_command){.argv = many}, error, sizeof error) != NULL);
    sim_netns_close(ns);
}

static void test_how_a_process_ended_is_known(void)
{
    struct sim_netns *const ns = opened(&usual);
    struct sim_process *const three = shell_start(ns, "exit 3");
    struct sim_process *const shot = shell_start(ns, "kill -SEGV $$");
    struct sim_process *const runs = shell_start(ns, "echo up; sleep 1000");
    struct sim_exit how = sim_process_wait(three, LONG);
    EXPECT(how.ended && !how.lost && how.code == 3 && how.signal == 0);
    how = sim_process_wait(shot, LONG);
    EXPECT(how.ended && how.code == -1 && how.signal == SIGSEGV);
    EXPECT(sim_process_says(runs, "up", LONG));
    EXPECT(!sim_process_says(runs, "down", 20 * MS));
    how = sim_process_wait(runs, 20 * MS);
    EXPECT(!how.ended);
    EXPECT(sim_process_signal(runs, SIGUSR1)); /* a shell dies of it */
    how = sim_process_wait(runs, LONG);
    EXPECT(how.ended && how.signal == SIGUSR1);
    EXPECT(!sim_process_signal(runs, SIGUSR1));
    EXPECT(!sim_process_says(three, "anything", LONG));
    sim_process_close(three);
    sim_process_close(shot);
    sim_process_close(runs);
    sim_netns_close(ns);
}

static void test_a_process_is_stopped_and_one_that_hangs_is_killed(void)
{
    struct sim_netns *const ns = opened(&usual);
    struct sim_process *const good = shell_start(ns, "trap 'echo bye; exit 0' TERM; echo up; "
                                                     "while :; do sleep 0.05; done");
    struct sim_process *const deaf = shell_start(ns, "trap '' TERM; echo up; "
                                                     "while :; do sleep 0.05; done");
    EXPECT(sim_process_says(good, "up", LONG));
    EXPECT(sim_process_says(deaf, "up", LONG));
    struct sim_exit how = sim_process_stop(good, LONG);
    EXPECT(how.ended && how.code == 0);
    EXPECT(sim_process_says(good, "bye", 0));
    const uint64_t began_ns = wall();
    how = sim_process_stop(deaf, 50 * MS);
    EXPECT(how.ended && how.signal == SIGKILL);
    EXPECT(wall() - began_ns >= 50 * MS);
    how = sim_process_stop(deaf, LONG); /* again, which is nothing */
    EXPECT(how.signal == SIGKILL);
    sim_netns_close(ns);
}

static void test_a_log_keeps_the_end_and_nobody_waits_for_its_reader(void)
{
    static char out[OUT_MAX];
    struct sim_netns_config config = usual;
    uint64_t lost = 0;
    config.log_bytes = 10000;
    struct sim_netns *const ns = opened(&config);
    /* Ten times what a pipe and the log hold together. */
    struct sim_process *const talks = shell_start(
        ns, "i=0; while [ $i -lt 20000 ]; do echo \"line $i of many\"; i=$((i+1)); done; "
            "yes 0123456789012345678901234567890 | head -c 16000000; echo the end");
    const struct sim_exit how = sim_process_wait(talks, 3 * LONG);
    EXPECT(how.ended && how.code == 0);
    const size_t len = sim_process_log(talks, out, sizeof out, &lost);
    EXPECT_EQ(len, 10000);
    EXPECT(lost > 16000000);
    EXPECT_EQ(strlen(out), len);
    EXPECT(strcmp(out + len - 8, "the end\n") == 0);
    EXPECT(sim_process_says(talks, "the end", 0));
    EXPECT_EQ(sim_process_log(talks, out, 5, NULL), 4);
    EXPECT_STR(out, "end\n");
    sim_netns_close(ns);
}

/* Read while it is written to: each line is whole and follows the one before. */
static void test_a_log_that_is_being_written_reads_whole(void)
{
    static char out[70000];
    struct sim_netns_config config = usual;
    config.log_bytes = 64000;
    struct sim_netns *const ns = opened(&config);
    struct sim_process *const counts =
        shell_start(ns, "i=100000; while [ $i -lt 140000 ]; do echo $i; i=$((i+1)); done");
    bool ended = false;
    uint32_t looks = 0;
    for (uint32_t wrong = 0; !ended && wrong == 0; looks++) {
        ended = sim_process_exit(counts).ended;
        const size_t len = sim_process_log(counts, out, sizeof out, NULL);
        const char *at = memchr(out, '\n', len);
        for (long before = 0; at != NULL && at + 7 < out + len; at += 7) {
            const long number = strtol(at + 1, NULL, 10);
            wrong += (before != 0 && number != before + 1) || at[7] != '\n' ? 1 : 0;
            before = number;
        }
        EXPECT_EQ(wrong, 0);
    }
    EXPECT(looks > 1);
    EXPECT(sim_process_says(counts, "139999\n", 0));
    sim_netns_close(ns);
}

static void test_a_command_is_captured_or_killed_when_it_takes_too_long(void)
{
    struct sim_netns *const ns = opened(&usual);
    static const char *const both[] = {"/bin/sh", "-c", "echo out; echo err >&2; exit 4", NULL};
    static const char *const hangs[] = {"/bin/sh", "-c", "trap '' TERM; echo so far; sleep 1000",
                                        NULL};
    char error[ERROR_MAX] = "";
    char out[100];
    struct sim_captured captured = {.timeout_ns = LONG, .out = out, .out_max = sizeof out};
    struct sim_command command = {.argv = both};
    for (int i = 0; i < 2 * SIM_PROCESSES_MAX; i++) { /* each gives its place back */
        EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
        EXPECT_STR(out, "out\nerr\n");
        EXPECT_EQ(captured.exit.code, 4);
    }
    command.only_stdout = true;
    EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
    EXPECT_STR(out, "out\n");
    command.argv = hangs;
    captured.timeout_ns = 1000 * (uint64_t)MS;
    EXPECT(!sim_process_capture(ns, &command, &captured, error, sizeof error));
    EXPECT_STR(error, "/bin/sh has not ended after 1000 ms and was killed");
    EXPECT(captured.timed_out);
    EXPECT_EQ(captured.exit.signal, SIGKILL);
    EXPECT_STR(out, "so far\n");
    sim_netns_close(ns);
}

static void test_more_processes_than_may_be_are_refused(void)
{
    struct sim_netns *const ns = opened(&usual);
    char error[ERROR_MAX] = "";
    static const char *const argv[] = {"/bin/sleep", "1000", NULL};
    const struct sim_command command = {.argv = argv};
    struct sim_process *last = NULL;
    for (int i = 0; i < SIM_PROCESSES_MAX; i++) {
        last = sim_process_start(ns, &command, error, sizeof error);
        EXPECT(last != NULL);
    }
    EXPECT(sim_process_start(ns, &command, error, sizeof error) == NULL);
    EXPECT_STR(error, "/bin/sleep: 8 processes run there, no more can");
    EXPECT_EQ(sim_netns_usage(ns).processes, SIM_PROCESSES_MAX);
    sim_process_close(last);
    EXPECT_EQ(sim_netns_usage(ns).processes, SIM_PROCESSES_MAX - 1);
    EXPECT(sim_process_start(ns, &command, error, sizeof error) != NULL);
    sim_netns_close(ns);
}

/* ---- what they use ---- */

static void test_time_and_memory_are_counted_but_those_of_tools(void)
{
    static const char burn[] = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    char script[200];
    char out[OUT_MAX];
    struct sim_netns *const ns = opened(&usual);
    EXPECT_EQ(shell(ns, burn, out), 0);
    EXPECT(sim_netns_usage(ns).cpu_ns <= 20 * MS);
    (void)snprintf(script, sizeof script, "%s; (%s) & wait; echo done; sleep 1000", burn, burn);
    struct sim_process *const burns = shell_start(ns, script);
    EXPECT(sim_process_says(burns, "done", 3 * LONG));
    const struct sim_usage usage = sim_netns_usage(ns);
    EXPECT(usage.cpu_ns >= 20 * MS);
    EXPECT(usage.resident_bytes > 200 * 1024 && usage.resident_bytes < 500 << 20);
    EXPECT(usage.resident_max >= usage.resident_bytes);
    EXPECT_EQ(usage.processes, 2); /* the shell, and sleep */
    EXPECT(sim_process_stop(burns, LONG).ended);
    const struct sim_usage after = sim_netns_usage(ns);
    EXPECT(after.cpu_ns + 20 * MS >= usage.cpu_ns);
    sim_netns_close(ns);
}

static void test_a_process_keeps_to_its_cpus(void)
{
    struct sim_netns *const ns = opened(&usual);
    const uint64_t ours = sim_cpus();
    const uint64_t one = ours & ~(ours - 1);
    char error[ERROR_MAX] = "";
    char out[100];
    static const char *const argv[] = {"/bin/grep", "-h", "Cpus_allowed:", "/proc/self/status",
                                       NULL};
    const struct sim_command command = {.argv = argv, .cpus = one};
    struct sim_captured captured = {.timeout_ns = LONG, .out = out, .out_max = sizeof out};
    EXPECT(ours != 0);
    EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
    const char *const comma = strrchr(out, ','); /* words of 32, the highest first */
    const char *const low = (comma != NULL ? comma : strchr(out, '\t')) + 1;
    if (one <= UINT32_MAX)
        EXPECT_EQ(strtoull(low, NULL, 16), one);
    EXPECT(sim_cpus_keep(one));
    EXPECT_EQ(sim_cpus(), one);
    EXPECT(sim_cpus_keep(ours));
    EXPECT_EQ(sim_cpus(), ours);
    sim_netns_close(ns);
}

/* ---- ends ---- */

struct family {
    int32_t pids[FAMILY_MAX];
    uint32_t count;
};

/* The parent of a process; 0: it is gone, or its end only waits to be noticed. */
static int32_t parent_of(int32_t pid)
{
    char path[64];
    char text[512];
    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/stat", pid);
    FILE *const file = fopen(path, "r");
    if (file == NULL)
        return 0;
    const size_t len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    const char *const after = strrchr(text, ')');
    return after == NULL || after[2] == 'Z' ? 0 : (int32_t)strtol(after + 4, NULL, 10);
}

static bool is_of(const struct family *family, int32_t pid)
{
    bool found = false;
    for (uint32_t i = 0; i < family->count; i++)
        found = found || family->pids[i] == pid;
    return found;
}

/* All that descend from a process, without it. */
static struct family family_of(int32_t pid)
{
    struct family family = {.pids = {pid}, .count = 1};
    for (uint32_t before = 0; before != family.count && family.count < FAMILY_MAX;) {
        DIR *const folder = opendir("/proc");
        before = family.count;
        for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
            const int32_t other = (int32_t)strtol(e->d_name, NULL, 10);
            if (isdigit((unsigned char)e->d_name[0]) && family.count < FAMILY_MAX &&
                !is_of(&family, other) && is_of(&family, parent_of(other)))
                family.pids[family.count++] = other;
        }
        (void)closedir(folder);
    }
    family.pids[0] = family.pids[--family.count];
    return family;
}

static uint32_t alive(const struct family *family)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < family->count; i++)
        count += parent_of(family->pids[i]) != 0 ? 1 : 0;
    return count;
}

static uint32_t mounts_of_ours(void)
{
    char line[1024];
    uint32_t count = 0;
    FILE *const file = fopen("/proc/self/mountinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        count += strstr(line, " ikelab ") != NULL ? 1 : 0;
    EXPECT(file != NULL && fclose(file) == 0);
    return count;
}

/* As a program in the midst of a run: two processes, one of which has left its session and obeys no
 * signal, and files. */
static int hold(void)
{
    char error[ERROR_MAX] = "";
    struct sim_netns *const ns = sim_netns_open(&usual, error, sizeof error);
    struct sim_netns *const other = sim_netns_open(&usual, error, sizeof error);
    if (ns == NULL || other == NULL)
        return 1;
    struct sim_process *const a = shell_start(
        ns, "trap '' TERM HUP INT; echo x > /run/ikelab-unit-netns; "
            "setsid sh -c \"trap '' TERM HUP INT; while :; do sleep 1; done\" & echo up; wait");
    struct sim_process *const b = shell_start(other, "echo up; while :; do :; done");
    if (!sim_process_says(a, "up", LONG) || !sim_process_says(b, "up", LONG))
        return 1;
    (void)puts("held");
    (void)fflush(stdout);
    rest(100 * LONG);
    return 1;
}

static void killed_by(int signal_number)
{
    char program[LAB_PROGRAM_MAX];
    char said[8] = "";
    int pipes[2];
    live_program(program);
    EXPECT_EQ(pipe(pipes), 0);
    (void)fflush(stdout);
    const uint32_t mounted = mounts_of_ours();
    const pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(pipes[1], 1);
        (void)close(pipes[0]);
        (void)close(pipes[1]);
        (void)execl(program, program, "--hold", (char *)NULL);
        _exit(127);
    }
    EXPECT_EQ(close(pipes[1]), 0);
    EXPECT_EQ(read(pipes[0], said, 5), 5);
    EXPECT_STR(said, "held\n");
    const struct family family = family_of(pid);
    EXPECT(family.count >= 5); /* two first processes, a, its daemon, b */
    EXPECT_EQ(alive(&family), family.count);
    EXPECT_EQ(if_nametoindex("ike0"), 0);
    EXPECT_EQ(kill(pid, signal_number), 0);
    EXPECT_EQ(waitpid(pid, NULL, 0), pid);
    const uint64_t until_ns = wall() + LONG;
    while (alive(&family) > 0 && wall() < until_ns)
        rest(5 * MS);
    EXPECT_EQ(alive(&family), 0);
    EXPECT_EQ(if_nametoindex("ike0"), 0);
    EXPECT_EQ(mounts_of_ours(), mounted);
    EXPECT_EQ(access("/run/ikelab-unit-netns", F_OK), -1);
    EXPECT_EQ(close(pipes[0]), 0);
}

static void test_nothing_is_left_when_we_are_killed(void)
{
    killed_by(SIGKILL);
    killed_by(SIGTERM);
    killed_by(SIGHUP);
}

/* Reaps what has been left to us; how many still live. */
static uint32_t orphans(void)
{
    while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
        continue;
    const struct family family = family_of((int32_t)getpid());
    return family.count;
}

/* At any moment of a namespace's making, too: before it knows whose it is, and after. */
static void test_nothing_is_left_when_we_are_killed_in_the_midst_of_it(void)
{
    enum { TIMES = 60, STEP_NS = 150000 };
    EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    (void)fflush(stdout);
    for (uint64_t i = 0; i < TIMES; i++) {
        char error[ERROR_MAX] = "";
        const pid_t pid = fork();
        if (pid == 0) {
            struct sim_netns *const ns = sim_netns_open(&usual, error, sizeof error);
            if (ns != NULL)
                (void)shell_start(ns, "trap '' TERM; while :; do sleep 1; done");
            rest(100 * LONG);
            _exit(0);
        }
        rest(i * STEP_NS);
        EXPECT_EQ(kill(pid, SIGKILL), 0);
        EXPECT_EQ(waitpid(pid, NULL, 0), pid);
        const uint64_t until_ns = wall() + LONG;
        while (orphans() > 0 && wall() < until_ns)
            rest(MS);
        EXPECT_EQ(orphans(), 0);
    }
    EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* The ends of files that others wait for are ours alone: another namespace holds none of them. */
static void test_namespaces_end_each_for_itself(void)
{
    struct sim_netns *const one = opened(&usual);
    struct sim_netns *const two = opened(&usual);
    char out[OUT_MAX];
    EXPECT(sim_netns_tun(one) != sim_netns_tun(two));
    const struct family both = family_of((int32_t)getpid());
    EXPECT_EQ(both.count, 2);
    sim_netns_close(one);
    EXPECT_EQ(alive(&both), 1);
    EXPECT(sim_netns_alive(two));
    EXPECT_EQ(shell(two, "ls /proc/1/fd | wc -l", out), 0);
    EXPECT(strtol(out, NULL, 10) <=
           8); /* nought to two, socket, signals, and what the command takes */
    sim_netns_close(two);
    EXPECT_EQ(alive(&both), 0);
    sim_netns_close(NULL);
}

static void test_a_namespace_that_dies_is_told_from_a_process_that_does(void)
{
    struct sim_netns *const ns = opened(&usual);
    struct sim_process *const p = shell_start(ns, "echo up; sleep 1000");
    char error[ERROR_MAX] = "";
    char octet = 0;
    static const char *const argv[] = {"/bin/true", NULL};
    EXPECT(sim_process_says(p, "up", LONG));
    const struct family family = family_of((int32_t)getpid());
    EXPECT(family.count >= 2);
    for (uint32_t i = 0; i < family.count; i++)
        if (parent_of(family.pids[i]) == (int32_t)getpid())
            EXPECT_EQ(kill(family.pids[i], SIGKILL), 0);
    const struct sim_exit how = sim_process_wait(p, LONG);
    EXPECT(how.ended && how.lost);
    EXPECT(!sim_netns_alive(ns));
    EXPECT(!sim_process_says(p, "down", LONG));
    EXPECT(!sim_process_signal(p, SIGTERM));
    EXPECT(sim_process_start(ns, &(struct sim_command){.argv = argv}, error, sizeof error) == NULL);
    EXPECT_STR(error, "the namespace has ended");
    EXPECT_EQ(sim_netns_usage(ns).processes, 0);
    EXPECT(read(sim_netns_tun(ns), &octet, 1) <= 0);
    sim_process_close(p);
    sim_netns_close(ns);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_a_namespace_cannot_be_is_refused_with_a_sentence),
        TEST(test_a_device_that_cannot_be_made_is_told_with_what_is_missing),
        TEST(test_who_is_not_root_has_namespaces_too_where_the_device_may_be_opened),
        TEST(test_a_namespace_is_what_was_asked_for),
        TEST(test_no_file_can_be_written_but_in_memory),
        TEST(test_a_root_is_put_together_from_memory_and_the_machines_files),
        TEST(test_what_cannot_be_started_says_which_and_why),
        TEST(test_words_beyond_what_can_be_given_are_refused),
        TEST(test_how_a_process_ended_is_known),
        TEST(test_a_process_is_stopped_and_one_that_hangs_is_killed),
        TEST(test_a_log_keeps_the_end_and_nobody_waits_for_its_reader),
        TEST(test_a_log_that_is_being_written_reads_whole),
        TEST(test_a_command_is_captured_or_killed_when_it_takes_too_long),
        TEST(test_more_processes_than_may_be_are_refused),
        TEST(test_time_and_memory_are_counted_but_those_of_tools),
        TEST(test_a_process_keeps_to_its_cpus),
        TEST(test_nothing_is_left_when_we_are_killed),
        TEST(test_nothing_is_left_when_we_are_killed_in_the_midst_of_it),
        TEST(test_namespaces_end_each_for_itself),
        TEST(test_a_namespace_that_dies_is_told_from_a_process_that_does),
    };
    int status = 0;
    if (live_role(argc, argv, &status))
        return status;
    if (argc > 1 && strcmp(argv[1], "--hold") == 0)
        return hold();
    return live_skipped() ? 0 : test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
