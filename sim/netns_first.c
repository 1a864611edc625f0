/* SPDX-License-Identifier: MIT
 * The first process of a namespace: it furnishes it, starts processes when told
 * to, takes what they write so that they never wait, notes how they end, and
 * reaps whatever is left to it. When it ends, and it does with us, the kernel
 * kills all the others. */
#include "sim/netns_inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SOCKET = 3,           /* whatever it was before */
    CHUNKS_MAX = 16,      /* of one process's output at a time */
    PIPE_BYTES = 1 << 20, /* a burst it may write while this process has not its turn */
    CAPABILITIES = 64,
    NANO = 1000000000,
    MICRO = 1000
};

struct first {
    const struct netns_inside *in;
    int signals; /* SIGCHLD, as a descriptor */
    int outputs[SIM_PROCESSES_MAX];
};

/* ---- output ---- */

static void log_put(struct first *f, uint32_t index, const char *octets, size_t len)
{
    struct netns_slot *const slot = &f->in->shared->slots[index];
    char *const ring = f->in->logs + index * f->in->ring;
    const uint64_t logged = atomic_load(&slot->logged);
    for (size_t i = 0; i < len;) {
        const size_t at = (logged + i) % f->in->ring;
        const size_t room = f->in->ring - at;
        const size_t part = len - i < room ? len - i : room;
        memcpy(ring + at, octets + i, part);
        i += part;
    }
    atomic_store(&slot->logged, logged + len);
}

static void output_take(struct first *f, uint32_t index)
{
    char octets[NETNS_CHUNK];
    for (int i = 0; i < CHUNKS_MAX && f->outputs[index] >= 0; i++) {
        const ssize_t len = read(f->outputs[index], octets, sizeof octets);
        if (len > 0) {
            log_put(f, index, octets, (size_t)len);
        } else if (len == 0 || errno != EAGAIN) {
            (void)close(f->outputs[index]);
            f->outputs[index] = -1;
        } else {
            break;
        }
    }
}

/* ---- processes ---- */

/* What a process may do as root there: serve a network, and change to a lesser user. Not among
 * them: to mount, to load modules, to set the clock, to boot, to make devices. */
static const uint8_t kept_capabilities[] = {
    CAP_CHOWN,         CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,   CAP_FSETID,
    CAP_KILL,          CAP_SETGID,       CAP_SETUID,          CAP_SETPCAP,  CAP_NET_BIND_SERVICE,
    CAP_NET_BROADCAST, CAP_NET_ADMIN,    CAP_NET_RAW,         CAP_IPC_LOCK, CAP_SYS_CHROOT,
    CAP_SYS_NICE,      CAP_SYS_RESOURCE,
};

static void capabilities_drop(void)
{
    for (unsigned long i = 0; i < CAPABILITIES; i++)
        if (memchr(kept_capabilities, (int)i, sizeof kept_capabilities) == NULL)
            (void)prctl(PR_CAPBSET_DROP, i, 0UL, 0UL, 0UL);
}

struct words {
    char *root;
    char *folder;
    char *arguments[NETNS_WORDS_MAX + 1];
    char *environment[NETNS_WORDS_MAX + 1];
};

static char *word_next(char **at)
{
    char *const word = *at;
    *at += strlen(word) + 1;
    return word;
}

static void words_read(char *at, const struct netns_request *request, struct words *words)
{
    *words = (struct words){.root = word_next(&at)};
    words->folder = word_next(&at);
    for (uint32_t i = 0; i < request->argument_count; i++)
        words->arguments[i] = word_next(&at);
    for (uint32_t i = 0; i < request->environment_count; i++)
        words->environment[i] = word_next(&at);
}

/* Why a process could not be started, from it to its parent. */
struct failure {
    enum { FAILED_FILES, FAILED_CPUS, FAILED_ROOT, FAILED_FOLDER, FAILED_EXEC } step;
    int error;
};

static bool files_set(int output, bool only_stdout)
{
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    return nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(output, 1) >= 0 &&
           dup2(only_stdout ? nothing : output, 2) >= 0;
}

/* In the new process. */
static _Noreturn void become(const struct netns_request *request, const struct words *words,
                             int output, int trouble)
{
    static const struct rlimit no_core = {0, 0};
    struct failure failure = {.step = FAILED_FILES};
    sigset_t none;
    (void)sigemptyset(&none);
    (void)setsid();
    (void)setrlimit(RLIMIT_CORE, &no_core);
    bool done = files_set(output, request->only_stdout);
    if (done) {
        failure.step = FAILED_CPUS;
        done = request->cpus == 0 || sim_cpus_keep(request->cpus);
    }
    if (done && words->root[0] != '\0') {
        failure.step = FAILED_ROOT;
        done = chroot(words->root) == 0;
    }
    if (done) {
        failure.step = FAILED_FOLDER;
        done = chdir(words->folder) == 0;
    }
    if (done) {
        failure.step = FAILED_EXEC;
        capabilities_drop();
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        assert(words->arguments[0] != NULL); /* who asks has named a program */
        (void)execvpe(words->arguments[0], words->arguments, words->environment);
    }
    failure.error = errno;
    (void)write(trouble, &failure, sizeof failure);
    _exit(127);
}

