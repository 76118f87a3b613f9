"""Connections that gunicorn's threaded worker of 21 to 23 has accepted and that have sent nothing yet.

It waits for their first bytes in its main loop and accepts the next one meanwhile. Clients that connect all at once and
send a moment later would all be taken by one worker. So what has just been accepted counts like a request for a moment.
A connection that stays silent for longer (a browser's spare one, a slow client) holds no place.
"""
import selectors
from time import monotonic_ns

# Longer than a client on the same machine or behind a proxy takes from its connect to its first bytes.
FRESH_NS = 50 * 10**6
_LOOK_EVERY_S = 0.01


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
        self._accepted_ns = {}  # by the id of a connection; the oldest first
        self._held = []  # (listener, data) of each that the loop does not look at now
        poller = worker.poller
        self._register, self._select = poller.register, poller.select
        poller.register, poller.select = self._watched_register, self._watched_select

    def _watched_register(self, sock, events, data=None):
        conn = (getattr(data, 'args', None) or (None,))[0]
        if getattr(conn, 'initialized', True) is False:  # a kept connection is initialized
            self._accepted_ns[id(conn)] = monotonic_ns()
        return self._register(sock, events, data)

    def _watched_select(self, timeout=None):
        if self._held and (timeout is None or timeout > _LOOK_EVERY_S):
            timeout = _LOOK_EVERY_S
        return self._select(timeout)

    def came(self, conn):
        """It is handed to the threads."""
        self._accepted_ns.pop(id(conn), None)

    def limit(self, free):
        """Look at the listeners only while fewer than `free` + 1 connections have just been accepted."""
        accepted = self._accepted_ns
        if accepted:
            oldest = monotonic_ns() - FRESH_NS
            for one, since in list(accepted.items()):
                if since > oldest:
                    break
                del accepted[one]
        if accepted and len(accepted) > free:
            self._hold()
        elif self._held:
            self._release()

    def _hold(self):
        if self._held or self._is_draining():
            return
        poller = self._worker.poller
        for listener in self._worker.sockets:
            try:
                self._held.append((listener, poller.unregister(listener).data))
            except (KeyError, ValueError):  # it is not looked at anyway
                pass

    def _release(self):
        held, self._held = self._held, []
        if self._is_draining():
            return
        for listener, data in held:
            self._register(listener, selectors.EVENT_READ, data)
