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
            self.assertEqual(m[w.LOOP_DUE_NS], clock.ns + 100 * MS)
            for late_ms in (0, 150, 30):
                clock.pass_ms(100 + late_ms)
                lag.tick()
                self.assertEqual(m[w.LOOP_DUE_NS], clock.ns + 100 * MS)
            self.assertEqual((m[w.LOOP_TICKS], m[w.LOOP_LAG_NS], m[w.LOOP_LAG_MAX_NS]), (3, 180 * MS, 150 * MS))
            self.assertEqual(calls, [1, 2, 3])

    def test_it_ticks_in_an_asyncio_loop_and_does_not_hold_it(self):
        async def main():
            loop_lag.tick_asyncio(m, lambda: None)
            while m[w.LOOP_TICKS] < 2:
                await asyncio.sleep(0.01)

        period = loop_lag.PERIOD_S
        loop_lag.PERIOD_S = 0.02
        try:
            with page() as m:
                asyncio.run(main())
                self.assertGreaterEqual(m[w.LOOP_TICKS], 2)
        finally:
            loop_lag.PERIOD_S = period


if __name__ == '__main__':
    unittest.main()
