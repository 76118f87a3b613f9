"""Descriptors that stay open. An application that closes all above 2 closes ours too, and their numbers become those
of others, such as gunicorn's listeners."""
import os


class OwnDescriptor:
    """A descriptor that is used and closed only while it is still the file that it was."""

    def __init__(self, fd):
        """Raises OSError when it is not open."""
        self.fd = fd
        self._file = _file_of(fd)

    def is_open(self):
        try:
            return _file_of(self.fd) == self._file
        except OSError:
            return False

    def close(self):
        if self.is_open():
            os.close(self.fd)


def _file_of(fd):
    info = os.fstat(fd)
    return info.st_dev, info.st_ino
