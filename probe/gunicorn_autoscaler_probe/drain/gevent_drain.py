"""How long gunicorn's gevent workers wait for their requests."""
from time import monotonic_ns

from .. import words as w
from . import time_limits

_AHEAD_S = 3  # gunicorn looks once a second
_AFTER_S = 2  # what it takes after the time: up to a second to see it, and one to end what is left


def patience(worker, words, own_work):
    """A function to call in ticks of the loop. In a worker that drains beside others, requests have longer than the
    graceful timeout for the application's own work, and what clients keep open ends by it; own_work(): how many do
    it."""
    cfg = worker.cfg
    clients_s, own_s = time_limits.clients_s(cfg), time_limits.own_s(cfg)
    since_ns = 0

    def look():
        nonlocal since_ns
        if worker.alive or words[w.STATE] != w.DRAINING:
            return
        since_ns = since_ns or monotonic_ns()
        past_s = (monotonic_ns() - since_ns) / 1e9
        longer = own_work() and past_s < own_s
        least_s = max(1, clients_s - _AFTER_S)
        cfg.set('graceful_timeout', int(max(least_s, past_s + _AHEAD_S if longer else 0)))

    return look
