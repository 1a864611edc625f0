#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of one handshake, both ends, and of one request refused with a cookie, modelled cryptography:
the engine's own work, the same on every run. Usage: bench_count.py BENCH_ENGINE

Counted by valgrind; two lengths of run are subtracted, so that starting does not count. FIRST is the first
version's, before CREATE_CHILD_SA was there, counted in the same way with gcc 12 -O2 on x86-64: what came
after must not cost more than 5 % where it is not used.
"""
import re
import shutil
import subprocess
import sys

FIRST = {"handshake": 87239, "cookie": 5021}
FEW, MANY = 200, 1200


def instructions(program, what, times):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "repeat", what,
                           str(times)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    match = re.search(r"Collected : (\d+)", done.stdout)
    if done.returncode != 0 or match is None:
        sys.exit(f"valgrind {program} repeat {what}: {done.stdout[-300:]}")
    return int(match.group(1))


def main():
    if shutil.which("valgrind") is None:
        print("# valgrind is not installed: nothing counted")
        return
    for what, first in FIRST.items():
        each = (instructions(sys.argv[1], what, MANY) - instructions(sys.argv[1], what, FEW)) / (MANY - FEW)
        print(f"{'instructions_' + what:34} {each:10.0f}      floor {first:10.0f}      ratio {each / first:6.3f}  "
              "goal <= 1.05")


if __name__ == "__main__":
    main()
