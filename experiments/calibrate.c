/* SPDX-License-Identifier: MIT
 * Measuring a machine (calibrate.h). Every primitive is called through the
 * OpenSSL provider, as an engine calls it, with a new key each time, for SAs
 * rarely come twice in a row. All are measured once a round, over many rounds,
 * so that a slow moment of the machine touches all alike. What disturbs only adds
 * time, so the lower quartile over the rounds is the profile's number; the rest
 * of the spread stands beside it. */
#include "experiments/calibrate.h"

#include "ike/ike.h"
#include "models/costs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS = 25,
    SECONDS_DEFAULT = 10,
    SECONDS_MAX = 30,
    SHORT_TEXT = 64, /* two lengths, multiples of every block, to tell a call from its octets */
    LONG_TEXT = 1024,
    AAD = 32,
    BATCH_MAX = 1000000,
    SIGNED_TEXT = 400, /* as long as what AUTH signs */
};

struct bench {
    struct ike_crypto *crypto;
    uint64_t serial; /* makes each key a new one */
    struct ike_kex kex;
    uint8_t type; /* of the key at hand; row of ike_key_types */
    struct ike_key *keys[KEY_TYPE_COUNT];
    struct ike_public publics[KEY_TYPE_COUNT];
    struct ike_trust *trust; /* whose one anchor is `cert` */
    uint8_t room[IKE_CERT_MAX];
    struct ike_bytes cert;
    uint8_t signature[IKE_SIGNATURE_MAX];
    size_t signature_len;
    uint8_t share[IKE_SHARE_MAX];
    uint8_t message[AAD + 16 + LONG_TEXT + 64];
};

typedef void work_fn(struct bench *b, const struct ike_algo *algo, size_t len);

/* What is measured: `work` at one length, or at two when there are octets to pay for. */
struct job {
    work_fn *work;
    work_fn *prepare; /* once, before; NULL: nothing */
    work_fn *less;    /* measured likewise and taken off; NULL: nothing */
    const struct ike_algo *algo;
    uint8_t type; /* signatures: row of ike_key_types */
    uint32_t *call_ns;
    uint32_t *byte_ps; /* NULL: one length */
    uint32_t batch;
    uint64_t call_ps[ROUNDS];
    uint64_t octet_ps[ROUNDS];
};

static void system_random(void *owner, uint8_t *out, size_t len)
{
    (void)owner;
    while (len > 0) {
        const ssize_t got = getrandom(out, len, 0);
        if (got > 0) {
            out += got;
            len -= (size_t)got;
        }
    }
}

static void new_key(struct bench *b, uint8_t *key)
{
    memset(key, 0x5a, IKE_KEY_MAX + 4);
    b->serial++;
    memcpy(key, &b->serial, sizeof b->serial);
}

static void do_generate(struct bench *b, const struct ike_algo *algo, size_t len)
{
    (void)len;
    (void)b->crypto->ops->kex_begin(b->crypto, algo, &b->kex, b->share);
}

static void do_derive(struct bench *b, const struct ike_algo *algo, size_t len)
{
    uint8_t secret[IKE_SECRET_MAX];
    (void)len;
    (void)b->crypto->ops->kex_end(b->crypto, algo, &b->kex,
                                  (struct ike_bytes){.at = b->share, .len = algo->answer_len},
                                  secret);
}

static void do_hmac(struct bench *b, const struct ike_algo *algo, size_t len)
{
    uint8_t key[IKE_KEY_MAX + 4];
    uint8_t out[IKE_PRF_MAX];
    const struct ike_bytes data = {.at = b->message, .len = len};
    new_key(b, key);
    b->crypto->ops->prf(b->crypto, algo, (struct ike_bytes){.at = key, .len = algo->key_len}, &data,
                        1, out);
}

static const uint8_t integ_key[IKE_KEY_MAX];

static const struct ike_algo *integ_of_cbc(void)
{
    return &ike_algos[ike_algo_named("sha256")];
}

/* What a CBC seal spends on its ICV. */
static void do_icv(struct bench *b, const struct ike_algo *algo, size_t len)
{
    uint8_t out[IKE_PRF_MAX];
    const struct ike_algo *const integ = integ_of_cbc();
    const struct ike_bytes data = {.at = b->message, .len = (size_t)AAD + algo->iv_len + len};
    b->crypto->ops->prf(b->crypto, integ,
                        (struct ike_bytes){.at = integ_key, .len = integ->key_len}, &data, 1, out);
}

