#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tshark as an oracle: it opens and dissects captures of our flows, finds nothing malformed, and reads
in every field what our own parser reads. Usage: oracle_tshark.py ORACLE_CAPTURE     prints TAP"""
import os
import shutil
import subprocess
import sys
import tempfile

# In the order in which oracle_capture prints its own reading.
FIELDS = ["isakmp.ispi", "isakmp.rspi", "isakmp.exchangetype", "isakmp.flags", "isakmp.messageid",
          "isakmp.length", "isakmp.typepayload", "isakmp.notify.msgtype", "isakmp.nonce",
          "isakmp.key_exchange.dh_group", "isakmp.tf.id.encr", "isakmp.id.data.fqdn",
          "isakmp.ts.start_ipv4", "isakmp.ts.end_ipv4", "isakmp.auth.method",
          "isakmp.cert.encoding", "isakmp.certreq.type", "isakmp.auth.data.sig.asn1.len",
          "isakmp.notify.data.signature_hash_algorithms", "isakmp.id.data.user_fqdn",
          "isakmp.cfg.type", "isakmp.cfg.attr.type", "isakmp.cfg.attr.internal_ip4_address", "isakmp.cfg.attr.internal_ip4_dns",
          "isakmp.cfg.attr.internal_ip4_subnet_ip", "isakmp.cfg.attr.application_version"]
COMPLAINTS = ["_ws.malformed", "_ws.expert.message"]


def tshark(capture, home, fields):
    command = ["tshark", "-r", capture, "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
               "-T", "fields", "-E", "separator=|"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, env={**os.environ, "WIRESHARK_CONFIG_DIR": home}, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.stdout.splitlines()


def main():
    if shutil.which("tshark") is None:
        print("1..0 # SKIP tshark is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="ikelab-tshark-") as home:
        capture = os.path.join(home, "flows.pcapng")
        ours = subprocess.run([os.path.abspath(sys.argv[1]), capture, os.path.join(home, "ikev2_decryption_table"),
                               os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors", "certs")],
                              stdout=subprocess.PIPE, text=True, timeout=120, check=True).stdout.splitlines()
        theirs = tshark(capture, home, FIELDS)
        # The comment on each packet, its fate, comes as an expert's message too.
        complaints = [(number, line) for number, line in enumerate(tshark(capture, home, COMPLAINTS), 1)
                      if line != "|sent"]
        serials = tshark(capture, home, ["x509af.serialNumber"])
        checked = tshark(capture, home, ["udp.checksum.status"])
    good = not complaints and len(theirs) == len(ours) > 0
    print(f"{'' if good else 'not '}ok 1 - tshark reads {len(theirs)} of {len(ours)} messages and finds none malformed")
    for number, line in complaints[:10]:
        print(f"# message {number}: {line}")
    for index, field in enumerate(FIELDS):
        pairs = [(number, a.split("|")[index], b.split("|")[index])
                 for number, (a, b) in enumerate(zip(ours, theirs), 1)]
        differ = [pair for pair in pairs if pair[1] != pair[2]]
        filled = sum(1 for pair in pairs if pair[1])
        good = not differ and filled > 0
        print(f"{'' if good else 'not '}ok {index + 2} - {field}: {filled} messages with it, all read alike")
        for number, mine, other in differ[:5]:
            print(f"# message {number}: we read {mine}, tshark {other}")
    sealed = sum(1 for line in theirs if line.split("|")[6].startswith("46,"))
    print(f"{'' if sealed > 40 else 'not '}ok {len(FIELDS) + 2} - {sealed} messages were opened with the keys beside the capture")
    good = set(checked) == {"1"}
    print(f"{'' if good else 'not '}ok {len(FIELDS) + 3} - every UDP checksum is right: {sorted(set(checked))}")
    good = serials.count("03,02") == 10
    print(f"{'' if good else 'not '}ok {len(FIELDS) + 4} - in ten messages tshark reads a certificate and its issuer's: {sorted(set(serials))}")
    fragments = [line.split("|")[6] for line in theirs if line.split("|")[6].startswith("53")]
    whole = [types for types in fragments if "," in types]
    good = len(fragments) > len(whole) > 1
    print(f"{'' if good else 'not '}ok {len(FIELDS) + 5} - tshark puts {len(whole)} messages of {len(fragments)} fragments together")
    resumed = [line.split("|")[7] for line in theirs if line.split("|")[2] == "38"]
    good = all(any(number in notifies.split(",") for notifies in resumed) for number in ("16390", "16412", "16413"))
    print(f"{'' if good else 'not '}ok {len(FIELDS) + 6} - tshark reads {len(resumed)} messages of IKE_SESSION_RESUME, with ticket, cookie and refusal")
    print(f"1..{len(FIELDS) + 6}")


if __name__ == "__main__":
    main()
