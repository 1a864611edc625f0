#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The interop matrix: our engine and each real daemon, both roles, feature by feature (features.py).

Usage: matrix.py IKELAB LIVE_PEER RECIPE STAND_IN [--tap] [--jobs N] [--output FOLDER] [WORD...]

Prints the matrix, and leaves interop.db (SQLite) and interop.html in FOLDER: a page of its own with a capture, its
keys and both logs for each cell. --tap prints a test of each cell instead, and leaves nothing. WORDs: only cells with
words that begin so, all of them, in feature, group, daemon or role.

A cell: pass; FAIL; `theirs`, the daemon does it wrongly, and the page says how; `-`, it lacks it, which is tried where
it can be; `skip`, it cannot be seen here. The exit status is 1 when a cell fails. Daemons are those of `ikelab live
setup`, which is run where they are not there yet.
"""
import argparse
import ctypes
import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import features
import page
from lab import (CERTS, OUR_NET, THEIR_NET, THEM, THEM_TOO, US, Cable, Daemon, Peer, pem, places_of, remove_leftovers, run,
                 skip_all, what_is_missing)

MARK = {"pass": "pass", "fail": "FAIL", "theirs": "theirs", "lacks": "-", "skip": "skip"}
ROLES = {"i": "we initiate", "r": "we respond"}
KEYS = {"r": "RSA PRIVATE KEY", "e": "EC PRIVATE KEY", "d": "PRIVATE KEY"}


# ---- one cell ----

def cells():
    """(row for this daemon, daemon, role), in the table's order."""
    for row in features.ROWS:
        for daemon in features.DAEMONS:
            for role in row.get("roles", "ir"):
                cell = row | row.get(daemon, {}) | row.get(f"{daemon}_{role}", {})
                if "lacks" in cell:  # it is asked for, and nothing is done with it
                    cell.update(script="probe,delete", told=())
                yield cell, daemon, role


def wish_of(row, daemon, role, files):
    """What the recipe is asked for; certificates are put in `files`, which live as long as the cell."""
    esp = row.get("esp", features.ESP[daemon]) + row.get("pfs", "")
    wish = dict(local=THEM, local_id="them.test", psk="secret", local_ts=THEIR_NET, remote_ts=OUR_NET,
                proposals=row.get("ike", features.IKE), esp=esp)
    if role == "r":
        wish.update(remote=US, remote_id="us.test")
    family, eap = row.get("family"), row.get("eap")
    if family is not None:
        signs, does = row.get("auth", "rsa2048"), row.get("peer_auth", "rsa2048")
        if eap is not None:
            signs, does = (signs, eap) if role == "i" else (eap, does)
        wish.update(local_id="user@a.test", auth=signs, peer_auth=does)
        if role == "r" or (eap is None and does != "psk"):
            wish["remote_id"] = "a.test"
        kind = "PRIVATE KEY" if family.startswith("ed") else KEYS[family[0]]
        end = "tls" if eap is not None else "end"
        found = [pem(f"{family}.{end}.cert", "CERTIFICATE"), pem(f"{family}.key", kind),
                 pem(f"{family}.root.cert", "CERTIFICATE"), pem(f"{family}.middle.cert", "CERTIFICATE")]
        files += found
        wish.update(certificate=found[0].name, key=found[1].name)
    wish.update(row.get("wish", ()))
    listed = [(key, value) for key, value in wish.items() if value is not None]
    return listed + [("authority", file.name) for file in files[2:4]]


def ours_of(row, daemon, role, capture):
    """What live_peer is told."""
    script = row.get("script", "probe,delete")
    if role == "r" or (row.get("told") and not script.startswith(("go", "bulk"))):
        script = "go," + script
    options = dict(ike=row.get("ike", features.IKE), esp=row.get("esp", features.ESP[daemon]) + row.get("pfs", ""), script=script,
                   seconds=str(row.get("seconds", 12)), force="1" if daemon == "strongswan" else None, pcap=capture)
    family, eap = row.get("family"), row.get("eap")
    if family is not None:
        options.update(type=family, certs=CERTS, id="a.test", peer="user@a.test")
    if eap is not None:
        options.update(eap=eap, end="tls")
    if role == "i":
        options["initiate"] = "1"
    options.update(row.get("ours", {}))
    return options


