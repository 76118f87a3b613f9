import types
import unittest

from support import stopped_clock
from gunicorn_autoscaler_probe.workforce import heartbeats


class HeartbeatsTest(unittest.TestCase):
    def test_turns_in_quick_succession_are_one_look(self):
        looks = []
        server = types.SimpleNamespace(murder_workers=lambda: looks.append(1), WORKERS={}, timeout=30)
        heartbeats.look_once_a_second(server)
        with stopped_clock(heartbeats) as clock:
            for _ in range(20):  # 2.0 s
                server.murder_workers()
                clock.pass_ms(100)
        self.assertEqual(len(looks), 2)

    def test_after_a_reload_workers_have_the_timeout_that_they_were_forked_with(self):
        ages = {'old': 40, 'stuck': 70, 'new': 10}  # of the last heartbeats, in seconds

        def worker(name, timeout):
            return types.SimpleNamespace(timeout=timeout / 2,
                                         tmp=types.SimpleNamespace(last_update=lambda: -ages[name]))

        def murder_workers():
            over.extend(name for name, one in server.WORKERS.items() if -one.tmp.last_update() > server.timeout)

        over = []
        server = types.SimpleNamespace(murder_workers=murder_workers, timeout=5, WORKERS={
            'old': worker('old', 60), 'stuck': worker('stuck', 60), 'new': worker('new', 5)})
        files = [one.tmp for one in server.WORKERS.values()]
        heartbeats.look_once_a_second(server)
        server.murder_workers()
        self.assertEqual(over, ['stuck', 'new'])
        self.assertEqual([one.tmp for one in server.WORKERS.values()], files)

    def test_a_worker_class_may_have_made_something_else_of_its_timeout(self):
        looks = []
        server = types.SimpleNamespace(murder_workers=lambda: looks.append(1), timeout=30, WORKERS={
            1: types.SimpleNamespace(timeout=None), 2: types.SimpleNamespace()})
        heartbeats.look_once_a_second(server)
        server.murder_workers()
        self.assertEqual(looks, [1])

    def test_without_a_timeout_none_has_one(self):
        server = types.SimpleNamespace(murder_workers=lambda: None, timeout=0, WORKERS={1: None})
        heartbeats.look_once_a_second(server)
        server.murder_workers()


if __name__ == '__main__':
    unittest.main()
