#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikelab inspect` from outside: captures of every form made here by hand, captures of others, captures cut
short at every octet. Usage: inspect.py PROGRAM ORACLE_CAPTURE FOLDER_OF_VECTORS [NAME]     prints TAP
"""
import glob
import os
import re
import shutil
import struct
import subprocess
import sys

import tap
from tap import equal

PROGRAM = os.path.abspath(sys.argv[1])
ORACLE = os.path.abspath(sys.argv[2])
VECTORS = os.path.abspath(sys.argv[3])
OTHERS = sorted(glob.glob(os.path.join(VECTORS, "tcpdump", "*.pcap*")))

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


TREE = """\
        0  header: length 28, SPIi 0102030405060708, SPIr 0000000000000000, next 41 (N), version 2.0, exchange 34 \
(IKE_SA_INIT), flags 0x08 (initiator's request), id 0, message length 36
       28  N (41): length 8, next 0 (none)
       32    notify 16404 (MULTIPLE_AUTH_SUPPORTED), status, protocol 0 (none), SPI 0 octets, data 0 octets
"""


def message(payloads, first, flags=8, exchange=34, version=0x20, length=None):
    length = 28 + len(payloads) if length is None else length
    return bytes(range(1, 9)) + bytes(8) + struct.pack(">BBBBII", first, version, exchange, flags, 0, length) + payloads


def payload(body, following=0, reserved=0, length=None):
    return struct.pack(">BBH", following, reserved, 4 + len(body) if length is None else length) + body


def tree(data):
    """Lines after the header's, of one message."""
    done = inspect(pcap([ipv4(udp(data))]))
    lines = done.stdout.splitlines()[2:]
    equal(done.returncode, 1 if any(line.startswith("  !") for line in lines) else 0)
    return lines


def test_tree_has_offsets_lengths_and_names():
    equal(inspect(pcap([ipv4(udp())])).stdout.split("\n", 1)[1], TREE)
    selectors = b"\1\0\0\0" + struct.pack(">BBHHH4s4s", 7, 6, 16, 80, 90, b"\n\1\0\0", b"\n\1\0\x09")
    equal(tree(message(payload(b"\2\0\0\0a.test", 42) + payload(struct.pack(">BBHII", 3, 4, 2, 7, 9), 47)
                       + payload(b"\1\0\0\0" + struct.pack(">HHHH", 1, 0, 7, 2) + b"ab", 48) + payload(b"\1\2\0\5\1", 44)
                       + payload(selectors), 35)),
          ["       28  IDi (35): length 14, next 42 (D)", "       32    type 2 (ID_FQDN), 6 octets 612e74657374: a.test",
           "       42  D (42): length 16, next 47 (CP)", "       46    protocol 3 (ESP), SPI size 4, 2 SPIs",
           "       50      SPI 4 octets 00000007", "       54      SPI 4 octets 00000009",
           "       58  CP (47): length 18, next 48 (EAP)", "       62    type 1 (CFG_REQUEST)",
           "       66    attribute 1 (INTERNAL_IP4_ADDRESS), 0 octets",
           "       70    attribute 7 (APPLICATION_VERSION), 2 octets 6162", "       76  EAP (48): length 9, next 44 (TSi)",
           "       80    code 1 (request), type 1 (Identity), length 5", "       85  TSi (44): length 24, next 0 (none)",
           "       93    selector: 10.1.0.0 to 10.1.0.9, protocol 6, ports 80 to 90"])


def test_errors_are_explained_with_their_place():
    nonce = payload(bytes(16))
    for data, told in [
            (message(nonce, 40, length=9), "  !    24  the message's length is said to be 9 and the datagram has 48"),
            (message(nonce, 40, version=0x30), "  !    17  major version 3; 2 is read here"),
            (message(nonce, 40, version=0x21), "  ?    17  minor version 1;"),
            (message(nonce, 40, flags=0x09), "  ?    19  reserved flags 0x01 are set;"),
            (message(payload(bytes(15)), 40), "  !    32    not well formed; right would be: 16 to 256 octets"),
            (message(payload(bytes(16), length=90), 40), "  !    30  Nonce (40) of length 90, and 20 octets are left"),
            (message(payload(bytes(16), length=3), 40), "  !    30  Nonce (40) of length 3; its header of 4 octets"),
            (message(payload(bytes(16), 41), 40), "  !    48  N (41) is to follow, and 0 octets are left"),
            (message(nonce + b"ab", 40), "  !    48  2 octets follow the last payload"),
            (message(payload(bytes(16), reserved=1), 40), "  ?    29  reserved bits 0x01;"),
            (message(payload(b"x", reserved=0x80), 99), "  !    29  a critical payload that is not known"),
            (message(payload(b"\2\0\1\0a"), 35), "  ?    33    3 reserved octets are 0x100;"),
            (message(payload(struct.pack(">BBHI", 3, 4, 2, 7)), 42), "  !    32    not well formed; right would be: a protocol, a s"),
            (message(payload(b"\1\0\0\0" + struct.pack(">BBHHHII", 7, 0, 16, 0, 0, 9, 8)), 44), "  !    36    a selector whose")]:
        lines = tree(data)
        equal((told, [line[:len(told)] for line in lines if line[:len(told)] == told]), (told, [told]))
    lines = inspect(pcap([ipv4(udp(message(nonce, 40, length=9))), ipv4(udp())])).stdout
    equal(lines[-len(TREE):], TREE)  # those that follow are read


def test_every_octet_changed_and_every_end_is_survived():
    whole = message(payload(bytes.fromhex("0000002401010003" "0300000c01000014800e0100" "0300000802000005" "000000080400001f"), 44)
                    + payload(b"\1\0\0\0" + struct.pack(">BBHHHII", 7, 0, 16, 0, 0xffff, 1, 8), 47)
                    + payload(b"\1\0\0\0" + struct.pack(">HH", 1, 0), 42) + payload(struct.pack(">BBHI", 3, 4, 1, 7), 53)
                    + payload(struct.pack(">HH", 1, 2) + bytes(20)), 33)
    packets = [ipv4(udp(whole[:end])) for end in range(len(whole))]
    for at in range(len(whole)):
        packets += [ipv4(udp(whole[:at] + bytes([value]) + whole[at + 1:])) for value in (0, 1, 3, 0x7f, 0x80, 0xff)]
    done = inspect(pcap(packets))
    equal((done.returncode, done.stderr), (1, ""))
    equal(sum(line[5:6] == " " and line[6:9] == "   " and " > " in line for line in done.stdout.splitlines()), len(packets))


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


# Of tshark, and where the same stands in a line of the tree.
FIELDS = [
    ("isakmp.ispi", r"header: .* SPIi (\w+)"), ("isakmp.rspi", r"header: .* SPIr (\w+)"),
    ("isakmp.exchangetype", r"header: .* exchange (\d+)"), ("isakmp.flags", r"header: .* flags (\w+)"),
    ("isakmp.messageid", r"header: .* id (\d+), message"), ("isakmp.length", r"header: .* message length (\d+)"),
    ("isakmp.typepayload", r"\w+ \((\d+)\): length|(proposal) \d+: length|(transform): length"),
    ("isakmp.payloadlength", r"(?:\w+ \(\d+\)|proposal \d+|transform): length (\d+)"),
    ("isakmp.notify.msgtype", r"notify (\d+) "), ("isakmp.prop.number", r"proposal (\d+):"),
    ("isakmp.prop.transforms", r"proposal .* (\d+) transforms"), ("isakmp.tf.type", r"transform: .* type (\d+)"),
    ("isakmp.tf.id.encr", r"transform: .* \(ENCR\), id (\d+)"), ("isakmp.tf.id.prf", r"transform: .* \(PRF\), id (\d+)"),
    ("isakmp.tf.id.integ", r"transform: .* \(INTEG\), id (\d+)"), ("isakmp.tf.id.dh", r"transform: .* \(KE\), id (\d+)"),
    ("isakmp.tf.id.esn", r"transform: .* \(ESN\), id (\d+)"), ("isakmp.key_exchange.dh_group", r"group (\d+) "),
    ("isakmp.id.type", r"type (\d+) \(ID_"), ("isakmp.auth.method", r"method (\d+) "),
    ("isakmp.ts.start_ipv4", r"selector: ([\d.]+) to"), ("isakmp.ts.end_ipv4", r"selector: [\d.]+ to ([\d.]+),"),
    ("isakmp.ts.start_port", r"selector: .* ports (\d+) to"), ("isakmp.ts.end_port", r"selector: .* ports \d+ to (\d+)"),
    ("isakmp.cfg.type", r"type (\d) \(CFG"), ("isakmp.cfg.attr.type", r"attribute (\d+) "),
]


def tshark(path, home):
    command = ["tshark", "-r", path, "-Y", "isakmp.version < 0x30 && isakmp.version >= 0x20", "-T", "fields", "-E",
               "separator=|", "-e", "frame.number"]
    for field, pattern in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, env={**os.environ, "WIRESHARK_CONFIG_DIR": home}, text=True, timeout=120,
                          capture_output=True, check=False)
    equal((done.returncode, done.stdout != ""), (0, True))
    return {int(line.split("|")[0]): line.split("|")[1:] for line in done.stdout.splitlines()}


