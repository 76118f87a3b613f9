"""A server for the tests of the ASGI meter: calls an application as servers do, and keeps what it sends."""
import asyncio

from support import w
from gunicorn_autoscaler_probe.meters import asgi_meter

START = {'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/plain')]}
MS = 10**6
BODY = {'type': 'http.response.body', 'body': b'ok'}


class Server:
    """Wraps an application and calls it as a server does; keeps what was sent."""

    def __init__(self, app, m, wrap=asgi_meter.wrap, needs_lifespan=False, hold_ns=0):
        self.m = m
        self.sent = []
        self.events = []
        self.app = wrap(app, m, self.on_loop, lambda: self.events.append('ready'), needs_lifespan, hold_ns)

    def on_loop(self, flush, close_connections):
        self.events.append('loop')
        self.flush, self.close_connections = flush, close_connections

    async def send(self, message):
        self.sent.append(message)

    async def receive(self):
        return {'type': 'lifespan.startup'}

    def call(self, kind='http'):
        return asyncio.run(self._call(kind))

    async def _call(self, kind):
        return await self.app({'type': kind}, self.receive, self.send)

    def counts(self):
        m = self.m
        return m[w.IN_FLIGHT], m[w.STARTED], m[w.FINISHED], m[w.FAILED]


async def answers(scope, receive, send):
    await send(START)
    await send(BODY)
