"""Work after the response. Each request adds a line "start" to the file WORK_LOG, and its work, MS ms later, "done".

`asgi`: /task/MS is a BackgroundTask of Starlette's, /created/MS a task of asyncio.create_task, /pool/MS runs in an
executor. `wsgi`: /closed/MS is the close() of the response, which runs in the request's thread, /thread/MS a
daemon thread of its own, /pool/MS runs in an executor.
"""
import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse
from starlette.routing import Route

_pool = ThreadPoolExecutor(32)  # one worker may get all requests, and none is to wait for another's work
_created = set()  # asyncio itself keeps only weak references


def say(word):
    fd = os.open(os.environ['WORK_LOG'], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (word + '\n').encode())
    os.close(fd)


async def work(ms):
    await asyncio.sleep(ms / 1e3)
    say('done')


def blocking_work(ms):
    time.sleep(ms / 1e3)
    say('done')


async def index(request):
    return PlainTextResponse('ok\n')


async def task(request):
    say('start')
    return PlainTextResponse('ok\n', background=BackgroundTask(work, request.path_params['ms']))


async def created(request):
    say('start')
    one = asyncio.create_task(work(request.path_params['ms']))
    _created.add(one)
    one.add_done_callback(_created.discard)
    return PlainTextResponse('ok\n')


async def pooled(request):
    say('start')
    _pool.submit(blocking_work, request.path_params['ms'])
    return PlainTextResponse('ok\n')


asgi = Starlette(routes=[Route('/', index), Route('/task/{ms:float}', task), Route('/created/{ms:float}', created),
                         Route('/pool/{ms:float}', pooled)])


class Closed:
    """A response whose close() works on after its last byte."""

    def __init__(self, ms):
        self._ms = ms

    def __iter__(self):
        return iter([b'ok\n'])

    def close(self):
        blocking_work(self._ms)


def wsgi(environ, start_response):
    _, kind, *rest = environ['PATH_INFO'].split('/')
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '3')])
    if kind == '':
        return [b'ok\n']
    ms = float(rest[0])
    say('start')
    if kind == 'closed':
        return Closed(ms)
    if kind == 'pool':
        _pool.submit(blocking_work, ms)
    else:
        threading.Thread(target=blocking_work, args=(ms,), daemon=True).start()
    return [b'ok\n']
