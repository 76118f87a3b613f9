"""Gunicorn's own gauges (workers, backlog) without its spawning and killing."""
from .. import report


class ArbiterView:
    """What gunicorn's manage_workers sees when we only want it to log: as many workers as there should be.

    Everything else is the arbiter's own, so that each version's gauges are logged as that version does it, and no
    number of the real arbiter is bent for it, not even for a moment.
    """

    def __init__(self, server):
        self._server = server
        self._manage = type(server).manage_workers
        self._last_logged_active_worker_count = None
        self.WORKERS = {}
        self.num_workers = 0

    def __getattr__(self, name):
        return getattr(self._server, name)

    def spawn_workers(self):
        pass

    def spawn_worker(self):
        pass

    def kill_worker(self, pid, sig):
        pass

    def log_counts(self, staying):
        """Log the gauges for `staying` workers. A foreign manage_workers that fails on a view is skipped."""
        if self._manage is None:
            return
        self.WORKERS = dict(list(self._server.WORKERS.items())[:staying])
        self.num_workers = len(self.WORKERS)
        try:
            self._manage(self)
        except Exception as error:
            self._manage = None
            report.trouble("log gunicorn's own gauges", error, self._server.log)
