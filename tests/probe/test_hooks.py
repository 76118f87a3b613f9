import fcntl
import itertools
import os
import subprocess
import sys
import time
import unittest

from fake_arbiter import Arbiter
from support import PROBE, Setting, begin_with, read_arbiter, runtime_folder, w, want, write_slot
from gunicorn_autoscaler_probe import hooks, report, slot
from gunicorn_autoscaler_probe import user_hooks
from gunicorn_autoscaler_probe.master import lifeline, master

NAMES = {'on_starting': 1, 'nworkers_changed': 3, 'on_reload': 1, 'when_ready': 1, 'child_exit': 2, 'on_exit': 1,
         'pre_fork': 2, 'post_fork': 2, 'post_worker_init': 1}


def nothing(*arguments):
    pass


def settings():
    found = {name: Setting(nothing, arity) for name, arity in NAMES.items()}
    return found


class LoadTest(unittest.TestCase):
    def test_a_start_compiles_nothing_of_a_fork_server_that_is_not_wanted(self):
        code = ('import sys; sys.path.insert(0, sys.argv[1]); from gunicorn_autoscaler_probe import hooks\n'
                'print(*(name for name in sys.modules if ".fork_server." in name))')
        loaded = subprocess.check_output([sys.executable, '-B', '-c', code, PROBE], universal_newlines=True)
        self.assertEqual({name.rpartition('.')[2] for name in loaded.split()}, {'spawning', 'arbiter_words', 'wire'})


