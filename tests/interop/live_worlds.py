#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Experiments with a real daemon as their gateway, their client, or both: they come through the simulated network, what a
daemon tells is what came to it, and whatever ends a run leaves nothing behind.

Usage: live_worlds.py IKELAB STAND_IN [MODULE]        prints TAP

The daemons are those of `ikelab live setup`, which is run where they are not there yet. Skipped, saying why, where
namespaces are not allowed or the packages cannot be had. All is in real time on a machine with other work: times have
lower bounds only, and what is counted is counted by both sides.
"""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

EXPERIMENT = """
for: {seconds}s
sample: 500ms
seeds: 1
network: {{kind: live, carrier: {carrier}, lag_limit: 50ms}}
crypto: openssl
links: {{wan: {{delay: 20ms}}}}
gateways: {{vpn: {{daemon: {daemon}, pool: 10.9.0.0/16{esp}}}}}
clients: {{people: {{to: vpn, via: wan, arrivals: uniform 5/s, until: 3s, patience: 10s, address: ipv4{esp}}}}}
"""
CLIENT = """
for: 8s
seeds: 1
network: {{kind: live, carrier: {carrier}, lag_limit: 50ms}}
crypto: openssl
links: {{wan: {{delay: 20ms}}}}
gateways: {{vpn: {{daemon: {gateway}, selectors: 10.20.0.0/16, esp: aes256-sha512}}}}
clients: {{one: {{to: vpn, via: wan, daemon: {client}, arrivals: uniform 1/s, stay: 400ms, patience: 3s,
                 selectors: 10.20.0.0/16, esp: aes256-sha512}}}}
"""
NOTES = {"late": "in 1 of 1 run more than a thousandth of all events came later than network.lag_limit, at worst by ",
         "stand_in": "in 1 of 1 run a stand-in answered a daemon for what the kernel lacks",
         "cpus_shared": "in 1 of 1 run a daemon had no CPUs to itself"}
TRAFFIC = """
for: 12s
seeds: 1
network: {{kind: live, carrier: {carrier}, lag_limit: 50ms}}
crypto: openssl
links: {{wan: {{delay: 20ms, loss: {loss}, oversize: fragment}}}}
gateways: {{vpn: {{daemon: strongswan, pool: 10.9.0.0/16, selectors: "192.0.2.0/24, 10.20.0.0/16", rekey: {{jitter: 30%}}}}}}
clients: {{people: {{to: vpn, via: wan, arrivals: burst 4 every 1h, patience: 8s, address: ipv4, selectors: 10.0.0.0/8,
                    rekey: {{jitter: 30%}}, retransmit: {{first: 100ms, factor: 1.2, sends: 20}},
                    traffic: {{kind: echo, rate: 50/s, size: {size}B, rest: 2s}}}}}}
"""
FLOOD = "attackers: {flood: {to: vpn, via: wan, rate: 40/s, from: 1s, until: 3s}}\n"


class Lab:
    def __init__(self, folder):
        self.ikelab, self.stand_in = (os.path.abspath(path) for path in sys.argv[1:3])
        self.folder, self.number = folder, 0

    def another(self, name):
        """One with a folder of its own."""
        os.mkdir(os.path.join(self.folder, name))
        return Lab(os.path.join(self.folder, name))

    def begin(self, daemon="strongswan", carrier="links", seconds=14, more="", sets=(), environment=None, text=None, pcap=None):
        """A run, begun; and its database."""
        self.number += 1
        esp = ", esp: aes256-sha512" if daemon == "openiked" else ""
        text = text or EXPERIMENT.format(daemon=daemon, carrier=carrier, seconds=seconds, esp=esp) + more
        with open(os.path.join(self.folder, "e.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        words = [word for value in sets for word in ("--set", value)] + (["--pcap", pcap] if pcap else [])
        database = os.path.join(self.folder, f"{self.number}.db")
        run = subprocess.Popen([self.ikelab, "run", "e.yaml", "-o", database, *words], cwd=self.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, "IKELAB_STAND_IN": self.stand_in, **(environment or {})})
        return run, database

    @staticmethod
    def end(run, seconds=120):
        """What it has said, to both, when it has ended; one that does not is ended, with all that it started."""
        try:
            return run.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for process in {run.pid} | descendants(run.pid):
                os.kill(process, signal.SIGKILL)
            out, said = run.communicate()
            return out, said + f"it had not ended after {seconds} s"

    def run(self, *arguments, **options):
        """Its exit status, what it said, and its metrics by who and name."""
        run, database = self.begin(*arguments, **options)
        _, said = self.end(run)
        if run.returncode == 2:
            return 2, said, {}
        with sqlite3.connect(database) as db:
            found = {(who, name): value for who, name, value in db.execute("SELECT who, metric, value FROM metric")}
            found["daemons"] = db.execute("SELECT daemons FROM study").fetchone()[0]
            return run.returncode, said, found


def roots(lab):
    """Where the daemons are that runs start here."""
    told = subprocess.run([lab.ikelab, "live", "list"], stdout=subprocess.PIPE, text=True, timeout=30).stdout
    return tuple(line.split()[2].rstrip(",") for line in told.splitlines())


def daemons_running(lab):
    """Processes whose program is one of those unpacked for this ikelab, by id: another's may run beside it."""
    found, ours = {}, roots(lab)
    for link in glob.glob("/proc/[0-9]*/exe"):
        try:
            program = os.readlink(link)
        except OSError:
            continue
        if program.startswith(ours) and program.endswith(("/charon", "/pluto", "/iked")):
            found[int(link.split("/")[2])] = program
    return found


