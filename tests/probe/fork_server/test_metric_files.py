import os
import tempfile
import unittest
from unittest import mock

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.fork_server.worker_state.metric_files import MetricFiles


class MetricFilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        patch = mock.patch.dict(os.environ, PROMETHEUS_MULTIPROC_DIR=folder.name)
        patch.start()
        self.addCleanup(patch.stop)

    def path(self, kind, pid):
        return os.path.join(self.folder, '%s_%d.db' % (kind, pid))

    def write(self, kind, pid, content):
        with open(self.path(kind, pid), 'wb') as file:
            file.write(content)

    def read(self, kind, pid):
        with open(self.path(kind, pid), 'rb') as file:
            return file.read()

    def copy(self, files):
        """The pid of a worker, once it has its files."""
        pid = os.fork()
        if pid == 0:
            try:
                files.copy()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        return pid

    def test_each_worker_has_the_metrics_of_the_import_as_its_own_and_the_fork_server_has_none(self):
        pid = os.getpid()
        files = MetricFiles()
        self.write('counter', pid, b'boots 1' + bytes(100))
        self.write('counter', pid * 10, b'a worker of before')
        files.take()
        workers = [self.copy(files), self.copy(files)]
        self.assertEqual({self.read('counter', worker) for worker in workers}, {b'boots 1' + bytes(100)})
        self.assertEqual(len(os.listdir(self.folder)), 3)

    def test_the_files_of_a_process_that_had_the_pid_before_stay_as_they_are(self):
        self.write('counter', os.getpid(), b'of another')
        files = MetricFiles()
        self.write('gauge_all', os.getpid(), b'1')
        files.take()
        self.assertEqual(os.listdir(self.folder), ['counter_%d.db' % os.getpid()])
        self.write('gauge_all', os.getpid(), b'another')
        files.copy()
        self.assertEqual(self.read('gauge_all', os.getpid()), b'another')

    def test_without_a_folder_there_is_nothing_to_do(self):
        os.environ['PROMETHEUS_MULTIPROC_DIR'] = os.path.join(self.folder, 'missing')
        files = MetricFiles()
        files.take()
        files.copy()
        del os.environ['PROMETHEUS_MULTIPROC_DIR']
        MetricFiles().take()
