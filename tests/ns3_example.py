#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program in the comment of sim/net_ns3.h, as a stranger would copy it: it compiles without a warning, and does
what is said of it. Usage: ns3_example.py HEADER [MODULE]
"""
import os
import shlex
import subprocess
import sys
import tempfile

SKIP = "1..0 # SKIP ns-3 is not installed"


def example(header):
    lines = [line[7:] if line.startswith(" *     ") else "" for line in header.split("\n */")[0].split("\n")]
    first = next(i for i, line in enumerate(lines) if line.startswith("#include"))
    return "\n".join(lines[first:]) + "\n"


def built(header, folder, libraries):
    """The example of a header compiled into the folder: the program, or None after saying what the compiler said."""
    source, program = os.path.join(folder, "example.c"), os.path.join(folder, "example")
    with open(header, encoding="utf-8") as file, open(source, "w", encoding="utf-8") as out:
        out.write(example(file.read()))
    compiler = shlex.split(os.environ.get("CC", "cc"))
    root = os.path.dirname(os.path.dirname(header))
    done = subprocess.run([*compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", root, source, "-o", program,
                           *libraries, "-ldl"], stderr=subprocess.PIPE, text=True, timeout=60)
    if done.returncode != 0:
        print("".join(f"# {line}\n" for line in done.stderr.splitlines()[:20]), end="")
    return program if done.returncode == 0 else None


def main():
    if len(sys.argv) < 3:
        print(SKIP)
        return 0
    header, module = (os.path.abspath(name) for name in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        program = built(header, folder, [])
        ran = subprocess.run([program, module], stdout=subprocess.PIPE, text=True, timeout=60) if program else None
    print("1..2")
    print(f"{'ok' if program else 'not ok'} 1 - the example compiles without a warning")
    # 5 ms, then 30 octets with PPP's two at 1 Mbit/s and 20 ms of delay.
    right = ran is not None and ran.returncode == 0 and ran.stdout == "28 octets to 192.0.2.7 after 25.240 ms\n"
    print(f"{'ok' if right else 'not ok'} 2 - it says when its packet arrived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
