import os
import time
from urllib.parse import parse_qs

time.sleep(float(os.environ['IMPORT_SECONDS']))


def app(environ, start_response):
    query = parse_qs(environ.get('QUERY_STRING', ''))
    time.sleep(float(query.get('s', ['0'])[0]))
    body = b'%d\n' % os.getpid()
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    import asyncio
    if scope['type'] != 'http':
        return
    await asyncio.sleep(float(parse_qs(scope['query_string'].decode()).get('s', ['0'])[0]))
    body = b'%d\n' % os.getpid()
    headers = [(b'content-type', b'text/plain'), (b'content-length', b'%d' % len(body))]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})
