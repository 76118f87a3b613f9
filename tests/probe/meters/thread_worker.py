"""Gunicorn's threaded worker with its pool and its main loop run by hand."""
from support import Config


class Queue:
    def __init__(self):
        self.items = []

    def qsize(self):
        return len(self.items)


class Pool:
    def __init__(self):
        self._work_queue = Queue()


class Connection:
    def __init__(self, depth=0):
        self.depth = depth

    class sock:
        @staticmethod
        def getsockopt(*arguments):
            return bytes(52) + (30).to_bytes(4, 'little')


class Response:
    def __init__(self, status_code):
        self.status_code = status_code


class Poller:
    """What the main loop waits in; nothing ever happens."""
    def __init__(self):
        self.timeouts = []

    def select(self, timeout=None):
        self.timeouts.append(timeout)
        return []


class Worker:
    """Gunicorn's threaded worker with its pool and its main loop run by hand."""

    def __init__(self, serve=lambda req: 200):
        self.cfg = Config(threads=2)
        self.alive = True
        self.tpool = Pool()
        self.poller = Poller()
        self.worker_connections = 1000
        self._serve = serve

    def notify(self):
        pass

    def enqueue_req(self, conn):
        self.tpool._work_queue.items.append(conn)

    def handle(self, conn):
        return self.handle_request('request', conn)

    def handle_request(self, req, conn):
        status = None
        try:
            status = self._serve(req)
            return True
        finally:
            self.cfg.post_request(self, req, {}, Response(status) if status else None)

    def turn(self):
        """A turn of the main loop in which nothing happens."""
        self.notify()
        self.poller.select(1.0)

    def work(self):
        return self.handle(self.tpool._work_queue.items.pop(0))
