"""The user's hooks."""


def has_pre_fork(cfg):
    """Whether the user has a pre_fork: it may hand out numbers or devices, one per process."""
    return _has(cfg, 'pre_fork')


def has_post_fork(cfg):
    """Whether the user has a post_fork: it may prepare what the application reads while it is imported."""
    return _has(cfg, 'post_fork')


def _has(cfg, name):
    setting = getattr(cfg, 'settings', {}).get(name)
    if setting is None:
        return False
    hook = getattr(cfg, name)
    return getattr(hook, 'autoscaler_theirs', hook) is not setting.default


def guarded(master, server, name, hook, *arguments):
    """Call `hook`. What it raises while workers serve is a line in the log; else it ends gunicorn, as without us."""
    try:
        watched(name, hook, *arguments)
    except BaseException as error:  # sys.exit() too
        if is_end(error) or not master.is_serving():
            raise
        server.log.error('gunicorn-autoscaler: The hook %s raised %s: %s; the workers serve on',
                         name, type(error).__name__, error)


def is_end(error):
    """Whether it is raised by a signal that came while the hook ran: gunicorn's own end, or `interrupt`."""
    return isinstance(error, KeyboardInterrupt) and bool(_ended) or type(error).__name__ == 'HaltServer'


_running = []  # names of the hooks that run now, the innermost last
_ended = set()  # those that were interrupted


def watched(name, hook, *arguments):
    """Call `hook`, which `interrupt` may end: then it is not called again."""
    if name in _ended:
        return
    _running.append(name)
    try:
        hook(*arguments)
    finally:
        if name in _running:
            _running.remove(name)


def interrupt(log):
    """End the hook that runs now, if one does. To be called in a handler of a signal; gunicorn takes what is
    raised for a Ctrl-C, and ends."""
    if _running:
        name = _running[-1]
        _ended.update(_running)
        _running.clear()
        log.warning('gunicorn-autoscaler: The hook %s is interrupted: it has blocked for the graceful timeout since '
                    'the signal to end', name)
        raise KeyboardInterrupt
