import socket
import threading
import unittest
from types import SimpleNamespace
from unittest.mock import Mock, patch

from support import Config, page, stopped_clock, w
from gunicorn_autoscaler_probe.drain import gthread_drain


class Poller:
    def __init__(self, *sockets):
        self.sockets = list(sockets)

    def unregister(self, one):
        self.sockets.remove(one)

    def get_map(self):
        return self.sockets


    def select(self, timeout=None):
        self.waited = timeout
        return []


class Future:
    def __init__(self, is_done):
        self._is_done = is_done

    def done(self):
        return self._is_done


class Worker23:
    """gunicorn's threaded worker up to 23: connections are in the poller or in a future."""

    def __init__(self):
        self.cfg = Config(graceful_timeout=30)
        self.alive = True
        self.max_keepalived = 100
        self.sockets = ['listener']
        self.poller = Poller('listener', 'kept connection')
        self.futures = [Future(False), Future(True)]
        self.nr_conns = 7  # counted without a lock: means nothing
        self.notified = 0

    def notify(self):
        self.notified += 1


class Worker25:
    """The same from 24 on: the main thread counts its connections."""

    def __init__(self):
        self.cfg = Config(graceful_timeout=30)
        self.alive = True
        self.max_keepalived = 100
        self.method_queue = object()
        self.poller = Poller()
        self.nr_conns = 2
        self.accepts = True

    def notify(self):
        pass

    def set_accept_enabled(self, enabled):
        self.accepts = enabled


def draining(worker, m):
    """`worker`, whose notify() is a turn of its main loop, told to go."""
    end = gthread_drain.of(worker, m)
    notify = worker.notify

    def watched_notify():
        notify()
        end.look()

    worker.notify = watched_notify
    m[w.STATE] = w.READY
    worker.notify()
    m[w.STATE] = w.DRAINING
    worker.notify()
    return worker


class GthreadDrainTest(unittest.TestCase):
    def test_it_leaves_when_no_connection_is_in_the_poller_or_in_a_thread(self):
        with page() as m, stopped_clock(gthread_drain) as clock:
            worker = draining(Worker23(), m)
            self.assertEqual((m[w.EMPTIES_ITSELF], worker.max_keepalived), (1, 0))
            self.assertEqual(worker.poller.sockets, ['kept connection'])
            worker.poller.select(1.0)
            self.assertEqual(worker.poller.waited, 0.1, 'it looks often from now on')
            worker.poller.sockets.clear()
            clock.pass_ms(200)
            worker.notify()
            self.assertTrue(worker.alive)  # a thread still serves
            worker.futures[0] = Future(True)
            worker.notify()
            clock.pass_ms(101)
            worker.notify()
            self.assertFalse(worker.alive)
            self.assertEqual(worker.notified, 5)

    def test_a_connection_that_a_thread_puts_back_a_moment_later_is_waited_for(self):
        with page() as m, stopped_clock(gthread_drain) as clock:
            worker = draining(Worker23(), m)
            worker.futures.clear()
            worker.poller.sockets.clear()
            worker.notify()
            worker.poller.sockets.append('put back')
            clock.pass_ms(150)
            worker.notify()
            worker.poller.sockets.clear()
            worker.notify()
            self.assertTrue(worker.alive)

    def test_from_24_on_it_goes_by_gunicorns_count_and_accepts_nothing_again(self):
        with page() as m, stopped_clock(gthread_drain) as clock:
            worker = draining(Worker25(), m)
            self.assertFalse(worker.accepts)
            worker.set_accept_enabled(True)  # its main loop does that when it has room
            self.assertFalse(worker.accepts)
            worker.notify()
            clock.pass_ms(200)
            worker.notify()
            self.assertTrue(worker.alive)
            worker.nr_conns = 0
            worker.notify()
            clock.pass_ms(101)
            worker.notify()
            self.assertFalse(worker.alive)

    def test_a_gunicorn_that_lets_kept_connections_linger_itself_is_left_alone(self):
        global STOP_KEEPALIVE_LINGER
        STOP_KEEPALIVE_LINGER = 2.0
        try:
            with page() as m:
                worker = draining(Worker25(), m)
                self.assertEqual((m[w.EMPTIES_ITSELF], worker.accepts), (0, True))
        finally:
            del STOP_KEEPALIVE_LINGER

    def test_such_a_gunicorn_waits_longer_for_own_work_in_a_worker_that_drains_beside_others(self):
        for state, work, ends_s, graceful_s in ((w.READY, 1, None, 3), (w.DRAINING, 0, 4, 60),
                                                (w.DRAINING, 1, None, 60)):
            worker = Worker25()
            worker.cfg.graceful_timeout = worker.cfg.timeout = 3
            worker._cap_keepalive = lambda deadline: None
            with page() as m, stopped_clock(gthread_drain) as clock, patch.object(
                    gthread_drain, 'end_answers', Mock(return_value=work)) as end_answers:
                m[w.STATE] = state
                end = gthread_drain.GunicornsDrain(worker, m)
                worker.alive = False
                worker._cap_keepalive(0)
                self.assertEqual(worker.cfg.graceful_timeout, graceful_s)
                at = []
                for second in range(20):
                    end.look()
                    at += [second] if worker.nr_conns == 0 else []
                    clock.pass_ms(1000)
                self.assertEqual(at[:1], [ends_s] if ends_s else [])
                self.assertEqual(end_answers.called, state == w.DRAINING, 'where the server ends, gunicorn ends them')


