"""What runs inside gunicorn: meters in its workers, and the requests of the supervisor in its master.

Standard library only, Python 3.8 and newer. It fails open: an error in here costs one line in the log, never a boot
or a request. The files it shares with the supervisor are described in words.py.
"""


# What the supervisor added to GUNICORN_CMD_ARGS, which the config takes out of the environment again.
added_variable = None
# sys.argv as it came, with our config, which the user's config and the application do not see.
arguments = None


def load(name):
    """The module of the probe with this name, such as `fork_server.keeper`."""
    import importlib
    import sys
    keep = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # the folder holds only what the supervisor put there
    # By PYTHON_LAZY_IMPORTS=all (Python 3.15 and newer) the rest would be imported by workers, which may not read the
    # folder, or after gevent has patched what is to be imported before.
    lazy = getattr(sys, 'get_lazy_imports', lambda: None)()
    if lazy:
        sys.set_lazy_imports('normal')
    try:
        return importlib.import_module('%s.%s' % (__name__, name))
    finally:
        sys.dont_write_bytecode = keep
        if lazy:
            sys.set_lazy_imports(lazy)


def chain(folder, settings, space):
    """Put the probe's hooks into `space`, a gunicorn config, around those already there.

    folder: the runtime folder. settings: gunicorn's setting objects by name (their validators give a user's hook the
    form gunicorn would call). Does nothing in a gunicorn that the supervisor does not scale: see claim.py.
    """
    load('hooks').chain(folder, settings, space)
