"""Replaces gunicorn's manage_workers: forks at once, picks which workers drain, does not count draining ones."""
import errno
import os
import time

from .. import process_room, user_hooks
from . import balance, control_socket, fork_signals, heartbeats, refused_forks, rolling
from .gauge_logging import ArbiterView
from .leaving import Leaving
from .reaping import Reaping
from .signals import Signals
from .slots import Slots


class Workforce:
    """The workers of one arbiter. Sets manage_workers, spawn_workers and spawn_worker on the instance.

    Up to gunicorn 23, SIGCHLD reaps workers inside a signal handler: so every loop here is over a copy, and `gone` may
    run in any other method. Only our own decisions stand in try blocks: what gunicorn raises passes through.
    """

    def __init__(self, server, folder, arbiter_file, boots, spawning=None):
        """spawning: of the fork server, None without."""
        self._server = server
        self._arbiter_file = arbiter_file
        self._boots = boots
        self._spawning = spawning
        self._pid = os.getpid()
        self._slots = Slots(folder, server)
        self._leaving = Leaving(server, folder, self._slots, arbiter_file.linger_ns())
        self._is_healthy = False  # a worker that stays was ready at the last look
        self._rolling = None  # a reload or a refresh under way
        self._is_orphaned = False  # the supervisor, of whose death the kernel does not tell, has died
        self._is_reloading = False  # gunicorn's own loop over new workers is running
        self._ages = rolling.Ages(server)
        self._refused = refused_forks.RefusedForks(server.log)
        self._view = ArbiterView(server)
        fork_signals.install(server)
        self._reaping = Reaping(server)
        self._signals = Signals(server, arbiter_file, self._slots)
        heartbeats.look_once_a_second(server)
        self._fork, self.about_to_fork = self._reaping.spawn_worker, self._reaping.about_to_fork
        server.spawn_worker, server.spawn_workers = self.spawn_worker, self.spawn_workers
        server.manage_workers = self.manage_workers

    def is_serving(self):
        """A worker that stays is ready, maybe since the last look; or none is there because of a sleep."""
        return any(map(self._slots.ready_ns, self._staying())) or self._arbiter_file.sleep.has_none_to_lose()

    def reload(self):
        """on_reload: the passes after it replace everyone, unless the fork server knows the new code for broken."""
        if self._spawning is None or not self._spawning.is_old_kept():
            staying = self._staying()
            if self._slots.latest_ready_ns(staying):
                self._rolling = rolling.Rolling(self._server, self._arbiter_file, staying, True)
            else:  # every serving worker is needed
                for pid in staying:
                    self._leaving.begin(pid, time.monotonic_ns())
        self._signals.has_stopped_workers = False
        self._refused.forget()
        self._boots.try_now()  # what failed may be mended
        self._is_reloading = True

    def gone_in_reload(self):
        """How many more workers there would be in gunicorn's own reload."""
        return self._rolling.gone() if self._rolling is not None else 0

    def spawn_worker(self):
        """gunicorn's, but for the loop of its reload."""
        return None if self._is_reloading else self._fork()

    def gone(self, pid, now_ns):
        """A worker was reaped: was it a failed boot? Then forget it."""
        was_leaving = self._leaving.forget(pid)
        failed = self._slots.forget(pid, now_ns) and not was_leaving
        under_way = self._rolling
        if under_way is not None and under_way.is_new(pid) and not was_leaving:
            if not failed:
                under_way.served(pid)
            elif not under_way.has_successor:
                under_way.has_failed = True
        if failed and not self._signals.is_ending():
            self._note_failure(now_ns)
            self._server.log.warning('gunicorn-autoscaler: worker %d ended before it served; next try in %.1f s',
                                     pid, self._boots.wait_ns(now_ns, self._is_healthy) / 1e9)
        elif self._refused.is_last:
            self._boots.try_now()  # its end may free what was missing
        self._publish()

    def manage_workers(self):
        """One pass, at every signal and at least once a second."""
        if self._spawning is not None:
            self._spawning.tend()
        try:
            self._ages.hide(self._is_reloading)
            self._is_reloading = False
            missing = self._look(time.monotonic_ns())
        except Exception as error:
            return self._give_up(error)
        self._fork_missing(missing)
        try:
            going = self._pick_to_drain(time.monotonic_ns())
        except Exception as error:
            return self._give_up(error)
        for pid, number in going:
            self._server.kill_worker(pid, number)
        try:
            self._publish()
            self._view.log_counts(len(self._staying()))
        except Exception as error:
            return self._give_up(error)
        if self._spawning is not None:
            self._spawning.refill(self._slots, self._staying())

    def spawn_workers(self):
        """Fork what is missing, without gunicorn's random pauses between forks."""
        self._fork_missing(self._server.num_workers - len(self._staying()))

    def _fork_missing(self, missing):
        """One fork after the other, until there is news: a pre_fork may take seconds, and the next pass forks on."""
        news, began_ns = self._arbiter_file.wanted(), time.monotonic_ns()
        for rest in range(missing, 0, -1):
            if self._spawning is not None and rest > 1:
                self._spawning.expect(rest)
            # The fork server forks all of them before the first is spawned.
            if not self._spawn(time.monotonic_ns() if self._spawning is None else began_ns):
                break
            if self._signals.are_waiting() or self._arbiter_file.wanted() != news:
                self._server.wakeup()
                break

    def _staying(self):
        return [pid for pid in list(self._server.WORKERS) if pid not in self._leaving]

    def _look(self, now_ns):
        """Answer a request, see who is ready, and return how many workers to fork now."""
        server = self._server
        if self._arbiter_file.is_obeying():
            self._follow_sleep()
            seq, wanted = self._arbiter_file.wanted()
            if wanted is not None and wanted != server.num_workers:
                self._arbiter_file.apply(server, wanted)
            elif not self._arbiter_file.is_answered(seq):
                self._arbiter_file.confirm(server.num_workers, seq)
        elif not self._arbiter_file.is_tied and not self._is_orphaned:
            self._is_orphaned = True
            self._arbiter_file.end_gunicorn()
        for pid in self._leaving.pids() + self._slots.pids():
            if pid not in server.WORKERS:  # reaped without child_exit
                self.gone(pid, now_ns)
        staying = self._staying()
        latest = self._slots.latest_ready_ns(staying)
        self._boots.ready(latest)
        self._is_healthy = latest > 0
        if self._is_healthy:
            self._arbiter_file.sleep.served()
        self._reaping.lift(self._is_healthy or self._arbiter_file.sleep.has_none_to_lose())
        self._follow_rolling(staying)
        places = self._signals.places(now_ns) + self._surge(staying, now_ns)
        stuck = len(self._slots.stuck(staying, now_ns))
        missing = balance.missing(places, len(staying), stuck, self._leaving.unready(), self._arbiter_file.maximum())
        if user_hooks.has_pre_fork(server.cfg) or getattr(self._rolling, 'is_crowded', False):  # drains hold theirs
            missing = max(0, min(missing, places - len(server.WORKERS)))
        if self._boots.is_failing:  # one tries whether they work
            missing = 0 if self._boots.wait_ns(now_ns, self._is_healthy) else min(missing, 1)
        return self._fitting(missing, staying)

    def _fitting(self, missing, staying):
        """`missing` without those that have no place beside the threads of others; never fewer than at the start."""
        needed = max(1, self._arbiter_file.begun) - len(staying)
        if missing > max(0, needed) and self._is_healthy and self._rolling is None:
            fitting = max(needed, process_room.fitting(self._server, missing, staying, self._arbiter_file.maximum()))
            if fitting < missing:
                self._note_refusal(refused_forks.NO_ROOM)
            return fitting
        return missing

    def _follow_sleep(self):
        """Fall asleep: no reload is under way any more. Wake up: the first worker comes at once."""
        sleep = self._arbiter_file.sleep
        if sleep.is_fresh():
            self._rolling = None
            self._signals.reload_ended()
            self._boots.try_now()
        sleep.look(self._server.LISTENERS)

    def _surge(self, staying, now_ns):
        return self._rolling.surge(staying, now_ns) if self._rolling is not None else 0

    def _follow_rolling(self, staying):
        """Start a refresh that was asked for; end what is done, or has failed."""
        for _ in range(self._signals.take_refreshes()):
            under_way = self._rolling = self._rolling or rolling.Rolling(self._server, self._arbiter_file, ())
            ages = [(worker.age, pid) for pid, worker in list(self._server.WORKERS.items())
                    if pid in staying and pid not in under_way.old]
            under_way.old.update(pid for _, pid in sorted(ages)[:1])
        under_way = self._rolling
        if under_way is None:
            return
        if under_way.has_failed:
            self._server.log.error('gunicorn-autoscaler: the first worker of the reload ended before it served; '
                                   'the old workers stay')
        elif not under_way.is_done(staying):
            return
        self._rolling = None
        self._signals.reload_ended()

    def _spawn(self, asked_ns):
        """Fork one, decided on at `asked_ns`; False when the system or a user's hook refuses, and others serve."""
        control_socket.settle(self._server)
        try:
            pid = self._fork()
        except BaseException as error:  # a hook may end with sys.exit()
            if os.getpid() != self._pid or user_hooks.is_end(error) or not self._can_do_without(error):
                raise
            self._note_refusal(error)
            return False
        self._refused.is_last = False
        if pid in self._server.WORKERS:
            self._leaving.forget(pid)
            self._slots.forked(pid, asked_ns)
        return True

    def _can_do_without(self, error):
        # Without descriptors the master cannot read slots either: workers that live are taken for healthy then.
        is_fatal = isinstance(error, OSError) and error.errno not in (errno.EMFILE, errno.ENFILE)
        return self._is_healthy or self._arbiter_file.sleep.has_none_to_lose() or not is_fatal and bool(self._staying())

    def _note_refusal(self, error):
        self._refused.note(error)
        if self._rolling is not None and not isinstance(error, OSError):
            self._rolling.refused()
        self._note_failure(time.monotonic_ns())

    def _pick_to_drain(self, now_ns):
        """Pids, and the signal for each."""
        staying, under_way, places = self._staying(), self._rolling, self._signals.places(now_ns)
        stuck = self._slots.stuck(staying, now_ns)
        serving = len([pid for pid in staying if self._slots.serves(pid)]) if stuck or under_way else 0
        old, due, beside = (), 0, 0
        if under_way is not None:
            old = under_way.rest(staying)
            due = under_way.due(staying, stuck, self._slots.serves, places, self._server.log)
            beside = max(self._surge(staying, now_ns), under_way.kept(len(staying) - serving))
            for pid in under_way.lock_holders(staying, self._slots.serves, now_ns):
                self._server.log.info(rolling.LOCK_HOLDER_DRAINS, pid)
                self._leaving.begin(pid, now_ns)
                under_way.released(pid, now_ns)
                return self._leaving.due(now_ns)
        surplus = max(due, balance.surplus(places + beside, len(staying), len(stuck), serving))
        if surplus > 0:
            ages = {pid: worker.age for pid, worker in list(self._server.WORKERS.items()) if pid in staying}
            free, is_crowded = max(due, serving - places), self._arbiter_file.is_crowded()
            for pid in balance.first_to_go(ages, old, stuck, self._slots, free, is_crowded, places)[:surplus]:
                self._leaving.begin(pid, now_ns)
                if pid in old:
                    under_way.released(pid, now_ns)
        elif serving and user_hooks.has_pre_fork(self._server.cfg):
            self._leaving.give_up(stuck, now_ns)  # it holds what another would be given
        return self._leaving.due(now_ns)

    def _note_failure(self, now_ns):
        self._boots.failed(now_ns)
        self._arbiter_file.publish_boot_failures(self._boots.failures, now_ns)

    def _publish(self):
        are_draining = [pid in self._leaving for pid in list(self._server.WORKERS)]
        self._arbiter_file.publish_workers(len(are_draining), sum(are_draining), self._server.worker_age)

    def _give_up(self, error):
        """Restore gunicorn's own methods for good: the count follows the doorbell, forks have pauses again."""
        server = self._server
        server.log.error('gunicorn-autoscaler: Cannot manage the workers (%s: %s); gunicorn does it its own way',
                         type(error).__name__, error)
        server.spawn_worker = self._fork
        for name in ('manage_workers', 'spawn_workers', 'handle_ttin', 'handle_ttou', 'handle_winch'):
            server.__dict__.pop(name, None)
        self._rolling = None
        self._reaping.lift(False)
        server.manage_workers()
