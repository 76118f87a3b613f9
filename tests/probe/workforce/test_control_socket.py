import threading
import time
import types
import unittest

from support import Config  # noqa: F401  finds the probe
from gunicorn_autoscaler_probe.workforce import control_socket
from gunicorn_autoscaler_probe.workforce.reaping import Reaping


class Control:
    def __init__(self, running=True, loop=object(), server=object()):
        self._running, self._loop, self._server = running, loop, server


class Arbiter:
    def __init__(self, control):
        self._control_server = control


def seconds(arbiter):
    began = time.monotonic()
    control_socket.settle(arbiter)
    return time.monotonic() - began


class ControlSocketTest(unittest.TestCase):
    def test_there_is_nothing_to_wait_for_without_one_or_when_it_runs_or_does_not_run_at_all(self):
        longest = control_socket._LONGEST_S
        for arbiter in (object(), Arbiter(None), Arbiter(object()), Arbiter(Control()),
                        Arbiter(Control(running=False, loop=None))):
            self.assertLess(seconds(arbiter), longest)

    def test_one_that_is_about_to_run_is_waited_for(self):
        self.assert_awaited(lambda control: control_socket.settle(Arbiter(control)))

    def test_the_end_of_the_arbiter_waits_for_it_too(self):
        seen = []
        self.assert_awaited(lambda control: Reaping(types.SimpleNamespace(
            _control_server=control, spawn_worker=None, reap_workers=lambda: None,
            halt=lambda: seen.append(control._server is not None))).halt())
        self.assertEqual(seen, [True])

    def assert_awaited(self, act):
        control = Control(server=None)
        live = threading.Event()

        def come_up():
            live.set()
            control._server = object()

        timer = threading.Timer(0.01, come_up)
        timer.start()
        act(control)
        self.assertTrue(live.is_set())
        timer.join()

    def test_one_that_never_runs_is_not_waited_for_for_long(self):
        took = seconds(Arbiter(Control(loop=None)))
        self.assertGreaterEqual(took, control_socket._LONGEST_S)
        self.assertLess(took, 10)


if __name__ == '__main__':
    unittest.main()
