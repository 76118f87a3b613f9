import errno
import os
import time
import unittest
from unittest.mock import patch

from support import read_slot, runtime_folder, w, write_slot
from gunicorn_autoscaler_probe import interpreter_lock, kinds, slot
from gunicorn_autoscaler_probe.page import open_owned


def text_of(path):
    with open(path) as f:
        return f.read()


class SlotTest(unittest.TestCase):
    def test_a_new_slot_is_whole_when_it_appears_and_private(self):
        with runtime_folder() as folder:
            page = slot.create(folder, 7, 1000, 12)
            words = read_slot(folder, os.getpid())
            self.assertEqual(words[:7],
                             (w.SLOT_MAGIC, 1, os.getpid(), os.getppid(), 7, 1000, w.BOOTING))
            self.assertEqual(words[w.AGE], 12)
            self.assertLess(words[w.BOOT_NS], words[w.MONOTONIC_NS] + 1)
            self.assertEqual(words[w.READY_NS], 0)
            self.assertEqual(os.stat(slot.path_of(folder, os.getpid())).st_mode & 0o777, 0o600)
            self.assertEqual(sorted(os.listdir(folder)), ['arbiter', 'w-%d' % os.getpid()])
            page.close()

    def test_a_stale_slot_of_the_same_pid_is_replaced(self):
        with runtime_folder() as folder:
            write_slot(folder, os.getpid(), READY_NS=5, FINISHED=99)
            open(os.path.join(folder, '.w-%d.new' % os.getpid()), 'w').close()
            slot.create(folder, 1, 1, 1).close()
            self.assertEqual(read_slot(folder, os.getpid())[w.FINISHED], 0)

    def test_a_link_in_the_place_of_the_slot_is_not_followed(self):
        with runtime_folder() as folder:
            target = os.path.join(folder, 'target')
            with open(target, 'w') as f:
                f.write('mine')
            os.symlink(target, os.path.join(folder, '.w-%d.new' % os.getpid()))
            slot.create(folder, 1, 1, 1).close()
            self.assertEqual(text_of(target), 'mine')
            os.symlink(target, os.path.join(folder, 'w-4'))
            self.assertIsNone(slot.read_header(folder, 4))
            slot.mark_draining(folder, 4)
            self.assertEqual(text_of(target), 'mine')

    def test_a_name_that_the_supervisor_led_to_its_open_file_is_followed(self):
        with runtime_folder() as folder:
            page = slot.create(folder, 1, 1, 1)
            path = slot.path_of(folder, os.getpid())
            fd = os.open(path, os.O_RDONLY)
            os.unlink(path)
            os.symlink('/proc/%d/fd/%d' % (os.getpid(), fd), path)
            self.assertIsNone(slot.read_header(folder, os.getpid()), 'a link of somebody else')
            self.addCleanup(slot.follow_links_of, None)
            slot.follow_links_of(os.getpid())
            self.assertEqual(slot.read_header(folder, os.getpid())[w.STATE], w.BOOTING)
            slot.mark_draining(folder, os.getpid())
            os.close(fd)
            self.assertEqual(page.words[w.STATE], w.DRAINING)
            page.close()

    def test_a_folder_that_was_removed_is_made_again_private_but_not_in_anothers_place(self):
        with runtime_folder() as base:
            folder = os.path.join(base, 'gone')
            slot.create(folder, 1, 1, 1).close()
            self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
            link = os.path.join(base, 'link')
            os.symlink('/proc/nonexistent', link)
            with self.assertRaises(OSError):
                slot.create(link, 1, 1, 1)

    def test_a_worker_gets_ready_once_and_a_draining_one_stays_draining(self):
        with runtime_folder() as folder:
            page = slot.create(folder, 1, 1, 1)
            slot.mark_ready(page.words)
            first = page.words[w.READY_NS]
            self.assertGreater(first, 0)
            self.assertEqual(page.words[w.STATE], w.READY)
            slot.mark_draining(folder, os.getpid())
            slot.mark_ready(page.words)
            self.assertEqual((page.words[w.STATE], page.words[w.READY_NS]), (w.DRAINING, first))
            page.close()

    def test_without_an_interpreter_lock_it_says_so_until_the_application_needs_one(self):
        said = []
        with runtime_folder() as folder, patch.object(interpreter_lock, 'exists', lambda: len(said) > 0):
            page = slot.create(folder, kinds.GTHREAD, 4, 1)
            said.append(page.words[w.PARALLEL])
            slot.mark_ready(page.words)
            said.append(page.words[w.PARALLEL])
            page.close()
        self.assertEqual(said, [1, 0])

    def test_ready_it_says_what_its_boot_computed_and_waited(self):
        with runtime_folder() as folder:
            page = slot.create(folder, 1, 1, 1)
            before_ns = time.process_time_ns()
            self.assertGreater(before_ns, 0)
            slot.mark_ready(page.words)
            told_ns = page.words[w.BOOT_CPU_NS]
            self.assertTrue(before_ns <= told_ns <= time.process_time_ns(), told_ns)
            with open('/proc/self/schedstat') as schedstat:
                self.assertLessEqual(page.words[w.BOOT_WAIT_NS], int(schedstat.read().split()[1]))
            slot.mark_ready(page.words)
            self.assertEqual(page.words[w.BOOT_CPU_NS], told_ns)
            page.close()

    def test_told_to_go_while_booting_it_is_draining_and_yet_ready(self):
        with runtime_folder() as folder:
            page = slot.create(folder, 1, 1, 1)
            slot.mark_draining(folder, os.getpid())
            slot.mark_ready(page.words)
            self.assertEqual(page.words[w.STATE], w.DRAINING)
            self.assertGreater(page.words[w.READY_NS], 0)
            page.close()

    def test_a_glance_believes_only_a_slot_of_that_worker(self):
        with runtime_folder() as folder:
            write_slot(folder, 5, READY_NS=77, IN_FLIGHT=3)
            self.assertEqual(slot.read_header(folder, 5)[w.READY_NS], 77)
            self.assertEqual(slot.read_header(folder, 5)[w.IN_FLIGHT], 3)
            self.assertIsNone(slot.read_header(folder, 6))
            os.rename(slot.path_of(folder, 5), slot.path_of(folder, 6))
            self.assertIsNone(slot.read_header(folder, 6))
            with open(slot.path_of(folder, 8), 'w') as f:
                f.write('short')
            self.assertIsNone(slot.read_header(folder, 8))

    def test_a_file_system_that_cannot_allocate_gets_written_zeros_and_a_full_one_is_an_error(self):
        allocate = os.posix_fallocate
        self.addCleanup(setattr, os, 'posix_fallocate', allocate)
        for number, works in ((errno.EOPNOTSUPP, True), (errno.EPERM, True), (errno.ENOSPC, False)):
            def refuse(*arguments, number=number):
                raise OSError(number, os.strerror(number))
            os.posix_fallocate = refuse
            with self.subTest(works=works), runtime_folder() as folder:
                if works:
                    slot.create(folder, 1, 1, 1).close()
                    self.assertEqual(len(read_slot(folder, os.getpid())), 512)
                else:
                    with self.assertRaises(OSError):
                        slot.create(folder, 1, 1, 1)

    def test_removing_takes_the_half_made_one_too_and_never_fails(self):
        with runtime_folder() as folder:
            write_slot(folder, 5)
            open(os.path.join(folder, '.w-5.new'), 'w').close()
            slot.remove(folder, 5)
            slot.remove(folder, 5)
            self.assertEqual(os.listdir(folder), ['arbiter'])

    def test_another_users_page_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest('needs root to make a file of another user')
        with runtime_folder() as folder:
            path = os.path.join(folder, 'arbiter')
            os.chown(path, 65534, 65534)
            with self.assertRaises(PermissionError):
                open_owned(path)


if __name__ == '__main__':
    unittest.main()
