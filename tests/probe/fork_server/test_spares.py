import os
import signal
import sys
import unittest

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.fork_server import process, spares


class Spare:
    forked_s = 0

    def __init__(self, pid):
        self.pid = pid


def interrupted(call, at, handler):
    """call() with `handler` before its bytecode number `at`, as Python runs one of a signal. (What it returns, whether
    it had so many)."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        frame.f_trace_opcodes = frame.f_code is call.__func__.__code__
        if event == 'opcode':
            count += 1
            if count == at:
                handler()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call(), count >= at
    finally:
        sys.settrace(before)


class SparesTest(unittest.TestCase):
    def test_one_that_is_taken_is_no_spare_any_more_whenever_another_is_reaped(self):
        at, is_within = 0, True
        while is_within:
            at += 1
            one = spares.Spares()
            one.add([Spare(1), Spare(2), Spare(3)])
            taken, is_within = interrupted(one.take, at, lambda: one.has_ended(2))
            self.assertNotIn(taken, one._all)
        self.assertGreater(at, 5)


class EndTest(unittest.TestCase):
    def test_a_pid_that_something_else_has_reaped_is_killed_no_more(self):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        killed = []
        kill = os.kill
        os.kill = lambda *what: killed.append(what)
        try:
            process._kill(pid)
        finally:
            os.kill = kill
        self.assertEqual(killed, [])

    def test_a_fork_server_that_something_else_has_reaped_has_ended(self):
        def life(sock):
            signal.pause()

        one = process.ForkServer(life, 20)
        os.kill(one.pid, signal.SIGKILL)
        os.waitpid(one.pid, 0)
        one.reap()
        self.assertEqual((one.look(0), one.why), ('failed', 'it ended unseen'))
        one.end()


if __name__ == '__main__':
    unittest.main()
