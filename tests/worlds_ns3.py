#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Worlds on ns-3 from outside, by `ikelab run`: what is said where there is no ns-3.

Usage: worlds_ns3.py IKELAB [MODULE]        prints TAP; most is skipped without a module
"""
import glob
import os
import shutil
import sqlite3
import subprocess
import sys

import tap
from tap import Skip, equal, expect

PROGRAM, HAS_NS3 = os.path.abspath(sys.argv[1]), len(sys.argv) > 2
SMALL = """
for: 5s
seeds: 3
network: {kind: ns3}
gateways: {vpn: {}}
clients: {people: {to: vpn, arrivals: uniform 10/s, patience: 2s}}
"""


class Lab:
    def __init__(self, folder):
        self.folder = folder

    def run(self, name, text, *options, program=PROGRAM):
        """Of an experiment: its database, which may not be there."""
        with open(f"{name}.yaml", "w", encoding="utf-8") as file:
            file.write(text)
        self.said = subprocess.run([program, "run", f"{name}.yaml", *options], capture_output=True, text=True, timeout=300)
        return f"{name}.db"


def query(path, sql):
    with sqlite3.connect(path) as db:
        return db.execute(sql).fetchall()


def test_without_ns3_it_is_said_once_and_nothing_is_made(lab):
    if any(glob.glob(f"/usr/local/lib*/{folder}ikelab/ikelab-ns3.so") for folder in ("", "*/")):
        raise Skip("ns-3 is there for every copy of the program")
    os.makedirs("elsewhere/bin")
    copy = shutil.copy2(PROGRAM, "elsewhere/bin/ikelab")
    wants = [SMALL, SMALL.replace("network: {kind: ns3}", "sweep: {network.kind: [links, ns3]}")]
    for text in wants:
        lab.run("small", text, "--pcap", "captures", program=copy)
        equal((lab.said.returncode, lab.said.stdout, lab.said.stderr.count("\n")), (2, "", 1))
        expect(lab.said.stderr.startswith("ikelab: ns-3 is not built in: install g++ and libns3-dev"), lab.said.stderr)
        equal(sorted(os.listdir(".")), ["elsewhere", "small.yaml"])
    lab.run("small", SMALL, "--network", "links", program=copy)  # and the copy does what it can
    equal((lab.said.returncode, sorted(os.listdir("."))), (0, ["elsewhere", "small.db", "small.yaml"]))


tap.main(globals(), lab=Lab)
