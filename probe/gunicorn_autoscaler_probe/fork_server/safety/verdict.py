"""What an import left that forbids a fork, and what is only a warning."""
import collections
import os
import pickle
import re
import signal
import threading
from os import close, waitpid  # gevent's and eventlet's wait for a loop of theirs

from ...polling import POLLIN, poll
from .. import kernel
from . import descriptors, exit_functions, native_threads, python_threads, temporary_files
from .left import open_descriptors, task_ids

# Their library starts them anew in a forked process.
_LIBRARIES_THAT_RESTART = re.compile(r'openblas|libarrow')
# Its start methods spawn and forkserver (Python 3.14's own) have one that clears up behind locks and queues.
_MULTIPROCESSING = re.compile(rb'from (multiprocessing\.\w+) import main')
_TRIAL_MS = 5000


def judge(before, after, fork):
    """(refusals, warnings), each a list of sentences that name the thing. In doubt it refuses, which costs only speed.

    before, after: Left, around the import; fork: os.fork, for a trial: pools that end themselves before a
    fork, and files that are closed behind it, do no harm.
    """
    refusals, warnings = [], []
    for thread in after.threads:
        if thread not in before.threads and thread is not threading.main_thread():
            said, fate = refusals, 'would not have it'
            if python_threads.is_restarted(thread):
                said, fate = warnings, 'start their own'
            said.append('thread "%s" of %s runs, and workers %s' % (
                thread.name, python_threads.origin_of(thread), fate))
    of_python = {getattr(thread, 'native_id', None) for thread in after.threads}  # eventlet's have none
    others = before.native_ids | of_python | {os.getpid()}
    tasks = after.native_ids - others
    opened = {fd: target for fd, target in after.descriptors.items() if before.descriptors.get(fd) != target}
    locked = [opened[fd] for fd in (after.locked - before.locked) & set(opened)]  # a fork may let go, as filelock's do
    if tasks or opened:
        kept = _tried(fork)
        if kept is not None:
            opened = {fd: target for fd, target in opened.items() if kept.get(fd) == target}
    refusals += lacking(tasks)
    names_threads, keeps_loop = bool(refusals), False
    for fd in opened:
        found = descriptors.judge(fd, after.descriptors, after.mapped)
        if found is not None:
            verdict, what = found
            (refusals if verdict == descriptors.REFUSED else warnings).append(
                '%s is open, and workers would share it' % what)
            keeps_loop = keeps_loop or after.descriptors[fd].startswith('anon_inode:')
    if keeps_loop and not names_threads:  # threads may end for a fork, and begin anew
        for library in _libraries(task_ids() - others):
            refusals.append('perhaps that is of %s, which has threads' % library)
    for path in locked:
        refusals.append('the file %s is locked, and workers would not have the lock for themselves' % path)
    if after.shared_memory - before.shared_memory:
        warnings.append('shared memory or a lock for several processes was made, and all workers would have the same')
    for pid in after.children - before.children:
        refusals.append('the process %d (%s) was started, and workers would share it' % (pid, _name_of(pid)))
    if after.interpreters > before.interpreters:
        refusals.append('an interpreter was made beside the main one, and workers that use it would crash')
    if after.timers - before.timers:
        refusals.append('an interval timer is set, and workers would not have it')
    for what in after.own_to_process - before.own_to_process:
        refusals.append('%s is set, and workers would not have it' % what)
    for what in temporary_files.left():
        refusals.append('%s was made, and workers would share it' % what)
    for what in exit_functions.removed():
        refusals.append('%s is removed at exit, and the first worker to end would remove it' % what)
    return list(dict.fromkeys(refusals)), list(dict.fromkeys(warnings))


def _tried(fork):
    """What is open in a forked process, once all hooks of the fork have run; None when it does not say."""
    reader, writer = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            with open(writer, 'wb') as file:
                file.write(pickle.dumps(open_descriptors()))
        finally:
            os._exit(0)
    close(writer)
    with open(reader, 'rb') as file:
        waiting = poll()
        waiting.register(file, POLLIN)
        if not waiting.poll(_TRIAL_MS):  # a hook hangs
            os.kill(pid, signal.SIGKILL)
        data = file.read()
    waitpid(pid, 0)
    return pickle.loads(data) if data else None


def unknown_tasks():
    """The threads of this process that Python does not know."""
    tasks = task_ids()  # first: one that starts meanwhile is known
    known = {getattr(thread, 'native_id', None) for thread in threading.enumerate()}  # eventlet's have none
    return tasks - known - {os.getpid()}


def lacking(tasks):
    """What is said of those of `tasks` that a forked process would lack."""
    counts = collections.Counter()
    for task in tasks & task_ids():
        library = native_threads.library_of(task)
        if library is None or not _LIBRARIES_THAT_RESTART.search(library):
            counts[library or 'an unknown library'] += 1
    return ['%d thread%s of %s run%s, and workers would not have %s' % (
        (count, '', name, 's', 'it') if count == 1 else (count, 's', name, '', 'them'))
        for name, count in counts.items()]


def _libraries(tasks):
    return sorted({native_threads.library_of(task) for task in tasks} - {None})


def _name_of(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as file:
            helper = _MULTIPROCESSING.search(file.read())
        if helper is not None:
            return helper.group(1).decode()
        with open('/proc/%d/comm' % pid, 'rb') as file:
            name = file.read().decode('utf-8', 'replace').strip()  # cut after 15 bytes
            return 'a fork' if name == kernel.FORK_SERVER_NAME else name
    except OSError:
        return 'gone'
