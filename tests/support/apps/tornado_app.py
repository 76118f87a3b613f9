"""An application of tornado's own: /, /sleep/MS, and /events/MS, an event stream that ends with its connection."""
import asyncio

import tornado.web
from tornado.iostream import StreamClosedError


class Main(tornado.web.RequestHandler):
    def get(self):
        self.write("ok")


class Sleep(tornado.web.RequestHandler):
    async def get(self, ms):
        await asyncio.sleep(int(ms) / 1000)
        self.write("ok")


class Events(tornado.web.RequestHandler):
    async def get(self, ms):
        self.set_header("Content-Type", "text/event-stream")
        try:
            for number in range(int(ms) // 50):
                self.write("data: %d\n\n" % number)
                await self.flush()
                await asyncio.sleep(0.05)
        except StreamClosedError:
            pass


app = tornado.web.Application([("/", Main), (r"/sleep/(\d+)", Sleep), (r"/events/(\d+)", Events)])
