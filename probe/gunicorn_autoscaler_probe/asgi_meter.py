"""Meter around an ASGI application (uvicorn, and gunicorn's own asgi worker).

The wrapper stays what the application was: an ASGI 3 application becomes one `async def`, so that a server which looks
at the signature takes it for the same; an ASGI 2 one stays a function of the scope alone. Websockets and event streams
are counted apart from requests in service.
"""
import inspect

from . import words as w
from .meter import Gauge


def is_asgi3(app):
    """The rule uvicorn uses to tell ASGI 3 from ASGI 2."""
    if inspect.isclass(app):
        return hasattr(app, '__await__')
    if inspect.isfunction(app):
        return inspect.iscoroutinefunction(app)
    return inspect.iscoroutinefunction(getattr(app, '__call__', None))


def wrap(app, meter, m, on_loop, on_ready, needs_lifespan=False):
    """`app`, ASGI 3, metered into the words `m`.

    on_loop() is called at the first event, inside the running loop; on_ready() when the application serves: at the end
    of its start-up, or with the first request where it has none. needs_lifespan: a server that stops when the start-up
    raises, instead of taking it for an application without one.
    """
    begin, end, set_apart = meter.begin, meter.end, meter.set_apart
    streams = Gauge(m, w.STREAMS)
    websockets = Gauge(m, w.WEBSOCKETS)
    is_new = True

    async def metered_app(scope, receive, send):
        if is_new or scope['type'] != 'http':
            return await other(scope, receive, send)
        status = 0
        headers = None
        is_stream = broke = False

        def metered_send(message):
            # Not a coroutine of its own: it hands on the one of `send`.
            nonlocal status, headers, is_stream
            if headers is not None:
                if 'more_body' in message and message['more_body'] and _is_stream(headers):
                    is_stream = True
                    set_apart()
                    streams.opened()
                headers = None  # looked at once, with the first part of the body
            elif 'status' in message:
                status = message['status']
                headers = message.get('headers', ())
            return send(message)

        began = begin()
        try:
            return await app(scope, receive, metered_send)
        except BaseException as error:
            broke = isinstance(error, Exception)  # a cancelled request is the client's doing
            raise
        finally:
            if is_stream:
                streams.closed()
            else:
                end(began, broke or status >= 500)

    async def other(scope, receive, send):
        nonlocal is_new
        if is_new:
            is_new = False
            on_loop()
        kind = scope['type']
        if kind == 'lifespan':
            return await lifespan(scope, receive, send)
        on_ready()
        if kind == 'websocket':
            websockets.opened()
            try:
                return await app(scope, receive, send)
            finally:
                websockets.closed()
        if kind == 'http':
            return await metered_app(scope, receive, send)
        return await app(scope, receive, send)

    async def lifespan(scope, receive, send):
        has_failed = False

        def watched_send(message):
            nonlocal has_failed
            if message['type'] == 'lifespan.startup.complete':
                on_ready()
            elif message['type'] == 'lifespan.startup.failed':
                has_failed = True
            return send(message)

        try:
            return await app(scope, receive, watched_send)
        except Exception:
            has_failed = has_failed or needs_lifespan
            raise
        finally:
            if not has_failed:  # an application that knows no start-up serves without
                on_ready()

    return metered_app


def wrap_asgi2(app, meter, m, on_loop, on_ready, needs_lifespan=False):
    """The same for an ASGI 2 application: app(scope) gives a coroutine function of receive and send."""
    async def as_asgi3(scope, receive, send):
        return await scope.pop(_INSTANCE)(receive, send)

    metered = wrap(as_asgi3, meter, m, on_loop, on_ready, needs_lifespan)

    def metered_app(scope):
        instance = app(scope)

        async def run(receive, send):
            return await metered(dict(scope, **{_INSTANCE: instance}), receive, send)
        return run

    return metered_app


_INSTANCE = 'gunicorn_autoscaler.instance'


def _is_stream(headers):
    for name, value in headers:
        if len(name) == 12 and name.lower() == b'content-type':
            return value.startswith(b'text/event-stream')
    return False
