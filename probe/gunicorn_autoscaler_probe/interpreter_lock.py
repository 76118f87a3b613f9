"""Whether threads take turns to compute."""
import sys

# A function. Of a free-threaded Python it is true only once an extension was imported that needs the lock.
exists = getattr(sys, '_is_gil_enabled', lambda: True)
