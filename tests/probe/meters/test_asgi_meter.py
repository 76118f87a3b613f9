import asyncio
import inspect
import sys
import types
import unittest
from unittest import mock

from support import page, stopped_clock, w
from asgi_server import BODY, MS, START, Server, answers
from gunicorn_autoscaler_probe.meters import asgi_meter
from gunicorn_autoscaler_probe.meters.histogram import bucket_of

# As asgiref asks; asyncio's is deprecated from Python 3.14 on.
iscoroutinefunction = (inspect if sys.version_info >= (3, 12) else asyncio).iscoroutinefunction


class AsgiMeterTest(unittest.TestCase):
    def test_a_request_is_in_flight_while_the_application_runs(self):
        async def app(scope, receive, send):
            seen.append(server.counts())
            await answers(scope, receive, send)

        seen = []
        with page() as m:
            server = Server(app, m)
            server.call()
            server.call()
            self.assertEqual(seen, [(1, 1, 0, 0), (1, 2, 1, 0)])
            self.assertEqual(server.counts(), (0, 2, 2, 0))
            self.assertEqual(server.sent, [START, BODY, START, BODY])

    def test_requests_that_await_together_are_in_flight_together(self):
        async def app(scope, receive, send):
            await asyncio.sleep(0)
            seen.append(m[w.IN_FLIGHT])
            await answers(scope, receive, send)

        async def three():
            await asyncio.gather(*(server._call('http') for _ in range(3)))

        seen = []
        with page() as m:
            server = Server(app, m)
            asyncio.run(three())
            self.assertEqual((seen[0], m[w.IN_FLIGHT], m[w.FINISHED]), (3, 0, 3))

    def test_busy_time_counts_once_and_the_integral_by_the_number_in_flight(self):
        async def app(scope, receive, send):
            entered.append(scope)
            if len(entered) <= len(gates):
                await gates[len(entered) - 1].wait()
            await answers(scope, receive, send)

        async def overlap():
            gates.extend((asyncio.Event(), asyncio.Event()))
            first = asyncio.ensure_future(server._call('http'))
            await asyncio.sleep(0)
            clock.pass_ms(10)
            second = asyncio.ensure_future(server._call('http'))
            await asyncio.sleep(0)
            self.assertEqual((m[w.BUSY_NS], m[w.IN_FLIGHT_NS], m[w.LAST_CHANGE_NS]), (10 * MS, 10 * MS, clock.ns))
            clock.pass_ms(20)
            gates[0].set()
            await first
            clock.pass_ms(30)
            gates[1].set()
            await second

        gates, entered = [], []
        with page() as m, stopped_clock(asgi_meter) as clock:
            server = Server(app, m)
            asyncio.run(overlap())
            self.assertEqual(m[w.BUSY_NS], 60 * MS)
            self.assertEqual(m[w.IN_FLIGHT_NS], (10 + 2 * 20 + 30) * MS)
            self.assertEqual(m[w.SERVICE_NS], (30 + 50) * MS)
            self.assertEqual(m[w.SERVICE_BUCKETS + bucket_of(30 * MS)], 1)
            clock.pass_ms(1000)
            asyncio.run(server._call('http'))  # 0 ms long: the second before it was idle
            self.assertEqual(m[w.BUSY_NS], 60 * MS)

    def test_500s_and_exceptions_are_failures_and_a_cancelled_request_is_none(self):
        async def says_500(scope, receive, send):
            await send(dict(START, status=500))
            await send(BODY)

        async def raises(scope, receive, send):
            raise ValueError

        async def is_cancelled(scope, receive, send):
            raise asyncio.CancelledError

        for app, error, failed in ((says_500, None, 1), (raises, ValueError, 1),
                                   (is_cancelled, asyncio.CancelledError, 0)):
            with self.subTest(app=app.__name__), page() as m:
                server = Server(app, m)
                if error is None:
                    server.call()
                else:
                    with self.assertRaises(error):
                        server.call()
                self.assertEqual(server.counts(), (0, 1, 1, failed))

    def test_an_event_stream_is_counted_apart_before_its_first_event(self):
        async def events(scope, receive, send):
            await send(dict(START, headers=[(b'x', b'y'), (b'Content-Type', b'text/event-stream')]))
            seen.append((m[w.IN_FLIGHT], m[w.STREAMS]))
            for _ in range(2):
                await send(dict(BODY, more_body=True))
                seen.append((m[w.IN_FLIGHT], m[w.STREAMS]))
            await send(BODY)

        seen = []
        with page() as m:
            server = Server(events, m)
            server.call()
            self.assertEqual(seen, [(0, 1)] * 3)
            self.assertEqual((m[w.STREAMS],) + server.counts(), (0, 0, 1, 1, 0))
            self.assertEqual(sum(m[64:128]), 0)

    def test_an_answer_of_known_length_and_headers_that_can_be_read_once_are_no_event_stream(self):
        async def answer(scope, receive, send):
            await send(dict(START, headers=headers))
            seen.append((m[w.IN_FLIGHT], m[w.STREAMS]))
            await send(BODY)

        kind, seen = (b'content-type', b'text/event-stream'), []
        with page() as m:
            server = Server(answer, m)
            for headers in ([(b'content-length', b'9'), kind], iter([kind]), [('no', 'bytes'), None], (kind,)):
                server.call()
            self.assertEqual(seen, [(1, 0), (1, 0), (1, 0), (0, 1)])
            self.assertEqual(list(server.sent[2]['headers']), [kind])

    def test_a_body_in_parts_that_is_no_event_stream_is_a_request(self):
        async def parts(scope, receive, send):
            await send(START)
            await send(dict(BODY, more_body=True))
            seen.append((m[w.IN_FLIGHT], m[w.STREAMS]))
            await send(BODY)

        seen = []
        with page() as m:
            Server(parts, m).call()
            self.assertEqual((seen, sum(m[64:128])), ([(1, 0)], 1))

    def test_an_early_hint_is_not_the_answer(self):
        async def hints(scope, receive, send):
            await send(hint)
            await send(dict(START, status=500))
            await send(BODY)

        hint = {'type': 'http.response.informational', 'status': 103, 'headers': []}
        with page() as m:
            server = Server(hints, m)
            server.call()
            self.assertEqual(server.counts(), (0, 1, 1, 1))
            server.close_connections()
            server.call()
            self.assertEqual(server.sent[3], hint)

    def test_a_websocket_is_counted_apart(self):
        async def socket(scope, receive, send):
            seen.append((m[w.IN_FLIGHT], m[w.WEBSOCKETS]))

        seen = []
        with page() as m:
            server = Server(socket, m)
            server.call('websocket')
            self.assertEqual(seen, [(0, 1)])
            self.assertEqual((m[w.WEBSOCKETS], m[w.STARTED]), (0, 0))

    def test_the_loop_is_told_once_at_the_first_event(self):
        with page() as m:
            server = Server(answers, m)
            for _ in range(3):
                server.call()
            self.assertEqual(server.events.count('loop'), 1)


    def test_once_connections_are_to_close_every_answer_says_so(self):
        with page() as m:
            server = Server(answers, m)
            server.call()
            server.close_connections()
            server.call()
            close = (b'connection', b'close')
            self.assertEqual([close in message['headers'] for message in server.sent[::2]], [False, True])
            self.assertNotIn(close, START['headers'], "the application's own message stays as it was")

    def test_flush_stores_what_is_held_back(self):
        with page() as m:
            server = Server(answers, m, hold_ns=10**10)
            for _ in range(3):
                server.call()
            self.assertEqual((m[w.IN_FLIGHT], m[w.FINISHED]), (0, 1))
            server.flush()
            self.assertEqual((m[w.STARTED], m[w.FINISHED], sum(m[64:128])), (3, 3, 3))
            seq = m[w.SEQ]
            server.flush()
            self.assertEqual(m[w.SEQ], seq)


