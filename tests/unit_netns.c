/* SPDX-License-Identifier: MIT
 * Namespaces for real programs: what may be asked for, which files are there, and
 * that nothing is ever left of them, whatever ends us. Skipped where namespaces
 * cannot be had. */
#define _GNU_SOURCE /* unshare */
#include "sim/netns.h"
#include "tests/live_lab.h"
#include "tests/netns_hands.h"
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
#include <unistd.h>

enum { FAMILY_MAX = 64 };

/* ---- what may be asked for ---- */

static void refused(const struct sim_netns_config *config, const char *because)
{
    char error[NETNS_ERROR_MAX] = "";
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
    struct sim_netns_config config = netns_usual;
    config.outer = abroad;
    refused(&config, "10.1.2.3: a namespace's addresses are of 198.18.0.0/15 and 2001:2::/48");
    config.outer = abroad6;
    config.outer_count = 1;
    refused(&config, "2001:db8::1");
    config.outer = nonsense;
    refused(&config, "198.18.2:");
    config = netns_usual;
    config.mtu = 1279;
    refused(&config, "mtu 1279: from 1280 to 65535");
    config.mtu = 65536;
    refused(&config, "mtu 65536");
    config = netns_usual;
    config.mounts = nowhere;
    refused(&config, "memory cannot be mounted at /no-such-folder/below: Read-only file system");
    config.mounts = of_nothing;
    refused(&config, "/no-such-file cannot be mounted: No such file or directory");
    config = netns_usual;
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
        char error[NETNS_ERROR_MAX] = "";
        char out[NETNS_OUT_MAX] = "";
        if (!machine_make(machine))
            _exit(CANNOT_TRY);
        struct sim_netns *const ns = sim_netns_open(&netns_usual, error, sizeof error);
        const bool ran =
            ns != NULL && netns_shell(ns, "id -u", out) == 0 && strcmp(out, "0\n") == 0;
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
    struct sim_netns_config config = netns_usual;
    char out[NETNS_OUT_MAX];
    config.host = "vpn";
    config.inner = inner;
    config.inner_count = 2;
    config.sysctls = sysctls;
    config.sysctl_count = 1;
    config.mtu = 1400;
    struct sim_netns *const ns = netns_opened(&config);
    EXPECT(sim_netns_alive(ns));
    EXPECT_EQ(netns_shell(ns, "hostname", out), 0);
    EXPECT_STR(out, "vpn\n");
    EXPECT_EQ(netns_shell(ns, "cat /proc/sys/net/ipv4/ip_forward; id -u; echo /proc/[0-9]*", out),
              0);
    EXPECT(strncmp(out, "1\n0\n/proc/1 /proc/", 18) == 0);
    /* Only the device and the loopback, each with its addresses, and the way out. */
    EXPECT_EQ(
        netns_shell(ns, "cut -d: -sf1 /proc/net/dev | tr -d ' ' | sort; cat /proc/net/route", out),
        0);
    EXPECT(strncmp(out, "ike0\nlo\n", 8) == 0);
    EXPECT(strstr(out, "ike0\t00000000\t00000000") != NULL);
    EXPECT_EQ(netns_shell(ns, "cat /proc/net/if_inet6; cat /proc/net/fib_trie", out), 0);
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
    struct sim_netns *const ns = netns_opened(&netns_usual);
    char error[NETNS_ERROR_MAX] = "";
    char out[NETNS_OUT_MAX];
    EXPECT(sim_netns_write(ns, "/run/deep/er/file", content, error, sizeof error));
    EXPECT_EQ(netns_shell(ns, "cat /run/deep/er/file; stat -c %a /run/deep/er/file", out), 0);
    EXPECT_STR(out, "one\ntwo\n600\n");
    EXPECT(!sim_netns_write(ns, "/etc/ikelab-test", content, error, sizeof error));
    EXPECT_STR(error, "/etc/ikelab-test cannot be written in the namespace: Read-only file system");
    EXPECT(netns_shell(ns, "echo > /etc/ikelab-test", out) != 0);
    EXPECT(netns_shell(ns, "echo > /dev/shm/ikelab-test", out) != 0);
    EXPECT(netns_shell(ns, "mount -o remount,rw /", out) != 0);
    EXPECT(netns_shell(ns, "echo x > /proc/sys/kernel/hostname", out) != 0);
    EXPECT_EQ(netns_shell(ns, "echo 1 > /proc/sys/net/ipv4/ip_forward", out), 0);
    EXPECT_EQ(access("/run/deep", F_OK), -1);
    static uint8_t large[1 << 20];
    EXPECT(!sim_netns_write(ns, "/run/large", (struct ike_bytes){large, sizeof large}, error,
                            sizeof error));
    EXPECT_STR(error, "/run/large: longer than 1048576 octets");
    EXPECT(sim_netns_write(ns, "/run/large", (struct ike_bytes){large, sizeof large - 100}, error,
                           sizeof error));
    EXPECT_EQ(netns_shell(ns, "stat -c %s /run/large", out), 0);
    EXPECT_STR(out, "1048476\n");
    sim_netns_close(ns);
}

