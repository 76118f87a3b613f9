import os
import subprocess
import sys
import tempfile
import unittest

import support  # noqa: F401  the package's place

# With a file mapped whose name is no text in the locale's encoding.
LOOKS = """
import mmap, os, support
from gunicorn_autoscaler_probe import process_room, process_stat
from gunicorn_autoscaler_probe.fork_server.memory import code_pages, usual_pages
from gunicorn_autoscaler_probe.fork_server.safety import left, native_threads
from gunicorn_autoscaler_probe.worker import oom
from gunicorn_autoscaler_probe.workforce import file_locks
with open(os.environb[b'MAPPED'], 'rb') as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
assert any('ballast' in name for name in left.Left().mapped)
usual_pages.own_ranges()
native_threads.library_of(os.getpid())
code_pages.unmap()
list(process_room._groups())
process_stat.waited_ns('self')
file_locks.holders([os.getpid()])
oom.end_first()
print('looked')
"""


class EncodingsTest(unittest.TestCase):
    def test_files_of_proc_may_name_what_is_no_text(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(os.fsencode(folder), b'jos\xe9-ballast')
            with open(path, 'wb') as file:
                file.write(b'x' * 4096)
            env = {b'LC_ALL': b'C', b'PYTHONCOERCECLOCALE': b'0', b'PYTHONUTF8': b'0', b'MAPPED': path,
                   b'PYTHONPATH': os.fsencode(':'.join(sys.path))}
            strict = ['-X', 'warn_default_encoding', '-W', 'error::EncodingWarning'] * (sys.version_info >= (3, 10))
            for options in ([], strict):
                looked = subprocess.run([sys.executable, '-B'] + options + ['-c', LOOKS], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(looked.stdout, b'looked\n')


if __name__ == '__main__':
    unittest.main()
