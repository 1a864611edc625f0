/* SPDX-License-Identifier: MIT
 * Nodes by name and the ways between them; worlds that are not stars. */
#include "models/topology.h"
#include "tests/test.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

static void link_add(const char *name, const char *from, const char *to)
{
    char path[MODEL_NAME_MAX + 16];
    EXPECT(model_config_add(&config, "links", name));
    (void)snprintf(path, sizeof path, "links.%s.from", name);
    set(path, from);
    (void)snprintf(path, sizeof path, "links.%s.to", name);
    set(path, to);
}

/* West and east, each with two homes: a dumbbell. */
static void dumbbell(void)
{
    world_begin("people");
    set("for", "20s");
    set("clients.people.arrivals", "uniform 20/s");
    set("links.wan.from", "home-1");
    set("links.wan.to", "west");
    link_add("two", "home-2", "west");
    link_add("middle", "west", "east");
    link_add("rack", "east", "server");
    set("links.middle.delay", "5ms");
    set("links.rack.delay", "1ms");
    set("gateways.vpn.at", "server");
}

static void test_nodes_are_numbered_as_links_name_them(void)
{
    struct model_topology t;
    uint16_t links[MODEL_LINKS_MAX];
    dumbbell();
    EXPECT(model_topology_find(&config, &t));
    static const char *const names[] = {"core", "home-1", "west", "home-2", "east", "server"};
    EXPECT_EQ(t.node_count, 6);
    for (uint32_t i = 0; i < 6; i++)
        EXPECT_STR(t.nodes[i], names[i]);
    EXPECT_EQ(model_node_named(&t, "nowhere"), UINT32_MAX);
    EXPECT_EQ(model_node_via(&config, &t, ""), 0);
    EXPECT_EQ(model_node_via(&config, &t, "wan"), 1); /* the link: where it is from */
    EXPECT_EQ(model_node_via(&config, &t, "east"), 4);
    EXPECT_EQ(model_node_via(&config, &t, "nowhere"), UINT32_MAX);
    EXPECT_EQ(model_way_of(&config, config.clients[0].via, config.clients[0].to, links), 3);
    EXPECT(links[0] == 0 && links[1] == 2 && links[2] == 3);
    EXPECT_EQ(model_way(&t, 0, 1, links), UINT32_MAX); /* nothing leads to the core */
}

static void test_of_two_ways_as_short_the_lower_number_is_taken(void)
{
    struct model_topology t;
    uint16_t links[MODEL_LINKS_MAX];
    world_begin("people");
    set("links.wan.from", "a");
    set("links.wan.to", "b");
    link_add("two", "a", "c");
    link_add("three", "c", "d");
    link_add("four", "b", "d");
    link_add("detour", "a", "e");
    EXPECT(model_topology_find(&config, &t));
    EXPECT_EQ(model_way(&t, model_node_named(&t, "a"), model_node_named(&t, "d"), links), 2);
    EXPECT(links[0] == 0 && links[1] == 3);
    EXPECT_EQ(model_way(&t, model_node_named(&t, "d"), model_node_named(&t, "a"), links), 2);
    EXPECT(links[0] == 2 && links[1] == 1);
    EXPECT_EQ(model_way(&t, 1, 1, links), 0);
}

static void test_a_message_takes_as_long_as_all_links_of_its_way(void)
{
    dumbbell();
    world_run(NULL);
    const int64_t one_way = 20000000 + 5000000 + 1000000;
    /* IKE_SA_INIT and IKE_AUTH: two rounds, and what the gateway and the client compute. */
    EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) >= 4 * one_way);
    EXPECT(metric("people", SIM_METRIC_SETUP_TIME_P50) < 4 * one_way + 10000000);
    EXPECT_EQ(metric("people", SIM_METRIC_FAILURES), 0);
    EXPECT(metric("people", SIM_METRIC_SUCCESSES) > 100);
}

static void expect_wrong(const char *path, const char *said)
{
    EXPECT_EQ(judge(), 1);
    EXPECT_STR(remarks.path, path);
    if (!EXPECT(strstr(remarks.text, said) != NULL))
        printf("# said: %s\n", remarks.text);
}

static void test_what_leads_nowhere_is_said(void)
{
    dumbbell();
    set("gateways.vpn.at", "sever");
    expect_wrong("gateways.vpn.at", "there is no node \"sever\": did you mean server?");
    dumbbell();
    set("links.middle.to", "west");
    EXPECT(judge() >= 1);
    dumbbell();
    set("links.two.to", "home-2");
    expect_wrong("links.two.from", "leads from node home-2 to itself");
    dumbbell();
    set("gateways.vpn.at", "core");
    expect_wrong("clients.people.via",
                 "no links lead from node home-1 to gateways.vpn at node core");
    dumbbell();
    set("clients.people.via", "west-1");
    expect_wrong("clients.people.via", "there is no link \"west-1\"");
}

static void test_there_may_be_a_hundred_and_twenty_eight_links(void)
{
    char name[16];
    struct model_topology t;
    world_begin("people");
    for (int i = 1; i < MODEL_LINKS_MAX; i++) {
        (void)snprintf(name, sizeof name, "l%d", i);
        EXPECT(model_config_add(&config, "links", name));
    }
    EXPECT(!model_config_add(&config, "links", "more"));
    EXPECT(model_topology_find(&config, &t));
    EXPECT_EQ(t.node_count, MODEL_NODES_MAX);
    EXPECT_EQ(judge(), 0);
    for (int i = 1; i < MODEL_LINKS_MAX; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "links.l%d.to", i);
        (void)snprintf(name, sizeof name, "n%d", i);
        set(path, name);
    }
    EXPECT(!model_topology_find(&config, &t));
    expect_wrong("links", "name more than 129 nodes");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST(test_nodes_are_numbered_as_links_name_them),
        TEST(test_of_two_ways_as_short_the_lower_number_is_taken),
        TEST(test_a_message_takes_as_long_as_all_links_of_its_way),
        TEST(test_what_leads_nowhere_is_said),
        TEST(test_there_may_be_a_hundred_and_twenty_eight_links),
    };
    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
