"""The end of a worker that does not serve yet."""
import signal
import sys

_is_leaving = False


def leave(number, frame):
    """A handler: ends this worker by way of gunicorn's own clean-up and what atexit runs, which the next SIGTERM, that
    masters repeat, does not cut short."""
    global _is_leaving
    _is_leaving = True
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def leave_if_told():
    """After code that may have dropped what `leave` raised, or made another exception of it."""
    if _is_leaving:
        sys.exit(0)
