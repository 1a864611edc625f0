/* SPDX-License-Identifier: MIT
 * A worker: one run after another, each spooled into one of
 * two files by turns, in a temporary folder of its own.
 *
 *     ->  spool PATH                              the files are this with 0 or 1 behind
 *     <-  pcap FOLDER                             when captures are wanted
 *     <-  study LENGTH NAME, and LENGTH octets of canonical YAML
 *     <-  run NUMBER TURN                         any number of these; TURN is 0 or 1
 *     ->  at THOUSANDTHS                          now and then
 *     ->  done FINGERPRINT WALL_NS CPU_NS   or   failed TEXT
 *
 * It ends when its standard input closes, also amid a run. */
#include "experiments/live_setup.h"
#include "experiments/runner.h"
#include "experiments/temporary.h"
#include "experiments/watch.h"
#include "ike/crypto.h"
#include "results/results.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_TEXT = 1024, CAPTURE_MESSAGES = 10000 };

/* Hands what a run reports to its spool, and messages to a capture too. */
struct tee {
    struct sim_record record;
    struct sim_record *below;
    struct results_capture *capture;
    bool messages; /* into the spool */
    uint64_t events;
};

static struct tee *tee_of(struct sim_record *record)
{
    return (struct tee *)(void *)record;
}

static void tee_metric(struct sim_record *r, const char *who, enum sim_metric metric, int64_t value)
{
    struct tee *tee = tee_of(r);
    if (metric == SIM_METRIC_EVENTS)
        tee->events = (uint64_t)value;
    tee->below->ops->metric(tee->below, who, metric, value);
}

static void tee_series(struct sim_record *r, const char *who, enum sim_series series,
                       uint64_t at_ns, int64_t value)
{
    struct tee *tee = tee_of(r);
    tee->below->ops->series(tee->below, who, series, at_ns, value);
}

static void tee_handshake(struct sim_record *r, const struct sim_handshake *handshake)
{
    struct tee *tee = tee_of(r);
    tee->below->ops->handshake(tee->below, handshake);
}

static void tee_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    struct tee *tee = tee_of(r);
    tee->below->ops->refusal(tee->below, who, reason, count);
}

static void tee_message(struct sim_record *r, const struct sim_message *message)
{
    struct tee *tee = tee_of(r);
    if (tee->messages)
        tee->below->ops->message(tee->below, message);
    if (tee->capture != NULL)
        results_capture_message(tee->capture, message);
}

static void tee_keys(struct sim_record *r, const struct ike_sa_keys *keys)
{
    struct tee *tee = tee_of(r);
    if (tee->messages)
        tee->below->ops->keys(tee->below, keys);
    if (tee->capture != NULL)
        results_capture_keys(tee->capture, keys);
}

static const struct sim_record_ops tee_ops = {
    .metric = tee_metric,
    .series = tee_series,
    .handshake = tee_handshake,
    .refusal = tee_refusal,
    .message = tee_message,
    .keys = tee_keys,
};

struct shift {
    struct study *study;
    char pcap[PATH_TEXT];
    char spool[TEMPORARY_PATH_MAX];
    char error[RESULTS_ERROR_MAX];
    uint64_t said; /* thousandths of the run, told last */
    uint64_t end_ns;
    struct watch watch;        /* of live runs */
    struct model_world *world; /* the live one that runs, or NULL */
    struct model_world_config config;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool still_wanted(void *owner, uint64_t now_ns)
{
    struct shift *shift = owner;
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&in, 1, 0) > 0 && (in.revents & (POLLHUP | POLLERR)) != 0)
        return false;
    if (shift->world != NULL)
        watch_show(&shift->watch, shift->world);
    const uint64_t thousandths = now_ns / (shift->end_ns / 1000 + 1);
    if (thousandths >= shift->said + 50) {
        shift->said = thousandths;
        (void)printf("at %llu\n", (unsigned long long)thousandths);
        (void)fflush(stdout);
    }
    return true;
}

/* DIR/NAME.pcapng when one run is captured, DIR/point-P-seed-S/NAME.pcapng when there are more:
 * each has a decryption table of its own, which Wireshark knows by its name only. */
