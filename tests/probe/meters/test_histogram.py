import random
import unittest

from support import page, w
from gunicorn_autoscaler_probe.meters.histogram import bucket_of
from gunicorn_autoscaler_probe.meters.meter import Histogram

UNIT = 65536


class BucketTest(unittest.TestCase):
    def test_bounds_are_those_of_the_supervisors_histogram(self):
        for bucket in range(63):
            low = bucket if bucket < 4 else 2 ** (bucket // 4 + 1) * (4 + bucket % 4) // 4
            with self.subTest(bucket=bucket):
                self.assertEqual(bucket_of(low * UNIT), bucket)
                self.assertEqual(bucket_of(low * UNIT - 1), max(0, bucket - 1))

    def test_examples(self):
        for ms, bucket in ((-5, 0), (0, 0), (0.05, 0), (0.1, 1), (1, 11), (100, 37), (7517, 63), (600000, 63)):
            with self.subTest(ms=ms):
                self.assertEqual(bucket_of(int(ms * 10**6)), bucket)

    def test_a_meter_counts_where_bucket_of_says(self):
        random.seed(5)
        durations = [int(2 ** random.uniform(0, 40)) for _ in range(500)]
        expected = [0] * w.BUCKETS
        for took in durations:
            expected[bucket_of(took)] += 1
        with page() as m:
            histogram = Histogram(m)
            histogram.add(durations[:200])
            histogram.add(durations[200:])
            self.assertEqual(m[w.SERVICE_BUCKETS:w.SERVICE_BUCKETS + w.BUCKETS].tolist(), expected)
            self.assertEqual((histogram.finished, histogram.sum_ns), (500, sum(durations)))


if __name__ == '__main__':
    unittest.main()
