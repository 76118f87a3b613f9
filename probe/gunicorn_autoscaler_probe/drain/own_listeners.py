"""With reuse_port (gunicorn 25 and newer) each worker has its own listeners and accept queues.

Closing a listener resets the connections in its queue, and connections that arrive after its worker stops accepting are
never served. So a draining worker accepts what is queued, and closes the listener at once.
"""
import os
import socket
import struct
from time import monotonic

from ..polling import POLLIN, poll
from . import time_limits

_FIRST_WITH_OWN = 25
_SO_ATTACH_FILTER = 26  # socket has no name for it
_DROP = struct.pack('=HBBI', 6, 0, 0, 0)  # a filter of one instruction, which returns 0


def are_made(cfg):
    """Whether each worker makes its own, at the begin of its boot."""
    if not getattr(cfg, 'reuse_port', False):
        return False
    from gunicorn import version_info
    return version_info[0] >= _FIRST_WITH_OWN


def of(worker):
    """The listeners that are this worker's alone."""
    if not are_made(worker.cfg):
        return []
    return [one for one in worker.sockets if one.family in (socket.AF_INET, socket.AF_INET6)]


def take(listener):
    """All connections in its queue, as (socket, address); it is closed then. Its descriptor stays open, for
    whoever still has the number."""
    taken = []
    _let_none_in(listener)
    nowhere = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while is_queued(listener):
            try:
                taken.append(listener.accept())
            except OSError:
                break
    finally:
        os.dup2(nowhere, listener.fileno(), inheritable=False)
        os.close(nowhere)
    return taken


def _let_none_in(listener):
    """A connection that came between the last look and the end would be reset. The kernel drops its first packet here;
    the client sends it again after a second, and it reaches another worker's listener."""
    try:
        import ctypes
        program = ctypes.create_string_buffer(_DROP)
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack('@HP', 1, ctypes.addressof(program)))
    except (OSError, ImportError):  # a kernel without filters, a Python without ctypes
        pass


def is_queued(listener):
    """A connection waits to be accepted."""
    waiting = poll()
    waiting.register(listener.fileno(), POLLIN)
    return bool(waiting.poll(0))


class Named:
    """Stands for a listener that is closed, or may be by the time it is asked for its name."""

    def __init__(self, name, listener=None):
        self._name = name
        self._listener = listener

    def __getattr__(self, attribute):
        return getattr(self._listener, attribute)

    def getsockname(self):
        return self._name


def serve_before_end(worker):
    """Have gunicorn's sync `worker`, at the end of its run, answer what was queued on its own listeners."""
    run = worker.run

    def run_and_serve():
        run()
        end = monotonic() + time_limits.own_s(worker.cfg)  # where the server ends, gunicorn's master ends it sooner
        for listener in of(worker):
            named = Named(listener.getsockname())
            for client, address in take(listener):
                if monotonic() > end:
                    client.close()
                    continue
                client.setblocking(True)
                worker.notify()
                worker.handle(named, client, address)

    worker.run = run_and_serve


def hand_to_loop(loop, listeners, make_protocol, ssl):
    """Have the event loop serve what is queued on `listeners`, and close them. Returns a task for each connection:
    before it is done the server does not know of the connection."""
    tasks = []
    for listener in listeners:
        loop.remove_reader(listener.fileno())
        for client, _ in take(listener):
            client.setblocking(False)
            task = loop.create_task(loop.connect_accepted_socket(make_protocol, client, ssl=ssl))
            task.add_done_callback(_look_away)
            tasks.append(task)
    return tasks


def _look_away(task):
    if not task.cancelled():
        task.exception()  # the client has gone
