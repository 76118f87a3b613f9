"""A draining worker is kept for a while after its last request, for work that cannot be seen."""
import time
from time import monotonic_ns

from .. import words as w

_LOOK_EVERY_S = 0.2


def is_over(words, linger_ns):
    """Whether its last request is long enough ago."""
    return monotonic_ns() - words[w.LAST_CHANGE_NS] >= linger_ns


def before_end(worker, words, linger_ns):
    """Have `worker`, at the end of its run, wait with its heartbeat kept. Not when the whole server stops."""
    run = worker.run

    def run_and_linger():
        run()
        while _is_lingering(words, linger_ns):
            worker.notify()
            time.sleep(_LOOK_EVERY_S)  # that of gevent and eventlet, which have patched it, lets the work go on

    worker.run = run_and_linger


def _is_lingering(words, linger_ns):
    try:
        return words[w.STATE] == w.DRAINING and not is_over(words, linger_ns)
    except ValueError:  # there is no slot any more
        return False
