/* SPDX-License-Identifier: MIT
 * Figures: every shipped one draws, with data and without, and one that fails
 * does not take the others with it. */
#include "results/results.h"
#include "tests/folder.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIGURES_MAX = 64 };

static const char shipped[] = "results/figures";
static char error[RESULTS_ERROR_MAX];
static char names[FIGURES_MAX][100];
static size_t name_count;

static void put(const char *name, const char *text)
{
    FILE *const file = fopen(in_folder(name), "w");
    if (EXPECT(file != NULL)) {
        EXPECT(fputs(text, file) >= 0);
        EXPECT_EQ(fclose(file), 0);
    }
}

/* Octets of STEM-NAME.END, 0 when it is not there; it is removed. */
static long drawn(const char *stem, const char *name, const char *end)
{
    char file[300];
    struct stat facts;
    (void)snprintf(file, sizeof file, "%s-%s.%s", stem, name, end);
    if (stat(in_folder(file), &facts) != 0)
        return 0;
    (void)unlink(in_folder(file));
    return (long)facts.st_size;
}

static const struct results_study study = {.experiment = "flood's \"half\"",
                                           .question = "?",
                                           .config_text = "",
                                           .config_hash = "0",
                                           .version = "0",
                                           .commit = "0",
                                           .compiler = "cc",
                                           .provider = "modelled",
                                           .openssl = "",
                                           .ns3 = "",
                                           .daemons = "",
                                           .points = 4,
                                           .seeds = 2,
                                           .jobs = 1};

static void rows_record(struct sim_record *r, uint32_t run)
{
    const uint32_t point = run / study.seeds;
    r->ops->metric(r, "honest", SIM_METRIC_SUCCESS_SHARE_DURING, 900000 - 200000 * (int64_t)point);
    r->ops->metric(r, "vpn", SIM_METRIC_CPU_SHARE_DURING, 100000 * (int64_t)(point + run));
    r->ops->metric(r, "vpn", SIM_METRIC_HALF_OPEN_REFUSED_SHARE, 5000 * (int64_t)(run + 1));
    r->ops->metric(r, "vpn", SIM_METRIC_HALF_OPEN_MAX, 40 + run);
    r->ops->metric(r, "vpn", SIM_METRIC_WAIT_MEAN, 4000 + run);
    r->ops->metric(r, "vpn", SIM_METRIC_SERVED, 3000 + run);
    r->ops->metric(r, "honest", SIM_METRIC_CONNECTION_PACKETS, 4000 * (int64_t)(run + 1));
    r->ops->metric(r, "honest", SIM_METRIC_BACK_MEAN, INT64_C(20000000000) * (int64_t)(run + 1));
    for (uint64_t i = 0; i < 60; i++) {
        const struct sim_handshake h = {.who = "honest",
                                        .start_ns = i * 1000000,
                                        .end_ns = i * 1000000 + 5000000 + i * i * 10000,
                                        .phase = SIM_DURING};
        r->ops->series(r, "vpn", SIM_SERIES_HALF_OPEN, i * 500000000, (int64_t)(i * point));
        r->ops->handshake(r, &h);
    }
}

static void param(struct results_db *db, uint32_t point, const char *path, const char *text)
{
    const struct results_param row = {
        .point = point, .path = path, .text = text, .number = atof(text), .swept = true};
    EXPECT(results_param_add(db, &row, error));
}

