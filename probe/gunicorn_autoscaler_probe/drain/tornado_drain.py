"""How a tornado worker empties itself. gunicorn's own way cuts what is in service a second or two after a SIGTERM."""
from time import monotonic_ns

from ..polling import POLLIN, poll
from .drain import Drain

_LOOK_EVERY_MS = 100


def attach(worker, words, linger_ns=0):
    """Have `worker` look once a second, with its heartbeat, whether it must end."""
    drain = TornadoDrain(worker, words)
    drain.linger_ns = linger_ns
    watchdog = worker.watchdog

    def watched_watchdog():
        watchdog()
        drain.look()

    worker.watchdog = watched_watchdog


class TornadoDrain(Drain):
    """For WSGI applications and tornado's own."""

    def __init__(self, worker, words):
        super().__init__(words, worker.cfg, self._keep_none)
        self._worker = worker
        self._idle_until_ns = 0

    def _keep_none(self):
        self._worker.server.conn_params.no_keep_alive = True
        _promise_nothing_to_http_1_0()

    def stop_accepting(self):
        from tornado.ioloop import PeriodicCallback
        self._idle_until_ns = monotonic_ns() + self._worker.cfg.keepalive * 10**9
        self._worker.server.stop()
        looks = PeriodicCallback(self.look, _LOOK_EVERY_MS)
        looks.start()
        self._worker.callbacks.append(looks)

    def is_empty(self):
        if monotonic_ns() >= self._idle_until_ns:
            for connection in self._connections():
                if _is_idle(connection.stream):
                    connection.stream.close()
        return not self._connections()

    def close(self):
        for connection in self._connections():
            connection.stream.close()

    def leave(self):
        self._worker.alive = False

    def is_over(self):
        return not self._worker.alive

    def _connections(self):
        return list(self._worker.server._connections)


def _is_idle(stream):
    """Whether a connection waits for the next request, of which nothing has come: for the end of a head, which a
    regular expression finds, and not for more of a body. Data may be in the kernel still, when a WSGI application has
    blocked the loop."""
    if stream.closed() or stream._read_regex is None or stream.writing() or stream._read_buffer_size:
        return False
    arrived = poll()
    arrived.register(stream.fileno(), POLLIN)
    return not arrived.poll(0)


def _promise_nothing_to_http_1_0():
    """tornado answers "Keep-Alive" to a client of HTTP/1.0 that asked for it, also where it then closes."""
    from tornado.http1connection import HTTP1Connection
    write_headers = HTTP1Connection.write_headers

    def write_true_headers(connection, *args, **kwargs):
        asked = connection._request_headers
        if asked and connection._disconnect_on_finish and not connection.is_client:
            connection._request_headers = asked.copy()
            connection._request_headers.pop('Connection', None)
        return write_headers(connection, *args, **kwargs)

    HTTP1Connection.write_headers = write_true_headers
