#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikelab inspect` from outside: captures of every form made here by hand, captures of others, captures cut
short at every octet. Usage: inspect.py PROGRAM FOLDER_OF_CAPTURES [NAME]     prints TAP
"""
import glob
import os
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
OTHERS = sorted(glob.glob(os.path.join(os.path.abspath(sys.argv[2]), "*.pcap*")))

NOTIFY = struct.pack(">BBHBBH", 0, 0, 8, 0, 0, 16404)
MESSAGE = bytes(range(1, 9)) + bytes(8) + struct.pack(">BBBBII", 41, 0x20, 34, 0x08, 0, 36) + NOTIFY
LINE = "IKE_SA_INIT     req 0  N(MULTIPLE_AUTH_SUPPORTED)"
ETHERNET, RAW, LOOP, LINUX, LINUX_2, BSD = 1, 101, 108, 113, 276, 0


def udp(data=MESSAGE, source=500, target=500):
    return struct.pack(">HHHH", source, target, 8 + len(data), 0) + data


def ipv4(data, options=b"", fragment=0):
    head = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(data), 7, fragment, 64, 17, 0,
                       bytes([192, 0, 2, 1]), bytes([192, 0, 2, 9]))
    return head + options + data


def ipv6(data, following=17):
    return struct.pack(">IHBB", 0x60000000, len(data), following, 64) + bytes(15) + b"\x01" + bytes(15) + b"\x02" + data


def ether(data, kind=0x0800, tags=b""):
    return bytes(12) + tags + struct.pack(">H", kind) + data


def pcap(packets, link=RAW, order="<", magic=0xa1b2c3d4):
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 262144, link)
    for number, packet in enumerate(packets):
        out += struct.pack(order + "IIII", 1000, number, len(packet), len(packet)) + packet
    return out


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def pcapng(packets, link=RAW, order="<", options=b""):
    out = block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)
    out += block(4, b"names", order) + block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)
    for number, packet in enumerate(packets):
        out += block(6, struct.pack(order + "IIIII", 0, 0, number, len(packet), len(packet)) + packet, order)
    return out


def inspect(data, *args):
    with open("c", "wb") as file:
        file.write(data)
    return subprocess.run([PROGRAM, "inspect", "c", *args], capture_output=True, text=True, timeout=60, check=False)


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}\nbut wanted {wanted!r}")


def summary(data, *args, status=0):
    """What stands behind the times."""
    done = inspect(data, "--summary", *args)
    equal((done.returncode, done.stderr != ""), (status, status == 2))
    return [line[24:] for line in done.stdout.splitlines()]


FOUR = "192.0.2.1:500 > 192.0.2.9:500  " + LINE
SIX = "[::1]:500 > [::2]:500  " + LINE


def test_both_byte_orders_and_precisions_of_pcap():
    for order in "<>":
        for magic, unit in [(0xa1b2c3d4, 1000), (0xa1b23c4d, 1)]:
            done = inspect(pcap([ipv4(udp())] * 2, order=order, magic=magic), "--summary")
            equal(done.stdout, f"    1      0.000000000  {FOUR}\n    2      0.{unit:09}  {FOUR}\n")


def test_both_byte_orders_and_any_resolution_of_pcapng():
    for order in "<>":
        equal(summary(pcapng([ipv4(udp())] * 3, order=order)), [FOUR] * 3)
        for resolution, unit in [(9, 1), (3, 1000000), (12, 0), (0x80 | 10, 976562)]:
            option = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
            done = inspect(pcapng([ipv4(udp())] * 2, order=order, options=option), "--summary")
            equal(done.stdout.splitlines()[1][:24], f"    2      0.{unit:09}  ")


def test_sections_of_another_order_and_simple_packets_follow():
    simple = struct.pack("<I", len(ipv4(udp()))) + ipv4(udp())
    equal(summary(pcapng([ipv4(udp())]) + pcapng([ipv4(udp())], order=">") + pcapng([]) + block(3, simple)), [FOUR] * 3)


def test_every_link_layer_is_read():
    linux = struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800)
    linux_2 = struct.pack(">HHIHBB8s", 0x86dd, 0, 1, 1, 0, 6, bytes(8))
    tag = struct.pack(">HH", 0x8100, 5)
    outer = struct.pack(">HH", 0x88a8, 6)
    equal(summary(pcap([ether(ipv4(udp()) + bytes(6)), ether(ipv6(udp()), 0x86dd), ether(ipv4(udp()), tags=tag),
                        ether(ipv6(udp()), 0x86dd, outer + tag), ether(b"arp", 0x0806)], ETHERNET)), [FOUR, SIX, FOUR, SIX])
    equal(summary(pcap([linux + ipv4(udp())], LINUX)), [FOUR])
    equal(summary(pcap([linux_2 + ipv6(udp())], LINUX_2)), [SIX])
    equal(summary(pcap([b"\x02\0\0\0" + ipv4(udp()), b"\x1e\0\0\0" + ipv6(udp())], BSD)), [FOUR, SIX])
    equal(summary(pcap([b"\0\0\0\x02" + ipv4(udp())], LOOP)), [FOUR])


def test_options_and_extension_headers_are_read_past():
    hop = struct.pack(">BB6x", 60, 0)
    target = struct.pack(">BB14x", 51, 1)
    ah = struct.pack(">BB22x", 17, 4)
    equal(summary(pcap([ipv4(udp(), options=b"\1" * 8), ipv6(hop + target + ah + udp(), 0)])), [FOUR, SIX])


def test_fragments_are_named():
    parts = [ipv4(udp()[:16], fragment=0x2000), ipv4(udp()[16:], fragment=2),
             ipv6(struct.pack(">BBHI", 17, 0, 17, 9) + b"x" * 8, 44), ipv6(struct.pack(">BBHI", 17, 0, 0, 9) + udp(), 44)]
    equal(summary(pcap(parts)),
          ["192.0.2.1:0 > 192.0.2.9:0  IP fragment at 0, 16 octets, not put together",
           "192.0.2.1:0 > 192.0.2.9:0  IP fragment at 16, 28 octets, not put together",
           "[::1]:0 > [::2]:0  IP fragment at 16, 8 octets, not put together", SIX])


def test_ports_and_markers():
    marked = bytes(4) + MESSAGE
    packets = [ipv4(udp(marked, 4500, 9)), ipv4(udp(b"\xff", 4500, 9)), ipv4(udp(b"\0\0\0\1esp.", 4500, 9)),
               ipv4(udp(MESSAGE, 9, 600)), ipv4(udp(marked, 9, 600))]
    equal([line.split("  ", 1)[1] for line in summary(pcap(packets))], [LINE, "NAT-keepalive", "ESP"])
    equal([line.split("  ", 1)[1] for line in summary(pcap(packets), "--port", "600")],
          [LINE, "NAT-keepalive", "ESP", LINE, LINE])


def test_wrong_lengths_are_told_with_their_place_and_the_rest_is_read():
    short = bytearray(ipv4(udp()))
    short[24:26] = b"\xff\0"
    told = summary(pcap([bytes(short), ipv4(udp())]), status=1)
    equal(told, ["192.0.2.1:500 > 192.0.2.9:500  byte 64: UDP: its length is not that of what follows (RFC 768)", FOUR])
    told = summary(pcap([ipv4(udp())[:30]]), status=1)
    equal(told[0].split("  ")[1][:8], "byte 60:")
    equal(summary(pcap([b""], 147), status=1)[0][:30], "byte 40: a link layer that is ")


def test_a_file_cut_short_anywhere_says_so_after_what_came_before():
    for form in [pcap, pcapng]:
        lens = [len(form([ipv4(udp())] * count)) for count in range(3)]
        whole = form([ipv4(udp())] * 2)
        for end in range(len(whole)):
            done = inspect(whole[:end], "--summary")
            between = form is pcapng and end in (28, 48)  # after the section, after a block of names
            equal((end, done.returncode), (end, 0 if end in lens or between else 2))
            equal((end, done.returncode == 0 or f"byte {end}: " in done.stderr), (end, True))
            equal((end, done.stdout.count(LINE)), (end, 1 if end >= lens[1] else 0))


def test_what_is_no_capture_is_refused():
    for data in [b"", b"abc", b"abcdefgh" * 9, pcap([])[:20], pcap([])[:4] + b"\9" + pcap([])[5:],
                 pcap([]) + struct.pack("<IIII", 0, 0, 1 << 30, 1), pcapng([]) + struct.pack("<III", 6, 13, 0),
                 pcapng([]) + struct.pack("<III", 6, 8, 0), pcapng([]) + block(6, struct.pack("<IIIII", 1, 0, 0, 0, 0)),
                 pcapng([]) + block(6, struct.pack("<IIIII", 0, 0, 0, 9, 9)), pcapng([])[:-4] + b"\1\0\0\0",
                 pcapng([], options=b"\1\0\xff\0"), b"\n\r\r\n" + bytes(24), pcapng([]) + block(1, b"") * 3,
                 pcapng([]) + block(1, struct.pack("<HHI", 1, 0, 0)) * 256]:
        done = inspect(data, "--summary")
        equal((done.returncode, done.stdout, "byte" in done.stderr), (2, "", True))


def test_usage():
    for args in [[], ["a", "b"], ["nothing"], ["--port", "0", "a"], ["--port", "70000", "a"], ["--sumary", "a"]]:
        done = subprocess.run([PROGRAM, "inspect", *args], capture_output=True, text=True, timeout=60, check=False)
        equal((args, done.returncode, done.stdout), (args, 2, ""))
    equal(subprocess.run([PROGRAM, "inspect", "-"], input=b"", capture_output=True, timeout=60, check=False).returncode, 2)


def test_captures_of_others_are_read():
    equal(len(OTHERS) >= 6, True)
    equal(summary(pcap([ipv4(udp(MESSAGE[:17] + b"\x10" + MESSAGE[18:]))])), [FOUR.replace(LINE, "IKEv1, not read here")])
    for path in OTHERS:
        with open(path, "rb") as file:
            done = inspect(file.read(), "--summary")
        equal((path, done.returncode in (0, 1), done.stderr), (path, True, ""))
        equal("isakmp" in path.lower() or "IKE_SA_INIT" in done.stdout, True)


def main():
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    tests = [(name, run) for name, run in sorted(globals().items()) if name.startswith("test_") and wanted in name]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, run) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                run()
                print(f"ok {number} - {name}", flush=True)
            except Exception as error:  # a test that cannot even be made has failed
                failed += 1
                print("".join(f"# {line}\n" for line in f"{type(error).__name__}: {error}"[:3000].splitlines()), end="")
                print(f"not ok {number} - {name}", flush=True)
            os.chdir("/")
    sys.exit(1 if failed else 0)


main()
