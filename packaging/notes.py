"""Prints what CHANGELOG.md says of a version: `python3 packaging/notes.py 0.1.0`. Standard library only."""
import os
import re
import sys


def notes(changelog, version):
    """The section under `## VERSION` (a date may follow); ValueError when there is none, or nothing in it."""
    found = re.search(r"^## \[?%s\]?(?: [^\n]*)?\n(.*?)(?=^## |\Z)" % re.escape(version), changelog, re.M | re.S)
    if found is None or not found.group(1).strip():
        raise ValueError("Cannot tell what is new in %s: CHANGELOG.md has no section of it, add one" % version)
    return found.group(1).strip()


if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(root, "CHANGELOG.md"), encoding="utf-8") as file:
        try:
            print(notes(file.read(), sys.argv[1]))
        except ValueError as error:
            sys.exit(str(error))
