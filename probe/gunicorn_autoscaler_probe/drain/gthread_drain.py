"""How a gthread worker empties itself; from 27 on gunicorn sees to most of it."""
import os
import socket
import sys
from time import monotonic_ns

from .. import kinds, report, words as w
from ..meters.wsgi_meter import is_stream, is_websocket
from ..polling import POLLOUT, poll
from . import own_listeners, time_limits, wsgi_http2
from .drain import Drain

_EMPTY_FOR_NS = 100 * 10**6
_LOOK_EVERY_S = 0.1
# A turn of the main loop takes a second at most; answers are ended so long before the graceful timeout.
_LAST_TURNS_S = 1.5
_REQUEST = ('handle', 'handle_request', 'handle_http2_request')


def of(worker, words, linger_ns=0):
    """What sees `worker` out: its look() is to be called in each turn of the main loop, once a second at least."""
    wsgi_http2.see_out(worker, words)
    if any(hasattr(sys.modules.get(one.__module__), 'STOP_KEEPALIVE_LINGER') for one in type(worker).__mro__):
        return GunicornsDrain(worker, words)
    drain = GthreadDrain(worker, words)
    drain.linger_ns = linger_ns
    return drain


class GthreadDrain(Drain):
    """For gunicorn's threaded worker of 20 to 26. Its answers end their connections as soon as the slot says
    "draining": gthread_meter sees to that, and `max_keepalived` for the connections that no meter sees."""

    def __init__(self, worker, words):
        super().__init__(words, worker.cfg, self._keep_none)
        self._worker = worker
        self._empty_since_ns = 0

    def _keep_none(self):
        self._worker.max_keepalived = 0

    def stop_accepting(self):
        worker = self._worker
        wait = worker.poller.select
        worker.poller.select = lambda timeout=None: wait(
            _LOOK_EVERY_S if timeout is None else min(timeout, _LOOK_EVERY_S))
        if hasattr(worker, 'set_accept_enabled'):  # 24 and newer
            worker.set_accept_enabled(False)
            worker.set_accept_enabled = _nothing
            accept_queued(worker)
        else:
            for listener in worker.sockets:
                try:
                    worker.poller.unregister(listener)
                except KeyError:  # held back by the meter just now
                    pass

    def is_empty(self):
        """For a while, not just now: up to 23 a pool thread puts a connection back a moment after it has answered."""
        if self._has_connections():
            self._empty_since_ns = 0
            return False
        now = monotonic_ns()
        self._empty_since_ns = self._empty_since_ns or now
        return now - self._empty_since_ns >= _EMPTY_FOR_NS

    def _has_connections(self):
        worker = self._worker
        if hasattr(worker, 'method_queue'):  # 24 and newer: only the main thread counts them
            return worker.nr_conns > 0
        # nr_conns of 23 and older is counted in all threads without a lock.
        return len(worker.poller.get_map()) > 0 or any(not one.done() for one in list(worker.futures))

    def close(self):
        end_answers(self._worker, begun=True)

    def abort_waiting(self):
        end_answers(self._worker)

    def leave(self):
        self._worker.nr_conns = 0  # their time is over: gunicorn would wait for them again
        self._worker.alive = False

    def is_over(self):
        return not self._worker.alive


