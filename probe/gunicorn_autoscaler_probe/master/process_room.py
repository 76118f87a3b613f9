"""Room for workers within the limits of processes: pids.max of the control groups, RLIMIT_NPROC of the user.

A new worker takes one place at its fork, and one for each of its threads with its requests. Where new workers took the
last places, those that serve could not start their threads, and would fail.
"""
import os
import resource

from .. import kinds

# What stays free, for programs that the application runs: a tenth, and so many at least.
_LEAST_SPARE = 4
# The processes of a user are counted one by one: not for a limit so high that it hardly matters.
_MOST_COUNTED = 4096


def fitting(server, wanted, pids):
    """How many of `wanted` new workers fit beside the workers `pids`, with all the threads that each may have."""
    limits = list(_limits(server.cfg))
    if not limits:
        return wanted
    threads = [max(1, threads_of(pid)) for pid in pids]
    kind = kinds.kind_of(server.worker_class)
    full = max(threads + [1 + kinds.slots_of(kind, server.cfg) if kind == kinds.GTHREAD else 1])
    to_start = sum(full - count for count in threads)
    room = min(limit - max(_LEAST_SPARE, limit // 10) - used for limit, used in limits)
    return max(0, min(wanted, (room - to_start) // full))


def threads_of(pid):
    """How many threads a process has; 0 when that cannot be read."""
    try:
        with open('/proc/%d/stat' % pid) as stat:
            return int(stat.read().rpartition(')')[2].split()[17])
    except (OSError, ValueError, IndexError):
        return 0


def _limits(cfg):
    """(limit, how much of it is used) of each limit there is, in processes and threads."""
    for folder in _groups():
        try:
            yield _number(folder, 'pids.max'), _number(folder, 'pids.current')
        except (OSError, ValueError):  # "max", or no such file
            pass
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    uid = getattr(cfg, 'uid', 0)
    if uid and 0 < limit <= _MOST_COUNTED:  # root has none
        yield limit, _used_by(uid)


def _number(folder, name):
    with open(os.path.join(folder, name)) as file:
        return int(file.read())


def _groups():
    """The folders of this process's control group and of those above it, as far as they are mounted."""
    try:
        with open('/proc/self/cgroup') as lines:
            paths = {names: path for _, names, path in (line.rstrip('\n').split(':', 2) for line in lines)}
        with open('/proc/self/mountinfo') as lines:
            mounts = [line.split() for line in lines]
    except (OSError, ValueError):
        return
    for fields in mounts:
        kind, options = fields[fields.index('-') + 1], fields[-1].split(',')
        if kind == 'cgroup2':
            path = paths.get('', '/')
        elif kind == 'cgroup' and 'pids' in options:
            path = next((path for names, path in paths.items() if 'pids' in names.split(',')), '/')
        else:
            continue
        root, place = fields[3], fields[4]
        inner = path[len(root.rstrip('/')):] if (path + '/').startswith(root.rstrip('/') + '/') else ''
        parts = [part for part in inner.split('/') if part]
        for depth in range(len(parts), -1, -1):
            yield os.path.join(place, *parts[:depth])


def _used_by(uid):
    """Processes and threads of a user."""
    used = 0
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/status' % name) as file:
                    fields = dict(line.split(':\t', 1) for line in file if line.startswith(('Uid:', 'Threads:')))
                used += int(fields['Threads']) if int(fields['Uid'].split()[0]) == uid else 0
            except (OSError, ValueError, KeyError):
                pass
    return used
