import builtins
import collections
import logging
import multiprocessing
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import types
import unittest
from multiprocessing import shared_memory
from unittest import mock

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.fork_server import application, forked, reseed, serving, wire
from gunicorn_autoscaler_probe.fork_server.worker_state import arbiter_state, import_effects, inherited, siblings
from gunicorn_autoscaler_probe.fork_server.worker_state.loggers import Loggers
from gunicorn_autoscaler_probe.fork_server.worker_state.metric_files import MetricFiles
from support import PROBE, Config, Setting

# In a process of its own: a fork server, its import, and a worker as gunicorn makes it.
SIGNALS = """
import faulthandler, os, signal, sys, tempfile
sys.path.insert(0, %r)
sys.dont_write_bytecode = True
from gunicorn_autoscaler_probe.fork_server.worker_state.handlers import Handlers
heard = []
handlers = Handlers({signal.SIGTERM, signal.SIGABRT})
# The import.
theirs = signal.getsignal(signal.SIGTERM)
def ends(number, frame):
    heard.append('application')
    theirs(number, frame)
signal.signal(signal.SIGTERM, ends)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
file = tempfile.TemporaryFile()
faulthandler.register(signal.SIGUSR2, file)
faulthandler.enable(file)
handlers.take()
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
assert os.fork() or os._exit(0)
os.wait()
# gunicorn's init_signals.
for number in (signal.SIGUSR2, signal.SIGCHLD):
    signal.signal(number, signal.SIG_DFL)
for number in (signal.SIGTERM, signal.SIGABRT):
    signal.signal(number, lambda *_: heard.append('gunicorn'))
handlers.put_back()
for number in (signal.SIGTERM, signal.SIGUSR2, signal.SIGABRT):
    os.kill(os.getpid(), number)
file.seek(0)
print(heard, signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN, file.read().count(b'Current thread 0x'))
"""


class Arbiter:
    def __init__(self, **hooks):
        self.pid, self.WORKERS, self.cfg = os.getpid(), {}, Config()
        for name, hook in hooks.items():
            self.cfg.settings[name] = Setting(None)
            self.cfg.settings[name].value = hook


class ReseedTest(unittest.TestCase):
    def test_numpy_gets_a_new_state_and_python_has_one_from_the_fork(self):
        states = []
        self.addCleanup(sys.modules.pop, 'numpy.random')
        sys.modules['numpy.random'] = types.ModuleType('numpy.random')
        sys.modules['numpy.random'].set_state = states.append
        reseed.reseed()
        reseed.reseed()
        (name, key, position), (_, other, _) = states
        self.assertEqual((name, len(key), position), ('MT19937', 624, 624))
        self.assertNotEqual(list(key), list(other))
        code = ("import os, random\nrandom.seed(1)\nif os.fork() == 0:\n    print(random.random(), flush=True)\n"
                "    os._exit(0)\nos.wait()\nprint(random.random())")
        drawn = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, check=True).stdout.split()
        self.assertNotEqual(drawn[0], drawn[1])


    def test_generators_of_the_import_without_a_seed_get_new_states(self):
        reseed.watch()
        unseeded, seeded, secret = random.Random(), random.Random(1), random.SystemRandom()
        seeded_later = random.Random()
        seeded_later.seed(2)
        reseed.watch_no_more()
        self.assertNotEqual(random.Random.seed.__module__, reseed.__name__)
        later = random.Random()
        everyone = unseeded, seeded, seeded_later, later
        before = [one.getstate() for one in everyone]
        reseed.reseed()
        after = [one.getstate() for one in everyone]
        self.assertEqual([a == b for a, b in zip(before, after)], [False, True, True, True])
        self.assertIsNotNone(secret.random())

    def test_ids_of_libuuid_go_on_in_another_sequence(self):
        data = bytes(range(16))
        uuid = types.SimpleNamespace(_generate_time_safe=lambda: (data, -1))
        with mock.patch.dict(sys.modules, {'uuid': uuid}):
            reseed.reseed()
            of_one, safety = uuid._generate_time_safe()
            sequences = set()
            for _ in range(20):
                reseed.reseed()
                sequences.add(uuid._generate_time_safe()[0][8:10])
        self.assertEqual((of_one[:8], of_one[8] >> 6, of_one[10:], safety), (data[:8], 2, data[10:], -1))
        self.assertGreater(len(sequences), 10)

    def test_another_generator_of_numpy_gets_the_state_of_a_new_one(self):
        class Generator:
            made = 0

            def __init__(self):
                Generator.made += 1
                self.state = Generator.made

        def set_state(state):
            raise ValueError('set_state can only be used with legacy MT19937 state instances.')

        generator = Generator()
        numpy_random = types.SimpleNamespace(set_state=set_state, get_bit_generator=lambda: generator)
        with mock.patch.dict(sys.modules, {'numpy.random': numpy_random}):
            reseed.reseed()
        self.assertEqual(generator.state, 2)


