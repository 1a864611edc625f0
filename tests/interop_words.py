#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The interop matrix without daemons: how a cell is judged, what its table of features may say, its page and its
database. Prints TAP."""
import contextlib
import io
import os
import re
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "interop"))
import features  # noqa: E402
import lab  # noqa: E402
import matrix  # noqa: E402
import page  # noqa: E402
import tap  # noqa: E402
from tap import equal, expect  # noqa: E402

GOOD = "EVENT UP ok\nEVENT CHILD_UP ok\nEND done\n"


def cell(**more):
    return dict(dict(grp="group", feature="feature", section="RFC 7296 1", daemon="strongswan", role="i", result="pass", reason="",
                     seconds=1.0, ours=GOOD, theirs="", capture=b"", keys=b""), **more)


def test_a_missing_line_fails_and_is_named():
    equal(matrix.judge(dict(wanted=["N(COOKIE)"]), GOOD, ""), ("fail", "missing: N(COOKIE)"))
    equal(matrix.judge(dict(wanted=["EVENT UP ok"]), GOOD, ""), ("pass", ""))
    equal(matrix.judge(dict(logged=["behind NAT"]), GOOD, "nothing")[0], "fail")
    equal(matrix.judge(dict(absent=["END done"]), GOOD, ""), ("fail", "there is: END done"))


def test_another_count_than_wanted_fails():
    equal(matrix.judge(dict(), GOOD + "it has 1 IKE SAs and 2 Child SAs: WRONG, not 1 and 1\n", "")[0], "fail")


def test_what_is_theirs_has_to_go_wrong():
    row = dict(features.theirs("why", "RFC 1"), wanted=["never said"])
    equal(matrix.judge(row, GOOD, ""), ("theirs", "why (RFC 1)"))
    equal(matrix.judge(dict(row, wanted=[]), GOOD, "")[0], "fail")
    equal(matrix.judge(dict(row, wanted=[], sometimes=True), GOOD, "")[0], "theirs")


def test_what_is_lacking_fails_once_it_is_there():
    row = features.lacks("none", ask="N(TICKET)")
    answered = GOOD + "< 500 IKE_SA_INIT rsp 0\n"
    equal(matrix.judge(row, answered + "> 500 IKE_AUTH req 1 SK{N(TICKET)}\n", ""), ("lacks", "none"))
    equal(matrix.judge(row, GOOD, "")[0], "fail")  # who says nothing lacks nothing
    equal(matrix.judge(row, GOOD + "< 500 IKE_AUTH rsp 1 SK{N(TICKET)}\n", "")[0], "fail")
    asked = "READY\nEVENT STREAM_WANTED ok\n"  # for a connection, which is refused
    equal(matrix.judge(features.NO_TCP, asked + "< TCP Connection refused\nEND time\n", "")[0], "lacks")
    equal(matrix.judge(features.NO_TCP, asked + "- TCP Operation now in progress\nEND time\n", "")[0], "fail")
    equal(matrix.judge(features.NO_TCP, asked + "CONNECTION opened by us\n< TCP IKE_SA_INIT rsp 0\n", "")[0], "fail")


def test_every_row_can_be_run():
    names = set()
    for row in features.ROWS:
        expect((row["group"], row["name"]) not in names, f"twice: {row['name']}")
        names.add((row["group"], row["name"]))
        expect(re.search(r"RFC \d+", row["section"]), f"no section: {row['name']}")
        unknown = set(row) - {"group", "name", "section", "roles", "script", "wanted", "absent", "logged", "up", "end", "ours", "wish",
                              "ike", "esp", "pfs", "family", "auth", "peer_auth", "eap", "told", "seconds", "more", "instead",
                              *features.DAEMONS, *(f"{name}_{role}" for name in features.DAEMONS for role in "ir")}
        expect(not unknown, f"{row['name']}: {unknown}")
    for row, daemon, role in matrix.cells():
        for word in [word.lstrip("+") for words in row.get("told", ()) for word in words]:
            if "unseen" not in row and word != "move" and not word.startswith("count"):
                expect(word in features.COMMANDS[daemon], f"{row['name']}: {daemon} has no {word}")
        expect(role in "ir", role)


def test_words_choose_cells_by_their_beginnings():
    names = {row["group"] for row, _, _ in matrix.wanted_cells(["NAT"])}
    equal(names, {"NAT"})  # and not all that is "initiate"
    equal({daemon for _, daemon, _ in matrix.wanted_cells(["libre", "cookies"])}, {"libreswan"})
    equal(matrix.wanted_cells(["no such word"]), [])


def test_a_text_goes_where_it_belongs_or_not_at_all():
    files = {"/ikelab/ipsec.conf": "config setup\n\tone\n\nconn ikelab\n\ttwo\n", "/ikelab/ipsec.secrets": ""}
    done = lab.amend("libreswan", files, {"conn": "\tmore", "setup": "\tfirst"}, [("one", "1")])
    equal(done["/ikelab/ipsec.conf"], "config setup\n\tfirst\n\t1\n\nconn ikelab\n\ttwo\n\tmore\n")
    try:
        lab.amend("libreswan", files, {}, [("three", "3")])
    except RuntimeError as error:
        expect("'three'" in str(error), error)
    else:
        raise AssertionError("what does not fit is refused")


def test_the_page_needs_nothing_else():
    about = {name: "1.0 <x>" for name in ("ikelab", *features.DAEMONS)}
    results = [cell(ours="<script>alert(1)</script>", capture=b"\x0a\x0d"), cell(role="r", result="theirs", reason="<b> & more"),
               cell(daemon="openiked", result="lacks", reason="none")]
    with tempfile.TemporaryDirectory() as folder:
        page.write(folder + "/page.html", about, results)
        equal(os.listdir(folder), ["page.html"])
        with open(folder + "/page.html", encoding="utf8") as file:
            text = file.read()
    expect("alert(1)" in text and "<script>alert" not in text, "logs are escaped")
    expect("&lt;b&gt; &amp; more" in text and "1.0 &lt;x&gt;" in text, "reasons and versions are escaped")
    expect(not re.search(r'(src|href)="http', text), "nothing is fetched")
    equal(text.count("<dialog"), 3)
    expect('href="data:application/octet-stream;base64,Cg0="' in text, "the capture is within")


def test_the_database_is_whole_and_has_the_matrix():
    with tempfile.TemporaryDirectory() as folder:
        matrix.write_database(folder + "/interop.db", {"ikelab": "1"}, [cell(), cell(daemon="openiked", role="r", result="lacks")])
        equal(os.listdir(folder), ["interop.db"])
        db = sqlite3.connect(folder + "/interop.db")
        equal(db.execute("SELECT feature, strongswan_i, strongswan_r, openiked_r FROM matrix").fetchall(),
              [("feature", "pass", None, "lacks")])
        db.close()


def test_what_fails_beside_others_and_not_alone_says_so():
    failed, good = cell(result="fail", reason="missing: x"), cell()
    equal(matrix.again(failed, failed), failed)
    equal(matrix.again(failed, good), dict(good, reason="beside other cells it failed: missing: x"))


def test_the_table_counts_what_it_shows():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        matrix.print_matrix([cell(), cell(role="r", result="fail", reason="missing: x")])
        matrix.print_reasons([cell(), cell(role="r", result="fail", reason="missing: x")])
    expect("strongswan, we respond, feature: missing: x" in out.getvalue(), out.getvalue())
    expect("1 pass, 1 fail, 0 theirs, 0 lacking, 0 not seen" in out.getvalue(), out.getvalue())


tap.main(globals())
