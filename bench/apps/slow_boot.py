"""The app of slow_import.py, which says when it can be served."""
import os
import sys

from slow_import import app  # noqa: F401

sys.stderr.write('booted %d\n' % os.getpid())
sys.stderr.flush()
