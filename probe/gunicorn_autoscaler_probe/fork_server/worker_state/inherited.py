"""What the constructor of a worker class makes for the arbiter and the worker together: shared memory, locks, pipes.

Sockets are not of it: those that constructors open are connections to other programs.
"""
from ..safety.left import open_descriptors


def made_by(construct):
    """Names of it in what `construct` returns: only the arbiter's own fork would hand it on to the worker."""
    before = open_descriptors()
    worker = construct()
    names = sorted(name for name, value in vars(worker).items() if _is_for_several_processes(value))
    opened = {target for fd, target in open_descriptors().items() if before.get(fd) != target}
    if not names and any(target.startswith('pipe:') for target in opened):
        names = ['a pipe']
    return names


def _is_for_several_processes(value):
    module = getattr(type(value), '__module__', None) or ''
    return module == 'mmap' or module.startswith('multiprocessing.') and module != 'multiprocessing.shared_memory'
