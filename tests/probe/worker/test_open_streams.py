import unittest
from types import SimpleNamespace
from unittest.mock import Mock, patch

from support import page, stopped_clock, w
from gunicorn_autoscaler_probe.worker import open_streams


class OpenStreamsTest(unittest.TestCase):
    def test_the_main_loop_counts_them_once_a_second_while_requests_are_in_service(self):
        count = Mock(return_value=2)
        worker = SimpleNamespace(notify=Mock())
        with page() as m, stopped_clock(open_streams) as clock, patch.object(
                open_streams.gthread_drain, 'open_streams', count):
            open_streams.count(worker, m)
            worker.notify()
            self.assertEqual((count.call_count, m[w.STREAMS]), (0, 0), 'nothing is in service')
            m[w.IN_FLIGHT] = 2
            for _ in range(4):
                clock.pass_ms(500)
                worker.notify()
            self.assertEqual((count.call_count, m[w.STREAMS]), (2, 2))
            m[w.IN_FLIGHT], count.return_value = 0, 0
            for _ in range(4):
                clock.pass_ms(1000)
                worker.notify()
            self.assertEqual((count.call_count, m[w.STREAMS]), (3, 0), 'their end is seen too')

    def test_an_error_ends_the_count_and_no_heartbeat(self):
        heartbeat = Mock()
        worker = SimpleNamespace(notify=heartbeat, log=Mock())
        with page() as m, patch.object(open_streams.gthread_drain, 'open_streams', Mock(side_effect=KeyError('x'))):
            m[w.IN_FLIGHT] = 1
            open_streams.count(worker, m)
            worker.notify()
            worker.notify()
            self.assertEqual((heartbeat.call_count, worker.notify is heartbeat), (2, True))


if __name__ == '__main__':
    unittest.main()
