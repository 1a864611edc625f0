/* SPDX-License-Identifier: MIT
 * Our side of a namespace (netns.h): makes it, tells its first process what to
 * do, and looks at what both see. */
#include "sim/netns.h"

#include "ike/addr.h"
#include "sim/netns_inside.h"
#include "sim/realtime.h"

#include <assert.h>
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    NANO = 1000000000,
    STEP_NS = 1000000, /* between two looks at what is waited for */
    ANSWER_S = 10,     /* of the first process, on a busy machine */
    KILLED_S = 1,
    LOG_BYTES = 256 * 1024,
    MTU_MAX = 65535,
    MTU_SIX = 1280, /* RFC 8200 5 */
    MTU_FOUR = 68,  /* RFC 791 3.2 */
    OWED_MAX = 32,
    NO_SLOT = SIM_PROCESSES_MAX
};

/* What its first process has answered; before that the slot is not to be looked at. */
enum step { STARTING, STARTED, FAILED };

struct sim_process {
    struct sim_netns *ns;
    uint32_t slot;
    bool used;
    enum step step;
    char trouble[NETNS_TEXT_MAX]; /* why it could not be started */
};

struct sim_netns {
    pid_t pid; /* of its first process; -1: reaped */
    int pidfd;
    int socket;
    int tun;
    int proc;
    size_t log_bytes;
    size_t ring;
    size_t mapped;
    struct netns_shared *shared;
    char *logs;
    char *text; /* a log, with a NUL */
    struct sim_process processes[SIM_PROCESSES_MAX];
    uint32_t owed[OWED_MAX]; /* answers to come, the next first: of a process's start, or NO_SLOT */
    uint32_t owed_count;
    struct netns_reply reply; /* the last */
};

static void pause_briefly(void)
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    (void)nanosleep(&step, NULL);
}

