"""When workers are reaped, and gunicorn's rule that one which cannot boot ends the arbiter: in force only while no
worker serves."""
from .. import held_reaping
from . import control_socket

# No exit code of a worker equals it, so gunicorn's "worker failed to boot" never matches.
_NO_EXIT_CODE = -1


class Reaping:
    """Sets reap_workers and halt on the instance, so that an arbiter that ends says so once and at once, and wraps its
    spawn_worker.

    The rule stands on the arbiter: uvicorn's worker exits with the code of the class, whatever the instance says.
    """

    def __init__(self, server):
        self._server = server
        self._is_ending = False
        self._is_reaping = False
        self._is_forking = False
        self._is_due = False  # a SIGCHLD came meanwhile
        self._ended_by = None
        self._spawn_worker = server.spawn_worker
        self._reap_workers = server.reap_workers
        self._halt = server.halt
        server.reap_workers = self.reap_workers
        server.halt = self.halt

    def about_to_fork(self):
        """At the end of pre_fork. Until the worker is one of the arbiter's, nothing is reaped: gunicorn up to 23 would
        not know its end, and keep it for good."""
        self._is_forking = True

    def spawn_worker(self):
        """gunicorn's."""
        try:
            pid = self._spawn_worker()
        finally:
            self._is_forking = False
        if self._is_due:
            self.reap_workers()
        return pid

    def lift(self, is_lifted):
        """Lift the rule, or restore it, once a pass. Python drops what a handler of SIGCHLD raises in an at-fork
        function or a finalizer: what ended the arbiter is raised again here, and what a fork that failed held back is
        reaped."""
        if self._ended_by is not None:
            raise self._ended_by
        if self._is_due:
            self.reap_workers()
        self._lift(is_lifted)

    def _lift(self, is_lifted):
        if is_lifted or self._is_ending:
            self._server.WORKER_BOOT_ERROR = self._server.APP_LOAD_ERROR = _NO_EXIT_CODE
        else:
            self._server.__dict__.pop('WORKER_BOOT_ERROR', None)
            self._server.__dict__.pop('APP_LOAD_ERROR', None)

    def reap_workers(self):
        """gunicorn's, never inside itself while it serves: up to 23 it runs in the handler of SIGCHLD, and when several
        workers leave at once, the user's child_exit would be interrupted by another. Once it stops a slow one
        must not delay the end once for each worker. The first worker that ends the arbiter does; others that
        died with it are reaped too: gunicorn up to 23 does not, and its stop waits the graceful timeout for
        them."""
        if held_reaping.refuses() or self._is_forking or self._is_reaping and self._server.LISTENERS:
            self._is_due = True
            return
        try:
            while True:
                self._is_reaping, self._is_due = True, False
                try:
                    self._reap_workers()
                finally:
                    self._is_reaping = False
                if not self._is_due:
                    return
        except BaseException as error:
            self._ended_by = error
            self._reap_others()
            raise

    def halt(self, *args, **kwargs):
        """gunicorn's end. A second worker that cannot boot must not raise into it: the exit code would be 1 instead of
        gunicorn's own 3 or 4."""
        control_socket.settle(self._server)
        self._reap_others()
        return self._halt(*args, **kwargs)

    def _reap_others(self):
        self._is_ending = True
        self._lift(True)
        try:
            self._reap_workers()
        except Exception:  # of a hook of the user's
            pass
