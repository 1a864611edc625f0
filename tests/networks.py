#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built-in network against ns-3: the shipped experiment compares every metric that is told and finds no difference,
and finds one wherever one is planted. Usage: networks.py IKELAB [MODULE]        prints TAP; skipped without a module
"""
import os
import re
import sqlite3
import subprocess
import sys

import tap
from tap import equal, expect

IKELAB = os.path.abspath(sys.argv[1])
WORLDS, SEEDS = 8, 8
# What is told and compared with nothing, and why.
EXCUSED = {"events": "of a loop, which has others inside ns-3"}
# Nought in all its worlds, and so no test of anything there.
IDLE = {"half_open_refused_share", "icmp_checks", "inbox_drops", "no_route", "peers_lost", "peers_moved", "reassembly_full",
        "too_big"}
TELLS = "FROM metric JOIN run USING (run) WHERE point >= 8"  # on ns-3: the second value of the first path of its sweep
shared = {}


def ikelab(*args, timeout=500):
    return subprocess.run([IKELAB, "run", "links-against-ns3", *args], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout)


def rows(db, sql):
    with sqlite3.connect(db) as file:
        found = file.execute(sql).fetchall()
    file.close()
    return found


def test_every_metric_is_alike_in_every_world_and_the_record_names_the_release():
    done = ikelab("-o", "both.db")
    with open("both.db", "rb") as file:
        shared["both"] = file.read()
    equal((done.returncode, rows("both.db", "SELECT * FROM checks WHERE verdict = 'FAIL'"), done.stderr.count("FAIL")), (0, [], 0))
    equal(rows("both.db", "SELECT count(*), count(DISTINCT point) FROM run"), [(2 * WORLDS * SEEDS, 2 * WORLDS)])
    equal(rows("both.db", "SELECT DISTINCT text FROM param WHERE path = 'network.kind' AND point >= 8"), [("ns3",)])
    expect(re.fullmatch(r"3\.\d+", rows("both.db", "SELECT ns3 FROM study")[0][0]), "no release")


def test_every_metric_that_is_told_is_compared_or_excused():
    with open("both.db", "wb") as file:
        file.write(shared["both"])
    told = rows("both.db", f"SELECT DISTINCT point, metric, 'alike network.kind, of ' || who {TELLS} ORDER BY 1, 2, 3")
    compared = rows("both.db", 'SELECT point, metric, theory FROM "check" ORDER BY 1, 2, 3')
    expect({metric for _, metric, _ in told} >= set(EXCUSED), "an excuse for nothing")
    equal([row for row in told if row[1] not in EXCUSED], compared)
    equal(rows("both.db", 'SELECT DISTINCT tolerance FROM "check"'), [(0.0,)])
    happens = {metric for metric, in rows("both.db", f"SELECT DISTINCT metric {TELLS} AND value > 0")}
    idle = {metric for _, metric, _ in told} - happens
    equal(idle, IDLE)


def test_whatever_metric_is_another_on_one_of_them_it_is_noticed():
    with open("both.db", "wb") as file:
        file.write(shared["both"])
    with sqlite3.connect("both.db") as db:  # one seed of one world; the checks are made again
        db.execute("UPDATE metric SET value = value + 1 WHERE run = 8 * 8 + 3")
    db.close()
    again = ikelab("-o", "both.db", "--resume")
    equal(again.returncode, 1)
    noticed = rows("both.db", 'SELECT metric, theory FROM "check" WHERE NOT pass AND point = 8')
    told = rows("both.db", f"SELECT DISTINCT metric, 'alike network.kind, of ' || who {TELLS} AND point = 8")
    equal(sorted(noticed), sorted(row for row in told if row[0] not in EXCUSED))
    equal(rows("both.db", 'SELECT count(*) FROM "check" WHERE NOT pass AND point <> 8'), [(0,)])


def test_without_the_two_octets_of_ppp_times_differ():
    done = ikelab("-o", "bare.db", "--seeds", "1", "--set", "links.wan.frame=none")
    equal(done.returncode, 1)
    worlds = {point for point, in rows("bare.db", """SELECT point FROM "check" WHERE NOT pass AND metric = 'tunnel_setup_time_p50'""")}
    equal(worlds, set(range(8, 16)))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print("1..0 # SKIP ns-3 is not installed")
        sys.exit(0)
    tap.main(globals())
