"""Without new seeds all forked workers draw the same random numbers: max_requests_jitter, tokens, sampling."""
import random
import sys


def reseed():
    """Seed the global generators that are loaded anew. Those an application made for itself stay as they are."""
    random.seed()
    numpy_random = sys.modules.get('numpy.random')
    if numpy_random is not None:
        try:
            numpy_random.seed()
        except Exception:
            pass