/* Root there may write to any device that is there. */
static void test_only_harmless_devices_are_there(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    char out[NETNS_OUT_MAX];
    EXPECT_EQ(netns_shell(ns, "find /dev -not -type d | sort; echo x > /dev/null", out), 0);
    EXPECT_STR(out, "/dev/fd\n/dev/full\n/dev/net/tun\n/dev/null\n/dev/random\n/dev/urandom\n"
                    "/dev/zero\n");
    sim_netns_close(ns);
}

/* A root of its own, of a few things of the machine's, as a daemon that was unpacked somewhere has;
 * one of them lies where something has been mounted before. */
static void test_a_root_is_put_together_from_memory_and_the_machines_files(void)
{
    char folder[] = "/tmp/ikelab-unit-netns-XXXXXX";
    char file[64];
    char error[NETNS_ERROR_MAX] = "";
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
    struct sim_netns_config config = netns_usual;
    config.mounts = mounts;
    config.mount_count = access("/lib64", F_OK) == 0 ? 8 : 3;
    struct sim_netns *const ns = netns_opened(&config);
    const char *const argv[] = {
        "/bin/sh", "-c",
        "pwd; cat /etc/one some/said; echo $WHO; echo x > /etc/one; echo /proc/[1-9]*", NULL};
    const char *const environment[] = {"WHO=me", "PATH=/bin", NULL};
    char out[NETNS_OUT_MAX];
    const struct sim_command command = {.argv = argv,
                                        .environment = environment,
                                        .root = "/tmp/root",
                                        .folder = "/etc",
                                        .only_stdout = true};
    struct sim_captured captured = {.timeout_ns = NETNS_LONG, .out = out, .out_max = sizeof out};
    EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
    EXPECT_STR(error, "");
    EXPECT(strncmp(out, "/etc\nof the machine\nof the machine\nme\n/proc/1 /proc/", 52) == 0);
    sim_netns_close(ns);
    EXPECT_EQ(remove(file), 0);
    EXPECT_EQ(remove(folder), 0);
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
    char error[NETNS_ERROR_MAX] = "";
    struct sim_netns *const ns = sim_netns_open(&netns_usual, error, sizeof error);
    struct sim_netns *const other = sim_netns_open(&netns_usual, error, sizeof error);
    if (ns == NULL || other == NULL)
        return 1;
    struct sim_process *const a = netns_shell_start(
        ns, "trap '' TERM HUP INT; echo x > /run/ikelab-unit-netns; "
            "setsid sh -c \"trap '' TERM HUP INT; while :; do sleep 1; done\" & echo up; wait");
    struct sim_process *const b = netns_shell_start(other, "echo up; while :; do :; done");
    if (!sim_process_says(a, "up", NETNS_LONG) || !sim_process_says(b, "up", NETNS_LONG))
        return 1;
    (void)puts("held");
    (void)fflush(stdout);
    netns_rest(100 * NETNS_LONG);
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
        (void)signal(signal_number, SIG_DFL); /* whoever started us may have wanted it ignored */
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
    const uint64_t until_ns = netns_wall() + NETNS_LONG;
    while (alive(&family) > 0 && netns_wall() < until_ns)
        netns_rest(5 * MS);
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
        char error[NETNS_ERROR_MAX] = "";
        const pid_t pid = fork();
        if (pid == 0) {
            struct sim_netns *const ns = sim_netns_open(&netns_usual, error, sizeof error);
            if (ns != NULL)
                (void)netns_shell_start(ns, "trap '' TERM; while :; do sleep 1; done");
            netns_rest(100 * NETNS_LONG);
            _exit(0);
        }
        netns_rest(i * STEP_NS);
        EXPECT_EQ(kill(pid, SIGKILL), 0);
        EXPECT_EQ(waitpid(pid, NULL, 0), pid);
        const uint64_t until_ns = netns_wall() + NETNS_LONG;
        while (orphans() > 0 && netns_wall() < until_ns)
            netns_rest(MS);
        EXPECT_EQ(orphans(), 0);
    }
    EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* The ends of files that others wait for are ours alone: another namespace holds none of them. */