def descendants(ancestor):
    """The processes that it has started, and they, by id."""
    parents, found = {}, {ancestor}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                parents[int(path.split("/")[2])] = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    more = found
    while more:
        more = {process for process, parent in parents.items() if parent in more}
        found = found | more
    return found - {ancestor}


def wait_for(what, seconds):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.05)
    return what()


def clients_come_through(lab, daemon, carrier, more=""):
    status, said, found = lab.run(daemon, carrier, more=more)
    wrong = [] if status == 0 else [said]
    tell = lambda who, name: found.get((who, name), -1)
    attempts = tell("people", "attempts")
    if not attempts == 15 == tell("people", "successes"):
        wrong.append(f"{tell('people', 'successes')} of {attempts} came through")
    if tell("people", "tunnel_setup_time_p50") < 80e6:
        wrong.append(f"too soon: {tell('people', 'tunnel_setup_time_p50')}")
    if tell("vpn", "established") != attempts:
        wrong.append(f"the daemon has {tell('vpn', 'established')} IKE SAs")
    if tell("vpn", "stand_in") != (0 if daemon == "strongswan" else 1):
        wrong.append("it is not marked whether a stand-in was there")
    if not re.fullmatch(daemon + r" \d+\.\S+", found.get("daemons", "")):
        wrong.append(f"the record says of the daemon: {found.get('daemons')}")
    if not 0 < tell("vpn", "cpu_busy") < 14e9 or tell("vpn", "memory_max") <= 0 or tell("vpn", "served") < 2 * attempts:
        wrong.append(f"it took {tell('vpn', 'cpu_busy')} ns and {tell('vpn', 'memory_max')} octets, and read {tell('vpn', 'served')} datagrams")
    if tell("vpn", "cpus_shared") != (0 if len(os.sched_getaffinity(0)) > 1 else 1):
        wrong.append(f"whether it had a CPU to itself is {tell('vpn', 'cpus_shared')}")
    for mark, words in NOTES.items():
        if (tell("run" if mark == "late" else "vpn", mark) == 1) != (words in said):
            wrong.append(f"{mark} is {tell('vpn', mark)}, and it is said: {said}")
    if more and not 70 <= tell("flood", "flood_sent") == tell("vpn", "half_open_max"):
        wrong.append(f"{tell('flood', 'flood_sent')} were sent, {tell('vpn', 'half_open_max')} are half-open")
    return wrong


def a_client_comes_through(lab, client, gateway="none", carrier="links", sets=()):
    """It comes each second in the first five, or when it has the time, and leaves each time."""
    status, said, found = lab.run(text=CLIENT.format(client=client, gateway=gateway, carrier=carrier), sets=sets)
    tell = lambda who, name: found.get((who, name), -1)
    wrong = [] if status == 0 else [said]
    least = 1 if client == "openiked" else 4  # which thinks for two seconds before it begins
    if not 5 >= tell("one", "attempts") == tell("one", "successes") >= least:
        wrong.append(f"{tell('one', 'successes')} of {tell('one', 'attempts')} came through")
    if not 80e6 <= tell("one", "tunnel_setup_time_p50") < 3e9:
        wrong.append(f"it took {tell('one', 'tunnel_setup_time_p50')} ns, of two round trips of 40 ms")
    if not re.fullmatch(r"strongswan \d\S+, libreswan \d\S+" if gateway != "none" else client + r" \d\S+", found.get("daemons", "")):
        wrong.append(f"the record says of the daemons: {found.get('daemons')}")
    if gateway == "none" and tell("vpn", "established") != 0:
        wrong.append(f"it left, and our gateway has {tell('vpn', 'established')} IKE SAs")
    return wrong


def what_they_send_is_answered(lab, rekeys, carrier="links", loss="0%", size=200):
    """Four clients send through their tunnels while SAs are rekeyed: nothing is missing but what the line has lost, and that
    besides a few messages of IKE. `rekeys`: keys that have either end rekey, and which metrics then tell of one each at
    least."""
    sets, told = rekeys
    status, said, found = lab.run(text=TRAFFIC.format(carrier=carrier, loss=loss, size=size), sets=sets)
    tell = lambda who, name: found.get((who, name), -1)
    sent, back, lost = (tell("people", f"esp_{name}") for name in ("sent", "received", "lost"))
    wrong = [] if status == 0 else [said]
    if tell("people", "successes") != 4 or sent < 4 * 50 * 5:
        wrong.append(f"{tell('people', 'successes')} came through and sent {sent}")
    if lost != sent - back or not 0 <= tell("network", "link_loss") - lost <= (0 if loss == "0%" else 40):
        wrong.append(f"of {sent} {back} came back, {lost} are lost, of the line's {tell('network', 'link_loss')}")
    if loss != "0%" and lost < sent // 50:
        wrong.append(f"the line is to lose {loss}, and lost {lost} of {sent}")
    wrong += [f"{tell(who, name)} {name}" for who, name in (("people", "esp_held"), ("run", "esp_unknown_spi"),
                                                             ("run", "esp_replayed"), ("run", "esp_selectors")) if tell(who, name) != 0]
    return wrong + [f"{tell('people', name)} {name}" for name in told if tell("people", name) < 4]


