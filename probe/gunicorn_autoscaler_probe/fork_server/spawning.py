"""gunicorn's spawn_worker with the fork of a fork server, set on one arbiter."""
import os
import pickle
import signal
import time

from .. import kinds, load, report, slot

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_UNSET = object()


class Spawning:
    """Sets spawn_worker, kill_workers, reap_workers and signal on the instance; its class stays as it is.

    gunicorn's own spawn_worker makes the worker and runs pre_fork; only the fork inside it is ours. Whatever fails here
    ends in gunicorn's ordinary fork. The modules of a fork server, a third of all, are loaded once one is wanted.
    """

    def __init__(self, server, words, folder, on_slot, sleep):
        """words: ForkServerWords; on_slot: see forked.live; sleep: of the arbiter, see asleep.py. Raises
        ImportError without gunicorn."""
        import gunicorn.arbiter
        self._module = gunicorn.arbiter
        self._server = server
        self._words = words
        self._on_slot = on_slot
        self._sleep = sleep
        self._keeper = None  # until a fork server is wanted
        self._is_tried = False  # once: its modules may not load
        self._is_stopping = False
        self._folder = folder
        self._worker = None
        self._gone = 0
        self._attributes = {}
        self._environ = {}
        self._set_by_pre_fork = {}  # pid -> what it set on that worker
        self._spawn_worker = server.spawn_worker
        self._kill_workers = server.kill_workers
        self._reap_workers = server.reap_workers
        self._signal = server.signal
        server.spawn_worker = self.spawn_worker
        server.kill_workers = self.kill_workers
        server.reap_workers = self.reap_workers
        server.signal = self.signal  # gunicorn takes it as its handler after on_starting

    def _wanted(self):
        """The keeper, made as soon as a fork server is wanted; None before. Raises whatever loading raises, once."""
        if self._keeper is None and not self._is_tried and self._words.mode():
            self._is_tried = True
            server, on_slot, life = self._server, self._on_slot, load('fork_server.serving').Life
            self._keeper = load('fork_server.keeper').Keeper(
                server, self._words, lambda least_import_s: life(server, least_import_s, on_slot), self._sleep)
            self._keeper.is_stopping = self._is_stopping
        return self._keeper

    def tend(self):
        """Once a pass of manage_workers: have the fork server that is wanted."""
        try:
            if self._wanted() is not None:
                self._keeper.tend()
        except Exception as error:
            report.trouble('tend the fork server', error, self._server.log)

    def refill(self, slots, pids):
        """At the end of a pass: have a spare, unless one of the workers `pids` is not ready yet."""
        try:
            if self._keeper is not None:
                self._keeper.refill(not all(slots.ready_ns(pid) for pid in pids))
        except Exception as error:
            report.trouble('fork a spare worker', error, self._server.log)

    def expect(self, count):
        """gunicorn is about to spawn `count` workers, one after the other."""
        try:
            if self._keeper is not None:
                self._keeper.expect(count)
        except Exception as error:
            report.trouble('fork several workers at once', error, self._server.log)

    def is_old_kept(self):
        """A HUP: import the new code in a new fork server. True when that failed, and everything old is to stay."""
        try:
            return self._wanted() is not None and self._keeper.reload() == load('fork_server.keeper').KEPT
        except Exception as error:
            report.trouble('have a new fork server', error, self._server.log)
            return False

    def before_pre_fork(self, worker, gone):
        """Remember what pre_fork finds: what it changes must reach the worker. gone: see counted_workers.py."""
        self._worker = worker
        self._gone = gone
        self._attributes = dict(worker.__dict__)
        self._environ = dict(os.environ)

    def spawn_worker(self):
        """One worker: its pid, or None when gunicorn is about to stop."""
        try:
            if self._wanted() is not None:
                self._keeper.await_first()
        except Exception as error:
            report.trouble('start a fork server', error, self._server.log)
        if self._keeper is None:
            return self._spawn_worker()
        if self._keeper.is_stopping and self._keeper.is_on:
            return None
        self._worker = None  # before_pre_fork does not come where a hook has put its own pre_fork in the place of ours
        self._module.os = load('fork_server.forked').OtherOs(fork=self._fork)
        try:
            return self._spawn_worker()
        finally:
            self._module.os = os

    def kill_workers(self, sig):
        """gunicorn's, the fork server too: it ends before the workers, and reopens its logs with them."""
        try:
            if self._keeper is not None:
                if sig == signal.SIGUSR1:
                    self._keeper.pass_on(sig)
                else:
                    self._keeper.end()
        except Exception as error:
            report.trouble('pass a signal on to the fork server', error, self._server.log)
        return self._kill_workers(sig)

    def reap_workers(self):
        """gunicorn's, which is told of no child that is ours or was adopted. Up to gunicorn 23 it may run inside the
        handler of a signal, in the middle of spawn_worker."""
        if self._keeper is None:
            return self._reap_workers()
        before = self._module.os
        self._module.os = load('fork_server.forked').OtherOs(waitpid=self._waitpid)
        try:
            return self._reap_workers()
        finally:
            self._module.os = before

    def _waitpid(self, pid, options):
        while True:
            ended, status = os.waitpid(pid, options)
            if not ended or ended in self._server.WORKERS or not self._keeper.has_ended(ended, status):
                return ended, status

    def signal(self, number, frame):
        """gunicorn's handler; its queue cannot be looked into from 24 on."""
        if number in _STOPS:
            self._is_stopping = True
            if self._keeper is not None:
                self._keeper.is_stopping = True
        return self._signal(number, frame)

    def _fork(self):
        self._module.os = os
        asked_ns = time.monotonic_ns()
        try:
            pid = self._from_fork_server(asked_ns)
        except Exception as error:
            report.trouble('take a worker from the fork server', error, self._server.log)
            pid = None
        if pid is None:
            pid = os.fork()
            if pid == 0:
                self._keeper.forget()
                load('fork_server.memory.heap').thaw_worker()
        return pid

    def _from_fork_server(self, asked_ns):
        worker = self._worker
        if not self._keeper.is_on:
            return None
        if worker is None:
            report.write('the fork server forks no worker: pre_fork was replaced while gunicorn runs; set it in the '
                         'configuration file itself', self._server.log)
            return None
        attributes = {key: value for key, value in worker.__dict__.items()
                      if self._attributes.get(key, _UNSET) is not value}
        environ = {key: value for key, value in os.environ.items() if self._environ.get(key) != value}
        unset = [key for key in self._environ if key not in os.environ]
        load('fork_server.worker_state.late_hooks').warn_of_environment(self._server, [*environ, *unset])
        try:
            order = load('fork_server.forked').Order(
                worker.age,
                attributes,
                environ,
                unset,
                self._keeper.arbiter_changes(),
                load('fork_server.worker_state.siblings').listed(self._server, self._set_by_pre_fork),
                self._gone).packed()
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            report.trouble('hand what pre_fork set to a worker of the fork server', error, self._server.log)
            return None
        for _ in range(2):  # a spare that was waiting may be gone
            recruit = self._keeper.recruit()
            if recruit is None:
                return None
            try:
                self._order(recruit, worker, order, recruit.asked_ns or asked_ns)
                alive = {pid: self._set_by_pre_fork.get(pid, {}) for pid in list(self._server.WORKERS)}
                self._set_by_pre_fork = {**alive, recruit.pid: attributes}
                return recruit.pid
            except OSError as error:
                recruit.dismiss()
                slot.remove(self._folder, recruit.pid)
                report.trouble('give a forked worker its order', error, self._server.log)
        return None

    def _order(self, recruit, worker, order, asked_ns):
        """Make the worker's slot here: it may have lost the right to the folder."""
        kind = kinds.kind_of(type(worker))
        slots = kinds.slots_of(kind, worker.cfg)
        slot.create(self._folder, kind, slots, worker.age, recruit.pid, os.getpid(), asked_ns).close()
        fd = os.open(slot.path_of(self._folder, recruit.pid), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            recruit.order(order, [worker.tmp.fileno(), fd])
        finally:
            os.close(fd)
