#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of tidy.py must find what they are for: each is given the real tree with one offence
planted in it, and must find one more than before. Usage: tidy_planted.py SOURCE_ROOT     prints TAP"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

HEAD = "/* SPDX-License-Identifier: MIT\n * A planted file. */\n"
LONG = "int planted(void)\n{\n" + "    work();\n" * 75 + "}\n"
# rule, file, what is appended to it (or, as a pair, what is replaced by what)
PLANTED = [
    ("rooms_include_only_what_stands_left_of_them", "ike/addr.c", '#include "sim/loop.h"\n'),
    ("rooms_include_only_what_stands_left_of_them", "sim/loop.c", '#include "models/world.h"\n'),
    ("rooms_include_only_what_stands_left_of_them", "models/world.c", '#include "results/read.h"\n'),
    ("rooms_include_only_what_stands_left_of_them", "results/read.c", '#include "models/world.h"\n'),
    ("foreign_headers_stay_in_their_files", "ike/engine.c", "#include <openssl/evp.h>\n"),
    ("foreign_headers_stay_in_their_files", "experiments/run.c", "#include <sqlite3.h>\n"),
    ("foreign_headers_stay_in_their_files", "experiments/run.c", "#include <yaml.h>\n"),
    ("foreign_headers_stay_in_their_files", "sim/net_links.c", "#include <sys/socket.h>\n"),
    ("ike_v1_and_v2_do_not_know_each_other", "ike/v2/sa.c", '#include "ike/v1/sa.h"\n'),
    ("every_file_says_what_it_is_for", "ike/pool.c", ("SPDX-License-Identifier: MIT", "")),
    ("every_file_says_what_it_is_for", "tests/cli.py", ("SPDX-License-Identifier: MIT", "")),
    ("lines_and_files_are_short", "sim/loop.c", "/* " + "x" * 100 + " */\n"),
    ("lines_and_files_are_short", "sim/loop.c", "\n" * 800),
    ("lines_and_files_are_short", "sim/net_ns3.cc", "\n" * 800),
    ("cpp_is_for_ns3_alone", "sim/loop.cc", HEAD),
    ("every_file_says_what_it_is_for", "sim/net_ns3.hh", ("SPDX-License-Identifier: MIT", "")),
    ("lines_and_files_are_short", "sim/loop.c", "/* clang-format off */\n" + "x" * 161 + "\n"),
    ("functions_are_short_and_take_few_parameters", "ike/addr.c", LONG),
    ("functions_are_short_and_take_few_parameters", "ike/addr.c",
     "static void planted(int a, int b, int c, int d,\n                    int e, int f)\n{\n}\n"),
    ("banned_calls_are_not_made", "experiments/run.c", "    goto done;\n"),
    ("banned_calls_are_not_made", "experiments/run.c", "    strcpy(a, b);\n"),
    ("banned_calls_are_not_made", "models/world.c", "    x = rand();\n"),
    ("banned_calls_are_not_made", "ike/v2/sa.c", "    x = malloc(4);\n"),
    ("banned_calls_are_not_made", "ike/v2/sa.c", "    free(x);\n"),
    ("banned_calls_are_not_made", "ike/v2/sa.c", "    t = time(NULL);\n"),
    ("banned_calls_are_not_made", "sim/loop.c", "    clock_gettime(CLOCK_MONOTONIC, &t);\n"),
    ("banned_calls_are_not_made", "models/world.c", '    getenv("HOME");\n'),
    ("banned_calls_are_not_made", "sim/loop.c", '    (void)printf("here");\n'),
    ("banned_calls_are_not_made", "sim/loop.c", '    fputs("here", stderr);\n'),
    ("banned_calls_are_not_made", "sim/host.c", "    double x;\n"),
    ("banned_calls_are_not_made", "ike/v2/proof.c", "    return memcmp(a, b, 16) == 0;\n"),
    ("banned_calls_are_not_made", "results/read.c", "/* TO" "DO */\n"),
    ("worlds_take_memory_only_when_opened", "models/clients.c", "void planted(void)\n{\n    x = calloc(1, 1);\n}\n"),
    ("rfcs_are_cited_with_a_section", "ike/v2/sa.c", "/* As RFC 7296 says. */\n"),
    ("rfcs_are_cited_with_a_section", "ike/v2/sa.c", "int x; /* (RFC 7383) */\n"),
    ("every_reason_is_named_in_a_test", "ike/why.h", '    ROW(PLANTED, "planted",\n'),
    ("every_reason_is_named_in_a_test", "ike/why.h", '    ROW(SYN, "the beginning of another",\n'),
    ("every_handler_stands_in_a_rule", "ike/v2/exchange_info.c",
     "static enum ike_why info_planted(struct ike_turn *t)\n{\n    return info_planted(t);\n}\n"),
    ("every_handler_stands_in_a_rule", "ike/v2/rules.c", ("ike_auth_rules, ", "ike_init_rules, ")),
    ("every_handler_stands_in_a_rule", "ike/v2/exchange_info.c", ('"info_request"', '"info_requests"')),
    ("every_experiment_asks_and_draws_what_exists", "experiments/handshake.yaml", ("?", ".")),
    ("every_experiment_asks_and_draws_what_exists", "experiments/cpu-queue.yaml", ("figures: [", "figures: [planted, ")),
    ("nothing_lies_about_unused", "ike/planted.c", HEAD),
    ("nothing_lies_about_unused", "ike/describe.c", HEAD),
    ("nothing_lies_about_unused", "ike/planted.h", HEAD),
    ("nothing_lies_about_unused", "tests/planted.py", HEAD),
    ("nothing_lies_about_unused", "results/figures/planted.sql", "SELECT 1;\n"),
    ("the_manual_names_every_metric", "results/schema.sql", "CREATE TABLE planted(x);\n"),
    ("the_manual_names_every_metric", "sim/record.h", '    ROW(PLANTED, "planted_metric", "x")\n'),
    ("the_manual_names_every_metric", "sim/record.h",
     '    ROW(EVENTS, "events", "x") \\\n    ROW(PLANTED, \\\n        "planted_metric", "x")\n'),
    ("the_manual_counts_the_worlds_that_are_compared_with_ns3", "experiments/links-against-ns3.yaml",
     ("[100Mbit/s, 160kbit/s", "[1Gbit/s, 100Mbit/s, 160kbit/s")),
    ("the_manual_counts_the_worlds_that_are_compared_with_ns3", "experiments/links-against-ns3.yaml",
     ("seeds: 8", "seeds: 9")),
    ("the_manual_counts_the_worlds_that_are_compared_with_ns3", "experiments/ikelab.1",
     (".SH LINKS AND NS\\-3\n", ".SH LINKS AND NS\\-3\nIn one of six worlds it differs.\n")),
    ("the_manual_counts_the_worlds_that_are_compared_with_ns3", "experiments/ikelab.1",
     (".SH LINKS AND NS\\-3\n", ".SH LINKS AND NS\\-3\nThose 48 runs took a second.\n")),
    ("the_manual_counts_the_worlds_that_are_compared_with_ns3", "experiments/ikelab.1", (" seeds each", " each")),
    ("the_manual_names_every_command_and_variable", "ikelab", 'if [ "${1-}" = planted ]; then\n'),
    ("the_manual_names_every_command_and_variable", "experiments/main.c",
     '    { "planted",   command_planted,       "a command" },\n'),
    ("the_manual_names_every_command_and_variable", "experiments/main.c", ('{ "interop", ', '{ "outer", ')),
    ("the_manual_names_every_command_and_variable", "experiments/worker.c", '    getenv("IKELAB_PLANTED");\n'),
    ("the_project_speaks_only_of_itself", "README.md", "See /ho" "me/somebody/ikelab.\n"),
]


