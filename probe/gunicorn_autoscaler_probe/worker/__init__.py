"""What runs in a worker from its fork until it is ready."""
