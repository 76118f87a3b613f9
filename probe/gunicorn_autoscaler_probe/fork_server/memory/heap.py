"""The heap of a fork server: what the collector and malloc do to the pages that the arbiter and the workers share."""
import ctypes
import gc

from . import holes
from .. import ending

_frozen = 0  # as many objects as were frozen here
_is_frozen_by_hook = False  # or by the application, with --preload


def freeze_arbiter():
    """In the arbiter, before it forks a fork server: the collector, which writes to all that it looks at, leaves alone
    what there is, in both."""
    global _frozen
    _look()
    gc.unfreeze()  # for what is garbage since the last time, such as the configuration of before a reload
    gc.collect()
    _freeze()
    _frozen = gc.get_freeze_count()


def _look():
    """More are frozen than here: the user wants that, in workers too."""
    global _is_frozen_by_hook
    _is_frozen_by_hook = _is_frozen_by_hook or gc.get_freeze_count() > _frozen


def thaw_worker():
    """In a worker that gunicorn forks itself: through the arbiter's objects its end finds the application's, and frees
    them. An object that is not freed closes no connection."""
    _look()
    if not _is_frozen_by_hook:
        gc.unfreeze()


def freeze_after_import():
    """Before the first fork: the same for the objects of the import, which workers share."""
    gc.collect(1)  # a full one takes a tenth of the import and finds next to nothing
    _freeze()
    # Workers look at old objects once new ones are a quarter of them: without this, of those of the import too, and
    # garbage would stay in each worker.
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # not every C library has it
        pass
    holes.fill()


def _freeze():
    ending.remember_files()
    gc.freeze()
