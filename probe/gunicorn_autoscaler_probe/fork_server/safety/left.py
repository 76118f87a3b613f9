"""What a fork shares or loses: threads, descriptors, memory, children, locks, timers, settings of one process."""
import os
import signal
import threading

from ...process_stat import kernel_text, stat_fields
from .. import kernel
from . import interpreters

_ITIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


class Left:
    """A look at this process."""

    def __init__(self):
        self.threads = threading.enumerate()
        self.native_ids = task_ids()
        self.interpreters = interpreters.count()
        self.descriptors = open_descriptors()
        self.shared_memory, self.mapped = _mappings()
        self.children = children()
        self.locked = {fd for fd in self.descriptors if _is_locked(fd)}
        self.timers = _timers()
        self.own_to_process = _own_to_process()


def task_ids():
    """The kernel's ids of all threads of this process, Python's and others."""
    return {int(name) for name in os.listdir('/proc/self/task')}


def open_descriptors():
    """fd -> what it is open on."""
    found = {}
    for name in os.listdir('/proc/self/fd'):
        try:
            found[int(name)] = os.readlink('/proc/self/fd/' + name)
        except OSError:
            pass  # the one that listed them
    return found


def children():
    """Child processes that have not ended."""
    found = set()
    for task in task_ids():
        try:
            with kernel_text('/proc/self/task/%d/children' % task) as file:
                found.update(int(pid) for pid in file.read().split())
        except OSError:
            pass
    return {pid for pid in found if not _has_ended(pid)}


def _has_ended(pid):
    return stat_fields(pid)[:1] in ([], [b'Z'], [b'X'])


def _mappings():
    """(places of memory that only forks write to together, "FIRST-END" in hexadecimal; all files that are mapped)."""
    shared, mapped = set(), set()
    with kernel_text('/proc/self/maps') as maps:
        for line in maps:
            part = line.rstrip('\n').split(None, 5)
            if len(part) > 5:
                mapped.add(part[5])
                if part[1] == 'rw-s' and part[5].endswith(' (deleted)'):
                    shared.add(part[0])
    return shared, mapped


def _is_locked(fd):
    """Whether this process holds a lock by it, of flock() or lockf()."""
    try:
        with kernel_text('/proc/self/fdinfo/%d' % fd) as file:
            return any(line.startswith('lock:') for line in file)
    except OSError:
        return False


def _timers():
    found = {'interval timer %d' % which for which in _ITIMERS if signal.getitimer(which)[0] > 0}
    try:
        with kernel_text('/proc/self/timers') as file:
            found.update(line for line in file if line.startswith('ID:'))
    except OSError:  # not every kernel has it
        pass
    return found


def _own_to_process():
    """What is set for this process and not inherited, in words."""
    found = set()
    if kernel.is_subreaper():
        found.add('PR_SET_CHILD_SUBREAPER')
    if kernel.death_signal() not in (0, signal.SIGKILL):  # of the fork server
        found.add('PR_SET_PDEATHSIG')
    try:
        with kernel_text('/proc/self/status') as file:
            if any(line.startswith('VmLck:') and int(line.split()[1]) for line in file):
                found.add('a lock on memory')
    except (OSError, ValueError, IndexError):
        pass
    return found
