"""No store of a meter may raise into a request: the meter stops instead."""
import asyncio
import contextlib
import io
import unittest

from asgi_server import Server, answers
from support import page, stopped_clock, w
from test_sync_meter import Connection, Worker
from test_thread_meter import Connection as ThreadConnection, Worker as ThreadWorker, attach as attach_to_threads
from gunicorn_autoscaler_probe import report
from gunicorn_autoscaler_probe.meters import asgi_meter, gthread_meter, meter as meter_module, sync_meter
from gunicorn_autoscaler_probe.meters.kernel_wait import KernelWait
from gunicorn_autoscaler_probe.meters.meter import Gauge, LockedMeter, Meter
from gunicorn_autoscaler_probe.worker import linger, loop_lag


class DetachTest(unittest.TestCase):
    def setUp(self):
        report._reported.clear()
        self.stderr = io.StringIO()
        context = contextlib.redirect_stderr(self.stderr)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def assert_detached(self, m):
        self.assertEqual((m[w.METERED], m[w.IN_FLIGHT], m[w.SEQ] % 2), (0, 0, 0))
        self.assertEqual(self.stderr.getvalue().count('Cannot meter the requests'), 1)

    def test_an_integral_past_64_bits(self):
        for kind in (Meter, LockedMeter):
            with self.subTest(kind), page() as m, stopped_clock(meter_module) as clock:
                report._reported.clear()
                self.stderr.truncate(0)
                m[w.METERED] = 1
                meter = kind(m)
                began = [meter.begin() for _ in range(3)]
                clock.ns += 2**63
                for one in began:
                    meter.end(one, False)
                meter.end(meter.begin(), True)
                meter.flush()
                self.assert_detached(m)

    def test_one_of_an_asgi_application(self):
        async def app(scope, receive, send):
            await asyncio.sleep(0)
            clock.ns += 2**63
            await answers(scope, receive, send)

        async def three():
            await asyncio.gather(*(server._call('http') for _ in range(3)))

        with page() as m, stopped_clock(asgi_meter) as clock:
            m[w.METERED] = 1
            server = Server(app, m)
            asyncio.run(three())
            server.call()
            self.assertEqual(len(server.sent), 8)
            self.assert_detached(m)

    def test_one_of_a_sync_worker(self):
        def serve():
            clock.ns += 2**64
            return 200

        with page() as m, stopped_clock(sync_meter) as clock:
            m[w.METERED] = 1
            worker = Worker(clock, serve)
            sync_meter.attach(worker, m)
            for _ in range(3):
                worker.handle(None, Connection(), None)
                worker.wait(1)
            self.assert_detached(m)

    def test_one_of_a_threaded_worker(self):
        def serve(req):
            clock.ns += 2**64
            return 200

        with page() as m, stopped_clock(gthread_meter) as clock:
            m[w.METERED] = 1
            worker = ThreadWorker(serve)
            attach_to_threads(worker, m)
            for _ in range(3):
                worker.enqueue_req(ThreadConnection())
                self.assertTrue(worker.work())
                worker.turn()
            self.assert_detached(m)

    def test_the_lag_of_a_loop(self):
        ticks = []
        with page() as m, stopped_clock(loop_lag) as clock:
            m[w.METERED] = 1
            lag = loop_lag.LoopLag(m, lambda: ticks.append(1 / (len(ticks) - 1)))  # raises from the second on
            for _ in range(3):
                clock.ns += 2**64
                lag.tick()
            self.assertEqual(len(ticks), 1)
            self.assert_detached(m)
            self.assertEqual(self.stderr.getvalue().count('Cannot look after the event loop'), 1)

    def test_a_slot_that_is_gone(self):
        with page() as m:
            words = m[:]
            words.release()
            loop_lag.LoopLag(words, lambda: None).tick()
            locked = LockedMeter(words)
            locked.end(locked.begin(), False)
            worker = type('W', (), {'run': lambda self: None, 'notify': lambda self: None})()
            linger.before_end(worker, words, 10**9)
            worker.run()
            threads = ThreadWorker()
            attach_to_threads(threads, words)
            threads.enqueue_req(ThreadConnection())
            self.assertTrue(threads.work())
            threads.turn()
            gauge = Gauge(words, w.STREAMS)
            gauge.opened()
            gauge.closed()
            meter = Meter(words)
            meter.end(meter.begin(), False)
            KernelWait(words).measure(Connection(), 0)


if __name__ == '__main__':
    unittest.main()
