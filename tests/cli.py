#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line, from outside: what it accepts, refuses, prints and leaves behind.

Usage: cli.py PROGRAM [NAME]     prints TAP; NAME: only tests whose name contains it
"""
import fcntl
import json
import os
import pty
import random
import resource
import select
import signal
import sqlite3
import subprocess
import sys
import time

import tap
from tap import equal, expect

PROGRAM = os.path.abspath(sys.argv[1])
SMALL = """question: Does it work?
for: 6s
seeds: 2
gateways: {vpn: {cores: 1, implementation: strongswan-5.9}}
clients: {honest: {to: vpn, arrivals: poisson 20/s, patience: 2s}}
attackers: {flood: {to: vpn, rate: 100/s, from: 1s, until: 3s}}
sweep:
  attackers.flood.rate: [0/s, 1000/s]
  gateways.vpn.cookies.at: [never, 5]
"""
MAY_DIFFER = {"machine"}  # what is of the machine and the moment; every other table must repeat


def ikelab(*args, **options):
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=300, **options)


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def query(path, sql):
    with sqlite3.connect(path) as db:
        return db.execute(sql).fetchall()


def rows(path):
    """All rows that repeat, table by table, in an order of their own."""
    expect(os.path.exists(path), path)
    have = {name for (name,) in query(path, "SELECT name FROM sqlite_master WHERE type='table'")}
    expect(have >= {"run", "param", "metric", "series", "handshake", "refusal", "machine"}, f"{path} has {have}")
    return {name: sorted(query(path, f'SELECT * FROM "{name}"'), key=repr) for name in have - MAY_DIFFER}


def left_behind():
    return sorted(os.listdir("."))


def test_version_and_help():
    done = ikelab("--version")
    equal(done.returncode, 0)
    expect(done.stdout.startswith("ikelab "), done.stdout)
    for command in ["run", "list", "check", "describe", "plot", "report", "inspect", "calibrate", "live"]:
        done = ikelab(command, "--help")
        equal((command, done.returncode), (command, 0))
        expect("usage: ikelab " + command in done.stdout.lower(), done.stdout)


def test_help_names_what_the_launcher_does_and_it_is_told_where_to_find():
    said = ikelab("--help").stdout
    for word in ["test", "interop"]:
        expect(f"\n  {word} " in said[said.index("./ikelab, the launcher"):], said)
        done = ikelab(word)
        equal((word, done.returncode), (word, 2))
        expect(f"./ikelab {word} in the source tree" in done.stderr, done.stderr)


def test_bad_usage_is_status_2():
    for args in [[], ["rum"], ["run"], ["run", "a", "b"], ["run", "nothing-like-it"], ["run", "--sedes", "3", "x"],
                 ["run", "handshake", "--jobs", "none"], ["run", "handshake", "--set"], ["describe", "nonsense"],
                 ["plot"], ["report"], ["report", "nothing.db"], ["plot", "nothing.db"], ["plot", *["x.db"] * 65],
                 ["run", "handshake", *["--seeds=1"] * 65], ["run", "handshake", "--network", "x" * 300]]:
        done = ikelab(*args)
        equal((args, done.returncode), (args, 2))
        expect(done.stderr != "", args)
    equal(left_behind(), [])


def test_what_passes_at_many_points_is_told_in_one_line():
    write("many.yaml", """question: Does it count?
for: 6s
seeds: 1
gateways: {vpn: {implementation: ikelab}}
clients: {people: {to: vpn, arrivals: poisson 5/s, patience: 2s}}
sweep: {clients.people.children: [1, 2, 3, 4, 5, 6, 7, 8], clients.people.auth: [psk, eap-md5]}
check:
  - {name: by-hand, metric: packets_per_connection, theory: packet-count, within: 0}
  - {name: few, metric: packets_per_connection, where: {clients.people.children: 1}, theory: packet-count, within: 0}
