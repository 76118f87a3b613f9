"""What the sync meter costs, measured where another load on the machine hardly shows.

    .venvs/newest/bin/python bench/costs/probe_sync.py [REQUESTS]

One process, three sync workers of gunicorn: bare, metered, bare again (the control). Each serves real connections over
loopback, a hundred in turn, and the CPU time of this thread is taken around accept and handle. Prints the median in
microseconds a request.
"""
import mmap
import os
import random
import socket
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, '..', 'probe'), os.path.join(HERE, '..', 'tests', 'support', 'apps')]

import wsgi  # noqa: E402
from gunicorn.config import Config  # noqa: E402
from gunicorn.glogging import Logger  # noqa: E402
from gunicorn.workers.sync import SyncWorker  # noqa: E402
from gunicorn_autoscaler_probe.meters import sync_meter  # noqa: E402

REQUEST = b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
BLOCK = 100


def make_worker(words=None):
    config = Config()
    worker = SyncWorker(1, os.getppid(), [], None, 30, config, Logger(config))
    worker.wsgi = wsgi.app
    if words is not None:
        sync_meter.attach(worker, words)
    return worker


def serve(worker, listener):
    """One request; the CPU time its worker used, ns."""
    client = socket.create_connection(listener.getsockname())
    client.sendall(REQUEST)
    client.shutdown(socket.SHUT_WR)
    began = time.thread_time_ns()
    connection, address = listener.accept()
    connection.setblocking(True)
    worker.handle(listener, connection, address)
    took = time.thread_time_ns() - began
    while client.recv(65536):
        pass
    client.close()
    return took


def main(requests):
    listener = socket.create_server(('127.0.0.1', 0))
    with tempfile.TemporaryFile(dir='/dev/shm') as file:
        file.truncate(4096)
        words = memoryview(mmap.mmap(file.fileno(), 4096)).cast('Q')
        workers = {'bare': make_worker(), 'metered': make_worker(words), 'bare again': make_worker()}
        took = {name: [] for name in workers}
        for block in range(requests // BLOCK + 3):
            for name in random.sample(sorted(workers), len(workers)):
                times = [serve(workers[name], listener) for _ in range(BLOCK)]
                if block >= 3:  # the first warm up
                    took[name].extend(times)
    medians = {name: sorted(times)[len(times) // 2] / 1e3 for name, times in took.items()}
    for name, median in medians.items():
        print('%-10s %6.1f us  %+.1f' % (name, median, median - medians['bare']))


if __name__ == '__main__':
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6000)
