"""gunicorn's own asgi worker that is to go."""
import asyncio
import sys
import types
import unittest
from unittest import mock

from support import Config, page, w
from gunicorn_autoscaler_probe.drain.asgi_drain import AsgiDrain


class AsgiDrainTest(unittest.TestCase):
    def test_it_goes_by_the_connections_that_are_open_rather_than_by_gunicorns_count(self):
        class Worker:
            cfg = Config(graceful_timeout=30)
            servers = []
            nr_conns = 3  # never counted down again
            alive = True

        connections = {'a connection'}
        with page() as m:
            m[w.STATE] = w.DRAINING
            worker = Worker()
            worker_drain = AsgiDrain(worker, m, lambda: None, connections)
            worker_drain.stop_accepting = lambda: None  # there is no loop here
            for _ in range(3):
                worker_drain.look()
            self.assertTrue(worker.alive)
            connections.clear()
            m[w.WEBSOCKETS] = 1  # it cleans up
            worker_drain.look()
            self.assertTrue(worker.alive)
            m[w.WEBSOCKETS] = 0
            worker_drain.look()
            self.assertEqual((worker.alive, worker.nr_conns), (False, 0))

    def test_a_connection_of_http_2_is_ended_by_its_own_word_when_no_request_is_on_it(self):
        class Http2:
            is_closed = False

            def __init__(self, **streams):
                self.streams = streams

            async def close(self):
                self.is_closed = True

        async def main():
            worker = types.SimpleNamespace(cfg=Config(graceful_timeout=30), loop=asyncio.get_running_loop(),
                                           servers=[], _get_ssl_context=lambda: None)
            http2 = [Http2(), Http2(), Http2(one='is open')]
            written = []
            transport = types.SimpleNamespace(close=lambda: None, write=written.append)
            connections = [types.SimpleNamespace(_h2_conn=one, transport=transport) for one in http2]
            connections[1]._h2_tasks = {'a task'}
            worker_drain = AsgiDrain(worker, m, lambda: None, connections)
            with mock.patch.dict(sys.modules, {'gunicorn.asgi.protocol': types.SimpleNamespace(ASGIProtocol=None)}):
                worker_drain.stop_accepting()
            self.assertEqual([one[:5] for one in written], [b'\0\0\x08\x07\0'] * 3)
            seen = []
            for step in worker_drain.is_empty, worker_drain.is_empty, worker_drain.close:
                step()
                await asyncio.sleep(0)
                seen.append([one.is_closed for one in http2])
            self.assertEqual(seen, [[True, False, False]] * 2 + [[True] * 3])
            self.assertEqual(len(worker_drain._handed), 3)

        with page() as m:
            asyncio.run(main())

    def test_a_client_of_http_2_that_goes_on_after_the_graceful_timeout_is_refused_new_requests(self):
        class Http2:
            is_closed, streams = False, {3: 'is open'}

            def __init__(self):
                self.handled, self.refused = [], []
                self.h2_conn = types.SimpleNamespace(
                    highest_inbound_stream_id=3,
                    reset_stream=lambda stream, error_code: self.refused.append((stream, error_code)))

            def _handle_request_received(self, event):
                self.handled.append(event.stream_id)
                return event

        written, http2 = [], Http2()
        transport = types.SimpleNamespace(write=written.append, get_write_buffer_size=lambda: 0)
        connection = types.SimpleNamespace(_h2_conn=http2, transport=transport)
        with page() as m:
            m[w.STATE], m[w.IN_FLIGHT] = w.DRAINING, 1
            worker = types.SimpleNamespace(cfg=Config(graceful_timeout=30), alive=True)
            worker_drain = AsgiDrain(worker, m, lambda: None, [connection])
            worker_drain.stop_accepting = lambda: None  # there is no loop here
            worker_drain.look()
            worker_drain.look()
            self.assertEqual(written, [])
            worker_drain._since_ns -= 31 * 10**9
            worker_drain.look()
            worker_drain.look()
        self.assertEqual(written, [b'\0\0\x08\x07' + b'\0' * 8 + b'\x03' + b'\0' * 4])
        events = [types.SimpleNamespace(stream_id=stream) for stream in (3, 5)]
        self.assertEqual([http2._handle_request_received(event) for event in events], [events[0], None])
        self.assertEqual((http2.handled, http2.refused), ([3], [(5, 7)]))

    def test_an_open_websocket_is_told_why_it_ends(self):
        def connection(websocket):
            sent = []
            transport = types.SimpleNamespace(write=sent.append, close=lambda: sent.append('closed'))
            return types.SimpleNamespace(transport=transport, _websocket=websocket, sent=sent)

        def websocket(**state):
            return types.SimpleNamespace(**{'accepted': True, 'closed': False, **state})

        frame = b'\x88\x02\x03\xf4'
        with page() as m:
            for one, expected in ((None, []), (websocket(accepted=False), []), (websocket(closed=True), []),
                                  (websocket(_close_sent=True), []), (websocket(), [frame]),
                                  (websocket(_close_sent=False), [frame])):
                told = connection(one)
                worker = types.SimpleNamespace(cfg=Config(graceful_timeout=30))
                AsgiDrain(worker, m, lambda: None, [told]).close()
                self.assertEqual(told.sent, expected + ['closed'])


if __name__ == '__main__':
    unittest.main()
