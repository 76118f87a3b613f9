"""Tornado and eventlet workers that are to go."""
import functools
import socket
import sys
import types
import unittest
from unittest import mock

from support import Config, page, stopped_clock, w
from gunicorn_autoscaler_probe import kinds
from gunicorn_autoscaler_probe.drain import drain, eventlet_drain, gevent_drain, time_limits, tornado_drain


class Stream:
    def __init__(self, reads_head, unread=0):
        self._read_regex = 'the end of a head' if reads_head else None
        self._read_buffer_size, self.is_closed = unread, False
        self.client, self.socket = socket.socketpair()

    def closed(self):
        return self.is_closed

    def fileno(self):
        return self.socket.fileno()

    def writing(self):
        return False

    def close(self):
        self.is_closed = True


class Connection:
    """tornado's HTTP1Connection, for a client of HTTP/1.0 that asks for keep-alive."""

    def __init__(self, disconnects, is_client=False):
        self._disconnect_on_finish, self.is_client = disconnects, is_client
        self.asked = self._request_headers = {'Connection': 'keep-alive'}

    def write_headers(self, start_line, headers):
        if self._request_headers.get('Connection', '').lower() == 'keep-alive':
            headers['Connection'] = 'Keep-Alive'
        return headers


class Server:
    """tornado's HTTPServer, as far as the drain uses it."""

    def __init__(self, *streams):
        self.conn_params = types.SimpleNamespace(no_keep_alive=False)
        self.is_stopped = False
        self.all = [types.SimpleNamespace(stream=stream) for stream in streams]

    @property
    def _connections(self):
        return [one for one in self.all if not one.stream.is_closed]

    def stop(self):
        self.is_stopped = True


class StreamServer:
    """gevent's, as it ends."""

    def __init__(self, handle, *arguments):
        self.listener = types.SimpleNamespace(getsockname=lambda: 'name')
        self.handle = functools.partial(handle, *(arguments or [self.listener]))

    def close(self):
        self.__dict__.pop('handle', None)
        self.listener.getsockname = None


class GeventWorker:
    def __init__(self, is_ssl):
        self.cfg = types.SimpleNamespace(is_ssl=is_ssl)

    def handle(self, listener, client):
        return listener.getsockname(), client


class TimeLimitsTest(unittest.TestCase):
    def test_clients_have_no_less_than_gunicorns_own_reload_gives_them(self):
        cfg = Config(graceful_timeout=5, timeout=20)
        for kind, seconds in ((kinds.GTHREAD, 20), (kinds.UVICORN, 20), (kinds.ASGI, 5), (kinds.GEVENT, 5)):
            self.assertEqual(time_limits.clients_s(cfg, kind), seconds)
        self.assertEqual(time_limits.clients_s(Config(graceful_timeout=30, timeout=3), kinds.UVICORN), 30)


class GeventHandshakeTest(unittest.TestCase):
    def finish_handshakes(self, worker):
        module = types.SimpleNamespace(StreamServer=type('StreamServer', (StreamServer,), {}))
        with mock.patch.dict(sys.modules, {'gevent.server': module}):
            gevent_drain.finish_handshakes(worker)
        return module.StreamServer

    def test_a_connection_in_its_handshake_is_handled_after_the_end_of_the_server(self):
        for is_ssl in (True, False):
            worker = GeventWorker(is_ssl)
            server = self.finish_handshakes(worker)(worker.handle)
            server.close()
            self.assertEqual(hasattr(server, 'handle'), is_ssl)
            if is_ssl:
                self.assertEqual(server.handle('client'), ('name', 'client'))

    def test_a_server_of_the_applications_ends_as_ever(self):
        server = self.finish_handshakes(GeventWorker(True))(lambda context, client: None, {'its': 'context'})
        server.close()
        self.assertFalse(hasattr(server, 'handle'))


