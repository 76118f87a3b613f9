"""Gunicorn looks after the heartbeats of its workers at each turn of its loop, once a second when nothing happens.

At the first look it aborts a worker whose time is over (worker_abort runs), at the next it kills it. Our signals bring
turns in quick succession, which would leave that hook no time.
"""
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
            murder()

    server.murder_workers = murder_workers


def is_recent(worker):
    """Whether the last heartbeat of a worker, by the clock that its gunicorn takes, is a moment old."""
    try:
        last_s = worker.tmp.last_update()
    except (AttributeError, OSError, ValueError):
        return False
    return any(abs(clock() - last_s) < _RECENT_S for clock in (monotonic, time))
