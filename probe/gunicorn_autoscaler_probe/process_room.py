"""Room for workers within the limits of processes: pids.max of the control groups, RLIMIT_NPROC of the user.

A new worker takes one place at its fork, and one for each of its threads with its requests. Where new workers took the
last places, those that serve could not start their threads, and would fail.
"""
import os
import resource

from . import kinds
from .process_stat import THREADS, kernel_text, stat_number

# What stays free, for programs that the application runs: a tenth, and so many at least.
_LEAST_SPARE = 4
# The processes of a user are counted one by one: not for a limit so high that it hardly matters.
_MOST_COUNTED = 4096
_UNBOUND = 1 << 24 | 1 << 21  # CAP_SYS_RESOURCE, CAP_SYS_ADMIN


def fitting(server, wanted, pids, maximum=0):
    """How many of `wanted` new workers fit beside the workers `pids`, with all the threads that each may have. Where
    `maximum` workers fit, all do: so many would run without the autoscaler. Never raises."""
    try:
        return _fitting(server, wanted, pids, maximum)
    except Exception:  # no /proc, or no descriptor left
        return wanted


def _fitting(server, wanted, pids, maximum):
    limits = list(_limits(server.cfg))
    if not limits:
        return wanted
    threads = [max(1, threads_of(pid)) for pid in pids]
    kind = kinds.kind_of(server.worker_class)
    full = max(threads + [1 + kinds.slots_of(kind, server.cfg) if kind == kinds.GTHREAD else 1])
    to_start = sum(full - count for count in threads)
    others = full * max(wanted, maximum - len(pids))
    for limit, used in limits:
        room = limit - used - to_start
        if room < others or not maximum:
            wanted = min(wanted, (room - max(_LEAST_SPARE, limit // 10)) // full)
    return max(0, wanted)


def threads_of(pid):
    """How many threads a process has; 0 when that cannot be read."""
    return stat_number(pid, THREADS)


def _limits(cfg):
    """(limit, how much of it is used) of each limit there is, in processes and threads."""
    for folder in _groups():
        try:
            yield _number(folder, 'pids.max'), _number(folder, 'pids.current')
        except (OSError, ValueError):  # "max", or no such file
            pass
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    uid = getattr(cfg, 'uid', 0)
    if uid and 0 < limit <= _MOST_COUNTED and not _is_unbound(uid):  # root has none
        yield limit, _used_by(uid)


def _number(folder, name):
    with kernel_text(os.path.join(folder, name)) as file:
        return int(file.read())


def _groups():
    """The folders of this process's control group and of those above it, as far as they are mounted."""
    try:
        with kernel_text('/proc/self/cgroup') as lines:
            paths = {names: path for _, names, path in (line.rstrip('\n').split(':', 2) for line in lines)}
        with kernel_text('/proc/self/mountinfo') as lines:
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


def _is_unbound(uid):
    """Whether workers of this user have a right that lifts the limit: a change of the user takes it."""
    if uid != os.geteuid():
        return False
    with kernel_text('/proc/self/status') as status:
        return any(int(line[8:], 16) & _UNBOUND for line in status if line.startswith('CapEff:'))


def _used_by(uid):
    """Processes and threads of a user. Those of others are passed over fast: there may be thousands."""
    used = 0
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                used += threads_of(int(name)) if os.stat('/proc/' + name).st_uid == uid else 0
            except OSError:  # it has ended
                pass
    return used
