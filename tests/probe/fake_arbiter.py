"""An arbiter like gunicorn's, whose workers are numbers: for tests of what the probe does in the master."""
from support import Config, Log


class SyncWorker:
    """Known to the probe by the names of its ancestry alone."""

    def __init__(self, age):
        self.age = age
        self.pid = None


SyncWorker.__module__ = 'gunicorn.workers.sync'


class Arbiter:
    """Gunicorn's manage_workers, num_workers and reload as far as the probe meets them. Workers do not exist as
    processes: `die` reaps one, `forks` and `kills` tell what was asked for."""

    WORKER_BOOT_ERROR = 3
    APP_LOAD_ERROR = 4

    def __init__(self, workers=2, hooks=None, first_pid=1000):
        self.cfg = Config(workers=workers)
        self.cfg.nworkers_changed = lambda server, new, old: None
        self.cfg.child_exit = lambda server, worker: None
        self.cfg.__dict__.update(hooks or {})
        self.log = Log()
        self.worker_class = SyncWorker
        self.WORKERS = {}
        self.LISTENERS = []
        self.worker_age = 0
        self.forks = []
        self.kills = []
        self.gauges = []
        self.winches = 0
        self.on_reap = lambda: None
        self.reexec_pid = 0
        self.spawn_error = None
        self.SIG_QUEUE = []
        self.on_fork = lambda: None
        self._last_logged_active_worker_count = None
        self._next_pid = first_pid
        self._num_workers = None

    def start(self):
        self.num_workers = self.cfg.workers

    def halt(self, reason=None, exit_status=0):
        self.halted = (reason, exit_status, self.WORKER_BOOT_ERROR)

    def signal(self, sig, frame):
        if len(self.SIG_QUEUE) < 5:
            self.SIG_QUEUE.append(sig)

    def wakeup(self):
        pass

    @property
    def num_workers(self):
        return self._num_workers

    @num_workers.setter
    def num_workers(self, value):
        old = self._num_workers
        self._num_workers = value
        self.cfg.nworkers_changed(self, value, old)

    def handle_ttin(self):
        self.num_workers += 1
        self.manage_workers()

    def handle_ttou(self):
        if self.num_workers <= 1:
            return
        self.num_workers -= 1
        self.manage_workers()

    def handle_winch(self):
        self.winches += 1

    def reload(self, workers):
        self.cfg.workers = workers
        self.num_workers = self.cfg.workers
        self.cfg.on_reload(self)
        for _ in range(self.cfg.workers):
            self.spawn_worker()
        self.manage_workers()

    def spawn_worker(self):
        if self.spawn_error is not None:
            raise self.spawn_error
        self.on_fork()
        self.worker_age += 1
        worker = SyncWorker(self.worker_age)
        worker.pid = self._next_pid
        self._next_pid += 1
        self.WORKERS[worker.pid] = worker
        self.forks.append(worker.pid)
        return worker.pid

    def spawn_workers(self):
        for _ in range(self.num_workers - len(self.WORKERS)):
            self.spawn_worker()

    def manage_workers(self):
        if len(self.WORKERS) < self.num_workers:
            self.spawn_workers()
        workers = sorted(self.WORKERS.items(), key=lambda item: item[1].age)
        while len(workers) > self.num_workers:
            pid, _ = workers.pop(0)
            self.kill_worker(pid, 15)
        if self._last_logged_active_worker_count != len(workers):
            self._last_logged_active_worker_count = len(workers)
            self.gauges.append(len(workers))

    def reap_workers(self):
        self.on_reap()

    def murder_workers(self):
        pass

    def kill_worker(self, pid, sig):
        self.kills.append(pid)

    def die(self, pid):
        """Reap a worker, as gunicorn does on SIGCHLD."""
        worker = self.WORKERS.pop(pid)
        self.cfg.child_exit(self, worker)
