"""The arbiter file, master's side: reads how many workers the supervisor wants, and confirms."""
import os
import time

from .. import kinds
from .. import words as w
from ..fork_server.arbiter_words import ForkServerWords
from ..own_descriptor import OwnDescriptor
from ..page import Page, open_owned
from . import background, claim, lifeline, parent, start
from .asleep import Sleep

_MOST_LINGER_MS = 86400 * 1000
_MOST_TIMEOUT_MS = 1 << 53  # some write sys.maxsize for "never"


class ArbiterFile:
    """The number the supervisor wants, and the words of the master."""

    def __init__(self, folder):
        """Open the file in `folder`. Raises OSError when it is missing, ValueError when it is something else."""
        # Kept open: a process loses its locks on a file when it closes any descriptor of it.
        self._file = OwnDescriptor(open_owned(os.path.join(folder, 'arbiter')))
        try:
            self._page = Page(self._file.fd)
        except BaseException:
            self._file.close()
            raise
        self._words = self._page.words
        if self._words[w.A_MAGIC] != w.ARBITER_MAGIC:
            self.close()
            raise ValueError('the arbiter file has another format')
        self.supervisor_pid = self._words[w.A_SUPERVISOR_PID]
        self.sleep = Sleep(self._words, self.supervisor_pid)
        self._claimed_by = None
        self.has_launcher = parent.real_pid() != self.supervisor_pid  # a program is between them
        self.is_tied = not self.has_launcher  # the kernel tells of the supervisor's death
        self.begun = 0  # workers to begin with; 0 where gunicorn's own count stands
        self.is_applying = False  # the wanted number is being set
        self._changes = 0

    def linger_ns(self):
        """How long a worker is kept after its last request before it may end."""
        return min(self._words[w.A_LINGER_MS], _MOST_LINGER_MS) * 10**6

    def take_over_daemon(self):
        """Have gunicorn become no daemon of its own making."""
        background.take_over(self._words)

    def fork_server_words(self):
        """The words about the fork server."""
        return ForkServerWords(self._words)

    def close(self):
        """Drop the mapping (a worker has no use for it)."""
        self._page.close()
        self._file.close()

    def claim(self):
        """Become the master that the supervisor scales. False when another one is, or when the supervisor is gone.

        The start time tells the supervisor whether the pid still is ours, and whether it means the same process to it
        (in a pid namespace of its own a launcher's child has another number outside).
        """
        if not self._is_supervised() or not claim.take(self._file.fd):
            return False
        words = self._words
        words[w.A_CLAIMED_PID] = 0
        for word in range(w.A_MASTER_PID, w.A_SUCCESSOR + 1):  # the words of an earlier master
            words[word] = 0
        words[w.A_CLAIMED_START] = claim.start_ticks()
        words[w.A_CLAIMED_PID] = self._claimed_by = os.getpid()
        return True

    def is_abandoned(self):
        """Whether the supervisor has died and no other master has claimed the file: this gunicorn has no supervisor."""
        return not self._is_supervised() and claim.is_gone(self.supervisor_pid) and (
            not self._file.is_open() or claim.take(self._file.fd))

    def is_left(self):
        """Whether the supervisor has died or is dying. The end of its first thread sends this process a SIGTERM; until
        the last one has ended it is still the parent, and holds its lock."""
        return not self._is_supervised() or (self.is_tied and claim.is_gone(self.supervisor_pid))

    def is_obeying(self):
        """True in the master that claimed the file, while the supervisor lives: only then it obeys and publishes."""
        return os.getpid() == self._claimed_by and self._is_supervised()

    def end_gunicorn(self):
        """Stop this gunicorn, whose supervisor has died."""
        lifeline.end()

    def _is_supervised(self):
        if parent.real_pid() == self.supervisor_pid:
            return True
        return claim.is_held(self._file.fd) if self._file.is_open() else not claim.is_gone(self.supervisor_pid)

    def wanted(self):
        """(seq, workers wanted): 0 while asleep, None where the supervisor asks for no number and gunicorn's
        own count stands.

        The seq is read first. A newer number may then be answered with an older seq, and the supervisor rings again;
        the other way round it would believe a number that was never applied.
        """
        seq = self._words[w.A_WANTED_SEQ]
        wanted = self._words[w.A_WANTED]
        if self.sleep.is_on():
            return seq, 0
        if wanted == 0:
            return seq, self.begun or None
        return seq, (wanted if wanted <= start.MOST_WORKERS else None)

    def apply(self, server, wanted):
        """Set the arbiter's count to the wanted number."""
        self.is_applying = True
        try:
            server.num_workers = wanted  # calls nworkers_changed, which confirms
        finally:
            self.is_applying = False

    def maximum(self):
        """Workers that there may be; 0 while the supervisor has not said."""
        maximum = self._words[w.A_MAXIMUM]
        return maximum if maximum <= start.MOST_WORKERS else 0

    def is_crowded(self):
        """Memory holds no process beyond those alive."""
        return self._words[w.A_ROOM] == 1

    def is_roomy(self):
        """Memory holds more than one process beyond those alive."""
        return self._words[w.A_ROOM] == 2

    def begin(self, configured):
        """Publish the number of workers that gunicorn's own configuration names, 0 for none, and find the one to begin
        with, which is wanted until the supervisor asks for another."""
        self.publish_configured(configured)
        self.begun = start.workers(self._words, configured)

    def named(self, workers):
        """The number that the configuration names; `workers`, the present one, where it names none."""
        return self._words[w.A_CONFIGURED] or workers

    def may_be_several(self, workers, configured):
        """See start.may_be_several."""
        return start.may_be_several(self._words, workers, configured)

    def grace(self):
        """See start.lengthen_grace."""
        return self._words[w.A_GRACE]

    def confirm(self, workers, seq):
        """Answer request `seq`: the master's count is `workers`."""
        self._words[w.A_CONFIRMED] = workers
        self._words[w.A_CONFIRMED_SEQ] = seq

    def is_answered(self, seq):
        """Whether request `seq` has its answer."""
        return self._words[w.A_CONFIRMED_SEQ] == seq

    def count_change(self):
        """The count was set again."""
        self._changes += 1
        self._words[w.A_CHANGES] = self._changes

    def publish_workers(self, alive, draining, spawned):
        """Workers alive (draining ones included), draining, and forked since start."""
        self._words[w.A_ALIVE] = alive
        self._words[w.A_DRAINING] = draining
        self._words[w.A_SPAWNED] = spawned

    def publish_boot_failures(self, failures, last_ns):
        """Workers that died before they were ready, since start, and when the last one did (monotonic ns)."""
        self._words[w.A_LAST_BOOT_FAILURE_NS] = last_ns
        self._words[w.A_BOOT_FAILURES] = failures

    def follow_reexec(self, server):
        """Have each master that SIGUSR2 starts known to the supervisor, which goes on with it."""
        reexec = getattr(server, 'reexec', None)
        if reexec is None:
            return

        def published_reexec():
            reexec()
            self._words[w.A_SUCCESSOR] = server.reexec_pid

        server.reexec = published_reexec

    def publish_ready(self):
        """The master serves and has its signal handlers."""
        self._words[w.A_READY_NS] = time.monotonic_ns()

    def count_reload(self):
        """A SIGHUP was carried out."""
        self._words[w.A_RELOADS] += 1

    def publish_configured(self, workers):
        """The number of workers that gunicorn's own configuration names, 0 for none."""
        self._words[w.A_CONFIGURED] = max(0, int(workers))

    def publish_configuration(self, server):
        """What a supervisor must know of this gunicorn; again after each reload."""
        from gunicorn import version_info
        cfg = server.cfg
        kind = kinds.kind_of(server.worker_class)
        numbers = [part for part in version_info if isinstance(part, int)][:3]
        major, minor, patch = (numbers + [0, 0, 0])[:3]
        self._words[w.A_KIND] = kind
        self._words[w.A_SLOTS] = kinds.slots_of(kind, cfg)
        self._words[w.A_GRACEFUL_TIMEOUT_MS] = min(int(cfg.graceful_timeout * 1000), _MOST_TIMEOUT_MS)
        self._words[w.A_TIMEOUT_MS] = min(int(cfg.timeout * 1000), _MOST_TIMEOUT_MS)
        self._words[w.A_PRELOAD] = 1 if cfg.preload_app else 0
        # Each worker has its own listeners then, and without workers there is none.
        self._words[w.A_NO_SLEEP] = 1 if getattr(cfg, 'reuse_port', False) else 0
        self._words[w.A_GUNICORN_VERSION] = major * 10000 + minor * 100 + patch
        self._words[w.A_MASTER_PID] = os.getpid()