class HooksTest(unittest.TestCase):
    """The whole chain of the master, against a fake arbiter whose parent is this test's parent."""

    def setUp(self):
        context = runtime_folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        hooks._session, hooks._is_refused = None, False
        tie = lifeline.tie_to_parent
        lifeline.tie_to_parent = nothing
        self.addCleanup(setattr, lifeline, 'tie_to_parent', tie)
        self.addCleanup(setattr, hooks, '_session', None)
        report._reported.clear()

    def chained(self, **theirs):
        space = dict(theirs)
        hooks.chain(self.folder, settings(), space)
        return space

    def arbiter(self, workers=2, **theirs):
        server = Arbiter(workers, self.chained(**theirs))
        from gunicorn_autoscaler_probe.master.arbiter_file import ArbiterFile
        self.addCleanup(setattr, ArbiterFile, 'publish_configuration', ArbiterFile.publish_configuration)
        ArbiterFile.publish_configuration = nothing  # needs gunicorn itself for its version
        server.start()
        server.cfg.on_starting(server)
        server.manage_workers()
        self.boot(*server.forks)
        return server

    def boot(self, *pids):
        for pid in pids:
            write_slot(self.folder, pid, READY_NS=time.monotonic_ns(), STATE=w.READY)

    def confirmed(self):
        words = read_arbiter(self.folder)
        return words[w.A_CONFIRMED], words[w.A_CONFIRMED_SEQ]

    def test_the_users_hooks_run_and_keep_the_name_that_print_config_shows(self):
        def when_ready(server):
            calls.append(server)

        calls = []
        space = self.chained(when_ready=when_ready)
        self.assertIsNot(space['when_ready'], when_ready)
        self.assertEqual(space['when_ready'].__qualname__, when_ready.__qualname__)
        self.assertEqual(space['post_fork'].__qualname__, 'nothing')
        space['when_ready']('server')
        self.assertEqual(calls, ['server'])

    def test_hooks_that_the_program_around_gunicorn_sets_run_too(self):
        for when in ('before', 'after'):
            with self.subTest(when):
                calls, ours, found, space = [], [], settings(), {}
                if when == 'before':
                    found['post_worker_init'].set(calls.append)
                hooks.chain(self.folder, found, space)
                found['post_worker_init'].set(space['post_worker_init'])
                if when == 'after':
                    first = found['post_worker_init'].get()

                    def second(worker):
                        first(worker)
                        calls.append(worker)

                    found['post_worker_init'].set(second)
                hooks._session.worker.initialized = ours.append
                found['post_worker_init'].get()('worker')
                self.assertEqual((calls, ours), (['worker'], ['worker']))

    def test_the_users_hook_in_the_worker_runs_before_the_meter_is_attached(self):
        space = self.chained(post_worker_init=lambda worker: calls.append('theirs'))
        calls = []
        hooks._session.worker.initialized = lambda worker: calls.append('ours')
        space['post_worker_init']('worker')
        self.assertEqual(calls, ['theirs', 'ours'])

    def test_every_hook_keeps_the_arity_gunicorn_asks_for(self):
        for name, arity in NAMES.items():
            self.assertEqual(self.chained()[name].__code__.co_argcount, arity, name)

    def test_a_hook_gunicorn_will_refuse_is_left_for_it_to_refuse(self):
        space = self.chained(on_exit=5, child_exit=lambda server: None)
        self.assertEqual(space['on_exit'], 5)
        self.assertEqual(space['child_exit'].__code__.co_argcount, 1)

    def test_the_first_number_is_the_wanted_one(self):
        want(self.folder, 6)
        server = self.arbiter(workers=2)
        self.assertEqual((server.num_workers, len(server.WORKERS)), (6, 6))
        self.assertEqual(self.confirmed(), (6, 1))
        self.assertEqual(read_arbiter(self.folder)[w.A_CONFIGURED], 2)

    def test_without_a_wish_gunicorns_own_count_stands(self):
        server = self.arbiter(workers=3)
        self.assertEqual(len(server.WORKERS), 3)
        self.assertEqual(self.confirmed(), (3, 0))
        server.handle_ttin()
        self.assertEqual(len(server.WORKERS), 4)

    def test_one_ring_brings_any_number_up_and_down(self):
        server = self.arbiter(workers=2)
        want(self.folder, 10)
        server.handle_ttin()
        self.assertEqual((len(server.WORKERS), self.confirmed()), (10, (10, 1)))
        self.boot(*server.forks)
        want(self.folder, 3)
        server.handle_ttou()
        self.assertEqual((len(server.kills), self.confirmed()), (7, (3, 2)))

    def test_the_users_hook_hears_of_real_changes_with_the_number_that_stands(self):
        def nworkers_changed(server, new_value, old_value):
            calls.append((new_value, old_value))

        calls = []
        want(self.folder, 4)
        server = self.arbiter(nworkers_changed=nworkers_changed)
        server.handle_ttin()
        want(self.folder, 9)
        server.handle_ttin()
        self.assertEqual(calls, [(4, None), (9, 4)])

    def test_a_number_that_a_hook_or_the_control_socket_sets_is_one_to_begin_with(self):
        begin_with(self.folder, 2)
        server = self.arbiter(on_starting=lambda server: setattr(server, 'num_workers', 4))
        self.assertEqual((len(server.WORKERS), self.confirmed()), (4, (4, 0)))
        self.assertEqual(read_arbiter(self.folder)[w.A_CONFIGURED], 4)
        want(self.folder, 3)
        server.handle_ttou()
        self.assertEqual((server.num_workers, read_arbiter(self.folder)[w.A_CONFIGURED]), (3, 4))
        server.num_workers += 2  # the supervisor is told, and asks for it
        self.assertEqual((server.num_workers, read_arbiter(self.folder)[w.A_CONFIGURED]), (3, 5))

    def test_a_signal_to_gunicorn_that_manages_its_workers_itself_is_not_taken_for_such_a_hook(self):
        server = self.arbiter()
        want(self.folder, 5)
        del server.handle_ttin
        server.handle_ttin()
        self.assertEqual((server.num_workers, read_arbiter(self.folder)[w.A_CONFIGURED]), (5, 2))

    def test_a_reload_is_not_taken_for_such_a_hook(self):
        begin_with(self.folder, 2)
        changed = []
        server = self.arbiter(workers=1, nworkers_changed=lambda server, new_value, old_value: changed.append(
            read_arbiter(self.folder)[w.A_CONFIGURED]))
        server.reload(workers=4)
        self.assertEqual((server.num_workers, changed), (2, [0]))

    def test_a_reload_keeps_the_count_replaces_every_worker_and_shows_the_users_hook_how_many(self):
        seen = []
        want(self.folder, 5)
        server = self.arbiter(workers=2, on_reload=lambda server: seen.append(server.cfg.workers))
        old = list(server.WORKERS)
        server.manage_workers()
        server.reload(workers=3)
        for _ in range(12):
            self.boot(server.forks[-1])
            server.manage_workers()
            for pid in set(server.kills) & set(server.WORKERS):
                server.die(pid)
        self.assertEqual((seen, server.num_workers, server.cfg.workers), ([5], 5, 5))
        self.assertEqual((sorted(server.kills), len(server.forks)), (old, 10))
        words = read_arbiter(self.folder)
        self.assertEqual((words[w.A_RELOADS], words[w.A_CONFIGURED]), (1, 3))

    def test_no_worker_is_replaced_before_the_users_on_reload_has_done_its_work(self):
        def on_reload(server):
            server.manage_workers()
            forks.append(list(server.forks))

        forks = []
        server = self.arbiter(on_reload=on_reload)
        first = list(server.forks)
        server.reload(workers=2)
        self.assertEqual((forks, len(server.forks)), ([first], 3))

    def test_a_hook_that_raises_in_the_arbiter_is_one_line_while_others_serve_and_an_end_before(self):
        def fail():
            if has_started:
                raise kind('number')

        hooks_and_acts = (
            ('child_exit', lambda server, worker: fail(), lambda server: server.die(server.forks[0])),
            ('nworkers_changed', lambda server, new_value, old_value: fail(),
             lambda server: setattr(server, 'num_workers', 3)),
            ('on_reload', lambda server: fail(), lambda server: server.reload(2)))
        for kind, (name, hook, act) in itertools.product((KeyError, SystemExit), hooks_and_acts):
            with self.subTest(name, kind=kind):
                hooks._session, has_started = None, False
                server = self.arbiter(**{name: hook})
                server.manage_workers()
                has_started = True
                act(server)
                raised = [line for line in server.log.lines
                          if "The hook %s raised %s" % (name, kind.__name__) in line]
                self.assertEqual(len(raised), 1)
                server.WORKERS.clear()  # none serves
                with self.assertRaises(kind):
                    getattr(server.cfg, name)(*[server, server.worker_class(9), 1][:NAMES[name]])

    def test_who_has_a_pre_fork_is_known_behind_our_own(self):
        for theirs, has in (({}, False), ({'pre_fork': lambda server, worker: None}, True)):
            hooks._session = None
            server = self.arbiter(**theirs)
            server.cfg.settings = settings()
            self.assertEqual(user_hooks.has_pre_fork(server.cfg), has)
            self.assertFalse(user_hooks.has_post_fork(server.cfg))

    def test_the_exit_of_a_worker_removes_its_slot(self):
        server = self.arbiter()
        server.die(server.forks[0])
        self.assertNotIn('w-%d' % server.forks[0], os.listdir(self.folder))

    def test_ready_is_told(self):
        server = self.arbiter()
        self.assertEqual(read_arbiter(self.folder)[w.A_READY_NS], 0)
        server.cfg.when_ready(server)
        self.assertGreater(read_arbiter(self.folder)[w.A_READY_NS], 0)

    def test_the_child_drops_what_is_the_masters(self):
        server = self.arbiter()
        server.manage_workers()
        self.assertEqual(server.WORKER_BOOT_ERROR, -1)
        worker = server.worker_class(9)
        worker.cfg = server.cfg
        server.cfg.post_fork(server, worker)
        self.assertEqual(server.WORKER_BOOT_ERROR, 3)
        self.assertTrue(os.path.exists(os.path.join(self.folder, 'w-%d' % os.getpid())))

    def test_an_error_of_ours_is_one_line_and_the_users_hook_still_runs(self):
        def when_ready(server):
            calls.append(server)

        calls = []
        server = self.arbiter(when_ready=when_ready)
        hooks._session.master.ready = lambda: 1 / 0
        server.cfg.when_ready(server)
        server.cfg.when_ready(server)
        self.assertEqual(len(calls), 2)
        self.assertEqual([line for line in server.log.lines if 'ZeroDivisionError' in line].__len__(), 1)

    def test_with_the_supervisor_alive_its_folder_stays(self):
        server = self.arbiter()
        server.cfg.on_exit(server)
        self.assertTrue(os.path.exists(self.folder))

    def test_with_the_supervisor_gone_the_last_master_removes_the_folder(self):
        server = self.arbiter()
        hooks._session.master._arbiter_file.supervisor_pid = os.getpid()  # no longer our parent
        server.reexec_pid = 77
        server.cfg.on_exit(server)
        self.assertTrue(os.path.exists(self.folder), 'a master that USR2 started still needs it')
        server.reexec_pid = 0
        server.cfg.on_exit(server)
        self.assertFalse(os.path.exists(self.folder))

    def test_a_gunicorn_that_is_not_the_supervisors_child_is_left_alone(self):
        with runtime_folder(supervisor_pid=os.getpid()) as folder:
            space = {}
            hooks.chain(folder, settings(), space)
            self.assertEqual(space, {})

    def test_a_master_whose_supervisor_died_obeys_no_supervisor(self):
        server = self.arbiter(workers=2)
        hooks._session.master._arbiter_file.supervisor_pid = os.getpid()
        want(self.folder, 50)
        server.handle_ttin()
        self.assertEqual(len(server.WORKERS), 3)


