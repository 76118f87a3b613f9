import json
import os
import subprocess
import sys
import tempfile
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
heap.freeze_arbiter()
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
                  'is_log_known': any(reference() is its_log for reference in ending._files.values())}))
'''

# Each hook freezes at another time; printed is what a worker that gunicorn forks has frozen.
HOOKS = '''
import gc, sys
from gunicorn_autoscaler_probe.fork_server.memory import heap

freezes_at = sys.argv[1]
if freezes_at == 'when_ready':
    gc.freeze()
heap.freeze_arbiter()
heap.freeze_arbiter()
of_a_request = [[] for _ in range(100)]
if freezes_at == 'pre_fork':
    gc.freeze()
heap.thaw_worker()
print(gc.get_freeze_count())
'''

HOLES = '''
import sys
from gunicorn_autoscaler_probe.fork_server.memory import holes

BYTES = 144 - sys.getsizeof(b'')

def free_places():
    return {int(size): int(free) for size, free in holes._CLASS.findall(holes._allocator_report())}[144]

of_the_import = [bytes(BYTES) for _ in range(20000)]
del of_the_import[::2]
before = free_places()
holes.fill()
after = free_places()
print('to the error output', file=sys.stderr)
print(before, after)
'''

MANY_HOLES = '''
from gunicorn_autoscaler_probe.fork_server.memory import holes

rows = [[number] for number in range(3000000)]
kept = rows[::250]
del rows
holes.fill()
print(sum(map(len, holes._fillers)))
'''

OUTPUT = '''
import ctypes, os, signal, sys
from gunicorn_autoscaler_probe.fork_server.memory import holes

class Errors:
    def flush(self):
        raise RuntimeError('no flush here')

sys.stderr = Errors()
of_c = ctypes.c_void_p.in_dll(ctypes.CDLL(None), 'stderr')
ctypes.CDLL(None).setvbuf(of_c, None, 0, 4096)
os.set_inheritable(2, False)
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
signal.signal(signal.SIGUSR1, lambda number, frame: os.dup2(log, 2, False))
print_report = sys._debugmallocstats

def reopened_meanwhile():
    os.kill(os.getpid(), signal.SIGUSR1)
    print_report()

sys._debugmallocstats = reopened_meanwhile
holes.fill()
ctypes.CDLL(None).fflush(None)
print(len(holes._fillers) > 20, os.get_inheritable(2))
os.write(2, b'to the new log')
sys.stderr = None
'''

RELOADS = '''
import gc, weakref
from gunicorn_autoscaler_probe.fork_server.memory import heap

class Node:
    pass

def old_configuration():
    node = Node()
    node.self = node
    return node

kept = old_configuration()
heap.freeze_arbiter()
gone, kept = weakref.ref(kept), None
heap.freeze_arbiter()
print(gone())
'''


class HeapTest(unittest.TestCase):

    def run_script(self, script, *arguments):
        ended = subprocess.run([sys.executable, '-c', script, *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, check=True, timeout=60,
                               env=dict(os.environ, PYTHONPATH=support.PROBE))
        return ended.stdout.decode(), ended.stderr.decode()

    def test_new_objects_of_workers_do_not_come_between_those_of_the_import(self):
        output, errors = self.run_script(HOLES)
        before, after = map(int, output.split())
        self.assertGreater(before, 9000)
        self.assertLess(after, 200)
        self.assertEqual(errors, 'to the error output\n')

    def test_an_import_that_frees_much_is_not_held_up(self):
        self.assertLess(int(self.run_script(MANY_HOLES)[0]), 1000000)

    def test_the_error_output_stays_as_it_is_whoever_writes_to_it(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, 'log')
            output, errors = self.run_script(OUTPUT, log)
            self.assertEqual((output, errors), ('True False\n', ''))
            with open(log) as file:
                self.assertEqual(file.read(), 'to the new log')

    def test_what_was_frozen_in_the_arbiter_is_freed_at_the_next_reload(self):
        self.assertEqual(self.run_script(RELOADS)[0], 'None\n')

    def test_a_worker_that_gunicorn_forks_keeps_frozen_what_a_hook_froze_and_nothing_else(self):
        frozen = {name: int(self.run_script(HOOKS, name)[0]) for name in ('never', 'when_ready', 'pre_fork')}
        self.assertEqual(frozen['never'], 0)
        self.assertGreater(frozen['when_ready'], 1000)
        self.assertGreater(frozen['pre_fork'], 1000)

    @unittest.skipIf(sys.version_info >= (3, 14), 'this Python collects a part of old objects each time')
    def test_what_the_arbiter_and_the_import_made_is_frozen_and_a_workers_own_garbage_is_not_kept(self):
        seen = json.loads(self.run_script(SCRIPT)[0])
        self.assertFalse(seen['is_looked_at'])
        self.assertTrue(seen['is_log_known'])
        self.assertGreater(seen['frozen'], 1500000)
        self.assertGreater(seen['full'], 0)
        self.assertFalse(seen['is_garbage_there'])
