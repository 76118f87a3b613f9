import ctypes
import mmap
import os
import re
import subprocess
import sys
import tempfile
import unittest

import support
from gunicorn_autoscaler_probe.fork_server.memory import code_pages

PAGES = 16


def mapped_kb(path):
    """What of the file this process has mapped."""
    with open('/proc/self/smaps') as file:
        text = file.read()
    at = text.index(path)
    return int(re.search(r'Rss: +(\d+)', text[at:]).group(1))


class CodePagesTest(unittest.TestCase):

    def test_pages_of_a_file_that_were_read_are_let_go_and_come_back_as_they_were(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'code' * (PAGES * mmap.PAGESIZE // 4))
            file.flush()
            with mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ) as pages:
                before = bytes(pages)
                self.assertGreaterEqual(mapped_kb(file.name), PAGES * mmap.PAGESIZE // 1024)
                code_pages.unmap()
                self.assertEqual(mapped_kb(file.name), 0)
                self.assertEqual(bytes(pages), before)

    def test_a_mapping_with_a_changed_page_stays_as_it_is(self):
        libc = ctypes.CDLL(None, use_errno=True)
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'code' * (PAGES * mmap.PAGESIZE // 4))
            file.flush()
            access = mmap.PROT_READ | mmap.PROT_WRITE
            with mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, access) as pages:
                pages[:7] = b'changed'
                place = ctypes.addressof(ctypes.c_char.from_buffer(pages))
                # as the linker does with what it has relocated
                libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(len(pages)), mmap.PROT_READ)
                code_pages.unmap()
                self.assertEqual(ctypes.string_at(place, 7), b'changed')
                libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(len(pages)), access)

    def test_a_changed_page_counts_in_swap_as_well(self):
        def mapping(first, rights='r--p', own_kb=0, swapped_kb=0):
            return ['%x-%x %s 00000000 fd:00 42      /lib/x.so\n' % (first, first + 0x1000, rights), 'Rss: 4 kB\n',
                    'Anonymous: %d kB\n' % own_kb, 'Swap: %d kB\n' % swapped_kb, 'SwapPss: 0 kB\n', 'VmFlags: rd\n']
        lines = (mapping(0x1000) + mapping(0x2000, own_kb=4) + mapping(0x3000, swapped_kb=4) + mapping(0x4000, 'rw-p')
                 + mapping(0x5000, 'r-xp'))
        self.assertEqual(code_pages.unchanged(lines), [(0x1000, 0x2000), (0x5000, 0x6000)])

    def test_this_interpreter_lives_on(self):
        code = ('from gunicorn_autoscaler_probe.fork_server.memory import code_pages; code_pages.unmap(); '
                'import json, os, socket; pid = os.fork(); '
                'os._exit(7) if pid == 0 else print(os.waitpid(pid, 0)[1] >> 8)')
        ended = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, env=dict(
            os.environ, PYTHONPATH=support.PROBE), check=True)
        self.assertEqual(ended.stdout, b'7\n')
