"""Free blocks between the objects of the import. A worker's new objects would be put there, each on a page that it has
to copy first; with these taken, they share new pages."""
import ctypes
import os
import re
import signal
import sys
from itertools import repeat

from .. import ending

_CLASS = re.compile(r'^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$', re.MULTILINE)  # its size; blocks that are free
_MOST_BYTES = 1 << 20  # of the report
_MOST_BLOCKS = 1 << 17  # of one size. An import that freed more left many on each page, and to take them takes seconds
_BYTES_OBJECT = sys.getsizeof(b'', 0)  # 0: not CPython, which has no fork server
_LEAST_BYTES = 2  # shorter ones are made once

_fillers = []


def fill():
    """Take the free blocks of Python's allocator for good, some hundred KB. Never raises."""
    try:
        report = _allocator_report()
    except Exception:  # not CPython, or no error output
        return
    for size, free in _CLASS.findall(report):
        if int(free) <= _MOST_BLOCKS:
            _fillers.append(tuple(_objects(int(size), int(free))))  # no list: the collector would look into it


def _objects(size, count):
    length = size - _BYTES_OBJECT
    if length >= _LEAST_BYTES:
        return map(bytes, repeat(length, count))
    return (object() for _ in range(count)) if size == sys.getsizeof(object()) else map(float, range(count))


def _allocator_report():
    """Python prints it to the error output, and can do nothing else with it."""
    ending.flush_streams()
    report = os.memfd_create('allocator')
    try:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # gunicorn's SIGUSR1 may reopen 2
        try:
            errors, is_inherited = os.dup(2), os.get_inheritable(2)
            try:
                os.dup2(report, 2)
                sys._debugmallocstats()
                ctypes.CDLL(None).fflush(None)
            finally:
                os.dup2(errors, 2, is_inherited)
                os.close(errors)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return os.pread(report, _MOST_BYTES, 0).decode('ascii', 'replace')
    finally:
        os.close(report)
