"""The files of prometheus_client's multiprocess mode. Each process has those that are named after its pid, and reads
them when it finds itself forked: a worker gets copies of those that the import made."""
import os

_FOLDERS = ('PROMETHEUS_MULTIPROC_DIR', 'prometheus_multiproc_dir')


class MetricFiles:
    """The metric files that one fork server's import makes."""

    def __init__(self):
        """Note the files that are there, before the import."""
        self._of_another = _own_files()  # it had this pid, and ended
        self._made = []

    def take(self):
        """After the import: the fork server is no worker, and is not counted as one."""
        for path in _own_files() - self._of_another:
            try:
                with open(path, 'rb') as file:
                    content = file.read()
                os.unlink(path)
            except OSError:
                continue
            self._made.append((path[:-len(_ending())], content.rstrip(b'\0'), len(content)))

    def copy(self):
        """Give a worker copies of the files, before its hooks run."""
        for begin, content, size in self._made:
            try:
                with open(begin + _ending(), 'xb') as file:
                    file.write(content)
                    file.truncate(size)
            except OSError:  # one of another worker, which had this pid
                pass


def _own_files():
    folder = next((os.environ[name] for name in _FOLDERS if os.environ.get(name)), None)
    try:
        return {os.path.join(folder, name) for name in os.listdir(folder or '') if name.endswith(_ending())}
    except OSError:  # no such folder
        return set()


def _ending():
    return '_%d.db' % os.getpid()
