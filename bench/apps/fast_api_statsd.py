"""The FastAPI app of the tests with the middleware that the Rust program asks its users to paste into theirs."""
import os
import socket
import time

from fast_api import app

_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
_host, _port = os.environ["GUNICORN_AUTOSCALER_STATSD_ADDR"].split(":")


@app.middleware("http")
async def report_to_statsd(request, call_next):
    start = time.time()
    response = await call_next(request)
    took_ms = int((time.time() - start) * 1000)
    _socket.sendto(b"gunicorn.requests:1|c", (_host, int(_port)))
    _socket.sendto(b"gunicorn.request.duration:%d|ms" % took_ms, (_host, int(_port)))
    return response
