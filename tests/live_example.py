#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program in the comment of sim/netns.h, as a stranger would copy it: it compiles without a warning, and hears a real
shell over its line. Usage: live_example.py HEADER LIBRARY...
"""
import os
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ns3_example import example  # noqa: E402

NOT_ALLOWED = 77


def main():
    header, *libraries = (os.path.abspath(name) for name in sys.argv[1:])
    ran = None
    with open(header, encoding="utf-8") as file, tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "example.c")
        with open(source, "w", encoding="utf-8") as out:
            out.write(example(file.read()))
        program = os.path.join(folder, "example")
        compiler = shlex.split(os.environ.get("CC", "cc"))
        root = os.path.dirname(os.path.dirname(header))
        built = subprocess.run([*compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", root, source,
                                "-o", program, *libraries, "-ldl"], stderr=subprocess.PIPE, text=True, timeout=60)
        if built.returncode == 0:
            ran = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=60)
        else:
            print("".join(f"# {line}\n" for line in built.stderr.splitlines()[:20]), end="")
    print("1..2")
    print(f"{'ok' if built.returncode == 0 else 'not ok'} 1 - the example compiles without a warning")
    if ran is not None and ran.returncode == NOT_ALLOWED:
        print(f"ok 2 - # SKIP network namespaces: {ran.stdout.strip()}")
        return 0
    right = ran is not None and ran.returncode == 0 and ran.stdout == "hello to port 500\n"
    print(f"{'ok' if right else 'not ok'} 2 - it hears what a shell says, after the line's delay")
    return 0


if __name__ == "__main__":
    sys.exit(main())
