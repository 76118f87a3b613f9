"""Pages of programs and libraries that only the import used."""
import ctypes
import re

_MADV_DONTNEED = 4
_PLACE = re.compile(r'([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* +/')
_COPIED = re.compile(r'Anonymous: +(\d+) kB')


def unmap():
    """Have the kernel forget that this process uses them; one that is read again is mapped again.

    Forks do not inherit them either way. Only of mappings without a page of our own: a changed one would be lost.
    Raises OSError where /proc cannot be read.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for first, end in _unchanged():
        libc.madvise(first, end - first, _MADV_DONTNEED)  # refused where memory is locked, which does no harm


def _unchanged():
    """(first address, end) of each read-only mapping of a file that is as the file is."""
    found, place = [], None
    with open('/proc/self/smaps') as lines:
        for line in lines:
            match = _PLACE.match(line)
            if match:
                place = int(match.group(1), 16), int(match.group(2), 16)
            elif place is not None and line.startswith('Anonymous:'):
                if _COPIED.match(line).group(1) == '0':
                    found.append(place)
                place = None
    return found
