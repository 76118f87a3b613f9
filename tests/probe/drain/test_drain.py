import asyncio
import functools
import os
import signal
import socket
import types
import unittest

from support import Config, page, stopped_clock, w
from gunicorn_autoscaler_probe.drain import drain, own_handler
from gunicorn_autoscaler_probe.drain.drain import Drain


class Worker(Drain):
    """A worker with `open` connections; notes its calls."""

    def __init__(self, words, timeout_s=30, error=None):
        self.calls = []
        self.open = 2
        self.cleans_up = False
        self.error = error
        super().__init__(words, Config(graceful_timeout=timeout_s), lambda: self.calls.append('close connections'))

    def stop_accepting(self):
        if self.error is not None:
            raise self.error
        self.calls.append('stop accepting')

    def is_empty(self):
        return self.open == 0

    def close(self):
        self.calls.append('close')

    def abort(self):
        self.calls.append('abort')

    def is_cleaning_up(self):
        return self.cleans_up

    def cancel(self):
        self.calls.append('cancel')

    def abort_waiting(self):
        self.calls.append('abort waiting')

    def leave(self):
        self.calls.append('leave')

    def is_over(self):
        return 'leave' in self.calls


class GunicornsHandler:
    def handle_exit(self, number=None, frame=None):
        pass

    handle_exit.__module__ = 'gunicorn.workers.base'