def what_passes_a_daemon_is_captured_with_its_keys(lab):
    """Our clients have derived the same keys: the capture is read with them, to the last message."""
    capture = os.path.join(lab.folder, "captures")
    run, _ = lab.begin(seconds=5, sets=["clients.people.patience=1s", "clients.people.stay=500ms"], more="", pcap=capture)
    _, said = run.communicate(timeout=60)
    wrong = [] if run.returncode == 0 else [said]
    read = subprocess.run([lab.ikelab, "inspect", capture + "/e.pcapng", "--keys", capture + "/ikev2_decryption_table", "--summary"],
                          stdout=subprocess.PIPE, text=True, timeout=30).stdout
    for line in ("IKE_AUTH        req 1  SK{IDi ", "IKE_AUTH        rsp 1  SK{IDr AUTH CP(CFG_REPLY) SAr2 TSi TSr}",
                 "INFORMATIONAL   req 2  SK{D(IKE)}"):
        if read.count(line) < 10:
            wrong.append(f"{read.count(line)} times {line}\n{read[-600:]}")
    return wrong


def captured(lab, summary=True, **options):
    """A run with a capture: its metrics, what was refused, and the lines of its messages, read with the keys of our end;
    where it is not only a summary those of their payloads too."""
    capture = os.path.join(lab.folder, f"captures-{lab.number}")
    run, database = lab.begin(pcap=capture, **options)
    _, said = run.communicate(timeout=60)
    if run.returncode != 0:
        return [f"{run.returncode}: {said}"], {}, {}, []
    with sqlite3.connect(database) as db:
        found = {(who, name): value for who, name, value in db.execute("SELECT who, metric, value FROM metric")}
        refused = {(who, reason): count for who, reason, count in db.execute("SELECT who, reason, count FROM refusal")}
    read = subprocess.run([lab.ikelab, "inspect", capture + "/e.pcapng", "--keys", capture + "/ikev2_decryption_table",
                           *(["--summary"] if summary else [])], stdout=subprocess.PIPE, text=True, timeout=30).stdout
    return [], found, refused, read.splitlines()


def lacking(lines, wanted, times):
    """Of the patterns those that so many lines do not have."""
    counts = {pattern: sum(re.search(pattern, line) is not None for line in lines) for pattern in wanted}
    return [f"{count} times {pattern}\n" + "\n".join(lines[:12]) for pattern, count in counts.items() if count < times]


def signed_otherwise(lines, methods, times):
    """Whether AUTH payloads, so many of each end, are not of these methods (RFC 7296 3.8); None: of any."""
    signed = re.findall(r"^ +\d+ +method (\d+) \(", "\n".join(lines), re.MULTILINE)
    return [] if methods is None or sorted(signed) == sorted(times * methods) else [f"they were signed by {signed}"]


def they_come_by(lab, daemon, sets, wanted, succeed=True, never=None, methods=None):
    """Clients of ours to a daemon that authenticates so: the four of them, each with messages as wanted. `methods`: by which
    they sign, and then the daemon."""
    wrong, found, _, lines = captured(lab, summary=methods is None, daemon=daemon, seconds=6, sets=[
        "clients.people.arrivals=uniform 2/s", "clients.people.until=2s", f"clients.people.patience={5 if succeed else 2}s", *sets])
    tell = lambda who, name: found.get((who, name), -1)
    good = 4 if succeed else 0
    if not wrong and not (tell("people", "attempts") == 4 and tell("people", "successes") == good == tell("vpn", "established")):
        wrong.append(f"{tell('people', 'successes')} of {tell('people', 'attempts')} came through, {tell('vpn', 'established')} are there")
    wrong += [f"there is {line}" for line in lines if never is not None and re.search(never, line)]
    return wrong + lacking(lines, wanted, 4) + signed_otherwise(lines, methods, 4)


def it_comes_by(lab, client, sets, wanted, methods=None):
    """A daemon that is a client comes and leaves, and what it is to say is seen."""
    wrong, found, _, lines = captured(lab, summary=methods is None, text=CLIENT.format(client=client, gateway="none", carrier="links"),
                                      sets=["for=6s", *sets])
    attempts = found.get(("one", "attempts"), -1)
    if not wrong and not 1 <= attempts == found.get(("one", "successes"), -1):
        wrong.append(f"{found.get(('one', 'successes'))} of {attempts} came through")
    return wrong + lacking(lines, wanted, 1) + signed_otherwise(lines, methods, attempts)


def keepalives_hold_the_mapping(lab):
    """Our gateway asks after three seconds, and the NAT forgets after two: without an octet each second in vain."""
    wrong = []
    for keepalive in ("1s", "off"):
        failed, found, refused, _ = captured(lab, text=CLIENT.format(client="strongswan", gateway="none", carrier="links"), sets=[
            "clients.one.nat.kind=symmetric", "clients.one.nat.timeout=2s", f"clients.one.keepalive={keepalive}", "clients.one.stay=100s",
            "gateways.vpn.liveness=3s"])
        sent, lost = refused.get(("vpn", "nat_keepalive"), 0), refused.get(("one", "nat_filtered"), 0)
        good = sent >= 4 and lost == 0 if keepalive == "1s" else sent == 0 and lost >= 1
        if failed or not good or found.get(("one", "successes"), -1) != 1:
            wrong.append(f"{keepalive}: {failed}, {sent} octets came, {lost} requests did not pass the NAT")
    return wrong


def a_client_gives_up_when_its_patience_is_over(lab):
    """Nothing comes through, and its tool would wait for half a minute."""
    status, said, found = lab.run(text=CLIENT.format(client="strongswan", gateway="none", carrier="links"),
                                  sets=["links.wan.loss=100%", "clients.one.patience=1s"])
    attempts, failures = found.get(("one", "attempts"), -1), found.get(("one", "failures"), -1)
    good = status == 0 and attempts >= 3 and attempts - failures in (0, 1)
    return [] if good else [f"{status}: {said} {attempts} attempts, {failures} failures"]


