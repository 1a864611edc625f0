#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tshark as an oracle for ESP: with the SAs' keys it opens our packets, finds each ICV right and what is within
well formed, and reads in every field what we wrote. Usage: oracle_esp.py ORACLE_ESP     prints TAP"""
import os
import shutil
import subprocess
import sys
import tempfile

# In the order in which oracle_esp prints its own reading.
FIELDS = ["esp.spi", "esp.sequence", "esp.protocol", "esp.pad_len", "esp.icv_good", "udp.length", "udp.dstport"]
ICV = FIELDS.index("esp.icv_good")
SUITES = 6 + 8 * 5  # AEADs; others, with a mac each


def tshark(capture, home, fields):
    command = ["tshark", "-r", capture, "-o", "esp.enable_encryption_decode:TRUE",
               "-o", "esp.enable_authentication_check:TRUE", "-o", "udp.check_checksum:TRUE",
               "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=|"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, env={**os.environ, "WIRESHARK_CONFIG_DIR": home}, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.stdout.splitlines()


def with_last_octet_changed(capture):
    with open(capture, "rb") as file:
        octets = bytearray(file.read())
    octets[-1] ^= 1
    changed = capture + ".changed"
    with open(changed, "wb") as file:
        file.write(octets)
    return changed


def say(number, good, what):
    print(f"{'' if good else 'not '}ok {number} - {what}")


def main():
    if shutil.which("tshark") is None:
        print("1..0 # SKIP tshark is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="ikelab-tshark-") as home:
        capture = os.path.join(home, "esp.pcap")
        ours = subprocess.run([os.path.abspath(sys.argv[1]), capture, os.path.join(home, "esp_sa")],
                              stdout=subprocess.PIPE, text=True, timeout=120, check=True).stdout.splitlines()
        theirs = tshark(capture, home, FIELDS)
        complaints = [line for line in tshark(capture, home, ["_ws.malformed", "_ws.expert.message"]) if line != "|"]
        checksums = set(",".join(tshark(capture, home, ["udp.checksum.status"])).split(","))
        changed = tshark(with_last_octet_changed(capture), home, FIELDS)
    good = not complaints and len(theirs) == len(ours) == SUITES * 4 * 12
    say(1, good, f"tshark reads {len(theirs)} of {len(ours)} packets and finds none malformed: {complaints[:3]}")
    for index, field in enumerate(FIELDS):
        differ = [(number, a, b) for number, (a, b) in enumerate(zip(ours, theirs), 1)
                  if a.split("|")[index] != b.split("|")[index]]
        say(index + 2, theirs and not differ, f"{field} is read alike in all")
        for number, mine, other in differ[:5]:
            print(f"# packet {number}: we wrote {mine}, tshark reads {other}")
    say(len(FIELDS) + 2, checksums == {"1"}, f"every UDP checksum, within and around, is right: {sorted(checksums)}")
    good = (changed[:-1] == theirs[:-1] and theirs[-1].split("|")[ICV] == "1"
            and changed[-1].split("|")[ICV] != "1")
    say(len(FIELDS) + 3, good, "and an ICV with one bit changed it finds wrong")
    print(f"1..{len(FIELDS) + 3}")


if __name__ == "__main__":
    main()
