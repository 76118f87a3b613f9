"""With reuse_port a worker has listeners of its own, and what waits in them is its."""
import asyncio
import contextlib
import socket
import types
import unittest
from unittest import mock

from support import Config, page, w
from gunicorn_autoscaler_probe.drain import own_listeners
from gunicorn_autoscaler_probe.drain.drain import UvicornDrain


class TakeTest(unittest.TestCase):
    def test_what_comes_while_a_listener_closes_reaches_another(self):
        own, other = (socket.socket() for _ in range(2))
        clients = [socket.socket() for _ in range(16)]
        with contextlib.ExitStack() as stack:
            for one in (own, other, *clients):
                stack.enter_context(one)
            for listener in (own, other):
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                listener.bind(own.getsockname() if listener is other else ('127.0.0.1', 0))
                listener.listen()

            def after_the_last_look(listener):
                for client in clients:
                    client.setblocking(False)
                    client.connect_ex(other.getsockname())
                return False

            with mock.patch.object(own_listeners, 'is_queued', after_the_last_look):
                own_listeners.take(own)
            other.settimeout(10)
            accepted = {stack.enter_context(other.accept()[0]).getpeername() for _ in clients}
            self.assertEqual(accepted, {client.getsockname() for client in clients})


class HandedConnectionsTest(unittest.TestCase):
    def test_a_worker_is_not_empty_before_its_server_knows_the_connections_that_waited(self):
        async def drained():
            state = types.SimpleNamespace(connections=set(), tasks=set())

            class Protocol(asyncio.Protocol):
                def connection_made(self, transport):
                    state.connections.add(transport)

            with socket.create_server(('127.0.0.1', 0)) as listener, page() as m:
                worker = types.SimpleNamespace(cfg=Config(), config=None)
                drain = UvicornDrain(worker, m, lambda: None)
                drain._server = types.SimpleNamespace(server_state=state)
                with socket.create_connection(listener.getsockname()):
                    drain._handed = own_listeners.hand_to_loop(
                        asyncio.get_running_loop(), [listener], Protocol, None)
                    looks = [drain.is_empty()]
                    while not state.connections:
                        looks.append(drain.is_empty())
                        await asyncio.sleep(0)
                    looks.append(drain.is_empty())
                    state.connections.pop().close()
                    await asyncio.wait(drain._handed)
                    return looks, drain.is_empty()

        looks, is_empty = asyncio.run(drained())
        self.assertEqual((set(looks), is_empty), ({False}, True))


if __name__ == '__main__':
    unittest.main()
