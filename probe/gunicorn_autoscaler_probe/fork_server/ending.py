"""The end of a forked worker, and of a fork server that forks none."""
import _io
import atexit
import ctypes
import gc
import os
import signal
import sys
import threading
import weakref
from time import sleep

from .safety import left

_UNUSED_S = 1  # so long has what an import began to end
_LOOKS, _LOOK_EVERY_S = 40, 0.005  # and so long a child that is told to

_files = {}  # id -> reference


def remember_files():
    """Before objects are frozen: which of them are open files."""
    for key in [key for key, reference in _files.items() if reference() is None]:
        del _files[key]
    _files.update((id(file), weakref.ref(file)) for file in _tracked_files())


def end(code):
    """End this process as Python does after a SystemExit of `code`, but leave the application's objects where they are:
    to free them would copy the pages that workers share, tens of megabytes in each worker of a reload.

    Threads are waited for, `atexit` functions run and files are flushed; `__del__` does not run.
    """
    for step in (threading._shutdown, atexit._run_exitfuncs, _flush):
        try:
            step()
        except BaseException:  # atexit has printed it
            pass
    os._exit(_number(code))


def end_unused(then):
    """In a fork server that forks no worker: end what the import began, as the end of a worker would, so that it is not
    in the way of the workers' imports: files that say who leads, temporary directories, pools. Then call `then`, which
    ends the process. Threads are not waited for."""
    def give_up(number, frame):
        _end_children()
        then()

    signal.signal(signal.SIGALRM, give_up)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, _UNUSED_S)
    for step in (*reversed(getattr(threading, '_threading_atexits', ())), atexit._run_exitfuncs, _end_children, _flush):
        try:
            step()
        except BaseException:  # atexit has printed it
            pass
    then()


def _end_children():
    for pid in left.children():
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError:  # it has ended
            pass
    for _ in range(_LOOKS):
        if not left.children():
            break
        sleep(_LOOK_EVERY_S)


def _number(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xff
    try:
        print(code, file=sys.stderr, flush=True)
    except Exception:
        pass
    return 1


def _flush():
    for file in [reference() for reference in _files.values()] + _tracked_files():
        _flush_one(file)
    flush_streams()


def flush_streams():
    """Write out what Python and C libraries have printed. Never raises."""
    for file in (sys.stdout, sys.stderr):
        _flush_one(file)
    ctypes.CDLL(None).fflush(None)


def _flush_one(file):
    try:
        if file is not None and not file.closed:
            file.flush()
    except Exception:  # as Python does with a file that it frees
        pass


def _tracked_files():
    # By type: to ask an object may run code of the application. _io's class is no ABC, whose check is slow.
    return [one for one in gc.get_objects() if issubclass(type(one), _io._IOBase)]
