"""What an import began and is about to end, or to send: it forbids no fork once it has."""
import sys
import threading
from time import monotonic, sleep  # gevent's, put in their places later, would start its loop

from . import left, python_threads

_SENDS_WITHIN_S = 2
_ENDS_WITHIN_S = 0.2
_LOOK_EVERY_S = 0.005


def settle(before):
    """After an import. before: the Left from before it."""
    send(_SENDS_WITHIN_S)
    _await_ends(before)
    module = sys.modules.get('subprocess')
    if hasattr(module, '_cleanup'):
        module._cleanup()  # else it keeps their pipes


def send(within_s):
    """Sentry's threads may run in a process that is forked, but what they have to send is sent, and the connections
    that they keep are closed: workers would use them at once, and wait at their end for what another process sends."""
    if not any(map(python_threads.is_restarted, threading.enumerate())):  # flush() would start one
        return
    sentry = sys.modules.get('sentry_sdk')
    try:
        client = sentry.get_client() if hasattr(sentry, 'get_client') else sentry.Hub.current.client
        client.flush(timeout=within_s)
        client.transport._pool.clear()  # urllib3's
    except Exception:  # there is none, or it is of another version
        pass


def _await_ends(before):
    """Of children, such as that of os.popen(...).read(), and of threads, such as a timer's."""
    end_s = monotonic() + _ENDS_WITHIN_S
    while (left.children() - before.children or _threads_since(before)) and monotonic() < end_s:
        sleep(_LOOK_EVERY_S)


def _threads_since(before):
    there = {*before.threads, threading.main_thread()}
    return [one for one in threading.enumerate() if one not in there and not python_threads.is_restarted(one)]
