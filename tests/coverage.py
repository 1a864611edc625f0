#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which branches of ike/ the unit and flow tests take, file by file; fails where one is neither taken nor excused.

Usage: coverage.py SOURCE_DIR BUILD_DIR [--show] [--keep]     `meson test --benchmark coverage` calls it

Builds everything with gcc, -O0 and counters in BUILD_DIR, runs the suite `unit` there, and reads gcov's JSON. A branch
is one way out of one condition: `a && b` has four. Not counted: conditions of assert(), whose other way is the end of
the program. coverage.list says of each branch that no test takes why (file | text of the line, or *: all of them | why),
and must not hold what the tests do take; without it 95 % are to be taken. --show prints each branch that is neither
taken nor excused; --keep reads the counters that are there.
"""
import concurrent.futures
import gzip
import json
import os
import re
import subprocess
import sys

WANTED = 95.0
ROOM = "ike/"


def run_tests(source, build):
    """The suite, in a build of its own."""
    if not os.path.exists(os.path.join(build, "build.ninja")):
        subprocess.run(["meson", "setup", build, source, "-Db_coverage=true", "-Dbuildtype=debug", "-Doptimization=0"],
                       check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, CC="gcc"))
    for path in counters(build):
        os.remove(path)
    done = subprocess.run(["meson", "test", "-C", build, "--suite", "unit", "-t", "10"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        print(done.stdout[-3000:])
        sys.exit("a test fails: no figure")


def counters(build):
    """Files of counters of the room's objects, and of the tests', which hold what the room's headers have inline."""
    found = []
    for room in (ROOM, "tests/"):
        for folder, _, names in os.walk(os.path.join(build, room)):
            found += [os.path.join(folder, name) for name in names if name.endswith(".gcda")]
    return sorted(found)


def read_counter(path):
    text = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", os.path.basename(path)],
                          cwd=os.path.dirname(path), stdout=subprocess.PIPE, check=True).stdout
    if text[:2] == b"\x1f\x8b":
        text = gzip.decompress(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def gather(source, build):
    """{file: {line: [counts of branches]}} and {file: {line: count}}, summed over all that hold the same line."""
    branches, lines = {}, {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for read in pool.map(read_counter, counters(build)):
            for part in read:
                for entry in part["files"]:
                    name = os.path.relpath(os.path.join(part["current_working_directory"], entry["file"]), source)
                    if name.startswith(ROOM):
                        add(branches.setdefault(name, {}), lines.setdefault(name, {}), entry)
    return branches, lines


def add(branches, lines, entry):
    for line in entry["lines"]:
        number = line["line_number"]
        lines[number] = lines.get(number, 0) + line["count"]
        counts = [branch["count"] for branch in line["branches"]]
        known = branches.setdefault(number, [0] * len(counts))
        if len(known) == len(counts):
            branches[number] = [a + b for a, b in zip(known, counts)]


def asserted(text):
    """Numbers of lines that belong to an assert(), from its name to its semicolon."""
    found, inside = set(), False
    for number, line in enumerate(text, 1):
        inside = inside or re.search(r"\b(static_)?assert\(", line) is not None
        if inside:
            found.add(number)
        if line.rstrip().endswith(";") or "; /*" in line:
            inside = False
    return found


def read_excuses(path):
    """file: text: why."""
    excuses = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, rest = line.strip().split(" | ", 1)
                text, why = rest.rsplit(" | ", 1)
                text = text.replace("\\|", "|")
                excuses[name, text] = why
    return excuses


def judge(source, branches, lines, show):
    excuses = read_excuses(os.path.join(source, "tests", "coverage.list"))
    used, total = set(), [0] * 5
    print(f"{'file':34} {'branches':>15} {'':>7} {'excused':>7} {'left':>5} {'lines':>13}")
    for name in sorted(branches):
        with open(os.path.join(source, name), encoding="utf-8") as file:
            text = file.read().splitlines()
        skip = asserted(text)
        taken = there = excused = 0
        for number, counts in sorted(branches[name].items()):
            if number in skip:
                continue
            there += len(counts)
            taken += len(counts) - counts.count(0)
            key = (name, text[number - 1].strip())
            key = key if key in excuses else (name, "*")
            if 0 in counts and key in excuses:
                used.add(key)
                excused += counts.count(0)
            elif 0 in counts and show:
                ways = "".join("x" if count == 0 else "." for count in counts)
                print(f"{name}:{number}: {ways} {text[number - 1].strip()}")
        code = [number for number in lines[name] if number not in skip]
        run = sum(1 for number in code if lines[name][number] > 0)
        total = [a + b for a, b in zip(total, print_row(name, [taken, there, excused, run, len(code)]))]
    print_row("all of " + ROOM, total)
    left = total[1] - total[0] - total[2]
    print(f"taken: {percent(total[0], total[1]):.2f} %, or excused: {percent(total[0] + total[2], total[1]):.2f} %")
    print(f"neither taken nor excused: {left}" if left > 0 else "no branch is neither taken nor excused")
    idle = sorted(set(excuses) - used)
    for name, line in idle:
        print(f"excused without need: {name} | {line}")
    return 1 if left > 0 or idle or percent(total[0], total[1]) < WANTED else 0


def print_row(name, row):
    taken, there, excused, run, code = row
    print(f"{name:34} {taken:6}/{there:<6} {percent(taken, there):9.2f} {excused:7} {there - taken - excused:5} {run:6}/{code:<6}")
    return row


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main():
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    source, build = (os.path.abspath(word) for word in sys.argv[1:] if not word.startswith("--"))
    if "--keep" not in options:
        run_tests(source, build)
    return judge(source, *gather(source, build), "--show" in options)


if __name__ == "__main__":
    sys.exit(main())
