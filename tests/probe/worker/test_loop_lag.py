import asyncio
import unittest

from support import page, stopped_clock, w
from gunicorn_autoscaler_probe.worker import loop_lag

MS = 10**6


class LoopLagTest(unittest.TestCase):
    def test_a_tick_in_time_is_no_lag_and_a_late_one_is_its_lateness(self):
        calls = []
        with page() as m, stopped_clock(loop_lag) as clock:
            lag = loop_lag.LoopLag(m, lambda: calls.append(m[w.LOOP_TICKS]))
            self.assertEqual(m[w.LOOP_DUE_NS], clock.ns + int(lag.delay_s * 10**9))
            for late_ms in (0, 150, 2, 30):
                clock.ns = m[w.LOOP_DUE_NS] + late_ms * MS
                lag.tick()
                self.assertEqual(m[w.LOOP_DUE_NS], clock.ns + int(lag.delay_s * 10**9))
                self.assertTrue(0.05 <= lag.delay_s <= 0.15)
            self.assertEqual((m[w.LOOP_TICKS], m[w.LOOP_LAG_NS], m[w.LOOP_LAG_MAX_NS]), (4, 182 * MS, 150 * MS))
            self.assertEqual(m[w.LOOP_LATE_TICKS], 2)
            self.assertEqual(calls, [1, 2, 3, 4])

    def test_it_ticks_in_an_asyncio_loop_and_does_not_hold_it(self):
        async def main():
            loop_lag.tick_asyncio(m, lambda: None)
            while m[w.LOOP_TICKS] < 2:
                await asyncio.sleep(0.01)

        shortest, longest = loop_lag.SHORTEST_S, loop_lag.LONGEST_S
        loop_lag.SHORTEST_S = loop_lag.LONGEST_S = 0.02
        try:
            with page() as m:
                asyncio.run(main())
                self.assertGreaterEqual(m[w.LOOP_TICKS], 2)
        finally:
            loop_lag.SHORTEST_S, loop_lag.LONGEST_S = shortest, longest


if __name__ == '__main__':
    unittest.main()
