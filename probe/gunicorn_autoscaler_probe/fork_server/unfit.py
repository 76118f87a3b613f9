"""Configurations in which a fork server is useless or harmful."""
import os
import sys
import threading
import time

from .. import kinds, user_hooks
from . import kernel
from .safety import verdict

_THREAD_ENDS_S = 0.05


def reason(server):
    """Why this arbiter can have none, '' when it can."""
    cfg = server.cfg
    if cfg.preload_app:
        return 'preload_app is set, gunicorn\'s master has the application already'
    if cfg.reload:
        return 'reload is set, new code must be imported by each worker'
    if sys.implementation.name != 'cpython':  # what is forked and shared here is of CPython's own making
        return 'Python is %s, not CPython' % sys.implementation.name
    patched_by = getattr(os.waitpid, '__module__', '').partition('.')[0]
    if patched_by in ('gevent', 'eventlet'):
        return '%s has patched gunicorn\'s master, which loses the ends of workers that it has not forked' % patched_by
    tracer = _tracer()
    if tracer:
        return '%s follows the processes that gunicorn forks' % tracer
    if _changes_owner(cfg) and (user_hooks.has_post_fork(cfg) or _begins_in_own_way(server.worker_class)):
        return 'before --user or --group, root runs post_fork or a worker class that is not gunicorn\'s'
    if kinds.kind_of(server.worker_class) == kinds.UNKNOWN:
        return 'the worker class %s is not known' % server.worker_class.__name__
    if type(server).spawn_worker.__module__ != 'gunicorn.arbiter':
        return 'the arbiter has a spawn_worker of its own'
    if _patches_more(server.worker_class):
        return 'the worker class has a patch() of its own, which must run before the import'
    if getattr(cfg, 'reuse_port', False) and cfg.uid != 0 and any(_is_privileged(one) for one in cfg.address):
        return 'with reuse_port each worker binds its port itself, and below 1024 that needs root'
    try:
        kernel.check_adopting()
    except OSError as error:
        return 'the kernel does not let gunicorn adopt processes (%s)' % error
    return _native_threads()


def _native_threads():
    """A tracer's (ddtrace's), say: they are made anew by the hooks of one fork, in a process that then forks no more.
    Looked for twice: a thread of Python's that is just ending is none."""
    found = verdict.lacking(verdict.unknown_tasks())
    if found:
        time.sleep(_THREAD_ENDS_S)
        found = verdict.lacking(verdict.unknown_tasks())
    return 'in gunicorn\'s master %s' % found[0] if found else ''


def _tracer():
    """A debugger or a meter of coverage: it waits for each process that is forked, or would lose what it saw there."""
    if 'pydevd' in sys.modules:  # of debugpy, PyCharm, VS Code; up to Python 3.11 it may trace by other means
        return 'pydevd'
    trace = sys.gettrace() or getattr(threading, '_trace_hook', None)
    if trace is not None:
        return getattr(trace, '__module__', None) or '%s.%s' % (type(trace).__module__, type(trace).__name__)
    monitoring = getattr(sys, 'monitoring', None)  # of Python 3.12 and newer
    tools = (monitoring.DEBUGGER_ID, monitoring.COVERAGE_ID) if monitoring is not None else ()
    return next(filter(None, map(getattr(monitoring, 'get_tool', None), tools)), None)


def _changes_owner(cfg):
    """Whether workers become another user, or of another group: a fork server is that already, to import."""
    return (cfg.uid, cfg.gid) != (os.geteuid(), os.getegid())


def _begins_in_own_way(worker_class):
    begins = [getattr(worker_class, name, None) for name in ('__init__', 'init_process')]
    return not all(getattr(begin, '__module__', '').startswith(('gunicorn.', 'uvicorn')) for begin in begins)


def _patches_more(worker_class):
    patch = getattr(worker_class, 'patch', None)
    return patch is not None and not getattr(patch, '__module__', '').startswith('gunicorn.')


def _is_privileged(address):
    return isinstance(address, tuple) and len(address) > 1 and 0 < int(address[1]) < 1024
