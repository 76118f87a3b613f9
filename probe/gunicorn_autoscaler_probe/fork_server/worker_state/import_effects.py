"""What the import set for the whole process, and the boot of a worker sets again: the import's stands, as the last."""
import os
import signal
import sys

from ... import kinds
from .. import kernel
from . import inherited
from .handlers import Handlers
from .loggers import Loggers
from .metric_files import MetricFiles

_HANDLED = {signal.SIGABRT, signal.SIGQUIT, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGWINCH}
_HANDLED_BY_UVICORN = {signal.SIGUSR1}
_LOGGERS = ('gunicorn.error', 'gunicorn.access')
_LOGGERS_OF_UVICORN = ('uvicorn.error', 'uvicorn.access')


class ImportEffects:
    """The effects of one fork server's import."""

    def __init__(self, server):
        """Before the import, in the fork server."""
        is_uvicorn = kinds.kind_of(server.worker_class) == kinds.UVICORN
        self.made_for_both = inherited.made_by(lambda: _construct_worker(server))
        self._loggers = Loggers(_LOGGERS + (_LOGGERS_OF_UVICORN if is_uvicorn else ()))
        self._handlers = Handlers(_HANDLED_BY_UVICORN if is_uvicorn else _HANDLED)
        self._names = list(server.cfg.env or ())
        self._metric_files = MetricFiles()
        self._environ = {}
        self._title = self._own_title = _title()
        self._name, self._own_name = '', kernel.get_name()

    def take(self):
        """Take the effects back, after the import: they are not for the fork server itself."""
        self._handlers.take()
        self._loggers.take()
        self._environ = {name: os.environ.get(name) for name in self._names}
        self._title = _title()
        self._name = kernel.get_name()
        self._set_title(self._own_title)

    def take_files(self):
        """After the verdict on the import, which takes a file that is mapped and gone for shared memory."""
        self._metric_files.take()

    def follow(self, worker):
        """Have a worker put the effects back when gunicorn would have imported."""
        self._metric_files.copy()
        load_wsgi = worker.load_wsgi

        def load_and_put_back():
            del worker.load_wsgi
            load_wsgi()
            self._put_back()

        worker.load_wsgi = load_and_put_back

    def _set_title(self, title):
        if self._title != self._own_title:
            sys.modules['setproctitle'].setproctitle(title)

    def _put_back(self):
        self._set_title(self._title)
        if self._name != self._own_name:
            kernel.set_name(self._name)
        self._handlers.put_back()
        self._loggers.put_back()
        for name, value in self._environ.items():
            if value is None:
                os.environ.pop(name, None)
            elif os.environ.get(name) != value:
                os.environ[name] = value


def _title():
    """Of this process, where something can set it."""
    module = sys.modules.get('setproctitle')
    return module.getproctitle() if hasattr(module, 'getproctitle') else None


class _NoHeartbeat:
    """Of a worker that is never one."""

    def __init__(self, cfg):
        pass


def _construct_worker(server):
    """gunicorn constructs workers before their import, and some of a class's constructor is for the process: uvicorn's
    sets loggers."""
    from gunicorn.workers import base
    heartbeat_class, base.WorkerTmp = base.WorkerTmp, _NoHeartbeat
    try:
        return server.worker_class(
            0, server.pid, server.LISTENERS, server.app, server.timeout / 2.0, server.cfg, server.log)
    finally:
        base.WorkerTmp = heartbeat_class
