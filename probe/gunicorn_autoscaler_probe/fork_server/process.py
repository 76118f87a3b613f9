"""The arbiter's side of one fork server, and of a process it forked."""
import json
import os
import signal
import time

from ..polling import POLLIN, poll
from . import kernel, wire
from .arbiter_words import FAILED, READY, STARTING
from .memory import heap

_END_S = 0.5
_ENDS_WITHIN_S = 1.5  # longer than ending.end_unused takes


class Recruit:
    """A process forked from a fork server, a child of the arbiter already, that waits for its order to be a worker.

    Nothing of the application runs in it before. It ends by itself when this end is closed without an order.
    """

    def __init__(self, pid, sock):
        self.pid = pid
        self.asked_ns = 0  # when it was forked for a worker that is wanted; 0 for a spare
        self.forked_s = time.monotonic()
        self._sock = sock

    def order(self, order, descriptors):
        """Have it become a worker: `order` is for forked.py. Raises OSError when it is gone."""
        try:
            wire.send(self._sock, order, descriptors)
        finally:
            self._sock.close()

    def dismiss(self):
        """Close it without an order."""
        self._sock.close()

    def end(self):
        """Kill it, stopped or not: it holds the listening sockets."""
        self._sock.close()
        _kill(self.pid)


class ForkServer:
    """One fork server, from its fork to its end."""

    def __init__(self, live, import_limit_s):
        """Fork it. live(sock) is its life, and does not come back; an import that
        takes longer than `import_limit_s` has failed. Raises OSError."""
        self._sock, theirs = wire.pair()
        self._import_limit_s = import_limit_s
        self.state = STARTING
        self.why = ''  # why it is refused or failed
        self.import_s = 0.0
        self.known = {}  # of the arbiter's state, see worker_state/arbiter_state.py
        self._started_s = time.monotonic()
        self._ending = None  # how it ended, once reaped
        self._is_importing = True
        heap.freeze_arbiter()
        try:
            with kernel.without_sigchld():
                self.pid = os.fork()
        except OSError:
            self._sock.close()
            theirs.close()
            raise
        if self.pid == 0:
            try:
                self._sock.close()
                live(theirs)
            finally:  # whatever it raises is not for the arbiter's code
                os._exit(1)
        theirs.close()
        self._sock.setblocking(False)

    def look(self, wait_s):
        """The state of the fork server, after `wait_s` at most."""
        if self.state == STARTING:
            waiting = poll()
            waiting.register(self._sock, POLLIN)
            if waiting.poll(wait_s * 1000):
                self._read_outcome()
        if self.state in (STARTING, READY) and self._ending is not None:
            self.state, self.why = FAILED, self._ending
        if self.state == STARTING and time.monotonic() - self._started_s > self._import_limit_s:
            self.state, self.why = FAILED, 'the import takes longer than %g s' % self._import_limit_s
        return self.state

    def _read_outcome(self):
        try:
            outcome = json.loads(wire.receive(self._sock)[0].decode('utf-8') or '{}')
        except (OSError, ValueError) as error:
            outcome = {'why': str(error)}
        self._is_importing = False
        end_s = time.monotonic() + _END_S
        self.reap()
        while not outcome and self._ending is None and time.monotonic() < end_s:  # its end follows that of its socket
            time.sleep(0.002)
            self.reap()
        self.state = outcome.get('state', FAILED)
        self.import_s = outcome.get('import_s', 0.0)
        self.why = outcome.get('why', self._ending or 'it ended during the import')

    def fork(self, count, limit_s, adopted):
        """`count` Recruits, after `limit_s` at most. Raises OSError; no process is left behind then. adopted: see
        kernel.adopting_orphans, without the Recruits."""
        mine, theirs = zip(*(wire.pair() for _ in range(count)))
        deadline_s = time.monotonic() + limit_s
        recruits = []
        try:
            with kernel.adopting_orphans(adopted):
                try:
                    wire.send(self._sock, b'fork', [end.fileno() for end in theirs])
                finally:
                    _close(theirs)
                for end in mine:
                    end.settimeout(max(0.001, deadline_s - time.monotonic()))
                    answer = end.recv(1024)
                    if not answer.isdigit():
                        raise ConnectionError(answer.decode('utf-8', 'replace') or 'it ended')
                    recruits.append(Recruit(int(answer), end))
            adopted.difference_update(one.pid for one in recruits)
            return recruits
        except BaseException:
            _close(mine)
            raise

    def reap(self):
        """Note whether it has ended by itself."""
        if self._ending is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except OSError:  # something else has reaped it
                pid, status = self.pid, None
            if pid:
                self._ending = self._ending or how_it_ended(status)

    def has_ended(self, pid, status):
        """Whether it is `pid`, which was reaped with this wait status. May run inside a signal handler."""
        if pid != self.pid or self._ending is not None:
            return False
        self._ending = how_it_ended(status)
        return True

    def end(self):
        """Kill it, stopped or not. One that imports is told to end what its import began."""
        if self._ending is None:
            if self._is_importing:
                _tell(self.pid)
            _kill(self.pid)
        self._ending = self._ending or 'it was ended'
        self._sock.close()

    def signal(self, number):
        """Send it a signal."""
        if self._ending is None:
            os.kill(self.pid, number)

    def forget(self):
        """In another child of the arbiter: else the fork server would not notice that the arbiter let it go."""
        self._sock.close()


def _close(ends):
    for end in ends:
        end.close()


def _kill(pid):
    with kernel.without_sigchld():
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        except OSError:  # something else has reaped it: another process may have its pid
            pass


def _tell(pid):
    deadline_s = time.monotonic() + _ENDS_WITHIN_S
    with kernel.without_sigchld():
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                os.kill(pid, signal.SIGTERM)
            while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline_s:
                time.sleep(0.01)
        except OSError:  # something else has reaped it
            pass


def how_it_ended(status):
    """A wait status in words; None when it is not known."""
    if status is None:
        return 'it ended unseen'
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        more = ', perhaps out of memory' if number == signal.SIGKILL else ''
        return 'it was ended by signal %d%s' % (number, more)
    return 'it ended with exit code %d' % os.WEXITSTATUS(status)
