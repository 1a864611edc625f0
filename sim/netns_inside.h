/* SPDX-License-Identifier: MIT
 * What a namespace's first process and we have between us (netns.h): memory that
 * both see, with a request, what each process has written, and how it ended; and
 * a socket, on which "do it" and "done" go back and forth. Its end of file tells
 * the first process that we are no more. For sim/netns*.c only. */
#ifndef SIM_NETNS_INSIDE_H
#define SIM_NETNS_INSIDE_H

#include "sim/netns.h"

#include <stdatomic.h>

enum {
    NETNS_REQUEST_MAX = 1 << 20, /* a file, or a command with all its words */
    NETNS_WORDS_MAX = 128,       /* of a command, and of its environment */
    NETNS_TEXT_MAX = 320,
    NETNS_CHUNK = 4096 /* of output taken at a time */
};

#define NETNS_DEVICE "ike0"

enum netns_state { NETNS_FREE, NETNS_RUNS, NETNS_ENDED };

/* A process that was started, and the end of its output: the octet number n of all lies at n modulo
 * the ring's size. Written inside, but for `tool`. */
struct netns_slot {
    _Atomic uint32_t state;  /* enum netns_state */
    int32_t pid;             /* there */
    int32_t status;          /* as waitpid's; valid when it has ended */
    bool tool;               /* what it uses is not counted */
    _Atomic uint64_t logged; /* octets so far */
};

struct netns_shared {
    struct netns_slot slots[SIM_PROCESSES_MAX];
    _Atomic uint64_t tools_ns; /* CPU time of tools that have ended */
    char request[NETNS_REQUEST_MAX];
};

enum netns_verb { NETNS_START, NETNS_SIGNAL, NETNS_FORGET, NETNS_WRITE };

/* The rest of a request: words, each with its NUL, lie in netns_shared.request. START: root,
 * folder, so many arguments, so many of the environment. WRITE: the path; then the octets. */
struct netns_request {
    enum netns_verb verb;
    uint32_t slot;
    int32_t signal;
    bool group; /* the signal goes to its whole group */
    bool only_stdout;
    uint64_t cpus;
    uint32_t argument_count;
    uint32_t environment_count;
    uint32_t len; /* WRITE: octets */
};

struct netns_reply {
    bool done;
    char text[NETNS_TEXT_MAX]; /* else why not */
};

/* What the first process knows from its birth on. */
struct netns_inside {
    const struct sim_netns_config *config;
    bool user;         /* in a user namespace too */
    uint32_t uid, gid; /* ours, outside */
    int socket;        /* its end */
    size_t ring;       /* octets of a slot's output kept */
    struct netns_shared *shared;
    char *logs; /* SIM_PROCESSES_MAX rings */
};

/* Makes the namespaces into what the configuration says; `fds` are our side of the TUN device and
 * the folder /proc of the namespace. Else `reply` says what is missing. (netns_make.c) */
bool netns_make(const struct netns_inside *in, int fds[2], struct netns_reply *reply);
/* The device, up, and its addresses and routes. (netns_device.c) */
bool netns_device(const struct sim_netns_config *config, int *tun, struct netns_reply *reply);
/* A sentence: `what` and, unless 0, the error's own words; false. */
bool netns_fails(struct netns_reply *reply, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes the folders that lead to it, where they are missing; false with errno. */
bool netns_folders_for(const char *path);
/* `proc` is the namespace's. All nought when it has ended. (netns_usage.c) */
struct sim_usage netns_usage(int proc, const struct netns_shared *shared);
/* All that the first process does in its life. (netns_first.c) */
_Noreturn void netns_first(const struct netns_inside *in);

#endif
