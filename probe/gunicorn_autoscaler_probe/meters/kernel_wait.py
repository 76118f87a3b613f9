"""How long a request waited in the kernel before a worker took it, from TCP_INFO; no header and no proxy needed."""
import socket

from .. import words as w
from .histogram import bucket_of

# struct tcp_info of linux/tcp.h: 8 bytes of flags, then u32 fields; tcpi_last_data_recv is the twelfth, in ms.
_AT = 8 + 11 * 4
_LENGTH = _AT + 4
_NEVER = 1 << 62
# Not every request: the call takes as long as half of the meter. 200 a second are enough for any quantile.
_EVERY_NS = 5 * 10**6


class KernelWait:
    """Wait buckets and their sum, from samples at least 5 ms apart."""

    __slots__ = ('_words', '_sum_ns')

    def __init__(self, words):
        self._words = words
        self._sum_ns = 0

    def measure(self, connection, now_ns):
        """Count the wait of the request on `connection`, taken now; returns when to measure again (monotonic ns).

        The kernel knows when the last data came, to the millisecond (or four): right for a request that came in one
        piece. A connection without TCP_INFO (a unix socket) ends the measuring.
        """
        try:
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
        except (OSError, ValueError, AttributeError):
            return _NEVER
        if len(info) < _LENGTH:
            return _NEVER
        wait_ns = int.from_bytes(info[_AT:], 'little') * 10**6
        self._sum_ns += wait_ns
        try:
            self._words[w.WAIT_NS] = self._sum_ns
            self._words[w.WAIT_BUCKETS + bucket_of(wait_ns)] += 1
        except Exception:  # a slot that cannot be written must not reach a request
            return _NEVER
        return now_ns + _EVERY_NS
