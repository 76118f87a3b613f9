"""WSGI app whose workers hold BALLAST_MIB of memory each, touched after the fork so that it is theirs alone."""
import os

from wsgi import app as inner

_ballast = None


def app(environ, start_response):
    return inner(environ, start_response)


def _hold():
    global _ballast
    _ballast = bytearray(b"x") * (2**20 * int(os.environ.get("BALLAST_MIB", "0")))  # no second copy on the way


_hold()
