import os
import signal
import sys

from gunicorn.workers.gthread import ThreadWorker

PATH = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'ended')


def note():
    with open(PATH, 'a') as file:
        file.write('%d\n' % os.getpid())


def finish(number, frame):
    note()
    sys.exit(0)


if 'LATE' not in os.environ:
    signal.signal(signal.SIGTERM, finish)


def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']


async def asgi(scope, receive, send):
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
        await send({'type': 'http.response.body', 'body': b'ok'})


async def late(scope, receive, send):
    """Its handler is set when it starts up, before the server's."""
    if scope['type'] != 'lifespan':
        return await asgi(scope, receive, send)
    await receive()
    servers = signal.getsignal(signal.SIGTERM)

    def finish_too(number, frame):
        note()
        servers(number, frame)

    signal.signal(signal.SIGTERM, finish_too)
    await send({'type': 'lifespan.startup.complete'})
    await receive()
    await send({'type': 'lifespan.shutdown.complete'})


class Worker(ThreadWorker):
    """A worker class that overrides gunicorn's handler."""

    def handle_exit(self, number, frame):
        note()
        super().handle_exit(number, frame)
