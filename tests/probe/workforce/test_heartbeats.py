import types
import unittest

from support import stopped_clock
from gunicorn_autoscaler_probe.workforce import heartbeats


class HeartbeatsTest(unittest.TestCase):
    def test_turns_in_quick_succession_are_one_look(self):
        looks = []
        server = types.SimpleNamespace(murder_workers=lambda: looks.append(1))
        heartbeats.look_once_a_second(server)
        with stopped_clock(heartbeats) as clock:
            for _ in range(20):  # 2.0 s
                server.murder_workers()
                clock.pass_ms(100)
        self.assertEqual(len(looks), 2)


if __name__ == '__main__':
    unittest.main()
