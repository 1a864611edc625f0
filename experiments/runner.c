/* SPDX-License-Identifier: MIT
 * The parent of the workers: hands out runs, takes what they spooled into the
 * database, and says what went wrong with which run. */
#include "experiments/runner.h"

#include "experiments/json.h"
#include "experiments/temporary.h"
#include "experiments/watch.h"
#include "results/results.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 256, LINE_TEXT = 1024 };

struct job {
    uint32_t run, round; /* one of each point is a round */
    uint64_t weight;
};

struct worker {
    pid_t pid; /* 0: none */
    int to, from;
    bool busy;
    struct job job;
    uint64_t part;                  /* of the job, thousandths */
    char spool[TEMPORARY_PATH_MAX]; /* two files by turns: this with 0 or 1 behind */
    unsigned turn;                  /* of the job */
    char line[LINE_TEXT];
    size_t line_len;
};

struct pool {
    struct runner *runner;
    struct job *jobs;
    size_t job_count, next;
    struct worker workers[WORKERS_MAX];
    uint32_t worker_count;
    uint64_t weight_done;
};

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

static void signals_watch(bool watch)
{
    struct sigaction action = {.sa_handler = watch ? on_signal : SIG_DFL,
                               .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

static bool write_all(int to, const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t wrote = write(to, text, len);
        if (wrote < 0 && errno == EINTR && caught == 0)
            continue;
        if (wrote <= 0)
            return false;
        text += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

static bool study_send(const struct pool *pool, const struct worker *w)
{
    const struct study *study = pool->runner->study;
    char line[LINE_TEXT];
    int len = 0;
    if (pool->runner->pcap != NULL) {
        len = snprintf(line, sizeof line, "pcap %s\n", pool->runner->pcap);
        if (!write_all(w->to, line, (size_t)len))
            return false;
    }
    len = snprintf(line, sizeof line, "study %zu %s\n", strlen(study->text), study->name);
    return write_all(w->to, line, (size_t)len) &&
           write_all(w->to, study->text, strlen(study->text));
}

/* The child: pipes to standard input and output, and nothing else inherited that matters. */
static void child_start(const int *in, const int *out)
{
    static char name[] = "ikelab";
    static char command[] = "worker";
    char *const argv[] = {name, command, NULL};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGINT, &ignore, NULL); /* Ctrl-C goes to the parent, who ends the workers */
    if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0)
        (void)execv("/proc/self/exe", argv);
    _exit(127);
}

static bool worker_open(struct pool *pool, struct worker *w)
{
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0)
        return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        (void)close(in[0]);
        (void)close(in[1]);
        return false;
    }
    *w = (struct worker){.to = in[1], .from = out[0]};
    const pid_t pid = fork();
    if (pid == 0)
        child_start(in, out);
    w->pid = pid > 0 ? pid : 0;
    (void)close(in[0]);
    (void)close(out[1]);
    if (pid > 0 && study_send(pool, w))
        return true;
    (void)close(w->to);
    (void)close(w->from);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
    w->pid = 0;
    return false;
}

static const char *spool_file(const struct worker *w, unsigned turn, char *out)
{
    (void)snprintf(out, TEMPORARY_PATH_MAX + 2, "%s%u", w->spool, turn);
    return out;
}

/* Ends a worker and gives its exit status as waitpid does. */
static int worker_close(struct worker *w, bool now)
{
    int status = 0;
    (void)close(w->to);
    (void)close(w->from);
    if (now)
        (void)kill(w->pid, SIGKILL);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    watch_forget(w->pid);
    w->pid = 0;
    temporary_close(w->spool); /* has the worker ended well, it is gone already */
    return status;
}

