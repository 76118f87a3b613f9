"""Interpreters beside the main one, of concurrent.interpreters: a fork leaves them without state, and a worker that
uses one crashes."""
import ctypes


def count():
    """How many interpreters this process has; 1 where that is not known."""
    try:
        api = ctypes.pythonapi
        first, following = api.PyInterpreterState_Head, api.PyInterpreterState_Next
    except AttributeError:  # not CPython
        return 1
    for function in first, following:
        function.restype = ctypes.c_void_p
    found, interpreter = 0, first()
    while interpreter:
        found += 1
        interpreter = following(ctypes.c_void_p(interpreter))
    return found
