import random
import sys
import threading
import time
import unittest
from types import SimpleNamespace
from unittest.mock import patch

from support import page, stopped_clock, w
from thread_worker import Connection, Worker
from gunicorn_autoscaler_probe.meters import gthread_meter, gthread_places


class Served:
    """A request in service in a thread of its own, until end()."""

    def __init__(self, worker, began):
        self.began = began
        is_begun = threading.Event()
        self._may_end = threading.Event()

        def serve():
            is_begun.set()
            self._may_end.wait()
            return 200

        self._thread = threading.Thread(target=lambda: worker.handle_request(serve, Connection()))
        self._thread.start()
        is_begun.wait()

    def end(self):
        self._may_end.set()
        self._thread.join()


def attach(worker, m, look=lambda: None):
    gthread_meter.attach(worker, m, look)


class ThreadMeterTest(unittest.TestCase):
    def test_a_request_is_in_flight_while_a_thread_serves_it(self):
        with page() as m:
            worker = Worker(lambda req: (self.assertEqual(m[w.IN_FLIGHT], 1), 200)[1])
            attach(worker, m)
            worker.enqueue_req(Connection())
            self.assertTrue(worker.work())
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.FAILED]), (0, 1, 1, 0))

    def test_a_websocket_has_a_thread_and_is_no_request(self):
        with page() as m:
            worker = Worker()
            worker._serve = lambda req: self.assertEqual(
                (m[w.WEBSOCKETS], m[w.BUSY_THREADS], m[w.IN_FLIGHT], m[w.STARTED]), (1, 1, 0, 0))
            websocket = SimpleNamespace(headers=[('HOST', 'here'), ('UPGRADE', 'websocket')])
            worker.handle = lambda conn: worker.handle_request(websocket, conn)
            attach(worker, m)
            worker.enqueue_req(Connection())
            worker.work()
            worker.turn()
            self.assertEqual((m[w.WEBSOCKETS], m[w.BUSY_THREADS], m[w.FINISHED], m[w.FAILED]), (0, 0, 0, 0))

    def test_connections_that_wait_for_a_thread_are_the_inner_queue(self):
        with page() as m:
            worker = Worker()
            attach(worker, m)
            for _ in range(3):
                worker.enqueue_req(Connection())
            worker.notify()  # in the turn of the main loop that has accepted them
            self.assertEqual(m[w.INNER_QUEUE], 3)
            worker.work()
            self.assertEqual(m[w.INNER_QUEUE], 2)

    def test_a_connection_that_closes_without_a_request_leaves_the_queue_too(self):
        with page() as m:
            worker = Worker()
            worker.handle = lambda conn: None
            attach(worker, m)
            worker.enqueue_req(Connection())
            worker.work()
            worker.notify()
            self.assertEqual((m[w.INNER_QUEUE], m[w.STARTED]), (0, 0))

    def test_while_one_waits_for_a_thread_nothing_more_is_accepted(self):
        with page() as m:
            worker = Worker()
            attach(worker, m)
            accepts = []
            for _ in range(4):
                worker.enqueue_req(Connection())
                worker.notify()
                accepts.append(worker.worker_connections)
            for _ in range(4):
                worker.work()
                worker.notify()
                accepts.append(worker.worker_connections)
            # Two threads: the third waits. Nothing is accepted until the fourth is the second again.
            self.assertEqual(accepts, [1000, 1000, 0, 0, 0, 1000, 1000, 1000])

    def test_a_connection_that_its_thread_has_not_begun_waits_though_the_pools_queue_is_empty(self):
        # From Python 3.13 on the queue gives it to a thread that waits before that thread runs.
        with page() as m:
            worker = Worker()
            attach(worker, m)
            for _ in range(3):
                worker.enqueue_req(Connection())
            given = worker.tpool._work_queue.items
            worker.tpool._work_queue.items = []
            worker.notify()
            self.assertEqual((m[w.INNER_QUEUE], worker.worker_connections), (3, 0))
            for conn in given:
                worker.handle(conn)
            worker.notify()
            self.assertEqual((m[w.INNER_QUEUE], worker.worker_connections), (0, 1000))

    def test_a_connection_that_a_worker_class_drops_does_not_wait_for_good(self):
        now = [10**9]
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            worker = Worker()
            worker.enqueue_req = lambda conn: None
            attach(worker, m)
            for _ in range(3):
                worker.enqueue_req(Connection())
            now[0] += gthread_places._BEGINS_WITHIN_NS + 1
            worker.poller.select(1.0)
            worker.notify()
            self.assertEqual((m[w.INNER_QUEUE], worker.worker_connections), (0, 1000))

    def test_a_request_that_fails_in_its_thread_is_off_the_count(self):
        with page() as m:
            worker = Worker(lambda req: 1 / 0)
            attach(worker, m)
            for _ in range(3):
                worker.enqueue_req(Connection())
            for _ in range(3):
                with self.assertRaises(ZeroDivisionError):
                    worker.work()
            worker.notify()
            self.assertEqual(worker.worker_connections, 1000)

    def test_a_connection_that_no_thread_can_be_given_is_off_the_count(self):
        with page() as m:
            worker = Worker()
            worker.tpool._work_queue.items = None  # nothing can be added to it
            worker.tpool._work_queue.qsize = lambda: 0
            attach(worker, m)
            for _ in range(3):
                with self.assertRaises(AttributeError):
                    worker.enqueue_req(Connection())
            worker.notify()
            self.assertEqual(worker.worker_connections, 1000)

    def kept_while_waiting(self, took_ns):
        """What is kept after each of four requests that came at once and take so long, one thread serving them."""
        kept, now = [], [10**9]

        def serve(req):
            kept.append(worker.max_keepalived)
            now[0] += took_ns
            return 200

        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            worker = Worker(serve)
            worker.max_keepalived = 996
            attach(worker, m)
            for _ in range(4):
                worker.enqueue_req(Connection())
            for _ in range(4):
                worker.work()
            return kept

    def test_while_requests_go_on_waiting_no_connection_is_kept(self):
        # The first finds others waiting, which may have just come; the last finds none.
        self.assertEqual(self.kept_while_waiting(gthread_places.FULL_NS + 1), [996, 0, 0, 996])

    def test_requests_that_wait_for_a_moment_end_no_connection(self):
        self.assertEqual(self.kept_while_waiting(gthread_places.FULL_NS // 2), [996, 996, 996, 996])

    def test_a_worker_that_is_to_go_keeps_no_connection(self):
        kept = []
        with page() as m:
            worker = Worker(lambda req: kept.append(worker.max_keepalived) or 200)
            worker.max_keepalived = 996
            attach(worker, m)
            for state in (w.READY, w.DRAINING):
                m[w.STATE] = state
                worker.enqueue_req(Connection())
                worker.work()
            self.assertEqual(kept, [996, 0])

    def test_exceptions_and_500s_are_failures_of_their_own_request(self):
        def serve(req):
            answer = answers.pop(0)
            if answer is None:
                raise ValueError
            return answer

        answers = [200, 500, None, 404]
        with page() as m:
            worker = Worker(serve)
            attach(worker, m)
            for _ in range(4):
                worker.enqueue_req(Connection())
                try:
                    worker.work()
                except ValueError:
                    pass
            worker.turn()
            self.assertEqual((m[w.FINISHED], m[w.FAILED]), (4, 2))

    def test_totals_are_stored_after_the_hold_or_when_nothing_happens_for_a_moment(self):
        with page() as m, stopped_clock(gthread_meter) as clock:
            worker = Worker()
            attach(worker, m)
            stored = []
            for _ in range(7):
                clock.pass_ms(1)
                worker.enqueue_req(Connection())
                worker.work()
                stored.append(m[w.FINISHED])
            self.assertEqual(stored, [1, 1, 1, 1, 1, 6, 6])
            worker.turn()
            self.assertEqual((m[w.FINISHED], m[w.IN_FLIGHT]), (7, 0))
            worker.turn()
            self.assertLess(worker.poller.timeouts[0], 0.01, 'it looks soon: something was held back')
            self.assertEqual(worker.poller.timeouts[1], 1.0)

    def test_requests_that_begin_at_once_after_a_pause_have_started_at_once(self):
        started = []
        with page() as m, stopped_clock(gthread_meter) as clock:
            worker = Worker(lambda req: req())
            attach(worker, m)
            worker.handle_request(lambda: 200, Connection())
            clock.pass_ms(10)
            in_service = [Served(worker, clock.ns) for _ in range(3)]
            started.append(m[w.STARTED])
            for one in in_service:
                one.end()
        self.assertEqual(started, [4])

    def test_a_worker_that_ends_holds_nothing_back(self):
        with page() as m, stopped_clock(gthread_meter):
            worker = Worker()
            attach(worker, m)
            worker.enqueue_req(Connection())
            worker.work()
            worker.alive = False
            worker.enqueue_req(Connection())
            worker.work()
            self.assertEqual(m[w.FINISHED], 2)

    def test_what_another_thread_has_overwritten_is_right_after_the_next_quiet_turn(self):
        with page() as m:
            worker = Worker()
            attach(worker, m)
            m[w.BUSY_THREADS] = m[w.INNER_QUEUE] = 3
            worker.turn()
            self.assertEqual((m[w.BUSY_THREADS], m[w.INNER_QUEUE]), (0, 0))

    def test_while_the_main_loop_waits_for_a_client_to_close_no_thread_is_free(self):
        seen = []
        with page() as m:
            util = SimpleNamespace(close_graceful=lambda sock: seen.append(m[w.BUSY_THREADS]))
            with patch.dict(sys.modules, {'gunicorn.util': util}):
                worker = Worker()
                attach(worker, m)
            util.close_graceful('socket')
            self.assertEqual((seen, m[w.BUSY_THREADS]), ([2], 0))
            m[w.ONE_UNTIL_NS] = time.monotonic_ns() + 10**12
            util.close_graceful('socket')
            self.assertEqual((seen, m[w.BUSY_THREADS]), ([2, 1], 0))
            thread = threading.Thread(target=util.close_graceful, args=('socket',))
            thread.start()
            thread.join()
            self.assertEqual(seen, [2, 1, 0], 'a thread waits for itself alone')

    def test_a_worker_that_is_to_go_is_seen_out_in_each_turn(self):
        looks = []
        with page() as m:
            worker = Worker()
            attach(worker, m, lambda: looks.append(1))
            worker.turn()
            self.assertEqual(len(looks), 0)
            m[w.STATE] = w.DRAINING
            worker.turn()
            m[w.STATE], worker.alive = w.READY, False
            worker.turn()
            self.assertEqual(len(looks), 2)

    def test_totals_are_those_of_a_plain_count_whatever_order_requests_begin_and_end_in(self):
        for seed in range(20):
            rng = random.Random(seed)
            with self.subTest(seed=seed), page() as m, stopped_clock(gthread_meter) as clock:
                worker = Worker(lambda req: req())
                attach(worker, m)
                in_service, busy, integral, service, begun = [], 0, 0, 0, 0
                for _ in range(30):
                    passed = rng.randrange(1, 5) * 10**6
                    clock.ns += passed
                    busy += passed if in_service else 0
                    integral += passed * len(in_service)
                    if rng.random() < 0.5 or not in_service:
                        in_service.append(Served(worker, clock.ns))
                        begun += 1
                    else:
                        one = in_service.pop(rng.randrange(len(in_service)))
                        one.end()
                        service += clock.ns - one.began
                    self.assertEqual(m[w.IN_FLIGHT], len(in_service))
                    seen = m[w.IN_FLIGHT_NS] + m[w.IN_FLIGHT] * (clock.ns - m[w.LAST_CHANGE_NS])
                    self.assertLess(abs(seen - integral), 30 * 6 * 10**6)
                worker.turn()
                self.assertEqual((m[w.STARTED], m[w.FINISHED]), (begun, begun - len(in_service)))
                self.assertEqual(sum(m[64:128]), m[w.FINISHED])
                self.assertEqual(m[w.SERVICE_NS], service)
                now = m[w.LAST_CHANGE_NS]
                self.assertEqual(m[w.BUSY_NS] + (clock.ns - now if in_service else 0), busy)
                self.assertEqual(m[w.IN_FLIGHT_NS] + len(in_service) * (clock.ns - now), integral)
                for one in in_service:
                    one.end()

    def test_threads_lose_no_request(self):
        with page() as m:
            worker = Worker()
            attach(worker, m)

            def serve():
                for _ in range(1000):
                    worker.handle(Connection())

            threads = [threading.Thread(target=serve) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            worker.turn()
            self.assertEqual((m[w.STARTED], m[w.FINISHED], m[w.IN_FLIGHT], m[w.BUSY_THREADS]), (4000, 4000, 0, 0))
            self.assertEqual(sum(m[64:128]), 4000)
            self.assertEqual(m[w.IN_FLIGHT_NS], m[w.SERVICE_NS])
            self.assertLessEqual(m[w.BUSY_NS], m[w.SERVICE_NS])

    def test_the_wait_of_a_request_is_measured(self):
        with page() as m:
            worker = Worker()
            attach(worker, m)
            worker.enqueue_req(Connection())
            worker.work()
            self.assertEqual(m[w.WAIT_NS], 30 * 10**6)

    def test_a_pool_of_another_make_has_no_inner_queue_and_is_metered_all_the_same(self):
        with page() as m:
            worker = Worker()
            worker.tpool = object()
            attach(worker, m)
            worker.handle(Connection())
            self.assertEqual((m[w.INNER_QUEUE], m[w.FINISHED]), (0, 1))

    def test_http2_streams_are_requests(self):
        with page() as m:
            worker = Worker()
            worker.handle_http2_request = lambda req, conn, h2: h2
            attach(worker, m)
            self.assertEqual(worker.handle_http2_request('r', Connection(), 'h2'), 'h2')
            self.assertEqual(m[w.FINISHED], 1)


if __name__ == '__main__':
    unittest.main()
