"""Requests on kept connections that come while gthread's main loop is held up."""
from time import monotonic

# From 27 on it waits up to two seconds for a client that leaves an ended connection open.
_HELD_UP_S = 0.05
_MOST_LOOKS = 5


def serve(worker):
    """Have the loop look for them before it closes connections whose time is over: it would close theirs. From
    gunicorn 24 on, where one loop does both."""
    close_expired = getattr(worker, 'murder_keepalived', None)
    dispatch = getattr(worker, 'wait_for_and_dispatch_events', None)
    if close_expired is None or dispatch is None:
        return

    def look_and_close(*args, **names):
        for _ in range(_MOST_LOOKS):
            kept, began_s = worker.keepalived_conns, monotonic()
            if not kept or kept[0].timeout > began_s:
                break
            dispatch(timeout=0)
            if monotonic() - began_s < _HELD_UP_S:
                break
        return close_expired(*args, **names)

    worker.murder_keepalived = look_and_close
