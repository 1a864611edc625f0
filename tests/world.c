/* SPDX-License-Identifier: MIT
 * A world in a test's memory, and the sums of its run. */
#include "tests/world.h"

#include "tests/test.h"

#include <stdio.h>
#include <string.h>

enum { WHO_MAX = 8, REFUSALS_MAX = 128 };

struct model_world_config config;
struct remarks remarks;
char fingerprint[33];

static struct tally {
    struct sim_record head;
    const struct world_ear *ear;
    char who[WHO_MAX][MODEL_NAME_MAX];
    int64_t metrics[WHO_MAX][SIM_METRIC_COUNT];
    bool there[WHO_MAX][SIM_METRIC_COUNT];
    struct {
        char who[MODEL_NAME_MAX];
        const char *reason;
        uint64_t count;
    } refusals[REFUSALS_MAX];
    size_t refusal_count;
} tally;

/* Whose row; a new one if there is none. */
static size_t who_of(const char *who)
{
    size_t i = 0;
    while (i < WHO_MAX - 1 && tally.who[i][0] != '\0' && strcmp(tally.who[i], who) != 0)
        i++;
    EXPECT(tally.who[i][0] == '\0' || strcmp(tally.who[i], who) == 0);
    (void)snprintf(tally.who[i], sizeof tally.who[i], "%s", who);
    return i;
}

static void on_metric(struct sim_record *r, const char *who, enum sim_metric which, int64_t value)
{
    const size_t i = who_of(who);
    (void)r;
    EXPECT(!tally.there[i][which]); /* told once */
    tally.there[i][which] = true;
    tally.metrics[i][which] = value;
}

static void on_series(struct sim_record *r, const char *who, enum sim_series series, uint64_t at_ns,
                      int64_t value)
{
    (void)r;
    (void)who;
    (void)at_ns;
    if (tally.ear->series != NULL)
        tally.ear->series(series, value);
}

static void on_handshake(struct sim_record *r, const struct sim_handshake *handshake)
{
    (void)r;
    if (tally.ear->handshake != NULL)
        tally.ear->handshake(handshake);
}

static void on_refusal(struct sim_record *r, const char *who, const char *reason, uint64_t count)
{
    const size_t i = tally.refusal_count;
    (void)r;
    EXPECT(count > 0);
    if (!EXPECT(i < REFUSALS_MAX))
        return;
    (void)snprintf(tally.refusals[i].who, sizeof tally.refusals[i].who, "%s", who);
    tally.refusals[i].reason = reason;
    tally.refusals[i].count = count;
    tally.refusal_count++;
}

static void on_message(struct sim_record *r, const struct sim_message *message)
{
    (void)r;
    if (tally.ear->message != NULL)
        tally.ear->message(message);
}

static void on_keys(struct sim_record *r, const struct ike_sa_keys *keys)
{
    (void)r;
    (void)keys;
    if (tally.ear->keys != NULL)
        tally.ear->keys();
}

void set(const char *path, const char *text)
{
    char error[512];
    if (!EXPECT(model_config_set(&config, path, text, error, sizeof error)))
        printf("# %s: %s\n", path, error);
}

void world_begin(const char *clients)
{
    char path[MODEL_NAME_MAX + 16];
    model_config_open(&config);
    EXPECT(model_config_add(&config, "links", "wan"));
    EXPECT(model_config_add(&config, "gateways", "vpn"));
    EXPECT(model_config_add(&config, "clients", clients));
    set("links.wan.delay", "20ms");
    (void)snprintf(path, sizeof path, "clients.%s.to", clients);
    set(path, "vpn");
    (void)snprintf(path, sizeof path, "clients.%s.via", clients);
    set(path, "wan");
}

static void remark(void *owner, const char *path, bool fatal, const char *text)
{
    (void)owner;
    remarks.warnings += fatal ? 0 : 1;
    (void)snprintf(remarks.path, sizeof remarks.path, "%s", path);
    (void)snprintf(remarks.text, sizeof remarks.text, "%s", text);
}

size_t judge(void)
{
    remarks = (struct remarks){0};
    return model_world_judge(&config, remark, NULL);
}

static void run(model_provider_fn *provider)
{
    char error[512] = "";
    if (!EXPECT_EQ(judge(), 0))
        printf("# %s: %s\n", remarks.path, remarks.text);
    struct model_world *const world =
        model_world_open(&config, provider, &tally.head, error, sizeof error);
    if (!EXPECT(world != NULL)) {
        printf("# %s\n", error);
        return;
    }
    EXPECT(model_world_run(world, NULL, NULL));
    const struct sim_fingerprint f = model_world_fingerprint(world);
    sim_fingerprint_text(&f, fingerprint);
    model_world_close(world);
}

void world_run_by(model_provider_fn *provider, const struct world_ear *ear)
{
    static const struct sim_record_ops ops = {on_metric,  on_series,  on_handshake,
                                              on_refusal, on_message, on_keys};
    static const struct world_ear deaf;
    static struct model_world_config described;
    described = config;
    memset(&tally, 0, sizeof tally);
    tally.head.ops = &ops;
    tally.ear = ear != NULL ? ear : &deaf;
    fingerprint[0] = '\0';
    run(provider);
    config = described;
}

void world_run(const struct world_ear *ear)
{
    world_run_by(ike_crypto_modelled, ear);
}

bool was_told(const char *who, enum sim_metric which)
{
    return tally.there[who_of(who)][which];
}

int64_t metric(const char *who, enum sim_metric which)
{
    if (!EXPECT(was_told(who, which)))
        printf("# %s told no %s\n", who, sim_metric_rows[which].name);
    return tally.metrics[who_of(who)][which];
}

uint64_t refusals(const char *who, const char *reason)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < tally.refusal_count; i++)
        if (strcmp(tally.refusals[i].who, who) == 0 &&
            strcmp(tally.refusals[i].reason, reason) == 0)
            sum += tally.refusals[i].count;
    return sum;
}
