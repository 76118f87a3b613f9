"""The workers as hooks count them: some give each worker a device in turn, by how many workers there are.

gunicorn's reload forks all new workers before an old one goes. Here old ones go in between, and each new one would find
the same number. So the old ones count as long as the reload lasts.
"""
import contextlib


class CountedWorkers(dict):
    """The workers of an arbiter; len() counts those that are gone."""

    def __init__(self, workers, gone):
        super().__init__(workers)
        self._workers = workers
        self._gone = gone

    def __len__(self):
        return super().__len__() + self._gone

    def pop(self, *arguments):
        """Up to gunicorn 23 the handler of SIGCHLD may take out a worker meanwhile."""
        super().pop(*arguments[:1], None)
        return self._workers.pop(*arguments)


@contextlib.contextmanager
def counting(server, gone):
    """While a hook runs in the arbiter."""
    if not gone:
        yield
        return
    workers, is_own = server.WORKERS, 'WORKERS' in vars(server)
    count(server, gone)
    try:
        yield
    finally:
        if is_own:
            server.WORKERS = workers
        else:
            del server.WORKERS  # it is gunicorn's class that has them


def count(server, gone):
    """From now on: in a worker."""
    if gone:
        server.WORKERS = CountedWorkers(server.WORKERS, gone)
