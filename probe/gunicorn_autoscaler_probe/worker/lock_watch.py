"""Whether requests that compute hold the interpreter lock.

Hashes, compression, numpy and native models let go of it: a worker's threads compute as many of such requests at once
as there are cores. A thread that has slept takes the lock, and comes late where a request holds it.
"""
from _thread import start_new_thread
from time import monotonic_ns, process_time_ns, sleep

from .. import interpreter_lock, words as w
from ..process_stat import waited_ns

_FIRST_LOOK_NS, _LATER_LOOK_NS = 20 * 10**6, 50 * 10**6
_LATE_NS = 250 * 10**3  # longer than a thread takes to wake, and shorter than Python code keeps the lock
_COMPUTING_SHARE = 0.7
_FREE_LOOKS, _MOST_LATE = 20, 6
_TAKEN_LOOKS, _MOST_IN_TIME = 60, 3
_IDLE_LOOKS = 50


def attach(worker, m):
    """Keep the word that says so true while `worker` is told to take one request at a time, and after it said so."""
    notify, watch = worker.notify, LockWatch(m)

    def watched_notify():
        notify()
        watch.look_if_asked()

    worker.notify = watched_notify


class LockWatch:
    """A thread that looks while requests compute, and ends when there are none."""

    def __init__(self, m):
        self._m = m
        self._verdict = Verdict()
        self._runs = False

    def look_if_asked(self):
        """In each turn of the main loop. Never raises."""
        if self._runs:
            return
        try:
            if self._is_asked() and self._m[w.IN_FLIGHT] and interpreter_lock.exists():
                self._runs = True
                start_new_thread(self._watch, ())
        except Exception:  # no slot, or no thread, any more
            self._runs = False

    def _is_asked(self):
        until = self._m[w.ONE_UNTIL_NS]
        return until > 0 and until > monotonic_ns() or self._verdict.is_free

    def _watch(self):
        try:
            idle = 0
            while self._is_asked() and idle < _IDLE_LOOKS:
                idle = 0 if self._look() else idle + 1
            self._runs = False
        except Exception:  # it would happen again
            pass

    def _look(self):
        """Whether a request was in service."""
        look_ns = _LATER_LOOK_NS if self._verdict.is_free else _FIRST_LOOK_NS
        waited, computed, began = waited_ns('thread-self'), process_time_ns(), monotonic_ns()
        sleep(look_ns / 10**9)
        passed = monotonic_ns() - began
        computed = process_time_ns() - computed
        if not self._m[w.IN_FLIGHT]:
            return False
        if passed >= look_ns and computed >= _COMPUTING_SHARE * passed:  # a test may have stopped the clock
            was_free = self._verdict.is_free
            self._verdict.add(passed - look_ns, waited_ns('thread-self') - waited)
            if self._verdict.is_free != was_free:
                self._m[w.PARALLEL] = self._verdict.is_free
        return True


class Verdict:
    """What the looks come to."""

    def __init__(self):
        self.is_free = False
        self._late = []  # whether each of the last looks was

    def add(self, late_ns, waited_ns):
        """A look that was so late, and stood so long in the run queue: one late for want of a core says nothing."""
        is_late = late_ns > _LATE_NS
        if is_late and waited_ns > late_ns / 2:
            return
        looks = _TAKEN_LOOKS if self.is_free else _FREE_LOOKS
        self._late = self._late[1 - looks:] + [is_late]
        if len(self._late) < looks:
            return
        late = sum(self._late)
        # Where some requests in service hold the lock and others do not, nearly all looks are late.
        is_free = late < looks - _MOST_IN_TIME if self.is_free else late <= _MOST_LATE
        if is_free != self.is_free:
            self.is_free, self._late = is_free, []
