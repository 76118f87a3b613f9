"""The config gunicorn is started with: the user's own config, with the probe's hooks chained to it.

The supervisor appends `-c <this file>` to the user's arguments. This file finds the config gunicorn would have loaded
without it (with gunicorn's own parser), loads it the way gunicorn does, and passes every setting on, so precedence and
`--print-config` stay as they were. It runs again on SIGHUP. It stands alone: should the probe's package be missing or
broken, the user's config is still loaded and gunicorn continues without the probe.
"""
import os as _os
import shlex as _shlex
import sys as _sys

_OWN_PATH = _os.path.abspath(__file__)
_FOLDER = _os.path.dirname(_OWN_PATH)
_PACKAGE = 'gunicorn_autoscaler_probe'


def _report(what, error, outcome='gunicorn goes on without it'):
    """One line on stderr about what failed; never raises."""
    try:
        _sys.stderr.write('gunicorn-autoscaler: %s (%s: %s); %s\n' % (what, type(error).__name__, error, outcome))
        _sys.stderr.flush()
    except Exception:
        pass


def _is_own(location):
    if not isinstance(location, str):
        return False
    path = location[5:] if location.startswith('file:') else location
    return _os.path.abspath(path) == _OWN_PATH


def _caller():
    """(application, its parsed arguments that name this file, their parser) of the gunicorn that loads it, from the
    frames above; None when absent.

    The arguments, of the command line or of GUNICORN_CMD_ARGS, are needed because gunicorn sets `config` from
    them after this file ran: `--print-config` would show our path instead of the user's. The parser, because a program
    around gunicorn may have added options of its own.
    """
    from argparse import ArgumentParser, Namespace
    from gunicorn.app.base import BaseApplication
    app = args = parser = None
    frame = _sys._getframe(1)
    while frame is not None:
        names = frame.f_locals
        for found in list(names.values()):  # by type(): to ask a lazy object may run code of the program
            if args is None and issubclass(type(found), Namespace) and _is_own(getattr(found, 'config', None)):
                args = found
                parser = next((one for one in names.values() if issubclass(type(one), ArgumentParser)), None)
        found = names.get('self')
        if app is None and issubclass(type(found), BaseApplication) and found.cfg is not None:
            app = found
        frame = frame.f_back
    return app, args, parser


def _without_ours(words):
    """A copy of these words of the command line without the one pair the supervisor added."""
    words = list(words)
    for i in range(len(words) - 2, -1, -1):
        if words[i] == '-c' and _is_own(words[i + 1]):
            del words[i:i + 2]
            break
    return words


def _hide_variable(cfg):
    """Take what the supervisor added to GUNICORN_CMD_ARGS out of this process's environment, and out of
    gunicorn's copy, for the application and all it starts. Returns it, None when there was nothing."""
    added = ' -c %s' % _shlex.quote(_OWN_PATH)
    is_there = False
    for environment in (_os.environ, cfg.env_orig):
        given = environment.get('GUNICORN_CMD_ARGS', '')
        if not given.endswith(added):
            continue
        is_there = True
        environment['GUNICORN_CMD_ARGS'] = given[:-len(added)]
        if not environment['GUNICORN_CMD_ARGS']:
            del environment['GUNICORN_CMD_ARGS']
    return added if is_there else None


def _config_in(parser, words):
    """The config that these words name; None without one. A program that launches gunicorn may have words of its own
    among them."""
    try:
        return getattr(parser.parse_known_args(words)[0], 'config', None)
    except SystemExit:  # gunicorn has read the same words, or does not read them
        return None


def _users_location(cfg, args, parser):
    """Where gunicorn would have read its config: arguments, then GUNICORN_CMD_ARGS, then the default file; or None."""
    from gunicorn.config import get_default_config_file
    # A program that runs gunicorn in its own process (mlflow, manage.py) has other arguments there.
    is_ours = any(_is_own(word) for word in _sys.argv)
    given = _config_in(parser or cfg.parser(), _without_ours(_sys.argv[1:])) if is_ours else None
    in_variable = _config_in(cfg.parser(), cfg.get_cmd_args_from_env())
    if args is not None:
        args.config = given if is_ours else in_variable
    return given or in_variable or get_default_config_file()


def _read(app, location):
    """The variables of the config at `location`, read by gunicorn's own methods. A broken file ends gunicorn
    as without us."""
    from gunicorn.app.base import Application
    loader = app if hasattr(app, 'get_config_from_filename') else None
    kind = type(loader) if loader is not None else Application
    try:
        if location.startswith('python:'):
            return kind.get_config_from_module_name(loader, location[len('python:'):])
        path = location[len('file:'):] if location.startswith('file:') else location
        return kind.get_config_from_filename(loader, path)
    except Exception as error:
        # What gunicorn's do_load_config does with it. Raised through this module it would read "Failed to read
        # config file" with our path instead.
        print('\nError: %s' % error, file=_sys.stderr)
        _sys.stderr.flush()
        _sys.exit(1)


def _values(app, location, settings):
    """Setting -> value of the config at `location`.

    A config that is broken at the first reading ends gunicorn as without us. At a reload gunicorn would end
    as well, and take workers that serve with it: there the values of the last reading stay.
    """
    kept = getattr(_sys.modules.get(_PACKAGE), 'kept_values', None)
    try:
        values = {name: value for name, value in list(_read(app, location).items()) if name in settings}
        if kept is not None:
            for name, value in values.items():
                settings[name].validator(value)
    except (Exception, SystemExit) as error:
        if kept is None:
            raise
        _report('Cannot read %s again' % location, error, 'the configuration stays as it was')
        return kept
    return values


def _load_probe():
    """The probe's package of this folder; the copy already in memory on a reload, because it holds the state."""
    import importlib.util
    loaded = _sys.modules.get(_PACKAGE)
    if loaded is not None:
        return loaded
    folder = _os.path.join(_FOLDER, _PACKAGE)
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, _os.path.join(folder, '__init__.py'), submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    _sys.modules[_PACKAGE] = package
    try:
        spec.loader.exec_module(package)
    except BaseException:
        del _sys.modules[_PACKAGE]
        raise
    return package


def _main(space):
    from gunicorn.config import Config
    # gunicorn's --reload watches the folders of all modules: in ours files come and go with each worker.
    if _is_own(getattr(_sys.modules.get('__config__'), '__file__', None)):
        del _sys.modules['__config__']
    app, args, parser = _caller()
    cfg = app.cfg if app is not None else Config()
    added = _hide_variable(cfg)
    settings = cfg.settings
    location = _users_location(cfg, args, parser)
    arguments = _sys.argv
    _sys.argv = _without_ours(arguments)  # for the user's config, the application and all it starts
    if hasattr(_sys, 'orig_argv'):  # what a program starts itself again with, in Python 3.10 and newer
        _sys.orig_argv = _without_ours(_sys.orig_argv)
    values = _values(app, location, settings) if location else {}
    space.update(values)
    try:
        probe = _load_probe()
        probe.kept_values = values
        probe.added_variable = added or probe.added_variable
        probe.arguments = arguments
        probe.chain(_FOLDER, settings, space)
    except Exception as error:
        _report('Cannot attach the probe', error)


_main(globals())
