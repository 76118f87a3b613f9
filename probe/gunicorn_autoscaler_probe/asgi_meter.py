"""Meter around an ASGI application (uvicorn, and gunicorn's own asgi worker).

The wrapper stays what the application was: an ASGI 3 application becomes one `async def`, so that a server which looks
at the signature takes it for the same; an ASGI 2 one stays a function of the scope alone. Websockets and event streams
are counted apart from requests in service.
"""
import inspect
from time import monotonic_ns

from . import words as w
from .meter import HOLD_NS, Gauge, Histogram


def is_asgi3(app):
    """The rule uvicorn uses to tell ASGI 3 from ASGI 2."""
    if inspect.isclass(app):
        return hasattr(app, '__await__')
    if inspect.isfunction(app):
        return inspect.iscoroutinefunction(app)
    return inspect.iscoroutinefunction(getattr(app, '__call__', None))


def wrap(app, m, on_loop, on_ready, needs_lifespan=False, hold_ns=HOLD_NS):
    """`app`, ASGI 3, metered into the words `m`.

    on_loop(flush, close_connections) is called at the first event, inside the running loop: flush() stores what is held
    back and is to be called every 100 ms or so; after close_connections() every answer ends its connection. on_ready() is called when the application serves: at the end of its start-up, or with the
    first request where it has none. needs_lifespan: a server that stops when the start-up raises, instead of taking it
    for an application without one.

    The meter is meter.Meter's, written out in the request's own coroutine: its calls would cost a fifth of it all.
    """
    streams = Gauge(m, w.STREAMS)
    websockets = Gauge(m, w.WEBSOCKETS)
    histogram = Histogram(m)
    durations = []  # not in the slot yet
    note = durations.append
    is_new = True
    is_closing = False
    seq = running = apart = failures = busy_ns = busy_from = apart_ns = began_sum = due = told = 0

    async def metered_app(scope, receive, send):
        nonlocal running, failures, busy_ns, busy_from, began_sum, due
        if is_new or scope['type'] != 'http':
            return await other(scope, receive, send)
        head = None
        is_stream = None  # not known before the first part of the body

        def metered_send(message):
            # Not a coroutine of its own: it hands on the one of `send`.
            nonlocal head, is_stream
            if head is None:
                if 'status' in message:
                    if is_closing:
                        message = _closing(message)
                    head = message
            elif is_stream is None and 'more_body' in message and message['more_body']:
                is_stream = _is_stream(head)
                if is_stream:
                    set_apart(began)
            return send(message)

        began = monotonic_ns()
        if not running:
            busy_from = began
        running += 1
        began_sum += began
        if began > due:
            publish(began)
        else:
            m[18] = running
        broke = False
        try:
            return await app(scope, receive, metered_send)
        except BaseException as error:
            broke = isinstance(error, Exception)  # a cancelled request is the client's doing
            raise
        finally:
            if is_stream:
                streams.closed()
            else:
                now = monotonic_ns()
                note(now - began)
                running -= 1
                began_sum -= began
                if not running:
                    busy_ns += now - busy_from
                if broke or head is not None and head['status'] >= 500:
                    failures += 1
                if now > due:
                    publish(now)
                    due = now + hold_ns
                else:
                    m[18] = running

    def publish(now):
        nonlocal seq, told
        histogram.add(durations)
        durations.clear()
        m[16] = seq + 1  # SEQ, odd: words 17-25 are being written
        m[17] = now
        m[18] = running
        m[19] = busy_ns + (now - busy_from) if running else busy_ns
        m[20] = histogram.sum_ns + apart_ns + running * now - began_sum
        m[22] = finished = histogram.finished + apart
        m[21] = finished + running
        m[23] = failures
        m[24] = histogram.sum_ns
        seq += 2
        m[16] = seq
        told = running

    def set_apart(began):
        nonlocal running, apart, busy_ns, apart_ns, began_sum
        now = monotonic_ns()
        apart += 1
        apart_ns += now - began
        running -= 1
        began_sum -= began
        if not running:
            busy_ns += now - busy_from
        publish(now)
        streams.opened()

    def flush():
        if durations or told != running:
            publish(monotonic_ns())

    def close_connections():
        nonlocal is_closing
        is_closing = True

    async def other(scope, receive, send):
        nonlocal is_new
        if is_new:
            is_new = False
            on_loop(flush, close_connections)
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


def wrap_asgi2(app, m, on_loop, on_ready, needs_lifespan=False, hold_ns=HOLD_NS):
    """The same for an ASGI 2 application: app(scope) gives a coroutine function of receive and send."""
    async def as_asgi3(scope, receive, send):
        return await scope.pop(_INSTANCE)(receive, send)

    metered = wrap(as_asgi3, m, on_loop, on_ready, needs_lifespan, hold_ns)

    def metered_app(scope):
        instance = app(scope)

        async def run(receive, send):
            return await metered(dict(scope, **{_INSTANCE: instance}), receive, send)
        return run

    return metered_app


_INSTANCE = 'gunicorn_autoscaler.instance'


def _closing(head):
    """A start of an answer, with the header that ends the connection."""
    headers = [header for header in head.get('headers') or () if header[0].lower() != b'connection']
    return dict(head, headers=headers + [(b'connection', b'close')])


def _is_stream(head):
    for name, value in head.get('headers') or ():
        if len(name) == 12 and name.lower() == b'content-type':
            return value.startswith(b'text/event-stream')
    return False
