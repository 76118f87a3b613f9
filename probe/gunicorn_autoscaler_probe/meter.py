"""Counts requests into a slot: how many are in service, for how long one or more were, how long each took.

The hot path. State lives in closures (a cell is the cheapest variable Python shares between calls), the slot is only
written: a load from it costs as much as a store. Each event reads the clock once.
"""
from time import monotonic_ns

from . import words as w

_SERVICE = w.SERVICE_BUCKETS
_LAST_BUCKET = w.BUCKETS - 1


class Meter:
    """begin() -> t0, end(t0, failed) and set_apart(t0) over one slot, for code that never runs in two threads at once."""

    __slots__ = ('begin', 'end', 'set_apart')

    def __init__(self, words):
        self.begin, self.end, self.set_apart = _make(words)


def _make(m):
    counts = [0] * w.BUCKETS
    seq = running = started = finished = failures = busy_ns = area_ns = service_ns = 0
    last = monotonic_ns()

    def begin():
        """A request is taken: returns its start, for end()."""
        nonlocal seq, running, started, busy_ns, area_ns, last
        now = monotonic_ns()
        started += 1
        m[16] = seq + 1  # SEQ, odd: words 17-25 are being written
        if running:
            busy_ns += now - last
            area_ns += (now - last) * running
            m[19] = busy_ns
            m[20] = area_ns
        running += 1
        last = now
        m[17] = now
        m[18] = running
        m[21] = started
        seq += 2
        m[16] = seq
        return now

    def end(began, failed):
        """The request that began at `began` is answered. failed: by an exception or a status of 500 and above."""
        nonlocal seq, running, finished, failures, busy_ns, area_ns, service_ns, last
        now = monotonic_ns()
        busy_ns += now - last
        area_ns += (now - last) * running
        running -= 1
        finished += 1
        last = now
        took = now - began
        service_ns += took
        m[16] = seq + 1
        m[17] = now
        m[18] = running
        m[19] = busy_ns
        m[20] = area_ns
        m[22] = finished
        if failed:
            failures += 1
            m[23] = failures
        m[24] = service_ns
        seq += 2
        m[16] = seq
        # histogram.bucket_of, written out: a call would cost as much as the rest of it
        bucket = took >> 16
        if bucket > 3:
            bits = bucket.bit_length()
            bucket = 4 * (bits - 2) + ((bucket >> (bits - 3)) & 3)
            if bucket > _LAST_BUCKET:
                bucket = _LAST_BUCKET
        count = counts[bucket] + 1
        counts[bucket] = count
        m[_SERVICE + bucket] = count

    def set_apart():
        """A request turned out to be an event stream: it is over as a request, with no service time of its own."""
        nonlocal seq, running, finished, busy_ns, area_ns, last
        now = monotonic_ns()
        busy_ns += now - last
        area_ns += (now - last) * running
        running -= 1
        finished += 1
        last = now
        m[16] = seq + 1
        m[17] = now
        m[18] = running
        m[19] = busy_ns
        m[20] = area_ns
        m[22] = finished
        seq += 2
        m[16] = seq

    return begin, end, set_apart


class LockedMeter(Meter):
    """The same for requests served by threads."""

    __slots__ = ()

    def __init__(self, words):
        from _thread import allocate_lock
        begin, end, set_apart = _make(words)
        lock = allocate_lock()

        def locked_begin():
            with lock:
                return begin()

        def locked_end(began, failed):
            with lock:
                end(began, failed)

        def locked_set_apart():
            with lock:
                set_apart()

        self.begin, self.end, self.set_apart = locked_begin, locked_end, locked_set_apart


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