/* Waits for the descriptor to have something to say, so long. */
static bool heard(int fd, uint64_t timeout_ns)
{
    const uint64_t until_ns = sim_wall_ns() + timeout_ns;
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    for (;;) {
        const uint64_t now_ns = sim_wall_ns();
        const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
        const struct timespec left = {.tv_sec = (time_t)(left_ns / NANO),
                                      .tv_nsec = (long)(left_ns % NANO)};
        const int ready = ppoll(&polled, 1, &left, NULL);
        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

/* ---- what is asked for ---- */

static const char *const allowed_prefixes[] = {"198.18.0.0/15", "2001:2::/48"};

static bool address_allowed(const char *text, struct ike_addr *addr)
{
    bool allowed = false;
    if (!ike_addr_parse(text, addr))
        return false;
    for (size_t i = 0; i < sizeof allowed_prefixes / sizeof allowed_prefixes[0]; i++) {
        struct ike_prefix prefix;
        allowed = allowed ||
                  (ike_prefix_parse(allowed_prefixes[i], &prefix) && ike_prefix_has(&prefix, addr));
    }
    return allowed;
}

static bool config_check(const struct sim_netns_config *c, char *error, size_t error_max)
{
    uint32_t mtu_min = MTU_FOUR;
    assert(c->outer_count <= SIM_NETNS_ADDRESSES_MAX && c->inner_count <= SIM_NETNS_ADDRESSES_MAX);
    assert(c->mount_count <= SIM_NETNS_MOUNTS_MAX && c->sysctl_count <= SIM_NETNS_SYSCTLS_MAX);
    assert(c->outer_count > 0);
    for (uint32_t i = 0; i < c->outer_count; i++) {
        struct ike_addr addr;
        if (!address_allowed(c->outer[i], &addr)) {
            (void)snprintf(error, error_max,
                           "%s: a namespace's addresses are of %s and %s, which are for tests "
                           "(RFC 2544, RFC 5180)",
                           c->outer[i], allowed_prefixes[0], allowed_prefixes[1]);
            return false;
        }
        if (addr.family == IKE_IPV6)
            mtu_min = MTU_SIX;
    }
    if (c->mtu != 0 && (c->mtu < mtu_min || c->mtu > MTU_MAX)) {
        (void)snprintf(error, error_max, "mtu %u: from %u to %d octets can be", c->mtu, mtu_min,
                       MTU_MAX);
        return false;
    }
    return true;
}

/* ---- its birth ---- */

static pid_t born(uint64_t namespaces, struct sim_netns *ns)
{
    struct clone_args how = {.flags = namespaces | CLONE_PIDFD,
                             .pidfd = (uint64_t)(uintptr_t)&ns->pidfd,
                             .exit_signal = 0}; /* others' waits do not see it */
    return (pid_t)syscall(SYS_clone3, &how, sizeof how);
}

/* As root without a user namespace, if that is allowed. In the child it does not return. */
static bool first_start(struct sim_netns *ns, struct netns_inside *in)
{
    const uint64_t all = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
    ns->pid = -1;
    errno = EPERM;
    if (in->uid == 0)
        ns->pid = born(all, ns);
    if (ns->pid < 0 && errno == EPERM) {
        in->user = true;
        ns->pid = born(all | CLONE_NEWUSER, ns);
    }
    if (ns->pid == 0)
        netns_first(in);
    return ns->pid > 0;
}

static void say_not_allowed(int why, char *error, size_t error_max)
{
    const char *const how =
        why == ENOSPC ? "there are as many as may be: raise user.max_net_namespaces and its like"
        : why == EINVAL || why == ENOSYS
            ? "this kernel has them not: it takes Linux 5.12 with CONFIG_NET_NS, CONFIG_PID_NS, "
              "CONFIG_USER_NS"
            : "run as root, or allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1`, "
              "on Ubuntu `sysctl kernel.apparmor_restrict_unprivileged_userns=0`";
    (void)snprintf(error, error_max, "network namespaces cannot be had here: %s; %s", strerror(why),
                   how);
}

/* Takes the first words of the first process, and its descriptors. */
static bool first_heard(struct sim_netns *ns, char *error, size_t error_max)
{
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct netns_reply reply = {.text = "its first process has died"};
    struct iovec part = {.iov_base = &reply, .iov_len = sizeof reply};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t len = -1;
    if (heard(ns->socket, ANSWER_S * (uint64_t)NANO))
        len = recvmsg(ns->socket, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *const fds = CMSG_FIRSTHDR(&message);
    if (len == (ssize_t)sizeof reply && reply.done && fds != NULL &&
        fds->cmsg_len == CMSG_LEN(2 * sizeof(int))) {
        memcpy(&ns->tun, CMSG_DATA(fds), sizeof ns->tun);
        memcpy(&ns->proc, CMSG_DATA(fds) + sizeof ns->tun, sizeof ns->proc);
        return true;
    }
    (void)snprintf(error, error_max, "no network namespace can be had here: %s",
                   len < 0 ? "its first process says nothing" : reply.text);
    return false;
}

/* What both will see: zeroed. */
static void *reserve(size_t octets)
{
    void *const at = mmap(NULL, octets, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* All but the namespace; NULL: no memory, or no descriptors. `theirs` is the other's socket. */
static struct sim_netns *halves_open(const struct sim_netns_config *config, int *theirs)
{
    int ends[2] = {-1, -1};
    struct sim_netns *const ns = calloc(1, sizeof *ns);
    if (ns == NULL)
        return NULL;
    ns->tun = ns->proc = ns->pidfd = ns->socket = -1;
    ns->log_bytes = config->log_bytes != 0 ? config->log_bytes : LOG_BYTES;
    ns->ring = ns->log_bytes + NETNS_CHUNK;
    ns->mapped = sizeof *ns->shared + SIM_PROCESSES_MAX * ns->ring;
    ns->text = malloc(ns->log_bytes + 1);
    ns->shared = reserve(ns->mapped);
    if (ns->text == NULL || ns->shared == NULL ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        sim_netns_close(ns);
        return NULL;
    }
    ns->logs = (char *)(ns->shared + 1);
    ns->socket = ends[0];
    *theirs = ends[1];
    return ns;
}

struct sim_netns *sim_netns_open(const struct sim_netns_config *config, char *error,
                                 size_t error_max)
{
    int theirs = -1;
    if (!config_check(config, error, error_max))
        return NULL;
    struct sim_netns *const ns = halves_open(config, &theirs);
    if (ns == NULL) {
        (void)snprintf(error, error_max, "a network namespace takes memory and descriptors: %s",
                       strerror(errno));
        return NULL;
    }
    struct netns_inside in = {.config = config,
                              .uid = geteuid(),
                              .gid = getegid(),
                              .socket = theirs,
                              .ring = ns->ring,
                              .shared = ns->shared,
                              .logs = ns->logs};
    const bool started = first_start(ns, &in);
    const int why = errno;
    (void)close(theirs);
    if (!started)
        say_not_allowed(why, error, error_max);
    if (!started || !first_heard(ns, error, error_max)) {
        sim_netns_close(ns);
        return NULL;
    }
    return ns;
}

static void close_unless_none(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

/* When the first process has been reaped all others are gone: the kernel waits for them. */
static void first_end(struct sim_netns *ns)
{
    siginfo_t how;
    if (ns->pid <= 0)
        return;
    (void)kill(ns->pid, SIGKILL);
    if (heard(ns->pidfd, ANSWER_S * (uint64_t)NANO))
        (void)waitid(P_PIDFD, (id_t)ns->pidfd, &how, WEXITED | __WALL);
    ns->pid = -1;
}

void sim_netns_close(struct sim_netns *ns)
{
    if (ns == NULL)
        return;
    first_end(ns);
    close_unless_none(ns->pidfd);
    close_unless_none(ns->socket);
    close_unless_none(ns->tun);
    close_unless_none(ns->proc);
    if (ns->shared != NULL)
        (void)munmap(ns->shared, ns->mapped);
    free(ns->text);
    free(ns);
}

int sim_netns_tun(const struct sim_netns *ns)
{
    return ns->tun;
}

bool sim_netns_alive(const struct sim_netns *ns)
{
    struct pollfd polled = {.fd = ns->pidfd, .events = POLLIN};
    return poll(&polled, 1, 0) == 0;
}

struct sim_usage sim_netns_usage(const struct sim_netns *ns)
{
    return netns_usage(ns->proc, ns->shared);
}

/* ---- requests ---- */

static void say(char *text, size_t text_max, const char *what)
{
    (void)snprintf(text, text_max, "%s", what);
}

/* No answer comes any more, to nothing. */
static void give_up(struct sim_netns *ns, const char *why)
{
    ns->reply.done = false;
    say(ns->reply.text, sizeof ns->reply.text, why);
    for (uint32_t i = 0; i < ns->owed_count; i++)
        if (ns->owed[i] != NO_SLOT) {
            ns->processes[ns->owed[i]].step = FAILED;
            say(ns->processes[ns->owed[i]].trouble, NETNS_TEXT_MAX, why);
        }
    ns->owed_count = 0;
}

/* Takes the next answer, for which it waits so long; false: there is none. */
static bool reply_take(struct sim_netns *ns, uint64_t timeout_ns)
{
    if (ns->owed_count == 0 || !heard(ns->socket, timeout_ns))
        return false;
    if (recv(ns->socket, &ns->reply, sizeof ns->reply, 0) != (ssize_t)sizeof ns->reply) {
        give_up(ns, "the namespace has ended");
        return false;
    }
    const uint32_t slot = ns->owed[0];
    memmove(ns->owed, ns->owed + 1, --ns->owed_count * sizeof ns->owed[0]);
    if (slot != NO_SLOT) {
        struct sim_process *const p = &ns->processes[slot];
        p->step = ns->reply.done ? STARTED : FAILED;
        say(p->trouble, sizeof p->trouble, ns->reply.text);
    }
    return true;
}

/* Until nothing is owed. One who does not answer for so long is given up, and ends: what it said
 * later would be taken for another's answer. */
static void replies_take(struct sim_netns *ns)
{
    while (ns->owed_count > 0)
        if (!reply_take(ns, ANSWER_S * (uint64_t)NANO) && ns->owed_count > 0) {
            give_up(ns, "the namespace's first process does not answer");
            (void)shutdown(ns->socket, SHUT_RDWR);
        }
}

/* `slot` is that of a process to be started, or NO_SLOT. */
static void post(struct sim_netns *ns, const struct netns_request *request, uint32_t slot)
{
    if (ns->owed_count == OWED_MAX)
        replies_take(ns);
    ns->owed[ns->owed_count++] = slot;
    if (send(ns->socket, request, sizeof *request, MSG_NOSIGNAL) < 0)
        give_up(ns, "the namespace has ended");
}

static bool ask(struct sim_netns *ns, const struct netns_request *request, char *error,
                size_t error_max)
{
    post(ns, request, NO_SLOT);
    replies_take(ns);
    if (!ns->reply.done)
        say(error, error_max, ns->reply.text);
    return ns->reply.done;
}

/* Words one after the other, each with its NUL. */
struct packed {
    char *at;
    size_t left;
    bool full;
};

static void pack(struct packed *p, const char *octets, size_t len)
{
    p->full = p->full || len > p->left;
    if (p->full)
        return;
    if (len > 0)
        memcpy(p->at, octets, len);
    p->at += len;
    p->left -= len;
}

static void pack_word(struct packed *p, const char *word)
{
    pack(p, word, strlen(word) + 1);
}

/* Until the words of the requests before have been read. */
static void words_wait(struct sim_netns *ns)
{
    bool waits = false;
    for (uint32_t i = 0; i < ns->owed_count; i++)
        waits = waits || ns->owed[i] != NO_SLOT;
    if (waits)
        replies_take(ns);
}

/* How many; more than NETNS_WORDS_MAX are too many. */
static uint32_t pack_words(struct packed *p, const char *const *words)
{
    uint32_t count = 0;
    for (; words[count] != NULL && count <= NETNS_WORDS_MAX; count++)
        pack_word(p, words[count]);
    p->full = p->full || count > NETNS_WORDS_MAX;
    return count;
}

bool sim_netns_write(struct sim_netns *ns, const char *path, struct ike_bytes content, char *error,
                     size_t error_max)
{
    struct packed packed = {.at = ns->shared->request, .left = NETNS_REQUEST_MAX};
    const struct netns_request request = {.verb = NETNS_WRITE, .len = (uint32_t)content.len};
    words_wait(ns);
    pack_word(&packed, path);
    pack(&packed, (const char *)content.at, content.len);
    if (!packed.full)
        return ask(ns, &request, error, error_max);
    (void)snprintf(error, error_max, "%s: longer than %d octets", path, NETNS_REQUEST_MAX);
    return false;
}

/* ---- processes ---- */

static const char *const usual_environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};

static struct sim_process *process_free(struct sim_netns *ns)
{
    for (uint32_t i = 0; i < SIM_PROCESSES_MAX; i++)
        if (!ns->processes[i].used) {
            ns->processes[i] = (struct sim_process){.ns = ns, .slot = i};
            return &ns->processes[i];
        }
    return NULL;
}

/* NULL with a sentence: it is not even asked for. */
static struct sim_process *start_post(struct sim_netns *ns, const struct sim_command *command,
                                      char *error, size_t error_max)
{
    struct packed packed = {.at = ns->shared->request, .left = NETNS_REQUEST_MAX};
    struct sim_process *const p = process_free(ns);
    assert(command->argv[0] != NULL);
    if (p == NULL) {
        (void)snprintf(error, error_max, "%s: %d processes run there, no more can",
                       command->argv[0], SIM_PROCESSES_MAX);
        return NULL;
    }
    struct netns_request request = {.verb = NETNS_START,
                                    .slot = p->slot,
                                    .only_stdout = command->only_stdout,
                                    .cpus = command->cpus};
    words_wait(ns);
    pack_word(&packed, command->root != NULL ? command->root : "");
    pack_word(&packed, command->folder != NULL ? command->folder : "/");
    request.argument_count = pack_words(&packed, command->argv);
    request.environment_count = pack_words(
        &packed, command->environment != NULL ? command->environment : usual_environment);
    if (packed.full) {
        (void)snprintf(error, error_max, "%s: more words, or longer ones, than can be given to it",
                       command->argv[0]);
        return NULL;
    }
    ns->shared->slots[p->slot].tool = command->tool;
    p->used = true;
    post(ns, &request, p->slot);
    return p;
}

struct sim_process *sim_process_begin(struct sim_netns *ns, const struct sim_command *command)
{
    char error[NETNS_TEXT_MAX];
    return start_post(ns, command, error, sizeof error);
}

struct sim_process *sim_process_start(struct sim_netns *ns, const struct sim_command *command,
                                      char *error, size_t error_max)
{
    struct sim_process *const p = start_post(ns, command, error, error_max);
    if (p == NULL)
        return NULL;
    replies_take(ns);
    if (p->step == STARTED)
        return p;
    say(error, error_max, p->trouble);
    p->used = false;
    return NULL;
}

static const struct netns_slot *slot_of(const struct sim_process *p)
{
    return &p->ns->shared->slots[p->slot];
}

struct sim_exit sim_process_exit(const struct sim_process *p)
{
    const struct netns_slot *const slot = slot_of(p);
    while (p->step == STARTING && reply_take(p->ns, 0))
        continue;
    if (p->step == FAILED)
        return (struct sim_exit){.ended = true, .failed = true, .code = -1};
    /* Its first process may have noted the end just before its own: that is looked at first. */
    const bool alive = sim_netns_alive(p->ns);
    if (p->step == STARTING || atomic_load(&slot->state) != NETNS_ENDED)
        return (struct sim_exit){.ended = !alive, .lost = !alive, .code = -1};
    const bool exited = WIFEXITED(slot->status);
    return (struct sim_exit){.ended = true,
                             .code = exited ? WEXITSTATUS(slot->status) : -1,
                             .signal = exited ? 0 : WTERMSIG(slot->status)};
}

struct sim_exit sim_process_wait(struct sim_process *p, uint64_t timeout_ns)
{
    const uint64_t until_ns = sim_wall_ns() + timeout_ns;
    struct sim_exit how = sim_process_exit(p);
    while (!how.ended && sim_wall_ns() < until_ns) {
        pause_briefly();
        how = sim_process_exit(p);
    }
    return how;
}

static bool signal_send(struct sim_process *p, int signal_number, bool group)
{
    char error[NETNS_TEXT_MAX];
    const struct netns_request request = {
        .verb = NETNS_SIGNAL, .slot = p->slot, .signal = signal_number, .group = group};
    return ask(p->ns, &request, error, sizeof error);
}

bool sim_process_signal(struct sim_process *p, int signal)
{
    return signal_send(p, signal, false);
}

static struct sim_exit process_kill(struct sim_process *p)
{
    if (!sim_process_exit(p).ended)
        (void)signal_send(p, SIGKILL, true);
    return sim_process_wait(p, KILLED_S * (uint64_t)NANO);
}

struct sim_exit sim_process_stop(struct sim_process *p, uint64_t grace_ns)
{
    if (!sim_process_exit(p).ended)
        (void)signal_send(p, SIGTERM, false);
    return sim_process_wait(p, grace_ns).ended ? sim_process_exit(p) : process_kill(p);
}

size_t sim_process_log(const struct sim_process *p, char *out, size_t out_max, uint64_t *lost)
{
    const struct netns_slot *const slot = slot_of(p);
    const struct sim_netns *const ns = p->ns;
    const char *const ring = ns->logs + p->slot * ns->ring;
    const uint64_t kept_max = out_max - 1 < ns->log_bytes ? out_max - 1 : ns->log_bytes;
    const uint64_t logged = p->step == STARTED ? atomic_load(&slot->logged) : 0;
    const uint64_t from = logged > kept_max ? logged - kept_max : 0;
    assert(out_max > 0);
    if (p->step == FAILED) {
        say(out, out_max, p->trouble);
        return strlen(out);
    }
    for (uint64_t i = from; i < logged;) {
        const size_t at = i % ns->ring;
        const uint64_t part = logged - i < ns->ring - at ? logged - i : ns->ring - at;
        memcpy(out + (i - from), ring + at, part);
        i += part;
    }
    /* What was written over meanwhile, or is about to be, is not what it was. */
    const uint64_t safe = atomic_load(&slot->logged) + NETNS_CHUNK;
    uint64_t kept_from = safe > ns->ring ? safe - ns->ring : 0;
    kept_from = kept_from < from ? from : kept_from > logged ? logged : kept_from;
    const size_t len = (size_t)(logged - kept_from);
    if (kept_from > from)
        memmove(out, out + (kept_from - from), len);
    out[len] = '\0';
    if (lost != NULL)
        *lost = kept_from;
    return len;
}

bool sim_process_says(struct sim_process *p, const char *text, uint64_t timeout_ns)
{
    const uint64_t until_ns = sim_wall_ns() + timeout_ns;
    uint64_t looked = UINT64_MAX; /* at so many octets */
    for (;;) {
        const bool last = sim_process_exit(p).ended || sim_wall_ns() >= until_ns;
        const uint64_t logged = p->step == STARTED ? atomic_load(&slot_of(p)->logged) : 0;
        if (logged != looked) {
            const size_t len = sim_process_log(p, p->ns->text, p->ns->log_bytes + 1, NULL);
            if (memmem(p->ns->text, len, text, strlen(text)) != NULL)
                return true;
            looked = logged;
        }
        if (last)
            return false;
        pause_briefly();
    }
}

void sim_process_close(struct sim_process *p)
{
    const struct netns_request request = {.verb = NETNS_FORGET, .slot = p->slot};
    if (!sim_process_exit(p).ended)
        (void)process_kill(p);
    if (p->step != FAILED)
        post(p->ns, &request, NO_SLOT);
    p->used = false;
}

bool sim_process_capture(struct sim_netns *ns, const struct sim_command *command,
                         struct sim_captured *captured, char *error, size_t error_max)
{
    captured->len = 0;
    captured->out[0] = '\0';
    captured->exit = (struct sim_exit){.code = -1};
    captured->timed_out = false;
    struct sim_command tool = *command;
    tool.tool = true;
    struct sim_process *const p = sim_process_start(ns, &tool, error, error_max);
    if (p == NULL)
        return false;
    captured->timed_out = !sim_process_wait(p, captured->timeout_ns).ended;
    captured->exit = captured->timed_out ? process_kill(p) : sim_process_exit(p);
    captured->len = sim_process_log(p, captured->out, captured->out_max, NULL);
    sim_process_close(p);
    if (captured->timed_out)
        (void)snprintf(error, error_max, "%s has not ended after %llu ms and was killed",
                       command->argv[0], (unsigned long long)(captured->timeout_ns / STEP_NS));
    else if (captured->exit.lost)
        (void)snprintf(error, error_max, "%s: the namespace has ended", command->argv[0]);
    return !captured->timed_out && !captured->exit.lost;
}
