"""The workers of gunicorn's arbiter: how many are forked, who goes, when."""
