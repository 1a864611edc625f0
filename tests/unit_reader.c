/* SPDX-License-Identifier: MIT
 * Reading experiments: what a file means, and that every mistake in it is told
 * with its place, all in one go. */
#include "experiments/study.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base[] = "question: Why?\n"
                           "for: 20s\n"
                           "seeds: 3\n"
                           "gateways: {vpn: {cores: 2}}\n"
                           "clients: {honest: {to: vpn, arrivals: poisson 5/s}}\n"
                           "attackers: {flood: {to: vpn, rate: 100/s}}\n";

static char problems_text[16384];

/* Reads `base` with `more` behind it; its problems as they are printed are in problems_text. */
static struct study *read_with(const char *more, const char *const *sets, size_t set_count)
{
    char text[8192];
    const int len = snprintf(text, sizeof text, "%s%s", base, more);
    struct study *study = study_read(&(struct study_source){.path = "f.yaml",
                                                            .name = "f",
                                                            .text = text,
                                                            .text_len = (size_t)len,
                                                            .sets = sets,
                                                            .set_count = set_count});
    FILE *out = fmemopen(problems_text, sizeof problems_text, "w");
    problems_print(&study->problems, out);
    (void)fputc('\0', out);
    (void)fclose(out);
    return study;
}

static void expect_problems(const char *more, const char *wanted)
{
    struct study *study = read_with(more, NULL, 0);
    EXPECT_STR(problems_text, wanted);
    study_close(study);
}

static void expect_set(const char *set, const char *more, const char *wanted)
{
    struct study *study = read_with(more, &set, 1);
    EXPECT_STR(problems_text, wanted);
    study_close(study);
}

static void expect_whole(const char *text, size_t len, const char *wanted)
{
    struct study *study = study_read(
        &(struct study_source){.path = "f.yaml", .name = "f", .text = text, .text_len = len});
    EXPECT(study->problems.count > 0);
    EXPECT_STR(study->problems.rows[0].text, wanted);
    study_close(study);
}

static void test_a_file_becomes_a_world(void)
{
    static struct model_world_config config;
    struct study *study = read_with("", NULL, 0);
    EXPECT_STR(problems_text, "");
    EXPECT_STR(study->question, "Why?");
    EXPECT_EQ(study_runs(study), 3);
    study_config(study, 2, &config);
    EXPECT_EQ(config.seed, 3);
    EXPECT_EQ(config.for_ns, UINT64_C(20000000000));
    EXPECT_EQ(config.gateways[0].cores, 2);
    EXPECT_STR(config.clients[0].to, "vpn");
    study_close(study);
}

static void test_runs_are_points_times_seeds(void)
{
    static struct model_world_config config;
    struct study *study =
        read_with("sweep: {gateways.vpn.cores: [1, 4], for: [20s, 30s]}\n", NULL, 0);
    EXPECT_STR(problems_text, "");
    EXPECT_EQ(study_points(study), 4);
    EXPECT_EQ(study_runs(study), 12);
    for (uint32_t run = 0; run < 12; run++) {
        study_config(study, run, &config);
        EXPECT_EQ(config.seed, run % 3 + 1);
        EXPECT_EQ(config.gateways[0].cores, run / 3 < 2 ? 1 : 4);
        EXPECT_EQ(config.for_ns / 1000000000, run / 3 % 2 == 0 ? 20 : 30);
    }
    study_close(study);
}

static void test_a_rate_over_time_is_a_list(void)
{
    struct study *study =
        read_with("sweep:\n  attackers.flood.rate: [7/s, [[0s, 0/s], [5s, 9/s]]]\n", NULL, 0);
    static struct model_world_config config;
    EXPECT_STR(problems_text, "");
    study_config(study, 5, &config);
    EXPECT_EQ(config.attackers[0].rate.count, 2);
    EXPECT_EQ(config.attackers[0].rate.at[1].rate_micro, 9000000);
    study_close(study);
}

static void test_every_problem_is_told_with_its_place(void)
{
    expect_problems(
        "sedes: 4\n"
        "links: {wan: {rate: fast, dealy: 3ms}}\n"
        "trace: {mesages: 3}\n",
        "f.yaml:7:1: \"sedes\" is no key of an experiment: did you mean \"seeds\"?\n"
        "f.yaml:8:21: links.wan.rate: \"fast\" is no bit rate: write it like 100Mbit/s or "
        "64kbit/s, from 1kbit/s to 1000Gbit/s, or: unlimited\n"
        "f.yaml:8:27: \"dealy\" is no key of links.wan: did you mean \"delay\"?\n"
        "f.yaml:9:9: \"mesages\" is no key of trace: did you mean \"messages\"?\n");
}

