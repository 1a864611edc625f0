#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Switches off every row of the tables of rules, collisions and reasons in turn: some test must notice.

Usage: mutate.py BUILD_DIR [TABLE ...]       prints a line for each row, and those nobody noticed; takes minutes
"""
import glob
import os
import subprocess
import sys

# The quick ones first, the model checker last.
FIRST = ["flow_init", "flow_auth", "flow_info", "unit_engine", "flow_child", "flow_life"]
LAST = ["model_collisions"]


def programs(build):
    """Test programs that hold an engine."""
    for path in sorted(glob.glob(os.path.join(build, "tests", "*"))):
        name = os.path.basename(path)
        if name.startswith(("flow_", "unit_engine", "model_collisions")) and os.access(path, os.X_OK) and os.path.isfile(path):
            yield name


def passes(build, name, what):
    done = subprocess.run([os.path.join(build, "tests", name)], env=dict(os.environ, IKELAB_MUTATE=what), timeout=120,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def main():
    build, tables = sys.argv[1], sys.argv[2:]
    names = list(programs(build))
    names = [n for n in FIRST if n in names] + [n for n in names if n not in FIRST + LAST] + [n for n in LAST if n in names]
    said = subprocess.run([os.path.join(build, "tests", names[0])], env=dict(os.environ, IKELAB_MUTATE="count"),
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()
    counts = dict((line.split()[0], int(line.split()[1])) for line in said[:3])
    rules = {line.split()[1]: line.split(" ", 2)[2] for line in said if line.startswith("# rule:")}
    answered = {int(line.split()[0]): line.split()[1] for line in said[3:] if line[0] != "#" and line.split()[2] == "1"}
    unnoticed = []
    for table in tables or counts:
        for row in range(counts[table]):
            if table == "why" and row not in answered:
                continue  # dropped in any case: there is nothing to switch off
            what = f"{table}:{row}"
            noticed = next((name for name in names if not passes(build, name, what)), None)
            name = answered[row] if table == "why" else rules.get(what, "")
            print(f"{what} {name}: {noticed or 'NOBODY'}", flush=True)
            if noticed is None:
                unnoticed.append(what)
    print(f"{len(unnoticed)} rows unnoticed: {' '.join(unnoticed)}")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
