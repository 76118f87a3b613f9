import unittest
from unittest.mock import patch

from support import Config, page, w
from gunicorn_autoscaler_probe.meters import gthread_meter


class Queue:
    def __init__(self):
        self.items = []

    def qsize(self):
        return len(self.items)


class Pool:
    def __init__(self):
        self._work_queue = Queue()


class Connection:
    class sock:
        @staticmethod
        def getsockopt(*arguments):
            return bytes(52) + (30).to_bytes(4, 'little')


class Response:
    def __init__(self, status_code):
        self.status_code = status_code


class Worker:
    """Gunicorn's threaded worker with its pool run by hand."""

    def __init__(self, serve=lambda req: 200):
        self.cfg = Config(threads=2)
        self.tpool = Pool()
        self.worker_connections = 1000
        self._serve = serve

    def notify(self):
        pass

    def enqueue_req(self, conn):
        self.tpool._work_queue.items.append(conn)

    def handle(self, conn):
        return self.handle_request('request', conn)

    def handle_request(self, req, conn):
        status = None
        try:
            status = self._serve(req)
            return True
        finally:
            self.cfg.post_request(self, req, {}, Response(status) if status else None)

    def work(self):
        return self.handle(self.tpool._work_queue.items.pop(0))


class ThreadMeterTest(unittest.TestCase):
    def test_a_request_is_in_flight_while_a_thread_serves_it(self):
        with page() as m:
            worker = Worker(lambda req: (self.assertEqual(m[w.IN_FLIGHT], 1), 200)[1])
            gthread_meter.attach(worker, m)
            worker.enqueue_req(Connection())
            self.assertTrue(worker.work())
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.FAILED]), (0, 1, 1, 0))

    def test_connections_that_wait_for_a_thread_are_the_inner_queue(self):
        with page() as m:
            worker = Worker()
            gthread_meter.attach(worker, m)
            for _ in range(3):
                worker.enqueue_req(Connection())
            self.assertEqual(m[w.INNER_QUEUE], 3)
            worker.work()
            self.assertEqual(m[w.INNER_QUEUE], 2)

    def test_a_connection_that_closes_without_a_request_leaves_the_queue_too(self):
        with page() as m:
            worker = Worker()
            worker.handle = lambda conn: None
            gthread_meter.attach(worker, m)
            worker.enqueue_req(Connection())
            worker.work()
            self.assertEqual((m[w.INNER_QUEUE], m[w.STARTED]), (0, 0))

    def test_while_one_waits_for_a_thread_nothing_more_is_accepted(self):
        with page() as m:
            worker = Worker()
            gthread_meter.attach(worker, m)
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

    def test_a_request_that_fails_in_its_thread_is_off_the_count(self):
        with page() as m:
            worker = Worker(lambda req: 1 / 0)
            gthread_meter.attach(worker, m)
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
            gthread_meter.attach(worker, m)
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

        with page() as m, patch.object(gthread_meter, 'monotonic_ns', lambda: now[0]):
            worker = Worker(serve)
            worker.max_keepalived = 996
            gthread_meter.attach(worker, m)
            for _ in range(4):
                worker.enqueue_req(Connection())
            for _ in range(4):
                worker.work()
            return kept

    def test_while_requests_go_on_waiting_no_connection_is_kept(self):
        # The first finds others waiting, which may have just come; the last finds none.
        self.assertEqual(self.kept_while_waiting(gthread_meter.FULL_NS + 1), [996, 0, 0, 996])

    def test_requests_that_wait_for_a_moment_end_no_connection(self):
        self.assertEqual(self.kept_while_waiting(gthread_meter.FULL_NS // 2), [996, 996, 996, 996])

    def test_a_worker_that_is_to_go_keeps_no_connection(self):
        kept = []
        with page() as m:
            worker = Worker(lambda req: kept.append(worker.max_keepalived) or 200)
            worker.max_keepalived = 996
            gthread_meter.attach(worker, m)
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
            gthread_meter.attach(worker, m)
            for _ in range(4):
                worker.enqueue_req(Connection())
                try:
                    worker.work()
                except ValueError:
                    pass
            self.assertEqual((m[w.FINISHED], m[w.FAILED]), (4, 2))

    def test_the_wait_of_a_request_is_measured(self):
        with page() as m:
            worker = Worker()
            gthread_meter.attach(worker, m)
            worker.enqueue_req(Connection())
            worker.work()
            self.assertEqual(m[w.WAIT_NS], 30 * 10**6)

    def test_a_pool_of_another_make_has_no_inner_queue_and_is_metered_all_the_same(self):
        with page() as m:
            worker = Worker()
            worker.tpool = object()
            gthread_meter.attach(worker, m)
            worker.handle(Connection())
            self.assertEqual((m[w.INNER_QUEUE], m[w.FINISHED]), (0, 1))

    def test_http2_streams_are_requests(self):
        with page() as m:
            worker = Worker()
            worker.handle_http2_request = lambda req, conn, h2: h2
            gthread_meter.attach(worker, m)
            self.assertEqual(worker.handle_http2_request('r', Connection(), 'h2'), 'h2')
            self.assertEqual(m[w.FINISHED], 1)


if __name__ == '__main__':
    unittest.main()
