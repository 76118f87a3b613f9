import asyncio
import gc
import socket
import unittest
import weakref
from asyncio.selector_events import BaseSelectorEventLoop

from support import page, w
from gunicorn_autoscaler_probe.worker import loop_sharing

MS = 10**6


class AcceptInTurnTest(unittest.TestCase):
    def setUp(self):
        self.accept = BaseSelectorEventLoop._accept_connection
        loop_sharing.accept_in_turn()

    def tearDown(self):
        BaseSelectorEventLoop._accept_connection = self.accept

    def test_what_waits_is_accepted_some_turns_apart_and_all_of_it_in_the_end(self):
        turns = []  # of each connection

        async def main():
            loop = asyncio.get_running_loop()
            turn = 0

            class Protocol(asyncio.Protocol):
                def connection_made(self, transport):
                    turns.append(turn)
                    transport.close()

            listener = socket.create_server(('127.0.0.1', 0))
            clients = [socket.create_connection(listener.getsockname(), 5) for _ in range(6)]
            server = await loop.create_server(Protocol, sock=listener)
            while len(turns) < 6 and turn < 1000:
                turn += 1
                await asyncio.sleep(0)
            server.close()
            for client in clients:
                client.close()

        asyncio.run(asyncio.wait_for(main(), 20))
        self.assertEqual(len(set(turns)), 6, turns)
        self.assertGreaterEqual(turns[-1] - turns[0], 5 * loop_sharing._TURNS, turns)

    def test_listeners_that_an_application_opens_and_closes_are_not_kept(self):
        async def main():
            listener = socket.create_server(('127.0.0.1', 0))
            server = await asyncio.start_server(lambda reader, writer: writer.close(), sock=listener)
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
            server.close()
            return weakref.ref(listener)

        listener = asyncio.run(asyncio.wait_for(main(), 20))
        gc.collect()
        self.assertIsNone(listener())


class SharingTest(unittest.TestCase):
    def setUp(self):
        self.changes = []

    def test_a_loop_that_stays_late_ends_its_connections_and_keeps_them_again_when_it_is_not(self):
        with page() as m:
            sharing = loop_sharing.Sharing(m, self.changes.append)
            sharing.look(100 * MS)
            self.assertEqual(self.changes, [])
            sharing.look(100 * MS)
            self.assertEqual(self.changes, [True])
            for _ in range(20):
                sharing.look(2 * MS)
            self.assertEqual(self.changes, [True, False])

    def test_with_a_maximum_of_one_worker_a_late_loop_keeps_its_connections(self):
        with page() as m:
            m[w.ALONE_UNTIL_NS] = 2**62
            sharing = loop_sharing.Sharing(m, self.changes.append)
            for _ in range(10):
                sharing.look(100 * MS)
            self.assertEqual(self.changes, [])
            m[w.ALONE_UNTIL_NS] = 0
            sharing.look(100 * MS)
            self.assertEqual(self.changes, [True])

    def test_two_late_ticks_of_five_fill_a_loop_and_one_of_ten_does_not(self):
        for apart, changes in ((3, [True]), (9, [])):
            with page() as m, self.subTest(apart=apart):
                self.changes.clear()
                sharing = loop_sharing.Sharing(m, self.changes.append)
                for _ in range(20 if apart == 9 else 1):
                    sharing.look(100 * MS)
                    for _ in range(apart):
                        sharing.look(0)
                sharing.look(100 * MS)
                self.assertEqual(self.changes, changes)

    def test_a_loop_that_is_late_for_moments_keeps_them(self):
        with page() as m:
            sharing = loop_sharing.Sharing(m, self.changes.append)
            for _ in range(50):
                sharing.look(15 * MS)
            self.assertEqual(self.changes, [])

    def test_a_worker_that_empties_itself_goes_on_ending_them(self):
        with page() as m:
            m[w.STATE] = w.DRAINING
            sharing = loop_sharing.Sharing(m, self.changes.append)
            for _ in range(20):
                sharing.look(100 * MS)
            self.assertEqual(self.changes, [])


if __name__ == '__main__':
    unittest.main()