static void run_failed(struct pool *pool, uint32_t run, const char *why)
{
    const struct study *study = pool->runner->study;
    const uint32_t point = run / (uint32_t)study->seeds;
    char where[LINE_TEXT];
    pool->runner->failed++;
    progress_clear(&pool->runner->progress);
    (void)fprintf(stderr, "ikelab: run %u failed: %s (point %u: %s; seed %" PRIu64 ")\n", run, why,
                  point, study_point_text(study, point, where, sizeof where),
                  study_seed(study, run));
    if (!pool->runner->json)
        return;
    json_open("run");
    json_count("number", run);
    json_count("point", point);
    json_count("seed", study_seed(study, run));
    json_bool("failed", true);
    json_text("why", why);
    json_close();
}

static void run_done(struct pool *pool, uint32_t run, const char *spool, const char *facts)
{
    struct runner *r = pool->runner;
    const char *blank = strchr(facts, ' ');
    const int fingerprint_len = blank != NULL ? (int)(blank - facts) : 0;
    char *end = NULL;
    const uint64_t wall_ns = blank != NULL ? strtoull(blank, &end, 10) : 0;
    const uint64_t cpu_ns = blank != NULL ? strtoull(end, NULL, 10) : 0;
    char fingerprint[40];
    (void)snprintf(fingerprint, sizeof fingerprint, "%.*s", fingerprint_len, facts);
    r->done++;
    if (!results_has_run(r->db, run) && !results_take(r->db, spool, r->error))
        r->stopped = true;
    (void)unlink(spool);
    if (!r->json || r->stopped)
        return;
    json_open("run");
    json_count("number", run);
    json_count("point", run / r->study->seeds);
    json_count("seed", study_seed(r->study, run));
    json_bool("failed", false);
    json_text("fingerprint", fingerprint);
    json_count("wall_ns", wall_ns);
    json_count("cpu_ns", cpu_ns);
    json_count("done", r->done);
    json_close();
}

/* Gives a worker its next run, if there is one. False: it cannot be spoken to. */
static bool work_send(struct pool *pool, struct worker *w)
{
    if (pool->next == pool->job_count)
        return true;
    char line[LINE_TEXT];
    w->job = pool->jobs[pool->next++];
    w->busy = true;
    w->part = 0;
    w->turn = 1 - w->turn;
    const int len = snprintf(line, sizeof line, "run %u %u\n", w->job.run, w->turn);
    return write_all(w->to, line, (size_t)len);
}

/* One line from a worker. */
static void worker_said(struct pool *pool, struct worker *w, const char *line)
{
    if (strncmp(line, "at ", 3) == 0) {
        w->part = strtoul(line + 3, NULL, 10);
        return;
    }
    if (strncmp(line, "spool ", 6) == 0) {
        (void)snprintf(w->spool, sizeof w->spool, "%s", line + 6);
        return;
    }
    const bool done = strncmp(line, "done ", 5) == 0;
    if (!done && strncmp(line, "failed ", 7) != 0)
        return;
    /* The worker goes on while its rows are written. */
    char spool[TEMPORARY_PATH_MAX + 2];
    const uint32_t run = w->job.run;
    w->busy = false;
    pool->weight_done += w->job.weight;
    (void)spool_file(w, w->turn, spool);
    (void)work_send(pool, w); /* if it is gone, its closed pipe says so next */
    if (done)
        run_done(pool, run, spool, line + 5);
    else
        run_failed(pool, run, line + 7);
}

static void worker_lost(struct pool *pool, struct worker *w)
{
    char why[64] = "the worker ended";
    const bool busy = w->busy;
    const int status = worker_close(w, false);
    if (WIFSIGNALED(status))
        (void)snprintf(why, sizeof why, "the worker was ended by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        (void)snprintf(why, sizeof why, "the worker ended with status %d", WEXITSTATUS(status));
    if (busy) {
        pool->weight_done += w->job.weight;
        run_failed(pool, w->job.run, why);
    }
    if (pool->next < pool->job_count && busy && worker_open(pool, w))
        (void)work_send(pool, w);
}

static void worker_hear(struct pool *pool, struct worker *w)
{
    const ssize_t got = read(w->from, w->line + w->line_len, sizeof w->line - 1 - w->line_len);
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) {
        worker_lost(pool, w);
        return;
    }
    w->line_len += (size_t)got;
    w->line[w->line_len] = '\0';
    char *start = w->line;
    for (char *end = strchr(start, '\n'); end != NULL; end = strchr(start, '\n')) {
        *end = '\0';
        worker_said(pool, w, start);
        start = end + 1;
    }
    w->line_len = strlen(start);
    memmove(w->line, start, w->line_len + 1);
    if (w->line_len == sizeof w->line - 1)
        w->line_len = 0;
}