def trees(path, *args):
    """Lines of each packet's tree."""
    done = subprocess.run([PROGRAM, "inspect", path, *args], capture_output=True, text=True, timeout=60, check=False)
    equal(done.stderr, "")
    out = {}
    for line in done.stdout.splitlines():
        if re.match(r" {,4}\d+ +-?\d+\.\d{9}  ", line):
            lines = out.setdefault(int(line.split()[0]), [])
        else:
            lines.append(line[9:].strip())
    return out


def as_number(text):
    return int(text, 16 if text.startswith("0x") else 10) if re.fullmatch(r"0x[0-9a-f]+|\d{1,10}", text) else text


def read_alike(path, home, *args, unchecked=()):
    """Every message and field; the numbers of messages, of fields filled, and of those of unchecked SAs."""
    ours, theirs = trees(path, *args), tshark(path, home)
    filled, sealed = 0, 0
    for packet, fields in theirs.items():
        types = [as_number(text) for text in fields[6].split(",")]
        lines = ours[packet]
        for index, (field, pattern) in enumerate(FIELDS):
            found = [next(filter(None, match.groups())) for match in (re.match(pattern, line) for line in lines) if match]
            mine = [as_number({"proposal": "2", "transform": "3"}.get(text, text)) for text in found]
            other = [as_number(text) for text in fields[index].split(",")] if fields[index] else []
            if index >= 6 and types[0] in (46, 53) and lines[0].split("SPIi ")[1][:16] in unchecked:
                sealed += index == 6
                continue
            equal((packet, field, mine), (packet, field, other))
            filled += mine != []
    return len(theirs), filled, sealed


