"""Without new seeds all forked workers draw the same random numbers: tokens, sampling."""
import os
import random
import sys
import weakref

_STATE_BYTES = 4 * 624  # of the Mersenne Twister


_unseeded = {}  # id -> weak reference
_seed = random.Random.seed


def watch():
    """Before an import: notice the generators that it makes and gives no seed."""
    random.Random.seed = _noticed_seed


def watch_no_more():
    """After the import: notice no more."""
    if random.Random.seed is _noticed_seed:
        random.Random.seed = _seed


def _noticed_seed(self, a=None, version=2):
    _seed(self, a, version)
    if a is None:
        _unseeded[id(self)] = weakref.ref(self)
    else:
        _unseeded.pop(id(self), None)


_noticed_seed.__name__ = 'seed'


def reseed():
    """Give new states to the global generator of numpy if it is loaded, and to the unseeded ones of the import.
    Python's own has one from the fork; whether others of numpy have a seed cannot be told."""
    for generator in [reference() for reference in _unseeded.values()]:
        if generator is not None:
            _seed(generator)
    uuid = sys.modules.get('uuid')
    if getattr(uuid, '_generate_time_safe', None) is not None:
        uuid._generate_time_safe = _with_sequence(uuid._generate_time_safe, os.urandom(2))
    numpy_random = sys.modules.get('numpy.random')
    if numpy_random is not None:
        try:
            _renew(numpy_random)
        except Exception:
            pass


def _with_sequence(generate, sequence):
    """libuuid's function for uuid1(), with another clock sequence: of two that go on with the same one, the ids of the
    same microsecond are equal."""
    sequence = bytes((sequence[0] & 0x3f | 0x80, sequence[1]))

    def generate_time_safe():
        data, safety = generate()
        return data[:8] + sequence + data[10:], safety

    return generate_time_safe


def _renew(numpy_random):
    try:
        # Touches half as many pages as its seed(), which hashes and spreads what it gets.
        numpy_random.set_state(('MT19937', memoryview(os.urandom(_STATE_BYTES)).cast('I'), _STATE_BYTES // 4))
    except ValueError:  # by set_bit_generator it is no Mersenne Twister
        generator = numpy_random.get_bit_generator()
        generator.state = type(generator)().state
