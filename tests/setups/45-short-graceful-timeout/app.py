import asyncio
import time
from urllib.parse import parse_qs


def begin(query):
    query = parse_qs(query)
    if 'started' in query:
        with open(query['started'][0], 'a') as file:
            file.write('\n')
    return float(query.get('s', ['0'])[0])


def app(environ, start_response):
    time.sleep(begin(environ['QUERY_STRING']))
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']


async def asgi(scope, receive, send):
    if scope['type'] == 'http':
        await asyncio.sleep(begin(scope['query_string'].decode()))
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
        await send({'type': 'http.response.body', 'body': b'ok'})
