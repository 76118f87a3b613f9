"""Bare WSGI app; paths in work.py, and /events/MS: a server-sent event stream of one event every 50 ms for MS ms.
A websocket has gunicorn's socket until its client closes.

Start with --chdir at this folder: `gunicorn --chdir APPS wsgi:app`.
"""
import time

from work import parse, work

REASONS = {200: "200 OK", 500: "500 Internal Server Error"}


def app(environ, start_response):
    if environ.get("HTTP_UPGRADE") == "websocket":
        while environ["gunicorn.socket"].recv(4096):
            pass
        raise StopIteration
    kind, ms = parse(environ["PATH_INFO"])
    if kind == "events":
        start_response(REASONS[200], [("Content-Type", "text/event-stream")])
        return events(ms)
    status, body = work(environ["PATH_INFO"])
    start_response(REASONS[status], [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def events(ms):
    for number in range(max(1, int(ms / 50))):
        yield b"data: %d\n\n" % number
        time.sleep(0.05)
