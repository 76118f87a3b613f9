import os
import subprocess
import sys
import tempfile
import unittest

import support

SCRIPT = '''
import atexit, os, sys, threading, time
from gunicorn_autoscaler_probe.fork_server import ending
folder = sys.argv[1]

class Freed:
    def __del__(self, mkdir=os.mkdir, path=folder + '/freed'):
        mkdir(path)

made_at_import = Freed()
opened_at_import = open(folder + '/at_import', 'w')
ending.remember_files()
if os.fork():
    sys.exit(os.wait()[1] >> 8)
opened_later = open(folder + '/later', 'wb')
opened_at_import.write('a')
opened_later.write(b'b')
sys.stdout.write('c')
atexit.register(lambda: sys.stdout.write('d'))
threading.Thread(target=lambda: (time.sleep(0.05), sys.stdout.write('e'))).start()
ending.end(%s)
'''

UNUSED = '''
import atexit, os, subprocess, sys, threading, time
from gunicorn_autoscaler_probe.fork_server import ending
folder = sys.argv[1]
os.mkdir(folder + '/leader')
atexit.register(os.rmdir, folder + '/leader')
atexit.register(%s)
opened = open(folder + '/opened', 'w')
opened.write('a')
child = subprocess.Popen(['sleep', '60'])
pool = __import__('concurrent.futures').futures.ProcessPoolExecutor(1)
pool.submit(int).result()
threading.Thread(target=time.sleep, args=(60,)).start()

def tell_and_end():
    print(child.wait(), sorted(os.listdir(folder)), open(folder + '/opened').read(), flush=True)
    os._exit(7)

ending.end_unused(tell_and_end)
'''


def run(script, folder):
    return subprocess.run([sys.executable, '-c', script, folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=20, env=dict(os.environ, PYTHONPATH=support.PROBE))


class UnusedTest(unittest.TestCase):
    """A fork server that forks no worker."""

    def told(self, at_exit):
        with tempfile.TemporaryDirectory() as folder:
            ended = run(UNUSED % at_exit, folder)
            return ended.returncode, ended.stdout.decode().strip(), ended.stderr

    def test_what_its_import_began_ends_and_its_threads_are_not_waited_for(self):
        self.assertEqual(self.told('int'), (7, "-15 ['opened'] a", b''))

    def test_what_hangs_at_its_end_does_not_hold_it(self):
        self.assertEqual(self.told('time.sleep, 60'), (7, "-15 ['leader', 'opened']", b''))


class EndingTest(unittest.TestCase):

    def ended(self, code):
        """(exit code, output, error output, what the files hold) of a forked process that ends so."""
        with tempfile.TemporaryDirectory() as folder:
            ended = run(SCRIPT % code, folder)
            held = {}
            for name in ('at_import', 'later'):
                with open(os.path.join(folder, name)) as file:
                    held[name] = file.read()
            self.assertIn('freed', os.listdir(folder))  # by the parent, which ends as Python does
            return ended.returncode, ended.stdout, ended.stderr, held

    def test_threads_are_waited_for_atexit_runs_and_files_are_flushed(self):
        code, output, errors, held = self.ended('3')
        self.assertEqual((code, output, errors), (3, b'ced', b''))
        self.assertEqual((held['at_import'], held['later']), ('a', 'b'))

    def test_exit_codes_are_pythons(self):
        for code, number, errors in (('None', 0, b''), ('-1', 255, b''), ('"why"', 1, b'why\n')):
            self.assertEqual(self.ended(code)[::2], (number, errors))

    def test_objects_of_the_application_are_left_alone(self):
        script = SCRIPT.replace('sys.exit(os.wait()[1] >> 8)', 'os._exit(os.wait()[1] >> 8)') % '0'
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, '-c', script, folder], stdout=subprocess.DEVNULL, timeout=20, check=True,
                           env=dict(os.environ, PYTHONPATH=support.PROBE))
            self.assertEqual(sorted(os.listdir(folder)), ['at_import', 'later'])
