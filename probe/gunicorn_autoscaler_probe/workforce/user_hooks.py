"""Hooks of the user's that run in the arbiter."""


def has_pre_fork(cfg):
    """Whether the user has a pre_fork: it may hand out numbers or devices, one for each process there may be."""
    setting = getattr(cfg, 'settings', {}).get('pre_fork')
    if setting is None:
        return False
    hook = cfg.pre_fork
    return getattr(hook, 'autoscaler_theirs', hook) is not setting.default


def guarded(master, server, name, hook, *arguments):
    """Call `hook`. What it raises while workers serve is a line in the log; else it ends gunicorn, as without us."""
    try:
        hook(*arguments)
    except Exception as error:
        if not master.is_serving():
            raise
        server.log.error('gunicorn-autoscaler: The hook %s raised %s: %s; the workers serve on', name, type(error).__name__,
                         error)
