"""Threads that Python's own fork has to know of: one may hold a lock, which only that frees, or be ended and started
anew by a library's at-fork hooks."""
import ctypes
import functools
import re
import threading

# Their library starts them anew in a forked process.
_RESTARTED = re.compile(r'^sentry_sdk\.')


def exist():
    """Whether this process has any but the calling one. Threads of native code that call Python count, whatever they do
    now, as sys._current_frames() and threading would not have it."""
    try:
        api = ctypes.pythonapi
        main, first, following = api.PyInterpreterState_Main, api.PyInterpreterState_ThreadHead, api.PyThreadState_Next
        for function in main, first, following:
            function.restype = ctypes.c_void_p
        thread = following(ctypes.c_void_p(first(ctypes.c_void_p(main()))))
    except AttributeError:  # not CPython
        return True
    return thread is not None


def origin_of(thread):
    """What a thread runs, by its name in Python."""
    runs = thread.function if isinstance(thread, threading.Timer) else getattr(thread, '_target', None)
    while isinstance(runs, functools.partial):
        runs = runs.func
    runs = runs if hasattr(runs, '__qualname__') else type(thread if runs is None else runs)
    return '%s.%s' % (runs.__module__, runs.__qualname__)


def is_restarted(thread):
    """Whether a worker has it all the same."""
    return _RESTARTED.search(origin_of(thread)) is not None
