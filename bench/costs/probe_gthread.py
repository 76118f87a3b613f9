"""What the gthread meter costs, measured where another load on the machine hardly shows.

    .venvs/newest/bin/python bench/costs/probe_gthread.py [REQUESTS]

Three threaded workers of gunicorn in one process: bare, metered, bare again (the control); nine processes, as
memory falls differently in each. A kept connection asks over loopback; the pool serves in the same thread, so
that no switch of threads counts. CPU time of the two turns of the main loop (one up to gunicorn 23) in which a
request is read, served and put back. Prints medians in microseconds a request. PROBE is the folder of another
version of the probe.
"""
import importlib
import mmap
import os
import queue
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from functools import partial
from statistics import median

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
PROBE = os.environ.get('PROBE', os.path.join(HERE, '..', '..', 'probe'))
sys.path[:0] = [PROBE, os.path.join(HERE, '..', '..', 'tests', 'support', 'apps')]

REQUEST = b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
NAMES = ('bare', 'metered', 'bare again')
BLOCK, PROCESSES = 100, 9


class Pool:
    """A thread pool without threads: it serves when told."""

    def __init__(self):
        self._work_queue = queue.SimpleQueue()
        self._submitted = []

    def submit(self, function, *arguments):
        future = Future()
        self._submitted.append((future, function, arguments))
        return future

    def serve(self):
        for future, function, arguments in self._submitted:
            future.set_result(function(*arguments))
        self._submitted.clear()


def make_worker(words=None):
    import wsgi
    from gunicorn.config import Config
    from gunicorn.glogging import Logger
    from gunicorn.workers.gthread import ThreadWorker
    config = Config()
    for name, value in (('threads', 8), ('keepalive', 600), ('worker_class', 'gthread')):
        config.set(name, value)
    listener = socket.create_server(('127.0.0.1', 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    worker = ThreadWorker(1, os.getppid(), [listener], None, 30, config, Logger(config))
    worker.wsgi = wsgi.app
    worker.tpool = Pool()
    worker.poller = selectors.DefaultSelector()
    is_new = hasattr(worker, 'method_queue')  # 24 and newer
    if is_new:
        worker.method_queue.init()
        worker.poller.register(worker.method_queue.fileno(), selectors.EVENT_READ, worker.method_queue.run_callbacks)
    else:
        worker._lock = threading.RLock()
    if words is not None:
        importlib.import_module('gunicorn_autoscaler_probe.worker.attach').attach(worker, 2, words, print)
    if is_new:
        worker.set_accept_enabled(True)
    else:
        listener.setblocking(False)
        worker.poller.register(listener, selectors.EVENT_READ, partial(worker.accept, listener.getsockname()))
    worker.client = socket.create_connection(listener.getsockname())
    worker.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return worker


def turn(worker):
    worker.notify()
    for key, _ in worker.poller.select(0):
        key.data(key.fileobj)
    worker.tpool.serve()


def serve(worker):
    """One request; the CPU time its worker used, ns."""
    worker.client.sendall(REQUEST)
    began = time.thread_time_ns()
    turn(worker)
    if hasattr(worker, 'method_queue'):
        turn(worker)
    took = time.thread_time_ns() - began
    worker.client.setblocking(False)
    for _ in range(5):  # the first request of a connection takes more turns
        try:
            worker.client.recv(65536)
            break
        except BlockingIOError:
            turn(worker)
    else:
        raise SystemExit('Cannot measure: no answer came')
    worker.client.setblocking(True)
    getattr(worker, 'futures', []).clear()
    return took


def measure(requests):
    """Medians of the three workers, us."""
    with tempfile.TemporaryFile(dir='/dev/shm') as file:
        file.truncate(4096)
        words = memoryview(mmap.mmap(file.fileno(), 4096)).cast('Q')
        workers = {name: make_worker(words if name == 'metered' else None)
                   for name in random.sample(NAMES, len(NAMES))}
        took = {name: [] for name in NAMES}
        for block in range(requests // BLOCK + 1):
            for name in random.sample(NAMES, len(NAMES)):
                times = [serve(workers[name]) for _ in range(BLOCK)]
                if block >= 1:  # the first warms up
                    took[name].extend(times)
    return [median(took[name]) / 1e3 for name in NAMES]


def main(requests):
    rows = []
    for _ in range(PROCESSES):
        output = subprocess.run([sys.executable, '-W', 'ignore', __file__, '--once', str(requests // PROCESSES)],
                                check=True, stdout=subprocess.PIPE).stdout
        rows.append([float(word) for word in output.split()])
    for at, name in enumerate(NAMES):
        more = median(row[at] - row[0] for row in rows)
        print('%-10s %6.1f us  %+.1f' % (name, median(row[at] for row in rows), more))


if __name__ == '__main__':
    if sys.argv[1:2] == ['--once']:
        print(*measure(int(sys.argv[2])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 4500)
