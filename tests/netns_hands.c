/* SPDX-License-Identifier: MIT
 * Hands for tests of namespaces (netns_hands.h). */
#include "tests/netns_hands.h"

#include "tests/test.h"

#include <string.h>
#include <time.h>

static const char *const outer[] = {"198.18.2.2", "2001:2:0:2::2"};
static const struct sim_mount run_only[] = {{.at = "/run"}};
const struct sim_netns_config netns_usual = {
    .outer = outer, .outer_count = 2, .mounts = run_only, .mount_count = 1};

void netns_rest(uint64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
    (void)nanosleep(&time, NULL);
}

uint64_t netns_wall(void)
{
    struct timespec now;
    EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

struct sim_netns *netns_opened(const struct sim_netns_config *config)
{
    char error[NETNS_ERROR_MAX] = "";
    struct sim_netns *const ns = sim_netns_open(config, error, sizeof error);
    EXPECT_STR(error, "");
    return ns;
}

struct sim_process *netns_shell_start(struct sim_netns *ns, const char *script)
{
    char error[NETNS_ERROR_MAX] = "";
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const struct sim_command command = {.argv = argv};
    struct sim_process *const p = sim_process_start(ns, &command, error, sizeof error);
    EXPECT_STR(error, "");
    return p;
}

int netns_shell(struct sim_netns *ns, const char *script, char *out)
{
    char error[NETNS_ERROR_MAX] = "";
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct sim_command command = {.argv = argv};
    struct sim_captured captured = {.timeout_ns = NETNS_LONG, .out = out, .out_max = NETNS_OUT_MAX};
    EXPECT(sim_process_capture(ns, &command, &captured, error, sizeof error));
    EXPECT_STR(error, "");
    EXPECT_EQ(captured.len, strlen(out));
    return captured.exit.code;
}
