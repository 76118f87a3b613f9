import contextlib
import io
import os
import sys
import types
import unittest
from unittest import mock

from support import w
from gunicorn_autoscaler_probe.master import background


class BackgroundTest(unittest.TestCase):
    def become_daemon(self, where, *arguments):
        """(A_DAEMON afterwards, calls, what is said) of gunicorn's own step to the background."""
        words = [0] * 512
        words[w.A_BACKGROUND] = where
        util, calls, said = types.SimpleNamespace(), [], io.StringIO()
        with mock.patch.dict(sys.modules, {'gunicorn.util': util}), contextlib.redirect_stderr(said), \
                mock.patch.object(os, '_exit', lambda code: calls.append(('exit', code))), \
                mock.patch.object(os, 'umask', lambda mask: calls.append(('umask', mask))):
            background.take_over(words)
            util.daemonize(*arguments)
        return words[w.A_DAEMON], calls, said.getvalue()

    def test_in_front_it_ends_and_says_how_it_is_to_be_started_again(self):
        self.assertEqual(self.become_daemon(background.ENDS), (1, [('exit', 0)], ''))
        self.assertEqual(self.become_daemon(background.ENDS, True)[0], 2)

    def test_in_the_background_only_the_mask_of_files_is_a_daemons(self):
        self.assertEqual(self.become_daemon(background.IS_THERE), (0, [('umask', 0o22)], ''))

    def test_where_it_must_stay_a_line_says_so(self):
        daemon, calls, said = self.become_daemon(background.STAYS)
        self.assertEqual((daemon, calls), (0, []))
        self.assertIn('daemon = True is ignored', said)

    def test_without_gunicorn_nothing_happens(self):
        with mock.patch.dict(sys.modules):
            sys.modules.pop('gunicorn.util', None)
            background.take_over([0] * 512)


if __name__ == '__main__':
    unittest.main()
