"""The application's own handler of SIGTERM, which is to run when its worker ends, however it is told to."""
import signal
import sys

_SERVERS = ('gunicorn', 'uvicorn', 'uvicorn_worker', 'tornado')
_LOOP = 'asyncio.unix_events'  # stands for the handler that the loop was given


def is_there():
    """Whether SIGTERM, now, runs what is not the server's: a function, or a method that a worker class overrides."""
    return _is_theirs(signal.getsignal(signal.SIGTERM)) or _is_theirs(_of_loop())


def _of_loop():
    """What the running loop of asyncio calls at SIGTERM. uvloop does not tell; its own handler counts as theirs then,
    and does no harm where it is the server's."""
    try:
        loop = sys.modules['asyncio'].get_running_loop()
        return loop._signal_handlers[signal.SIGTERM]._callback
    except (KeyError, RuntimeError, AttributeError):
        return None


def _is_theirs(handler):
    if not callable(handler):
        return False
    handler = getattr(handler, 'func', handler)  # of a functools.partial
    module = getattr(getattr(handler, '__func__', handler), '__module__', None) or ''
    return module != _LOOP and module.partition('.')[0] not in _SERVERS
