"""Signal handlers that the import sets: gunicorn sets those of a worker before it, and here they come after it."""
import ctypes
import os
import signal

_ACTION_BYTES = 512  # struct sigaction has fewer on every machine
_MEANT_BYTES = 16  # the handler and the mask; C leaves some of the rest as it was


class Handlers:
    """The signal handlers of one fork server's application. Some are C's: faulthandler's."""

    def __init__(self, handled):
        """Before the import. handled: signals for which gunicorn's worker has a handler, which the import may call."""
        self._own = _look()
        self._handled = handled
        self._targets = {}  # what handles each of them in this process
        for number in handled:
            signal.signal(number, self._pass_on)
        self._before = _look()
        self._changed = {}

    def take(self):
        """After the import: none of them stands in the fork server."""
        after = _look()
        for number, (handler, action) in after.items():
            before = self._before[number]
            if _are_two((handler, action), before):
                self._changed[number] = handler if handler != before[0] else None, action
        for number, found in after.items():
            if _are_two(found, self._own[number]):
                _set(number, self._own[number])

    def put_back(self):
        """Set the import's handlers: in a worker, once gunicorn's are set."""
        for number in self._handled:
            self._targets[number] = signal.getsignal(number)
        for number, found in self._changed.items():
            _set(number, found)

    def _pass_on(self, number, frame):
        """What the import finds in the place of gunicorn's handler."""
        target = self._targets.get(number, self._own[number][0])
        if callable(target):
            target(number, frame)
        elif target == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def _are_two(found, other):
    return found[0] != other[0] or found[1][:_MEANT_BYTES] != other[1][:_MEANT_BYTES]


def _look():
    """Signal -> (Python's handler, the kernel's action)."""
    libc = ctypes.CDLL(None)
    found = {}
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        action = ctypes.create_string_buffer(_ACTION_BYTES)
        if libc.sigaction(number, None, action) == 0:
            found[number] = signal.getsignal(number), action.raw
    return found


def _set(number, found):
    handler, action = found
    if handler is not None:  # else it is no handler of Python's
        signal.signal(number, handler)
    ctypes.CDLL(None).sigaction(number, action, None)
