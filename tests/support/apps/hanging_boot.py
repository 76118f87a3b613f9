"""The WSGI app, and the ASGI app, after an import that hangs once: the first worker that finds the file HANG_WHEN, for
as long as the file that it makes of it is there."""
import os
import time

from asgi import app as asgi  # noqa: F401
from wsgi import app  # noqa: F401

_path = os.environ["HANG_WHEN"]
try:
    os.rename(_path, _path + ".taken")
except FileNotFoundError:
    pass
else:
    while os.path.exists(_path + ".taken"):
        time.sleep(0.1)
