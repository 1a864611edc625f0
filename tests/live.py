#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikelab live`, from outside: what it fetches, says, refuses and leaves behind. The programs that fetch and
unpack are stand-ins here, so that no network is needed.

Usage: live.py PROGRAM [NAME]     prints TAP; NAME: only tests whose name contains it
"""
import os
import signal
import subprocess
import sys
import time

import tap
from tap import equal, expect

PROGRAM = os.path.abspath(sys.argv[1])
# `apt-get download` leaves a file for each package; `dpkg -x` makes the programs that are in it.
APT_GET = """#!/bin/sh
echo "$@" >>"$STAND_IN/calls"
[ -e "$STAND_IN/slow" ] && sleep 20
[ "$1" = update ] && exit 0
if [ -e "$STAND_IN/offline" ]; then
    echo "E: Failed to fetch http://deb.debian.org/x.deb Temporary failure resolving 'deb.debian.org'"
    exit 100
fi
shift 2
for name; do
    [ -e "$STAND_IN/lacks-$name" ] || echo "$name" >"${name}_1%3a2.3-4_amd64.deb"
done
"""
DPKG = """#!/bin/sh
[ -e "$STAND_IN/broken" ] && { echo "dpkg-deb: error: not a Debian format archive"; exit 2; }
put() { mkdir -p "$(dirname "$root$1")"; cp "$STAND_IN/program" "$root$1"; chmod 755 "$root$1"; }
root=$3
case $(cat "$2") in
    strongswan-charon) put /usr/lib/ipsec/charon ;;
    strongswan-swanctl) put /usr/sbin/swanctl; put /usr/share/doc/swanctl ;;
    openiked) put /usr/sbin/iked; put /usr/sbin/ikectl; put /lib/systemd/system/openiked.service ;;
    openssl) put /usr/bin/openssl ;;
    libevent-2.1-7) put "$(cat "$STAND_IN/libraries")/libevent-2.1.so.7" ;;
