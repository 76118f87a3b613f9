"""Which fork server an arbiter uses, when it is replaced, and when there is none."""
import errno
import time

from .. import report
from . import spares, unfit, wire
from .memory import code_pages
from .worker_state import arbiter_state, late_hooks
from .arbiter_words import FAILED, READY, REFUSED, STARTING
from .process import ForkServer

_MOST_IMPORT_S = 30
_FORK_LIMIT_S = 5
_FIRST_PAUSE_S = 10
_LONGEST_PAUSE_S = 300
_LOOK_S = 0.05
# With "auto", an application that imports faster has no fork server.
_WORTH_IT_S = 0.3

OFF, ON, AUTO = range(3)
NEW, KEPT, NONE = 'new', 'kept', 'none'


class Keeper:
    """The fork servers of one arbiter: the one that forks and, while it imports, the one to take its place.

    `has_ended` may run inside a signal handler, between any two bytecodes of the other methods: it only takes notes.
    """

    def __init__(self, server, words, make_life, sleep):
        """words: ForkServerWords; make_life(least_import_s): the life of a new fork server; sleep: the arbiter's."""
        self._server = server
        self._words = words
        self._make_life = make_life
        self._sleep = sleep
        self._current = self._next = None
        self._spares = spares.Spares()
        self._adopted = set()  # see kernel.adopting_orphans
        self._pause_s = _FIRST_PAUSE_S
        self._next_try_s = 0.0
        self._ordered_s = 0.0
        self._why_not = ''  # not before the next reload
        self._mode = OFF
        self.is_stopping = False

    @property
    def is_on(self):
        """Fork servers are wanted, and not refused."""
        return self._mode != OFF and not self._why_not

    @property
    def _is_wanted(self):
        return self.is_on and not self.is_stopping and not self._sleep.is_deep()

    def tend(self):
        """Follow the mode, put a fork server that is ready in its place, start one that is missing."""
        self._read_mode()
        self._take()
        if self._sleep.is_deep() and (self._current or self._next):
            self.end()
            self._next_try_s = 0.0
        if self._is_wanted and not self._current and not self._next and time.monotonic() >= self._next_try_s:
            self._start()
        self._spares.end_surplus()
        self._publish()

    def await_first(self):
        """Before a fork: while no worker serves, the import of a fork server is waited for, as a worker's would be."""
        if self._server.WORKERS:
            return
        if self._mode == OFF or self._next is None and self._current is None:
            self.tend()
        if self._current is None:
            self._wait()
            self._take()
            self._publish()

    def recruit(self):
        """A forked process that waits for its order; None when gunicorn is to fork the worker itself."""
        if self._mode == OFF:
            return None
        began_s = time.monotonic()
        if not self._spares:
            self._fork(1)
        recruit = self._spares.take()
        if recruit is None:
            return None
        self._ordered_s = time.monotonic()
        self._words.count_fork(self._ordered_s - began_s)
        return recruit

    def arbiter_changes(self):
        """What the fork server does not know of the arbiter: for an Order."""
        if self._current is None:
            return []
        return arbiter_state.changes(self._current.known, arbiter_state.look(self._server))

    def refill(self, is_booting):
        """Have a spare again; where it is too early, the next pass sees to it, a second later at most."""
        is_early = spares.is_early(time.monotonic() - self._ordered_s, is_booting)
        if (self._server.WORKERS or self._sleep.is_on()) and not is_early:
            self.expect(1)

    def expect(self, count):
        """`count` workers are about to be forked: fork them at once, for fewer copies of the fork server's memory map.
        Not while there is a spare, which needs no fork: it comes first."""
        if not self._spares and self._is_wanted:
            self._fork(min(count, wire.MOST_DESCRIPTORS))

    def _fork(self, count):
        if self._current is None:
            return
        for is_last in (False, True):
            asked_ns = time.monotonic_ns()
            try:
                if self._current.look(0) != READY:
                    raise ConnectionError(self._current.why)
                forked = self._current.fork(count, _FORK_LIMIT_S, self._adopted)
                for recruit in forked:
                    recruit.asked_ns = asked_ns
                self._spares.add(forked)
                self._pause_s = _FIRST_PAUSE_S
                return
            except (OSError, ValueError) as error:
                if getattr(error, 'errno', 0) in (errno.EMFILE, errno.ENFILE):  # no fault of its
                    return
                is_refused = isinstance(error, ConnectionError) and self._current.look(0) == READY
                if is_last or not is_refused:  # silence is not asked twice
                    self._current.reap()
                    why = str(error) if self._current.look(0) == READY else self._current.why
                    self._lose('%s; gunicorn forks until there is a new one' % why)
                    return

    def reload(self):
        """A HUP: a new fork server with the new code. NEW when it has taken over, KEPT when the new code cannot be
        imported and everything old is to stay, NONE when gunicorn's own reload is to go on."""
        self._why_not, self._pause_s, self._next_try_s = '', _FIRST_PAUSE_S, 0.0
        self._read_mode()
        self._end('_next')
        if not self._is_wanted:
            self.end()
            return NONE
        self._start()
        self._wait()
        new = self._next
        state = new.look(0) if new is not None else FAILED
        why = new.why if new is not None else 'it could not be forked'
        if self._take():
            self._publish()
            return NEW
        if state == REFUSED or self._current is None or not (self._server.WORKERS or self._sleep.is_on()):
            self._end('_current')
            self._spares.end()
            self._publish()
            return NONE
        self._end('_next')
        self._publish()
        if not self.is_stopping:
            self._server.log.error('gunicorn-autoscaler: Cannot import the new code in a fork server: %s; '
                                   'the old %s', why, 'workers stay' if self._server.WORKERS else 'code stays')
        return KEPT

    def has_ended(self, pid, status):
        """Whether `pid`, which was reaped with this wait status and is no worker, is ours or was adopted."""
        is_orphan = pid in self._adopted
        self._adopted.discard(pid)
        return is_orphan or self._spares.has_ended(pid) or any(
            one is not None and one.has_ended(pid, status) for one in (self._current, self._next))

    def pass_on(self, number):
        """A signal for the workers: to the fork server as well. The spare has the old log open: another comes."""
        self._spares.end()
        for one in (self._current, self._next):
            if one is not None:
                one.signal(number)

    def end(self):
        """No fork server any more: it holds the listening sockets."""
        self._end('_next')
        self._end('_current')
        self._spares.end()
        self._publish()

    def forget(self):
        """In a child of the arbiter that has no use for them."""
        for one in (self._current, self._next):
            if one is not None:
                one.forget()
        self._spares.forget()

    def _read_mode(self):
        mode = self._words.mode()
        if mode != self._mode:
            self._mode = mode
            self._why_not, self._pause_s, self._next_try_s = '', _FIRST_PAUSE_S, 0.0
            if mode == OFF:
                self.end()
        if mode != OFF and not self._why_not:
            self._refuse(unfit.reason(self._server))

    def _refuse(self, why, is_worth_it=True):
        if why and why != self._why_not:
            self._why_not = why
            report.write('no fork server: %s' % why, self._server.log, level='warning' if is_worth_it else 'info')

    def _start(self):
        self._next_try_s = time.monotonic() + self._pause_s
        known = arbiter_state.look(self._server)
        try:
            # A worker of gunicorn's is killed when its import takes longer than the timeout.
            self._next = ForkServer(self._life, min(self._server.cfg.timeout or _MOST_IMPORT_S, _MOST_IMPORT_S))
            self._next.known = known
        except OSError as error:
            self._back_off()
            report.trouble('fork a fork server', error, self._server.log)

    def _life(self, sock):
        self.forget()
        self._make_life(_WORTH_IT_S if self._mode == AUTO else 0.0)(sock)

    def _wait(self):
        """Until the next fork server has imported; a signal to stop ends the wait."""
        new = self._next
        while new is not None and new.look(_LOOK_S) == STARTING and not self.is_stopping:
            pass

    def _take(self):
        """Put the next fork server in the place of the current one if it is ready; drop what has failed."""
        if self._current is not None and self._current.look(0) != READY:
            self._lose(self._current.why)
        new = self._next
        if new is None:
            return False
        state = new.look(0)
        if state == READY:
            self._end('_current')
            self._spares.end()
            self._current, self._next = new, None
            self._server.log.info('gunicorn-autoscaler: fork server %d imported the application in %.2f s',
                                  new.pid, new.import_s)
            late_hooks.warn_of_post_fork(self._server)
            code_pages.unmap()
            return True
        if state == REFUSED:
            self._refuse(new.why, self._mode == ON or new.import_s >= _WORTH_IT_S)
            self._end('_next')
        elif state == FAILED:
            self._server.log.error('gunicorn-autoscaler: Cannot use fork server %d: %s; next try in %d s', new.pid,
                                   new.why, self._pause_s)
            self._back_off()
            self._end('_next')
        return False

    def _lose(self, why):
        self._server.log.error('gunicorn-autoscaler: fork server %d is lost: %s', self._current.pid, why)
        self._back_off()
        self._end('_current')
        self._publish()

    def _back_off(self):
        self._words.count_failure()
        self._next_try_s = time.monotonic() + self._pause_s
        self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)

    def _end(self, name):
        """name: _current or _next."""
        one = getattr(self, name)
        setattr(self, name, None)
        if one is not None:
            one.end()

    def _publish(self):
        if self._current is not None:
            self._words.publish(READY, self._current.pid, self._current.import_s, '')
        elif self._next is not None:
            self._words.publish(STARTING, self._next.pid, 0.0, '')
        elif self._why_not:
            self._words.publish(REFUSED, 0, 0.0, self._why_not)
        else:
            self._words.publish(FAILED if self._is_wanted else None, 0, 0.0, '')
