"""Connections that gunicorn's threaded worker of 21 to 23 has accepted and that have sent nothing yet.

It waits for their first bytes in its main loop and accepts the next one meanwhile. Clients that connect all at once and
send a moment later would all be taken by one worker. So what has just been accepted counts like a request for a moment.
A connection that stays silent for longer (a browser's spare one, a slow client) holds no place.
"""
import selectors
from collections import deque
from time import monotonic_ns

# Longer than a client on the same machine or behind a proxy takes from its connect to its first bytes.
FRESH_NS = 50 * 10**6
LOOK_EVERY_S = 0.01  # while a listener is held


class FirstBytes:

    @classmethod
    def of(cls, worker, is_draining):
        """None where the worker hands on what it accepts at once: 20 and older, 24 and newer."""
        if hasattr(worker, 'set_accept_enabled') or not hasattr(worker, 'on_client_socket_readable'):
            return None
        return cls(worker, is_draining)

    def __init__(self, worker, is_draining):
        self._worker = worker
        self._is_draining = is_draining
        self._accepted = deque()  # (when, connection), the oldest first; some have sent their first bytes since
        self.held = []  # (listener, data) of each that the loop does not look at now; it is to look often meanwhile
        self._poller = worker.poller
        self._register, self._accept = worker.poller.register, worker.accept
        worker.accept = self._watched_accept

    def _watched_accept(self, *arguments):
        self._poller.register = self._watched_register
        try:
            self._accept(*arguments)
        finally:
            self._poller.register = self._register

    def _watched_register(self, sock, events, data=None):
        conn = (getattr(data, 'args', None) or (None,))[0]
        if getattr(conn, 'initialized', True) is False:  # a kept connection, which a thread puts back, is initialized
            self._accepted.append((monotonic_ns(), conn))
        return self._register(sock, events, data)

    def limit(self, free):
        """Look at the listeners only while fewer than `free` + 1 connections have just been accepted."""
        if self._accepted:
            oldest = monotonic_ns() - FRESH_NS
            self._accepted = deque(one for one in self._accepted if one[0] > oldest and not one[1].initialized)
        if self._accepted and len(self._accepted) > free:
            self._hold()
        elif self.held:
            self._release()

    def _hold(self):
        if self.held or self._is_draining():
            return
        for listener in self._worker.sockets:
            try:
                self.held.append((listener, self._poller.unregister(listener).data))
            except (KeyError, ValueError):  # it is not looked at anyway
                pass

    def _release(self):
        held, self.held = self.held, []
        if self._is_draining():
            return
        for listener, data in held:
            self._register(listener, selectors.EVENT_READ, data)
