"""Gunicorn looks after the heartbeats of its workers at each turn of its loop, once a second when nothing happens.

At the first look it aborts a worker whose time is over (worker_abort runs), at the next it kills it. Our signals bring
turns in quick succession, which would leave that hook no time.

A reload may shorten the timeout. A worker gives its heartbeats as often as the timeout at its fork asks for, and serves
on until a new one does.
"""
import contextlib
from time import monotonic, monotonic_ns, time

_EVERY_NS = 10**9
_RECENT_S = 3  # a worker's main loop gives one each second


def look_once_a_second(server):
    """Wrap murder_workers of this arbiter."""
    murder = server.murder_workers
    looked_ns = -_EVERY_NS

    def murder_workers():
        nonlocal looked_ns
        now_ns = monotonic_ns()
        if now_ns - looked_ns >= _EVERY_NS:
            looked_ns = now_ns
            with _own_timeouts(server):
                murder()

    server.murder_workers = murder_workers


@contextlib.contextmanager
def _own_timeouts(server):
    """Heartbeats of workers that were forked with a longer timeout look newer by the difference."""
    ahead = []
    for worker in list(server.WORKERS.values()) if server.timeout else ():
        more_s = _own_s(worker) - server.timeout
        if more_s > 0:
            ahead.append(worker)
            worker.tmp = _Ahead(worker.tmp, more_s)
    try:
        yield
    finally:
        for worker in ahead:
            worker.tmp = worker.tmp.file


def _own_s(worker):
    """The timeout at its fork, of which gunicorn gives it half; 0 where its class has made something else of that."""
    half_s = getattr(worker, 'timeout', 0)
    return 2 * half_s if isinstance(half_s, (int, float)) else 0


class _Ahead:
    """The heartbeat file of a worker, that many seconds newer."""

    def __init__(self, file, more_s):
        self.file = file
        self._more_s = more_s

    def last_update(self):
        return self.file.last_update() + self._more_s

    def __getattr__(self, name):
        return getattr(self.file, name)


def is_recent(worker):
    """Whether the last heartbeat of a worker, by the clock that its gunicorn takes, is a moment old."""
    try:
        last_s = worker.tmp.last_update()
    except (AttributeError, OSError, ValueError):
        return False
    return any(abs(clock() - last_s) < _RECENT_S for clock in (monotonic, time))