static void test_a_key_twice_is_refused(void)
{
    expect_problems("seeds: 4\n",
                    "f.yaml:7:1: \"seeds\" is here twice, first on line 3: keep one of "
                    "them\n");
}

static void test_keys_that_must_be_given_are_missed(void)
{
    expect_set("clients.honest={}", "",
               "--set clients.honest={}: clients.honest.to is missing: the "
               "gateway they connect to\n");
}

static void test_mistakes_of_a_sweep_are_told(void)
{
    expect_problems(
        "sweep:\n"
        "  gateways.vpn.cors: [1]\n"
        "  gateways.vpm.cores: [1]\n"
        "  gateways.vpn.cores: []\n"
        "  seeds: [1, 2]\n"
        "  attackers.flood.rate: [1/s, often]\n",
        "f.yaml:8:3: there is no key gateways.vpn.cors: did you mean gateways.vpn.cores?\n"
        "f.yaml:9:3: there is no \"vpm\" among the gateways: did you mean \"vpn\"?\n"
        "f.yaml:10:23: gateways.vpn.cores: a sweep wants a list of values, like [1, 2], "
        "not an empty one\n"
        "f.yaml:11:3: seeds is the same for every point: it cannot stand here\n"
        "f.yaml:12:31: attackers.flood.rate: \"often\" is no rate over time: write it like "
        "2000/s, or [[0s, 0/s], [10s, 2000/s]], times growing, at most 32 points\n");
    expect_problems(
        "sweep: {zip: [{for: [1s, 2s], seeds: [3], gateways.vpn.cores: [1, 2, 3]}]}\n",
        "f.yaml:7:31: seeds is the same for every point: it cannot stand here\n"
        "f.yaml:7:63: gateways.vpn.cores has 3 values and for has 2: lists that are zipped "
        "have the same number\n");
}

static void test_mistakes_of_a_check_are_told(void)
{
    expect_problems(
        "check:\n"
        "  - {name: a, metric: sucess_share, some: below 5%}\n"
        "  - {name: b, metric: success_share, some: near 5%}\n"
        "  - {name: c, metric: success_share}\n"
        "  - {metric: success_share, of: nobody, all: above 5%}\n",
        "f.yaml:8:23: there is no metric \"sucess_share\": did you mean success_share\n"
        "f.yaml:9:44: some: \"near 5%\" is no bound: write below or above, and 0.1% or 25%\n"
        "f.yaml:10:5: a check has one of theory, some, all and alike; this has none\n"
        "f.yaml:11:5: a check wants a name\n"
        "f.yaml:11:33: there is no \"nobody\" among the clients\n");
}

static void test_set_changes_any_key(void)
{
    static const char *const sets[] = {"seeds=7", "gateways.vpn.cookies.at=12", "trace.messages=5",
                                       "sweep.attackers.flood.rate=[1/s, 2/s]", "question=Is: it?"};
    static struct model_world_config config;
    struct study *study = read_with("", sets, 5);
    EXPECT_STR(problems_text, "");
    EXPECT_EQ(study_runs(study), 14);
    EXPECT_EQ(study->trace.messages, 5);
    EXPECT_STR(study->question, "Is: it?");
    study_config(study, 13, &config);
    EXPECT_EQ(config.gateways[0].cookies_at, 12);
    EXPECT_EQ(config.attackers[0].rate.at[0].rate_micro, 2000000);
    study_close(study);
}

static void test_setting_a_swept_path_ends_its_sweep(void)
{
    static const char *const sets[] = {"for=25s"};
    struct study *study =
        read_with("sweep: {gateways.vpn.cores: [1, 2], zip: [{for: [1s, 2s]}]}\n", sets, 1);
    EXPECT_STR(problems_text, "");
    EXPECT_EQ(study_points(study), 2);
    EXPECT_EQ(study->note_count, 1);
    study_close(study);
}

static void test_set_says_what_is_wrong_with_it(void)
{
    expect_set(
        "gateways.vpn.cors=3", "",
        "--set gateways.vpn.cors=3: \"cors\" is no key of gateways.vpn: did you mean \"cores\"?\n");
    expect_set(
        "gateways.vpm.cores=3", "",
        "--set gateways.vpm.cores=3: there is no \"vpm\" among the gateways: did you mean vpn\n");
    expect_set("cores", "", "--set cores: write it as PATH=VALUE\n");
    expect_set("for.x=3", "", "--set for.x=3: for has no keys of its own\n");
}