def tell(daemon, peer, words):
    """Between `go` and what our engine does then, or with a + after that."""
    said = ""
    for word in [w for w in words if not w.startswith("+")]:
        said += told(daemon, word)
    peer.process.stdin.write("\n")
    peer.process.stdin.flush()
    for word in [w for w in words if w.startswith("+")]:
        said += told(daemon, word[1:])
    return said


def told(daemon, word):
    if word == "move":
        daemon.cable.move_them(THEM_TOO)
        return ""
    if word.startswith("count"):
        wanted = word.split()[1:]
        seen = [str(level) for level in daemon.levels("list")[0:3:2]]
        good = all(wants in ("-", has) for wants, has in zip(wanted, seen))
        return f"it has {seen[0]} IKE SAs and {seen[1]} Child SAs" + ("\n" if good else f": WRONG, not {' and '.join(wanted)}\n")
    argv = features.COMMANDS[daemon.name][word].split()
    command = dict(daemon.recipe["commands"]["ready"][0], argv=argv)
    return daemon.once(command, check=False)


def wait_until_up(daemon):
    """Some say at once that they have begun."""
    for _ in range(30):
        if daemon.levels()[0] > 0:
            return
        time.sleep(0.05)


def talk(row, daemon, role, peer):
    """The whole conversation: what live_peer printed, and commands of the daemon."""
    said, rounds = "", list(row.get("told", ()))
    if role == "r":  # our script begins when the daemon says that it is through
        if not peer.until("READY"):
            return peer.close()
        said = daemon.errand("initiate", check=False)
        rounds.insert(0, [])
    for number, words in enumerate(rounds):
        if not peer.until("AT go"):
            break
        if role == "r" and number == 0:
            wait_until_up(daemon)
        said += tell(daemon, peer, words)
    return peer.close() + said


def judge(row, out, log):
    """(result, reason) of what was said."""
    wanted = list(row.get("up", features.UP)) + list(row.get("wanted", ())) + list(row.get("end", features.AWAY))
    missing = [line for line in wanted if line not in out] + [line for line in row.get("logged", ()) if line not in log]
    unwanted = [line for line in row.get("absent", ()) if line in out] + (["WRONG"] if ": WRONG" in out else [])
    reason = "; ".join([f"missing: {line}" for line in missing] + [f"there is: {line}" for line in unwanted])
    if row.get("lacks") and "\n<" not in out:
        return "fail", "it was asked, and has said nothing"
    if row.get("lacks"):
        asked = [line for line in out.splitlines() if row["ask"] in line and not line.startswith(">")]
        if asked:
            return "fail", f"it does not lack that: {asked[0].strip()}"
        return "lacks", row["lacks"]
    if row.get("theirs"):
        return ("theirs", row["theirs"]) if reason or row["sometimes"] else ("fail", f"it does it now, and no longer so: {row['theirs']}")
    return ("fail", reason) if reason else ("pass", "")


def is_lacking(error):
    """The recipe's own word that a daemon has no such algorithm or setting."""
    text = str(error)
    return text.rsplit("lacks: ", 1)[1].strip() if "lacks: " in text else None


def run_cell(bench, row, name, role):
    cell = dict(grp=row["group"], feature=row["name"], section=row["section"], daemon=name, role=role, seconds=0.0, ours="",
                theirs="", capture=b"", keys=b"")
    if row.get("unseen"):
        return dict(cell, result="skip", reason=row["unseen"])
    if row.get("lacks") and not row.get("ask"):
        return dict(cell, result="lacks", reason=row["lacks"])
    began, files, daemon = time.monotonic(), [], None
    with tempfile.TemporaryDirectory(prefix="ikelab-") as folder:
        capture = folder + "/cell.pcapng"
        try:
            daemon = Daemon(bench["cable"], bench["tools"], name, bench["places"][name],
                            bench["stand_in"] if name != "strongswan" else None, wish_of(row, name, role, files),
                            row.get("more", {}), row.get("instead", ()))
            peer = Peer(bench["cable"], bench["tools"], **ours_of(row, name, role, capture))
            cell["ours"] = talk(row, daemon, role, peer)
            cell["theirs"] = daemon.loaded + daemon.said()
            cell["result"], cell["reason"] = judge(row, cell["ours"], cell["theirs"])
        except (RuntimeError, subprocess.TimeoutExpired, BrokenPipeError) as error:
            lacking = is_lacking(error)
            cell["result"], cell["reason"] = ("lacks", f"no {lacking}") if lacking else ("fail", str(error)[-2000:])
        finally:
            if daemon is not None:
                daemon.close()
            if row.get("told") and ["move"] in row["told"]:
                bench["cable"].move_them(THEM, THEM_TOO)
        for key, path in (("capture", capture), ("keys", capture + ".keys")):
            if os.path.exists(path):
                with open(path, "rb") as file:
                    cell[key] = file.read()
    cell["seconds"] = time.monotonic() - began
    return cell


