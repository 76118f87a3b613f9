import selectors
import socket
import unittest
from functools import partial
from unittest.mock import patch

from support import Config  # noqa: F401  puts the probe on the path
from gunicorn_autoscaler_probe.meters import first_bytes
from gunicorn_autoscaler_probe.meters.first_bytes import FirstBytes


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.initialized = False


class Worker:
    """Gunicorn 23's threaded worker, as far as it accepts."""

    def __init__(self):
        self.poller = selectors.DefaultSelector()
        listener = socket.create_server(('127.0.0.1', 0))
        self.sockets = [listener]
        self.poller.register(listener, selectors.EVENT_READ, partial(self.accept, 'server'))

    def accept(self, server, listener):
        conn = Connection(listener.accept()[0])
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))

    def on_client_socket_readable(self, conn, client):
        pass


class FirstBytesTest(unittest.TestCase):
    def setUp(self):
        self.now = 10**12
        clock = patch.object(first_bytes, 'monotonic_ns', lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        self.worker = Worker()
        self.listener = self.worker.sockets[0]
        self.addCleanup(self.listener.close)
        self.addCleanup(self.worker.poller.close)
        self.draining = False
        self.first_bytes = FirstBytes.of(self.worker, lambda: self.draining)

    def connect(self):
        client = socket.create_connection(self.listener.getsockname())
        self.addCleanup(client.close)
        self.worker.accept('server', self.listener)
        conn = next(key.data.args[0] for key in self.worker.poller.get_map().values()
                    if key.fileobj.getsockname() == client.getpeername() and key.fileobj is not self.listener
                    and key.fileobj.getpeername() == client.getsockname())
        self.addCleanup(conn.sock.close)
        return conn

    def listens(self):
        return self.listener in [key.fileobj for key in self.worker.poller.get_map().values()]

    def test_silent_connections_count_like_requests_for_a_moment(self):
        self.connect()
        self.first_bytes.limit(1)
        self.assertTrue(self.listens())
        self.connect()
        self.first_bytes.limit(1)
        self.assertFalse(self.listens())

    def test_a_connection_that_stays_silent_holds_no_place(self):
        self.connect()
        self.connect()
        self.first_bytes.limit(1)
        self.now += first_bytes.FRESH_NS
        self.first_bytes.limit(1)
        self.assertTrue(self.listens())

    def test_the_listener_is_looked_at_again_as_it_was(self):
        data = self.worker.poller.get_key(self.listener).data
        conn = self.connect()
        self.first_bytes.limit(0)
        self.assertFalse(self.listens())
        conn.initialized = True
        self.first_bytes.limit(0)
        self.assertIs(self.worker.poller.get_key(self.listener).data, data)

    def test_a_worker_that_drains_does_not_take_its_listener_back(self):
        conn = self.connect()
        self.first_bytes.limit(0)
        self.draining = True
        conn.initialized = True
        self.first_bytes.limit(0)
        self.assertFalse(self.listens())

    def test_a_kept_connection_that_waits_again_is_none_of_them(self):
        conn = self.connect()
        conn.initialized = True
        self.worker.poller.unregister(conn.sock)
        self.worker.poller.register(conn.sock, selectors.EVENT_READ, partial(print, conn))
        self.first_bytes.limit(0)
        self.assertTrue(self.listens())

    def test_only_where_gunicorn_waits_for_first_bytes_in_its_loop(self):
        newer = Worker()
        self.addCleanup(newer.sockets[0].close)
        self.addCleanup(newer.poller.close)
        newer.set_accept_enabled = print
        self.assertIsNone(FirstBytes.of(newer, bool))


if __name__ == '__main__':
    unittest.main()
