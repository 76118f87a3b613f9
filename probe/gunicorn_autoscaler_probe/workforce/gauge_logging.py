"""Gunicorn's own gauges (workers, backlog) without its spawning and killing."""
from .. import report

_OWN = ('WORKERS', 'num_workers', '_last_logged_active_worker_count')


class ArbiterView:
    """What gunicorn's manage_workers sees when we only want it to log: as many workers as there should be.

    Everything else is the arbiter's own, so that each version's gauges are logged as that version does it, and no
    number of the real arbiter is bent for it, not even for a moment. An arbiter class of the user's that does more in
    manage_workers goes on doing it.
    """

    def __init__(self, server):
        own = self.__dict__
        own['_server'] = server
        own['_manage'] = type(server).manage_workers
        self._last_logged_active_worker_count = None
        self.WORKERS = {}
        self.num_workers = 0

    @property
    def __class__(self):  # so that super() in a subclass takes it
        return type(self._server)

    def __getattr__(self, name):
        return getattr(self._server, name)

    def __setattr__(self, name, value):
        if name in _OWN:
            self.__dict__[name] = value
        else:
            setattr(self._server, name, value)

    def spawn_workers(self):
        pass

    def spawn_worker(self):
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
            self.__dict__['_manage'] = None
            report.trouble("log gunicorn's own gauges", error, self._server.log)
