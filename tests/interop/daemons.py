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
import os
import subprocess
import sys
import time

from lab import (OUR_NET, THEIR_NET, THEM, US, Cable, Daemon, Peer, places_of, remove_leftovers, run, skip_all,
                 what_is_missing)


def expect(held, what):
    if not held:
        raise AssertionError(what)


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
    ("takes any client, whose selector is its address", any_client, "strongswan", GCM),
    ("takes any client, whose selector is its address", any_client, "libreswan", GCM),
    ("keeps count through rekeying", rekeys, "strongswan", GCM),
    ("keeps count through rekeying", rekeys, "libreswan", GCM),
    ("keeps count through rekeying", rekeys, "openiked", CBC),
    ("is told every setting", every_setting, "strongswan", GCM, "rekeying every 600s", "dpd delay 20s"),
    ("is told every setting", every_setting, "libreswan", GCM, "IKE_FRAG_ALLOW", "MOBIKE", "encaps:yes",
     "ike_life: 660s", "rekey_margin: 60s", "rekey_fuzz: 50%", "dpddelay:20s", "retransmit-interval: 1500ms",
     "retransmit-timeout: 23s", "ddos-cookies-threshold=30", "ddos-max-halfopen=100"),
    ("is told every setting", every_setting, "openiked", CBC),
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


def main():
    tools = dict(ikelab=sys.argv[1], peer=os.path.abspath(sys.argv[2]), recipe=os.path.abspath(sys.argv[3]))
    if what_is_missing():
        skip_all(what_is_missing())
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
