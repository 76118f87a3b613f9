"""Failed requests of gunicorn's own WSGI workers, seen by their post_request hook."""


def watch_failures(worker, note_failure):
    """Call note_failure(request) after each request answered by an exception or a status of 500 and above.

    Set on this worker's own copy of the configuration, after the fork: the user's hook (gunicorn has brought it to four
    parameters) runs as before. A response that never got a status has no status_code at all.
    """
    setting = worker.cfg.settings['post_request']
    theirs = worker.cfg.post_request
    if theirs is setting.default:
        theirs = None

    def post_request(worker, req, environ, resp):
        status = getattr(resp, 'status_code', None)
        if status is None or status >= 500:
            note_failure(req)
        if theirs is not None:
            theirs(worker, req, environ, resp)

    setting.value = post_request  # not by cfg.set, which inspects it: that takes a millisecond