static void params_write(struct results_db *db)
{
    static const char *const rates[] = {"500/s", "2000/s", "500/s", "2000/s"};
    static const char *const thresholds[] = {"never", "never", "10", "10"};
    for (uint32_t point = 0; point < 4; point++) {
        param(db, point, "attackers.mob.rate", rates[point]);
        param(db, point, "gateways.door.cookies.at", thresholds[point]);
        param(db, point, "gateways.door.half_open.limit", "100");
        param(db, point, "gateways.door.half_open.timeout", "2s");
        param(db, point, "attackers.mob.proposals", point < 2 ? "a-b-x25519" : "a-b-ecp256");
        param(db, point, "clients.people.auth", point < 2 ? "eap-tls" : "eap-ttls");
        param(db, point, "clients.people.certificate_chain", "2");
        param(db, point, "clients.people.eap.fragment", point % 2 == 0 ? "512B" : "1024B");
        param(db, point, "clients.people.children", "1");
        param(db, point, "clients.people.hints", point < 2 ? "2s" : "off");
        param(db, point, "gateways.door.outages",
              point % 2 == 0 ? "[[20s, 25s]]" : "[[20s, 1min]]");
        param(db, point, "for", "60s");
        param(db, point, "network.kind", point < 2 ? "live" : "links");
    }
}

static void theories_write(struct results_db *db)
{
    static const char *const theories[][2] = {{"erlang-b", "half_open_refused_share"},
                                              {"pin-rate", "half_open_max"},
                                              {"md1-wait", "wait_mean"},
                                              {"saturation-without", "served"},
                                              {"packet-count", "packets_per_connection"},
                                              {"back-again", "back_mean"}};
    for (uint32_t point = 0; point < 4; point++)
        for (size_t i = 0; i < sizeof theories / sizeof theories[0]; i++) {
            const struct results_check check = {.name = "c",
                                                .metric = theories[i][1],
                                                .theory = theories[i][0],
                                                .point = point,
                                                .pass = point > 0};
            const struct results_theory theory = {
                .point = point, .theory = theories[i][0], .metric = theories[i][1], .value = 5000};
            EXPECT(results_theory_add(db, &theory, error));
            EXPECT(results_check_add(db, &check, error));
        }
    for (uint32_t point = 2; point < 4; point++) {
        const struct results_check alike = {.name = "cpu",
                                            .metric = "cpu_share_during",
                                            .theory = "alike network.kind",
                                            .point = point,
                                            .expected = 300000,
                                            .measured = 300000 + 20000 * (double)point,
                                            .tolerance = 30000};
        EXPECT(results_check_add(db, &alike, error));
    }
}

static void database_make(const char *path, bool full)
{
    struct results_db *const db = results_create(path, &study, error);
    if (!EXPECT(db != NULL))
        return;
    if (full)
        params_write(db);
    for (uint32_t run = 0; full && run < 8; run++) {
        struct results_spool *const spool = results_spool_open(in_folder("spool"), error);
        rows_record(results_spool_record(spool), run);
        const struct results_run facts = {
            .number = run, .point = run / study.seeds, .fingerprint = ""};
        EXPECT(results_spool_close(spool, &facts, error));
        EXPECT(results_take(db, in_folder("spool"), error));
    }
    if (full)
        theories_write(db);
    EXPECT(results_close(db, error));
}

static void name_take(void *owner, const char *text)
{
    (void)owner;
    if (name_count < FIGURES_MAX)
        (void)snprintf(names[name_count++], sizeof names[0], "%s", text);
}

static void test_every_shipped_figure_draws(void)
{
    long svg[FIGURES_MAX];
    database_make(in_folder("full.db"), true);
    name_count = 0;
    results_figures(shipped, name_take, NULL);
    EXPECT(name_count >= 8);
    for (size_t i = 0; i < name_count; i++) {
        const char *const name = names[i];
        if (!results_plot(in_folder("full.db"), &name, 1, shipped, error))
            EXPECT_STR(error, "");
        EXPECT(drawn("full", name, "png") > 15000); /* the note without data has some 12,000 */
        svg[i] = drawn("full", name, "svg");
    }
    /* Without data each says so, and none fails. */
    database_make(in_folder("none.db"), false);
    for (size_t i = 0; i < name_count; i++) {
        const char *const name = names[i];
        EXPECT(results_plot(in_folder("none.db"), &name, 1, shipped, error));
        EXPECT(drawn("none", name, "png") > 0);
        const long empty = drawn("none", name, "svg");
        EXPECT(empty > 0 && svg[i] > empty + 2000);
    }
}