static void book_tool(struct first *f, const struct rusage *used)
{
    const struct timeval *const times[] = {&used->ru_utime, &used->ru_stime};
    for (int i = 0; i < 2; i++)
        (void)atomic_fetch_add(&f->in->shared->tools_ns, (uint64_t)times[i]->tv_sec * NANO +
                                                             (uint64_t)times[i]->tv_usec * MICRO);
}

static bool start_failed(const struct failure *failure, const struct words *words,
                         struct netns_reply *reply)
{
    const char *const what = words->arguments[0];
    switch (failure->step) {
    case FAILED_CPUS:
        return netns_fails(reply, failure->error, "%s cannot be kept to its CPUs", what);
    case FAILED_ROOT:
        return netns_fails(reply, failure->error, "%s cannot be started: the root %s", what,
                           words->root);
    case FAILED_FOLDER:
        return netns_fails(reply, failure->error, "%s cannot be started: the folder %s", what,
                           words->folder);
    case FAILED_FILES:
    case FAILED_EXEC:
        break;
    }
    return netns_fails(reply, failure->error, "%s%s%s cannot be started in the namespace", what,
                       words->root[0] != '\0' ? " below " : "", words->root);
}

/* Two descriptors each: of a process's output, and of its trouble. */
static bool pipes_open(int output[2], int trouble[2])
{
    if (pipe2(output, O_CLOEXEC) != 0)
        return false;
    if (pipe2(trouble, O_CLOEXEC) != 0) {
        (void)close(output[0]);
        (void)close(output[1]);
        return false;
    }
    (void)fcntl(output[0], F_SETPIPE_SZ, PIPE_BYTES);
    return fcntl(output[0], F_SETFL, O_NONBLOCK) == 0;
}

static bool start(struct first *f, const struct netns_request *request, struct netns_reply *reply)
{
    struct netns_slot *const slot = &f->in->shared->slots[request->slot];
    struct words words;
    struct failure failure;
    struct rusage used;
    int output[2];
    int trouble[2];
    words_read(f->in->shared->request, request, &words);
    if (!pipes_open(output, trouble))
        return netns_fails(reply, errno, "%s", words.arguments[0]);
    const pid_t pid = fork();
    if (pid == 0)
        become(request, &words, output[1], trouble[1]);
    const int error = errno;
    (void)close(output[1]);
    (void)close(trouble[1]);
    ssize_t told = -1;
    do
        told = pid > 0 ? read(trouble[0], &failure, sizeof failure) : 0;
    while (told < 0 && errno == EINTR);
    (void)close(trouble[0]);
    if (pid < 0 || told == (ssize_t)sizeof failure) {
        (void)close(output[0]);
        if (pid < 0)
            return netns_fails(reply, error, "%s cannot be started", words.arguments[0]);
        if (wait4(pid, NULL, 0, &used) == pid)
            book_tool(f, &used); /* it was never more than we are */
        return start_failed(&failure, &words, reply);
    }
    f->outputs[request->slot] = output[0];
    slot->pid = pid;
    atomic_store(&slot->logged, 0);
    atomic_store(&slot->state, NETNS_RUNS);
    return true;
}

/* All its output is in the log before it is said to have ended. */
static void ended(struct first *f, pid_t pid, int status, const struct rusage *used)
{
    for (uint32_t i = 0; i < SIM_PROCESSES_MAX; i++) {
        struct netns_slot *const slot = &f->in->shared->slots[i];
        if (atomic_load(&slot->state) != NETNS_RUNS || slot->pid != pid)
            continue;
        for (int more = PIPE_BYTES / (CHUNKS_MAX * NETNS_CHUNK); more >= 0; more--)
            output_take(f, i);
        if (slot->tool)
            book_tool(f, used);
        slot->status = status;
        atomic_store(&slot->state, NETNS_ENDED);
    }
}

static void reap(struct first *f)
{
    struct signalfd_siginfo told;
    struct rusage used;
    int status = 0;
    (void)read(f->signals, &told, sizeof told);
    for (pid_t pid = wait4(-1, &status, WNOHANG, &used); pid > 0;
         pid = wait4(-1, &status, WNOHANG, &used))
        ended(f, pid, status, &used);
}

/* ---- requests ---- */

static bool send_signal(struct first *f, const struct netns_request *request,
                        struct netns_reply *reply)
{
    const struct netns_slot *const slot = &f->in->shared->slots[request->slot];
    if (atomic_load(&slot->state) != NETNS_RUNS)
        return netns_fails(reply, 0, "it has ended");
    return kill(request->group ? -slot->pid : slot->pid, request->signal) == 0 ||
           netns_fails(reply, errno, "signal %d", request->signal);
}