static void do_seal(struct bench *b, const struct ike_algo *algo, size_t len)
{
    uint8_t key[IKE_KEY_MAX + 4];
    struct ike_seal_keys keys = {
        .encr = algo,
        .encr_key = {.at = key, .len = (size_t)algo->key_len + algo->salt_len},
    };
    if (!ike_algo_is_aead(algo)) {
        keys.integ = integ_of_cbc();
        keys.integ_key = (struct ike_bytes){.at = integ_key, .len = keys.integ->key_len};
    }
    new_key(b, key);
    b->crypto->ops->seal(b->crypto, &keys, b->message, AAD, len);
}

static void do_sha1(struct bench *b, const struct ike_algo *algo, size_t len)
{
    uint8_t out[20];
    const struct ike_bytes data = {.at = b->message, .len = len};
    (void)algo;
    b->crypto->ops->sha1(b->crypto, &data, 1, out);
}

static void do_random(struct bench *b, const struct ike_algo *algo, size_t len)
{
    (void)algo;
    b->crypto->ops->random(b->crypto, b->message, len);
}

static struct ike_signed signed_text(const struct bench *b, struct ike_bytes *text)
{
    struct ike_signed what = {.parts = text, .part_count = 1};
    *text = (struct ike_bytes){.at = b->message, .len = SIGNED_TEXT};
    for (size_t i = 0; i < ike_scheme_count && what.scheme == NULL; i++)
        if (ike_scheme_fits(&ike_schemes[i], b->type) &&
            ike_schemes[i].hash == ike_key_types[b->type].hash)
            what.scheme = &ike_schemes[i];
    return what;
}

static void do_sign(struct bench *b, const struct ike_algo *algo, size_t len)
{
    struct ike_bytes text;
    const struct ike_signed what = signed_text(b, &text);
    (void)algo;
    (void)len;
    (void)b->crypto->ops->sign(b->crypto, b->keys[b->type], &what, b->signature, &b->signature_len);
}

static void do_verify(struct bench *b, const struct ike_algo *algo, size_t len)
{
    struct ike_bytes text;
    const struct ike_signed what = signed_text(b, &text);
    (void)algo;
    (void)len;
    (void)b->crypto->ops->verify(b->crypto, &b->publics[b->type], &what,
                                 (struct ike_bytes){.at = b->signature, .len = b->signature_len});
}

static const struct ike_bytes name = {.at = (const uint8_t *)"a.test", .len = 6};

static bool judge(struct bench *b, struct ike_public *out)
{
    const struct ike_chain chain = {.trust = b->trust,
                                    .certs = &b->cert,
                                    .cert_count = 1,
                                    .id_type = ID_FQDN,
                                    .id = name,
                                    .now_s = 1};
    return b->crypto->ops->judge(b->crypto, &chain, out) == WHY_OK;
}

/* An anchor by itself: nobody's signature is looked at. */
static void do_judge(struct bench *b, const struct ike_algo *algo, size_t len)
{
    struct ike_public key;
    (void)algo;
    (void)len;
    (void)judge(b, &key);
    b->crypto->ops->public_free(b->crypto, &key);
}

/* A key of a kind, and its public half out of a certificate by itself. */
static bool make_key(struct bench *b, uint8_t type)
{
    const struct ike_credential_ops *const ops = b->crypto->ops->credentials;
    const struct ike_cert_spec spec = {
        .name = "calibrate", .id_type = ID_FQDN, .id = name, .serial = 1, .until_s = UINT32_MAX};
    struct ike_writer w = wr_open(b->room, sizeof b->room);
    ops->trust_close(b->trust);
    b->trust = ops->trust_open(b->crypto);
    b->keys[type] = ops->key_make(b->crypto, type);
    const struct ike_issuer self = {.key = b->keys[type]};
    const bool done = b->trust != NULL && self.key != NULL &&
                      ops->cert_make(b->crypto, &spec, self.key, &self, &w) &&
                      ops->trust_add(b->trust, TRUST_ANCHOR, wr_done(&w));
    b->cert = wr_done(&w);
    return done && judge(b, &b->publics[type]);
}