static void test_the_canonical_text_reads_back_to_the_same_study(void)
{
    static const char *const sets[] = {"question=What \"is\" #this: 5 \\ [x]?", "for=25s"};
    struct study *a = read_with("sweep: {gateways.vpn.cores: [1, 2], zip: [{attackers.flood.rate: "
                                "[[[0s, 0/s], [1s, 5/s]]]}]}\ncheck:\n  - {name: c, metric: "
                                "success_share, where: {gateways.vpn.cores: 1}, all: above 5%}\n",
                                sets, 2);
    EXPECT_STR(problems_text, "");
    struct study *b = study_read(&(struct study_source){
        .path = "b", .name = "b", .text = a->text, .text_len = strlen(a->text)});
    EXPECT_EQ(b->problems.count, 0);
    EXPECT_STR(b->text, a->text);
    EXPECT_STR(b->hash, a->hash);
    EXPECT_STR(b->question, a->question);
    EXPECT_EQ(study_runs(b), study_runs(a));
    study_close(a);
    study_close(b);
}

static void test_the_hash_is_of_what_the_rows_depend_on(void)
{
    static const char *const words[] = {"question=Other?", "show=[table]", "for=21s", "seeds=4"};
    struct study *a = read_with("", NULL, 0);
    for (size_t i = 0; i < 4; i++) {
        struct study *b = read_with("# a comment\n", &words[i], 1);
        EXPECT_EQ(strcmp(a->hash, b->hash) == 0, i < 2);
        study_close(b);
    }
    study_close(a);
}

static void test_what_is_no_experiment_is_refused(void)
{
    expect_whole("", 0, "is empty: an experiment begins with `question:`");
    expect_whole("# only this\n", 12, "is empty: an experiment begins with `question:`");
    expect_whole("a\0b", 3, "is binary: an experiment is a YAML text");
    expect_whole("- a", 3, "an experiment is a map of keys, not a list");
    expect_whole("just words", 10, "an experiment is a map of keys, not a text");
    expect_whole("a: &x [1]\nb: *x\n", 16,
                 "anchors and aliases (& and *) are not used here: write the value out");
    expect_whole("{a: 1}\n---\n{b: 1}\n", 18,
                 "a second document begins here: one file, one experiment");
    char deep[4096];
    memset(deep, '[', sizeof deep);
    expect_whole(deep, sizeof deep, "nested too deeply: at most 16 levels");
    expect_whole("a: [1, 2\nb: 3", 13,
                 "not YAML: did not find expected ',' or ']', while parsing a flow sequence");
}

static void test_many_values_are_refused(void)
{
    enum { ITEMS = 30000 };
    static char text[4 * ITEMS];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "- 1\n"[i % 4];
    expect_whole(text, sizeof text,
                 "too much for one experiment: at most 20,000 values, lists and maps");
}

static void expect_file(const char *path, const char *wanted)
{
    struct study *study = study_read(&(struct study_source){.path = path, .name = "f"});
    EXPECT_EQ(study->problems.count, 1);
    EXPECT_STR(study->problems.rows[0].text, wanted);
    EXPECT_EQ(study->problems.rows[0].at.line, 0);
    study_close(study);
}

static void test_files_that_are_none_are_refused(void)
{
    expect_file("/", "is a folder: name the experiment file in it");
    expect_file("/nowhere/x.yaml", "No such file or directory");
    expect_file("/dev/null", "is not a file");
    char path[] = "/tmp/unit_reader-XXXXXX";
    const int file = mkstemp(path);
    EXPECT(file >= 0 && ftruncate(file, 100L * 1024 * 1024) == 0);
    expect_file(path, "is too large: an experiment has at most 1 MiB");
    (void)close(file);
    (void)unlink(path);
}

static void test_the_nearest_word_is_near(void)
{
    struct nearest nearest;
    nearest_open(&nearest, "sedes");
    nearest_try(&nearest, "sweep");
    EXPECT(nearest.best == NULL);
    nearest_try(&nearest, "seeds");
    EXPECT_STR(nearest.best, "seeds");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_a_file_becomes_a_world),
        TEST(test_runs_are_points_times_seeds),
        TEST(test_a_rate_over_time_is_a_list),
        TEST(test_every_problem_is_told_with_its_place),
        TEST(test_a_key_twice_is_refused),
        TEST(test_keys_that_must_be_given_are_missed),
        TEST(test_mistakes_of_a_sweep_are_told),
        TEST(test_mistakes_of_a_check_are_told),
        TEST(test_set_changes_any_key),
        TEST(test_setting_a_swept_path_ends_its_sweep),
        TEST(test_set_says_what_is_wrong_with_it),
        TEST(test_the_canonical_text_reads_back_to_the_same_study),
        TEST(test_the_hash_is_of_what_the_rows_depend_on),
        TEST(test_what_is_no_experiment_is_refused),
        TEST(test_many_values_are_refused),
        TEST(test_files_that_are_none_are_refused),
        TEST(test_the_nearest_word_is_near),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
