"""Whether a worker that boots computes, or wants to. One that does is slow, not stuck: another beside it takes its CPU
away."""
import os

from .. import process_stat
from ..process_stat import SYSTEM_TICKS, USER_TICKS, stat_fields

_WINDOW_NS = 2 * 10**9
_LEAST_SHARE = 0.02  # a thread that only looks around now and then takes less
_LEAST_WANTED_SHARE = 0.5  # on a busy machine a process that computes gets next to nothing, and waits for more


class BootActivity:
    """CPU times of workers that boot, by pid."""

    def __init__(self):
        self._marks = {}  # pid -> (at, CPU time then, time in the run queue then), ns
        self._last_ns = {}

    def last_ns(self, pid, now_ns):
        """When it computed last, as far as that was seen; 0 for never. To be called often."""
        now = now_ns, _cpu_ns(pid), process_stat.waited_ns(pid)
        before = self._marks.setdefault(pid, now)
        passed_ns, cpu_ns, waited_ns = (one - other for one, other in zip(now, before))
        if passed_ns >= _WINDOW_NS:
            self._marks[pid] = now
            if cpu_ns >= _LEAST_SHARE * passed_ns or cpu_ns + waited_ns >= _LEAST_WANTED_SHARE * passed_ns:
                self._last_ns[pid] = now_ns
        return self._last_ns.get(pid, 0)

    def forget(self, pid):
        """The worker has ended, or another has its pid."""
        self._marks.pop(pid, None)
        self._last_ns.pop(pid, None)


def _cpu_ns(pid):
    """CPU time of a process; 0 when it cannot be read."""
    ticks = stat_fields(pid)[USER_TICKS:SYSTEM_TICKS + 1]
    return sum(map(int, ticks)) * (10**9 // os.sysconf('SC_CLK_TCK'))
