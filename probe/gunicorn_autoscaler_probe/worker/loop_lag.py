"""How late an event loop is: a tick every 100 ms, and by how much it came late.

A loop that is blocked shows while it is blocked: `loop_due_ns` stays in the past, whoever reads the slot sees by how
much. The tick is a bare timer: it keeps no loop alive and nobody waits for it.
"""
from time import monotonic_ns

from .. import words as w

PERIOD_S = 0.1
_PERIOD_NS = 100 * 10**6


class LoopLag:
    """The four loop words of a slot. on_tick() is called at each tick."""

    __slots__ = ('_words', '_on_tick', '_due', '_sum', '_ticks', '_longest')

    def __init__(self, words, on_tick):
        self._words = words
        self._on_tick = on_tick
        self._sum = self._ticks = self._longest = 0
        self._expect()

    def _expect(self):
        self._due = monotonic_ns() + _PERIOD_NS
        self._words[w.LOOP_DUE_NS] = self._due

    def tick(self):
        """The tick came; the next is due one period from now."""
        lag = max(0, monotonic_ns() - self._due)
        self._sum += lag
        self._ticks += 1
        m = self._words
        m[w.LOOP_LAG_NS] = self._sum
        m[w.LOOP_TICKS] = self._ticks
        if lag > self._longest:
            self._longest = lag
            m[w.LOOP_LAG_MAX_NS] = lag
        self._on_tick()
        self._expect()


def tick_asyncio(words, on_tick):
    """Start ticking in the running loop."""
    import asyncio
    loop = asyncio.get_running_loop()
    lag = LoopLag(words, on_tick)

    def again():
        lag.tick()
        loop.call_later(PERIOD_S, again)

    loop.call_later(PERIOD_S, again)


def tick_gevent(words, on_tick):
    """Start ticking in gevent's hub."""
    import gevent
    lag = LoopLag(words, on_tick)

    def ticker():
        while True:
            gevent.sleep(PERIOD_S)
            lag.tick()

    gevent.spawn(ticker)


def tick_eventlet(words, on_tick):
    """Start ticking in eventlet's hub."""
    import eventlet
    lag = LoopLag(words, on_tick)

    def again():
        lag.tick()
        eventlet.spawn_after(PERIOD_S, again)

    eventlet.spawn_after(PERIOD_S, again)
