"""A reload may give up an address, and a later one want it again.

Old workers go one by one and hold their listeners until the last has gone. An address bound anew meanwhile would be in
use, and gunicorn would end; so the listener itself is kept as long as they live.
"""
import contextlib
import os
import sys
import weakref
from _socket import AF_UNIX, SOCK_SEQPACKET, socketpair  # gevent's, of a config that patches all, close later

from ..fork_server import wire


class GivenUpListeners:
    """The listeners that reloads of this arbiter have closed, while workers hold them."""

    def __init__(self, server):
        """Wrap `reload` of this arbiter."""
        self._server = server
        self._present = {}  # address -> a second descriptor of its listener, during a reload
        self._kept = {}  # address -> (a pair of sockets with the listener under way between them, its workers)
        self._reload = server.reload
        self._module = sys.modules.get('gunicorn.sock')
        if self._module is not None:
            os.register_at_fork(after_in_child=_drop_of(weakref.ref(self)))
            server.reload = self.reload

    def reload(self):
        """gunicorn's, whose listeners outlive it."""
        original = self._module.create_sockets
        self._present = {_address(one): os.dup(one.fileno()) for one in self._server.LISTENERS
                         if isinstance(_address(one), tuple)}
        self._module.create_sockets = lambda *args, **names: self._create(original, *args, **names)
        try:
            self._reload()
        finally:
            self._module.create_sockets = original
            self._keep()

    def look(self):
        """A worker has gone: keep nothing for it. May run inside a signal handler."""
        workers = list(self._server.WORKERS.values())
        for address, (pair, holders) in list(self._kept.items()):
            if not holders.intersection(workers):
                self._kept.pop(address, None)
                _close(pair)

    def _create(self, original, conf, log, fds=None):
        addresses = conf.address
        is_known = any(one in self._present or one in self._kept for one in addresses)
        if fds or not is_known or any(isinstance(one, int) for one in addresses):
            return original(conf, log, fds)
        made = []
        for address in addresses:
            fd = self._take(address)
            created = original(_OneAddress(conf, address), log, None if fd is None else [fd])
            for one in created:
                one.cfg_addr = address  # with a descriptor gunicorn has the socket's own: localhost, 127.0.0.1
            made += created
        return made

    def _take(self, address):
        """A descriptor of its listener, for gunicorn to close; None without one."""
        if address in self._present:
            return self._present.pop(address)
        pair, _ = self._kept.pop(address, ((), ()))
        try:
            return wire.receive(pair[1])[1][0] if pair else None
        except (OSError, IndexError):
            return None
        finally:
            _close(pair)

    def _keep(self):
        """The listeners that the reload gave up. The arbiter's own descriptor would pass for one that it listens on."""
        present, self._present = self._present, {}
        addresses = [_address(one) for one in self._server.LISTENERS]
        for address, fd in present.items():
            with contextlib.suppress(OSError):
                if address not in addresses:
                    pair = socketpair(AF_UNIX, SOCK_SEQPACKET)
                    wire.send(pair[0], b'.', [fd])
                    self._kept[address] = pair, self._holders(address)
            os.close(fd)
        self.look()

    def _holders(self, address):
        return {worker for worker in list(self._server.WORKERS.values())
                if any(_address(one) == address for one in getattr(worker, 'sockets', ()))}

    def _drop(self):
        """In a child: a worker that held them would have them live on."""
        for fd in self._present.values():
            os.close(fd)
        for pair, _ in self._kept.values():
            _close(pair)
        self._present, self._kept = {}, {}


def _drop_of(listeners):
    """For a fork. Python keeps what it calls there up to its very end: what that held, such as the arbiter and so the
    application, would not be freed before. listeners: a weak reference."""
    def drop():
        there = listeners()
        if there is not None:
            there._drop()
    return drop


class _OneAddress:
    """A configuration with one of its addresses alone."""

    def __init__(self, conf, address):
        self._conf = conf
        self.address = [address]

    def __getattr__(self, name):
        return getattr(self._conf, name)


def _address(listener):
    """As the configuration has it; None for a socket of a hook's."""
    return getattr(listener, 'cfg_addr', None)


def _close(pair):
    for end in pair:
        end.close()
