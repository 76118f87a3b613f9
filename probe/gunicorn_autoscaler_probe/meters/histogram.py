"""The latency buckets shared with the supervisor (src/core/histogram.ts): log-linear, four an octave."""

from ..words import BUCKETS

_LAST = BUCKETS - 1


def bucket_of(ns):
    """The bucket of a duration in nanoseconds, 0..63; a negative one counts as 0.

    In units of 65.536 us: 0, 1, 2, 3, then four buckets for each doubling. 100 ms is 1525 units, 11 bits: octave 9,
    of whose quarters 1280..1535 is the second: bucket 37.
    """
    units = ns >> 16
    if units < 4:
        return units if units > 0 else 0
    bits = units.bit_length()
    bucket = 4 * (bits - 2) + ((units >> (bits - 3)) & 3)
    return bucket if bucket < _LAST else _LAST


def first_ns(bucket):
    """The shortest duration, in nanoseconds, that falls into `bucket`, 0..63; the inverse of bucket_of."""
    if bucket < 4:
        return bucket << 16
    return (4 + (bucket & 3)) << ((bucket >> 2) + 15)
