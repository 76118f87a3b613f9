"""What the probe does in gunicorn's master, hook by hook."""
import os
import sys
import time

from .. import report, slot
from ..own_descriptor import OwnDescriptor
from ..fork_server.spawning import Spawning
from ..workforce.boot_backoff import BootBackoff
from ..workforce.workforce import Workforce
from . import lifeline, parent, service_manager, sockets, start, start_arguments
from .arbiter_file import ArbiterFile
from .given_up_listeners import GivenUpListeners


class Master:
    """The master's side: attached once, when gunicorn first reads its config, and inert when it is not ours."""

    def __init__(self, folder, on_slot=None):
        """on_slot: called in a worker from the fork server, see forked.live."""
        self._folder = folder
        self._on_slot = on_slot
        self._arbiter_file = None
        self._boots = BootBackoff()
        self._workforce = None
        self._spawning = None
        self._wrapper = None
        self._held = None
        self._given_up = None
        self._is_ours = False
        self._is_reloading = False
        self._has_file_workers = False
        self._told_later = None

    def attach(self):
        """Open the arbiter file. True when this gunicorn is the one that the supervisor scales, launched by it or by a
        program it launched.

        Not for the master that a SIGUSR2 starts, nor for a second gunicorn that runs with our config: they go on as
        plain gunicorn. Raises OSError or ValueError when the file is unusable.
        """
        service_manager.give_back()
        if os.environ.get('GUNICORN_PID') == str(os.getppid()):
            return False
        arbiter_file = ArbiterFile(self._folder)
        if not arbiter_file.claim():
            self._end_if_abandoned(arbiter_file)
            arbiter_file.close()
            return False
        self._arbiter_file = arbiter_file
        self._is_ours = True
        slot.follow_links_of(arbiter_file.supervisor_pid)
        sockets.take()
        arbiter_file.take_over_daemon()
        parent.hide_supervisor(arbiter_file.supervisor_pid)
        try:
            # The kernel reports only a parent's death; otherwise the workforce checks.
            if not arbiter_file.has_launcher:
                lifeline.tie_to_parent(arbiter_file.supervisor_pid)
        except Exception as error:  # a Python without ctypes, a sandbox
            arbiter_file.is_tied = False
            report.trouble('tie gunicorn to the life of its supervisor', error)
        try:
            self._held = OwnDescriptor(lifeline.hold_folder(self._folder))
            self._wrapper = lifeline.Wrapper(self._folder)
        except Exception as error:
            report.trouble('hold the runtime folder', error)
        return True

    def _end_if_abandoned(self, arbiter_file):
        """Nothing else ends a gunicorn below a launcher whose supervisor died before it had workers."""
        if arbiter_file.is_abandoned():
            lifeline.remove_folder(self._folder)
            lifeline.end()

    def configure(self, settings, space):
        """Look into the config `space` that is about to be loaded, again at each reload."""
        self._has_file_workers = 'workers' in space
        self._told_later = start.lengthen_grace(self._arbiter_file.grace(), settings, space)

    def _obeys(self):
        return self._arbiter_file is not None and self._arbiter_file.is_obeying()

    def starting(self, server):
        """on_starting: take over the workforce."""
        if not self._obeys():
            if self._is_ours:
                self._end_if_abandoned(self._arbiter_file)
            return
        if self._told_later:
            server.log.info(self._told_later)
        self._arbiter_file.publish_configuration(server)
        try:
            self._spawning = Spawning(server, self._arbiter_file.fork_server_words(), self._folder, self._take_slot,
                                      self._arbiter_file.sleep)
        except Exception as error:
            report.trouble('prepare for a fork server', error, server.log)
        package = sys.modules[__name__.partition('.')[0]]
        if package.arguments is not None:
            start_arguments.keep_through_reloads(server, package.arguments, package.added_variable)
        self._arbiter_file.follow_reexec(server)
        self._given_up = GivenUpListeners(server)
        lifeline.free_pid_file(server, self._arbiter_file.is_left)
        self._workforce = Workforce(server, self._folder, self._arbiter_file, self._boots, self._spawning)
        if self._wrapper is not None:
            self._wrapper.before(server)
        self._note_reloads(server)

    def count_changed(self, server, new, old):
        """nworkers_changed: returns the number that stands, the wanted one wherever it is known.

        So neither a TTIN from outside nor a reload makes the count drift. gunicorn has stored `new`
        already; the attribute below its property is set, because the property would call this hook again.
        """
        if not self._obeys():
            return new
        if old is None:
            self._arbiter_file.begin(start.named_workers(server.cfg, self._has_file_workers))
        elif self._is_set_by_others(server, new):
            self._arbiter_file.begin(new)
        seq, wanted = self._arbiter_file.wanted()
        if wanted is not None and wanted != new:
            server._num_workers = wanted
        self._arbiter_file.count_change()
        self._arbiter_file.confirm(server.num_workers, seq)
        return server.num_workers

    def _is_set_by_others(self, server, new):
        """Whether the count is set by a hook of the user's, or by gunicorn's control socket."""
        if self._is_reloading or 'handle_ttin' not in vars(server):  # gunicorn manages the workers its own way
            return False
        return not self._arbiter_file.is_applying and self._arbiter_file.wanted()[1] not in (None, 0, new)

    def _note_reloads(self, server):
        """gunicorn sets its count in one, to what the configuration has."""
        reload = server.reload

        def noted_reload(*arguments, **named):
            self._is_reloading = True
            try:
                reload(*arguments, **named)
            finally:
                self._is_reloading = False

        server.reload = noted_reload

    def ready(self):
        """when_ready: the supervisor may signal from now on."""
        if self._obeys():
            self._arbiter_file.publish_ready()

    def reloading(self, server):
        """on_reload, before the user's: it sees in cfg.workers how many will be forked."""
        if not self._obeys():
            return
        self._arbiter_file.publish_configured(start.named_workers(server.cfg, self._has_file_workers))
        self._arbiter_file.publish_configuration(server)
        self._arbiter_file.count_reload()
        _, wanted = self._arbiter_file.wanted()
        if wanted:  # asleep, none will be: what the configuration says stands
            server.cfg.set('workers', wanted)

    def replace_workers(self):
        """on_reload, after the user's: it may fetch the new code, which a fork server imports."""
        if self._obeys() and self._workforce is not None:
            self._workforce.reload()

    def linger_ns(self):
        """How long a worker is kept after its last request before it may end."""
        return self._arbiter_file.linger_ns() if self._arbiter_file is not None else 0

    def is_serving(self):
        """Whether a worker serves, so that gunicorn survives an exception in a user's hook."""
        return self._workforce is not None and self._workforce.is_serving()

    def _take_slot(self, fd, tell):
        """In a worker of the fork server, which may remember a reload that is over."""
        self._workforce = None
        self._on_slot(fd, tell)

    def before_pre_fork(self, worker):
        """pre_fork, before the user's."""
        if self._spawning is not None:
            self._spawning.before_pre_fork(worker, self.gone_in_reload())

    def gone_in_reload(self):
        """How many more workers there would be in gunicorn's own reload, which keeps the old ones up to its end."""
        return self._workforce.gone_in_reload() if self._workforce is not None else 0

    def about_to_fork(self):
        """pre_fork, after the user's: gunicorn forks the worker now."""
        if self._workforce is not None:
            self._workforce.about_to_fork()

    def child_gone(self, pid):
        """child_exit: a worker, or what was one, has ended."""
        if self._workforce is not None:
            self._workforce.gone(pid, time.monotonic_ns())
        if self._given_up is not None:
            self._given_up.look()

    def tell_of_others(self, server):
        """post_fork, in the child: gunicorn tells the application by cfg.workers whether there are several processes
        (wsgi.multiprocess), and has a gevent worker leave connections to others."""
        cfg = server.cfg
        if not self._is_ours or self._arbiter_file is None or cfg.workers > 1:
            return
        configured = start.named_workers(cfg, self._has_file_workers)
        if self._arbiter_file.may_be_several(server.num_workers, configured):
            cfg.set('workers', max(2, server.num_workers))

    def forget(self, server):
        """post_fork, in the child: drop what is the master's alone."""
        server.__dict__.pop('WORKER_BOOT_ERROR', None)
        server.__dict__.pop('APP_LOAD_ERROR', None)
        self._workforce = self._spawning = None
        if self._held is not None:
            self._held.close()
            self._held = None
        if self._arbiter_file is not None:
            self._arbiter_file.close()
            self._arbiter_file = None

    def leaving(self, server):
        """on_exit: without the supervisor, the master removes the runtime folder.

        Not while a master that SIGUSR2 started goes on: it reads our config again at its next reload.
        """
        if self._is_ours and not self._obeys() and not getattr(server, 'reexec_pid', 0):
            lifeline.remove_folder(self._folder)
