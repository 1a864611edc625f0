#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Benchmarks of the whole program. Usage: bench_run.py IKELAB [LAUNCHER]

Prints one line a figure: name, value, floor or goal, ratio. CPU times are the runs' own, from the
table `machine`; the wall time is that of the command.
"""
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time

HANDSHAKES = """question: How many handshakes a second of CPU time?
for: 30s
seeds: 3
sample: 1s
links: {wan: {rate: 10Gbit/s, delay: 1ms}}
gateways: {vpn: {cores: 64, implementation: ikelab, inbox: 64MiB}}
clients: {many: {to: vpn, via: wan, arrivals: poisson 5000/s, until: 20s}}
"""


MEMORY = """question: How much memory does a client take?
for: 30s
seeds: 1
links: {wan: {rate: 10Gbit/s, delay: 10ms}}
gateways: {vpn: {cores: 64, inbox: 64MiB}}
clients: {many: {to: vpn, via: wan, arrivals: "uniform 2000/s"}}
"""


def run(ikelab, folder, *arguments):
    begun = time.monotonic()
    done = subprocess.run([ikelab, "run", *arguments, "--quiet"], cwd=folder, timeout=300)
    if done.returncode not in (0, 1):
        sys.exit(f"ikelab run {' '.join(arguments)}: status {done.returncode}")
    return time.monotonic() - begun


def query(folder, name, sql):
    with sqlite3.connect(os.path.join(folder, name)) as db:
        return db.execute(sql).fetchone()


def line(name, value, unit, goal, ratio):
    print(f"{name:34} {value:10.2f} {unit:4} goal {goal:10.2f} {unit:4} ratio {ratio:6.3f}")


def handshakes(ikelab, folder):
    with open(os.path.join(folder, "many.yaml"), "w", encoding="ascii") as out:
        out.write(HANDSHAKES)
    run(ikelab, folder, "many.yaml", "--jobs", "1", "-o", "many.db")
    count, cpu = query(folder, "many.db", "SELECT sum(value), (SELECT sum(cpu_ns) FROM machine) "
                                          "FROM metric WHERE metric = 'successes'")
    rate = count / (cpu / 1e9)
    line("handshakes_whole_run", rate, "/s", 60000, rate / 60000)


def sweep(ikelab, folder):
    jobs = os.cpu_count()
    wall = run(ikelab, folder, "cookie-threshold", "--set", "figures=[]", "--set", "show=[]", "-o", "sweep.db")
    cpu, = query(folder, "sweep.db", "SELECT sum(cpu_ns) / 1e9 FROM machine")
    line("sweep_cpu_over_cores_x_wall", cpu / (jobs * wall), "", 0.95, cpu / (jobs * wall) / 0.95)
    print(f"#   {cpu:.1f} s of runs' CPU time in {wall:.1f} s on {jobs} cores")


def peak_of(ikelab, folder, network, clients):
    """Resident octets of the largest process of a run, or None: there is no such network."""
    arguments = [ikelab, "run", "memory.yaml", "--network", network, "--set", f"clients.many.count={clients}",
                 "-o", f"{network}-{clients}.db", "--quiet"]
    process = subprocess.Popen(arguments, cwd=folder, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss * 1024 if process.returncode == 0 else None


def memory(ikelab, folder):
    """What three times as many clients, who all have an IKE SA and a Child SA, take more: both ends of each, and what
    is written down of it; and a second of CPU time's events."""
    few, many = 10000, 30000 # few enough, and it would be another process that is the largest
    with open(os.path.join(folder, "memory.yaml"), "w", encoding="ascii") as out:
        out.write(MEMORY)
    each = {}
    for network in ("links", "ns3"):
        peaks = [peak_of(ikelab, folder, network, clients) for clients in (few, many)]
        if None in peaks:
            print(f"# {network}: not here")
            continue
        each[network] = (peaks[1] - peaks[0]) / (many - few) / 1024
        events, cpu = query(folder, f"{network}-{many}.db", "SELECT sum(value), (SELECT sum(cpu_ns) FROM machine) FROM "
                                                            "metric WHERE metric = 'events'")
        successes, = query(folder, f"{network}-{many}.db", "SELECT sum(value) FROM metric WHERE metric = 'successes'")
        print(f"{'memory_per_client_' + network:34} {each[network]:10.2f} KiB  floor {each['links']:10.2f} KiB  "
              f"ratio {each[network] / each['links']:6.3f}  {successes} clients: links")
        print(f"{'events_of_world_' + network:34} {events / (cpu / 1e9):10.2f} /s   "
              f"{successes / (cpu / 1e9):.0f} clients/s")


def started(*command):
    """Median of 50 starts, ms."""
    times = []
    for _ in range(50):
        begun = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times.append((time.monotonic() - begun) * 1e3)
    return sorted(times)[len(times) // 2]


def version(ikelab, launcher):
    ours = started(ikelab, "--version")
    line("version", ours, "ms", 10, ours / 10)
    print(f"#   /bin/true, started the same way: {started('true'):.2f} ms")
    if launcher is not None:
        added = started(launcher, "--version") - ours
        line("launcher_adds", added, "ms", 50, added / 50)


def main():
    ikelab = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="ikelab-bench-") as folder:
        version(ikelab, os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None)
        handshakes(ikelab, folder)
        memory(ikelab, folder)
        sweep(ikelab, folder)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"# largest process: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
