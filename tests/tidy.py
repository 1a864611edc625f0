#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the house that a compiler does not know, each one a test. Usage: tidy.py SOURCE_ROOT

Prints TAP; a rule that is broken says where. Standard library only.
"""
import os
import re
import shutil
import subprocess
import sys

ROOMS = ["ike", "sim", "models", "results", "experiments", "tests"]
OTHERS = ["README.md", "ikelab", "meson.build", ".ci/run", ".ci/packages", ".ci/skips", "experiments/ikelab.1"]
MAY_INCLUDE = {
    "ike": {"ike"},
    "sim": {"ike", "sim"},
    "models": {"ike", "sim", "models"},
    "results": {"ike", "sim", "results"},
    "experiments": {"ike", "sim", "models", "results", "experiments"},
    "tests": set(ROOMS),
}
# Foreign headers live in one small group of files each; tests may include anything.
FOREIGN = {
    r"openssl/": r"ike/crypto_openssl\w*\.[ch]$",
    r"sqlite3\.h": r"results/\w+\.[ch]$",
    r"yaml\.h": r"experiments/(tree|arena)\w*\.[ch]$",
    r"expat\.h": r"experiments/topology_graphml\.c$",
    r"sys/socket\.h": r"sim/netns\w*\.[ch]$",
}
# What is banned, where, and the files that may.
BANNED = [
    (r"\bgoto\b", "", r"$^"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", "", r"$^"),
    (r"(?<![>.\w*])(rand|random|srand|drand48)\s*\(", "", r"$^"),
    (r"(?<![>.\w])(malloc|calloc|realloc|strdup|free)\s*\(", r"^ike/",
     r"ike/(engine|crypto_openssl\w*|crypto_modelled\w*|crypto_meter)\.c"),
    (r"\b(time|clock_gettime|gettimeofday|clock)\s*\(", r"^(ike|sim|models|results)/",
     r"sim/realtime\.c$"),
    (r"\bgetenv\s*\(", r"^(ike|sim|models|results)/", r"results/figures\.c"),
    (r"\b(v?printf|puts|putchar)\s*\(|\b(stdout|stderr)\b", r"^(ike|sim|models)/", r"$^"),
    (r"(?<![>.\w*])(f?open|socket|pthread_create|fork)\s*\(", r"^(ike|sim)/", r"sim/netns\w*\.c$"),
    (r"\b(float|double)\b", r"^(ike|sim)/", r"$^"),
    (r"\b(TODO|FIXME|XXX)\b", "", r"$^"),
    (r"#\s*if\s+0\b", "", r"$^"),
]
# memcmp is for what is no secret; each use in ike/ is looked at, and its file listed.
MEMCMP = {"ike/bytes.h", "ike/addr.c", "ike/group.c", "ike/crypto_modelled.c",
          "ike/crypto_modelled_sign.c", "ike/v2/selector.c"}
LINES_MAX, COLUMNS_MAX, TABLE_COLUMNS_MAX = 800, 100, 160
FUNCTION_LINES_MAX, PARAMETERS_MAX = 70, 5
# Agreed interfaces of more parameters: the provider's calls carry a view and its count, a size or an
# output each (ike/crypto.h), and what implements or stands directly on them. And what OpenSSL calls.
MANY_PARAMETERS = re.compile(r"_prf$|_seal$|_open$|_kex_\w+$|^generator_\w+$")
# A citation and what must follow it: 2.6, 3.3.2, Appendix B, A.1, section 4, Table 2.
RFC_WITHOUT_SECTION = re.compile(r"RFC \d{4}\b(?!,?\s(?:\*\s)?\s*(?:\d+\b|[Ss]ections? \d|Appendix [A-Z]|[A-Z]\.\d|Table \d|errat))")
# Documents cited as a whole outside head comments and tables, and why no one section says it.
WHOLE_RFC = {}


class Tree:
    """The files of the rooms, and others at the top, as path: text."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        self.others = {}
        for path in OTHERS:
            with open(os.path.join(root, path), encoding="utf8") as file:
                self.others[path] = file.read()
        for room in ROOMS:
            for folder, _, names in os.walk(os.path.join(root, room)):
                for name in sorted(names):
                    path = os.path.relpath(os.path.join(folder, name), root)
                    if name.endswith((".c", ".h", ".cc", ".hh", ".py", ".sql", ".gp", ".yaml", ".sed", ".build")):
                        with open(os.path.join(root, path), encoding="utf8") as file:
                            self.files[path] = file.read()

    def code(self, *rooms):
        for path, text in self.files.items():
            if path.endswith((".c", ".h")) and (not rooms or path.split("/")[0] in rooms):
                yield path, text


