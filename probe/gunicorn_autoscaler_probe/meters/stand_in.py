"""Hooks ask worker.wsgi for what the application has: its name, its type, its own methods and attributes."""


def stand_in(app, call):
    """An object that is called as the function `call`, and in all else is `app`."""
    kind = type(app)

    class StandIn:
        __slots__ = ()
        __call__ = staticmethod(call)
        __class__ = property(lambda self: kind)

        def __getattr__(self, name):
            return getattr(app, name)

        def __setattr__(self, name, value):
            setattr(app, name, value)

        def __repr__(self):
            return repr(app)

    return StandIn()
