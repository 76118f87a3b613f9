import collections
import types
import unittest
from time import monotonic, sleep

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.worker import late_requests


class LateRequestsTest(unittest.TestCase):
    def worker(self, held_up_s=0.0):
        """A gthread worker as far as its main loop looks at kept connections; those of `readable` have a request."""
        worker = types.SimpleNamespace(keepalived_conns=collections.deque(), readable=[], served=[], closed=[])

        def dispatch(timeout):
            late, worker.readable = worker.readable, []
            if held_up_s:
                sleep(held_up_s)
                worker.readable = [one for one in worker.keepalived_conns if one not in late]
            for one in late:
                worker.keepalived_conns.remove(one)
                worker.served.append(one)

        def close_expired(force=False):
            while worker.keepalived_conns and (force or worker.keepalived_conns[0].timeout <= monotonic()):
                worker.closed.append(worker.keepalived_conns.popleft())

        worker.wait_for_and_dispatch_events, worker.murder_keepalived = dispatch, close_expired
        late_requests.serve(worker)
        return worker

    def kept(self, worker, in_s):
        worker.keepalived_conns.append(types.SimpleNamespace(timeout=monotonic() + in_s))
        return worker.keepalived_conns[-1]

    def test_a_request_that_came_while_the_loop_was_held_up_is_served(self):
        worker = self.worker()
        late, idle, fresh = (self.kept(worker, in_s) for in_s in (-2, -1, 60))
        worker.readable = [late]
        worker.murder_keepalived()
        self.assertEqual((worker.served, worker.closed), ([late], [idle]))
        self.assertEqual(list(worker.keepalived_conns), [fresh])

    def test_one_that_comes_while_it_is_held_up_again_is_served_too(self):
        worker = self.worker(held_up_s=0.06)
        first, second = self.kept(worker, -2), self.kept(worker, -1)
        worker.readable = [first]
        worker.murder_keepalived()
        self.assertEqual((worker.served, worker.closed), ([first, second], []))

    def test_at_the_workers_end_all_are_closed(self):
        worker = self.worker()
        fresh = self.kept(worker, 60)
        worker.murder_keepalived(force=True)
        self.assertEqual(worker.closed, [fresh])

    def test_an_older_gunicorn_is_left_alone(self):
        def close_expired():
            pass
        worker = types.SimpleNamespace(murder_keepalived=close_expired)
        late_requests.serve(worker)
        self.assertIs(worker.murder_keepalived, close_expired)


if __name__ == '__main__':
    unittest.main()
