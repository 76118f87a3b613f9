import random
import unittest

from support import page, stopped_clock, w
from gunicorn_autoscaler_probe.meters import meter as meter_module
from gunicorn_autoscaler_probe.meters.meter import Gauge, LockedMeter, Meter

MS = 10**6


class MeterTest(unittest.TestCase):
    def test_one_request_is_in_flight_then_counted_with_its_time(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m)
            began = meter.begin()
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED]), (1, 1, 0))
            self.assertEqual(m[w.LAST_CHANGE_NS], clock.ns)
            clock.pass_ms(100)
            meter.end(began, False)
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.FAILED]), (0, 1, 1, 0))
            self.assertEqual((m[w.BUSY_NS], m[w.IN_FLIGHT_NS], m[w.SERVICE_NS]), (100 * MS,) * 3)
            self.assertEqual(m[w.SERVICE_BUCKETS + 37], 1)

    def test_two_at_once_are_busy_once_and_integrated_twice(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m)
            first = meter.begin()
            clock.pass_ms(10)
            second = meter.begin()
            self.assertEqual((m[w.IN_FLIGHT], m[w.BUSY_NS], m[w.IN_FLIGHT_NS]), (2, 10 * MS, 10 * MS))
            clock.pass_ms(20)
            meter.end(first, False)
            clock.pass_ms(30)
            meter.end(second, False)
            self.assertEqual(m[w.BUSY_NS], 60 * MS)
            self.assertEqual(m[w.IN_FLIGHT_NS], (10 + 2 * 20 + 30) * MS)
            self.assertEqual(m[w.SERVICE_NS], (30 + 50) * MS)

    def test_idle_time_is_not_busy(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m)
            for _ in range(3):
                clock.pass_ms(1000)
                began = meter.begin()
                clock.pass_ms(5)
                meter.end(began, False)
            self.assertEqual(m[w.BUSY_NS], 15 * MS)

    def test_failures_are_counted_apart(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m)
            for failed in (False, True, True):
                clock.pass_ms(20)
                meter.end(meter.begin(), failed)
            self.assertEqual((m[w.FINISHED], m[w.FAILED]), (3, 2))

    def test_in_flight_is_right_at_once_and_totals_after_the_hold(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m, 5 * MS)
            clock.pass_ms(10)
            meter.end(meter.begin(), False)  # stored: the last time was long ago
            for _ in range(4):
                clock.pass_ms(1)
                began = meter.begin()
                self.assertEqual(m[w.IN_FLIGHT], 1)
                meter.end(began, False)
                self.assertEqual(m[w.IN_FLIGHT], 0)
            self.assertEqual(m[w.FINISHED], 1)
            clock.pass_ms(2)
            meter.end(meter.begin(), False)
            self.assertEqual(m[w.FINISHED], 6)

    def test_flush_stores_what_is_held_back(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m, 5 * MS)
            clock.pass_ms(10)
            meter.end(meter.begin(), False)
            clock.pass_ms(1)
            began = meter.begin()
            clock.pass_ms(2)
            meter.end(began, True)
            meter.flush()
            self.assertEqual((m[w.FINISHED], m[w.FAILED], m[w.BUSY_NS]), (2, 1, 2 * MS))
            seq = m[w.SEQ]
            meter.flush()
            self.assertEqual(m[w.SEQ], seq, 'nothing new: nothing is stored')

    def test_a_reader_that_adds_the_open_interval_sees_the_sum_whatever_is_held_back(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m, 5 * MS)
            open_requests, served = [], 0
            for step in range(200):
                clock.pass_ms(0.5)
                served += len(open_requests) * MS // 2
                if step % 3 and len(open_requests) < 4:
                    open_requests.append(meter.begin())
                elif open_requests:
                    meter.end(open_requests.pop(0), False)
                self.assertEqual(m[w.IN_FLIGHT], len(open_requests))
                seen = m[w.IN_FLIGHT_NS] + m[w.IN_FLIGHT] * (clock.ns - m[w.LAST_CHANGE_NS])
                self.assertLess(abs(seen - served), 4 * 6 * MS)
            meter.flush()
            self.assertEqual(m[w.IN_FLIGHT_NS] + m[w.IN_FLIGHT] * (clock.ns - m[w.LAST_CHANGE_NS]), served)

    def test_a_stream_leaves_the_requests_without_a_service_time(self):
        with page() as m, stopped_clock(meter_module) as clock:
            meter = Meter(m)
            began = meter.begin()
            clock.pass_ms(10)
            meter.set_apart()
            clock.pass_ms(60000)
            self.assertEqual((m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED]), (0, 1, 1))
            self.assertEqual((m[w.BUSY_NS], m[w.SERVICE_NS]), (10 * MS, 0))
            self.assertEqual(sum(m[64:128]), 0)

    def test_totals_are_those_of_a_plain_count_whatever_order_requests_begin_end_and_turn_into_streams_in(self):
        for seed in range(200):
            rng = random.Random(seed)
            with self.subTest(seed=seed), page() as m, stopped_clock(meter_module) as clock:
                meter = Meter(m)
                open_requests, busy, integral, service, streams = [], 0, 0, 0, 0
                for _ in range(rng.randrange(60)):
                    passed = rng.randrange(1, 5)
                    clock.pass_ms(passed)
                    busy += passed * MS if open_requests else 0
                    integral += passed * MS * len(open_requests)
                    what = rng.random()
                    if what < 0.5 or not open_requests:
                        open_requests.append(meter.begin())
                        continue
                    began = open_requests.pop(rng.randrange(len(open_requests)))
                    if what < 0.85:
                        meter.end(began, False)
                        service += clock.ns - began
                    else:
                        meter.set_apart()
                        streams += 1
                began = meter.begin()  # long after the last store: stores all
                clock.pass_ms(6)
                meter.end(began, False)
                self.assertEqual(m[w.IN_FLIGHT], len(open_requests))
                self.assertEqual(m[w.SERVICE_NS], service + 6 * MS)
                self.assertEqual(m[w.FINISHED] - sum(m[64:128]), streams)
                self.assertEqual(m[w.BUSY_NS], busy + 6 * MS)
                self.assertEqual(m[w.IN_FLIGHT_NS], integral + 6 * MS * (len(open_requests) + 1))

    def test_seq_is_odd_exactly_while_the_guarded_words_change(self):
        class Watched(list):
            torn = 0

            def __setitem__(self, index, value):
                if 17 <= index <= 24 and self[16] % 2 == 0 and index != w.IN_FLIGHT:
                    Watched.torn += 1
                list.__setitem__(self, index, value)

        with stopped_clock(meter_module) as clock:
            m = Watched([0] * 512)
            meter = Meter(m)
            for _ in range(5):
                began = [meter.begin() for _ in range(3)]
                clock.pass_ms(7)
                for t in began:
                    meter.end(t, False)
            self.assertEqual(Watched.torn, 0)
            self.assertEqual(m[w.SEQ] % 2, 0)

    def test_threads_lose_no_request(self):
        from threading import Thread
        with page() as m:
            meter = LockedMeter(m)

            def serve():
                for _ in range(2000):
                    meter.end(meter.begin(), False)

            threads = [Thread(target=serve) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((m[w.STARTED], m[w.FINISHED], m[w.IN_FLIGHT]), (8000, 8000, 0))
            self.assertEqual(sum(m[64:128]), 8000)

    def test_a_gauge_shows_what_is_open(self):
        with page() as m:
            gauge = Gauge(m, w.WEBSOCKETS)
            gauge.opened()
            gauge.opened()
            gauge.closed()
            self.assertEqual(m[w.WEBSOCKETS], 1)


if __name__ == '__main__':
    unittest.main()
