"""Prints what CHANGELOG.md says of a version: `python3 packaging/notes.py 0.1.0`. Standard library only.

It refuses a version whose heading still says "unreleased": the day of the release belongs there.
"""
import os
import re
import sys


def notes(changelog, version):
    """The section under `## VERSION` (a date may follow); ValueError when there is none, or nothing in it."""
    found = re.search(r"^## \[?%s\]?(?: [^\n]*)?\n(.*?)(?=^## |\Z)" % re.escape(version), changelog, re.M | re.S)
    if found is None or not found.group(1).strip():
        raise ValueError("Cannot tell what is new in %s: CHANGELOG.md has no section of it, add one" % version)
    return found.group(1).strip()


def is_dated(changelog, version):
    """Whether the heading of the version has a day, as in `## 0.1.0 - 2026-11-24`."""
    return re.search(r"^## \[?%s\]? - \d{4}-\d\d-\d\d$" % re.escape(version), changelog, re.M) is not None


if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(root, "CHANGELOG.md"), encoding="utf-8") as file:
        changelog = file.read()
    try:
        text = notes(changelog, sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
    if not is_dated(changelog, sys.argv[1]):
        sys.exit("Cannot release %s: its heading in CHANGELOG.md has no day, put it there" % sys.argv[1])
    print(text)
