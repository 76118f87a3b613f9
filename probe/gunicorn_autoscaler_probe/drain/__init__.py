"""How a draining worker ends its connections."""
