"""Meter around a WSGI application, for the workers that serve many requests at once (gevent, eventlet, tornado).

A request is in service from the call until the iterable it returned is closed. Websockets and event streams, which
stay open for as long as someone looks, are counted apart.
"""
from sys import exc_info

from .. import words as w
from .meter import Gauge


def wrap(app, meter, m, untouched=(), is_closed=True):
    """The application `app`, metered into the words `m`.

    untouched: marker objects that a worker knows by identity. is_closed: the server calls close() as WSGI says; else
    the end of the iteration is the end of the request.
    """
    begin, end, set_apart = meter.begin, meter.end, meter.set_apart
    websockets = Gauge(m, w.WEBSOCKETS)
    streams = Gauge(m, w.STREAMS)

    def close_websocket(broke):
        websockets.closed()

    def metered_app(environ, start_response):
        if 'HTTP_UPGRADE' in environ and environ['HTTP_UPGRADE'].lower() == 'websocket':
            websockets.opened()
            return _run(app, environ, start_response, close_websocket, untouched, is_closed)
        status = ''
        is_stream = is_over = False

        def metered_start_response(line, headers, *more):
            nonlocal status, is_stream
            status = line
            if not is_stream and _is_stream(headers):
                is_stream = True
                set_apart()
                streams.opened()
            return start_response(line, headers, *more)

        def over(broke):
            nonlocal is_over
            if is_over:
                return
            is_over = True
            if is_stream:
                streams.closed()
            else:
                end(began, broke or status[:1] == '5')

        began = begin()
        return _run(app, environ, metered_start_response, over, untouched, is_closed)

    return metered_app


def _is_stream(headers):
    if not isinstance(headers, list):
        return False
    try:
        for name, value in headers:
            if len(name) == 12 and name.lower() == 'content-type':
                return value.startswith('text/event-stream')
    except Exception:
        pass  # headers that are none: the server will say so
    return False


def _run(app, environ, start_response, over, untouched, is_closed):
    """Call the application; over(broke) is called once its answer is closed, or right away when it raises."""
    try:
        answer = app(environ, start_response)
    except BaseException:
        over(True)
        raise
    for marker in untouched:
        if answer is marker:
            over(False)
            return answer
    if not is_closed:
        return _closing(answer, over)
    file_wrapper = environ.get('wsgi.file_wrapper')
    if isinstance(file_wrapper, type) and isinstance(answer, file_wrapper):
        _hook_close(answer, over)  # its type is how gunicorn knows to use sendfile
        return answer
    return (_Sized if hasattr(answer, '__len__') else _Answer)(answer, over)


def _closing(answer, over):
    metered = _Answer(answer, over)
    try:
        for part in answer:
            yield part
    finally:
        metered.close()


def _hook_close(answer, over):
    close = getattr(answer, 'close', None)

    def metered_close():
        try:
            if close is not None:
                close()
        finally:
            over(_is_breaking())

    answer.close = metered_close


def _is_breaking():
    """True in a close that an exception of the application led to. A client that hung up (OSError) is no failure."""
    kind = exc_info()[0]
    return kind is not None and issubclass(kind, Exception) and not issubclass(kind, (OSError, StopIteration))


class _Answer:
    """The iterable of an application, with a close that the meter sees."""

    __slots__ = ('_answer', '_over')

    def __init__(self, answer, over):
        self._answer = answer
        self._over = over

    def __iter__(self):
        return iter(self._answer)

    def close(self):
        try:
            close = getattr(self._answer, 'close', None)
            if close is not None:
                close()
        finally:
            self._over(_is_breaking())


class _Sized(_Answer):
    """For an answer that knows its length: servers make a Content-Length of it."""

    __slots__ = ()

    def __len__(self):
        return len(self._answer)
