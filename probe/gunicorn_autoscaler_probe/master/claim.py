"""Which gunicorn master the supervisor scales: two kinds of lock on the arbiter file, each gone with its holder.

The supervisor holds a flock, so every process can see whether it lives, whoever started it. The master holds a POSIX
lock, which a forked worker does not inherit: a gunicorn that a worker or a second launcher starts finds it taken.
"""
import errno
import fcntl
import os

from ..process_stat import START_TICKS, stat_fields, stat_number


def take(fd):
    """Have the POSIX lock from now on; False when another process has it. A file system without such locks lets all."""
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN)
    return True


def is_held(fd):
    """Whether the supervisor still has its flock."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return False


def is_gone(pid):
    """Whether no living process has this pid: where the file system has no flock, that alone tells of the supervisor's
    end. One that was killed stays a zombie until its parent takes note, which may be late or never."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return stat_fields(pid)[:1] in ([b'Z'], [b'X'])


def start_ticks():
    """When this process started, in clock ticks since boot; 0 when the system does not tell."""
    return stat_number('self', START_TICKS)
