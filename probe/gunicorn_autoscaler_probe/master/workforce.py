"""Gunicorn's manage_workers, replaced: forks at once what is missing, picks who goes, never counts the leaving as staff."""
import errno
import os
import signal
import time

from .. import slot, words as w
from . import control_socket, fork_signals, handover, lifeline
from .gauge_logging import ArbiterView

# No exit code of a worker equals it, so gunicorn's "worker failed to boot" never matches.
_NO_EXIT_CODE = -1
_UNKNOWN_LOAD = (2**64, 0)
_RESEND_AFTER_NS = 10 * 10**9
# A worker that empties itself leaves after its graceful timeout at the latest. One that does not (its loop is blocked) is
# told by signal this much later.
_DRAIN_SLACK_S = 5


class _Leave:
    """What was done so far to have a worker go."""

    __slots__ = ('stop_at_ns', 'sent_ns', 'has_arrived')

    def __init__(self, stop_at_ns):
        self.stop_at_ns = stop_at_ns  # no SIGTERM before that
        self.sent_ns = 0  # the last SIGTERM
        self.has_arrived = False  # surely: the worker had its handlers by then


class Workforce:
    """The workers of one arbiter. Sets manage_workers, spawn_workers and spawn_worker on the instance; its class stays as it is.

    Up to gunicorn 23, SIGCHLD reaps workers inside a signal handler, between any two bytecodes: so every loop here is
    over a copy, and `gone` may run in the middle of any other method. Only our own decisions stand in try blocks: what
    gunicorn raises (HaltServer, or SystemExit in a forked child) passes through.
    """

    def __init__(self, server, folder, bell, boots, spawning=None):
        """spawning: of the fork server, None without."""
        self._server = server
        self._folder = folder
        self._bell = bell
        self._boots = boots
        self._spawning = spawning
        self._pid = os.getpid()
        self._leaving = {}  # pid -> _Leave
        self._forked_ns = {}  # pid -> when, to judge a worker that left no slot
        self._ready_ns = {}  # pid -> when it became ready, once seen
        self._is_healthy = False  # a worker that stays was ready at the last look
        self._handover = None  # a reload under way
        self._is_orphaned = False  # the supervisor behind our launcher has died
        self._view = ArbiterView(server)
        self._original = server.manage_workers
        server.manage_workers = self.manage_workers
        server.spawn_workers = self.spawn_workers
        self._original_halt = server.halt
        server.halt = self.halt
        fork_signals.hear(server)

    def halt(self, *args, **kwargs):
        """gunicorn's end. A second worker that cannot boot, reaped meanwhile, must not raise into the stopping: the exit
        code would be 1 instead of gunicorn's own 3 or 4."""
        self._server.WORKER_BOOT_ERROR = self._server.APP_LOAD_ERROR = _NO_EXIT_CODE
        return self._original_halt(*args, **kwargs)

    def reload(self):
        """on_reload: unless the fork server already knows the new code for broken, everyone is replaced."""
        if self._spawning is not None and self._spawning.is_old_kept():
            self._handover = handover.Handover(self._server, frozenset(self._server.WORKERS), [], 0)
        else:
            self.retire_everyone()

    def retire_everyone(self):
        """A reload: all workers of now are to go once their successors are forked."""
        before = frozenset(self._server.WORKERS)
        old = self._staying()
        for pid in old:
            self._leaving[pid] = _Leave(0)
        if self._latest_ready_ns(old):
            self._shield(True)
            self._handover = handover.Handover(self._server, before, old)

    def _hand_over(self):
        """The end of a reload: wait for the first new worker; without one the old workers stay."""
        reload, self._handover = self._handover, None
        reload.restore()
        outcome = reload.await_first(self._folder) if reload.retired else handover.DIED
        reload.spare_the_wait()
        now_ns = time.monotonic_ns()
        for pid in reload.retired:
            if pid not in self._leaving:
                continue
            if outcome == handover.DIED:
                del self._leaving[pid]
            else:
                self._leaving[pid].stop_at_ns = self._stop_at(pid, now_ns)
                slot.mark_draining(self._folder, pid)
        if outcome == handover.DIED and reload.retired:
            self._server.log.error('gunicorn-autoscaler: the first worker of the reload ended before it served; '
                                   'the old workers stay')

    def gone(self, pid, now_ns):
        """A worker was reaped: was it a failed boot? Then forget it."""
        told = self._leaving.pop(pid, None) is not None
        forked_ns = self._forked_ns.pop(pid, 0)
        ready_ns = self._ready_since(pid)
        self._ready_ns.pop(pid, None)
        head = slot.glance(self._folder, pid)
        if ready_ns or head is not None:
            failed = not ready_ns
        else:
            failed = forked_ns > 0 and now_ns - forked_ns < 10**9
        if failed and not told:
            self._note_failure(pid, now_ns)
        slot.remove(self._folder, pid)
        self._tell()

    def manage_workers(self):
        """One pass, at every signal and at least once a second."""
        try:
            if self._handover is not None:
                self._hand_over()
        except Exception as error:
            return self._give_up(error)
        if self._spawning is not None:
            self._spawning.tend()
        try:
            missing = self._look(time.monotonic_ns())
        except Exception as error:
            return self._give_up(error)
        if self._spawning is not None and missing > 1:
            self._spawning.expect(missing)
        for _ in range(missing):
            if not self._spawn():
                break
        try:
            going = self._who_goes(time.monotonic_ns())
        except Exception as error:
            return self._give_up(error)
        for pid in going:
            self._server.kill_worker(pid, signal.SIGTERM)
        try:
            self._tell()
            self._view.log_counts(len(self._staying()))
        except Exception as error:
            return self._give_up(error)

    def spawn_workers(self):
        """Fork what is missing, without gunicorn's random pauses between forks."""
        for _ in range(max(0, self._server.num_workers - len(self._staying()))):
            if not self._spawn():
                break

    def _staying(self):
        return [pid for pid in list(self._server.WORKERS) if pid not in self._leaving]

    def _look(self, now_ns):
        """Answer the bell, see who is ready, and return how many workers to fork now."""
        server = self._server
        if self._bell.is_obeying():
            seq, wanted = self._bell.wanted()
            if wanted and wanted != server.num_workers:
                server.num_workers = wanted  # calls nworkers_changed, which confirms
            elif not self._bell.is_answered(seq):
                self._bell.confirm(server.num_workers, seq)
        elif self._bell.has_launcher and not self._is_orphaned:
            self._is_orphaned = True
            lifeline.end()
        for pid in list(self._leaving) + list(self._forked_ns):
            if pid not in server.WORKERS:  # reaped without child_exit
                self.gone(pid, now_ns)
        staying = self._staying()
        latest = self._latest_ready_ns(staying)
        self._boots.ready(latest)
        self._shield(latest > 0)
        missing = max(0, server.num_workers - len(staying))
        if not self._boots.is_failing:
            return missing
        return 0 if self._boots.wait_ns(now_ns) else min(missing, 1)  # one tries whether boots work again

    def _latest_ready_ns(self, pids):
        """When the last of these workers became ready; 0 when none is."""
        return max([self._ready_since(pid) for pid in pids], default=0)

    def _ready_since(self, pid):
        """When this worker became ready; 0 when it is not. What was seen stands when the slot cannot be read any more:
        without a descriptor left in the master, or with the folder gone, healthy workers must not look unhealthy."""
        head = slot.glance(self._folder, pid)
        if head is not None:
            self._ready_ns[pid] = head[w.READY_NS]
        return self._ready_ns.get(pid, 0)

    def _shield(self, healthy):
        """While a worker that stays is ready, one that cannot boot must not halt the arbiter; else gunicorn's rule stands.

        It stands on the arbiter: uvicorn's worker exits with the code of the class, whatever the instance says.
        """
        self._is_healthy = healthy
        if healthy:
            self._server.WORKER_BOOT_ERROR = self._server.APP_LOAD_ERROR = _NO_EXIT_CODE
        else:
            self._server.__dict__.pop('WORKER_BOOT_ERROR', None)
            self._server.__dict__.pop('APP_LOAD_ERROR', None)

    def _spawn(self):
        """Fork one worker; False when the system refuses while others serve (no memory, no descriptors, a full disk)."""
        control_socket.settle(self._server)
        try:
            pid = self._server.spawn_worker()
        except OSError as error:
            # Without descriptors the master cannot read slots either: workers that live are taken for healthy then.
            is_blind = error.errno in (errno.EMFILE, errno.ENFILE) and bool(self._staying())
            if os.getpid() != self._pid or not (self._is_healthy or is_blind):
                raise
            self._server.log.error('gunicorn-autoscaler: Cannot fork a worker: %s', error)
            self._note_failure(None, time.monotonic_ns())
            return False
        if pid in self._server.WORKERS:
            self._forked_ns[pid] = time.monotonic_ns()
        return True

    def _who_goes(self, now_ns):
        """The pids to send SIGTERM to: surplus workers, the idlest first, then the oldest; and those that may have lost one."""
        server = self._server
        staying = [(self._load_of(pid), worker.age, pid) for pid, worker in list(server.WORKERS.items())
                   if pid not in self._leaving]
        surplus = len(staying) - server.num_workers
        for _, _, pid in sorted(staying)[:max(0, surplus)]:
            self._leaving[pid] = _Leave(self._stop_at(pid, now_ns))
            slot.mark_draining(self._folder, pid)
        going = []
        for pid, leave in list(self._leaving.items()):
            if pid not in server.WORKERS or now_ns < leave.stop_at_ns:
                continue
            # A SIGTERM before the worker has its own handlers is lost: repeat it until one was sent to a ready worker.
            if leave.has_arrived and now_ns - leave.sent_ns < _RESEND_AFTER_NS:
                continue
            head = slot.glance(self._folder, pid)
            leave.sent_ns = now_ns
            leave.has_arrived = head is None or head[w.READY_NS] > 0
            slot.mark_draining(self._folder, pid)
            going.append(pid)
        return going

    def _stop_at(self, pid, now_ns):
        """When to send the SIGTERM: now, or later to one that sees "draining" in its slot and empties itself."""
        head = slot.glance(self._folder, pid)
        if head is None or head[w.STATE] != w.READY or not head[w.EMPTIES_ITSELF]:
            return 0
        return now_ns + int((self._server.cfg.graceful_timeout + _DRAIN_SLACK_S) * 10**9)

    def _load_of(self, pid):
        """What a stop of this worker would disturb: websockets and streams, which it cuts, then requests, which it ends.

        The most of all when unknown.
        """
        head = slot.glance(self._folder, pid)
        return (head[w.WEBSOCKETS] + head[w.STREAMS], head[w.IN_FLIGHT]) if head is not None else _UNKNOWN_LOAD

    def _note_failure(self, pid, now_ns):
        self._boots.failed(now_ns)
        self._bell.tell_boot_failures(self._boots.failures, now_ns)
        if pid is not None:
            self._server.log.warning('gunicorn-autoscaler: worker %d ended before it served; next try in %.1f s',
                                     pid, self._boots.wait_ns(now_ns) / 1e9)

    def _tell(self):
        alive = list(self._server.WORKERS)
        draining = sum(1 for pid in alive if pid in self._leaving)
        self._bell.tell_workers(len(alive), draining, self._server.worker_age)

    def _give_up(self, error):
        """Back to gunicorn's own way for good: the count still follows the doorbell, forks have their pauses again."""
        server = self._server
        server.log.error('gunicorn-autoscaler: Cannot manage the workers (%s: %s); gunicorn does it its own way',
                         type(error).__name__, error)
        server.__dict__.pop('manage_workers', None)
        server.__dict__.pop('spawn_workers', None)
        server.manage_workers()
