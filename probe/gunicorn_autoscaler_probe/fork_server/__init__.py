"""A process that imports the application once and forks workers from then on. docs/fork-server.md says why and when."""
