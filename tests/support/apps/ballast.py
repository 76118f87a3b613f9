"""WSGI app whose workers hold BALLAST_MIB of memory each, touched after the fork so that it is theirs alone.

/hold/MIB makes the worker that serves it hold MIB instead.
"""
import os

from work import parse
from wsgi import app as inner

_ballast = None


def app(environ, start_response):
    kind, mib = parse(environ["PATH_INFO"])
    if kind == "hold":
        _hold(int(mib))
    return inner(environ, start_response)


def _hold(mib):
    global _ballast
    _ballast = None
    _ballast = bytearray(b"x") * (2**20 * mib)  # no second copy on the way


_hold(int(os.environ.get("BALLAST_MIB", "0")))
