"""gunicorn forks a worker before the application is imported, a fork server after it. Here a forked worker gets the
state that it would have in gunicorn's order."""
