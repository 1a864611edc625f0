#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikelab live` beside a live run: what it shows of the file that a run writes, on a terminal and elsewhere; whose files
it believes; what it says where nothing runs. The files are made here; those of real runs are in live_worlds.

Usage: live_page.py IKELAB        prints TAP
"""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import tap
from tap import expect

PROGRAM = os.path.abspath(sys.argv[1])
FACTS = """ikelab-live 1
process pid={pid} start={start} at_ns={at}
experiment cookie-storm
point flood.rate=2000/s cookies.at=30
run number=3 count=12 seed=2 passed_ns=15800000000 total_ns=40000000000 state=running
gateway name=vpn daemon=strongSwan cores=2 half_open=30 established=75 children=- cookies=- in=228 out=199 cpu_ppm=456576 memory=12771328 dropped=17
gateway name=spare daemon=- cores=1 half_open=1 established=2 children=3 cookies=1 in=- out=- cpu_ppm=0 memory=0 dropped=0
clients name=people attempts=80 successes=60 failures=15 established=58 children=116
lag p99_ns=4718591 max_ns=13944506 late_ppm=1500
reason who=network attempts=0 count=154 reason=link_loss
reason who=people attempts=1 count=15 reason=no_answer
"""
PAGE = """cookie-storm   run 3 of 12, seed 2
  flood.rate=2000/s cookies.at=30
  [============                  ] 16 of 40 s

vpn   strongSwan
  IKE SAs      75 established, 30 half-open
  Child SAs    ?
  cookies      ?
  packets      228/s to it, 199/s from it; 17 did not fit its socket's buffer
  CPU          46 % of its 2 cores
  memory       12.2 MiB
  (?: not told, or not yet)

spare   ikelab's own engine
  IKE SAs      2 established, 1 half-open
  Child SAs    3
  cookies      on
  packets      ?/s to it, ?/s from it; 0 did not fit its socket's buffer
  CPU          0 % of its 1 core
  memory       0.0 MiB

people   clients
  attempts     80: 60 succeeded, 15 failed, 5 under way
  success      80.0 %
  SAs          58 IKE, 116 Child

  real time    99 % of events within 4.7 ms, the latest 13.9 ms; 0.15 % too late

refused, lost, failed so far
  network           154  link_loss
  people             15  no_answer: why attempts failed

