#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Switches off every row of the tables of ike/ in turn, and what stands in its columns: some test must notice.

Usage: mutate.py SOURCE_DIR BUILD_DIR [--keep] [--fast] [TABLE[:ROW[:COLUMN]] ...]   `meson test --benchmark mutate` calls it

Builds the tests of the suite `unit` with gcc and -Og in BUILD_DIR, so that no table is worked into code, and runs those
that hold the table with the row changed (mutate.c, preloaded), likely ones first. Prints a line for each row and column,
then those nobody noticed. What mutate.list excuses (table | column | text of the row, or * | why) may go unnoticed, and
must not be noticed. Rules: off, nothing must be there, nothing may be. Reasons: silent instead of answering, in the clear
or sealed; the IKE SA kept; another notify; and unheard, "ok" to whoever drives the engine. --keep: with the build that
is there, and how long its tests took. --fast: by those tests alone that take little time; who remains is a suspect.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

# table, file, symbol, octets of a row, columns: name, offset, octets written ("^": flipped), only where these are ("!": not)
OFF1, OFF2, OFF4, NULL = "ff", "ffff", "ffffffff", "00" * 8
RULE = (40, [("off", 2, OFF1), ("must", 4, "00000000"), ("may", 8, "00000000")])
TABLES = [(f"rule_{name}", f"ike/v2/{file}.c", f"ike_{name}_rules", *RULE) for name, file in [
    ("init", "exchange_init"), ("resume", "exchange_resume"), ("auth", "exchange_auth"), ("eap", "exchange_eap"),
    ("child", "exchange_child"), ("rekey", "exchange_rekey"), ("rounds", "rounds"), ("hold", "hold"),
    ("info", "exchange_info"), ("intermediate", "exchange_intermediate"), ("followup", "exchange_followup")]] + [
    ("collision", "ike/v2/collision.c", "ike_collisions", 24, [
        ("off", 0, OFF4), ("same_child", 5, "^01"), ("waiting_too", 6, "^01")]),
    ("why", "ike/why.c", "rows", 32, [
        ("clear", 8, "01000000", "!00000000"), ("sealed", 12, "01000000", "!00000000"),
        ("kept", 12, "02000000", "03000000"), ("notify", 16, "ff1f", "!0000"), ("unheard", None, None)]),
    ("task", "ike/v2/task.c", "rows", 24, [("ask", 0, NULL), ("not_beside", 8, "00000000")]),
    ("beside", "ike/v2/beside.c", "rows", 40, [("lasts", 8, "^01"), ("give", 16, NULL), ("undo", 24, NULL), ("moved", 32, NULL)]),
    ("attribute", "ike/v2/config.c", "rows", 16, [("off", 0, OFF2), ("len_min", 2, "0000"), ("len_max", 4, OFF2)]),
    ("take", "ike/v2/config.c", "takes", 16, [("off", 0, OFF2)]),
    ("inner", "ike/v2/inner.c", "types", 2, [("off", 0, OFF2)]),
    ("allowed", "ike/v2/inner.c", "allowed_types", 2, [("off", 0, OFF2)]),
    ("move", "ike/v2/move.c", "answers", 16, [("off", 0, OFF1)]),
    ("error", "ike/v2/message.c", "known", 2, [("off", 0, OFF2)]),
    ("senseless", "ike/stream.c", "senseless", 4, [("off", 0, "00000000")]),
    ("esp_why", "ike/esp.c", "rows", 16, [("name", 0, NULL)]),
    ("esp_place", "ike/esp.c", "says", 4, [("off", 0, "00000000")]),
    ("eap_payload", "ike/v2/exchange_eap.c", "types", 1, [("off", 0, OFF1)]),
    ("ports", "ike/v2/selector.c", "with", 1, [("off", 0, OFF1)]),
    ("protocol", "ike/v2/selector.c", "protocol_names", 16, [("off", 8, OFF1)]),
    ("notify", "ike/v2/registry.c", "ike_notify_rows", 24, [("name", 8, NULL)]),
    ("name", "ike/v2/registry.c", "rows", 16, [("name", 8, NULL)]),
    ("detail", "ike/v2/describe.c", "detail_rows", 16, [("off", 0, OFF1)]),
    ("algo", "ike/algo.c", "ike_algos", 56, [("off", 42, OFF1), ("id", 32, "^0040")]),
    ("key", "ike/sign.c", "ike_key_types", 24, [("off", 22, OFF1)]),
    ("scheme", "ike/sign.c", "ike_schemes", 40, [("off", 25, OFF1), ("method", 24, "^40"), ("never_signs", 30, "^01")]),
    ("verdict", "ike/crypto_openssl_cert.c", "reasons", 8, [("off", 0, OFF4)]),
    ("bits", "ike/crypto_openssl_sign.c", "kinds", 16, [("bits_min", 12, "00000000")]),
]
# Whose rows are an X-macro's, and where that stands.
LISTED = {"why": "ike/why.h", "esp_why": "ike/esp.h"}
# Exit status of a program in which the column is so already, or not what is asked for (mutate.c).
NOTHING_TO_DO = 99
# Where to look first, beside the tests that speak of what the row does.
LIKELY = {"rule_init": ["flow_init"], "rule_resume": ["unit_ticket", "flow_resume"], "rule_auth": ["flow_childless"],
          "rule_eap": ["flow_eap"], "rule_child": ["flow_child", "flow_cross"], "rule_rekey": ["flow_child", "flow_cross"], "rule_rounds": ["flow_rounds"],
          "rule_hold": ["flow_cert"], "rule_info": ["flow_info"], "rule_intermediate": ["flow_intermediate"],
          "rule_followup": ["flow_followup", "flow_cross"], "collision": ["flow_child", "unit_collision"], "attribute": ["unit_config"], "take": ["flow_config"],
          "inner": ["flow_config"], "allowed": ["flow_config"], "move": ["flow_mobike"], "task": ["unit_tasks"], "beside": ["unit_beside"], "error": ["unit_message"],
          "senseless": ["unit_stream"], "esp_why": ["unit_esp"], "esp_place": ["unit_esp", "flow_esp"],
          "eap_payload": ["flow_eap"], "ports": ["unit_selector"], "protocol": ["unit_selector"],
          "notify": ["unit_describe"], "name": ["unit_describe"], "detail": ["unit_describe"],
          "algo": ["unit_algo", "unit_algos", "unit_crypto"], "key": ["unit_sign"], "scheme": ["unit_sign", "flow_sign"],
          "verdict": ["unit_verdict", "unit_sign"], "bits": ["unit_verdict", "unit_sign"]}
