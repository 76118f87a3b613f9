"""The workers of gunicorn's arbiter: how many are forked, which drain, when."""
