#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Interoperation with strongSwan's charon, both roles, over UDP between two network namespaces.

Usage: strongswan.py LIVE_PEER BUILD_DIR        prints TAP

charon is Debian's: its packages are fetched and unpacked below BUILD_DIR and run from there in a
mount and a network namespace of their own; nothing is installed. Only namespaces made here are
used, they have no way out, every wait is bounded, and only processes started here are stopped.
Skipped, saying why, where namespaces are not allowed or the packages cannot be had.
"""
import ctypes
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import time

PACKAGES = ["strongswan-charon", "strongswan-libcharon", "strongswan-swanctl", "libstrongswan",
            "libstrongswan-standard-plugins", "libcharon-extra-plugins", "libcharon-extauth-plugins",
            "libstrongswan-extra-plugins"]
US, THEM = "198.18.0.1", "198.18.0.2"
US_TOO, THEM_TOO = "198.18.0.3", "198.18.0.4"  # where they may move to
OUR_NET, THEIR_NET = "10.1.0.0/16", "10.2.0.0/16"
CERTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "certs")
MOUNTS = ["/usr/lib/x86_64-linux-gnu", "/proc", "/dev"]


def run(*command, check=True, timeout=60):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()}")
    return done.stdout


def die_with_parent():
    """PR_SET_PDEATHSIG: a daemon started here ends when this program is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def remove_leftovers():
    """Namespaces of an earlier run that was killed: ours by name, and their program is gone."""
    for line in run("ip", "netns", "list", check=False).splitlines():
        match = re.match(r"(ikelab-(\d+)-[ab])\b", line)
        if match and not os.path.exists(f"/proc/{match.group(2)}"):
            run("ip", "netns", "del", match.group(1), check=False)


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