static void test_without_names_those_with_data_are_drawn(void)
{
    database_make(in_folder("some.db"), true);
    EXPECT(results_plot(in_folder("some.db"), NULL, 0, shipped, error));
    EXPECT(drawn("some", "success-by-rate", "png") > 0);
    database_make(in_folder("empty.db"), false);
    EXPECT(results_plot(in_folder("empty.db"), NULL, 0, shipped, error));
    EXPECT_EQ(drawn("empty", "success-by-rate", "png"), 0);
}

static void figures_write(void)
{
    EXPECT_EQ(mkdir(in_folder("own"), 0777), 0);
    put("own/style.gp", "set encoding utf8\n");
    put("own/good.sql", "SELECT 'a', 1, 2; SELECT 'it''s' AS \"$word\";");
    put("own/good.gp", "if (blocks1 != 1 || word ne \"it's\") exit status 3\n"
                       "plot data1 index 0 using 2:3 title columnheader(1)\n");
    put("own/wrong.sql", "SELECT 'a', 1, 2;");
    put("own/wrong.gp", "plot nonsense(\n");
    put("own/sql.sql", "SELECT nonsense;");
    put("own/sql.gp", "plot 1\n");
    put("own/half.sql", "SELECT 1;");
}

static void test_figure_that_fails_does_not_stop_the_others(void)
{
    static const char *const all[] = {"wrong", "sql", "absent", "good"};
    figures_write();
    database_make(in_folder("own.db"), true);
    EXPECT(!results_plot(in_folder("own.db"), all, 4, in_folder("own"), error));
    EXPECT(drawn("own", "good", "png") > 0 && drawn("own", "good", "svg") > 0);
    EXPECT(!results_plot(in_folder("own.db"), &all[0], 1, in_folder("own"), error));
    EXPECT(strstr(error, "figure wrong: gnuplot says: ") != NULL);
    EXPECT(!results_plot(in_folder("own.db"), &all[1], 1, in_folder("own"), error));
    EXPECT_STR(error, "figure sql: its .sql: no such column: nonsense");
    EXPECT(!results_plot(in_folder("own.db"), &all[2], 1, in_folder("own"), error));
    EXPECT(strstr(error, "there is no figure \"absent\" in ") != NULL);
    name_count = 0;
    results_figures(in_folder("own"), name_take, NULL); /* half has no .gp */
    EXPECT_EQ(name_count, 3);
}

static void test_missing_gnuplot_is_named_with_its_package(void)
{
    static const char *const name = "success-by-rate";
    char path[4000];
    (void)snprintf(path, sizeof path, "%s", getenv("PATH"));
    database_make(in_folder("path.db"), true);
    EXPECT_EQ(setenv("PATH", folder_path(), 1), 0);
    EXPECT(!results_plot(in_folder("path.db"), &name, 1, shipped, error));
    EXPECT_EQ(setenv("PATH", path, 1), 0);
    EXPECT(strstr(error, "gnuplot-nox") != NULL);
}

static void test_database_that_is_none_is_said(void)
{
    EXPECT(!results_plot(in_folder("absent.db"), NULL, 0, shipped, error));
    EXPECT(strncmp(error, "is not there", 12) == 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_every_shipped_figure_draws),
        TEST(test_without_names_those_with_data_are_drawn),
        TEST(test_figure_that_fails_does_not_stop_the_others),
        TEST(test_missing_gnuplot_is_named_with_its_package),
        TEST(test_database_that_is_none_is_said),
    };
    if (system("gnuplot --version >/dev/null 2>&1") != 0) {
        (void)printf("1..0 # SKIP gnuplot not installed\n");
        return 0;
    }
    if (!folder_make("figure"))
        return 1;
    const int status = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    folder_remove();
    return status;
}
