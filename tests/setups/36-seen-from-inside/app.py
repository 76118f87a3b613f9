"""An application that sets what is the whole process's."""
import atexit
import faulthandler
import fcntl
import json
import logging.config
import os
import random
import signal
import socket
import tempfile
import time

import seen

HEARD = []


def heard(number, frame):
    HEARD.append(number)


signal.signal(signal.SIGUSR2, heard)
signal.signal(signal.SIGTTIN, heard)
stacks = tempfile.TemporaryFile()
fcntl.fcntl(stacks, fcntl.F_SETFL, os.O_APPEND)  # a log: a shared position would forbid the fork server
faulthandler.register(signal.SIGWINCH, stacks)
atexit.register(lambda: seen.note('atexit'))
os.environ.setdefault('WORKER_NAME', 'nobody')
os.environ['SET_BY_ENV'] = 'the import'
socket.setdefaulttimeout(1)
logging.config.dictConfig({'version': 1, 'disable_existing_loggers': True, 'loggers': {
    'uvicorn.error': {'level': 'ERROR', 'propagate': True}}})


def app(environ, start_response):
    for number in (signal.SIGUSR2, signal.SIGTTIN, signal.SIGWINCH):
        os.kill(os.getpid(), number)
    end = time.monotonic() + 5
    while len(set(HEARD)) < 2 and time.monotonic() < end:  # beside a thread they are heard when the main one wakes
        time.sleep(0.01)
    seen.note('request', heard=sorted(set(HEARD)), stack=os.fstat(stacks.fileno()).st_size > 0,
              multiprocess=environ['wsgi.multiprocess'], multithread=environ['wsgi.multithread'])
    body = json.dumps([os.getpid(), random.random()]).encode()
    start_response('200 OK', [('Content-Length', str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    if scope['type'] == 'lifespan':
        while True:
            message = await receive()
            seen.note(message['type'])
            await send({'type': message['type'] + '.complete'})
            if message['type'] == 'lifespan.shutdown':
                return
    body = b''.join(app({'wsgi.multiprocess': 0, 'wsgi.multithread': 0}, lambda *_: None))
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'%d' % len(body))]})
    await send({'type': 'http.response.body', 'body': body})
