"""Which meter a worker gets, by its class."""
from .. import kinds, report, words as w
from ..drain import (
    asgi_drain, drain, eventlet_drain, gevent_drain, gthread_drain, own_listeners, tornado_drain, wsgi_http2)
from ..meters import asgi_meter, gthread_meter, sync_meter, wsgi_meter
from . import last_work, late_requests, lock_watch, loop_lag, loop_sharing, open_streams
from ..meters.meter import LockedMeter, Meter
from ..meters.stand_in import stand_in


def attach(worker, kind, words, on_ready, linger_ns=0):
    """Attach the meter to `worker`, whose application is loaded and which does not serve yet.

    Returns (metered, ready): whether a meter fits it, and whether it is ready now; otherwise on_ready() will be called
    once its application has started.
    """
    drain.note_handler()
    if kind == kinds.SYNC:
        sync_meter.attach(worker, words)
        if own_listeners.of(worker):
            own_listeners.serve_before_end(worker)
    elif kind == kinds.GTHREAD:
        _attach_gthread(worker, words, linger_ns)
    elif kind in (kinds.GEVENT, kinds.GEVENT_PYWSGI):
        meter = Meter(words)
        metered = wsgi_meter.wrap(worker.wsgi, meter, words, _handled_in_gevent())
        worker.wsgi = stand_in(worker.wsgi, metered)
        gevent_drain.finish_handshakes(worker)
        wsgi_http2.see_out(worker, words)
        look = gevent_drain.patience(worker, words, metered.own_work)
        loop_lag.tick_gevent(words, _both(meter.flush, look))
    elif kind == kinds.EVENTLET:
        meter = Meter(words)
        metered = wsgi_meter.wrap(worker.wsgi, meter, words, _handled_in_eventlet())
        worker.wsgi = stand_in(worker.wsgi, metered)
        eventlet_drain.name_listeners(worker)
        wsgi_http2.see_out(worker, words)
        look = eventlet_drain.heartbeat(worker, words, metered.own_work)
        loop_lag.tick_eventlet(words, _both(meter.flush, look))
    elif kind == kinds.TORNADO:
        tornado_drain.attach(worker, words, linger_ns)
        return _attach_tornado(worker, words), True
    elif kind == kinds.UVICORN:
        return True, _attach_uvicorn(worker, words, on_ready, linger_ns)
    elif kind == kinds.ASGI:
        lifespan = getattr(worker.cfg, 'asgi_lifespan', 'auto')
        loop_sharing.accept_in_turn()
        on_loop = _ticking(worker, words, linger_ns, asgi_drain.AsgiDrain, asgi_drain.watch_connections())
        metered = asgi_meter.wrap(worker.asgi, words, on_loop, on_ready, lifespan == 'on')
        worker.asgi = stand_in(worker.asgi, metered)
        return True, lifespan == 'off'
    else:
        return False, True
    return True, True


def _attach_gthread(worker, words, linger_ns):
    late_requests.serve(worker)
    end = gthread_drain.of(worker, words, linger_ns)
    try:
        gthread_meter.attach(worker, words, end.look)
    except Exception:
        words[w.EMPTIES_ITSELF] = 0  # nothing looks
        raise
    lock_watch.attach(worker, words)
    open_streams.count(worker, words)


def _ticking(worker, words, linger_ns, drain_class, *more):
    def on_loop(flush, close_connections):
        """In the first event of the application: an error of ours stays out of it."""
        try:
            tick(flush, close_connections)
        except Exception as error:
            report.trouble('watch the event loop of this worker', error, worker.log)

    def tick(flush, close_connections):
        end = drain_class(worker, words, close_connections, *more)
        end.linger_ns = linger_ns
        end.on_leave = lambda: last_work.keep_heartbeat(worker, words)  # asyncio waits for its executor in the run
        look = end.look
        share = loop_sharing.Sharing(words, close_connections).look

        def on_tick():
            flush()
            look()
            share(lag.lag_ns)

        lag = loop_lag.tick_asyncio(words, on_tick)
    return on_loop


def _attach_uvicorn(worker, words, on_ready, linger_ns):
    """Wrap what uvicorn will load from the worker's config; True when no start-up of the application is to be
    awaited."""
    config = worker.config
    app = worker.wsgi
    if config.interface == 'wsgi':  # uvicorn runs it in threads and closes no answer
        worker.wsgi = stand_in(app, _or_factory(
            config, app, lambda made: wsgi_meter.wrap(made, LockedMeter(words), words, is_closed=False)))
        return True
    loop_sharing.accept_in_turn()

    def wrapped(made):
        is_asgi3 = config.interface == 'asgi3' or (config.interface != 'asgi2' and asgi_meter.is_asgi3(made))
        wrap = asgi_meter.wrap if is_asgi3 else asgi_meter.wrap_asgi2
        ticking = _ticking(worker, words, linger_ns, drain.UvicornDrain)
        return wrap(made, words, ticking, on_ready, config.lifespan == 'on')

    worker.wsgi = stand_in(app, _or_factory(config, app, wrapped))
    return config.lifespan == 'off'


def _or_factory(config, app, wrapped):
    """wrapped(app); for a factory, a factory of that. uvicorn finds out by a call without arguments whether an
    application that is not declared a factory is one."""
    if getattr(config, 'factory', False):
        return lambda: wrapped(app())
    metered = wrapped(app)
    if asgi_meter.is_asgi3(app):
        return metered

    def metered_or_made(*arguments):
        return metered(*arguments) if arguments else wrapped(app())

    return metered_or_made


def _attach_tornado(worker, words):
    """Tornado with a WSGI application. One of tornado's own does not pass through WSGI: left alone."""
    import tornado.web
    import tornado.wsgi
    if isinstance(worker.wsgi, (tornado.web.Application, tornado.wsgi.WSGIContainer)):
        return False
    meter = Meter(words)
    metered = wsgi_meter.wrap(worker.wsgi, meter, words)
    is_ticking = False

    def ticking(environ, start_response):
        nonlocal is_ticking
        if not is_ticking:  # the loop is made after this worker is initialized
            is_ticking = True
            loop_lag.tick_asyncio(words, meter.flush)
        return metered(environ, start_response)

    worker.wsgi = stand_in(worker.wsgi, ticking)
    return True


def _both(first, second):
    def both():
        first()
        second()
    return both


def _handled_in_gevent():
    """Whether an application answered by itself, as a websocket's does: a function of what it returned."""
    from gunicorn.workers import base_async
    marker = getattr(base_async, 'ALREADY_HANDLED', object())
    return lambda answer: answer is marker


def _handled_in_eventlet():
    """Whether an application answered by itself, in eventlet, which has markers of its own."""
    from gunicorn.workers import base_async
    import eventlet.wsgi
    found = (getattr(base_async, 'ALREADY_HANDLED', None), getattr(eventlet.wsgi, 'ALREADY_HANDLED', None))
    markers = [marker for marker in found if marker is not None]
    of_greenlet = getattr(eventlet.wsgi, 'WSGI_LOCAL', None)  # of eventlet 0.30.3 and newer

    def is_handled(answer):
        for marker in markers:
            if answer is marker:
                return True
        return getattr(of_greenlet, 'already_handled', False)

    return is_handled
