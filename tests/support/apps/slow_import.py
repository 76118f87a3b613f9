"""The WSGI app after an import of IMPORT_SECONDS (2 when not set), half of it on the CPU as real imports are."""
import os
import time

from work import burn_cpu
from wsgi import app  # noqa: F401

_seconds = float(os.environ.get("IMPORT_SECONDS", "2"))
burn_cpu(_seconds * 500)
time.sleep(_seconds / 2)
