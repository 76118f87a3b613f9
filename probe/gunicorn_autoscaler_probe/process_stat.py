"""What the kernel tells of a process in /proc/PID/stat and /proc/PID/schedstat, and how its files are read."""
from sys import getfilesystemencoding

# Fields of stat, from the state on.
PARENT, USER_TICKS, SYSTEM_TICKS, THREADS, START_TICKS = 1, 11, 12, 17, 19


def kernel_text(path):
    """Open a file of the kernel to read. Names in it may be no text in the locale's encoding: os.fsencode() has it."""
    return open(path, encoding=getfilesystemencoding(), errors='surrogateescape')


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on; none when it cannot be read. pid: a number, or 'self'.

    They are bytes: the name before them may be no text (setproctitle cuts it after 15 bytes).
    """
    try:
        with open('/proc/%s/stat' % pid, 'rb') as stat:
            return stat.read().rpartition(b')')[2].split()
    except OSError:
        return []


def stat_number(pid, field, unknown=0):
    """One of the numbers above; `unknown` when it cannot be read."""
    fields = stat_fields(pid)
    return int(fields[field]) if len(fields) > field else unknown


def waited_ns(pid):
    """How long the main thread of a process has stood in the run queue; 0 where that is not known. pid: a number, or
    'self'."""
    try:
        with kernel_text('/proc/%s/schedstat' % pid) as schedstat:
            return int(schedstat.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
