"""Bare ASGI app; paths in work.py. /sleep awaits, /quiet/MS streams, /block/MS sleeps without awaiting and so
blocks the loop."""
import asyncio
import time

from work import parse, work


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await echo(receive, send)
        return
    kind, ms = parse(scope["path"])
    status, body = 200, b"ok\n"
    if kind == "sleep":
        await asyncio.sleep(ms / 1e3)
    elif kind == "block":
        time.sleep(ms / 1e3)
    elif kind == "quiet":
        await quiet(send, ms)
        return
    elif kind == "events":
        await events(send, ms)
        return
    else:
        status, body = work(scope["path"])
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo(receive, send):
    """A websocket that sends back what it gets, until the client goes."""
    while True:
        message = await receive()
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message.get("text") or ""})
        else:
            return


async def quiet(send, ms):
    """An event stream of one event at its begin and one at its end, ms milliseconds later."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b"data: begin\n\n", "more_body": True})
    await asyncio.sleep(ms / 1e3)
    await send({"type": "http.response.body", "body": b"data: end\n\n"})


async def events(send, ms):
    """A server-sent event stream of one event every 50 ms for ms milliseconds."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for number in range(max(1, int(ms / 50))):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": b""})
