"""Packs a compiled binary as a wheel: `python3 packaging/wheel.py BINARY [--output FOLDER]`.

A wheel's `.data/scripts` is copied into the environment's bin folder as it is: `gunicorn-autoscaler` then stands beside
`gunicorn`, with no Python of ours around it. Two runs on one binary give the same bytes. Standard library only.

GITHUB_REPOSITORY ("owner/name"), which a release sets, makes the README's links lead there: a package index knows no
neighbouring files.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import sys
import zipfile

from platform_tag import UnknownBinary, platform_tag

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME = "gunicorn_autoscaler"
SUMMARY = "Keeps exactly as many gunicorn workers as the load needs: fast up, safe down, and able to say why"
CLASSIFIERS = (
    "Environment :: Console",
    "Intended Audience :: Developers",
    "Intended Audience :: System Administrators",
    "Operating System :: MacOS",
    "Operating System :: POSIX :: Linux",
    "Programming Language :: Python :: 3",
    "Topic :: Internet :: WWW/HTTP :: WSGI :: Server",
    "Topic :: System :: Systems Administration",
)
EXECUTABLE = 0o100755
PLAIN = 0o100644


def absolute_links(readme, repository, version):
    """The README with its links into the repository made absolute: pictures raw, the rest as pages of the tag."""

    def absolute(match):
        before, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match.group(0)
        if re.search(r"\.(png|svg)$", target):
            return "%shttps://raw.githubusercontent.com/%s/v%s/%s" % (before, repository, version, target)
        return "%shttps://github.com/%s/blob/v%s/%s" % (before, repository, version, target)

    return re.sub(r'(\]\(|src="|srcset=")([^)"\s]+)', absolute, readme)


def metadata(version, readme, repository=None):
    """METADATA, core metadata 2.4."""
    head = [
        "Metadata-Version: 2.4",
        "Name: gunicorn-autoscaler",
        "Version: " + version,
        "Summary: " + SUMMARY,
        "License-Expression: MIT",
        "License-File: LICENSE",
        "Keywords: gunicorn,uvicorn,autoscaling,workers,wsgi,asgi",
        *("Classifier: " + one for one in CLASSIFIERS),
        *(["Project-URL: Source, https://github.com/" + repository] if repository else []),
        "Requires-Python: >=3.8",
        "Requires-Dist: gunicorn>=20.1",
        "Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM",
    ]
    text = absolute_links(readme, repository, version) if repository else readme
    return "\n".join(head) + "\n\n" + text


def record_line(name, data):
    """A line of RECORD; names with a comma would have to be quoted, ours have none."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d" % (name, digest, len(data))


def build(binary, folder, version, readme, repository=None):
    """Writes the wheel into the folder and returns its path."""
    with open(binary, "rb") as file:
        program = file.read()
    tag = "py3-none-" + platform_tag(program)
    info = "%s-%s.dist-info" % (NAME, version)
    files = [
        ("%s-%s.data/scripts/gunicorn-autoscaler" % (NAME, version), program, EXECUTABLE),
        (info + "/METADATA", metadata(version, readme, repository).encode(), PLAIN),
        (
            info + "/WHEEL",
            ("Wheel-Version: 1.0\nGenerator: gunicorn-autoscaler\nRoot-Is-Purelib: false\nTag: %s\n" % tag).encode(),
            PLAIN,
        ),
    ]
    with open(os.path.join(ROOT, "LICENSE"), "rb") as file:
        files.append((info + "/licenses/LICENSE", file.read(), PLAIN))
    record = [record_line(name, data) for name, data, _ in files] + [info + "/RECORD,,"]
    files.append((info + "/RECORD", ("\n".join(record) + "\n").encode(), PLAIN))
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "%s-%s-%s.whl" % (NAME, version, tag))
    draft = path + ".draft"
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for name, data, mode in files:
            entry = zipfile.ZipInfo(name)  # its date is fixed: 1980-01-01
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the mode counts
            entry.external_attr = mode << 16
            wheel.writestr(entry, data)
    os.replace(draft, path)
    return path


def main():
    parser = argparse.ArgumentParser(description="Pack a compiled binary as a wheel.")
    parser.add_argument("binary", nargs="+", help="what `deno task compile` made; one wheel is written for each")
    parser.add_argument("--output", default=os.path.join(ROOT, "dist"), help="folder for the wheels")
    options = parser.parse_args()
    with open(os.path.join(ROOT, "deno.json"), encoding="utf-8") as file:
        version = json.load(file)["version"]
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    for binary in options.binary:
        try:
            path = build(binary, options.output, version, readme, os.environ.get("GITHUB_REPOSITORY"))
        except (OSError, UnknownBinary) as error:
            print("Cannot make a wheel of %s: %s, name what `deno task compile` made" % (binary, error),
                  file=sys.stderr)
            return 1
        print("%s: %.1f MB" % (path, os.path.getsize(path) / 1e6))
    return 0


if __name__ == "__main__":
    sys.exit(main())