static bool make_keys(struct bench *b)
{
    for (unsigned type = 1; type < KEY_TYPE_COUNT; type++)
        if (!make_key(b, (uint8_t)type))
            return false;
    return true;
}

static void free_keys(struct bench *b)
{
    b->crypto->ops->credentials->trust_close(b->trust);
    for (unsigned type = 1; type < KEY_TYPE_COUNT; type++) {
        b->crypto->ops->credentials->key_free(b->keys[type]);
        b->crypto->ops->public_free(b->crypto, &b->publics[type]);
    }
}

/* CPU time of the process: other programs on the machine do not count. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint64_t batch_ns(struct bench *b, const struct job *job, work_fn *work, size_t len)
{
    const uint64_t begin = cpu_ns();
    for (uint32_t i = 0; i < job->batch; i++)
        work(b, job->algo, len);
    return cpu_ns() - begin;
}

/* Picoseconds of one call at a length. */
static uint64_t call_ps(struct bench *b, const struct job *job, size_t len)
{
    const uint64_t all = batch_ns(b, job, job->work, len);
    const uint64_t less = job->less == NULL ? 0 : batch_ns(b, job, job->less, len);
    return all > less ? (all - less) * 1000 / job->batch : 0;
}

static void job_round(struct bench *b, struct job *job, size_t round)
{
    b->type = job->type;
    if (job->prepare != NULL)
        job->prepare(b, job->algo, 0);
    job->call_ps[round] = call_ps(b, job, SHORT_TEXT);
    if (job->byte_ps == NULL)
        return;
    const uint64_t few = job->call_ps[round];
    const uint64_t many = call_ps(b, job, LONG_TEXT);
    const uint64_t octet = many > few ? (many - few) / (LONG_TEXT - SHORT_TEXT) : 0;
    /* An AEAD's octets include those that are only authenticated, as the meter counts them. */
    const uint64_t aad = job->work == do_seal && job->less == NULL ? AAD + job->algo->iv_len : 0;
    const uint64_t octets = octet * (SHORT_TEXT + aad);
    job->octet_ps[round] = octet;
    job->call_ps[round] = few > octets ? few - octets : 0;
}

/* So many calls that all rounds of the job take its share of the time. */
static void job_size(struct bench *b, struct job *job, uint64_t share_ns)
{
    const uint64_t lengths = job->byte_ps != NULL ? 4 : 1; /* the long one takes as three */
    const uint64_t runs = lengths * (job->less != NULL ? 2 : 1);
    uint64_t took = 0;
    b->type = job->type;
    if (job->prepare != NULL)
        job->prepare(b, job->algo, 0);
    for (job->batch = 1; job->batch < BATCH_MAX; job->batch *= 2) {
        took = batch_ns(b, job, job->work, SHORT_TEXT);
        if (took > share_ns / 50)
            break;
    }
    const uint64_t one = took / job->batch + 1;
    const uint64_t batch = share_ns / (ROUNDS * runs * one);
    job->batch = (uint32_t)(batch < 1 ? 1 : batch > BATCH_MAX ? BATCH_MAX : batch);
}

/* A row that costs something and that the library can do. */
static bool is_measured(const struct ike_crypto *crypto, uint8_t row)
{
    const struct ike_algo *const algo = &ike_algos[row];
    return algo->type != TRANSFORM_ESN && !ike_algo_is_null(algo) && ike_crypto_has(crypto, row);
}