""")
    done = ikelab("run", "many.yaml")
    equal(done.returncode, 0)
    told = [line for line in done.stderr.splitlines() if line.startswith("pass ")]
    equal([line for line in told if "by-hand" in line],
          ["pass by-hand: packets_per_connection is what packet-count says, at 16 of 16 points"])
    equal(len([line for line in told if "few" in line]), 2)


def test_what_is_to_make_no_difference_is_compared_seed_by_seed():
    write("alike.yaml", """question: Does it matter?
for: 6s
seeds: 3
links: {wan: {delay: 10ms}}
gateways: {vpn: {implementation: ikelab}}
clients: {people: {to: vpn, via: wan, arrivals: poisson 20/s, patience: 2s}}
sweep: {links.wan.delay: [10ms, 30ms], gateways.vpn.cores: [1, 2]}
check:
  - {name: same-people, metric: successes, alike: links.wan.delay, within: 0}
  - {name: same-time, metric: tunnel_setup_time_p50, alike: links.wan.delay, within: 1%}
  - {name: same-cores, metric: tunnel_setup_time_p50, alike: gateways.vpn.cores, within: 1%}
""")
    done = ikelab("run", "alike.yaml")
    equal(done.returncode, 1)
    told = [" ".join(line.split()[:2]) for line in done.stderr.splitlines() if line.startswith(("pass ", "FAIL "))]
    equal(told, ["pass same-people:"] * 2 + ["FAIL same-time:"] * 2 + ["pass same-cores:"] * 2)
    equal(query("alike.db", "SELECT DISTINCT theory FROM \"check\" WHERE name = 'same-time'"), [("alike links.wan.delay",)])
    equal(query("alike.db", "SELECT low - expected, high - expected FROM \"check\" WHERE name = 'same-people'"), [(0, 0)] * 2)
    wrong = ikelab("check", "alike.yaml", "--set", "check=[{name: a, metric: successes, alike: seeds, within: 1%}]")
    equal(wrong.returncode, 2)
    expect('"seeds" is not swept' in wrong.stderr, wrong.stderr)
    wrong = ikelab("check", "alike.yaml", "--set", "check=[{name: a, metric: successes, alike: links.wan.delay}]")
    expect("alike wants a tolerance" in wrong.stderr, wrong.stderr)


def test_every_metric_or_a_list_is_compared_and_what_one_lacks_is_a_difference():
    write("every.yaml", """question: Does it matter?
for: 6s
seeds: 3
links: {wan: {delay: 10ms}}
gateways: {vpn: {implementation: ikelab}}
clients: {people: {to: vpn, via: wan, arrivals: poisson 20/s, patience: 2s}, others: {to: vpn, arrivals: uniform 1/s, patience: 2s}}
sweep: {gateways.vpn.cores: [4, 8], links.wan.delay: [10ms, 30ms]}
check:
  - {name: all, metric: "*", except: [cpu_share, wait_p99], alike: gateways.vpn.cores, within: 0%}
  - {name: theirs, metric: "*", except: cpu_share, of: people, alike: gateways.vpn.cores, within: 0%}
  - {name: some, metric: [attempts, failures], of: people, alike: links.wan.delay, within: 0}