def uvicorn_requests():
    """A class as uvicorn has one for its requests; each test's own, because the meter changes it."""
    class Protocol:
        config = object()

        def on_response(self):
            pass

    class Request:
        def __init__(self, protocol=Protocol):
            self.response_started = False
            self.on_response = protocol().on_response
            self.sent = []

        @staticmethod
        def of_another_server():
            return Request(type('Protocol', (Protocol,), {'config': object()}))

        async def send(self, message):
            self.response_started = True
            self.sent.append(message)

    return Request


class WatchedRequestsTest(unittest.TestCase):
    def serve(self, server, kind, count=1):
        async def all_of_them():
            for request in requests:
                await server.app({'type': 'http'}, server.receive, request.send)

        requests = [kind() for _ in range(count)]
        asyncio.run(all_of_them())
        return requests

    def test_from_the_second_request_on_the_application_gets_the_send_of_the_server(self):
        async def app(scope, receive, send):
            own.append(getattr(send, '__self__', None).__class__ is kind)
            self.assertTrue(iscoroutinefunction(send))
            await answers(scope, receive, send)

        own, kind = [], uvicorn_requests()
        with page() as m:
            server = Server(app, m)
            requests = self.serve(server, kind, 3)
            self.assertEqual(own, [False, True, True])
            self.assertEqual([request.sent for request in requests], [[START, BODY]] * 3)
            self.assertEqual(server.counts(), (0, 3, 3, 0))

    def test_failures_are_those_of_the_requests_that_failed(self):
        async def app(scope, receive, send):
            status = statuses.pop(0)
            if status is None:
                raise ValueError
            await send(dict(START, status=status))
            await send(BODY)

        kind, statuses = uvicorn_requests(), [500, 200, 503, 404, 200, None, 200]
        with page() as m:
            server = Server(app, m)
            self.serve(server, kind, 5)
            self.assertEqual(server.counts(), (0, 5, 5, 2))
            with self.assertRaises(ValueError):
                self.serve(server, kind)
            self.serve(server, kind)
            self.assertEqual(server.counts(), (0, 7, 7, 3))

    def test_an_answer_that_no_application_gave_is_no_failure(self):
        async def server_itself():
            await kind().send(dict(START, status=503))

        kind = uvicorn_requests()
        with page() as m:
            server = Server(answers, m)
            self.serve(server, kind, 2)
            asyncio.run(server_itself())
            self.serve(server, kind)
            self.assertEqual(server.counts(), (0, 3, 3, 0))

    def test_answers_of_another_uvicorn_in_this_process_are_left_alone(self):
        async def answer():
            one = kind.of_another_server()
            await one.send(dict(START, headers=[(b'content-type', b'text/event-stream')]))
            await one.send(dict(BODY, more_body=True))
            await one.send(BODY)
            return one

        kind = uvicorn_requests()
        with page() as m:
            m[w.METERED] = 1
            server = Server(answers, m)
            self.serve(server, kind, 2)
            server.close_connections()
            headers = asyncio.run(answer()).sent[0]['headers']
            self.assertEqual((m[w.METERED], m[w.STREAMS]) + server.counts(), (1, 0, 0, 2, 2, 0))
            self.assertEqual(headers, [(b'content-type', b'text/event-stream')])

    def test_requests_of_both_versions_of_http_are_watched(self):
        package = [types.ModuleType('uvicorn.http' + name) for name in ('.one', '.two', '.other')]
        kinds = [uvicorn_requests(), uvicorn_requests()]
        for module, kind in zip(package, kinds):
            kind.__module__, module.Request = module.__name__, kind
        with page() as m, mock.patch.dict(sys.modules, {module.__name__: module for module in package}):
            server = Server(answers, m)
            self.serve(server, kinds[0])
            server.close_connections()
            protocol = type(kinds[0]().on_response.__self__)
            for kind in kinds:
                head = self.serve(server, lambda: kind(protocol))[0].sent[0]
                self.assertEqual(head['headers'][-1:], [(b'connection', b'close')])

    def test_a_module_that_is_blocked_or_odd_fails_no_request(self):
        class Odd:
            @property
            def __dict__(self):
                raise RuntimeError('not to be looked at')

        for odd in None, Odd():
            kind = uvicorn_requests()
            kind.__module__ = 'uvicorn.http.one'
            with page() as m, mock.patch.dict(sys.modules, {'uvicorn.http.two': odd}):
                server = Server(answers, m)
                self.serve(server, kind)
                server.close_connections()
                protocol = type(kind().on_response.__self__)
                head = self.serve(server, lambda: kind(protocol))[0].sent[0]
                self.assertEqual(head['headers'][-1:], [(b'connection', b'close')])

    def test_event_streams_are_counted_apart_beside_requests(self):
        async def app(scope, receive, send):
            if kinds.pop(0) == 'events':
                await send(dict(START, headers=[(b'content-type', b'text/event-stream')]))
                await send(dict(BODY, more_body=True))
                await send(dict(BODY, more_body=True))
                await gate.wait()
                await send(BODY)
            else:
                await gate.wait()
                await answers(scope, receive, send)

        async def one():
            await server.app({'type': 'http'}, server.receive, kind().send)

        async def at_once():
            nonlocal gate
            gate = asyncio.Event()
            tasks = [asyncio.ensure_future(one()) for _ in range(4)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen = m[w.IN_FLIGHT], m[w.STREAMS]
            gate.set()
            await asyncio.gather(*tasks)
            return seen

        gate, kind, kinds = None, uvicorn_requests(), ['plain', 'events', 'plain', 'events']
        with page() as m:
            server = Server(app, m)
            self.assertEqual(asyncio.run(at_once()), (2, 2))
            self.assertEqual((m[w.STREAMS],) + server.counts(), (0, 0, 4, 4, 0))
            self.assertEqual(sum(m[64:128]), 2)

    def test_once_connections_are_to_close_every_answer_says_so(self):
        kind = uvicorn_requests()
        with page() as m:
            server = Server(answers, m)
            before = self.serve(server, kind, 2)
            server.close_connections()
            after = self.serve(server, kind, 1)
            close = (b'connection', b'close')
            self.assertEqual([close in one.sent[0]['headers'] for one in before + after], [False, False, True])


if __name__ == '__main__':
    unittest.main()
