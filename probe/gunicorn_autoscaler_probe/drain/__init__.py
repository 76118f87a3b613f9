"""How a worker that was told to go ends its connections."""
