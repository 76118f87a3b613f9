"""Links gunicorn's master and its supervisor: neither outlives the other for long."""
import contextlib
import fcntl
import os
import shutil
import signal

from ..slot import make_folder
from . import parent

_PR_SET_PDEATHSIG = 1
_WRAPPER = 'gunicorn_autoscaler_conf.py'


def tie_to_parent(parent_pid):
    """Have the kernel send this process SIGTERM when `parent_pid`, its parent, dies. Raises OSError when refused.

    A forked child does not inherit it, so workers are not affected. The kernel watches the parent's thread that forked;
    the supervisor forks from its main thread.
    """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl(PR_SET_PDEATHSIG)')
    if parent.real_pid() != parent_pid:  # it died before the call: the signal would never come
        end()


def end():
    """Stop gunicorn as a SIGTERM does."""
    os.kill(os.getpid(), signal.SIGTERM)


def free_pid_file(server, is_left):
    """Have the pid file go at the beginning of an end that the supervisor's death began: it names a master that lives
    until requests are answered, and what is started again would refuse to run beside it. A bare master is just gone."""
    halt = server.halt

    def halt_without_pid_file(*arguments, **named):
        with contextlib.suppress(Exception):  # the end itself must come
            if server.pidfile is not None and is_left():
                server.pidfile.unlink()
        halt(*arguments, **named)

    server.halt = halt_without_pid_file


def remove_folder(folder):
    """Remove the runtime folder of a dead supervisor."""
    shutil.rmtree(folder, ignore_errors=True)


def hold_folder(folder):
    """A descriptor that shows others, in whatever pid namespace, that the runtime folder is in use. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


class Wrapper:
    """The config that gunicorn reads again at each reload, and without which it would end."""

    def __init__(self, folder):
        """Keep what it says now. Raises OSError."""
        self._folder = folder
        self._path = os.path.join(folder, _WRAPPER)
        with open(self._path, 'rb') as file:
            self._text = file.read()

    def put_back(self):
        """Write it where it is missing. Raises OSError when that cannot be done."""
        if os.path.exists(self._path):
            return
        make_folder(self._folder)
        made = self._path + '.new'
        fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, 'wb') as file:
            file.write(self._text)
        os.rename(made, self._path)

    def before(self, server):
        """Look after it before each reload of `server`. One that could not read its config again is skipped."""
        reload = server.reload

        def reload_with_config():
            try:
                self.put_back()
            except OSError as error:
                server.log.error('gunicorn-autoscaler: Cannot reload: %s is gone and cannot be written again (%s); '
                                 'all stays as it was', self._path, error)
                return
            reload()

        server.reload = reload_with_config
