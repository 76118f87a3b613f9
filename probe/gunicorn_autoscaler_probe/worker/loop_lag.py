"""How late an event loop is: a tick every 100 ms or so, and by how much it came late.

A loop that is blocked shows while it is blocked: `loop_due_ns` stays in the past, whoever reads the slot sees by how
much. The tick is a bare timer: it keeps no loop alive and delays no exit. Ticks are 50 to 150 ms apart, by chance:
at equal distances they would meet the requests of a steady client always or never.
"""
from random import Random
from time import monotonic_ns

from .. import report, words as w
from ..meters.detach import detached

SHORTEST_S, LONGEST_S = 0.05, 0.15
# Timers of an idle loop come up to 2 ms late: they are rounded up to milliseconds.
_LATE_NS = 3 * 10**6


class LoopLag:
    """The five loop words of a slot. on_tick() is called at each tick, the first of which is due after `delay_s`.

    Nothing here raises into the loop: ticks go on without a slot that cannot be written, and whatever on_tick() raises.
    """

    __slots__ = ('delay_s', 'lag_ns', '_uniform', '_words', '_on_tick', '_due', '_sum', '_ticks', '_late_ticks',
                 '_longest')

    def __init__(self, words, on_tick):
        self._words = words
        self._on_tick = on_tick
        self._uniform = Random().uniform  # separate from the global one, which the app may seed
        self.lag_ns = 0  # of the last tick
        self._sum = self._ticks = self._late_ticks = self._longest = 0
        self._expect()

    def _expect(self):
        self.delay_s = self._uniform(SHORTEST_S, LONGEST_S)
        self._due = monotonic_ns() + int(self.delay_s * 10**9)
        try:
            self._words[w.LOOP_DUE_NS] = self._due
        except Exception as error:
            self._words = detached(self._words, error)

    def tick(self):
        """The tick came; the next is due `delay_s` from now."""
        self.lag_ns = lag = max(0, monotonic_ns() - self._due)
        try:
            self._note(lag)
        except Exception as error:
            self._words = detached(self._words, error)
        try:
            self._on_tick()
        except Exception as error:
            report.trouble('look after the event loop of this worker', error)
        self._expect()

    def _note(self, lag):
        self._sum += lag
        self._ticks += 1
        m = self._words
        m[w.LOOP_LAG_NS] = self._sum
        m[w.LOOP_TICKS] = self._ticks
        if lag > _LATE_NS:
            self._late_ticks += 1
            m[w.LOOP_LATE_TICKS] = self._late_ticks
        if lag > self._longest:
            self._longest = lag
            m[w.LOOP_LAG_MAX_NS] = lag


def tick_asyncio(words, on_tick):
    """Start ticking in the running loop; returns its LoopLag."""
    import asyncio
    loop = asyncio.get_running_loop()
    lag = LoopLag(words, on_tick)

    def again():
        lag.tick()
        loop.call_later(lag.delay_s, again)

    loop.call_later(lag.delay_s, again)
    return lag


def tick_gevent(words, on_tick):
    """Start ticking in gevent's hub."""
    import gevent
    lag = LoopLag(words, on_tick)

    def ticker():
        while True:
            gevent.sleep(lag.delay_s)
            lag.tick()

    gevent.spawn(ticker)


def tick_eventlet(words, on_tick):
    """Start ticking in eventlet's hub."""
    import eventlet
    lag = LoopLag(words, on_tick)

    def again():
        lag.tick()
        eventlet.spawn_after(lag.delay_s, again)

    eventlet.spawn_after(lag.delay_s, again)