def plant(tree, path, what):
    where = tree.others if path in tree.others else tree.files
    before = where.get(path)
    if isinstance(what, tuple):
        if before is None or what[0] not in before:
            return None
        where[path] = before.replace(*what)
    else:
        where[path] = (before or "") + what
    return where, before


def main():
    tree = tidy.Tree(os.path.abspath(sys.argv[1]))
    rules = {rule.__name__: rule for rule in tidy.RULES}
    number, clean = 0, {}
    for name, path, what in PLANTED:
        number += 1
        if name not in clean:
            clean[name] = len(list(rules[name](tree)))
        planted = plant(tree, path, what)
        found = len(list(rules[name](tree)))
        if planted is not None:
            where, before = planted
            where[path] = before
            if before is None:
                del where[path]
        said = (what if isinstance(what, str) else " -> ".join(what)).strip().splitlines()
        print(f"{'' if found > clean[name] else 'not '}ok {number} - {name} in {path}: {said[0][:60] if said else 'empty lines'}")
    number += 1
    idle = set(rules) - {name for name, _, _ in PLANTED} - {"code_is_formatted"}
    print(f"{'not ' if idle else ''}ok {number} - every rule has an offence planted {' '.join(sorted(idle))}")
    print(f"1..{number}")


if __name__ == "__main__":
    main()
