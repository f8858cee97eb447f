"""Set-points over a fleet: models."""