# ---- all of them, a few at a time: each worker has a cable of its own ----

BENCH = {}


def set_up(tools, places, stand_in):
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    BENCH.update(tools=tools, places=places, stand_in=stand_in, cable=Cable())
    BENCH["cable"].open()
    multiprocessing.util.Finalize(None, BENCH["cable"].close, exitpriority=10)


def one(number):
    try:
        return number, run_cell(BENCH, *CELLS[number])
    except Exception as error:
        raise RuntimeError(f"cell {CELLS[number][1:]}, {CELLS[number][0]['name']}: {error!r}") from error


CELLS = []


def wanted_cells(words):
    """Each word begins one of the cell's."""
    begins = [re.compile(r"\b" + re.escape(word), re.IGNORECASE) for word in words]
    return [cell for cell in cells()
            if all(begin.search(f"{cell[0]['name']} {cell[0]['group']} {cell[1]} {ROLES[cell[2]]}") for begin in begins)]


def print_row(row_of, name):
    cells_of = [MARK[row_of[(daemon, role)]["result"]] if (daemon, role) in row_of else "" for daemon in features.DAEMONS
                for role in "ir"]
    print(f"  {name:52} " + " ".join(f"{cell:>7}" for cell in cells_of))


def print_matrix(results):
    print(f"{'':55}" + " ".join(f"{daemon:^15}" for daemon in features.DAEMONS))
    print(f"{'':55}" + " ".join(f"{'init':>7} {'resp':>7}" for _ in features.DAEMONS))
    rows, group = {}, None
    for cell in results:
        rows.setdefault((cell["grp"], cell["feature"]), {})[(cell["daemon"], cell["role"])] = cell
    for (its_group, name), row_of in rows.items():
        if its_group != group:
            print(its_group)
            group = its_group
        print_row(row_of, name)


def print_reasons(results):
    for kind, title in (("fail", "Failed"), ("theirs", "Theirs")):
        lines = [f"  {c['daemon']}, {ROLES[c['role']]}, {c['feature']}: {c['reason']}" for c in results if c["result"] == kind]
        if lines:
            print(title)
            print("\n".join(lines))
    counts = {kind: sum(c["result"] == kind for c in results) for kind in MARK}
    print(f"{counts['pass']} pass, {counts['fail']} fail, {counts['theirs']} theirs, {counts['lacks']} lacking, {counts['skip']} not seen")


SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE cell (grp TEXT, feature TEXT, section TEXT, daemon TEXT, role TEXT CHECK (role IN ('i', 'r')),
  result TEXT CHECK (result IN ('pass', 'fail', 'theirs', 'lacks', 'skip')), reason TEXT, seconds REAL, ours TEXT, theirs TEXT,
  capture BLOB, keys BLOB, PRIMARY KEY (grp, feature, daemon, role));
CREATE VIEW matrix AS SELECT grp, feature, section,
  max(result) FILTER (WHERE daemon = 'strongswan' AND role = 'i') AS strongswan_i,
  max(result) FILTER (WHERE daemon = 'strongswan' AND role = 'r') AS strongswan_r,
  max(result) FILTER (WHERE daemon = 'libreswan' AND role = 'i') AS libreswan_i,
  max(result) FILTER (WHERE daemon = 'libreswan' AND role = 'r') AS libreswan_r,
  max(result) FILTER (WHERE daemon = 'openiked' AND role = 'i') AS openiked_i,
  max(result) FILTER (WHERE daemon = 'openiked' AND role = 'r') AS openiked_r
  FROM cell GROUP BY grp, feature ORDER BY min(rowid);
