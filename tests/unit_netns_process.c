/* SPDX-License-Identifier: MIT
 * Processes in namespaces: how they start, talk, end and are ended, what they
 * use. Skipped where namespaces cannot be had. */
#include "sim/netns.h"
#include "tests/live_lab.h"
#include "tests/netns_hands.h"
#include "tests/test.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how they start ---- */

static void cannot_start(struct sim_netns *ns, const struct sim_command *command, const char *why)
{
    char error[NETNS_ERROR_MAX] = "";
    char out[100];
    struct sim_captured captured = {.timeout_ns = NETNS_LONG, .out = out, .out_max = sizeof out};
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
    struct sim_netns *const ns = netns_opened(&netns_usual);
    char out[NETNS_OUT_MAX];
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
    EXPECT_EQ(netns_shell(ns, "echo and goes on", out), 0);
    EXPECT_STR(out, "and goes on\n");
    sim_netns_close(ns);
}

static void test_words_beyond_what_can_be_given_are_refused(void)
{
    static const char *many[200];
    char error[NETNS_ERROR_MAX] = "";
    struct sim_netns *const ns = netns_opened(&netns_usual);
    for (int i = 0; i < 199; i++)
        many[i] = "/bin/true";
    EXPECT(sim_process_start(ns, &(struct sim_command){.argv = many}, error, sizeof error) == NULL);
    EXPECT(strstr(error, "more words, or longer ones") != NULL);
    many[128] = NULL;
    EXPECT(sim_process_start(ns, &(struct sim_command){.argv = many}, error, sizeof error) != NULL);
    sim_netns_close(ns);
}

/* ---- how they end, and what they say ---- */

static void test_how_a_process_ended_is_known(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    struct sim_process *const three = netns_shell_start(ns, "exit 3");
    struct sim_process *const shot = netns_shell_start(ns, "kill -SEGV $$");
    struct sim_process *const runs = netns_shell_start(ns, "echo up; sleep 1000");
    struct sim_exit how = sim_process_wait(three, NETNS_LONG);
    EXPECT(how.ended && !how.lost && how.code == 3 && how.signal == 0);
    how = sim_process_wait(shot, NETNS_LONG);
    EXPECT(how.ended && how.code == -1 && how.signal == SIGSEGV);
    EXPECT(sim_process_says(runs, "up", NETNS_LONG));
    EXPECT(!sim_process_says(runs, "down", 20 * MS));
    how = sim_process_wait(runs, 20 * MS);
    EXPECT(!how.ended);
    EXPECT(sim_process_signal(runs, SIGUSR1)); /* a shell dies of it */
    how = sim_process_wait(runs, NETNS_LONG);
    EXPECT(how.ended && how.signal == SIGUSR1);
    EXPECT(!sim_process_signal(runs, SIGUSR1));
    EXPECT(!sim_process_says(three, "anything", NETNS_LONG));
    sim_process_close(three);
    sim_process_close(shot);
    sim_process_close(runs);
    sim_netns_close(ns);
}

static void test_a_process_is_stopped_and_one_that_hangs_is_killed(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    struct sim_process *const good = netns_shell_start(ns, "trap 'echo bye; exit 0' TERM; echo up; "
                                                           "while :; do sleep 0.05; done");
    struct sim_process *const deaf = netns_shell_start(ns, "trap '' TERM; echo up; "
                                                           "while :; do sleep 0.05; done");
    EXPECT(sim_process_says(good, "up", NETNS_LONG));
    EXPECT(sim_process_says(deaf, "up", NETNS_LONG));
    struct sim_exit how = sim_process_stop(good, NETNS_LONG);
    EXPECT(how.ended && how.code == 0);
    EXPECT(sim_process_says(good, "bye", 0));
    const uint64_t began_ns = netns_wall();
    how = sim_process_stop(deaf, 50 * MS);
    EXPECT(how.ended && how.signal == SIGKILL);
    EXPECT(netns_wall() - began_ns >= 50 * MS);
    how = sim_process_stop(deaf, NETNS_LONG); /* again, which is nothing */
    EXPECT(how.signal == SIGKILL);
    sim_netns_close(ns);
}

