"""What people and the world are told: decisions, status, Events, CDEvents."""
