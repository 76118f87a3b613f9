"""Which worker class is which: by the names in its ancestry, so that a user's subclass counts as what it builds on."""

UNKNOWN, SYNC, GTHREAD, GEVENT, GEVENT_PYWSGI, EVENTLET, TORNADO, UVICORN, ASGI = range(9)

_BY_NAME = {
    'gunicorn.workers.sync.SyncWorker': SYNC,
    'gunicorn.workers.gthread.ThreadWorker': GTHREAD,
    'gunicorn.workers.ggevent.GeventPyWSGIWorker': GEVENT_PYWSGI,
    'gunicorn.workers.ggevent.GeventWorker': GEVENT,
    'gunicorn.workers.geventlet.EventletWorker': EVENTLET,
    'gunicorn.workers.gtornado.TornadoWorker': TORNADO,
    'uvicorn_worker._workers.UvicornWorker': UVICORN,
    'uvicorn.workers.UvicornWorker': UVICORN,
    'gunicorn.workers.gasgi.ASGIWorker': ASGI,
}

# What the main loops of sync and gthread consist of: a run() of a subclass that uses none of it is a loop of its own,
# in which their meters see nothing.
_OF_THEIR_LOOPS = frozenset(('super', 'run', 'run_for_one', 'run_for_multiple', 'accept', 'handle', 'enqueue_req',
                             'wait_for_and_dispatch_events'))


def kind_of(worker_class):
    """The kind of a worker class, UNKNOWN for one that builds on none gunicorn ships, or serves in its own way.

    The nearest ancestor decides: GeventPyWSGIWorker is a GeventWorker, but serves in another way.
    """
    has_other_loop = False
    for ancestor in worker_class.__mro__:
        kind = _BY_NAME.get('%s.%s' % (ancestor.__module__, ancestor.__name__))
        if kind is not None:
            return UNKNOWN if has_other_loop and kind in (SYNC, GTHREAD) else kind
        code = getattr(vars(ancestor).get('run'), '__code__', None)
        if code is not None and _OF_THEIR_LOOPS.isdisjoint(code.co_names):
            has_other_loop = True
    return UNKNOWN


def slots_of(kind, cfg):
    """Requests one worker serves at once: the threads of gthread, worker_connections of an event loop, otherwise 1.

    How an unknown class serves is not known: one request at a time is the guess that starves no client.
    """
    if kind in (SYNC, UNKNOWN):
        return 1
    if kind == GTHREAD:
        return max(1, int(cfg.threads))
    return max(1, int(cfg.worker_connections))
