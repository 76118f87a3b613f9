"""How long a worker that drains may take. gunicorn alone has no shrink, and so cuts no request of a fixed number of
workers: a short graceful timeout is meant for the end of the server, where gunicorn itself sees to it."""

_MOST_TIMEOUTS = 10
_LEAST_OWN_S = 60
_LEAST_CLIENTS_S = 2


def own_s(cfg):
    """For the application's own work, as a request or after its response."""
    return max(_MOST_TIMEOUTS * cfg.graceful_timeout, cfg.timeout, _LEAST_OWN_S)


def clients_s(cfg):
    """For what only clients keep open."""
    return max(cfg.graceful_timeout, _LEAST_CLIENTS_S)
