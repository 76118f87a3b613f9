import ctypes
import gc
import mmap
import os
import resource
import time
import unittest

from support import in_fork
from gunicorn_autoscaler_probe.fork_server.memory.usual_pages import UsualPages, own_ranges

PAGES = 400
_NO_RESERVE = 0x4000
SIZE = os.sysconf('SC_PAGE_SIZE')


def can_populate():
    held = bytearray(2 * SIZE)
    address = -(-ctypes.addressof(ctypes.c_char.from_buffer(held)) // SIZE) * SIZE
    return ctypes.CDLL(None).madvise(ctypes.c_void_p(address), ctypes.c_size_t(SIZE), 23) == 0


class UsualPagesTest(unittest.TestCase):
    def setUp(self):
        self.held = bytearray(b'x' * (PAGES + 1) * SIZE)
        self.pages = UsualPages()
        self.addCleanup(self.pages._mine.close)
        self.addCleanup(self.pages._theirs.close)
        gc.freeze()
        self.addCleanup(gc.unfreeze)

    def write(self):
        """Faults that a write to each page of ours takes."""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for at in range(0, PAGES * SIZE, SIZE):
            self.held[at] = 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    def boot(self):
        self.pages.keep_to_tell()
        self.write()
        self.pages.tell()
        return 0

    def copied_first(self):
        self.pages.copy(lambda: False)
        return self.write()

    def copied_at_once(self):
        self.pages.copy_at_once()
        return self.write()

    def wanted_at_once(self):
        self.pages.copy(lambda: True)
        return self.write()

    @unittest.skipUnless(can_populate(), 'this kernel does not copy pages in advance')
    def test_what_the_first_worker_wrote_to_is_copied_in_a_spare_beforehand(self):
        self.pages.is_at_once = False
        self.assertGreaterEqual(in_fork(self.write), PAGES)
        self.pages.learn()
        self.assertGreaterEqual(in_fork(self.copied_first), PAGES, 'nothing is known yet')
        in_fork(self.boot)
        self.pages.learn()
        self.assertLess(in_fork(self.copied_first), PAGES // 10)
        self.assertGreaterEqual(in_fork(self.wanted_at_once), PAGES, 'its order has come')

    def test_all_pages_are_copied_in_one_call_where_the_kernel_can(self):
        if not self.pages.is_at_once:
            self.skipTest('this kernel does not copy pages in one call')
        self.assertGreaterEqual(in_fork(self.copied_at_once), PAGES, 'nothing is known yet')
        in_fork(self.boot)
        self.pages.learn()
        self.assertLess(in_fork(self.copied_at_once), PAGES // 10)
        known = self.pages._ranges[:]
        del self.pages._ranges[:]
        for _ in range(3):  # what is not mapped stops each call
            self.pages._ranges.extend((SIZE, SIZE))
            self.pages._ranges.extend(known)
        self.assertLess(in_fork(self.copied_at_once), PAGES // 10)

    def test_only_the_first_worker_tells(self):
        in_fork(self.boot)
        self.pages.learn()
        known = self.pages._ranges.tobytes()
        in_fork(self.boot)
        self.pages.learn()
        self.assertEqual(self.pages._ranges.tobytes(), known)
        with self.assertRaises(BlockingIOError):
            self.pages._mine.recv(1)

    def test_pages_that_two_processes_have_are_no_own_ones(self):
        def shared():
            address = ctypes.addressof(ctypes.c_char.from_buffer(self.held)) + SIZE
            ranges = own_ranges()
            return sum(first <= address < first + size for first, size in zip(ranges[::2], ranges[1::2]))
        self.assertEqual(in_fork(shared), 0)

    def test_a_mapping_of_many_gigabytes_is_not_looked_at(self):
        reserved = mmap.mmap(-1, 1 << 36, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
        self.addCleanup(reserved.close)
        began_s = time.monotonic()
        self.assertGreater(len(own_ranges()), 0)
        self.assertLess(time.monotonic() - began_s, 2)

    def test_addresses_that_are_not_mapped_do_no_harm(self):
        self.pages._ranges.extend((SIZE, SIZE, 1 << 46, SIZE))
        self.pages.copy(lambda: False)
        self.pages.copy_at_once()
