"""May this process be forked after an import? What the import left, and which of it a fork would break."""
