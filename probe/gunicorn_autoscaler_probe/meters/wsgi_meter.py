"""Meter around a WSGI application, for the workers that serve many requests at once (gevent, eventlet, tornado).

A request is in service from the call until the iterable it returned is closed. Websockets and event streams, which
stay open for as long as someone looks, are counted apart.
"""
from sys import exc_info

from .. import words as w
from .meter import Gauge


def wrap(app, meter, m, is_handled=None, is_closed=True):
    """The application `app`, metered into the words `m`.

    is_handled: whether the worker does nothing with what the application returned. is_closed: the server calls close()
    as WSGI says; else the end of the iteration is the end of the request. Its attribute `own_work` counts the requests
    that do not wait for their client: whose answer has not begun, or is over with something left to do.
    """
    Request, own_work = _request_class(meter, Gauge(m, w.STREAMS))
    websockets = Gauge(m, w.WEBSOCKETS)

    class Websocket(_Answer):
        __slots__ = ()

        def __iter__(self):
            try:
                yield from self.answer
            finally:
                self.over(False)  # gevent-websocket does not call close()

        def over(self, broke):
            if not self.is_over:
                self.is_over = True
                websockets.closed()

    def metered_app(environ, start_response):
        if 'HTTP_UPGRADE' in environ and environ['HTTP_UPGRADE'].lower() == 'websocket':
            request = Websocket(start_response)
            websockets.opened()
            respond = start_response
        else:
            request = Request(start_response)
            respond = request
        try:
            answer = app(environ, respond)
        except BaseException:
            request.over(True)
            raise
        if is_handled is not None and is_handled(answer):
            request.over(False)
            return answer
        request.answer = answer
        request.returned()
        if type(answer) is list and is_closed:
            return request
        return _passed_on(request, answer, environ.get('wsgi.file_wrapper'), is_closed)

    metered_app.own_work = own_work
    return metered_app


class _Answer:
    """A request in service. As a list of parts, what the application returned for it, with a close that over() sees."""

    __slots__ = ('answer', 'began', 'start_response', 'status', 'is_stream', 'is_over', 'is_own', 'has_returned')

    def __init__(self, start_response):
        self.start_response = start_response
        self.is_over = False

    def returned(self):
        """The application has returned its answer."""

    def over(self, broke):
        """The answer has ended, perhaps for the second time. broke: by an exception."""
        raise NotImplementedError

    def __iter__(self):
        return iter(self.answer)

    def __len__(self):  # servers make a Content-Length of it
        return len(self.answer)

    def close(self):
        try:
            close = getattr(self.answer, 'close', None)
            if close is not None:
                close()
        finally:
            kind = exc_info()[0]
            self.over(kind is not None and _is_failure(kind))


def _request_class(meter, streams):
    begin, end, set_apart = meter.begin, meter.end, meter.set_apart
    own_work = 0

    class Request(_Answer):
        __slots__ = ()

        def __init__(self, start_response):
            nonlocal own_work
            own_work += 1
            self.is_own = True
            self.start_response = start_response
            self.status = ''
            self.is_stream = self.is_over = self.has_returned = False
            self.began = begin()

        def returned(self):
            nonlocal own_work
            self.has_returned = True
            if self.status and self.is_own:
                self.is_own = False
                own_work -= 1

        def __getattr__(self, name):
            """As of the server's own: applications take its response from start_response(), tracers its name."""
            if name == 'start_response':  # a copy that is being made
                raise AttributeError(name)
            return getattr(self.start_response, name)

        def __call__(self, status, headers, exc_info=None):
            """start_response(), as the application sees it: with the servers' own names, which some give."""
            nonlocal own_work
            if self.has_returned and self.is_own:  # it is a generator
                self.is_own = False
                own_work -= 1
            self.status = status
            if not self.is_stream and is_stream(headers):
                self.is_stream = True
                set_apart()
                streams.opened()
            if exc_info is None:
                return self.start_response(status, headers)
            return self.start_response(status, headers, exc_info)

        def over(self, broke):
            nonlocal own_work
            if self.is_over:
                return
            self.is_over = True
            if self.is_own:
                own_work -= 1
            if self.is_stream:
                streams.closed()
            else:
                end(self.began, broke or self.status[:1] == '5')

        def close(self):
            nonlocal own_work
            if not self.is_own and not self.is_over:
                self.is_own = True
                own_work += 1
            _Answer.close(self)

    return Request, lambda: own_work


def is_stream(headers):
    """Whether the answer that these begin is an event stream."""
    if not isinstance(headers, list):
        return False
    try:
        for name, value in headers:
            if len(name) == 12 and name.lower() == 'content-type':
                return value.startswith('text/event-stream')
    except Exception:
        pass  # headers that are none: the server will say so
    return False


def is_websocket(req):
    """Whether a request, as gunicorn has parsed it, asks for a websocket."""
    for header in getattr(req, 'headers', ()):
        if header[0] == 'UPGRADE':
            return header[1].lower() == 'websocket'
    return False


def _passed_on(request, answer, file_wrapper, is_closed):
    """What the server gets for an `answer` that is no list."""
    if not is_closed:
        return _closing(request)
    if isinstance(file_wrapper, type) and isinstance(answer, file_wrapper):
        _hook_close(answer, request.over)  # its type is how gunicorn knows to use sendfile
        return answer
    return request if hasattr(answer, '__len__') else _Unsized(request)


def _closing(request):
    try:
        for part in request.answer:
            yield part
    finally:
        request.close()


def _hook_close(answer, over):
    close = getattr(answer, 'close', None)

    def metered_close():
        try:
            if close is not None:
                close()
        finally:
            kind = exc_info()[0]
            over(kind is not None and _is_failure(kind))

    answer.close = metered_close


def _is_failure(kind):
    """Whether an exception of this kind, which led to a close, is the application's and not that a client hung up."""
    return issubclass(kind, Exception) and not issubclass(kind, (OSError, StopIteration))


class _Unsized:
    """A request whose answer has no length."""

    __slots__ = ('_request', 'close')

    def __init__(self, request):
        self._request = request
        self.close = request.close

    def __iter__(self):
        return iter(self._request)
