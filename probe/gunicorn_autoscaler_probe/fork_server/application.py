"""What is done to have the application in memory, ready to be forked."""
import importlib
import os
import sys

from .. import kinds
from . import reseed
from .safety import exit_functions, left, settling, temporary_files, verdict

# Imported by a worker after its fork, first by the first request: here all workers share them.
_LATER = {
    kinds.GTHREAD: ('concurrent.futures.thread',),
    kinds.UVICORN: ('uvicorn.protocols.http.auto', 'uvicorn.protocols.websockets.auto', 'uvicorn.lifespan.on',
                    'uvicorn.loops.auto', 'uvicorn.loops.asyncio', 'uvicorn.loops.uvloop', 'uvicorn.logging'),
    kinds.ASGI: ('gunicorn.asgi.protocol', 'gunicorn.asgi.lifespan', 'gunicorn.asgi.websocket', 'uvloop'),
}

_WATCHED = reseed, exit_functions, temporary_files


def load(server, effects):
    """Import the application as a worker would. Returns (refusals, warnings): what forbids a fork of it, and
    what workers will share. effects: ImportEffects."""
    if effects.made_for_both:
        made = ', '.join(effects.made_for_both)
        return ['the constructor of %s makes %s, which workers would not share with gunicorn\'s master' % (
            server.worker_class.__name__, made)], []
    kind = kinds.kind_of(server.worker_class)
    if kind in (kinds.GEVENT, kinds.GEVENT_PYWSGI):
        import gevent.monkey
        gevent.monkey.patch_all()  # as the worker does before it imports
        _begin_hub()
    elif kind == kinds.EVENTLET:
        import eventlet
        eventlet.monkey_patch()
    before = left.Left()
    for watched in _WATCHED:
        watched.watch()
    server.app.wsgi()
    for watched in _WATCHED:
        watched.watch_no_more()
    effects.take()
    for name in _LATER.get(kind, ()):
        try:
            importlib.import_module(name)
        except Exception:  # of another version, or not installed
            pass
    settling.settle(before)
    judged = verdict.judge(before, left.Left(), real_fork())
    effects.take_files()
    return judged


def _begin_hub():
    """Many an import uses gevent's loop by the way, for a socket. It is there before, and so not judged: workers begin
    it anew, by gunicorn's hub.reinit()."""
    try:
        import gevent
        if 'libev' in gevent.config.loop.__module__:  # libuv's io_uring is not made anew
            gevent.get_hub().loop  # makes it
    except Exception:  # of another version: the first loop of an import forbids a fork
        pass


def real_fork():
    """os.fork as it was before gevent patched it: gevent's would start its loop."""
    monkey = sys.modules.get('gevent.monkey')
    return monkey.get_original('os', 'fork') if monkey is not None else os.fork
