"""Gunicorn's control socket (25.1 and newer) between two forks.

Each fork stops its thread and starts a new one. Up to 26.0 a fork before the new thread runs waits 2 s for it and leaks
it with its descriptors: six workers forked in a row took 4 s. So the next fork waits until it runs. So does the end: on
Python 3.13 and newer, where eventlet's threads have no time limit but an exception, gunicorn would exit with 1.
"""
import time

_LONGEST_S = 0.2
_LOOK_S = 0.001


def settle(server):
    """Wait until the thread of the control socket runs, where there is one; 0.2 s at most. To be called
    before a fork, or the end."""
    control = getattr(server, '_control_server', None)
    end = time.monotonic() + _LONGEST_S
    while getattr(control, '_running', False) and not _is_live(control) and time.monotonic() < end:
        time.sleep(_LOOK_S)


def _is_live(control):
    """Whether the control server has its loop and its listener. A later gunicorn may have neither: no wait."""
    return getattr(control, '_loop', True) is not None and getattr(control, '_server', True) is not None