""")
    done = ikelab("run", "every.yaml")
    equal(done.returncode, 0)
    told = query("every.db", "SELECT DISTINCT metric, who FROM metric WHERE metric NOT IN ('cpu_share', 'wait_p99')")
    checked = query("every.db", "SELECT DISTINCT metric, substr(theory, 30) FROM \"check\" WHERE name = 'all'")
    equal(sorted(told), sorted(checked))
    expect({"people", "others", "vpn", "network", "run"} == {who for _, who in told}, told)
    theirs = query("every.db", "SELECT DISTINCT metric, theory FROM \"check\" WHERE name = 'theirs'")
    equal(sorted(theirs), [(metric, "alike gateways.vpn.cores, of people") for metric, who in sorted(told) if who == "people"])
    equal(query("every.db", "SELECT metric, count(*) FROM \"check\" WHERE name = 'some' GROUP BY metric"),
          [("attempts", 2), ("failures", 2)])
    expect(f"pass all: each of {len({m for m, _ in told})} metrics is alike gateways.vpn.cores, in {2 * len(told)} of "
           f"{2 * len(told)} comparisons" in done.stderr, done.stderr)
    with sqlite3.connect("every.db") as db:  # of one run of each: another value; none at all
        db.execute("UPDATE metric SET value = value + 1 WHERE run = 7 AND metric = 'served'")
        db.execute("DELETE FROM metric WHERE run = 8 AND metric = 'attempts' AND who = 'others'")
    db.close()
    done = ikelab("run", "every.yaml", "--resume", "-o", "every.db")
    equal(done.returncode, 1)
    failed = [line for line in done.stderr.splitlines() if line.startswith("FAIL")]
    equal(len(failed), 2)
    expect(failed[0].startswith("FAIL all: attempts of others is ") and "some seed has this metric at one" in failed[0], failed)
    expect(failed[1].startswith("FAIL all: served of vpn is "), failed)


def test_mistakes_about_every_metric_are_told_where_they_are():
    write("every.yaml", SMALL + """check:
  - {name: a, metric: "*", theory: erlang-b, within: 1%}
  - {name: b, metric: "*", alike: gateways.vpn.cookies.at, within: 3}
  - {name: c, metric: "*", except: [event], alike: gateways.vpn.cookies.at, within: 1%}
  - {name: d, metric: "*", of: vpm, alike: gateways.vpn.cookies.at, within: 1%}
  - {name: e, metric: events, except: [served], alike: gateways.vpn.cookies.at, within: 1%}
  - {name: f, metric: [served, [events]], alike: gateways.vpn.cookies.at, within: 1%}
  - {name: g, metric: [served, inbox_drops], alike: gateways.vpn.cookies.at, within: 1ms}
  - {name: h, metric: [], all: above 3}
