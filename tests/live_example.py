#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program in the comment of sim/netns.h, as a stranger would copy it: it compiles without a warning, and hears a real
shell over its line. Usage: live_example.py HEADER LIBRARY...
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ns3_example import built  # noqa: E402

NOT_ALLOWED = 77


def main():
    header, *libraries = (os.path.abspath(name) for name in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        program = built(header, folder, libraries)
        ran = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=60) if program else None
    print("1..2")
    print(f"{'ok' if program else 'not ok'} 1 - the example compiles without a warning")
    if ran is not None and ran.returncode == NOT_ALLOWED:
        print(f"ok 2 - # SKIP network namespaces: {ran.stdout.strip()}")
        return 0
    right = ran is not None and ran.returncode == 0 and ran.stdout == "hello to port 500\n"
    print(f"{'ok' if right else 'not ok'} 2 - it hears what a shell says, after the line's delay")
    return 0


if __name__ == "__main__":
    sys.exit(main())
