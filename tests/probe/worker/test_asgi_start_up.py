import asyncio
import inspect
import unittest

from support import page, w
from asgi_server import Server, answers
from gunicorn_autoscaler_probe.meters import asgi_meter
from gunicorn_autoscaler_probe.meters.answers import as_coroutine_function


class StartUpTest(unittest.TestCase):
    def starts(self, app, needs_lifespan=False):
        with page() as m:
            server = Server(app, m, needs_lifespan=needs_lifespan)
            try:
                server.call('lifespan')
            except ValueError:
                pass
            return 'ready' in server.events

    def test_ready_when_the_start_up_is_complete_and_not_before(self):
        async def app(scope, receive, send):
            await receive()
            seen.append(list(server.events))
            await send({'type': 'lifespan.startup.complete'})
            seen.append(list(server.events))

        seen = []
        with page() as m:
            server = Server(app, m)
            server.call('lifespan')
            self.assertEqual(seen, [['loop'], ['loop', 'ready']])

    def test_a_failed_start_up_is_never_ready(self):
        async def app(scope, receive, send):
            await send({'type': 'lifespan.startup.failed'})
        self.assertFalse(self.starts(app))

    def test_an_application_without_a_start_up_is_ready(self):
        async def raises(scope, receive, send):
            raise ValueError

        async def returns(scope, receive, send):
            return
        self.assertTrue(self.starts(raises))
        self.assertTrue(self.starts(returns))
        self.assertFalse(self.starts(raises, needs_lifespan=True))

    def test_a_first_request_says_ready_where_nothing_else_did(self):
        with page() as m:
            server = Server(answers, m)
            server.call()
            self.assertIn('ready', server.events)


class InterfaceTest(unittest.TestCase):
    def test_what_was_asgi3_is_seen_as_asgi3(self):
        class Callable:
            async def __call__(self, scope, receive, send):
                pass

        for app in (answers, Callable()):
            self.assertTrue(asgi_meter.is_asgi3(app))
            with page() as m:
                self.assertTrue(inspect.iscoroutinefunction(Server(app, m).app))

    def test_what_a_library_has_marked_as_a_coroutine_function_is_seen_as_asgi3(self):
        def app(scope, receive, send):
            return answers(scope, receive, send)

        self.assertFalse(asgi_meter.is_asgi3(app))
        self.assertTrue(asgi_meter.is_asgi3(as_coroutine_function(app)))

    def test_an_asgi2_application_is_metered_and_stays_one(self):
        def app(scope):
            async def run(receive, send):
                seen.append((scope, m[w.IN_FLIGHT]))
                await answers(scope, receive, send)
            return run

        seen = []
        self.assertFalse(asgi_meter.is_asgi3(app))
        with page() as m:
            server = Server(app, m, asgi_meter.wrap_asgi2)
            self.assertFalse(inspect.iscoroutinefunction(server.app))
            scope = {'type': 'http'}

            async def call():
                await server.app(scope)(server.receive, server.send)

            asyncio.run(call())
            asyncio.run(call())
            self.assertEqual(seen, [({'type': 'http'}, 1)] * 2)
            self.assertEqual(server.counts(), (0, 2, 2, 0))

    def test_an_asgi2_application_that_refuses_the_scope_of_the_start_up_has_none(self):
        def app(scope):
            raise ValueError('No application for scope type ' + scope['type'])

        async def start(scope):
            await server.app(scope)(server.receive, server.send)

        for needs_lifespan, events in ((False, ['loop', 'ready']), (True, ['loop'])):
            with self.subTest(needs_lifespan=needs_lifespan), page() as m:
                server = Server(app, m, asgi_meter.wrap_asgi2, needs_lifespan)
                with self.assertRaises(ValueError):
                    asyncio.run(start({'type': 'lifespan'}))
                self.assertEqual(server.events, events)


if __name__ == '__main__':
    unittest.main()
