#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Topologies as data: each shipped one carries the same on the built-in network and on ns-3; files of three formats are
one network; what is wrong in a file is said with its place. Usage: topologies.py IKELAB [MODULE]        prints TAP
"""
import os
import sqlite3
import subprocess
import sys
import tempfile

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
    ("half.graphml", GRAPHML[:400], "half.graphml:6:"),
    ("empty.graphml", "<graphml/>", "has no <edge"),
    ("key.yaml", YAML + "speed: 3\n", '"speed" is no key of a topology'),
    ("list.yaml", "- a\n", "a topology is a map with `links`"),
    ("part.edges", "a b\nc d\n", "no links lead from node a to gateways.vpn at node d"),
]


class Lab:
    def __init__(self, ikelab, folder):
        self.ikelab, self.folder, self.number = ikelab, folder, 0

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, topology, via, at, *options):
        """Exit status, standard error, and the rows, or None."""
        self.number += 1
        text = EXPERIMENT.format(topology=topology, via=via, at=at)
        database = f"{self.number}.db"
        done = subprocess.run([self.ikelab, "run", self.write("e.yaml", text), "--seeds", "1", "-o", database, *options],
                              cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if not os.path.exists(os.path.join(self.folder, database)):
            return done.returncode, done.stderr, None
        with sqlite3.connect(os.path.join(self.folder, database)) as db:
            rows = db.execute("SELECT metric, value FROM metric WHERE who IN ('people', 'network') ORDER BY who, metric")
            return done.returncode, done.stderr, rows.fetchall()


def shipped_are_the_same_on_both(lab, module):
    wrong = []
    for name, (via, at) in SHIPPED.items():
        status, said, links = lab.run(name, via, at)
        found = dict(links or [])
        if status != 0 or found["successes"] < 100 or found["failures"] != 0:
            wrong.append(f"{name}: {said} {found}")
        other = dict(lab.run(name, via, at, "--network", "ns3")[2] or []) if module else found
        # ns-3's lines add the two octets of PPP to each packet: a few microseconds on a way.
        if any(abs(other[metric] - value) > (20000 if "time" in metric else 0) for metric, value in found.items()):
            wrong.append(f"{name}: on links {found}\non ns-3 {other}")
    return wrong


def formats_are_one_network(lab):
    rows = [lab.run(lab.write(f"t.{ending}", text), "a", "d")[2]
            for ending, text in (("yaml", YAML), ("edges", EDGES), ("graphml", GRAPHML))]
    # 1,000 km along the equator are 5 ms, 1,500 along a meridian 7.5.
    return [] if rows[0] is not None and rows[0] == rows[1] == rows[2] else [str(rows)]


def what_the_experiment_says_goes_before(lab):
    path = lab.write("t.edges", EDGES)
    before = dict(lab.run(path, "a", "d")[2])["tunnel_setup_time_p50"]
    after = dict(lab.run(path, "a", "d", "--set", "links.link-3.delay=10ms")[2])["tunnel_setup_time_p50"]
    return [] if 39e6 < after - before < 41e6 else [f"{before} {after}"]


def the_record_needs_no_file(lab):
    lab.run(lab.write("gone.edges", EDGES), "a", "d")
    with sqlite3.connect(os.path.join(lab.folder, f"{lab.number}.db")) as db:
        text = db.execute("SELECT config_text FROM study").fetchone()[0]
    return [] if "topology" not in text and "link-3" in text else [text]


def what_is_wrong_is_said_with_its_place(lab):
    wrong = []
    for name, text, said in WRONG:
        status, heard, rows = lab.run(lab.write(name, text), "a", "d")
        if status != 2 or said not in heard or rows is not None:
            wrong.append(f"{name}: {status} {heard}")
    status, heard, _ = lab.run("abilen", "a", "d")
    if status != 2 or "did you mean abilene" not in heard:
        wrong.append(heard)
    return wrong


def main():
    lab_tests = [lambda lab: shipped_are_the_same_on_both(lab, len(sys.argv) > 2), formats_are_one_network,
                 what_the_experiment_says_goes_before, the_record_needs_no_file, what_is_wrong_is_said_with_its_place]
    names = ["each_shipped_topology_carries_the_same_on_both_networks", "three_formats_say_the_same_network",
             "what_an_experiment_says_of_a_link_goes_before_the_file", "what_is_recorded_needs_no_other_file",
             "what_is_wrong_in_a_file_is_said_with_its_place"]
    print(f"1..{len(names)}")
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(os.path.abspath(sys.argv[1]), folder)
        for number, (name, test) in enumerate(zip(names, lab_tests), 1):
            wrong = test(lab)
            print("".join(f"# {line}\n" for each in wrong for line in each.splitlines()), end="")
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)


if __name__ == "__main__":
    main()
