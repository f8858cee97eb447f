"""Set-points over a fleet: decisions."""
