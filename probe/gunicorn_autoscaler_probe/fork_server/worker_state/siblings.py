"""The workers that there are when a worker is forked, as hooks in it find them in server.WORKERS."""
import os

from ... import counted_workers


class _NoHeartbeat:
    """Of a sibling; gunicorn closes it in the worker."""

    def close(self):
        pass


def listed(server, attributes):
    """For `stand_in`: (pid, age, what pre_fork set on it). attributes: pid -> what pre_fork set."""
    return [(pid, worker.age, attributes.get(pid, {})) for pid, worker in list(server.WORKERS.items())]


def stand_in(server, worker, siblings, gone=0):
    """In the forked `worker`: objects of its class in the places of those that only the arbiter has. gone: see
    counted_workers.py."""
    found = {}
    for pid, age, attributes in siblings:
        other = object.__new__(type(worker))
        other.__dict__.update(vars(worker), pid=pid, age=age, tmp=_NoHeartbeat(), **attributes)
        found[pid] = other
    found.pop(os.getpid(), None)
    server.WORKERS.update(found)
    counted_workers.count(server, gone)
