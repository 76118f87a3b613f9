"""System calls that place a worker."""
import contextlib
import ctypes
import os
import signal

from .. import held_reaping

_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37

# The names that `ps -o comm` and the supervisor see of processes that are gunicorn's children and no workers.
FORK_SERVER_NAME = 'fork server'
SPARE_NAME = 'spare worker'


_libc = None


def _prctl(option, value):
    global _libc
    _libc = _libc or ctypes.CDLL(None, use_errno=True)
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl(%d)' % option)


def _prctl_number(option):
    number = ctypes.c_int()
    _prctl(option, ctypes.byref(number))
    return number.value


def fork():
    """os.fork without Python's at-fork hooks (os.register_at_fork), but with those of C libraries: for a process that
    only forks by os.fork, where the hooks then run, once a worker. Not while there are Python threads. Raises OSError.
    """
    pid = ctypes.PyDLL(None, use_errno=True).fork()
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return pid


def check_adopting():
    """Raises OSError where this process may not become the parent of orphans."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 0)


def _children():
    """The pids of the children of this process that its first thread has: that thread adopts. None are told where the
    kernel does not list them."""
    try:
        with open('/proc/self/task/%d/children' % os.getpid(), 'rb') as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()


@contextlib.contextmanager
def adopting_orphans(adopted):
    """Orphans among our descendants become our children, and their pids are in the set `adopted` until they are reaped.
    Only while a worker is placed, and nothing is reaped meanwhile: up to gunicorn 25.3 any child that exits with 3 or 4
    ends the whole server, a helper that a worker left behind as well."""
    with without_sigchld():
        before = _children()
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        try:
            yield
        finally:
            _prctl(_PR_SET_CHILD_SUBREAPER, 0)
            now = _children()
            adopted &= now
            adopted |= now - before


@contextlib.contextmanager
def without_sigchld():
    """Up to gunicorn 23 its SIGCHLD handler reaps inside any call of ours, and takes what ends for a worker. Blocked is
    the signal in this thread alone: another thread of the master may have it handled here."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    held_reaping.hold()
    try:
        yield
    finally:
        is_due = held_reaping.release()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if is_due:
            signal.raise_signal(signal.SIGCHLD)


def die_with(parent_pid):
    """Have the kernel kill this process when `parent_pid`, its parent, dies. A change of user clears it: call it after.
    Raises OSError when refused."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a fork does not inherit it
    if os.getppid() != parent_pid:  # it died before the call
        os._exit(0)


def outlive_parent():
    """Take back die_with."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def death_signal():
    """What this process gets when its parent dies, 0 for none. Raises OSError when refused."""
    return _prctl_number(_PR_GET_PDEATHSIG)


def is_subreaper():
    """Whether orphans among the descendants of this process become its children. Raises OSError when refused."""
    return _prctl_number(_PR_GET_CHILD_SUBREAPER) != 0


def set_name(name):
    """Name this process. Never raises."""
    try:
        # Not /proc/self/comm, which is root's after a change of user.
        _prctl(_PR_SET_NAME, name.encode('utf-8', 'surrogateescape'))
    except (OSError, ValueError):
        pass


def get_name():
    """The name of this process. Never raises."""
    try:
        with open('/proc/self/comm', encoding='utf-8', errors='surrogateescape') as file:
            return file.read().strip()
    except OSError:
        return 'gunicorn'
