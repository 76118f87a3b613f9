"""What the ASGI meter costs on uvicorn, measured where another load on the machine hardly shows.

    .venvs/newest/bin/python bench/costs/probe_asgi.py [BLOCKS [CONNECTIONS]] 2>/dev/null

One server process with one event loop and three of uvicorn's servers, set up as its gunicorn worker does: bare,
metered, bare again (the control). A client in another process keeps connections to each (8) and sends to one server at
a time, blocks of requests in random turn; the server's CPU time is taken around each block. Prints the medians in
microseconds a request, of the blocks and of their differences from the bare block of the same turn.
"""
import asyncio
import importlib.util
import mmap
import os
import random
import signal
import socket
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, '..', 'probe'), os.path.join(HERE, '..', 'tests', 'support', 'apps')]

import asgi  # noqa: E402
from gunicorn_autoscaler_probe.meters import asgi_meter  # noqa: E402
from gunicorn_autoscaler_probe.worker import loop_lag  # noqa: E402
from uvicorn._compat import asyncio_run  # noqa: E402
from uvicorn.config import Config  # noqa: E402
from uvicorn.protocols.http import httptools_impl  # noqa: E402
from uvicorn.server import Server  # noqa: E402

REQUEST = b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
ROUNDS = 20  # a block: so many requests on each connection


def metered(app, words):
    return asgi_meter.wrap(app, words, lambda flush, close: loop_lag.tick_asyncio(words, flush), lambda: None)


def protocol_of_its_own(number):
    """uvicorn's protocol from a module of its own: the meter changes classes, and only one server is to have it."""
    spec = importlib.util.spec_from_file_location('httptools_impl_%d' % number, httptools_impl.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.HttpToolsProtocol


def serve(apps_and_sockets):
    """Serve each application on its socket, in one loop, until killed."""
    async def all_of_them():
        servers = []
        for number, (app, listener) in enumerate(apps_and_sockets):
            config = Config(app, http=protocol_of_its_own(number), log_config=None, access_log=False)
            config.load()
            server = Server(config)
            server.lifespan = config.lifespan_class(config)
            await server.startup(sockets=[listener])
            servers.append(server)
        await asyncio.gather(*(server.main_loop() for server in servers))

    asyncio_run(all_of_them(), loop_factory=Config(None).get_loop_factory())


def drive(connections, rounds):
    for _ in range(rounds):
        for connection in connections:
            connection.sendall(REQUEST)
        for connection in connections:
            answer = connection.recv(65536)
            while not answer.endswith(b'ok\n'):
                more = connection.recv(65536)
                if not more:
                    raise SystemExit('Cannot measure: the server ended a connection after %r' % answer)
                answer += more


def main(blocks, connections, variants):
    """variants: name -> application, made in the server's process from the words of a slot of its own."""
    listeners = {name: socket.create_server(('127.0.0.1', 0)) for name in variants}
    server = os.fork()
    if server == 0:
        with tempfile.TemporaryFile(dir='/dev/shm') as file:
            file.truncate(4096 * len(variants))
            pages = mmap.mmap(file.fileno(), 4096 * len(variants))
            words = memoryview(pages).cast('Q')
            serve([(make(words[512 * i:512 * (i + 1)]), listeners[name])
                   for i, (name, make) in enumerate(variants.items())])
        os._exit(0)
    cpu_clock = ~server << 3 | 2  # clock_getcpuclockid(3) of that process
    try:
        open_to = {name: [socket.create_connection(listener.getsockname()) for _ in range(connections)]
                   for name, listener in listeners.items()}
        took = {name: [] for name in variants}
        for block in range(blocks + 3):
            for name in random.sample(sorted(variants), len(variants)):
                before = time.clock_gettime_ns(cpu_clock)
                drive(open_to[name], ROUNDS)
                took_us = (time.clock_gettime_ns(cpu_clock) - before) / (ROUNDS * connections) / 1e3
                if block >= 3:  # the first warm up
                    took[name].append(took_us)
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    medians = {name: sorted(times)[len(times) // 2] for name, times in took.items()}
    for name, median in medians.items():
        apart = sorted(a - b for a, b in zip(took[name], took['bare']))
        print('%-12s %6.2f us  %+.2f  in pairs %+.2f'
              % (name, median, median - medians['bare'], apart[len(apart) // 2]))


if __name__ == '__main__':
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 8,
         {'bare': lambda words: asgi.app, 'metered': lambda words: metered(asgi.app, words),
          'bare again': lambda words: asgi.app})