class GunicornsDrain:
    """For 27 and newer, after SIGTERM: all but what gunicorn does itself. In a worker that drains beside others, what
    clients keep open has its time, and the application's own work longer."""

    def __init__(self, worker, words):
        self._worker = worker
        self._words = words
        self._since_ns = 0
        self._clients_ns = 0  # from then on, connections on which no own work is done are ended; 0: not prolonged
        self._own_ns = 0  # from then on, all answers that have begun are ended
        cap_keepalive = getattr(worker, '_cap_keepalive', None)

        def prolong_and_cap_keepalive(deadline):
            """Called when the main loop has ended, before gunicorn looks at its graceful timeout."""
            self._attempt(self._prolong)
            cap_keepalive(deadline)

        if cap_keepalive is not None:
            worker._cap_keepalive = prolong_and_cap_keepalive

    def _prolong(self, worker):
        if self._words[w.STATE] == w.DRAINING:
            self._clients_ns = int(time_limits.clients_s(worker.cfg, kinds.GTHREAD) * 10**9)
            own_s = int(time_limits.own_s(worker.cfg))
            self._own_ns = int((own_s - _LAST_TURNS_S) * 10**9)
            worker.cfg.set('graceful_timeout', own_s)

    def look(self):
        """Called in each turn of its main loop."""
        if self._worker.alive:
            return
        now_ns = monotonic_ns()
        if not self._since_ns:
            self._since_ns = now_ns
            self._attempt(accept_queued)
        past_ns = now_ns - self._since_ns
        if 0 < self._clients_ns < past_ns:
            own = self._attempt(lambda worker: end_answers(worker, begun=past_ns > self._own_ns))
            if own == 0:
                self._worker.nr_conns = 0  # gunicorn would wait for them

    def _attempt(self, step):
        try:
            return step(self._worker)
        except Exception as error:
            report.trouble('drain a worker', error, self._worker.log)
            return None


def accept_queued(worker):
    """With reuse_port: accept what is queued on the worker's own listeners, which it no longer looks at, and
    close them."""
    for listener in own_listeners.of(worker):
        while own_listeners.is_queued(listener):
            worker.accept(listener)
        for client, _ in own_listeners.take(listener):  # came in between
            client.close()


def end_answers(worker, begun=False):
    """Shut the connections that only their clients keep busy: answers that are not read, event streams, websockets,
    requests that still come in. The thread that writes to one, or reads from it, ends. Before its answer begins, while
    the application makes more of it (unless all that have begun are to end), and in its close(), a request is the
    application's own work: returns how many there are.
    """
    own = 0
    for name, values, called, written in _served(worker):
        response, conn = values.get('resp'), values.get('conn')
        is_writing = any(one is response for one in written)
        is_open = name == 'handle' or is_websocket(values.get('req'))
        if is_open or _is_the_clients(response, conn, called, is_writing, begun):
            _shut(conn)
        else:
            own += 1
    return own


def open_streams(worker):
    """How many answers are event streams."""
    return sum(is_stream(getattr(values.get('resp'), 'headers', None)) for _, values, _, _ in _served(worker))


def _served(worker):
    """What the threads of `worker` serve: the name of its method, that one's variables, the frame that it calls, and
    the responses that are written to further on."""
    for frame in list(sys._current_frames().values()):
        called, written = None, []
        while frame is not None:
            name = frame.f_code.co_name
            if name == 'write' and _is_gunicorns(frame.f_code):  # the callable of start_response, too
                written.append(frame.f_locals.get('self'))
            if name in _REQUEST and os.path.basename(frame.f_code.co_filename) == 'gthread.py':
                values = frame.f_locals
                if values.get('self') is worker:
                    yield name, values, called, written
                    break
            called, frame = frame, frame.f_back


def _is_gunicorns(code):
    return 'gunicorn' in code.co_filename.split(os.sep)


def _is_the_clients(response, conn, frame, is_writing, begun):
    """Whether this answer, in which `frame` is called, is one that its client keeps busy; any, if it has `begun`."""
    if not getattr(response, 'headers_sent', False):
        return False
    code = getattr(frame, 'f_code', None)
    is_gunicorns = code is None or _is_gunicorns(code)
    if code is not None and code.co_name == 'close' and not is_gunicorns:
        return False  # gunicorn's own writes the end of it
    if begun or is_stream(getattr(response, 'headers', None)):
        return True
    return (is_gunicorns or is_writing) and not _takes_more(conn)


def _takes_more(conn):
    """Whether what is written to it can be sent: its thread was just writing, and waits for no client."""
    try:
        writable = poll()
        writable.register(conn.sock, POLLOUT)
        return any(what & POLLOUT for _, what in writable.poll(0))
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def _shut(conn):
    try:
        conn.sock.shutdown(socket.SHUT_RDWR)
    except (OSError, AttributeError):  # it has ended
        pass


def _nothing(enabled):
    pass
