import os
import unittest

from support import in_fork
from gunicorn_autoscaler_probe.worker import oom

PATH = '/proc/self/oom_score_adj'


def adjustment():
    with open(PATH) as file:
        return int(file.read())


@unittest.skipUnless(os.path.exists(PATH), 'this system has no out-of-memory scores')
class OomTest(unittest.TestCase):
    def test_a_worker_goes_before_what_it_was_forked_from_and_never_lowers_its_score(self):
        now = adjustment()

        def once():
            oom.end_first()
            return adjustment() + 1000

        def often():
            for _ in range(5):
                oom.end_first()
            return adjustment() + 1000

        self.assertEqual(in_fork(once) - 1000, min(1000, now + 500))
        self.assertEqual(in_fork(often) - 1000, 1000)
        self.assertEqual(adjustment(), now)

    def test_a_fork_server_goes_before_its_workers_and_they_where_others_do(self):
        now = adjustment()

        def both():
            oom.end_before_workers()
            of_fork_server = adjustment()
            oom.end_first()
            return (of_fork_server - now) * 2 + (adjustment() - now == 500)

        self.assertEqual(in_fork(both), 2 * min(1000 - now, 700) + 1)

    def test_what_the_import_has_set_is_for_the_workers_of_a_fork_server(self):
        now = adjustment()

        def both():
            oom.end_before_workers()
            with open(PATH, 'w') as file:
                file.write(str(now + 5))
            oom.take_of_import()
            of_fork_server = adjustment()
            oom.end_first()
            return (of_fork_server - now) * 2 + (adjustment() - now == 5)

        self.assertEqual(in_fork(both), 2 * min(1000 - now, 700) + 1)

    def test_where_it_cannot_be_written_nothing_happens(self):
        path, oom._ADJUSTMENT = oom._ADJUSTMENT, '/nonexistent'
        try:
            oom.end_first()
        finally:
            oom._ADJUSTMENT = path


if __name__ == '__main__':
    unittest.main()
