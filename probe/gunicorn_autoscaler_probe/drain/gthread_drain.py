"""How a gthread worker empties itself, where gunicorn does not see to it (it does from 27 on)."""
import sys
from time import monotonic_ns

from .. import words as w
from .drain import Drain

_EMPTY_FOR_NS = 100 * 10**6


def attach(worker, words):
    """Have `worker` look at each turn of its main loop, once a second at least, whether it is to go."""
    if any(hasattr(sys.modules.get(one.__module__), 'STOP_KEEPALIVE_LINGER') for one in type(worker).__mro__):
        return
    look = GthreadDrain(worker, words).look
    notify = worker.notify

    def watched_notify():
        notify()
        look()

    worker.notify = watched_notify


class GthreadDrain(Drain):
    """For gunicorn's threaded worker of 20 to 26. Its answers end their connections as soon as the slot says "draining":
    gthread_meter sees to that, and `max_keepalived` for the connections that no meter sees."""

    def __init__(self, worker, words):
        super().__init__(words, worker.cfg.graceful_timeout, self._keep_none)
        self._worker = worker
        self._empty_since_ns = 0

    def _keep_none(self):
        self._worker.max_keepalived = 0

    def stop_accepting(self):
        worker = self._worker
        if hasattr(worker, 'set_accept_enabled'):  # 24 and newer
            worker.set_accept_enabled(False)
            worker.set_accept_enabled = _nothing
        else:
            for listener in worker.sockets:
                worker.poller.unregister(listener)

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
        if hasattr(worker, 'method_queue'):  # 24 and newer: only the main thread counts
            return worker.nr_conns > 0
        # nr_conns of 23 and older is counted in all threads without a lock.
        return len(worker.poller.get_map()) > 0 or any(not one.done() for one in list(worker.futures))

    def leave(self):
        self._worker.nr_conns = 0  # they had their time: gunicorn would wait for them once more
        self._worker.alive = False

    def is_over(self):
        return not self._worker.alive


def _nothing(enabled):
    pass
