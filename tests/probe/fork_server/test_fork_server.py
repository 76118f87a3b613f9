import errno
import json
import os
import re
import select
import signal
import sys
import threading
import time
import types
import unittest

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe import report
from gunicorn_autoscaler_probe.fork_server import arbiter_words, forked, keeper, process, serving, unfit, wire
from support import Config, Log, Setting

LIMIT_S = 20


class Server:
    """An arbiter as far as fork servers know it."""

    def __init__(self):
        self.pid = os.getpid()
        self.log = Log()
        self.WORKERS = {}
        self.cfg = Config()


class Life(serving.Life):
    """Without an application and without gunicorn: says `state`, then forks."""

    state, why = arbiter_words.READY, ''

    def _begin(self, sock):
        wire.send(sock, json.dumps({'state': self.state, 'import_s': 1.5, 'why': self.why}).encode())
        return 'a worker'


def ended(pid):
    """The exit status of a child, waited for with a bound."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.01)
    raise AssertionError('process %d does not end' % pid)


class ForkServerTest(unittest.TestCase):
    """Real processes, on whatever this kernel allows."""

    def setUp(self):
        self.server = Server()
        self.reader, self.writer = os.pipe()
        run = forked._run
        forked._run = self.run_worker  # stands in for gunicorn's own spawn_worker
        self.addCleanup(setattr, forked, '_run', run)
        self.addCleanup(os.close, self.reader)
        self.addCleanup(os.close, self.writer)

    def run_worker(self, server, order, heartbeat_fd, effects):
        os.write(self.writer, b'%d' % order.age)
        os._exit(7)

    def fork_server(self, life=Life, import_limit_s=LIMIT_S):
        made = process.ForkServer(life(self.server, 0.0, lambda fd: None), import_limit_s)
        self.addCleanup(made.end)
        return made

    def test_a_process_from_it_is_our_child_and_runs_nothing_before_its_order(self):
        one = self.fork_server()
        self.assertEqual(one.look(LIMIT_S), arbiter_words.READY)
        self.assertEqual(one.import_s, 1.5)
        recruit, = one.fork(1, LIMIT_S, set())
        self.assertEqual(os.waitpid(recruit.pid, os.WNOHANG), (0, 0), 'a child of ours that lives')
        recruit.order(forked.Order(12, {}, {}, []).packed(), [self.reader])
        self.assertEqual(os.read(self.reader, 10), b'12')
        self.assertEqual(os.WEXITSTATUS(ended(recruit.pid)), 7)

    def test_hooks_of_a_fork_run_once_for_a_worker_as_with_an_ordinary_one(self):
        class Hooked(Life):
            def _begin(self, sock):
                os.register_at_fork(before=lambda: ran.append('before'), after_in_child=lambda: ran.append('child'))
                return super()._begin(sock)

        ran = []
        self.run_worker = lambda *args: os.write(self.writer, ' '.join(ran).encode()) and os._exit(0)
        forked._run = self.run_worker
        one = self.fork_server(Hooked)
        one.look(LIMIT_S)
        recruit, = one.fork(1, LIMIT_S, set())
        recruit.order(forked.Order(1, {}, {}, []).packed(), [self.reader])
        self.assertEqual(os.read(self.reader, 100), b'before child')
        self.assertEqual(ended(recruit.pid), 0)

    def test_a_lock_that_a_thread_holds_is_waited_for_by_the_hooks_of_a_fork(self):
        class Threaded(Life):
            def _begin(self, sock):
                lock, is_held = threading.Lock(), threading.Event()

                def hold():
                    with lock:
                        is_held.set()
                        time.sleep(1)

                threading.Thread(target=hold, daemon=True).start()
                is_held.wait()
                os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
                return super()._begin(sock)

        one = self.fork_server(Threaded)
        one.look(LIMIT_S)
        recruit, = one.fork(1, 5, set())
        recruit.dismiss()
        self.assertEqual(ended(recruit.pid), 0)

    def test_what_sentrys_threads_have_to_send_is_sent_before_a_fork(self):
        class Threaded(Life):
            def _begin(self, sock):
                client = types.SimpleNamespace(flush=lambda timeout: ran.append('flush'))
                sys.modules['sentry_sdk'] = types.SimpleNamespace(get_client=lambda: client)
                threading.Thread(target=live, daemon=True).start()
                return super()._begin(sock)

        def live():
            time.sleep(60)

        live.__module__ = 'sentry_sdk.worker'
        ran = []
        forked._run = lambda *args: os.write(self.writer, repr(ran).encode()) and os._exit(0)
        one = self.fork_server(Threaded)
        one.look(LIMIT_S)
        recruit, = one.fork(1, LIMIT_S, set())
        recruit.order(forked.Order(1, {}, {}, []).packed(), [self.reader])
        self.assertEqual(os.read(self.reader, 100), b"['flush']")
        self.assertEqual(ended(recruit.pid), 0)

    def test_what_hangs_between_it_and_a_worker_ends_with_it(self):
        for when in 'before', 'after_in_parent':
            with self.subTest(when):
                class Hanging(Life):
                    def _begin(self, sock):
                        os.register_at_fork(**{when: lambda: time.sleep(60)})
                        return super()._begin(sock)

                reader, writer = os.pipe()
                self.addCleanup(os.close, reader)
                one = self.fork_server(Hanging)
                os.close(writer)
                one.look(LIMIT_S)
                with self.assertRaises(OSError):
                    one.fork(1, 0.5, set())
                one.end()
                is_closed = select.select([reader], [], [], 5)[0]
                self.assertTrue(is_closed, 'a process of its still has our files open')

    def test_several_are_forked_at_once_and_each_has_its_own_order(self):
        one = self.fork_server()
        one.look(LIMIT_S)
        recruits = one.fork(5, LIMIT_S, set())
        self.assertEqual(len({recruit.pid for recruit in recruits}), 5)
        for age, recruit in enumerate(recruits):
            recruit.order(forked.Order(age, {}, {}, []).packed(), [self.reader])
            self.assertEqual(os.read(self.reader, 10), b'%d' % age)
            self.assertEqual(os.WEXITSTATUS(ended(recruit.pid)), 7)

    def test_a_process_that_gets_no_order_ends_by_itself(self):
        one = self.fork_server()
        one.look(LIMIT_S)
        recruit, = one.fork(1, LIMIT_S, set())
        recruit.dismiss()
        self.assertEqual(ended(recruit.pid), 0)

    def test_one_that_is_stopped_does_not_answer_and_can_be_ended(self):
        one = self.fork_server()
        one.look(LIMIT_S)
        os.kill(one.pid, signal.SIGSTOP)
        with self.assertRaises(OSError):
            one.fork(1, 0.2, set())
        one.end()
        with self.assertRaises(ProcessLookupError):
            os.kill(one.pid, 0)

    def test_one_that_is_killed_says_how(self):
        one = self.fork_server()
        one.look(LIMIT_S)
        os.kill(one.pid, signal.SIGKILL)
        end = time.monotonic() + LIMIT_S
        while one.look(0) == arbiter_words.READY and time.monotonic() < end:
            one.reap()
            time.sleep(0.01)
        self.assertEqual(
            (one.state, one.why),
            (arbiter_words.FAILED, 'it was ended by signal 9, perhaps out of memory'))

    def test_one_that_refuses_says_why(self):
        class Refusing(Life):
            state, why = arbiter_words.REFUSED, 'a thread runs'
        one = self.fork_server(Refusing)
        self.assertEqual((one.look(LIMIT_S), one.why), (arbiter_words.REFUSED, 'a thread runs'))

    def test_one_whose_import_takes_too_long_has_failed(self):
        class Hanging(Life):
            def _begin(self, sock):
                time.sleep(600)
        one = self.fork_server(Hanging, 0.05)
        while one.look(0.01) == arbiter_words.STARTING:
            pass
        self.assertEqual((one.state, one.why), (arbiter_words.FAILED, 'the import takes longer than 0.05 s'))


class Words:
    """What the keeper tells the supervisor, and its mode."""

    def __init__(self):
        self.published = None
        self.failures = 0
        self.wanted = keeper.ON

    def mode(self):
        return self.wanted

    def publish(self, state, pid, import_s, why):
        self.published = state, why

    def count_fork(self, took_s):
        pass

    def count_failure(self):
        self.failures += 1


class FakeForkServer:
    """Has the state that the test gives it."""

    made = []
    first_state = arbiter_words.STARTING

    def __init__(self, live, import_limit_s):
        self.pid, self.state, self.why, self.import_s = 100 + len(self.made), self.first_state, '', 0.0
        self.is_ended = False
        self.made.append(self)

    def look(self, wait_s):
        return self.state

    def end(self):
        self.is_ended = True


class Sleep:
    """Awake, until a test says otherwise."""

    depth = 0

    def is_on(self):
        return self.depth > 0

    def is_deep(self):
        return self.depth == 2


class FakeTime:
    def __init__(self):
        self.now_s = 1000.0

    def monotonic(self):
        return self.now_s

    def monotonic_ns(self):
        return int(self.now_s * 1e9)


class KeeperTest(unittest.TestCase):
    def setUp(self):
        self.clock = FakeTime()
        FakeForkServer.made, FakeForkServer.first_state = [], arbiter_words.STARTING
        for module, name, fake in ((keeper, 'ForkServer', FakeForkServer), (keeper, 'time', self.clock),
                                   (unfit, 'reason', lambda server: '')):
            self.addCleanup(setattr, module, name, getattr(module, name))
            setattr(module, name, fake)
        report._reported.clear()
        self.server, self.words, self.sleep = Server(), Words(), Sleep()
        self.keeper = keeper.Keeper(self.server, self.words, lambda least_import_s: None, self.sleep)
        self.keeper.tend()

    def test_one_that_fails_is_tried_again_at_pauses_that_double(self):
        starts = []
        for _ in range(400):
            made = len(FakeForkServer.made)
            FakeForkServer.made[-1].state, FakeForkServer.made[-1].why = arbiter_words.FAILED, 'no module'
            self.keeper.tend()
            if len(FakeForkServer.made) > made:
                starts.append(self.clock.now_s - 1000)
            self.clock.now_s += 1
        self.assertEqual(starts, [10, 31, 72, 153, 314])
        self.assertEqual(self.words.failures, 6)
        said = [re.search(r'next try in (\d+) s', line) for line in self.server.log.lines]
        self.assertEqual([int(one.group(1)) for one in said if one], [10, 20, 40, 80, 160, 300])
        self.assertTrue(all(one.is_ended for one in FakeForkServer.made[:-1]))

    def test_an_application_that_may_not_be_forked_is_not_tried_before_the_next_reload(self):
        FakeForkServer.made[0].state, FakeForkServer.made[0].why = arbiter_words.REFUSED, 'a thread runs'
        for _ in range(10):
            self.keeper.tend()
            self.clock.now_s += 100
        self.assertEqual(len(FakeForkServer.made), 1)
        self.assertEqual(self.words.published, (arbiter_words.REFUSED, 'a thread runs'))
        self.keeper.is_stopping = False
        FakeForkServer.first_state = arbiter_words.READY
        self.assertEqual(self.keeper.reload(), keeper.NEW)
        self.assertEqual(self.words.published, (arbiter_words.READY, ''))

    def test_with_auto_an_application_that_imports_fast_is_no_warning(self):
        for wanted, import_s, is_info in ((keeper.AUTO, 0.1, True), (keeper.AUTO, 1.0, False), (keeper.ON, 0.1, False)):
            self.setUp()
            self.words.wanted = wanted
            new = FakeForkServer.made[0]
            new.state, new.why, new.import_s = arbiter_words.REFUSED, 'it is fast', import_s
            self.keeper.tend()
            self.assertEqual(self.server.log.lines, ['gunicorn-autoscaler: no fork server: it is fast'])
            self.assertEqual(bool(self.server.log.infos), is_info)

    def test_a_post_fork_of_the_users_is_warned_of_once(self):
        self.server.cfg.settings['post_fork'] = Setting(None)
        self.server.cfg.post_fork = lambda server, worker: None
        FakeForkServer.made[0].state = FakeForkServer.first_state = arbiter_words.READY
        self.keeper.tend()
        self.assertEqual(self.keeper.reload(), keeper.NEW)
        self.assertEqual(len([line for line in self.server.log.lines if 'post_fork runs after the import' in line]), 1)

    def test_no_spare_is_forked_while_a_worker_boots_or_first_answers_unless_that_takes_long(self):
        FakeForkServer.made[0].state = arbiter_words.READY
        self.server.WORKERS[1] = object()
        forked = []
        self.keeper._fork = forked.append
        self.keeper.tend()
        self.keeper._ordered_s = self.clock.now_s
        self.keeper.refill(is_booting=True)
        self.keeper.refill(is_booting=False)
        self.assertEqual(forked, [])
        self.clock.now_s += 0.3
        self.keeper.refill(is_booting=True)
        self.assertEqual(forked, [])
        self.keeper.refill(is_booting=False)
        self.clock.now_s += 0.3
        self.keeper.refill(is_booting=True)
        self.assertEqual(forked, [1, 1])

    def test_one_is_not_lost_while_the_arbiter_has_no_descriptor_left(self):
        FakeForkServer.made[0].state = arbiter_words.READY
        self.keeper.tend()

        def fork(count, limit_s, adopted):
            raise OSError(errno.EMFILE, 'too many open files')
        FakeForkServer.made[0].fork = fork
        self.assertIsNone(self.keeper.recruit())
        self.assertEqual((FakeForkServer.made[0].is_ended, self.words.failures), (False, 0))

    def test_a_reload_that_cannot_import_keeps_what_serves(self):
        FakeForkServer.made[0].state = arbiter_words.READY
        self.server.WORKERS[1] = object()
        self.keeper._fork = lambda count: None
        self.keeper.tend()
        FakeForkServer.first_state = arbiter_words.FAILED
        self.assertEqual(self.keeper.reload(), keeper.KEPT)
        self.assertEqual([one.is_ended for one in FakeForkServer.made], [False, True])
        self.assertIn('the old workers stay', self.server.log.lines[-1])

    def test_a_light_sleep_keeps_it_and_a_spare_and_its_code_when_the_new_one_cannot_be_imported(self):
        FakeForkServer.made[0].state = arbiter_words.READY
        expected = []
        self.keeper._fork = expected.append
        self.sleep.depth = 1
        self.keeper.tend()
        self.keeper.refill(False)
        self.assertEqual((expected, FakeForkServer.made[0].is_ended), ([1], False))
        FakeForkServer.first_state = arbiter_words.FAILED
        self.assertEqual(self.keeper.reload(), keeper.KEPT)
        self.assertEqual(FakeForkServer.made[0].is_ended, False)
        self.assertIn('the old code stays', self.server.log.lines[-1])

    def test_a_deep_sleep_ends_it_and_the_waking_starts_another_at_once(self):
        FakeForkServer.made[0].state = arbiter_words.READY
        self.keeper.tend()
        self.sleep.depth = 2
        for _ in range(3):
            self.keeper.tend()
        self.assertEqual(self.keeper.reload(), keeper.NONE)
        self.assertEqual([one.is_ended for one in FakeForkServer.made], [True])
        self.assertEqual(self.words.published, (None, ''))
        self.sleep.depth = 0
        FakeForkServer.first_state = arbiter_words.READY
        self.keeper.await_first()
        self.assertEqual([one.is_ended for one in FakeForkServer.made], [True, False])
        self.assertEqual(self.words.published, (arbiter_words.READY, ''))
