"""Meter around an ASGI application (uvicorn, and gunicorn's own asgi worker).

The wrapper stays what the application was: an ASGI 3 application becomes one `async def`, so that a server which looks
at the signature takes it for the same; an ASGI 2 one stays a function of the scope alone. Websockets and event streams
are counted apart from requests in service.
"""
import inspect
import sys
from time import monotonic_ns

from .. import words as w
from ..words import (
    SEQ, LAST_CHANGE_NS, IN_FLIGHT, BUSY_NS, IN_FLIGHT_NS, STARTED, FINISHED, FAILED, SERVICE_NS)
from .detach import detached
from .answers import STREAM, Answers, as_coroutine_function
from .meter import HOLD_NS, Gauge, Histogram


def is_asgi3(app):
    """The rule uvicorn uses to tell ASGI 3 from ASGI 2."""
    if inspect.isclass(app):
        return hasattr(app, '__await__')
    function = app if inspect.isfunction(app) else getattr(app, '__call__', None)
    return inspect.iscoroutinefunction(function) or _is_marked(function)


def _is_marked(function):
    """Whether a library has told asyncio, up to Python 3.13, to take it for a coroutine function."""
    marker = getattr(sys.modules.get('asyncio.coroutines'), '_is_coroutine', None)
    return marker is not None and getattr(function, '_is_coroutine', None) is marker


def wrap(app, m, on_loop, on_ready, needs_lifespan=False, hold_ns=HOLD_NS):
    """`app`, ASGI 3, metered into the words `m`.

    on_loop(flush, close_connections) is called at the first event, inside the running loop: flush() stores what is held
    back and is to be called every 100 ms or so; after close_connections() every answer ends its connection. on_ready()
    is called when the application serves: at the end of its start-up, or with the first request where it has none.
    needs_lifespan: a server that stops when the start-up raises, instead of taking it for an application without one.

    The meter is meter.Meter's, written out in the request's own coroutine: calls of its own would cost a
    tenth of it all. publish, go_idle and flush stand here a second time, because they share its variables; a
    test holds them alike.
    """
    streams = Gauge(m, w.STREAMS)
    websockets = Gauge(m, w.WEBSOCKETS)
    histogram = Histogram(m)
    durations = []  # not in the slot yet
    note = durations.append
    began_sum = overlap_ns = busy_from = apart_ns = 0
    seq = running = apart = failures = due = published = 0
    is_new = True
    expected = ''  # 'http' from the first request on
    is_watched = False

    async def metered_app(scope, receive, send):
        nonlocal running, failures, began_sum, overlap_ns, busy_from, due
        if scope['type'] != expected:
            return await other(scope, receive, send)
        if not is_watched:
            send = around(send)
        began = monotonic_ns()
        if running:
            began_sum += began
        else:
            began_sum = busy_from = began
        running += 1
        if began > due:
            publish(began)
        else:
            try:
                m[IN_FLIGHT] = running
            except Exception as error:
                detach(error)
        broke = False
        try:
            return await app(scope, receive, send)
        except BaseException as error:
            broke = isinstance(error, Exception)  # cancelled by the client: no failure
            raise
        finally:
            note_of_answer = answers.noted and answers.note_of(send)
            if note_of_answer == STREAM:
                streams.closed()
            else:
                now = monotonic_ns()
                took = now - began
                note(took)
                running -= 1
                if running:
                    began_sum -= began
                    overlap_ns += took
                elif began is not busy_from:
                    go_idle(began)
                if broke or note_of_answer:
                    failures += 1
                if now > due:
                    publish(now)
                    due = now + hold_ns
                else:
                    try:
                        m[IN_FLIGHT] = running
                    except Exception as error:
                        detach(error)

    def publish(now):
        nonlocal seq, published
        try:
            histogram.add(durations)
            m[SEQ] = seq + 1  # odd: the words after it are being written
            m[LAST_CHANGE_NS] = now
            m[IN_FLIGHT] = running
            served_ns = histogram.sum_ns + apart_ns
            m[BUSY_NS] = served_ns - overlap_ns + (now - busy_from if running else 0)
            m[IN_FLIGHT_NS] = served_ns + (running * now - began_sum if running else 0)
            m[FINISHED] = finished = histogram.finished + apart
            m[STARTED] = finished + running
            m[FAILED] = failures
            m[SERVICE_NS] = histogram.sum_ns
            seq += 2
            m[SEQ] = seq
        except Exception as error:
            detach(error)
        durations.clear()
        published = running

    def detach(error):
        nonlocal m, histogram
        m = detached(m, error)
        histogram = Histogram(m)

    def go_idle(began):
        nonlocal overlap_ns, apart_ns
        apart_ns += began - began_sum
        overlap_ns += busy_from - began_sum

    def set_apart():
        nonlocal running, apart, began_sum, busy_from
        now = monotonic_ns()
        apart += 1
        running -= 1
        if running:
            began_sum -= now
            busy_from = busy_from + now - now  # another object: the last one to end must read began_sum
        else:
            go_idle(now)
        publish(now)
        streams.opened()

    def flush():
        if durations or published != running:
            publish(monotonic_ns())

    answers = Answers(set_apart)
    around = answers.around

    async def other(scope, receive, send):
        nonlocal is_new, expected, is_watched
        if is_new:
            is_new = False
            on_loop(flush, answers.close_connections)
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
            expected = kind
            if answers.watch(send):
                is_watched = True
                send = around(send)  # this one was running before
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
            return await app(scope, receive, as_coroutine_function(watched_send))
        except Exception:
            has_failed = has_failed or needs_lifespan
            raise
        finally:
            if not has_failed:  # an application without a start-up serves without one
                on_ready()

    return metered_app


def wrap_asgi2(app, m, on_loop, on_ready, needs_lifespan=False, hold_ns=HOLD_NS):
    """Meter an ASGI 2 application: app(scope) gives a coroutine function of receive and send."""
    async def as_asgi3(scope, receive, send):
        return await app(scope)(receive, send)

    metered = wrap(as_asgi3, m, on_loop, on_ready, needs_lifespan, hold_ns)

    def metered_app(scope):
        async def run(receive, send):
            return await metered(scope, receive, send)
        return run

    return metered_app
