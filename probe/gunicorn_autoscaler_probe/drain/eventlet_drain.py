"""gunicorn's eventlet worker gives no heartbeat while it waits for its last requests: the arbiter would abort
it there."""
from time import monotonic_ns

from .. import words as w
from . import time_limits

# It kills what is left after its graceful timeout, and ends.
_SLACK_NS = 5 * 10**9


def heartbeat(worker, words, own_work):
    """A function to call in ticks of the loop: it keeps the heartbeat of a worker that has to end. In one that drains
    beside others requests have longer, unless all have an answer that has begun; own_work(): how many have none."""
    notify = worker.notify
    since_ns = 0

    def end():
        nonlocal since_ns
        if since_ns == 0:
            since_ns = monotonic_ns()
            if words[w.STATE] == w.DRAINING and own_work():
                worker.cfg.set('graceful_timeout', int(time_limits.own_s(worker.cfg)))

    def notify_at_the_end():
        """gunicorn's, which it calls once more after its main loop, before it looks at its graceful timeout."""
        if not worker.alive:
            end()
        notify()

    def look():
        if worker.alive:
            return
        end()
        if monotonic_ns() - since_ns <= int(worker.cfg.graceful_timeout * 10**9) + _SLACK_NS:
            notify()

    worker.notify = notify_at_the_end
    return look
