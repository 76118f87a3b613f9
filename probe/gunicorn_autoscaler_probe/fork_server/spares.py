"""Processes forked from a fork server that wait for their orders."""
import time

# More than one is kept so long.
_EXPECTED_S = 5
# From a worker's order to its first answers.
_FIRST_ANSWERS_S = 0.2
# A worker that boots for longer waits for something else than the CPU.
_BOOT_S = 0.5


def is_early(since_s, is_booting):
    """Whether a worker, ordered `since_s` ago, boots or first answers: the fork of another spare would take the CPU
    that it needs, and its pages."""
    return since_s < _FIRST_ANSWERS_S or is_booting and since_s <= _BOOT_S


class Spares:
    """The spare workers of one arbiter, in the order they were forked. `has_ended` may run inside a signal handler, in
    the middle of the other methods."""

    def __init__(self):
        self._all = []

    def __bool__(self):
        return bool(self._all)

    def add(self, recruits):
        """Have these wait from now on."""
        self._all = self._all + recruits

    def take(self):
        """The one that waits longest, which is among them no more; None when there is none."""
        for spare in self._all:
            self._all = [one for one in self._all if one is not spare]  # no pop: `has_ended` may put another list there
            return spare
        return None

    def has_ended(self, pid):
        """Whether the process `pid`, which was reaped, is one of them: it is forgotten."""
        all_before = self._all
        self._all = [spare for spare in all_before if spare.pid != pid]
        return len(self._all) < len(all_before)

    def end_surplus(self):
        """End those that were expected and are wanted no more; one stays."""
        old_s = time.monotonic() - _EXPECTED_S
        surplus = [spare for spare in self._all[1:] if spare.forked_s < old_s]
        self._all = [spare for spare in self._all if spare not in surplus]
        for spare in surplus:
            spare.end()
        for spare in self._all:
            spare.asked_ns = 0

    def end(self):
        """End all."""
        spares, self._all = self._all, []
        for spare in spares:
            spare.end()

    def forget(self):
        """In another child of the arbiter: they are not its own."""
        for spare in self._all:
            spare.dismiss()