def blank(text, strings=True):
    """The code with comments, and strings, blanked out; lines stay."""
    def keep_lines(match):
        word = match.group(0)
        if word[0] in "\"'" and not strings:
            return word
        return re.sub(r"[^\n]", " ", word)
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", keep_lines, text, flags=re.S)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def rooms_include_only_what_stands_left_of_them(tree):
    for path, text in tree.code():
        for match in re.finditer(r'^#include "(\w+)/', text, re.M):
            if match.group(1) in ROOMS and match.group(1) not in MAY_INCLUDE[path.split("/")[0]]:
                yield f"{path}:{line_of(text, match.start())}: {match.group(0)}…"


def foreign_headers_stay_in_their_files(tree):
    for path, text in tree.code("ike", "sim", "models", "results", "experiments"):
        for header, where in FOREIGN.items():
            for match in re.finditer(rf"^#include <{header}", text, re.M):
                if not re.match(where, path):
                    yield f"{path}:{line_of(text, match.start())}: {match.group(0)}"


def ike_v1_and_v2_do_not_know_each_other(tree):
    for path, text in tree.code("ike"):
        other = "ike/v1/" if path.startswith("ike/v2/") else "ike/v2/" if path.startswith("ike/v1/") else None
        if other is not None and f'#include "{other}' in text:
            yield path


def every_file_says_what_it_is_for(tree):
    for path, text in tree.files.items():
        if path.endswith((".c", ".h", ".cc", ".hh")) and not re.match(r"/\* SPDX-License-Identifier: MIT\n \* [\w`\"]", text):
            yield f"{path}:1: wants the licence line and a head comment"
        if path.endswith(".py") and "SPDX-License-Identifier: MIT" not in text[:120]:
            yield f"{path}:1: wants the licence line"
        if re.search(r"^ \* To be written\.|struct placeholder;", text, re.M) and not path.endswith("tidy.py"):
            yield f"{path}: is empty"


def cpp_is_for_ns3_alone(tree):
    for path in tree.files:
        if path.endswith((".cc", ".hh")) and not re.match(r"sim/net_ns3\w*\.(cc|hh)$", path):
            yield f"{path}: C++ is in sim/net_ns3*, which speaks to ns-3, alone"


def lines_and_files_are_short(tree):
    for path, text in tree.files.items():
        lines = text.split("\n")
        if len(lines) > LINES_MAX and path.endswith((".c", ".h", ".cc", ".hh", ".py")) and "/vectors/" not in path:
            yield f"{path}: {len(lines)} lines, {LINES_MAX} are the limit"
        in_table = False
        for number, line in enumerate(lines, 1):
            in_table = "clang-format off" in line or (in_table and "clang-format on" not in line)
            limit = TABLE_COLUMNS_MAX if in_table else COLUMNS_MAX
            if len(line) > limit and path.endswith((".c", ".h", ".cc", ".hh")):
                yield f"{path}:{number}: {len(line)} columns"


def functions(text):
    """(name, line, lines, parameters) of each function defined; clang-format puts its { at column 0."""
    code = blank(text)
    for match in re.finditer(r"^([a-z_][^;{}#]*?)\b(\w+)\(([^;{}]*)\)\n\{\n", code, re.M):
        end = code.find("\n}", match.end())
        outer = re.sub(r"\([^()]*\)", "", match.group(3)) # a function pointer's own are not counted
        parameters = 0 if outer.strip() in ("", "void") else outer.count(",") + 1
        body = code.count("\n", match.end(), end) + 1
        yield match.group(2), line_of(code, match.start()), body, parameters


