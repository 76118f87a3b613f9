"""What an import began and is about to end or to send: it forbids no fork once it has."""
import sys
import threading
from time import monotonic, sleep  # gevent's, put in their places later, would start its loop

from .. import sentry
from . import left, python_threads

_SENDS_WITHIN_S = 2
_ENDS_WITHIN_S = 0.2
_LOOK_EVERY_S = 0.005


def settle(before):
    """After an import. before: the Left from before it."""
    sentry.send_and_close(_SENDS_WITHIN_S)
    _await_ends(before)
    module = sys.modules.get('subprocess')
    if hasattr(module, '_cleanup'):
        module._cleanup()  # else it keeps their pipes


def _await_ends(before):
    """Of children, such as that of os.popen(...).read(), and of threads, such as a timer's."""
    end_s = monotonic() + _ENDS_WITHIN_S
    while (left.children() - before.children or _threads_since(before)) and monotonic() < end_s:
        sleep(_LOOK_EVERY_S)


def _threads_since(before):
    there = {*before.threads, threading.main_thread()}
    return [one for one in threading.enumerate() if one not in there and not python_threads.is_restarted(one)]
