import os
import tempfile
import unittest
from unittest import mock

from support import Setting, runtime_folder
from gunicorn_autoscaler_probe.master import own_files


class OwnFilesTest(unittest.TestCase):
    """A folder that does not exist and cannot be made stands for a home that cannot be written: root may
    write anywhere."""

    def placed(self, control, temporary=True, **theirs):
        space = dict(theirs)
        settings = {} if control is None else {'control_socket': Setting(control)}
        found = {'return_value': '/tmp'} if temporary else {'side_effect': FileNotFoundError()}
        with mock.patch.object(tempfile, 'gettempdir', **found):
            own_files.place(self.folder, settings, space)
        return space

    def setUp(self):
        context = runtime_folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_where_gunicorn_can_write_nothing_is_set(self):
        for control in (self.folder + '/gunicorn.ctl', self.folder + '/.gunicorn/new/gunicorn.ctl', None):
            self.assertEqual(self.placed(control), {})

    def test_without_a_home_the_control_socket_is_in_the_runtime_folder(self):
        ours = {'control_socket': self.folder + '/gunicorn.ctl'}
        self.assertEqual(self.placed('/dev/null/.gunicorn/gunicorn.ctl'), ours)
        with mock.patch.object(os, 'access', return_value=False):
            self.assertEqual(self.placed('/nonexistent/.gunicorn/gunicorn.ctl'), ours)

    def test_without_a_temporary_folder_heartbeat_files_are_in_the_runtime_folder(self):
        self.assertEqual(self.placed(None, temporary=False), {'worker_tmp_dir': self.folder})

    def test_the_first_look_for_the_temporary_folder_is_left_to_gunicorn(self):
        with mock.patch.object(tempfile, 'tempdir', None), mock.patch.dict(os.environ, TMPDIR=self.folder):
            own_files.place(self.folder, {}, {})
            self.assertIsNone(tempfile.tempdir)

    def test_what_the_user_set_stays(self):
        theirs = {'control_socket': '/dev/null/theirs', 'worker_tmp_dir': '/nonexistent'}
        self.assertEqual(self.placed('/dev/null/gunicorn.ctl', temporary=False, **theirs), theirs)


if __name__ == '__main__':
    unittest.main()
