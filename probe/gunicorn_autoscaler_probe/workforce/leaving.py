"""The draining workers, until they have ended."""
import signal

from .. import kinds, slot, words as w
from ..drain import time_limits
from . import heartbeats

_RESEND_AFTER_NS = 10 * 10**9
# A worker that empties itself leaves after its graceful timeout at the latest. One that does not (its loop is
# blocked) is signalled this much later.
_DRAIN_SLACK_S = 5
_PATIENCE = 3  # times that a boot may take until it is given up; without us it has no end
_LOOP_IS_STUCK_NS = 2 * 10**9


class _Leave:
    """What was done so far to stop a worker."""

    __slots__ = ('stop_at_ns', 'last_ns', 'first_ns', 'sent_ns', 'has_arrived', 'is_killed')

    def __init__(self, stop_at_ns, last_ns):
        self.last_ns = last_ns  # SIGTERM then, whatever it still does
        self.stop_at_ns = stop_at_ns  # no SIGTERM before that
        self.first_ns = 0  # the first SIGTERM
        self.sent_ns = 0  # the last one
        self.has_arrived = False  # the worker had its handlers by then
        self.is_killed = False  # it hangs in its boot


class Leaving:
    """The leaving workers of one arbiter. A worker may be forgotten, by a signal handler, in the middle of anything."""

    def __init__(self, server, folder, slots, linger_ns=0):
        """linger_ns: a worker that empties itself stays so long after its last request."""
        self._server = server
        self._folder = folder
        self._slots = slots
        self._linger_ns = linger_ns
        self._leaves = {}  # pid -> _Leave

    def __contains__(self, pid):
        return pid in self._leaves

    def pids(self):
        return list(self._leaves)

    def begin(self, pid, now_ns):
        """This worker is to drain."""
        most_s = time_limits.own_s(self._server.cfg) + _DRAIN_SLACK_S
        self._leaves[pid] = _Leave(self._stop_at(pid, now_ns), now_ns + int(most_s * 10**9) + self._linger_ns)
        slot.mark_draining(self._folder, pid)

    def give_up(self, stuck, now_ns):
        """One that is stuck in its boot goes, with none in its place yet: the next one has three times as long."""
        if not self._leaves:
            for pid in self._slots.stuck(stuck, now_ns, _PATIENCE)[:1]:
                self._slots.given_up(pid, now_ns)
                self.begin(pid, now_ns)

    def forget(self, pid):
        """The worker has gone, or another now has its pid. Returns whether it was draining."""
        return self._leaves.pop(pid, None) is not None

    def due(self, now_ns):
        """Pids, and the signal for each: SIGTERM for those that do not empty themselves, and those that may have lost
        one; SIGKILL for those whose boot does not end."""
        due = []
        for pid, leave in list(self._leaves.items()):
            if pid not in self._server.WORKERS or now_ns < leave.stop_at_ns:
                continue
            # A SIGTERM before the worker has its own handlers is lost: repeat it until one was sent to a ready worker.
            if leave.has_arrived and now_ns - leave.sent_ns < _RESEND_AFTER_NS:
                continue
            head = self._slots.head(pid)
            if self._is_overdue(leave, head, now_ns):
                if not leave.is_killed:
                    self._server.log.warning('gunicorn-autoscaler: worker %d hangs in its boot and is killed', pid)
                leave.is_killed = True
                due.append((pid, signal.SIGKILL))
                continue
            is_left_to_itself = leave.stop_at_ns and not leave.sent_ns and now_ns < leave.last_ns
            if is_left_to_itself and self._is_working(pid, head, now_ns):
                continue  # the application's own work, which the worker sees to the end
            leave.sent_ns = now_ns
            leave.first_ns = leave.first_ns or now_ns
            leave.has_arrived = head is None or head[w.READY_NS] > 0
            slot.mark_draining(self._folder, pid)
            due.append((pid, signal.SIGTERM))
        return due

    def unready(self):
        """How many have not served: up to the end of its boot a worker may not heed a SIGTERM."""
        return len([pid for pid in self.pids() if _is_booting(self._slots.head(pid))])

    def _is_overdue(self, leave, head, now_ns):
        """Whether it had its first SIGTERM a graceful timeout ago, and still boots."""
        grace_ns = int(self._server.cfg.graceful_timeout * 10**9)
        return 0 < leave.first_ns < now_ns - grace_ns and _is_booting(head)

    def _stop_at(self, pid, now_ns):
        """When to send the SIGTERM: now, or later to one that sees "draining" in its slot and empties itself."""
        head = self._slots.head(pid)
        if head is None or head[w.STATE] != w.READY or not head[w.EMPTIES_ITSELF]:
            return 0
        clients_s = time_limits.clients_s(self._server.cfg, head[w.KIND])
        return now_ns + int((clients_s + _DRAIN_SLACK_S) * 10**9) + self._linger_ns

    def _is_working(self, pid, head, now_ns):
        """Whether its main loop runs, and a call of the application has not ended; or only its threads still work."""
        if head is None:
            return False
        is_seen_out = head[w.EMPTIES_ITSELF] == w.SEEN_OUT
        if not is_seen_out and not head[w.IN_FLIGHT]:
            return False
        if is_seen_out or head[w.KIND] == kinds.GTHREAD:
            return heartbeats.is_recent(self._server.WORKERS.get(pid))
        return 0 < now_ns < head[w.LOOP_DUE_NS] + _LOOP_IS_STUCK_NS


def _is_booting(head):
    return head is not None and not head[w.READY_NS]
