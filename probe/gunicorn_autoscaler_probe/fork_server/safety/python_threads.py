"""Threads that Python's own fork has to know of: one may hold a lock, which only that frees, or be ended and started
anew by a library's at-fork hooks."""
import ctypes


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
