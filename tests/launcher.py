#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The launcher script, with stand-ins for meson, ninja and the program.

Usage: launcher.py SOURCE_FOLDER     prints TAP
"""
import os
import shutil
import subprocess
import sys
import time

import tap
from tap import expect

SOURCE = os.path.abspath(sys.argv[1])


def script(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)


def house(packages="run\n"):
    """A tree with a launcher; its tools write into `log` what they were asked."""
    for folder in ["ike", "sim", "models", "results", "experiments", ".ci", "build", "tools"]:
        os.makedirs(folder)
    shutil.copy(os.path.join(SOURCE, "ikelab"), "ikelab")
    with open(".ci/packages", "w", encoding="utf-8") as file:
        file.write(packages)
    for name in ["meson.build", "build/build.ninja", "experiments/main.c"]:
        open(name, "w", encoding="utf-8").close()
    script("tools/ninja", 'echo "ninja $*" >> log; echo "words of the compiler"; [ ! -e fail ]\n')
    script("tools/meson", 'echo "meson $*" >> log; echo "words of meson"; [ ! -e fail ] && : > build/build.ninja\n')
    script("build/experiments/ikelab", 'echo "program $*"; exit 7\n')


def launch(*args, path="tools:" + os.environ["PATH"]):
    return subprocess.run(["./ikelab", *args], capture_output=True, text=True, env={**os.environ, "PATH": path},
                          check=False)


def log():
    return open("log", encoding="utf-8").read() if os.path.exists("log") else ""


def built():
    expect(launch("x").returncode == 7, "first")
    os.remove("log")
    time.sleep(0.02)


def test_it_builds_hands_over_and_keeps_its_own_words_off_standard_output():
    house()
    done = launch("run", "two words", "--x")
    expect((done.returncode, done.stdout) == (7, "program run two words --x\n"), done)
    expect("words of the compiler" in done.stderr, done.stderr)


def test_when_nothing_changed_nothing_is_built():
    house()
    built()
    for _ in range(10):
        done = launch("x")
        expect((done.stdout, done.stderr) == ("program x\n", ""), done)
    expect(log() == "", log())


def test_a_changed_added_or_removed_source_is_built():
    house()
    built()
    for change in [lambda: os.utime("experiments/main.c"), lambda: open("ike/new.c", "w", encoding="utf-8").close(),
                   lambda: os.remove("ike/new.c"), lambda: os.utime("meson.build")]:
        time.sleep(0.02)
        change()
        launch("x")
        expect("ninja" in log(), "not built")
        os.remove("log")


def test_a_failed_build_shows_the_compilers_words_and_starts_nothing():
    house()
    open("fail", "w", encoding="utf-8").close()
    done = launch("x")
    expect((done.returncode, done.stdout) == (1, ""), done)
    expect("words of the compiler" in done.stderr and "build failed" in done.stderr, done.stderr)
    os.remove("fail")
    expect(launch("x").returncode == 7, "built again after it was mended")


def test_an_unconfigured_tree_is_configured_first():
    house()
    os.remove("build/build.ninja")
    done = launch("x")
    expect(log().startswith("meson setup"), log())
    expect("words of meson" not in done.stderr, done.stderr)


def test_a_failed_configuration_shows_mesons_words_and_starts_nothing():
    house()
    os.remove("build/build.ninja")
    open("fail", "w", encoding="utf-8").close()
    done = launch("x")
    expect((done.returncode, done.stdout) == (1, ""), done)
    expect("words of meson" in done.stderr, done.stderr)


def test_who_asks_for_ns3_gets_it_configured_and_built():
    house()
    built()
    done = launch("run", "x", "--network", "ns3")
    expect(done.returncode == 7, done.stderr)
    expect("meson setup --reconfigure" in log() and "ninja" in log(), log())
    os.makedirs("build/sim")
    open("build/sim/ikelab-ns3.so", "w", encoding="utf-8").close()
    os.remove("log")
    launch("run", "x", "--set", "network.kind=ns3")
    expect(log() == "", "nothing is left to do: " + log())


def test_without_apt_missing_packages_are_named():
    house("run  there-is-no-such-package nor-this\n")
    os.makedirs("bare")
    for tool in ["sh", "dirname", "readlink", "id", "printf"]:
        os.symlink(shutil.which(tool), "bare/" + tool)
    done = launch("x", path="bare")
    expect(done.returncode == 2 and done.stdout == "", done)
    expect("there-is-no-such-package nor-this" in done.stderr, done.stderr)


tap.main(globals())