class MasterTest(unittest.TestCase):
    def test_a_lifeline_the_kernel_refuses_is_one_line_and_no_end(self):
        def refuse(pid):
            raise OSError(1, 'Operation not permitted')

        said = []
        tie, trouble = lifeline.tie_to_parent, report.trouble
        lifeline.tie_to_parent, master.report.trouble = refuse, lambda *a: said.append(a[0])
        try:
            with runtime_folder() as folder:
                open(os.path.join(folder, 'gunicorn_autoscaler_conf.py'), 'w').close()
                self.assertTrue(master.Master(folder).attach())
        finally:
            lifeline.tie_to_parent, master.report.trouble = tie, trouble
        self.assertEqual(said, ['tie gunicorn to the life of its supervisor'])

    def test_a_slot_that_the_supervisor_brought_back_is_read_though_the_supervisor_is_hidden(self):
        self.addCleanup(setattr, os, 'getppid', os.getppid)
        self.addCleanup(slot.follow_links_of, None)
        with runtime_folder(os.getpid()) as folder, open(os.path.join(folder, 'arbiter'), 'rb') as supervisors:
            fcntl.flock(supervisors, fcntl.LOCK_EX)
            open(os.path.join(folder, 'gunicorn_autoscaler_conf.py'), 'w').close()
            write_slot(folder, 7)
            path = os.path.join(folder, 'w-7')
            with open(path, 'rb') as kept:
                os.unlink(path)
                os.symlink('/proc/%d/fd/%d' % (os.getpid(), kept.fileno()), path)
                self.assertIsNone(slot.read_header(folder, 7))
                self.assertTrue(master.Master(folder).attach())
                self.assertEqual(slot.read_header(folder, 7)[w.STATE], w.BOOTING)


if __name__ == '__main__':
    unittest.main()
