"""What runs in gunicorn's master."""