class TornadoDrainTest(unittest.TestCase):
    def setUp(self):
        started = self.started = []

        class PeriodicCallback:
            def __init__(self, callback, every_ms):
                self.start = lambda: started.append(every_ms)

        self.connection_class = type('HTTP1Connection', (Connection,), {})
        modules = mock.patch.dict(sys.modules, {
            'tornado': types.ModuleType('tornado'),
            'tornado.ioloop': types.SimpleNamespace(PeriodicCallback=PeriodicCallback),
            'tornado.http1connection': types.SimpleNamespace(HTTP1Connection=self.connection_class),
        })
        modules.start()
        self.addCleanup(modules.stop)

    def worker(self, *streams):
        return types.SimpleNamespace(cfg=Config(graceful_timeout=30, keepalive=2), server=Server(*streams),
                                     callbacks=[], alive=True, watchdog=lambda: None)

    def test_idle_connections_have_their_keepalive_and_requests_the_graceful_timeout(self):
        idle, busy, partial, arrived = Stream(True), Stream(False), Stream(True, unread=5), Stream(True)
        for stream in (idle, busy, partial, arrived):
            self.addCleanup(stream.client.close)
            self.addCleanup(stream.socket.close)
        arrived.client.send(b'GET')
        worker = self.worker(idle, busy, partial, arrived)
        with page() as m, stopped_clock(drain, tornado_drain) as clock:
            tornado_drain.attach(worker, m)
            self.assertEqual(m[w.EMPTIES_ITSELF], 1)
            worker.watchdog()
            self.assertFalse(worker.server.is_stopped)
            m[w.STATE] = w.DRAINING
            worker.watchdog()
            self.assertEqual((worker.server.is_stopped, worker.server.conn_params.no_keep_alive, self.started),
                             (True, True, [100]))
            clock.pass_ms(1900)
            worker.watchdog()
            self.assertFalse(idle.is_closed)
            clock.pass_ms(200)
            worker.watchdog()
            self.assertEqual([one.is_closed for one in (idle, busy, partial, arrived)], [True, False, False, False])
            self.assertTrue(worker.alive)
            clock.pass_ms(28000)
            worker.watchdog()
            self.assertEqual([one.is_closed for one in (busy, partial, arrived)], [True, True, True])
            worker.watchdog()
            self.assertFalse(worker.alive)


    def test_a_client_of_http_1_0_is_promised_no_next_answer(self):
        before, kept = self.connection_class(True), self.connection_class(False)
        self.assertEqual(before.write_headers('200', {}), {'Connection': 'Keep-Alive'})
        worker = self.worker()
        with page() as m, stopped_clock(drain, tornado_drain):
            tornado_drain.attach(worker, m)
            m[w.STATE] = w.DRAINING
            worker.watchdog()
        self.assertEqual(before.write_headers('200', {}), {})
        self.assertEqual(before.asked, {'Connection': 'keep-alive'})
        for other in (kept, self.connection_class(True, is_client=True)):
            self.assertEqual(other.write_headers('200', headers={}), {'Connection': 'Keep-Alive'})


class EventletHeartbeatTest(unittest.TestCase):
    def test_it_is_kept_from_the_end_of_the_run_for_the_graceful_timeout_and_a_little_longer(self):
        for state, unanswered, graceful_s in ((w.READY, 1, 10), (w.DRAINING, 0, 10), (w.DRAINING, 1, 100)):
            beats = []
            worker = types.SimpleNamespace(cfg=Config(graceful_timeout=10), alive=True, notify=lambda: beats.append(1))
            with page() as m, stopped_clock(eventlet_drain) as clock:
                m[w.STATE] = state
                look = eventlet_drain.heartbeat(worker, m, lambda: unanswered)
                worker.notify(), look()
                self.assertEqual((len(beats), worker.cfg.graceful_timeout), (1, 10))
                worker.alive = False
                worker.notify()
                self.assertEqual(worker.cfg.graceful_timeout, graceful_s)
                for _ in range(200):
                    look()
                    clock.pass_ms(1000)
                self.assertEqual(len(beats), 2 + graceful_s + 6)


class EventletListenersTest(unittest.TestCase):
    def test_a_connection_is_handled_though_its_listener_is_closed_before_it_begins_or_meanwhile(self):
        class Listener:
            fd, is_closed = 7, False

            def __init__(self, name):
                self.name = name

            def getsockname(self):
                if self.is_closed:
                    raise OSError(9, 'Bad file descriptor')
                return self.name

        def gunicorns(listener, client, address):
            listeners[0].is_closed = listeners[1].is_closed = True  # while it shakes hands
            handled.append((listener.getsockname(), listener.fd))

        listeners = [Listener(('0.0.0.0', 80)), Listener(('0.0.0.0', 81)), Listener('/run/app')]
        worker = types.SimpleNamespace(handle=gunicorns, sockets=listeners)
        eventlet_drain.name_listeners(worker)
        handled = []
        worker.handle(listeners[1], Listener(('127.0.0.1', 81)), None)
        for listener, local in zip(listeners, (('127.0.0.1', 80), ('127.0.0.1', 81), '/run/app')):
            worker.handle(listener, Listener(local), None)
        self.assertEqual(handled, [(('0.0.0.0', 81), 7), (('0.0.0.0', 80), 7), (('0.0.0.0', 81), 7), ('/run/app', 7)])


class GeventPatienceTest(unittest.TestCase):
    def test_requests_without_an_answer_have_longer_where_the_worker_drains_beside_others(self):
        for state, most_s in ((w.READY, 1), (w.DRAINING, 60)):
            worker = types.SimpleNamespace(cfg=Config(graceful_timeout=1, timeout=30), alive=False)
            with page() as m, stopped_clock(gevent_drain) as clock:
                m[w.STATE] = state
                requests = 1
                look = gevent_drain.patience(worker, m, lambda: requests)
                past_s = 0
                look()
                while past_s <= worker.cfg.graceful_timeout and past_s < 1000:  # as gunicorn looks
                    clock.pass_ms(1000)
                    past_s += 1
                    look()
                self.assertLess(most_s - past_s, 3)
                self.assertLess(past_s, most_s + 5)

    def test_once_all_are_answered_it_is_the_graceful_timeout_again(self):
        worker = types.SimpleNamespace(cfg=Config(graceful_timeout=5), alive=False)
        with page() as m, stopped_clock(gevent_drain) as clock:
            m[w.STATE] = w.DRAINING
            requests = 1
            look = gevent_drain.patience(worker, m, lambda: requests)
            look()
            clock.pass_ms(20_000)
            look()
            self.assertGreater(worker.cfg.graceful_timeout, 20)
            requests = 0
            look()
            self.assertEqual(worker.cfg.graceful_timeout, 5)


if __name__ == '__main__':
    unittest.main()
