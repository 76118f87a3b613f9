"""One 4 KiB file in shared memory, seen as 64-bit words."""
import errno
import mmap
import os

from .own_descriptor import OwnDescriptor
from .words import SIZE

# Mappings whose descriptor is another's by now, which their end would close.
_left = []


class Page:
    """A mapped page. `words[i]` loads and stores word i; a store is one 8-byte write, so a reader never sees half."""

    def __init__(self, fd):
        """Map the file behind `fd`, which stays the caller's to close. Raises OSError when it cannot have 4096 bytes.

        Allocated first: a full tmpfs then fails here, where a store into a hole would kill the process with SIGBUS.
        """
        _allocate(fd)
        copy = os.dup(fd)  # the number that the mapping takes for its own copy: the lowest that is free
        os.close(copy)
        self._map = mmap.mmap(fd, SIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self.words = memoryview(self._map).cast('Q')
        try:
            self._copy = OwnDescriptor(copy)
        except OSError:  # Python 3.13 and newer may keep none
            self._copy = None

    def close(self):
        """Drop the mapping: in a forked child this leaves the parent's alone. `words` cannot be used after it."""
        self.words.release()
        if self._copy is None or self._copy.is_open():
            self._map.close()
        else:
            _left.append(self._map)


def _allocate(fd):
    try:
        os.posix_fallocate(fd, 0, SIZE)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EPERM):
            raise
        # A file system without it (some, under musl), or a sandbox: written blocks are allocated as well.
        size = os.fstat(fd).st_size
        if size < SIZE:
            os.pwrite(fd, bytes(SIZE - size), size)


def open_owned(path):
    """A descriptor of an existing file that this user owns. Raises OSError when it is missing, a link or another's."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    if os.fstat(fd).st_uid != os.geteuid():
        os.close(fd)
        raise PermissionError('%s belongs to another user' % path)
    return fd


def create_page(path):
    """A new page of zeros at `path`, in no folder entry yet: the caller renames it when it is filled. Raises
    OSError."""
    try:
        os.unlink(path)  # of a process that died while it made it and had our pid
    except FileNotFoundError:
        pass
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        return Page(fd)
    finally:
        os.close(fd)