""")
    done = ikelab("check", "every.yaml")
    equal(done.returncode, 2)
    said = [line.split(": ", 1)[1] if line.startswith("ikelab") else line for line in done.stderr.splitlines()]
    places = {line.split(" ")[0]: line for line in said if line.startswith("every.yaml:")}
    for place, words in {"every.yaml:11:23:": "no theory holds for all", "every.yaml:12:68:": "is no tolerance of every metric",
                         "every.yaml:13:37:": 'there is no metric "event": did you mean events',
                         "every.yaml:14:32:": 'there is no "vpm" that has metrics', "every.yaml:15:31:": 'beside metric: "*"',
                         "every.yaml:16:32:": "a list is of names, not of a list", "every.yaml:17:86:": "is no tolerance: write",
                         "every.yaml:18:23:": "an empty list checks nothing"}.items():
        expect(words in places.get(place, ""), f"{place} {words}\n{done.stderr}")
    equal(len(places), 8)


def test_misspelt_words_are_told_the_nearest():
    expect("did you mean run" in ikelab("rum").stderr, "rum")
    expect("did you mean --seeds" in ikelab("run", "handshake", "--sedes", "3").stderr, "--sedes")
    expect("did you mean handshake" in ikelab("run", "handshack").stderr, "handshack")
    expect("did you mean metrics" in ikelab("describe", "metrcs").stderr, "metrcs")


def test_bad_files_leave_nothing_behind():
    write("bad.yaml", SMALL + "sedes: 3\nlinks: {wan: {rate: fast}}\n")
    os.mkdir("folder.yaml")
    before = left_behind()
    done = ikelab("run", "bad.yaml")
    equal(done.returncode, 2)
    equal([line.split(": ")[0] for line in done.stderr.splitlines()], ["bad.yaml:10:1", "bad.yaml:11:21"])
    equal(ikelab("run", "folder.yaml").returncode, 2)
    for text in ["", "\0\1\2", "[" * 100000, "a: &a [*a]"]:
        write("bad.yaml", text)
        done = ikelab("run", "bad.yaml")
        equal((text[:9], done.returncode), (text[:9], 2))
    os.truncate("bad.yaml", 100 * 1024 * 1024)
    done = ikelab("run", "bad.yaml")
    equal(done.returncode, 2)
    expect("100" in done.stderr or "large" in done.stderr or "long" in done.stderr, done.stderr)
    equal(left_behind(), before)


def test_shipped_experiments_can_be_run():
    names = [line.split()[0] for line in ikelab("list").stdout.splitlines()]
    equal(names, ["cookie-threshold", "cpu-queue", "gateway-gone", "half-open-table", "handshake", "links-against-ns3",
                  "morning-logon", "packet-count", "prediction", "prediction-libreswan", "rekey-loss",
                  "rekey-loss-strongswan"])
    for name in names:
        done = ikelab("check", name)
        equal((name, done.returncode, done.stderr), (name, 0, ""))
    expect("25 points x 10 seeds = 250 runs" in ikelab("check", "cookie-threshold").stdout, "points")


def test_describe_prints_every_key():
    done = ikelab("describe", "keys")
    equal(done.returncode, 0)
    for key in ["gateways.*.cookies.at", "clients.*.retransmit.first", "attackers.*.rate", "trace.messages", "seeds"]:
        expect(key in done.stdout, key)
    for topic in ["metrics", "figures", "theories", "machines", "algorithms", "ike"]:
        equal((topic, ikelab("describe", topic).returncode), (topic, 0))
    expect("  topology" in ikelab("describe", "topology").stdout, "a key of the study, asked for by itself")


def test_the_example_of_describe_is_an_experiment():
    lines = ikelab("describe", "keys").stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("    question:"))
    end = next(i for i in range(start, len(lines)) if lines[i] == "")
    write("example.yaml", "\n".join(line[4:] for line in lines[start:end]) + "\n")
    done = ikelab("check", "example.yaml")
    equal((done.returncode, done.stderr), (0, ""))


def test_a_run_leaves_one_file_and_its_rows():
    write("small.yaml", SMALL)
    done = ikelab("run", "small.yaml")
    equal((done.returncode, left_behind()), (0, ["small.db", "small.yaml"]))
    equal(query("small.db", "SELECT count(*) FROM run"), [(8,)])
    expect(query("small.db", "SELECT sum(value) FROM metric WHERE metric = 'attempts'")[0][0] > 100, "attempts")


def test_rows_do_not_depend_on_jobs():
    write("small.yaml", SMALL)
    for name, jobs in [("one", "1"), ("two", "2"), ("again", "2"), ("three", "3"), ("five", "5")]:
        equal(ikelab("run", "small.yaml", "--jobs", jobs, "-o", f"{name}.db").returncode, 0)
    for name in ["two", "again", "three", "five"]:
        equal(rows(f"{name}.db"), rows("one.db"))
    equal(query("one.db", "SELECT count(DISTINCT fingerprint) FROM run"), [(6,)])  # without a flood, no cookie either


def test_the_same_again_runs_nothing_and_another_goes_beside():
    write("small.yaml", SMALL)
    equal(ikelab("run", "small.yaml").returncode, 0)
    before = rows("small.db")
    done = ikelab("run", "small.yaml")
    equal(done.returncode, 0)
    expect("nothing to run again" in done.stderr, done.stderr)
    equal(rows("small.db"), before)
    equal(ikelab("run", "small.yaml", "--set", "gateways.vpn.cores=2").returncode, 0)
    equal(left_behind(), ["small-2.db", "small.db", "small.yaml"])
    equal(rows("small.db"), before)


def test_an_output_that_is_there_is_refused():
    write("small.yaml", SMALL)
    write("notes.txt", "mine")
    done = ikelab("run", "small.yaml", "-o", "notes.txt")
    equal((done.returncode, open("notes.txt", encoding="utf-8").read()), (2, "mine"))
    equal(ikelab("run", "small.yaml", "-o", "notes.txt", "--resume").returncode, 2)
    equal(ikelab("run", "small.yaml", "-o", "a.db").returncode, 0)
    before = open("a.db", "rb").read()
    equal(ikelab("run", "small.yaml", "-o", "a.db").returncode, 2)
    equal(ikelab("run", "small.yaml", "-o", "a.db", "--resume", "--seeds", "3").returncode, 2)
    equal(open("a.db", "rb").read(), before)
    equal(ikelab("run", "small.yaml", "-o", "a.db", "--resume").returncode, 0)
    equal(ikelab("run", "small.yaml", "-o", "no/such/folder/a.db").returncode, 2)


def test_json_lines_keep_their_contract():
    write("small.yaml", SMALL + "check: [{name: some-come, metric: success_share, some: above 1%}]\n")
    done = ikelab("run", "small.yaml", "--json")
    equal(done.returncode, 0)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    expect(all(line["ikelab"] == 1 for line in lines), "version of the contract")
    kinds = [line["kind"] for line in lines]
    equal((kinds[0], kinds[-1], kinds.count("run"), kinds.count("check")), ("start", "end", 8, 1))
    equal(sorted(line["number"] for line in lines if line["kind"] == "run"), list(range(8)))
    equal((lines[-1]["status"], lines[-1]["failed"]), (0, 0))


def test_every_point_has_a_run_before_one_has_two():
    write("rounds.yaml", "for: 4s\nseeds: 3\ngateways: {vpn: {}}\nclients: {p: {to: vpn, arrivals: uniform 5/s, patience: 2s}}\n"
          "sweep: {gateways.vpn.cores: [1, 2]}\n")
    done = ikelab("run", "rounds.yaml", "--json", "--jobs", "1")
    runs = [json.loads(line) for line in done.stdout.splitlines() if '"run"' in line]
    equal([(line["point"], line["seed"]) for line in runs if line["kind"] == "run"],
          [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)])


def test_quiet_says_nothing():
    write("small.yaml", SMALL)
    done = ikelab("run", "small.yaml", "--quiet")
    equal((done.returncode, done.stdout, done.stderr), (0, "", ""))


def test_what_is_zipped_with_a_path_moves_with_it_in_alike():
    write("zipped.yaml", "for: 4s\nseeds: 2\ngateways: {vpn: {}}\nclients: {p: {to: vpn, arrivals: uniform 5/s, patience: 2s}}\n"
          "sweep: {clients.p.patience: [1s, 2s], zip: [{gateways.vpn.cores: [1, 2], gateways.vpn.inbox: [208KiB, 300KiB]}]}\n"
          "check: [{name: same, metric: successes, alike: gateways.vpn.cores, within: 1%}]\n")
    equal(ikelab("run", "zipped.yaml", "-o", "zipped.db").returncode, 0)
    equal(query("zipped.db", 'SELECT point, pass FROM "check" ORDER BY point'), [(1, 1), (3, 1)])


def test_a_failed_check_is_status_1():
    write("small.yaml", SMALL + "check: [{name: never, metric: success_share, all: below 1%}]\n")
    done = ikelab("run", "small.yaml")
    equal(done.returncode, 1)
    expect("FAIL never" in done.stderr, done.stderr)


def test_a_service_time_wrong_by_a_tenth_fails_its_check():
    write("queue.yaml", """for: 10s
