"""Work that a leaving worker's threads still do at its end, after the response.

Python waits for such threads when a process ends. gunicorn's heartbeat has ended by then, and its master aborts a
worker that takes longer than `timeout`. A fixed number of workers has no such end, so the heartbeat is kept here.
Not for threads from before the first request, as a loop that the application starts: they work for no request, and may
never end.
"""
import copy
import os
import signal
import sys
import threading
import weakref
from time import monotonic, sleep

from .. import kinds, words as w
from ..drain import time_limits

_TOUCH_EVERY_S = 0.4
_KINDS = kinds.SYNC, kinds.GTHREAD, kinds.UVICORN, kinds.ASGI, kinds.TORNADO  # the others patch threads
_of_start = weakref.WeakSet()  # threads


def started():
    """The application has: what runs now is no work of a request."""
    _of_start.update(threading.enumerate())


def see_out(worker, kind, words):
    """Have it seen out at the end of the worker's run. Not when the whole server stops."""
    if kind not in _KINDS or not worker.cfg.timeout:
        return
    run = worker.run

    def run_and_see_out():
        try:
            run()
        finally:
            if keep_heartbeat(worker, words) and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a loop took its handler with it

    worker.run = run_and_see_out


def keep_heartbeat(worker, words):
    """While threads run, for as long as the application's own work may take. Returns whether it does. Never raises."""
    try:
        if words[w.STATE] != w.DRAINING or not _are_awaited():
            return False
        if words[w.EMPTIES_ITSELF] == w.SEEN_OUT:
            return True
        heartbeat = copy.copy(worker.tmp)
        heartbeat._tmp = _Descriptor(os.dup(worker.tmp.fileno()))  # gunicorn closes its own
        words[w.EMPTIES_ITSELF] = w.SEEN_OUT
        end_s = monotonic() + time_limits.own_s(worker.cfg)
        threading.Thread(target=_touch, args=(heartbeat, end_s), daemon=True).start()
        return True
    except Exception:  # gunicorn ends it in time
        return False


class _Descriptor:
    """All that gunicorn needs of a heartbeat file. One that is open when Python ends would be a ResourceWarning."""

    def __init__(self, fd):
        self.fileno = lambda: fd


def _touch(heartbeat, end_s):
    while monotonic() < end_s and _are_awaited():
        heartbeat.notify()
        sleep(_TOUCH_EVERY_S)


def _are_awaited():
    """Whether Python would wait for a thread. Up to 3.8 those of executors are daemons, and awaited all the same."""
    known = threading.current_thread(), threading.main_thread()
    if any(one not in known and not one.daemon and one not in _of_start for one in threading.enumerate()):
        return True
    futures = sys.modules.get('concurrent.futures.thread')
    try:
        return any(one.is_alive() for one in list(getattr(futures, '_threads_queues', ())))
    except RuntimeError:  # one was started meanwhile
        return True