static void test_namespaces_end_each_for_itself(void)
{
    struct sim_netns *const one = netns_opened(&netns_usual);
    struct sim_netns *const two = netns_opened(&netns_usual);
    char out[NETNS_OUT_MAX];
    EXPECT(sim_netns_tun(one) != sim_netns_tun(two));
    const struct family both = family_of((int32_t)getpid());
    EXPECT_EQ(both.count, 2);
    sim_netns_close(one);
    EXPECT_EQ(alive(&both), 1);
    EXPECT(sim_netns_alive(two));
    EXPECT_EQ(netns_shell(two, "ls /proc/1/fd | wc -l", out), 0);
    EXPECT(strtol(out, NULL, 10) <=
           8); /* nought to two, socket, signals, and what the command takes */
    sim_netns_close(two);
    EXPECT_EQ(alive(&both), 0);
    sim_netns_close(NULL);
}

static void test_a_namespace_that_dies_is_told_from_a_process_that_does(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    struct sim_process *const p = netns_shell_start(ns, "echo up; sleep 1000");
    char error[NETNS_ERROR_MAX] = "";
    char octet = 0;
    static const char *const argv[] = {"/bin/true", NULL};
    EXPECT(sim_process_says(p, "up", NETNS_LONG));
    const struct family family = family_of((int32_t)getpid());
    EXPECT(family.count >= 2);
    for (uint32_t i = 0; i < family.count; i++)
        if (parent_of(family.pids[i]) == (int32_t)getpid())
            EXPECT_EQ(kill(family.pids[i], SIGKILL), 0);
    const struct sim_exit how = sim_process_wait(p, NETNS_LONG);
    EXPECT(how.ended && how.lost);
    EXPECT(!sim_netns_alive(ns));
    EXPECT(!sim_process_says(p, "down", NETNS_LONG));
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
        TEST(test_only_harmless_devices_are_there),
        TEST(test_a_root_is_put_together_from_memory_and_the_machines_files),
        TEST(test_nothing_is_left_when_we_are_killed),
        TEST(test_nothing_is_left_when_we_are_killed_in_the_midst_of_it),
        TEST(test_namespaces_end_each_for_itself),
        TEST(test_a_namespace_that_dies_is_told_from_a_process_that_does),
    };
    if (argc > 1 && strcmp(argv[1], "--hold") == 0)
        return hold();
    return live_skipped() ? 0 : test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