static void show(struct pool *pool)
{
    uint64_t weight = pool->weight_done;
    for (uint32_t i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].busy)
            weight += pool->workers[i].job.weight / 1000 * pool->workers[i].part;
    progress_show(&pool->runner->progress, pool->runner->done + pool->runner->failed, weight);
}

static bool any_busy(const struct pool *pool)
{
    for (uint32_t i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].pid != 0 && pool->workers[i].busy)
            return true;
    return false;
}

static void attend(struct pool *pool)
{
    struct pollfd watch[WORKERS_MAX];
    while (any_busy(pool) && caught == 0 && !pool->runner->stopped) {
        for (uint32_t i = 0; i < pool->worker_count; i++)
            watch[i] = (struct pollfd){.fd = pool->workers[i].pid != 0 ? pool->workers[i].from : -1,
                                       .events = POLLIN};
        const int ready = poll(watch, pool->worker_count, 200);
        for (uint32_t i = 0; i < pool->worker_count && ready > 0; i++)
            if (watch[i].revents != 0 && !pool->runner->stopped)
                worker_hear(pool, &pool->workers[i]);
        show(pool);
    }
}

/* And of those that take the same time, as in real time all do, one of each point before the next:
 * what a machine does worse from hour to hour falls on all points alike. */
static int longest_first(const void *left, const void *right)
{
    const struct job *a = left;
    const struct job *b = right;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    if (a->round != b->round)
        return a->round < b->round ? -1 : 1;
    return a->run < b->run ? -1 : 1;
}

static void pool_open(struct pool *pool, struct runner *runner, const uint32_t *runs, size_t count)
{
    pool->runner = runner;
    pool->jobs = calloc(count, sizeof pool->jobs[0]);
    if (pool->jobs == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        pool->jobs[i] = (struct job){.run = runs[i],
                                     .round = runs[i] % (uint32_t)runner->study->seeds,
                                     .weight = study_expected_ns(runner->study, runs[i])};
        runner->progress.weight += pool->jobs[i].weight;
    }
    runner->progress.runs = (uint32_t)count;
    qsort(pool->jobs, count, sizeof pool->jobs[0], longest_first);
    pool->job_count = count;
    pool->worker_count = runner->jobs < WORKERS_MAX ? runner->jobs : WORKERS_MAX;
    if (pool->worker_count > count)
        pool->worker_count = (uint32_t)count;
}

void runner_run(struct runner *runner, const uint32_t *runs, size_t count)
{
    static struct pool pool;
    memset(&pool, 0, sizeof pool);
    if (count == 0)
        return;
    caught = 0;
    signals_watch(true);
    pool_open(&pool, runner, runs, count);
    const char *tmp = getenv("TMPDIR");
    tmp = tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp";
    const bool room = access(tmp, W_OK | X_OK) == 0; /* else each worker would say so, run by run */
    uint32_t working = 0;
    for (uint32_t i = 0; i < pool.worker_count && room; i++)
        if (worker_open(&pool, &pool.workers[i]) && work_send(&pool, &pool.workers[i]))
            working++;
    if (working == 0) {
        (void)snprintf(runner->error, sizeof runner->error,
                       "no worker could be started, with temporary files in %.200s: %s", tmp,
                       strerror(errno));
        runner->stopped = true;
    }
    attend(&pool);
    for (uint32_t i = 0; i < pool.worker_count; i++)
        if (pool.workers[i].pid != 0)
            (void)worker_close(&pool.workers[i], caught != 0 || runner->stopped);
    runner->signal = caught;
    signals_watch(false);
    progress_clear(&runner->progress);
    free(pool.jobs);
}
