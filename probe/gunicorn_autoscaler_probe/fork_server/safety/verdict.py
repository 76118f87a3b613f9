"""What an import left that forbids a fork, and what is only a warning."""
import collections
import os
import re
import threading

from . import descriptors, native_threads
from .left import task_ids

# Their library starts them anew in a forked process.
_THREADS_THAT_RESTART = re.compile(r'^sentry-sdk\.')
_LIBRARIES_THAT_RESTART = re.compile(r'openblas|libarrow')


def judge(before, after, fork):
    """(refusals, warnings), each a list of sentences that name the thing. In doubt it refuses, which costs only speed.

    before, after: Left, around the import; fork: os.fork, for a trial: pools that end themselves before a
    fork do no harm.
    """
    refusals, warnings = [], []
    for thread in after.threads:
        if thread not in before.threads and thread is not threading.main_thread():
            (warnings if _THREADS_THAT_RESTART.search(thread.name) else refusals).append(
                'thread "%s" of %s runs, and workers would not have it' % (thread.name, _origin(thread)))
    refusals += _native_threads(before, after, fork)
    for fd, target in after.descriptors.items():
        found = descriptors.judge(fd, target) if before.descriptors.get(fd) != target else None
        if found is not None:
            verdict, what = found
            (refusals if verdict == descriptors.REFUSED else warnings).append(
                '%s is open, and workers would share it' % what)
    if after.shared_memory - before.shared_memory:
        warnings.append('shared memory was made (mmap), and all workers would have the same')
    for pid in after.children - before.children:
        refusals.append('the process %d (%s) was started, and workers would share it' % (pid, _name_of(pid)))
    for inode in after.file_locks - before.file_locks:
        refusals.append('a file is locked (inode %s), and workers would all hold the lock' % inode)
    if after.has_timer and not before.has_timer:
        refusals.append('an interval timer is set, and workers would not have it')
    return refusals, warnings


def _origin(thread):
    target = getattr(thread, '_target', None) or type(thread)
    return '%s.%s' % (getattr(target, '__module__', '?'), getattr(target, '__qualname__', '?'))


def _native_threads(before, after, fork):
    of_python = {getattr(thread, 'native_id', None) for thread in after.threads}  # eventlet's have none
    new = after.native_ids - before.native_ids - of_python - {os.getpid()}
    if not new:
        return []
    pid = fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    counts = collections.Counter()
    for task in new & task_ids():
        library = native_threads.library_of(task)
        if library is None or not _LIBRARIES_THAT_RESTART.search(library):
            counts[library or 'an unknown library'] += 1
    return ['%d thread%s of %s run%s, and workers would not have %s' % (
        (count, '', name, 's', 'it') if count == 1 else (count, 's', name, '', 'them'))
        for name, count in counts.items()]


def _name_of(pid):
    try:
        with open('/proc/%d/comm' % pid) as file:
            return file.read().strip()
    except OSError:
        return 'gone'
