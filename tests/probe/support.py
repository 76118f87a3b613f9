"""What the probe's Python tests share: the package's place, a runtime folder, fakes of gunicorn's objects."""
import contextlib
import os
import shutil
import struct
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBE = os.path.join(ROOT, 'probe')
sys.dont_write_bytecode = True
sys.path.insert(0, PROBE)

from gunicorn_autoscaler_probe import words as w  # noqa: E402
from gunicorn_autoscaler_probe.master import parent  # noqa: E402
from gunicorn_autoscaler_probe.page import Page  # noqa: E402


@contextlib.contextmanager
def runtime_folder(supervisor_pid=None):
    """A folder with an arbiter file; `supervisor_pid`: the parent of this process when not given."""
    folder = tempfile.mkdtemp(prefix='ga-probe-test-')
    try:
        write_arbiter(folder, parent.real_pid() if supervisor_pid is None else supervisor_pid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_arbiter(folder, supervisor_pid, magic=w.ARBITER_MAGIC):
    with open(os.path.join(folder, 'arbiter'), 'wb') as f:
        f.write(struct.pack('<4Q', magic, supervisor_pid, 0, 0).ljust(w.SIZE, b'\0'))


def read_arbiter(folder):
    with open(os.path.join(folder, 'arbiter'), 'rb') as f:
        return struct.unpack('<512Q', f.read(w.SIZE))


def want(folder, workers):
    """What the supervisor does before it rings: the number, then its seq."""
    with open(os.path.join(folder, 'arbiter'), 'r+b') as f:
        seq = struct.unpack('<4Q', f.read(32))[3]
        f.seek(w.A_WANTED * 8)
        f.write(struct.pack('<2Q', workers, seq + 1))


def begin_with(folder, workers):
    """What the supervisor does before the start, where the configuration may name another number."""
    with open(os.path.join(folder, 'arbiter'), 'r+b') as f:
        f.seek(w.A_FIRST * 8)
        f.write(struct.pack('<Q', workers))


def want_sleep(folder, number, depth=2):
    """What the supervisor does before it rings for sleep `number`; 0: for its end."""
    with open(os.path.join(folder, 'arbiter'), 'r+b') as f:
        f.seek(w.A_SLEEP * 8)
        f.write(struct.pack('<2Q', number, depth))
    want(folder, 1)


def write_slot(folder, pid, **words):
    """A slot as a worker would have written it: write_slot(folder, 7, READY_NS=5)."""
    values = [0] * 512
    values[w.MAGIC], values[w.VERSION], values[w.PID], values[w.STATE] = w.SLOT_MAGIC, 1, pid, w.BOOTING
    values[w.BOOT_NS] = time.monotonic_ns()
    for name, value in words.items():
        values[getattr(w, name)] = value
    with open(os.path.join(folder, 'w-%d' % pid), 'wb') as f:
        f.write(struct.pack('<512Q', *values))


def read_slot(folder, pid):
    with open(os.path.join(folder, 'w-%d' % pid), 'rb') as f:
        return struct.unpack('<512Q', f.read(w.SIZE))


@contextlib.contextmanager
def page():
    """A mapped page of zeros."""
    with tempfile.TemporaryFile() as f:
        made = Page(f.fileno())
        try:
            yield made.words
        finally:
            made.close()


class Clock:
    """Stands in for time.monotonic_ns; moves when asked to."""

    def __init__(self):
        self.ns = 10**12

    def __call__(self):
        return self.ns

    def pass_ms(self, ms):
        self.ns += int(ms * 10**6)


@contextlib.contextmanager
def stopped_clock(*modules):
    """One Clock in place of monotonic_ns in these modules."""
    clock = Clock()
    for module in modules:
        module.monotonic_ns = clock
    try:
        yield clock
    finally:
        for module in modules:
            module.monotonic_ns = time.monotonic_ns


class Log:
    """Gunicorn's logger, as far as the probe uses it."""

    def __init__(self):
        self.lines = []
        self.infos = []  # those of them that are no trouble

    def _say(self, text, *arguments, **more):
        self.lines.append(text % arguments if arguments else text)

    debug = warning = error = critical = exception = _say

    def info(self, *given):
        self._say(*given)
        self.infos.append(self.lines[-1])


def default_post_request(worker, req, environ, resp):
    pass


class Setting:
    def __init__(self, default, arity=None):
        self.default = default
        self.value = default
        self._arity = arity

    def get(self):
        return self.value

    def set(self, value):
        self.value = self.validator(value)

    def validator(self, value):
        if not callable(value):
            raise TypeError('Value is not callable: %s' % value)
        if self._arity is not None and hasattr(value, '__code__') and value.__code__.co_argcount != self._arity:
            raise TypeError('Value must have an arity of: %s' % self._arity)
        return value


class Config:
    """Gunicorn's Config, as far as the probe uses it."""

    def __init__(self, **values):
        self.settings = {'post_request': Setting(default_post_request)}
        self.threads = 1
        self.worker_connections = 1000
        self.graceful_timeout = 30
        self.timeout = 30
        self.preload_app = False
        self.workers = 1
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def post_request(self):
        return self.settings['post_request'].value

    @post_request.setter
    def post_request(self, value):
        self.settings['post_request'].value = value

    def set(self, name, value):
        setattr(self, name, value)


def in_fork(step):
    """What step() returns, a number, in a fork of this process."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, b'%d' % step())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read) as file:
        return int(file.read())
