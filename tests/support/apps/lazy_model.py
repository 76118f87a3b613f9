"""WSGI app that loads MODEL_MIB of memory with the first request of each worker, as models and caches do."""
import os
import time

_model = None


def app(environ, start_response):
    global _model
    if _model is None and environ["PATH_INFO"] != "/light":
        _model = bytearray(os.urandom(1024) * 1024 * int(os.environ.get("MODEL_MIB", "300")))
    time.sleep(0.2)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