"""


def write_database(path, about, results):
    """Whole or not at all."""
    part = path + ".part"
    if os.path.exists(part):
        os.remove(part)
    db = sqlite3.connect(part)
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
    db.executemany("INSERT INTO cell VALUES (:grp, :feature, :section, :daemon, :role, :result, :reason, :seconds, :ours, :theirs, "
                   ":capture, :keys)", results)
    db.commit()
    db.close()
    os.replace(part, path)


def versions(ikelab):
    """Of ikelab and each daemon, as `ikelab live list` tells."""
    found = {"ikelab": run(ikelab, "--version").split("\n")[0]}
    for line in run(ikelab, "live", "list").splitlines():
        words = line.split()
        found[words[0]] = words[1]
    return found


def again(first, second):
    """What failed beside others is run once more alone: all of it is in real time, and a machine may be too slow for
    several. The page tells of both."""
    if second["result"] == "fail":
        return second
    return dict(second, reason=f"{second['reason']}; beside other cells it failed: {first['reason']}".lstrip("; "))


def print_tap(number, cell):
    name = f"{cell['daemon']}, {ROLES[cell['role']]}: {cell['feature']} ({cell['grp']})"
    good = cell["result"] != "fail"
    if cell["result"] == "pass" and cell["reason"]:
        print(f"# run again: {cell['reason']}")
    note = "" if cell["result"] == "pass" else f", {cell['result']}: {cell['reason']}" if good else ""
    print(f"{'' if good else 'not '}ok {number} - {name}{note.replace('#', '')}")
    if not good:
        print("".join(f"# {line}\n" for line in [cell["reason"]] + cell["ours"].splitlines()[-40:] + cell["theirs"].splitlines()[-40:]),
              end="")
    sys.stdout.flush()


def progress(done, total):
    if sys.stderr.isatty():
        sys.stderr.write(f"\rinterop: {done} of {total} cells" + ("\n" if done == total else ""))
        sys.stderr.flush()


def arguments():
    parser = argparse.ArgumentParser(prog="ikelab interop", description=__doc__.split("\n\n")[0],
                                     epilog="\n".join(__doc__.split("\n\n")[2:]), formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ikelab", "live_peer", "recipe", "stand_in"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only cells with words that begin so, in feature, group, daemon or role")
    parser.add_argument("--tap", action="store_true", help="print a test for each cell, leave no files")
    parser.add_argument("--jobs", type=int, default=3 * (os.cpu_count() or 1), metavar="N",
                        help="cells at a time; most of their time they wait")
    parser.add_argument("--output", default=".", metavar="FOLDER", help="where interop.db and interop.html go")
    return parser.parse_intermixed_args()


def complain(why):
    print(f"ikelab interop: {why}", file=sys.stderr)
    sys.exit(2)


def main():
    options = arguments()
    tools = dict(ikelab=options.ikelab, peer=os.path.abspath(options.live_peer), recipe=os.path.abspath(options.recipe))
    refuse = skip_all if options.tap else complain
    if not os.path.isdir(options.output):
        complain(f"{options.output}: no such folder")
    CELLS.extend(wanted_cells(options.words))
    if not CELLS:
        complain(f"no cell has {' and '.join(options.words)}")
    if what_is_missing():
        refuse(what_is_missing())
    places = places_of(options.ikelab, refuse)
    remove_leftovers()
    results, told = [None] * len(CELLS), 0
    jobs = min(max(1, options.jobs), len(CELLS))
    with multiprocessing.get_context("fork").Pool(jobs, set_up, (tools, places, os.path.abspath(options.stand_in))) as pool:
        for done, (number, cell) in enumerate(pool.imap_unordered(one, range(len(CELLS))), 1):
            results[number] = cell
            if options.tap and cell["result"] != "fail":
                told += 1
                print_tap(told, cell)
            elif not options.tap:
                progress(done, len(CELLS))
        for number in [number for number, cell in enumerate(results) if cell["result"] == "fail"]:
            results[number] = again(results[number], pool.apply(one, (number,))[1])
            if options.tap:
                told += 1
                print_tap(told, results[number])
        pool.close()
        pool.join()
    if options.tap:
        print(f"1..{len(results)}")
    else:
        about = versions(options.ikelab)
        print_matrix(results)
        print_reasons(results)
        write_database(os.path.join(options.output, "interop.db"), about, results)
        page.write(os.path.join(options.output, "interop.html"), about, results)
        print(f"{os.path.join(options.output, 'interop.db')}, {os.path.join(options.output, 'interop.html')}")
    sys.exit(any(cell["result"] == "fail" for cell in results))


if __name__ == "__main__":
    main()