static size_t jobs_of(const struct ike_crypto *crypto, struct ike_costs *costs, struct job *jobs)
{
    size_t count = 0;
    for (uint8_t i = 1; i < ike_algo_count; i++) {
        const struct ike_algo *const algo = &ike_algos[i];
        struct job job = {
            .algo = algo, .call_ns = &costs->call_ns[i], .byte_ps = &costs->byte_ps[i]};
        if (!is_measured(crypto, i))
            continue;
        if (algo->type == TRANSFORM_KE) {
            jobs[count++] = (struct job){
                .work = do_generate, .algo = algo, .call_ns = &costs->kex_generate_ns[i]};
            job = (struct job){.work = do_derive,
                               .prepare = do_generate,
                               .algo = algo,
                               .call_ns = &costs->kex_derive_ns[i]};
        } else if (algo->type == TRANSFORM_ENCR) {
            job.work = do_seal;
            job.less = ike_algo_is_aead(algo) ? NULL : do_icv;
        } else {
            job.work = do_hmac;
        }
        jobs[count++] = job;
    }
    for (unsigned i = 1; i < KEY_TYPE_COUNT; i++) {
        jobs[count++] =
            (struct job){.work = do_sign, .type = (uint8_t)i, .call_ns = &costs->sign_ns[i]};
        jobs[count++] = (struct job){.work = do_verify,
                                     .prepare = do_sign,
                                     .type = (uint8_t)i,
                                     .call_ns = &costs->verify_ns[i]};
    }
    jobs[count++] = (struct job){.work = do_judge, .call_ns = &costs->certificate_ns};
    jobs[count++] = (struct job){
        .work = do_sha1, .call_ns = &costs->sha1_call_ns, .byte_ps = &costs->sha1_byte_ps};
    jobs[count++] = (struct job){
        .work = do_random, .call_ns = &costs->random_call_ns, .byte_ps = &costs->random_byte_ps};
    return count;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void measure(struct bench *b, struct job *jobs, size_t job_count, uint64_t seconds)
{
    const bool shown = isatty(STDERR_FILENO) == 1;
    for (size_t i = 0; i < job_count; i++)
        job_size(b, &jobs[i], seconds * 1000000000U / job_count);
    for (size_t round = 0; round < ROUNDS; round++) {
        if (shown)
            (void)fprintf(stderr, "\rmeasuring: round %zu of %d, about %llu s to go  ", round + 1,
                          ROUNDS, (unsigned long long)(seconds * (ROUNDS - round) / ROUNDS));
        for (size_t i = 0; i < job_count; i++)
            job_round(b, &jobs[i], round);
    }
    if (shown)
        (void)fprintf(stderr, "\r%60s\r", "");
    for (size_t i = 0; i < job_count; i++) {
        struct job *const job = &jobs[i];
        qsort(job->call_ps, ROUNDS, sizeof job->call_ps[0], by_size);
        qsort(job->octet_ps, ROUNDS, sizeof job->octet_ps[0], by_size);
        *job->call_ns = (uint32_t)((job->call_ps[ROUNDS / 4] + 500) / 1000);
        if (job->byte_ps != NULL)
            *job->byte_ps = (uint32_t)job->octet_ps[ROUNDS / 4];
    }
}

/* The sorted samples a number was taken from, and what one of its units is in theirs. */
static const uint64_t *samples_of(const struct job *jobs, size_t job_count, const uint32_t *value,
                                  uint64_t *unit)
{
    for (size_t i = 0; i < job_count; i++) {
        *unit = jobs[i].call_ns == value ? 1000 : 1;
        if (jobs[i].call_ns == value)
            return jobs[i].call_ps;
        if (jobs[i].byte_ps == value)
            return jobs[i].octet_ps;
    }
    return NULL;
}

static void cpu_model(char *out, size_t max)
{
    char line[256];
    FILE *const file = fopen("/proc/cpuinfo", "r");
    (void)snprintf(out, max, "an unnamed processor");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *const colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            line[strcspn(line, "\n")] = '\0';
            (void)snprintf(out, max, "%.80s", colon + 2);
            break;
        }
    }
    if (file != NULL)
        (void)fclose(file);
}

/* What the library cannot do is taken from another machine's profile, by how the two compare at
 * X25519. */
static uint32_t estimated(const struct ike_costs *costs, size_t row)
{
    struct ike_costs known = model_machine_named("epyc-2024")->costs;
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    (void)model_cost_rows(&known, rows);
    return (uint32_t)((uint64_t)*rows[row].value * costs->kex_derive_ns[ALGO_X25519] /
                      known.kex_derive_ns[ALGO_X25519]);
}

