"""What requests do to objects, with Kubernetes' semantics."""