static struct results_capture *capture_open(struct shift *shift, uint32_t run)
{
    const struct study *s = shift->study;
    const bool many =
        (s->trace.points > 1 && study_points(s) > 1) || (s->trace.seeds > 1 && s->seeds > 1);
    char folder[PATH_TEXT + 64];
    char capture[PATH_TEXT + 256];
    char keys[PATH_TEXT + 256];
    if (many)
        (void)snprintf(folder, sizeof folder, "%s/point-%u-seed-%u", shift->pcap,
                       (unsigned)(run / s->seeds), (unsigned)study_seed(s, run));
    else
        (void)snprintf(folder, sizeof folder, "%s", shift->pcap);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        (void)snprintf(shift->error, sizeof shift->error, "%.300s: %s", folder, strerror(errno));
        return NULL;
    }
    (void)snprintf(capture, sizeof capture, "%s/%s.pcapng", folder, s->name);
    (void)snprintf(keys, sizeof keys, "%s/ikev2_decryption_table", folder);
    return results_capture_open(capture, keys, shift->error);
}

/* Where a daemon is (0: none is asked for). False, with a line, when it is not there. */
static bool daemon_find(struct shift *shift, uint64_t daemon)
{
    struct model_world_config *const c = &shift->config;
    struct live_place place;
    char why[MODEL_DAEMON_PATH_MAX + 128];
    if (daemon == 0)
        return true;
    if (!live_find(model_recipes[daemon - 1], &place, why, sizeof why)) {
        (void)snprintf(shift->error, sizeof shift->error, "%s: %.400s",
                       model_recipe_title(model_recipes[daemon - 1]), why);
        return false;
    }
    (void)snprintf(c->daemons[daemon - 1].root, sizeof c->daemons[0].root, "%s", place.root);
    (void)snprintf(c->daemons[daemon - 1].libraries, sizeof c->daemons[0].libraries, "%s",
                   place.libraries);
    return true;
}

/* Those that gateways and clients are to be. */
static bool daemons_find(struct shift *shift)
{
    struct model_world_config *const c = &shift->config;
    const char *const stand_in = getenv("IKELAB_STAND_IN");
    (void)snprintf(c->stand_in, sizeof c->stand_in, "%s", stand_in != NULL ? stand_in : "");
    bool found = true;
    for (uint32_t i = 0; found && i < c->gateway_count; i++)
        found = daemon_find(shift, c->gateways[i].daemon);
    for (uint32_t i = 0; found && i < c->client_count; i++)
        found = daemon_find(shift, c->clients[i].daemon);
    return found;
}

/* The world, from its opening to its end. False when it failed, or nobody waits for it any more. */
static bool world_run(struct shift *shift, struct tee *tee, char *fingerprint)
{
    model_provider_fn *provider =
        shift->config.crypto == MODEL_OPENSSL ? ike_crypto_openssl : ike_crypto_modelled;
    if (!daemons_find(shift))
        return false;
    struct model_world *world =
        model_world_open(&shift->config, provider, &tee->record, shift->error, sizeof shift->error);
    if (world == NULL)
        return false;
    shift->said = 0;
    shift->end_ns = shift->config.for_ns;
    shift->world = shift->config.network == MODEL_LIVE ? world : NULL;
    const bool ran = model_world_run(world, still_wanted, shift);
    shift->world = NULL;
    const char *const trouble = model_world_trouble(world);
    (void)snprintf(shift->error, sizeof shift->error, "%s", trouble != NULL ? trouble : "stopped");
    const struct sim_fingerprint trace = model_world_fingerprint(world);
    sim_fingerprint_text(&trace, fingerprint);
    model_world_close(world);
    return ran;
}

static void watch_run(struct shift *shift, uint32_t run)
{
    static char point[PATH_TEXT];
    const struct study *const s = shift->study;
    if (shift->config.network != MODEL_LIVE)
        return;
    if (shift->watch.path[0] == '\0')
        watch_open(&shift->watch);
    watch_begin(&shift->watch,
                &(struct watch_run){
                    .experiment = s->name,
                    .point = study_point_text(s, run / (uint32_t)s->seeds, point, sizeof point),
                    .number = run + 1,
                    .count = study_runs(s),
                    .seed = study_seed(s, run)});
}

