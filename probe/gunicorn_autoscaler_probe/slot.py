"""A worker's slot: made in the worker, read (and marked) by gunicorn's master.

Where something removed the file, the supervisor leads its name to its own open descriptor of it: the one kind
of link that is followed, in a process that knows the supervisor.
"""
import errno
import os
import stat
import struct
import time

from . import interpreter_lock, words as w
from .page import create_page
from .process_stat import waited_ns

_HEAD = struct.Struct('<34Q')

_supervisor_pid = None


def follow_links_of(supervisor_pid):
    """Know the supervisor from now on. os.getppid() does not tell: see parent.py, and a launcher may be between."""
    global _supervisor_pid
    _supervisor_pid = supervisor_pid


def make_folder(folder):
    """Make the runtime folder again. Raises OSError when it cannot be made, or when another user has put one there."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        info = os.lstat(folder)
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
            raise


def path_of(folder, pid):
    """The slot file of the worker `pid`."""
    return os.path.join(folder, 'w-%d' % pid)


def create(folder, kind, slots, age, pid=None, ppid=None, boot_ns=None):
    """The slot of this process, or of the worker `pid` with the parent `ppid`, forked at `boot_ns`. It is in state
    "booting", and visible to the supervisor when this returns. Raises OSError.

    kind: number of the worker class; slots: requests it serves at once; age: gunicorn's number of the worker.
    """
    pid = pid or os.getpid()
    path = path_of(folder, pid)
    made = os.path.join(folder, '.w-%d.new' % pid)
    try:
        page = create_page(made)
    except FileNotFoundError:  # something removed the folder: the supervisor fills it again
        make_folder(folder)
        page = create_page(made)
    m = page.words
    now = time.monotonic_ns()
    m[w.VERSION] = w.SLOT_VERSION
    m[w.PID] = pid
    m[w.PPID] = ppid or os.getppid()
    m[w.KIND] = kind
    m[w.SLOTS] = slots
    m[w.PARALLEL] = not interpreter_lock.exists()
    m[w.STATE] = w.BOOTING
    m[w.REALTIME_NS] = time.time_ns()
    m[w.MONOTONIC_NS] = time.monotonic_ns()
    m[w.LAST_CHANGE_NS] = now
    m[w.BOOT_NS] = boot_ns or now
    m[w.AGE] = age
    m[w.MAGIC] = w.SLOT_MAGIC  # last: a reader trusts the rest once it sees this
    os.rename(made, path)
    return page


def mark_ready(words):
    """Say that the worker serves; a worker that drains already stays "draining". True the first time."""
    if words[w.READY_NS]:
        return False
    words[w.PARALLEL] = not interpreter_lock.exists()
    words[w.BOOT_CPU_NS] = time.process_time_ns()
    words[w.BOOT_WAIT_NS] = waited_ns('self')
    words[w.READY_NS] = time.monotonic_ns()
    if words[w.STATE] == w.BOOTING:
        words[w.STATE] = w.READY
    return True


def _open(folder, pid, mode):
    path = path_of(folder, pid)
    try:
        return os.open(path, mode | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP or not os.readlink(path).startswith('/proc/%s/fd/' % _supervisor_pid):
            raise
    return os.open(path, mode | os.O_CLOEXEC)


def read_header(folder, pid):
    """Words 0-33 of the slot of `pid` as a tuple, or None when there is no valid slot."""
    try:
        fd = _open(folder, pid, os.O_RDONLY)
    except OSError:
        return None
    try:
        head = _HEAD.unpack(os.pread(fd, _HEAD.size, 0))
    except (OSError, struct.error):
        return None
    finally:
        os.close(fd)
    return head if head[w.MAGIC] == w.SLOT_MAGIC and head[w.PID] == pid else None


def mark_draining(folder, pid):
    """Say in the slot of `pid` that it drains; nothing happens when it has no slot."""
    try:
        fd = _open(folder, pid, os.O_WRONLY)
    except OSError:
        return
    try:
        os.pwrite(fd, struct.pack('<Q', w.DRAINING), w.STATE * 8)
    except OSError:
        pass
    finally:
        os.close(fd)


def remove(folder, pid):
    """Remove the slot file of a worker that is gone, and one it may have left half made."""
    for path in (path_of(folder, pid), os.path.join(folder, '.w-%d.new' % pid)):
        try:
            os.unlink(path)
        except OSError:
            pass
