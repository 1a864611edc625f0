#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Names of notifies as `ikelab inspect` prints them, against names nobody here wrote: tshark's table, and for
those that are younger than it the registers in the RFCs. Usage: oracle_names.py PROGRAM     prints TAP"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

# RFC 9370 6, RFC 8019 8, RFC 8784 7, RFC 9242 6, RFC 8983 7, RFC 9593 5
YOUNGER = {47: "STATE_NOT_FOUND", 16434: "PUZZLE", 16435: "USE_PPK", 16436: "PPK_IDENTITY",
           16437: "NO_PPK_AUTH", 16438: "INTERMEDIATE_EXCHANGE_SUPPORTED", 16439: "IP4_ALLOWED",
           16440: "IP6_ALLOWED", 16441: "ADDITIONAL_KEY_EXCHANGE", 16443: "SUPPORTED_AUTH_METHODS"}
# tshark 4.0 gives 46 the name of 44, and 16429 the name it had in a draft of RFC 9838.
WRONG_THERE = {46, 16429}


def names_of_tshark():
    done = subprocess.run(["tshark", "-G", "values"], text=True, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    names = {}
    for line in done.stdout.splitlines():
        row = line.split("\t")
        if len(row) < 5 or row[1] != "isakmp.notify.msgtype":
            continue
        if row[2] == "0":
            names = {}  # IKEv1 has a table of the same name, which stands first
        if row[2] == row[3] and not row[4].startswith("RESERVED"):
            names[int(row[2])] = row[4]
    return {number: name for number, name in names.items() if number not in WRONG_THERE}


def packet(number):
    notify = struct.pack(">BBHBBH", 0, 0, 8, 0, 0, number)
    message = bytes(range(1, 9)) + bytes(8) + struct.pack(">BBBBII", 41, 0x20, 34, 0x08, 0, 36) + notify
    datagram = struct.pack(">HHHH", 500, 500, 8 + len(message), 0) + message
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 7, 0, 64, 17, 0, bytes([192, 0, 2, 1]),
                       bytes([192, 0, 2, 9]))
    raw = head + datagram
    return struct.pack("<IIII", 0, 0, len(raw), len(raw)) + raw


def names_of_inspect(program, numbers):
    with tempfile.TemporaryDirectory() as home:
        capture = os.path.join(home, "names.pcap")
        with open(capture, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
            for number in numbers:
                out.write(packet(number))
        done = subprocess.run([program, "inspect", "--summary", capture], text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return re.findall(r"\bN\((\w+)\)", done.stdout)


def main():
    if shutil.which("tshark") is None:
        print("1..0 # SKIP tshark is not installed")
        return 0
    theirs = names_of_tshark()
    failed = 0
    print("1..3")
    cases = [("tshark has a table to compare with", [len(theirs) > 60], [True])]
    for what, table in (("notifies have the names tshark gives them", theirs),
                        ("younger notifies have the names their RFCs give them", YOUNGER)):
        cases.append((what, names_of_inspect(sys.argv[1], sorted(table)), [table[n] for n in sorted(table)]))
    for i, (what, got, wanted) in enumerate(cases, 1):
        failed += got != wanted
        print(f"{'not ok' if got != wanted else 'ok'} {i} - {what}")
        if got != wanted:
            print(f"# {len(got)} names for {len(wanted)}; not as wanted: {sorted(set(got) ^ set(wanted))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
