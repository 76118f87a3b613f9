"""Meters of requests, one a kind of worker."""
