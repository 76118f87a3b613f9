"""A worker with an event loop leaves connections to free workers.

asyncio accepts all that waits in one turn of the loop, and only then begins to serve: the first worker of a
burst takes it all, and those that come to help find nothing. Here it accepts one connection, and the next one
some turns later, when the loop has come to the request of the first: a handler that computes or blocks
meanwhile leaves the queue to free workers. uvloop accepts in C, out of reach.

A client that keeps its connection stays with its worker. While a loop is full, its answers end their
connections, so that clients come again and find the workers that were added. Not with a maximum of one worker.
"""
from time import monotonic_ns
from weakref import WeakKeyDictionary

from .. import words as w

# Turns from accepting a connection to its handler: the transport, the reader, the data, the task.
_TURNS = 4
# A loop is full when two of its last five ticks came so late: requests wait for it, and others may be free.
_FULL_LATE_NS = 20 * 10**6
_FULL_SHARE = 0.16
_LAST_TICKS = 10


def accept_in_turn():
    """For this process, before its loop runs: asyncio accepts one connection, and the next some turns later."""
    from asyncio.selector_events import BaseSelectorEventLoop as Loop
    accept = Loop._accept_connection
    backlog_of_one = _backlog_of_one(accept)
    rests = WeakKeyDictionary()  # turns that each listener is left alone for; an application's own come and go

    def accept_one(self, protocol_factory, sock, sslcontext=None, server=None, backlog=100, *more, **named):
        left = rests.get(sock, 0)
        if left:
            rests[sock] = left - 1  # it is still readable: the next turn comes at once
            return
        rests[sock] = _TURNS
        accept(self, protocol_factory, sock, sslcontext, server, backlog_of_one, *more, **named)

    Loop._accept_connection = accept_one


def _backlog_of_one(accept):
    """The backlog with which asyncio's `accept` tries to accept once: newer ones try once more than it says."""
    tries = 0

    class NoConnection:
        def accept(self):
            nonlocal tries
            tries += 1
            raise BlockingIOError

    accept(None, None, NoConnection(), None, None, 0)
    return 1 - tries


class Sharing:
    """Ends the connections of a loop with their answers while it is full. close_connections(yes): from now
    on, or not."""

    def __init__(self, words, close_connections):
        self._words = words
        self._close_connections = close_connections
        self._fullness = 0.0
        self._is_closing = False

    def look(self, lag_ns):
        """A tick of the loop came so late."""
        self._fullness += ((lag_ns > _FULL_LATE_NS) - self._fullness) / _LAST_TICKS
        is_full = self._fullness > _FULL_SHARE and self._words[w.ALONE_UNTIL_NS] < monotonic_ns()
        if is_full is not self._is_closing and self._words[w.STATE] != w.DRAINING:
            self._is_closing = is_full
            self._close_connections(is_full)