static void test_a_log_keeps_the_end_and_nobody_waits_for_its_reader(void)
{
    static char out[NETNS_OUT_MAX];
    struct sim_netns_config config = netns_usual;
    uint64_t lost = 0;
    config.log_bytes = 10000;
    struct sim_netns *const ns = netns_opened(&config);
    /* Ten times what a pipe and the log hold together. */
    struct sim_process *const talks = netns_shell_start(
        ns, "i=0; while [ $i -lt 20000 ]; do echo \"line $i of many\"; i=$((i+1)); done; "
            "yes 0123456789012345678901234567890 | head -c 16000000; echo the end");
    const struct sim_exit how = sim_process_wait(talks, 3 * NETNS_LONG);
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
    struct sim_netns_config config = netns_usual;
    config.log_bytes = 64000;
    struct sim_netns *const ns = netns_opened(&config);
    struct sim_process *const counts =
        netns_shell_start(ns, "i=100000; while [ $i -lt 140000 ]; do echo $i; i=$((i+1)); done");
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
    struct sim_netns *const ns = netns_opened(&netns_usual);
    static const char *const both[] = {"/bin/sh", "-c", "echo out; echo err >&2; exit 4", NULL};
    static const char *const hangs[] = {"/bin/sh", "-c", "trap '' TERM; echo so far; sleep 1000",
                                        NULL};
    char error[NETNS_ERROR_MAX] = "";
    char out[100];
    struct sim_captured captured = {.timeout_ns = NETNS_LONG, .out = out, .out_max = sizeof out};
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

/* As in the midst of a run: nobody waits, each is asked for how it ended until it has. */
static void test_commands_are_begun_without_waiting_and_looked_at_later(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    for (uint32_t round = 0; round < 40; round++) {
        struct sim_process *begun[3];
        char out[100];
        char wanted[100];
        for (uint32_t i = 0; i < 3; i++) {
            char script[100];
            const char *const argv[] = {i < 2 ? "/bin/sh" : "/no/such/tool", "-c", script, NULL};
            (void)snprintf(script, sizeof script,
                           "echo %" PRIu32 " of round %" PRIu32 "; exit %" PRIu32, i, round, i + 4);
            begun[i] = sim_process_begin(ns, &(struct sim_command){.argv = argv, .tool = true});
            EXPECT(begun[i] != NULL);
        }
        for (uint32_t i = 0; i < 3; i++) {
            const struct sim_exit how = sim_process_wait(begun[i], NETNS_LONG);
            EXPECT(how.ended && !how.lost && how.failed == (i == 2));
            EXPECT_EQ(how.code, i == 2 ? -1 : (int)i + 4);
            (void)snprintf(wanted, sizeof wanted, "%" PRIu32 " of round %" PRIu32 "\n", i, round);
            (void)sim_process_log(begun[i], out, sizeof out, NULL);
            EXPECT_STR(out,
                       i < 2 ? wanted
                             : "/no/such/tool cannot be started in the namespace: No such file or "
                               "directory");
            sim_process_close(begun[i]);
        }
    }
    EXPECT_EQ(sim_netns_usage(ns).processes, 0);
    EXPECT(sim_netns_usage(ns).cpu_ns <= 20 * MS);
    sim_netns_close(ns);
}

/* And closed at any moment: the place of one that had not even begun is another's at once. */
static void test_a_command_may_be_closed_before_it_has_begun(void)
{
    static const char *const argv[] = {"/bin/sleep", "1000", NULL};
    struct sim_netns *const ns = netns_opened(&netns_usual);
    char out[NETNS_OUT_MAX];
    for (uint32_t i = 0; i < 40; i++) {
        struct sim_process *const p = sim_process_begin(ns, &(struct sim_command){.argv = argv});
        EXPECT(p != NULL);
        if (p != NULL)
            sim_process_close(p);
    }
    EXPECT_EQ(netns_shell(ns, "echo still here", out), 0);
    EXPECT_STR(out, "still here\n");
    EXPECT_EQ(sim_netns_usage(ns).processes, 0);
    sim_netns_close(ns);
}

static void test_more_processes_than_may_be_are_refused(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    char error[NETNS_ERROR_MAX] = "";
    static const char *const argv[] = {"/bin/sleep", "1000", NULL};
    const struct sim_command command = {.argv = argv};
    struct sim_process *last = NULL;
    for (int i = 0; i < SIM_PROCESSES_MAX; i++) {
        last = sim_process_start(ns, &command, error, sizeof error);
        EXPECT(last != NULL);
    }
    EXPECT(sim_process_start(ns, &command, error, sizeof error) == NULL);
    EXPECT_STR(error, "/bin/sleep: 8 processes run there, no more can");
    EXPECT(sim_process_begin(ns, &command) == NULL);
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
    char out[NETNS_OUT_MAX];
    struct sim_netns *const ns = netns_opened(&netns_usual);
    EXPECT_EQ(netns_shell(ns, burn, out), 0);
    EXPECT(sim_netns_usage(ns).cpu_ns <= 20 * MS);
    (void)snprintf(script, sizeof script, "%s; (%s) & wait; sleep 1000 & echo done; wait", burn,
                   burn);
    struct sim_process *const burns = netns_shell_start(ns, script);
    EXPECT(sim_process_says(burns, "done", 3 * NETNS_LONG));
    const struct sim_usage usage = sim_netns_usage(ns);
    EXPECT(usage.cpu_ns >= 20 * MS);
    EXPECT(usage.resident_bytes > 200 * 1024 && usage.resident_bytes < 500 << 20);
    EXPECT(usage.resident_max >= usage.resident_bytes);
    EXPECT_EQ(usage.processes, 2); /* the shell, and sleep */
    EXPECT(sim_process_stop(burns, NETNS_LONG).ended);
    const struct sim_usage after = sim_netns_usage(ns);
    EXPECT(after.cpu_ns + 20 * MS >= usage.cpu_ns);
    sim_netns_close(ns);
}

static void test_a_process_keeps_to_its_cpus(void)
{
    struct sim_netns *const ns = netns_opened(&netns_usual);
    const uint64_t ours = sim_cpus();
    const uint64_t one = ours & ~(ours - 1);
    char error[NETNS_ERROR_MAX] = "";
    char out[100];
    static const char *const argv[] = {"/bin/grep", "-h", "Cpus_allowed:", "/proc/self/status",
                                       NULL};
    const struct sim_command command = {.argv = argv, .cpus = one};
    struct sim_captured captured = {.timeout_ns = NETNS_LONG, .out = out, .out_max = sizeof out};
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

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_what_cannot_be_started_says_which_and_why),
        TEST(test_words_beyond_what_can_be_given_are_refused),
        TEST(test_how_a_process_ended_is_known),
        TEST(test_a_process_is_stopped_and_one_that_hangs_is_killed),
        TEST(test_a_log_keeps_the_end_and_nobody_waits_for_its_reader),
        TEST(test_a_log_that_is_being_written_reads_whole),
        TEST(test_a_command_is_captured_or_killed_when_it_takes_too_long),
        TEST(test_commands_are_begun_without_waiting_and_looked_at_later),
        TEST(test_a_command_may_be_closed_before_it_has_begun),
        TEST(test_more_processes_than_may_be_are_refused),
        TEST(test_time_and_memory_are_counted_but_those_of_tools),
        TEST(test_a_process_keeps_to_its_cpus),
    };
    return live_skipped() ? 0 : test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
