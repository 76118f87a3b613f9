import os
import sys
import types
import unittest
from unittest.mock import patch

import support  # noqa: F401  finds the probe
from gunicorn_autoscaler_probe.master import service_manager


class ServiceManagerTest(unittest.TestCase):
    def setUp(self):
        self.told = []
        systemd = types.SimpleNamespace(sd_notify=lambda state, *more: self.told.append(state))
        self.gunicorn = types.SimpleNamespace(systemd=systemd)

    def given_back(self, environment):
        with patch.dict(sys.modules, {'gunicorn': self.gunicorn}):
            service_manager.give_back(environment)
        return environment

    def test_hooks_find_what_systemd_has_set_and_gunicorns_own_notices_are_the_supervisors(self):
        found = self.given_back({
            'HOME': '/', '_AUTOSCALER_NOTIFY_SOCKET': '@x', '_AUTOSCALER_WATCHDOG_USEC': '9',
            '_AUTOSCALER_WATCHDOG_PID': '1'})
        self.assertEqual(found, {
            'HOME': '/', 'NOTIFY_SOCKET': '@x', 'WATCHDOG_USEC': '9', 'WATCHDOG_PID': str(os.getpid())})
        for state in ('READY=1\nSTATUS=booted', 'RELOADING=1', 'STATUS=mine', 'WATCHDOG=1'):
            self.gunicorn.systemd.sd_notify(state, None)
        self.assertEqual(self.told, ['STATUS=mine', 'WATCHDOG=1'])

    def test_a_worker_tells_systemd_what_it_wants(self):
        self.given_back({'_AUTOSCALER_NOTIFY_SOCKET': '@x'})
        with patch.object(os, 'getpid', lambda: 1):
            self.gunicorn.systemd.sd_notify('READY=1', None)
        self.assertEqual(self.told, ['READY=1'])

    def test_without_a_service_manager_nothing_changes(self):
        original = self.gunicorn.systemd.sd_notify
        self.assertEqual(self.given_back({'HOME': '/'}), {'HOME': '/'})
        self.assertIs(self.gunicorn.systemd.sd_notify, original)


if __name__ == '__main__':
    unittest.main()