class Charon:
    """Two namespaces, a cable between them, and charon in the far one."""

    def __init__(self, build):
        self.build = build
        self.root = os.path.join(build, "strongswan-root")
        tag = f"ikelab-{os.getpid()}"
        self.ours, self.theirs = tag + "-a", tag + "-b"
        self.process = None
        self.addresses = [THEM, THEM_TOO]
        self.log = os.path.join(build, "strongswan.log")
        open(self.log, "w", encoding="utf8").close()
        self.read = 0  # so much of it

    def unpack(self):
        if os.path.exists(self.root + "/usr/lib/ipsec/charon"):
            return
        debs = os.path.join(self.build, "strongswan-debs")
        os.makedirs(debs, exist_ok=True)
        for attempt in (1, 2):
            done = subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=debs, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
            if done.returncode == 0:
                break
            if attempt == 1:
                subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, timeout=300)
        if done.returncode != 0:
            skip_all("strongSwan's packages cannot be fetched: " + done.stdout.strip()[:100])
        for deb in glob.glob(debs + "/*.deb"):
            run("dpkg", "-x", deb, self.root)

    def network(self):
        for name in (self.ours, self.theirs):
            run("ip", "netns", "add", name)
        run("ip", "-n", self.ours, "link", "add", "ike0", "type", "veth", "peer", "name", "ike0",
            "netns", self.theirs)
        for name, address, too in ((self.ours, US, US_TOO), (self.theirs, THEM, THEM_TOO)):
            run("ip", "-n", name, "address", "add", address + "/24", "dev", "ike0")
            run("ip", "-n", name, "address", "add", too + "/24", "dev", "ike0")
            run("ip", "-n", name, "link", "set", "ike0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        # kernel-libipsec routes each policy from an address of its local side, which must exist.
        run("ip", "-n", self.theirs, "address", "add", "10.2.0.1/32", "dev", "lo")

    def start(self, always_cookies, old_signatures=False):
        conf = os.path.join(self.root, "ikelab.conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write(f"""charon {{
    load = random nonce openssl gcm ccm ctr cmac xcbc curve25519 chapoly aes md5 sha1 sha2 hmac kdf pem x509 pubkey pkcs1 pkcs8 revocation constraints eap-identity eap-md5 eap-gtc xauth-generic eap-mschapv2 eap-tls kernel-libipsec kernel-netlink socket-default vici
    install_routes = no
    cookie_threshold = {1 if always_cookies else 30}
    cookie_threshold_ip = {1 if always_cookies else 3}
    retransmit_timeout = 1.0
    fragment_size = 400
    plugins {{ eap-gtc {{ backend = generic }} }}
    signature_authentication = {"no" if old_signatures else "yes"}
    filelog {{ stderr {{ default = 1
        ike = 2
        flush_line = yes }} }}
    plugins {{ vici {{ socket = unix:///run/charon.vici }} }}
}}
swanctl {{ load = random openssl pem pkcs1 pkcs8 pubkey x509 }}
""")
        for path in MOUNTS:
            os.makedirs(self.root + path, exist_ok=True)
        for path in ("/run", "/tmp", "/var/run"):
            os.makedirs(self.root + path, exist_ok=True)
        for link in ("lib", "lib64"):
            if not os.path.lexists(f"{self.root}/{link}"):
                os.symlink(f"usr/{link}", f"{self.root}/{link}")
        os.makedirs(self.root + "/usr/lib64", exist_ok=True)
        loader = self.root + "/usr/lib64/ld-linux-x86-64.so.2"
        if not os.path.lexists(loader):
            os.symlink("../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader)
        self.inside = (" && ".join(f"mount --rbind {path} {self.root}{path}" for path in MOUNTS)
                       + f" && mount -t tmpfs ikelab {self.root}/run")
        with open(self.log, "a", encoding="utf8") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.theirs, "unshare", "-m", "sh", "-c",
                 f"{self.inside} && exec env STRONGSWAN_CONF=/ikelab.conf "
                 f"LD_LIBRARY_PATH=/usr/lib/ipsec chroot {self.root} /usr/lib/ipsec/charon"],
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=die_with_parent)
        for _ in range(100):
            time.sleep(0.1)
            if self.process.poll() is not None:
                break
            if "uptime" in self.swanctl("--stats", check=False):
                return
        with open(self.log, encoding="utf8") as log:
            raise RuntimeError("charon did not start: " + log.read()[-600:])

    def swanctl(self, *arguments, check=True):
        return run("nsenter", "-t", str(self.pid()), "-m", "-n", "env",
                   "LD_LIBRARY_PATH=/usr/lib/ipsec", "STRONGSWAN_CONF=/ikelab.conf",
                   "chroot", self.root, "/usr/sbin/swanctl", *arguments, "--uri", "unix:///run/charon.vici", check=check)

    def told(self, command):
        """A command of swanctl, or `move`: these addresses there are, from now on."""
        if command[0] != "move":
            return self.swanctl(*command, check=False)
        self.addresses = command[1:]
        for address in (THEM, THEM_TOO):  # with the first of a network the others may go
            run("ip", "-n", self.theirs, "address", "del", address + "/24", "dev", "ike0", check=False)
        return "".join(run("ip", "-n", self.theirs, "address", "add", address + "/24", "dev", "ike0")
                       for address in self.addresses)

    def pid(self):
        return self.process.pid

    def install(self, family, end):
        """Keys and certificates of tests/vectors/certs: both ends show the same one, by two of its names."""
        for folder in ("x509", "x509ca", "private"):
            path = f"{self.root}/etc/swanctl/{folder}"
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
        shutil.copy(f"{CERTS}/{family}.{end}.der", f"{self.root}/etc/swanctl/x509/end.cert.der")
        for name, folder in (("middle.cert", "x509ca"), ("root.cert", "x509ca"),
                             ("key", "private")):
            shutil.copy(f"{CERTS}/{family}.{name}.der", f"{self.root}/etc/swanctl/{folder}/{name}.der")

    def configure(self, proposals, esp, encap, mode, family=None, auth=("psk", "psk"), more=None):
        """`more` says what else stands in connection, local, remote, child and secrets."""
        who = ("them.test", "us.test")
        more = more or {}
        certs = ""
        if family is not None:
            self.install(family, more.get("end", "end.cert"))
            who = ("user@a.test", "a.test")
            certs = " certs = end.cert.der\n" if auth[0] != "psk" else ""
        ts = "" if mode == "transport" else f"local_ts = {THEIR_NET}\n remote_ts = {OUR_NET}"
        os.makedirs(self.root + "/etc/swanctl", exist_ok=True)
        with open(self.root + "/etc/swanctl/swanctl.conf", "w", encoding="ascii") as out:
            out.write(f"""connections {{ us {{
 version = 2
 local_addrs = {more.get("addresses", THEM)}
 remote_addrs = {US}
 proposals = {proposals}
 encap = {"yes" if encap else "no"}
 send_certreq = yes
 {more.get("connection", "")}
 local {{ auth = {auth[0]}
{certs} id = {who[0]}
 {more.get("local", "")} }}
 remote {{ auth = {auth[1]}
 id = {who[1]}
 {more.get("remote", "")} }}
 children {{ net {{
 {ts}
 esp_proposals = {esp}
 {more.get("child", "")}
 mode = {mode} }} }} }} }}
secrets {{ ike-us {{ id-1 = {who[1]}
 id-2 = {who[0]}
 secret = "secret" }}
 {more.get("secrets", "")} }}
{more.get("top", "")}
""")
        self.swanctl("--load-all", "--clear")

    def news(self):
        """What charon has said since it was last asked."""
        with open(self.log, encoding="utf8") as log:
            log.seek(self.read)
            news = log.read()
            self.read = log.tell()
        return re.sub(r"(?m)^\d+\[\w+\] ", "charon: ", news)

    def forget(self, out):
        """Ends what the peer, which said `out`, has left: nothing where its script is done to the end."""
        if "END done" not in out:
            self.swanctl("--terminate", "--ike", "us", "--force", "--timeout", "2", check=False)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.process = None

    def close(self):
        self.stop()
        for name in (self.ours, self.theirs):
            subprocess.run(["ip", "netns", "del", name], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)


def start_peer(charon, program, **options):
    arguments = dict(local=US, remote=THEM, id="us.test", peer="them.test", local_ts=OUR_NET,
                     remote_ts=THEIR_NET, seconds="20")
    arguments.update(options)
    return subprocess.Popen(["ip", "netns", "exec", charon.ours, program]
                            + [f"{k}={v}" for k, v in arguments.items() if v is not None],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            preexec_fn=die_with_parent)


def until(process, wanted):
    """What the peer prints up to the line `wanted`, or to its end, which its option `seconds` bounds."""
    out = ""
    for line in process.stdout:
        out += line
        if line.rstrip() == wanted:
            break
    return out


def tell(charon, process, then):
    """At the word `go` of its script the peer waits until charon has been told what is to be done."""
    out = until(process, "AT go")
    said = "".join(charon.told(command) for command in then)
    if process.poll() is None:
        process.stdin.write("\n")
        process.stdin.flush()
    return out, said


def rest(process):
    """All it says until it ends. Not communicate(), which passes over lines read ahead."""
    process.stdin.close()
    out = process.stdout.read()
    process.wait(10)
    return out


def we_initiate(charon, program, script="", then=(), **options):
    process = start_peer(charon, program, initiate="1", script="go," + script if then and "go" not in script else script, **options)
    out, said = tell(charon, process, then) if then else ("", "")
    return out + rest(process) + said


def we_respond(charon, program, script, then=(), **options):
    """The script goes on when charon has the SA, too: within it a request of ours may overtake our answer. Where it
    names a later point, charon is told there what is to be done."""
    process = start_peer(charon, program, script="go," + script, **options)
    out = until(process, "READY")
    said = charon.swanctl("--initiate", "--child", "net", "--timeout", "8", check=False)
    if "go" in script:
        out += tell(charon, process, ())[0]
    more, told = tell(charon, process, then)
    return out + more + rest(process) + "\n" + said + told


ALL = ["EVENT UP ok", "EVENT CHILD_UP ok"]
AWAY = ["EVENT DOWN deleted", "END done"]
GCM = ("aes256gcm16-prfsha256-x25519", "aes256gcm16")


def cases():
    """feature, cookies, (our offer, our ESP), (theirs, theirs), role, our options, wanted lines"""
    delete = dict(script="probe,delete")
    yield ("liveness, one deletes", False, GCM, GCM, "i", dict(force="1", **delete),
           ALL + ["EVENT ALIVE", "> 4500 INFORMATIONAL   req 3  SK{D(IKE)}"] + AWAY)
    # charon asks for cookies from one half-open SA on: an attempt given up half-way makes that one.
    yield ("cookies", True, GCM, GCM, "i", dict(force="1", abandon="1", **delete),
           ALL + ["N(COOKIE)", "cookies=1"] + AWAY)
    yield ("INVALID_KE_PAYLOAD is obeyed", False,
           ("aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16"),
           ("aes256gcm16-prfsha256-ecp256", "aes256gcm16"), "i", dict(force="1", **delete),
           ALL + ["N(INVALID_KE_PAYLOAD)", "groups=1"] + AWAY)
    yield ("cookies and INVALID_KE_PAYLOAD", True,
           ("aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16"),
           ("aes256gcm16-prfsha256-ecp256", "aes256gcm16"), "i",
           dict(force="1", abandon="ecp256", **delete), ALL + ["cookies=1 groups=1"] + AWAY)
    yield ("a child deleted first", False, GCM, GCM, "i",
           dict(force="1", script="delete-child,delete"),
           ALL + ["SK{D(ESP 1)}", "EVENT CHILD_DOWN deleted"] + AWAY)
    # charon's user-space ESP knows no transport mode and refuses the child; the IKE SA stays.
    yield ("transport mode, the child is refused, the IKE SA stays", False, GCM, GCM,
           "i", dict(force="1", transport="1", mode="transport", **delete),
           ["EVENT UP ok", "EVENT CHILD_FAILED peer_refused 14"] + AWAY)
    for ike, esp in (("aes128-sha256-prfsha256-modp2048", "aes128-sha256"),
                     ("aes256-sha384-prfsha384-ecp384", "aes256-sha384"),
                     ("aes256-sha512-prfsha512-modp3072", "aes256-sha512"),
                     ("chacha20poly1305-prfsha256-x25519", "chacha20poly1305"),
                     ("aes128gcm16-prfsha256-modp4096", "aes128gcm16"),
                     ("aes192-sha1-prfsha1-modp1024", "aes192-sha1"),
                     ("3des-md5-prfmd5-modp1536", "aes256gcm16"),
                     ("aes128ctr-aesxcbc-prfaesxcbc-modp6144", "aes128ctr-aesxcbc"),
                     ("aes192ctr-aescmac-prfaescmac-modp8192", "aes192ctr-aescmac"),
                     ("aes256ctr-sha256-prfsha256-modp1024s160", "aes256gcm16"),
                     ("aes128ccm8-prfsha256-modp2048s224", "aes128ccm8"),
                     ("aes256ccm12-prfsha256-modp2048s256", "aes256ccm12"),
                     ("aes192ccm16-prfsha384-ecp521", "aes192ccm16"),
                     ("aes128gcm8-prfaescmac-ecp224", "aes128gcm8"),
                     ("aes192gcm12-prfaesxcbc-ecp192", "aes192gcm12"),
                     ("aes256gcm8-prfsha256-ecp224bp", "aes256gcm8"),
                     ("aes128gcm12-prfsha256-ecp256bp", "aes128gcm12"),
                     ("aes192gcm16-prfsha256-ecp384bp", "aes192gcm16"),
                     ("aes256gcm16-prfsha512-ecp512bp", "aes256gcm16"),
                     ("aes256gcm12-prfsha256-x448", "aes256gcm12")):
        yield (ike, False, (ike, esp), (ike, esp), "i",
               dict(force="1", **delete), ALL + AWAY)
    gone = [["--terminate", "--ike", "us", "--timeout", "5"]]
    yield ("liveness, one deletes", False, GCM, GCM, "r", dict(force="1", script="probe,go,DOWN"),
           ["EVENT HALF_OPEN ok"] + ALL + ["EVENT ALIVE", "EVENT DOWN peer_deleted",
                                           "initiate completed successfully"], gone)
    yield ("cookies", False, GCM, GCM, "r",
           dict(force="1", cookies="1", script="DOWN"),
           ["N(COOKIE)", "REFUSED cookie_wanted"] + ALL + ["EVENT DOWN peer_deleted"], gone)
    yield ("INVALID_KE_PAYLOAD is obeyed", False,
           ("aes256gcm16-prfsha256-ecp256", "aes256gcm16"),
           ("aes256gcm16-prfsha256-x25519-ecp256", "aes256gcm16"), "r",
           dict(force="1", script="DOWN"),
           ["REFUSED wrong_group"] + ALL + ["EVENT DOWN peer_deleted"], gone)
    yield ("the responder deletes", False, GCM, GCM, "r", dict(force="1", script="delete"),
           ALL + AWAY, [])
    yield ("a child deleted first", False, GCM, GCM, "r",
           dict(force="1", script="CHILD_DOWN,DOWN"),
           ALL + ["EVENT CHILD_DOWN peer_deleted", "EVENT DOWN peer_deleted"],
           [["--terminate", "--child", "net", "--timeout", "5"]] + gone)
    yield ("another key is refused", False, GCM, GCM, "i",
           dict(force="1", psk="other"), ["EVENT FAILED peer_refused 24"])


def signed_cases():
    """name, family of certificates, charon's (auth, remote auth), old methods, our options, lines
    wanted when we respond; each in both roles."""
    for family in ("rsa2048", "ecdsa256", "ecdsa384", "ed25519", "ed448"):
        yield f"{family} certificates with an intermediate", family, ("pubkey", "pubkey"), False, {}, []
    yield "rsa2048 certificates, PSS", "rsa2048", ("ike:rsa/pss-sha384", "ike:rsa/pss-sha512"), False, dict(scheme="rsa-pss-sha512"), []
    yield "rsa2048 certificates, PKCS#1 with SHA-512", "rsa2048", ("ike:rsa-sha512", "ike:rsa-sha512"), False, dict(scheme="rsa-sha512"), []
    yield "methods announced", "ecdsa256", ("pubkey", "pubkey"), False, dict(tells="1"), ["N(SUPPORTED_AUTH_METHODS)"]
    yield "we sign, they have a key", "ecdsa256", ("psk", "pubkey"), False, dict(accepts="psk"), []
    yield "they sign, we have a key", "ed25519", ("pubkey", "psk"), False, dict(accepts="signature"), []
    for family in ("rsa2048", "ecdsa256", "ecdsa384"):
        yield f"{family} by the method before RFC 7427", family, ("pubkey", "pubkey"), True, dict(old="1"), []


def feature_cases():
    """name, charon's configure() settings, our options, script, what charon is told once the SA is up, lines
    wanted; each in both roles, `None` for what one of the two does not do."""
    plain = dict(options=dict(force="1"), settings={})
    signs = dict(id="a.test", peer="user@a.test", type="rsa2048", certs=CERTS, force="1")
    pfs = ("aes256gcm16-prfsha256-x25519", "aes256gcm16-ecp256")
    both = ("i", "r")
    # charon's user-space ESP must be within UDP, so charon tells this lie itself where we do not.
    yield "NAT forced by us", both, GCM, plain, "probe,delete", [], ALL + [
        "charon: remote host is behind NAT", "4500 IKE_AUTH", "EVENT ALIVE", *AWAY]
    yield "NAT forced by them", both, GCM, dict(settings={}, options={}), "probe,delete", [], ALL + [
        "charon: faking NAT situation to enforce UDP encapsulation", "4500 IKE_AUTH", "EVENT ALIVE", *AWAY]
    # The lie makes them take us for one behind a NAT, which then has another port for us (RFC 7296 2.23).
    yield "NAT forced by us, and another port", both, GCM, plain, "rebind,probe,go,DOWN:rekeyed,delete", [["--rekey", "--ike", "us"]], ALL + [
        "EVENT ALIVE", "EVENT REKEYED", *AWAY]
    gateway = dict(options=dict(force="1", also=US_TOO), settings={})
    sends = dict(gateway, options=dict(gateway["options"], redirect="1"))
    # charon 5.9.8 obeys one in IKE_AUTH, too, and ends with "double free detected" before it has sent anything.
    yield "redirected in IKE_SA_INIT (RFC 5685)", ("r",), GCM, sends, "probe,delete", [], ALL + [
        "N(REDIRECT_SUPPORTED)", "rsp 0  N(REDIRECT)", "N(REDIRECTED_FROM)", "EVENT ALIVE", *AWAY]
    yield "an established IKE SA redirected (RFC 5685)", ("r",), GCM, gateway, "redirect,probe,delete", [], ALL + [
        "SK{N(REDIRECT)}", "N(REDIRECTED_FROM)", "EVENT DOWN peer_deleted", "EVENT ALIVE", *AWAY]
    client = dict(settings=dict(more={"addresses": f"{THEM}, {THEM_TOO}"}), options=dict(force="1", redirects="1"))
    yield "an established IKE SA redirected (RFC 5685)", ("i",), GCM, client, "DOWN:redirected,probe,delete", [
        ["--redirect", "--ike", "us", "--gateway", THEM_TOO]], ALL + [
        "SK{N(REDIRECT)}", "N(REDIRECTED_FROM)", "EVENT REDIRECTED ok", "EVENT DOWN redirected", "EVENT ALIVE", *AWAY]
    mobile = dict(settings={}, options=dict(force="1", mobike="1", also=US_TOO))
    yield "MOBIKE, we move (RFC 4555 3.5)", ("i",), GCM, mobile, "move,probe,rekey,probe,delete", [], ALL + [
        "N(MOBIKE_SUPPORTED)", "N(UPDATE_SA_ADDRESSES)", "EVENT MOVED", f"> {US_TOO}:4500 INFORMATIONAL", "EVENT ALIVE",
        f"< {US_TOO}:4500 CREATE_CHILD_SA rsp", *AWAY]
    # charon, which decides then, takes the list and stays with our old address.
    yield "MOBIKE, we tell that we have moved (RFC 4555 3.6)", ("r",), GCM, mobile, "move,probe,rekey,probe,delete", [], ALL + [
        "N(MOBIKE_SUPPORTED)", "SK{N(NO_ADDITIONAL_ADDRESSES)}", f"< {US_TOO}:4500 INFORMATIONAL   rsp", "EVENT ALIVE", *AWAY]
    yield "MOBIKE, they move (RFC 4555 3.5, 3.6)", both, GCM, mobile, "MOVED,probe,rekey,probe,delete", [["move", THEM_TOO]], ALL + [
        "N(UPDATE_SA_ADDRESSES)", "EVENT MOVED", "EVENT ALIVE", "EVENT REKEYED", *AWAY]
    yield "a Child SA more, by us", both, GCM, plain, "child,delete", [], ALL + ["CREATE_CHILD_SA", *AWAY]
    yield "a Child SA more with PFS, by us", both, pfs, plain, "child,delete", [], ALL + [
        "SK{SA Ni KEi TSi TSr}", *AWAY]
    yield "Child SA rekeyed by us", both, GCM, plain, "rekey-child,probe,delete", [], ALL + [
        "N(REKEY_SA", "EVENT CHILD_DOWN", "EVENT ALIVE", *AWAY]
    yield "Child SA rekeyed by us with PFS", both, pfs, plain, "rekey-child,delete", [], ALL + [
        "SK{N(REKEY_SA) SA Ni KEi TSi TSr}", "EVENT CHILD_DOWN", *AWAY]
    yield "Child SA rekeyed by them", both, GCM, plain, "CHILD_DOWN,delete", [["--rekey", "--child", "net"]], ALL + [
        "N(REKEY_SA", "EVENT CHILD_DOWN", *AWAY]
    yield "Child SA rekeyed by them with PFS", both, pfs, plain, "CHILD_DOWN,delete", [["--rekey", "--child", "net"]], ALL + [
        "SK{N(REKEY_SA) SA Ni KEi TSi TSr}", "EVENT CHILD_DOWN", *AWAY]
    yield "IKE SA rekeyed by us", both, GCM, plain, "rekey,probe,delete", [], ALL + ["EVENT REKEYED", "EVENT ALIVE", *AWAY]
    yield "IKE SA rekeyed by them", both, GCM, plain, "DOWN:rekeyed,probe,delete", [["--rekey", "--ike", "us"]], ALL + [
        "EVENT REKEYED", "EVENT ALIVE", *AWAY]
    signed = dict(settings=dict(family="rsa2048", auth=("pubkey", "pubkey")), options=dict(signs, fragment="500"))
    yield "messages in fragments, both ways", both, GCM, signed, "probe,delete", [], ALL + [
        "IKE_AUTH        req 1  SKF(1/", "IKE_AUTH        rsp 1  SKF(1/", *AWAY]
    for ours, theirs in ((False, False), (True, False), (False, True), (True, True)):
        ppk = dict(settings=dict(more={"connection": f"ppk_id = qkd\n ppk_required = {'yes' if theirs else 'no'}",
                                       "secrets": 'ppk-us { id = qkd\n secret = "quantum" }'}),
                   options=dict(force="1", ppk="quantum", **(dict(ppk_required="1") if ours else {})))
        yield (f"PPK, {'required' if ours else 'optional'} here and {'required' if theirs else 'optional'} there",
               both, GCM, ppk, "child,rekey,probe,delete", [], ALL + ["N(USE_PPK)", "N(PPK_IDENTITY)", "EVENT REKEYED", *AWAY])
    pool = "pools { inner { addrs = 10.3.0.0/24\n dns = 10.2.0.53 } }"
    gateway = dict(settings=dict(more={"connection": "pools = inner", "child": "remote_ts = dynamic", "top": pool}),
                   options=dict(force="1", wants="1", local_ts=None))
    client = dict(settings=dict(more={"connection": "vips = 0.0.0.0", "child": "local_ts = dynamic"}),
                  options=dict(force="1", pool="10.2.200.0/24", remote_ts=None))
    given = ALL + ["CP(CFG_REPLY)", "EVENT ADDRESS"]
    yield "a virtual IP, which a client asks for", ("i",), GCM, gateway, "rekey,rekey-child,probe,delete", [], given + [
        "INNER 10.3.0.1", "EVENT REKEYED", *AWAY]
    yield "a virtual IP, which a client asks for", ("r",), GCM, client, "rekey,rekey-child,probe,delete", [], given + [
        "INNER 10.2.200.1", "EVENT REKEYED", *AWAY]
    for way, line in (("make", "the new SA first"), ("break", "the old one's end first")):
        again = dict(settings=dict(more={"connection": "pools = inner\n reauth_time = 2s\n over_time = 10s", "child": "remote_ts = dynamic", "top": pool}),
                     options=dict(force="1", wants="1", reauth=way, local_ts=None))
        yield f"AUTH_LIFETIME is obeyed, {line}", ("i",), GCM, again, "CHILD_UP,DOWN:reauthenticated,probe,delete", [], ALL + [
            "N(AUTH_LIFETIME)", "EVENT DOWN reauthenticated", "EVENT ALIVE", "END done"]
    told = dict(settings=dict(more={"connection": "over_time = 1s"}), options=dict(force="1", auth_lifetime="3"))
    yield "AUTH_LIFETIME is obeyed, the old one's end first", ("r",), GCM, told, "DOWN:peer_deleted,CHILD_UP,probe,delete", [], ALL + [
        "N(AUTH_LIFETIME)", "EVENT DOWN peer_deleted", "EVENT ALIVE", *AWAY]
    yield "INTERNAL_ADDRESS_FAILURE, the IKE SA stays", ("i",), GCM, dict(settings=dict(more={
        "connection": "pools = none", "child": "remote_ts = dynamic"}), options=dict(force="1", wants="1", local_ts=None)), "delete", [], [
        "N(INTERNAL_ADDRESS_FAILURE)", "EVENT UP ok", "EVENT CHILD_FAILED peer_refused 36", *AWAY]
    other = dict(settings=dict(more={"connection": "ppk_id = qkd", "secrets": 'ppk-us { id = qkd\n secret = "quantum" }'}),
                 options=dict(force="1", ppk="another", ppk_required="1"))
    yield "another PPK of that name is refused", ("i",), GCM, other, "delete", [], ["EVENT FAILED peer_refused 24"]
    childless = dict(options=dict(force="1", childless="1"), settings=dict(more={"connection": "childless = force"}))
    yield "childless (RFC 6023 3), a Child SA after", ("r",), GCM, childless, "delete", [], ["SK{IDr AUTH}", "CREATE_CHILD_SA", *ALL, *AWAY]
    yield "childless (RFC 6023 3), a Child SA after", ("i",), GCM, childless, "child,delete", [], [
        "N(CHILDLESS_IKEV2_SUPPORTED)", "SK{IDr AUTH}", "CREATE_CHILD_SA", *ALL, *AWAY]
    # charon answers, and offers it as the initiator only; its counting IV generator makes no message with id 0 twice.
    cbc = ("aes256-sha256-prfsha256-x25519", "aes256gcm16")
    yield "our cluster fails over (RFC 6311 5.1)", ("r",), cbc, dict(options=dict(force="1", sync="1"), settings={}), "probe,fail-over,probe,delete", [], ALL + [
        "rsp 0  SK{N(IKEV2_MESSAGE_ID_SYNC)}", "EVENT SYNCED", "INFORMATIONAL   req 8  SK{}", "INFORMATIONAL   req 9  SK{D(IKE)}", *AWAY]
    user = 'eap-us { id = a.test\n secret = "secret" }\n eap-them { id = user@a.test\n secret = "secret" }'
    for role, end, who, line in (("i", "remote", "eap_id = a.test", "rsp 2  SK{EAP(req MD5)}"),
                                 ("r", "local", "id = user@a.test\n eap_id = user@a.test", "N(ANOTHER_AUTH_FOLLOWS)")):
        twice = dict(family="rsa2048", auth=("pubkey", "pubkey"), more={
            "secrets": user, "connection": f"{end}-2 {{ auth = eap-md5\n {who}\n round = 2 }}"})
        yield "a certificate, then EAP (RFC 4739)", (role,), GCM, dict(
            settings=twice, options=dict(signs, second="eap-md5")), "delete", [], ALL + [
            "N(MULTIPLE_AUTH_SUPPORTED)", "EAP(success)", line, *AWAY]
    for method in ("md5", "gtc", "mschapv2", "tls"):
        server = dict(family="rsa2048", auth=("pubkey", f"eap-{method}"),
                      more={"remote": "eap_id = %any", "secrets": user, "end": "tls.cert"})
        peer = dict(family="rsa2048", auth=(f"eap-{method}", "pubkey"),
                    more={"local": "eap_id = user@a.test\n aaa_id = a.test" if method == "tls" else "eap_id = user@a.test", "secrets": user, "end": "tls.cert"})
        ours = dict(signs, eap="eap-" + method, end="tls")
        yield f"EAP-{method.upper()}", ("i",), GCM, dict(settings=server, options=ours), "delete", [], ALL + ["EAP", *AWAY]
        yield f"EAP-{method.upper()}", ("r",), GCM, dict(settings=peer, options=ours), "delete", [], ALL + ["EAP", *AWAY]


TABLE = {}  # feature: {role: result}


def judge(number, name, role, out, wanted):
    """`name` without who initiates, which `role` says."""
    missing = [line for line in wanted if line not in out]
    who = "we initiate" if role == "i" else "we respond"
    TABLE.setdefault(name, {})[role] = "FAIL" if missing else "pass"
    print(f"{'not ' if missing else ''}ok {number} - strongSwan: {who}, {name}")
    if missing:
        print("# missing: " + "; ".join(missing))
        print("".join("# " + line + "\n" for line in out.splitlines()[-30:]), end="")
    sys.stdout.flush()


def print_table():
    print(f"# {'feature':62} we initiate  we respond")
    for name, cells in TABLE.items():
        print(f"# {name:62} {cells.get('i', '-'):12} {cells.get('r', '-')}")


def main():
    peer, build = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    if os.geteuid() != 0:
        skip_all("network namespaces need root here")
    for tool in ("ip", "nsenter", "unshare", "apt-get", "dpkg"):
        if shutil.which(tool) is None:
            skip_all(f"{tool} is not installed")
    charon = Charon(build)
    charon.unpack()
    remove_leftovers()
    try:
        try:
            charon.network()
        except RuntimeError as error:
            skip_all(f"network namespaces cannot be made: {error}")
        number = 0
        cookies_now = None
        for name, cookies, ours, theirs, role, options, wanted, *then in cases():
            number += 1
            if cookies != cookies_now:
                charon.stop()
                charon.start(cookies)
                cookies_now = cookies
            options = dict(options)
            mode = options.pop("mode", "tunnel")
            if mode == "transport":
                options.update(local_ts=None, remote_ts=None)
            charon.configure(theirs[0], theirs[1], True, mode)
            options.update(ike=ours[0], esp=ours[1])
            if role == "i":
                out = we_initiate(charon, peer, **options)
            else:
                out = we_respond(charon, peer, then=then[0], **options)
            judge(number, name, role, out, wanted)
            charon.forget("" if "abandon" in options else out)
        old_now = None
        for name, family, auth, old, extra, wanted in signed_cases():
            if old != old_now:
                charon.stop()
                charon.start(False, old)
                old_now = old
            charon.configure(*GCM, True, "tunnel", family, auth)
            options = dict(ike=GCM[0], esp=GCM[1], id="a.test", peer="user@a.test", type=family,
                           certs=CERTS, force="1", **extra)
            common = ALL + AWAY + ([] if old else ["N(SIGNATURE_HASH_ALGORITHMS)"])
            for role, lines in (("i", common), ("r", common + wanted)):
                talk = we_initiate if role == "i" else we_respond
                out = talk(charon, peer, script="delete", **options)
                number += 1
                judge(number, name, role, out, lines)
                charon.forget(out)
        charon.stop()
        charon.start(False)
        for name, roles, (ike, esp), how, script, then, wanted in feature_cases():
            settings = dict(how["settings"])
            charon.configure(ike, esp, True, "tunnel", **settings)
            for role in roles:
                options = dict(how["options"], ike=ike, esp=esp)
                if role == "i":
                    out = we_initiate(charon, peer, script, then, **options)
                else:
                    out = we_respond(charon, peer, script, then, **options)
                number += 1
                log = charon.news()
                judge(number, name, role, out + (log if any("charon:" in line for line in wanted) else ""), wanted)
                charon.forget(out)
                if charon.addresses != [THEM, THEM_TOO]:
                    charon.told(["move", THEM, THEM_TOO])
        print_table()
        print(f"1..{number}")
    finally:
        charon.close()


if __name__ == "__main__":
    main()
