"""FabGitOps without a cluster, on one machine: a store and an API of its own, a folder or Git for a source."""
