"""What the supervisor leaves to gunicorn's configuration: the number of workers to begin with, and how long
they may finish."""
import os

from .. import words as w

# More is a torn or hostile file.
MOST_WORKERS = 100000


def workers(words, configured):
    """The number to begin with: the one `configured` (0: none is), else the supervisor's, within its bounds.

    0 where the supervisor asks for none: gunicorn's own count stands.
    """
    first, fewest, most = words[w.A_FIRST], words[w.A_FEWEST], words[w.A_MOST]
    if not 0 < first <= MOST_WORKERS:
        return 0
    wanted = max(configured or first, fewest)
    return min([wanted, MOST_WORKERS] + [limit for limit in (most, words[w.A_FITTING]) if limit])


def may_be_several(words, workers, configured):
    """Whether there are several workers at once, or may be. workers: the present number; configured: see workers()."""
    first, most = words[w.A_FIRST], words[w.A_MOST]
    return workers > 1 or most > 1 or (first > 0 and not configured and most != 1)


def named_workers(cfg, in_file):
    """The number of workers that the configuration names, 0 when it names none. in_file: whether its file has one."""
    workers = cfg.workers
    if in_file or workers != 1 or os.environ.get('WEB_CONCURRENCY', '').strip():
        return max(0, workers)
    return 0


def lengthen_grace(word, settings, space):
    """Let workers finish for the timeout where it is longer than the default graceful timeout.

    word: A_GRACE, 0 for "leave it", else one more than the timeout of the command line; one: it has none. space: the
    user's config, which gets the longer time. Returns a line for gunicorn's log, which there is later; None where
    nothing changes.
    """
    if not word or 'graceful_timeout' in space:
        return None
    grace = settings['graceful_timeout']
    if grace.get() != grace.default:
        return None  # set by a program that starts gunicorn itself
    timeout = int(word - 1 if word > 1 else space.get('timeout', settings['timeout'].get()))
    if timeout <= grace.default:
        return None
    space['graceful_timeout'] = timeout
    return 'gunicorn-autoscaler: graceful timeout set to the timeout, %d s' % timeout
