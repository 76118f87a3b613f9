"""The words about the fork server in the arbiter file: what the supervisor wants, and the state."""
from .. import words as w

STARTING, READY, REFUSED, FAILED = 'starting', 'ready', 'refused', 'failed'
_STATES = {None: 0, STARTING: 1, READY: 2, REFUSED: 3, FAILED: 4}
_FROM = w.A_FORK_SERVER_WHY * 8
_BYTES = w.A_FORK_SERVER_WHY_BYTES


class ForkServerWords:
    """The words of the arbiter file that are about the fork server."""

    def __init__(self, words):
        self._words = words
        self._text = ''

    def mode(self):
        """0 off, 1 on, 2 auto."""
        mode = self._words[w.A_FORK_SERVER]
        return mode if mode <= 2 else 0

    def publish(self, state, pid, import_s, why):
        """state: one of process.py, None for none; pid: 0 without one; import_s: of the one that forks."""
        m = self._words
        m[w.A_FORK_SERVER_PID] = pid
        m[w.A_FORK_SERVER_IMPORT_MS] = int(import_s * 1000)
        m[w.A_FORK_SERVER_STATE] = _STATES[state]
        if why != self._text:
            self._text = why
            data = why.encode('utf-8', 'replace')[:_BYTES - 1]
            m.cast('B')[_FROM:_FROM + _BYTES] = data.ljust(_BYTES, b'\0')

    def count_fork(self, took_s):
        """Count a worker that a fork server has forked; took_s: from the request to the worker's pid."""
        self._words[w.A_FORKED] += 1
        self._words[w.A_FORK_NS] = int(took_s * 1e9)

    def count_failure(self):
        """Count a fork server that was lost or did not start."""
        self._words[w.A_FORK_SERVER_FAILURES] += 1
