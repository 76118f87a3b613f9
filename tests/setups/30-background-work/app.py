import asyncio
import os
import threading
import time
from urllib.parse import parse_qs


def asked(query):
    query = parse_qs(query)

    def say(text):
        with open(query['log'][0], 'a') as log:
            log.write(text + '\n')

    return float(query['s'][0]), say


async def asgi(scope, receive, send):
    """Answers with its pid. On /background it works on for ?s= seconds after the answer, as BackgroundTasks
    do, and writes "start" and "done" into the file of ?log=."""
    if scope['type'] != 'http':
        return
    if scope['path'] != '/':
        time.sleep(0.3)  # the next one goes to another worker
    body = b'%d\n' % os.getpid()
    headers = [(b'content-type', b'text/plain'), (b'content-length', b'%d' % len(body))]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})
    if scope['path'] == '/':
        return
    seconds, say = asked(scope['query_string'].decode())
    say('start')
    if scope['path'] == '/background':
        await asyncio.sleep(seconds)
        say('done')
    else:
        threading.Thread(target=lambda: (time.sleep(seconds), say('done')), daemon=True).start()


class Answer:
    """The pid, with work in close(), as Flask's call_on_close has it."""

    def __init__(self, seconds, say):
        self.seconds, self.say = seconds, say

    def __iter__(self):
        yield b'%07d' % os.getpid()

    def close(self):
        self.say('start')
        time.sleep(self.seconds)
        self.say('done')


def wsgi(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '7')])
    if environ['PATH_INFO'] == '/':
        return [b'%07d' % os.getpid()]
    time.sleep(0.3)
    return Answer(*asked(environ['QUERY_STRING']))
