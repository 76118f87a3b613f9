"""The parent of gunicorn's master. Bare it is who started gunicorn, and a hook may signal it: "ready", by SIGUSR1."""
import os

real_pid = os.getppid  # of the parent that the kernel knows


def hide_supervisor(supervisor_pid):
    """In this process os.getppid() answers the supervisor's own parent where it would answer the supervisor. A child of
    this process sees its parent as ever."""
    master_pid = os.getpid()

    def getppid():
        pid = real_pid()
        return _parent_of(pid) if pid == supervisor_pid and os.getpid() == master_pid else pid

    getppid.__doc__ = real_pid.__doc__
    os.getppid = getppid


def _parent_of(pid):
    """Its parent; itself where the kernel does not say."""
    try:
        with open('/proc/%d/stat' % pid) as file:
            return int(file.read().rpartition(')')[2].split()[1])
    except (OSError, ValueError, IndexError):
        return pid
