"""Event streams of a threaded worker. To tell them from requests that take long as they begin would cost each request;
here a look into the threads, now and then, does."""
from time import monotonic_ns

from .. import report, words as w
from ..drain import gthread_drain

_LOOK_EVERY_NS = 10**9


def count(worker, words):
    """Have the main loop of `worker` count them in its slot. They stay requests in service."""
    notify = worker.notify
    due_ns = 0

    def notify_and_count():
        nonlocal due_ns
        notify()
        now_ns = monotonic_ns()
        if now_ns < due_ns:
            return
        due_ns = now_ns + _LOOK_EVERY_NS
        try:
            if words[w.IN_FLIGHT] or words[w.STREAMS]:
                words[w.STREAMS] = gthread_drain.open_streams(worker)
        except Exception as error:
            worker.notify = notify
            report.trouble('count the event streams of this worker', error, worker.log)

    worker.notify = notify_and_count
