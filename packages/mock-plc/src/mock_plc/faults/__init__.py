"""How a PLC misbehaves: what a fault is (model), how one is written on a line (grammar), and whom it hits (box)."""
