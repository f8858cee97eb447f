"""Which revision is declared, what it is called, and what its ReplicaSet is."""
