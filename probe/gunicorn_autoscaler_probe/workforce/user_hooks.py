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
        hook(*arguments)
    except Exception as error:
        if not master.is_serving():
            raise
        server.log.error('gunicorn-autoscaler: The hook %s raised %s: %s; the workers serve on',
                         name, type(error).__name__, error)
