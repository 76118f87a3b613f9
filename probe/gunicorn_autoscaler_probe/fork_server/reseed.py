"""Without new seeds all forked workers draw the same random numbers: tokens, sampling."""
import os
import sys

_STATE_BYTES = 4 * 624  # of the Mersenne Twister


def reseed():
    """Give the global generator of numpy a new state if it is loaded; Python's own has one from the fork. Those an
    application made for itself stay as they are."""
    numpy_random = sys.modules.get('numpy.random')
    if numpy_random is not None:
        try:
            _renew(numpy_random)
        except Exception:
            pass


def _renew(numpy_random):
    try:
        # Touches half as many pages as its seed(), which hashes and spreads what it gets.
        numpy_random.set_state(('MT19937', memoryview(os.urandom(_STATE_BYTES)).cast('I'), _STATE_BYTES // 4))
    except ValueError:  # by set_bit_generator it is no Mersenne Twister
        generator = numpy_random.get_bit_generator()
        generator.state = type(generator)().state
