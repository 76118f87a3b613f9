"""Signals to the arbiter, before gunicorn acts on them.

The supervisor's own TTIN and TTOU only announce a request in the arbiter file. Those from outside ask for a refresh, as
Airflow and cron jobs do it: TTIN brings one worker more for a minute at most, and TTOU after it takes the oldest away.
In a slow start each worker asks for the next one by TTIN, until a hook has seen enough: there it is a number to begin
with.
"""
import signal
import time

from .. import user_hooks

_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
# HUPs closer together are one: a signal to the process group arrives twice, directly and by the supervisor.
_ONE_RELOAD_NS = 15 * 10**7
_EXTRA_NS = 60 * 10**9
# A worker that became ready so long ago is still taken for booting: the master of a busy machine handles its TTIN late.
_JUST_NS = 10**9
# A ring that the kernel merged with another leaves a credit: it must not hide a signal from outside for long.
_CREDIT_NS = 15 * 10**9


class Signals:
    """Sets signal, handle_ttin, handle_ttou and handle_winch on the instance."""

    def __init__(self, server, arbiter_file, slots):
        self._server = server
        self._arbiter_file = arbiter_file
        self._slots = slots
        self._signal = server.signal
        self._hup_ns = -_ONE_RELOAD_NS
        self._end_ns = 0  # the first signal to end
        self._extra = []  # until when, for each worker that a signal from outside added
        self._begun = []  # the same, for each that a booting worker asked for
        self._refreshes = 0
        self._seq = arbiter_file.wanted()[0]
        self._credit = 0  # rings of the supervisor's still to come
        self._credit_ns = 0
        self._is_logged = False
        self.has_stopped_workers = False  # a daemon's WINCH; until HUP, or a TTIN from outside
        server.signal = self.signal  # gunicorn takes it as its handler after on_starting
        server.handle_ttin = self.handle_ttin
        server.handle_ttou = self.handle_ttou
        server.handle_winch = self.handle_winch

    def are_waiting(self):
        """Whether one is to be handled."""
        queue = getattr(self._server, 'SIG_QUEUE', ())
        return not queue.empty() if hasattr(queue, 'empty') else bool(queue)

    def signal(self, number, frame):
        """gunicorn's handler. Up to 23 its queue holds five, and an end must not wait, or be lost, behind others."""
        queue = getattr(self._server, 'SIG_QUEUE', None)
        if number == signal.SIGHUP:
            now_ns = time.monotonic_ns()
            if now_ns - self._hup_ns < _ONE_RELOAD_NS:
                return None
            self._hup_ns = now_ns  # of those that come one after the other, one now and then counts
        elif number in _ENDS:
            self._end_ns = self._end_ns or time.monotonic_ns()
            self._interrupt_hook()
        if number in _ENDS and isinstance(queue, list):
            while len(queue) >= 5:
                queue.pop()
            self._signal(number, frame)  # it is queued, and the loop woken
            if queue and queue[-1] == number:
                queue.insert(0, queue.pop())
            return None
        return self._signal(number, frame)

    def _interrupt_hook(self):
        """The supervisor repeats a signal to end while the listeners are open: a hook has the graceful timeout."""
        if self._server.LISTENERS and time.monotonic_ns() - self._end_ns > self._server.cfg.graceful_timeout * 10**9:
            user_hooks.interrupt(self._server.log)

    def is_ending(self):
        """Whether a signal to end has come."""
        return self._end_ns > 0

    def reload_ended(self):
        """The next HUP counts, however close it is to the last one."""
        self._hup_ns = -_ONE_RELOAD_NS

    def handle_ttin(self):
        """One worker more, if it is not the supervisor's ring."""
        if not self._is_governed():
            return type(self._server).handle_ttin(self._server)
        if not self._is_ring():
            self.has_stopped_workers = False
            self._arbiter_file.sleep.end()
            if self._is_slow_start():
                self._begin_with(1)
                self._begun.append(time.monotonic_ns() + _EXTRA_NS)
                return self._server.manage_workers()
            self._log()
            if len(self._extra) < self._server.num_workers:
                self._extra.append(time.monotonic_ns() + _EXTRA_NS)
        return self._server.manage_workers()

    def handle_ttou(self):
        """The oldest worker drains, if the signal is not the supervisor's and a TTIN from outside came before."""
        if not self._is_governed():
            return type(self._server).handle_ttou(self._server)
        if not self._is_ring():
            self._log()
            self._begun = [until_ns for until_ns in self._begun if time.monotonic_ns() < until_ns]
            if self._extra or self._begun:
                self._refreshes += 1
            if self._extra:
                self._extra.pop(0)
            elif self._begun:
                self._begun.pop(0)
                self._begin_with(-1)
        return self._server.manage_workers()

    def _is_slow_start(self):
        """Whether the newest worker boots, and there are as many as the configuration names."""
        count, workers = self._server.num_workers, list(self._server.WORKERS.items())
        if not workers or self._arbiter_file.wanted()[1] != self._arbiter_file.named(count):
            return False
        ready_ns = self._slots.ready_ns(max(workers, key=lambda item: item[1].age)[0])
        return not ready_ns or time.monotonic_ns() - ready_ns < _JUST_NS

    def _begin_with(self, more):
        self._arbiter_file.begin(self._arbiter_file.named(self._server.num_workers) + more)

    def handle_winch(self):
        """gunicorn's, which sets the count of a daemon to 0: that would be the wanted number again at once."""
        if not self._server.cfg.daemon or not self._is_governed():
            return type(self._server).handle_winch(self._server)
        self._server.log.info('graceful stop of workers')
        self.has_stopped_workers = True
        return self._server.manage_workers()

    def places(self, now_ns):
        """How many workers there are to be: the count, as signals from outside change it."""
        return 0 if self.has_stopped_workers else self._server.num_workers + self._extra_ones(now_ns)

    def _extra_ones(self, now_ns):
        if self._arbiter_file.sleep.is_on():
            self._extra = []
        self._extra = [until_ns for until_ns in self._extra if now_ns < until_ns]
        return len(self._extra)

    def take_refreshes(self):
        """How many of the oldest workers are to be replaced since the last call."""
        refreshes, self._refreshes = self._refreshes, 0
        return refreshes

    def _is_governed(self):
        return self._arbiter_file.is_obeying() and self._arbiter_file.wanted()[1] is not None

    def _is_ring(self):
        """Whether this signal is the supervisor's: it writes a new request before each."""
        seq, now_ns = self._arbiter_file.wanted()[0], time.monotonic_ns()
        if seq != self._seq:
            self._credit = min(self._credit + seq - self._seq, 5) if seq > self._seq else 1
            self._seq, self._credit_ns = seq, now_ns
        elif now_ns - self._credit_ns > _CREDIT_NS:
            self._credit = 0
        if self._credit <= 0:
            return False
        self._credit -= 1
        return True

    def _log(self):
        if not self._is_logged:
            self._is_logged = True
            self._server.log.warning(
                'gunicorn-autoscaler: Another process signals the arbiter: SIGTTIN brings one worker more for 60 s '
                'at most, SIGTTOU after it replaces the oldest; --min-workers and --max-workers set the number')