"""
LINE = ("cookie-storm run 3/12 16/40 s; vpn 75 up 30 half-open 228/s in 199/s out CPU 46 %; "
        "spare 2 up 1 half-open ?/s in ?/s out CPU 0 %; people 60 of 80\n")
NOTHING = "No live run goes on: begin one in another shell, like `ikelab run prediction`."


def start_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[19]


class Lab:
    def __init__(self, folder):
        self.ikelab, self.folder = PROGRAM, folder
        self.environment = {**os.environ, "IKELAB_RUN": folder, "TERM": "xterm"}

    def path(self, pid):
        return os.path.join(self.folder, f"{pid}.state")

    def write(self, pid=None, start=None, text=FACTS, age=0.0):
        pid = pid or os.getpid()
        at = int((time.clock_gettime(time.CLOCK_MONOTONIC) - age) * 1e9)
        with open(self.path(pid), "w", encoding="latin-1") as file:
            file.write(text.format(pid=pid, start=start or start_of(pid), at=at))

    def once(self):
        return subprocess.run([self.ikelab, "live", "--once"], env=self.environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=20)

    def begin(self, **options):
        return subprocess.Popen([self.ikelab, "live"], env=self.environment, text=True, **options)


def test_once_shows_all_of_it(lab):
    lab.write()
    done = lab.once()
    expect(done.returncode == 0 and done.stdout == PAGE and done.stderr == "", done.stdout + done.stderr)
    expect(os.path.exists(lab.path(os.getpid())), "it is not the reader's to take away")


def test_where_nothing_runs_it_says_so_and_fails(lab):
    for environment in [{}, {"IKELAB_RUN": lab.folder + "/nowhere"}]:
        lab.environment.update(environment)
        done = lab.once()
        expect((done.returncode, done.stdout, done.stderr) == (1, "", NOTHING + "\n"), done)
        run = lab.begin(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = run.communicate(timeout=20)
        expect((run.returncode, out, err) == (1, "", NOTHING + "\n"), (out, err))


def test_a_daemon_without_cpus_of_its_own_is_shown_as_such(lab):
    lab.write(text=FACTS.replace("cpu_ppm=456576", "cpu_ppm=456576 shares=1").replace("cpu_ppm=0", "cpu_ppm=0 shares=0"))
    page = PAGE.replace("46 % of its 2 cores", "46 % of its 2 cores, which it shares with what loads it")
    expect(lab.once().stdout == page, lab.once().stdout)


def test_who_was_killed_is_not_shown_and_its_file_goes(lab):
    gone = subprocess.Popen(["sleep", "60"])
    start = start_of(gone.pid)
    lab.write(gone.pid, start)
    expect(lab.once().returncode == 0, "it lives")
    gone.kill()
    gone.wait()
    expect(lab.once().returncode == 1 and os.listdir(lab.folder) == [], os.listdir(lab.folder))
    lab.write(os.getpid(), int(start_of(os.getpid())) - 1)  # another process has its number now
    expect(lab.once().returncode == 1 and os.listdir(lab.folder) == [], os.listdir(lab.folder))


def test_what_is_no_such_file_is_let_be(lab):
    for name, text in [("1.state", ""), ("2.state", "ikelab-live 2\n"), ("3.state", "\0" * 100000), ("4.state", "x" * 100000),
                       ("notes", FACTS), (".state", FACTS), ("5.state.new", FACTS)]:
        with open(os.path.join(lab.folder, name), "w", encoding="ascii") as file:
            file.write(text)
    os.mkdir(os.path.join(lab.folder, "6.state"))
    lab.write()
    done = lab.once()
    expect(done.returncode == 0 and done.stdout == PAGE, done.stdout)
    expect(len(os.listdir(lab.folder)) == 9, os.listdir(lab.folder))


def test_nothing_but_letters_comes_to_the_terminal(lab):
    lab.write(text=FACTS.replace("cookie-storm", "a\x1b[31m\x07b\x9b2J").replace("people", "p" * 3000))
    done = lab.once()
    expect(done.returncode == 0 and done.stdout.startswith("a?[31m?b?2J   run"), done.stdout)
    expect(all(line.isprintable() and len(line) <= 80 for line in done.stdout.splitlines()), done.stdout)


def test_a_run_that_begins_and_one_that_is_silent(lab):
    lab.write(text="".join(FACTS.splitlines(True)[:4]).replace("point flood.rate=2000/s cookies.at=30", "point ") +
              "run number=1 count=1 seed=1 passed_ns=0 total_ns=0 state=starting\n")
    done = lab.once()
    expect(done.stdout == "cookie-storm   run 1 of 1, seed 1\n  is starting its daemon\n\n", done.stdout)
    lab.write(age=63)
    expect("  has said nothing for 63 s\n" in lab.once().stdout, lab.once().stdout)


def test_two_runs_are_shown_one_after_the_other(lab):
    other = subprocess.Popen(["sleep", "60"])
    lab.write()
    lab.write(other.pid, text=FACTS.replace("cookie-storm", "other"))
    done = lab.once()
    other.kill()
    other.wait()
    expect(done.stdout.count("strongSwan") == 2 and "other   run" in done.stdout, done.stdout)


def test_elsewhere_than_on_a_terminal_it_is_a_line_a_second(lab):
    lab.write()
    run = lab.begin(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = [run.stdout.readline(), run.stdout.readline()]
    os.unlink(lab.path(os.getpid()))
    rest, err = run.communicate(timeout=20)
    expect(lines == [LINE, LINE] and err == "" and run.returncode == 0, (lines, err))
    expect(len(rest.splitlines()) <= 2, rest)


def shown(terminal, seconds, until):
    """What comes from a terminal until a text is there."""
    text, end = "", time.monotonic() + seconds
    while until not in text and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            text += os.read(terminal, 65536).decode()
    return text


def test_on_a_terminal_it_is_a_page_that_changes(lab):
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    run = lab.begin(stdout=inside, stderr=inside, stdin=inside)
    text = shown(terminal, 20, "the run goes on.")
    expect(text.startswith("\x1b[?1049h\x1b[?25l") and NOTHING[:60] in text and NOTHING not in text, repr(text))
    lab.write()
    text = shown(terminal, 20, "spare")
    expect("75 established, 30 half-open" in text, repr(text))
    lab.write(text=FACTS.replace("established=75", "established=76"))
    text = shown(terminal, 20, "76 established")
    expect("76 established" in text, repr(text))
    page = (text + shown(terminal, 5, "\x1b[J")).split("\x1b[H")[1]
    expect(page.count("\n") <= 23, page)  # no more than fits
    run.send_signal(signal.SIGINT)
    text = shown(terminal, 20, "\x1b[?1049l")
    expect(text.endswith("\x1b[?25h\x1b[?1049l") and run.wait(timeout=20) == 0, repr(text))
    os.close(inside)
    os.close(terminal)


tap.main(globals(), lab=Lab)
