"""A worker that must end empties itself first, so that no client finds its connection cut.

uvicorn, gunicorn's asgi worker and, up to gunicorn 26, its gthread worker close idle kept-alive connections the moment
they are told to stop; a request that is on its way on one of them is lost. So the master only marks the slot
"draining". The worker sees that at its next look, stops accepting, ends each connection with its next answer
("Connection: close"), and leaves when none is open.

After the graceful timeout it closes what only its clients keep open: event streams, websockets, idle connections, slow
readers and senders. The application's own work has longer, as a request or after its response, with the heartbeat kept.
"""
import os
import signal
from time import monotonic_ns

from .. import words as w
from . import own_handler, own_listeners, time_limits
from .goaway import NO_MORE_STREAMS

_CLOSING_NS = 10**9


_has_handler = False


def note_handler():
    """Whether the application has a handler for SIGTERM, which is to run when this worker ends. Before it serves: some
    worker classes put theirs in front of it then, and an application its own when it starts up."""
    global _has_handler
    _has_handler = own_handler.is_there()


class Drain:
    """Looks now and then (at each tick of an event loop) whether the worker must end, and drains it."""

    def __init__(self, words, cfg, close_connections):
        """close_connections(): from now on every answer ends its connection. Says in the slot that it is there."""
        self._words = words
        self._clients_ns = int(time_limits.clients_s(cfg, words[w.KIND]) * 10**9)
        self._own_ns = int(time_limits.own_s(cfg) * 10**9)
        self._close_connections = close_connections
        self.linger_ns = 0  # it stays so long after its last request
        self._since_ns = 0
        self._closing_ns = 0  # since when what clients keep open is being closed
        words[w.EMPTIES_ITSELF] = 1

    def look(self):
        """One look. A worker that cannot be emptied stops as if it had got its SIGTERM."""
        if self._since_ns == 0:
            if self._words[w.STATE] != w.DRAINING:
                return
            self._since_ns = monotonic_ns()
            self._try(self._close_connections)
            self._try(self.stop_accepting)
        elif self.is_over():
            return
        elif self._try(self.is_empty):
            if monotonic_ns() - self._words[w.LAST_CHANGE_NS] >= self.linger_ns:
                self._leave()
        else:
            self._end_in_time(monotonic_ns())

    def _end_in_time(self, now_ns):
        past_ns = now_ns - self._since_ns
        if past_ns <= self._clients_ns:
            return
        if self._closing_ns:
            if now_ns - self._closing_ns > _CLOSING_NS:
                self._abort(now_ns)
        elif self._words[w.IN_FLIGHT] and past_ns <= self._own_ns:
            self._try(self.abort_waiting)
        else:
            self._closing_ns = now_ns
            self._try(self.close)

    def _abort(self, now_ns):
        self._try(self.abort)
        if self._try(self.is_cleaning_up) and now_ns - self._closing_ns <= self._clients_ns:
            return
        self._try(self.cancel)
        self._leave()

    def _leave(self):
        self._try(self.leave)
        self._try(self.on_leave)
        if _has_handler or own_handler.is_there():
            os.kill(os.getpid(), signal.SIGTERM)

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

    def close(self):
        """Close the connections that are open, in good order."""

    def abort(self):
        """Drop what that left open."""

    def is_cleaning_up(self):
        """Calls of the application whose client has been sent away have not returned. They have as long as it had."""
        return False

    def cancel(self):
        """Cancel these calls."""

    def abort_waiting(self):
        """Drop the connections on which the application waits for its client: to read an answer, or to send
        the request."""

    def leave(self):
        """End, as after a SIGTERM that has nothing to wait for."""
        raise NotImplementedError

    def on_leave(self):
        """Called after leave()."""

    def is_over(self):
        """The worker is already leaving."""
        raise NotImplementedError


def stop_serving(servers):
    """Have the running loop accept nothing more from the sockets of these servers of its own.

    asyncio's Server.close() is too much: a connection that was accepted a moment before, and has no transport
    yet, trips over the closed server and is reset. uvloop has no such gap, and no reader that could be
    removed.
    """
    import asyncio
    loop = asyncio.get_running_loop()
    for server in servers:
        if isinstance(server, asyncio.base_events.Server):
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
        else:
            server.close()


def is_unread(transport):
    """The client has not read what was written."""
    return transport.get_write_buffer_size() > 0


class UvicornDrain(Drain):
    """For uvicorn, in either package."""

    def __init__(self, worker, words, close_connections):
        super().__init__(words, worker.cfg, close_connections)
        self._worker = worker
        self._config = worker.config
        self._server = None
        self._handed = []  # tasks
        self._told = set()  # connections of HTTP/2

    def stop_accepting(self):
        server = self._server = _uvicorn_server(self._config)
        listeners = own_listeners.of(self._worker)
        if listeners:
            import asyncio
            self._handed = own_listeners.hand_to_loop(
                asyncio.get_running_loop(), listeners, lambda: self._config.http_protocol_class(
                    config=self._config, server_state=server.server_state, app_state=server.lifespan.state),
                self._config.ssl)
        stop_serving(server.servers)
        self._end_http2()

    def _end_http2(self):
        """Tell each connection of HTTP/2 to send no more; a tick later or more, end it when no request is on it."""
        for connection in list(self._server.server_state.connections):
            if not hasattr(connection, 'cycles'):
                continue
            if connection not in self._told:
                self._told.add(connection)
                connection.transport.write(NO_MORE_STREAMS)
            elif not connection.cycles:
                connection.shutdown()

    def is_empty(self):
        self._end_http2()
        state = self._server.server_state
        return not state.connections and not state.tasks and all(task.done() for task in self._handed)

    def close(self):
        for connection in list(self._server.server_state.connections):
            if hasattr(connection, 'cycle'):
                connection.transport.close()
            else:
                connection.shutdown()  # a websocket is told why, HTTP/2 when its last request is answered

    def abort(self):
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def is_cleaning_up(self):
        return self._words[w.WEBSOCKETS] > 0

    def cancel(self):
        for task in list(self._server.server_state.tasks):
            task.cancel()

    def abort_waiting(self):
        for connection in list(self._server.server_state.connections):
            if hasattr(connection, 'cycles'):
                connection.shutdown()  # new requests on it are refused from now on
            cycle = getattr(connection, 'cycle', None)
            if cycle is not None and (getattr(cycle, 'more_body', False) or is_unread(connection.transport)):
                connection.transport.abort()

    def leave(self):
        self._server.should_exit = True

    def is_over(self):
        return self._server is None or self._server.should_exit


def _uvicorn_server(config):
    """The Server that serves `config`. Often nothing else refers to it than a call that the worker's main task waits
    for."""
    import asyncio
    for task in asyncio.all_tasks():
        call = task.get_coro()
        while call is not None:
            frame = getattr(call, 'cr_frame', None)
            server = frame.f_locals.get('self') if frame is not None else None
            if hasattr(server, 'server_state') and getattr(server, 'config', None) is config:
                return server
            call = getattr(call, 'cr_await', None)
    raise LookupError('no uvicorn server found')