def functions_are_short_and_take_few_parameters(tree):
    for path, text in tree.code("ike", "sim", "models", "results", "experiments"):
        for name, line, lines, parameters in functions(text):
            if lines > FUNCTION_LINES_MAX:
                yield f"{path}:{line}: {name} has {lines} lines, {FUNCTION_LINES_MAX} are the limit"
            if parameters > PARAMETERS_MAX and not MANY_PARAMETERS.search(name):
                yield f"{path}:{line}: {name} takes {parameters} parameters, {PARAMETERS_MAX} are the limit"


def banned_calls_are_not_made(tree):
    for path, text in tree.code():
        code = blank(text)
        for pattern, where, exempt in BANNED:
            if not re.match(where, path) or re.match(exempt, path):
                continue
            source = text if "TODO" in pattern else code
            for match in re.finditer(pattern, source):
                yield f"{path}:{line_of(source, match.start())}: {match.group(0).strip()}"
        if path.startswith("ike/") and re.search(r"\bmemcmp\s*\(", code) and path not in MEMCMP:
            yield f"{path}: memcmp in a file not listed for it; secrets use ike_secret_equal"


def worlds_take_memory_only_when_opened(tree):
    for path, text in tree.code("sim", "models"):
        code = blank(text)
        for match in re.finditer(r"\b(malloc|calloc|realloc|strdup|mmap)\s*\(", code):
            opened = [name for name, line, lines, _ in functions(text) if line <= line_of(code, match.start()) <= line + lines + 3]
            if not any(re.search(r"_open$|^reserve$", name) for name in opened):
                yield f"{path}:{line_of(code, match.start())}: {match.group(0)} in {opened}"


def rfcs_are_cited_with_a_section(tree):
    """Head comments, tables and strings may name a document alone."""
    for path, text in tree.code("ike", "sim", "models"):
        free = re.sub(r"/\* clang-format off \*/.*?/\* clang-format on \*/|\A/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"",
                      lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.S)
        for match in RFC_WITHOUT_SECTION.finditer(free):
            if match.group(0) not in WHOLE_RFC.get(path, ()):
                yield f"{path}:{line_of(free, match.start())}: {match.group(0)} without its section"


def every_reason_is_named_in_a_test(tree):
    tests = "".join(text for path, text in tree.code("tests"))
    for name in re.findall(r"^    ROW\((\w+),", tree.files["ike/why.h"], re.M):
        if not re.search(rf"\bWHY_{name}\b", tests):
            yield f"ike/why.h: WHY_{name}"


def every_handler_stands_in_a_rule(tree):
    """In exchange_NAME.c the handlers are NAME_*(turn); a row says its handler's name in its last column."""
    for path, text in tree.files.items():
        exchange = re.match(r"(ike/v\d)/exchange_(\w+)\.c$", path)
        if exchange is None:
            continue
        handlers = re.findall(rf"^static enum ike_why ({exchange[2]}_\w+)\(struct ike_turn \*\w+\)\n\{{", text, re.M)
        rules = re.search(rf"ike_rule (ike_{exchange[2]}_rules)\[\] = \{{\n(.*?)^\}};", text, re.M | re.S)
        if rules is None:
            yield f"{path}: has no table ike_{exchange[2]}_rules"
            continue
        if not re.search(rf"\{{{rules[1]}, ", tree.files.get(f"{exchange[1]}/rules.c", "")):
            yield f"{path}: {rules[1]} is not among the groups of {exchange[1]}/rules.c"
        rows = re.findall(r"(\w+), +\w+, +\"(\w+)\" *\},", rules[2])
        yield from (f"{path}: the row of {run} is named {name}" for run, name in rows if run != name)
        yield from (f"{path}: {name} stands in no rule" for name in handlers if name not in {run for run, _ in rows})
        if len(rows) != len(re.findall(r"^    \{", rules[2], re.M)):
            yield f"{path}: a row that cannot be read"


