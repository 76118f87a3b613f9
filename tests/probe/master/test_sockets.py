import os
import socket
import unittest

import support  # noqa: F401  finds the probe
from gunicorn_autoscaler_probe.master import sockets


class SocketsTest(unittest.TestCase):
    def test_sockets_that_are_there_are_taken(self):
        with socket.socket() as listening:
            listening.bind(('127.0.0.1', 0))
            listening.listen()
            self.addCleanup(setattr, sockets, '_FIRST', sockets._FIRST)
            sockets._FIRST = listening.fileno()
            environment = {'LISTEN_FDS': '1', 'LISTEN_PID': '1'}
            sockets.take(environment)
            self.assertEqual(environment['LISTEN_PID'], str(os.getpid()))
            self.assertEqual(listening.getsockname()[0], '127.0.0.1', 'it stays open')

    def test_what_is_no_listening_socket_is_left_alone(self):
        with socket.socket() as connecting, open(os.devnull) as file:
            self.addCleanup(setattr, sockets, '_FIRST', sockets._FIRST)
            for number in (connecting.fileno(), file.fileno(), 10**6):
                sockets._FIRST = number
                environment = {'LISTEN_FDS': '1', 'LISTEN_PID': '1'}
                sockets.take(environment)
                self.assertEqual(environment['LISTEN_PID'], '1')

    def test_without_activation_nothing_is_said(self):
        for environment in ({}, {'LISTEN_FDS': 'x', 'LISTEN_PID': '1'}, {'LISTEN_FDS': '0', 'LISTEN_PID': '1'}):
            before = dict(environment)
            sockets.take(environment)
            self.assertEqual(environment, before)


if __name__ == '__main__':
    unittest.main()
