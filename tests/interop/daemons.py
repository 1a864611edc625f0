#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each real daemon by its recipe: it starts, takes the configuration made for a wish, answers our engine over
UDP between two network namespaces, asks it, and says how many SAs it has.

Usage: daemons.py IKELAB LIVE_PEER RECIPE STAND_IN [NAME]        prints TAP; NAME: only what contains it

The daemons are those of `ikelab live setup`, which is run where they are not there yet. Only namespaces made
here are used, they have no way out, every wait is bounded, and only processes started here are stopped.
Skipped, saying why, where namespaces are not allowed or the packages cannot be had. libreswan and OpenIKED
run with a stand-in for the kernel's database of SAs, preloaded: what is found of them is marked so.
"""
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

US, THEM = "198.18.0.1", "198.18.0.2"
OUR_NET, THEIR_NET = "10.1.0.0/16", "10.2.0.0/16"
CERTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "certs")
NEVER = "4294967295"
RSA2048, ECDSA256 = "1", "4"  # enum model_auth


def run(*command, check=True, timeout=30, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
                          errors="replace", **more)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()[-600:]}")
    return done.stdout


def die_with_parent():
    """PR_SET_PDEATHSIG: what is started here ends when this program is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def remove_leftovers():
    """Namespaces of an earlier run that was killed: ours by name, and their program is gone."""
    for line in run("ip", "netns", "list", check=False).splitlines():
        match = re.match(r"(ikelab-(\d+)-[ab])\b", line)
        if match and not os.path.exists(f"/proc/{match.group(2)}"):
            run("ip", "netns", "del", match.group(1), check=False)