def a_client_that_is_refused_fails(lab):
    status, said, found = lab.run(text=CLIENT.format(client="strongswan", gateway="none", carrier="links"),
                                  sets=["clients.one.psk=another", "clients.one.patience=1s"])
    attempts = found.get(("one", "attempts"), -1)
    good = status == 0 and attempts > 0 and found.get(("one", "failures"), -1) == attempts
    return [] if good else [f"{status}: {said} {attempts} attempts, {found.get(('one', 'failures'))} failures"]


def what_cannot_be_is_said(lab):
    wrong = []
    cases = [("there is no daemon", {"environment": {"IKELAB_DAEMONS": "/nonexistent"}}, 1, "ikelab live setup strongswan"),
             ("late", {"sets": ["network.lag_limit=100us", "network.late=fail"]}, 1, "real time was not kept"),
             ("virtual", {"sets": ["network.kind=links"]}, 2, "a real daemon lives in real time"),
             ("modelled", {"sets": ["crypto=modelled"]}, 2, "write `crypto: openssl`"),
             ("far", {"sets": ["gateways.vpn.address=10.1.1.1"]}, 1, "198.18.0.0/15"),
             ("too fast", {"more": FLOOD, "sets": ["attackers.flood.rate=100001/s"]}, 2, "give at most 100000/s"),
             ("UDP to nobody", {"sets": ["clients.people.traffic.rate=50/s"]}, 2,
              "clients.people.traffic.kind: is answered by nobody behind gateways.vpn, a real daemon: write echo"),
             ("ESP of the kernel", {"daemon": "libreswan", "sets": ["clients.people.traffic.rate=50/s", "clients.people.traffic.kind=echo"]},
              2, "clients.people.traffic.rate: has nobody to answer: gateways.vpn is libreswan, which leaves ESP to its kernel"),
             ("no EAP", {"daemon": "libreswan", "sets": ["clients.people.auth=eap-mschapv2"]}, 2,
              "clients.people.auth: libreswan: it does not let in by eap-mschapv2"),
             ("no PSS", {"daemon": "openiked", "sets": ["clients.people.auth=rsa2048"]}, 2,
              "gateways.vpn.auth: OpenIKED: it has no RSASSA-PSS"),
             ("no end of TLS 1.3", {"sets": ["clients.people.auth=eap-tls", "clients.people.eap.tls=1.3"]}, 2,
              "clients.people.eap.tls: strongSwan: it knows nothing of the octet that ends EAP-TLS by TLS 1.3 (RFC 9190 2.5)"),
             ("no EAP within", {"sets": ["clients.people.auth=eap-ttls"]}, 2,
              "clients.people.eap.within: strongSwan: it has EAP within the tunnel of EAP-TTLS only"),
             ("a client in virtual time", {"sets": ["network.kind=links", "gateways.vpn.daemon=none", "crypto=modelled",
                                                    "clients.people.daemon=libreswan"]}, 2, "a real daemon lives in real time"),
             ("resumed", {"sets": ["gateways.vpn.tickets.kind=value"]}, 2, "there is no setting for it")]
    for name, options, status, words in cases:
        got, said, _ = lab.run(seconds=5 if name != "late" else 14, **{**options, "sets": [*options.get("sets", []), *(
            ["clients.people.patience=1s"] if name != "late" else [])]})
        if got != status or words not in said:
            wrong.append(f"{name}: {got}: {said[-400:]}")
    return wrong


