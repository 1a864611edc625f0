#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A reduced cookie-threshold on both crypto providers must leave the same rows: the modelled one is
cheap, not different. Usage: providers.py IKELAB        prints TAP"""
import os
import sqlite3
import subprocess
import sys
import tempfile

# What a run's course shows. Fingerprints differ: the octets on the wire are other ones.
ROWS = {
    "handshake": "SELECT * FROM handshake ORDER BY run, number",
    "refusal": "SELECT * FROM refusal ORDER BY run, who, reason",
    "series": "SELECT * FROM series ORDER BY run, who, series, at_ns",
    "metric": "SELECT * FROM metric ORDER BY run, who, metric",
}
REDUCED = ["for=8s", "seeds=2", "clients.honest.until=7s", "clients.honest.patience=1s",
           "attackers.flood.from=2s", "attackers.flood.until=5s", "gateways.vpn.cores=1",
           "sweep.attackers.flood.rate=[0/s, 300/s, 2000/s]", "sweep.gateways.vpn.cookies.at=[never, 0, 10]",
           "check=[]", "figures=[]", "show=[]"]
# Signatures of RSA and EdDSA have one length; ECDSA's vary by an octet or two, and times with them.
SIGNED = {"rsa2048": 1, "ed25519": 3}


def reduced(auth):
    """Settings of the plain run, or of a short one with certificates."""
    if auth is None:
        return REDUCED
    return REDUCED + ["for=4s", "seeds=1", "clients.honest.until=3s", "attackers.flood.until=3s", "links.wan.mtu=65535B",
                      f"clients.honest.auth={auth}", f"clients.honest.certificate_chain={SIGNED[auth]}",
                      "sweep.attackers.flood.rate=[0/s]", "sweep.gateways.vpn.cookies.at=[never]"]


def packets(ikelab, folder, crypto):
    """Packets of each connection by TLS inside EAP, point by point."""
    sets = ["sweep.clients.people.auth=[eap-ttls, eap-tls]", "sweep.clients.people.eap.fragment=[256B, 1024B]",
            "sweep.clients.people.children=[1]", "seeds=1", "check=[]", "figures=[]"]
    done = subprocess.run([ikelab, "run", "packet-count", *[word for item in sets for word in ("--set", item)],
                           "--crypto", crypto, "--quiet", "-o", f"packets-{crypto}.db"], cwd=folder, text=True,
                          timeout=240, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(f"Bail out! {crypto}: {done.stdout}")
        sys.exit(1)
    with sqlite3.connect(os.path.join(folder, f"packets-{crypto}.db")) as db:
        return [row[0] for row in db.execute("SELECT value FROM metric WHERE metric = 'packets_per_connection' "
                                             "ORDER BY run")]


def run(ikelab, folder, crypto, auth=None):
    sets = [word for item in reduced(auth) for word in ("--set", item)]
    done = subprocess.run([ikelab, "run", "cookie-threshold", *sets, "--crypto", crypto, "--quiet",
                           "-o", f"{crypto}{auth or ''}.db"], cwd=folder, text=True, timeout=240,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        print(f"Bail out! {crypto}: {done.stdout}")
        sys.exit(1)
    with sqlite3.connect(os.path.join(folder, f"{crypto}{auth or ''}.db")) as db:
        return {name: db.execute(sql).fetchall() for name, sql in ROWS.items()}


def main():
    with tempfile.TemporaryDirectory(prefix="ikelab-providers-") as folder:
        modelled = run(os.path.abspath(sys.argv[1]), folder, "modelled")
        openssl = run(os.path.abspath(sys.argv[1]), folder, "openssl")
        same = {auth: [run(os.path.abspath(sys.argv[1]), folder, crypto, auth) for crypto in ("modelled", "openssl")]
                for auth in SIGNED}
        taken = [packets(os.path.abspath(sys.argv[1]), folder, crypto) for crypto in ("modelled", "openssl")]
    failed = 0
    for number, name in enumerate(ROWS, 1):
        differ = [pair for pair in zip(modelled[name], openssl[name]) if pair[0] != pair[1]]
        good = not differ and len(modelled[name]) == len(openssl[name]) > 0
        failed += not good
        print(f"{'' if good else 'not '}ok {number} - {name}: {len(openssl[name])} rows, the same on both providers")
        if not good:
            print(f"# {len(modelled[name])} rows modelled, {len(openssl[name])} on openssl, {len(differ)} differ")
            for pair in differ[:5]:
                print(f"# modelled {pair[0]}\n# openssl  {pair[1]}")
    outcomes = {row[6] for row in openssl["handshake"]}
    good = {"succeeded", "failed"} <= outcomes
    failed += not good
    print(f"{'' if good else 'not '}ok {len(ROWS) + 1} - some attempts succeed and some fail: {sorted(outcomes)}")
    for number, auth in enumerate(SIGNED, len(ROWS) + 2):
        good = same[auth][0] == same[auth][1] and len(same[auth][0]["handshake"]) > 10
        failed += not good
        print(f"{'' if good else 'not '}ok {number} - with {auth} certificates the rows are the same, too")
    good = taken[0] == taken[1] and len(set(taken[0])) > 5
    failed += not good
    print(f"{'' if good else 'not '}ok {len(ROWS) + 2 + len(SIGNED)} - TLS inside EAP takes the same packets: {taken}")
    print(f"1..{len(ROWS) + 2 + len(SIGNED)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
