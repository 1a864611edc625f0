#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Worlds on ns-3 from outside, by `ikelab run`: rows do not depend on what the same process has run before, captures
are there, and it is said where there is no ns-3.

Usage: worlds_ns3.py IKELAB [MODULE]        prints TAP; most is skipped without a module
"""
import glob
import os
import re
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
# All that draws from ns-3's own streams of chance, or has a queue of its own: media that both ends want at once, queues
# that are kept short, TCP both ways.
CHANCE = """
for: 4s
seeds: 2
network: {kind: ns3}
links:
  wire: {kind: csma, rate: 12Mbit/s, delay: 2ms, queue: 30, mtu: 1500B}
  line: {rate: 2Mbit/s, delay: 5ms, queue: 60, aqm: red}
gateways: {vpn: {}}
clients:
  near: {to: vpn, via: wire, arrivals: poisson 20/s, patience: 1s, retransmit: {first: 300ms}}
  far: {to: vpn, via: line, arrivals: poisson 20/s, patience: 1s, retransmit: {first: 300ms}}
background:
  up: {from: wire, to: core, kind: bulk-tcp}
  down: {from: core, to: wire, kind: bulk-tcp, start: 1s}
  download: {from: core, to: line, kind: bulk-tcp}
  video: {from: core, to: line, rate: 500kbit/s, on: 100ms, off: 100ms}
sweep:
  links.wire.kind: [csma, wifi]
  links.line.aqm: [red, codel, fq-codel]
"""
# A flood that nothing slows down, more than twice what a line carries: it fills a queue of 200; RED keeps it at 104,
# twice MaxTh, beyond which it loses everything; CoDel loses more and more, until after some twenty seconds that is all
# there is too much; with a queue to each flow clients pass it by. Whoever is not lost on the way tells by three
# requests, the first of which the gateway answers with a cookie, how long it waits.
FULL = 200 * 182 * 8 / 1000  # ms: packets of 182 octets at 1 Mbit/s
QUEUES = """
for: 34s
seeds: 1
network: {kind: ns3}
links: {line: {rate: 1Mbit/s, rate_back: 100Mbit/s, delay: 1ms, queue: 200}}
gateways: {vpn: {cookies: {at: always}}}
clients: {people: {to: vpn, via: line, arrivals: uniform 100/s, patience: 5s, retransmit: {first: 4s}}}
attackers: {flood: {to: vpn, via: line, rate: 1500/s, from: 1s, until: 30s, sources: 198.18.0.1/32}}
sweep: {links.line.aqm: [drop-tail, red, codel, fq-codel]}
"""
MAY_DIFFER = {"machine"}  # what is of the machine and the moment


class Lab:
    def __init__(self, folder):
        self.folder = folder

    def run(self, name, text, *options, program=PROGRAM):
        with open(f"{name}.yaml", "w", encoding="utf-8") as file:
            file.write(text)
        self.said = subprocess.run([program, "run", f"{name}.yaml", *options], capture_output=True, text=True, timeout=300)


def query(path, sql):
    with sqlite3.connect(path) as db:
        return db.execute(sql).fetchall()


def rows(path):
    """All rows that repeat, table by table."""
    tables = {name for (name,) in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")} - MAY_DIFFER
    return {name: sorted(query(path, f'SELECT * FROM "{name}"'), key=repr) for name in tables}


def needs_ns3():
    if not HAS_NS3:
        raise Skip("ns-3 is not installed")


def test_rows_do_not_depend_on_what_a_process_ran_before(lab):
    needs_ns3()
    found = {}
    for jobs in ("1", "3", "12"):  # with 12, each run has a process of its own
        lab.run("chance", CHANCE, "--jobs", jobs, "-o", f"of-{jobs}.db")
        equal((jobs, lab.said.returncode), (jobs, 0))
        found[jobs] = rows(f"of-{jobs}.db")
    runs = query("of-1.db", "SELECT fingerprint FROM run")
    equal((len(runs), len(set(runs))), (12, 12))
    expect(query("of-1.db", "SELECT min(value) FROM metric WHERE metric IN ('successes', 'background_received')")[0][0] > 30,
           query("of-1.db", "SELECT run, who, metric, value FROM metric WHERE metric IN ('successes', 'background_received')"))
    for jobs in ("3", "12"):
        for table, wanted in found["1"].items():
            differ = [pair for pair in zip(wanted, found[jobs][table]) if pair[0] != pair[1]]
            equal((jobs, table, len(found[jobs][table]), differ[:3]), (jobs, table, len(wanted), []))


def test_a_capture_of_ns3_has_the_same_messages_as_one_of_links(lab):
    needs_ns3()
    read = {}
    for network in ("links", "ns3"):
        done = subprocess.run([PROGRAM, "run", "handshake", "--network", network, "--pcap", network, "-o", f"{network}.db"],
                              capture_output=True, text=True, timeout=60)
        equal((network, done.returncode, sorted(os.listdir(network))),
              (network, 0, ["handshake.pcapng", "ikev2_decryption_table"]))
        done = subprocess.run([PROGRAM, "inspect", f"{network}/handshake.pcapng", "--keys",
                               f"{network}/ikev2_decryption_table"], capture_output=True, text=True, timeout=60)
        equal((network, done.returncode, done.stderr), (network, 0, ""))
        read[network] = done.stdout
    equal(re.findall(r"IKE_\w+ +\w+ \d", read["ns3"]), ["IKE_SA_INIT     req 0", "IKE_SA_INIT     rsp 0",
                                                       "IKE_AUTH        req 1", "IKE_AUTH        rsp 1"])
    # ns-3's lines take 160 ns more, for PPP's two octets: where times are left out, all is the same.
    time = re.compile(r"\d+\.\d{6,9}")
    equal(time.sub("T", read["ns3"]), time.sub("T", read["links"]))


def test_each_way_to_keep_a_queue_short_is_the_one_that_was_asked_for(lab):
    needs_ns3()
    lab.run("queues", QUEUES, "-o", "queues.db")
    equal(lab.said.returncode, 0)
    waits = {}
    for aqm in ("drop-tail", "red", "codel", "fq-codel"):
        for name, begun, over in (("soon", 3, 9), ("late", 22, 29)):
            rows = query("queues.db", f"""SELECT end_ns - start_ns FROM handshake JOIN run USING (run) JOIN param USING (point)
                WHERE path = 'links.line.aqm' AND text = '{aqm}' AND outcome = 'succeeded' AND retransmissions = 0
                AND start_ns BETWEEN {begun}e9 AND {over}e9 ORDER BY 1""")
            expect(len(rows) >= 5, f"{aqm} {name}: {len(rows)}")
            waits[aqm, name] = rows[len(rows) // 2][0] / 3e6  # ms, of each of three requests
    expect(all(0.95 * FULL < waits["drop-tail", when] < 1.05 * FULL for when in ("soon", "late")), waits)
    expect(all(0.45 * FULL < waits["red", when] < 0.65 * FULL for when in ("soon", "late")), waits)
    expect(waits["codel", "soon"] > 0.7 * FULL and waits["codel", "late"] < 0.5 * FULL, waits)
    expect(all(waits["fq-codel", when] < 0.1 * FULL for when in ("soon", "late")), waits)


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