class DrainTest(unittest.TestCase):
    def test_nothing_happens_before_the_slot_says_draining(self):
        with page() as m:
            m[w.STATE] = w.READY
            worker = Worker(m)
            worker.look()
            self.assertEqual(worker.calls, [])

    def end_with(self, handler, is_late):
        """Have a worker that empties itself end, whose handler of SIGTERM is set before or after the meter."""
        before = signal.signal(signal.SIGTERM, signal.SIG_DFL if is_late else handler)
        try:
            drain.note_handler()
            signal.signal(signal.SIGTERM, handler)
            with page() as m:
                m[w.STATE] = w.DRAINING
                draining = Worker(m)
                draining.open = 0
                draining.look(), draining.look()
                self.assertEqual(draining.calls[-1], 'leave')
        finally:
            signal.signal(signal.SIGTERM, before)
            drain.note_handler()

    def test_a_handler_of_the_application_for_sigterm_runs_at_the_end_gunicorns_own_does_not(self):
        class Own(GunicornsHandler):
            def handle_exit(self, number, frame):
                called.append('overridden')

        note = functools.partial(lambda what, number, frame: called.append(what), 'application')
        for handler, expected in ((GunicornsHandler().handle_exit, []), (signal.SIG_DFL, []), (signal.SIG_IGN, []),
                                  (Own().handle_exit, ['overridden']), (note, ['application'])):
            for is_late in (False, True):
                if is_late or handler != signal.SIG_DFL:
                    called = []
                    self.end_with(handler, is_late)
                    self.assertEqual(called, expected)

    def test_a_handler_that_the_application_gives_to_its_loop_runs_too(self):
        async def end():
            loop = asyncio.get_running_loop()
            told = asyncio.Event()
            loop.add_signal_handler(signal.SIGTERM, GunicornsHandler.handle_exit)
            self.assertFalse(own_handler.is_there())
            loop.add_signal_handler(signal.SIGTERM, told.set)
            with page() as m:
                m[w.STATE] = w.DRAINING
                draining = Worker(m)
                draining.open = 0
                draining.look(), draining.look()
            await asyncio.wait_for(told.wait(), 5)

        asyncio.run(end())

    def test_the_slot_says_that_it_empties_itself(self):
        with page() as m:
            Worker(m)
            self.assertEqual(m[w.EMPTIES_ITSELF], 1)

    def test_it_stops_accepting_closes_with_each_answer_and_leaves_once_when_empty(self):
        with page() as m, stopped_clock(drain):
            m[w.STATE] = w.DRAINING
            worker = Worker(m)
            for _ in range(3):
                worker.look()
            self.assertEqual(worker.calls, ['close connections', 'stop accepting'])
            worker.open = 0
            for _ in range(3):
                worker.look()
            self.assertEqual(worker.calls[2:], ['leave'])

    def test_it_stays_for_a_while_after_its_last_request_where_that_is_asked_for(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            worker = Worker(m, timeout_s=30)
            worker.linger_ns = 60 * 10**9
            worker.open = 0
            m[w.LAST_CHANGE_NS] = clock.ns
            for _ in range(3):
                clock.pass_ms(19000)
                worker.look()
            self.assertFalse(worker.is_over())
            clock.pass_ms(3000)
            worker.look()
            self.assertEqual(worker.calls[2:], ['leave'])

    def test_it_leaves_after_its_time_with_connections_open(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            worker = Worker(m, timeout_s=30)
            worker.look()
            clock.pass_ms(29900)
            worker.look()
            self.assertFalse(worker.is_over())
            clock.pass_ms(200)
            worker.look()
            self.assertEqual(worker.calls[2:], ['close'])
            clock.pass_ms(1100)
            worker.look()
            self.assertEqual(worker.calls[2:], ['close', 'abort', 'cancel', 'leave'])

    def test_calls_that_clean_up_after_their_clients_have_as_long_as_these_had(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            worker = Worker(m, timeout_s=30)
            worker.cleans_up = True
            worker.look()
            for ms in (30100, 1100, 28800):
                clock.pass_ms(ms)
                worker.look()
            self.assertEqual(worker.calls[2:], ['close', 'abort', 'abort'])
            clock.pass_ms(200)
            worker.look()
            self.assertEqual(worker.calls[5:], ['abort', 'cancel', 'leave'])

    def test_one_whose_connections_close_then_leaves_at_once(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            worker = Worker(m, timeout_s=30)
            worker.look()
            clock.pass_ms(30100)
            worker.look()
            worker.open = 0
            worker.look()
            self.assertEqual(worker.calls[2:], ['close', 'leave'])

    def test_a_call_of_the_application_has_longer_but_not_one_that_waits_for_its_client(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            m[w.IN_FLIGHT] = 1
            worker = Worker(m, timeout_s=30)
            worker.look()
            for seconds in (31, 200):
                clock.pass_ms(seconds * 1000)
                worker.look()
            self.assertEqual(worker.calls[2:], ['abort waiting'] * 2)
            m[w.IN_FLIGHT] = 0
            worker.look()
            self.assertEqual(worker.calls[4:], ['close'])

    def test_not_for_ever(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            m[w.IN_FLIGHT] = 1
            worker = Worker(m, timeout_s=30)
            worker.look()
            clock.pass_ms(301000)
            worker.look()
            clock.pass_ms(1100)
            worker.look()
            self.assertTrue(worker.is_over())

    def test_a_worker_that_cannot_be_emptied_gets_the_signal_it_would_have_got(self):
        got = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
        try:
            with page() as m:
                m[w.STATE] = w.DRAINING
                Worker(m, error=LookupError('no server')).look()
                os.getpid()  # a bytecode for the handler to run at
            self.assertEqual(got, [signal.SIGTERM])
        finally:
            signal.signal(signal.SIGTERM, before)


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class StopServingTest(unittest.TestCase):
    def test_a_connection_accepted_a_moment_before_is_served_and_the_next_is_left_to_another_worker(self):
        async def scenario():
            loop = asyncio.get_running_loop()
            listener = socket.create_server(('127.0.0.1', 0))
            others = listener.dup()  # as other workers hold it too
            server = await loop.create_server(Echo, sock=listener)
            with socket.create_connection(others.getsockname()) as first:
                first.setblocking(False)
                while len(asyncio.all_tasks()) == 1:  # until it is accepted and has no transport yet
                    await asyncio.sleep(0)
                drain.stop_serving([server])
                with socket.create_connection(others.getsockname()) as second:
                    second.sendall(b'2')
                    first.sendall(b'1')
                    self.assertEqual(await asyncio.wait_for(loop.sock_recv(first, 1), 10), b'1')
                    second.setblocking(False)
                    self.assertRaises(BlockingIOError, second.recv, 1)
            server.close()
            others.close()

        asyncio.run(scenario())

    def test_a_server_of_another_loop_is_closed(self):
        closed = []

        class Server:
            def close(self):
                closed.append(self)

        async def scenario():
            drain.stop_serving([Server()])

        asyncio.run(scenario())
        self.assertEqual(len(closed), 1)

    def test_uvicorns_connections_of_http_2_are_told_and_end_when_no_request_is_on_them(self):
        class Connection:
            def __init__(self, **cycles):
                self.cycles, self.written, self.ends = cycles, [], 0
                self.transport = types.SimpleNamespace(write=self.written.append, abort=lambda: None)

            def shutdown(self):
                self.ends += 1

        state = types.SimpleNamespace(connections={Connection(), Connection(one='is open')}, tasks=set())
        idle, busy = sorted(state.connections, key=lambda one: len(one.cycles))
        with page() as m:
            worker = types.SimpleNamespace(cfg=Config(graceful_timeout=30), config=None)
            uvicorn = drain.UvicornDrain(worker, m, lambda: None)
            uvicorn._server = types.SimpleNamespace(server_state=state)
            self.assertFalse(uvicorn.is_empty())
            self.assertEqual([one.written[0][:5] for one in (idle, busy)], [b'\0\0\x08\x07\0'] * 2)
            self.assertEqual((idle.ends, busy.ends), (0, 0))
            uvicorn.is_empty()
            self.assertEqual((len(busy.written), idle.ends, busy.ends), (1, 1, 0))
            uvicorn.abort_waiting()
            self.assertEqual(busy.ends, 1)

    def test_the_server_of_uvicorn_is_found_by_whatever_name_a_worker_class_has_it(self):
        class Server:
            server_state = 'state'

            def __init__(self, config):
                self.config = config

            async def serve(self):
                await asyncio.sleep(60)

        class Worker:
            config = object()

            async def serve(self):
                self.kept = Server(self.config)
                await self.kept.serve()

        async def scenario(worker):
            tasks = [asyncio.ensure_future(one) for one in (Server(object()).serve(), worker.serve())]
            await asyncio.sleep(0)
            found = drain._uvicorn_server(worker.config)
            for task in tasks:
                task.cancel()
            with self.assertRaises(LookupError):
                drain._uvicorn_server(object())
            return found

        worker = Worker()
        self.assertIs(asyncio.run(scenario(worker)), worker.kept)


if __name__ == '__main__':
    unittest.main()
