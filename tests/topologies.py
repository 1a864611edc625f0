#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Topologies as data: each shipped one carries the same on the built-in network and on ns-3; files of three formats are
one network; what is wrong in a file is said with its place. Usage: topologies.py IKELAB [MODULE]        prints TAP
"""
import os
import sqlite3
import subprocess
import sys

import tap
from tap import expect

PROGRAM, HAS_NS3 = os.path.abspath(sys.argv[1]), len(sys.argv) > 2
SHIPPED = {"star": ("home-4", "core"), "dumbbell": ("west-1", "east-2"), "hub-and-spoke": ("branch-3", "hub-2"),
           "abilene": ("in-seattle", "in-new-york")}
EXPERIMENT = """
topology: {topology}
for: 20s
gateways: {{vpn: {{at: {at}}}}}
clients: {{people: {{to: vpn, via: {via}, arrivals: uniform 10/s}}}}
"""
EDGES = """# from to delay rate
a b 5ms 100Mbit/s
b c 7.5ms
c,d
"""
YAML = """links:
  link-1: {from: a, to: b, delay: 5ms, rate: 100Mbit/s}
  link-2: {from: b, to: c, delay: 7.5ms}
  link-3: {from: c, to: d}
"""
GRAPHML = """<?xml version="1.0" encoding="utf-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d1" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d2" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d3" />
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d4" />
  <key attr.name="delay" attr.type="string" for="edge" id="d5" />
  <graph edgedefault="undirected">
    <node id="0"><data key="d1">a</data><data key="d2">0</data><data key="d3">0</data></node>
    <node id="1"><data key="d1">b</data><data key="d2">0</data><data key="d3">8.993216059</data></node>
    <node id="c"><data key="d2">13.489824088</data><data key="d3">8.993216059</data></node>
    <node id="d"/>
    <edge source="0" target="1"><data key="d4">100000000.0</data></edge>
    <edge source="1" target="c"/>
    <edge source="c" target="d"/>
  </graph>
</graphml>
"""
# What is wrong with a file: its name, its text, what must be said.
WRONG = [
    ("self.edges", "a b 5ms\nb b\n", "links.link-2.from: leads from node b to itself"),
    ("alone.edges", "a b\nc\n", "alone.edges:2:1: a line of an edge list is"),
    ("absurd.edges", "a b 5ms 99999Gbit/s\n", "absurd.edges:1:1: links.link-1.rate"),
    ("slow.edges", "a b 5parsec\n", "slow.edges:1:1: links.link-1.delay"),
    ("none.edges", "# nothing\n", "has no links"),
    ("many.edges", "".join(f"n{i} n{i + 1}\n" for i in range(500)), "has more than 128 links"),
    ("missing.graphml", GRAPHML.replace('target="d"', 'target="e"'), 'there is no node "e"'),
    ("self.graphml", GRAPHML.replace("</graph>", '<edge source="1" target="1"/></graph>'),
     "links.link-4.from: leads from node b to itself"),
    ("still.graphml", GRAPHML.replace("100000000.0", "0"), "still.graphml:12:5: links.link-1.rate"),
    ("absurd.graphml", GRAPHML.replace("100000000.0", "1e30"), "absurd.graphml:12:5: links.link-1.rate"),
    ("words.graphml", GRAPHML.replace("100000000.0", "fast"), "words.graphml:12:5: links.link-1.rate"),
    ("nan.graphml", GRAPHML.replace("100000000.0", "nan"), "nan.graphml:12:5: links.link-1.rate"),
    ("half.graphml", GRAPHML[:400], "half.graphml:6:"),
    ("empty.graphml", "<graphml/>", "has no <edge"),
    ("key.yaml", YAML + "speed: 3\n", '"speed" is no key of a topology'),
    ("absurd.yaml", YAML.replace("100Mbit/s", "99999Gbit/s"), "absurd.yaml:2:46: links.link-1.rate"),
    ("list.yaml", "- a\n", "a topology is a map with `links`"),
    ("part.edges", "a b\nc d\n", "no links lead from node a to gateways.vpn at node d"),
]
# Addresses of two that are the same: what is added, and what must be said.
OVERLAPS = [
    ("  others: {to: vpn, prefix: 10.9.1.0/24}", "clients.others.prefix: overlaps with clients.people.prefix"),
    ("attackers: {flood: {to: vpn, sources: 10.9.0.0/30}}", "attackers.flood.sources: overlaps with clients.people.prefix"),
    ("  others: {to: vpn, nat: {kind: symmetric, address: 192.0.2.1}}",
     "clients.others.nat.address: overlaps with gateways.vpn.address"),
]
OVERLAPPING = "for: 9s\ngateways: {vpn: {}}\nclients:\n  people: {to: vpn, prefix: 10.9.0.0/16}\n"
TWO_HUBS = """
topology: hub-and-spoke
for: 20s
gateways: {one: {at: hub-1}, two: {at: hub-2}}
clients:
  near: {to: one, via: branch-1, arrivals: uniform 10/s}
  far: {to: two, via: branch-3, arrivals: uniform 10/s}
  beside: {to: two, via: hub-1, arrivals: uniform 10/s}
