"""How many workers to fork, and which to drain, by the states of the present ones.

A worker that is stuck in its boot does not count: another one takes its place, and it is drained once enough serve.
Until then it stays, because it may be slow rather than stuck.
"""
from ..process_room import threads_of


def missing(places, staying, stuck, hung, maximum):
    """Workers to fork. staying, stuck: numbers of workers, the stuck ones among the staying. hung: of those that
    drain, the ones that never served. maximum: 0 when unknown.

    At the maximum there is one process beyond it, as in a reload; no more than twice the places, whatever the maximum
    is: where every boot hangs, more of them do not help.
    """
    if not stuck:
        return max(0, places - staying)
    most = max(places + 1, min(maximum, 2 * places))
    return max(0, min(places - (staying - stuck), most - staying - hung))


def surplus(places, staying, stuck, serving):
    """Workers to drain. serving: number of those that serve."""
    return max(0, staying - stuck - places) + max(0, stuck - max(0, places - serving))


def first_to_go(ages, old, stuck, slots, free, is_crowded, places):
    """Pids in the order in which they drain: in a reload the old ones, then those stuck in their boot, then those that
    do not serve yet, then those with the fewest streams, then the idlest, then those with the fewest threads, then the
    youngest: where one worker does something for all (runs a scheduler, say), it is an early one with a thread more,
    and none takes it over. Where memory is short it is the oldest: what workers have taken over time is given back.

    ages: gunicorn's, by pid. free: old ones that serve and may drain: new ones that boot stand in for no others.
    is_crowded: memory is short. places: how many there are to be.

    Where each worker has an accept queue of its own (reuse_port), connections wait in it while it boots, and its end
    would reset them: it drains once it serves.
    """
    def rank(pid):
        is_old = pid in old
        last = (0, ages[pid]) if is_old or is_crowded else (threads_of(pid), -ages[pid])
        return not is_old, pid not in stuck, slots.serves(pid), slots.load(pid), last

    order = sorted(ages, key=rank)
    needed = [pid for pid in order if pid in old and slots.serves(pid)][max(0, free):]
    if slots.have_queues() and not old:
        serving = [pid for pid in order if pid not in stuck and slots.serves(pid)]
        order = [pid for pid in order if pid in stuck] + serving[:max(0, len(serving) - places)]
    return [pid for pid in order if pid not in needed]