static bool run_spooled(struct shift *shift, uint32_t run, const char *spool_path)
{
    const uint64_t wall = clock_ns(CLOCK_MONOTONIC);
    const uint64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    struct study *s = shift->study;
    char fingerprint[33] = "";
    struct results_spool *spool = results_spool_open(spool_path, shift->error);
    if (spool == NULL)
        return false;

    study_config(s, run, &shift->config);
    watch_run(shift, run);
    struct tee tee = {.record = {.ops = &tee_ops},
                      .below = results_spool_record(spool),
                      .messages = shift->config.trace_messages > 0};
    bool good = true;
    if (shift->pcap[0] != '\0' && study_traced(s, run)) {
        tee.capture = capture_open(shift, run);
        good = tee.capture != NULL;
        if (shift->config.trace_messages == 0)
            shift->config.trace_messages = CAPTURE_MESSAGES;
    }
    good = good && world_run(shift, &tee, fingerprint);
    if (tee.capture != NULL && !results_capture_close(tee.capture, shift->error))
        good = false;

    struct results_run facts = {.number = run,
                                .point = run / (uint32_t)s->seeds,
                                .seed = study_seed(s, run),
                                .fingerprint = fingerprint,
                                .events = tee.events};
    facts.wall_ns = clock_ns(CLOCK_MONOTONIC) - wall;
    facts.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    char error[RESULTS_ERROR_MAX] = "";
    const bool closed = results_spool_close(spool, &facts, error);
    if (good && !closed)
        memcpy(shift->error, error, sizeof error);
    if (good && closed)
        (void)printf("done %s %llu %llu\n", fingerprint, (unsigned long long)facts.wall_ns,
                     (unsigned long long)facts.cpu_ns);
    return good && closed;
}

/* What a daemon wrote may be in it: no line of ours begins there, and no terminal is told anything.
 */
static void plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = ' ';
}

static void run_do(struct shift *shift, const char *line)
{
    char spool[TEMPORARY_PATH_MAX + 2];
    char *end = NULL;
    const unsigned long run = strtoul(line, &end, 10);
    const unsigned long turn = strtoul(end, NULL, 10);
    if (shift->study == NULL || turn > 1 || run >= study_runs(shift->study)) {
        (void)puts("failed there is no such run");
        return;
    }
    (void)snprintf(spool, sizeof spool, "%s%lu", shift->spool, turn);
    if (run_spooled(shift, (uint32_t)run, spool))
        return;
    plain(shift->error);
    (void)printf("failed %s\n", shift->error);
}

static bool study_take(struct shift *shift, char *line)
{
    static char name[PATH_TEXT];
    char *end = NULL;
    const size_t len = strtoul(line, &end, 10);
    char *text = len <= 2UL * TREE_FILE_MAX ? malloc(len + 1) : NULL;
    if (text == NULL || fread(text, 1, len, stdin) != len) {
        free(text);
        return false;
    }
    (void)snprintf(name, sizeof name, "%s", *end == ' ' ? end + 1 : "");
    shift->study = study_read(
        &(struct study_source){.path = name, .text = text, .text_len = len, .name = name});
    problems_print(&shift->study->problems, stderr);
    free(text);
    return shift->study->problems.count == 0;
}

int worker_main(void)
{
    static struct shift shift;
    static char line[PATH_TEXT];
    if (!temporary_open(shift.spool)) {
        (void)fprintf(stderr, "ikelab: no folder for temporary files, %s: %s\n", shift.spool,
                      strerror(errno));
        return 1;
    }
    (void)printf("spool %s\n", shift.spool);
    (void)fflush(stdout);
    (void)setvbuf(stdin, NULL, _IONBF, 0); /* still_wanted looks at the pipe itself */
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "pcap ", 5) == 0)
            (void)snprintf(shift.pcap, sizeof shift.pcap, "%s", line + 5);
        else if (strncmp(line, "study ", 6) == 0 && !study_take(&shift, line + 6))
            break;
        else if (strncmp(line, "run ", 4) == 0)
            run_do(&shift, line + 4);
        (void)fflush(stdout);
    }
    watch_close(&shift.watch);
    temporary_close(shift.spool); /* the parent does it, too; when it was killed, this alone */
    const bool good = shift.study != NULL && shift.study->problems.count == 0;
    if (shift.study != NULL)
        study_close(shift.study);
    return good ? 0 : 1;
}
