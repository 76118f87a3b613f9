import os
import signal
import sys

PATH = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'ended')


def finish(number, frame):
    with open(PATH, 'a') as file:
        file.write('%d\n' % os.getpid())
    sys.exit(0)


signal.signal(signal.SIGTERM, finish)


def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']


async def asgi(scope, receive, send):
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
        await send({'type': 'http.response.body', 'body': b'ok'})