static bool forget(struct first *f, const struct netns_request *request, struct netns_reply *reply)
{
    (void)reply;
    if (f->outputs[request->slot] >= 0)
        (void)close(f->outputs[request->slot]);
    f->outputs[request->slot] = -1;
    atomic_store(&f->in->shared->slots[request->slot].state, NETNS_FREE);
    return true;
}

static bool write_all(int file, const char *octets, size_t len)
{
    while (len > 0) {
        const ssize_t written = write(file, octets, len);
        if (written < 0 && errno != EINTR)
            return false;
        octets += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool write_file(struct first *f, const struct netns_request *request,
                       struct netns_reply *reply)
{
    const char *const path = f->in->shared->request;
    const int file = netns_folders_for(path)
                         ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)
                         : -1;
    bool done = file >= 0 && write_all(file, path + strlen(path) + 1, request->len);
    const int error = errno;
    if (file >= 0)
        done = close(file) == 0 && done;
    return done || netns_fails(reply, error, "%s cannot be written in the namespace", path);
}

static void serve(struct first *f)
{
    static bool (*const verbs[])(struct first *, const struct netns_request *,
                                 struct netns_reply *) = {[NETNS_START] = start,
                                                          [NETNS_SIGNAL] = send_signal,
                                                          [NETNS_FORGET] = forget,
                                                          [NETNS_WRITE] = write_file};
    struct netns_request request;
    struct netns_reply reply = {.text = ""};
    const ssize_t len = recv(SOCKET, &request, sizeof request, 0);
    if (len < 0 && errno == EINTR)
        return;
    if (len != (ssize_t)sizeof request)
        _exit(0); /* who made us is no more */
    reply.done = verbs[request.verb](f, &request, &reply);
    if (send(SOCKET, &reply, sizeof reply, MSG_NOSIGNAL) < 0)
        _exit(0);
}

/* ---- its life ---- */

/* Nothing of what we have open is kept but the socket: another's end of file must not wait for it.
 */
static bool alone(struct first *f)
{
    sigset_t all;
    (void)prctl(PR_SET_NAME, "ikelab-netns");
    (void)setsid();
    for (int signal_number = 1; signal_number < _NSIG; signal_number++)
        (void)signal(signal_number, SIG_DFL);
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    if (f->in->socket != SOCKET && dup3(f->in->socket, SOCKET, O_CLOEXEC) < 0)
        return false;
    if (syscall(SYS_close_range, SOCKET + 1, ~0U, 0) != 0)
        return false;
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0)
        return false;
    (void)sigemptyset(&all);
    (void)sigaddset(&all, SIGCHLD);
    f->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    return f->signals >= 0;
}

/* Our side of the device and /proc go with the reply. */
static bool present(const struct netns_reply *reply, int fds[2])
{
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(2 * sizeof(int))];
    } control = {.octets = {0}};
    struct netns_reply copy = *reply;
    struct iovec part = {.iov_base = &copy, .iov_len = sizeof copy};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (reply->done) {
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(2 * sizeof(int)),
                                          .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, 2 * sizeof(int));
        message.msg_control = &control;
        message.msg_controllen = sizeof control.octets;
    }
    const bool sent = sendmsg(SOCKET, &message, MSG_NOSIGNAL) >= 0;
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]); /* the device goes with our side of it */
    return sent && reply->done;
}

static void live(struct first *f)
{
    struct pollfd polled[2 + SIM_PROCESSES_MAX] = {{.fd = SOCKET, .events = POLLIN},
                                                   {.fd = f->signals, .events = POLLIN}};
    for (uint32_t i = 0; i < SIM_PROCESSES_MAX; i++)
        polled[2 + i] = (struct pollfd){.fd = f->outputs[i], .events = POLLIN};
    if (poll(polled, 2 + SIM_PROCESSES_MAX, -1) < 0)
        return;
    for (uint32_t i = 0; i < SIM_PROCESSES_MAX; i++)
        if (polled[2 + i].revents != 0)
            output_take(f, i);
    if (polled[1].revents != 0)
        reap(f);
    if (polled[0].revents != 0)
        serve(f);
}

_Noreturn void netns_first(const struct netns_inside *in)
{
    struct first f = {.in = in};
    struct netns_reply reply = {.text = ""};
    int fds[2] = {-1, -1};
    /* Whoever made us may have died before this: then the socket says so. */
    (void)prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL);
    for (uint32_t i = 0; i < SIM_PROCESSES_MAX; i++)
        f.outputs[i] = -1;
    if (alone(&f))
        reply.done = netns_make(in, fds, &reply);
    else
        (void)netns_fails(&reply, errno, "the namespace's first process");
    if (!present(&reply, fds))
        _exit(1);
    for (;;)
        live(&f);
}
