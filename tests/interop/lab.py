# SPDX-License-Identifier: MIT
"""Where real daemons meet our engine over UDP or TCP: a cable between two network namespaces, a daemon by its recipe in
the far one, `live_peer` in the near one. What programs of this folder share.

Only namespaces made here are used, they have no way out, every wait is bounded, and only processes started here
are stopped. A name says who made it: what is left of a program that was killed is removed by the next.
"""
import base64
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
US_TOO, THEM_TOO = "198.18.0.3", "198.18.0.4"  # where either may move to
OUR_NET, THEIR_NET = "10.1.0.0/16", "10.2.0.0/16"
CERTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "certs")


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
        for name, address, too in ((self.ours, US, US_TOO), (self.theirs, THEM, THEM_TOO)):
            run("ip", "-n", name, "address", "add", address + "/24", "dev", "ike0")
            run("ip", "-n", name, "address", "add", too + "/24", "dev", "ike0")
            run("ip", "-n", name, "link", "set", "ike0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.theirs, "address", "add", "10.2.0.1/32", "dev", "lo")

    def move_them(self, *addresses):
        """The far end has these addresses from now on."""
        for address in (THEM, THEM_TOO):  # with the first of a network the others may go
            run("ip", "-n", self.theirs, "address", "del", address + "/24", "dev", "ike0", check=False)
        for address in addresses:
            run("ip", "-n", self.theirs, "address", "add", address + "/24", "dev", "ike0")

    def close(self):
        for name in (self.ours, self.theirs):
            run("ip", "netns", "del", name, check=False)


# Where a text of one's own goes in a daemon's configuration: file, and the line it comes after (None: at its end).
SECTIONS = {
    "strongswan": {"charon": ("strongswan.conf", "charon {"), "connection": ("swanctl.conf", "    version = 2"),
                   "local": ("swanctl.conf", "    local {"), "remote": ("swanctl.conf", "    remote {"),
                   "child": ("swanctl.conf", "      net {"), "secrets": ("swanctl.conf", "secrets {"),
                   "top": ("swanctl.conf", None)},
    "libreswan": {"setup": ("ipsec.conf", "config setup"), "conn": ("ipsec.conf", None), "secrets": ("ipsec.secrets", None)},
    "openiked": {"top": ("iked.conf", None)},
}


def amend(name, files, more, instead):
    """The recipe's files with `more` (section: text) put in, and `instead` (old, new) exchanged; each has to fit."""
    files = dict(files)
    for section, text in more.items():
        suffix, after = SECTIONS[name][section]
        path = next(path for path in files if path.endswith("/" + suffix))
        lines = files[path].rstrip("\n").split("\n")
        at = len(lines) if after is None else lines.index(after) + 1
        files[path] = "\n".join(lines[:at] + [text] + lines[at:]) + "\n"
    for old, new in instead:
        fits = [path for path in files if old in files[path]]
        if not fits:
            raise RuntimeError(f"{name}: nothing in its configuration is {old!r}")
        for path in fits:
            files[path] = files[path].replace(old, new)
    return files


class Daemon:
    """One daemon in the far namespace, by its recipe for a wish, and what is amended in its files."""

    def __init__(self, cable, tools, name, place, stand_in, wish, more=(), instead=()):
        self.name, self.root, self.tools, self.cable = name, place[0], tools, cable
        self.recipe = json.loads(run(tools["recipe"], name, *place, stand_in or "-", *(f"{k}={v}" for k, v in wish)))
        self.recipe["files"] = amend(name, self.recipe["files"], dict(more), instead)
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


def what_is_missing():
    """Why no daemon can be run here; None: one can."""
    if os.geteuid() != 0:
        return "network namespaces need root here"
    lacking = [tool for tool in ("ip", "nsenter", "unshare", "apt-get", "dpkg", "readelf") if shutil.which(tool) is None]
    return f"{lacking[0]} is not installed" if lacking else None


def pem(name, kind):
    """A file of tests/vectors/certs as PEM."""
    with open(f"{CERTS}/{name}.der", "rb") as file:
        text = base64.encodebytes(file.read()).decode()
    out = tempfile.NamedTemporaryFile("w", suffix=".pem")
    lines = text.replace("\n", "")
    out.write(f"-----BEGIN {kind}-----\n" + "".join(lines[i:i + 64] + "\n" for i in range(0, len(lines), 64))
              + f"-----END {kind}-----\n")
    out.flush()
    return out


def places_of(ikelab, refuse=skip_all):
    """Where each daemon is, after it has been set up: root, and the machine's libraries."""
    done = subprocess.run([ikelab, "live", "setup"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300)
    if done.returncode != 0:
        refuse("the daemons cannot be set up: " + done.stdout.strip().splitlines()[-1][:200])
    found = {}
    for line in run(ikelab, "live", "list").splitlines():
        words = line.split()
        found[words[0]] = (words[2].rstrip(","), os.path.dirname(os.path.realpath(interpreter(ikelab))))
    return found


def interpreter(program):
    """PT_INTERP, by what the kernel shows of a program that runs."""
    return re.search(r"\[Requesting program interpreter: (.*)\]", run("readelf", "-l", program)).group(1)
