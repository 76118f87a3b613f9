"""How long to wait for the next try after workers have died before they served."""

_FIRST_WAIT_NS = 500 * 10**6
_LONGEST_WAIT_NS = 30 * 10**9
_LONGEST_OUTAGE_NS = 10**9  # while none serves; gunicorn alone does not wait at all


class BootBackoff:
    """Counts failing boots; waits 0.5 s after the first failure, doubled by each further round, 30 s at most."""

    def __init__(self):
        self.failures = 0
        self.last_failure_ns = 0
        self._rounds = 0
        self._next_try_ns = 0

    @property
    def is_failing(self):
        """No worker has become ready since the last failure."""
        return self._rounds > 0

    def failed(self, now_ns):
        """A worker died before it was ready. Those of one round (eight forked at once) count as one for the wait."""
        self.failures += 1
        self.last_failure_ns = now_ns
        if now_ns >= self._next_try_ns:
            self._rounds += 1
            self._next_try_ns = now_ns + min(_LONGEST_WAIT_NS, _FIRST_WAIT_NS << min(self._rounds - 1, 16))

    def ready(self, ready_ns):
        """A worker got ready at `ready_ns`: if that is after the last failure, boots work again."""
        if ready_ns > self.last_failure_ns:
            self._rounds = 0
            self._next_try_ns = 0

    def try_now(self):
        """Something has changed: the next worker may be forked at once."""
        self._next_try_ns = 0

    def wait_ns(self, now_ns, is_serving=True):
        """Nanoseconds until the next worker may be forked; 0 when it may be now. is_serving: a worker serves."""
        due_ns = self._next_try_ns
        if not is_serving:
            due_ns = min(due_ns, self.last_failure_ns + _LONGEST_OUTAGE_NS)
        return max(0, due_ns - now_ns)
