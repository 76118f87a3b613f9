"""No workers at all until a client comes.

The supervisor numbers each sleep. What ends one, a connection or a signal, ends that number: a request of the
supervisor's that was on its way meanwhile cannot put the arbiter to sleep again.
"""
import fcntl
import os
import signal
import time

from .. import words as w
from ..polling import POLLIN, poll

_F_SETSIG = 10  # fcntl has no name for it
LIGHT, DEEP = 1, 2


class Sleep:
    """The sleep of one arbiter, and the words about it in the arbiter file."""

    def __init__(self, words, supervisor_pid):
        self._words = words
        self._supervisor_pid = supervisor_pid
        self._ended = 0  # the sleep that was ended here
        self._followed = 0  # the last one that was begun here
        self._watched = {}  # descriptor -> listener
        self._waits_for_worker = False

    def is_on(self):
        """No workers are wanted."""
        number = self._words[w.A_SLEEP]
        return number != 0 and number != self._ended

    def is_deep(self):
        """Nothing that could fork workers is to be kept either."""
        return self.is_on() and self._words[w.A_SLEEP_DEPTH] == DEEP

    def is_fresh(self):
        """True once for each sleep."""
        number = self._words[w.A_SLEEP]
        if not self.is_on() or number == self._followed:
            return False
        self._followed = number
        self._waits_for_worker = True
        return True

    def has_none_to_lose(self):
        """There is no worker because of a sleep, so one that fails is no reason to end: it is tried again."""
        return self._waits_for_worker

    def look(self, listeners):
        """Once a pass: watch these listening sockets while asleep. A connection that waits in one ends the sleep."""
        if self.is_on():
            self._watch(listeners)
            if _is_waiting(listeners):
                self.end()
        if not self.is_on():
            self._forget()

    def end(self):
        """A worker is wanted again."""
        if self.is_on():
            self._ended = self._words[w.A_SLEEP]
            self._words[w.A_WOKEN_NS] = time.monotonic_ns()
            self._words[w.A_WAKES] += 1
            self._tell()
        self._forget()

    def served(self):
        """A worker serves."""
        if not self.is_on():
            self._waits_for_worker = False

    def _tell(self):
        """The supervisor looks once a second. SIGURG does nothing to a process that does not expect it."""
        try:
            os.kill(self._supervisor_pid, signal.SIGURG)
        except (OSError, OverflowError):
            pass  # behind a launcher it may be another user's

    def _watch(self, listeners):
        """Have the kernel send this process SIGCHLD, for which gunicorn looks around anyway, when a
        connection comes: its loop sleeps for up to a second. Again at each pass: a reload may have made new
        ones."""
        for listener in listeners:
            try:
                fd = listener.fileno()
                flags = fcntl.fcntl(fd, fcntl.F_GETFL)
                # A socket of systemd's may still have the flag, and the owner, of a process that ended asleep.
                if not flags & os.O_ASYNC or fcntl.fcntl(fd, fcntl.F_GETOWN) != os.getpid():
                    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
                    fcntl.fcntl(fd, _F_SETSIG, signal.SIGCHLD)
                    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)
                self._watched[fd] = listener
            except (OSError, ValueError):
                pass  # the look once a second sees it

    def _forget(self):
        """The flag belongs to the open socket, which workers share."""
        watched, self._watched = self._watched, {}
        for fd, listener in watched.items():
            try:
                if listener.fileno() == fd:
                    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~os.O_ASYNC)
            except (OSError, ValueError):
                pass


def _is_waiting(listeners):
    waiting = poll()
    count = 0
    for listener in listeners:
        try:
            waiting.register(listener.fileno(), POLLIN)
            count += 1
        except (OSError, ValueError):
            pass
    return count > 0 and any(event & POLLIN for _, event in waiting.poll(0))
