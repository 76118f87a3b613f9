"""How long a worker that drains may take. gunicorn alone has no shrink, and so cuts no request of a fixed number of
workers: a short graceful timeout is meant for the end of the server, where gunicorn itself sees to it."""
from .. import kinds

_MOST_TIMEOUTS = 10
_LEAST_OWN_S = 60
_LEAST_CLIENTS_S = 2
# After gunicorn's own reload these classes go on with what is open until they are aborted for want of a heartbeat.
_UNTIL_TIMEOUT = kinds.GTHREAD, kinds.UVICORN


def own_s(cfg):
    """For the application's own work, as a request or after its response."""
    return max(_MOST_TIMEOUTS * cfg.graceful_timeout, cfg.timeout, _LEAST_OWN_S)


def clients_s(cfg, kind):
    """For what only clients keep open."""
    return max(cfg.graceful_timeout, cfg.timeout if kind in _UNTIL_TIMEOUT else 0, _LEAST_CLIENTS_S)