def every_experiment_asks_and_draws_what_exists(tree):
    for path, text in tree.files.items():
        if not re.match(r"experiments/[\w-]+\.yaml$", path):
            continue
        if not re.match(r"# .*\?\n", text) or not re.search(r"^question: .*\?", text, re.M):
            yield f"{path}: wants its question in the first line and under `question`"
        listed = re.search(r"^figures: \[(.*)\]", text, re.M)
        for name in re.findall(r"[\w-]+", listed.group(1)) if listed else []:
            for kind in (".sql", ".gp"):
                if f"results/figures/{name}{kind}" not in tree.files:
                    yield f"{path}: figure {name} has no results/figures/{name}{kind}"


def built(tree):
    """What the meson.build files name, as paths from the top; tests name programs without their `.c`."""
    for path, text in tree.files.items():
        if os.path.basename(path) != "meson.build":
            continue
        folder = os.path.dirname(path)
        for name in re.findall(r"'([\w/.-]+)'", text):
            yield os.path.join(folder, name)
            yield os.path.join(folder, name + ".c")
        fuzzers = re.search(r"^fuzzers = \{(.*?)^\}", text, re.M | re.S)
        yield from (f"{folder}/fuzz_{name}.c" for name in re.findall(r"'(\w+)':", fuzzers[1] if fuzzers else ""))


def nothing_lies_about_unused(tree):
    listed = set(built(tree))
    included = {name for _, text in tree.code() for name in re.findall(r'^#include "(.*?)"', text, re.M)}
    listed |= {f"{os.path.dirname(path)}/{name}.py" for path in listed if path.endswith(".py")
               for name in re.findall(r"^(?:import|from) (\w+)", tree.files[path], re.M)}
    for path in tree.files:
        if (path.endswith(".c") or re.match(r"tests/.*\.py$", path)) and path not in listed:
            yield f"{path}: is built or run by nobody"
        if path.endswith(".h") and path not in included:
            yield f"{path}: is included by nobody"
        other = {".sql": ".gp", ".gp": ".sql"}.get(os.path.splitext(path)[1])
        if re.match(r"results/figures/", path) and os.path.splitext(path)[0] + str(other) not in tree.files \
                and os.path.basename(path) != "style.gp":
            yield f"{path}: is half a figure"


def the_manual_names_every_metric(tree):
    manual = tree.others["experiments/ikelab.1"]
    names = re.findall(r"\bROW\(\w+,\s*\"(\w+)\"", tree.files["sim/record.h"].replace("\\\n", " "))
    for name in names:
        if f".BR {name} " not in manual:
            yield f"experiments/ikelab.1: {name}"
    for kind, name in re.findall(r"^CREATE (TABLE|VIEW) \"?(\w+)", tree.files["results/schema.sql"], re.M):
        if not re.search(rf"\b{name}\b", manual) and name not in ("student", "answer_of_points"):
            yield f"experiments/ikelab.1: {kind.lower()} {name}"


NUMBERS = "nought one two three four five six seven eight nine ten eleven twelve".split()


def number_of(word):
    return int(word) if word.isdigit() else NUMBERS.index(word) if word in NUMBERS else None


