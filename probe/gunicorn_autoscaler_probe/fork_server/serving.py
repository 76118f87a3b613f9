"""In the fork server: import the application, then fork the requested workers."""
import json
import os
import signal
import time
from os import waitpid  # gevent and eventlet patch their modules while the application is imported
from socket import socket as Socket

from .. import report
from ..worker import oom
from . import application, ending, forked, kernel, rehearsal, sentry, wire
from .arbiter_words import FAILED, READY, REFUSED
from .memory import code_pages, heap
from .memory.usual_pages import UsualPages
from .safety import python_threads
from .worker_state import log_files
from .worker_state.import_effects import ImportEffects

_SENDS_WITHIN_S = 0.2
_FOR_THE_ARBITER = ('SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU', 'SIGUSR2', 'SIGWINCH')


class Life:
    """The life of a fork server of one arbiter. Called in the process that was forked to be it."""

    def __init__(self, server, least_import_s, on_slot):
        """least_import_s: an application that imports faster is refused; on_slot: see forked.live."""
        self._server = server
        self._least_import_s = least_import_s
        self._on_slot = on_slot
        self._effects = None
        self._pages = None

    def __call__(self, sock):
        worker_name = self._begin(sock)
        for number in (signal.SIGTERM, signal.SIGQUIT):  # sent to the whole group: the arbiter ends this process
            signal.signal(number, _ignore)
        self._pages = UsualPages()
        fork, own_pid = application.real_fork(), os.getpid()
        while True:
            channels = _next(sock)
            self._pages.learn()
            try:
                has_threads = python_threads.exist()
                if has_threads:
                    sentry.send_and_close(_SENDS_WITHIN_S)
                middle_pid = fork() if has_threads else kernel.fork()
                if middle_pid == 0:
                    kernel.die_with(own_pid)  # a hook of a fork may hang it
                    sock.close()
                    self._fork_each(fork, channels, worker_name)
                waitpid(middle_pid, 0)
            except OSError as error:
                _reply(channels, str(error))
            for channel in channels:
                channel.close()

    def _fork_each(self, fork, channels, worker_name):
        """In the process between: fork one process per channel, and end, so that the arbiter becomes their parent."""
        middle_pid = os.getpid()
        kernel.set_name(kernel.SPARE_NAME)  # theirs too: one that is adopted must not pass for a fork server
        for channel in channels:
            try:
                pid = fork()
            except OSError as error:
                _reply([channel], str(error))
                continue
            if pid == 0:
                for other in channels:
                    if other is not channel:
                        other.close()
                forked.live(self._server, middle_pid, channel, worker_name, self._on_slot, self._effects, self._pages)
        os._exit(0)

    def _begin(self, sock):
        """Everything up to the first fork. Returns the process name that workers have. Ends the process on failure."""
        try:
            worker_name = kernel.get_name()
            kernel.set_name(kernel.FORK_SERVER_NAME)
            oom.end_before_workers()  # as the arbiter's user
            self._leave_arbiter()
            kernel.set_name(kernel.FORK_SERVER_NAME)  # a title, of gunicorn's or of the import's, changes it too
            began_s = time.monotonic()
            log_files.mark(self._server.log)
            self._effects = ImportEffects(self._server)
            refusals, warnings = application.load(self._server, self._effects)
            kernel.set_name(kernel.FORK_SERVER_NAME)
            oom.take_of_import()
            import_s = time.monotonic() - began_s
            refusal = '; '.join(refusals)
            if not refusal and import_s < self._least_import_s:
                refusal = 'the application imports in %.2f s, a fork server is not worth it' % import_s
            if refusal:
                _end_unused(sock, REFUSED, import_s, refusal)
            for warning in warnings:
                self._server.log.warning('gunicorn-autoscaler: fork server: %s', warning)
            log_files.note()
            ending.flush_streams()  # else each worker prints what the import left in the buffers
            rehearsal.rehearse(self._server)
            heap.freeze_after_import()
            code_pages.unmap()
            _send_outcome(sock, READY, import_s, '')
            return worker_name
        except BaseException as error:
            _end_unused(sock, FAILED, 0.0, '%s: %s' % (type(error).__name__, error))

    def _leave_arbiter(self):
        server = self._server
        from gunicorn import util
        for number in set(server.SIGNALS) | {signal.SIGCHLD}:
            signal.signal(number, signal.SIG_DFL)
        for name in _FOR_THE_ARBITER:  # sent to the whole group. Not SIG_IGN, which every program that is run inherits
            signal.signal(getattr(signal, name), _ignore)
        signal.signal(signal.SIGUSR1, lambda *_: log_files.reopen(server.log))
        signal.signal(signal.SIGTERM, _let_go_of(os.getpid()))
        for worker in server.WORKERS.values():
            worker.tmp.close()
        server.WORKERS.clear()
        util._setproctitle('fork server [%s]' % server.proc_name)
        cfg = server.cfg
        util.set_owner_process(cfg.uid, cfg.gid, initgroups=cfg.initgroups)
        util.set_owner_process = _ignore  # only root can do it again
        kernel.die_with(server.pid)
        os.environ.update(cfg.env or {})


def _ignore(*args, **named):
    pass


def _let_go_of(own_pid):
    """For a SIGTERM while the application is imported. A program that the import forks has the handler too."""
    def let_go(number, frame):
        if os.getpid() == own_pid:
            ending.end_unused(lambda: os._exit(0))
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    return let_go


def _next(sock):
    """A socket per worker to come, for its order. Ends the process when the arbiter has let it go."""
    while True:
        try:
            data, descriptors = wire.receive(sock)
        except OSError:
            os._exit(1)
        if not data:
            os._exit(0)
        if descriptors:
            return [_channel(fd) for fd in descriptors]


def _channel(fd):
    channel = Socket(fileno=fd)
    channel.settimeout(None)  # the import may have set a default, and a spare waits long
    return channel


def _reply(channels, text):
    for channel in channels:
        try:
            wire.send(channel, text.encode('utf-8', 'replace')[:1000] or b'?')
        except OSError:
            pass


def _end_unused(sock, state, import_s, why):
    def end():
        _send_outcome(sock, state, import_s, why)
        os._exit(1)  # never 3 or 4, which end gunicorn

    ending.end_unused(end)


def _send_outcome(sock, state, import_s, why):
    try:
        wire.send(sock, json.dumps({'state': state, 'import_s': import_s, 'why': why[:900]}).encode('utf-8'))
    except OSError as error:
        report.trouble('tell of the fork server', error)