class OrderTest(unittest.TestCase):
    def test_handlers_of_the_import_stand_in_workers_and_call_gunicorns_but_not_in_the_fork_server(self):
        done = subprocess.run([sys.executable, '-c', SIGNALS % PROBE], stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertEqual(done.stdout.decode().strip(), "['application', 'gunicorn', 'gunicorn'] True 2")

    def test_what_a_constructor_makes_for_arbiter_and_worker_together_is_named_and_nothing_is_imported(self):
        pipe = []

        def with_a_pipe():
            pipe.extend(os.pipe())
            return types.SimpleNamespace(reader=pipe[0])

        self.assertEqual(inherited.made_by(lambda: types.SimpleNamespace(age=1, log=logging.getLogger())), [])
        self.assertEqual(inherited.made_by(with_a_pipe), ['a pipe'])
        for fd in pipe:
            os.close(fd)
        names = inherited.made_by(lambda: types.SimpleNamespace(age=1, busy=multiprocessing.Value('i')))
        refusals, _ = application.load(
            types.SimpleNamespace(worker_class=Arbiter), types.SimpleNamespace(made_for_both=names))
        self.assertEqual(refusals, ['the constructor of Arbiter makes busy, which workers would not share with '
                                    'gunicorn\'s master'])

    def test_what_hooks_keep_reaches_a_worker_and_lists_stay_the_same_objects(self):
        frozen = getattr(builtins, 'frozendict', dict)  # of Python 3.15 and newer
        space = {'COUNT': 0, 'GIVEN': {}, 'RING': collections.deque([1]), 'LOCK': object(), 'FIXED': [1],
                 'TABLE': frozen(a=1)}
        hook = types.FunctionType((lambda: None).__code__, space)
        arbiter = Arbiter(pre_fork=hook, post_fork=hook)
        arbiter.given = 0
        known = arbiter_state.look(arbiter)
        given, fixed = space['GIVEN'], space['FIXED']
        space['COUNT'], arbiter.given, arbiter.added, space['TABLE'] = 3, 3, 'x', frozen(a=2)
        given[7] = 'seven'
        space['RING'].append(2)
        arbiter_changes = arbiter_state.changes(known, arbiter_state.look(arbiter))
        self.assertEqual(sorted(name for _, name, _ in arbiter_changes),
                         ['COUNT', 'GIVEN', 'RING', 'TABLE', 'added', 'given'])
        # The fork server has what there was.
        space['COUNT'], arbiter.given, space['TABLE'] = 0, 0, frozen(a=1)
        given.clear()
        space['RING'].pop()
        del arbiter.added
        arbiter_state.apply(arbiter, arbiter_changes)
        self.assertEqual((space['COUNT'], arbiter.given, arbiter.added, space['TABLE']), (3, 3, 'x', frozen(a=2)))
        self.assertEqual((space['GIVEN'], list(space['RING'])), ({7: 'seven'}, [1, 2]))
        self.assertTrue(space['GIVEN'] is given and space['FIXED'] is fixed)

    def test_a_worker_has_the_variables_that_hooks_have_set_since_the_fork_server_began(self):
        arbiter = Arbiter()
        with mock.patch.dict(os.environ, {'KEPT': 'k', 'CHANGED': 'before', 'GONE': 'g'}):
            known = arbiter_state.look(arbiter)
            os.environ.update(CHANGED='after', ADDED='a')
            del os.environ['GONE']
            arbiter_changes = arbiter_state.changes(known, arbiter_state.look(arbiter))
            os.environ.update(KEPT='the import', CHANGED='before', GONE='g')
            del os.environ['ADDED']
            arbiter_state.apply(arbiter, arbiter_changes)
            self.assertEqual([os.environ.get(name) for name in ('KEPT', 'CHANGED', 'ADDED', 'GONE')],
                             ['the import', 'after', 'a', None])

    def test_a_worker_has_the_settings_that_hooks_have_changed_since_the_fork_server_began(self):
        arbiter = Arbiter(keepalive=2, bind=['a'], post_fork=print)
        known, settings = arbiter_state.look(arbiter), arbiter.cfg.settings
        settings['keepalive'].value, settings['post_fork'].value = 7, repr
        settings['bind'].value.append('b')
        arbiter_changes = arbiter_state.changes(known, arbiter_state.look(arbiter))
        settings['keepalive'].value, settings['bind'].value = 2, ['a']
        arbiter_state.apply(arbiter, arbiter_changes)
        self.assertEqual([settings[name].value for name in ('keepalive', 'bind')], [7, ['a', 'b']])
        self.assertEqual(len(arbiter_changes), 2, 'hooks are those of the fork server')
        arbiter.cfg = Arbiter(keepalive=9).cfg
        self.assertEqual(arbiter_state.changes(known, arbiter_state.look(arbiter)), [], 'a reload that came to nothing')

    def test_what_is_large_or_not_plain_stays_behind(self):
        arbiter = Arbiter()
        arbiter.large, arbiter.open, arbiter.held = b'x' * (1 << 15), sys.stdout, [open]
        arbiter.held.append(lambda: None)
        self.assertEqual(arbiter_state.look(arbiter).keys() & {('', name) for name in ('large', 'open', 'held')}, set())

    def test_what_was_large_is_looked_at_again_once_it_is_shorter_or_another(self):
        arbiter = Arbiter()
        arbiter.list, others = [b'x' * (1 << 15)], [bytes(1 << 15) for _ in range(9)]
        self.assertNotIn(('', 'list'), arbiter_state.look(arbiter))
        before = len(arbiter_state._large)
        arbiter.list.clear()
        self.assertIn(('', 'list'), arbiter_state.look(arbiter))
        for arbiter.list in others:
            self.assertNotIn(('', 'list'), arbiter_state.look(arbiter))
        self.assertEqual(len(arbiter_state._large), before, 'one for each variable')

    def test_an_order_too_long_for_one_message_leaves_out_what_hooks_keep(self):
        order = forked.Order(7, {'name': 'x'}, {}, [], [('', 'kept', b'x' * (1 << 17))])
        unpacked = forked.Order.unpacked(order.packed())
        self.assertEqual((unpacked.age, unpacked.attributes, unpacked.arbiter_changes), (7, {'name': 'x'}, ()))
        self.assertLess(len(order.packed()), wire.MOST_BYTES)

    def test_shared_memory_that_pre_fork_makes_is_not_opened_anew(self):
        memory = shared_memory.SharedMemory(create=True, size=8)
        self.addCleanup(memory.unlink)
        self.addCleanup(memory.close)
        with self.assertRaises(pickle.PicklingError):
            forked.Order(7, {'held': [memory]}, {}, []).packed()
        self.assertEqual(forked.Order.unpacked(forked.Order(7, {'name': memory.name}, {}, []).packed()).age, 7)

    def test_a_worker_finds_its_siblings(self):
        class Worker:
            def __init__(self, age):
                self.age, self.name = age, 'w%d' % age
        arbiter = Arbiter()
        arbiter.WORKERS = {11: Worker(1), 12: Worker(2)}
        listed = siblings.listed(arbiter, {11: {'name': 'one'}})
        arbiter.WORKERS = {}
        siblings.stand_in(arbiter, Worker(3), listed, gone=2)
        found = arbiter.WORKERS
        self.assertEqual(len(found), 4, 'with those that are gone')
        self.assertEqual({pid: (one.age, one.pid) for pid, one in found.items()}, {11: (1, 11), 12: (2, 12)})
        self.assertEqual(found[11].name, 'one')
        found[11].tmp.close()

    def test_loggers_of_the_import_stand_in_workers_but_not_while_they_boot(self):
        logger, other = logging.getLogger('gunicorn.test'), logging.getLogger('uvicorn.test')
        ours, theirs = logging.NullHandler(), logging.NullHandler()
        logger.addHandler(ours)
        other.handlers = logger.handlers
        loggers = Loggers(['gunicorn.test', 'uvicorn.test'])
        logger.disabled, other.handlers = True, [theirs]
        logger.addHandler(theirs)
        loggers.take()
        self.assertEqual((logger.handlers, logger.disabled, other.handlers), ([ours], False, [ours]))
        other.handlers = logger.handlers  # a worker's constructor
        loggers.put_back()
        self.assertEqual((logger.handlers, logger.disabled, other.handlers), ([ours, theirs], True, [theirs]))

    def test_the_import_has_the_last_word_on_the_environment_and_a_worker_loads_once(self):
        class Worker:
            loads = 0

            def load_wsgi(self):
                Worker.loads += 1

        effects = import_effects.ImportEffects.__new__(import_effects.ImportEffects)
        effects._own_title, effects._own_name = None, ''
        effects._names, effects._handlers, effects._loggers = ['SET', 'UNSET'], Loggers([]), Loggers([])
        effects._metric_files = MetricFiles()
        self.addCleanup(os.environ.pop, 'SET')
        os.environ['SET'] = 'by the import'
        effects.take()
        os.environ['SET'], os.environ['UNSET'] = 'by gunicorn', 'by gunicorn'
        worker = Worker()
        effects.follow(worker)
        worker.load_wsgi()
        self.assertEqual((os.environ['SET'], os.environ.get('UNSET')), ('by the import', None))
        self.assertEqual((Worker.loads, vars(worker)), (1, {}))

    def test_a_default_time_limit_of_the_import_does_not_end_a_spare(self):
        self.addCleanup(socket.setdefaulttimeout, None)
        mine, theirs = wire.pair()
        socket.setdefaulttimeout(0.01)
        with mine, theirs, serving._channel(os.dup(theirs.fileno())) as channel:
            self.assertEqual(channel.gettimeout(), None)

    def test_one_of_the_configuration_does_not_end_a_fork_server(self):
        self.addCleanup(socket.setdefaulttimeout, None)
        socket.setdefaulttimeout(0.01)
        mine, theirs = wire.pair()
        with mine, theirs:
            self.assertEqual((mine.gettimeout(), theirs.gettimeout()), (None, None))


class NameTest(unittest.TestCase):
    def test_a_worker_has_the_name_that_the_import_set_once_it_has_loaded(self):
        worker, named = types.SimpleNamespace(load_wsgi=lambda: None), []
        effects = import_effects.ImportEffects.__new__(import_effects.ImportEffects)
        effects._title = effects._own_title = None
        effects._names, effects._handlers, effects._loggers = [], Loggers([]), Loggers([])
        effects._metric_files, effects._own_name = MetricFiles(), 'fork server'
        with mock.patch.multiple(import_effects.kernel, get_name=lambda: 'shop', set_name=named.append):
            effects.take()
            effects.follow(worker)
            self.assertEqual(named, [])
            worker.load_wsgi()
        self.assertEqual(named, ['shop'])

    @unittest.skipIf(os.geteuid() != 0, 'it takes root to change the user')
    def test_a_process_has_its_name_after_a_change_of_user(self):
        code = ('import os, sys; sys.path.insert(0, %r); from gunicorn_autoscaler_probe.fork_server import kernel; '
                'os.setgid(65534); os.setuid(65534); kernel.set_name("spare worker"); print(kernel.get_name())' % PROBE)
        done = subprocess.run([sys.executable, '-Bc', code], stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertEqual(done.stdout, b'spare worker\n')
