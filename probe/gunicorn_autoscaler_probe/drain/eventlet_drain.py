"""gunicorn's eventlet worker gives no heartbeat while it waits for its last requests: the arbiter would abort
it there."""
from time import monotonic_ns

# It kills what is left after its graceful timeout, and ends.
_SLACK_NS = 5 * 10**9


def heartbeat(worker):
    """A function to call in ticks of the loop: it keeps the heartbeat of a worker that has to end."""
    longest_ns = int(worker.cfg.graceful_timeout * 10**9) + _SLACK_NS
    since_ns = 0

    def look():
        nonlocal since_ns
        if worker.alive:
            return
        now_ns = monotonic_ns()
        since_ns = since_ns or now_ns
        if now_ns - since_ns <= longest_ns:
            worker.notify()

    return look
