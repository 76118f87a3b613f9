"""Requests in service that wait for something else than the interpreter: a stream, a long poll, a slow database.
Another request beside them loses nothing."""
from time import monotonic_ns, process_time_ns

LOOK_NS = 50 * 10**6
_COMPUTING_SHARE = 0.1


class WaitingRequests:
    """How many of the requests in service wait, by the CPU time of this process while no request begins."""

    def __init__(self):
        self._count = 0
        self._at = self._cpu = 0

    def among(self, in_service, begun_at):
        """Of `in_service` requests, the last of which began at `begun_at`. To be called every LOOK_NS or more often."""
        self._count = min(self._count, in_service)
        now = monotonic_ns()
        if begun_at >= self._at:
            self._at, self._cpu = now, process_time_ns()
        elif now - self._at >= LOOK_NS:
            cpu = process_time_ns()
            if cpu - self._cpu < _COMPUTING_SHARE * (now - self._at):
                self._count = in_service
            elif self._count == in_service:  # one of them does not
                self._count = max(0, in_service - 1)
            self._at, self._cpu = now, cpu
        return self._count
