"""poll() of the system itself: eventlet takes it out of `select`, and gevent's, put in its place, would start a loop. A
configuration file may have patched all before, a worker does it later."""
import select
import sys

POLLIN, POLLOUT = select.POLLIN, select.POLLOUT


def _unpatched():
    gevent = sys.modules.get('gevent.monkey')
    if gevent is not None:
        return gevent.get_original('select', 'poll')
    if not hasattr(select, 'poll'):
        from eventlet.patcher import original
        return original('select').poll
    return select.poll


poll = _unpatched()