def test_tshark_reads_every_field_of_our_flows_alike():
    need_tshark()
    subprocess.run([ORACLE, "flows.pcapng", "ikev2_decryption_table", os.path.join(VECTORS, "certs")], timeout=120,
                   stdout=subprocess.DEVNULL, check=True)
    with open("ikev2_decryption_table", encoding="ascii") as file:
        unchecked = {line[:16] for line in file if "No Checking" in line}
    messages, filled, passed = read_alike("flows.pcapng", os.getcwd(), "--keys", "ikev2_decryption_table", unchecked=unchecked)
    print(f"# {messages} messages, {filled} fields alike, {passed} opened by tshark alone, without checking")
    equal(messages > 100 and filled > 10 * messages and passed < messages // 10, True)


def test_tshark_reads_captures_of_others_alike():
    need_tshark()
    for path in OTHERS:
        if "ikev2" in path:
            print("# %s: %d messages, %d fields alike, %d not opened" % (os.path.basename(path), *read_alike(path, os.getcwd())))


ROW = ('0102030405060708,1112131415161718,' + 36 * "61" + "," + 36 * "62"
       + ',"AES-GCM-256 with 16 octet ICV [RFC5282]","","","NONE [RFC4306]"')


def keyed(table):
    with open("keys", "w", encoding="utf8") as file:
        file.write(table)
    whole = bytearray(message(payload(bytes(40)), 46, exchange=35))
    whole[8:16] = bytes(range(0x11, 0x19))
    return inspect(pcap([ipv4(udp(bytes(whole)))]), "--keys", "keys")


def test_bad_tables_of_keys_are_refused_by_their_line():
    for table in [ROW[:-20], "x" + ROW[1:], ROW.replace("6161", "61", 1), ROW.replace("AES", "DES"), ROW + ",1",
                  ROW.replace("NONE [RFC4306]", "HMAC_SHA1_96 [RFC2404]"), ROW.replace("NONE", "SOME"), "a" * 5000]:
        done = keyed("# a comment\n" + table + "\n")
        equal((table, done.returncode, done.stdout, "keys: line 2: " in done.stderr), (table, 2, "", True))
    equal(inspect(pcap([]), "--keys", "nothing").returncode, 2)


def test_a_checksum_that_is_not_right_is_told():
    for table, told in [("", 0), (ROW, 1), (ROW.replace("0102", "0103", 1), 0), (ROW.replace("NONE", "[No Checking]"), 0)]:
        done = keyed(table + "\n")
        equal((table, done.returncode, done.stdout.count("  !    32  the integrity checksum is not right")), (table, told, told))


def test_what_ikelab_captures_it_opens():
    subprocess.run([PROGRAM, "run", "handshake", "--pcap", "captures", "--quiet", "-o", "h.db"], stdout=subprocess.DEVNULL,
                   timeout=60, check=True)
    args = ["captures/handshake.pcapng", "--keys", "captures/ikev2_decryption_table"]
    done = subprocess.run([PROGRAM, "inspect", *args, "--summary"], capture_output=True, text=True, timeout=60, check=True)
    equal([line.split("  ")[-1] for line in done.stdout.splitlines()][2:],
          ["SK{IDi N(INITIAL_CONTACT) IDr AUTH SAi2 TSi TSr}", "SK{IDr AUTH SAr2 TSi TSr}"])
    done = subprocess.run([PROGRAM, "inspect", *args], capture_output=True, text=True, timeout=60, check=True)
    equal(done.stdout.count(": vpn.test"), 2)
    equal(done.stdout.count("  !"), 0)


def need_tshark():
    if shutil.which("tshark") is None:
        raise tap.Skip("tshark is not installed")


tap.main(globals(), *sys.argv[4:5])
