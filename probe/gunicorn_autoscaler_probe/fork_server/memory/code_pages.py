"""Pages of programs and libraries that only a start or an import used."""
import ctypes
import re

from ... import report
from ...process_stat import kernel_text

_MADV_DONTNEED = 4
_PLACE = re.compile(r'([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* +/')
_COPIED = re.compile(r'(?:Anonymous|Swap): +[1-9]')


def unmap():
    """Have the kernel forget that this process uses them; one that is read again is mapped again.

    Forks do not inherit them either way. Only of mappings without a page of our own: a changed one would be lost.
    Never raises.
    """
    try:
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        with kernel_text('/proc/self/smaps') as lines:
            places = unchanged(lines)
        for first, end in places:
            madvise(first, end - first, _MADV_DONTNEED)  # refused where memory is locked, which does no harm
    except Exception as error:
        report.trouble('unmap code pages', error)


def unchanged(lines):
    """(first address, end) of each read-only mapping of a file, of the lines of smaps, that is as the file is: with no
    page of our own in memory or in swap."""
    found, place = [], None
    for line in lines:
        match = _PLACE.match(line)
        if match:
            place = int(match.group(1), 16), int(match.group(2), 16)
        elif place is not None and _COPIED.match(line):
            place = None
        elif place is not None and line.startswith('VmFlags:'):  # the last of its lines
            found.append(place)
            place = None
    return found
