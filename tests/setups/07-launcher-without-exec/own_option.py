"""A program around gunicorn with an option of its own among gunicorn's."""
from gunicorn import util
from gunicorn.app.base import Application


class Program(Application):
    def load_config(self):
        parser = self.cfg.parser()
        parser.add_argument('--stage')
        options = parser.parse_args()
        if options.config:
            self.load_config_from_file(options.config)
        for name, value in vars(options).items():
            if value is not None and name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set('proc_name', '%s of %s' % (options.args[0], options.stage))
        self.uri = options.args[0]

    def load(self):
        return util.import_app(self.uri)


Program().run()
