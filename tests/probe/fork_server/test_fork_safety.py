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
from gunicorn_autoscaler_probe.fork_server.safety import exit_functions, left, settling, temporary_files, verdict
before = left.Left()
exit_functions.watch(), temporary_files.watch()
%s
exit_functions.watch_no_more(), temporary_files.watch_no_more()
settling.settle(before)
print(json.dumps(verdict.judge(before, left.Left(), os.fork)), flush=True)
os._exit(0)
"""
SENTRYS_THREAD = (
    'import threading, time, types\ndef run(): time.sleep(60)\nrun.__module__ = "sentry_sdk.monitor"\n'
    'threading.Thread(target=run, daemon=True).start()\n')

REFUSED = {
    'a thread': (
        'import threading, time\ndef refresh(): time.sleep(60)\n'
        'threading.Thread(target=refresh, name="refresher", daemon=True).start()',
        'thread "refresher" of __main__.refresh runs'),
    'a pool of threads': (
        'from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(int).result()',
        'concurrent.futures.thread'),
    'a timer': (
        'import functools, threading\ndef expire(): pass\na = threading.Timer(60, functools.partial(expire))\n'
        'a.daemon = True\na.start()', 'of __main__.expire runs'),
    'a connection': (
        'import socket\na = socket.create_server(("127.0.0.1", 0))\nb = socket.create_connection(a.getsockname())',
        'a connection to 127.0.0.1:'),
    'a listener': ('import socket\na = socket.create_server(("127.0.0.1", 0))', 'a socket that listens at 127.0.0.1:'),
    'an event loop': ('import asyncio\nloop = asyncio.new_event_loop()', 'an event loop or selector (eventpoll'),
    'a process': ('import subprocess\na = subprocess.Popen(["sleep", "5"], stdout=subprocess.DEVNULL)', 'the process'),
    'a process whose name is no text': (
        'import ctypes, time\nr, w = os.pipe()\nif os.fork() == 0:\n    os.close(1), os.close(2)\n'
        '    ctypes.CDLL(None).prctl(15, b"caf\\xc3", 0, 0, 0)\n    os.write(w, b".")\n    time.sleep(5)\n'
        '    os._exit(0)\nos.read(r, 1), os.close(r), os.close(w)', 'the process'),
    'a lock of processes to spawn': (
        'import multiprocessing\na = multiprocessing.get_context("spawn").Lock()',
        '(multiprocessing.resource_tracker)'),
    'an interval timer': ('import signal\nsignal.setitimer(signal.ITIMER_REAL, 60)', 'an interval timer'),
    'a timer of used CPU': ('import signal\nsignal.setitimer(signal.ITIMER_PROF, 60)', 'an interval timer'),
    'a file locked by flock': ('import fcntl\nf = open(sys.argv[1] + "/x", "w")\nfcntl.flock(f, fcntl.LOCK_EX)',
                               '/x is locked'),
    'a file locked by lockf': ('import fcntl\nf = open(sys.argv[1] + "/x", "w")\nfcntl.lockf(f, fcntl.LOCK_EX)',
                               '/x is locked'),
    'a lock that a fork lets go': (  # as filelock's
        'import fcntl\nf = open(sys.argv[1] + "/x", "w")\nfcntl.flock(f, fcntl.LOCK_EX)\n'
        'os.register_at_fork(after_in_child=lambda: f.close())', '/x is locked'),
    'a port that says who leads': ('import socket\na = socket.socket()\na.bind(("127.0.0.1", 0))',
                                   'a socket bound to 127.0.0.1:'),
    'a netlink socket': ('import socket\na = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)', 'a netlink socket'),
    'a pool of processes that has none yet': (
        'from concurrent.futures import ProcessPoolExecutor\na = ProcessPoolExecutor(1)', 'a pipe to itself'),
    'a pair of sockets': ('import socket\na = socket.socketpair()', 'a pair of sockets'),
    'a file read': ('a = open(__import__("os").__file__)\na.read(1)', 'with one position for all'),
    'an archive': ('import zipfile\nzipfile.ZipFile(sys.argv[1] + "/x", "w").close()\n'
                   'a = zipfile.ZipFile(sys.argv[1] + "/x")', 'with one position for all'),
    'an interpreter beside the main one': (
        'try:\n    import _interpreters\nexcept ImportError:  # up to Python 3.12\n'
        '    import _xxsubinterpreters as _interpreters\na = _interpreters.create()', 'an interpreter was made'),
    'a temporary directory': (
        'import tempfile\na = tempfile.TemporaryDirectory(dir=sys.argv[1])', 'the temporary directory'),
    'a folder that atexit removes': (  # as matplotlib's, where it cannot write
        'import atexit, shutil\nos.mkdir(sys.argv[1] + "/x")\natexit.register(shutil.rmtree, path=sys.argv[1] + "/x")',
        '/x is removed at exit'),
    'a file that a part of a function removes': (
        'import atexit, functools\nopen(sys.argv[1] + "/x", "w").close()\n'
        'atexit.register(functools.partial(os.remove, sys.argv[1] + "/x"))', '/x is removed at exit'),
    'a file that a method removes': (
        'import atexit, pathlib\na = pathlib.Path(sys.argv[1] + "/x")\na.touch()\natexit.register(a.unlink)',
        '/x is removed at exit'),
    'what a function of the application removes': (
        'import atexit, shutil\n@atexit.register\ndef tidy():\n    shutil.rmtree(sys.argv[1] + "/x")',
        'what __main__.tidy names is removed at exit'),
    'what a function that it calls removes': (
        'import atexit\n@atexit.register\ndef tidy(): remove_all()\n'
        'def remove_all(): os.remove(sys.argv[1] + "/x")', 'what __main__.tidy names is removed at exit'),
    'what a method that it calls removes': (
        'import atexit, shutil\nclass Store:\n    def close(self): self.tidy()\n'
        '    def tidy(self): shutil.rmtree("x")\natexit.register(Store().close)',
        'what __main__.Store.close names is removed at exit'),
    'what a finalizer removes': (
        'import shutil, weakref\nos.mkdir(sys.argv[1] + "/x")\n'
        'weakref.finalize(os, shutil.rmtree, sys.argv[1] + "/x")', '/x is removed at exit'),
    'what a stack of contexts removes': (
        'import atexit, contextlib\na = contextlib.ExitStack()\natexit.register(a.close)\n'
        'open(sys.argv[1] + "/x", "w").close()\na.callback(os.remove, sys.argv[1] + "/x")', '/x is removed at exit'),
    'a temporary file': (
        'import tempfile\na, b = tempfile.mkstemp(dir=sys.argv[1])\nos.close(a)', 'the temporary file'),
    'a resource of an archive': (  # as certifi's
        'import importlib.resources as r, zipfile, tempfile\ntempfile.tempdir = sys.argv[1]\n'
        'with zipfile.ZipFile(sys.argv[1] + "/x.zip", "w") as z: z.writestr("p/__init__.py", "")\n'
        'sys.path.insert(0, sys.argv[1] + "/x.zip")\n'
        'a = (r.as_file(r.files("p").joinpath("__init__.py")) if sys.version_info >= (3, 9) else\n'
        '     r.path("p", "__init__.py"))\na.__enter__()', 'the temporary file'),
    'an address for datagrams': (
        'import socket\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\na.bind(("127.0.0.1", 0))',
        'a socket bound to 127.0.0.1:'),
    'a name for datagrams': (
        'import socket\na = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\na.bind(sys.argv[1] + "/x")',
        'a socket bound to /'),
    'a pair of sockets for datagrams': (
        'import socket\na = socket.socketpair(type=socket.SOCK_DGRAM)', 'a pair of sockets'),
    'a terminal of its own': ('a = os.open("/dev/ptmx", os.O_RDWR)', 'the device /dev/'),
    'orphans that come to it': (
        'import ctypes\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)', 'PR_SET_CHILD_SUBREAPER is set'),
    'a signal at the end of the parent': (
        'import ctypes\nctypes.CDLL(None).prctl(1, 10, 0, 0, 0)', 'PR_SET_PDEATHSIG is set'),
    'memory that is locked': (
        'import ctypes\na = ctypes.create_string_buffer(4096)\nassert ctypes.CDLL(None).mlock(a, 4096) == 0',
        'a lock on memory is set'),
    'a database': (
        'import sqlite3\nc = sqlite3.connect(sys.argv[1] + "/x")\n'
        'c.execute("create table t (a)"); c.commit(); c.execute("select * from t")', 'the SQLite database'),
}

WARNED = {
    'shared memory': ('import mmap\na = mmap.mmap(-1, 4096)', 'shared memory or a lock'),
    'a lock of several processes': (
        'import multiprocessing\na = multiprocessing.get_context("fork").Lock()', 'shared memory or a lock'),
    'one end of a pipe': ('a = os.pipe()\nos.close(a[0])', 'a pipe'),
    'a file written': ('f = open(sys.argv[1] + "/x", "w")', 'with one position for all'),
    'a thread of Sentry': (SENTRYS_THREAD, 'of sentry_sdk.monitor.run runs, and workers start their own'),
    'a Sentry of another version': (
        SENTRYS_THREAD + 'sys.modules["sentry_sdk"] = threading', 'of sentry_sdk.monitor.run'),
    'what Sentry has to send, and the connection it keeps': (
        SENTRYS_THREAD + 'import socket\na = socket.create_server(("127.0.0.1", 0))\nb = socket.socket()\n'
        'class Client:\n    def flush(self, timeout): b.connect(a.getsockname()), a.close()\n'
        'client = Client()\n'
        'client.transport = types.SimpleNamespace(_pool=types.SimpleNamespace(clear=b.close))\n'
        'sys.modules["sentry_sdk"] = types.SimpleNamespace(get_client=lambda: client)', 'of sentry_sdk.monitor.run'),
}

FINE = {
    'nothing': '',
    'a signal handler': 'import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)',
    'a program that has ended': 'import subprocess\na = subprocess.Popen(["true"])',
    'a program that is about to end': 'os.popen("echo 1").read()',
    'a file that is mapped': 'import mmap\nf = open(__import__("os").__file__, "rb")\n'
                             'm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)',
    'a file that a fork closes':
        'f = open(__import__("os").__file__)\nos.register_at_fork(after_in_child=lambda: f.close())',
    'a temporary directory that has been removed':
        'import tempfile\nwith tempfile.TemporaryDirectory(): pass',
    'what atexit is to call':
        'import atexit, functools, shutil\natexit.register(print, 1)\natexit.register(functools.partial(print, 2))\n'
        'atexit.register([].clear)\natexit.register(shutil.rmtree, sys.argv[1] + "/gone")\n'
        'assert atexit.register(lambda a: [].remove(a), 1)',
    'a timer that is about to end':  # as that of limits.storage.MemoryStorage, flask-limiter's default
        'import threading\nthreading.Timer(0.01, int).start()',
    'a Sentry without a thread':
        'import types\nsys.modules["sentry_sdk"] = types.SimpleNamespace(get_client=os.abort)',
    'a thread that has ended': 'import threading\nt = threading.Thread(target=int)\nt.start(); t.join()',
    'a log where close() is for a loop to do': 'f = open(sys.argv[1] + "/log", "a")\nos.close = id',
    'a log': 'f = open(sys.argv[1] + "/log", "a")',
    'a datagram socket':
        'import socket\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\na.connect(("127.0.0.1", 9))',
    'a datagram socket that has sent':
        'import socket\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\na.sendto(b"x", ("127.0.0.1", 9))',
    'a device that all share': 'a = open("/dev/urandom", "rb"), open("/dev/null", "w")',
    'a temporary file that has been put in its place':
        'import tempfile\na, b = tempfile.mkstemp(dir=sys.argv[1])\nos.close(a)\nos.rename(b, sys.argv[1] + "/x")',
    'what a finalizer and a stack are to call':
        'import atexit, contextlib, weakref\na = contextlib.ExitStack()\natexit.register(a.close)\n'
        'a.callback(print, 1)\na.enter_context(contextlib.suppress(KeyError))\nweakref.finalize(os, print, 2)',
    'a database in memory': 'import sqlite3\nc = sqlite3.connect(":memory:")',
}


def judged(code):
    """What judge says after `code`, in a process of its own with a folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, '-c', SCRIPT % (PROBE, code), folder], stdin=subprocess.DEVNULL,
                              timeout=20, stdout=subprocess.PIPE, check=True)
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

    def test_what_is_there_many_times_is_told_once(self):
        refusals, _ = judged('import socket\na = socket.create_server(("127.0.0.1", 0))\nb = a.dup()')
        self.assertEqual(len(refusals), 1)

    def test_an_event_loop_of_a_library_is_told_with_the_library(self):
        # Like grpc, whose threads end before a fork and begin anew behind it.
        code = ('import select, subprocess, threading\nfrom unittest import mock\n'
                'from gunicorn_autoscaler_probe.fork_server.safety import native_threads\n'
                'native_threads.library_of = lambda task: "grpc.so"\nend = threading.Event()\n'
                'def begin():\n    global thread\n    thread = threading.Thread(target=end.wait, daemon=True)\n'
                '    thread.start()\n    del threading._active[thread.ident]\n'
                'def stop():\n    threading._active[thread.ident] = thread\n'
                '    end.set()\n    thread.join()\n    end.clear()\n'
                'begin()\nos.register_at_fork(before=stop, after_in_parent=begin)\nloop = select.epoll()')
        refusals, _ = judged(code)
        self.assertRegex('; '.join(refusals), '^an event loop .*; perhaps that is of grpc.so, which has threads$')


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
