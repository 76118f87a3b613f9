"""HTTP/2 in gunicorn's threaded worker and in its greenlets, from 25 on: a thread or greenlet serves a connection until
it ends.

gunicorn ends it between two requests once the worker has to stop; requests on their way are lost. In a worker that
drains beside others the client is told with its next answer to send no more on this connection, what it sends until it
knows is answered, and it ends the connection. When the drain's time for clients is over, the drain does.
"""
from .. import words as w
from .goaway import NO_MORE_STREAMS

_GUNICORNS = ('gunicorn.workers.gthread', 'gunicorn.workers.base_async')


def see_out(worker, words):
    """Serve what comes on connections of HTTP/2 while `worker` drains. A worker class with a method of its own for
    them keeps it."""
    serve = getattr(getattr(worker, 'handle_http2', None), '__func__', None)
    if getattr(serve, '__module__', None) in _GUNICORNS:
        worker.handle_http2 = lambda *conn, **how: serve(_WorkerOfConnection(worker, words), *conn, **how)


class _WorkerOfConnection:
    """The worker, as its method that serves one connection sees it."""

    def __init__(self, worker, words):
        self._worker = worker
        self._words = words
        self._is_told = False

    def __getattr__(self, name):
        return getattr(self._worker, name)

    @property
    def alive(self):
        return self._worker.alive or self._is_draining()

    def handle_http2_request(self, *request):
        """25 and 26 call it for each request."""
        self._tell(request)
        return self._worker.handle_http2_request(*request)

    def _serve_http2_stream(self, *request):
        """27 calls it for each request."""
        self._tell(request)
        return self._worker._serve_http2_stream(*request)

    def _tell(self, request):
        """By what writes to this connection, and between two frames. The last that belongs to a request is its
        connection."""
        if self._is_told or not self._is_draining():
            return
        self._is_told = True
        try:
            request[-1].sock.sendall(NO_MORE_STREAMS)
        except OSError:  # the answer will fail too
            pass

    def _is_draining(self):
        try:
            return self._words[w.STATE] == w.DRAINING
        except ValueError:  # there is no slot any more
            return False