seeds: 6
gateways: {vpn: {cores: 1, implementation: strongswan-5.9-steady, inbox: 64MiB, cookies: {at: 0}}}
attackers: {flood: {to: vpn, rate: 8000/s}}
check: [{name: wait, metric: wait_mean, theory: md1-wait, within: 5%}]
""")
    equal(ikelab("run", "queue.yaml", "-o", "right.db").returncode, 0)
    slower = ikelab("run", "queue.yaml", "-o", "slower.db", "--set", "gateways.vpn.cost_scale=1.1")
    equal(slower.returncode, 0)  # theory and gateway are slower by the same tenth
    with sqlite3.connect("right.db") as db:
        db.execute("ATTACH 'slower.db' AS slower")
        db.execute("UPDATE metric SET value = (SELECT value FROM slower.metric AS s WHERE s.run = metric.run"
                   " AND s.who = metric.who AND s.metric = metric.metric) WHERE metric = 'wait_mean'")
    db.close()
    done = ikelab("run", "queue.yaml", "-o", "right.db", "--resume")
    equal(done.returncode, 1)
    expect("FAIL wait" in done.stderr, done.stderr)


def test_a_run_that_crashes_is_told_and_others_go_on():
    write("small.yaml", SMALL.replace("for: 6s", "for: 60s"))
    run = subprocess.Popen([PROGRAM, "run", "small.yaml", "--jobs", "2"], stderr=subprocess.PIPE, text=True)
    worker = None
    while worker is None:
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(run.pid)], capture_output=True, text=True).stdout.split()
        worker = int(found[0]) if found else None
    time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)
    said = run.communicate(timeout=300)[1]
    equal(run.returncode, 1)
    expect("signal 9" in said and "seed" in said, said)
    equal(query("small.db", "SELECT count(*) FROM run"), [(7,)])
    equal(ikelab("run", "small.yaml").returncode, 0)
    equal(query("small.db", "SELECT count(*) FROM run"), [(8,)])


LONGER = SMALL.replace("for: 6s", "for: 40s").replace("seeds: 2", "seeds: 4")


def test_ctrl_c_keeps_what_is_finished():
    write("longer.yaml", LONGER)
    equal(ikelab("run", "longer.yaml", "-o", "whole.db").returncode, 0)
    run = subprocess.Popen([PROGRAM, "run", "longer.yaml", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
    for line in run.stdout:
        if json.loads(line)["kind"] == "run":
            break
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    equal(run.returncode, 130)
    expect("The same command goes on" in said, said)
    kept = query("longer.db", "SELECT count(*) FROM run")[0][0]
    expect(0 < kept < 16, kept)
    equal(ikelab("run", "longer.yaml").returncode, 0)
    equal(rows("longer.db"), rows("whole.db"))


def test_killed_at_any_moment_it_resumes_to_the_same_rows():
    write("longer.yaml", LONGER)
    began = time.monotonic()
    equal(ikelab("run", "longer.yaml", "-o", "whole.db").returncode, 0)
    took = time.monotonic() - began
    chance = random.Random(7)
    temporary = os.path.join(os.getcwd(), "tmp")
    os.mkdir(temporary)
    kept, killed = [], 0
    while (killed < 20 or not any(0 < count < 16 for count in kept)) and len(kept) < 40:
        for _ in range(5):  # a sweep killed at five moments and then left to end, compared, and another
            run = subprocess.Popen([PROGRAM, "run", "longer.yaml", "-o", "k.db", "--resume", "--quiet"],
                                   env={**os.environ, "TMPDIR": temporary}, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, took / 3))
            run.kill()
            if run.wait() == -signal.SIGKILL:
                killed += 1
            else:
                took /= 2  # it was there before us: the machine has become quicker
        begun = os.path.exists("k.db") and query("k.db", "SELECT name FROM sqlite_master WHERE name = 'run'")
        kept.append(query("k.db", "SELECT count(*) FROM run")[0][0] if begun else 0)
        equal(ikelab("run", "longer.yaml", "-o", "k.db", "--resume").returncode, 0)
        equal(rows("k.db"), rows("whole.db"))
        for name in left_behind():
            if name.startswith("k.db"):
                os.remove(name)
    expect(killed >= 20 and any(0 < count < 16 for count in kept), (killed, kept))  # else nothing was resumed
    deadline = time.monotonic() + 20
    while os.listdir(temporary) and time.monotonic() < deadline:
        time.sleep(0.1)  # workers notice the closed pipe, take their files away, and end
    equal(os.listdir(temporary), [])


def beginning_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rsplit(")", 1)[1].split()[19])


def test_what_a_run_left_that_was_killed_with_its_workers_the_next_takes_away_and_nothing_else():
    write("longer.yaml", LONGER)
    temporary = os.path.join(os.getcwd(), "tmp")
    mine = f"{os.getpid()}-{beginning_of(os.getpid())}"
    ended = subprocess.Popen(["sleep", "100"])  # and not waited for
    gone = f"ikelab-{ended.pid}-{beginning_of(ended.pid)}-abcdef"
    ended.kill()
    alive, reused = f"ikelab-{mine}-abcdef", f"ikelab-{mine}1-abcdef"  # this process, and one of before with its number
    others = ["ikelab-other", "ikelab-abcdef", "ikelab-1-1-abcdefg", "ikelab-1-x-abcdef", "other-1-1-abcdef", alive, "ikelab-1-1-filled",
              "ikelab-1-1-locked"]
    for name in [*others, reused, gone]:
        os.makedirs(f"tmp/{name}")
        write(f"tmp/{name}/run0", "rows")
    write("tmp/ikelab-1-1-filled/else", "of somebody")
    write("tmp/ikelab-1-1-a_file", "no folder")
    locked = os.open("tmp/ikelab-1-1-locked", os.O_RDONLY)  # as by a worker whose number means another process here
    fcntl.flock(locked, fcntl.LOCK_EX)

    run = subprocess.Popen([PROGRAM, "run", "longer.yaml", "--quiet"], env={**os.environ, "TMPDIR": temporary},
                           stderr=subprocess.DEVNULL, start_new_session=True)
    before = {*others, "ikelab-1-1-a_file"}
    filled = False
    while not filled and run.poll() is None:
        filled = any(os.listdir(f"tmp/{name}") for name in set(os.listdir(temporary)) - before - {reused, gone})
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    expect(set(os.listdir(temporary)) - before - {reused, gone}, "it was killed too late: it has left nothing")

    write("small.yaml", SMALL)
    equal(ikelab("run", "small.yaml", env={**os.environ, "TMPDIR": temporary}).returncode, 0)
    equal(set(os.listdir(temporary)), before)
    equal({name for name in others if not os.path.exists(f"tmp/{name}/run0")}, {"ikelab-1-1-filled"})
    equal(os.listdir("tmp/ikelab-1-1-filled"), ["else"])
    os.close(locked)
    equal(ikelab("run", "small.yaml", "-o", "again.db", env={**os.environ, "TMPDIR": temporary}).returncode, 0)
    equal(set(os.listdir(temporary)), before - {"ikelab-1-1-locked"})
    ended.wait()


def test_a_full_disk_is_told():
    write("small.yaml", SMALL)
    def little_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    done = ikelab("run", "small.yaml", preexec_fn=little_room)
    expect(done.returncode in (1, 2) and done.stderr != "", (done.returncode, done.stderr))


def test_progress_is_one_line_on_a_terminal():
    write("longer.yaml", LONGER)
    control, terminal = pty.openpty()
    run = subprocess.Popen([PROGRAM, "run", "longer.yaml"], stderr=terminal, stdout=subprocess.DEVNULL,
                           env={**os.environ, "TERM": "xterm"})
    os.close(terminal)
    said = b""
    while select.select([control], [], [], 60)[0]:
        try:
            got = os.read(control, 4096)
        except OSError:
            break
        if not got:
            break
        said += got
    equal(run.wait(), 0)
    expect(b"\r\x1b[K" in said and b"to go" in said, said)


def test_the_handshake_is_drawn_as_a_ladder():
    done = ikelab("run", "handshake")
    equal(done.returncode, 0)
    equal((done.stdout.count("IKE_SA_INIT re"), done.stdout.count("IKE_AUTH re")), (2, 2))
    for word in ["SAi1", "KEi", "Ni", "SAr1", "KEr", "Nr", "IDi", "AUTH", "TSi", "TSr"]:
        expect(word in done.stdout, word)
    expect(all(len(line) <= 96 for line in done.stdout.splitlines()), "too wide")
    done = ikelab("run", "handshake", "--set", "gateways.vpn.cookies.at=0")
    equal((done.returncode, done.stdout.count("IKE_SA_INIT re"), done.stdout.count("IKE_AUTH re")), (0, 4, 2))
    expect("N(COOKIE)" in done.stdout, done.stdout)


def test_pcap_writes_a_capture_and_its_keys():
    equal(ikelab("run", "handshake", "--pcap", "out").returncode, 0)
    equal(sorted(os.listdir("out")), ["handshake.pcapng", "ikev2_decryption_table"])
    equal(ikelab("run", "handshake", "--pcap", "again").returncode, 0)  # complete: run again for its capture
    equal(open("out/handshake.pcapng", "rb").read(), open("again/handshake.pcapng", "rb").read())


tap.main(globals(), *sys.argv[2:3])
