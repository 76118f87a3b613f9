"""A worker that is to go empties itself first, so that no client finds its connection cut.

uvicorn, gunicorn's asgi worker and, up to gunicorn 26, its gthread worker close idle kept-alive connections the moment
they are told to stop; a request that is on its way on one of them is lost. So the master only marks the slot
"draining". The worker sees that at its next look, stops accepting, ends each connection with its next answer
("Connection: close"), and leaves when none is open, or after the graceful timeout at the latest.
"""
import os
import signal
from time import monotonic_ns

from .. import words as w


class Drain:
    """Looks now and then (at each tick of an event loop) whether the worker is to go, and sees it out."""

    def __init__(self, words, timeout_s, close_connections):
        """close_connections(): from now on every answer ends its connection. Says in the slot that it is there."""
        self._words = words
        self._timeout_ns = int(timeout_s * 10**9)
        self._close_connections = close_connections
        self._since_ns = 0
        words[w.EMPTIES_ITSELF] = 1

    def look(self):
        """One look. A worker that cannot be emptied stops as if it had got its SIGTERM."""
        if self._since_ns == 0:
            if self._words[w.STATE] != w.DRAINING:
                return
            self._since_ns = monotonic_ns()
            self._close_connections()
            self._try(self.stop_accepting)
        elif self.is_over():
            return
        elif monotonic_ns() - self._since_ns > self._timeout_ns or self._try(self.is_empty):
            self._try(self.leave)

    def _try(self, step):
        try:
            return step()
        except Exception:
            os.kill(os.getpid(), signal.SIGTERM)
            return False

    def stop_accepting(self):
        """Take no new connection."""
        raise NotImplementedError

    def is_empty(self):
        """No connection is open."""
        raise NotImplementedError

    def leave(self):
        """End, as after a SIGTERM that has nothing to wait for."""
        raise NotImplementedError

    def is_over(self):
        """The worker is already leaving."""
        raise NotImplementedError


def stop_serving(servers):
    """Have the running loop accept nothing more from the sockets of these servers of its own.

    asyncio's Server.close() is too much: a connection that was accepted a moment before, and has no transport yet, trips
    over the closed server and is reset. uvloop has no such gap, and no reader that could be removed.
    """
    import asyncio
    loop = asyncio.get_running_loop()
    for server in servers:
        if isinstance(server, asyncio.base_events.Server):
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
        else:
            server.close()


class UvicornDrain(Drain):
    """For uvicorn, in either package."""

    def __init__(self, worker, words, close_connections):
        super().__init__(words, worker.cfg.graceful_timeout, close_connections)
        self._config = worker.config
        self._server = None

    def stop_accepting(self):
        self._server = _uvicorn_server(self._config)
        stop_serving(self._server.servers)

    def is_empty(self):
        return not self._server.server_state.connections

    def leave(self):
        self._server.should_exit = True

    def is_over(self):
        return self._server is None or self._server.should_exit


def _uvicorn_server(config):
    """The Server that serves `config`: a local variable of the worker's main task, nobody else keeps it."""
    import asyncio
    for task in asyncio.all_tasks():
        frame = getattr(task.get_coro(), 'cr_frame', None)
        server = frame.f_locals.get('server') if frame is not None else None
        if getattr(server, 'config', None) is config:
            return server
    raise LookupError('no uvicorn server found')
