import unittest

from support import page, w
from gunicorn_autoscaler_probe.drain import wsgi_http2
from gunicorn_autoscaler_probe.drain.goaway import NO_MORE_STREAMS


class Threaded:
    """gunicorn's threaded worker of 25 and 26."""

    def __init__(self):
        self.alive = True

    def handle_http2(self, conn):
        h2_conn = conn.parser
        while not h2_conn.is_closed and self.alive:
            for req in h2_conn.receive_data():
                self.handle_http2_request(req, conn, h2_conn)
            if not self.alive:
                h2_conn.is_closed = True
        return 'done'

    def handle_http2_request(self, req, conn, h2_conn):
        conn.sock.sendall(req)


class Threaded27(Threaded):
    def handle_http2(self, conn):
        h2_conn = conn.parser
        while not h2_conn.is_closed and self.alive:
            for req in h2_conn.receive_data():
                self._serve_http2_stream(req, conn, h2_conn)
            if not self.alive:
                h2_conn.is_closed = True
        return 'done'

    def _serve_http2_stream(self, req, conn, h2_conn):
        self.handle_http2_request(req, conn, h2_conn)


class Greenlets(Threaded):
    def handle_http2(self, conn, upgrade=None):
        h2_conn = conn.parser
        while not h2_conn.is_closed and self.alive:
            for req in h2_conn.receive_data():
                self.handle_http2_request(upgrade, req, conn.sock, 'address', h2_conn)
        return 'done'

    def handle_http2_request(self, listener_name, req, sock, addr, h2_conn):
        sock.sendall(req)


Threaded.handle_http2.__module__ = Threaded27.handle_http2.__module__ = 'gunicorn.workers.gthread'
Greenlets.handle_http2.__module__ = 'gunicorn.workers.base_async'
KINDS = Threaded, Threaded27, Greenlets


class Own(Threaded):
    def handle_http2(self, conn):
        return self


class Connection:
    """Its client sends requests in batches, each after what stands before it, and then ends it."""

    def __init__(self, batches):
        self.batches = list(batches)
        self.sent = []
        self.is_closed = False
        self.sock = self.parser = self

    def receive_data(self):
        if not self.batches:
            self.is_closed = True
            return []
        before, requests = self.batches.pop(0)
        before()
        return requests

    def sendall(self, data):
        self.sent.append(data)


class Gone(Connection):
    def sendall(self, data):
        if data == NO_MORE_STREAMS:
            raise ConnectionResetError
        super().sendall(data)


def nothing():
    pass


class WsgiHttp2Test(unittest.TestCase):
    def served(self, kind, batches, connection=Connection):
        """What a client is sent; batches(drain, stop): what it sends."""
        with page() as m:
            worker = kind()
            m[w.STATE] = w.READY
            wsgi_http2.see_out(worker, m)

            def drain():
                m[w.STATE] = w.DRAINING

            def stop():
                worker.alive = False

            conn = connection(batches(drain, stop))
            self.assertEqual(worker.handle_http2(conn), 'done')
            return conn.sent

    def test_a_draining_worker_tells_its_client_once_and_answers_what_it_still_sends(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                sent = self.served(kind, lambda drain, stop: (
                    (nothing, ['a']), (drain, ['b', 'c']), (stop, ['d']), (nothing, ['e'])))
                self.assertEqual(sent, ['a', NO_MORE_STREAMS, 'b', 'c', 'd', 'e'])

    def test_a_connection_that_is_first_looked_at_when_its_worker_has_to_stop_is_served(self):
        def late(drain, stop):
            drain()
            stop()
            return [(nothing, ['a'])]

        for kind in KINDS:
            with self.subTest(kind=kind):
                self.assertEqual(self.served(kind, late), [NO_MORE_STREAMS, 'a'])

    def test_where_the_server_ends_gunicorn_ends_its_connections(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                sent = self.served(kind, lambda drain, stop: (
                    (nothing, ['a']), (stop, ['b']), (nothing, ['c'])))
                self.assertEqual(sent, ['a', 'b'])

    def test_a_client_that_has_gone_is_left_to_gunicorn(self):
        self.assertEqual(self.served(Threaded, lambda drain, stop: [(drain, ['a'])], Gone), ['a'])

    def test_a_worker_class_keeps_a_method_of_its_own(self):
        with page() as m:
            worker = Own()
            wsgi_http2.see_out(worker, m)
            self.assertIs(worker.handle_http2(None), worker)


if __name__ == '__main__':
    unittest.main()
