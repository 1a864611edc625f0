# SPDX-License-Identifier: MIT
"""Tests in Python: functions named test_*, run in their order, each in an empty folder of its own; what they find is
printed as TAP. A test that says nothing has passed."""
import os
import sys
import tempfile

SAID_MAX = 3000


class Skip(Exception):
    """Something is lacking here; its text says what."""


def expect(held, what):
    if not held:
        raise AssertionError(what)


def equal(got, wanted):
    expect(got == wanted, f"got {got!r}\nbut wanted {wanted!r}")


def comment(text):
    print("".join(f"# {line}\n" for line in text[:SAID_MAX].splitlines()), end="")


def passed(label, test, arguments):
    try:
        test(*arguments)
        print(f"ok {label}", flush=True)
    except Skip as why:
        print(f"ok {label} # SKIP {why}", flush=True)
    except Exception as error:  # a test that cannot even be made has failed
        comment(f"{type(error).__name__}: {error}")
        print(f"not ok {label}", flush=True)
        return False
    return True


def main(names, wanted="", lab=None):
    """Ends the program. names: globals(); wanted: only tests whose name contains it; lab: makes of the folder what a test
    is given."""
    tests = [(name, test) for name, test in names.items() if name.startswith("test_") and wanted in name]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            failed += not passed(f"{number} - {name}", test, [] if lab is None else [lab(folder)])
            os.chdir("/")
    sys.exit(1 if failed else 0)
