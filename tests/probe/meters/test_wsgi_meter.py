import copy
import functools
import unittest

from support import page, w
from gunicorn_autoscaler_probe.meters import wsgi_meter
from gunicorn_autoscaler_probe.meters.meter import Meter


class FileWrapper:
    def __init__(self, name):
        self.name = name
        self.closed = 0

    def close(self):
        self.closed += 1

    def __iter__(self):
        return iter([b'file'])


def serve(app, environ=None, stop_after=None):
    """Do what a server does with an application; returns its parts. stop_after: the client hangs up then."""
    environ = dict(environ or {}, **{'wsgi.file_wrapper': FileWrapper})
    answer = app(environ, lambda status, headers, *more: None)
    parts = []
    try:
        for part in answer:
            parts.append(part)
            if len(parts) == stop_after:
                raise ConnectionResetError
    except ConnectionResetError:
        if hasattr(answer, 'close'):
            try:
                raise
            except ConnectionResetError:
                answer.close()
        return parts
    except ValueError:
        answer.close()
        raise
    if hasattr(answer, 'close'):
        answer.close()
    return parts


def text(status, *parts, headers=(('Content-Type', 'text/plain'),)):
    def app(environ, start_response):
        start_response(status, list(headers))
        return list(parts)
    return app


class WsgiMeterTest(unittest.TestCase):
    def meter(self, app, m, is_handled=None):
        return wsgi_meter.wrap(app, Meter(m, 0), m, is_handled)

    def counts(self, m):
        return m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.FAILED]

    def test_a_request_ends_when_its_answer_is_closed_not_when_the_application_returns(self):
        with page() as m:
            answer = self.meter(text('200 OK', b'a'), m)({}, lambda *a: None)
            self.assertEqual(self.counts(m), (1, 1, 0, 0))
            self.assertEqual(list(answer), [b'a'])
            answer.close()
            self.assertEqual(self.counts(m), (0, 1, 1, 0))
            answer.close()
            self.assertEqual(self.counts(m), (0, 1, 1, 0), 'closing twice counts once')

    def test_own_work_is_what_comes_before_the_answer_and_after_it(self):
        class Parts:
            def __iter__(self):
                seen.append(app.own_work())
                yield b'a'

            def close(self):
                seen.append(app.own_work())

        def early(environ, start_response):
            start_response('200 OK', [])
            seen.append(app.own_work())
            return Parts()

        def generator(environ, start_response):
            seen.append(app.own_work())
            start_response('200 OK', [])
            seen.append(app.own_work())
            yield b'a'

        def broken(environ, start_response):
            raise ValueError

        for made, expected in ((early, [1, 0, 1]), (generator, [1, 0])):
            with page() as m:
                app, seen = self.meter(made, m), []
                serve(app)
                self.assertEqual((seen, app.own_work()), (expected, 0))
        with page() as m:
            app = self.meter(broken, m)
            with self.assertRaises(ValueError):
                app({}, lambda *a: None)
            self.assertEqual(app.own_work(), 0)

    def test_an_answer_keeps_its_length_and_gets_none_it_had_not(self):
        with page() as m:
            app = self.meter(text('200 OK', b'a', b'b'), m)
            self.assertEqual(len(app({}, lambda *a: None)), 2)
            lazy = self.meter(lambda environ, start_response: (part for part in [b'x']), m)
            self.assertFalse(hasattr(lazy({}, lambda *a: None), '__len__'))

    def test_a_file_wrapper_stays_one_so_that_sendfile_works(self):
        wrapper = FileWrapper('f')
        with page() as m:
            app = self.meter(lambda environ, start_response: wrapper, m)
            answer = app({'wsgi.file_wrapper': FileWrapper}, lambda *a: None)
            self.assertIs(answer, wrapper)
            self.assertEqual(m[w.IN_FLIGHT], 1)
            answer.close()
            self.assertEqual((wrapper.closed, m[w.IN_FLIGHT], m[w.FINISHED]), (1, 0, 1))

    def test_the_answers_own_close_is_called(self):
        wrapper = FileWrapper('f')
        with page() as m:
            serve(self.meter(lambda environ, start_response: wrapper, m), {'wsgi.file_wrapper': None})
            self.assertEqual(wrapper.closed, 1)

    def test_500s_and_exceptions_are_failures_and_a_client_that_hangs_up_is_none(self):
        def raises(environ, start_response):
            raise ValueError

        def raises_later(environ, start_response):
            start_response('200 OK', [])
            yield b'a'
            raise ValueError

        with page() as m:
            serve(self.meter(text('503 Busy', b'no'), m))
            self.assertEqual(self.counts(m), (0, 1, 1, 1))
            with self.assertRaises(ValueError):
                serve(self.meter(raises, m))
            self.assertEqual(m[w.FAILED], 1)  # a meter of its own starts from 0
        with page() as m:
            app = self.meter(raises_later, m)
            answer = app({}, lambda *a: None)
            try:
                list(answer)
            except ValueError:
                answer.close()
            self.assertEqual(self.counts(m), (0, 1, 1, 1))
        with page() as m:
            self.assertEqual(serve(self.meter(text('200 OK', b'a', b'b'), m), stop_after=1), [b'a'])
            self.assertEqual(self.counts(m), (0, 1, 1, 0))

    def test_an_event_stream_is_counted_apart_while_it_is_open(self):
        def events(environ, start_response):
            start_response('200 OK', [('Content-Type', 'text/event-stream; charset=utf-8')])
            yield b'data: 1\n\n'
            self.assertEqual((m[w.IN_FLIGHT], m[w.STREAMS]), (0, 1))

        with page() as m:
            serve(self.meter(events, m))
            self.assertEqual((m[w.STREAMS],) + self.counts(m), (0, 0, 1, 1, 0))
            self.assertEqual(sum(m[64:128]), 0, 'no service time of a stream')

    def test_a_websocket_is_counted_apart(self):
        def socket(environ, start_response):
            self.assertEqual((m[w.IN_FLIGHT], m[w.WEBSOCKETS]), (0, 1))
            return []

        with page() as m:
            serve(self.meter(socket, m), {'HTTP_UPGRADE': 'WebSocket'})
            self.assertEqual((m[w.WEBSOCKETS], m[w.STARTED]), (0, 0))

    def test_a_websocket_ends_with_the_parts_of_its_answer_where_the_server_does_not_close_it(self):
        with page() as m:
            for answer in ([], [b'a'], iter([b'a'])):
                parts = self.meter(lambda environ, start_response: answer, m)({'HTTP_UPGRADE': 'websocket'}, None)
                self.assertEqual(m[w.WEBSOCKETS], 1)
                list(parts)
                self.assertEqual(m[w.WEBSOCKETS], 0)

    def test_an_upgrade_to_something_else_is_a_request(self):
        with page() as m:
            serve(self.meter(text('200 OK', b'a'), m), {'HTTP_UPGRADE': 'h2c'})
            self.assertEqual((m[w.WEBSOCKETS], m[w.FINISHED]), (0, 1))

    def test_what_the_worker_does_nothing_with_passes_as_it_is(self):
        marker = object()
        with page() as m:
            for environ in ({}, {'HTTP_UPGRADE': 'websocket'}):
                app = self.meter(lambda environ, start_response: marker, m, lambda answer: answer is marker)
                self.assertIs(app(environ, lambda *a: None), marker)
                self.assertEqual((m[w.WEBSOCKETS],) + self.counts(m), (0, 0, 1, 1, 0))

    def test_for_a_server_that_closes_nothing_the_end_of_the_parts_is_the_end(self):
        with page() as m:
            file = FileWrapper('f')
            app = wsgi_meter.wrap(lambda environ, start_response: file, Meter(m, 0), m, is_closed=False)
            parts = iter(app({}, lambda *a: None))
            self.assertEqual((next(parts), m[w.IN_FLIGHT]), (b'file', 1))
            self.assertEqual((list(parts), file.closed), ([], 1))
            self.assertEqual(self.counts(m), (0, 1, 1, 0))

    def test_start_response_gets_what_the_application_gave(self):
        got = []
        with page() as m:
            app = self.meter(lambda environ, start_response: [start_response('200 OK', 'headers', 'info')], m)
            answer = app({}, lambda *arguments: got.append(arguments) or 'write')
            self.assertEqual((got, list(answer)), ([('200 OK', 'headers', 'info')], ['write']))

    def test_start_response_can_be_called_by_the_names_that_servers_have(self):
        got = []

        def fails(environ, start_response):
            start_response(status='200 OK', headers=[])
            start_response('500 Oops', [], exc_info='info')
            return [b'']
        with page() as m:
            list(self.meter(fails, m)({}, lambda *arguments: got.append(arguments)))
        self.assertEqual(got, [('200 OK', []), ('500 Oops', [], 'info')])

    def test_the_response_of_the_server_is_found_by_its_start_response(self):
        class Response:
            headers_sent = False

            def start_response(self, status, headers):
                pass

        def app(environ, start_response):
            return [start_response.__self__]
        with page() as m:
            response = Response()
            self.assertEqual(list(self.meter(app, m)({}, response.start_response)), [response])
            has_one = self.meter(lambda environ, start_response: [hasattr(start_response, '__self__')], m)
            self.assertEqual(list(has_one({}, lambda status, headers: None)), [False])

    def test_an_application_finds_the_names_of_start_response(self):
        def app(environ, start_response):
            return [start_response.__name__, functools.wraps(start_response)(lambda: None).__qualname__,
                    copy.copy(start_response).start_response]
        with page() as m:
            self.assertEqual(list(self.meter(app, m)({}, serve)), ['serve', 'serve', serve])


if __name__ == '__main__':
    unittest.main()