def the_manual_counts_the_worlds_that_are_compared_with_ns3(tree):
    """In LINKS AND NS-3 numbers of worlds, seeds and runs are those of the experiment; runs may be of one network."""
    text = tree.files["experiments/links-against-ns3.yaml"]
    page = re.search(r"^\.SH LINKS AND NS\\-3\n(.*?)^\.SH ", tree.others["experiments/ikelab.1"], re.M | re.S)
    networks = re.search(r"network\.kind: *\[(.*?)\]", text)[1].count(",") + 1
    worlds = re.search(r"links\.wan\.rate: *\[(.*?)\]", text)[1].count(",") + 1
    seeds = int(re.search(r"^seeds: (\d+)", text, re.M)[1])
    runs = worlds * seeds * networks
    right = {"worlds": {worlds}, "seeds": {seeds}, "runs": {runs, runs // networks}}
    said = [(number_of(word), what) for word, what in re.findall(r"\b(\w+) (worlds|seeds|runs)\b", page[1])] if page else []
    for number, what in said:
        if number is not None and number not in right[what]:
            yield f"experiments/ikelab.1: {number} {what}, of {sorted(right[what])}"
    yield from (f"experiments/ikelab.1: no number of {what} under LINKS AND NS-3" for what in right
                if not any(number is not None and of == what for number, of in said))


def the_manual_names_every_command_and_variable(tree):
    manual, main = tree.others["experiments/ikelab.1"], tree.files["experiments/main.c"]
    commands = re.findall(r'^    \{ "(\w+)", +command\w*, +"', main, re.M) + re.findall(r'^    \{ "(\w+)", +experiments_\w+,', main, re.M)
    launched = re.findall(r'\[ "\$\{1-\}" = (\w+) \]', tree.others["ikelab"])
    for name in commands + [f"./ikelab {name}" for name in launched]:
        if not re.search(rf"^\.B (ikelab )?{re.escape(name)}$", manual, re.M):
            yield f"experiments/ikelab.1: command {name}"
    for name in launched:
        if not re.search(rf'^    \{{ "{name}", +"', main, re.M):
            yield f"experiments/main.c: --help does not name ./ikelab {name}"
    for path, text in tree.code("ike", "sim", "models", "results", "experiments"):
        for name in re.findall(r'getenv\("(IKELAB_\w+|TMPDIR)"\)', text):
            if not re.search(rf"^\.BR? .*\b{name}\b", manual, re.M):
                yield f"{path}: {name} is not in the manual"


def the_project_speaks_only_of_itself(tree):
    for path, text in {**tree.files, **tree.others}.items():
        for match in re.finditer(r"(?<![\w.])/(home|root|work)/\w+", text):
            if not re.match(r"tests/tidy", path):
                yield f"{path}:{line_of(text, match.start())}: {match.group(0)}"


def code_is_formatted(tree):
    tool = shutil.which("clang-format")
    if tool is None:
        raise LookupError("clang-format is not installed")
    paths = [path for path in tree.files if path.endswith((".c", ".h", ".cc", ".hh"))]
    done = subprocess.run([tool, "-n", "--Werror", "--ferror-limit=1", *paths], cwd=tree.root, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    for line in done.stdout.splitlines():
        if ": error:" in line:
            yield line


RULES = [rooms_include_only_what_stands_left_of_them, foreign_headers_stay_in_their_files,
         ike_v1_and_v2_do_not_know_each_other, every_file_says_what_it_is_for, cpp_is_for_ns3_alone,
         lines_and_files_are_short,
         functions_are_short_and_take_few_parameters, banned_calls_are_not_made, worlds_take_memory_only_when_opened,
         rfcs_are_cited_with_a_section, every_reason_is_named_in_a_test,
         every_handler_stands_in_a_rule, every_experiment_asks_and_draws_what_exists,
         nothing_lies_about_unused, the_manual_names_every_metric,
         the_manual_counts_the_worlds_that_are_compared_with_ns3, the_manual_names_every_command_and_variable,
         the_project_speaks_only_of_itself,
         code_is_formatted]


def main():
    tree = Tree(os.path.abspath(sys.argv[1]))
    for number, rule in enumerate(RULES, 1):
        try:
            broken = list(rule(tree))
        except LookupError as missing:
            print(f"ok {number} - {rule.__name__} # SKIP {missing}")
            continue
        print(f"{'not ' if broken else ''}ok {number} - {rule.__name__}")
        for line in broken:
            print(f"# {line}")
    print(f"1..{len(RULES)}")


if __name__ == "__main__":
    main()
