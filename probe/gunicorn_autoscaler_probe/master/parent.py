"""The parent of gunicorn's master. Bare it is who started gunicorn, and a hook may signal it: "ready", by SIGUSR1."""
import os

from ..process_stat import PARENT, stat_number

real_pid = os.getppid  # of the parent that the kernel knows


def hide_supervisor(supervisor_pid):
    """In this process os.getppid() answers the supervisor's own parent where it would answer the supervisor. A child of
    this process sees its parent as ever."""
    master_pid = os.getpid()

    def getppid():
        pid = real_pid()
        return stat_number(pid, PARENT, pid) if pid == supervisor_pid and os.getpid() == master_pid else pid

    getppid.__doc__ = real_pid.__doc__
    os.getppid = getppid
