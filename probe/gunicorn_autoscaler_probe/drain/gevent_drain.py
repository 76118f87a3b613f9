"""How gunicorn's gevent workers end: how long they wait for their requests."""
import sys
from functools import partial
from time import monotonic_ns

from .. import words as w
from . import own_listeners, time_limits

_AHEAD_S = 3  # gunicorn looks once a second


def patience(worker, words, own_work):
    """A function to call in ticks of the loop. In a worker that drains beside others, requests have longer than the
    graceful timeout for the application's own work; own_work(): how many do it."""
    cfg = worker.cfg
    clients_s, own_s = time_limits.clients_s(cfg, words[w.KIND]), time_limits.own_s(cfg)
    since_ns = 0

    def look():
        nonlocal since_ns
        if worker.alive or words[w.STATE] != w.DRAINING:
            return
        since_ns = since_ns or monotonic_ns()
        past_s = (monotonic_ns() - since_ns) / 1e9
        longer = own_work() and past_s < own_s
        cfg.set('graceful_timeout', int(max(clients_s, past_s + _AHEAD_S if longer else 0)))

    return look


def finish_handshakes(worker):
    """Have the servers of this worker, at their end, still know what handles a connection whose TLS handshake is under
    way. The application's own servers end as ever."""
    module = sys.modules.get('gevent.server')
    if module is None or not getattr(worker.cfg, 'is_ssl', False):
        return
    close = module.StreamServer.close

    def close_but_handle(self):
        handle = self.__dict__.get('handle')
        if not isinstance(handle, partial) or getattr(handle.func, '__self__', None) is not worker:
            return close(self)
        # gunicorn asks the listener, then closed, for its name
        handle = partial(handle.func, own_listeners.Named(handle.args[0].getsockname()), *handle.args[1:])
        close(self)
        self.handle = handle

    module.StreamServer.close = close_but_handle
