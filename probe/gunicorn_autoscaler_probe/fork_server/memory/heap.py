"""The heap of a fork server: what the collector and malloc do to the pages that the arbiter and the workers share."""
import ctypes
import gc

from .. import ending


def freeze_before_import():
    """In the fork server: the collector, which writes to each object that it looks at, leaves the arbiter's alone."""
    ending.remember_files()
    gc.freeze()


def freeze_after_import():
    """Before the first fork: the same for the objects of the import, which workers share."""
    gc.collect(1)  # a full one takes a tenth of the import and finds next to nothing
    ending.remember_files()
    gc.freeze()
    # Workers look at old objects once new ones are a quarter of them: without this, of those of the import too, and
    # garbage would stay in each worker.
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # not every C library has it
        pass