class Cable:
    """Two namespaces and a cable between them."""

    def __init__(self):
        tag = f"ikelab-{os.getpid()}"
        self.ours, self.theirs = tag + "-a", tag + "-b"

    def open(self):
        for name in (self.ours, self.theirs):
            run("ip", "netns", "add", name)
        run("ip", "-n", self.ours, "link", "add", "ike0", "type", "veth", "peer", "name", "ike0", "netns", self.theirs)
        for name, address in ((self.ours, US), (self.theirs, THEM)):
            run("ip", "-n", name, "address", "add", address + "/24", "dev", "ike0")
            run("ip", "-n", name, "link", "set", "ike0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.theirs, "address", "add", "10.2.0.1/32", "dev", "lo")

    def close(self):
        for name in (self.ours, self.theirs):
            run("ip", "netns", "del", name, check=False)


class Daemon:
    """One daemon in the far namespace, by its recipe for a wish."""

    def __init__(self, cable, tools, name, place, stand_in, wish):
        self.name, self.root, self.tools = name, place[0], tools
        self.recipe = json.loads(run(tools["recipe"], name, *place, stand_in or "-", *(f"{k}={v}" for k, v in wish)))
        self.log = tempfile.NamedTemporaryFile("w+", encoding="utf8", errors="replace")
        steps = ["mount --make-rprivate /"]
        for at, source in self.recipe["mounts"]:
            steps.append(f"mkdir -p {os.path.dirname(at)}" if not source else
                         f"{{ test -e {at} || : >{at}; }} && mount --rbind {source} {at}")
            if not source:
                steps.append(f"mkdir -p {at} && mount -t tmpfs ikelab {at}")
        self.holder = subprocess.Popen(
            ["ip", "netns", "exec", cable.theirs, "unshare", "-m", "sh", "-c",
             " && ".join(steps) + " && echo ready && exec sleep 120"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=die_with_parent)
        said = self.holder.stdout.readline()
        if said.strip() != "ready":
            raise RuntimeError("mounts: " + said + self.holder.stdout.read())
        self.process, self.loaded = None, ""
        try:
            self.start()
        except Exception as error:
            said = self.said()[-1500:]
            self.close()
            raise RuntimeError(f"{error}\n{said}") from error

    def start(self):
        for path, text in self.recipe["files"].items():
            self.write(path, text)
        for command in self.recipe["commands"]["prepare"]:
            self.once(command)
        self.process = subprocess.Popen(self.words(self.recipe["commands"]["start"][0]), stdout=self.log,
                                        stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        self.wait_until_ready()
        self.loaded = self.errand("load")

    def write(self, path, text):
        path = f"/proc/{self.holder.pid}/root{self.root}{path}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
            out.write(text)

    def words(self, command):
        return ["nsenter", "-t", str(self.holder.pid), "-m", "-n", "env", "-i", *command["environment"],
             shutil.which("chroot"), self.root, *command["argv"]]

    def once(self, command, check=True):
        return run(*self.words(command), check=check)

    def errand(self, name, check=True):
        return "".join(self.once(command, check) for command in self.recipe["commands"][name])

    def wait_until_ready(self):
        for _ in range(100):
            if self.process.poll() is not None:
                break
            done = subprocess.run(self.words(self.recipe["commands"]["ready"][0]), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=10)
            if done.returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("it did not start")

    def said(self):
        with open(self.log.name, encoding="utf8", errors="replace") as log:
            return log.read()

    def levels(self, errand="levels", label=None):
        """What it says of itself, as the recipe reads it: established, half-open, children, whether it asks for cookies."""
        text = self.errand(errand, check=False)
        if label is not None and "IKELAB_KEEP_ANSWERS" in os.environ:  # for tests/vectors/daemons
            with open(f"{os.environ['IKELAB_KEEP_ANSWERS']}/{self.name}.{label}", "w", encoding="utf8") as out:
                out.write(text)
        return tuple(int(n) for n in run(self.tools["recipe"], self.name, "read", errand, input=text).split())

    def stop(self):
        if self.recipe["commands"]["stop"]:
            self.errand("stop", check=False)
        else:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def close(self):
        if self.process is not None:
            self.stop()
        self.holder.kill()
        self.holder.wait(5)
        self.log.close()


class Peer:
    """Our engine in the near namespace."""

    def __init__(self, cable, tools, **options):
        arguments = dict(local=US, remote=THEM, psk="secret", id="us.test", peer="them.test", local_ts=OUR_NET,
                         remote_ts=THEIR_NET, seconds="8")
        arguments.update(options)
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", cable.ours, tools["peer"]] + [f"{k}={v}" for k, v in arguments.items() if v],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=die_with_parent)
        self.out = ""

    def until(self, wanted):
        for line in self.process.stdout:
            self.out += line
            if line.startswith(wanted):
                return True
        return False

    def close(self):
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        self.out += self.process.stdout.read()
        self.process.wait(15)
        return self.out


def expect(held, what):
    if not held:
        raise AssertionError(what)


def pem(name, kind):
    """A file of tests/vectors/certs as PEM."""
    import base64
    with open(f"{CERTS}/{name}.der", "rb") as file:
        text = base64.encodebytes(file.read()).decode()
    out = tempfile.NamedTemporaryFile("w", suffix=".pem")
    lines = text.replace("\n", "")
    out.write(f"-----BEGIN {kind}-----\n" + "".join(lines[i:i + 64] + "\n" for i in range(0, len(lines), 64))
              + f"-----END {kind}-----\n")
    out.flush()
    return out


PLAIN = [("local", THEM), ("local_id", "them.test"), ("psk", "secret"), ("local_ts", THEIR_NET),
         ("remote_ts", OUR_NET)]
GCM = ("aes256gcm16-prfsha256-x25519", "aes256gcm16")
CBC = ("aes256gcm16-prfsha256-x25519", "aes256-sha512")


def offers(pair):
    return [("proposals", pair[0]), ("esp", pair[1])]


def answers(world, name, pair):
    """We initiate: SAs come up on both sides, liveness is answered, ours are deleted, and it says so each time."""
    daemon = world.start(name, PLAIN + offers(pair))
    expect(daemon.levels()[:2] == (0, 0), f"before: {daemon.levels()}")
    peer = Peer(world.cable, world.tools, initiate="1", script="probe,go,delete", ike=pair[0], esp=pair[1],
                force="1" if name == "strongswan" else None)
    expect(peer.until("AT go"), peer.out + daemon.said()[-1500:])
    expect(daemon.levels(label="one")[:2] == (1, 0), f"with one: {daemon.levels()}")
    listed = daemon.levels("list", "one-listed")
    expect(listed[0] == 1 and listed[2] == 1, f"listed: {listed}")
    out = peer.close()
    for line in ("EVENT UP ok", "EVENT CHILD_UP ok", "EVENT ALIVE", "EVENT DOWN deleted", "END done"):
        expect(line in out, f"missing {line}\n{out}{daemon.said()[-1500:]}")
    time.sleep(0.1)
    expect(daemon.levels()[:2] == (0, 0), f"after: {daemon.levels()}")
    expect(("kernel stand-in" in daemon.said()) == (name != "strongswan"), "the stand-in is there, and says so")


def half_open(world, name, pair):
    """An attempt given up half-way is counted as half-open, beside the next one, which comes up."""
    daemon = world.start(name, PLAIN + offers(pair))
    peer = Peer(world.cable, world.tools, initiate="1", abandon="1", script="go", ike=pair[0], esp=pair[1],
                seconds="2")
    expect(peer.until("AT go"), peer.out + daemon.said()[-1500:])
    seen, listed = daemon.levels(label="half-open"), daemon.levels("list", "half-open-listed")
    peer.close()
    expect(seen[:2] == (1, 1) and listed[:2] == (1, 1), f"{seen} {listed}\n{peer.out}")


def cookies(world, name, pair, at):
    """From so many half-open SAs on cookies are asked for: an attempt given up half-way makes one."""
    daemon = world.start(name, PLAIN + offers(pair) + [("cookies_at", at)])
    peer = Peer(world.cable, world.tools, initiate="1", abandon="1", script="delete", ike=pair[0], esp=pair[1],
                force="1" if name == "strongswan" else None)
    out = peer.close()
    expect("N(COOKIE)" in out and "EVENT UP ok" in out, out + daemon.said()[-1500:])
    if name == "libreswan":
        expect(daemon.levels(label="cookies")[3] == 1, f"it says that it asks for them: {daemon.levels()}")


def initiates(world, name, pair):
    """It initiates, and we answer."""
    daemon = world.start(name, PLAIN + offers(pair) + [("remote", US), ("remote_id", "us.test")])
    peer = Peer(world.cable, world.tools, script="probe,go,delete", ike=pair[0], esp=pair[1],
                force="1" if name == "strongswan" else None)
    expect(peer.until("READY"), peer.out)
    said = daemon.errand("initiate", check=False)
    expect(peer.until("AT go"), peer.out + said + daemon.said()[-1500:])
    expect(daemon.levels()[:2] == (1, 0), f"{daemon.levels()}")
    out = peer.close()
    expect("EVENT UP ok" in out and "END done" in out, out + said)


# libreswan takes RSASSA-PSS without its trailer field (X.690 11.5) only, not as RFC 7427 A.4.3 has it; hence PKCS#1.
def certificates(world, name, pair, family, auth):
    """Both ends sign with RSA or ECDSA keys, with an intermediate."""
    files = [pem(f"{family}.end.cert", "CERTIFICATE"), pem(f"{family}.key", "RSA PRIVATE KEY" if family[0] == "r" else "EC PRIVATE KEY"),
             pem(f"{family}.root.cert", "CERTIFICATE"), pem(f"{family}.middle.cert", "CERTIFICATE")]
    wish = [(k, v) for k, v in PLAIN if k not in ("psk", "local_id")] + offers(pair) + [
        ("local_id", "user@a.test"), ("auth", auth), ("peer_auth", auth), ("certificate", files[0].name),
        ("key", files[1].name), ("authority", files[2].name), ("authority", files[3].name)]
    daemon = world.start(name, wish)
    peer = Peer(world.cable, world.tools, initiate="1", script="probe,delete", ike=pair[0], esp=pair[1], psk=None,
                id="a.test", peer="user@a.test", type=family, certs=CERTS,
                scheme="rsa-sha256" if family[0] == "r" else None,
                force="1" if name == "strongswan" else None)
    out = peer.close()
    expect("EVENT UP ok" in out and "END done" in out, out + daemon.said()[-2500:])


def pool(world, name, pair):
    """A client is given an inner address of the pool."""
    daemon = world.start(name, [(k, v) for k, v in PLAIN if k != "remote_ts"] + offers(pair) + [
        ("pool", "10.3.0.0/24")])
    peer = Peer(world.cable, world.tools, initiate="1", script="probe,delete", ike=pair[0], esp=pair[1], wants="1",
                local_ts=None, force="1" if name == "strongswan" else None)
    out = peer.close()
    expect("INNER 10.3.0." in out and "END done" in out, out + daemon.said()[-1500:])


def any_client(world, name, pair):
    """A client nobody has named, whose selector is its address: strongSwan with the kernel's ESP, for its own has
    a route to the same address already."""
    daemon = world.start(name, [(k, v) for k, v in PLAIN if k != "remote_ts"] + offers(pair) + [("kernel_esp", "1")],
                         True)
    peer = Peer(world.cable, world.tools, initiate="1", script="probe,delete", ike=pair[0], esp=pair[1],
                id="client-7@staff.test", local_ts=US + "/32")
    out = peer.close()
    expect("EVENT CHILD_UP ok" in out and "END done" in out, out + daemon.loaded + daemon.said()[-1500:])


def understands(world, name, pair):
    """Every algorithm the recipe has a word for is one to the daemon: asked of its own reader of proposals."""
    daemon = world.start(name, PLAIN + offers(pair))
    ike, esp = (run(world.tools["recipe"], name, "spell", kind).splitlines() for kind in ("ike", "esp"))
    expect(len(ike) > 20 and len(esp) > 15, f"{ike} {esp}")
    command = dict(daemon.recipe["commands"]["ready"][0])
    if name == "strongswan":
        rows = "".join(f"c{i} {{ proposals = {text}\n local {{ auth = psk }}\n remote {{ auth = psk }} }}\n"
                       for i, text in enumerate(ike))
        rows += "".join(f"d{i} {{ local {{ auth = psk }}\n remote {{ auth = psk }}\n"
                        f"children {{ n {{ esp_proposals = {text}\n }} }} }}\n" for i, text in enumerate(esp))
        daemon.write("/ikelab/many.conf", f"connections {{\n{rows}}}\n")
        command["argv"] = ["/usr/sbin/swanctl", "--load-conns", "--file", "/ikelab/many.conf", *command["argv"][-2:]]
        expect(f"loaded {len(ike) + len(esp)} connections" in daemon.once(command).replace("successfully ", ""), "all")
    elif name == "libreswan":
        command["argv"] = ["/usr/libexec/ipsec/algparse", "-v2", "-pfs=yes", "-fips=no",
                           *("ike=" + text for text in ike), *("esp=" + text for text in esp)]
        expect("ERROR" not in daemon.once(command), "all")
    else:
        rows = "".join(f"ikev2 'n{i}' passive esp from 10.{i}.0.0/16 to 10.200.0.0/16 peer any {phase}psk \"secret\"\n"
                       .replace("'", '"') for i, phase in enumerate(ike + ["ikesa enc aes-128 prf hmac-sha1 auth hmac-sha1 "
                                                                            "group modp2048 " + text for text in esp]))
        daemon.write("/ikelab/many.conf", rows)
        command["argv"] = ["/usr/sbin/iked", "-n", "-vv", "-f", "/ikelab/many.conf"]
        said = daemon.once(command).splitlines()
        # What the kernel has no way for it leaves out without a word.
        kept = [line for line in said if "ikesa enc " in line and "childsa enc " in line]
        expect(len(kept) == len(ike) + len(esp), "\n".join(said))


def rekeys(world, name, pair):
    """Its count holds through rekeying of both kinds of SA."""
    daemon = world.start(name, PLAIN + offers(pair))
    peer = Peer(world.cable, world.tools, initiate="1", script="rekey,rekey-child,go,delete", ike=pair[0], esp=pair[1],
                force="1" if name == "strongswan" else None)
    expect(peer.until("AT go"), peer.out + daemon.said()[-1500:])
    time.sleep(0.2)
    seen, listed = daemon.levels(), daemon.levels("list")
    expect(seen[:2] == (1, 0) and listed[:3] == (1, 0, 1), f"{seen} {listed}")
    out = peer.close()
    expect("EVENT REKEYED ok" in out and "EVENT CHILD_DOWN rekeyed" in out and "END done" in out, out)


FULL = [("remote", US), ("remote_id", "us.test"), ("half_open_limit", "100"), ("rekey_ike_ns", "600000000000"),
        ("rekey_child_ns", "600000000000"), ("rekey_jitter_ppb", "50000000"), ("liveness_ns", "20000000000"),
        ("fragment", "576"), ("mobike", "1")]
MORE = {
    "strongswan": [("cookies_at", "30"), ("half_open_per_address", "5"), ("half_open_timeout_ns", "45000000000"),
                   ("threads", "12"), ("force_encapsulation", "1"), ("retransmit_first_ns", "1500000000"),
                   ("retransmit_factor_milli", "1800"), ("retransmit_sends", "4")],
    "libreswan": [("cookies_at", "30"), ("threads", "2"), ("force_encapsulation", "1"), ("pool", "10.3.0.0/24"),
                  ("retransmit_first_ns", "1500000000"), ("retransmit_sends", "4")],
    "openiked": [],
}


def every_setting(world, name, pair, *wanted):
    """A wish that sets all there is to be set is understood as it was meant, and an SA comes up under it."""
    plain = [(k, v) for k, v in PLAIN if k != "remote_ts" or name != "libreswan"]
    daemon = world.start(name, plain + offers(pair) + FULL + MORE[name])
    for word in ("unknown", "invalid", "ERROR: /", "syntax error"):
        expect(word not in daemon.loaded + daemon.said(), f"{word}: {daemon.loaded}{daemon.said()[-1500:]}")
    pool_of_it = name == "libreswan"
    peer = Peer(world.cable, world.tools, initiate="1", script="probe,go,delete", ike=pair[0], esp=pair[1],
                fragment="576", mobike="1" if name == "strongswan" else None, wants="1" if pool_of_it else None,
                local_ts=None if pool_of_it else OUR_NET, force="1" if name == "strongswan" else None)
    expect(peer.until("AT go"), peer.out + daemon.loaded + daemon.said()[-1500:])
    command = dict(daemon.recipe["commands"]["levels"][0])
    if name == "libreswan":
        command["argv"] = [word if word != "--briefstatus" else "--status" for word in command["argv"]]
    elif name == "strongswan":
        command["argv"] = ["/usr/sbin/swanctl", "--list-conns", *command["argv"][-2:]]
    said = daemon.once(command)
    for word in wanted:
        expect(word in said, f"{word} is not in\n{said}")
    expect("END done" in peer.close(), peer.out)


def eap(world, name, pair, method):
    """Clients do EAP, whose password is the key of their gateway, which signs."""
    files = [pem("rsa2048.tls.cert", "CERTIFICATE"), pem("rsa2048.key", "RSA PRIVATE KEY"),
             pem("rsa2048.root.cert", "CERTIFICATE"), pem("rsa2048.middle.cert", "CERTIFICATE")]
    daemon = world.start(name, [(k, v) for k, v in PLAIN if k != "local_id"] + offers(pair) + [
        ("local_id", "user@a.test"), ("auth", RSA2048), ("peer_auth", method[1]), ("certificate", files[0].name),
        ("key", files[1].name), ("authority", files[2].name), ("authority", files[3].name)])
    peer = Peer(world.cable, world.tools, initiate="1", script="probe,delete", ike=pair[0], esp=pair[1], force="1",
                id="a.test", peer="user@a.test", type="rsa2048", certs=CERTS, eap=method[0], end="tls")
    out = peer.close()
    expect("EVENT UP ok" in out and "EAP" in out and "END done" in out, out + daemon.said()[-2500:])


CASES = [
    ("answers us, and says what it has", answers, "strongswan", GCM),
    ("answers us, and says what it has", answers, "libreswan", GCM),
    ("answers us, and says what it has", answers, "openiked", CBC),
    ("understands the words for algorithms", understands, "strongswan", GCM),
    ("understands the words for algorithms", understands, "libreswan", GCM),
    ("understands the words for algorithms", understands, "openiked", CBC),
    ("counts half-open SAs", half_open, "strongswan", GCM),
    ("counts half-open SAs", half_open, "libreswan", GCM),
    ("counts half-open SAs", half_open, "openiked", CBC),
    ("asks for cookies from one half-open SA on", cookies, "strongswan", GCM, "1"),
    ("asks for cookies from one half-open SA on", cookies, "libreswan", GCM, "1"),
    ("asks for cookies always", cookies, "libreswan", GCM, "0"),
    ("initiates", initiates, "strongswan", GCM),
    ("initiates", initiates, "libreswan", GCM),
    ("initiates", initiates, "openiked", CBC),
    ("takes any client, whose selector is its address", any_client, "strongswan", GCM),
    ("takes any client, whose selector is its address", any_client, "libreswan", GCM),
    ("rsa2048 certificates", certificates, "strongswan", GCM, "rsa2048", RSA2048),
    ("rsa2048 certificates", certificates, "libreswan", GCM, "rsa2048", RSA2048),
    ("rsa2048 certificates", certificates, "openiked", CBC, "rsa2048", RSA2048),
    ("ecdsa256 certificates", certificates, "libreswan", GCM, "ecdsa256", ECDSA256),
    ("ecdsa256 certificates", certificates, "openiked", CBC, "ecdsa256", ECDSA256),
    ("keeps count through rekeying", rekeys, "strongswan", GCM),
    ("keeps count through rekeying", rekeys, "libreswan", GCM),
    ("keeps count through rekeying", rekeys, "openiked", CBC),
    ("is told every setting", every_setting, "strongswan", GCM, "rekeying every 600s", "dpd delay 20s"),
    ("is told every setting", every_setting, "libreswan", GCM, "IKE_FRAG_ALLOW", "MOBIKE", "encaps:yes",
     "ike_life: 660s", "rekey_margin: 60s", "rekey_fuzz: 50%", "dpddelay:20s", "retransmit-interval: 1500ms",
     "retransmit-timeout: 23s", "ddos-cookies-threshold=30", "ddos-max-halfopen=100"),
    ("is told every setting", every_setting, "openiked", CBC),
    ("takes eap-mschapv2 from its clients", eap, "strongswan", GCM, ("eap-mschapv2", "13")),
    ("gives an address of its pool", pool, "strongswan", GCM),
    ("gives an address of its pool", pool, "libreswan", GCM),
    ("gives an address of its pool", pool, "openiked", CBC),
]


class World:
    def __init__(self, tools, places, stand_in):
        self.tools, self.places, self.stand_in = tools, places, stand_in
        self.cable = Cable()
        self.daemon = None

    def start(self, name, wish, kernel=False):
        self.daemon = Daemon(self.cable, self.tools, name, self.places[name],
                             self.stand_in if kernel or name != "strongswan" else None, wish)
        return self.daemon

    def stop(self):
        if self.daemon is not None:
            self.daemon.close()
        self.daemon = None


def places_of(ikelab):
    """Where each daemon is, after it has been set up: root, and the machine's libraries."""
    done = subprocess.run([ikelab, "live", "setup"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300)
    if done.returncode != 0:
        skip_all("the daemons cannot be set up: " + done.stdout.strip().splitlines()[-1][:200])
    found = {}
    for line in run(ikelab, "live", "list").splitlines():
        words = line.split()
        found[words[0]] = (words[2].rstrip(","), os.path.dirname(os.path.realpath(interpreter(ikelab))))
    return found


def interpreter(program):
    """PT_INTERP, by what the kernel shows of a program that runs."""
    return re.search(r"\[Requesting program interpreter: (.*)\]", run("readelf", "-l", program)).group(1)


def main():
    tools = dict(ikelab=sys.argv[1], peer=os.path.abspath(sys.argv[2]), recipe=os.path.abspath(sys.argv[3]))
    if os.geteuid() != 0:
        skip_all("network namespaces need root here")
    for tool in ("ip", "nsenter", "unshare", "apt-get", "dpkg", "readelf"):
        if shutil.which(tool) is None:
            skip_all(f"{tool} is not installed")
    world = World(tools, places_of(tools["ikelab"]), os.path.abspath(sys.argv[4]))
    wanted = sys.argv[5] if len(sys.argv) > 5 else ""
    remove_leftovers()
    number = 0
    try:
        try:
            world.cable.open()
        except RuntimeError as error:
            skip_all(f"network namespaces cannot be made: {error}")
        for what, case, name, *more in CASES:
            if wanted not in f"{name} {what}":
                continue
            number += 1
            began = time.monotonic()
            mark = "" if name == "strongswan" and case is not any_client else ", with a stand-in for its kernel"
            try:
                case(world, name, *more)
                print(f"ok {number} - {name} {what}{mark}")
            except (AssertionError, RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"not ok {number} - {name} {what}{mark}")
                print("".join(f"# {line}\n" for line in str(error).splitlines()[-60:]), end="")
            finally:
                world.stop()
            print(f"# {time.monotonic() - began:.1f} s", flush=True)
        print(f"1..{number}")
    finally:
        world.stop()
        world.cable.close()


if __name__ == "__main__":
    main()
