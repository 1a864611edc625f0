#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trace files: clients come when a file says, a line takes as long as a file says, what is recorded needs no file, and what
is wrong in one is said with its place. Usage: traces.py IKELAB        prints TAP
"""
import os
import sqlite3
import subprocess
import sys
import tempfile

import tap
from tap import expect

PROGRAM = os.path.abspath(sys.argv[1])
EXPERIMENT = """
for: 30s
seeds: 1
links: {{line: {{delay: {delay}}}}}
gateways: {{vpn: {{cores: 1}}}}
clients: {{staff: {{to: vpn, via: line, arrivals: {arrivals}}}}}
"""
TIMES = """# when clients came
0.5
1s
1000ms   # two at once

2500ms
10
"""
WAY = "0,20ms\n5s;200ms\n15\t20ms # back again\n"
# What is wrong with a file: as arrivals or as delay, its text, what must be said.
WRONG = [
    ("arrivals", "", "wrong.txt: has no times: a line of a trace is a time"),
    ("arrivals", "# none\n\n", "wrong.txt: has no times"),
    ("arrivals", "1\n0.5\n", "wrong.txt:2:1: is earlier than the line before it, 1s: times are in order"),
    ("arrivals", "1\n-2\n", 'wrong.txt:2:1: "-2" is before the beginning'),
    ("arrivals", "1\n30h\n", 'wrong.txt:2:1: "30h" is too much: from 0s to 24h'),
    ("arrivals", "soon\n", 'wrong.txt:1:1: "soon" is no time: write it like 1.5s'),
    ("arrivals", "1e400\n", 'wrong.txt:1:1: "1e400" is no time'),
    ("arrivals", "1\n2 3ms\n", "wrong.txt:2:1: has a delay, and the lines above have not one"),
    ("arrivals", "1 2 3\n", "wrong.txt:1:1: has more than two words"),
    ("arrivals", "1 2ms\n", 'clients.staff.arrivals: the trace "wrong.txt" has times and delays'),
    ("arrivals", "".join(f"{i}ms\n" for i in range(10001)), "is one line too many: an experiment has at most 10000"),
    ("delay", "1\n2\n", 'links.line.delay: the trace "wrong.txt" has times alone'),
    ("delay", "1 5ms\n1 6ms\n", "wrong.txt:2:1: is not later than the line before it, 1s: those of delays grow"),
    ("delay", "1 5ms\n2\n", "wrong.txt:2:1: has not a delay, and the lines above have one"),
    ("delay", "1 2h\n", 'wrong.txt:1:1: "2h" is too much: from 0s to 1h'),
    ("delay", "1 -2ms\n", 'wrong.txt:1:1: "-2ms" is before the beginning'),
]


class Lab:
    def __init__(self, folder):
        self.ikelab, self.folder = PROGRAM, folder

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def ask(self, *words, cwd=None):
        return subprocess.run([self.ikelab, *words], cwd=cwd or self.folder, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)

    def run(self, database, *options, cwd=None):
        done = self.ask("run", "e.yaml", "-o", database, "--quiet", *options, cwd=cwd)
        expect(done.returncode == 0, done.stderr)
        return os.path.join(cwd or self.folder, database)


def rows(database, query):
    base = sqlite3.connect(database)
    found = base.execute(query).fetchall()
    base.close()
    return found


def prepare(lab, delay="trace way.csv", arrivals="trace times.txt"):
    lab.write("times.txt", TIMES)
    lab.write("way.csv", WAY)
    lab.write("e.yaml", EXPERIMENT.format(delay=delay, arrivals=arrivals))


def test_clients_come_at_the_times_of_the_file(lab):
    prepare(lab, delay="20ms")
    started = [r[0] for r in rows(lab.run("times.db"), "SELECT start_ns FROM handshake ORDER BY start_ns")]
    expect(started == [500000000, 1000000000, 1000000000, 2500000000, 10000000000], started)
    started = [r[0] for r in rows(lab.run("later.db", "--set", "clients.staff.from=2s", "--set", "clients.staff.count=1"),
                                  "SELECT start_ns FROM handshake")]
    expect(started == [2500000000], started)


def test_a_line_takes_as_long_as_the_file_says(lab):
    prepare(lab, arrivals="burst 1 every 10s")
    took = rows(lab.run("way.db"), "SELECT start_ns, end_ns - start_ns FROM handshake ORDER BY start_ns")
    expect([r[0] for r in took] == [0, 10000000000], took)
    expect(80e6 <= took[0][1] < 82e6, took)  # two round trips of 40 ms
    expect(800e6 <= took[1][1] < 802e6, took)
    once = rows(lab.run("plain.db", "--set", "links.line.delay=20ms"), "SELECT end_ns - start_ns FROM handshake")
    expect(all(80e6 <= r[0] < 82e6 for r in once) and len(once) == 2, once)


def test_what_is_recorded_needs_no_file(lab):
    prepare(lab)
    first = lab.run("first.db")
    text = rows(first, "SELECT config_text FROM study")[0][0]
    expect("traces:" in text and "2500ms" in text and "15s 20ms" in text, text)
    with tempfile.TemporaryDirectory() as elsewhere:
        with open(os.path.join(elsewhere, "e.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        again = lab.run("again.db", cwd=elsewhere)
        for query in ["SELECT config_hash, config_text FROM study", "SELECT fingerprint FROM run"]:
            expect(rows(first, query) == rows(again, query), query)


def test_another_file_is_another_experiment(lab):
    prepare(lab)
    lab.run("mine.db")
    lab.write("times.txt", TIMES + "11\n")
    done = lab.ask("run", "e.yaml", "-o", "mine.db", "--resume")
    expect(done.returncode == 2, done.stderr)
    expect(len(rows(lab.run("other.db"), "SELECT 1 FROM handshake")) == 6, "a client more")


def test_files_are_beside_the_experiment_wherever_one_stands(lab):
    prepare(lab)
    done = lab.ask("check", os.path.join(lab.folder, "e.yaml"), cwd="/")
    expect(done.returncode == 0, done.stderr)


def test_traces_may_be_swept_and_set_and_written_down(lab):
    prepare(lab)
    lab.write("e.yaml", EXPERIMENT.format(delay="20ms", arrivals="trace mine") +
              "traces: {mine: [1s, 2s, 3]}\nsweep: {links.line.delay: [20ms, trace way.csv]}\n")
    swept = lab.run("swept.db")
    expect(len(rows(swept, "SELECT 1 FROM handshake")) == 6, "three clients at two points")
    numbers = rows(swept, "SELECT number FROM param WHERE path = 'links.line.delay' ORDER BY point")
    expect(numbers == [(0.02,), (None,)], numbers)  # a delay is a number, a trace is none
    done = lab.run("set.db", "--set", "clients.staff.arrivals=trace times.txt")
    expect(len(rows(done, "SELECT 1 FROM handshake")) == 10, "what is set is read, too")


def test_it_is_the_same_with_several_workers(lab):
    prepare(lab)
    one = rows(lab.run("one.db", "--seeds", "4", "--jobs", "1"), "SELECT fingerprint FROM run ORDER BY run")
    two = rows(lab.run("two.db", "--seeds", "4", "--jobs", "3"), "SELECT fingerprint FROM run ORDER BY run")
    expect(one == two and len(one) == 4, (one, two))


def test_as_many_lines_as_there_may_be(lab):
    prepare(lab, delay="1ms")
    lab.write("times.txt", "".join(f"{i}ms\n" for i in range(10000)))
    expect(rows(lab.run("many.db", "--jobs", "2"), "SELECT count(*) FROM handshake") == [(10000,)], "a client each")


def test_what_is_wrong_is_said_with_its_place(lab):
    for where, text, said in WRONG:
        prepare(lab, **{where: "trace wrong.txt"})
        lab.write("wrong.txt", text)
        done = lab.ask("check", "e.yaml")
        expect(done.returncode == 2 and said in done.stderr, f"{text[:40]!r}: {done.stderr}")
        expect(len(done.stderr.splitlines()) == 1, done.stderr)
    os.remove(os.path.join(lab.folder, "wrong.txt"))
    for name in ["wrong.txt", "/nowhere/at/all"]:
        prepare(lab, delay=f"trace {name}")
        done = lab.ask("run", "e.yaml", "-o", "none.db")
        expect(done.returncode == 2 and f'trace: there is no file "{name}"' in done.stderr, done.stderr)
        expect(done.stderr.startswith("e.yaml:4:"), done.stderr)
        expect(not os.path.exists(os.path.join(lab.folder, "none.db")), "nothing was begun")
    for traces, said in [("[1s]", "traces is a map"), ("{a: 1s}", "traces.a is a list of lines"),
                         ("{a: [[1s]]}", "is a list: a line of a trace"), ("{a: [2s, 1s]}", "is earlier than"),
                         ("{a: []}", "has no times")]:
        lab.write("e.yaml", EXPERIMENT.format(delay="1ms", arrivals="poisson 1/s") + f"traces: {traces}\n")
        done = lab.ask("check", "e.yaml")
        expect(done.returncode == 2 and said in done.stderr, done.stderr)


tap.main(globals(), lab=Lab)
