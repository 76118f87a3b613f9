"""What Sentry's client needs before a fork."""
import fnmatch
import sys
import threading

from .safety import python_threads


def send_and_close(within_s):
    """Its threads may run in a process that is forked, but what they have to send is sent, and the connections that
    they keep are closed: workers would use them at once, and wait at their end for what another process sends."""
    if not any(map(python_threads.is_restarted, threading.enumerate())):  # flush() would start one
        return
    sdk = sys.modules.get('sentry_sdk')
    try:
        client = sdk.get_client() if hasattr(sdk, 'get_client') else sdk.Hub.current.client
        client.flush(timeout=within_s)
        client.transport._pool.clear()  # urllib3's
    except Exception:  # there is none, or it is of another version
        pass


def compile_patterns(name):
    """It matches the name of each record's logger with patterns: at the first record, each worker would compile
    them."""
    integration = sys.modules.get('sentry_sdk.integrations.logging')
    for patterns in ('_IGNORED_LOGGERS', '_IGNORED_LOGGERS_SENTRY_LOGS'):
        for pattern in getattr(integration, patterns, ()):
            fnmatch.fnmatch(name, pattern)
