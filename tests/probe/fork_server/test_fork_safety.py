import ctypes
import json
import subprocess
import sys
import tempfile
import threading
import unittest

from support import PROBE
from gunicorn_autoscaler_probe.fork_server.safety import python_threads

SCRIPT = """
import json, os, sys
sys.path.insert(0, %r)
sys.dont_write_bytecode = True
from gunicorn_autoscaler_probe.fork_server.safety import verdict
from gunicorn_autoscaler_probe.fork_server.safety.left import Left
before = Left()
%s
print(json.dumps(verdict.judge(before, Left(), os.fork)), flush=True)
os._exit(0)
"""

REFUSED = {
    'a thread': (
        'import threading, time\ndef refresh(): time.sleep(60)\n'
        'threading.Thread(target=refresh, name="refresher", daemon=True).start()',
        'thread "refresher" of __main__.refresh runs'),
    'a pool of threads': (
        'from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(int).result()',
        'concurrent.futures.thread'),
    'a connection': (
        'import socket\na = socket.create_server(("127.0.0.1", 0))\nb = socket.create_connection(a.getsockname())',
        'a connection to 127.0.0.1:'),
    'a listener': ('import socket\na = socket.create_server(("127.0.0.1", 0))', 'a socket that listens at 127.0.0.1:'),
    'an event loop': ('import asyncio\nloop = asyncio.new_event_loop()', 'an event loop or selector (eventpoll'),
    'a process': ('import subprocess\na = subprocess.Popen(["sleep", "5"], stdout=subprocess.DEVNULL)', 'the process'),
    'an interval timer': ('import signal\nsignal.setitimer(signal.ITIMER_REAL, 60)', 'an interval timer'),
    'a locked file': (
        'import fcntl, tempfile\nf = tempfile.TemporaryFile()\nfcntl.flock(f, fcntl.LOCK_EX)', 'a file is locked'),
    'a database': (
        'import sqlite3\nc = sqlite3.connect(sys.argv[1] + "/x")\n'
        'c.execute("create table t (a)"); c.commit(); c.execute("select * from t")', 'the SQLite database'),
}

WARNED = {
    'shared memory': ('import mmap\na = mmap.mmap(-1, 4096)', 'shared memory was made'),
    'a pipe': ('a = os.pipe()', 'a pipe'),
    'a file read': ('a = open(__import__("os").__file__)\na.read(1)', 'whose position they share'),
}

FINE = {
    'nothing': '',
    'a signal handler': 'import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)',
    'a thread that has ended': 'import threading\nt = threading.Thread(target=int)\nt.start(); t.join()',
    'a log': 'f = open(sys.argv[1] + "/log", "a")',
    'a datagram socket':
        'import socket\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\na.connect(("127.0.0.1", 9))',
    'a database in memory': 'import sqlite3\nc = sqlite3.connect(":memory:")',
}


def judged(code):
    """What judge says after `code`, in a process of its own with a folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, '-c', SCRIPT % (PROBE, code), folder], stdin=subprocess.DEVNULL,
                              timeout=60, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.decode())


class ForkSafetyTest(unittest.TestCase):
    def test_what_a_fork_would_break_is_refused_by_name(self):
        for what, (code, said) in REFUSED.items():
            with self.subTest(what=what):
                refusals, _ = judged(code)
                self.assertIn(said, '; '.join(refusals))

    def test_what_forks_share_is_told_and_not_refused(self):
        for what, (code, said) in WARNED.items():
            with self.subTest(what=what):
                refusals, warnings = judged(code)
                self.assertEqual(refusals, [])
                self.assertIn(said, '; '.join(warnings))

    def test_what_does_no_harm_is_not_spoken_of(self):
        for what, code in FINE.items():
            with self.subTest(what=what):
                self.assertEqual(judged(code), [[], []])


class PythonThreadsTest(unittest.TestCase):

    def test_a_thread_that_native_code_began_is_known(self):
        self.assertFalse(python_threads.exist())
        library = ctypes.CDLL(None)
        is_there, may_end = threading.Event(), ctypes.c_int(0)
        begin = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)

        @begin
        def live(_):
            is_there.set()
            while not may_end.value:
                library.usleep(1000)  # without the interpreter lock
            return None

        thread = ctypes.c_ulong()
        self.assertEqual(library.pthread_create(ctypes.byref(thread), None, live, None), 0)
        is_there.wait()
        self.assertTrue(python_threads.exist())
        may_end.value = 1
        library.pthread_join(thread, None)
        self.assertFalse(python_threads.exist())

    def test_a_thread_in_which_no_python_runs_now_is_known(self):
        api = ctypes.pythonapi
        api.PyInterpreterState_Main.restype = api.PyThreadState_New.restype = ctypes.c_void_p
        thread = ctypes.c_void_p(api.PyThreadState_New(ctypes.c_void_p(api.PyInterpreterState_Main())))
        self.assertEqual(len(sys._current_frames()), 1)
        self.assertTrue(python_threads.exist())
        api.PyThreadState_Clear(thread)
        api.PyThreadState_Delete(thread)
        self.assertFalse(python_threads.exist())
