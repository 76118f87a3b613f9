"""What gunicorn's hooks keep in the arbiter. A worker finds it as it is at its fork, not at that of the fork server."""
import builtins
import collections
import copy
import os
import pickle

# Of the arbiter's own, that are no state of the hooks'.
_GUNICORNS = {'SIG_QUEUE', 'WORKERS', 'LISTENERS', 'PIPE'}
_PLAIN = (bool, int, float, complex, str, bytes, type(None), tuple, list, dict, set, frozenset, collections.deque,
          collections.Counter, collections.OrderedDict, collections.defaultdict,
          getattr(builtins, 'frozendict', dict))  # of Python 3.15 and newer
_MOST_BYTES = 1 << 14  # of one value
_SERVER = ''
_SETTINGS = 'cfg'
_CONFIG = _SETTINGS, ''  # what has them: a reload makes another, of which an old fork server knows nothing
_ENVIRON = 'os.environ'

_large = {}  # (place, name) -> (id, length) of a value that is not to be pickled again until it is shorter


def look(server):
    """(place, name) -> pickled value, of all plain variables: attributes of the arbiter, and variables of the files
    that the user's hooks are in. Those of the environment and the settings as they are."""
    found = {(_ENVIRON, name): value for name, value in os.environ.items()}
    found[_CONFIG] = server.cfg
    for name, setting in server.cfg.settings.items():
        if type(setting.value) in _PLAIN:
            found[_SETTINGS, name] = copy.copy(setting.value)
    for place, space in _spaces(server):
        for name, value in list(space.items()):
            if type(value) not in _PLAIN or name.startswith('__') or place == _SERVER and name in _GUNICORNS:
                continue
            length = len(value) if hasattr(value, '__len__') else 0
            known_id, known_length = _large.get((place, name), (0, 0))
            if known_id == id(value) and known_length <= length:
                continue
            try:
                data = pickle.dumps(value)
            except Exception:  # of something inside
                continue
            if len(data) <= _MOST_BYTES:
                found[place, name] = data
            else:
                _large[place, name] = id(value), length
    return found


def changes(before, after):
    """What a worker is to set, for `apply`; None: to remove from the environment."""
    is_reloaded = before.get(_CONFIG) is not after.get(_CONFIG)
    changed = [(place, name, data) for (place, name), data in after.items()
               if before.get((place, name)) != data and not (place == _SETTINGS and is_reloaded)]
    return changed + [(*key, None) for key in before if key[0] == _ENVIRON and key not in after]


def apply(server, changed):
    """Set it, in the worker. Lists and the like stay the same objects."""
    for place, name, data in changed:
        if place == _ENVIRON:
            _set_variable(name, data)
            continue
        if place == _SETTINGS:
            server.cfg.settings[name].value = data
            continue
        space, value = _space(server, place), pickle.loads(data)
        kept = space.get(name)
        if type(kept) is type(value) and isinstance(value, list):
            kept[:] = value
        elif type(kept) is type(value) and isinstance(value, (dict, set, collections.deque)):
            kept.clear()
            (kept.extend if isinstance(value, collections.deque) else kept.update)(value)
        else:
            space[name] = value


def _set_variable(name, value):
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _spaces(server):
    """(place, variables), each once. A place is the name of a hook."""
    yield _SERVER, vars(server)
    seen = set()
    for name, setting in sorted(server.cfg.settings.items()):
        space = _space(server, name)
        if space is None or _hook(setting) is setting.default or id(space) in seen:
            continue
        seen.add(id(space))
        yield name, space


def _space(server, place):
    """The variables of one place. A worker looks at no other: each object it looks at is on a page that it copies."""
    if place == _SERVER:
        return vars(server)
    return getattr(_hook(server.cfg.settings[place]), '__globals__', None)


def _hook(setting):
    return getattr(setting.value, 'autoscaler_theirs', setting.value)
