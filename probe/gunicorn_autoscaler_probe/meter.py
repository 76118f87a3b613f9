"""Counts requests into a slot: how many are in service, for how long one or more were, how long each took.

The hot path. A request of a trivial application leaves little of this code in the processor's caches for the next one,
so what counts is how much of it runs at all: per request the clock is read twice, a few local numbers change and the
number in flight is stored twice. The rest (totals, histogram) is stored together, every 5 ms under load and at once
otherwise. State lives in closures: a cell is the cheapest variable that Python shares between calls.
"""
from time import monotonic_ns

from . import words as w

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
        """Count service times in ns."""
        counts, m = self._counts, self._words
        for took in durations:
            bucket = took >> 16  # histogram.bucket_of, written out
            if bucket > 3:
                bits = bucket.bit_length()
                bucket = 4 * (bits - 2) + ((bucket >> (bits - 3)) & 3)
                if bucket > _LAST_BUCKET:
                    bucket = _LAST_BUCKET
            counts[bucket] = m[_SERVICE + bucket] = counts[bucket] + 1
        self.finished += len(durations)
        self.sum_ns += sum(durations)


class Meter:
    """begin() -> t0, end(t0, failed), set_apart(t0) over one slot, for code that never runs in two threads at once.

    flush() stores what is held back; call it every 100 ms or so. hold_ns=0 holds nothing back.
    """

    __slots__ = ('begin', 'end', 'set_apart', 'flush')

    def __init__(self, words, hold_ns=HOLD_NS):
        self.begin, self.end, self.set_apart, self.flush = _make(words, hold_ns)


def _make(m, hold_ns):
    histogram = Histogram(m)
    durations = []  # not in the slot yet
    note = durations.append
    seq = running = apart = failures = busy_ns = busy_from = apart_ns = began_sum = due = told = 0

    def begin():
        """A request is taken: returns its start, for end()."""
        nonlocal running, busy_from, began_sum
        began = monotonic_ns()
        if not running:
            busy_from = began
        running += 1
        began_sum += began
        if began > due:
            publish(began)
        else:
            m[18] = running
        return began

    def end(began, failed):
        """The request that began at `began` is answered. failed: by an exception or a status of 500 and above."""
        nonlocal running, failures, busy_ns, began_sum, due
        now = monotonic_ns()
        note(now - began)
        running -= 1
        began_sum -= began
        if not running:
            busy_ns += now - busy_from
        if failed:
            failures += 1
        if now > due:
            publish(now)
            due = now + hold_ns
        else:
            m[18] = running

    def publish(now):
        """Store all, as it is now. The integral of in-flight is the served time of the finished and of the open ones."""
        nonlocal seq, told
        histogram.add(durations)
        durations.clear()
        m[16] = seq + 1  # SEQ, odd: words 17-25 are being written
        m[17] = now
        m[18] = running
        m[19] = busy_ns + (now - busy_from) if running else busy_ns
        m[20] = histogram.sum_ns + apart_ns + running * now - began_sum
        m[22] = finished = histogram.finished + apart
        m[21] = finished + running
        m[23] = failures
        m[24] = histogram.sum_ns
        seq += 2
        m[16] = seq
        told = running

    def set_apart(began):
        """A request turned out to be an event stream: it is over as a request, with no service time of its own."""
        nonlocal running, apart, busy_ns, apart_ns, began_sum
        now = monotonic_ns()
        apart += 1
        apart_ns += now - began
        running -= 1
        began_sum -= began
        if not running:
            busy_ns += now - busy_from
        publish(now)

    def flush():
        if durations or told != running:
            publish(monotonic_ns())

    return begin, end, set_apart, flush


class LockedMeter(Meter):
    """The same for requests served by threads. Holds nothing back: there is no loop that would flush it."""

    __slots__ = ()

    def __init__(self, words):
        from _thread import allocate_lock
        super().__init__(words, 0)
        begin, end = self.begin, self.end
        lock = allocate_lock()

        def locked_begin():
            with lock:
                return begin()

        def locked_end(began, failed):
            with lock:
                end(began, failed)

        self.begin, self.end = locked_begin, locked_end
        self.set_apart = _locked(lock, self.set_apart)
        self.flush = _locked(lock, self.flush)


def _locked(lock, step):
    def locked_step(*arguments):
        with lock:
            step(*arguments)
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
        self._words[self._index] = self._open

    def closed(self):
        self._open -= 1
        self._words[self._index] = self._open