esac
"""


class Place:
    """A folder with stand-ins in its PATH."""

    def __init__(self, folder):
        self.top = folder
        self.daemons = self.top + "/daemons"
        for name, text in (("apt-get", APT_GET), ("dpkg", DPKG)):
            path = f"{self.top}/bin/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(path, 0o755)
        os.symlink(os.path.realpath("/bin/true"), self.top + "/program")
        with open("/proc/self/maps", encoding="ascii") as maps:
            loader = next(line.split()[-1] for line in maps if "/ld-" in line or "/libc.so" in line)
        self.libraries = os.path.dirname(os.path.realpath(loader))
        with open(self.top + "/libraries", "w", encoding="ascii") as file:
            file.write(self.libraries)
        self.environment = dict(os.environ, PATH=f"{self.top}/bin:/usr/bin:/bin", STAND_IN=self.top,
                                IKELAB_DAEMONS=self.daemons)
        for name in ("STRONGSWAN", "LIBRESWAN", "OPENIKED"):
            self.environment.pop("IKELAB_" + name, None)

    def set(self, name):
        with open(f"{self.top}/{name}", "w", encoding="ascii"):
            pass

    def run(self, *args):
        return subprocess.run([PROGRAM, "live", *args], capture_output=True, text=True, timeout=60,
                              env=self.environment)

    def calls(self):
        if not os.path.exists(self.top + "/calls"):
            return []
        with open(self.top + "/calls", encoding="ascii") as file:
            return [line.split()[0] for line in file]

    def left(self):
        return sorted(os.listdir(self.daemons)) if os.path.isdir(self.daemons) else []


def fails(place, args, status, *words):
    """It says so and leaves nothing behind."""
    done = place.run(*args)
    equal(done.returncode, status)
    for word in words:
        expect(word in done.stderr, f"{word!r} is not in\n{done.stderr}")
    equal(done.stdout, "")
    equal(place.left(), [])


def test_a_daemon_is_fetched_unpacked_and_then_there(place):
    done = place.run("setup", "openiked")
    equal((done.returncode, done.stdout), (0, ""))
    for word in ("nothing is installed", "openiked 1:2.3-4, 1 KiB", "openiked: 1:2.3-4 is ready"):
        expect(word in done.stderr, f"{word!r} is not in\n{done.stderr}")
    equal(place.left(), ["openiked"])
    root = place.daemons + "/openiked/root"
    equal(sorted(os.listdir(place.daemons + "/openiked")), ["packages", "root"])
    equal(os.readlink(root + "/lib"), "usr/lib")
    expect(os.path.exists(root + "/usr/lib/own/libevent-2.1.so.7"), "its own libraries have their own place")
    equal(os.listdir(root + place.libraries), [])
    with open(root + "/etc/passwd", encoding="ascii") as file:
        expect("_iked:x:0:0:" in file.read(), "its user")
    equal(place.calls(), ["download"])


def test_a_folder_may_be_named_from_where_one_is(place):
    place.environment["IKELAB_DAEMONS"] = "mine"
    os.chdir(place.top)
    equal(place.run("setup", "openiked").returncode, 0)
    expect(f" {os.path.realpath(place.top)}/mine/openiked/root" in place.run("list").stdout, "its whole path is told")
    os.chdir("/")


def test_what_is_there_is_not_fetched_again(place):
    place.run("setup", "strongswan")
    before = os.stat(place.daemons + "/strongswan").st_ino
    done = place.run("setup", "strongswan")
    equal((done.returncode, os.stat(place.daemons + "/strongswan").st_ino), (0, before))
    expect("1:2.3-4 is there" in done.stderr, done.stderr)
    equal(place.calls(), ["download"])


def test_list_says_versions_and_places(place):
    place.run("setup", "openiked")
    done = place.run("list")
    lines = done.stdout.splitlines()
    equal((done.returncode, len(lines)), (0, 3))
    equal(lines[0], "strongswan   not there: ikelab live setup strongswan")
    equal(lines[2].split(), ["openiked", "1:2.3-4", place.daemons + "/openiked/root,", "wants", "of", "the", "kernel:", "ESP",
                              "by", "PF_KEY"])


def test_one_that_is_elsewhere_may_be_named(place):
    place.run("setup", "openiked")
    os.rename(place.daemons + "/openiked", place.top + "/mine")
    place.environment["IKELAB_OPENIKED"] = place.top + "/mine/root"
    expect(f"openiked     1:2.3-4                {place.top}/mine/root, named by" in place.run("list").stdout, "list")
    equal(place.run("setup", "openiked").returncode, 0)
    equal(place.left(), [])
    place.environment["IKELAB_OPENIKED"] = place.top + "/nowhere"
    fails(place, ("setup", "openiked"), 1, "/nowhere/usr/sbin/iked is not a program")


def test_bad_usage_is_status_2(place):
    fails(place, ("setup", "strongswam"), 2, "there is no daemon strongswam: did you mean strongswan?")
    fails(place, ("setup", "openiked", "racoon"), 2, "there are strongswan, libreswan and openiked")
    fails(place, ("stup",), 2, "did you mean setup")
    fails(place, ("--one",), 2, "did you mean --once?")
    fails(place, ("list", "openiked"), 2, "takes no names")
    fails(place, ("setup", "--force"), 2, "there is no option --force")
    equal(place.calls(), [])
    done = place.run("--help")
    expect(done.returncode == 0 and "ikelab live setup [DAEMON]" in done.stdout and place.daemons in done.stdout, done.stdout)


def test_a_machine_without_apt_get_is_told(place):
    place.environment["PATH"] = place.top + "/nothing"
    fails(place, ("setup", "openiked"), 1, "the packages cannot be fetched: there is no apt-get on this machine")


def test_no_network_is_told_in_the_words_of_apt_get(place):
    place.set("offline")
    fails(place, ("setup", "openiked"), 1, "the packages cannot be fetched: E: Failed to fetch", "resolving")
    if os.geteuid() == 0:
        equal(place.calls(), ["download", "update", "download"])


def test_what_is_missing_is_named(place):
    fails(place, ("setup", "libreswan"), 1, "/usr/libexec/ipsec/pluto: no package has brought it")
    place.set("lacks-libevent-2.1-7")
    fails(place, ("setup", "openiked"), 1, "apt-get has not brought all packages")


def test_a_broken_package_is_told(place):
    place.set("broken")
    fails(place, ("setup", "openiked"), 1, "not a Debian format archive")


def test_a_program_that_cannot_run_is_told(place):
    os.remove(place.top + "/program")
    place.set("program")
    fails(place, ("setup", "openiked"), 1, "a program does not find its libraries")


def test_a_folder_that_cannot_be_made_is_told(place):
    place.environment["IKELAB_DAEMONS"] = "/proc/ikelab"
    fails(place, ("setup", "openiked"), 1, "/proc/ikelab")
    place.environment["IKELAB_DAEMONS"] = place.top + "/long" * 250
    fails(place, ("setup", "openiked"), 1, "is too long")


def begin(place):
    """A setup that is being fetched."""
    process = subprocess.Popen([PROGRAM, "live", "setup", "openiked", "strongswan"], env=place.environment,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(200):
        if place.calls():
            break
        time.sleep(0.05)
    equal(len(place.left()), 1)
    return process


def test_interrupted_it_leaves_nothing(place):
    place.set("slow")
    process = begin(place)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    equal(process.returncode, 130)
    expect("interrupted" in said, said)
    equal(place.left(), [])
    equal(place.calls(), ["download"])


def test_killed_its_leftovers_are_gone_after_the_next(place):
    place.set("slow")
    process = begin(place)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    equal(len(place.left()), 1)
    os.makedirs(place.daemons + "/.openikedly")
    os.remove(place.top + "/slow")
    equal(place.run("setup", "openiked").returncode, 0)
    equal(place.left(), [".openikedly", "openiked"])


tap.main(globals(), *sys.argv[2:3], lab=Place)
