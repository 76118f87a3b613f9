"""The WSGI app, or an error while it is imported as long as the file named by BROKEN_WHEN exists."""
import os

from wsgi import app  # noqa: F401

if os.path.exists(os.environ.get("BROKEN_WHEN", "/nonexistent")):
    raise RuntimeError("the app cannot be imported now")
