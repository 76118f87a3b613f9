"""gunicorn forks, then imports; a fork server the other way round. What that changes for a worker, put right."""
