"""How gunicorn's own asgi worker empties itself."""
from .. import words as w
from . import own_listeners
from .drain import Drain, is_unread, stop_serving
from .goaway import NO_MORE_STREAMS, goaway

_SERVICE_RESTART = b'\x88\x02\x03\xf4'  # a websocket's close frame with 1012, as uvicorn sends it
_REFUSED_STREAM = 7  # an error code of HTTP/2: nothing of the request was carried out, it may go elsewhere


def watch_connections():
    """The connections that are open from now on, as a set that follows them. For this process: before its loop runs.

    gunicorn's own count is not enough: up to 26.0 it keeps those that the worker itself has closed.
    """
    from gunicorn.asgi.protocol import ASGIProtocol
    connections = set()
    made, lost = ASGIProtocol.connection_made, ASGIProtocol.connection_lost

    def connection_made(self, transport):
        connections.add(self)
        return made(self, transport)

    def connection_lost(self, exc):
        connections.discard(self)
        return lost(self, exc)

    ASGIProtocol.connection_made, ASGIProtocol.connection_lost = connection_made, connection_lost
    return connections


class AsgiDrain(Drain):
    """connections: what watch_connections() gave."""

    def __init__(self, worker, words, close_connections, connections):
        super().__init__(words, worker.cfg, close_connections)
        self._worker = worker
        self._connections = connections
        self._handed = []  # tasks

    def stop_accepting(self):
        from gunicorn.asgi.protocol import ASGIProtocol
        worker = self._worker
        self._handed = own_listeners.hand_to_loop(
            worker.loop, own_listeners.of(worker), lambda: ASGIProtocol(worker), worker._get_ssl_context())
        stop_serving(worker.servers)
        for connection in list(self._connections):
            if _is_http2(connection):
                connection.transport.write(NO_MORE_STREAMS)

    def is_empty(self):
        for connection in list(self._connections):
            if _is_idle_http2(connection):
                self._end_http2(connection)
        is_idle = not self._connections and not self._words[w.IN_FLIGHT] and not self.is_cleaning_up()
        return is_idle and all(task.done() for task in self._handed)

    def _end_http2(self, connection):
        """By another GOAWAY, so that its client knows what was not served."""
        self._handed.append(self._worker.loop.create_task(connection._h2_conn.close()))

    def close(self):
        for connection in list(self._connections):
            if _is_http2(connection):
                self._end_http2(connection)
                continue
            websocket = getattr(connection, '_websocket', None)
            if _is_open(websocket):
                connection.transport.write(_SERVICE_RESTART)
            connection.transport.close()

    def abort(self):
        for connection in list(self._connections):
            connection.transport.abort()  # gunicorn cancels the calls when it leaves

    def is_cleaning_up(self):
        return self._words[w.WEBSOCKETS] > 0

    def abort_waiting(self):
        for connection in list(self._connections):
            if _is_http2(connection):
                _refuse_streams(connection)
            receiver = getattr(connection, '_body_receiver', None)
            if not getattr(receiver, '_complete', True) or is_unread(connection.transport):
                connection.transport.abort()

    def leave(self):
        self._worker.nr_conns = 0  # their time is over: gunicorn would wait for them again
        self._worker.alive = False

    def is_over(self):
        return not self._worker.alive


def _refuse_streams(connection):
    """A client that has not heeded the first GOAWAY is told which requests are the last: others are refused."""
    http2 = connection._h2_conn
    if '_handle_request_received' in vars(http2):
        return
    handle, last = http2._handle_request_received, http2.h2_conn.highest_inbound_stream_id

    def handle_or_refuse(event):
        if event.stream_id <= last:
            return handle(event)
        http2.h2_conn.reset_stream(event.stream_id, error_code=_REFUSED_STREAM)
        return None

    http2._handle_request_received = handle_or_refuse
    connection.transport.write(goaway(last))


def _is_http2(connection):
    return not getattr(getattr(connection, '_h2_conn', None), 'is_closed', True)


def _is_idle_http2(connection):
    return _is_http2(connection) and not connection._h2_conn.streams and not getattr(connection, '_h2_tasks', None)


def _is_open(websocket):
    return getattr(websocket, 'accepted', False) and not (websocket.closed or getattr(websocket, '_close_sent', False))