"""


class Lab:
    def __init__(self, folder):
        self.ikelab, self.folder, self.number = PROGRAM, folder, 0

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, topology, via, at, *options):
        """Exit status, standard error, and the rows, or None."""
        return self.run_text(EXPERIMENT.format(topology=topology, via=via, at=at), *options)

    def run_text(self, text, *options):
        self.number += 1
        database = f"{self.number}.db"
        done = subprocess.run([self.ikelab, "run", self.write("e.yaml", text), "--seeds", "1", "-o", database, *options],
                              cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if not os.path.exists(os.path.join(self.folder, database)):
            return done.returncode, done.stderr, None
        with sqlite3.connect(os.path.join(self.folder, database)) as db:
            rows = db.execute("SELECT metric, value FROM metric WHERE who IN ('people', 'network') ORDER BY who, metric")
            return done.returncode, done.stderr, rows.fetchall()

    def told(self, who):
        """What somebody told in the last run."""
        with sqlite3.connect(os.path.join(self.folder, f"{self.number}.db")) as db:
            return dict(db.execute("SELECT metric, value FROM metric WHERE who = ?", [who]).fetchall())


def test_each_shipped_topology_carries_the_same_on_both_networks(lab):
    wrong = []
    for name, (via, at) in SHIPPED.items():
        status, said, links = lab.run(name, via, at)
        found = dict(links or [])
        if status != 0 or found["successes"] < 100 or found["failures"] != 0:
            wrong.append(f"{name}: {said} {found}")
        other = dict(lab.run(name, via, at, "--network", "ns3")[2] or []) if HAS_NS3 else found
        # ns-3's lines add the two octets of PPP to each packet: a few microseconds on a way.
        if any(abs(other[metric] - value) > (20000 if "time" in metric else 0) for metric, value in found.items()):
            wrong.append(f"{name}: on links {found}\non ns-3 {other}")
    expect(not wrong, "\n".join(wrong))


def test_gateways_at_both_hubs_are_reached_alike_on_both_networks(lab):
    ways = {"near": 10, "far": 20, "beside": 1}  # ms, one way: to the core and on, or from hub to hub
    times = {}
    for network in ["links", "ns3"] if HAS_NS3 else ["links"]:
        status, said, _ = lab.run_text(TWO_HUBS, "--network", network)
        expect(status == 0, said)
        for who, one_way in ways.items():
            told = lab.told(who)
            expect(told["successes"] >= 100 and told["failures"] == 0, f"{network} {who}: {told}")
            # Two round trips, and what lines and processors take.
            time = times[network, who] = told["tunnel_setup_time_p50"] / 1e6
            expect(4 * one_way <= time < 4 * one_way + 3, f"{network} {who}: {time} ms")
            expect(abs(time - times["links", who]) < 0.02, times)
        made = [lab.told(gateway)["established"] for gateway in ("one", "two")]
        expect(made[0] >= 100 and made[1] >= 200, f"{network}: {made}")


def test_three_formats_say_the_same_network(lab):
    rows = [lab.run(lab.write(f"t.{ending}", text), "a", "d")[2]
            for ending, text in (("yaml", YAML), ("edges", EDGES), ("graphml", GRAPHML))]
    # 1,000 km along the equator are 5 ms, 1,500 along a meridian 7.5.
    expect(rows[0] is not None and rows[0] == rows[1] == rows[2], rows)


def test_what_an_experiment_says_of_a_link_goes_before_the_file(lab):
    path = lab.write("t.edges", EDGES)
    before = dict(lab.run(path, "a", "d")[2])["tunnel_setup_time_p50"]
    after = dict(lab.run(path, "a", "d", "--set", "links.link-3.delay=10ms")[2])["tunnel_setup_time_p50"]
    expect(39e6 < after - before < 41e6, f"{before} {after}")


def test_what_is_recorded_needs_no_other_file(lab):
    lab.run(lab.write("gone.edges", EDGES), "a", "d")
    with sqlite3.connect(os.path.join(lab.folder, f"{lab.number}.db")) as db:
        text = db.execute("SELECT config_text FROM study").fetchone()[0]
    expect("topology" not in text and "link-3" in text, text)


def test_what_is_wrong_in_a_file_is_said_with_its_place(lab):
    wrong = []
    for name, text, said in WRONG:
        status, heard, rows = lab.run(lab.write(name, text), "a", "d")
        if status != 2 or said not in heard or rows is not None:
            wrong.append(f"{name}: {status} {heard}")
    status, heard, _ = lab.run("abilen", "a", "d")
    if status != 2 or "did you mean abilene" not in heard:
        wrong.append(heard)
    expect(not wrong, "\n".join(wrong))


def test_addresses_that_overlap_are_refused_before_anything_is_made(lab):
    wrong = []
    for more, said in OVERLAPS:
        status, heard, rows = lab.run_text(OVERLAPPING + more + "\n")
        if status != 2 or said not in heard or rows is not None:
            wrong.append(f"{more}: {status} {heard}")
    expect(not wrong, "\n".join(wrong))


tap.main(globals(), lab=Lab)
