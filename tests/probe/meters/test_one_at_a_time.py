import unittest
from unittest.mock import patch

from support import page, w
from thread_worker import Connection, Worker
from gunicorn_autoscaler_probe.meters import gthread_meter, gthread_places, waiting_requests


def attach(worker, m):
    gthread_meter.attach(worker, m, lambda: None)


class OneAtATimeTest(unittest.TestCase):
    def test_told_to_take_one_request_at_a_time_a_worker_accepts_none_beside_it(self):
        now = [10**9]
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            accepts = []

            def serve(req):
                now[0] += gthread_places.FRESH_NS + 1
                worker.notify()
                accepts.append(worker.worker_connections)
                return 200

            worker = Worker(serve)
            attach(worker, m)
            for until_ns in (0, 10**9, 10**12):
                m[w.ONE_UNTIL_NS] = until_ns
                worker.enqueue_req(Connection())
                worker.work()
            self.assertEqual(accepts, [1000, 1000, 0], 'never told, no longer told, told')

    def test_where_threads_compute_at_once_a_worker_takes_as_many_as_it_has(self):
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: 10**9):
            worker = Worker()
            attach(worker, m)
            m[w.ONE_UNTIL_NS] = 2 * 10**9
            worker.enqueue_req(Connection())
            for is_parallel in (False, True, False):
                m[w.PARALLEL] = is_parallel
                worker.notify()
                self.assertEqual(worker.worker_connections, 1000 if is_parallel else 0)

    def test_told_to_take_one_request_at_a_time_a_worker_accepts_again_after_it(self):
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: 10**9):
            worker = Worker()
            attach(worker, m)
            m[w.ONE_UNTIL_NS] = 2 * 10**9
            worker.enqueue_req(Connection())
            worker.notify()
            waiting = worker.worker_connections
            worker.work()
            worker.notify()
            self.assertEqual((waiting, worker.worker_connections), (0, 1000))

    def test_a_thread_that_has_a_connection_and_no_cpu_yet_keeps_others_out(self):
        now = [10**9]
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            worker = Worker()
            attach(worker, m)
            m[w.ONE_UNTIL_NS] = 2 * 10**9
            worker.enqueue_req(Connection())
            worker.tpool._work_queue.items.clear()  # as from Python 3.13 on, before the thread runs
            for _ in range(3):
                now[0] += gthread_places.FRESH_NS
                worker.turn()
                self.assertEqual(worker.worker_connections, 0)

    def test_a_silent_client_keeps_others_out_for_a_moment_only(self):
        now, accepts = [10**9], []
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            worker = Worker()

            def handle(conn):  # it has a thread, and no request
                for passed in (0, gthread_places.FRESH_NS - 1, 1):
                    now[0] += passed
                    worker.turn()
                    accepts.append((worker.worker_connections, worker.poller.timeouts[-1]))

            worker.handle = handle
            attach(worker, m)
            m[w.ONE_UNTIL_NS] = 10**10
            worker.enqueue_req(Connection())
            worker.work()
        self.assertEqual(accepts, [(0, 0.05), (0, 0.05), (1000, 1.0)])

    def test_a_request_that_waits_keeps_others_out_for_a_moment_only(self):
        now, accepts = [10**9], []
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]), \
                patch.object(waiting_requests, 'monotonic_ns', lambda: now[0]), \
                patch.object(waiting_requests, 'process_time_ns', lambda: 0):
            def serve(req):  # it streams
                for passed in (1, waiting_requests.LOOK_NS, waiting_requests.LOOK_NS):
                    now[0] += passed
                    worker.turn()
                    accepts.append((worker.worker_connections, worker.poller.timeouts[-1]))
                return 200

            worker = Worker(serve)
            attach(worker, m)
            m[w.ONE_UNTIL_NS] = 10**10
            worker.enqueue_req(Connection())
            worker.work()
        self.assertEqual(accepts[0][0], 0)
        self.assertEqual(accepts[-1][0], 1000)

    def test_with_more_than_the_one_request_that_it_takes_no_connection_is_kept(self):
        now, kept = [10**9], []
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            def serve(conn):
                now[0] += gthread_places.FULL_NS + 1
                if conn.depth:
                    worker.handle(Connection(conn.depth - 1))  # a request on another kept connection
                kept.append(worker.max_keepalived)

            worker = Worker()
            worker.handle = serve
            worker.max_keepalived = 996
            attach(worker, m)
            for until_ns in (0, 10**12):
                m[w.ONE_UNTIL_NS] = until_ns
                worker.handle(Connection(2))
        self.assertEqual(kept[:3], [996] * 3)
        self.assertEqual(kept[3], 0)

    def test_with_a_maximum_of_one_worker_it_accepts_and_keeps_all_connections(self):
        now = [10**9]
        with page() as m, patch.object(gthread_places, 'monotonic_ns', lambda: now[0]):
            worker = Worker()
            worker.max_keepalived = 996
            attach(worker, m)
            for alone_until_ns, seen in ((10**12, (1000, 996)), (0, (0, 0))):
                m[w.ALONE_UNTIL_NS] = alone_until_ns
                for _ in range(4):
                    worker.enqueue_req(Connection())
                for _ in range(3):
                    now[0] += gthread_places.FULL_NS + 1
                    worker.work()
                    worker.enqueue_req(Connection())
                    worker.notify()
                self.assertEqual((worker.worker_connections, worker.max_keepalived), seen)


if __name__ == '__main__':
    unittest.main()
