#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One world, built by several compilers for two word sizes, must leave the same fingerprint.

Usage: determinism.py SOURCE_ROOT PROGRAM.c        prints TAP

The program is built with ike, sim and models and nothing else: that it links
without OpenSSL, SQLite and YAML is itself a check of the layers.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

BUILDS = [
    ("gcc -O2", ["gcc", "-O2"]),
    ("gcc -O0", ["gcc", "-O0"]),
    ("clang -O2", ["clang", "-O2"]),
    ("gcc -m32 -O2", ["gcc", "-m32", "-O2"]),
]
WANTED = {"ike": ("crypto_openssl",), "sim": (), "models": ()}


def sources(root, program):
    for room, without in WANTED.items():
        for folder in (room, room + "/v2"):
            for path in sorted(glob.glob(os.path.join(root, folder, "*.c"))):
                if not os.path.basename(path).startswith(without or "-"):
                    yield path
    yield program


def build(root, source, folder, name, command):
    program = os.path.join(folder, name.replace(" ", ""))
    done = subprocess.run([*command, "-std=gnu11", "-ffp-contract=off", "-D_GNU_SOURCE", '-DIKELAB_MODULES=""', "-I", root, "-o", program,
                           *sources(root, source), "-lm"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    return (program, "") if done.returncode == 0 else (None, done.stdout.strip())


def run(program, *arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, timeout=120,
                          check=True).stdout.strip()


def one_more_lost(text, program):
    """The fingerprint at the least share lost at which it is another: there one datagram more is lost."""
    for thousandths in range(500, 600):
        other = run(program, "drop", f"0.{thousandths}%")
        if thousandths == 500 and other != text:
            return "none: the share lost was not 0.5%"
        if other != text:
            return other
    return text


def main():
    root, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    number, first = 0, None
    with tempfile.TemporaryDirectory(prefix="ikelab-determinism-") as folder:
        for name, command in BUILDS:
            number += 1
            if shutil.which(command[0]) is None:
                print(f"ok {number} - {name} # SKIP {command[0]} is not installed")
                continue
            program, trouble = build(root, source, folder, name, command)
            if program is None and "-m32" in command and ("skipping incompatible" in trouble or "bits/" in trouble):
                print(f"ok {number} - {name} # SKIP no 32-bit C library (gcc-multilib)")
                continue
            text = run(program) if program is not None else ""
            first = first or (text, program)
            good = program is not None and len(text) == 32 and text == first[0]
            print(f"{'' if good else 'not '}ok {number} - {name}: fingerprint {text or 'none'}")
            if not good:
                print("".join(f"# {line}\n" for line in trouble.splitlines()[-20:]), end="")
        for change in ("seed", "byte", "drop", "draw"):
            number += 1
            text = one_more_lost(*first) if change == "drop" else run(first[1], change)
            good = len(text) == 32 and text != first[0]
            print(f"{'' if good else 'not '}ok {number} - another {change} is another fingerprint: {text}")
        number += 1
        again = run(first[1])
        print(f"{'' if again == first[0] else 'not '}ok {number} - the same again is the same: {again}")
    print(f"1..{number}")


if __name__ == "__main__":
    main()
