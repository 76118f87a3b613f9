"""What the arbiter knows of its workers from their slots, and since when."""
import time

from .. import slot, words as w
from ..drain import own_listeners
from .boot_activity import BootActivity

_UNKNOWN_LOAD = (2**64, 0)
# A worker whose slot cannot be read counts as serving after this time.
_UNSEEN_BOOT_NS = 10 * 10**9
# A worker is stuck once it boots, and computes nothing, so many times as long as the last one took, and so long at
# least.
_USUAL_BOOTS = 3
_LEAST_EXPECTED_NS = 10 * 10**9
_FIRST_EXPECTED_S = 30  # while no boot has been seen; or gunicorn's timeout, which is for boots too


class Slots:
    """The workers of one arbiter, by pid."""

    def __init__(self, folder, server):
        self._folder = folder
        self._server = server
        self._activity = BootActivity()
        self._forked_ns = {}
        self._ready_ns = {}  # when it became ready, once seen
        self._last_boot = (0, 0)  # when the last one became ready, and how long that took, ns

    def forked(self, pid, asked_ns):
        """A worker was forked at or after `asked_ns`. What is known of an earlier one with its pid is forgotten."""
        self._ready_ns.pop(pid, None)
        self._forked_ns[pid] = asked_ns
        self._activity.forget(pid)

    def pids(self):
        """The workers forked and not forgotten."""
        return list(self._forked_ns)

    def head(self, pid):
        """The words of its slot; None without one. A slot made before the fork is that of an earlier process."""
        head = slot.read_header(self._folder, pid)
        return None if head is None or head[w.BOOT_NS] < self._forked_ns.get(pid, 0) else head

    def ready_ns(self, pid):
        """When this worker became ready; 0 when it is not. What was seen stands when the slot cannot be read any more:
        without a descriptor left in the master, or with the folder gone, healthy workers must not look unhealthy."""
        head = self.head(pid)
        if head is not None:
            ready_ns = self._ready_ns[pid] = head[w.READY_NS]
            if ready_ns > self._last_boot[0]:
                self._last_boot = ready_ns, ready_ns - head[w.BOOT_NS]
        return self._ready_ns.get(pid, 0)

    def latest_ready_ns(self, pids):
        """When the last of these workers became ready; 0 when none is."""
        return max([self.ready_ns(pid) for pid in pids], default=0)

    def serves(self, pid):
        """Whether it is ready, or must be taken for it because it shows nothing."""
        if self.ready_ns(pid):
            return True
        forked_ns = self._forked_ns.get(pid, 0)
        return self.head(pid) is None and time.monotonic_ns() - forked_ns > _UNSEEN_BOOT_NS

    def stuck(self, pids, now_ns, patience=1):
        """Pids of workers that boot for much longer than is usual. patience: so many times as long as otherwise."""
        ready_ns, took_ns = self._last_boot
        if ready_ns:
            expected_ns = max(_LEAST_EXPECTED_NS, _USUAL_BOOTS * took_ns)
        else:
            expected_ns = max(_FIRST_EXPECTED_S, self._server.cfg.timeout) * 10**9
        return [pid for pid in pids if not self._ready_ns.get(pid)
                and now_ns - self._last_sign_ns(pid, now_ns) > patience * expected_ns and not self.serves(pid)]

    def _last_sign_ns(self, pid, now_ns):
        """When this worker was forked, or computed last."""
        return max(self._forked_ns.get(pid, now_ns), self._activity.last_ns(pid, now_ns))

    def given_up(self, pid, now_ns):
        """The boot of this worker counts as the last one, though it did not end."""
        self._last_boot = now_ns, now_ns - self._forked_ns.get(pid, now_ns)

    def have_queues(self):
        """Whether each has an accept queue of its own."""
        return own_listeners.are_made(self._server.cfg)

    def load(self, pid):
        """What a stop of this worker would disturb: websockets and streams, which it cuts, then requests,
        which it ends.

        The most of all when unknown.
        """
        head = self.head(pid)
        return (head[w.WEBSOCKETS] + head[w.STREAMS], head[w.IN_FLIGHT]) if head is not None else _UNKNOWN_LOAD

    def forget(self, pid, now_ns):
        """The worker has ended. Removes its slot; returns whether it ended before it was ready."""
        forked_ns = self._forked_ns.pop(pid, 0)
        self._activity.forget(pid)
        head = self.head(pid)
        ready_ns = head[w.READY_NS] if head is not None else self._ready_ns.get(pid, 0)
        self._ready_ns.pop(pid, None)
        slot.remove(self._folder, pid)
        if ready_ns or head is not None:
            return not ready_ns
        return forked_ns > 0 and now_ns - forked_ns < 10**9  # it left no slot
