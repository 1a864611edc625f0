/* SPDX-License-Identifier: MIT
 * The harness of the benchmarks of the engine. Figures are CPU time of the
 * process; the floor is bare OpenSSL doing the same operations the same number
 * of times, in turns with the engine in one run. */
#ifndef TESTS_BENCH_COMMON_H
#define TESTS_BENCH_COMMON_H

#include "ike/crypto.h"
#include "ike/ike.h"
#include "ike/tls.h"

enum { ROUNDS = 9 };

typedef struct ike_crypto *provider_fn(struct ike_random random);

struct side {
    uint64_t random;
    struct ike_config config;
    struct ike_policy policy;
    struct ike_crypto *crypto;
    struct ike_engine *engine;
    struct ike_addr addr;
    struct ike_credential credential;
    struct ike_tls_identity identity;
    uint64_t sa;    /* the last that came up */
    uint32_t child; /* and the last Child SA */
};

extern struct side sides[2]; /* the initiator first */
/* Adds to the policy of a side before its engine opens; what it takes of the provider for
 * policy.trust and credential.key is given back with the sides. NULL: pre-shared keys. */
extern void (*bench_furnish)(int side);

double seconds(void);
void open_side(int i, provider_fn *provider, const struct ike_costs *costs, uint32_t sa_max);
void close_sides(void);
void no_events(int i);
/* Carries one datagram from side `from`; false when there is none. */
bool carry(int from, uint64_t now_ns);
/* All that there is to be carried. */
void settle(uint64_t now_ns);
uint64_t connect_one(uint64_t now_ns);
/* A connection, of which the initiator forgets its end. */
void handshake(uint64_t now_ns);

void bare_open(void);
void bare_close(void);
/* A key pair made of given octets, its public value, and one shared secret. */
void bare_x25519(void);
void bare_hmac(size_t len, bool new_key);
void bare_gcm(size_t len);
void bare_sha1(void);

/* What both ends ask of the provider. */
struct counts {
    uint64_t prf, prf_bytes, seals, seal_bytes, sha1, kex, signs, verifies, certs;
};

/* Something that is timed. */
struct bench_op {
    const char *name;
    void (*prepare)(uint64_t now_ns); /* once before; NULL: nothing */
    void (*run)(uint64_t now_ns);
    void (*floor)(const struct counts *n); /* beyond bench_floor; NULL: nothing */
    uint8_t key_type;                      /* of signatures */
    uint8_t kex_in_floor;                  /* key exchanges that are counted, and done by `floor` */
    int loops;
};

/* How much there is of each operation, by a meter with one cost at a time. */
struct counts bench_count(const struct bench_op *op);
/* Key exchanges, PRFs, seals and SHA-1 with bare OpenSSL. */
void bench_floor(const struct counts *n);
/* Times it in turns with its floor, and prints both. */
void bench_against(const struct bench_op *op);
/* How many of it a second of CPU time, with the modelled provider. */
double bench_modelled_rate(const struct bench_op *op, int loops);

double median(double *values, size_t n);
void bench_print(const char *name, double value, double floor, const char *unit, const char *goal);
/* Resident octets of the process, from the kernel. */
double resident(void);

#endif