static bool print(FILE *to, struct ike_costs *costs, const struct job *jobs, size_t job_count)
{
    struct model_cost_row rows[MODEL_COST_ROWS_MAX];
    const size_t row_count = model_cost_rows(costs, rows);
    char entry[MODEL_COST_KEY_MAX + 16];
    char model[96];
    cpu_model(model, sizeof model);
    (void)fprintf(
        to,
        "# Time per cryptographic primitive: key exchange and calls in ns, octets in ps.\n"
        "# Each is the lower quartile of %d rounds; beside it least, median, upper quartile, "
        "most.\n",
        ROUNDS);
    (void)fprintf(to, "profile: machine\nsource: measured by ikelab calibrate on %s, %s\n", model,
                  ike_crypto_openssl_version());
    for (size_t i = 0; i < row_count; i++) {
        uint64_t unit = 1;
        const uint64_t *const s = samples_of(jobs, job_count, rows[i].value, &unit);
        if (s == NULL) {
            (void)snprintf(entry, sizeof entry, "%.31s: %u", rows[i].key, estimated(costs, i));
            (void)fprintf(to, "%-32s# %s; estimated: the library has it not\n", entry,
                          rows[i].unit);
            continue;
        }
        (void)snprintf(entry, sizeof entry, "%.31s: %u", rows[i].key, *rows[i].value);
        (void)fprintf(to, "%-32s# %s; %llu, %llu, %llu, %llu\n", entry, rows[i].unit,
                      (unsigned long long)(s[0] / unit), (unsigned long long)(s[ROUNDS / 2] / unit),
                      (unsigned long long)(s[ROUNDS * 3 / 4] / unit),
                      (unsigned long long)(s[ROUNDS - 1] / unit));
    }
    return fflush(to) == 0 && ferror(to) == 0;
}

static void help(FILE *to)
{
    (void)fprintf(
        to,
        "usage: ikelab calibrate [--seconds N] [-o FILE]\n"
        "\n"
        "Measures this machine's cryptographic primitives with OpenSSL and prints them as\n"
        "the machine half of a cost profile, with the spread of each number. Give the\n"
        "file's path to a gateway: `gateways.NAME.machine: ./this-machine.txt`.\n"
        "\n"
        "  --seconds N   measure about so long, 1 to %d; without it %d\n"
        "  -o FILE       write to a new file instead of standard output\n"
        "  --help        print this\n",
        SECONDS_MAX, SECONDS_DEFAULT);
}

struct options {
    uint64_t seconds;
    const char *path; /* NULL: standard output */
    bool help;
};

static bool options_read(int argc, char **argv, struct options *out)
{
    *out = (struct options){.seconds = SECONDS_DEFAULT};
    for (int i = 1; i < argc; i++) {
        const char *const value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--help") == 0) {
            out->help = true;
        } else if (strcmp(argv[i], "-o") == 0 && value[0] != '\0') {
            out->path = value;
            i++;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            char *end = NULL;
            const long seconds = strtol(value, &end, 10);
            if (value[0] == '\0' || *end != '\0' || seconds < 1 || seconds > SECONDS_MAX) {
                (void)fprintf(stderr, "ikelab calibrate: --seconds wants a number from 1 to %d\n",
                              SECONDS_MAX);
                return false;
            }
            out->seconds = (uint64_t)seconds;
            i++;
        } else {
            (void)fprintf(stderr, "ikelab calibrate: \"%s\" is no option here: see --help\n",
                          argv[i]);
            return false;
        }
    }
    return true;
}

static int measure_and_print(const struct options *options, FILE *to)
{
    static struct job jobs[MODEL_COST_ROWS_MAX];
    static struct bench bench;
    static struct ike_costs costs;
    bench.crypto = ike_crypto_openssl((struct ike_random){.fill = system_random, .owner = NULL});
    if (bench.crypto == NULL || !make_keys(&bench)) {
        (void)fprintf(stderr, "ikelab calibrate: OpenSSL cannot be used\n");
        return 1;
    }
    const size_t job_count = jobs_of(bench.crypto, &costs, jobs);
    measure(&bench, jobs, job_count, options->seconds);
    free_keys(&bench);
    bench.crypto->ops->close(bench.crypto);
    if (!print(to, &costs, jobs, job_count)) {
        (void)fprintf(stderr, "ikelab calibrate: the profile could not be written: %s\n",
                      strerror(errno));
        return 1;
    }
    return 0;
}

int experiments_calibrate(int argc, char **argv)
{
    struct options options;
    if (!options_read(argc, argv, &options))
        return 2;
    if (options.help) {
        help(stdout);
        return 0;
    }
    if (options.path == NULL)
        return measure_and_print(&options, stdout);

    FILE *const to = fopen(options.path, "wx");
    if (to == NULL) {
        (void)fprintf(stderr, "ikelab calibrate: %s: %s; -o wants a new file\n", options.path,
                      strerror(errno));
        return 2;
    }
    const int status = measure_and_print(&options, to);
    return fclose(to) == 0 ? status : 1;
}
