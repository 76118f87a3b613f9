"""Free places between the objects of the import. A worker's new objects would be put there, each on a page that it has
to copy first; with these taken, they share new pages."""
import os
import re
import sys

_CLASS = re.compile(r'^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$', re.MULTILINE)  # its size; places that are free
_MOST_BYTES = 1 << 20  # of the report
_BYTES_OBJECT = sys.getsizeof(b'')
_LEAST_BYTES = 2  # shorter ones are made once

_fillers = []


def fill():
    """Take the free places of Python's allocator for good, some hundred KB. Never raises."""
    try:
        report = _allocator_report()
    except Exception:  # not CPython, or no error output
        return
    for size, free in _CLASS.findall(report):
        _fillers.append([_make(int(size), number) for number in range(int(free))])


def _make(size, number):
    length = size - _BYTES_OBJECT
    if length >= _LEAST_BYTES:
        return bytes(length)
    return object() if size == sys.getsizeof(object()) else float(number)


def _allocator_report():
    """Python prints it to the error output, and can do nothing else with it."""
    sys.stderr.flush()
    report = os.memfd_create('allocator')
    try:
        errors = os.dup(2)
        try:
            os.dup2(report, 2)
            sys._debugmallocstats()
        finally:
            os.dup2(errors, 2)
            os.close(errors)
        return os.pread(report, _MOST_BYTES, 0).decode('ascii', 'replace')
    finally:
        os.close(report)