def what_spoils_a_run_is_noted(lab):
    """It is late, a stand-in is there, and all of it has one CPU: the run says so, in words, rows, objects and the table."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        run, database = lab.begin("libreswan", seconds=5, more="show: [table]\n", sets=["clients.people.patience=1s", "network.lag_limit=100us"])
        out, said = lab.end(run)
    finally:
        os.sched_setaffinity(0, before)
    where = f"in which: ikelab report {database} 'SELECT * FROM marks'"
    wrong = [f"not said: {words}" for words in (*NOTES.values(), where) if words not in said]
    if run.returncode != 0 or not re.search(r"^.* marks *\n.*\n.* late, shared CPUs, stand-in$", out, re.MULTILINE):
        wrong.append(f"{run.returncode}: {out}")
    with sqlite3.connect(database) as db:
        rows = db.execute("SELECT metric, value FROM metric WHERE metric IN ('late', 'stand_in', 'cpus_shared') ORDER BY metric").fetchall()
        if rows != [("cpus_shared", 1), ("late", 1), ("stand_in", 1)]:
            wrong.append(f"{rows}")
    again = subprocess.run([lab.ikelab, "run", "e.yaml", "-o", database, "--resume", "--json", *run.args[5:]], cwd=lab.folder, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    told = [(row["mark"], row["runs"], row["of"]) for row in map(json.loads, again.stdout.splitlines()) if row["kind"] == "note"]
    if again.returncode != 0 or told != [("late", 1, 1), ("stand-in", 1, 1), ("shared CPUs", 1, 1)]:
        wrong.append(f"{again.returncode}: {told} {again.stderr}")
    return [f"{each}\n{said}" for each in wrong]


def a_daemon_that_dies_ends_the_run(lab):
    before = daemons_running(lab)
    run, _ = lab.begin()
    wait_for(lambda: daemons_running(lab).keys() - before.keys(), 20)
    time.sleep(1.5)
    for process in daemons_running(lab).keys() - before.keys():
        os.kill(process, signal.SIGKILL)
    _, said = run.communicate(timeout=60)
    return [] if run.returncode == 1 and "ended" in said else [f"{run.returncode}: {said}"]


def a_daemon_that_hangs_ends_the_run(lab, who, **options):
    """It is stopped, once somebody has come through: it answers no more, and does not end. The run does, before its time."""
    with tempfile.TemporaryDirectory() as run_folder:
        run, _ = lab.begin(environment={"IKELAB_RUN": run_folder}, **options)
        begun = wait_for(lambda: re.search(r"[1-9]\d* succeeded", looked_at(lab, run_folder) or ""), 30)
        stopped = daemons_running(lab).keys() & descendants(run.pid)
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        _, said = lab.end(run, 50)
        left = {process for process in stopped if os.path.exists(f"/proc/{process}")}
        for process in left:
            os.kill(process, signal.SIGKILL)
    told = rf"{who}: strongSwan hangs in the midst of the run: for \d+ s it has neither answered nor used CPU"
    good = begun and stopped and run.returncode == 1 and re.search(told, said) and not left
    return [] if good else [f"{run.returncode}: {said}, begun {begun}, stopped {stopped}, left {left}"]


def each_run_gives_its_daemon_a_cpu_of_its_own(lab):
    """Also the second in one process: its load comes from other CPUs."""
    if len(os.sched_getaffinity(0)) < 2:
        return "no CPU of its own can be had: the machine has one"
    before, seen, wrong = daemons_running(lab), {}, []
    run, _ = lab.begin(seconds=4, sets=["seeds=2", "clients.people.patience=500ms", "clients.people.until=2s"])
    while run.poll() is None:
        for process in daemons_running(lab).keys() - before.keys() - seen.keys():
            try:
                seen[process] = os.sched_getaffinity(process)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    _, said = run.communicate(timeout=60)
    last = {max(os.sched_getaffinity(0))}
    if run.returncode != 0 or len(seen) != 2:
        wrong.append(f"{run.returncode}, {len(seen)} daemons: {said}")
    wrong += [f"a daemon has the CPUs {cpus}, the last is {last}" for cpus in seen.values() if cpus != last]
    return wrong


def stand_in_for_charon(lab, charon, swanctl):
    """A root with shell scripts where the daemon and its tool are."""
    root = os.path.join(lab.folder, "root")
    shutil.rmtree(root, ignore_errors=True)
    for path, text in (("usr/lib/ipsec/charon", charon), ("usr/sbin/swanctl", swanctl)):
        os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
        with open(f"{root}/{path}", "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(f"{root}/{path}", 0o755)
    real = roots(lab)[0]
    for path in ("lib", "lib64", "usr/lib64"):  # as the real one has them
        if os.path.islink(f"{real}/{path}"):
            os.symlink(os.readlink(f"{real}/{path}"), f"{root}/{path}")
        elif os.path.isdir(f"{real}/{path}"):
            shutil.copytree(f"{real}/{path}", f"{root}/{path}", symlinks=True, dirs_exist_ok=True)
    for name in ("sh", "sleep"):
        os.makedirs(f"{root}/bin", exist_ok=True)
        shutil.copy(shutil.which(name), f"{root}/bin/{name}")
    for path in ("proc", "dev", "ikelab", "run", "tmp", f"usr/lib/{os.uname().machine}-linux-gnu"):
        os.makedirs(f"{root}/{path}", exist_ok=True)
    return {"IKELAB_STRONGSWAN": root}


TOLD = "echo 'IKE_SAs: 0 total, 0 half-open'"
ONCE_ONLY = '[ "$1" = --load-all ] && : > /run/loaded\n[ "$1" = --stats ] && [ -e /run/loaded ] && exec /bin/sleep 100\n' + TOLD
THINKS = "echo thinking; exec /bin/sleep 100"


def what_a_broken_daemon_does_is_told(lab, charon, swanctl, status, words, seconds=4):
    """Shell scripts are daemon and tool."""
    got, said, found = lab.run(seconds=seconds, sets=["clients.people.patience=500ms"],
                               environment=stand_in_for_charon(lab, charon, swanctl))
    good = got == status and all(word in said for word in words)
    return [] if good else [f"{got}: {said[-500:]}"], found


def a_busy_daemon_is_waited_for(lab):
    """It does not answer its tool either, but uses CPU meanwhile: it does not hang, and no levels are told of it."""
    wrong, found = what_a_broken_daemon_does_is_told(lab, "while :; do :; done", ONCE_ONLY, 0, ("1 run done",), 13)
    unanswered = found.get(("vpn", "unanswered"), -1)
    if unanswered < 20 or ("vpn", "established") in found or found.get(("vpn", "cpu_busy"), -1) < 1e9:
        wrong.append(f"{unanswered} questions were not answered: {found}")
    return wrong


def looked_at(lab, run_folder):
    """What `ikelab live --once` shows now; None where nothing runs."""
    done = subprocess.run([lab.ikelab, "live", "--once"], env={**os.environ, "IKELAB_RUN": run_folder}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    return done.stdout if done.returncode == 0 else None


def a_shell_beside_it_shows_how_it_stands(lab):
    with tempfile.TemporaryDirectory() as run_folder:
        run, database = lab.begin(more=FLOOD, seconds=12, environment={"IKELAB_RUN": run_folder})
        begun = wait_for(lambda: looked_at(lab, run_folder), 20)
        up = wait_for(lambda: "15 succeeded" in (looked_at(lab, run_folder) or ""), 20)
        time.sleep(2)
        page = looked_at(lab, run_folder) or ""
        _, said = run.communicate(timeout=60)
        with sqlite3.connect(database) as db:
            told = db.execute("SELECT value FROM metric WHERE who = 'vpn' AND metric = 'established'").fetchall()
        wrong = [] if run.returncode == 0 and begun and up else [f"{run.returncode}: {said}: {begun}"]
        for wanted in ["run 1 of 1, seed 1", "vpn   strongSwan", "15 established", "15 succeeded, 0 failed, 0 under way",
                       "100.0 %", "15 IKE, 15 Child", "real time", r"  CPU          \d+ % of its 1 core\b", r"  memory       [1-9]\d*\.\d MiB"]:
            if not re.search(wanted, page):
                wrong.append(f"no {wanted} in:\n{page}")
        if told != [(15,)] or os.listdir(run_folder) != []:
            wrong.append(f"{told} {os.listdir(run_folder)}")
        run, _ = lab.begin(environment={"IKELAB_RUN": run_folder})
        wait_for(lambda: looked_at(lab, run_folder), 20)
        worker = int(os.listdir(run_folder)[0].split(".")[0])
        os.kill(worker, signal.SIGKILL)
        run.communicate(timeout=60)
        if looked_at(lab, run_folder) is not None or os.listdir(run_folder) != []:
            wrong.append(f"who was killed is shown, or leaves {os.listdir(run_folder)}")
        run, _ = lab.begin(environment={"IKELAB_RUN": run_folder})
        wait_for(lambda: looked_at(lab, run_folder), 20)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        if os.listdir(run_folder) != []:
            wrong.append(f"who was interrupted leaves {os.listdir(run_folder)}")
        return wrong


def killed_runs_leave_nothing(lab):
    wrong = []
    before = daemons_running(lab)
    for after in (0.3, 3):
        run, _ = lab.begin()
        time.sleep(after)
        os.kill(run.pid, signal.SIGKILL)
        run.communicate(timeout=20)
        if not wait_for(lambda: not daemons_running(lab).keys() - before.keys(), 10):
            wrong.append(f"after {after} s: {daemons_running(lab)}")
    return wrong


def tell(number, name, wrong):
    """`wrong`: a list of what is, or why nothing could be seen."""
    skipped = f" # SKIP {wrong}" if isinstance(wrong, str) else ""
    print("" if skipped else "".join(f"# {line}\n" for each in wrong for line in each.splitlines()), end="")
    print(f"{'not ok' if wrong and not skipped else 'ok'} {number} - {name}{skipped}", flush=True)


NS3 = "ns3" if len(sys.argv) > 3 else "links"
NAT = "clients.one.nat.kind=symmetric"
CHAINS = ("clients.people.certificate_chain=2", "gateways.vpn.certificate_chain=2")
BOTH_SIGN = (r"req 1  SK\{IDi CERT .*AUTH", r"rsp 1  SK\{IDr CERT .*AUTH")
BOTH_IN_FRAGMENTS = (r"req 1  SKF\(1/", r"rsp 1  SKF\(1/")
# What came as from port 500 goes on as from 4500, by another port of the NAT.
THROUGH_NAT = (r"198\.18\.1\.1:1024 > 198\.18\.0\.1:500 +IKE_SA_INIT",
               r"198\.18\.1\.1:102\d > 198\.18\.0\.1:4500 +IKE_AUTH +req 1  SK\{IDi .*CERT",
               r"198\.18\.0\.1:4500 > 198\.18\.1\.1:102\d +IKE_AUTH +rsp 1  SK\{IDr CERT .*AUTH")
TTLS = ("clients.people.auth=eap-ttls",)
OLD = ("clients.people.old_signatures=yes", "gateways.vpn.old_signatures=yes")


def in_fragments(octets):
    return f"clients.people.fragment={octets}", f"gateways.vpn.fragment={octets}"


def eap(*types):
    """The gateway signs, and asks by each of these."""
    return (r"rsp 1  SK\{IDr CERT .*AUTH EAP\(req ", *(rf"EAP\(req {which}" for which in types), r"EAP\(success\)")


def eap_only(which):
    """The gateway signs nothing: the keys of the method prove both (RFC 5998 3)."""
    return (r"req 1  SK\{IDi .*N\(EAP_ONLY_AUTHENTICATION\)", r"rsp 1  SK\{IDr EAP\(req Identity\)\}", rf"EAP\(req {which}\)",
            r"EAP\(success\)", r"rsp \d+ +SK\{AUTH CP")


LANES = 3  # runs at a time: most of their time they wait
TOGETHER = [
    ("strongswan_serves_clients_of_the_simulated_network_beside_a_flood",
     lambda lab: clients_come_through(lab, "strongswan", "links", FLOOD)),
    ("libreswan_does", lambda lab: clients_come_through(lab, "libreswan", "links")),
    ("openiked_does", lambda lab: clients_come_through(lab, "openiked", "links")),
    (f"strongswan_does_over_{NS3}", lambda lab: clients_come_through(lab, "strongswan", NS3)),
    ("a_daemon_that_ends_at_once_is_told", lambda lab: what_a_broken_daemon_does_is_told(
        lab, "echo no such plugin; exit 3", "exit 1", 1, ("ended at its start", "no such plugin"))[0]),
    ("what_it_says_is_one_line_and_no_order_to_a_terminal", lambda lab: what_a_broken_daemon_does_is_told(
        lab, r"printf 'first\nspool /nowhere\n\033[31mred\n'; exit 3", "exit 1", 1, ("ended at its start", "first|spool /nowhere| [31mred ("))[0]),
    ("one_that_never_listens_is", lambda lab: what_a_broken_daemon_does_is_told(
        lab, THINKS, "exit 1", 1, ("does not come to listen", "thinking"))[0]),
    ("one_that_lets_its_tool_wait_from_the_beginning_is", lambda lab: what_a_broken_daemon_does_is_told(
        lab, THINKS, "exec /bin/sleep 100", 1, ("does not come to listen: /usr/sbin/swanctl has asked it in vain for 20 s", "thinking"))[0]),
    ("one_that_answers_no_more_is", lambda lab: what_a_broken_daemon_does_is_told(
        lab, THINKS, ONCE_ONLY, 1, ("hangs in the midst of the run", "neither answered nor used CPU", "thinking"), 40)[0]),
    ("one_that_says_more_than_anybody_reads_harms_nobody", lambda lab: what_a_broken_daemon_does_is_told(
        lab, "while echo a line that says nothing at all; do :; done", TOLD, 0, ("1 run done",))[0]),
    ("a_busy_daemon_is_waited_for", lambda lab: a_busy_daemon_is_waited_for(lab)),
    ("a_gateway_that_hangs_ends_the_run", lambda lab: a_daemon_that_hangs_ends_the_run(lab, "gateways.vpn", seconds=60)),
    ("a_client_that_hangs_does", lambda lab: a_daemon_that_hangs_ends_the_run(
        lab, "clients.one", text=CLIENT.format(client="strongswan", gateway="none", carrier="links"), sets=["for=60s"])),
    ("a_strongswan_client_comes_to_our_gateway_and_leaves", lambda lab: a_client_comes_through(lab, "strongswan")),
    ("a_libreswan_client_does", lambda lab: a_client_comes_through(lab, "libreswan")),
    ("an_openiked_client_does", lambda lab: a_client_comes_through(lab, "openiked")),
    ("a_strongswan_client_comes_to_a_libreswan_gateway",
     lambda lab: a_client_comes_through(lab, "strongswan", "libreswan", NS3)),
    ("what_passes_a_daemon_is_captured_with_its_keys", lambda lab: what_passes_a_daemon_is_captured_with_its_keys(lab)),
    ("they_sign_with_ecdsa_and_strongswan_does",
     lambda lab: they_come_by(lab, "strongswan", ["clients.people.auth=ecdsa256"], BOTH_SIGN)),
    ("with_rsa_and_intermediates_in_fragments",
     lambda lab: they_come_by(lab, "strongswan", ["clients.people.auth=rsa2048", *CHAINS, *in_fragments(1280)], BOTH_IN_FRAGMENTS)),
    ("libreswan_does_with_intermediates_of_both",
     lambda lab: they_come_by(lab, "libreswan", ["clients.people.auth=ecdsa256", *CHAINS, *in_fragments(576)], BOTH_IN_FRAGMENTS)),
    ("openiked_does_with_an_intermediate_of_its_own",
     lambda lab: they_come_by(lab, "openiked", ["clients.people.auth=ecdsa384", "gateways.vpn.certificate_chain=1"], BOTH_SIGN)),
    ("a_gateway_with_a_key_takes_signatures",
     lambda lab: they_come_by(lab, "strongswan", ["gateways.vpn.auth=psk", "clients.people.auth=ecdsa256"], (r"req 1  SK\{IDi CERT ",))),
    ("they_do_eap_mschapv2_with_strongswan",
     lambda lab: they_come_by(lab, "strongswan", ["clients.people.auth=eap-mschapv2"], eap("Identity", "MSCHAPv2"))),
    ("without_being_asked_who_they_are", lambda lab: they_come_by(
        lab, "strongswan", ["clients.people.auth=eap-mschapv2", "clients.people.eap.identity=no"],
        (r"rsp 1  SK\{IDr CERT.* AUTH EAP\(req MSCHAPv2\)",))),
    ("another_password_is_refused", lambda lab: they_come_by(
        lab, "strongswan", ["clients.people.auth=eap-mschapv2", "clients.people.psk=another"], (r"SK\{EAP\(rsp MSCHAPv2\)",), succeed=False)),
    ("they_do_eap_tls_with_strongswan",
     lambda lab: they_come_by(lab, "strongswan", ["clients.people.auth=eap-tls"], eap("Identity", "TLS"))),
    ("strongswan_proves_itself_within_eap_tls", lambda lab: they_come_by(
        lab, "strongswan", ["clients.people.auth=eap-tls", "clients.people.eap.only=yes"], eap_only("TLS"), never=r"SK\{.*CERT .*AUTH")),
    ("and_within_eap_mschapv2", lambda lab: they_come_by(
        lab, "strongswan", ["clients.people.auth=eap-mschapv2", "clients.people.eap.only=yes"], eap_only("MSCHAPv2"),
        never=r"SK\{.*CERT .*AUTH")),
    ("they_do_eap_ttls_with_eap_md5_within",
     lambda lab: they_come_by(lab, "strongswan", [*TTLS, "clients.people.eap.within=eap-md5"], eap("Identity", "TTLS"))),
    ("and_with_eap_mschapv2_within_alone", lambda lab: they_come_by(
        lab, "strongswan", [*TTLS, "clients.people.eap.within=eap-mschapv2", "clients.people.eap.only=yes"], eap_only("TTLS"),
        never=r"SK\{.*CERT .*AUTH")),
    ("another_password_within_ttls_is_refused", lambda lab: they_come_by(
        lab, "strongswan", [*TTLS, "clients.people.eap.within=eap-gtc", "clients.people.psk=another"], (r"SK\{EAP\(rsp TTLS\)",), succeed=False)),
    ("they_sign_as_before_rfc_7427_and_strongswan_does",
     lambda lab: they_come_by(lab, "strongswan", ["clients.people.auth=rsa2048", *OLD], BOTH_SIGN, methods=["1", "1"])),
    ("libreswan_takes_that_and_signs_anew",
     lambda lab: they_come_by(lab, "libreswan", ["clients.people.auth=rsa2048", OLD[0]], BOTH_SIGN, methods=["1", "14"])),
    ("libreswan_signs_as_before", lambda lab: they_come_by(lab, "libreswan", ["clients.people.auth=rsa2048", *OLD], BOTH_SIGN, methods=["1", "1"])),
    ("openiked_takes_that_and_signs_anew",
     lambda lab: they_come_by(lab, "openiked", ["clients.people.auth=rsa2048", OLD[0]], BOTH_SIGN, methods=["1", "14"])),
    ("a_strongswan_client_signs_behind_a_nat",
     lambda lab: it_comes_by(lab, "strongswan", ["clients.one.auth=ecdsa256", NAT], THROUGH_NAT)),
    ("a_libreswan_client_does_with_intermediates_of_both", lambda lab: it_comes_by(
        lab, "libreswan", ["clients.one.auth=ecdsa256", NAT, "clients.one.certificate_chain=1", "gateways.vpn.certificate_chain=1"],
        THROUGH_NAT)),
    ("an_openiked_client_signs_behind_a_nat",
     lambda lab: it_comes_by(lab, "openiked", ["clients.one.auth=ecdsa256", NAT], THROUGH_NAT)),
    ("a_strongswan_client_does_eap_tls",
     lambda lab: it_comes_by(lab, "strongswan", ["clients.one.auth=eap-tls"], (r"SK\{EAP\(rsp TLS",))),
    ("and_eap_ttls_with_eap_mschapv2_within", lambda lab: it_comes_by(
        lab, "strongswan", ["clients.one.auth=eap-ttls", "clients.one.eap.within=eap-mschapv2"], (r"SK\{EAP\(rsp TTLS", r"EAP\(success\)"))),
    ("and_eap_tls_alone", lambda lab: it_comes_by(
        lab, "strongswan", ["clients.one.auth=eap-tls", "clients.one.eap.only=yes"], (r"rsp 1  SK\{IDr EAP\(req ", r"rsp \d+ +SK\{AUTH SAr2"))),
    ("a_libreswan_client_signs_as_before_rfc_7427", lambda lab: it_comes_by(
        lab, "libreswan", ["clients.one.auth=rsa2048", "clients.one.old_signatures=yes", OLD[1]], BOTH_SIGN, methods=["1", "1"])),
    ("an_openiked_client_takes_that", lambda lab: it_comes_by(
        lab, "openiked", ["clients.one.auth=rsa2048", OLD[1]], (r"rsp 1  SK\{IDr CERT .*AUTH",), methods=["14", "1"])),
    ("two_daemons_sign", lambda lab: a_client_comes_through(lab, "strongswan", "libreswan", sets=["clients.one.auth=ecdsa256"])),
    ("strongswan_has_what_they_send_answered_while_they_rekey_child_sas",
     lambda lab: what_they_send_is_answered(lab, (["clients.people.rekey.child=3s"], ["child_rekeys"]))),
    (f"and_while_it_does_over_{NS3}", lambda lab: what_they_send_is_answered(
        lab, (["gateways.vpn.rekey.child=3s"], ["child_rekeys"]), carrier=NS3, size=1400)),
    ("and_of_packets_in_pieces", lambda lab: what_they_send_is_answered(lab, (["clients.people.rekey.child=3s"], ["child_rekeys"]), size=3000)),
    ("and_what_the_line_loses_alone_is_lost", lambda lab: what_they_send_is_answered(
        lab, (["clients.people.rekey.child=4s", "clients.people.rekey.ike=5s"], ["child_rekeys", "ike_rekeys"]), loss="3%")),
    ("and_through_nats_while_strongswan_rekeys_ike_sas_too", lambda lab: what_they_send_is_answered(
        lab, (["gateways.vpn.rekey.child=3s", "gateways.vpn.rekey.ike=4s", "clients.people.nat.kind=symmetric"], ["child_rekeys", "ike_rekeys"]))),
    ("keepalives_hold_the_mapping", lambda lab: keepalives_hold_the_mapping(lab)),
    ("a_client_gives_up_when_its_patience_is_over", lambda lab: a_client_gives_up_when_its_patience_is_over(lab)),
    ("a_client_that_is_refused_fails", lambda lab: a_client_that_is_refused_fails(lab)),
]
ALONE = [  # they count the daemons, or want to be late
    ("what_cannot_be_is_said", lambda lab: what_cannot_be_is_said(lab)),
    ("what_spoils_a_run_is_noted", lambda lab: what_spoils_a_run_is_noted(lab)),
    ("a_daemon_that_dies_ends_the_run", lambda lab: a_daemon_that_dies_ends_the_run(lab)),
    ("each_run_gives_its_daemon_a_cpu_of_its_own", lambda lab: each_run_gives_its_daemon_a_cpu_of_its_own(lab)),
    ("a_shell_beside_it_shows_how_it_stands", lambda lab: a_shell_beside_it_shows_how_it_stands(lab)),
    ("killed_runs_leave_nothing", lambda lab: killed_runs_leave_nothing(lab)),
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(folder)
        if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
            print("1..0 # SKIP network namespaces with a TUN device are not allowed here")
            return
        done = subprocess.run([lab.ikelab, "live", "setup"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=300)
        if done.returncode != 0:
            print(f"1..0 # SKIP the daemons cannot be set up: {done.stdout.strip().splitlines()[-1:]}")
            return
        print(f"1..{len(TOGETHER) + len(ALONE)}")
        number = 0
        with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
            labs = [lab.another(f"{lane}") for lane in range(len(TOGETHER))]
            for (name, _), wrong in zip(TOGETHER, pool.map(lambda pair: pair[0][1](pair[1]), zip(TOGETHER, labs))):
                number += 1
                tell(number, name, wrong)
        for name, test in ALONE:
            number += 1
            tell(number, name, test(lab))


if __name__ == "__main__":
    main()
