import fcntl
import os
import unittest

from support import Log, runtime_folder
from gunicorn_autoscaler_probe.master import lifeline

NAME = 'gunicorn_autoscaler_conf.py'


class Server:
    def __init__(self):
        self.log = Log()
        self.reloads = 0

    def reload(self):
        self.reloads += 1


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


class LifelineTest(unittest.TestCase):
    def test_a_folder_that_is_held_refuses_the_lock_of_whoever_would_remove_it(self):
        with runtime_folder() as folder:
            held = lifeline.hold_folder(folder)
            other = os.open(folder, os.O_RDONLY)
            try:
                with self.assertRaises(OSError):
                    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.close(held)
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                os.close(other)

    def test_the_config_is_there_at_each_reload_whatever_was_removed(self):
        with runtime_folder() as base:
            folder = os.path.join(base, 'own')
            os.mkdir(folder)
            path = os.path.join(folder, NAME)
            write(path, 'x = 1')
            server = Server()
            lifeline.Wrapper(folder).before(server)
            os.unlink(path)
            server.reload()
            os.unlink(path)
            os.rmdir(folder)
            server.reload()
            self.assertEqual(server.reloads, 2)
            self.assertEqual(os.listdir(folder), [NAME])
            with open(path) as file:
                self.assertEqual(file.read(), 'x = 1')

    def test_a_config_that_cannot_be_written_again_leaves_the_reload_out(self):
        with runtime_folder() as base:
            folder = os.path.join(base, 'own')
            os.mkdir(folder)
            path = os.path.join(folder, NAME)
            write(path, '')
            server = Server()
            lifeline.Wrapper(folder).before(server)
            os.unlink(path)
            os.rmdir(folder)
            write(folder, 'a file in its place')
            server.reload()
            self.assertEqual(server.reloads, 0)
            self.assertIn('Cannot reload', server.log.lines[0])


if __name__ == '__main__':
    unittest.main()
