"""A look at a device before there is a resource for it: `fabgitops-operator probe`. It reads, and never writes."""
