"""What a fork shares or loses: threads, descriptors, memory, children, locks, timers."""
import os
import signal
import threading


class Left:
    """A look at this process."""

    def __init__(self):
        self.threads = threading.enumerate()
        self.native_ids = task_ids()
        self.descriptors = _descriptors()
        self.shared_memory = _shared_memory()
        self.children = _children()
        self.file_locks = _file_locks()
        self.has_timer = signal.getitimer(signal.ITIMER_REAL)[0] > 0


def task_ids():
    """The kernel's ids of all threads of this process, Python's and others."""
    return {int(name) for name in os.listdir('/proc/self/task')}


def _descriptors():
    """fd -> what it is open on."""
    found = {}
    for name in os.listdir('/proc/self/fd'):
        try:
            found[int(name)] = os.readlink('/proc/self/fd/' + name)
        except OSError:
            pass  # the one that listed them
    return found


def _shared_memory():
    """Places of memory without a file that forks write to together: "FIRST-END" addresses, in hexadecimal."""
    with open('/proc/self/maps') as maps:
        parts = [line.split() for line in maps if 'rw-s' in line]
    return {part[0] for part in parts if part[5:] == ['/dev/zero', '(deleted)']}


def _children():
    found = set()
    for task in task_ids():
        try:
            with open('/proc/self/task/%d/children' % task) as file:
                found.update(int(pid) for pid in file.read().split())
        except OSError:
            pass
    return found


def _file_locks():
    """Inodes that this process holds with flock(): a fork holds them as well."""
    found = set()
    try:
        with open('/proc/locks') as file:
            for line in file:
                part = line.split()
                if len(part) > 5 and part[1] == 'FLOCK' and part[4] == str(os.getpid()):
                    found.add(part[5].split(':')[-1])
    except OSError:
        pass
    return found