# Messages as the RFCs draw them: what must and may be in each. Whether a rule does anything is for others to notice. And
# that rows make sense in themselves, which says nothing of what comes of them.
DRAWN, SENSE = "unit_rules", "unit_message"
# Asked last, and of what they are made for only.
SLOW = {"model_collisions": ("collision", "rule", "task", "beside"), "swarm_engine": ("collision", "rule", "task", "beside")}


class Program:
    """A test program: its tables, its source, how long it runs."""

    def __init__(self, source, build, name):
        self.name, self.path = name, os.path.join(build, "tests", name)
        self.symbols = read_symbols(self.path)
        with open(os.path.join(source, "tests", name + ".c"), encoding="utf-8") as file:
            text = file.read()
        self.words = set(re.findall(r"\w+", text))
        self.of_ike = re.search(r'#include "(sim|models|results|experiments)/', text) is None
        self.seconds = 60.0

    def find(self, table):
        """Address and octets of a table's symbol, or of those of the same name within functions of the file."""
        return self.symbols.get((os.path.basename(table[1]), table[2]), [])

    def run(self, preload, what, quick):
        environment = dict(os.environ, LD_PRELOAD=preload, **what)
        if quick:
            environment["IKELAB_QUICK"] = "1"
        begin = time.monotonic()
        try:
            done = subprocess.run([self.path], env=environment, timeout=(60 if quick else 1200) + 10 * self.seconds,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return 1
        if not what:
            self.seconds = round(time.monotonic() - begin, 3)
        return done.returncode


def read_symbols(path):
    """{(file, symbol): [(address, octets)]}; a global symbol stands under each file, for its table names one."""
    found, file = {}, ""
    text = subprocess.run(["readelf", "-sW", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in text.splitlines():
        part = line.split()
        if len(part) < 8 or part[3] not in ("OBJECT", "FILE"):
            continue
        if part[3] == "FILE":
            file = part[7]
        else:
            name, where = part[7].split(".")[0], file if part[4] == "LOCAL" else ""
            found.setdefault((where, name), []).append((int(part[1], 16), int(part[2], 0)))
    for (where, name), places in list(found.items()):
        for table in TABLES:
            if where == "" and table[2] == name:
                found[os.path.basename(table[1]), name] = places
    return found


def read_rows(source, table):
    """The text of each row as it stands in the source; of X-macros, each ROW()."""
    with open(os.path.join(source, table[1]), encoding="utf-8") as file:
        text = file.read()
    if table[0] in LISTED:
        with open(os.path.join(source, LISTED[table[0]]), encoding="utf-8") as file:
            return [" ".join(row.split()) for row in re.findall(r"\bROW\(([A-Z]\w+,.*?\".*?\")\s*\)\s*\\?", file.read())]
    rows = []
    for body in re.findall(rf"\b{table[2]}\[\w*\] = \{{\n?(.*?)\}};", text, re.S):
        body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
        if "[" in body.split("=")[0]:
            rows += sorted(re.findall(r"\[[A-Z_0-9]+\]\s*=.*?(?=,\s*\[[A-Z]|$)", body.strip(" \n,"), re.S), key=lambda row: enumerator(source, row))
        elif "{" in body:
            rows += re.findall(r"\{(?:[^{}]|\{[^{}]*\})*\}", body)
        else:
            rows += [row for row in re.split(r",\s*", body) if row.strip()]
    return [" ".join(row.split()).strip(" ,") for row in rows]


def enumerator(source, row, known={}):
    """The number of [NAME], counted in the header that has it."""
    if not known:
        for folder in ("ike", "ike/v2"):
            for name in os.listdir(os.path.join(source, folder)):
                if name.endswith(".h"):
                    with open(os.path.join(source, folder, name), encoding="utf-8") as file:
                        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
                    for body in re.findall(r"enum \w+ \{([^}]*)\}", text):
                        for i, word in enumerate(re.findall(r"(\w+)[^,]*,?", body)):
                            known[word] = i
    return known[re.match(r"\[(\w+)\]", row).group(1)]


def build_tests(source, build, keep):
    if not os.path.exists(os.path.join(build, "build.ninja")):
        subprocess.run(["meson", "setup", build, source, "-Dbuildtype=debug", "-Doptimization=g", "-Dwerror=false"], check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, CC=os.environ.get("CC", "gcc")))
    said = subprocess.run(["meson", "introspect", "--tests", build], stdout=subprocess.PIPE, check=True).stdout
    names = sorted({os.path.basename(test["cmd"][0]) for test in json.loads(said) if "ikelab:unit" in test["suite"]
                    and os.path.exists(os.path.join(source, "tests", test["name"] + ".c"))})
    if keep:
        return names
    subprocess.run(["ninja", "-C", build, "tests/libmutate.so"] + [f"tests/{name}" for name in names], check=True,
                   stdout=subprocess.DEVNULL)
    return names


class Mutant:
    """One column of one row, changed."""

    def __init__(self, table, place, row, column, text):
        self.table, self.place, self.row, self.column, self.text = table, place, row, column, text
        self.key = f"{table[0]}:{row}:{column[0]}"

    def environment(self, program):
        if self.column[1] is None:
            return {"IKELAB_UNHEARD": re.findall(r'"(.*?)"', self.text)[0]}
        at = program.find(self.table)[self.place][0] + (self.row - self.first) * self.table[3] + self.column[1]
        return {"IKELAB_MUTATE": ":".join([f"{at:x}"] + list(self.column[2:]))}

    first = 0


def mutants(source, programs, wanted):
    for table in TABLES:
        held = next((p.find(table) for p in programs if p.find(table)), [])
        if not held:
            sys.exit(f"no test holds {table[2]} of {table[1]}")
        texts, first = read_rows(source, table), 0
        for place, (_, size) in enumerate(held):
            assert size % table[3] == 0, (table, size)
            for row in range(first, first + size // table[3]):
                text = texts[row] if len(texts) * table[3] == sum(s for _, s in held) else ""
                for column in table[4]:
                    if column[0] == "unheard" and row == 0:  # "ok" it is already
                        continue
                    mutant = Mutant(table, place, row, column, text)
                    mutant.first = first
                    if not wanted or any((mutant.key + ":").startswith(w + ":") for w in wanted):
                        yield mutant
            first += size // table[3]


def may_notice(program, mutant):
    if not program.find(mutant.table) or (program.name == DRAWN and mutant.column[0] == "off"):
        return False
    return not (program.name == SENSE and mutant.table[0] == "why") and mutant.table[0].startswith(SLOW.get(program.name, ""))


def likely(mutant):
    return ([DRAWN] if mutant.column[0] in ("must", "may") else []) + LIKELY.get(mutant.table[0], [])


def who_notices(mutant, programs, preload, before, fast):
    """The name of a test that fails, None, or "" when there is nothing to change."""
    words = set(re.findall(r"\w{4,}", mutant.text)) | {"WHY_" + word for word in re.findall(r"^[A-Z_]+", mutant.text)}
    # Only what few tests speak of says where to look.
    rare = {word for word in words if 0 < sum(word in p.words for p in programs) <= 6}
    order = sorted((p for p in programs if may_notice(p, mutant)),
                   key=lambda p: (p.name in SLOW, p.name not in likely(mutant), -len(rare & p.words),
                                  p.name != before.get(mutant.table[0]), p.seconds))
    for quick in (True, False):
        for program in order:
            if fast and (program.name in SLOW or not quick):
                return None
            if fast and program.seconds > 5 and program.name not in likely(mutant) and not rare & program.words:
                continue
            if not quick and (program.name in SLOW or not program.name.startswith("flow_")):
                continue  # the same again
            done = program.run(preload, mutant.environment(program), quick)
            if done == NOTHING_TO_DO:
                return ""
            if done != 0:
                before[mutant.table[0]] = program.name
                return program.name
    return None


def measure(programs, preload, build, pool, keep):
    """How long each takes when nothing is changed; none may fail then."""
    path = os.path.join(build, "seconds.json")
    if keep and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
        for program in programs:
            program.seconds = known.get(program.name, program.seconds)
        return
    quick = [p for p in programs if p.name not in SLOW]
    broken = [p.name for p, done in zip(quick, pool.map(lambda p: p.run(preload, {}, True), quick)) if done != 0]
    if broken:
        sys.exit(f"fail without any change: {' '.join(broken)}")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({p.name: p.seconds for p in programs}, file)


def read_excuses(source):
    with open(os.path.join(source, "tests", "mutate.list"), encoding="utf-8") as file:
        return [line.rstrip("\n").split(" | ") for line in file if line.strip() and line[0] != "#"]


def main():
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    source, build, *wanted = (word for word in sys.argv[1:] if not word.startswith("--"))
    source, build = os.path.abspath(source), os.path.abspath(build)
    names = build_tests(source, build, "--keep" in options)
    preload = os.path.join(build, "tests", "libmutate.so")
    programs = [Program(source, build, name) for name in names]
    programs = [p for p in programs if p.of_ike and any(p.find(table) for table in TABLES)]
    os.chdir(source)
    excuses, idle, noticed, unnoticed, excused, before = read_excuses(source), set(), 0, [], 0, {}
    idle = {tuple(excuse) for excuse in excuses}
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        measure(programs, preload, build, pool, "--keep" in options)
        todo = list(mutants(source, programs, wanted))
        for mutant, name in zip(todo, pool.map(lambda m: who_notices(m, programs, preload, before, "--fast" in options), todo)):
            if name == "":
                continue
            excuse = next((e for e in excuses if e[:2] == [mutant.table[0], mutant.column[0]] and e[2] in ("*", mutant.text)), None)
            print(f"{mutant.key} {mutant.text[:90]}: {name or (excuse and 'excused') or 'NOBODY'}", flush=True)
            noticed += name is not None
            if name is None and excuse is not None:
                excused += 1
                idle.discard(tuple(excuse))
            elif name is None:
                unnoticed.append(mutant.key)
    for excuse in sorted(idle) if not wanted else []:
        print(f"excused without need: {' | '.join(excuse)}")
    print(f"{noticed + excused + len(unnoticed)} changes: {noticed} noticed, {excused} excused, {len(unnoticed)} unnoticed, "
          f"{time.monotonic() - begin:.0f} s: {' '.join(unnoticed)}")
    return 1 if unnoticed or (idle and not wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
