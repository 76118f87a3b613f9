"""What the probe does in a worker, hook by hook."""
from . import kinds, slot


class Worker:
    """One worker's slot, from fork to ready."""

    def __init__(self, folder):
        self._folder = folder
        self._page = None

    def forked(self, server, worker):
        """post_fork: open the slot, still as the user the master runs as."""
        kind = kinds.kind_of(type(worker))
        self._page = slot.create(self._folder, kind, kinds.slots_of(kind, worker.cfg), worker.age)

    def initialized(self, worker):
        """post_worker_init: the application is loaded."""
        if self._page is not None:
            slot.mark_ready(self._page.words)
