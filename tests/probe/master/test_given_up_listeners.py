import gc
import os
import socket
import sys
import types
import unittest
import weakref
from unittest import mock

import support  # noqa: F401  finds the probe
from gunicorn_autoscaler_probe.master.given_up_listeners import GivenUpListeners


class Listener:
    """As gunicorn's, bound or with a descriptor of its own."""

    def __init__(self, address, fd=None):
        family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
        self.sock = socket.socket(family) if fd is None else socket.socket(fileno=fd)
        self.cfg_addr = address if fd is None else self.sock.getsockname()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if fd is None:
            self.sock.bind(address)
        self.sock.listen()

    def fileno(self):
        return self.sock.fileno()

    def close(self):
        self.sock.close()


class Worker:
    def __init__(self, sockets):
        self.sockets = sockets


def create_sockets(conf, log, fds=None):
    return [Listener(one, fd) for one, fd in zip(conf.address, fds or [None] * len(conf.address))]


class GivenUpListenersTest(unittest.TestCase):
    """`old` is what a worker that was forked before the reload holds."""

    def setUp(self):
        self.module = types.SimpleNamespace(create_sockets=create_sockets)
        for patch in (mock.patch.dict(sys.modules, {'gunicorn.sock': self.module}),
                      mock.patch.object(os, 'register_at_fork', lambda **hooks: None)):
            patch.start()
            self.addCleanup(patch.stop)
        self.first, self.second = free_address(), free_address()
        self.server = types.SimpleNamespace(WORKERS={}, LISTENERS=[Listener(self.first)])
        self.fork(7)
        self.old = self.server.LISTENERS[0].sock.dup()
        self.addCleanup(self.old.close)
        self.addCleanup(lambda: [one.close() for one in self.server.LISTENERS])
        self.server.reload = self.gunicorns_reload
        self.given_up = GivenUpListeners(self.server)
        self.addCleanup(self.given_up._drop)

    def test_what_is_called_at_forks_for_ever_keeps_no_arbiter_and_so_no_application(self):
        at_fork = {}
        with mock.patch.object(os, 'register_at_fork', at_fork.update):
            given_up = GivenUpListeners(types.SimpleNamespace(WORKERS={}, LISTENERS=[], reload=None))
        given_up._present = {'an address': os.dup(self.old.fileno())}
        at_fork['after_in_child']()
        self.assertEqual(given_up._present, {})
        there = weakref.ref(given_up)
        del given_up
        gc.collect()
        self.assertIsNone(there())
        at_fork['after_in_child']()

    def test_a_socket_that_a_hook_has_made_stays_through_a_reload(self):
        with socket.create_server(('127.0.0.1', 0)) as made:
            self.server.LISTENERS.append(made)
            self.fork(8)
            self.given_up._reload = lambda: None
            self.server.reload()
            self.assertEqual(self.server.LISTENERS[-1], made)

    def fork(self, pid):
        self.server.WORKERS[pid] = Worker(self.server.LISTENERS)

    def gunicorns_reload(self):
        for one in self.server.LISTENERS:
            one.close()
        conf = types.SimpleNamespace(address=self.wanted)
        self.server.LISTENERS = self.module.create_sockets(conf, None)

    def reload(self, *addresses):
        self.wanted = list(addresses)
        self.server.reload()
        self.assertEqual([one.sock.getsockname() for one in self.server.LISTENERS], self.wanted)

    def test_an_address_that_old_workers_hold_can_be_taken_again(self):
        self.reload(self.second)
        self.reload(self.first)
        self.reload(self.second)

    def test_an_address_keeps_its_name_through_any_number_of_reloads(self):
        port = free_address()[1]
        for name in (('localhost', port), ('::1', port)):
            with self.subTest(name=name):
                for wanted in ([name], [name, self.second], [name], [self.second], [name]):
                    self.wanted = wanted
                    self.server.reload()
                    self.fork(8)
                    self.assertEqual([one.cfg_addr for one in self.server.LISTENERS], wanted)

    def test_one_that_no_worker_holds_is_not_kept(self):
        self.reload(self.second)
        self.reload(self.first)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(self.second)

    def test_an_address_can_be_added_to_one_that_stays(self):
        self.reload(self.first, self.second)
        self.reload(self.second, self.first)
        self.reload(self.first)

    def test_the_arbiter_does_not_listen_on_it_meanwhile(self):
        before = listening()
        self.reload(self.second)
        self.assertEqual(len(listening()), len(before))

    def test_it_refuses_connections_once_the_old_workers_have_gone(self):
        self.reload(self.second)
        self.old.close()
        socket.create_connection(self.first).close()
        self.fork(8)
        del self.server.WORKERS[7]
        self.given_up.look()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(self.first)

    def test_a_child_holds_none(self):
        self.reload(self.second)
        self.old.close()
        self.given_up._drop()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(self.first)

    def test_a_reload_that_fails_leaves_gunicorns_own_function(self):
        self.server.LISTENERS[0].cfg_addr = 'unix'
        self.wanted = 5
        with self.assertRaises(TypeError):
            self.server.reload()
        self.assertIs(self.module.create_sockets, create_sockets)


def free_address():
    with socket.socket() as found:
        found.bind(('127.0.0.1', 0))
        return found.getsockname()


def listening():
    """The descriptors of this process that are listening sockets."""
    found = []
    for name in os.listdir('/proc/self/fd'):
        try:
            one = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        with one:
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.append(name)
    return found


if __name__ == '__main__':
    unittest.main()
