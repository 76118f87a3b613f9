"""Counts requests into a slot: how many are in service, for how long one or more were, how long each took.

The hot path. A request of a trivial application leaves little of this code in the processor's caches for the next one,
so what counts is how much of it runs at all: per request the clock is read twice, a few local numbers change and the
number in flight is stored twice. The rest (totals, histogram) is stored together, every 5 ms under load and at once
otherwise. State lives in closures: a cell is the cheapest variable that Python shares between calls.
"""
from bisect import bisect_left
from time import monotonic_ns

from .. import words as w
from ..words import (
    SEQ, LAST_CHANGE_NS, IN_FLIGHT, BUSY_NS, IN_FLIGHT_NS, STARTED, FINISHED, FAILED, SERVICE_NS)
from .detach import detached
from .histogram import bucket_of, first_ns

# Under load the totals may be behind by so much; the number in flight never is. A reader takes the time since the last
# store for busy where something is in flight: it is off by this much at most, and the next store puts it right.
HOLD_NS = 5 * 10**6
_SERVICE = w.SERVICE_BUCKETS
_LAST_BUCKET = w.BUCKETS - 1


class Histogram:
    """Service times into the service buckets of a slot, and their number and sum."""

    __slots__ = ('_words', '_counts', 'finished', 'sum_ns')

    def __init__(self, words):
        self._words = words
        self._counts = [0] * w.BUCKETS
        self.finished = self.sum_ns = 0

    def add(self, durations):
        """Count service times in ns; puts them in order, so that each bucket is looked up and stored only once."""
        durations.sort()
        at, end = 0, len(durations)
        while at < end:
            bucket = bucket_of(durations[at])
            after = end if bucket == _LAST_BUCKET else bisect_left(durations, first_ns(bucket + 1), at)
            self._counts[bucket] += after - at
            self._words[_SERVICE + bucket] = self._counts[bucket]
            at = after
        self.finished += end
        self.sum_ns += sum(durations)


class Meter:
    """begin() -> t0, end(t0, failed), set_apart() over one slot, for code that never runs in two threads at once.

    flush() stores what is held back; call it every 100 ms or so. hold_ns=0 holds nothing back.
    """

    __slots__ = ('begin', 'end', 'set_apart', 'flush')

    def __init__(self, words, hold_ns=HOLD_NS):
        self.begin, self.end, self.set_apart, self.flush = _make(words, hold_ns)


def _make(m, hold_ns):
    histogram = Histogram(m)
    durations = []  # not in the slot yet
    note = durations.append
    # Requests that follow each other change none of these sums. began_sum: of the starts of those in service;
    # overlap_ns: by how much their times in service exceed the busy time; busy_from: the start that made the
    # worker busy.
    began_sum = overlap_ns = busy_from = apart_ns = 0
    seq = running = apart = failures = due = published = 0

    def begin():
        """A request is taken: returns its start, for end()."""
        nonlocal running, began_sum, busy_from
        began = monotonic_ns()
        if running:
            began_sum += began
        else:
            began_sum = busy_from = began
        running += 1
        if began > due:
            publish(began)
        else:
            try:
                m[IN_FLIGHT] = running
            except Exception as error:
                detach(error)
        return began

    def end(began, failed):
        """The request that began at `began` is answered. failed: by an exception or a status of 500 and above."""
        nonlocal running, failures, began_sum, overlap_ns, due
        now = monotonic_ns()
        took = now - began
        note(took)
        running -= 1
        if running:
            began_sum -= began
            overlap_ns += took
        elif began is not busy_from:
            go_idle(began)
        if failed:
            failures += 1
        if now > due:
            publish(now)
            due = now + hold_ns
        else:
            try:
                m[IN_FLIGHT] = running
            except Exception as error:
                detach(error)

    def publish(now):
        """Store all, as it is now. The time in service, of the finished and the open ones, is the integral of
        in-flight."""
        nonlocal seq, published
        try:
            histogram.add(durations)
            m[SEQ] = seq + 1  # odd: the words after it are being written
            m[LAST_CHANGE_NS] = now
            m[IN_FLIGHT] = running
            served_ns = histogram.sum_ns + apart_ns
            m[BUSY_NS] = served_ns - overlap_ns + (now - busy_from if running else 0)
            m[IN_FLIGHT_NS] = served_ns + (running * now - began_sum if running else 0)
            m[FINISHED] = finished = histogram.finished + apart
            m[STARTED] = finished + running
            m[FAILED] = failures
            m[SERVICE_NS] = histogram.sum_ns
            seq += 2
            m[SEQ] = seq
        except Exception as error:
            detach(error)
        durations.clear()
        published = running

    def detach(error):
        nonlocal m, histogram
        m = detached(m, error)
        histogram = Histogram(m)

    def go_idle(began):
        """The last request in service, which began at `began`, is over, and it was not the first of this busy time.

        What else is in began_sum comes from event streams: see set_apart.
        """
        nonlocal overlap_ns, apart_ns
        apart_ns += began - began_sum
        overlap_ns += busy_from - began_sum

    def set_apart():
        """A request turned out to be an event stream: it is over as a request, with no service time of its own.

        When it began is not known here: began_sum goes on as if it began now, and so is too small by the time it took.
        """
        nonlocal running, apart, began_sum, busy_from
        now = monotonic_ns()
        apart += 1
        running -= 1
        if running:
            began_sum -= now
            busy_from = busy_from + now - now  # another object: the last one to end must read began_sum
        else:
            go_idle(now)
        publish(now)

    def flush():
        if durations or published != running:
            publish(monotonic_ns())

    return begin, end, set_apart, flush


class LockedMeter(Meter):
    """A meter of requests that threads serve, where no loop would flush it: it holds nothing back."""

    __slots__ = ()

    def __init__(self, words):
        from _thread import allocate_lock
        super().__init__(words, 0)
        lock = allocate_lock()
        self.begin, self.end, self.set_apart, self.flush = (
            _locked(lock, step) for step in (self.begin, self.end, self.set_apart, self.flush))


def _locked(lock, step):
    def locked_step(*arguments):
        with lock:
            return step(*arguments)
    return locked_step


class Gauge:
    """A count of things open now (websockets, event streams), in one word of the slot."""

    __slots__ = ('_words', '_index', '_open')

    def __init__(self, words, index):
        self._words = words
        self._index = index
        self._open = 0

    def opened(self):
        self._open += 1
        self._store()

    def closed(self):
        self._open -= 1
        self._store()

    def _store(self):
        try:
            self._words[self._index] = self._open
        except Exception as error:
            self._words = detached(self._words, error)
