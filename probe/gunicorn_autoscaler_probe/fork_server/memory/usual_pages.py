"""Pages that each boot of a worker writes to, and the kernel copies at the first write.

The first worker tells its fork server which they are. Later ones have them copied in one call, a third of what as many
page faults cost. Where the kernel has no such call, a spare has time, and has them copied before it is wanted.
"""
import array
import ctypes
import mmap
import os
import re

from .. import wire

_MADV_POPULATE_WRITE = 23  # Linux 5.14; before, it is refused
_PIDFD_OPEN, _PROCESS_MADVISE = 434, 440  # the same numbers on every machine; of the process itself from Linux 6.13 on
_MOST_AT_ONCE = 1024
_MOST_REFUSED = 16  # no longer mapped
_LOOK_EVERY = 64
_PAGE = os.sysconf('SC_PAGE_SIZE')
_PRESENT_AND_OWN = 1 << 63 | 1 << 56  # of an entry of pagemap
_PLACE = re.compile(br'([0-9a-f]+)-([0-9a-f]+) rw-p ')
_MOST_RANGES = 8000
_MOST_PAGES = 1 << 17  # looked at: half a second at the very most, for a worker that boots


class UsualPages:
    """The pages that workers of one fork server write to as they boot."""

    def __init__(self):
        """In the fork server, before its first fork. Raises OSError."""
        self._ranges = array.array('Q')  # first address, bytes; ...
        self._mine, self._theirs = wire.pair()
        for end in self._mine, self._theirs:
            end.setblocking(False)
        self._libc = ctypes.CDLL(None)
        self._libc.syscall.restype = ctypes.c_long
        with mmap.mmap(-1, _PAGE, mmap.MAP_PRIVATE) as page:
            held = ctypes.c_char.from_buffer(page)
            self.is_at_once = self._populate(array.array('Q', (ctypes.addressof(held), _PAGE)))
            del held

    def learn(self):
        """Take in what a worker told: in the fork server, before a fork."""
        if self._ranges:
            return
        try:
            data = self._mine.recv(_MOST_RANGES * 16)
        except OSError:  # none has, so far
            return
        self._ranges.frombytes(data[:len(data) // 16 * 16])

    def keep_to_tell(self):
        """Keep only what a worker needs to tell its pages: in a worker that is about to boot."""
        self._mine.close()
        if self._ranges:
            self._theirs.close()

    def tell(self):
        """Tell the fork server this worker's pages, once it has booted. Never raises."""
        with self._theirs:
            if self._ranges:
                return
            try:
                self._theirs.send(own_ranges()[:2 * _MOST_RANGES])
            except OSError:  # after a change of user /proc says nothing; or another has told
                pass

    def copy_at_once(self):
        """Copy the pages in a process just forked, where the kernel can (is_at_once). Never raises."""
        if self.is_at_once and self._ranges:
            self._populate(self._ranges)

    def _populate(self, ranges):
        """Whether all that is mapped of them was copied."""
        pidfd = self._libc.syscall(_PIDFD_OPEN, os.getpid(), 0)
        if pidfd < 0:
            return False
        at, refused = 0, 0
        while at < len(ranges) and refused <= _MOST_REFUSED:
            count = min((len(ranges) - at) // 2, _MOST_AT_ONCE)
            place = ctypes.c_void_p(ranges.buffer_info()[0] + at * ranges.itemsize)
            done = self._libc.syscall(_PROCESS_MADVISE, pidfd, place, ctypes.c_size_t(count), _MADV_POPULATE_WRITE, 0)
            if done <= 0:
                refused += 1
                at += 2
            while done > 0:
                done -= ranges[at + 1]
                at += 2
        os.close(pidfd)
        return refused == 0

    def copy(self, is_wanted):
        """In a spare, where they are not copied yet, until is_wanted(). Never raises what is not raised there."""
        madvise = self._libc.madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for at in range(0, len(self._ranges), 2):
            if self.is_at_once or at % _LOOK_EVERY == 0 and is_wanted():
                return
            madvise(self._ranges[at], self._ranges[at + 1], _MADV_POPULATE_WRITE)  # refused where nothing is mapped


def own_ranges():
    """First address and bytes, one after the other, of the pages that no other process has. A mapping with too many is
    left out: a model, or memory that is only reserved. Raises OSError."""
    found, left = array.array('Q'), _MOST_PAGES
    with open('/proc/self/maps', 'rb') as maps, open('/proc/self/pagemap', 'rb', 0) as pagemap:
        for line in maps:
            place = _PLACE.match(line)
            if not place:
                continue
            first, end = int(place.group(1), 16), int(place.group(2), 16)
            pages = (end - first) // _PAGE
            if pages > left:
                continue
            left -= pages
            pagemap.seek(first // _PAGE * 8)
            entries = array.array('Q', pagemap.read(pages * 8))
            for number, entry in enumerate(entries):
                if entry & _PRESENT_AND_OWN != _PRESENT_AND_OWN:
                    continue
                address = first + number * _PAGE
                if found and found[-2] + found[-1] == address:
                    found[-1] += _PAGE
                else:
                    found.extend((address, _PAGE))
    return found