# As in gunicorn's gthread.py: the worker's own methods, in a thread of its pool.
METHODS = """
def handle(self, conn):
    wait()

def handle_request(self, conn, resp, call, req=None):
    call()

def handle_http2_request(self, conn, resp, call):
    call()
"""


class EndAnswersTest(unittest.TestCase):
    def ends(self, name, *more, is_read=False, begun=False):
        """(requests that are own work, connections shut) while a thread is in this method."""
        go, is_in = threading.Event(), threading.Event()

        def wait():
            is_in.set()
            go.wait(10)

        def close():
            wait()

        space, worker, shut = {'wait': wait}, object(), []
        exec(compile(METHODS, '/site-packages/gunicorn/workers/gthread.py', 'exec'), space)
        exec(compile('def write(self=None):\n    wait()', '/site-packages/gunicorn/http/wsgi.py', 'exec'), space)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        while not is_read:
            try:
                ours.send(b'x' * 65536)
            except BlockingIOError:
                break
        conn = SimpleNamespace(sock=SimpleNamespace(shutdown=shut.append, fileno=ours.fileno))
        calls = {'wait': wait, 'close': close, 'write': space['write'],
                 'app': lambda: space['write'](more[0])}  # by the callable that start_response returns
        arguments = [calls[one] if isinstance(one, str) else one for one in more]
        thread = threading.Thread(target=space[name], args=(worker, conn, *arguments))
        thread.start()
        is_in.wait(10)
        try:
            self.streams = gthread_drain.open_streams(worker)
            return gthread_drain.end_answers(worker, begun), len(shut)
        finally:
            go.set()
            thread.join()
            ours.close()
            theirs.close()

    def test_own_work_goes_on_and_what_waits_for_a_client_ends(self):
        begun, not_begun = SimpleNamespace(headers_sent=True), SimpleNamespace(headers_sent=False)
        events = SimpleNamespace(headers_sent=True, headers=[('Content-Type', 'text/event-stream')])
        websocket = SimpleNamespace(headers=[('UPGRADE', 'WebSocket')])
        for name, more, expected in (('handle', (), (0, 1)), ('handle_request', (begun, 'write'), (0, 1)),
                                     ('handle_request', (begun, 'app'), (0, 1)),
                                     ('handle_request', (not_begun, 'app'), (1, 0)),
                                     ('handle_request', (begun, 'wait'), (1, 0)),
                                     ('handle_request', (begun, 'close'), (1, 0)),
                                     ('handle_request', (events, 'wait'), (0, 1)),
                                     ('handle_request', (events, 'close'), (1, 0)),
                                     ('handle_request', (not_begun, 'wait'), (1, 0)),
                                     ('handle_request', (not_begun, 'wait', websocket), (0, 1)),
                                     ('handle_http2_request', (not_begun, 'wait'), (1, 0))):
            self.assertEqual(self.ends(name, *more), expected)
            self.assertEqual(self.streams, events in more)
        for written in ('write', 'app'):
            self.assertEqual(self.ends('handle_request', begun, written, is_read=True), (1, 0))
        self.assertEqual(self.ends('handle_request', begun, 'wait', begun=True), (0, 1))
        self.assertEqual(self.ends('handle_request', begun, 'close', begun=True), (1, 0))


if __name__ == '__main__':
    unittest.main()
