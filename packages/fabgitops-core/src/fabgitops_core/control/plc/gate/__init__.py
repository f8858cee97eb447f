"""The gate: a PLC that a rollout leads holds what it was released to, until it is released to what Git wants."""
