"""How the requests of an ASGI application are answered: which fail, and which turn out to be event streams.

Seen where the messages pass: a plain function that hands on the coroutine of the server's own `send`. On uvicorn it
stands in the class of the request, for all requests at once; elsewhere an Answer is made around each `send`. What is
noted of them is kept on the request (or the Answer), and looked at only after something was noted.
"""
import inspect
import sys
from inspect import iscoroutinefunction, ismethod
from types import MethodType

FAILED, STREAM = 1, 2
_FIRST_FAILURE = 500


class Answers:
    """The answers of one worker."""

    __slots__ = ('noted', 'looks_from', '_set_apart', '_of_one', '_server')

    def __init__(self, set_apart):
        """set_apart(): a request turned out to be an event stream."""
        # Answers that failed or are streams, and whose request has not ended; also those that no application gave.
        self.noted = 0
        self._server = None  # the configuration of the server whose class of requests is watched
        self.looks_from = _FIRST_FAILURE  # the lowest status that begins() is to see
        self._set_apart = set_apart
        self._of_one = _passing(self, _pass_on)

    def watch(self, send):
        """Watch all requests of the server whose method `send` is; False when it does not look like uvicorn's.

        In all versions of uvicorn and for either parser it is a coroutine method of the object of one request, which
        has `response_started`.
        """
        if not ismethod(send) or not iscoroutinefunction(send):
            return False
        kind = type(send.__self__)
        if send.__func__ is not vars(kind).get('send'):
            return False
        if 'response_started' not in getattr(send.__self__, '__dict__', ()):
            return False
        try:
            kinds = _kinds_beside(kind)
        except Exception:  # the application may have put anything into sys.modules
            kinds = {kind}
        self._server = _server_of(send.__self__)
        for one in kinds:
            one.autoscaler_note = None
            one.send = _passing(self, one.send)
        return True

    def around(self, send):
        """`send` of one request, watched."""
        answer = _Answer()
        answer.send = send
        answer.autoscaler_note = None
        return MethodType(self._of_one, answer)

    def note_of(self, send):
        """FAILED, STREAM or None, at the end of the request whose watched `send` this is. Called when `noted`
        is not 0."""
        note = getattr(getattr(send, '__self__', None), 'autoscaler_note', None)
        if note is not None:
            self.noted -= 1
        return note

    def close_connections(self, yes=True):
        """From now on every answer ends its connection, or does so no more."""
        self.looks_from = 200 if yes else _FIRST_FAILURE  # below 200 are those that announce an answer

    def begins(self, answer, message):
        """The status and headers of `answer`; returns them as they are to be sent."""
        if not self._is_ours(answer):
            return message
        if message['status'] >= _FIRST_FAILURE:
            self._note(answer, FAILED)
        elif answer.autoscaler_note is None and _is_stream(message):
            self._note(answer, STREAM)
            self._set_apart()
        return message if self.looks_from == _FIRST_FAILURE else _closing(message)

    def _is_ours(self, answer):
        """Not of another uvicorn that the application runs in this process, whose requests no meter counts."""
        return type(answer) is _Answer or _server_of(answer) is self._server

    def _note(self, answer, what):
        if answer.autoscaler_note is None:
            self.noted += 1
        answer.autoscaler_note = what


def _kinds_beside(kind):
    """`kind`, and those that uvicorn has beside it for other versions of HTTP, where a connection may be of either."""
    package = kind.__module__.rpartition('.')[0]
    kinds = {kind}
    for name, module in list(sys.modules.items()):
        if package and name.rpartition('.')[0] == package:
            one = getattr(module, '__dict__', {}).get(kind.__name__)  # None: it is not to be imported
            if isinstance(one, type) and iscoroutinefunction(vars(one).get('send')):
                kinds.add(one)
    return kinds


class _Answer:
    """Stands for the answer of one request where the server has no object for it."""

    __slots__ = ('send', 'autoscaler_note')


def _server_of(answer):
    protocol = getattr(getattr(answer, 'on_response', None), '__self__', None)
    return getattr(protocol, 'config', None)


def _pass_on(answer, message):
    return answer.send(message)


def _passing(answers, send):
    """`send`, a function of an answer and a message, that lets `answers` see the messages."""
    begins = answers.begins

    def watched_send(self, message):
        if 'status' in message and (message['status'] >= answers.looks_from or _is_stream(message)):
            message = begins(self, message)
        return send(self, message)

    return as_coroutine_function(watched_send)


def as_coroutine_function(function):
    """`function`, which returns a coroutine, taken for a coroutine function: asgiref, for one, asks of `send`."""
    import asyncio  # not in gunicorn's master, where gevent may have to patch it first
    marker = getattr(asyncio.coroutines, '_is_coroutine', None)  # up to Python 3.13
    if marker is not None:
        function._is_coroutine = marker
    mark = getattr(inspect, 'markcoroutinefunction', None)  # of Python 3.12 and newer
    return function if mark is None else mark(function)


def _closing(head):
    """A start of an answer, with the header that ends the connection."""
    headers = [header for header in head.get('headers') or () if header[0].lower() != b'connection']
    return dict(head, headers=headers + [(b'connection', b'close')])


def _is_stream(head):
    """Whether the answer that begins so is an event stream. Its first event may be long in coming."""
    headers = head.get('headers')
    if type(headers) is not list and type(headers) is not tuple:
        return False  # to be read once, perhaps
    try:
        for name, value in headers:
            length = len(name)
            if length == 12 and name.lower() == b'content-type':
                return value.startswith(b'text/event-stream')
            if length == 14 and name == b'content-length':
                return False
    except Exception:
        pass  # headers that are none: the server will say so
    return False
