import json
import os
import subprocess
import sys
import unittest

import support

SCRIPT = '''
import gc, json, sys, tempfile, weakref
from gunicorn_autoscaler_probe.fork_server import ending
from gunicorn_autoscaler_probe.fork_server.memory import heap

class Node:
    pass

of_the_arbiter = Node()
its_log = tempfile.TemporaryFile('w')
heap.freeze_before_import()
is_looked_at = any(one is of_the_arbiter for one in gc.get_objects())
of_the_import = [[] for _ in range(1500000)]
gc.collect()
heap.freeze_after_import()
before = gc.get_stats()[2]['collections']
node = Node()
node.self, old = node, weakref.ref(node)
gc.collect(1)  # old enough for a full collection only
del node
kept = [[] for _ in range(300000)]
print(json.dumps({'is_looked_at': is_looked_at, 'full': gc.get_stats()[2]['collections'] - before,
                  'is_garbage_there': old() is not None, 'frozen': gc.get_freeze_count(),
                  'is_log_known': any(reference() is its_log for reference in ending._files)}))
'''


class HeapTest(unittest.TestCase):

    @unittest.skipIf(sys.version_info >= (3, 14), 'this Python collects a part of old objects each time')
    def test_what_the_arbiter_and_the_import_made_is_frozen_and_a_workers_own_garbage_is_not_kept(self):
        ended = subprocess.run([sys.executable, '-c', SCRIPT], stdout=subprocess.PIPE, check=True, timeout=60,
                               env=dict(os.environ, PYTHONPATH=support.PROBE))
        seen = json.loads(ended.stdout)
        self.assertFalse(seen['is_looked_at'])
        self.assertTrue(seen['is_log_known'])
        self.assertGreater(seen['frozen'], 1500000)
        self.assertGreater(seen['full'], 0)
        self.assertFalse(seen['is_garbage_there'])
