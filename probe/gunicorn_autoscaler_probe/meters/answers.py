"""How the requests of an ASGI application are answered: which fail, and which turn out to be event streams.

Seen where the messages pass: a plain function that hands on the coroutine of the server's own `send`. On uvicorn it
stands in the class of the request, for all requests at once; elsewhere an Answer is made around each `send`. What is
noted of them is kept on the request (or the Answer), and looked at only after something was noted.
"""
import inspect
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
        self._server = _server_of(send.__self__)
        kind.autoscaler_head = kind.autoscaler_note = None
        kind.send = _passing(self, kind.send)
        return True

    def around(self, send):
        """`send` of one request, watched."""
        answer = _Answer()
        answer.send = send
        answer.autoscaler_head = answer.autoscaler_note = None
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
        return message if self.looks_from == _FIRST_FAILURE else _closing(message)

    def goes_on(self, answer):
        """A part of the body of `answer` that is not the last. The first one tells whether it is an event stream."""
        head, answer.autoscaler_head = answer.autoscaler_head, None
        if head is not None and _is_stream(head) and self._is_ours(answer):
            self._note(answer, STREAM)
            self._set_apart()

    def _is_ours(self, answer):
        """Not of another uvicorn that the application runs in this process, whose requests no meter counts."""
        return type(answer) is _Answer or _server_of(answer) is self._server

    def _note(self, answer, what):
        if answer.autoscaler_note is None:
            self.noted += 1
        answer.autoscaler_note = what


class _Answer:
    """Stands for the answer of one request where the server has no object for it."""

    __slots__ = ('send', 'autoscaler_head', 'autoscaler_note')


def _server_of(answer):
    protocol = getattr(getattr(answer, 'on_response', None), '__self__', None)
    return getattr(protocol, 'config', None)


def _pass_on(answer, message):
    return answer.send(message)


def _passing(answers, send):
    """`send`, a function of an answer and a message, that lets `answers` see the messages."""
    begins, goes_on = answers.begins, answers.goes_on

    def watched_send(self, message):
        if 'status' in message:
            self.autoscaler_head = message
            if message['status'] >= answers.looks_from:
                message = begins(self, message)
        elif 'more_body' in message and message['more_body']:
            goes_on(self)
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
    for name, value in head.get('headers') or ():
        if len(name) == 12 and name.lower() == b'content-type':
            return value.startswith(b'text/event-stream')
    return False
