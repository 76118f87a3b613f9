"""Pages of memory that a fork server shares with its workers."""
