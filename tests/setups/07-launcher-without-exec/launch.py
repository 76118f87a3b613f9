"""A program around gunicorn with hooks of its own, and none in a config file."""
from gunicorn.app.wsgiapp import WSGIApplication


class Program(WSGIApplication):
    def init(self, parser, opts, args):
        super().init(parser, opts, args)
        return {'pre_fork': lambda server, worker: server.log.info('pre_fork of the program')}

    def load_config(self):
        super().load_config()
        self.cfg.set('post_fork', lambda server, worker: server.log.info('post_fork of the program'))
        self.cfg.set('post_worker_init', lambda worker: worker.log.info('post_worker_init of the program'))


Program('%(prog)s [OPTIONS] [APP_MODULE]').run()
