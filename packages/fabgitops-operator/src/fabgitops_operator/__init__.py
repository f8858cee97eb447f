"""The Kubernetes runtime of FabGitOps: kopf watches, the engine of core polls, and the API server is told."""
