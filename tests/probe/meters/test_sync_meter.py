import unittest

from support import Config, page, stopped_clock, w
from gunicorn_autoscaler_probe.meters import sync_meter
from gunicorn_autoscaler_probe.meters.histogram import bucket_of

MS = 10**6


class Connection:
    """A client's socket whose last data came `waited_ms` ago."""

    def __init__(self, waited_ms=0):
        self._waited_ms = waited_ms

    def getsockopt(self, level, option, length):
        return bytes(52) + self._waited_ms.to_bytes(4, 'little')


class Response:
    def __init__(self, status_code):
        self.status_code = status_code


class Worker:
    """Gunicorn's sync worker: `serve` stands for what the application does."""

    def __init__(self, clock, serve=lambda: 200, **config):
        self.cfg = Config(**config)
        self.alive = True
        self.waits = 0
        self._clock = clock
        self._serve = serve

    def handle(self, listener, client, addr):
        status = self._serve()
        response = Response(status) if status else object()
        self.cfg.post_request(self, None, {}, response)

    def wait(self, timeout):
        self.waits += 1
        return ['listener']


class SyncMeterTest(unittest.TestCase):
    def test_a_request_shows_while_it_is_served_and_is_counted_when_the_worker_waits_again(self):
        with page() as m, stopped_clock(sync_meter) as clock:
            seen = []

            def serve():
                seen.append((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.LAST_CHANGE_NS]))
                clock.pass_ms(100)
                return 200

            worker = Worker(clock, serve)
            sync_meter.attach(worker, m)
            start = clock.ns
            worker.handle(None, Connection(), None)
            self.assertEqual(worker.wait(1), ['listener'])
            self.assertEqual(seen, [(1, 1, 0, start)])
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.FAILED]), (0, 1, 1, 0))
            self.assertEqual((m[w.BUSY_NS], m[w.IN_FLIGHT_NS], m[w.SERVICE_NS]), (100 * MS,) * 3)
            self.assertEqual(m[w.SERVICE_BUCKETS + bucket_of(100 * MS)], 1)

    def test_requests_without_a_pause_show_as_one_in_flight_and_are_counted_every_5_ms(self):
        with page() as m, stopped_clock(sync_meter) as clock:
            worker = Worker(clock, lambda: clock.pass_ms(1) or 200)
            sync_meter.attach(worker, m)
            clock.pass_ms(10)
            for _ in range(23):
                worker.handle(None, Connection(), None)
            self.assertGreaterEqual(m[w.FINISHED], 18)
            worker.wait(1)
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED]), (0, 23, 23))
            self.assertEqual(m[w.BUSY_NS], 23 * MS)

    def test_an_exception_and_a_500_are_failures_and_a_404_is_none(self):
        with page() as m, stopped_clock(sync_meter) as clock:
            statuses = [200, 404, 500, 503, None]  # None: it raised before it had a status
            worker = Worker(clock, lambda: statuses.pop(0))
            sync_meter.attach(worker, m)
            for _ in range(5):
                worker.handle(None, Connection(), None)
            worker.wait(1)
            self.assertEqual((m[w.FINISHED], m[w.FAILED]), (5, 3))

    def test_the_users_post_request_hook_still_runs(self):
        calls = []

        def theirs(worker, req, environ, resp):
            calls.append(resp.status_code)

        with page() as m, stopped_clock(sync_meter) as clock:
            worker = Worker(clock, lambda: 201, post_request=theirs)
            sync_meter.attach(worker, m)
            worker.handle(None, Connection(), None)
            self.assertEqual(calls, [201])

    def test_what_the_worker_raises_passes_through_and_is_counted(self):
        def serve():
            raise SystemExit(1)

        with page() as m, stopped_clock(sync_meter) as clock:
            worker = Worker(clock, serve)
            sync_meter.attach(worker, m)
            with self.assertRaises(SystemExit):
                worker.handle(None, Connection(), None)
            worker.wait(1)
            self.assertEqual((m[w.IN_FLIGHT], m[w.FINISHED]), (0, 1))

    def test_the_last_request_of_a_worker_that_ends_is_counted_at_once(self):
        with page() as m, stopped_clock(sync_meter) as clock:
            worker = Worker(clock, lambda: clock.pass_ms(1) or 200)
            sync_meter.attach(worker, m)
            clock.pass_ms(10)
            worker.handle(None, Connection(), None)
            worker.alive = False
            worker.handle(None, Connection(), None)
            self.assertEqual((m[w.IN_FLIGHT], m[w.FINISHED]), (0, 2))

    def test_the_wait_in_the_kernels_queue_is_measured(self):
        with page() as m, stopped_clock(sync_meter) as clock:
            worker = Worker(clock)
            sync_meter.attach(worker, m)
            worker.handle(None, Connection(waited_ms=80), None)
            clock.pass_ms(6)
            worker.handle(None, Connection(waited_ms=40), None)
            worker.handle(None, Connection(waited_ms=9999), None)  # within 5 ms of the one before: not measured
            self.assertEqual(m[w.WAIT_NS], 120 * MS)
            self.assertEqual(m[w.WAIT_BUCKETS + bucket_of(80 * MS)], 1)
            self.assertEqual(m[w.WAIT_BUCKETS + bucket_of(40 * MS)], 1)
            self.assertEqual(sum(m[128:192]), 2)

    def test_a_connection_without_tcp_info_ends_the_measuring_and_nothing_else(self):
        class UnixConnection:
            asked = 0

            def getsockopt(self, *arguments):
                UnixConnection.asked += 1
                raise OSError(95, 'Operation not supported')

        with page() as m, stopped_clock(sync_meter) as clock:
            worker = Worker(clock)
            sync_meter.attach(worker, m)
            for _ in range(3):
                clock.pass_ms(10)
                worker.handle(None, UnixConnection(), None)
            worker.wait(1)
            self.assertEqual((UnixConnection.asked, m[w.FINISHED], sum(m[128:192])), (1, 3, 0))


if __name__ == '__main__':
    unittest.main()
