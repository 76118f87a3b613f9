"""gunicorn's eventlet worker gives no heartbeat while it waits for its last requests: the arbiter would abort
it there."""
from time import monotonic_ns

from .. import words as w
from . import own_listeners, time_limits

# It kills what is left after its graceful timeout, and ends.
_SLACK_NS = 5 * 10**9


def heartbeat(worker, words, own_work):
    """A function to call in ticks of the loop: it keeps the heartbeat of a worker that has to end. In one that drains
    beside others requests have longer, unless all have an answer that has begun; own_work(): how many have none."""
    notify = worker.notify
    since_ns = 0

    def end():
        nonlocal since_ns
        if since_ns == 0:
            since_ns = monotonic_ns()
            if words[w.STATE] == w.DRAINING and own_work():
                worker.cfg.set('graceful_timeout', int(time_limits.own_s(worker.cfg)))

    def notify_at_the_end():
        """gunicorn's, which it calls once more after its main loop, before it looks at its graceful timeout."""
        if not worker.alive:
            end()
        notify()

    def look():
        if worker.alive:
            return
        end()
        if monotonic_ns() - since_ns <= int(worker.cfg.graceful_timeout * 10**9) + _SLACK_NS:
            notify()

    worker.notify = notify_at_the_end
    return look


def name_listeners(worker):
    """gunicorn asks a listener for its name when it begins with a connection, and in TLS after the handshake: a worker
    that ends has closed it by then, and would drop the connection."""
    handle = worker.handle
    names = [one.getsockname() for one in worker.sockets]

    def handle_named(listener, client, address):
        try:
            name = listener.getsockname()
        except OSError:
            name = _name_for(client, names)
        return handle(own_listeners.Named(name, listener), client, address)

    worker.handle = handle_named


def _name_for(client, names):
    """The listener that accepted this connection has its port, or is the only one."""
    local = client.getsockname()
    for name in names:
        if isinstance(name, tuple) and isinstance(local, tuple) and name[1] == local[1] or name == local:
            return name
    return names[0]
