/* SPDX-License-Identifier: MIT
 * What tests of namespaces do over and over: open one, let a shell there say or
 * do something, wait. */
#ifndef TESTS_NETNS_HANDS_H
#define TESTS_NETNS_HANDS_H

#include "sim/netns.h"

enum { MS = 1000000, SECOND = 1000000000, NETNS_ERROR_MAX = 400, NETNS_OUT_MAX = 20000 };

/* Longer than anything takes, on a busy machine too. */
#define NETNS_LONG (20 * (uint64_t)SECOND)

/* An address of each family, memory at /run. */
extern const struct sim_netns_config netns_usual;

void netns_rest(uint64_t ns);
uint64_t netns_wall(void);
struct sim_netns *netns_opened(const struct sim_netns_config *config);
struct sim_process *netns_shell_start(struct sim_netns *ns, const char *script);
/* What a shell says to that, NETNS_OUT_MAX octets; its status. */
int netns_shell(struct sim_netns *ns, const char *script, char *out);

#endif
